import Foundation
import SparseCore

@testable import SplitServing

/// A reader of bytes from outside, and what must hold of it whatever the bytes are.
///
/// It returns or throws the error of its kind: it never traps, and takes no more memory or time than
/// such bytes deserve, which the fuzzer watches. What it has read and can be written is written, and
/// read again to the same value.
enum FuzzReader: String, CaseIterable, Sendable {
  case idx, gzip, npy, npz, csv
  case matrixMarket = "matrix-market"
  case edgeList = "edge-list"
  case safetensors, model, checkpoint
  /// Requests to the server, and answers to the edge device.
  case request, answer

  /// The most bytes that compressed inputs may grow to.
  static let limit = 1 << 22

  /// Patterns and networks with more neurons are read, but not written: that takes seconds, as the
  /// largest of a few bytes have 2²⁴.
  static let writtenNeurons = 1 << 14

  /// Reads bytes, and checks what comes of it.
  ///
  /// - Parameter bytes: Anything.
  /// - Returns: Whether the reader accepts them.
  /// - Throws: `Violation` when something is not as it must be.
  func accepts(_ bytes: [UInt8]) throws -> Bool {
    switch self {
    case .idx: try Self.idx(bytes)
    case .gzip: try Self.gzip(bytes)
    case .npy: try Self.npy(bytes)
    case .npz: try Self.npz(bytes)
    case .csv: try Self.csv(bytes)
    case .matrixMarket: try Self.matrixMarket(bytes)
    case .edgeList: try Self.edgeList(bytes)
    case .safetensors: try Self.safetensors(bytes)
    case .model: try Self.model(bytes)
    case .checkpoint: try Self.checkpoint(bytes)
    case .request: try Self.request(bytes)
    case .answer: try Self.answer(bytes)
    }
  }
}

/// What must not happen, in words.
struct Violation: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// What a reader makes of its bytes; nil when it refuses them as it should.
///
/// - Parameter read: Calls the reader.
/// - Returns: What it returns.
/// - Throws: `Violation` when it throws an error of another kind, or one that says nothing.
func outcome<Value>(of read: () throws -> Value) throws -> Value? {
  do {
    return try read()
  } catch let violation as Violation {
    throw violation
  } catch let error as SparseError {
    try require(!error.message.isEmpty, "an error without a message")
    return nil
  } catch let error as RequestError {
    try require(!error.message.isEmpty, "an error without a message")
    return nil
  } catch {
    throw Violation("threw a \(type(of: error)): \(error)")
  }
}

/// Throws unless a condition holds.
func require(_ condition: Bool, _ text: @autoclosure () -> String) throws {
  guard condition else { throw Violation(text()) }
}

/// Runs a step that must succeed, since it reads or writes what was accepted before.
///
/// - Parameters:
///   - step: What is done, for the message.
///   - body: The step.
/// - Returns: What it returns.
/// - Throws: `Violation` for whatever it throws.
@discardableResult
func must<Value>(_ step: String, _ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch let violation as Violation {
    throw violation
  } catch {
    throw Violation("\(step) failed: \(error)")
  }
}

/// Gives readers that want a path a file, for the time of a call.
///
/// It lies where `TMPDIR` says: in memory, when the fuzzer runs.
///
/// - Parameters:
///   - bytes: The file's contents.
///   - body: Reads the file.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws.
func withFile<Value>(_ bytes: [UInt8], _ body: (_ path: String) throws -> Value) throws -> Value {
  let path = "\(NSTemporaryDirectory())/sparse-fuzz-\(UUID())"
  guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
    throw Violation("\(path) cannot be written")
  }
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}
