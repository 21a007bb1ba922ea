import ArgumentParser
import Testing

@testable import sparsectl

@Suite("What was probably meant")
struct SuggestionTests {
  /// The distance as it is defined, without any table: the last letters were kept, replaced, put in,
  /// taken out, or swapped.
  private func changes(_ a: ArraySlice<Character>, _ b: ArraySlice<Character>) -> Int {
    guard let x = a.last, let y = b.last else { return a.count + b.count }
    let (shortA, shortB) = (a.dropLast(), b.dropLast())
    var choices = [
      changes(shortA, shortB) + (x == y ? 0 : 1), changes(shortA, b) + 1, changes(a, shortB) + 1,
    ]
    if shortA.last == y, shortB.last == x {
      choices.append(changes(shortA.dropLast(), shortB.dropLast()) + 1)
    }
    return choices.min() ?? 0
  }

  @Test("is measured as the distance is defined, on all words of up to four letters of two kinds")
  func distance() {
    let words = (0...4).flatMap { length in
      (0..<(1 << length)).map { bits in
        (0..<length).map { bits >> $0 & 1 == 0 ? Character("a") : "b" }
      }
    }
    for a in words {
      for b in words {
        #expect(Suggestion.changes(from: a, to: b) == changes(a[...], b[...]), "\(a) \(b)")
      }
    }
  }

  @Test(
    "is the nearest name, or the only one that begins so",
    arguments: [
      ("adm", "adam"), ("ADAMW", "adamw"), ("agd", "sgd"), ("fashion_mnist", "fashion-mnist"),
      ("minst", "mnist"), ("fash", "fashion-mnist"), ("a", nil), ("", nil), ("mnist", nil),
      ("gradient", nil), (String(repeating: "a", count: 100_000), nil),
    ] as [(String, String?)])
  func nearest(word: String, name: String?) {
    let names = ["sgd", "adam", "adamw", "fashion-mnist", "mnist"]
    #expect(Suggestion.nearest(to: word, among: names) == name)
  }

  @Test(
    "is said for options, values and commands",
    arguments: [
      ("train --patern structured", "Did you mean '--pattern'?"),
      ("train --pattern structurd", "Did you mean 'structured'?"),
      ("train --pattern full,balancd,full", "Did you mean 'balanced'?"),
      ("train --pattern clashfree:1,z=8", "Did you mean 'clash-free'?"),
      ("sweep --patterns structured,randm", "Did you mean 'random'?"),
      ("pattern create --inputs 8 --outputs 4 --pattern bandd", "Did you mean 'banded'?"),
      ("train --dataset fashion_mnist", "Did you mean 'fashion-mnist'?"),
      ("train --dataset=minst --data d", "Did you mean 'mnist'?"),
      ("train --optimizer adm", "Did you mean 'adam'?"),
      ("train --schedule cosin", "Did you mean 'cosine'?"),
      ("train --schedule inverse", "Did you mean 'inverse-time'?"),
      ("train --backend suitsparse", "Did you mean 'suitesparse'?"),
      ("train --loss cross_entropy", "Did you mean 'cross-entropy'?"),
      ("train --activation leakyrelu", "Did you mean 'leaky-relu'?"),
      ("train --density 0.5 --density-policy later", "Did you mean 'later-denser'?"),
      ("train --storage column", "Did you mean 'columns'?"),
      ("bench --backend natve", "Did you mean 'native'?"),
      ("calibrate m --rule entrpy", "Did you mean 'entropy'?"),
      ("evaluate m --rule max_probability", "Did you mean 'max-probability'?"),
      ("plan m --link gigabt", "Did you mean 'gigabit'?"),
      ("plan m --link gigabit --payload fp61", "Did you mean 'fp16'?"),
      ("measure m --format tabel", "Did you mean 'table'?"),
      ("serve m --log-level warn", "Did you mean 'warning'?"),
      ("data shapes3d f --output o --factors scal,shape", "Did you mean 'scale'?"),
      ("trian --density 0.5", "There is no command 'trian'. Did you mean 'train'?"),
      ("pattern crate --inputs 8", "There is no command 'pattern crate'. Did you mean 'create'?"),
    ])
  func lines(line: String, words: String) {
    let error = #expect(throws: WrongUsage.self) {
      try Invocation(line.split(separator: " ").map(String.init)).command()
    }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    #expect(error?.text.hasPrefix("Error: ") == true && error?.text.contains(words) == true)
    #expect(error?.message.split(separator: "Did you mean").count == 2, "\(error?.message ?? "")")
  }

  @Test(
    "is not said where nothing is near",
    arguments: [
      "train --dataset imagenet", "train --backend gpu", "train --density 2", "train --epochs abc",
      "train --pattern nonsense", "train --pattern nm:5:4", "calibrate m --rule sureness",
      "nonsense", "pattern --inputs 8",
    ])
  func nothing(line: String) {
    let error = #expect(throws: WrongUsage.self) {
      try Invocation(line.split(separator: " ").map(String.init)).command()
    }
    #expect(error?.message.contains("Did you mean") == false, "\(error?.message ?? "")")
  }

  @Test(
    "a negative number is the value of the option before it, not another option",
    arguments: [
      ("train --epochs -1", "epochs must be"), ("train --density -.5", "is -0.5"),
      ("train --learning-rate -0.1 --json", "-0.1"), ("train --density -inf", "-inf"),
      ("train --json -1", "'--json'"), ("train --epochs -- -1", "Missing value"),
    ])
  func negativeNumbers(line: String, words: String) throws {
    let error = #expect(throws: WrongUsage.self) {
      try Invocation(line.split(separator: " ").map(String.init)).command()
    }
    #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    #expect(words == "Missing value" || error?.message.contains("Missing value") == false)
    let taken = try Invocation(["evaluate", "m", "--threshold", "-0.5", "--json"]).command()
    #expect((taken as? Evaluate)?.threshold?.elements == [-0.5])
  }

  @Test("leaves commands, help and versions alone")
  func others() throws {
    for line in ["train", "train --density 0.5", "measure m", "help", "train --help", "help trian"]
    {
      #expect(throws: Never.self, "\(line)") {
        _ = try Invocation(line.split(separator: " ").map(String.init)).command()
      }
    }
    // What ends well is no wrong usage.
    for line in ["--version", "--generate-completion-script bash"] {
      let error = #expect(throws: (any Error).self) {
        try Invocation(line.split(separator: " ").map(String.init)).command()
      }
      #expect(error.map { Sparsectl.exitCode(for: $0) } == .success)
    }
  }
}
