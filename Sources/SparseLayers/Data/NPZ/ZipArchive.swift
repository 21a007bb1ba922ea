import CZip
import SparseCore

/// Owns a ZIP archive that libzip has open for reading.
@safe struct ZipArchive: ~Copyable {
  /// The file, as the caller named it.
  let path: String
  /// The names of the entries, in the order of the archive.
  let names: [String]
  /// Where each name is first.
  private let positions: [String: Int]
  private let archive: OpaquePointer
  private let fileBytes: Int

  private static let maximumEntries = 100_000

  /// Opens an archive and checks that its directory and its entries fit each other.
  init(path: String) throws {
    // libzip would also open a directory or wait for a pipe.
    let fileBytes = try BoundedFile(path: path, maximumBytes: DataLimits.fileBytes).byteCount
    let opened = unsafe try Self.open(path)
    let names: [String]
    do {
      names = unsafe try Self.names(of: opened, path: path)
    } catch {
      // SAFETY: just opened, and nobody else has seen it.
      unsafe zip_discard(opened)
      throw error
    }
    self.path = path
    self.names = names
    positions = Dictionary(
      names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    self.fileBytes = fileBytes
    unsafe archive = opened
  }

  deinit {
    // SAFETY: the archive came from zip_open and has no other owner; entries do not outlive it.
    unsafe zip_discard(archive)
  }

  private static func open(_ path: String) throws -> OpaquePointer {
    var code: Int32 = 0
    // SAFETY: the path is passed as a C string, and `code` is ours; both outlive the call.
    guard let archive = unsafe zip_open(path, ZIP_RDONLY | ZIP_CHECKCONS, &code) else {
      throw SparseError(
        .corruptFile,
        "\(path): is no whole NPZ (ZIP) file: \(reason(code)). Save or copy it again."
      )
    }
    return unsafe archive
  }

  private static func names(of archive: OpaquePointer, path: String) throws -> [String] {
    let count = unsafe zip_get_num_entries(archive, 0)
    guard count >= 0, count <= maximumEntries else {
      throw SparseError(
        .unsupported,
        "\(path): has \(count) entries; at most \(maximumEntries) are accepted. "
          + "Check that this is the right file."
      )
    }
    return try (0..<UInt64(count)).map { index in
      // SAFETY: libzip's names are C strings that live as long as the archive.
      guard let name = unsafe zip_get_name(archive, index, 0) else {
        throw SparseError(.corruptFile, "\(path): entry \(index) has no name. Save it again.")
      }
      return unsafe String(cString: name)
    }
  }

  /// Whether there is an entry of a name.
  func contains(_ name: String) -> Bool { positions[name] != nil }

  /// Opens an entry after its size was checked.
  ///
  /// - Parameters:
  ///   - name: The name of an entry.
  ///   - maximumBytes: The most decompressed bytes to accept.
  /// - Returns: The entry, which must not outlive this archive.
  /// - Throws: `SparseError` without the names of file and entry.
  func open(_ name: String, maximumBytes: Int) throws -> ZipEntry {
    guard let position = positions[name] else {
      throw SparseError(.invalidArgument, "is not in the archive.")
    }
    let index = UInt64(position)
    var status = unsafe zip_stat()
    // SAFETY: `status` is ours and outlives the call.
    guard unsafe zip_stat_index(archive, index, 0, &status) == 0 else { throw failure("look up") }
    let needed = UInt64(
      ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD
    )
    guard unsafe status.valid & needed == needed,
      let size = unsafe Int(exactly: status.size),
      let stored = unsafe Int(exactly: status.comp_size)
    else { throw SparseError(.corruptFile, "has no size in the archive. Save it again.") }
    guard unsafe status.encryption_method == ZIP_EM_NONE,
      unsafe [ZIP_CM_STORE, ZIP_CM_DEFLATE].contains(Int32(status.comp_method))
    else {
      throw SparseError(
        .unsupported,
        "is encrypted or compressed by other means than deflate. Save it with numpy.savez or "
          + "numpy.savez_compressed."
      )
    }
    let isStored = unsafe status.comp_method == UInt16(ZIP_CM_STORE)
    let possible = isStored ? stored : DataLimits.inflatedBytes(of: stored)
    guard stored <= fileBytes, size <= possible else {
      throw SparseError(
        .corruptFile,
        "promises \(size) bytes from \(stored) stored ones in a file of \(fileBytes), which "
          + "cannot be. Save it again."
      )
    }
    guard size <= maximumBytes else {
      throw SparseError(
        .unsupported,
        "has \(size) bytes; at most \(maximumBytes) are accepted. Save a part of it."
      )
    }
    guard let file = unsafe zip_fopen_index(archive, index, 0) else { throw failure("open") }
    return unsafe ZipEntry(file, byteCount: size)
  }

  private func failure(_ action: String) -> SparseError {
    // SAFETY: the archive is open; the text lives until the next call on it.
    let text = unsafe String(cString: zip_error_strerror(zip_get_error(archive)))
    return SparseError(.corruptFile, "cannot \(action): \(text). Save or copy the file again.")
  }

  private static func reason(_ code: Int32) -> String {
    var error = unsafe zip_error_t()
    // SAFETY: `error` is ours; the text lives until it is freed.
    unsafe zip_error_init_with_code(&error, code)
    defer { unsafe zip_error_fini(&error) }
    return unsafe String(cString: zip_error_strerror(&error))
  }
}

/// Owns one entry of a ZIP archive that is being read from its start to its end.
@safe struct ZipEntry: ~Copyable {
  private let file: OpaquePointer
  /// The number of decompressed bytes not yet read, by the archive's directory.
  private(set) var remainingBytes: Int

