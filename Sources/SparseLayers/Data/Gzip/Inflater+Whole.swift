import SparseCore

extension Inflater {
  /// Decompresses data that are in memory as a whole.
  ///
  /// - Parameters:
  ///   - input: The compressed data, and nothing behind them.
  ///   - format: What surrounds them.
  ///   - maximumBytes: The most decompressed bytes to accept; not many more are ever held.
  /// - Returns: The decompressed bytes.
  /// - Throws: `SparseError` with code `.corruptFile` for damaged or incomplete data, `.unsupported`
  ///   for contents that are too large.
  package static func decompress(
    _ input: [UInt8], _ format: Format, maximumBytes: Int
  ) throws -> [UInt8] {
    let inflater = try Inflater(format)
    // Most data shrink to a quarter at best; the space grows where they shrink further.
    var output = [UInt8](repeating: 0, count: min(max(4 * input.count, 1024), maximumBytes + 1))
    var (used, made) = (0, 0)
    while true {
      let step = inflater.step(from: input, used..<input.count, into: &output, made..<output.count)
      used += step.consumed
      made += step.produced
      guard made <= maximumBytes else {
        throw SparseError(
          .unsupported,
          "decompresses to more than the \(maximumBytes) bytes that are accepted here")
      }
      switch step.outcome {
      case .damaged(let reason):
        throw SparseError(.corruptFile, "is damaged before byte \(used) (\(reason))")
      case .memberEnded:
        guard used == input.count else {
          throw SparseError(.corruptFile, "goes on behind its end, at byte \(used)")
        }
        output.removeLast(output.count - made)
        return output
      case .goesOn where made == output.count:
        let space = min(output.count, maximumBytes + 1 - output.count)
        output += [UInt8](repeating: 0, count: space)
      case .goesOn:
        guard step.consumed > 0 || step.produced > 0 else {
          throw SparseError(.corruptFile, "ends after \(input.count) bytes, before its data do")
        }
      }
    }
  }
}
