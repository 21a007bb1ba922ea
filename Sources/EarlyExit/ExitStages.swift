internal import SparseCore
public import SparseLayers

extension Network {
  /// The branches of the last branch's task, by their position in `branches`.
  ///
  /// They are the network's exits; the last of them is the ordinary output.
  public var exits: [Int] {
    branches.indices.filter { branches[$0].task == branches.last?.task }
  }
}

/// What lies between one exit and the next: a piece of the backbone, and the exit's own layers.
public struct ExitStage: Sendable {
  /// The exit's branch, by its position in the network's `branches`.
  public let branch: Int
  /// The backbone layers from the exit before to this one.
  public let backbone: Range<Int>
  /// The multiply–adds of the stage for one sample.
  public let macs: Int
  /// The multiply–adds of a sample that leaves here: those of this stage and all before it.
  public let totalMACs: Int
}

extension Network {
  /// The stages that a sample passes until it leaves, one per exit.
  public var exitStages: [ExitStage] {
    var stages: [ExitStage] = []
    var position = 0
    for exit in exits {
      let piece = position..<branches[exit].position
      let layers = backbone[piece] + branches[exit].layers
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
    let branch = branches[stage.branch]
    return try Network(
      inputSize: backboneSize(at: stage.backbone.lowerBound),
      backbone: Array(backbone[stage.backbone]),
      branches: [
        Branch(
          name: branch.name, position: stage.backbone.count, layers: branch.layers,
          task: branch.task, lossWeight: branch.lossWeight)
      ])
  }
}
