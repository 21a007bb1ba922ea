import SparseCore
import Testing

@testable import SparseLayers

@Suite("Samples without labels")
struct UnlabeledDatasetTests {
  /// The features of two samples, whatever the file.
  private func features(_ dataset: Dataset) -> [Float] {
    switch dataset.features {
    case .bytes(let values): values.map { Float($0) }
    case .floats(let values): values
    }
  }

  @Test("the first bytes tell IDX, NPY, NPZ and CSV apart, compressed or not")
  func kinds() throws {
    let directory = try TemporaryDirectory()
    let npy = NPY.floats([1, 2, 3, 4], "(2, 2)")
    let archive = NPY.archive(["x.npy": npy])
    let files: [(name: String, bytes: [UInt8])] = [
      ("rows", idx([2, 2], [1, 2, 3, 4])), ("images", idx([2, 1, 2], [1, 2, 3, 4])),
      ("npy", npy), ("npz", archive), ("csv", Array("1,2\n3,4\n".utf8)),
      ("header", Array("a,b\n1,2\n3,4\n".utf8)),
      ("labeled", Array("a,label,b\n1,cat,2\n3,dog,4\n".utf8)),
    ]
    for (name, bytes) in files {
      for compressed in [false, true] where !(compressed && name == "npz") {
        let path = try write(compressed ? Gzip.stored(bytes) : bytes, name, in: directory)
        let dataset = try Dataset.unlabeled(path: path)
        #expect(features(dataset) == [1, 2, 3, 4], "\(name)")
        #expect(dataset.featureCount == 2 && dataset.sampleCount == 2, "\(name)")
        #expect(dataset.targets.isEmpty)
      }
    }
  }

  @Test("of several arrays one must be named, or be called xte")
  func arrays() throws {
    let directory = try TemporaryDirectory()
    let (one, two) = (NPY.floats([1], "(1, 1)"), NPY.floats([2], "(1, 1)"))
    let path = try write(NPY.archive(["a.npy": one, "b.npy": two]), "ab", in: directory)
    expectError(.invalidArgument, path, "'a', 'b'") { _ = try Dataset.unlabeled(path: path) }
    #expect(features(try Dataset.unlabeled(path: path, array: "b")) == [2])
    let other = try write(NPY.archive(["a.npy": one, "xte.npy": two]), "other", in: directory)
    #expect(features(try Dataset.unlabeled(path: other)) == [2])
  }

  @Test("an .npy file must hold exactly what its header promises")
  func sizes() throws {
    let directory = try TemporaryDirectory()
    let whole = NPY.floats([1, 2, 3, 4], "(2, 2)")
    for bytes in [Array(whole.dropLast()), whole + [0], Array(whole.prefix(20))] {
      let path = try write(bytes, "x", in: directory)
      expectError(.corruptFile, path, "numpy.save") { _ = try NPYArray(path: path) }
    }
    // Elements of no bytes would otherwise let this file promise 2^60 of them.
    let path = try write(NPY.file("|S0", "(1152921504606846976,)", []), "x", in: directory)
    expectError(.unsupported, path, "'|S0'") { _ = try NPYArray(path: path) }
  }

  @Test("labels are still required where they are learnt")
  func labels() throws {
    let dataset = try Dataset(unlabeled: .bytes([1, 2]), featureCount: 2)
    let network = try NetworkRecipe(layerSizes: [2, 3], connectivity: .densities([1])).makeNetwork()
    expectError(.shapeMismatch, "label") { _ = try LabeledData(dataset, for: network) }
    #expect(try Samples(dataset, for: network).indices == [0])
  }
}
