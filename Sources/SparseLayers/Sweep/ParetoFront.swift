/// Which of several choices no other one beats in both cost and value.
package enum ParetoFront {
  /// Finds the choices on the front.
  ///
  /// A choice is beaten when another costs no more and is worth no less, and differs in one of them;
  /// equal choices do not beat each other. One whose value is not known, or not a number, is never
  /// on the front and beats none.
  ///
  /// - Parameters:
  ///   - costs: What each costs; less is better.
  ///   - values: What each is worth; more is better.
  /// - Returns: The indices of the front, the cheapest first.
  /// - Precondition: There are as many costs as values.
  /// - Complexity: O(*n* log *n*).
  package static func indices(costs: [Int], values: [Double?]) -> [Int] {
    precondition(costs.count == values.count, "\(costs.count) costs, \(values.count) values")
    let known = values.enumerated().compactMap { index, value in
      value.flatMap { $0.isNaN ? nil : (index: index, cost: costs[index], value: $0) }
    }
    let sorted = known.sorted { ($0.cost, -$0.value, $0.index) < ($1.cost, -$1.value, $1.index) }
    var front: [Int] = []
    var last: (cost: Int, value: Double)?
    for choice in sorted {
      let isEqual = last.map { $0.cost == choice.cost && $0.value == choice.value } ?? false
      guard isEqual || choice.value > last?.value ?? -.infinity else { continue }
      front.append(choice.index)
      last = (choice.cost, choice.value)
    }
    return front
  }
}
