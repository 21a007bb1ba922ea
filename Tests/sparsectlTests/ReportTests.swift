import ArgumentParser
import Foundation
import SparseCore
import Testing

@testable import SparseLayers
@testable import sparsectl

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite("report")
struct ReportTests {
  /// What no page may take for its own marks, in every place that comes from outside.
  private static let hostile = "<script>alert('1')</script>&\"\u{301}<\u{301}b>]]>\u{0}"

  private func recipe() -> NetworkRecipe {
    var recipe = NetworkRecipe(
      layerSizes: [40, 24, 16, 10], connectivity: .densities([0.25, 0.5, 1]),
      families: [.balanced, .random, .full], seed: 3)
    recipe.exits = ExitRecipe(positions: [1])
    return recipe
  }

  private func model(className: String = "shoe") throws -> ModelFile {
    let recipe = recipe()
    let network = try recipe.makeNetwork()
    var data = DataDescription(untrained: network)
    data.dataset = "csv"
    data.classNames = ["label": [className] + (1..<10).map { "class \($0)" }]
    var file = ModelFile(
      network: network, recipe: recipe, training: TrainingRecipe(epochs: 3), data: data,
      experiment: "density: 0.25\n# \(className)\n")
    file.exitSettings = ExitSettings(
      rule: "max-probability", temperatures: [1.5, 1], thresholds: [0.875],
      calibration: .init(
        aim: className, dataSHA256: "ab", samples: 7, accuracy: 0.5, lastExitAccuracy: 0.625,
        expectedMACs: 1234.5))
    return file
  }

  private func metrics(_ directory: borrowing TemporaryDirectory, epochs: Int = 3) throws -> String
  {
    let lines = (1...epochs).map { epoch in
      """
      {"epoch":\(epoch),"learning_rate":0.001,"seconds":1.5,"samples_per_second":10,\
      "train_loss":\(2.0 / Double(epoch)),"train_accuracy":0.5,\
      "validation_loss":\(3.0 / Double(epoch)),"validation_accuracy":0.\(epoch)}

      """
    }
    return try directory.write(Array(lines.joined().utf8), "log.jsonl")
  }

  private func page(_ arguments: String...) throws -> String {
    try Report.parse(arguments).html()
  }

  // MARK: - The page

