/// Returns share · count, snapped to a whole number when the difference is rounding error.
///
/// A decimal share is off by up to half a unit in the last place and the product by another, so that
/// 0.07 · 100 would otherwise count as more than 7, and 0.0003 · 10 000 as less than 3.
///
/// - Parameters:
///   - share: A density or another share, from 0 to 1.
///   - count: What it is a share of.
/// - Returns: The product.
package func snappedProduct(_ share: Double, _ count: Int) -> Double {
  let product = share * Double(count)
  let whole = product.rounded()
  return abs(product - whole) <= whole * 0x1p-50 ? whole : product
}
