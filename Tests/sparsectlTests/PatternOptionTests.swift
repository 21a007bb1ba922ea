import Foundation
import Testing

/// `--pattern` and `--density-policy`, from the command line to the model file.
@Suite(
  "The patterns of a network",
  .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct PatternOptionTests {
  private func weights(_ arguments: String...) throws -> [Int] {
    let outcome = try Program.start(
      ["measure", "--layers", "16,20,10", "--json"] + arguments
    ).finish()
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    let junctions = try #require(try outcome.json()["junctions"] as? [[String: Any]])
    return junctions.compactMap { $0["weights"] as? Int }
  }

  @Test("are of one family or of one each, whose arguments may have commas")
  func families() throws {
    for (pattern, density, expected) in [
      ("clash-free:1,z=4", "0.5", [160, 200]),
      ("clash-free:1,z=4,dither,banded", "0.5,0.5", [160, 100]),
      ("structured,clash-free:3,z=5", "0.5,0.5", [160, 100]), ("block:4x4", "0.25", [80, 200]),
      ("local", "0.25", [80, 200]), ("small-world:0.1", "0.3", [96, 200]),
      ("erdos-renyi", "0.3", [96, 200]), ("nm:1:4,2:4", "0.25,0.5", [80, 100]),
    ] {
      #expect(try weights("--pattern", pattern, "--density", density) == expected, "\(pattern)")
    }
    #expect(try weights("--pattern", "2:4") == [160, 200])
    #expect(try weights("--pattern", "structured") == [320, 200])
  }

  @Test("have the densities that a policy deals out")
  func policies() throws {
    let options = ["--pattern", "balanced", "--density", "0.25"]
    #expect(try weights(options[0], options[1], options[2], options[3]) == [80, 200])
    // 0.25 of 520 weights, in proportion to 36/320 and 30/200: 66 shares.
    #expect(
      try weights(options[0], options[1], options[2], options[3], "--density-policy", "erk")
        == [Int((130 * 36 / 66.0).rounded()), Int((130 * 30 / 66.0).rounded())])
    #expect(
      try weights(
        options[0], options[1], options[2], options[3], "--density-policy", "later-denser")
        == [80, 200])
  }

  @Test("come from a file, train, and are in the model, compact or not")
  func file() throws {
    let directory = try TemporaryDirectory()
    try TinyData.write(to: directory.path)
    let links = directory.file("links.mtx")
    let entries = (1...20).flatMap { row in (0..<3).map { "\(row) \(1 + (5 * row + 4 * $0) % 16)" }
    }
    let text = "%%MatrixMarket matrix coordinate pattern general\n20 16 60\n"
    try (text + entries.joined(separator: "\n") + "\n")
      .write(toFile: links, atomically: true, encoding: .utf8)
    #expect(try weights("--pattern", links) == [60, 200])
    #expect(
      try weights("--pattern", "file:\(links),balanced", "--density", "0.5,0.5") == [60, 100])
    for compact in [[], ["--compact"]] {
      let model = directory.file("model\(compact.count)")
      let trained = try Program.start(
        [
          "train", "--dataset", "mnist", "--data", directory.path, "--layers", "16,20,10",
          "--pattern", links, "--epochs", "1", "--threads", "1", "--output", model, "--json",
        ] + compact
      ).finish()
      #expect(trained.ending == .exited(0), "\(trained.stderr)")
      #expect(try trained.json()["weights"] as? Int == 260)
      let total = try #require(
        try Program.run("measure", model, "--json").json()["total"] as? [String: Any])
      #expect(total["weights"] as? Int == 260)
      // What was read once is in the model.
      let again = try Program.start([
        "train", "--dataset", "mnist", "--data", directory.path, "--from", model, "--epochs", "1",
        "--threads", "1", "--output", directory.file("again"),
      ]).finish()
      #expect(again.ending == .exited(0), "\(again.stderr)")
    }
  }

  @Test("from a file that does not fit end the run with one message")
  func badFiles() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("links.mtx")
    let header = "%%MatrixMarket matrix coordinate pattern general\n"
    for (text, part) in [
      (header + "20 16 2\n1 1\n1 1\n", "line 4: entry (1, 1) repeats the one of line 3"),
      (header + "20 16 1\n21 1\n", "line 3: row 21 is outside 1...20"),
      (header + "16 20 1\n1 1\n", "Save the transposed matrix"),
      (header + "5 5 1\n1 1\n", "has 5 rows (outputs) and 5 columns (inputs)"),
      ("nonsense", "does not start with"),
    ] {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let outcome = try Program.run("measure", "--layers", "16,20,10", "--pattern", path)
      expectFailure(outcome, says: part, path)
    }
    let missing = try Program.run(
      "measure", "--layers", "16,20,10", "--pattern", directory.file("none.npz"))
    expectFailure(missing, says: "none.npz", "No such file")
  }
}
