import Foundation
import SparseCore
import Testing

@testable import SparseLayers

@Suite("CSV tables")
struct CSVTableTests {
  private func table(_ text: String, labels: [String] = []) throws -> CSVTable {
    let directory = try TemporaryDirectory()
    return try CSVTable(path: write(text, "t.csv", in: directory), labelColumns: labels)
  }

  private func expectRefused(
    _ text: String,
    labels: [String] = [],
    code: SparseError.Code = .corruptFile,
    _ words: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectError(code, "t.csv", words, sourceLocation: sourceLocation) {
      _ = try table(text, labels: labels)
    }
  }

  @Test("the column 'label' holds the labels, else the last one does")
  func defaultLabel() throws {
    let named = try table("a,label,b\n1,x,2\n3,y,4\n")
    #expect(named.features == [1, 2, 3, 4])
    #expect(named.labels[0].values == ["x", "y"])
    #expect(named.layout.labelNames == ["label"])
    let last = try table("a,b,kind\n1,2,x\n3,4,y\n5,6,x\n")
    #expect(last.features == [1, 2, 3, 4, 5, 6])
    #expect(last.labels[0].indices == [0, 1, 0])
    #expect(last.layout.labelNames == ["kind"])
    #expect(last.layout.featureCount == 2)
  }

  @Test("label columns are chosen by name and by index, several in the order asked for")
  func chosenLabels() throws {
    let text = "a,b,c,d\n1,2,3,4\n5,6,7,8\n"
    let both = try table(text, labels: ["c", "0"])
    #expect(both.features == [2, 4, 6, 8])
    #expect(both.labels.map(\.values) == [["3", "7"], ["1", "5"]])
    #expect(both.layout.labelNames == ["c", "a"])
    #expect(both.layout.featureNames == ["b", "d"])
    let headless = try table("1,2,3\n4,5,6\n", labels: ["0"])
    #expect(headless.features == [2, 3, 5, 6])
    #expect(headless.layout.labelNames == ["label"])
    #expect(headless.layout.featureNames == nil)
  }

  @Test("a label column out of range or asked for twice is named")
  func missingLabels() {
    let text = "a,b,c\n1,2,3\n"
    for labels in [["a", "3"], ["a", "-1"], ["nose", "a"]] {
      let missing = labels.first { $0 != "a" } ?? ""
      expectRefused(
        text, labels: labels, code: .invalidArgument,
        "no label column '\(missing)' among the 3 columns ('a', 'b', 'c')")
    }
    expectRefused(text, labels: ["a", "0"], code: .invalidArgument, "a column twice")
  }

  @Test("several label columns become targets, each with classes of its own")
  func targets() throws {
    let directory = try TemporaryDirectory()
    let path = try write(
      "kind,size,a\nx,0,1\ny,2,1\nx,1,0\ny,0,0\nx,0,1\n", "t.csv", in: directory)
    let parts = try DatasetSource.csv.load(path: path, labelColumns: ["size", "kind"])
    #expect(parts.training.targets.map(\.name) == ["size", "kind"])
    #expect(parts.training.targets.map(\.classNames) == [["0", "1", "2"], ["x", "y"]])
    #expect(parts.training.featureCount == 1)
  }

  @Test("a first row with numbers in it is a sample, also with a text as label")
  func headerDetection() throws {
    #expect(try table("5.1,3.5,setosa\n6,3,virginica\n").features == [5.1, 3.5, 6, 3])
    #expect(try table("0,1,label\n7,8,2\n").features == [7, 8])
    #expect(try table("1,2,3\n4,5,6\n").layout.header == nil)
    #expect(try table("x,y,z\n4,5,6\n").layout.header == ["x", "y", "z"])
  }

