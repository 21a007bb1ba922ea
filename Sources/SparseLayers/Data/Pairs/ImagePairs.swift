internal import SparseCore

/// Two images in one, with a task for each: the two-digit benchmarks of multi-task learning.
///
/// One image lies in the top left corner of the canvas, the other in the bottom right one, eight
/// pixels down and to the right: 28×28 images share a canvas of 36×36, and overlap in 20×20 pixels,
/// where the brighter pixel counts. Any two classes may meet, and every image is used about as often
/// as every other.
///
/// MultiMNIST: two digits (S. Sabour, N. Frosst, G. E. Hinton, *Dynamic Routing Between Capsules*,
/// NeurIPS 2017, arXiv:1710.09829, where the digits are shifted at random; the fixed corners are those
/// of O. Sener, V. Koltun, *Multi-Task Learning as Multi-Objective Optimization*, NeurIPS 2018,
/// arXiv:1810.04650). Multi-Fashion+MNIST: a digit and a piece of clothing (X. Lin, H.-L. Zhen, Z. Li,
/// Q. Zhang, S. Kwong, *Pareto Multi-Task Learning*, NeurIPS 2019, arXiv:1912.12854).
public struct ImagePairs: Sendable {
  /// How far the right image lies below and to the right of the left one, in pixels.
  public static let offset = 8

  /// The most pairs of one part.
  public static let maximumCount = 500_000

  /// The share of the training images that only validation pairs are made of.
  public static let validationShare = 1.0 / 6

  /// The tasks, in order: the class of each image.
  public static let tasks = ["left", "right"]

  /// How many pairs to make of each part.
  public struct Counts: Hashable, Sendable {
    /// The pairs of training images.
    public var training = 60_000
    /// The pairs of held-out training images; 0 for no validation part.
    public var validation = 10_000
    /// The pairs of test images.
    public var test = 10_000

    /// The usual counts.
    public init() {}
  }

  private let left: DatasetParts
  private let right: DatasetParts
  private let seed: UInt64
  private let shape: ImageShape

  /// Takes two sets of images.
  ///
  /// - Parameters:
  ///   - left: The images of the top left corner; their first target is the task `left`.
  ///   - right: The images of the bottom right corner, of the same shape; may be the same.
  ///   - seed: Decides which images are held out, and which meet.
  /// - Throws: `SparseError.Code.shapeMismatch` when they are no byte images of one shape.
  public init(left: DatasetParts, right: DatasetParts, seed: UInt64) throws {
    guard let shape = left.training.imageShape, shape == right.training.imageShape,
      case .bytes = left.training.features, case .bytes = right.training.features,
      !left.training.targets.isEmpty, !right.training.targets.isEmpty
    else {
      func text(_ part: Dataset) -> String { part.imageShape?.description ?? "no images" }
      throw SparseError(
        .shapeMismatch,
        """
        Pairs are made of labelled byte images of one shape, but the left ones are \
        \(text(left.training)) and the right ones \(text(right.training)). Give images alike.
        """)
    }
    (self.left, self.right, self.seed, self.shape) = (left, right, seed, shape)
  }

  /// The shape of the canvas.
  public var canvas: ImageShape {
    ImageShape(rows: shape.rows + Self.offset, columns: shape.columns + Self.offset)
  }

