import ArgumentParser
import SparseCore
import SparseLayers

/// How products are computed.
struct EngineOptions: ParsableArguments {
  @Option(help: "The engine of the sparse products.")
  var backend: Backend = .auto

  @Option(
    help: ArgumentHelp("The threads to use, 1...1024. (default: the cores)", valueName: "count"))
  var threads: Int?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("'--threads' must be in 1...1024, but is \(threads).")
    }
  }

  /// The threads to use.
  var threadCount: Int { threads ?? Machine.cores }

  /// Plans what runs a network on many samples, and tells what there is to warn of.
  func executor(of network: Network) throws -> NetworkExecutor {
    let executor = try NetworkExecutor(
      network, backend: backend, threads: threadCount, batchCapacity: 256)
    Terminal.note(warningsOf: executor.plans)
    return executor
  }
}
