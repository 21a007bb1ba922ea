import ArgumentParser
import SparseCore
import SparseLayers
import Testing

@testable import sparsectl

@Suite("Command lines")
struct ParsingTests {
  /// What a command line leads to: the command, or the exit code and the message.
  private func parse(_ line: String) -> Result<any ParsableCommand, any Error> {
    Result {
      var command = try Sparsectl.parseAsRoot(line.split(separator: " ").map(String.init))
      // Help is a command, too: it ends by throwing its text.
      if line.hasSuffix("--help") { try command.run() }
      return command
    }
  }

  @Test(
    "wrong usage ends with 64 and a message that names the value",
    arguments: [
      ("train --density 0", "'--density' must be above 0 and at most 1, but is 0.0."),
      ("train --density 1.5", "'--density' must be above 0 and at most 1, but is 1.5."),
      ("train --density nan", "but is nan"),
      ("train --density 0.5,0.5", "'--density' lists 2 values"),
      ("train --layers 784,50,10 --density 0.2,0.5,1", "'--layers' makes 2"),
      ("train --density 0.5 --out-degrees 1,2,3", "say the same thing twice"),
      ("train --density a", "invalid for '--density"),
      ("train --layers 784", "at least an input and an output size"),
      ("train --layers 784,0,10", "but one is 0"),
      ("train --layers 784,-5,10", "but one is -5"),
      ("train --layers 784,99999999999,10", "but one is 99999999999"),
      ("train --layers 784,,10", "invalid for '--layers"),
      ("train --out-degrees 0,1,1", "one is 0"),
      ("train --layers 800,100,10 --out-degrees 20", "give one per junction"),
      ("train --layers 784,100,10 --out-degrees 7,10", "Nearest admissible: 25"),
      ("train --layers 800,100,10 --out-degrees 101,10", "between 1 and 100"),
      ("train --pattern nonsense", "Known families: structured"),
      ("train --pattern structured,full", "'--pattern' lists 2 values"),
      ("train --pattern clash-free:1,z=8,full", "'--pattern' lists 2 values"),
      ("train --pattern clash-free:1,y=8", "clash-free:1,z=8"),
      ("train --pattern full,dither,full", "no pattern family 'dither'"),
      ("train --pattern nm:5:4", "keep 5 of every 4"),
      ("train --layers 784,50,10 --pattern 2:5", "not whole blocks of 5"),
      ("train --layers 784,50,10 --pattern local:30x30", "needs 900 inputs"),
      ("train --layers 784,50,10 --pattern clash-free:1,z=5 --density 0.5", "z=4 or z=7"),
      ("train --density-policy erk", "give one number"),
      ("train --density-policy erk --density 0.1,0.2,1", "give one number"),
      ("train --density-policy erk --out-degrees 1,2,3", "give one number"),
      ("train --density-policy kernel --density 0.1", "'uniform', 'erk' or 'later-denser'"),
      ("bench --pattern links.mtx", "takes families here"),
      ("measure m --density-policy erk --density 0.1", "leave '--layers'"),
      ("train --dropout 1", "'--dropout' must be in 0..<1, but is 1.0."),
      ("train --epochs -1", "--epochs"),
      ("train --batch-size 0", "but is 0"),
      ("train --learning-rate nan", "nan"),
      ("train --learning-rate 0", "learning rate"),
      ("train --momentum 0.5", "'--optimizer sgd'"),
      ("train --weight-decay 0.5", "'--optimizer adamw'"),
      ("train --decay 0.5", "'--schedule inverse-time'"),
      ("train --step-epochs 2", "'--schedule step'"),
      ("train --validation-fraction 1", "0..<1"),
      ("train --threads 0", "1...1024"),
      ("train --dataset npz", "needs '--data'"),
      ("train --dataset imagenet", "fashion-mnist"),
      ("train --dataset mnist --data d --label-column 1", "'--dataset csv'"),
      ("train --pad-input 0", "'--pad-input'"),
      ("train --pad-input 800 --layers 784,10", "starts with 784"),
      ("train --backend gpu", "suitesparse"),
      ("measure", "Name a model file"),
      ("measure m --layers 3,2", "leave '--layers'"),
      ("measure m --density 0.5", "leave '--layers'"),
      ("measure --layers 10,5 --batch-size 0", "'--batch-size'"),
      ("measure m --json --format csv", "exclude each other"),
      ("measure --layers 4000000,4000000 --seed 1", "edges"),
      ("measure --layers 10,5 --optimizer lbfgs", "adamw"),
      ("measure --layers 10,5 --threads 0", "1...1024"),
      ("measure --layers 10,5 --timing --no-timing", "--no-timing"),
      ("train --storage zip", "columns"),
      ("train --compact --storage csr", "exclude each other"),
      ("convert m --output o", "--storage"),
      ("convert m --storage csr", "--output"),
      ("evaluate", "model"),
      ("predict m", "file"),
      ("predict m f --top 0", "'--top' must be 1 or more"),
      ("predict m f --rows 9-0", "invalid for '--rows"),
      ("predict m f --rows 1-2-3", "invalid for '--rows"),
      ("pattern create --inputs 8", "--outputs"),
      ("pattern create --inputs 0 --outputs 4", "number of inputs is 0"),
      ("pattern create --inputs 8 --outputs 99999999999", "number of outputs is 99999999999"),
      ("pattern create --inputs 8 --outputs 4 --density 0", "A density is 0.0"),
      ("pattern create --inputs 8 --outputs 4 --density nan", "A density is nan"),
      ("pattern create --inputs 8 --outputs 4 --density 0.5 --out-degree 2", "twice; give one"),
      ("pattern create --inputs 8 --outputs 6 --out-degree 2", "Nearest admissible: 3"),
      ("pattern create --inputs 8 --outputs 4 --out-degree 5", "between 1 and 4"),
      ("pattern create --inputs 8 --outputs 4 --pattern nonsense", "Known families"),
      (
        "pattern create --inputs 8 --outputs 4 --pattern clash-free:1,z=3",
        "z must divide the inputs"
      ),
      ("pattern create --inputs 8 --outputs 4 --junction-index=-1", "count from 0"),
      ("pattern create --inputs 8 --outputs 4 --output p.txt", "invalid for '--output"),
      ("pattern create --inputs 8 --outputs 4 --schedule s.csv", "has no memory schedule"),
      ("pattern check", "<file>"),
      ("pattern check p.mtx --z 0", "'--z' must be 1 or more"),
      ("pattern check p.mtx --z 4,x", "invalid for '--z"),
      ("pattern check p.mtx --window 0", "invalid for '--window"),
      ("pattern check p.mtx --window 4x4", "needs '--image ROWSxCOLUMNS'"),
      ("pattern check p.mtx --window 4 --image 28x28", "needs '--image ROWSxCOLUMNS'"),
      ("pattern check p.mtx --window 4x4 --image 28", "rows and columns"),
      ("pattern check p.mtx --window 4x40 --image 28x28", "cannot be laid over 28"),
      ("pattern check p.mtx --step 2", "give '--window', too"),
      ("pattern check p.mtx --window 4 --step 0", "'--step' must be 1 or more"),
      ("pattern show p.mtx --output p.png", "ends in .svg"),
      ("pattern convert p.mtx", "<out>"),
      ("pattern convert p.mtx p.safetensors", "invalid for '<out>'"),
      ("sweep --densities 0", "'--densities' must be above 0 and at most 1, but one is 0.0."),
      ("sweep --densities 0.1,1.5", "but one is 1.5"),
      ("sweep --densities=", "Missing value for '--densities"),
      ("sweep --densities 0.1,,0.2", "invalid for '--densities"),
      ("sweep --densities 0.1+0.2", "has a list of 2, but the networks have 3 junctions"),
      ("sweep --hidden 100,40+0", "but one is 0"),
      ("sweep --hidden 100 --out-degrees 20", "one per junction, joined by '+'"),
      ("sweep --out-degrees 0+1+1", "one is 0"),
      (
        "sweep --patterns structured,nonsense",
        "'--patterns': There is no pattern family 'nonsense'"
      ),
      ("sweep --patterns structured+full", "'--patterns' has a list of 2"),
      ("sweep --patterns=", "Missing value for '--patterns"),
      ("sweep --patterns structured,", "There is no pattern family ''"),
      ("sweep --seeds 1,2,1", "a seed twice"),
      ("sweep --seeds=", "Missing value for '--seeds"),
      ("sweep --budget-weights 0", "'--budget-weights' must be 1 or more"),
      ("sweep --budget-weights 9 --out-degrees 1+1+1", "give one"),
      ("sweep --json --format csv", "exclude each other"),
      ("sweep --reference 10,20", "'--reference' is one network, but lists 2"),
      ("sweep --reference 0", "'--reference' sizes must be in"),
      ("sweep --score all", "validation"),
      ("sweep --epochs -1", "--epochs"),
      ("sweep --dataset csv", "needs '--data'"),
      ("train --exits 0", "An exit is to leave after hidden layer 0"),
      ("train --exits 0", "counted from 1"),
      ("train --exits 3", "hidden layers 1 to 2"),
      ("train --exits 2,1", "must increase"),
      ("train --exits 1,1", "must increase"),
      ("train --exits a", "invalid for '--exits"),
      ("train --layers 784,50,10 --exits 2", "hidden layers 1 to 1"),
      (
        "train --exits 1,2 --exit-weights 1,1", "There must be 3 exit weights, not 2"
      ),
      ("train --exits 1 --exit-weights=-1,1", "An exit weight is -1.0"),
      ("train --exits 1 --exit-layers 0", "0 layers"),
      ("train --exits 1 --exit-width 32", "'--exit-layers' 2 or more"),
      ("train --exits 1 --exit-layers 2 --exit-density 2", "density of exit heads is 2.0"),
      ("train --exit-layers 2", "name them with '--exits'"),
      ("train --exits 1 --exit-training frozen", "name its model with '--from'"),
      ("train --from m --exits 1 --layers 784,10", "leave '--layers'"),
      ("calibrate m --max-accuracy-loss 2", "must be in 0...1"),
      ("calibrate m --target-macs 0", "must be above 0"),
      ("calibrate m --target-macs 5 --shares 0.5,0.5", "different aims; give one"),
      ("calibrate m --shares 50,30,20", "1 together"),
      ("calibrate m --rule sureness", "invalid for '--rule"),
      ("calibrate", "<model>"),
      ("evaluate m --threshold nan", "must be a number"),
      ("evaluate m --rule nonsense", "invalid for '--rule"),
      ("nonsense", "nonsense"),
    ])
  func wrongUsage(line: String, words: String) {
    guard case .failure(let error) = parse(line) else {
      Issue.record("'\(line)' was accepted")
      return
    }
    #expect(Sparsectl.exitCode(for: error) == .validationFailure)
    let message = Sparsectl.message(for: error)
    #expect(message.contains(words), "\(message)")
    #expect(!message.contains("SparseError"), "\(message)")
  }

