// MARK: - Lists

extension PatternFamily {
  /// Splits a list of patterns, such as `structured,clash-free:1,z=8,dither,full`.
  ///
  /// A comma separates patterns, except where it belongs to the argument of the family before it.
  ///
  ///     PatternFamily.split(list: "clash-free:1,z=8,full")   // ["clash-free:1,z=8", "full"]
  ///
  /// - Parameter text: The list; other texts than those of families may be in it, such as paths with a
  ///   dot or a colon.
  /// - Returns: The text of each pattern, which may turn out to be none.
  public static func split(list text: String) -> [String] {
    var parts: [String] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      if let last = parts.last, takesList(last), !part.contains(where: { $0 == ":" || $0 == "." }),
        rule(of: part) == nil
      {
        parts[parts.count - 1] += ",\(part)"
      } else {
        parts.append(String(part))
      }
    }
    return parts
  }

  private static func takesList(_ text: String) -> Bool { rule(of: text[...])?.takesList ?? false }

  private static func rule(of text: Substring) -> (any PatternRule.Type)? {
    registered.first { $0.name == text.prefix { $0 != ":" } }
  }
}
