import Foundation
import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite(
  "Model files in Python",
  .enabled(
    if: ProcessInfo.processInfo.environment["SPARSE_TEST_PYTHON"] != nil,
    "set SPARSE_TEST_PYTHON to a Python with numpy, scipy and safetensors"))
struct ModelInteropTests {
  @Test(
    "give the same logits as scipy's sparse matrices", arguments: [StorageForm.csr, .columns])
  func logits(form: StorageForm) throws {
    let directory = try TemporaryDirectory()
    let (path, samples) = (directory.file("model"), directory.file("samples"))
    // Rows of equal and of unequal lengths: the second junction has row offsets.
    let network = try Network(
      inputSize: 30,
      backbone: [junction(30, 20, family: .structured), Activation(.relu, size: 20)],
      branches: [Branch(name: "output", position: 2, layers: [junction(20, 5, family: .random)])])
    let data = try clusters(samples: 50, features: 30, classes: 5)
    try ModelFile(network: network, data: DataDescription(dataset: "clusters", like: data))
      .write(to: path, form: form)
    guard case .floats(let floats) = data.features else {
      Issue.record("clusters are floats")
      return
    }
    try Safetensors(tensors: [.init(name: "x", floats: floats, shape: [50, 30])]).write(to: samples)
    let process = Process()
    let python = ProcessInfo.processInfo.environment["SPARSE_TEST_PYTHON"]
    process.executableURL = URL(fileURLWithPath: try #require(python))
    process.arguments = ["-c", Self.script, path, samples, form.rawValue]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Foundation.Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    let expected = String(decoding: output, as: UTF8.self).split(separator: "\n").map {
      Double($0) ?? .nan
    }
    for backend in Backend.allCases {
      let executor = try NetworkExecutor(network, backend: backend, batchCapacity: 16)
      let logits = try executor.outputs(Samples(data, for: network))[0]
      let found = mismatch(logits, expected, within: { _ in 1e-5 }, seed: 1)
      #expect(found == nil, "\(backend)")
    }
  }

  private static let script = #"""
    import json, sys
    import numpy as np
    from safetensors import safe_open
    from scipy.sparse import csr_matrix
    with safe_open(sys.argv[2], "numpy") as file: x = file.get_tensor("x")
    with safe_open(sys.argv[1], "numpy") as file:
      layers = json.loads(file.metadata()["architecture"])
      def linear(name, sizes, x):
        columns = file.get_tensor(name + ".columns")
        rows = sizes["outputs"]
        if name + ".row_offsets" in file.keys(): offsets = file.get_tensor(name + ".row_offsets")
        else: offsets = np.arange(rows + 1) * (len(columns) // rows)
        w = csr_matrix((file.get_tensor(name + ".values"), columns.astype(np.int32),
          offsets.astype(np.int32)), shape=(rows, sizes["inputs"]))
        return (w @ x.T).T + file.get_tensor(name + ".bias")
      explicit = sys.argv[3] == "csr"
      assert "output.0.row_offsets" in file.keys()
      assert ("backbone.0.row_offsets" in file.keys()) == explicit
      assert file.get_tensor("output.0.columns").dtype == (np.uint32 if explicit else np.uint16)
      hidden = np.maximum(linear("backbone.0", layers["backbone"][0], x), 0)
      for logit in linear("output.0", layers["branches"][0]["layers"][0], hidden).ravel():
        print(repr(float(logit)))
    """#
}
