import ArgumentParser
import SparseCore
import SparseLayers

extension StorageForm {
  /// What each form is, for help texts.
  static let explanation = """
    csr: 32-bit columns and row offsets, as other libraries take them. columns: 16-bit columns (32 \
    bits above 65,536 inputs), and row offsets only where rows differ in length. recipe: no \
    connections where a recipe makes them again.
    """
}

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a model again, with its connections stored in another form.",
    discussion: """
      EXAMPLES
        sparsectl convert model.safetensors --storage csr --output csr.safetensors
        sparsectl convert model.safetensors --storage recipe --output small.safetensors --json

      Weights, biases and everything else stay as they are. The object of --json has model, \
      storage, and file_bytes with its parts header_bytes and array_bytes.
      """)

  @Argument(help: ArgumentHelp("The model file.", valueName: "model"))
  var model: String

  @Option(help: ArgumentHelp("The form.", discussion: StorageForm.explanation))
  var storage: StorageForm

  @Option(help: ArgumentHelp("Where to write the model.", valueName: "file"))
  var output: String

  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func validate() throws {
    if output.isEmpty { throw ValidationError("'--output' must name a file.") }
  }

  func run() throws {
    let model = try ModelFile(contentsOf: self.model)
    try model.requireNoCheckpoint(at: self.model, replacedBy: output)
    let file = try model.safetensors(form: storage)
    try file.write(to: output)
    let bytes = try FileBytes(file)
    if outputOptions.json {
      try Terminal.result(json: Report(model: output, storage: storage, bytes: bytes))
    } else {
      try Terminal.result(
        """
        \(output): \(Text.count(bytes.file)) bytes, of which \(Text.count(bytes.arrays)) are arrays
        """)
    }
  }

  private struct Report: Encodable {
    let model: String
    let storage: StorageForm
    let bytes: FileBytes

    enum CodingKeys: String, CodingKey { case model, storage }

    func encode(to encoder: any Encoder) throws {
      try bytes.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(model, forKey: .model)
      try container.encode(storage, forKey: .storage)
    }
  }
}
