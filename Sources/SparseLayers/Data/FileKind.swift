import SparseCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Tells what lies at a path, following links.
///
/// - Parameter path: Any path.
/// - Returns: The kind of file; `nil` when nothing is there.
/// - Throws: `SparseError` with code `.fileSystem` when the system will not say.
func fileKind(of path: String) throws -> FileStatus.Kind? {
  do throws(SystemFailure) {
    // O_NONBLOCK: opening a pipe must not wait for its writer.
    return try Descriptor(opening: path, O_RDONLY | O_NONBLOCK).status().kind
  } catch {
    if error.code == ENOENT || error.code == ENOTDIR { return nil }
    throw SparseError.fileSystem(path, "open for reading", error)
  }
}
