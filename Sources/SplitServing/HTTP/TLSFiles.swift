internal import NIOSSL

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
    let identity = try PEMFile.identity(certificate: certificate, key: key)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: identity.chain, privateKey: identity.key)
    configuration.minimumTLSVersion = .tlsv12
    if let clientAuthorities {
      configuration.trustRoots = try PEMFile.authorities(clientAuthorities)
      configuration.certificateVerification = .noHostnameVerification
    }
    return configuration
  }
}