  @Test(
    "help shows examples, and for each option its unit and default",
    arguments: [
      ("train", ["--density <0.25>", "(default: 12; published: 50)", "the network is full"]),
      ("evaluate", ["--data <path>", "sparsectl evaluate model.safetensors"]),
      (
        "measure",
        ["--batch-size <count>", "one MAC is two FLOPs", "(default: 1;", "\"pj_per_byte\""]
      ),
      ("convert", ["--storage <storage>", "32-bit columns and row offsets"]),
      ("pattern", ["create", "check", "show", "convert"]),
      ("pattern create", ["--out-degree <count>", "(default: structured)", "clash-free"]),
      ("pattern check", ["--z <count>", "--window <16|4x4>", "The exit code is 0"]),
      ("pattern show", ["--output <picture.svg>", "--junction <name>"]),
      ("pattern convert", ["counted from 0", "<out>"]),
      ("sweep", ["--hidden <100,40+40>", "(default: 0,1,2)", "does not look at the test part"]),
      ("calibrate", ["--max-accuracy-loss <0...1>", "max-probability", "never the test part"]),
      ("evaluate", ["--threshold <0.9>", "--latency", "choose thresholds with"]),
      ("predict", ["--rows <0-9,42>", "(default: 1)", "predictions"]),
    ])
  func help(command: String, texts: [String]) throws {
    guard case .failure(let error) = parse("\(command) --help") else {
      Issue.record("--help is no option of \(command)")
      return
    }
    #expect(Sparsectl.exitCode(for: error) == .success)
    let help = Sparsectl.fullMessage(for: error)
    // Line breaks depend on the terminal.
    let text = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for expected in texts + ["EXAMPLES", "sparsectl \(command)", "--json"] {
      #expect(text.contains(expected), "'\(expected)' in the help of \(command)")
    }
    for line in help.split(separator: "\n") where !line.hasPrefix("USAGE") {
      #expect(line.count <= 80, "\(line)")
    }
  }

