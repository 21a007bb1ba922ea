internal import Foundation
internal import SparseCore
internal import SparseLayers

/// The tokens that a server accepts, read from a file.
///
/// A token a line, and behind it, if it ends some day, `expires=` and a date as ISO 8601 has it:
///
///     s3cr3t-of-the-first-device
///     s3cr3t-of-another expires=2027-01-31T00:00:00Z
///
/// Lines that are empty or begin with `#` are comments.
struct BearerTokens: Sendable {
  private struct Token {
    /// The digest of the token: all are of one length, so that comparing tells nothing of it.
    var digest: [UInt8]
    var expires: Date?
  }

  private var tokens: [Token] = []

  /// Reads a file.
  ///
  /// - Parameter path: The file, of 1 MiB at most.
  /// - Throws: `SparseError` with the line at fault, or that of the file system.
  init(contentsOf path: String) throws {
    let bytes = try BoundedFile.read(path: path, maximumBytes: 1 << 20)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw SparseError(.corruptFile, "\(path): is not UTF-8 text; write one token a line.")
    }
    try self.init(text, source: path)
  }

  /// Reads the text of a file.
  init(_ text: String, source: String) throws {
    // A line ending of Windows is one character.
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in lines.enumerated() {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let token = words.first, !token.hasPrefix("#") else { continue }
      let expires = try words.dropFirst().first.map { word in
        guard word.hasPrefix("expires="), words.count == 2,
          let date = try? Date(String(word.dropFirst("expires=".count)), strategy: .iso8601)
        else {
          throw SparseError(
            .corruptFile,
            """
            \(source): line \(number + 1): only 'expires=' and a date such as \
            2027-01-31T00:00:00Z may follow a token.
            """)
        }
        return date
      }
      tokens.append(Token(digest: try Self.digest(of: String(token)), expires: expires))
    }
    guard !tokens.isEmpty else {
      throw SparseError(
        .corruptFile,
        "\(source): holds no token, so that nobody could use the server. Write one token a line.")
    }
  }

  /// Refuses a request without a token that is valid now.
  ///
  /// - Parameters:
  ///   - authorization: The header `Authorization`.
  ///   - now: The time.
  /// - Throws: `RequestError` with code `unauthorized`.
  func check(_ authorization: String?, now: Date = Date()) throws {
    let words = authorization?.split(separator: " ", maxSplits: 1) ?? []
    guard words.count == 2, words[0].lowercased() == "bearer" else {
      throw RequestError(.unauthorized, "this server wants a header 'Authorization: Bearer TOKEN'")
    }
    let digest = try Self.digest(of: String(words[1]))
    var match: Token?
    // All tokens are compared, and all of each: the time tells nothing about them.
    for token in tokens where Self.areEqual(token.digest, digest) { match = token }
    guard let match else { throw RequestError(.unauthorized, "the bearer token is unknown") }
    if let expires = match.expires, expires <= now {
      throw RequestError(.unauthorized, "the bearer token has expired")
    }
  }

  private static func digest(of token: String) throws -> [UInt8] {
    Array(try SHA256Digest.hexadecimal(of: Array(token.utf8)).utf8)
  }

  private static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.count == b.count && zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
