internal import CSparseBench
internal import Foundation

/// What the measurements ran on.
public struct Processor: Codable, Hashable, Sendable {
  /// The name that the CPU gives itself, with family and model where the system tells them.
  public var name: String
  /// The instruction set extensions that matter here.
  public var features: [String]
  /// The cores that this process may use.
  public var cores: Int

  /// The CPU of this process.
  public static let current = Processor(
    name: modelName, features: presentFeatures,
    cores: max(ProcessInfo.processInfo.activeProcessorCount, 1))

  private static var presentFeatures: [String] {
    var features: [String] = []
    var index: Int32 = 0
    // SAFETY: the C function returns static strings, and nil after the last.
    while let name = unsafe csb_cpu_feature(index) {
      features.append(unsafe String(cString: name))
      index += 1
    }
    return features.filter { !$0.isEmpty }
  }

  private static var modelName: String {
    #if os(macOS)
    let lines = output(of: "/usr/sbin/sysctl", ["-n", "machdep.cpu.brand_string"])
    return lines.first ?? "unknown CPU"
    #else
    // Virtual machines hide the product's name; family and model still say which core it is.
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    var fields: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      if parts.count == 2, fields[parts[0]] == nil { fields[parts[0]] = parts[1] }
    }
    let name = fields["model name"] ?? fields["CPU part"].map { "ARM part \($0)" } ?? "unknown CPU"
    guard let family = fields["cpu family"], let model = fields["model"] else { return name }
    return "\(name) (family \(family), model \(model))"
    #endif
  }

  #if os(macOS)
  private static func output(of command: String, _ arguments: [String]) -> [String] {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: command)
    process.arguments = arguments
    process.standardOutput = pipe
    guard (try? process.run()) != nil else { return [] }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
  #endif
}

/// The highest rate at which one core multiplies and adds single-precision numbers, measured.
///
/// Products are bounded by it whatever their kernel: their share of it says how much is left.
public struct PeakRate: Codable, Hashable, Sendable {
  /// The rate in 10⁹ multiplications and additions per second.
  public var gflops: Double
  /// The instructions that reached it, such as `AVX2+FMA`.
  public var instructions: String

  /// Measures the rate of the core that this thread runs on.
  ///
  /// The best of several short runs counts, not the median: other programs can only slow it down.
  ///
  /// - Parameter seconds: How long to measure.
  /// - Returns: The rate.
  public static func measure(seconds: Double = 0.3) -> PeakRate {
    let way = unsafe csb_widest_multiply_add()
    let steps: UInt64 = 200_000
    var best = 0.0
    let start = ContinuousClock.now
    repeat {
      let begin = ContinuousClock.now
      var sum = csb_run_multiply_adds(steps)
      let elapsed = begin.duration(to: .now) / .seconds(1)
      unsafe csb_black_hole(&sum)
      best = max(best, Double(steps) * Double(unsafe way.operations_per_step) / elapsed / 1e9)
    } while start.duration(to: .now) / .seconds(1) < seconds
    // SAFETY: the C structure holds a static string.
    return PeakRate(gflops: best, instructions: unsafe String(cString: way.instructions))
  }
}
