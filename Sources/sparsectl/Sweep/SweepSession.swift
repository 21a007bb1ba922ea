import ArgumentParser
import Foundation
import SparseCore
import SparseLayers

/// One call of `sweep`: from data to tables and plots.
struct SweepSession {
  private let options: Sweep
  private let points: [SweepPoint]
  private let notes: [String]
  private let runner: SweepRunner
  private let jobs: [Job]
  private let files: SweepFiles

  /// A network and a seed.
  private struct Job {
    let point: Int
    let seed: UInt64
    let key: String
  }

  init(_ options: Sweep) throws {
    self.options = options
    files = options.files
    try files.prepare()
    let training = options.training.trainingRecipe(seed: 0)
    let source = options.data.dataset ?? .fashionMNIST
    // A single CSV file is split by a seed; all runs of a sweep share its parts.
    let parts = try options.data.load(source, seed: 0)
    let features = try options.padding.features(
      of: parts.training, place: options.data.data ?? source.rawValue)
    let target = parts.training.targets[0]
    var common = NetworkRecipe(
      layerSizes: [features, target.classCount], connectivity: .densities([1]))
    common.setTasks([TaskRecipe(name: target.name, classes: target.classCount)])
    common.initializer = options.training.initializer
    options.hiddenLayers.apply(to: &common)
    let (points, roundings) = try options.networks.grid(common).points()
    var notes = roundings
    if parts.training.targets.count > 1 {
      notes.append("of the tasks in the data, the sweep is over the first, '\(target.name)'.")
    }
    let runner = try SweepRunner(
      parts: parts,
      settings: SweepSettings(
        training: training, backend: options.engine.backend, threads: options.engine.threadCount,
        scoredPart: options.score))
    // Seed by seed, so that the whole course shows early.
    jobs = try options.seeds.elements.flatMap { seed in
      try points.indices.map {
        Job(point: $0, seed: seed, key: try runner.key(of: points[$0], seed: seed))
      }
    }
    (self.points, self.notes, self.runner) = (points, notes, runner)
  }

  /// Trains what is not in the log yet, then writes everything.
  func execute() throws {
    Interruption.watch()
    for note in notes { Terminal.note("note: \(note)") }
    var log = try SweepLog(path: files.log)
    if log.unusableLines > 0 {
      let lines = log.unusableLines == 1 ? "line" : "lines"
      Terminal.note(
        "note: \(files.log) has \(log.unusableLines) unfinished or damaged \(lines), passed over.")
    }
    var progress = SweepProgress(
      total: jobs.count, finished: jobs.count { log.runs[$0.key] != nil }, log: files.log)
    progress.start()
    for job in jobs where log.runs[job.key] == nil {
      try log.append(run(job, &progress))
    }
    progress.clear()
    let rows = points.indices.map { point in
      SweepRow(jobs.filter { $0.point == point }.compactMap { log.runs[$0.key] })
    }
    try write(SweepReport(options, rows: rows, runs: jobs.compactMap { log.runs[$0.key] }, notes))
  }

  private func run(_ job: Job, _ progress: inout SweepProgress) throws -> SweepRun {
    let point = points[job.point]
    let name = "\(SweepText.name(point)) seed \(job.seed)"
    progress.begin(name)
    do {
      let run = try runner.run(
        point, seed: job.seed, onStart: Terminal.note(warningsOf:),
        progress: { progress.show(share: $0) }, shouldStop: { Interruption.isRequested })
      guard let run else {
        progress.interrupt()
        throw ExitCode.failure
      }
      progress.end(run)
      return run
    } catch let error as SparseError {
      progress.clear()
      throw SparseError(error.code, "\(name): \(error.message)", cause: error)
    }
  }

  /// Tables first: what goes wrong with a plot must not cost them.
  private func write(_ report: SweepReport) throws {
    try files.write(report.csv + "\n", to: files.csv)
    try files.write(JSON.text(report, .prettyPrinted) + "\n", to: files.json)
    var pictures: [SweepPlot.Picture] = []
    var failure: SparseError?
    do {
      pictures = try SweepPlot(report).draw(into: files)
    } catch let error as SparseError {
      failure = error
    }
    try files.write(SweepPage(report, pictures: pictures).html, to: files.page)
    if options.outputOptions.json {
      try Terminal.result(json: report)
    } else {
      // CSV is for programs, which get the numbers of sweep.csv.
      try Terminal.result(
        options.format == .csv ? report.csv : report.table.text(options.format))
    }
    Terminal.note("\(files.page), \(files.csv), \(files.json)")
    guard let failure else { return }
    // Asked for by name, a picture that is not there is a failure.
    if options.plot != nil { throw failure }
    Terminal.note("note: \(failure.message)")
  }
}
