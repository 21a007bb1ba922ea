import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("Schedules") struct ScheduleTests {
  private func factors(_ schedule: Schedule, _ steps: [Int]) -> [Double] {
    steps.map { schedule.factor(step: $0, stepsPerEpoch: 10, totalSteps: 100) }
  }

  private func isClose(_ actual: [Double], _ expected: [Double]) -> Bool {
    actual.count == expected.count && zip(actual, expected).allSatisfy { abs($0 - $1) < 1e-12 }
  }

  @Test("follow their formulas")
  func formulas() {
    #expect(factors(.constant, [0, 50, 99, 1000]) == [1, 1, 1, 1])
    #expect(
      isClose(
        factors(Schedule(.step(every: 2, factor: 0.1)), [0, 19, 20, 39, 40, 99]),
        [1, 1, 0.1, 0.1, 0.01, 1e-4]))
    #expect(
      isClose(
        factors(Schedule(.cosine(floor: 0.2)), [0, 25, 50, 100, 500]),
        [1, 0.2 + 0.4 * (1 + 0.5.squareRoot()), 0.6, 0.2, 0.2]))
    #expect(
      isClose(
        factors(Schedule(.inverseTime(decay: 1e-5)), [0, 1, 11_750]),
        [1, 1 / 1.00001, 1 / 1.1175]))
  }

  @Test("rise linearly during the warm-up, then go on")
  func warmUp() {
    #expect(
      isClose(
        factors(Schedule(.constant, warmupSteps: 4), [0, 1, 2, 3, 4]), [0.25, 0.5, 0.75, 1, 1]))
    let plain = factors(Schedule(.cosine(floor: 0)), Array(0..<100))
    let warmed = factors(Schedule(.cosine(floor: 0), warmupSteps: 10), Array(0..<100))
    #expect(isClose(Array(warmed[9...]), Array(plain[9...])))
    #expect(isClose([warmed[4]], [plain[4] / 2]))
  }

  @Test("never leave 0…1 and survive runs of no length")
  func range() {
    for course in [.cosine(floor: 0), .constant, .inverseTime(decay: 1)] as [Schedule.Course] {
      let schedule = Schedule(course, warmupSteps: 3)
      for step in [0, 1, 100, Int.max / 2] {
        let factor = schedule.factor(step: step, stepsPerEpoch: 0, totalSteps: 0)
        #expect((0...1).contains(factor), "\(course) at \(step)")
      }
    }
  }

  @Test("that cannot work are refused, as are epochs and batches")
  func refused() {
    let courses: [(Schedule, String)] = [
      (Schedule(.constant, warmupSteps: -1), "-1 steps"),
      (Schedule(.step(every: 0, factor: 0.1)), "not 0"),
      (Schedule(.step(every: Int.max, factor: 0.1)), "\(Int.max)"),
      (Schedule(.step(every: 1, factor: .nan)), "nan"),
      (Schedule(.step(every: 1, factor: 2)), "2.0"),
      (Schedule(.cosine(floor: -0.1)), "-0.1"), (Schedule(.cosine(floor: .nan)), "nan"),
      (Schedule(.inverseTime(decay: -1)), "-1.0"),
      (Schedule(.inverseTime(decay: .infinity)), "inf"),
    ]
    for (schedule, part) in courses {
      let error = #expect(throws: SparseError.self, "\(schedule)") {
        try TrainingRecipe(schedule: schedule).validate()
      }
      #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }
    let recipes = [
      TrainingRecipe(epochs: -1), TrainingRecipe(epochs: Int.max), TrainingRecipe(batchSize: 0),
      TrainingRecipe(batchSize: 65_537), TrainingRecipe(validationFraction: 1),
      TrainingRecipe(validationFraction: .nan),
    ]
    for recipe in recipes {
      let error = #expect(throws: SparseError.self, "\(recipe)") { try recipe.validate() }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test("of the published recipe are its constants")
  func published() throws {
    let recipe = TrainingRecipe.published(seed: 2)
    try recipe.validate()
    #expect(recipe.optimizer.method == .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-7))
    #expect(recipe.optimizer.learningRate == 1e-3 && recipe.optimizer.l2 == 0)
    #expect(recipe.schedule == Schedule(.inverseTime(decay: 1e-5)))
    #expect(recipe.epochs == 50 && recipe.batchSize == 256 && recipe.validationFraction == 0)
    #expect(recipe.loss == .softmaxCrossEntropy && recipe.seed == 2)
  }
}
