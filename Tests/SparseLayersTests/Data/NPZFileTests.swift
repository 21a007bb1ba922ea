import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("NPZFile")
struct NPZFileTests {
  /// Reads the array `a` of an archive that holds nothing else.
  private func array(_ npy: [UInt8]) throws -> NPYArray {
    let directory = try TemporaryDirectory()
    let path = try write(NPY.archive(["a.npy": npy]), "a.npz", in: directory)
    return try NPZFile(path: path).array(named: "a")
  }

  private func expectRefused(
    _ code: SparseError.Code,
    _ npy: [UInt8],
    _ word: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectError(code, "a.npz: array 'a': ", word, sourceLocation: sourceLocation) {
      _ = try array(npy)
    }
  }

  @Test("lists the arrays and reads each of them")
  func names() throws {
    let directory = try TemporaryDirectory()
    let path = try write(
      NPY.archive([
        "x.npy": NPY.file("|u1", "(2, 3)", [1, 2, 3, 4, 5, 6]),
        "notes.txt": Array("no array".utf8),
        "y.npy": NPY.floats([1.5, -2], "(2,)"),
      ]),
      "two.npz",
      in: directory
    )
    let file = try NPZFile(path: path)
    #expect(file.names == ["x", "y"])
    let x = try file.array(named: "x")
    #expect(x.shape == [2, 3])
    guard case .bytes([1, 2, 3, 4, 5, 6]) = x.elements else {
      Issue.record("bytes became \(x.elements)")
      return
    }
    #expect(try file.array(named: "y").floats == [1.5, -2])
    expectError(.invalidArgument, path, "'z'", "'x', 'y'") { _ = try file.array(named: "z") }
  }

  @Test("integers of every width and order keep their values")
  func integers() throws {
    func check<Stored: FixedWidthInteger>(_ type: Stored.Type, _ descr: String) throws {
      let values: [Stored] = [.min, 0, 1, 77, Stored(clamping: Int64.max)]
      for (order, bytes) in [
        ("<", values.flatMap(\.littleEndianBytes)), (">", values.flatMap(\.bigEndianBytes)),
      ] {
        let read = try array(NPY.file(order + descr, "(5,)", bytes))
        #expect(read.integers == values.map { Int64($0) }, "\(order)\(descr)")
        #expect(read.floats == values.map { Float($0) })
      }
    }
    try check(Int8.self, "i1")
    try check(Int16.self, "i2")
    try check(Int32.self, "i4")
    try check(Int64.self, "i8")
    try check(UInt8.self, "u1")
    try check(UInt16.self, "u2")
    try check(UInt32.self, "u4")
    try check(UInt64.self, "u8")
    expectRefused(
      .unsupported,
      NPY.file("<u8", "(1,)", UInt64.max.littleEndianBytes),
      "\(UInt64.max)"
    )
  }

  @Test("floating-point numbers of both widths and orders become single precision")
  func floats() throws {
    let values = [0, -0.0, 1.5, -1e-30, 3.4e38, 0.1, .infinity]
    let bits = values.map(\.bitPattern)
    let expected = values.map { Float($0) }
    for npy in [
      NPY.file("<f8", "(7,)", bits.flatMap(\.littleEndianBytes)),
      NPY.file(">f8", "(7,)", bits.flatMap(\.bigEndianBytes)),
      NPY.file("<f4", "(7,)", expected.flatMap { $0.bitPattern.littleEndianBytes }),
      NPY.file(">f4", "(7,)", expected.flatMap { $0.bitPattern.bigEndianBytes }),
    ] {
      #expect(try array(npy).floats == expected)
      #expect(try array(npy).integers == nil)
    }
    // 1e300 is finite in double precision only.
    let large = try array(NPY.file("<f8", "(1,)", 1e300.bitPattern.littleEndianBytes))
    #expect(large.floats == [.infinity])
  }

