internal import SparseCore
public import SparseLayers

extension Network {
  /// Cuts the network into a part for the edge and a part for a remote machine.
  ///
  /// Branches that leave before the cut stay at the edge, and so do exits at the cut itself; the others
  /// are remote. What the edge part's backbone writes is what the remote part reads: the same numbers,
  /// so that both parts together give the bits of the whole network, batch by batch.
  ///
  /// - Parameter cut: The hidden layers that the edge part has, from 0, where the edge sends the
  ///   samples as they are, to all of them.
  /// - Returns: Both parts.
  /// - Throws: `SparseError.Code.invalidArgument` when there are not so many hidden layers, or the
  ///   network is a part already.
  public func split(afterHiddenLayers cut: Int) throws -> (edge: Network, remote: Network) {
    guard !handsOver else {
      throw SparseError(
        .invalidArgument,
        "The network is the first part of a larger one already. Cut the whole network instead.")
    }
    let ends = [0] + hiddenLayerEnds
    guard ends.indices.contains(cut) else {
      throw SparseError(
        .invalidArgument,
        """
        The network cannot be cut after \(cut) hidden layers: it has \(ends.count - 1). Give a number \
        from 0 to \(ends.count - 1).
        """)
    }
    let position = ends[cut]
    func isLastOfTask(_ index: Int) -> Bool {
      !branches[(index + 1)...].contains { $0.task == branches[index].task }
    }
    let isEarly = branches.indices.map {
      branches[$0].position < position
        || (branches[$0].position == position && !isLastOfTask($0))
    }
    let edge = try Network(
      inputSize: inputSize, backbone: Array(backbone[..<position]),
      branches: branches.indices.filter { isEarly[$0] }.map { branches[$0] }, handsOver: true,
      outputTask: outputTask)
    let remote = try Network(
      inputSize: backboneSize(at: position), backbone: Array(backbone[position...]),
      branches: branches.indices.filter { !isEarly[$0] }.map {
        branches[$0].moved(to: branches[$0].position - position)
      })
    return (edge, remote)
  }

  /// What one task needs of the network.
  ///
  /// - Parameter task: The task.
  /// - Returns: The task's branches, and the backbone as far as they need it.
  /// - Throws: `SparseError.Code.invalidArgument` when there is no such task.
  public func part(ofTask task: String) throws -> Network {
    let own = branches.filter { $0.task == task }
    guard let depth = own.map(\.position).max() else {
      throw SparseError(
        .invalidArgument,
        """
        There is no task '\(task.prefix(40))'; the network has \
        \(Set(branches.map(\.task)).sorted().joined(separator: ", ")).
        """)
    }
    return try Network(
      inputSize: inputSize, backbone: Array(backbone[..<depth]), branches: own,
      handsOver: handsOver)
  }
}
