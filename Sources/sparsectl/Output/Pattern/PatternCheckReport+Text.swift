import SparseCore

// MARK: - As text

extension PatternCheckReport {
  /// A table of the patterns, and a line for all that needs words.
  var text: String {
    var blocks: [String] = []
    if !junctions.isEmpty { blocks.append(table) }
    let remarks = junctions.flatMap(\.remarks) + chains.map(\.text)
    if !remarks.isEmpty { blocks.append(remarks.joined(separator: "\n")) }
    blocks += invalid.map(\.text)
    blocks.append(verdict)
    return blocks.joined(separator: "\n\n")
  }

  private var table: String {
    let asksForClashes = junctions.contains { $0.memories != nil }
    var table = Table(
      PatternSummary.headings + ["scatter →", "←"] + (asksForClashes ? ["clash-free"] : []))
    for junction in junctions {
      var cells = junction.summary.cells
      cells += [Text.number(junction.scatter.forward), Text.number(junction.scatter.backward)]
      if asksForClashes {
        cells.append(junction.memories.map { $0.clash == nil ? "z=\($0.count)" : "no" } ?? "–")
      }
      table.add(cells)
    }
    return table.text()
  }

  private var verdict: String {
    let count = junctions.count + invalid.count
    guard isValid else {
      return count == 1 ? "not valid" : "\(invalid.count) of \(count) are not valid"
    }
    let valid = count == 1 ? "valid" : "all \(count) are valid"
    return hasClash ? "\(valid), but not clash-free" : valid
  }
}

extension JunctionCheck {
  /// What the table does not say.
  fileprivate var remarks: [String] {
    let pattern = summary.pattern
    var remarks: [String] = []
    if summary.outDegrees.dead > 0 {
      remarks.append(dead(pattern.outDegrees, of: "inputs", "to any output"))
    }
    if summary.inDegrees.dead > 0 {
      remarks.append(dead(pattern.inDegrees, of: "outputs", "to any input"))
    }
    if let memories, let clash = memories.clash {
      remarks.append("\(summary.name): not clash-free with z=\(memories.count): \(clash)")
    }
    return remarks
  }

  private func dead(_ degrees: [Int], of neurons: String, _ whither: String) -> String {
    let dead = degrees.indices.filter { degrees[$0] == 0 }
    let some =
      dead.prefix(8).map { "\($0)" }.joined(separator: ", ") + (dead.count > 8 ? ", …" : "")
    return "\(summary.name): \(Text.count(dead.count)) of \(Text.count(degrees.count)) \(neurons) "
      + "have no connection \(whither): \(some)"
  }
}

extension ChainCheck {
  fileprivate var text: String {
    let way = name.map { "to '\($0)'" } ?? junctions.joined(separator: " → ")
    let spread =
      "scatter \(Text.number(scatter.forward)) →, \(Text.number(scatter.backward)) ←"
    guard let example = connectivity.example else {
      return "\(way): a path from every input to every output; \(spread)"
    }
    return "\(way): no path between \(Text.count(connectivity.unconnectedPairs)) of "
      + "\(Text.count(connectivity.pairs)) pairs, such as input \(example.input) and output "
      + "\(example.output); \(Text.count(connectivity.lostInputs)) inputs reach no output, "
      + "\(Text.count(connectivity.unreachedOutputs)) outputs are not reached; \(spread)"
  }
}

extension InvalidFile {
  fileprivate var text: String {
    let left = faults.count - faults.messages.count
    let lines = faults.messages + (left > 0 ? ["… and \(Text.count(left)) more"] : [])
    let title =
      "\(name): not valid, \(Text.count(faults.count)) fault\(faults.count == 1 ? "" : "s")"
    return ([title] + lines.map { "  \($0)" }).joined(separator: "\n")
  }
}
