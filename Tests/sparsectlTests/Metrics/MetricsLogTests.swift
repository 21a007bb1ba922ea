import Foundation
import SparseCore
import Testing

@testable import SparseLayers
@testable import sparsectl

@Suite("train --metrics")
struct MetricsLogTests {
  /// The three forms, by what stands behind the directory's path.
  static let forms = ["log.jsonl", "log.csv", "run/"]

  private func network(tasks: [String] = [], exits: [Int] = []) throws -> Network {
    var recipe = NetworkRecipe(layerSizes: [4, 3, 2], connectivity: .densities([1]))
    if !tasks.isEmpty { recipe.setTasks(tasks.map { TaskRecipe(name: $0, classes: 2) }) }
    if !exits.isEmpty { recipe.exits = ExitRecipe(positions: exits) }
    return try recipe.makeNetwork()
  }

  /// An epoch whose scores follow from its number, each branch's by 100 more; only the time does not.
  private func report(
    _ epoch: Int, of network: Network, seconds: Double = 0.5, trainedSamples: Int = 30,
    hasValidation: Bool = true
  ) -> Trainer.EpochReport {
    func evaluations(_ first: Double) -> [BranchEvaluation] {
      network.branches.enumerated().map { branch, layers in
        BranchEvaluation(
          branch: layers.name, task: layers.task,
          loss: first + 100 * Double(branch) + 1 / Double(epoch),
          accuracy: 1 - 1 / Double(epoch + branch + 1), samples: 30)
      }
    }
    return Trainer.EpochReport(
      epoch: epoch, learningRate: 0.001 / Double(epoch), seconds: seconds,
      trainedSamples: trainedSamples, training: evaluations(1),
      validation: hasValidation ? evaluations(2) : [])
  }

  /// The epochs and training losses of a log, in its order, whatever its form.
  private func entries(_ path: String) throws -> [(epoch: Int, loss: Float)] {
    if path.hasSuffix("/") {
      let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      return try names.flatMap { name in
        try EventFile(contentsOf: path + name).scalars("loss/train").map {
          (Int($0.step), $0.value)
        }
      }
    }
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    if path.hasSuffix(".csv") {
      return try lines.dropFirst().map { line in
        let cells = line.split(separator: ",", omittingEmptySubsequences: false)
        return (try #require(Int(cells[0])), try #require(Float(cells[4])))
      }
    }
    return try lines.map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return (
        try #require(object?["epoch"] as? Int),
        Float(try #require(object?["train_loss"] as? Double))
      )
    }
  }

  @Test("the rate of an epoch that was resumed is that of the samples trained since")
  func rate() throws {
    let network = try network()
    let whole = EpochMetrics(report(1, of: network), of: network)
    #expect(whole.samplesPerSecond == 60)
    let rest = EpochMetrics(report(1, of: network, seconds: 0.05, trainedSamples: 3), of: network)
    #expect(abs(rest.samplesPerSecond - 60) < 1e-9)
    // The scores are those of all 30 samples all the same.
    #expect(rest.scores == whole.scores)
  }

  @Test("CSV has one header, and a row an epoch that is read as the same numbers")
  func csv() throws {
    let directory = try TemporaryDirectory()
    let network = try network()
    for run in 0..<2 {
      let log = try MetricsLog(path: directory.file("log.CSV"), of: network, isResumed: false)
      for epoch in 1...2 {
        try log.append(report(epoch, of: network, hasValidation: run == 0), of: network)
      }
    }
    let text = try String(contentsOfFile: directory.file("log.CSV"), encoding: .utf8)
    #expect(
      text == """
        epoch,learning_rate,seconds,samples_per_second,train_loss,train_accuracy,validation_loss,\
        validation_accuracy
        1,0.001,0.5,60.0,2.0,0.5,3.0,0.5
        2,0.0005,0.5,60.0,1.5,0.6666666666666667,2.5,0.6666666666666667
        1,0.001,0.5,60.0,2.0,0.5,,
        2,0.0005,0.5,60.0,1.5,0.6666666666666667,,

        """)
  }

