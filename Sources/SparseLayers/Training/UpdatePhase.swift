internal import SparseCore

/// The second half of a training step: each part's weight gradient, followed at once by its update,
/// and the packing of the next batch; all as jobs that any thread may take.
final class UpdatePhase: ParallelWork {
  private struct Job {
    let layer: any LayerOperator
    let part: Int
    let parameter: Int
    let values: Range<Int>
  }

  private let jobs: [Job]
  private let optimizer: OptimizerState
  private let input: Node
  /// Where the next batch is packed while the current one is still being read.
  private var spare: Tiles

  // The step at hand: set before the threads start, only read while they work.
  private var pass = Pass(shape: Tiles.Shape(samples: 0, width: 1), mode: .inference)
  private var next: (samples: Samples, chosen: ArraySlice<Int>, shape: Tiles.Shape)?

  init(_ executor: NetworkExecutor, _ optimizer: OptimizerState) {
    self.optimizer = optimizer
    input = executor.input
    spare = Tiles(copyingSizeOf: executor.input.values)
    var jobs: [Job] = []
    var firstParameter = 0
    for layer in executor.operators {
      for (index, part) in layer.parameterParts.enumerated() {
        jobs.append(
          Job(
            layer: layer, part: index, parameter: firstParameter + part.parameter,
            values: part.values))
      }
      firstParameter += layer.trainedParameters.count
    }
    self.jobs = jobs
  }

  /// Updates all parameters; when `next` is given, packs that batch and makes it the input.
  func run(
    _ pass: Pass, next: (samples: Samples, chosen: ArraySlice<Int>, shape: Tiles.Shape)?,
    on pool: WorkerPool
  ) throws {
    self.pass = pass
    self.next = next
    defer { self.next = nil }
    try pool.run(self, count: jobs.count + (next?.shape.count ?? 0))
    if next != nil { swap(&input.values, &spare) }
  }

  func perform(_ index: Int) throws {
    // Packing comes first: it is short, and the long jobs then fill the threads evenly.
    let tiles = next?.shape.count ?? 0
    if index < tiles, let next {
      next.samples.pack(next.chosen, tile: index, into: spare, shape: next.shape)
      return
    }
    let job = jobs[index - tiles]
    try job.layer.finishBackward(part: job.part, pass)
    optimizer.update(parameter: job.parameter, job.values)
  }
}
