import SparseCore

/// How much this package reads before it calls a file a mistake.
enum DataLimits {
  /// The largest data file.
  static let fileBytes = 8 << 30
  /// The most bytes one array may have once it is decompressed.
  static let arrayBytes = 8 << 30
  /// The largest Matrix Market file: text for some 70 million connections.
  static let patternTextBytes = 1 << 30
  /// The most columns of a CSV file: a cell takes memory even when it is empty.
  static let columns = 1 << 20
  /// The most classes of one target: more means that a column of measurements was taken for labels.
  static let classes = 65_536
  /// The most targets of one data set: more means that a table of features was taken for labels.
  static let tasks = 64
  /// The most that one byte of deflated data can stand for: 258 bytes by a code of two bits.
  static let deflateRatio = 1032

  /// The most bytes that some deflated data can decompress to.
  static func inflatedBytes(of deflated: Int) -> Int {
    let (product, overflow) = deflated.multipliedReportingOverflow(by: deflateRatio)
    return overflow ? .max : product
  }
}

/// Puts the name of a file before the messages of errors about its contents.
///
/// - Parameters:
///   - place: The file, and the place in it where that is known.
///   - body: Work on the contents whose errors name no file.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws, with the name.
func prefixingErrors<Value>(with place: String, _ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch let error as SparseError {
    throw SparseError(error.code, "\(place): \(error.message)", cause: error.cause)
  }
}
