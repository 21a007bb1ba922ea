import ArgumentParser
import Foundation
import SparseCore
import SparseLayers
import Testing

@testable import sparsectl

@Suite("An experiment's file")
struct ExperimentTests {
  @Test(
    "holds options as YAML writes them",
    arguments: [
      ("density: 0.25", ["--density=0.25"]),
      ("layers: [784, 100, 10]", ["--layers=784,100,10"]),
      ("layers: 784,100,10", ["--layers=784,100,10"]),
      ("layers:\n  - 784\n  - 10\n", ["--layers=784,10"]),
      ("density: [0.5, 1e-1]", ["--density=0.5,1e-1"]),
      ("batch-norm: true", ["--batch-norm"]), ("batch-norm: off", []),
      ("output: 'a: b #c'", ["--output=a: b #c"]),
      ("data: --epochs", ["--data=--epochs"]),
      ("data: \"a\\nb\"", ["--data=a\nb"]),
      ("data: 'null'", ["--data=null"]),
      (
        "pattern: [structured, \"clash-free:1,z=8\", full]",
        ["--pattern=structured,clash-free:1,z=8,full"]
      ),
      ("# ** first *try* **\n---\nepochs: 3 # three\n...\n", ["--epochs=3"]),
      ("\u{FEFF}{epochs: 3, seed: 1}", ["--epochs=3", "--seed=1"]),
    ])
  func words(yaml: String, expected: [String]) throws {
    #expect(try Experiment(yaml: yaml, source: "e.yaml").words == expected)
  }

  /// Few lines that stand for 9¹² values.
  static let bomb: String = {
    let lines = (1...12).map { level in
      let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      return "a\(level): &a\(level) [\(aliases)]\n"
    }
    return "a0: &a0 [1]\n" + lines.joined() + "? *a12\n: 1\n"
  }()

