import SparseLayers

/// What Linux lets a process have of the machine, as containers set it.
///
/// The limits of all groups around the process hold, so the smallest counts. Both versions of the
/// interface are read: Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst of the kernel.
struct ControlGroup {
  /// The cores' worth of time; nil for no limit, or where none can be read.
  private(set) var cores: Double?
  /// The bytes of memory; nil for no limit, or where none can be read.
  private(set) var memoryBytes: Int?

  /// Reads the limits of this process.
  ///
  /// - Parameters:
  ///   - root: Where the control groups are mounted.
  ///   - membership: The file that says which groups the process is in.
  init(root: String = "/sys/fs/cgroup", membership: String = "/proc/self/cgroup") {
    for line in Self.text(membership).split(separator: "\n") {
      // number:controllers:path, without controllers in the second version.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let controllers = parts[1].split(separator: ",")
      for group in Self.groups(parts[2]) {
        if controllers.isEmpty {
          limitCores(to: Self.numbers("\(root)\(group)/cpu.max"))
          limitMemory(to: Self.numbers("\(root)\(group)/memory.max"))
        }
        if controllers.contains("cpu") {
          let directory = "\(root)/cpu\(group)"
          limitCores(
            to: Self.numbers("\(directory)/cpu.cfs_quota_us")
              + Self.numbers("\(directory)/cpu.cfs_period_us"))
        }
        if controllers.contains("memory") {
          limitMemory(to: Self.numbers("\(root)/memory\(group)/memory.limit_in_bytes"))
        }
      }
    }
  }

  /// A group and all around it: `/a/b`, `/a`, and nothing for the root.
  private static func groups(_ path: Substring) -> [String] {
    let names = path.split(separator: "/").filter { $0 != ".." }
    return (0...names.count).reversed().map { count in
      names.prefix(count).map { "/\($0)" }.joined()
    }
  }

  /// Quota and period of time, in microseconds.
  private mutating func limitCores(to numbers: [Int]) {
    guard numbers.count == 2, numbers[0] > 0, numbers[1] > 0 else { return }
    cores = min(cores ?? .infinity, Double(numbers[0]) / Double(numbers[1]))
  }

  /// The first version says 'no limit' by a number near that of all addresses.
  private mutating func limitMemory(to numbers: [Int]) {
    guard let bytes = numbers.first, (1..<1 << 60).contains(bytes) else { return }
    memoryBytes = min(memoryBytes ?? .max, bytes)
  }

  /// The numbers of a file; none where there is no file, or a word such as `max`.
  private static func numbers(_ path: String) -> [Int] {
    let words = text(path).split(whereSeparator: \.isWhitespace)
    let numbers = words.compactMap { Int($0) }
    return numbers.count == words.count ? numbers : []
  }

  private static func text(_ path: String) -> String {
    let bytes = try? BoundedFile.readStart(path: path, maximumBytes: 1 << 16)
    return String(decoding: bytes ?? [], as: UTF8.self)
  }
}
