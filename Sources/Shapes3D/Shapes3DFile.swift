internal import CHDF5
internal import SparseCore
internal import SparseLayers

/// The file `3dshapes.h5` of 480,000 images, each of a coloured object in a coloured room.
///
/// C. Burgess, H. Kim, *3D Shapes Dataset*, 2018, https://github.com/google-deepmind/3d-shapes.
/// `images` is `[samples, 64, 64, 3]` of bytes, `labels` `[samples, 6]` of floating-point numbers. The
/// file is read in slices, never whole: some 6 GB of pixels.
public struct Shapes3DFile: ~Copyable {
  /// The rows and the columns of an image.
  public static let side = 64

  /// The number of images.
  public let sampleCount: Int

  private let path: String
  private let file: HDF5Handle
  private let images: HDF5Dataset
  private let labels: HDF5Dataset

  /// The most images of a file; the published one has 480,000.
  private static let maximumSamples = 1 << 22
  /// The most bytes of images read at once.
  private static let sliceBytes = 256 << 20
  /// The most bytes of images that are returned together.
  private static let maximumBytes = 2 << 30

  /// Opens a file.
  ///
  /// - Parameter path: The file.
  /// - Throws: `SparseError.Code.corruptFile` when it is no such file, `fileSystem` when it cannot be
  ///   read.
  public init(path: String) throws {
    // libhdf5 does not say why it cannot open a file; this does.
    _ = try BoundedFile(path: path, maximumBytes: 64 << 30)
    csh_silence()
    // SAFETY: the path is passed as a C string, which the call does not keep.
    guard let file = unsafe HDF5Handle(H5Fopen(path, csh_read_only(), csh_default()), H5Fclose)
    else {
      throw SparseError(
        .corruptFile,
        "\(path): is no whole HDF5 file. Give the file 3dshapes.h5 of the 3D Shapes data set.")
    }
    let images = try HDF5Dataset("images", in: file, path: path, element: .bytes)
    let labels = try HDF5Dataset("labels", in: file, path: path, element: .doubles)
    guard images.shape.count == 4, Array(images.shape.dropFirst()) == [Self.side, Self.side, 3]
    else { throw Self.misshapen(images.place, images.shape, "[samples, 64, 64, 3]") }
    guard labels.shape.count == 2, labels.shape[1] == Shapes3DFactor.allCases.count else {
      throw Self.misshapen(labels.place, labels.shape, "[samples, 6]")
    }
    guard images.shape[0] == labels.shape[0], images.shape[0] >= 1 else {
      throw SparseError(
        .corruptFile,
        "\(path): has \(images.shape[0]) images, but labels of \(labels.shape[0]); there must be as "
          + "many, and at least one.")
    }
    guard images.shape[0] <= Self.maximumSamples else {
      throw SparseError(
        .unsupported,
        "\(path): promises \(images.shape[0]) images; at most \(Self.maximumSamples) are accepted. "
          + "Check that this is the right file.")
    }
    sampleCount = images.shape[0]
    self.path = path
    self.file = file
    self.images = images
    self.labels = labels
  }

  private static func misshapen(_ place: String, _ shape: [Int], _ wanted: String) -> SparseError {
    SparseError(.corruptFile, "\(place): has the shape \(shape), but must have \(wanted).")
  }

  /// Reads the classes of all images.
  ///
  /// - Returns: Per factor, in the order of its cases, one class per image.
  /// - Throws: `SparseError.Code.corruptFile` that names the row and a value that is none of the
  ///   factor's.
  public func factorLabels() throws -> [[Int32]] {
    let factors = Shapes3DFactor.allCases
    var result = factors.map { _ in [Int32]() }
    for start in stride(from: 0, to: sampleCount, by: 65_536) {
      let rows = start..<min(start + 65_536, sampleCount)
      let values = try labels.doubles(rows)
      for (index, row) in rows.enumerated() {
        for (column, factor) in factors.enumerated() {
          let value = values[index * factors.count + column]
          guard let label = factor.label(of: value) else {
            throw SparseError(
              .corruptFile,
              "\(labels.place): row \(row) has the \(factor.rawValue) \(value), which is none of its "
                + "\(factor.classCount) values. Check that this is the right file.")
          }
          result[column].append(label)
        }
      }
    }
    return result
  }

  /// Reads some images, in slices.
  ///
  /// - Parameters:
  ///   - samples: Indices of images, increasing.
  ///   - form: What becomes of each image.
  ///   - progress: Called with the number of images behind.
  /// - Returns: The images, one after the other, each as `form` says.
  /// - Throws: `SparseError.Code.invalidArgument` when they are too many to hold, `corruptFile` when
  ///   the file is damaged.
  public func pixels(
    of samples: [Int], as form: Shapes3DForm, progress: (Int) -> Void = { _ in }
  ) throws -> [UInt8] {
    let (bytes, overflow) = samples.count.multipliedReportingOverflow(by: form.featureCount)
    guard !overflow, bytes <= Self.maximumBytes else {
      throw SparseError(
        .invalidArgument,
        "\(path): \(samples.count) images of \(form.featureCount) bytes are more than "
          + "\(Self.maximumBytes). Take fewer of them, make them smaller or grey.")
    }
    let imageBytes = images.rowCount
    // Chunks are decompressed once where a slice holds whole ones.
    let rows = min(max(images.chunkRows ?? 256, 256), Self.sliceBytes / imageBytes)
    var result: [UInt8] = []
    result.reserveCapacity(bytes)
    var rest = samples[...]
    for start in stride(from: 0, to: sampleCount, by: rows) {
      let slice = start..<min(start + rows, sampleCount)
      let chosen = rest.prefix { slice.contains($0) }
      rest = rest.dropFirst(chosen.count)
      guard let first = chosen.first, let last = chosen.last else { continue }
      let pixels = try images.bytes(first..<last + 1)
      for sample in chosen {
        let place = (sample - first) * imageBytes
        form.append(pixels[place..<place + imageBytes], to: &result)
      }
      progress(slice.upperBound)
    }
    precondition(rest.isEmpty, "samples must increase and be below \(sampleCount)")
    return result
  }
}
