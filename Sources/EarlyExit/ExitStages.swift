internal import SparseCore
public import SparseLayers

extension Network {
  /// The branches of the output task, by their position in `branches`.
  ///
  /// They are the network's exits; the last of them is the ordinary output of a whole network.
  public var exits: [Int] {
    branches.indices.filter { branches[$0].task == outputTask }
  }
}

/// What lies between one exit and the next: a piece of the backbone, and the exit's own layers.
public struct ExitStage: Sendable {
  /// The exit's branch, by its position in the network's `branches`; nil for the rest of a backbone
  /// that is handed over, where there is no exit.
  public let branch: Int?
  /// The backbone layers from the exit before to this one.
  public let backbone: Range<Int>
  /// The multiply–adds of the stage for one sample.
  public let macs: Int
  /// The multiply–adds of a sample that leaves here: those of this stage and all before it.
  public let totalMACs: Int
}

extension Network {
  /// The stages that a sample passes until it leaves, one per exit; and one for the rest of the
  /// backbone, where that is handed over.
  public var exitStages: [ExitStage] {
    var stages: [ExitStage] = []
    var position = 0
    var ends: [Int?] = exits
    if handsOver, exits.last.map({ branches[$0].position < backbone.count }) ?? true {
      ends.append(nil)
    }
    for exit in ends {
      let piece = position..<(exit.map { branches[$0].position } ?? backbone.count)
      let layers = backbone[piece] + (exit.map { branches[$0].layers } ?? [])
      let macs = layers.reduce(0) { $0 + (($1 as? SparseLinear)?.pattern.edgeCount ?? 0) }
      stages.append(
        ExitStage(
          branch: exit, backbone: piece, macs: macs,
          totalMACs: macs + (stages.last?.totalMACs ?? 0)))
      position = piece.upperBound
    }
    return stages
  }

  /// A stage as a network of its own.
  func network(of stage: ExitStage) throws -> Network {
    try Network(
      inputSize: backboneSize(at: stage.backbone.lowerBound),
      backbone: Array(backbone[stage.backbone]),
      branches: stage.branch.map { [branches[$0].moved(to: stage.backbone.count)] } ?? [],
      handsOver: stage.branch == nil)
  }
}

extension Branch {
  /// The branch where it leaves another backbone.
  func moved(to position: Int) -> Branch {
    Branch(name: name, position: position, layers: layers, task: task, lossWeight: lossWeight)
  }
}
