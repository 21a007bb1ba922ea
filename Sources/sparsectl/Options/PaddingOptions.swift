import ArgumentParser
import SparseCore
import SparseLayers

/// How samples are made to fit a network.
struct PaddingOptions: ParsableArguments {
  @Option(
    name: .customLong("pad-input"),
    help: ArgumentHelp("Pad each sample with zeros to this many features.", valueName: "count"))
  var padInput: Int?

  func validate() throws {
    if let padInput, !(1...Pattern.maximumNeurons).contains(padInput) {
      throw ValidationError(
        "'--pad-input' must be in 1...\(Pattern.maximumNeurons), but is \(padInput).")
    }
  }

  /// The features that a network sees.
  ///
  /// - Parameters:
  ///   - sample: Data with the features of all.
  ///   - place: Where the data are, for errors.
  /// - Returns: The padded number.
  /// - Throws: `SparseError` when the samples already have more.
  func features(of sample: Dataset, place: String) throws -> Int {
    guard let padInput else { return sample.featureCount }
    guard padInput >= sample.featureCount else {
      throw SparseError(
        .shapeMismatch,
        """
        \(place): '--pad-input' is \(padInput), but the samples have \(sample.featureCount) features \
        already; padding only adds some. Give \(sample.featureCount) or more.
        """)
    }
    return padInput
  }
}
