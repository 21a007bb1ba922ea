internal import SparseCore
public import SparseLayers

/// How long each piece of a network takes on a machine, for one sample.
public struct ComputeTimes: Hashable, Sendable {
  /// The seconds of each layer of the backbone; where several were timed together, the last of them
  /// has the time of all.
  public private(set) var backbone: [Double]
  /// The seconds of each branch's own layers, by its name.
  public private(set) var branches: [String: Double]

  /// The times of a machine of a given speed.
  ///
  /// - Parameters:
  ///   - network: The network with its exits.
  ///   - macsPerSecond: The multiply–adds that the machine does in a second, above 0.
  public init(of network: Network, macsPerSecond: Double) {
    precondition(macsPerSecond > 0, "\(macsPerSecond) multiply–adds a second")
    func seconds(_ layers: [any Layer]) -> Double {
      layers.reduce(0) {
        $0 + Double(($1 as? SparseLinear)?.pattern.edgeCount ?? 0) / macsPerSecond
      }
    }
    backbone = network.backbone.map { seconds([$0]) }
    branches = Dictionary(
      network.branches.map { ($0.name, seconds($0.layers)) }, uniquingKeysWith: +)
  }

  /// Has each piece timed: what lies between two places where the network can be cut or left, and
  /// each branch.
  ///
  /// - Parameters:
  ///   - network: The network with its exits.
  ///   - time: Tells the seconds that a piece, a network of its own, takes for one sample.
  /// - Throws: What `time` throws.
  public init(of network: Network, time: (Network) throws -> Double) throws {
    backbone = Array(repeating: 0, count: network.backbone.count)
    let ends = network.hiddenLayerEnds + network.branches.map(\.position)
    let marks = Set([0, network.backbone.count] + ends).sorted()
    for (start, end) in zip(marks, marks.dropFirst()) {
      backbone[end - 1] = try time(
        Network(
          inputSize: network.backboneSize(at: start),
          backbone: Array(network.backbone[start..<end]),
          branches: [], handsOver: true))
    }
    branches = [:]
    for branch in network.branches {
      branches[branch.name] = try time(
        Network(
          inputSize: network.backboneSize(at: branch.position), backbone: [],
          branches: [branch.moved(to: 0)]))
    }
  }

  /// The times of a machine that is slower.
  ///
  /// - Parameter factor: How many times as long everything takes, above 0.
  /// - Returns: The times there.
  public func slowed(by factor: Double) -> ComputeTimes {
    var slowed = self
    slowed.backbone = backbone.map { factor * $0 }
    slowed.branches = branches.mapValues { factor * $0 }
    return slowed
  }

  /// The seconds of some backbone layers and branches.
  func seconds(_ layers: Range<Int>, _ branches: some Sequence<Branch>) -> Double {
    branches.reduce(backbone[layers].reduce(0, +)) { $0 + (self.branches[$1.name] ?? 0) }
  }

  /// The seconds of everything.
  public var total: Double {
    // In one order, as sums depend on it.
    backbone.reduce(0, +) + branches.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value }
  }
}
