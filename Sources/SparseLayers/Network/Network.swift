internal import SparseCore

/// A backbone, and branches that leave it (BranchyNet: Teerapittayanon, McDanel, Kung 2016).
///
/// The last branch is the ordinary output. Earlier branches of the same task are exits; branches of
/// different tasks are task heads. A network is a value: it holds the trained parameters, and is run
/// by a `NetworkExecutor`.
public struct Network: Sendable {
  /// The number of features of a sample, after padding.
  public let inputSize: Int
  /// The layers that all later branches share, in order.
  public private(set) var backbone: [any Layer]
  /// The branches, in the order in which they leave the backbone.
  public private(set) var branches: [Branch]
  /// Whether this is the first part of a larger network: then what the backbone writes is a result,
  /// too, and there may be no branch after it, or none at all.
  public let handsOver: Bool
  /// The task of the ordinary output, whose branches are the exits: the last branch's, unless that
  /// output is in another part of a larger network.
  public let outputTask: String?

  /// Creates a network.
  ///
  /// - Parameters:
  ///   - inputSize: The number of features of a sample.
  ///   - backbone: The shared layers, in order.
  ///   - branches: At least one; the last leaves after the whole backbone.
  ///   - handsOver: Whether this is the first part of a larger network, whose branches may be fewer.
  ///   - outputTask: The larger network's output task; the last branch's when nil.
  /// - Throws: `SparseError.Code.shapeMismatch` when sizes do not follow each other,
  ///   `invalidArgument` when branches are missing, unordered, or named alike.
  public init(
    inputSize: Int, backbone: [any Layer], branches: [Branch], handsOver: Bool = false,
    outputTask: String? = nil
  ) throws {
    self.inputSize = inputSize
    self.backbone = backbone
    self.branches = branches
    self.handsOver = handsOver
    self.outputTask = outputTask ?? branches.last?.task
    try validate()
  }

  /// One layer's place in a network.
  public enum Place: Hashable, Sendable {
    /// A layer of the backbone.
    case backbone(Int)
    /// A layer of a branch.
    case branch(Int, Int)
  }

  /// The layers in the order in which they run: each branch where it leaves the backbone.
  public var places: [Place] {
    var places: [Place] = []
    for position in 0...backbone.count {
      if position > 0 { places.append(.backbone(position - 1)) }
      for (index, branch) in branches.enumerated() where branch.position == position {
        places += branch.layers.indices.map { .branch(index, $0) }
      }
    }
    return places
  }

  /// The layer at a place.
  ///
  /// - Parameter place: One of `places`.
  public internal(set) subscript(place: Place) -> any Layer {
    get {
      switch place {
      case .backbone(let index): backbone[index]
      case .branch(let branch, let index): branches[branch].layers[index]
      }
    }
    set {
      switch place {
      case .backbone(let index): backbone[index] = newValue
      case .branch(let branch, let index): branches[branch].layers[index] = newValue
      }
    }
  }

  /// The name of a place, such as `backbone.0` or `output.0`: the prefix of its arrays in files.
  ///
  /// - Parameter place: One of `places`.
  /// - Returns: The name.
  public func name(of place: Place) -> String {
    switch place {
    case .backbone(let index): "backbone.\(index)"
    case .branch(let branch, let index): "\(branches[branch].name).\(index)"
    }
  }

  /// The junctions with their names, in the order in which they run.
  public var junctions: [(name: String, layer: SparseLinear)] {
    places.compactMap { place in
      (self[place] as? SparseLinear).map { (name(of: place), $0) }
    }
  }

  /// The number of features that the backbone has after some of its layers.
  ///
  /// - Parameter position: The number of backbone layers passed.
  /// - Returns: The number of features there.
  public func backboneSize(at position: Int) -> Int {
    position == 0 ? inputSize : backbone[position - 1].outputSize
  }
}

/// Layers that leave the backbone and end in an output.
public struct Branch: Sendable {
  /// The branch's name, unique in its network: letters, digits, `-` and `_`.
  public let name: String
  /// The number of backbone layers passed before the branch leaves.
  public let position: Int
  /// The branch's own layers, in order.
  public internal(set) var layers: [any Layer]
  /// The task whose labels the branch learns.
  public let task: String
  /// The weight of the branch's loss in the sum that is trained.
  public var lossWeight: Float

  /// Creates a branch.
  ///
  /// - Parameters:
  ///   - name: The branch's name.
  ///   - position: The number of backbone layers passed before it leaves.
  ///   - layers: The branch's own layers.
  ///   - task: The task whose labels it learns.
  ///   - lossWeight: The weight of its loss.
  public init(
    name: String, position: Int, layers: [any Layer], task: String = "label", lossWeight: Float = 1
  ) {
    self.name = name
    self.position = position
    self.layers = layers
    self.task = task
    self.lossWeight = lossWeight
  }

  /// The values of its output for each sample; a branch of a network has a layer.
  public var outputSize: Int { layers.last?.outputSize ?? 0 }
}

// MARK: - Validation

extension Network {
  private func validate() throws {
    guard inputSize >= 1, inputSize <= Pattern.maximumNeurons else {
      throw SparseError(
        .invalidArgument,
        "A network has 1 to \(Pattern.maximumNeurons) inputs, not \(inputSize).")
    }
    try checkChain(backbone, from: inputSize, name: "backbone")
    guard handsOver || branches.last?.position == backbone.count else {
      throw SparseError(
        .invalidArgument, "A network needs a last branch that leaves after its whole backbone.")
    }
    guard handsOver || branches.last?.task == outputTask else {
      throw SparseError(
        .invalidArgument,
        "The last branch of a whole network has the output task, not one beside it.")
    }
    guard Set(branches.map(\.name)).count == branches.count else {
      let names = branches.map(\.name).joined(separator: ", ")
      throw SparseError(.invalidArgument, "Branches need different names, but are \(names).")
    }
    var previous = 0
    for branch in branches {
      guard branch.position >= previous, branch.position <= backbone.count else {
        throw SparseError(
          .invalidArgument,
          """
          Branch '\(branch.name)' leaves at \(branch.position); branches come in order and within \
          \(previous)…\(backbone.count).
          """)
      }
      previous = branch.position
      let isNamed = branch.name.allSatisfy {
        $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0))
      }
      guard isNamed, !branch.name.isEmpty, branch.name != "backbone" else {
        throw SparseError(
          .invalidArgument,
          "'\(branch.name)' cannot name a branch; use letters, digits, '-' and '_'.")
      }
      guard branch.lossWeight.isFinite, branch.lossWeight >= 0 else {
        throw SparseError(
          .invalidArgument,
          "The loss weight of branch '\(branch.name)' is \(branch.lossWeight); it must be 0 or more."
        )
      }
      guard !branch.layers.isEmpty else {
        throw SparseError(.invalidArgument, "Branch '\(branch.name)' needs at least one layer.")
      }
      try checkChain(branch.layers, from: backboneSize(at: branch.position), name: branch.name)
    }
  }

  private func checkChain(_ layers: [any Layer], from size: Int, name: String) throws {
    var size = size
    for (index, layer) in layers.enumerated() {
      guard layer.inputSize == size else {
        throw SparseError(
          .shapeMismatch,
          "Layer \(name).\(index) takes \(layer.inputSize) features, but \(size) come in.")
      }
      size = layer.outputSize
    }
  }
}
