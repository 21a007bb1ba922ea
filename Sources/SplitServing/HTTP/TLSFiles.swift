internal import NIOSSL
internal import SparseCore
internal import SparseLayers

/// The files that TLS needs, in PEM form.
public struct TLSFiles: Hashable, Sendable {
  /// The server's certificate, and behind it those that lead to its authority.
  public var certificate: String
  /// The certificate's private key.
  public var key: String
  /// The authorities whose certificates clients must show; nil when clients need none.
  public var clientAuthorities: String?

  /// Names the files.
  ///
  /// - Parameters:
  ///   - certificate: The server's certificate chain.
  ///   - key: The certificate's private key.
  ///   - clientAuthorities: The authorities whose certificates clients must show.
  public init(certificate: String, key: String, clientAuthorities: String? = nil) {
    self.certificate = certificate
    self.key = key
    self.clientAuthorities = clientAuthorities
  }

  /// Reads the files.
  ///
  /// - Returns: A server's settings: TLS 1.2 or later, and mutual TLS where authorities are given.
  /// - Throws: `SparseError` that names the file at fault.
  func configuration() throws -> TLSConfiguration {
    let chain = try PEMFile.read(certificate, "certificates", NIOSSLCertificate.fromPEMBytes)
    let privateKey = try PEMFile.read(key, "private key") {
      try NIOSSLPrivateKey(bytes: $0, format: .pem)
    }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
    configuration.minimumTLSVersion = .tlsv12
    if let clientAuthorities {
      let roots = try PEMFile.read(
        clientAuthorities, "certificates", NIOSSLCertificate.fromPEMBytes)
      configuration.trustRoots = .certificates(roots)
      configuration.certificateVerification = .noHostnameVerification
    }
    // A key that does not belong to the certificate is found here, not at the first connection.
    do {
      _ = try NIOSSLContext(configuration: configuration)
    } catch {
      throw SparseError(
        .invalidArgument,
        "\(certificate) and \(key): TLS cannot use this certificate with this key (\(error)).",
        cause: error)
    }
    return configuration
  }
}

/// A file of certificates or a key, in PEM form.
enum PEMFile {
  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file, of 1 MiB at most.
  ///   - content: What it should hold, for errors.
  ///   - parse: Takes its bytes apart.
  /// - Returns: What it holds.
  /// - Throws: `SparseError` that names the file.
  static func read<Value>(
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
