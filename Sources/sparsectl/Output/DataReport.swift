import SparseLayers

/// What `data` prints of the file that it made.
struct DataReport: TextReport {
  /// The samples of a part, and the SHA-256 of their content.
  struct Part: Encodable {
    var samples: Int
    var sha256: String

    init(_ part: Dataset) throws {
      samples = part.sampleCount
      sha256 = try part.contentHash()
    }
  }

  var output: String
  var training: Part
  var validation: Part?
  var test: Part
  var features: Int
  /// Rows and columns of images of one channel.
  var image: [Int]?
  /// Per task its classes.
  var tasks: [String: Int]
  private let taskText: String

  enum CodingKeys: String, CodingKey {
    case output, training, validation, test, features, image, tasks
  }

  init(_ parts: DatasetParts, output: String) throws {
    self.output = output
    training = try Part(parts.training)
    validation = try parts.validation.map { try Part($0) }
    test = try Part(parts.test)
    features = parts.training.featureCount
    image = parts.training.imageShape.map { [$0.rows, $0.columns] }
    let targets = parts.training.targets.map { ($0.name, $0.classCount) }
    tasks = Dictionary(targets, uniquingKeysWith: { first, _ in first })
    taskText = targets.map { "\($0) (\($1) classes)" }.joined(separator: ", ")
  }

  /// The report for people.
  var text: String {
    var table = Table(["part", "samples", "SHA-256"])
    for (name, part) in [("training", training), ("validation", validation), ("test", test)] {
      guard let part else { continue }
      table.add([name, Text.count(part.samples), String(part.sha256.prefix(16))])
    }
    let shape = image.map { "\($0[0])×\($0[1]) = " } ?? ""
    return """
      \(table.text())

      \(shape)\(Text.count(features)) features; tasks \(taskText)
      data: \(output)
      """
  }
}