  @Test(
    "quotes, white space, empty lines, line ends and a byte order mark are as RFC 4180 has them"
  )
  func syntax() throws {
    let quoted = try table("\"a \"\"x\"\"\",\"b,\nc\",label\n\"1\",2,\"say \"\"no\"\"\"\n3,4,b\n")
    #expect(quoted.layout.header == ["a \"x\"", "b,\nc", "label"])
    #expect(quoted.features == [1, 2, 3, 4])
    #expect(quoted.labels[0].values == ["say \"no\"", "b"])
    for text in [
      "\u{FEFF}a,label\r\n1.5,x\r\n-2e1,y\r\n", "a,label\n\n1.5 , x\n\n -2e1,y",
      "\n\na,label\n1.5,x\n-2e1,y\n\n",
    ] {
      let read = try table(text)
      #expect(read.features == [1.5, -20], "\(text)")
      #expect(read.labels[0].values == ["x", "y"])
    }
  }

  @Test("a record of more columns than are read is refused by its line, before it is parsed")
  func tooManyColumns() throws {
    let commas = String(repeating: ",", count: 1 << 20)
    expectRefused(
      "a,label\n\(commas)\n", "line 2: the record that begins here has more than 1048576")
    expectRefused("\(commas)", "line 1: the record that begins here has more than 1048576 columns")
    // Those inside of a quoted cell are text.
    #expect(try table("a,label\n1,\"\(commas)\"\n").labels[0].values == [commas])
  }

  @Test("a compressed file is read like another")
  func compressed() throws {
    let directory = try TemporaryDirectory()
    let path = try write(Gzip.stored(Array("a,label\n1,0\n2,1\n".utf8)), "t.csv.gz", in: directory)
    #expect(try CSVTable(path: path, labelColumns: []).features == [1, 2])
  }

  @Test(
    "a file read in chunks is whole, wherever they end, and errors name the right line",
    arguments: [1, 2, 3, 5, 8, 13, 64, 1000]
  )
  func chunks(chunkBytes: Int) throws {
    let directory = try TemporaryDirectory()
    let count = 100
    let text = (0..<count).map { "\(100_000 + $0),\"\(0.5 + Double($0 % 10))\",\"né\nß\"\r\n" }
    let path = try write(text.joined() + "1,2,3", "t.csv", in: directory)
    let read = try CSVTable(path: path, labelColumns: [], chunkBytes: chunkBytes)
    #expect(read.features.count == 2 * count + 2)
    #expect((0..<count).allSatisfy { read.features[2 * $0] == Float(100_000 + $0) })
    #expect(read.labels[0].values == ["né\nß", "3"])
    _ = try write(text.joined() + "1,oops,3\n", "t.csv", in: directory)
    expectError(.corruptFile, path, "line \(2 * count + 1), column 2: 'oops'") {
      _ = try CSVTable(path: path, labelColumns: [], chunkBytes: chunkBytes)
    }
  }

  @Test("values that are no finite numbers are refused with line, column and value")
  func numbers() {
    for value in ["", "x", "nan", "inf", "-infinity", "1e39", "1,5", "0x", "1.2.3", "--1"] {
      expectRefused(
        "width,label\n1,0\n\"\(value)\",1\n",
        "line 3, column 1 ('width'): '\(value)'"
      )
    }
    expectRefused("1,2,0\n3,?,1\n", "line 2, column 2: '?'")
  }

  @Test("rows of another width are refused with both widths")
  func widths() {
    expectRefused("a,b,label\n1,2,0\n1,2\n", "line 3: has 2 columns, but the first row has 3")
    expectRefused("a,b,label\n1,2,0\n1,2,3,4\n", "line 3: has 4 columns")
  }

  @Test("missing labels, and columns that are no labels, are refused")
  func labels() {
    expectRefused("a,label\n1,0\n2,\n", "line 3, column 2 ('label'): the label is missing")
    expectRefused("a,label\n1,0\n2,\"  \"\n", "line 3")
    let measured = (0..<70_000).map { "1,v\($0)\n" }.joined()
    expectRefused("a,label\n" + measured, "line 65538, column 2 ('label'): 'v65536'")
  }

