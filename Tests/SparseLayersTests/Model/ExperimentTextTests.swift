import SparseCore
import SparseLayers
import Testing
import _SparseTestSupport

@Suite("The experiment in a model file") struct ExperimentTextTests {
  private func model(_ experiment: String?) throws -> ModelFile {
    let network = try Network(
      inputSize: 4, backbone: [],
      branches: [Branch(name: "output", position: 0, layers: [junction(4, 2, family: .full)])])
    return ModelFile(
      network: network, data: DataDescription(untrained: network), experiment: experiment)
  }

  @Test(
    "is given back as it was written, in every form",
    arguments: [nil, "", "epochs: 3\n# \"näme\" \\ \u{0} 日本\n"], StorageForm.allCases)
  func roundTrip(text: String?, form: StorageForm) throws {
    let file = try model(text).safetensors(form: form)
    #expect(file.metadata["experiment"] == text)
    #expect(try ModelFile(file, source: "m").experiment == text)
  }

  @Test("is nothing that reading a model depends on")
  func others() throws {
    var with = try model("a").safetensors()
    let without = try model(nil).safetensors()
    with.metadata["experiment"] = nil
    #expect(with == without)
  }

  @Test("is bounded when it is written and when it is read")
  func bounds() throws {
    let most = ModelFile.maximumExperimentBytes
    // Two bytes each, as UTF-8.
    let longest = String(repeating: "é", count: most / 2)
    var file = try model(longest).safetensors()
    #expect(try ModelFile(file, source: "m").experiment == longest)
    let written = #expect(throws: SparseError.self) { try model(longest + "a").safetensors() }
    #expect(written?.code == .invalidArgument)
    file.metadata["experiment"] = longest + "a"
    let read = #expect(throws: SparseError.self) { try ModelFile(file, source: "m") }
    #expect(read?.code == .corruptFile)
    #expect(read?.message.contains("m: the text of the experiment has \(most + 1) bytes") == true)
  }
}
