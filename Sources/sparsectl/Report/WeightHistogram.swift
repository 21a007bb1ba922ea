import SparseLayers

/// How the weights of a junction are distributed.
struct WeightHistogram {
  /// How many weights are in each of equal ranges from `-largest` to `largest`.
  let counts: [Int]
  /// The largest magnitude.
  let largest: Double
  let mean: Double
  let standardDeviation: Double

  /// Counts weights.
  ///
  /// - Parameters:
  ///   - weights: Finite numbers.
  ///   - bins: The number of ranges; an odd one has 0 in the middle of the middle range.
  init(_ weights: [Float], bins: Int = 41) {
    let largest = Double(weights.reduce(0) { max($0, $1.magnitude) })
    let count = Double(max(weights.count, 1))
    let mean = weights.reduce(0.0) { $0 + Double($1) } / count
    var counts = [Int](repeating: 0, count: bins)
    var squares = 0.0
    for weight in weights {
      let value = Double(weight)
      squares += (value - mean) * (value - mean)
      let place = largest > 0 ? (value / largest + 1) / 2 * Double(bins) : Double(bins) / 2
      counts[min(Int(place), bins - 1)] += 1
    }
    self.counts = counts
    self.largest = largest
    self.mean = mean
    standardDeviation = (squares / count).squareRoot()
  }

  /// The figure.
  var html: String {
    let end = NumberAxis.text(largest)
    return BarChart(
      title: """
        weights: mean \(NumberAxis.text(mean)), standard deviation \
        \(NumberAxis.text(standardDeviation))
        """,
      counts: counts, ends: ("−\(end)", end)
    ).html
  }
}
