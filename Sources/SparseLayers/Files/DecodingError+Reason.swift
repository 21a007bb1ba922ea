extension DecodingError {
  /// Says what is wrong with a JSON text and where in it, to follow the name of the text.
  ///
  /// - Parameter error: What a decoder threw.
  /// - Returns: Such as "lacks 'levels.0.name'".
  static func reason(_ error: any Error) -> String {
    func place(_ context: Context, _ last: (any CodingKey)? = nil) -> String {
      (context.codingPath + [last].compactMap { $0 })
        .map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
    func subject(_ context: Context) -> String {
      context.codingPath.isEmpty ? "" : " for '\(place(context))'"
    }
    return switch error as? DecodingError {
    case .keyNotFound(let key, let context): "lacks '\(place(context, key))'"
    case .valueNotFound(_, let context): "has no value\(subject(context))"
    case .typeMismatch(_, let context): "has a value of another kind\(subject(context))"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      "has an unusable value\(subject(context))"
    default: "is damaged"
    }
  }
}
