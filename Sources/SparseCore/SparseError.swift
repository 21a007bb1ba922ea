/// The one error type of this package: what went wrong, where, with which values, and the remedy.
public struct SparseError: Error, Sendable {
  /// The class of failure; switch on this, never on the message.
  public var code: Code

  /// What happened, to what, with which values, and what to do about it.
  public var message: String

  /// The error that led to this one, if any.
  public var cause: (any Error)?

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - code: The class of failure.
  ///   - message: What, where, which values, and the remedy, in one sentence or two.
  ///   - cause: The error that led to this one.
  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }
}

extension SparseError {
  /// A class of failure.
  ///
  /// The set can grow.
  public struct Code: Hashable, Sendable {
    private enum Wrapped {
      case invalidArgument, invalidPattern, shapeMismatch, corruptFile, fileSystem
      case unsupported, backend, diverged
    }
    private let wrapped: Wrapped

    /// A value given by the caller is outside what the operation accepts.
    public static var invalidArgument: Self { Self(wrapped: .invalidArgument) }

    /// A connectivity pattern breaks one of its rules, or cannot exist.
    public static var invalidPattern: Self { Self(wrapped: .invalidPattern) }

    /// Two operands, or a model and its data, have sizes that do not fit.
    public static var shapeMismatch: Self { Self(wrapped: .shapeMismatch) }

    /// A file does not hold what its format promises.
    public static var corruptFile: Self { Self(wrapped: .corruptFile) }

    /// The operating system refused to open, read, write or rename a file.
    public static var fileSystem: Self { Self(wrapped: .fileSystem) }

    /// The input is well-formed, but asks for something this build cannot do.
    public static var unsupported: Self { Self(wrapped: .unsupported) }

    /// A numerical library reported a failure.
    public static var backend: Self { Self(wrapped: .backend) }

    /// Training produced a loss that is not finite.
    public static var diverged: Self { Self(wrapped: .diverged) }
  }
}

extension SparseError: CustomStringConvertible {
  /// The message.
  public var description: String { message }
}
