import SparseCore

/// A file of named arrays as `numpy.savez` and `numpy.savez_compressed` write it, open for reading.
///
///     let file = try NPZFile(path: "digits.npz")
///     let labels = try file.array(named: "ytr")
///
/// Nothing is decompressed before its size was compared with what the file can hold, and the
/// checksum of every array that is read is verified. Pickled objects are never read.
package struct NPZFile: ~Copyable {
  /// The file, as the caller named it.
  package let path: String

  /// The names of the arrays, in the order of the file.
  package let names: [String]

  private let archive: ZipArchive

  /// Opens a file and reads its directory.
  ///
  /// - Parameter path: An NPZ file.
  /// - Throws: `SparseError` with code `.corruptFile` when the file is no whole ZIP archive,
  ///   `.fileSystem` when it cannot be read, `.unsupported` when it is too large.
  package init(path: String) throws {
    archive = try ZipArchive(path: path)
    names = archive.names.filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) }
    self.path = path
  }

  /// Reads one array.
  ///
  /// - Parameter name: One of `names`.
  /// - Returns: The array, row-major.
  /// - Throws: `SparseError` with code `.invalidArgument` when there is no such array,
  ///   `.unsupported` for an array that is too large, stored column by column, or of a type that is
  ///   not read, `.corruptFile` for one that is damaged.
  package func array(named name: String) throws -> NPYArray {
    try array(named: name, maximumBytes: DataLimits.arrayBytes)
  }

  /// The names of the first arrays, for a message.
  var namesExcerpt: String {
    let shown = names.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
    return names.isEmpty ? "none" : names.count > 20 ? "\(shown), …" : shown
  }

  /// Reads one array of at most so many bytes, its header included.
  func array(named name: String, maximumBytes: Int) throws -> NPYArray {
    guard archive.contains("\(name).npy") else {
      throw SparseError(
        .invalidArgument,
        "\(path): has no array '\(name)'; it has \(namesExcerpt). Save the array under that name."
      )
    }
    return try prefixingErrors(with: "\(path): array '\(name)'") {
      var entry = try archive.open("\(name).npy", maximumBytes: maximumBytes)
      let header = try Self.readHeader(&entry)
      guard header.byteCount == entry.remainingBytes else {
        throw SparseError(
          .corruptFile,
          "promises \(header.byteCount) bytes of elements, but \(entry.remainingBytes) follow its "
            + "header. Save it again with numpy.savez."
        )
      }
      let array = try NPYDecoder(header: header).decode { bytes, target in
        try entry.read(into: &bytes, target)
      }
      try entry.finish()
      return array
    }
  }

  private static func readHeader(_ entry: inout ZipEntry) throws -> NPYHeader {
    func take(_ count: Int) throws -> [UInt8] {
      guard count <= entry.remainingBytes else {
        throw SparseError(
          .corruptFile,
          "ends before its .npy header does: \(count) bytes are missing from "
            + "\(entry.remainingBytes). Save it again with numpy.savez."
        )
      }
      var bytes = [UInt8](repeating: 0, count: count)
      try entry.read(into: &bytes, 0..<count)
      return bytes
    }
    let lengthBytes = try NPYHeader.lengthBytes(afterMagic: take(NPYHeader.magicBytes))
    return try NPYHeader(text: take(NPYHeader.textBytes(take(lengthBytes))))
  }
}
