internal import Foundation
internal import SparseCore

/// What operations and memory accesses cost in energy: numbers from a named source, not measured.
///
/// A file has the same keys as ``horowitz2014`` when it is encoded:
///
///     {"source": "my chip, data sheet 3.1", "multiply_pj": 1.1, "add_pj": 0.4, "levels": [
///       {"name": "SRAM", "bytes": 262144, "pj_per_byte": 0.9},
///       {"name": "DRAM", "pj_per_byte": 20}]}
///
/// Levels come with the smallest first; the last has no `bytes`, as it holds everything.
public struct EnergyModel: Codable, Hashable, Sendable {
  /// Where the numbers are from.
  public let source: String
  /// The energy of multiplying two 32-bit floats, in picojoules.
  public let multiplyPicojoules: Double
  /// The energy of adding two 32-bit floats, in picojoules.
  public let addPicojoules: Double
  /// The memories, the smallest first; the last holds everything.
  public let levels: [Level]

  /// A memory.
  public struct Level: Codable, Hashable, Sendable {
    /// What it is called.
    public var name: String
    /// The bytes that it holds; nil for any number.
    public var bytes: Int?
    /// The energy of reading or writing a byte, in picojoules.
    public var picojoulesPerByte: Double

    enum CodingKeys: String, CodingKey {
      case name, bytes
      case picojoulesPerByte = "pj_per_byte"
    }
  }

  enum CodingKeys: String, CodingKey {
    case source, levels
    case multiplyPicojoules = "multiply_pj"
    case addPicojoules = "add_pj"
  }

  /// A 45 nm process at 0.9 V.
  ///
  /// Source: M. Horowitz, *Computing's Energy Problem (and what we can do about it)*, ISSCC 2014,
  /// doi:10.1109/ISSCC.2014.6757323.
  ///
  /// The source gives the energy of 64-bit accesses: 10, 20 and 100 pJ for caches of 8 KB, 32 KB and
  /// 1 MB, and 1.3 to 2.6 nJ for DRAM, of which the lower is taken. What is fetched from DRAM counts
  /// for less then, and so does what a small network saves.
  public static let horowitz2014 = EnergyModel(
    source: "M. Horowitz, Computing's energy problem, ISSCC 2014, 45 nm",
    multiplyPicojoules: 3.7, addPicojoules: 0.9,
    levels: [
      Level(name: "8 KB SRAM", bytes: 8 << 10, picojoulesPerByte: 10.0 / 8),
      Level(name: "32 KB SRAM", bytes: 32 << 10, picojoulesPerByte: 20.0 / 8),
      Level(name: "1 MB SRAM", bytes: 1 << 20, picojoulesPerByte: 100.0 / 8),
      Level(name: "DRAM", bytes: nil, picojoulesPerByte: 1300.0 / 8),
    ])

  /// The smallest memory that holds some bytes.
  ///
  /// - Parameter bytes: The bytes.
  /// - Returns: The level.
  public func level(holding bytes: Int) -> Level {
    levels.first { $0.bytes.map { bytes <= $0 } ?? true } ?? levels[levels.count - 1]
  }
}

// MARK: - Reading

extension EnergyModel {
  private static let maximumFileBytes = 1 << 16
  private static let maximumLevels = 32
  /// A joule an operation: more is a mistake in the unit, and sums stay finite.
  private static let maximumPicojoules = 1e12

  /// Decodes a model and checks it.
  ///
  /// - Throws: `DecodingError`, or `SparseError.Code.corruptFile` for a number that cannot be.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    source = try values.decode(String.self, forKey: .source)
    multiplyPicojoules = try values.decode(Double.self, forKey: .multiplyPicojoules)
    addPicojoules = try values.decode(Double.self, forKey: .addPicojoules)
    levels = try values.decode([Level].self, forKey: .levels)
    try validate()
  }

  /// Reads a model from a JSON file and checks it.
  ///
  /// - Parameter path: The file.
  /// - Throws: `SparseError.Code.fileSystem` when it cannot be read, `corruptFile` when it is no
  ///   JSON, lacks a key, or has a number that cannot be.
  public init(contentsOf path: String) throws {
    let bytes = try BoundedFile.read(path: path, maximumBytes: Self.maximumFileBytes)
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    } catch let error as SparseError {
      throw SparseError(error.code, "\(path): \(error.message)", cause: error)
    } catch {
      throw SparseError(
        .corruptFile,
        """
        \(path): the energy model \(DecodingError.reason(error)). It must be a JSON object with \
        'source', 'multiply_pj', 'add_pj' and 'levels', each with 'name', 'pj_per_byte' and, but \
        for the last, 'bytes'.
        """, cause: error)
    }
  }

  private func validate() throws {
    func require(_ isTrue: Bool, _ message: @autoclosure () -> String) throws {
      guard isTrue else { throw SparseError(.corruptFile, message()) }
    }
    func requireEnergy(_ value: Double, _ key: String) throws {
      try require(
        value >= 0 && value <= Self.maximumPicojoules,
        "'\(key)' is \(value); it must be in 0…\(Self.maximumPicojoules) picojoules.")
    }
    try require(!source.isEmpty, "'source' is empty; say where the numbers are from.")
    try requireEnergy(multiplyPicojoules, "multiply_pj")
    try requireEnergy(addPicojoules, "add_pj")
    try require(
      (1...Self.maximumLevels).contains(levels.count),
      "there are \(levels.count) levels of memory; give 1 to \(Self.maximumLevels).")
    var previous = 0
    for (index, level) in levels.enumerated() {
      try require(!level.name.isEmpty, "'levels.\(index).name' is empty; give each level a name.")
      try requireEnergy(level.picojoulesPerByte, "levels.\(index).pj_per_byte")
      let isLast = index == levels.count - 1
      try require(
        (level.bytes == nil) == isLast,
        """
        level '\(level.name.prefix(40))' \(isLast ? "has" : "lacks") 'bytes'; every level but the \
        last must say what it holds, and the last, which holds everything, must not.
        """)
      guard let bytes = level.bytes else { continue }
      try require(
        bytes > previous,
        """
        'levels.\(index).bytes' is \(bytes) after \(previous); levels come in increasing order of \
        what they hold.
        """)
      previous = bytes
    }
  }
}
