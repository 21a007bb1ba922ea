import Foundation
import Logging
import SparseLayers
import Synchronization
import Testing

@testable import SplitServing

@Suite("The holder of a model") struct ModelHolderTests {
  /// Notes whether the model was loaded by a task, on a thread that tasks share.
  private struct LoadNotes: LogHandler {
    final class Loads: Sendable {
      let areTasks = Mutex<[Bool]>([])
    }

    let loads: Loads
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      guard event.message.description == "model loaded" else { return }
      let isTask = withUnsafeCurrentTask { $0 != nil }
      loads.areTasks.withLock { $0.append(isTask) }
    }
  }

  @Test("loads again on a thread of its own, so that requests go on meanwhile")
  func thread() async throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID()).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    let network = try servedNetwork()
    try ModelFile(network: network, data: DataDescription(untrained: network)).write(to: file.path)
    let loads = LoadNotes.Loads()
    let statistics = ServingStatistics()
    let holder = try ModelHolder(
      .init(modelPath: file.path, modelName: "net"), statistics: statistics,
      logger: Logger(label: "test") { _ in LoadNotes(loads: loads) })
    let first = holder.current
    await holder.reload()
    #expect(statistics.counts.reloads == 1)
    #expect(holder.current !== first)
    #expect(loads.areTasks.withLock { $0 } == [true, false])
  }
}
