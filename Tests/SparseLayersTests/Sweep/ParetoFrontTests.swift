import SparseCore
import Testing

@testable import SparseLayers

@Suite("Pareto front")
struct ParetoFrontTests {
  @Test("holds exactly the choices that no other beats", arguments: 0..<200)
  func bruteForce(seed: Int) {
    var stream = RandomStream(seed: UInt64(seed), purpose: "choices")
    let count = Int(stream.next() % 12)
    // Few different numbers, so that there are ties of every kind.
    let costs = (0..<count).map { _ in Int(stream.next() % 5) }
    let values: [Double?] = (0..<count).map { _ in
      let value = stream.next() % 6
      return value == 5 ? nil : Double(value)
    }
    let expected = (0..<count).filter { mine in
      guard let value = values[mine] else { return false }
      return !(0..<count).contains { other in
        guard let theirs = values[other] else { return false }
        return costs[other] <= costs[mine] && theirs >= value
          && (costs[other] < costs[mine] || theirs > value)
      }
    }
    let front = ParetoFront.indices(costs: costs, values: values)
    #expect(front.sorted() == expected, "\(costs) \(values)")
    #expect(front.map { costs[$0] } == front.map { costs[$0] }.sorted())
  }

  @Test("passes over values that are no numbers")
  func notANumber() {
    #expect(ParetoFront.indices(costs: [1, 2, 3], values: [.nan, 0.5, nil]) == [1])
    #expect(ParetoFront.indices(costs: [], values: []) == [])
  }
}
