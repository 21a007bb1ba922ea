extension DatasetParts {
  /// The samples to learn and those to validate by, matched with a network.
  ///
  /// The recipe's seed alone decides which samples are set aside.
  ///
  /// - Parameters:
  ///   - recipe: Says how much of the training part to set aside where the source has no
  ///     validation part of its own.
  ///   - network: The network that will see them.
  /// - Returns: The samples of both parts; no validation samples where none are set aside.
  /// - Throws: `SparseError` when samples do not fit the network or cannot be split.
  public func labeled(
    by recipe: TrainingRecipe, for network: Network
  ) throws -> (training: LabeledData, validation: LabeledData?) {
    if let validation {
      return (
        try LabeledData(training, for: network), try LabeledData(validation, for: network)
      )
    }
    let split = try training.validationSplit(
      fraction: recipe.validationFraction, seed: recipe.seed)
    return (
      try LabeledData(training, indices: split.training, for: network),
      split.validation.isEmpty
        ? nil : try LabeledData(training, indices: split.validation, for: network)
    )
  }
}