  @Test("label columns that are not there, not unique or all there is are refused")
  func labelColumns() {
    for name in ["kind", "2", "-1", "99999999999999999999"] {
      expectRefused(
        "a,label\n1,0\n",
        labels: [name],
        code: .invalidArgument,
        "label column '\(name)'"
      )
    }
    expectRefused("a,b,a\n1,0,2\n", labels: ["a"], code: .invalidArgument, "2 columns")
    expectRefused("a,b,c\n1,0,2\n", labels: ["a", "0"], code: .invalidArgument, "twice")
    expectRefused("a,b\n1,0\n", labels: ["a", "b"], "no features")
    expectRefused("a;label\n1;0\n", "commas")
  }

  @Test("files without samples are refused")
  func empty() {
    for text in ["", "\n", "\r\n\n"] { expectRefused(text, "is empty") }
    expectRefused("a,label\n", "no samples")
  }

  @Test("broken quotes, bytes that are no UTF-8 and lone carriage returns are refused")
  func broken() throws {
    expectRefused("a,label\n1,0\n2,\"x\n3,1\n", "line 3: the record that begins here has a quoted")
    expectRefused("a,label\n1,0\n2,\"x\"y\n3,1\n", "line 3: is no CSV")
    expectRefused("a,label\n1,0\n2,x\"y\n3,\"1\n", "line 3: is no CSV")
    expectRefused("a,label\r1,0\r2,1\r", "carriage return")
    let directory = try TemporaryDirectory()
    let path = try write(Array("a,label\n1,0\n2,".utf8) + [0xff, 10], "t.csv", in: directory)
    expectError(.corruptFile, path, "UTF-8") { _ = try CSVTable(path: path, labelColumns: []) }
  }

  @Test("damage never traps, and what is still read is finite")
  func damaged() throws {
    let directory = try TemporaryDirectory()
    let text = "a,\"b \"\"c\"\"\",label\r\n1,2.5,\"x\"\r\n-3e2,4,y\r\n5,\"6\",x\r\n"
    for (what, bytes) in damagedCopies(of: Array(text.utf8)) {
      let path = try write(bytes, "damaged.csv", in: directory)
      guard let read = try? CSVTable(path: path, labelColumns: []) else { continue }
      #expect(read.features.allSatisfy { $0.isFinite }, "\(what)")
      #expect(read.features.count == read.labels[0].indices.count * read.layout.featureCount)
    }
  }
}

@Suite("CSV data sets")
struct CSVDatasetTests {
  private func load(
    _ training: String,
    _ test: String,
    validation: String? = nil,
    labels: [String] = []
  ) throws -> DatasetParts {
    let directory = try TemporaryDirectory()
    _ = try write(training, "train.csv", in: directory)
    _ = try write(test, "test.csv", in: directory)
    if let validation { _ = try write(validation, "validation.csv", in: directory) }
    return try DatasetSource.csv.load(path: directory.path, labelColumns: labels)
  }

  @Test("texts become classes in alphabetical order, the same for all files")
  func textClasses() throws {
    let parts = try load(
      "a,label\n1,pear\n2,apple\n",
      "a,label\n3,fig\n",
      validation: "a,label\n4,pear\n"
    )
    for part in [parts.training, parts.test, try #require(parts.validation)] {
      #expect(part.targets[0].classNames == ["apple", "fig", "pear"])
    }
    #expect(parts.training.targets[0].labels == [2, 0])
    #expect(parts.test.targets[0].labels == [1])
    #expect(parts.validation?.targets[0].labels == [2])
  }