  @Test(
    "is refused in one message, with the line and the remedy",
    arguments: [
      ("", "e.yaml: is empty"), ("# nothing\n", "is empty"),
      ("- density\n", "line 1: holds no keys"), ("density", "such as 'density: 0.2'"),
      (
        "epochs: 3\npatern: structured\n",
        "line 2: 'patern' is no option of 'train'. Did you mean 'pattern'?"
      ),
      ("learning_rate: 0.1", "Did you mean 'learning-rate'?"),
      ("--density: 0.1", "Did you mean 'density'?"), ("1: 2", "'1' is no option"),
      ("json: true", "command line only"), ("config: e.yaml", "command line only"),
      ("print-config: true", "command line only"), ("help: true", "command line only"),
      ("no-batch-norm: true", "is no option"), ("<<: {epochs: 3}", "'<<' is no option"),
      ("? [a]\n: 1", "a key is no name"), ("? {a: b}\n: 1", "a key is no name"),
      ("epochs:", "'epochs' has no value"), ("epochs: ~", "has no value"),
      ("epochs: ''", "has no value"), ("layers: [784, null]", "has no value"),
      ("epochs: {a: 1}", "'epochs' holds lists or keys"),
      ("layers: [[784], [10]]", "'layers' holds lists or keys"),
      ("layers: []", "'layers' is an empty list"),
      ("label-columns: ['a,b', c]", "lists 'a,b', but a comma separates"),
      ("batch-norm: 1", "is a flag. Write true or false."), ("batch-norm: [true]", "is a flag"),
      ("batch-norm: 'true'", "is a flag"),
      ("seed: 1\nepochs: 3\nepochs: 4", "'epochs' is there twice. Keep one."),
      ("epochs: 3\n---\nepochs: 4", "is no YAML"), ("epochs: [3", "is no YAML"),
      ("seed: 1\n\tepochs: 3", "line 2"), ("epochs: \"\\0\"", "zero byte"),
      ("epochs: \u{1}", "is no YAML"), ("\u{1B}[2J: 1", "is no YAML"),
      ("\"\\e[2J\": 1", "'�[2J' is no option"),
      ("epochs: &a 3\nseed: *a", "line 1: has the anchor '&a'"),
      ("&a epochs: 3", "has the anchor"), ("batch-norm: &b true", "has the anchor"),
      ("epochs: *a", "undefined alias"),
      ("a: &a [1, 1, 1, 1]\nb: &b [*a, *a, *a, *a]\n? [*b, *b, *b, *b]\n: 1", "e.yaml"),
      (bomb, "has 109 words like '*name'"),
    ])
  func refused(yaml: String, words: String) {
    let error = #expect(throws: WrongUsage.self) {
      try Experiment(yaml: yaml, source: "e.yaml")
    }
    #expect(error?.message.hasPrefix("e.yaml") == true)
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("\u{1B}") == false)
  }

  @Test("is refused however deep it nests", arguments: ["[", "- "])
  func deep(opening: String) {
    refused(yaml: String(repeating: opening, count: 30_000), words: "is no YAML")
  }

  /// The command that a line leads to, with an experiment's file.
  private func train(_ yaml: String, _ line: String = "") throws -> (train: Train, notes: [String])
  {
    let directory = try TemporaryDirectory()
    let file = try directory.write(Array(yaml.utf8), "e.yaml")
    let words = line.split(separator: " ").map(String.init)
    let invocation = try Invocation(["train", "--config", file] + words)
    return (try #require(try invocation.command() as? Train), invocation.notes)
  }

  @Test("gives way to the command line")
  func precedence() throws {
    let yaml = "epochs: 3\nbatch-norm: true\ndensity: 0.5\nseed: 7\n"
    let (train, notes) = try train(yaml, "--epochs=5 --no-batch-norm --density 0.25")
    #expect(train.training.epochs == 5)
    #expect(!train.network.hiddenLayers.batchNormalization)
    #expect(train.network.density?.elements == [0.25])
    #expect(train.seed == 7)
    #expect(notes == [])
    #expect(try self.train(yaml).train.network.hiddenLayers.batchNormalization)
  }

  @Test(
    "gives way with what only belongs to an option that is replaced",
    arguments: [
      ("density: 0.5\n", "--out-degrees 20,10,10"), ("out-degrees: [2, 2, 2]\n", "--density 0.5"),
      ("schedule: inverse-time\ndecay: 1e-3\n", "--schedule cosine"),
      ("optimizer: sgd\nmomentum: 0.5\nnesterov: true\n", "--optimizer adam"),
      ("dataset: csv\ndata: d\nlabel-column: c\n", "--dataset fashion-mnist"),
      ("compact: true\n", "--storage csr"), ("storage: csr\n", "--compact"),
      ("layers: [9, 5]\ntasks: [a, b]\n", "--from model --exits 1"),
      ("epochs: 3\nschedule: constant\n", "--recipe published"),
    ])
  func dependents(yaml: String, line: String) throws {
    let (train, notes) = try train(yaml, line)
    let alone = try #require(
      try Invocation(["train"] + line.split(separator: " ").map(String.init)).command() as? Train)
    #expect(try train.settings.yaml() == alone.settings.yaml())
    #expect(notes.count == 1 && notes[0].hasSuffix("e.yaml."), "\(notes)")
  }

  @Test(
    "is named, with the line, where an error comes from it, and only there",
    arguments: [
      ("epochs: 3\ndensity: 2\n", "", "e.yaml, line 2: '--density' must be above 0"),
      ("seed: -1\n", "", "e.yaml, line 1: The value '-1' is invalid"),
      ("epochs: [1, 2]\n", "", "line 1: The value '1,2' is invalid"),
      ("seed: 1\noptimizer: adm\n", "", "line 2: The value 'adm' is invalid"),
      ("pad-input: 800\n", "--layers 784,10", "line 1: '--layers' starts with 784"),
      ("pattern: 2:5\n", "--layers 784,50,10", "e.yaml: "),
      ("density: 0.5\n", "--density 2", ""), ("epochs: 3\n", "--density 2", ""),
      ("epochs: 3\n", "--patern x", ""), ("epochs: 3\n", "more", ""),
    ])
  func places(yaml: String, line: String, place: String) {
    let error = #expect(throws: WrongUsage.self) { try train(yaml, line) }
    let message = error?.message ?? ""
    if place.isEmpty {
      #expect(!message.contains("e.yaml"), "\(message)")
    } else {
      #expect(message.contains(place), "\(message)")
    }
    #expect(error?.text.contains("See 'sparsectl train --help'") == true)
  }

  @Test("is not read where the command line asks for help, or makes no sense by itself")
  func help() throws {
    #expect(throws: Never.self) { try Invocation(["train", "--config", "nowhere", "--help"]) }
    for words in [["train", "--config"], ["train", "--config", "--seed", "1"]] {
      let error = #expect(throws: WrongUsage.self) { try Invocation(words).command() }
      #expect(error?.message == "Missing value for '--config <file>'")
    }
    let twice = #expect(throws: WrongUsage.self) {
      try Invocation(["train", "--config", "a", "--config=b"])
    }
    #expect(twice?.message.contains("2 times") == true)
  }
}

