import Foundation
import SparseLayers
import Testing

/// The program on images of a few pixels.
@Suite("data", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct DataCommandTests {
  private static let counts = [
    "--train-count", "80", "--validation-count", "30", "--test-count", "30",
  ]

  @Test("pairs are made, the same for a seed, and trained on")
  func multi() throws {
    let directory = try TemporaryDirectory()
    let images = try directory.directory("images")
    try TinyData.write(to: images)
    func make(_ name: String, _ seed: String) throws -> [String: Any] {
      let outcome = try Program.start(
        [
          "data", "multi", "--left", images, "--right", images, "--output", directory.file(name),
          "--seed", seed, "--json",
        ] + Self.counts
      ).finish()
      #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
      return try outcome.json()
    }
    let report = try make("a.npz", "1")
    #expect(report["image"] as? [Int] == [12, 12])
    #expect(report["tasks"] as? [String: Int] == ["left": 10, "right": 10])
    #expect((report["training"] as? [String: Any])?["samples"] as? Int == 80)
    _ = try make("b.npz", "1")
    _ = try make("c.npz", "2")
    #expect(try bytes(of: directory.file("a.npz")) == bytes(of: directory.file("b.npz")))
    #expect(try bytes(of: directory.file("a.npz")) != bytes(of: directory.file("c.npz")))
    let trained = try Program.run(
      "train", "--dataset", "npz", "--data", directory.file("a.npz"), "--layers", "144,16,10",
      "--epochs", "2", "--json", "--output", directory.file("m.safetensors"))
    #expect(trained.ending == .exited(0), "\(trained.stderr)")
    let tasks = try #require(try trained.json()["tasks"] as? [String: [String: Any]])
    #expect(tasks.keys.sorted() == ["left", "right"])
    // The pairs bring validation samples of their own.
    #expect(tasks["right"]?["validation_accuracy"] is Double)
  }

  @Test(
    "what cannot be is refused",
    arguments: [
      (["multi", "--left", "d", "--output", "o", "--train-count", "0"], 64, "'--train-count'"),
      (["multi", "--left", "d", "--output", "o", "--test-count", "999999999"], 64, "1...500000"),
      (["multi", "--left", "/nowhere", "--output", "o.npz"], 1, "/nowhere: there is no such"),
      (["shapes3d", "f.h5", "--output", "o", "--factors", "scale,hue"], 64, "names 'hue'"),
      (["shapes3d", "f.h5", "--output", "o", "--factors", "shape,shape"], 64, "twice"),
      (["shapes3d", "f.h5", "--output", "o", "--downsample", "3"], 64, "1, 2, 4, 8, 16, not by 3"),
      (["shapes3d", "f.h5", "--output", "o", "--limit", "1"], 64, "'--limit' must be 2"),
      (["shapes3d", "/dev/null", "--output", "o.npz"], 1, "/dev/null"),
      (["shapes3d", "/nowhere.h5", "--output", "o.npz"], 1, "/nowhere.h5"),
    ] as [([String], Int32, String)])
  func refused(arguments: [String], code: Int32, words: String) throws {
    expectFailure(try Program.start(["data"] + arguments).finish(), code: code, says: words)
  }
}
