internal import SparseCore

/// What becomes of an image of 3D Shapes: how large, and in colour or grey.
public struct Shapes3DForm: Hashable, Sendable {
  /// The divisors of the side that images can be made smaller by.
  public static let factors = [1, 2, 4, 8, 16]

  /// How many rows and columns become one, as their mean.
  public let downsampling: Int
  /// Whether the three channels become one, by the weights of ITU-R BT.601.
  public let isGray: Bool

  /// Creates a form.
  ///
  /// - Parameters:
  ///   - downsampling: How many rows and columns become one.
  ///   - isGray: Whether the channels become one.
  /// - Throws: `SparseError.Code.invalidArgument` when the side cannot be divided so.
  public init(downsampling: Int = 1, isGray: Bool = false) throws {
    guard Self.factors.contains(downsampling) else {
      throw SparseError(
        .invalidArgument,
        "Images are made smaller by \(Self.factors.map(String.init).joined(separator: ", ")), not "
          + "by \(downsampling).")
    }
    self.downsampling = downsampling
    self.isGray = isGray
  }

  /// The rows and the columns of the result.
  public var side: Int { Shapes3DFile.side / downsampling }

  /// The bytes of the result: row by row, the channels of a pixel beside each other.
  public var featureCount: Int { side * side * (isGray ? 1 : 3) }

  /// Appends an image in this form.
  ///
  /// - Parameters:
  ///   - image: `[64, 64, 3]`, row-major.
  ///   - result: Where to append.
  func append(_ image: ArraySlice<UInt8>, to result: inout [UInt8]) {
    if downsampling == 1, !isGray { return result += image }
    let area = downsampling * downsampling
    for row in 0..<side {
      for column in 0..<side {
        var sums = (0, 0, 0)
        for y in row * downsampling..<(row + 1) * downsampling {
          for x in column * downsampling..<(column + 1) * downsampling {
            let pixel = image.startIndex + (y * Shapes3DFile.side + x) * 3
            sums.0 += Int(image[pixel])
            sums.1 += Int(image[pixel + 1])
            sums.2 += Int(image[pixel + 2])
          }
        }
        if isGray {
          // 0.299, 0.587 and 0.114 in parts of 1000, rounded.
          let sum = 299 * sums.0 + 587 * sums.1 + 114 * sums.2
          result.append(UInt8((sum + 500 * area) / (1000 * area)))
        } else {
          for sum in [sums.0, sums.1, sums.2] { result.append(UInt8((sum + area / 2) / area)) }
        }
      }
    }
  }
}
