import Foundation
import SparseCore
import SparseLayers
import _SparseBench

/// The suites of `suites.json`: grids of shapes, densities, families, batches and threads.
struct Suites: Decodable {
  /// A suite, and its small version.
  struct Suite: Decodable {
    var full: [Grid]
    var quick: [Grid]
  }

  /// All combinations of some values.
  struct Grid: Decodable {
    var kind: Case.Kind
    /// For products only; all three when missing.
    var products: [Product]?
    var layers: [[Int]]
    var densities: [Double]?
    var outDegrees: [[Int]]?
    var families: [String]
    var batches: [Int]
    var threads: [Int]
  }

  /// The names, in the order in which a whole run goes through them.
  static let names = ["kernels", "layer", "step", "inference", "scaling", "epoch"]

  /// Beside the package's manifest.
  static let file = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appending(path: "../../suites.json").standardizedFileURL

  private let suites: [String: Suite]

  init(from decoder: any Decoder) throws {
    suites = try decoder.singleValueContainer().decode([String: Suite].self)
  }

  /// Reads `suites.json`.
  static func load() throws -> Suites {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Suites.self, from: Data(contentsOf: file))
  }

  /// The cases of one suite.
  ///
  /// - Parameters:
  ///   - suite: One of `names`.
  ///   - quick: Whether to take the small version.
  ///   - note: Called with what was left out, and why.
  /// - Returns: The cases, in the order of the grids.
  /// - Throws: `SparseError.Code.invalidArgument` when there is no such suite.
  func cases(of suite: String, quick: Bool, note: (String) -> Void) throws -> [Case] {
    guard let grids = suites[suite].map({ quick ? $0.quick : $0.full }) else {
      throw SparseError(
        .invalidArgument,
        "There is no suite '\(suite)'; known are \(Self.names.joined(separator: ", ")).")
    }
    var cases: [Case] = []
    var leftOut: [String: [String]] = [:]
    for variant in grids.flatMap({ $0.variants(suite) }) {
      do {
        let made = try variant.completed()
        if !cases.contains(made) { cases.append(made) }
      } catch {
        leftOut["\(error)", default: []].append(variant.name)
      }
    }
    for (reason, names) in leftOut.sorted(by: { $0.key < $1.key }) {
      note("\(suite): \(names.count) cases left out, such as '\(names[0])': \(reason)")
    }
    return cases
  }
}

extension Suites.Grid {
  /// Every combination, without the number of edges.
  fileprivate func variants(_ suite: String) -> [Case] {
    var cases: [Case] = []
    let connectivities: [(density: Double?, outDegrees: [Int]?)] =
      (densities ?? []).map { ($0, nil) } + (outDegrees ?? []).map { (nil, $0) }
    let products = kind == .product ? (products ?? Product.allCases).map(Optional.some) : [nil]
    for layers in layers {
      for family in families {
        for connectivity in connectivities {
          for batch in batches {
            for threads in threads {
              for product in products {
                cases.append(
                  Case(
                    suite: suite, name: "", kind: kind, product: product, layers: layers,
                    density: connectivity.density, outDegrees: connectivity.outDegrees,
                    family: family, batch: batch, threads: threads, edges: []))
              }
            }
          }
        }
      }
    }
    return cases.map(\.named)
  }
}

extension Case {
  /// The same case under a name such as `forward 1024x1024 d=0.10 b=256 structured t=1`.
  fileprivate var named: Case {
    var named = self
    // Every family's pattern of density 1 is the full one.
    if density == 1 { named.family = "full" }
    let what = product?.rawValue ?? kind.rawValue
    let sizes = layers.map { "\($0)" }.joined(separator: "x")
    let connectivity =
      outDegrees.map { "out=" + $0.map { "\($0)" }.joined(separator: ",") }
      ?? String(format: "d=%.2f", density ?? 1)
    named.name = "\(what) \(sizes) \(connectivity) b=\(batch) \(named.family) t=\(threads)"
    return named
  }
}
