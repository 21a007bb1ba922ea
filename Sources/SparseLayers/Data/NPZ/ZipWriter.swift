import CZip
import SparseCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Makes ZIP archives in memory, whose bytes depend on nothing but their entries.
enum ZipWriter {
  /// Makes an archive of deflated entries.
  ///
  /// - Parameter entries: What to put in, in order, under different names.
  /// - Returns: The whole archive.
  /// - Throws: `SparseError.Code.backend` when libzip refuses, as for want of memory.
  static func archive(of entries: [(name: String, bytes: [UInt8])]) throws -> [UInt8] {
    // SAFETY: an empty buffer that libzip grows; no error is asked for.
    guard let target = unsafe zip_source_buffer_create(nil, 0, 0, nil) else {
      throw failure("begin an archive")
    }
    // SAFETY: two references, one of them ours, the other the archive's.
    unsafe zip_source_keep(target)
    defer { unsafe zip_source_free(target) }
    guard let archive = unsafe zip_open_from_source(target, ZIP_TRUNCATE, nil) else {
      unsafe zip_source_free(target)
      throw failure("begin an archive")
    }
    do {
      for entry in entries { unsafe try add(entry.name, entry.bytes, to: archive) }
      guard unsafe zip_close(archive) == 0 else {
        throw unsafe failure("end an archive", zip_get_error(archive))
      }
    } catch {
      // SAFETY: the archive is still open, and nobody else has it.
      unsafe zip_discard(archive)
      throw error
    }
    return unsafe try contents(of: target)
  }

  private static func add(_ name: String, _ bytes: [UInt8], to archive: OpaquePointer) throws {
    // SAFETY: libzip reads the copy when the archive is closed, and then frees it.
    guard let copy = unsafe malloc(max(bytes.count, 1)) else { throw failure("copy '\(name)'") }
    unsafe UnsafeMutableRawBufferPointer(start: copy, count: bytes.count).copyBytes(from: bytes)
    guard let source = unsafe zip_source_buffer(archive, copy, UInt64(bytes.count), 1) else {
      unsafe free(copy)
      throw unsafe failure("take '\(name)'", zip_get_error(archive))
    }
    let added = unsafe zip_file_add(archive, name, source, UInt32(ZIP_FL_ENC_UTF_8))
    guard let index = UInt64(exactly: added) else {
      // SAFETY: what was not added still belongs to us, with its copy.
      unsafe zip_source_free(source)
      throw unsafe failure("add '\(name)'", zip_get_error(archive))
    }
    // The first day that ZIP knows, so that an archive does not tell when it was made.
    guard unsafe zip_file_set_dostime(archive, index, 0, 1 << 5 | 1, 0) == 0,
      unsafe zip_set_file_compression(archive, index, ZIP_CM_DEFLATE, 6) == 0
    else { throw unsafe failure("add '\(name)'", zip_get_error(archive)) }
  }

  private static func contents(of source: OpaquePointer) throws -> [UInt8] {
    guard unsafe zip_source_open(source) == 0 else {
      throw unsafe failure("read what it wrote", zip_source_error(source))
    }
    defer { _ = unsafe zip_source_close(source) }
    guard unsafe zip_source_seek(source, 0, SEEK_END) == 0,
      let count = unsafe Int(exactly: zip_source_tell(source)), count > 0,
      unsafe zip_source_seek(source, 0, SEEK_SET) == 0
    else { throw unsafe failure("read what it wrote", zip_source_error(source)) }
    var bytes = [UInt8](repeating: 0, count: count)
    // SAFETY: as many bytes as the array has.
    let read = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe zip_source_read(source, buffer.baseAddress, UInt64(count))
    }
    guard read == zip_int64_t(count) else {
      throw unsafe failure("read what it wrote", zip_source_error(source))
    }
    return bytes
  }

  private static func failure(
    _ action: String, _ error: UnsafeMutablePointer<zip_error_t>
  ) -> SparseError {
    // SAFETY: the error is that of an open archive or source; its text lives until the next call.
    failure(action, reason: unsafe String(cString: zip_error_strerror(error)))
  }

  private static func failure(
    _ action: String, reason: String = "there is no memory"
  ) -> SparseError {
    SparseError(
      .backend, "libzip cannot \(action): \(reason). Free some memory, then try again.")
  }
}
