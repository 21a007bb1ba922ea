internal import Foundation
internal import SparseCore
internal import SparseLayers

/// The energy that processors and memory have taken, as Linux's powercap (RAPL) counts it.
///
/// Counted are whole packages and their DRAM: other programs and idle cores included. Since Linux
/// 5.10 the counters are readable for root only, unless the administrator says otherwise.
///
/// Reference: https://docs.kernel.org/power/powercap/powercap.html
public struct PowerMeter: Sendable {
  /// Where Linux keeps the counters.
  public static let systemDirectory = "/sys/class/powercap"

  /// A part of the machine with a counter of its own.
  private struct Zone: Sendable {
    let name: String
    let directory: String
    /// Where the counter begins anew.
    let range: UInt64
  }

  private let zones: [Zone]

  /// What is counted, such as `package-0` and `dram`.
  public var zoneNames: [String] { zones.map(\.name) }

  /// Finds the counters and reads each once.
  ///
  /// - Parameter directory: Where they are.
  /// - Throws: `SparseError.Code.unsupported` when there are none, `fileSystem` when they cannot be
  ///   read, `corruptFile` when they hold no numbers.
  public init(directory: String = systemDirectory) throws {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    var zones: [Zone] = []
    var packages: Set<Substring> = []
    // 'intel-rapl:0' is a package, on AMD's processors too, and 'intel-rapl:0:1' a part of it.
    for entry in entries.sorted() {
      let parts = entry.split(separator: ":")
      guard parts.count >= 2, parts[0] == "intel-rapl" else { continue }
      let path = "\(directory)/\(entry)"
      let name = try Self.text(path, "name")
      let isPackage = parts.count == 2 && name.hasPrefix("package")
      if isPackage { packages.insert(parts[1]) }
      // The other parts, cores and graphics, are in the package's number already.
      guard isPackage || (parts.count == 3 && name == "dram" && packages.contains(parts[1])) else {
        continue
      }
      zones.append(
        Zone(
          name: name, directory: path, range: try Self.number(path, "max_energy_range_uj")))
    }
    guard !zones.isEmpty else {
      throw SparseError(
        .unsupported,
        """
        \(directory) has no energy counter of a processor package. They need Linux on a machine \
        that has them; virtual machines mostly do not.
        """)
    }
    self.zones = zones
    _ = try counters()
  }

  /// Runs some work and tells the energy that was taken meanwhile.
  ///
  /// - Parameter work: What to run, for at least some milliseconds, the counters' resolution, and
  ///   shorter than a counter takes to begin anew twice, about half an hour.
  /// - Returns: The energy in joules.
  /// - Throws: What the work throws, or what reading the counters throws.
  public func joules(_ work: () throws -> Void) throws -> Double {
    let before = try counters()
    try work()
    let after = try counters()
    var microjoules = 0.0
    for (zone, (first, last)) in zip(zones, zip(before, after)) {
      guard first <= zone.range, last <= zone.range else {
        throw SparseError(
          .corruptFile,
          """
          \(zone.directory)/energy_uj went from \(first) to \(last), beyond its range of \
          \(zone.range); the counter is not to be trusted.
          """)
      }
      microjoules += last >= first ? Double(last - first) : Double(zone.range - first + last)
    }
    return microjoules / 1e6
  }

  private func counters() throws -> [UInt64] {
    try zones.map { try Self.number($0.directory, "energy_uj") }
  }

  private static func text(_ directory: String, _ file: String) throws -> String {
    let bytes = try BoundedFile.readStart(path: "\(directory)/\(file)", maximumBytes: 256)
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func number(_ directory: String, _ file: String) throws -> UInt64 {
    let text = try text(directory, file)
    guard let number = UInt64(text) else {
      throw SparseError(
        .corruptFile,
        "\(directory)/\(file) holds '\(text.prefix(40))' where a number of microjoules belongs.")
    }
    return number
  }
}