  @Test("numbers are their own labels, with a class for each up to the largest of any file")
  func numberClasses() throws {
    let parts = try load("1,2,0\n1,2,3\n", "1,2,5\n")
    #expect(parts.training.targets[0].classNames == (0...5).map(String.init))
    #expect(parts.training.targets[0].labels == [0, 3])
    #expect(parts.test.targets[0].labels == [5])
    // Negative numbers and mixtures are texts.
    #expect(try load("1,-1\n1,1\n", "1,1\n").training.targets[0].classNames == ["-1", "1"])
    #expect(
      try load("1,a\n1,7\n1,b\n", "1,7\n").training.targets[0].classNames == ["7", "a", "b"]
    )
  }

  @Test("several label columns are several targets")
  func targets() throws {
    let parts = try load(
      "digit,a,parity\n3,0.5,odd\n4,1,even\n",
      "digit,a,parity\n1,2,odd\n",
      labels: ["digit", "parity"]
    )
    #expect(parts.training.targets.map(\.name) == ["digit", "parity"])
    #expect(parts.training.targets.map(\.labels) == [[3, 4], [1, 0]])
    #expect(parts.test.featureCount == 1)
  }

  @Test("labels that are too large are refused with file and line")
  func largeLabels() {
    for value in ["65536", "99999999999"] {
      expectError(.corruptFile, "test.csv line 2", value) {
        _ = try load("1,0\n1,1\n", "1,1\n1,\(value)\n")
      }
    }
  }

  @Test("a header of numbers that passes for a sample is noticed")
  func numericHeader() throws {
    expectError(.corruptFile, "train.csv line 1: 'kind'") {
      _ = try load("0,1,kind\n5,6,0\n7,8,1\n", "0,1,kind\n5,6,0\n")
    }
    let named = try load("0,1,kind\n5,6,0\n7,8,1\n", "0,1,kind\n5,6,0\n", labels: ["kind"])
    #expect(named.training.sampleCount == 2)
  }

  @Test("files that differ in columns or header are refused with both names")
  func headers() {
    for (test, words) in [
      ("a,b,label\n1,2,0\n", "3 columns"), ("b,label\n1,0\n", "header"), ("1,0\n", "header"),
    ] {
      expectError(.shapeMismatch, "train.csv", "test.csv", words) {
        _ = try load("a,label\n1,0\n2,1\n", test)
      }
    }
  }

  @Test("a fifth of a single file becomes the test part, by seed")
  func singleFile() throws {
    let directory = try TemporaryDirectory()
    let path = try write(
      (0..<50).map { "\($0),\($0 % 5)\n" }.joined(),
      "all.csv",
      in: directory
    )
    func split(_ seed: UInt64) throws -> [[Float]] {
      let parts = try DatasetSource.csv.load(path: path, seed: seed)
      #expect(parts.validation == nil)
      return try [parts.training, parts.test].map { part in
        guard case .floats(let values) = part.features else {
          throw SparseError(.unsupported, "floats became bytes")
        }
        #expect(part.targets[0].labels == values.map { Int32($0) % 5 })
        #expect(part.targets[0].classCount == 5)
        return values
      }
    }
    let first = try split(1)
    #expect(first.map(\.count) == [40, 10])
    #expect(first.flatMap { $0 }.sorted() == (0..<50).map(Float.init))
    let (again, other) = try (split(1), split(2))
    #expect(again == first)
    #expect(other != first)
  }

  @Test("a single sample, a missing file and a missing path are refused")
  func missing() throws {
    let directory = try TemporaryDirectory()
    let path = try write("1,0\n", "one.csv", in: directory)
    expectError(.invalidArgument, path, "1 sample") { _ = try DatasetSource.csv.load(path: path) }
    expectError(.fileSystem, directory.path, "train.csv") {
      _ = try DatasetSource.csv.load(path: directory.path)
    }
    _ = try write("1,0\n", "train.csv", in: directory)
    expectError(.fileSystem, directory.path, "test.csv") {
      _ = try DatasetSource.csv.load(path: directory.path)
    }
    expectFileError(ENOENT, naming: directory.file("none.csv")) {
      _ = try DatasetSource.csv.load(path: directory.file("none.csv"))
    }
    expectError(.invalidArgument, "Give its path") { _ = try DatasetSource.csv.load() }
  }
}
