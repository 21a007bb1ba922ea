import SparseCore
import Testing

@testable import SplitServing

@Suite("The choice of a cut") struct CutChooserTests {
  /// Lets samples cross one after the other.
  ///
  /// - Returns: How often each cut was chosen.
  private func run(_ chooser: inout CutChooser, _ seconds: [Double], samples: Int) -> [Int] {
    var counts = seconds.map { _ in 0 }
    for _ in 0..<samples {
      let cut = chooser.choice
      counts[cut] += 1
      chooser.asks(cut)
      chooser.learns(seconds[cut], of: cut)
    }
    return counts
  }

  @Test("tries all, stays with the fastest, and looks at the others now and then")
  func settles() {
    var chooser = CutChooser(cuts: 3, trialInterval: 20)
    #expect(run(&chooser, [0.03, 0.01, 0.02], samples: 3) == [1, 1, 1])
    let counts = run(&chooser, [0.03, 0.01, 0.02], samples: 600)
    #expect(counts[1] > 570)
    // Each of the others once in 60 samples.
    #expect((9...11).contains(counts[0]) && (9...11).contains(counts[2]))
  }

  @Test("moves when a link becomes slow, and back when it recovers")
  func moves() {
    var chooser = CutChooser(cuts: 2, trialInterval: 20)
    _ = run(&chooser, [0.01, 0.02], samples: 200)
    let slow = run(&chooser, [0.3, 0.02], samples: 200)
    #expect(slow[1] > 180)
    let back = run(&chooser, [0.01, 0.02], samples: 6000)
    #expect(back[0] > 3000)
    #expect(chooser.choice == 0)
  }

  @Test("needs no answer to try the next cut, and a single cut is always chosen")
  func beginning() {
    var chooser = CutChooser(cuts: 2, trialInterval: 5)
    chooser.asks(chooser.choice)
    #expect(chooser.choice == 1)
    // However rare the tries may be.
    var rare = CutChooser(cuts: 2, trialInterval: .max)
    #expect(run(&rare, [0.02, 0.01], samples: 50) == [1, 49])
    var single = CutChooser(cuts: 1, trialInterval: 1)
    #expect(run(&single, [0.5], samples: 50) == [50])
  }
}
