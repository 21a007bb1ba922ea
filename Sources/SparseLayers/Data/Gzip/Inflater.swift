import CZlib
import SparseCore

/// Owns one zlib stream that decompresses.
@safe package struct Inflater: ~Copyable {
  /// What surrounds the compressed data.
  package enum Format: Sendable {
    /// Members with a header and a checksum (RFC 1952).
    case gzip
    /// A stream with a checksum (RFC 1950), which HTTP calls "deflate".
    case zlib

    /// What zlib calls the format.
    fileprivate var windowBits: Int32 { self == .gzip ? MAX_WBITS + 16 : MAX_WBITS }
  }

  /// On the heap because zlib checks that a stream has not moved.
  private let stream: UnsafeMutablePointer<z_stream>

  /// What one call of zlib did.
  struct Step {
    enum Outcome {
      /// All is well, and the member goes on.
      case goesOn
      /// The member ended, and its checksum and length are right.
      case memberEnded
      /// The data are not what gzip writes, in zlib's words.
      case damaged(String)
    }
    let outcome: Outcome
    let consumed: Int
    let produced: Int
  }

  /// Starts a stream at the beginning of the data.
  ///
  /// - Parameter format: What surrounds them.
  /// - Throws: `SparseError` with code `.backend` when zlib finds no memory.
  init(_ format: Format = .gzip) throws {
    let made = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe made.initialize(to: z_stream())
    let status = unsafe inflateInit2_(
      made,
      format.windowBits,
      ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size)
    )
    guard status == Z_OK else {
      // SAFETY: just allocated; a failed inflateInit2_ keeps nothing of it.
      unsafe made.deallocate()
      throw SparseError(
        .backend,
        "zlib could not start to decompress (status \(status)). Check that memory is not "
          + "exhausted and that the zlib library is the one of the system."
      )
    }
    unsafe stream = made
  }

  deinit {
    // SAFETY: the stream was initialised by inflateInit2_ and has no other owner.
    _ = unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Gets ready for the next member.
  func reset() {
    // SAFETY: the stream was initialised by inflateInit2_, so that this cannot fail.
    _ = unsafe inflateReset(stream)
  }

  /// Decompresses from one array into another, as far as the input or the space goes.
  ///
  /// - Parameters:
  ///   - input: Compressed bytes.
  ///   - range: Which of them to take.
  ///   - output: Where decompressed bytes go.
  ///   - target: Which part of it to fill.
  /// - Returns: What zlib did.
  /// - Precondition: Both ranges lie in their arrays.
  func step(
    from input: [UInt8],
    _ range: Range<Int>,
    into output: inout [UInt8],
    _ target: Range<Int>
  ) -> Step {
    precondition(range.lowerBound >= 0 && range.upperBound <= input.count, "input too short")
    precondition(target.lowerBound >= 0 && target.upperBound <= output.count, "output too short")
    let available = UInt32(clamping: range.count)
    let space = UInt32(clamping: target.count)
    // SAFETY: both ranges were checked above; zlib reads `available` and writes `space` bytes at
    // most, and its pointers are cleared before the arrays' closures end.
    let status = unsafe input.withUnsafeBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { destination in
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
          mutating: source.baseAddress.map { unsafe $0 + range.lowerBound }
        )
        unsafe stream.pointee.avail_in = available
        unsafe stream.pointee.next_out = destination.baseAddress.map {
          unsafe $0 + target.lowerBound
        }
        unsafe stream.pointee.avail_out = space
        defer {
          unsafe stream.pointee.next_in = nil
          unsafe stream.pointee.next_out = nil
        }
        return unsafe inflate(stream, Z_NO_FLUSH)
      }
    }
    let outcome: Step.Outcome =
      switch status {
      // Z_BUF_ERROR only says that there was no input or no space left.
      case Z_OK, Z_BUF_ERROR: .goesOn
      case Z_STREAM_END: .memberEnded
      default: .damaged(reason(status))
      }
    return unsafe Step(
      outcome: outcome,
      consumed: Int(available - stream.pointee.avail_in),
      produced: Int(space - stream.pointee.avail_out)
    )
  }

  private func reason(_ status: Int32) -> String {
    // SAFETY: zlib's messages are C strings that live as long as the library.
    guard let text = unsafe stream.pointee.msg else { return "zlib status \(status)" }
    return unsafe String(cString: text)
  }
}
