import SparseCore

/// The contents of an IDX file of unsigned bytes, the format of MNIST's images and labels.
///
/// The file has a magic number (two zero bytes, the element type, the number of dimensions), one
/// 32-bit big-endian number per dimension, and the elements, row-major. It may be compressed by gzip.
package struct IDXFile: Sendable {
  /// The size of each dimension; for images the count, the rows and the columns.
  package let dimensions: [Int]

  /// The elements, row-major.
  package let bytes: [UInt8]

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: An IDX file, perhaps compressed by gzip.
  ///   - rank: The number of dimensions the file must have: 3 for images, 1 for labels.
  ///   - maximumBytes: The most elements to accept, and the largest file.
  /// - Throws: `SparseError` with code `.corruptFile` when the file is not IDX or its size is not
  ///   exactly the promised one, `.unsupported` when it holds other elements than bytes or more than
  ///   `maximumBytes`, `.fileSystem` when it cannot be read.
  /// - Precondition: `rank` is in 1...255.
  package init(path: String, rank: Int, maximumBytes: Int? = nil) throws {
    let limit = maximumBytes ?? DataLimits.arrayBytes
    var reader = try GzipReader(path: path, maximumFileBytes: limit)
    dimensions = try Self.readHeader(&reader, rank: rank)
    let promised = try Self.byteCount(dimensions, limit: limit, path: path)
    let headerBytes = reader.outputBytes
    let possible = reader.maximumOutputBytes - headerBytes
    guard promised <= possible else {
      throw Self.wrongSize(
        path,
        dimensions,
        promised,
        reader.isCompressed ? "at most \(possible)" : "\(possible)"
      )
    }
    var bytes = [UInt8](repeating: 0, count: promised)
    let count = try reader.read(into: &bytes, 0..<promised)
    let excess = count < promised ? 0 : try Self.remaining(&reader, limit: limit)
    guard count == promised, excess == 0 else {
      let more = excess > limit ? "more than " : ""
      throw Self.wrongSize(path, dimensions, promised, "\(more)\(count + excess)")
    }
    self.bytes = bytes
  }

  private static func readHeader(_ reader: inout GzipReader, rank: Int) throws -> [Int] {
    precondition((1...255).contains(rank), "an IDX file has 1 to 255 dimensions, not \(rank)")
    var header = [UInt8](repeating: 0, count: 4 + 4 * rank)
    let count = try reader.read(into: &header, 0..<header.count)
    let expected = "00 00 08 \(hexadecimal(UInt8(rank)))"
    guard count >= 4 else {
      throw SparseError(
        .corruptFile,
        "\(reader.path): holds \(count) bytes, too few for an IDX file. Download or copy it again."
      )
    }
    guard header.starts(with: [0, 0, 8, UInt8(rank)]) else {
      let found = header.prefix(4).map(hexadecimal).joined(separator: " ")
      let isOtherIDX = header[0] == 0 && header[1] == 0 && (0x08...0x0e).contains(header[2])
      throw SparseError(
        isOtherIDX ? .unsupported : .corruptFile,
        "\(reader.path): begins with \(found), but an IDX file of unsigned bytes in \(rank) "
          + "dimension\(rank == 1 ? "" : "s") begins with \(expected). Check that this is the "
          + "right file."
      )
    }
    guard count == header.count else {
      throw SparseError(
        .corruptFile,
        "\(reader.path): ends after \(count) of the \(header.count) bytes of its header. "
          + "Download or copy it again."
      )
    }
    return (1...rank).map { index in
      header[4 * index..<4 * index + 4].reduce(0) { $0 << 8 | Int($1) }
    }
  }

  private static func byteCount(_ dimensions: [Int], limit: Int, path: String) throws -> Int {
    var product = 1
    for size in dimensions {
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      guard !overflow, next <= limit else {
        throw SparseError(
          .unsupported,
          "\(path): promises \(text(dimensions)) elements; at most \(limit) are accepted here. "
            + "Check that the file is whole."
        )
      }
      product = next
    }
    return product
  }

  /// Counts what follows the promised elements, up to a limit.
  private static func remaining(_ reader: inout GzipReader, limit: Int) throws -> Int {
    var scratch = [UInt8](repeating: 0, count: 1 << 16)
    var total = 0
    while total <= limit {
      let count = try reader.read(into: &scratch, 0..<scratch.count)
      if count == 0 { break }
      total += count
    }
    return total
  }

  private static func wrongSize(
    _ path: String,
    _ dimensions: [Int],
    _ promised: Int,
    _ found: String
  ) -> SparseError {
    SparseError(
      .corruptFile,
      "\(path): its header promises \(text(dimensions)) = \(promised) bytes, but it holds "
        + "\(found). Download or copy the file again."
    )
  }

  private static func text(_ dimensions: [Int]) -> String {
    dimensions.map(String.init).joined(separator: "×")
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}
