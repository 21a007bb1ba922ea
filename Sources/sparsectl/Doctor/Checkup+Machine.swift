import Foundation
import SparseLayers

extension Checkup {
  /// What there is of the machine, and how much of it this process may have.
  static var machine: [Finding] {
    let topic = "machine"
    let limits = ControlGroup()
    return [
      Finding(
        topic, "system", "\(ProcessInfo.processInfo.operatingSystemVersionString), \(architecture)"),
      cores(limits), memory(limits),
    ]
  }

  private static var architecture: String {
    #if arch(x86_64)
    return "x86-64"
    #elseif arch(arm64)
    return "arm64"
    #else
    return "another architecture"
    #endif
  }

  private static func cores(_ limits: ControlGroup) -> Finding {
    let (mine, all) = (Machine.cores, ProcessInfo.processInfo.processorCount)
    var text = "\(mine) of \(all), as many threads by default"
    var remedy: String?
    if let cores = limits.cores {
      text += "; the control group allows \(Text.number(cores, decimals: 2))"
      // More threads would wait for each other's share.
      if cores < Double(mine) { remedy = "--threads \(max(Int(cores), 1))" }
    }
    return Finding("machine", "cores", text, remedy: remedy)
  }

  private static func memory(_ limits: ControlGroup) -> Finding {
    var text = gigabytes(Int(clamping: ProcessInfo.processInfo.physicalMemory))
    if let available { text += ", \(gigabytes(available)) available" }
    if let bytes = limits.memoryBytes { text += "; the control group allows \(gigabytes(bytes))" }
    return Finding("machine", "memory", text)
  }

  private static func gigabytes(_ bytes: Int) -> String {
    "\(Text.number(Double(bytes) / 1e9, decimals: 1)) GB"
  }

  /// The bytes that programs could have without swapping, where Linux tells.
  private static var available: Int? {
    let bytes = try? BoundedFile.readStart(path: "/proc/meminfo", maximumBytes: 1 << 16)
    let line = String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n")
      .first { $0.hasPrefix("MemAvailable:") }
    let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return kibibytes.flatMap { $0 > 0 && $0 < Int.max >> 10 ? $0 << 10 : nil }
  }

  /// Where results and notes go.
  static var streams: [Finding] {
    [("stdout", STDOUT_FILENO), ("stderr", STDERR_FILENO)].map { name, descriptor in
      isatty(descriptor) == 1
        ? Finding("streams", name, "a terminal")
        : Finding("streams", name, .absent, "no terminal, so nothing is redrawn or coloured")
    }
  }
}
