import Foundation
import Testing

/// `pattern` and its subcommands on files, as people run them.
@Suite("pattern", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct PatternCommandTests {
  private func create(_ file: String, _ more: String...) throws -> Program.Outcome {
    try Program.start(
      ["pattern", "create", "--inputs", "24", "--outputs", "18", "--output", file] + more
    ).finish()
  }

  @Test("what is created is the same in every form, in every command, with the same digest")
  func roundTrip() throws {
    let directory = try TemporaryDirectory()
    let first = directory.file("p.mtx")
    let created = try create(first, "--density", "0.3333", "--seed", "5", "--json")
    #expect(created.ending == .exited(0), "\(created.stderr)")
    #expect(created.stderr.contains("note: density 0.3333 became 0.3333"))
    let made = try created.json()
    #expect(made["inputs"] as? Int == 24 && made["outputs"] as? Int == 18)
    #expect(made["edges"] as? Int == 144 && made["valid"] as? Bool == true)
    #expect(made["in_degree"] as? Int == 8 && made["out_degree"] as? Int == 6)
    #expect(abs((made["density"] as? Double ?? 0) - 1.0 / 3) < 1e-12)
    #expect(made["family"] as? String == "structured" && made["seed"] as? Int == 5)
    let digest = try #require(made["sha256"] as? String)
    var source = first
    for name in ["q.npz", "r.csv", "s.mtx"] {
      let target = directory.file(name)
      let converted = try Program.run("pattern", "convert", source, target, "--json").json()
      #expect(converted["sha256"] as? String == digest)
      for command in ["check", "show"] {
        let seen = try Program.run("pattern", command, target, "--json")
        #expect(seen.ending == .exited(0), "\(seen.stderr)")
        #expect(try seen.json()["sha256"] as? String == digest)
        #expect(try (seen.json()["junctions"] as? [Any])?.count == 1)
      }
      source = target
    }
    #expect(try bytes(of: source).count > 100)
    #expect(try directory.names() == ["p.mtx", "q.npz", "r.csv", "s.mtx"])
  }

  @Test("without a file the pattern goes to stdout as Matrix Market, and can be read again")
  func stdout() throws {
    let directory = try TemporaryDirectory()
    let outcome = try Program.run("pattern", "create", "--inputs", "6", "--outputs", "4")
    #expect(outcome.ending == .exited(0) && outcome.stderr == "")
    let file = try directory.write(Array(outcome.stdout.utf8), "p.mtx")
    #expect(try Program.run("pattern", "check", file, "--json").json()["edges"] as? Int == 24)
  }

  @Test("a memory schedule never clashes, as a check of the pattern confirms")
  func schedule() throws {
    let directory = try TemporaryDirectory()
    let (file, schedule) = (directory.file("p.npz"), directory.file("s.csv"))
    let created = try create(
      file, "--out-degree", "6", "--pattern", "clash-free:1,z=4,dither", "--schedule", schedule)
    #expect(created.ending == .exited(0), "\(created.stderr)")
    let lines = try String(contentsOfFile: schedule, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 1 + 144)
    let reads = lines.dropFirst().map { $0.split(separator: ",").map { Int($0) ?? -1 } }
    for cycle in stride(from: 0, to: 144, by: 4) {
      #expect(Set(reads[cycle..<cycle + 4].map { $0[5] % 4 }).count == 4)
    }
    let free = try Program.run("pattern", "check", file, "--z", "4", "--json")
    #expect(free.ending == .exited(0))
    #expect(try free.json()["clash_free"] as? Bool == true)
  }

  @Test("a clash ends with 1, and the cycle is named")
  func clash() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write(Array("input,output\n0,0\n2,0\n1,1\n3,1\n".utf8), "p.csv")
    let outcome = try Program.run("pattern", "check", file, "--z", "2")
    #expect(outcome.ending == .exited(1) && outcome.stderr == "")
    #expect(outcome.stdout.contains("cycle 0 has to read memory 0 twice"))
    #expect(outcome.stdout.hasSuffix("valid, but not clash-free\n"))
    expectFailure(try Program.run("pattern", "check", file, "--z", "3"), says: "z must divide")
    expectFailure(try Program.run("pattern", "check", file, "--z", "2,2"), says: "2 numbers for 1")
  }

  @Test("files that are no patterns: every fault is listed, with its line, and the rest is checked")
  func invalid() throws {
    let directory = try TemporaryDirectory()
    let header = "%%MatrixMarket matrix coordinate pattern general\n"
    let bad = try directory.write(
      Array((header + "2 3 4\n1 1\n3 1\n1 1\n2 4\n").utf8), "bad.mtx")
    let good = try directory.write(Array((header + "2 3 1\n1 1\n").utf8), "good.mtx")
    let unsorted = try directory.write(
      TinyData.zip([
        ("indices.npy", TinyData.npy("<i4", [2], TinyData.little(1, 4) + TinyData.little(0, 4))),
        ("indptr.npy", TinyData.npy("<i4", [2], TinyData.little(0, 4) + TinyData.little(2, 4))),
        ("format.npy", TinyData.npy("|S3", [], Array("csr".utf8))),
        ("shape.npy", TinyData.npy("<i8", [2], TinyData.little(1, 8) + TinyData.little(2, 8))),
      ]), "unsorted.npz")
    let outcome = try Program.run("pattern", "check", bad, good, unsorted)
    #expect(outcome.ending == .exited(1) && outcome.stderr == "", "\(outcome.stderr)")
    for words in [
      "bad.mtx: not valid, 3 faults", "line 4: row 3 is outside 1...2",
      "line 5: entry (1, 1) repeats the one of line 3", "line 6: column 4 is outside 1...3",
      "unsorted.npz: not valid, 1 fault", "column 0 follows 1", "2 of 3 are not valid",
      "good.mtx: 2 of 3 inputs have no connection to any output: 1, 2",
      "good.mtx: 1 of 2 outputs have no connection to any input: 1",
    ] {
      #expect(outcome.stdout.contains(words), "'\(words)' in: \(outcome.stdout)")
    }
    let json = try Program.run("pattern", "check", bad, "--json")
    #expect(json.ending == .exited(1))
    #expect(try json.json()["valid"] as? Bool == false)
    let listed = try #require(try json.json()["invalid"] as? [[String: Any]])
    #expect(listed.count == 1 && listed[0]["faults"] as? Int == 3)
    for command in [["show", bad], ["convert", bad, directory.file("out.npz")]] {
      expectFailure(try Program.start(["pattern"] + command).finish(), says: "bad.mtx, line 4")
    }
    let missing = directory.file("no.mtx")
    expectFailure(try Program.run("pattern", "check", missing), says: missing, "No such file")
    #expect(try directory.names() == ["bad.mtx", "good.mtx", "unsorted.npz"])
  }

  @Test("files that follow each other are one network; others are not")
  func chains() throws {
    let directory = try TemporaryDirectory()
    let half = try directory.write(
      Array("input,output\n0,0\n1,0\n0,1\n1,1\n2,2\n3,2\n2,3\n3,3\n".utf8), "half.csv")
    let outcome = try Program.run("pattern", "check", half, half, "--json")
    #expect(outcome.ending == .exited(0))
    let chains = try #require(try outcome.json()["chains"] as? [[String: Any]])
    #expect(chains.count == 1 && chains[0]["unconnected_pairs"] as? Int == 8)
    #expect(chains[0]["connected"] as? Bool == false)
    let text = try Program.run("pattern", "check", half, half).stdout
    #expect(text.contains("no path between 8 of 16 pairs, such as input 0 and output 2"))
    let other = try directory.write(Array("input,output\n0,0\n".utf8), "one.csv")
    let alone = try Program.run("pattern", "check", half, other, "--json").json()
    #expect((alone["chains"] as? [Any])?.isEmpty == true)
  }

  @Test("a model's junctions are checked, drawn and exported, one by one and from end to end")
  func models() throws {
    let directory = try TemporaryDirectory()
    let npz = try directory.write(TinyData.npz(), "data.npz")
    let model = directory.file("model")
    #expect(
      try Program.start([
        "train", "--dataset", "npz", "--data", npz, "--output", model, "--layers", "16,20,10",
        "--density", "0.5", "--epochs", "1", "--threads", "1", "--batch-size", "8",
      ]).finish().ending == .exited(0))
    let checked = try Program.run(
      "pattern", "check", model, "--image", "4x4", "--window", "2x2", "--json"
    ).json()
    let junctions = try #require(checked["junctions"] as? [[String: Any]])
    #expect(junctions.map { $0["name"] as? String } == ["backbone.0", "output.0"])
    #expect(junctions.map { $0["edges"] as? Int } == [160, 200])
    let chains = try #require(checked["chains"] as? [[String: Any]])
    #expect(chains.count == 1 && chains[0]["connected"] as? Bool == true)
    let target = directory.file("p.mtx")
    expectFailure(
      try Program.run("pattern", "convert", model, target), says: "has 2 junctions",
      "backbone.0, output.0")
    expectFailure(
      try Program.run("pattern", "convert", model, target, "--junction", "x"),
      says: "no junction 'x'")
    let one = try Program.run(
      "pattern", "convert", model, target, "--junction", "backbone.0", "--json"
    ).json()
    #expect(one["sha256"] as? String == junctions[0]["sha256"] as? String)
    expectFailure(
      try Program.run("pattern", "show", target, "--junction", "x"), says: "leave '--junction' out")
    let drawing = try Program.run("pattern", "show", model)
    #expect(drawing.ending == .exited(0) && drawing.stdout.contains("output.0"))
  }

  @Test("a drawing shows each connection of a small pattern, and densities of a large one")
  func drawings() throws {
    let directory = try TemporaryDirectory()
    let small = try directory.write(Array("input,output\n0,0\n1,1\n2,2\n3,3\n0,3\n".utf8), "s.csv")
    let drawing = try Program.run("pattern", "show", small).stdout
    // Dots 1, 5 and 7 of the first character, 3 and 8 of the second.
    #expect(drawing.contains("│⡑⢄│"), "\(drawing)")
    #expect(drawing.contains("1  3  ") && drawing.contains("2  1  "))
    let large = directory.file("l.mtx")
    try Program.run(
      "pattern", "create", "--inputs", "400", "--outputs", "300", "--density", "0.1", "--pattern",
      "banded", "--output", large)
    let shades = try Program.run("pattern", "show", large).stdout
    #expect(shades.contains("█") && shades.contains("density up to"))
  }

  @Test("a picture is well-formed XML that has as many cells as connections")
  func pictures() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("p & <q>.mtx")
    #expect(try create(file, "--density", "0.25", "--pattern", "balanced").ending == .exited(0))
    let picture = directory.file("p.svg")
    let outcome = try Program.run("pattern", "show", file, "--output", picture)
    #expect(outcome.ending == .exited(0), "\(outcome.stderr)")
    let svg = try String(contentsOfFile: picture, encoding: .utf8)
    #expect(svg.contains("inputs (left neurons)") && svg.contains("outputs (right neurons)"))
    #expect(svg.contains("p &amp; &lt;q&gt;.mtx") && svg.contains("108 connections"))
    let runs = svg.matches(of: /h(\d+)v1h-/).compactMap { Int($0.output.1) }
    #expect(runs.reduce(0, +) == 108)
    let open = svg.matches(of: /<(\w+)[^>]*[^\/]>/).count
    #expect(open == svg.matches(of: /<\/\w+>/).count)
    expectFailure(
      try Program.run("pattern", "show", file, "--output", directory.file("no/p.svg")),
      says: "no/p.svg")
  }

  @Test("an output that cannot be written fails, and leaves nothing")
  func unwritable() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("p.mtx")
    expectFailure(try create(directory.file("no/p.mtx")), says: "no/p.mtx")
    expectFailure(
      try create(
        file, "--out-degree", "6", "--pattern", "clash-free:3,z=8", "--schedule",
        directory.file("no/s.csv")), says: "no/s.csv")
    #expect(try create(file, "--out-degree", "6").ending == .exited(0))
    expectFailure(
      try Program.run("pattern", "convert", file, directory.file("no/p.npz")), says: "no/p.npz")
    #expect(try directory.names() == ["p.mtx"])
  }
}
