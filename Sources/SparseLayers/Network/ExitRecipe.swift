public import SparseCore

/// Where exits leave a network's backbone, and what their own layers are.
public struct ExitRecipe: Codable, Hashable, Sendable {
  /// The hidden layers after which an exit leaves, counted from 1; increasing.
  public var positions: [Int]
  /// The junctions of each exit's own head: 1 for a linear classifier.
  public var depth = 1
  /// The neurons of a head's hidden layers.
  public var width = 64
  /// The kept fraction of a head's hidden junctions; the last one of a head is full.
  public var density = 1.0
  /// The loss weight of every exit, the ordinary output last; the usual ones when nil.
  ///
  /// The weight of the exits' task multiplies them.
  public var lossWeights: [Float]?

  /// The loss weight of an early exit when nothing else is said, and that of the ordinary output:
  /// heavier early, which helped BranchyNet (Teerapittayanon, McDanel, Kung 2016).
  public static let usualLossWeights: (early: Float, last: Float) = (1, 0.3)

  /// Creates a recipe of linear heads.
  ///
  /// - Parameter positions: The hidden layers after which an exit leaves, counted from 1.
  public init(positions: [Int]) {
    self.positions = positions
  }

  /// Checks the recipe against a network's size.
  ///
  /// - Parameter hiddenLayers: The hidden layers of the network.
  /// - Throws: `SparseError.Code.invalidArgument` that says which number does not fit.
  public func validate(hiddenLayers: Int) throws {
    guard !positions.isEmpty else {
      throw SparseError(.invalidArgument, "There are no exit positions; name at least one.")
    }
    if let position = positions.first(where: { $0 < 1 || $0 > hiddenLayers }) {
      throw SparseError(
        .invalidArgument,
        """
        An exit is to leave after hidden layer \(position), but the network has hidden layers \
        1 to \(hiddenLayers).
        """)
    }
    for (position, next) in zip(positions, positions.dropFirst()) where position >= next {
      throw SparseError(
        .invalidArgument,
        "Exit positions must increase, but \(next) comes after \(position); sort them, each once.")
    }
    if let lossWeights {
      guard lossWeights.count == positions.count + 1 else {
        throw SparseError(
          .invalidArgument,
          """
          There must be \(positions.count + 1) exit weights, not \(lossWeights.count): one for each early \
          exit, and one for the output.
          """)
      }
      if let weight = lossWeights.first(where: { !$0.isFinite || $0 < 0 }) {
        throw SparseError(
          .invalidArgument, "An exit weight is \(weight); weights are 0 or more.")
      }
    }
    guard depth >= 1, depth <= 16, width >= 1, width <= Pattern.maximumNeurons else {
      throw SparseError(
        .invalidArgument,
        """
        An exit's head has \(depth) layers of \(width) neurons; 1 to 16 layers of 1 to \
        \(Pattern.maximumNeurons) neurons are possible.
        """)
    }
    guard density > 0, density <= 1 else {
      throw SparseError(
        .invalidArgument, "The density of exit heads is \(density); it must be above 0, at most 1.")
    }
  }
}

extension Network {
  /// Where each hidden layer ends: per junction of the backbone, the backbone layers passed when its
  /// activation, normalisation and dropout are behind it.
  public var hiddenLayerEnds: [Int] {
    let junctions = backbone.indices.filter { backbone[$0] is SparseLinear }
    return junctions.dropFirst() + (junctions.isEmpty ? [] : [backbone.count])
  }

  /// The network with exits that answer the last branch's task.
  ///
  /// Heads of other tasks stay as they are.
  ///
  /// - Parameters:
  ///   - exits: Where they leave and what they are made of.
  ///   - family: The patterns of the heads' hidden junctions.
  ///   - activation: The function after these.
  ///   - initializer: How their weights begin.
  ///   - seed: Decides patterns and weights.
  /// - Returns: The network, its other layers as they were.
  /// - Throws: `SparseError.Code.invalidArgument` when the recipe does not fit, or the network has
  ///   exits already.
  public func addingExits(
    _ exits: ExitRecipe, family: PatternFamily = .balanced, activation: Activation.Function = .relu,
    initializer: Initializer = .standard, seed: UInt64
  ) throws -> Network {
    let ends = hiddenLayerEnds
    try exits.validate(hiddenLayers: ends.count)
    let others = branches.dropLast()
    guard var output = branches.last, !others.contains(where: { $0.task == output.task }) else {
      let names = branches.map(\.name).joined(separator: ", ")
      throw SparseError(
        .invalidArgument,
        """
        Exits are added to a task without any, but this network has the branches \(names) already; \
        start from one without exits.
        """)
    }
    let weights =
      exits.lossWeights
      ?? exits.positions.map { _ in ExitRecipe.usualLossWeights.early }
      + [ExitRecipe.usualLossWeights.last]
    let classes = output.outputSize
    var branches: [Branch] = []
    for (rank, position) in exits.positions.enumerated() {
      var layers: [any Layer] = []
      var size = backboneSize(at: ends[position - 1])
      for depth in 1...exits.depth {
        let isLast = depth == exits.depth
        // Numbers that no junction of a chain has, so that exits reshuffle nothing.
        let number = position << 16 + depth
        let next = isLast ? classes : exits.width
        let pattern = try PatternRecipe.nearest(
          family: isLast || exits.density == 1 ? .full : family, inputs: size, outputs: next,
          density: isLast ? 1 : exits.density, seed: seed, junction: number
        ).recipe.makePattern()
        var stream = RandomStream(seed: seed, purpose: "weights", index: number)
        layers.append(SparseLinear(pattern: pattern, initializer: initializer, using: &stream))
        if !isLast { layers.append(Activation(activation, size: next)) }
        size = next
      }
      branches.append(
        Branch(
          name: "exit\(position)", position: ends[position - 1], layers: layers, task: output.task,
          lossWeight: weights[rank] * output.lossWeight))
    }
    output.lossWeight *= weights[exits.positions.count]
    branches += others
    let order = branches.indices.sorted {
      (branches[$0].position, $0) < (branches[$1].position, $1)
    }
    return try Network(
      inputSize: inputSize, backbone: backbone, branches: order.map { branches[$0] } + [output])
  }
}
