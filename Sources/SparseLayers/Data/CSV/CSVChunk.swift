import SparseCore
import SwiftCSV

/// Some whole records of a CSV file, and the line each of them begins on.
struct CSVChunk {
  let path: String
  let text: String
  let lines: [Int]

  /// Parses the records.
  ///
  /// - Returns: One array of cells per record; that of an empty line has one empty cell.
  /// - Throws: `SparseError` with code `.corruptFile` that names the line.
  func rows() throws -> [[String]] {
    var rows: [[String]] = []
    rows.reserveCapacity(lines.count)
    do {
      // The parser strips a byte order mark, which only the beginning of the file may have.
      let mark: Unicode.Scalar = "\u{FEFF}"
      let isInside = lines.first != 1 && text.unicodeScalars.first == mark
      let parser = try CSV<Unread>(
        string: isInside ? "\(mark)\(text)" : text, delimiter: .comma, loadColumns: false)
      try parser.enumerateAsArray(startAt: 0, rowLimit: nil) { rows.append($0) }
    } catch let error as CSVParseError {
      let reason =
        switch error {
        case .generic(let message), .quotation(let message): message
        }
      throw SparseError(
        .corruptFile,
        "\(path) line \(lines[min(rows.count, lines.count - 1)]): is no CSV: \(reason). Quote "
          + "whole cells, and write a quote inside of one twice.",
        cause: error
      )
    }
    guard rows.count == lines.count else {
      throw SparseError(
        .corruptFile,
        "\(path): lines \(lines[0])... hold \(rows.count) records where \(lines.count) were "
          + "expected. End lines with a line feed, not with a carriage return alone."
      )
    }
    return rows
  }

  /// Keeps nothing: rows are taken as the parser meets them.
  private struct Unread: CSVView {
    var rows: [[String]] { [] }
    var columns: [String]? { nil }

    init(
      header: [String],
      text: String,
      delimiter: CSVDelimiter,
      loadColumns: Bool,
      rowLimit: Int?
    ) {}

    func serialize(header: [String], delimiter: CSVDelimiter) -> String { "" }
  }
}

/// Cuts a CSV file, perhaps compressed by gzip, into chunks of whole records.
///
/// SwiftCSV parses a text that is whole in memory and does not say which line it is at. So the file
/// is cut here, where the number of quotes so far is even and a line ends, and SwiftCSV parses the
/// pieces. Measured with 60,000 rows of 785 numbers (133 MB, release, one core): 28 s and 300 MB,
/// of which 188 MB are the result.
struct CSVChunkReader: ~Copyable {
  private static let maximumRecordBytes = 1 << 26

  private let chunkBytes: Int
  private var reader: GzipReader
  /// What was read and not handed out; it begins with a record.
  private var bytes: [UInt8] = []
  /// How many bytes of it are looked at, and how many are whole records.
  private var scanned = 0
  private var whole = 0
  /// The line the next byte is on, and the one on which its record begins.
  private var line = 1
  private var recordLine = 1
  private var isQuoted = false
  /// The commas between cells of that record, so far.
  private var commas = 0

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: A CSV file, perhaps compressed by gzip.
  ///   - chunkBytes: How much to read at once; at least 1.
  /// - Throws: `SparseError` when the file cannot be read or is too large.
  init(path: String, chunkBytes: Int) throws {
    reader = try GzipReader(path: path)
    self.chunkBytes = chunkBytes
  }

  /// Reads the next records.
  ///
  /// - Returns: Some whole records; `nil` at the end of the file.
  /// - Throws: `SparseError` when reading fails, a quoted cell never ends, a record is longer than
  ///   64 MiB or has more than `DataLimits.columns` cells, or the bytes are not UTF-8.
  mutating func next() throws -> CSVChunk? {
    bytes.removeFirst(whole)
    scanned -= whole
    whole = 0
    var lines: [Int] = []
    while lines.isEmpty {
      guard bytes.count <= Self.maximumRecordBytes else {
        throw corrupt("is longer than \(Self.maximumRecordBytes) bytes. Is a quote not closed?")
      }
      if try reader.append(to: &bytes, atMost: chunkBytes) == 0 {
        guard !isQuoted else {
          throw corrupt("has a quoted cell that never ends. Close the quote.")
        }
        guard !bytes.isEmpty else { return nil }
        bytes.append(UInt8(ascii: "\n"))
      }
      guard reader.outputBytes <= DataLimits.arrayBytes else {
        throw SparseError(
          .unsupported,
          """
          \(reader.path): decompresses to more than the \(DataLimits.arrayBytes) bytes that are read of \
          one file. Split it.
          """)
      }
      try scan(&lines)
    }
    guard let text = String(validating: bytes[..<whole], as: UTF8.self) else {
      throw SparseError(
        .corruptFile,
        "\(reader.path): is not UTF-8 text between the lines \(lines[0]) and \(line). Check that "
          + "this is a CSV file, or convert it to UTF-8."
      )
    }
    return CSVChunk(path: reader.path, text: text, lines: lines)
  }

  private mutating func scan(_ lines: inout [Int]) throws {
    while scanned < bytes.count {
      let byte = bytes[scanned]
      scanned += 1
      if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if byte == UInt8(ascii: ","), !isQuoted {
        commas += 1
        guard commas < DataLimits.columns else {
          throw corrupt(
            "has more than \(DataLimits.columns) columns. Check that this is a CSV file with a line for "
              + "each sample.")
        }
      } else if byte == UInt8(ascii: "\n") {
        line += 1
        guard !isQuoted else { continue }
        lines.append(recordLine)
        recordLine = line
        commas = 0
        whole = scanned
      }
    }
  }

  private func corrupt(_ what: String) -> SparseError {
    SparseError(
      .corruptFile,
      "\(reader.path) line \(recordLine): the record that begins here \(what)"
    )
  }
}
