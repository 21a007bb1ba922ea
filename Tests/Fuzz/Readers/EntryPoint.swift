import Foundation

/// Reads one input; called by the fuzzer, again and again.
///
/// The environment's `SPARSE_FUZZ_READER` says which reader. What must not happen ends the process.
///
/// - Parameters:
///   - bytes: The input, which stays the fuzzer's.
///   - count: Its bytes.
/// - Returns: 0, whatever the input was.
@_cdecl("sparse_fuzz_one")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  do {
    _ = try chosenReader.accepts(input)
  } catch {
    fatalError("\(chosenReader.rawValue): \(error)")
  }
  return 0
}

private let chosenReader: FuzzReader = {
  let name = ProcessInfo.processInfo.environment["SPARSE_FUZZ_READER"] ?? ""
  guard let reader = FuzzReader(rawValue: name) else {
    let known = FuzzReader.allCases.map(\.rawValue).joined(separator: ", ")
    fatalError("SPARSE_FUZZ_READER is '\(name)'; it must be one of \(known)")
  }
  return reader
}()