  /// Makes the pairs.
  ///
  /// Training, validation and test pairs have no image in common; where both sides are the same data,
  /// not even across the sides.
  ///
  /// - Parameter counts: How many pairs to make of each part.
  /// - Returns: The parts, with the targets `left` and `right`.
  /// - Throws: `SparseError.Code.invalidArgument` when a count is out of range, or there are too few
  ///   images to hold any out.
  public func parts(_ counts: Counts) throws -> DatasetParts {
    let (least, most) = (
      min(counts.training, counts.test), max(counts.training, counts.validation, counts.test)
    )
    guard least >= 1, counts.validation >= 0, most <= Self.maximumCount else {
      throw SparseError(
        .invalidArgument,
        """
        \(counts.training) training, \(counts.validation) validation and \(counts.test) test pairs \
        are asked for; possible are 1 to \(Self.maximumCount), and 0 for validation.
        """)
    }
    let (bytes, overflow) = most.multipliedReportingOverflow(by: canvas.pixelCount)
    guard !overflow, bytes <= DataLimits.arrayBytes else {
      throw SparseError(
        .unsupported,
        """
        \(most) pairs of \(canvas) pixels take more than the \(DataLimits.arrayBytes) bytes that one \
        part may have. Make fewer pairs.
        """)
    }
    let fraction = counts.validation == 0 ? 0 : Self.validationShare
    // One purpose for both sides: the same data are split in the same way.
    let (leftSplit, rightSplit) = try (
      left.training.split(fraction: fraction, seed: seed, purpose: "held-out images"),
      right.training.split(fraction: fraction, seed: seed, purpose: "held-out images")
    )
    func side(
      _ name: String, _ part: String, of data: Dataset, _ images: [Int], _ count: Int
    ) -> Side {
      let stream = RandomStream(seed: seed, purpose: "\(name) images of \(part) pairs")
      return Side(data, chosen: Self.draw(count, from: images, stream))
    }
    func pairs(
      _ part: String, _ count: Int, _ leftData: Dataset, _ leftImages: [Int], _ rightData: Dataset,
      _ rightImages: [Int]
    ) throws -> Dataset {
      try dataset(
        side("left", part, of: leftData, leftImages, count),
        side("right", part, of: rightData, rightImages, count))
    }
    return try DatasetParts(
      training: pairs(
        "training", counts.training, left.training, leftSplit.training, right.training,
        rightSplit.training),
      validation: counts.validation == 0
        ? nil
        : pairs(
          "validation", counts.validation, left.training, leftSplit.validation, right.training,
          rightSplit.validation),
      test: pairs(
        "test", counts.test, left.test, Array(0..<left.test.sampleCount), right.test,
        Array(0..<right.test.sampleCount)))
  }

  /// Images in random order, all of them once before any comes again.
  private static func draw(_ count: Int, from images: [Int], _ stream: RandomStream) -> [Int] {
    var stream = stream
    var drawn: [Int] = []
    drawn.reserveCapacity(count)
    while drawn.count < count {
      var round = images
      stream.shuffle(&round)
      drawn += round.prefix(count - drawn.count)
    }
    return drawn
  }

  /// The images of one corner.
  private struct Side {
    let data: Dataset
    let chosen: [Int]

    init(_ data: Dataset, chosen: [Int]) {
      self.data = data
      self.chosen = chosen
    }

    func target(_ name: String) -> Target {
      Target(
        name: name, classNames: data.targets[0].classNames,
        labels: chosen.map { data.targets[0].labels[$0] })
    }

    var pixels: [UInt8] {
      guard case .bytes(let pixels) = data.features else { return [] }
      return pixels
    }
  }

  private func dataset(_ left: Side, _ right: Side) throws -> Dataset {
    let canvas = canvas
    var pixels = [UInt8](repeating: 0, count: left.chosen.count * canvas.pixelCount)
    for (side, corner) in [(left, 0), (right, Self.offset)] {
      let source = side.pixels
      for (pair, image) in side.chosen.enumerated() {
        for row in 0..<shape.rows {
          let from = image * shape.pixelCount + row * shape.columns
          let to = pair * canvas.pixelCount + (row + corner) * canvas.columns + corner
          for column in 0..<shape.columns {
            pixels[to + column] = max(pixels[to + column], source[from + column])
          }
        }
      }
    }
    return try Dataset(
      features: .bytes(pixels), featureCount: canvas.pixelCount, imageShape: canvas,
      targets: [left.target(Self.tasks[0]), right.target(Self.tasks[1])])
  }
}