  @Test("CSV has columns of their own for several tasks, the main one first")
  func tasksInCSV() throws {
    let directory = try TemporaryDirectory()
    let network = try network(tasks: ["left", "right"])
    let log = try MetricsLog(path: directory.file("log.csv"), of: network, isResumed: false)
    try log.append(report(1, of: network), of: network)
    let lines = try String(contentsOfFile: directory.file("log.csv"), encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: ",") }
    let columns = Dictionary(zip(lines[0], lines[1]).map { ($0, $1) }) { first, _ in first }
    #expect(lines[0].count == 16 && columns.count == 16)
    // The main task's head is the last branch.
    #expect(columns["train_loss"] == "102.0" && columns["left.train_loss"] == "102.0")
    #expect(columns["right.train_loss"] == "2.0" && columns["right.validation_loss"] == "3.0")
    #expect(lines[0][8].hasPrefix("left."))
  }

  @Test("a CSV file with other columns is refused and kept")
  func otherColumns() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(Array("epoch,loss\n1,2\n".utf8), "log.csv")
    let error = try #require(throws: SparseError.self) {
      try MetricsLog(path: path, of: network(), isResumed: false)
    }
    #expect(error.code == .invalidArgument && error.message.hasPrefix("\(path): "))
    #expect(try bytes(of: path) == Array("epoch,loss\n1,2\n".utf8))
  }

  @Test("an event file has its version, then the scalars of each epoch under its number")
  func events() throws {
    let directory = try TemporaryDirectory()
    let network = try network()
    let log = try MetricsLog(path: directory.file("deep/run/"), of: network, isResumed: false)
    for epoch in 1...3 { try log.append(report(epoch, of: network), of: network) }
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.file("deep/run"))
    let name = try #require(names.first)
    #expect(names.count == 1)
    let form = /events\.out\.tfevents\.[0-9]{10}\..+\.([0-9]+)/
    let process = try #require(try form.wholeMatch(in: name)?.output.1)
    #expect(Int32(process) == ProcessInfo.processInfo.processIdentifier)
    let file = try EventFile(contentsOf: directory.file("deep/run/\(name)"))
    #expect(file.events.map(\.version) == ["brain.Event:2", nil, nil, nil])
    #expect(file.events.map(\.step) == [0, 1, 2, 3])
    let now = Date().timeIntervalSince1970
    #expect(file.events.allSatisfy { (now - 600...now).contains($0.wallTime) })
    #expect(
      file.events[2].values.map(\.tag) == [
        "loss/train", "loss/validation", "accuracy/train", "accuracy/validation", "learning_rate",
        "samples_per_second",
      ])
    let expected: [Float] = [1.5, 2.5, 2.0 / 3, 2.0 / 3, 0.0005, 60]
    #expect(file.events[2].values.map(\.value) == expected)
  }

  @Test("an event file has scalars of each of several tasks, and none of what was not measured")
  func tasksInEvents() throws {
    let directory = try TemporaryDirectory()
    let network = try network(tasks: ["left", "right"])
    // An existing directory needs no slash.
    let run = try directory.directory("run")
    let log = try MetricsLog(path: run, of: network, isResumed: false)
    try log.append(report(1, of: network, hasValidation: false), of: network)
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: run).first)
    let values = try EventFile(contentsOf: "\(run)/\(name)").events[1].values
    #expect(
      values.map(\.tag) == [
        "loss/train", "accuracy/train", "left/loss/train", "left/accuracy/train",
        "right/loss/train", "right/accuracy/train", "learning_rate", "samples_per_second",
      ])
    let expected: [Float] = [102, 2.0 / 3, 102, 2.0 / 3, 2, 0.5]
    #expect(values.prefix(6).map(\.value) == expected)
  }

  @Test("a run that goes on keeps no torn record and no epoch twice", arguments: forms)
  func resumed(form: String) throws {
    let directory = try TemporaryDirectory()
    let (path, network) = (directory.file(form), try network(tasks: ["b", "a"]))
    let first = try MetricsLog(path: path, of: network, isResumed: false)
    for epoch in 1...3 { try first.append(report(epoch, of: network), of: network) }
    let file = try form.hasSuffix("/") ? "\(path)\(#require(names(path).first))" : path
    let whole = try bytes(of: file)
    // Every way in which the third epoch's record can be cut short, in large steps.
    let (short, name) = (try sizeOfTwo(form, network), directory.file(form))
    for size in stride(from: short, through: whole.count, by: 7) {
      try Data(whole.prefix(size)).write(to: URL(fileURLWithPath: file))
      let log = try MetricsLog(path: name, of: network, isResumed: true)
      // The checkpoint was of the first epoch, so that the second and third are trained again.
      for epoch in 2...4 { try log.append(report(epoch, of: network, seconds: 9), of: network) }
      let entries = try entries(name)
      let losses: [Float] = [102, 101.5, Float(101 + 1.0 / 3), 101.25]
      #expect(entries.map(\.epoch) == [1, 2, 3, 4], "\(size) of \(whole.count) bytes")
      #expect(entries.map(\.loss) == losses)
    }
    if form.hasSuffix("/") { #expect(try names(path).count == 1) }
  }

  private func names(_ directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory)
  }

  /// The bytes of a log of two epochs.
  private func sizeOfTwo(_ form: String, _ network: Network) throws -> Int {
    let directory = try TemporaryDirectory()
    let log = try MetricsLog(path: directory.file(form), of: network, isResumed: false)
    for epoch in 1...2 { try log.append(report(epoch, of: network), of: network) }
    let path = directory.file(form)
    return try bytes(of: form.hasSuffix("/") ? "\(path)\(#require(names(path).first))" : path).count
  }

  @Test(
    "a run that goes on after an equal one keeps all its epochs", arguments: ["a.jsonl", "a.csv"])
  func equalRuns(form: String) throws {
    let directory = try TemporaryDirectory()
    let (path, network) = (directory.file(form), try network())
    let whole = try MetricsLog(path: path, of: network, isResumed: false)
    for epoch in 1...4 { try whole.append(report(epoch, of: network), of: network) }
    let stopped = try MetricsLog(path: path, of: network, isResumed: false)
    for epoch in 1...2 { try stopped.append(report(epoch, of: network), of: network) }
    let resumed = try MetricsLog(path: path, of: network, isResumed: true)
    for epoch in 2...4 { try resumed.append(report(epoch, of: network), of: network) }
    #expect(try entries(path).map(\.epoch) == [1, 2, 3, 4, 1, 2, 3, 4])
  }

  @Test("exits have their scores too, by their names")
  func branches() throws {
    let directory = try TemporaryDirectory()
    let network = try network(exits: [1])
    let log = try MetricsLog(path: directory.file("a.jsonl"), of: network, isResumed: false)
    try log.append(report(1, of: network), of: network)
    let line = try bytes(of: directory.file("a.jsonl"))
    let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
    let branches = try #require(object?["branches"] as? [String: [String: Double]])
    #expect(branches.keys.sorted() == ["exit1", "output"] && object?["tasks"] == nil)
    #expect(branches["output"]?["train_loss"] == object?["train_loss"] as? Double)
    #expect(branches["exit1"]?["train_loss"] != branches["output"]?["train_loss"])
    let read = try JSONDecoder().decode(EpochMetrics.self, from: Data(line))
    #expect(read == EpochMetrics(report(1, of: network), of: network))
  }

  @Test("other runs' epochs of the same number are kept when a run goes on", arguments: forms)
  func sharedLog(form: String) throws {
    let directory = try TemporaryDirectory()
    let (path, network) = (directory.file(form), try network())
    let other = try MetricsLog(path: path, of: network, isResumed: false)
    var report = report(1, of: network)
    report.training[0].loss = 7
    try other.append(report, of: network)
    let log = try MetricsLog(path: path, of: network, isResumed: true)
    try log.append(self.report(1, of: network), of: network)
    #expect(try entries(path).map(\.loss) == [7, 2])
  }

  @Test("an event file that a run only created is gone on with")
  func emptyEvents() throws {
    let directory = try TemporaryDirectory()
    let run = try directory.directory("run")
    try Data().write(to: URL(fileURLWithPath: "\(run)/events.out.tfevents.1700000000.host.1"))
    let network = try network()
    let log = try MetricsLog(path: run, of: network, isResumed: true)
    try log.append(report(1, of: network), of: network)
    #expect(try entries(run + "/").map(\.epoch) == [1])
    #expect(try names(run).count == 1)
  }

  @Test("event files that somebody else wrote are left alone")
  func othersEvents() throws {
    let directory = try TemporaryDirectory()
    let run = try directory.directory("run")
    let theirs = RecordFrames.frame([9, 0, 0, 0, 0, 0, 0, 0, 0, 26, 1, 65])
    try Data(theirs + [1, 2, 3]).write(
      to: URL(fileURLWithPath: "\(run)/events.out.tfevents.9999999999.host.1"))
    let network = try network()
    let log = try MetricsLog(path: run, of: network, isResumed: true)
    try log.append(report(1, of: network), of: network)
    #expect(try names(run).count == 2)
    #expect(
      try bytes(of: "\(run)/events.out.tfevents.9999999999.host.1") == theirs + [1, 2, 3])
  }

  @Test("places where nothing can be written are refused by name")
  func refusals() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write([1], "file")
    let network = try network()
    for path in ["none/log.jsonl", "none/log.csv", "file/"] {
      let error = try #require(throws: SparseError.self, "\(path)") {
        try MetricsLog(path: directory.file(path), of: network, isResumed: true)
      }
      #expect(error.code == .fileSystem && error.message.hasPrefix(directory.file(path)))
    }
    #expect(try bytes(of: file) == [1])
  }
}