@Suite("A printed experiment")
struct PrintedExperimentTests {
  static let lines = [
    "train", "train --recipe published", "train --density 0.2,0.5,1 --pattern balanced",
    "train --layers 784,100,10 --out-degrees 25,10 --pad-input 784 --threads 3 --resume",
    "train --density 0.1 --density-policy erk --activation leaky-relu --dropout 0.25 --batch-norm",
    "train --optimizer sgd --momentum 0.3 --nesterov --l2 1e-7 --warmup-steps 9 --seed 18446744073709551615",
    "train --optimizer adamw --weight-decay 0.3 --learning-rate 3e-4 --loss mean-squared-error",
    "train --schedule step --epochs 9 --storage csr", "train --schedule constant --compact",
    "train --schedule inverse-time --decay 0.1 --validation-fraction 0 --batch-size 7",
    "train --dataset csv --data null --label-columns a,1,no --tasks b,c --task-layers 64+32,0 "
      + "--task-density 0.5,1 --task-weights 1,0.3",
    "train --dataset csv --data ~/#x:y --label-column true --metrics m.csv --output o.safetensors",
    "train --exits 1,2 --exit-layers 2 --exit-width 9 --exit-density 0.7 --exit-weights 1,0.1,0.3",
    "train --from m --exits 1 --exit-training frozen --backend suitesparse",
    "train --pattern structured,clash-free:1,z=8,full", "train --pattern 2:4",
  ]

  private static func train(_ words: [String]) throws -> Train {
    try #require(try Invocation(words).command() as? Train)
  }

  @Test("is the experiment, whatever its options", arguments: lines)
  func roundTrip(line: String) throws {
    let train = try Self.train(line.split(separator: " ").map(String.init))
    let text = try train.settings.yaml()
    #expect(text.hasPrefix("# An experiment of sparsectl"))
    let directory = try TemporaryDirectory()
    let file = try directory.write(Array(text.utf8), "e.yaml")
    let again = try Self.train(["train", "--config", file])
    #expect(try again.settings.yaml() == text)
    #expect(again.training.trainingRecipe(seed: 5) == train.training.trainingRecipe(seed: 5))
    #expect(again.training.initializer == train.training.initializer)
    let sizes = [784, 512, 256, 10]
    #expect(
      try again.network.recipe(sizes: sizes, seed: 1) == train.network.recipe(sizes: sizes, seed: 1)
    )
    #expect(again.exits.recipe == train.exits.recipe && again.exits.from == train.exits.from)
    #expect(again.exits.trainedBranches == train.exits.trainedBranches)
    #expect(again.tasks.tasks?.elements == train.tasks.tasks?.elements)
    #expect(again.tasks.layers?.lists == train.tasks.layers?.lists)
    #expect(again.tasks.density?.elements == train.tasks.density?.elements)
    #expect(again.tasks.weights?.elements == train.tasks.weights?.elements)
    #expect(again.data.data == train.data.data && again.data.labels.list == train.data.labels.list)
    #expect(again.padding.padInput == train.padding.padInput && again.seed == train.seed)
    #expect(again.storageForm == train.storageForm && again.output == train.output)
    #expect(again.metrics == train.metrics && again.resume == train.resume)
    #expect(again.engine.threads == train.engine.threads)
    #expect(again.engine.backend == train.engine.backend)
  }

  @Test("has the values in effect")
  func values() throws {
    let text = try Self.train(["train", "--recipe", "published", "--layers", "9,5"]).settings.yaml()
    for line in [
      "recipe: published", "epochs: 50", "learning-rate: 0.001", "schedule: inverse-time",
      "decay: 1e-05", "validation-fraction: 0.0", "layers: [9, 5]", "pattern: structured",
      "batch-norm: false", "output: model.safetensors", "seed: 0",
    ] {
      #expect(text.split(separator: "\n").contains(Substring(line)), "'\(line)' in \(text)")
    }
  }

  @Test("leaves no option of 'train' out")
  func complete() throws {
    let catalog = try #require(try CommandCatalog.all().subcommand("train"))
    let names = Set(try #require(catalog.arguments).flatMap(\.longNames))
    let options = names.filter { !($0.hasPrefix("no-") && names.contains(String($0.dropFirst(3)))) }
    let printed = try Self.lines.flatMap { line in
      try Self.train(line.split(separator: " ").map(String.init)).settings.map(\.key)
    }
    // '--compact' is another word for a form of storage.
    #expect(
      options.subtracting(Experiment.ofTheCommandLine).subtracting(["compact"]) == Set(printed))
  }

  @Test("does not go with '--json'")
  func json() {
    let error = #expect(throws: WrongUsage.self) {
      try Invocation(["train", "--print-config", "--json"]).command()
    }
    #expect(error?.message.contains("give one") == true)
  }
}
