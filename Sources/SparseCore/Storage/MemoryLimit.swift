internal import Foundation

/// The memory that this process can have at all.
package enum MemoryLimit {
  /// Bytes: the machine's memory, or less where the process was given a limit.
  package static var bytes: Double {
    let physical = Double(ProcessInfo.processInfo.physicalMemory)
    var limit = rlimit()
    // SAFETY: the limit is ours and outlives the call.
    guard unsafe getrlimit(addressSpace, &limit) == 0 else { return physical }
    return min(physical, Double(limit.rlim_cur))
  }

  #if canImport(Glibc)
  private static let addressSpace = __rlimit_resource_t(RLIMIT_AS.rawValue)
  #else
  private static let addressSpace = RLIMIT_AS
  #endif
}
