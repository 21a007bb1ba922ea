internal import CZlib

/// Compression, as HTTP's content coding `deflate` wants it: the zlib format.
package enum Deflate {
  /// Compresses bytes, fast rather than small.
  ///
  /// - Parameter bytes: Anything.
  /// - Returns: The compressed bytes; nil when zlib gets no memory.
  package static func compress(_ bytes: [UInt8]) -> [UInt8]? {
    let bound = compressBound(uLong(bytes.count))
    var count = bound
    var compressed = [UInt8](repeating: 0, count: Int(bound))
    // SAFETY: the output has room for the bound that zlib asks for, and both sizes are told.
    let status = unsafe compressed.withUnsafeMutableBufferPointer { output in
      unsafe bytes.withUnsafeBufferPointer { input in
        unsafe compress2(
          output.baseAddress, &count, input.baseAddress, uLong(bytes.count), Z_BEST_SPEED)
      }
    }
    guard status == Z_OK else { return nil }
    return Array(compressed[..<Int(count)])
  }
}
