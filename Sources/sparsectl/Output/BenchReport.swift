import Foundation
import SparseCore
import _SparseBench

/// What `bench --json` prints, and its table.
struct BenchReport: TextReport {
  let cpu = Processor.current.name
  let features = Processor.current.features
  let cores = Processor.current.cores
  let kernels = (try? KernelSet.current.get().name) ?? "none"
  let peak = PeakRate.measure()
  let threads: Int
  private(set) var products: [Row] = []

  /// One product by one backend.
  struct Row: Encodable {
    var product: Product
    var backend: Backend
    /// What the backend chose, where it is `auto`.
    var engine: Backend
    var pattern: String
    var inputs: Int
    var outputs: Int
    var density: Double
    var batchSize: Int
    var milliseconds: Double
    var p90Milliseconds: Double
    var gflops: Double
    var shareOfPeak: Double

    enum CodingKeys: String, CodingKey {
      case product, backend, engine, pattern, inputs, outputs, density, milliseconds, gflops
      case batchSize = "batch_size"
      case p90Milliseconds = "p90_milliseconds"
      case shareOfPeak = "share_of_peak"
    }
  }

  enum CodingKeys: String, CodingKey {
    case cpu, features, cores, kernels, threads, products
    case peakGflops = "peak_gflops"
    case peakInstructions = "peak_instructions"
  }

  init(threads: Int) { self.threads = threads }

  mutating func add(
    _ product: Product, _ junction: JunctionBenchmark, family: PatternFamily, _ timing: Timing
  ) {
    let pattern = junction.plan.pattern
    let gflops = junction.operations / timing.median / 1e6
    products.append(
      Row(
        product: product, backend: junction.backend, engine: junction.plan.backend,
        pattern: family.description, inputs: pattern.inputs, outputs: pattern.outputs,
        density: pattern.density,
        batchSize: junction.samples, milliseconds: timing.median, p90Milliseconds: timing.p90,
        gflops: gflops, shareOfPeak: gflops / (peak.gflops * Double(threads))))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(cpu, forKey: .cpu)
    try container.encode(features, forKey: .features)
    try container.encode(cores, forKey: .cores)
    try container.encode(kernels, forKey: .kernels)
    try container.encode(peak.gflops, forKey: .peakGflops)
    try container.encode(peak.instructions, forKey: .peakInstructions)
    try container.encode(threads, forKey: .threads)
    try container.encode(products, forKey: .products)
  }

  var text: String {
    var table = Table([
      "product", "backend", "pattern", "density", "median, ms", "p90, ms", "GF/s", "of peak",
    ])
    for row in products {
      table.add([
        row.product.rawValue.replacing("_", with: " "),
        row.engine == row.backend ? row.backend.rawValue : "\(row.backend) (\(row.engine))",
        row.pattern,
        Text.number(row.density), Text.number(row.milliseconds), Text.number(row.p90Milliseconds),
        Text.number(row.gflops, decimals: 1), String(format: "%.0f %%", row.shareOfPeak * 100),
      ])
    }
    let peakText = Text.number(peak.gflops, decimals: 1)
    return """
      \(cpu), \(cores) cores, \(features.joined(separator: " ")); kernels: \(kernels)
      peak of one core: \(peakText) GF/s (\(peak.instructions)); threads: \(threads)
      \(products.first.map { "junction: \($0.inputs)→\($0.outputs), \(Text.count($0.batchSize, "sample"))" } ?? "")

      \(table.text())
      """
  }
}
