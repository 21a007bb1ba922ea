// A pattern of one's own: each neuron sees the row of the image that it lies in, and each neuron of
// the next layer a column of those. The 2-D Fourier transform is computed like that, and as there,
// every output depends on every pixel, by exactly one path.
import Foundation
import SparseCore
import SparseLayers

let side = 28
let pixels = side * side

/// A junction between two layers in the form of the image.
func junction(_ name: String, _ inputs: (_ neuron: Int) -> [Int]) throws -> PatternSource {
  let edges = (0..<pixels).flatMap { neuron in
    inputs(neuron).map { (input: $0, output: neuron) }
  }
  let pattern = try Pattern(inputs: pixels, outputs: pixels, edges: edges)
  return .given(try GivenPattern(pattern, source: name))
}

let alongRows = try junction("along rows") { neuron in
  (0..<side).map { neuron / side * side + $0 }
}
let alongColumns = try junction("along columns") { neuron in
  (0..<side).map { $0 * side + neuron % side }
}
let sizes = [pixels, pixels, pixels, 10]
let own = NetworkRecipe(
  layerSizes: sizes, connectivity: .densest, sources: [alongRows, alongColumns, .family(.full)])
// As many connections, dealt out by the engine: every neuron has 28 on either side.
let structured = NetworkRecipe(
  layerSizes: sizes, connectivity: .densities([1 / Double(side)]), families: [.structured])

let data = try DatasetSource.fashionMNIST.load()
for (name, recipe) in [("rows, then columns", own), ("structured", structured)] {
  let network = try recipe.makeNetwork()
  let hidden = try PatternChain(network.junctions.prefix(2).map(\.layer.pattern)).connectivity
  let paths = 1 - Double(hidden.unconnectedPairs) / Double(hidden.pairs)
  let training = TrainingRecipe(epochs: 4)
  let trainer = try Trainer(
    network, recipe: training, training: LabeledData(data.training, for: network),
    threads: ProcessInfo.processInfo.activeProcessorCount)
  try trainer.train()
  let test = try trainer.executor.evaluate(LabeledData(data.test, for: network))
  print(
    name.padding(toLength: 18, withPad: " ", startingAt: 0),
    "\(NetworkCost(network).total.weights) weights,",
    String(
      format: "pixels that a neuron depends on: %5.1f %%, test accuracy %.2f %%", 100 * paths,
      100 * test[0].accuracy))
}
