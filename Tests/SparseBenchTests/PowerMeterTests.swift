import Foundation
import SparseCore
import SparseLayers
import Testing
import _SparseBench

@Suite("The power meter")
struct PowerMeterTests {
  /// A directory as Linux has it, with counters that the test sets.
  private struct Counters: ~Copyable {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("power-\(UUID().uuidString)").path

    init() throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func set(_ zone: String, _ file: String, _ text: String) throws {
      let directory = "\(path)/\(zone)"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      try "\(text)\n".write(toFile: "\(directory)/\(file)", atomically: false, encoding: .utf8)
    }

    func add(_ zone: String, name: String, range: Int = 1000, energy: Int) throws {
      try set(zone, "name", name)
      try set(zone, "max_energy_range_uj", "\(range)")
      try set(zone, "energy_uj", "\(energy)")
    }
  }

  @Test("adds up packages and their memory, but not what packages contain")
  func zones() throws {
    let counters = try Counters()
    try counters.add("intel-rapl:0", name: "package-0", energy: 100)
    try counters.add("intel-rapl:0:0", name: "core", energy: 50)
    try counters.add("intel-rapl:0:1", name: "dram", energy: 10)
    try counters.add("intel-rapl:1", name: "package-1", energy: 7)
    try counters.add("intel-rapl:2", name: "psys", energy: 900)
    try counters.add("intel-rapl-mmio:0", name: "package-0", energy: 100)
    try counters.set("intel-rapl", "enabled", "1")
    let meter = try PowerMeter(directory: counters.path)
    #expect(meter.zoneNames == ["package-0", "dram", "package-1"])
    let joules = try meter.joules {
      for (zone, energy) in [
        ("intel-rapl:0", 400), ("intel-rapl:0:0", 999), ("intel-rapl:0:1", 15),
        ("intel-rapl:1", 27), ("intel-rapl:2", 999), ("intel-rapl-mmio:0", 999),
      ] { try counters.set(zone, "energy_uj", "\(energy)") }
    }
    #expect(abs(joules - 325e-6) < 1e-15)
  }

  @Test("goes on where a counter begins anew")
  func wraparound() throws {
    let counters = try Counters()
    try counters.add(
      "intel-rapl:0", name: "package-0", range: 262_143_328_850, energy: 262_143_328_800)
    let meter = try PowerMeter(directory: counters.path)
    let joules = try meter.joules { try counters.set("intel-rapl:0", "energy_uj", "70") }
    #expect(abs(joules - 120e-6) < 1e-15)
  }

  @Test("says why it cannot measure")
  func refusals() throws {
    func message(_ directory: String) -> String {
      let error = #expect(throws: SparseError.self) { try PowerMeter(directory: directory) }
      return error?.message ?? ""
    }
    #expect(message("/nowhere").contains("/nowhere has no energy counter"))
    let counters = try Counters()
    #expect(message(counters.path).contains("no energy counter"))
    try counters.set("intel-rapl:0", "name", "package-0")
    #expect(message(counters.path).contains("max_energy_range_uj: cannot read"))
    try counters.set("intel-rapl:0", "max_energy_range_uj", "many")
    #expect(message(counters.path).contains("holds 'many'"))
    try counters.set("intel-rapl:0", "max_energy_range_uj", "1000")
    #expect(message(counters.path).contains("energy_uj: cannot read: No such file"))
    try counters.set("intel-rapl:0", "energy_uj", "-5")
    #expect(message(counters.path).contains("holds '-5'"))
    try counters.set("intel-rapl:0", "energy_uj", "5")
    let meter = try PowerMeter(directory: counters.path)
    let error = #expect(throws: SparseError.self) {
      try meter.joules { try counters.set("intel-rapl:0", "energy_uj", "1001") }
    }
    #expect(error?.message.contains("beyond its range of 1000") == true)
  }

  @Test(
    "cannot read what is for root only",
    .enabled(if: geteuid() != 0, "root may read everything"))
  func permission() throws {
    let counters = try Counters()
    try counters.add("intel-rapl:0", name: "package-0", energy: 1)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0], ofItemAtPath: "\(counters.path)/intel-rapl:0/energy_uj")
    let error = #expect(throws: SparseError.self) { try PowerMeter(directory: counters.path) }
    #expect(error?.message.contains("Permission denied") == true)
  }

  @Test("tells the energy of each network's answers")
  func comparison() throws {
    let counters = try Counters()
    try counters.add("intel-rapl:0", name: "package-0", energy: 0)
    let network = try NetworkRecipe(
      layerSizes: [12, 8, 4], connectivity: .densities([0.5])
    ).makeNetwork()
    let comparison = try InferenceComparison(
      network, dense: network.densified(), batchSizes: [1, 9], backend: .reference)
    let meter = try PowerMeter(directory: counters.path)
    // A counter that stands still.
    let joules = try comparison.joulesPerSample(meter, samples: 9, seconds: 0)
    #expect(joules.network == 0 && joules.dense == 0)
    let rows = try comparison.time(seconds: 0, rounds: 3)
    #expect(rows.map(\.batchSize) == [1, 9])
    #expect(rows.allSatisfy { $0.network.milliseconds.count == 3 })
    #expect(rows.allSatisfy { $0.dense?.milliseconds.count == 3 })
    let alone = try InferenceComparison(
      network, dense: nil, batchSizes: [2], backend: .reference)
    #expect(try alone.time(seconds: 0, rounds: 1).allSatisfy { $0.dense == nil })
  }
}
