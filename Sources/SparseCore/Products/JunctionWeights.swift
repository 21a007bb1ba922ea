/// The values of a junction's weights, in the order in which a plan reads them.
///
/// Where the plan wants one, a second copy is kept in the order of the transposed pattern; whoever
/// changes `values` refreshes it, either value by value while updating or with `refresh()`.
public final class JunctionWeights: Sendable {
  /// One value per edge, in the order of `layout`.
  public let values: FloatBuffer

  /// The same values in the order of the transposed pattern; empty when the plan reads none.
  public let transposedValues: FloatBuffer

  /// Where each value is kept.
  public let layout: ValueLayout

  /// Lays values out for a plan.
  ///
  /// - Parameters:
  ///   - csrValues: One value per edge, in CSR order.
  ///   - plan: The plan that will read them.
  /// - Precondition: There is one value per edge of the plan's pattern.
  public init(csrValues: [Float], for plan: any JunctionPlan) {
    precondition(
      csrValues.count == plan.pattern.edgeCount,
      "\(csrValues.count) values for a pattern of \(plan.pattern.edgeCount) edges")
    layout = plan.layout
    let hasTranspose = layout.transposedPositions != nil
    values = FloatBuffer(count: csrValues.count)
    transposedValues = FloatBuffer(count: hasTranspose ? csrValues.count : 0)
    setCSRValues(csrValues)
  }

  /// The values in CSR order.
  public var csrValues: [Float] { layout.csrOrder(of: values.values) }

  /// Replaces the values.
  ///
  /// - Parameter csrValues: One value per edge, in CSR order.
  public func setCSRValues(_ csrValues: [Float]) {
    values.copy(from: layout.storedOrder(of: csrValues))
    refresh()
  }

  /// Brings the transposed copy up to date.
  public func refresh() {
    guard let positions = layout.transposedPositions else { return }
    for (stored, transposed) in positions.enumerated() {
      transposedValues[Int(transposed)] = values[stored]
    }
  }
}

extension ValueLayout {
  /// Brings one number per edge from this layout's order into CSR order.
  ///
  /// - Parameter stored: Numbers in this layout's order.
  /// - Returns: The same numbers in CSR order.
  public func csrOrder(of stored: [Float]) -> [Float] {
    guard let csrPositions else { return stored }
    var csr = stored
    for (position, csrPosition) in csrPositions.enumerated() {
      csr[Int(csrPosition)] = stored[position]
    }
    return csr
  }

  /// Brings one number per edge from CSR order into this layout's order.
  ///
  /// - Parameter csr: Numbers in CSR order.
  /// - Returns: The same numbers in this layout's order.
  public func storedOrder(of csr: [Float]) -> [Float] {
    guard let csrPositions else { return csr }
    return csrPositions.map { csr[Int($0)] }
  }
}
