internal import SparseCore

/// How well one branch did on some samples.
public struct BranchEvaluation: Codable, Hashable, Sendable {
  /// The branch's name.
  public var branch: String
  /// The task whose labels it was compared with.
  public var task: String
  /// The mean loss per sample.
  public var loss: Double
  /// The share of samples whose label has the largest output.
  public var accuracy: Double
  /// The samples.
  public var samples: Int
}

/// Sums over batches that become a `BranchEvaluation` when divided by the samples.
struct EvaluationSums: Codable, Hashable, Sendable {
  var losses: [Double]
  var correct: [Int]
  var samples = 0

  init(branches: Int) {
    losses = Array(repeating: 0, count: branches)
    correct = Array(repeating: 0, count: branches)
  }

  func evaluations(of network: Network) -> [BranchEvaluation] {
    let count = Double(max(samples, 1))
    return network.branches.enumerated().map { index, branch in
      BranchEvaluation(
        branch: branch.name, task: branch.task, loss: losses[index] / count,
        accuracy: Double(correct[index]) / count, samples: samples)
    }
  }
}

extension NetworkExecutor {
  /// Computes loss and accuracy of every branch.
  ///
  /// - Parameters:
  ///   - data: The samples and labels, matched with this network.
  ///   - loss: The loss to report.
  ///   - progress: Called with the number of samples done.
  /// - Returns: One evaluation per branch, in order.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public func evaluate(
    _ data: LabeledData, loss: Loss = .softmaxCrossEntropy, progress: (Int) -> Void = { _ in }
  ) throws -> [BranchEvaluation] {
    var sums = EvaluationSums(branches: outputs.count)
    let batchLoss = BatchLoss(loss, executor: self)
    try forEachBatch(data.samples) { pass, chosen in
      batchLoss.prepare(data, chosen, pass, scale: nil)
      try pool.run(batchLoss, count: pass.shape.count)
      sums.add(batchLoss)
      progress(sums.samples)
    }
    return sums.evaluations(of: original)
  }

  /// Computes each sample's class probabilities at every branch.
  ///
  /// - Parameters:
  ///   - samples: The samples, matched with this network.
  ///   - loss: What the network was trained with: it says what outputs mean.
  /// - Returns: Per branch `[samples × classes]`, row-major.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public func probabilities(
    _ samples: Samples, loss: Loss = .softmaxCrossEntropy
  ) throws -> [[Float]] {
    try outputs(samples).enumerated().map { branch, outputs in
      let classes = self.outputs[branch].values.features
      return stride(from: 0, to: outputs.count, by: classes).flatMap {
        var values = Array(outputs[$0..<$0 + classes])
        loss.makeProbabilities(&values)
        return values
      }
    }
  }

  /// Computes the outputs (logits) of every branch.
  ///
  /// - Parameter samples: The samples, matched with this network.
  /// - Returns: Per branch `[samples × outputs]`, row-major.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  public func outputs(_ samples: Samples) throws -> [[Float]] {
    var all = [[Float]](repeating: [], count: outputs.count)
    try forEachBatch(samples) { pass, _ in
      for branch in outputs.indices {
        all[branch] += outputs[branch].values.values(shape: pass.shape)
      }
    }
    return all
  }

  private func forEachBatch(
    _ samples: Samples, _ body: (Pass, ArraySlice<Int>) throws -> Void
  ) throws {
    for start in stride(from: 0, to: samples.indices.count, by: batchCapacity) {
      let chosen = samples.indices[start..<min(start + batchCapacity, samples.indices.count)]
      let pass = Pass(shape: shape(samples: chosen.count), mode: .inference)
      for tile in 0..<pass.shape.count {
        samples.pack(chosen, tile: tile, into: input.values, shape: pass.shape)
      }
      try forward(pass)
      try body(pass, chosen)
    }
  }
}
