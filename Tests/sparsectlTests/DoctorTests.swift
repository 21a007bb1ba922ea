import ArgumentParser
import Foundation
import Testing

@testable import sparsectl

@Suite("doctor", .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
struct DoctorTests {
  private func findings(_ report: [String: Any]) throws -> [String: [String: Any]] {
    let findings = try #require(report["checks"] as? [[String: Any]])
    for finding in findings {
      #expect(finding["topic"] is String && finding["text"] is String, "\(finding)")
      #expect(["works", "absent", "fails"].contains(finding["state"] as? String), "\(finding)")
    }
    return Dictionary(
      try findings.map { (try #require($0["name"] as? String), $0) },
      uniquingKeysWith: { first, second in
        Issue.record("two findings of one name: \(first), \(second)")
        return first
      })
  }

  @Test("finds a machine that runs its own tests ready to train")
  func ready() throws {
    let outcome = try Program.run("doctor", "--json")
    #expect(outcome.ending == .exited(0), "\(outcome.stdout)")
    #expect(outcome.stderr == "")
    let report = try outcome.json()
    #expect(report["ready"] as? Bool == true)
    #expect(report["version"] as? String == Sparsectl.configuration.version)
    let findings = try findings(report)
    for name in ["reference", "suitesparse", "native", "auto", "kernels", "GraphBLAS", "CPU"] {
      #expect(findings[name]?["state"] as? String == "works", "\(name)")
    }
    for name in ["GraphBLAS", "zlib", "libzip", "HDF5"] {
      let text = try #require(findings[name]?["text"] as? String)
      #expect(text.contains { $0.isNumber } && text.contains("."), "\(name): \(text)")
    }
    #expect(findings["stdout"]?["state"] as? String == "absent", "a file is no terminal")
  }

  @Test("says in text what it says in JSON, with a mark for each line")
  func text() throws {
    let outcome = try Program.run("doctor")
    #expect(outcome.ending == .exited(0))
    let names = try findings(Program.run("doctor", "--json").json()).keys
    let lines = outcome.stdout.split(separator: "\n")
    for name in names {
      #expect(
        lines.contains { line in ["✔", "–"].contains { line.hasPrefix("  \($0) \(name) ") } },
        "\(name) in \(outcome.stdout)")
    }
    #expect(lines.last == "Ready to train.")
  }

  @Test("follows SPARSE_KERNELS, and ends with 1 where these are none")
  func kernels() throws {
    let plain = try Program.start(["doctor", "--json"], environment: ["SPARSE_KERNELS": "plain"])
      .finish()
    #expect(plain.ending == .exited(0))
    let text = try findings(plain.json())["kernels"]?["text"] as? String
    #expect(text?.hasPrefix("plain, as the environment's SPARSE_KERNELS says") == true)

    let none = try Program.start(["doctor", "--json"], environment: ["SPARSE_KERNELS": "sse9"])
      .finish()
    #expect(none.ending == .exited(1))
    #expect(none.stderr == "")
    let report = try none.json()
    #expect(report["ready"] as? Bool == false)
    let kernels = try #require(try findings(report)["kernels"])
    #expect(kernels["state"] as? String == "fails")
    #expect(kernels["remedy"] as? String == "unset SPARSE_KERNELS")
  }

  @Test("reads the MNIST that MNIST_DIR names, and does without")
  func mnist() throws {
    let directory = try TemporaryDirectory()
    func state(_ environment: [String: String]) throws -> (String?, String?) {
      let outcome = try Program.start(["doctor", "--json"], environment: environment).finish()
      #expect(outcome.ending == .exited(0))
      let finding = try findings(outcome.json())["MNIST"]
      return (finding?["state"] as? String, finding?["text"] as? String)
    }
    let missing = try state(["MNIST_DIR": directory.path])
    #expect(missing.0 == "absent" && missing.1?.contains("train-images") == true)
    try TinyData.write(to: directory.path)
    let found = try state(["MNIST_DIR": directory.path])
    #expect(found.0 == "works")
    #expect(found.1 == "\(directory.path): 60 training and 20 test samples, read")
  }
}

@Suite("A report of doctor")
struct DoctorReportTests {
  @Test("is ready unless something fails, and shows the remedies")
  func text() {
    let works = Finding("a", "one", "1.0")
    let absent = Finding("a", "second", .absent, "not here", remedy: "get it")
    let fails = Finding("b", "third", .fails, "broken", remedy: "mend it")
    #expect(DoctorReport([works, absent]).ready)
    #expect(!DoctorReport([works, fails]).ready)
    #expect(
      DoctorReport([works, absent, fails]).text == """
        a
          ✔ one     1.0
          – second  not here
                    → get it

        b
          ✘ third   broken
                    → mend it

        Not ready to train: third.
        """)
  }
}

@Suite("A control group")
struct ControlGroupTests {
  /// A tree of files as the kernel shows them.
  private func group(
    _ files: [String: String], _ membership: String
  ) throws -> (cores: Double?, memoryBytes: Int?) {
    let directory = try TemporaryDirectory()
    for (path, text) in files {
      let url = URL(fileURLWithPath: directory.file(path))
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    let own = try directory.write(Array(membership.utf8), "membership")
    let group = ControlGroup(root: directory.path, membership: own)
    return (group.cores, group.memoryBytes)
  }

  @Test("has the smallest limits of all groups around it")
  func second() throws {
    let files = [
      "a/b/cpu.max": "max 100000\n", "a/b/memory.max": "2000000000\n",
      "a/cpu.max": "150000 100000\n", "a/memory.max": "1000000000\n", "memory.max": "max\n",
    ]
    let inner = try group(files, "0::/a/b\n")
    #expect(inner.cores == 1.5 && inner.memoryBytes == 1_000_000_000)
    let outer = try group(files, "0::/\n")
    #expect(outer.cores == nil && outer.memoryBytes == nil)
  }

  @Test("is read in the first version of the interface, too")
  func first() throws {
    let files = [
      "cpu/x/cpu.cfs_quota_us": "50000\n", "cpu/x/cpu.cfs_period_us": "100000\n",
      "memory/y/memory.limit_in_bytes": "4096\n",
      "memory/memory.limit_in_bytes": "9223372036854771712\n",
      "cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n",
    ]
    let limits = try group(files, "5:cpu,cpuacct:/x\n4:memory:/y\n0::/\n")
    #expect(limits.cores == 0.5 && limits.memoryBytes == 4096)
  }

  @Test(
    "has no limits where files are missing or say nothing that can be a limit",
    arguments: [
      "", "0", "-5 100000", "100000 0", "100000", "1 2 3", "a b", "99999999999999999999 1",
    ])
  func none(text: String) throws {
    let limits = try group(["cpu.max": text, "memory.max": text], "0::/../nowhere\nnonsense\n")
    #expect(limits.cores == nil)
    #expect(try group([:], "0::/a\n").memoryBytes == nil)
  }
}