  fileprivate init(_ file: OpaquePointer, byteCount: Int) {
    unsafe self.file = unsafe file
    remainingBytes = byteCount
  }

  deinit {
    // SAFETY: the file came from zip_fopen_index and has no other owner.
    _ = unsafe zip_fclose(file)
  }

  /// Reads the next bytes.
  ///
  /// - Parameters:
  ///   - bytes: Where they go.
  ///   - target: The part of it to fill, not more than `remainingBytes`.
  /// - Throws: `SparseError` with code `.corruptFile` when the data are damaged or end too early.
  mutating func read(into bytes: inout [UInt8], _ target: Range<Int>) throws {
    precondition(target.lowerBound >= 0 && target.upperBound <= bytes.count, "array too short")
    precondition(target.count <= remainingBytes, "the entry has only \(remainingBytes) bytes left")
    var next = target.lowerBound
    while next < target.upperBound {
      // SAFETY: target.upperBound <= bytes.count was checked above.
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        guard let base = buffer.baseAddress else { return zip_int64_t(0) }
        return unsafe zip_fread(file, base + next, UInt64(target.upperBound - next))
      }
      guard count >= 0 else { throw failure() }
      guard count > 0 else {
        throw SparseError(
          .corruptFile,
          "ends \(remainingBytes - (next - target.lowerBound)) bytes too early. "
            + "Save or copy the file again."
        )
      }
      next += Int(count)
    }
    remainingBytes -= target.count
  }

  /// Checks that the entry ends here; libzip compares its checksum when it does.
  mutating func finish() throws {
    var byte: UInt8 = 0
    // SAFETY: one byte of our own.
    let count = unsafe zip_fread(file, &byte, 1)
    guard count >= 0 else { throw failure() }
    guard count == 0, remainingBytes == 0 else {
      throw SparseError(
        .corruptFile,
        "is longer than the archive promises. Save or copy the file again."
      )
    }
  }

  private func failure() -> SparseError {
    // SAFETY: the file is open; the text lives until the next call on it.
    let text = unsafe String(cString: zip_error_strerror(zip_file_get_error(file)))
    return SparseError(.corruptFile, "is damaged: \(text). Save or copy the file again.")
  }
}
