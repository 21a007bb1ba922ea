/// What is wrong with a file that should hold a pattern: all of it, not just what comes first.
package struct PatternFaults: Hashable, Sendable {
  /// How many faults there are: lines that break a rule, or one that ends the reading.
  package private(set) var count = 0

  /// The first faults, each in a sentence that names the file, the place and the rule.
  package private(set) var messages: [String] = []

  /// The most messages that are kept.
  package static let maximumMessages = 10

  /// Lists one fault.
  ///
  /// - Parameter error: What refuses the file.
  package init(_ error: SparseError) {
    count = 1
    messages = [error.message]
  }

  /// Lists the faults of a file that `Pattern.init(matrixMarketBytes:source:)` refuses.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - source: What to call the file in messages, such as its path.
  /// - Complexity: O(*bytes* + *edges* · log *edges*).
  package init(matrixMarketBytes bytes: [UInt8], source: String) {
    self.init { try MatrixMarketReader(bytes, source: source) }
  }

  /// Lists the faults of a file that `Pattern.init(edgeListBytes:source:)` refuses.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - source: What to call the file in messages, such as its path.
  /// - Complexity: O(*bytes* + *edges* · log *edges*).
  package init(edgeListBytes bytes: [UInt8], source: String) {
    self.init { try EdgeListReader(bytes, source: source) }
  }
}

// MARK: - Looking for faults

extension PatternFaults {
  private struct Fault {
    let line: Int
    let message: String
  }

  private struct Place {
    let edge: Edge
    let line: Int
  }

  /// Reads a file to its end, also past edges that cannot be.
  private init(_ open: () throws -> some EdgeReader) {
    var faults: [Fault] = []
    do {
      var reader = try open()
      var places: [Place] = []
      while !reader.isAtEnd {
        do {
          guard let edge = try reader.nextEdge() else { break }
          places.append(Place(edge: edge, line: reader.line))
        } catch {
          count += 1
          guard count <= Self.maximumMessages else { continue }
          faults.append(Fault(line: reader.line, message: Self.message(error)))
        }
      }
      for (line, edge, firstLine) in Self.repetitions(&places) {
        count += 1
        guard faults.count < 2 * Self.maximumMessages else { continue }
        let error = reader.repeated(edge, line: line, firstLine: firstLine)
        faults.append(Fault(line: line, message: error.message))
      }
    } catch {
      count = 1
      faults = [Fault(line: 0, message: Self.message(error))]
    }
    faults.sort { $0.line < $1.line }
    messages = faults.prefix(Self.maximumMessages).map(\.message)
  }

  /// Finds the edges that stand on an earlier line, too, in the order of their lines.
  private static func repetitions(
    _ places: inout [Place]
  ) -> [(line: Int, edge: Edge, firstLine: Int)] {
    places.sort {
      ($0.edge.output, $0.edge.input, $0.line) < ($1.edge.output, $1.edge.input, $1.line)
    }
    var found: [(line: Int, edge: Edge, firstLine: Int)] = []
    var first: Place?
    for place in places {
      if let first, first.edge == place.edge {
        found.append((place.line, place.edge, first.line))
      } else {
        first = place
      }
    }
    return found.sorted { $0.line < $1.line }
  }

  private static func message(_ error: any Error) -> String {
    (error as? SparseError)?.message ?? "\(error)"
  }
}
