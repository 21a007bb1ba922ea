import SparseCore
import SparseLayers

/// The validation samples of the data that a model was trained on.
struct ValidationPart {
  let samples: Dataset

  init(of file: ModelFile, named model: String, _ data: DataOptions) throws {
    let seed = file.training?.seed ?? 0
    let parts = try data.load(data.source(of: file, named: model), seed: seed)
    let place = data.data ?? "the validation part"
    if let validation = parts.validation {
      samples = validation
    } else {
      guard let training = file.training, training.validationFraction > 0 else {
        throw SparseError(
          .unsupported,
          """
          \(model): was trained on all training samples, and the data have no validation part, so \
          there are no samples left to calibrate on. Train it with '--validation-fraction' above 0, \
          or give data with a validation part.
          """)
      }
      let split = try parts.training.validationSplit(
        fraction: training.validationFraction, seed: seed)
      samples = try parts.training.selecting(split.validation)
    }
    try file.requireFit(of: samples, from: place)
  }
}
