internal import SparseCore
public import SparseLayers

/// What every exit of a network says about every sample of some data, computed once.
///
/// Thresholds, temperatures, reports and curves all follow from these records; the network is not
/// run again.
public struct ExitRecords: Sendable {
  /// The names of the exits, the first exit's first.
  public let names: [String]
  /// The multiply–adds of a sample that leaves at each exit.
  public let macs: [Int]
  /// Per exit its outputs, `[samples × classes]`, row-major.
  public let outputs: [[Float]]
  /// The right class of each sample.
  public let labels: [Int32]
  /// The number of classes.
  public let classes: Int
  /// What the network was trained with: it says what outputs mean.
  public let loss: Loss

  /// The number of samples.
  public var sampleCount: Int { labels.count }

  /// Runs a network on data.
  ///
  /// - Parameters:
  ///   - executor: Runs the network.
  ///   - network: The network with its exits.
  ///   - data: The samples and labels, matched with the network.
  ///   - loss: What the network was trained with.
  /// - Throws: `SparseError.Code.backend` when an engine fails, `invalidArgument` when there are no
  ///   samples or no exits.
  public init(
    _ executor: NetworkExecutor, of network: Network, on data: LabeledData,
    loss: Loss = .softmaxCrossEntropy
  ) throws {
    let exits = network.exits
    guard let last = exits.last else {
      throw SparseError(
        .invalidArgument, "The network has no exits, so there is nothing to record.")
    }
    let all = try executor.outputs(data.samples)
    let labels = data.labels(branch: last)
    try self.init(
      names: exits.map { network.branches[$0].name },
      macs: network.exitStages.map(\.totalMACs), outputs: exits.map { all[$0] },
      labels: data.indices.map { labels[$0] }, loss: loss)
  }

  /// Takes over outputs that were computed elsewhere.
  ///
  /// - Parameters:
  ///   - names: The names of the exits.
  ///   - macs: The multiply–adds of a sample that leaves at each exit; not falling.
  ///   - outputs: Per exit its outputs, `[samples × classes]`, row-major.
  ///   - labels: The right class of each sample.
  ///   - loss: What the network was trained with.
  /// - Throws: `SparseError.Code.shapeMismatch` when counts do not agree, `invalidArgument` when there
  ///   are no samples, or an output is not finite.
  public init(
    names: [String], macs: [Int], outputs: [[Float]], labels: [Int32],
    loss: Loss = .softmaxCrossEntropy
  ) throws {
    guard !labels.isEmpty else {
      throw SparseError(.invalidArgument, "There are no samples to record exits on.")
    }
    let values = outputs.first?.count ?? 0
    guard !names.isEmpty, macs.count == names.count, outputs.count == names.count,
      outputs.allSatisfy({ $0.count == values }), values > 0, values % labels.count == 0
    else {
      throw SparseError(
        .shapeMismatch,
        """
        \(names.count) exits with \(macs.count) costs and outputs of \(outputs.map(\.count)) values \
        do not fit \(labels.count) samples.
        """)
    }
    let classes = values / labels.count
    if let label = labels.first(where: { $0 < 0 || $0 >= classes }) {
      throw SparseError(
        .invalidArgument, "A label is \(label), but the exits tell \(classes) classes apart.")
    }
    for (name, values) in zip(names, outputs) {
      guard let index = values.firstIndex(where: { !$0.isFinite }) else { continue }
      throw SparseError(
        .diverged,
        """
        Exit '\(name)' gives \(values[index]) for sample \(index / classes): the data's values are \
        too large for the network. Scale them as those that it was trained on.
        """)
    }
    self.names = names
    self.macs = macs
    self.outputs = outputs
    self.labels = labels
    self.classes = classes
    self.loss = loss
  }

  /// Answers and confidences of every exit.
  ///
  /// - Parameters:
  ///   - rule: How sure an exit is.
  ///   - temperatures: Per exit, what its outputs are divided by; 1 each when nil.
  /// - Returns: The table that thresholds are applied to.
  public func table(rule: any ConfidenceRule, temperatures: [Float]? = nil) -> ExitTable {
    let temperatures = temperatures ?? Array(repeating: 1, count: names.count)
    precondition(temperatures.count == names.count, "\(temperatures.count) temperatures")
    var table = ExitTable(names: names, macs: macs, labels: labels)
    var scratch = ProbabilityScratch(classes: classes, loss: loss)
    var history: [Int32] = []
    for sample in labels.indices {
      history.removeAll(keepingCapacity: true)
      for exit in names.indices {
        scratch.load(
          outputs[exit][sample * classes..<(sample + 1) * classes],
          temperature: temperatures[exit])
        let label = Int32(answer(scratch.values.span))
        table.confidences[exit].append(
          rule.confidence(scratch.values.span, earlierAnswers: history.span))
        table.answers[exit].append(label)
        history.append(label)
      }
    }
    return table
  }
}

/// Answers and confidences of every exit for every sample.
public struct ExitTable: Sendable {
  /// The names of the exits.
  public let names: [String]
  /// The multiply–adds of a sample that leaves at each exit.
  public let macs: [Int]
  /// The right class of each sample.
  public let labels: [Int32]
  /// Per exit, the confidence of each sample.
  public internal(set) var confidences: [[Float]]
  /// Per exit, the class that it answers to each sample.
  public internal(set) var answers: [[Int32]]

  init(names: [String], macs: [Int], labels: [Int32]) {
    self.names = names
    self.macs = macs
    self.labels = labels
    confidences = Array(repeating: [], count: names.count)
    answers = Array(repeating: [], count: names.count)
  }

  /// Whether an exit answers a sample rightly.
  func isRight(_ exit: Int, _ sample: Int) -> Bool { answers[exit][sample] == labels[sample] }

  /// The exit at which each sample leaves.
  ///
  /// - Parameter thresholds: Per exit but the last, the confidence from which a sample leaves.
  /// - Returns: One exit per sample.
  public func exits(thresholds: [Float]) -> [Int] {
    precondition(thresholds.count == names.count - 1, "\(thresholds.count) thresholds")
    return labels.indices.map { sample in
      thresholds.indices.first { confidences[$0][sample] >= thresholds[$0] } ?? names.count - 1
    }
  }
}
