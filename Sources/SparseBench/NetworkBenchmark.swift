public import SparseCore
public import SparseLayers

/// Whole training steps of a network on made-up images: rows picked, scaled and packed, forward,
/// loss, backward, Adam.
public final class TrainingBenchmark {
  /// The samples of a step.
  public let batchSize: Int

  private let trainer: Trainer

  /// Makes the images and plans the network.
  ///
  /// - Parameters:
  ///   - network: What is trained.
  ///   - backend: The engine of the products.
  ///   - batchSize: The samples of a step.
  ///   - stepsPerEpoch: The steps before the images are shuffled anew.
  ///   - threads: The most threads at work.
  ///   - seed: Decides the images and their order.
  /// - Throws: `SparseError` when the network cannot be trained by the backend.
  public init(
    _ network: Network, backend: Backend, batchSize: Int, stepsPerEpoch: Int = 8,
    threads: Int = 1, seed: UInt64 = 0
  ) throws {
    self.batchSize = batchSize
    let images = try Self.images(
      of: network, count: batchSize * stepsPerEpoch, seed: seed)
    trainer = try Trainer(
      network,
      recipe: TrainingRecipe(
        epochs: 1_000_000, batchSize: batchSize, schedule: .constant, seed: seed,
        validationFraction: 0),
      training: try LabeledData(images, for: network), backend: backend, threads: threads)
  }

  /// The engine of each junction, in the order in which they run.
  public var backends: [Backend] { trainer.executor.plans.map(\.backend) }

  /// Measures single steps.
  ///
  /// - Parameter stopwatch: How long to go on; an epoch that was begun is finished.
  /// - Returns: The time of a step.
  /// - Throws: What training throws.
  public func timeSteps(_ stopwatch: Stopwatch) throws -> Timing {
    _ = try trainer.trainEpoch()
    var times: [Double] = []
    let start = ContinuousClock.now
    repeat {
      var last = ContinuousClock.now
      _ = try trainer.trainEpoch(progress: { _ in
        let now = ContinuousClock.now
        times.append(last.duration(to: now) / .milliseconds(1))
        last = now
      })
    } while times.count < stopwatch.minimumRuns
      || start.duration(to: .now) / .seconds(1) < stopwatch.minimumSeconds
    return Timing(times)
  }

  /// Measures whole epochs.
  ///
  /// - Parameter count: How many, after one to warm up.
  /// - Returns: The time of an epoch, the order of its samples and its report included.
  /// - Throws: What training throws.
  public func timeEpochs(_ count: Int) throws -> Timing {
    var stopwatch = Stopwatch(minimumSeconds: 0)
    stopwatch.warmUpRuns = 1
    stopwatch.minimumRuns = count
    return try stopwatch.time { _ = try trainer.trainEpoch() }
  }

  /// Images of random bytes, four fifths of them 0 as in handwriting, with random labels.
  private static func images(of network: Network, count: Int, seed: UInt64) throws -> Dataset {
    var stream = RandomStream(seed: seed, purpose: "benchmark images")
    let bytes = (0..<network.inputSize * count).map { _ in
      let word = stream.next()
      return word % 5 == 0 ? UInt8(truncatingIfNeeded: word >> 32) : 0
    }
    let targets = network.taskOutputs.map { task, branch in
      let classes = network.branches[branch].outputSize
      return Target(
        name: task, classNames: (0..<classes).map { "\($0)" },
        labels: (0..<count).map { _ in Int32(stream.below(max(classes, 1))) })
    }
    return try Dataset(
      features: .bytes(bytes), featureCount: network.inputSize, targets: targets)
  }
}

/// A network that answers: a batch that is already packed goes forward.
public final class InferenceBenchmark {
  private let executor: NetworkExecutor
  private let samples: Int

  /// The plan of each junction, in the order in which they run.
  public var plans: [any JunctionPlan] { executor.plans }

  /// Plans the network and fills its input.
  ///
  /// - Parameters:
  ///   - network: What is run.
  ///   - backend: The engine of the products.
  ///   - samples: The samples of the batch.
  ///   - threads: The most threads at work.
  ///   - seed: Decides the samples.
  /// - Throws: `SparseError` when the backend cannot run the network.
  public init(
    _ network: Network, backend: Backend, samples: Int, threads: Int = 1, seed: UInt64 = 0
  ) throws {
    self.samples = samples
    executor = try NetworkExecutor(
      network, backend: backend, threads: threads, batchCapacity: samples)
    // Random everywhere, whatever the layout of the batch that is run.
    var stream = RandomStream(seed: seed, purpose: "benchmark samples")
    executor.input.values.buffer.withMutableSpan { span in
      for index in span.indices { span[index] = stream.uniformFloat() }
    }
  }

  /// Computes all branches once.
  ///
  /// - Throws: What the engine throws.
  public func run() throws {
    try executor.forward(Pass(shape: executor.shape(samples: samples), mode: .inference))
    for output in executor.outputs { blackHole(output.values.buffer) }
  }
}
