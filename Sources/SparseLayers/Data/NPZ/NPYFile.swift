import SparseCore

extension NPYArray {
  /// Reads an `.npy` file as `numpy.save` writes it, perhaps compressed by gzip.
  ///
  /// - Parameter path: The file.
  /// - Throws: `SparseError` with code `.corruptFile` when the file does not hold exactly what its
  ///   header promises, `.unsupported` for an array that is too large, stored column by column, or
  ///   of a type that is not read, `.fileSystem` when it cannot be read.
  package init(path: String) throws {
    var reader = try GzipReader(path: path, maximumFileBytes: DataLimits.arrayBytes)
    self = try prefixingErrors(with: path) {
      func take(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard try reader.read(into: &bytes, 0..<count) == count else {
          throw SparseError(
            .corruptFile, "ends before its .npy header does. Save it again with numpy.save.")
        }
        return bytes
      }
      let lengthBytes = try NPYHeader.lengthBytes(afterMagic: take(NPYHeader.magicBytes))
      let header = try NPYHeader(text: take(NPYHeader.textBytes(take(lengthBytes))))
      let possible = min(DataLimits.arrayBytes, reader.maximumOutputBytes - reader.outputBytes)
      guard header.byteCount <= possible else {
        throw Self.wrongSize(header, "at most \(possible)")
      }
      let array = try NPYDecoder(header: header).decode { bytes, target in
        guard try reader.read(into: &bytes, target) == target.count else {
          throw Self.wrongSize(header, "fewer")
        }
      }
      var rest: [UInt8] = [0]
      guard try reader.read(into: &rest, 0..<1) == 0 else { throw Self.wrongSize(header, "more") }
      return array
    }
  }

  private static func wrongSize(_ header: NPYHeader, _ found: String) -> SparseError {
    SparseError(
      .corruptFile,
      "promises \(header.byteCount) bytes of elements, but \(found) follow its header. "
        + "Save it again with numpy.save."
    )
  }
}