  @Test(
    "a page is well-formed, and all that comes from outside is text in it",
    arguments: [
      "shoe", hostile,
    ])
  func wellFormed(text: String) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("a<b>&'\".safetensors")
    try model(className: text).write(to: path)
    let html = try page(path, "--metrics", metrics(directory))
    let document = try Page(html)
    #expect(document.elements["script"] == nil && document.elements["b"] == 5)
    #expect(document.headings.first == "a<b>&'\".safetensors")
    let shown = text.replacing("\u{0}", with: "\u{FFFD}")
    #expect(document.text.contains("10: \(shown), class 1"))
    #expect(document.text.contains("# \(shown)"))
    #expect(document.text.contains("Aim\(shown)"))
  }

  @Test("a page asks for nothing else and has no script")
  func selfContained() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m.safetensors")
    try model().write(to: path)
    let html = try page(path, "--metrics", metrics(directory))
    for word in ["http://", "https://", "src=", "href=", "url(", "@import", "<script", "<link"] {
      let places = html.ranges(of: word).map { html[$0.lowerBound...].prefix(40) }
      #expect(places.allSatisfy { $0.hasPrefix("http://www.w3.org/1999/xhtml") }, "\(places)")
    }
    #expect(html.contains("default-src 'none'") && html.contains("prefers-color-scheme: dark"))
    #expect(html.contains("width=device-width"))
  }

  @Test("a page says what the file holds, and the same inputs make the same page")
  func content() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m.safetensors")
    let model = try model()
    try model.write(to: path)
    let html = try page(path, "--metrics", metrics(directory))
    let text = try Page(html).text
    let content = try bytes(of: path)
    for word in [
      try SHA256Digest.hexadecimal(of: content),
      "m.safetensors, \(Text.count(content.count)) bytes",
      "40 → 24 → 16", "3 epochs in batches of 256", "balanced", "density 0.25, 0.5, 1",
      "max-probability", "0.875", "1.5", "1,235", "50.00 %", "validation", "3 epochs, the last",
    ] {
      #expect(text.contains(word), "\(word)")
    }
    let cost = NetworkCost(model.network).total
    #expect(text.contains(Text.count(cost.weights)) && text.contains(Text.count(cost.denseMACs)))
    let stages = model.network.branches.map(\.name)
    #expect(stages.allSatisfy(text.contains))
    #expect(try html == page(path, "--metrics", metrics(directory)))
  }

  @Test("a page without metrics says that there are none, one of a part says which")
  func parts() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m.safetensors")
    var model = try ModelFile(
      network: NetworkRecipe(layerSizes: [8, 4, 2], connectivity: .densest).makeNetwork(),
      data: DataDescription(
        untrained: NetworkRecipe(
          layerSizes: [8, 4, 2], connectivity: .densest
        ).makeNetwork()))
    model.split = SplitDescription(
      part: .remote, hiddenLayers: 2, boundaryFeatures: 8, identity: "0123",
      output: .init(branch: "output", task: "label", size: 2, exit: 0))
    try model.write(to: path)
    let text = try Page(page(path)).text
    for word in ["No course of loss", "Part of a split network", "after 2 hidden layers", "0123"] {
      #expect(text.contains(word), "\(word)")
    }
    #expect(!text.contains("Exits"))
    #expect(try !page(path).contains("class=\"curve"))
  }

  @Test("the pattern's picture has a cell where there is a connection, and nowhere else")
  func picture() throws {
    let pattern = try PatternRecipe(
      family: .random, inputs: 12, outputs: 9, edges: 31, seed: 4, junction: 0
    ).makePattern()
    var cells = Set<[Int]>()
    // Each run of cells is 'M<column> <row>.5h<length>'.
    for run in DensityMap(pattern).html.matches(of: /M([0-9]+) ([0-9]+)\.5h([0-9]+)/) {
      let (column, row, length) = (Int(run.1) ?? -1, Int(run.2) ?? -1, Int(run.3) ?? 0)
      for offset in 0..<length { #expect(cells.insert([row, column + offset]).inserted) }
    }
    let edges = (0..<9).flatMap { output in
      pattern.edges(ofRow: output).map { [output, Int(pattern.columns[$0])] }
    }
    #expect(cells == Set(edges))
  }

  @Test("a large pattern is drawn by its density in about 100 cells a side")
  func largePicture() throws {
    let pattern = try PatternRecipe(
      family: .structured, inputs: 1000, outputs: 500, edges: 50_000, seed: 4, junction: 0
    ).makePattern()
    let html = DensityMap(pattern).html
    #expect(html.contains("viewBox=\"0 0 100 100\"") && html.utf8.count < 200_000)
    #expect(html.contains("a cell for 10 × 5 neurons"))
  }

  @Test("the weights' histogram counts every weight once, the sides of 0 apart")
  func weights() {
    let histogram = WeightHistogram([-1, -0.99, -0.5, 0, 0.001, 0.5, 1], bins: 5)
    #expect(histogram.counts == [2, 1, 2, 1, 1])
    #expect(histogram.largest == 1 && abs(histogram.mean + 0.989 / 7) < 1e-7)
    #expect(WeightHistogram([0, 0], bins: 3).counts == [0, 2, 0])
    #expect(WeightHistogram([], bins: 3).counts == [0, 0, 0])
  }

  @Test(
    "an axis has a few round ticks, inside or around its numbers",
    arguments: [[0.1, 2.7], [5, 5], [0, 0], [-3e9, 1e9], [97.2, 97.3], [1e-9, 2e-9]])
  func axis(values: [Double]) {
    let axis = NumberAxis(around: values, intervals: 4)
    #expect((2...8).contains(axis.ticks.count), "\(axis.ticks)")
    #expect(values.allSatisfy { (-0.001...1.001).contains(axis.position(of: $0)) })
    let steps = zip(axis.ticks, axis.ticks.dropFirst()).map { $1 - $0 }
    #expect(steps.allSatisfy { abs($0 / steps[0] - 1) < 1e-6 })
  }

  @Test("an axis of epochs has ticks at whole ones", arguments: [1, 2, 7, 50, 1_000_000])
  func epochs(last: Int) {
    let ticks = NumberAxis(within: 1...last, intervals: 6).ticks
    #expect(ticks.count <= 8 && ticks.allSatisfy { $0 == $0.rounded() && $0 <= Double(last) })
  }

  // MARK: - Metrics

  @Test("of several runs in a file of metrics the last one is shown")
  func lastRun() throws {
    let directory = try TemporaryDirectory()
    let one = try bytes(of: metrics(directory, epochs: 5))
    let two = try bytes(of: metrics(directory, epochs: 2))
    // The line at the end is not finished yet.
    let path = try directory.write(one + two + Array(#"{"epoch":3,"#.utf8), "log.jsonl")
    let history = try MetricsHistory(contentsOf: path)
    #expect(history.epochs.map(\.epoch) == [1, 2] && history.earlierRuns == 1)
    #expect(history.points(.trainLoss).map(\.value) == [2, 1])
  }

  /// An epoch that no axis can have.
  private static let hugeEpoch = """
    {"epoch":9223372036854775807,"learning_rate":1,"seconds":1,"samples_per_second":1,"train_loss":1}

    """

  @Test(
    "what is no file of metrics is refused by its line",
    arguments: [
      "", "{}\n", "epoch,learning_rate\n1,2\n", "[]\n", "\u{0}\n", "{\"epoch\":0}\n", hugeEpoch,
    ])
  func wrongMetrics(text: String) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(Array(text.utf8), "log.jsonl")
    let error = try #require(throws: SparseError.self) { try MetricsHistory(contentsOf: path) }
    #expect(error.code == .corruptFile && error.message.hasPrefix("\(path): "))
  }

  // MARK: - The command

  @Test("the page stands beside the model unless another place is named, never over an input")
  func places() throws {
    #expect(try Report.parse(["dir/m.safetensors"]).page == "dir/m.html")
    #expect(try Report.parse(["m.html"]).page == "m.html.html")
    #expect(try Report.parse(["m", "--output", "x"]).page == "x")
    for arguments in [["m", "--output", "./m"], ["m", "--metrics", "l", "--output", "l"]] {
      let error = #expect(throws: (any Error).self) { try Report.parse(arguments) }
      #expect(error.map { Report.exitCode(for: $0) } == .validationFailure)
    }
  }

  @Test(
    "the program writes the page whole and says where",
    .enabled(if: Program.isBuilt, "sparsectl is not built beside the tests"))
  func program() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("m.safetensors")
    try model().write(to: path)
    let outcome = try Program.run("report", path, "--json")
    #expect(outcome.ending == .exited(0) && outcome.stderr == "", "\(outcome.stderr)")
    let result = try outcome.json()
    let page = try bytes(of: directory.file("m.html"))
    #expect(result["output"] as? String == directory.file("m.html"))
    #expect(result["model"] as? String == path && result["bytes"] as? Int == page.count)
    #expect(try self.page(path) == String(decoding: page, as: UTF8.self))
    try expectFailure(Program.run("report", directory.file("none")), says: "none")
    try expectFailure(
      Program.run("report", path, "--output", directory.file("no/m.html")), says: "no/m.html")
    #expect(try directory.names() == ["m.html", "m.safetensors"])
  }
}

/// A page as an XML parser sees it.
private final class Page: NSObject, XMLParserDelegate {
  private(set) var elements: [String: Int] = [:]
  private(set) var headings: [String] = []
  private(set) var text = ""
  private var open: [String] = []

  init(_ html: String) throws {
    super.init()
    let parser = XMLParser(data: Data(html.utf8))
    parser.delegate = self
    let isWellFormed = parser.parse()
    try #require(
      isWellFormed, "line \(parser.lineNumber): \(String(describing: parser.parserError))")
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements[name, default: 0] += 1
    open.append(name)
    if name == "h1" { headings.append("") }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) { open.removeLast() }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    guard open.last != "style" else { return }
    text += string
    if open.last == "h1" { headings[headings.count - 1] += string }
  }
}
