internal import SparseCore

extension Network {
  /// The dense network that computes the same: where a pattern has no connection, a weight of 0.
  ///
  /// - Returns: A network of the same layers whose junctions have all connections.
  /// - Throws: `SparseError.Code.invalidPattern` when a junction would have more connections than
  ///   a pattern can.
  public func densified() throws -> Network {
    var network = self
    for place in places {
      guard let junction = self[place] as? SparseLinear else { continue }
      let (inputs, outputs) = (junction.inputSize, junction.outputSize)
      let recipe = try PatternRecipe(
        family: .full, inputs: inputs, outputs: outputs, edges: inputs * outputs, seed: 0,
        junction: 0)
      network[place] = try SparseLinear(
        weights: SparseMatrix(pattern: recipe.makePattern(), values: junction.weights.dense),
        bias: junction.bias)
    }
    return network
  }
}
