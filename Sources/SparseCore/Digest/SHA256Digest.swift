#if canImport(CryptoKit)
import CryptoKit
import Foundation
#else
import COpenSSL
#endif

/// A SHA-256 digest (FIPS 180-4) that is fed piece by piece.
///
///     var digest = try SHA256Digest()
///     try digest.update(header)
///     try digest.update(littleEndian: weights)
///     let text = try digest.finalize()   // 64 lower-case hexadecimal digits
///
/// Computed by OpenSSL's libcrypto, or by CryptoKit on Apple platforms, with the processor's SHA
/// instructions where it has them. Numbers are fed as little-endian bytes on every platform.
@safe public struct SHA256Digest: ~Copyable {
  #if canImport(CryptoKit)
  private var hash = SHA256()
  #else
  private let context: OpaquePointer
  #endif

  /// Starts a digest of no bytes.
  ///
  /// - Throws: `SparseError` when libcrypto cannot provide SHA-256, for lack of memory or because
  ///   its configuration forbids it.
  public init() throws {
    #if !canImport(CryptoKit)
    unsafe context = try Self.makeContext()
    #endif
  }

  #if !canImport(CryptoKit)
  private static func makeContext() throws -> OpaquePointer {
    guard let context = unsafe EVP_MD_CTX_new() else {
      throw failure("EVP_MD_CTX_new")
    }
    guard unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      // SAFETY: just made, and nobody else has seen it.
      unsafe EVP_MD_CTX_free(context)
      throw failure("EVP_DigestInit_ex")
    }
    return unsafe context
  }

  deinit {
    // SAFETY: 'context' came from EVP_MD_CTX_new and has no other owner.
    unsafe EVP_MD_CTX_free(context)
  }
  #endif

  /// Feeds bytes of any layout.
  private mutating func update(raw bytes: RawSpan) throws {
    guard !bytes.isEmpty else { return }
    #if canImport(CryptoKit)
    unsafe bytes.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
    #else
    // SAFETY: the span guarantees 'count' readable bytes; libcrypto only reads them, and keeps none.
    let status = unsafe bytes.withUnsafeBytes {
      unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count)
    }
    guard status == 1 else { throw Self.failure("EVP_DigestUpdate") }
    #endif
  }

  /// Ends the digest.
  ///
  /// - Returns: The 256 bits as 64 lower-case hexadecimal digits.
  /// - Throws: `SparseError` when libcrypto fails.
  public consuming func finalize() throws -> String {
    #if canImport(CryptoKit)
    let bytes = Array(hash.finalize())
    #else
    var bytes = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    // SAFETY: SHA-256 writes exactly 32 bytes, which is what 'bytes' has.
    let status = unsafe bytes.withUnsafeMutableBufferPointer {
      unsafe EVP_DigestFinal_ex(context, $0.baseAddress, &length)
    }
    guard status == 1, length == 32 else { throw Self.failure("EVP_DigestFinal_ex") }
    #endif
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
      as: UTF8.self
    )
  }

  #if !canImport(CryptoKit)
  private static func failure(_ call: String) -> SparseError {
    SparseError(
      .backend,
      "libcrypto's \(call) failed while computing a SHA-256. Check that memory is not exhausted "
        + "and that OpenSSL's configuration (OPENSSL_CONF) allows SHA-256."
    )
  }
  #endif
}

// MARK: - Feeding data

extension SHA256Digest {
  /// Feeds bytes.
  ///
  /// - Parameter bytes: The next bytes; none is fine.
  /// - Throws: `SparseError` when libcrypto fails.
  public mutating func update(_ bytes: Span<UInt8>) throws {
    // SAFETY: a byte has no padding.
    try update(raw: unsafe bytes.bytes)
  }

  /// Feeds an array of bytes.
  ///
  /// - Parameter bytes: The next bytes; none is fine.
  /// - Throws: `SparseError` when libcrypto fails.
  public mutating func update(_ bytes: [UInt8]) throws {
    try update(bytes.span)
  }

  /// Feeds 32-bit whole numbers, each as its little-endian bytes.
  ///
  /// - Parameter values: The next numbers; none is fine.
  /// - Throws: `SparseError` when libcrypto fails.
  public mutating func update(littleEndian values: [UInt32]) throws {
    try update(wholeNumbers: values)
  }

  /// Feeds 64-bit whole numbers, each as its little-endian bytes.
  ///
  /// - Parameter values: The next numbers; none is fine.
  /// - Throws: `SparseError` when libcrypto fails.
  public mutating func update(littleEndian values: [UInt64]) throws {
    try update(wholeNumbers: values)
  }

  /// Feeds floating-point numbers, each as the little-endian bytes of its IEEE 754 pattern.
  ///
  /// - Parameter values: The next numbers; none is fine. The bits count: 0 and -0 differ.
  /// - Throws: `SparseError` when libcrypto fails.
  public mutating func update(littleEndian values: [Float]) throws {
    #if _endian(little)
    // SAFETY: a Float has no padding, so all bytes of the span are initialised.
    try update(raw: unsafe values.span.bytes)
    #else
    try update(wholeNumbers: values.map(\.bitPattern))
    #endif
  }

  private mutating func update<Number: FixedWidthInteger & BitwiseCopyable>(
    wholeNumbers values: [Number]
  ) throws {
    #if _endian(little)
    // SAFETY: called with UInt32 and UInt64 only, which have no padding.
    try update(raw: unsafe values.span.bytes)
    #else
    let swapped = values.map(\.littleEndian)
    try update(raw: unsafe swapped.span.bytes)
    #endif
  }

  /// Returns the SHA-256 of some bytes.
  ///
  /// - Parameter bytes: The whole message.
  /// - Returns: 64 lower-case hexadecimal digits.
  /// - Throws: `SparseError` when libcrypto fails.
  public static func hexadecimal(of bytes: [UInt8]) throws -> String {
    var digest = try SHA256Digest()
    try digest.update(bytes)
    return try digest.finalize()
  }
}
