extension PatternFamily {
  /// Each output sees a window of a square image.
  public static var local: Self { Self(LocalRule()) }

  /// Each output sees a window of an image; inputs beyond the image, such as padding, are not connected.
  ///
  /// - Parameters:
  ///   - width: The pixels of a row of the image.
  ///   - height: The rows of the image.
  /// - Returns: The family.
  /// - Throws: `SparseError` for sizes below 1, or more pixels than a layer can have.
  public static func local(width: Int, height: Int) throws -> Self {
    Self(try LocalRule(width: width, height: height))
  }
}

/// Windows of equal size, spread evenly over an image that lies row by row in the inputs.
///
/// Outputs form a grid about as wide for its height as the image, row by row; windows lie wholly in the
/// image, the first in its first corner and the last in its last. Nothing is drawn: the seed does not
/// matter. A window grows from one pixel by a column and a row in turn, as far as the image goes; so
/// the number of edges tells its size.
struct LocalRule: PatternRule {
  static let name = "local"
  static let usage = "local[:WxH]"

  /// The size of the image; a square of all inputs without it.
  private var image: Area?

  /// A part of an image, or all of it.
  struct Area: Hashable {
    var width: Int
    var height: Int
    var pixels: Int { width * height }
  }

  init() {}

  init(width: Int, height: Int) throws {
    let possible = 1...Pattern.maximumNeurons
    guard possible.contains(width), possible.contains(height),
      possible.contains(width * height)
    else {
      throw SparseError(
        .invalidArgument,
        "An image of \(width) by \(height) pixels is not possible: at least 1 and at most "
          + "\(Pattern.maximumNeurons) pixels are. Write local:28x28.")
    }
    image = Area(width: width, height: height)
  }

  init(argument: Substring?) throws {
    guard let argument else {
      self.init()
      return
    }
    guard let (width, height) = sizes(argument) else {
      throw SparseError(
        .invalidArgument,
        "The family 'local' takes the width and height of the image, but \(found(argument)) is "
          + "given. Write local:28x28, or just local for square images.")
    }
    try self.init(width: width, height: height)
  }

  var description: String {
    image.map { "\(Self.name):\($0.width)x\($0.height)" } ?? Self.name
  }

  private func area(in shape: JunctionShape) -> Area? {
    if let image { return image.pixels <= shape.inputs ? image : nil }
    let side = Int(Double(shape.inputs).squareRoot())
    return side * side == shape.inputs ? Area(width: side, height: side) : nil
  }
}

// MARK: - Windows

extension LocalRule {
  /// The windows of an image from one pixel to all of it, each with more pixels than the one before.
  private func windows(of area: Area) -> some Sequence<Area> {
    sequence(first: Area(width: 1, height: 1)) { window in
      guard window != area else { return nil }
      var next = window
      let growsWider = window.height == area.height || window.width <= window.height
      if growsWider && window.width < area.width { next.width += 1 } else { next.height += 1 }
      return next
    }
  }

  func admissibleDensities(in shape: JunctionShape) -> [Double]? {
    guard let area = area(in: shape) else { return [] }
    return windows(of: area).map { Double($0.pixels) / Double(shape.inputs) }
  }

  func nearestEdges(to density: Double, in shape: JunctionShape) -> (edges: Int, reason: String?) {
    // Without an image no number of edges will do; 'check' says so.
    guard let area = area(in: shape) else { return (shape.cells, nil) }
    let target = snappedProduct(density, shape.inputs)
    var best = Area(width: 1, height: 1)
    for window in windows(of: area)
    where abs(Double(window.pixels) - target) < abs(Double(best.pixels) - target) {
      best = window
    }
    guard Double(best.pixels) != target else { return (best.pixels * shape.outputs, nil) }
    return (
      best.pixels * shape.outputs,
      "\(description) patterns see windows of \(area.width)x\(area.height) pixels, and "
        + "\(best.width)x\(best.height) is the nearest (in-degree \(best.pixels))"
    )
  }

  func check(edges: Int, in shape: JunctionShape) throws {
    guard let area = area(in: shape) else {
      let fault =
        image.map {
          "an image of \($0.width)x\($0.height) pixels needs \($0.pixels) inputs or more"
        }
        ?? "they are no square image"
      throw SparseError(
        .invalidPattern,
        "A \(description) pattern cannot be made of \(shape.inputs) inputs: \(fault). Name the width "
          + "and height, as in local:28x28; inputs beyond the image stay unconnected.")
    }
    guard edges % shape.outputs == 0, window(pixels: edges / shape.outputs, of: area) != nil else {
      let around = windows(of: area).map(\.pixels)
      let degree = edges / shape.outputs
      let nearest = [around.last { $0 <= degree }, around.first { $0 > degree }]
        .compactMap { $0.map { "\($0 * shape.outputs)" } }
      throw SparseError(
        .invalidPattern,
        "A \(description) pattern of \(shape) cannot have \(edges) edges: every output sees a window "
          + "of \(area.width)x\(area.height) pixels. Nearest admissible: "
          + "\(nearest.joined(separator: " and ")) edges. Or give a density.")
    }
  }

  private func window(pixels: Int, of area: Area) -> Area? {
    windows(of: area).first { $0.pixels == pixels }
  }
}

// MARK: - Connections

extension LocalRule {
  func makeRows(
    edges: Int, in shape: JunctionShape, using random: inout RandomStream
  ) throws -> PatternRows {
    guard let area = area(in: shape), let window = window(pixels: edges / shape.outputs, of: area)
    else {
      throw SparseError(.invalidPattern, "\(edges) edges are no windows of an image of \(shape).")
    }
    var rows = PatternRows(outputs: shape.outputs, edges: edges)
    let ratio = Double(area.height) / Double(area.width)
    let gridHeight = Int((Double(shape.outputs) * ratio).squareRoot().rounded())
    let gridRows = min(max(gridHeight, 1), shape.outputs)
    for gridRow in 0..<gridRows {
      let top = evenPlace(gridRow, of: gridRows, over: area.height - window.height)
      let gridColumns = evenPart(gridRow, of: shape.outputs, among: gridRows)
      for gridColumn in 0..<gridColumns {
        let left = evenPlace(gridColumn, of: gridColumns, over: area.width - window.width)
        for y in top..<top + window.height {
          let start = UInt32(y * area.width + left)
          rows.columns.append(contentsOf: start..<start + UInt32(window.width))
        }
        rows.endRow()
      }
    }
    return rows
  }
}
