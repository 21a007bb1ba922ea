internal import NIOCore
internal import NIOPosix
internal import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What is wrong with a connection, in words for people.
enum NetworkErrorText {
  /// Says what an error of SwiftNIO means, without what it says for programmers.
  static func text(of error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
      // One for each address that was tried; they seldom differ.
      var texts = error.connectionErrors.map { text(of: $0.error) }
      texts += [error.dnsAError, error.dnsAAAAError].compactMap { $0.map { text(of: $0) } }
      let first = texts.first ?? "no connection"
      return texts.allSatisfy { $0 == first } ? first : texts.joined(separator: "; ")
    case let error as IOError:
      return unsafe String(cString: strerror(error.errnoCode))
    case is NIOSSLError, is BoringSSLError:
      return "no TLS connection: the server speaks none, or its certificate is not trusted"
    default:
      return "\(error)"
    }
  }
}
