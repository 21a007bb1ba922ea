extension PatternFamily {
  /// Each output sees a run of neighbouring inputs, and the runs move evenly along the inputs.
  public static var banded: Self { Self(BandedRule()) }
}

/// A band along the diagonal, from the first input at the first output to the last at the last.
///
/// In-degrees differ by at most one, the larger ones spread evenly; so the band's edges are straight to
/// within one input. Nothing is drawn: the seed does not
/// matter. Inputs are left out only where the band is narrower than its step, inputs/outputs.
struct BandedRule: PatternRule {
  static let name = "banded"

  init() {}

  init(argument: Substring?) throws {
    try Self.refuse(argument)
  }

  func makeRows(
    edges: Int, in shape: JunctionShape, using random: inout RandomStream
  ) -> PatternRows {
    var rows = PatternRows(outputs: shape.outputs, edges: edges)
    for row in 0..<shape.outputs {
      let width = evenPart(row, of: edges, among: shape.outputs)
      let start = evenPlace(row, of: shape.outputs, over: shape.inputs - width)
      rows.columns.append(contentsOf: UInt32(start)..<UInt32(start + width))
      rows.endRow()
    }
    return rows
  }
}
