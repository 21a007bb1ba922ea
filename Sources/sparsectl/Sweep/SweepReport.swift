import ArgumentParser
import SparseCore
import SparseLayers

/// What a sweep found, in numbers.
struct SweepReport {
  let rows: [SweepRow]
  let runs: [SweepRun]
  let notes: [String]
  let settings: Settings
  /// Per cost, the rows that no other beats.
  let fronts: [SweepCost: Set<Int>]
  /// The row that others are compared with: the full network that is named, else the largest one.
  let reference: Int?

  /// What was the same for all runs, in words.
  struct Settings: Encodable {
    var dataset: String
    var score: String
    var training: TrainingRecipe
    var dropout: Double
    var batchNormalization: Bool
    var backend: String
    var command: String

    enum CodingKeys: String, CodingKey {
      case dataset, score, training, dropout, backend, command
      case batchNormalization = "batch_normalization"
    }
  }

  init(_ options: Sweep, rows: [SweepRow], runs: [SweepRun], _ notes: [String]) {
    self.rows = rows
    self.runs = runs
    self.notes = notes
    settings = Settings(
      dataset: (options.data.dataset ?? .fashionMNIST).rawValue, score: options.score.rawValue,
      training: options.training.trainingRecipe(seed: 0),
      dropout: options.hiddenLayers.dropout ?? 0,
      batchNormalization: options.hiddenLayers.batchNormalization,
      backend: options.engine.backend.rawValue,
      command: "sparsectl " + CommandLine.arguments.dropFirst().joined(separator: " "))
    fronts = Dictionary(
      uniqueKeysWithValues: SweepCost.allCases.map { ($0, Set($0.front(of: rows))) })
    let named = options.networks.reference?.lists[0]
    reference = rows.indices
      .filter { rows[$0].isFull && rows[$0].accuracy != nil }
      .filter { index in named.map { rows[index].layers.dropFirst().dropLast() == $0[...] } ?? true
      }
      .max { rows[$0].cost.weights < rows[$1].cost.weights }
  }

  /// A row beside the reference.
  struct Comparison: Encodable {
    /// How many times less it stores.
    var storageRatio: Double
    /// How many times less a training step computes.
    var trainingMACsRatio: Double
    /// How many percentage points better it is.
    var points: Double?

    enum CodingKeys: String, CodingKey {
      case points
      case storageRatio = "storage_ratio"
      case trainingMACsRatio = "training_macs_ratio"
    }
  }

  func comparison(_ index: Int) -> Comparison? {
    guard let reference else { return nil }
    let (row, other) = (rows[index], rows[reference])
    func ratio(_ count: KeyPath<SweepRow, Int>) -> Double {
      Double(other[keyPath: count]) / Double(max(row[keyPath: count], 1))
    }
    return Comparison(
      storageRatio: ratio(\.storageBytes), trainingMACsRatio: ratio(\.cost.trainingMACs),
      points: row.accuracy.flatMap { mine in other.accuracy.map { 100 * (mine.mean - $0.mean) } })
  }

  /// The row as columns of numbers: for CSV, and the keys of JSON.
  func columns(_ index: Int) -> [(name: String, value: Number)] {
    let row = rows[index]
    let cost = row.cost
    var columns: [(String, Number)] = [
      ("layers", .text(SweepText.layers(row.layers))), ("pattern", .text(row.family)),
      ("density", .real(cost.density)), ("hidden_density", .real(row.hiddenDensity)),
      ("out_degrees", .text(SweepText.outDegrees(row))),
      ("weights", .count(cost.weights)), ("dense_weights", .count(cost.denseWeights)),
      ("biases", .count(cost.biases)), ("storage_bytes", .count(row.storageBytes)),
      ("dense_storage_bytes", .count(cost.denseStorageBytes)), ("macs", .count(cost.macs)),
      ("dense_macs", .count(cost.denseMACs)), ("training_macs", .count(cost.trainingMACs)),
      ("dense_training_macs", .count(cost.denseTrainingMACs)),
      ("runs", .count(row.seeds.count)), ("diverged", .count(row.diverged)),
      ("accuracy", .real(row.accuracy?.mean)),
      ("accuracy_sd", .real(row.accuracy?.standardDeviation)),
      ("accuracy_min", .real(row.accuracy?.minimum)),
      ("accuracy_max", .real(row.accuracy?.maximum)), ("train_seconds", .real(row.trainSeconds)),
    ]
    for cost in SweepCost.allCases {
      columns.append(
        (
          "pareto_\(cost.rawValue.replacing("-", with: "_"))",
          .flag(fronts[cost]?.contains(index) ?? false)
        ))
    }
    let comparison = comparison(index)
    columns += [
      ("storage_ratio", .real(comparison?.storageRatio)),
      ("training_macs_ratio", .real(comparison?.trainingMACsRatio)),
      ("points", .real(comparison?.points)),
    ]
    return columns.map { (name: $0.0, value: $0.1) }
  }

  /// A cell of a row.
  enum Number: Encodable {
    case text(String)
    case count(Int)
    case real(Double?)
    case flag(Bool)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .count(let count): try container.encode(count)
      case .real(let real): try container.encode(real)
      case .flag(let flag): try container.encode(flag)
      }
    }

    var csv: String {
      switch self {
      case .text(let text): text
      case .count(let count): String(count)
      case .real(let real): real.map { "\($0)" } ?? ""
      case .flag(let flag): flag ? "1" : "0"
      }
    }
  }

  /// The rows as CSV.
  var csv: String {
    var table = Table(rows.isEmpty ? [] : columns(0).map(\.name))
    for index in rows.indices { table.add(columns(index).map(\.value.csv)) }
    return table.text(.csv)
  }
}

extension SweepReport: Encodable {
  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  private struct Row: Encodable {
    let columns: [(name: String, value: Number)]
    let seeds: [UInt64]
    let edges: [Int]

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Name.self)
      for column in columns { try container.encode(column.value, forKey: Name(column.name)) }
      try container.encode(seeds, forKey: Name("seeds"))
      try container.encode(edges, forKey: Name("edges"))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Name.self)
    try container.encode(
      rows.indices.map {
        Row(columns: columns($0), seeds: rows[$0].seeds, edges: rows[$0].edges)
      }, forKey: Name("rows"))
    try container.encode(runs, forKey: Name("runs"))
    try container.encode(settings, forKey: Name("settings"))
    try container.encode(notes, forKey: Name("notes"))
    try container.encode(reference, forKey: Name("reference"))
  }
}