  @Test("every subcommand is listed by the root's help")
  func subcommands() throws {
    guard case .failure(let error) = parse("--help") else { return }
    for command in Sparsectl.configuration.subcommands {
      #expect(Sparsectl.fullMessage(for: error).contains(command._commandName))
    }
  }

  @Test("the published recipe can be changed setting by setting")
  func recipes() throws {
    let train = try #require(
      try parse("train --recipe published --epochs 3 --seed 5").get() as? Train)
    var expected = train.training.trainingRecipe(seed: train.seed)
    #expect(expected.epochs == 3)
    expected.epochs = 50
    #expect(expected == .published(seed: 5))
  }

  @Test("lists of patterns are split at commas and pluses, but not inside a family")
  func patternLists() throws {
    func texts(_ argument: String) throws -> [[String]] {
      try PatternList.alternatives(parsing: argument).map { list in
        list.map { entry in
          switch entry {
          case .family(let family): family.description
          case .file(let path): path
          }
        }
      }
    }
    #expect(try texts("structured,random") == [["structured"], ["random"]])
    #expect(
      try texts("full+clash-free:1,z=8,random+2:4+links.mtx,full")
        == [["full", "clash-free:1,z=8"], ["random", "nm:2:4", "links.mtx"], ["full"]])
  }

  @Test("rows are numbers and ranges in the order in which they are named")
  func rows() throws {
    let rows = try #require(RowSelection(argument: "3,0-2,5"))
    #expect(try rows.indices(of: 6, in: "f") == [3, 0, 1, 2, 5])
    #expect(throws: (any Error).self) { try rows.indices(of: 5, in: "f") }
    for text in ["", ",", "-1", "1-", "a", "2-1", "1,,2"] {
      #expect(RowSelection(argument: text) == nil, "\(text)")
    }
    // A range is not written out before its end was compared with the rows that there are.
    let huge = try #require(RowSelection(argument: "0-9223372036854775807"))
    #expect(throws: (any Error).self) { try huge.indices(of: 5, in: "f") }
  }
}
