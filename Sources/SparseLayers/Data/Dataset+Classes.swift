extension Dataset {
  /// The same samples, with labels that count in other lists of classes.
  ///
  /// A file that lacks some of the classes, or names them in another order, numbers them in its own
  /// way; by their names they are found in the lists that a network was trained with.
  ///
  /// - Parameter classNames: The list of each target. Targets without a list, or with a class that is
  ///   not in it, stay as they are.
  /// - Returns: The data set, of the same samples.
  /// - Throws: Nothing that this data set did not throw when it was made.
  public func numbered(by classNames: [String: [String]]) throws -> Dataset {
    guard !targets.isEmpty else { return self }
    let numbered = targets.map { target in
      guard let names = classNames[target.name], names != target.classNames else { return target }
      let places = Dictionary(
        names.enumerated().map { ($0.element, Int32(clamping: $0.offset)) },
        uniquingKeysWith: { first, _ in first })
      let labels = target.classNames.compactMap { places[$0] }
      guard labels.count == target.classNames.count else { return target }
      return Target(
        name: target.name, classNames: names, labels: target.labels.map { labels[Int($0)] })
    }
    guard numbered != targets else { return self }
    return try Dataset(
      features: features, featureCount: featureCount, featureNames: featureNames,
      imageShape: imageShape, targets: numbered)
  }
}
