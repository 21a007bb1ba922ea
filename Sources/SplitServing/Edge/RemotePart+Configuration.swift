internal import NIOSSL

extension RemotePart {
  /// How the remote part is asked.
  public struct Configuration: Sendable {
    /// The server, such as `http://192.0.2.1:8080`.
    public var url: String
    /// What the server calls the model.
    public var modelName: String
    /// The time from a sample's request to its answer, all tries and pauses included.
    public var deadline = Duration.milliseconds(300)
    /// The pauses between tries.
    public var backoff = Backoff()
    /// The failures in a row after which nobody is asked any more.
    public var failureLimit = 5
    /// How often to look whether a server that failed is ready again.
    public var probeInterval = Duration.seconds(1)
    /// The most requests under way at a time, each on a connection of its own.
    public var requestsInFlight = 8
    /// The token that the server wants.
    public var token: String?
    /// The file of the authorities, in PEM form, by one of which the server's certificate is signed;
    /// nil for those that the system trusts.
    public var authorities: String?
    /// The files of the certificate and key that the server wants of its clients.
    public var certificate: (chain: String, key: String)?
    /// Whether requests' bodies are compressed, by `deflate`.
    public var compresses = false

    /// The settings for a server.
    ///
    /// - Parameters:
    ///   - url: The server, such as `http://192.0.2.1:8080`.
    ///   - modelName: What the server calls the model.
    public init(url: String, modelName: String) {
      self.url = url
      self.modelName = modelName
    }
  }
}

extension RemotePart.Configuration {
  /// The client's side of TLS.
  func tls() throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    if let authorities { tls.trustRoots = try PEMFile.authorities(authorities) }
    if let certificate {
      let identity = try PEMFile.identity(certificate: certificate.chain, key: certificate.key)
      tls.certificateChain = identity.chain
      tls.privateKey = identity.key
    }
    return tls
  }
}
