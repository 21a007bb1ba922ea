import Foundation

/// What the program runs on.
enum Machine {
  /// The cores that this process may use.
  static var cores: Int { max(ProcessInfo.processInfo.activeProcessorCount, 1) }

  /// The bytes of its memory.
  static var memoryBytes: Double { Double(ProcessInfo.processInfo.physicalMemory) }
}
