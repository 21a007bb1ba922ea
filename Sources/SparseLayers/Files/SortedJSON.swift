internal import Foundation

/// The JSON text of a value, its keys sorted, so that the same value is the same bytes.
///
/// - Parameter value: The value.
/// - Returns: The text.
/// - Throws: `EncodingError` for a number that is not finite.
func sortedJSON(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
