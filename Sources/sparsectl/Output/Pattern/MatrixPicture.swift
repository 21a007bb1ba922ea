import Foundation
import SparseCore

/// A pattern's matrix with its axes, drawn as SVG.
///
/// A matrix of up to 512 neurons a side is drawn connection by connection; a larger one as the density
/// of its parts, in shades up to that of the densest.
struct MatrixPicture {
  /// The size of the matrix in pixels, a whole number for each of its cells.
  let width: Double
  let height: Double

  /// Whether a cell stands for several neurons.
  var isGathered: Bool { grid.rows < pattern.outputs || grid.columns < pattern.inputs }

  private let pattern: Pattern
  private let grid: DensityGrid

  private static let longestSide = 540.0
  private static let shortestSide = 160.0
  private static let exactNeurons = 512
  private static let gatheredCells = 270

  init(_ pattern: Pattern) {
    self.pattern = pattern
    let longest = max(pattern.inputs, pattern.outputs)
    grid = DensityGrid(
      pattern, maximumRows: Self.cells(for: pattern.outputs, longest: longest),
      maximumColumns: Self.cells(for: pattern.inputs, longest: longest))
    width = Self.side(of: grid.columns, share: Double(pattern.inputs) / Double(longest))
    height = Self.side(of: grid.rows, share: Double(pattern.outputs) / Double(longest))
  }

  /// How many cells show some neurons: one each, or one for each few, as many as on the longest side.
  private static func cells(for neurons: Int, longest: Int) -> Int {
    // A short side is stretched, and has room for all its neurons.
    guard longest > exactNeurons, longestSide * Double(neurons) / Double(longest) > shortestSide
    else { return min(neurons, exactNeurons) }
    let together = (longest + gatheredCells - 1) / gatheredCells
    return (neurons + together - 1) / together
  }

  /// The pixels of a side, a whole number for each cell: other cells would differ in size.
  private static func side(of cells: Int, share: Double) -> Double {
    let wanted = max(longestSide * share, shortestSide)
    return max((wanted / Double(cells)).rounded(), 1) * Double(cells)
  }

  /// Draws the matrix and its axes.
  ///
  /// - Parameters:
  ///   - x: The left edge of the matrix; the outputs' axis is left of it.
  ///   - y: Its upper edge; the inputs' axis is below it.
  ///   - canvas: What to draw on.
  func draw(x: Double, y: Double, on canvas: inout SVGCanvas) {
    let scaleX = width / Double(grid.columns)
    let scaleY = height / Double(grid.rows)
    for (level, path) in paths.enumerated() where !path.isEmpty {
      canvas.path(
        path, x: x, y: y, scaleX: scaleX, scaleY: scaleY, fill: Self.color(ofLevel: level + 1))
    }
    canvas.rectangle(
      x: x - 0.5, y: y - 0.5, width: width + 1, height: height + 1, border: "#999")
    drawAxes(x: x, y: y, on: &canvas)
  }
}

// MARK: - Cells

extension MatrixPicture {
  private static let levels = 16

  /// For each shade, the runs of cells that have it.
  private var paths: [String] {
    grid.paths(shades: Self.levels) { row, column, length in
      "M\(column) \(row)h\(length)v1h-\(length)z"
    }
  }

  /// From a light to a dark blue.
  private static func color(ofLevel level: Int) -> String {
    let stops: [[Double]] = [[226, 237, 248], [92, 150, 208], [10, 48, 105]]
    let position = 2 * Double(level) / Double(levels)
    let first = min(Int(position), 1)
    let share = position - Double(first)
    let channels = zip(stops[first], stops[first + 1]).map {
      Int(($0 + ($1 - $0) * share).rounded())
    }
    return String(format: "#%02x%02x%02x", channels[0], channels[1], channels[2])
  }
}

// MARK: - Axes and legend

extension MatrixPicture {
  private func drawAxes(x: Double, y: Double, on canvas: inout SVGCanvas) {
    for tick in Self.ticks(upTo: pattern.inputs, pixels: width) {
      let place = x + width * Double(tick) / Double(pattern.inputs)
      canvas.line(x1: place, y1: y + height, x2: place, y2: y + height + 5)
      canvas.text(Text.count(tick), x: place, y: y + height + 18, .init(size: 11, anchor: .middle))
    }
    for tick in Self.ticks(upTo: pattern.outputs, pixels: height) {
      let place = y + height * Double(tick) / Double(pattern.outputs)
      canvas.line(x1: x - 5, y1: place, x2: x, y2: place)
      canvas.text(Text.count(tick), x: x - 8, y: place + 4, .init(size: 11, anchor: .end))
    }
    canvas.text(
      "inputs (left neurons)", x: x + width / 2, y: y + height + 38,
      .init(size: 13, anchor: .middle))
    canvas.text(
      "outputs (right neurons)", x: x - 50, y: y + height / 2,
      .init(size: 13, anchor: .middle, isVertical: true))
  }

  /// Round numbers from 0 up, not closer than labels can stand.
  private static func ticks(upTo neurons: Int, pixels: Double) -> StrideThrough<Int> {
    let most = max(pixels / 60, 1)
    var power = 1
    while true {
      for factor in [1, 2, 5] where Double(neurons) / Double(factor * power) <= most {
        return stride(from: 0, through: neurons, by: factor * power)
      }
      power *= 10
    }
  }

  /// The height of the legend in pixels.
  static let legendHeight = 64.0

  /// Draws the shades with the densities that they stand for.
  func drawLegend(x: Double, y: Double, width: Double, on canvas: inout SVGCanvas) {
    canvas.text(legendTitle, x: x, y: y + 12, .init(isBold: true))
    let step = width / Double(Self.levels)
    for level in 1...Self.levels {
      canvas.rectangle(
        x: x + Double(level - 1) * step, y: y + 22, width: step + 0.5, height: 12,
        fill: Self.color(ofLevel: level))
    }
    canvas.text("0", x: x, y: y + 49, .init(size: 11))
    canvas.text(
      Text.number(grid.maximum, decimals: 3), x: x + width, y: y + 49,
      .init(size: 11, anchor: .end))
  }

  private var legendTitle: String {
    let (inputs, outputs) = grid.neuronsPerCell(of: pattern)
    return "density of \(inputs)×\(outputs) neurons"
  }
}
