import ArgumentParser
import Foundation
import SparseCore
import SparseLayers

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network whose sparse connections are chosen beforehand.",
    discussion: """
      EXAMPLES
        sparsectl train --density 0.25
        sparsectl train --dataset mnist --data DIR --recipe published \\
          --pad-input 800 --layers 800,100,10 --out-degrees 20,10
        sparsectl train --layers 784,400,200,10 --density 0.1 --exits 1
        sparsectl train --dataset npz --data pairs.npz --tasks left,right --density 0.2
        sparsectl train --from model.safetensors --exits 1,2 --exit-training frozen \\
          --output exits.safetensors
        sparsectl train --density 0.2 --print-config > experiment.yaml
        sparsectl train --config experiment.yaml --seed 1
        sparsectl train --config model.safetensors --output again.safetensors

      After every epoch the run is saved beside the output, as OUTPUT.checkpoint; Ctrl-C saves it \
      too. With --resume the run goes on there and ends with the same bits as if it had never \
      stopped; where there is no checkpoint, it starts from the beginning. Without --resume an earlier \
      run's checkpoint is kept as OUTPUT.checkpoint.previous.

      Without --density or --out-degrees the network is full: the dense one to compare with. \
      --metrics appends an object an epoch: epoch, learning_rate, seconds, samples_per_second, \
      train_loss, train_accuracy, validation_loss, validation_accuracy, and with several tasks these \
      four for each, in tasks, with exits for each branch, in branches. Times \
      are in seconds, losses and accuracies means per sample.

      An experiment's file is YAML: a key is an option without its dashes, a list is one of YAML or \
      has commas, a flag is true or false. What stands on the command line wins, also over options \
      that only belong to what it replaces, as a momentum does to its optimizer; --no-batch-norm \
      switches a flag off. Paths are relative to the working directory. A model holds the experiment \
      that made it, all but its threads and where results go; --config takes it from there.
      """)

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Network") var network: NetworkOptions
  @OptionGroup(title: "Tasks") var tasks: TaskOptions
  @OptionGroup(title: "Exits") var exits: ExitOptions
  @OptionGroup(title: "Training") var training: TrainingOptions
  @OptionGroup(title: "Engine") var engine: EngineOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  @OptionGroup(title: "Data") var padding: PaddingOptions

  @Option(
    help: ArgumentHelp("Decides patterns, weights and the order of samples.", valueName: "number"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Where to write the model.", valueName: "file"))
  var output = "model.safetensors"

  @Option(
    help: ArgumentHelp(
      "How the model stores where its weights are. (default: columns)",
      discussion: StorageForm.explanation))
  var storage: StorageForm?

  @Flag(
    inversion: .prefixedNo,
    help: "Whether to store recipes instead of connections: --storage recipe.")
  var compact = false

  /// How the model is stored.
  var storageForm: StorageForm { storage ?? (compact ? .recipe : .columns) }

  @Option(
    help: ArgumentHelp(
      """
      Append a record per epoch: JSON lines (.jsonl), CSV (.csv), or TensorBoard events (a \
      directory; a name that ends in / makes one).
      """,
      valueName: "path"))
  var metrics: String?

  @Flag(
    inversion: .prefixedNo, help: "Whether to go on from the output's checkpoint, if there is one.")
  var resume = false

  // Read before anything is parsed, by 'Invocation'.
  @Option(
    help: ArgumentHelp(
      "Take the options that are not given from an experiment: a YAML file or a model.",
      valueName: "file"))
  var config: String?

  @Flag(
    name: .customLong("print-config"),
    help: "Print the experiment as YAML, with the values in effect, and train nothing.")
  var printConfig = false

  func validate() throws {
    if let first = network.layers?.elements.first, let padInput = padding.padInput,
      first != padInput
    {
      throw ValidationError(
        "'--layers' starts with \(first), but '--pad-input' makes samples of \(padInput) features.")
    }
    if exits.from != nil, network.isGiven || padding.padInput != nil || tasks.isGiven {
      throw ValidationError(
        "'--from' says what the network is; leave '--layers', '--pad-input', '--tasks' and the other "
          + "network and task options out.")
    }
    // Those of a model are known when it is read.
    if exits.from == nil {
      if exits.exits != nil, network.junctionCount < 2 {
        throw ValidationError("'--exits' leave after hidden layers, but '--layers' makes none.")
      }
      do {
        try exits.recipe?.validate(hiddenLayers: network.junctionCount - 1)
      } catch let error as SparseError {
        throw ValidationError("'--exits': \(error.message)")
      }
    }
    if output.isEmpty { throw ValidationError("'--output' must name a file.") }
    if compact, let storage, storage != .recipe {
      throw ValidationError("'--compact' and '--storage \(storage)' exclude each other.")
    }
    if let metrics, metrics.isEmpty { throw ValidationError("'--metrics' must name a file.") }
    // What is only printed writes over nothing.
    if !printConfig { try checkFiles() }
    if printConfig, outputOptions.json {
      throw ValidationError("'--print-config' prints YAML, and '--json' JSON; give one.")
    }
  }

  /// No result may take the place of what it is made from.
  private func checkFiles() throws {
    try DistinctFiles.check(
      outputs: [
        ("--output", output), ("--output", output + ".checkpoint"), ("--metrics", metrics),
      ],
      inputs: [("'--data'", data.data), ("'--config'", config), ("'--from'", exits.from)]
        + network.patternFiles.map { ("'--pattern'", $0) })
  }

  func run() throws {
    if printConfig { return try Terminal.result(String(settings.yaml().dropLast())) }
    let run = try TrainingRun(self)
    try run.execute()
  }
}
