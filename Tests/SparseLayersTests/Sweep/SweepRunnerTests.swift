import SparseCore
import Testing
import _SparseTestSupport

@testable import SparseLayers

@Suite("Sweep runs")
struct SweepRunnerTests {
  private let parts: DatasetParts
  private let point: SweepPoint
  private var settings = SweepSettings(
    training: TrainingRecipe(epochs: 3, batchSize: 16, validationFraction: 0.25))

  init() throws {
    parts = try DatasetParts(
      training: clusters(samples: 200, features: 8, classes: 4),
      test: clusters(samples: 60, features: 8, classes: 4, seed: 9))
    point = try SweepPoint(Self.recipe)
  }

  private static let recipe = NetworkRecipe(
    layerSizes: [8, 16, 4], connectivity: .densities([0.5]))

  private func run(
    _ change: (inout SweepSettings) -> Void = { _ in }, parts: DatasetParts? = nil,
    point: SweepPoint? = nil, seed: UInt64 = 1
  ) throws -> SweepRun {
    var settings = settings
    change(&settings)
    let runner = try SweepRunner(parts: parts ?? self.parts, settings: settings)
    return try #require(try runner.run(point ?? self.point, seed: seed))
  }

  @Test("a run is what training by hand gives")
  func byHand() throws {
    let found = try run()
    var recipe = settings.training
    recipe.seed = 1
    let network = try point.recipe(seed: 1).makeNetwork()
    let labeled = try parts.labeled(by: recipe, for: network)
    let trainer = try Trainer(network, recipe: recipe, training: labeled.training)
    for _ in 0..<3 { _ = try trainer.trainEpoch() }
    let expected = try #require(
      try trainer.executor.evaluate(LabeledData(parts.test, for: network)).last)
    #expect(found.accuracy == expected.accuracy)
    #expect(found.loss == expected.loss)
    #expect(found.cost == NetworkCost(network).total)
    #expect(found.edges == [64, 64])
  }

  @Test("threads change neither key nor result")
  func threads() throws {
    let (one, three) = (try run(), try run { $0.threads = 3 })
    #expect(one.key == three.key)
    #expect(one.loss == three.loss)
  }

  @Test("everything that decides a run changes its key")
  func keys() throws {
    func changed(_ change: (inout NetworkRecipe) -> Void) throws -> SweepPoint {
      var recipe = Self.recipe
      change(&recipe)
      return try SweepPoint(recipe)
    }
    let other = try clusters(samples: 60, features: 8, classes: 4, seed: 10)
    let runs = try [
      run(), run(seed: 2), run { $0.training.epochs = 2 }, run { $0.training.batchSize = 8 },
      run { $0.training.optimizer.l2 = 1e-4 }, run { $0.training.schedule = .constant },
      run { $0.training.validationFraction = 0.1 }, run { $0.scoredPart = .validation },
      run { $0.backend = .reference },
      run(parts: DatasetParts(training: parts.training, test: other)),
      run(parts: DatasetParts(training: other, test: parts.test)),
      run(point: changed { $0.connectivity = .densities([0.25]) }),
      run(point: changed { $0.layerSizes = [8, 12, 4] }),
      run(point: changed { $0.sources = [.family(.random)] }),
      run(point: changed { $0.activation = .tanh }), run(point: changed { $0.dropout = 0.1 }),
      run(point: changed { $0.batchNormalization = true }),
      run(point: changed { $0.initializer = .published }),
    ]
    #expect(Set(runs.map(\.key)).count == runs.count)
    // Not how the network was asked for: the same network has the same key.
    #expect(try run(point: changed { $0.connectivity = .outDegrees([8, 4]) }).key == runs[0].key)
  }

  @Test("scores on the validation part do not depend on the test part")
  func validation() throws {
    let other = try clusters(samples: 20, features: 8, classes: 4, seed: 77)
    let validation = try run { $0.scoredPart = .validation }
    let same = try run(
      { $0.scoredPart = .validation }, parts: DatasetParts(training: parts.training, test: other))
    #expect(validation.loss == same.loss)
    #expect(validation.loss != (try run().loss))
    expectError(.invalidArgument, "no validation part") {
      _ = try run {
        $0.scoredPart = .validation
        $0.training.validationFraction = 0
      }
    }
  }

  @Test("training that diverges is a result, without an accuracy")
  func diverged() throws {
    let found = try run {
      $0.training.optimizer = Optimizer(.sgd(momentum: 0, nesterov: false), learningRate: 1e30)
    }
    #expect(found.accuracy == nil && found.loss == nil)
  }

  @Test("a run that is stopped is no run")
  func stopped() throws {
    let runner = try SweepRunner(parts: parts, settings: settings)
    var steps = 0
    let found = try runner.run(point, seed: 1, progress: { _ in steps += 1 }) { steps == 5 }
    #expect(found == nil && steps == 5)
  }
}
