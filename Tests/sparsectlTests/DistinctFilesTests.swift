import ArgumentParser
import Foundation
import Testing

@testable import sparsectl

@Suite("Files of a command line")
struct DistinctFilesTests {
  private func expectRefusal(
    _ words: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
      try Sparsectl.parseAsRoot(words)
    }
    guard let error else { return }
    #expect(Sparsectl.exitCode(for: error) == .validationFailure, sourceLocation: sourceLocation)
    let message = Sparsectl.message(for: error)
    #expect(message.contains("Name another file."), "\(message)", sourceLocation: sourceLocation)
  }

  @Test(
    "are not written over an input or another output",
    arguments: [
      "evaluate m --curve m", "evaluate m --plot ./m", "evaluate m --curve c --plot c",
      "evaluate m --plot b --beside a --beside b", "evaluate m --data d --plot x/../d",
      "online m --plot m", "plan m --link gigabit --plot m",
      "plan m --link gigabit --energy-model e --plot e",
      "calibrate m --dataset csv --data d --output d",
      "train --dataset csv --data good.csv --output good.csv",
      "train --config exp.yaml --output exp.yaml", "train --from m --output m",
      "train --from model.safetensors --exits 1", "train --metrics model.safetensors.checkpoint",
      "train --pattern p.npz --output ./p.npz",
      "pattern create --inputs 32 --outputs 8 --out-degree 2 --pattern clash-free:2,z=8 --output "
        + "s.csv --schedule s.csv",
      "pattern show p.svg --output p.svg", "sweep --output sw --plot sw/sweep.csv",
      "sweep --output sw --plot sw/runs.jsonl",
      "sweep --dataset csv --data sw/sweep.csv --output sw",
      "split m --at 1 --edge e --remote ./e", "split m --at 1 --remote m",
      "report m --metrics l --output l", "export m --output m",
      "data multi --left a --output a", "data shapes3d h.h5 --output h.h5",
    ])
  func refused(line: String) { expectRefusal(line.split(separator: " ").map(String.init)) }

  @Test(
    "may have names in common, and devices take any number of results",
    arguments: [
      "evaluate m --curve c/m.svg --plot p/m.svg",
      "evaluate m --curve /dev/stdout --plot /dev/stdout",
      "train --config model.safetensors --print-config", "calibrate m", "calibrate m --output m",
      "split m --at 1", "sweep --output sw --plot sw/all.svg",
    ])
  func accepted(line: String) throws {
    _ = try Sparsectl.parseAsRoot(line.split(separator: " ").map(String.init))
  }

  @Test("are the same through links, and a directory's data files are inputs")
  func links() throws {
    let directory = try TemporaryDirectory()
    let data = try directory.directory("data")
    let link = directory.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: data)
    for name in ["train.csv", "validation.csv.gz", "t10k-labels-idx1-ubyte", "other.csv"] {
      try Data([1]).write(to: URL(fileURLWithPath: "\(data)/\(name)"))
    }
    let train = ["train", "--dataset", "csv", "--data", data, "--output"]
    for name in ["train.csv", "validation.csv.gz", "t10k-labels-idx1-ubyte"] {
      expectRefusal(train + ["\(link)/\(name)"])
    }
    // A file that is not there yet is known by its directory.
    expectRefusal(["evaluate", "\(data)/m", "--curve", "\(link)/m"])
    for name in ["other.csv", "model.safetensors"] {
      _ = try Sparsectl.parseAsRoot(train + ["\(data)/\(name)"])
    }
  }

  @Test("of a split stand beside the model")
  func splitNames() throws {
    for (model, directory) in [("y.safetensors", ""), ("./y.safetensors", "./"), ("/a/y", "/a/")] {
      let split = try Split.parse([model, "--at", "1"])
      let kind = model.hasSuffix("y") ? "" : ".safetensors"
      #expect(split.edgePath == "\(directory)y-edge\(kind)")
      #expect(split.remotePath == "\(directory)y-remote\(kind)")
    }
  }
}
