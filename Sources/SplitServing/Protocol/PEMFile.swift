internal import NIOSSL
internal import SparseCore
internal import SparseLayers

/// Files of certificates and keys, in PEM form, as both sides of a link have them.
enum PEMFile {
  /// Reads who one is: a certificate chain and its key.
  ///
  /// - Parameters:
  ///   - certificate: The file of the certificate, and behind it those that lead to its authority.
  ///   - key: The file of the certificate's private key.
  /// - Returns: What TLS takes.
  /// - Throws: `SparseError` that names the file at fault, or both where they do not belong together.
  static func identity(
    certificate: String, key: String
  ) throws -> (chain: [NIOSSLCertificateSource], key: NIOSSLPrivateKeySource) {
    let chain = try certificates(certificate).map { NIOSSLCertificateSource.certificate($0) }
    let privateKey = NIOSSLPrivateKeySource.privateKey(
      try read(key, "private key") { try NIOSSLPrivateKey(bytes: $0, format: .pem) })
    // A key that does not belong to the certificate is found here, not at the first connection.
    do {
      _ = try NIOSSLContext(
        configuration: .makeServerConfiguration(certificateChain: chain, privateKey: privateKey))
    } catch {
      throw SparseError(
        .invalidArgument,
        "\(certificate) and \(key): TLS cannot use this certificate with this key (\(error)).",
        cause: error)
    }
    return (chain, privateKey)
  }

  /// Reads whom one trusts.
  ///
  /// - Parameter path: The file of the authorities' certificates.
  /// - Returns: What TLS takes.
  /// - Throws: `SparseError` that names the file.
  static func authorities(_ path: String) throws -> NIOSSLTrustRoots {
    .certificates(try certificates(path))
  }

  private static func certificates(_ path: String) throws -> [NIOSSLCertificate] {
    try read(path, "certificates", NIOSSLCertificate.fromPEMBytes)
  }

  private static func read<Value>(
    _ path: String, _ content: String, _ parse: ([UInt8]) throws -> Value
  ) throws -> Value {
    let bytes = try BoundedFile.read(path: path, maximumBytes: 1 << 20)
    do {
      return try parse(bytes)
    } catch {
      throw SparseError(
        .corruptFile, "\(path): holds no \(content) in PEM form (\(error)). Check the file.",
        cause: error)
    }
  }
}
