internal import EarlyExit
internal import Foundation
internal import Logging
internal import ServiceLifecycle
internal import SparseCore
internal import SparseLayers
internal import Synchronization
internal import UnixSignals

/// Holds what answers requests now, and exchanges it for what the files say by then.
///
/// A request keeps the batcher that it began with, so none is dropped: the old one answers what it
/// has, and goes when the last of its requests does.
final class ModelHolder: Sendable {
  private let configuration: ModelServer.Configuration
  private let statistics: ServingStatistics
  private let logger: Logger
  private let state: Mutex<State>

  private struct State {
    var batcher: Batcher
    var tokens: BearerTokens?
  }

  /// Loads the files.
  init(
    _ configuration: ModelServer.Configuration, statistics: ServingStatistics, logger: Logger
  ) throws {
    self.configuration = configuration
    self.statistics = statistics
    self.logger = logger
    state = Mutex(try Self.load(configuration, statistics, logger))
  }

  /// What answers requests that come now.
  var current: Batcher { state.withLock { $0.batcher } }

  /// The tokens that are accepted now; nil when none is wanted.
  var tokens: BearerTokens? { state.withLock { $0.tokens } }

  /// Loads the files again; when that fails, everything stays as it is.
  ///
  /// It takes a core for long: on a thread of its own, not on one of the few where requests move.
  func reload() async {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        self.reloadHere()
        continuation.resume()
      }
    }
  }

  private func reloadHere() {
    do {
      let new = try Self.load(configuration, statistics, logger)
      state.withLock { $0 = new }
      statistics.update { $0.reloads += 1 }
    } catch {
      statistics.update { $0.failedReloads += 1 }
      logger.error(
        "cannot reload; the model loaded before goes on",
        metadata: ["model": "\(configuration.modelPath)", "error": "\(error)"])
    }
  }

  private static func load(
    _ configuration: ModelServer.Configuration, _ statistics: ServingStatistics, _ logger: Logger
  ) throws -> State {
    let tokens = try configuration.tokenFile.map { try BearerTokens(contentsOf: $0) }
    var file = try ModelFile(contentsOf: configuration.modelPath)
    if let cut = configuration.cut { file = try file.split(afterHiddenLayers: cut).remote }
    guard !file.network.handsOver else {
      throw SparseError(
        .unsupported,
        """
        \(configuration.modelPath): is the edge part of a model that was split. Serve the remote part.
        """)
    }
    let model = try ServedModel(
      file.network, name: configuration.modelName, split: file.split,
      ranges: file.split == nil ? nil : file.boundaryRanges.first,
      takesBytes: file.data.featureType == .uint8 && file.split?.hiddenLayers ?? 0 == 0,
      backend: configuration.backend, threads: configuration.threads,
      batchCapacity: configuration.batching.batchSamples,
      tileWidth: configuration.tileWidth)
    // Once, so that the first request finds everything in place.
    let zeros = [Float](repeating: 0, count: model.signature.features)
    let heads = Array(model.signature.outputs.indices)
    _ = try model.run([.init(values: zeros, rows: 0..<1, heads: heads)])
    for warning in model.warnings { logger.warning("\(warning)") }
    logger.info(
      "model loaded",
      metadata: [
        "model": "\(configuration.modelPath)", "name": "\(model.signature.name)",
        "features": "\(model.signature.features)",
        "outputs": "\(model.signature.outputs.map(\.name).joined(separator: ","))",
      ])
    return State(
      batcher: Batcher(model, limits: configuration.batching, statistics: statistics),
      tokens: tokens)
  }
}

/// Reloads on each SIGHUP, as daemons do.
struct ReloadService: Service {
  let models: ModelHolder

  func run() async throws {
    for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
      await models.reload()
    }
  }
}
