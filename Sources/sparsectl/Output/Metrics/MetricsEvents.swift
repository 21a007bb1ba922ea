import Foundation
import SparseCore
import SparseLayers

/// The event file of `--metrics DIRECTORY/`, as TensorBoard reads it.
///
/// Its first record names the version; then comes a record an epoch, whose step is the epoch. A run
/// that goes on appends to the file that it began.
///
/// Source: the messages `Event` and `Summary` of
/// <https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto>.
struct MetricsEvents: MetricsFile {
  private let file: AppendedFile
  /// The epochs that a stopped run has written, without their times.
  private let known: Set<ArraySlice<UInt8>>

  private static let prefix = "events.out.tfevents."

  /// Opens the file; makes the directory where there is none.
  ///
  /// - Parameters:
  ///   - directory: The directory, which TensorBoard shows as one run.
  ///   - isResumed: Whether the run goes on after a checkpoint.
  /// - Throws: `SparseError` when the file cannot be written.
  init(directory: String, isResumed: Bool) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw SparseError(
        .fileSystem,
        "\(directory): cannot be made a directory for the metrics. Name another, or make it first.",
        cause: error)
    }
    if let last = try Self.earlier(in: directory).last {
      let begun = try AppendedFile(path: last)
      let bytes = try begun.contents(maximumBytes: MetricsLog.maximumBytes)
      let (records, end) = RecordFrames.whole(in: bytes)
      // A run that was stopped before its first epoch, perhaps before its checkpoint, has left a file
      // like a new one.
      if isResumed || records.count <= 1 {
        file = begun
        if end < bytes.count { try file.cut(to: end) }
        known = Set(records.dropFirst().map(Self.withoutTimes))
        if records.isEmpty { try file.append(RecordFrames.frame(Self.version)) }
        return
      }
      Terminal.note(
        """
        note: \(directory) has the events of an earlier run, which TensorBoard mixes with this \
        one's; it wants a directory for each run.
        """)
    }
    file = try AppendedFile(path: Self.path(in: directory))
    known = []
    try file.append(RecordFrames.frame(Self.version))
  }

  func append(_ epoch: EpochMetrics) throws {
    let event = Self.event(epoch)
    guard !known.contains(Self.withoutTimes(event[...])) else { return }
    try file.append(RecordFrames.frame(event))
  }
}

// MARK: - Files

extension MetricsEvents {
  /// A name that no other run has: the time, the machine and the process.
  private static func path(in directory: String) -> String {
    let seconds = String(Int(Date().timeIntervalSince1970))
    let name = "\(prefix)\(seconds).\(hostName).\(ProcessInfo.processInfo.processIdentifier)"
    return directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
  }

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    // SAFETY: the system writes at most as many bytes as it is told, one less than there are.
    guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    let text = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.isEmpty ? "localhost" : text.replacing("/", with: "-")
  }

  /// The event files that this program has written, or begun, in a directory, the oldest first.
  private static func earlier(in directory: String) throws -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    let start = RecordFrames.frame(version).count
    return names.filter { $0.hasPrefix(prefix) }.sorted()
      .map { directory.hasSuffix("/") ? directory + $0 : "\(directory)/\($0)" }
      .filter { path in
        guard let bytes = try? BoundedFile.readStart(path: path, maximumBytes: start) else {
          return false
        }
        let first = RecordFrames.whole(in: bytes).records.first
        return bytes.isEmpty
          || first?.dropFirst(wallTimeBytes) == version[...].dropFirst(wallTimeBytes)
      }
  }
}

// MARK: - Messages

extension MetricsEvents {
  /// The tags of a branch's scores; TensorBoard groups them by what is before the slash.
  private static let tags: [(key: EpochMetrics.Scores.CodingKeys, tag: String)] = [
    (.trainLoss, "loss/train"), (.validationLoss, "loss/validation"),
    (.trainAccuracy, "accuracy/train"), (.validationAccuracy, "accuracy/validation"),
  ]

  /// The first record of a file, which says with `source_metadata.writer` who wrote it.
  private static var version: [UInt8] {
    event { event in
      event.string(3, "brain.Event:2")
      event.message(10) { $0.string(1, "sparsectl") }
    }
  }

  private static func event(_ epoch: EpochMetrics) -> [UInt8] {
    event { event in
      event.varint(2, Int64(epoch.epoch))
      event.message(5) { summary in
        write(epoch.scores, prefix: "", to: &summary)
        for task in epoch.tasks { write(task.scores, prefix: "\(task.name)/", to: &summary) }
        write("learning_rate", epoch.learningRate, to: &summary)
        write("samples_per_second", epoch.samplesPerSecond, to: &summary)
      }
    }
  }

  /// A message `Event`, which begins with the present time.
  private static func event(_ write: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var event = ProtobufWriter()
    event.double(1, Date().timeIntervalSince1970)
    write(&event)
    return event.bytes
  }

  private static func write(
    _ scores: EpochMetrics.Scores, prefix: String, to summary: inout ProtobufWriter
  ) {
    for (key, tag) in tags {
      if let value = scores[key] { write(prefix + tag, value, to: &summary) }
    }
  }

  /// A message `Summary.Value` with `simple_value`.
  private static func write(_ tag: String, _ value: Double, to summary: inout ProtobufWriter) {
    summary.message(1) { field in
      field.string(1, tag)
      field.float(2, Float(value))
    }
  }

  /// The bytes of the field `wall_time`, the first of every event: a tag and a double.
  private static let wallTimeBytes = 9

  /// An epoch's event without what differs when it is trained again: the wall time at its start, and
  /// at its end the value of `samples_per_second`, a float.
  private static func withoutTimes(_ event: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    event.dropFirst(wallTimeBytes).dropLast(4)
  }
}
