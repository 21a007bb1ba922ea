import CGraphBLASMemory
import SparseCore
import SparseLayers
import Testing
import _SparseTestSupport

@Suite("A training step on SuiteSparse") struct TrainingFailureTests {
  @Test("may run out of memory at any moment: an error, no leak, and the next run is as ever")
  func everyAllocationFails() async {
    await #expect(processExitsWith: .success) {
      let network = try Network(
        inputSize: 6, backbone: [junction(6, 4), Activation(.relu, size: 4)],
        branches: [Branch(name: "output", position: 2, layers: [junction(4, 3)])])
      let data = try clusters(samples: 12, features: 6, classes: 3)
      func makeTrainer() throws -> Trainer {
        try Trainer(
          network, recipe: TrainingRecipe(epochs: 1, batchSize: 12),
          training: LabeledData(data, for: network), backend: .suiteSparse)
      }
      func bits(_ trainer: Trainer) throws -> [[UInt32]] {
        while trainer.position.epoch < 1 { _ = try trainer.trainEpoch() }
        return try trainer.currentNetwork().bits
      }
      let expected = try bits(makeTrainer())
      #expect(expected != network.bits, "the step changes the network")
      try failEveryAllocation(of: "a step") { nth in
        let trainer = try makeTrainer()
        let error = failure(ofAllocation: nth) { _ = try trainer.trainEpoch() }
        #expect(try bits(makeTrainer()) == expected, "after the failure of allocation \(nth)")
        return error
      }
    }
  }
}
