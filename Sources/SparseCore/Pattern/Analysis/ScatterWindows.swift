/// Neighbouring neurons of a layer, looked at together to see how evenly connections are spread.
///
/// Windows follow each other at a fixed distance; one that would reach beyond the end is left out, as
/// in the published definition. A window is a run of neurons, or a patch of an image.
public struct ScatterWindows: Hashable, Sendable {
  /// One direction of an image: how long it and a window are, and how far apart windows start.
  private struct Axis: Hashable {
    let length: Int
    let size: Int
    let step: Int

    var windows: Int { (length - size) / step + 1 }

    /// The windows that contain a position.
    func windows(at position: Int) -> Range<Int> {
      let last = min(position / step, windows - 1)
      let first = position < size ? 0 : (position - size) / step + 1
      return first..<max(first, last + 1)
    }
  }

  private let vertical: Axis
  private let horizontal: Axis

  /// The number of windows, at least 1.
  public var count: Int { vertical.windows * horizontal.windows }

  /// The neurons of each window.
  public var size: Int { vertical.size * horizontal.size }

  /// The neurons that the windows are laid over: the first ones of the layer.
  public var neurons: Int { vertical.length * horizontal.length }

  /// Lays runs of neurons over a layer.
  ///
  /// - Parameters:
  ///   - neurons: The neurons of the layer.
  ///   - size: The neurons of a window.
  ///   - step: The distance from one window's first neuron to the next one's; `size` without it.
  /// - Throws: `SparseError.Code.invalidArgument` when no window fits.
  public init(neurons: Int, size: Int, step: Int? = nil) throws {
    vertical = Axis(length: 1, size: 1, step: 1)
    horizontal = try Self.axis(neurons, size, step)
  }

  /// Lays patches over an image that is stored row after row, from the layer's first neuron on.
  ///
  /// Neurons behind the image, such as those that pad it, are in no window.
  ///
  /// - Parameters:
  ///   - imageRows: The height of the image.
  ///   - imageColumns: The width of the image.
  ///   - patchRows: The height of a patch.
  ///   - patchColumns: The width of a patch.
  ///   - step: The distance from a patch to the next in both directions; without it patches lie side
  ///     by side.
  /// - Throws: `SparseError.Code.invalidArgument` when no patch fits.
  public init(
    imageRows: Int, imageColumns: Int, patchRows: Int, patchColumns: Int, step: Int? = nil
  ) throws {
    vertical = try Self.axis(imageRows, patchRows, step)
    horizontal = try Self.axis(imageColumns, patchColumns, step)
  }

  private static func axis(_ length: Int, _ size: Int, _ step: Int?) throws -> Axis {
    let step = step ?? size
    guard 1...Pattern.maximumNeurons ~= length, 1...length ~= size, step >= 1 else {
      throw SparseError(
        .invalidArgument,
        "Windows of \(size) at a distance of \(step) cannot be laid over \(length) neurons. Sizes go "
          + "from 1 to the number of neurons, distances from 1.")
    }
    return Axis(length: length, size: size, step: step)
  }

  /// The smallest windows for which the ideal number of connections is whole.
  ///
  /// Where degrees are not whole themselves, the smallest with an ideal of at least one connection.
  ///
  /// - Parameters:
  ///   - neurons: The neurons of the layer.
  ///   - degree: The connections of each neuron on the other side.
  /// - Returns: Runs of at least one neuron, side by side.
  public static func smallest(neurons: Int, degree: Double) -> Self {
    var size = neurons
    if degree >= Double(neurons) {
      size = 1
    } else if let whole = Int(exactly: degree), whole > 0 {
      size = neurons / greatestCommonDivisor(neurons, whole)
    } else if degree > 0 {
      size = min(neurons, Int((Double(neurons) / degree).rounded(.up)))
    }
    return Self(neurons: neurons, checkedSize: size)
  }

  private init(neurons: Int, checkedSize size: Int) {
    vertical = Axis(length: 1, size: 1, step: 1)
    horizontal = Axis(length: neurons, size: size, step: size)
  }

  /// Calls a closure for every window that contains a neuron.
  func forEachWindow(containing neuron: Int, _ body: (Int) -> Void) {
    guard neuron < neurons else { return }
    let (row, column) = neuron.quotientAndRemainder(dividingBy: horizontal.length)
    for down in vertical.windows(at: row) {
      for across in horizontal.windows(at: column) { body(down * horizontal.windows + across) }
    }
  }
}
