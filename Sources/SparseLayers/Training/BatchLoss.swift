internal import SparseCore

/// The losses of all branches for one batch, tile by tile and concurrently.
// SAFETY: 'contributions' has room for every branch of every tile; a job writes only its tile's.
@safe
final class BatchLoss: ParallelWork {
  private let loss: Loss
  private let executor: NetworkExecutor
  private let contributions: UnsafeMutableBufferPointer<Loss.Contribution>

  private var data: LabeledData?
  private var samples: ArraySlice<Int> = []
  private var pass = Pass(shape: Tiles.Shape(samples: 0, width: 1), mode: .inference)
  private var scale: Float?

  init(_ loss: Loss, executor: NetworkExecutor) {
    self.loss = loss
    self.executor = executor
    // No batch has more tiles than samples.
    let capacity = executor.outputs.count * executor.batchCapacity
    unsafe contributions = .allocate(capacity: capacity)
    unsafe contributions.initialize(repeating: Loss.Contribution())
  }

  deinit { unsafe contributions.deallocate() }

  /// Sets the batch whose outputs the executor holds, or will hold when its tiles are performed.
  ///
  /// - Parameters:
  ///   - data: The labels.
  ///   - samples: The batch.
  ///   - pass: How the batch is laid out.
  ///   - scale: When given, gradients are written too: those of scale · Σ weight · loss.
  func prepare(_ data: LabeledData, _ samples: ArraySlice<Int>, _ pass: Pass, scale: Float?) {
    self.data = data
    self.samples = samples
    self.pass = pass
    self.scale = scale
  }

  func perform(_ tile: Int) throws {
    guard let data else { return }
    let width = pass.shape.width
    let first = samples.startIndex + tile * width
    let chosen = samples[first..<min(first + width, samples.endIndex)]
    for branch in executor.outputs.indices {
      let node = executor.outputs[branch]
      let weight = executor.original.branches[branch].lossWeight
      unsafe contributions[tile * executor.outputs.count + branch] = loss.evaluate(
        node.values.tile(tile, of: pass.shape), labels: data.labels(branch: branch),
        samples: chosen,
        gradient: scale == nil ? nil : node.gradient?.tile(tile, of: pass.shape),
        scale: (scale ?? 0) * weight)
    }
  }

  /// The first branch whose loss is not a number or infinite in some tile, and that loss.
  var firstNotFinite: (branch: Int, loss: Double)? {
    let branches = executor.outputs.count
    for index in 0..<pass.shape.count * branches {
      let loss = unsafe contributions[index].loss
      if !loss.isFinite { return (index % branches, loss) }
    }
    return nil
  }

  /// What each tile contributed to each branch, tile by tile.
  fileprivate func forEachContribution(_ body: (_ branch: Int, Loss.Contribution) -> Void) {
    let branches = executor.outputs.count
    for index in 0..<pass.shape.count * branches {
      unsafe body(index % branches, contributions[index])
    }
  }

  fileprivate var sampleCount: Int { samples.count }
}

extension EvaluationSums {
  /// Adds a batch whose tiles have all been performed, tile by tile.
  mutating func add(_ batch: BatchLoss) {
    batch.forEachContribution { branch, contribution in
      losses[branch] += contribution.loss
      correct[branch] += contribution.correct
    }
    samples += batch.sampleCount
  }
}