  @Test("arrays longer than a piece are whole", arguments: [65_535, 65_536, 65_537, 200_000])
  func long(count: Int) throws {
    let values = (0..<count).map { Int32($0 * 7919) }
    let read = try array(NPY.file("<i4", "(\(count),)", values.flatMap(\.littleEndianBytes)))
    #expect(read.integers == values.map { Int64($0) })
  }

  @Test("booleans and strings are read")
  func otherTypes() throws {
    #expect(try array(NPY.file("|b1", "(3,)", [1, 0, 1])).floats == [1, 0, 1])
    expectRefused(.corruptFile, NPY.file("|b1", "(3,)", [1, 2, 1]), "byte 2")
    func strings(_ npy: [UInt8]) throws -> [String]? {
      if case .strings(let values) = try array(npy).elements { values } else { nil }
    }
    // How scipy.sparse stores the format of a matrix.
    #expect(try strings(NPY.file("|S3", "()", Array("csr".utf8))) == ["csr"])
    #expect(try strings(NPY.file("|S3", "(2,)", Array("a\0\0abc".utf8))) == ["a", "abc"])
    let units = "né".unicodeScalars.map(\.value) + [0]
    #expect(try strings(NPY.file("<U3", "(1,)", units.flatMap(\.littleEndianBytes))) == ["né"])
    #expect(try strings(NPY.file(">U3", "(1,)", units.flatMap(\.bigEndianBytes))) == ["né"])
    expectRefused(.corruptFile, NPY.file("|S2", "(1,)", [0xff, 0xfe]), "no text")
    expectRefused(.corruptFile, NPY.file("<U1", "(1,)", [0, 0, 0x11, 0]), "no text")
  }

  @Test("single values and empty arrays are read")
  func smallShapes() throws {
    #expect(try array(NPY.file("<i4", "()", Int32(5).littleEndianBytes)).integers == [5])
    let empty = try array(NPY.file("<f4", "(0, 9223372036854775807)", []))
    #expect(empty.shape == [0, .max])
    #expect(empty.floats == [])
  }

  @Test("headers of versions 2 and 3 and of any spacing and order of keys are read")
  func headers() throws {
    for version in [1, 2, 3] as [UInt8] {
      for header in [
        "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }          ",
        "{\"shape\":(2,),\"fortran_order\":True,\"descr\":\"<i2\"}",
        "  {  'fortran_order' : False , 'shape' : ( 2 , ) , 'descr' : '<i2' }",
      ] {
        let npy = NPY.file(header: header, version: version, [1, 0, 2, 0])
        #expect(try array(npy).integers == [1, 2], "\(header)")
      }
    }
  }

  @Test(
    "headers that are not exactly that dictionary are refused",
    arguments: [
      "", "{}", "{'descr': '<i2'}", "[1]", "{'descr': '<i2', 'fortran_order': False, 'shape': (2,)",
      "{'descr': '<i2', 'fortran_order': False, 'shape': (2)}",
      "{'descr': '<i2', 'fortran_order': False, 'shape': (2L,)}",
      "{'descr': '<i2', 'fortran_order': False, 'shape': (-2,)}",
      "{'descr': '<i2', 'fortran_order': False, 'shape': (2.0,)}",
      "{'descr': '<i2', 'fortran_order': False, 'shape': [2]}",
      "{'descr': '<i2', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "{'descr': '<i2', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
      "{'descr': '<i2', 'fortran_order': False, 'shape': (9223372036854775807,)}",
      "{'descr': '<i2', 'fortran_order': 0, 'shape': (2,)}",
      "{'descr': '<i2', 'fortran_order': False, 'shape': (2,)} x",
      "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), 'more': 1}",
      "{'descr': '<i2', 'descr': '<i2', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<i2' 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<i\\2', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<i４', 'fortran_order': False, 'shape': (2,)}",
      "{'descr': <i2, 'fortran_order': False, 'shape': (2,)}",
      "{'descr': '<i2', 'fortran_order': __import__('os'), 'shape': (2,)}",
    ]
  )
  func badHeaders(header: String) throws {
    expectRefused(.corruptFile, NPY.file(header: header, [1, 0, 2, 0]), "")
  }

  @Test("other versions, no magic string and headers that are too long are refused")
  func otherFiles() throws {
    expectRefused(.unsupported, NPY.file(header: "{}", version: 4), "version 4.0")
    expectRefused(.corruptFile, Array("no array at all".utf8), "no .npy file")
    expectRefused(.corruptFile, [], "missing")
    expectRefused(
      .corruptFile,
      NPY.file(header: String(repeating: " ", count: 20_000), version: 2),
      "20001"
    )
    expectRefused(.corruptFile, [0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255], "")
  }

  @Test(
    "element types that are not read are named",
    arguments: [
      "<f2", "<c8", "|O", "<M8[ns]", "=i4", "|i4", "<i3", "<f16", "|V4", "i4", "<i", "<S9999999999",
      "",
    ]
  )
  func elementTypes(descr: String) throws {
    expectRefused(.unsupported, NPY.file(descr, "(1,)", [0, 0, 0, 0]), "'\(descr)'")
  }

  @Test("records and column-major arrays are refused with the remedy")
  func layouts() throws {
    expectRefused(
      .unsupported,
      NPY.file(header: "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,)}"),
      "record"
    )
    expectRefused(
      .unsupported,
      NPY.file("<i1", "(2, 2)", [1, 2, 3, 4], fortran: "True"),
      "ascontiguousarray"
    )
  }

  @Test("too few or too many bytes of elements are refused with both counts", arguments: [7, 9])
  func elementBytes(count: Int) throws {
    expectRefused(
      .corruptFile,
      NPY.file("<i4", "(2,)", .init(repeating: 0, count: count)),
      "promises 8 bytes of elements, but \(count)"
    )
  }

  @Test("a size that its stored bytes cannot have is refused before memory is taken")
  func bombs() throws {
    let directory = try TemporaryDirectory()
    let npy = NPY.file("|u1", "(2,)", [1, 2])
    for method in [0, 8] as [UInt16] {
      let sizes: [UInt32] = [
        0, 1, UInt32(npy.count - 1), UInt32(npy.count + 1), 1 << 30, .max - 1,
      ]
      for size in sizes {
        let path = try write(
          NPY.archive(["a.npy": npy], claimedSize: size, method: method),
          "bomb.npz",
          in: directory
        )
        let error = #expect(throws: SparseError.self) {
          _ = try NPZFile(path: path).array(named: "a")
        }
        #expect(error?.message.hasPrefix(path) == true)
      }
    }
  }

  @Test("other files, an empty one, a directory and a missing one are refused")
  func noArchive() throws {
    let directory = try TemporaryDirectory()
    for bytes in [[], [1], Array("PK".utf8), [UInt8](repeating: 80, count: 1000)] {
      let path = try write(bytes, "other.npz", in: directory)
      expectError(.corruptFile, path) { _ = try NPZFile(path: path) }
    }
    expectError(.fileSystem, directory.path) { _ = try NPZFile(path: directory.path) }
    expectFileError(ENOENT, naming: directory.file("missing")) {
      _ = try NPZFile(path: directory.file("missing"))
    }
  }

  @Test("a file damaged anywhere gives an error or the same numbers")
  func damaged() throws {
    let directory = try TemporaryDirectory()
    let file = NPY.archive(["a.npy": NPY.floats([1, 2, 3, 4], "(2, 2)")])
    for (what, bytes) in damagedCopies(of: file) {
      let path = try write(bytes, "damaged.npz", in: directory)
      do {
        #expect(try NPZFile(path: path).array(named: "a").floats == [1, 2, 3, 4], "\(what)")
        // Dates and the like may change unseen; a missing end may not.
        #expect(what.hasPrefix("flipped"))
      } catch {
        #expect(error is SparseError)
      }
    }
  }
}
