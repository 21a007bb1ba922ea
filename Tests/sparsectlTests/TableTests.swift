import Testing

@testable import sparsectl

@Suite("Tables and numbers as people read them")
struct TableTests {
  private func table(_ cell: String) -> Table {
    var table = Table(["name", "count"])
    table.add([cell, "1"])
    return table
  }

  @Test(
    "a cell from outside is one line of what a terminal only shows",
    arguments: [
      ("\u{1B}[2Jcat", "\u{FFFD}[2Jcat"), ("a\nb", "a\u{FFFD}b"), ("a\r\nb", "a\u{FFFD}\u{FFFD}b"),
      ("\u{9B}31m", "\u{FFFD}31m"), ("a\u{2028}b\tc", "a\u{FFFD}b\u{FFFD}c"),
      ("süß 👩‍👧", "süß 👩‍👧"),
    ])
  func cells(cell: String, shown: String) {
    let rows = table(cell).text().split(separator: "\n", omittingEmptySubsequences: false)
    #expect(rows.count == 3)
    #expect(rows.last?.hasPrefix(shown) == true, "\(rows)")
    // Widths are those of what is shown.
    #expect(Set(rows.map(\.count)).count == 1)
    #expect(table(cell).text(.markdown).split(separator: "\n").last == "| \(shown) | 1 |")
  }

  @Test("a bar in a cell is no column of Markdown")
  func bars() {
    #expect(table("a|b").text(.markdown).hasSuffix("| a\\|b | 1 |"))
    #expect(table("a|b").text().hasSuffix("a|b       1"))
  }

  @Test(
    "CSV keeps a cell as it is, in quotes where it needs them",
    arguments: [
      ("a\r\nb", "\"a\r\nb\""), ("a\rb", "\"a\rb\""), ("a\"b", "\"a\"\"b\""), ("a|b", "a|b"),
    ])
  func csv(cell: String, written: String) {
    #expect(table(cell).text(.csv) == "name,count\n\(written),1")
  }

  @Test("numbers have the groups, plurals and decimals that say something")
  func numbers() {
    #expect(Text.count(1, "epoch") == "1 epoch" && Text.count(0, "epoch") == "0 epochs")
    #expect(Text.count(2000, "epoch") == "2,000 epochs")
    #expect(Text.count(.min) == "-9,223,372,036,854,775,808")
    #expect(
      MeasureReport.nanojoules(12_970) == "13.0" && MeasureReport.nanojoules(99_960) == "100.0")
    #expect(MeasureReport.nanojoules(123_600) == "124" && MeasureReport.nanojoules(1e30) == "1e+27")
    #expect(CostScale([0, 0]).commands.count == CostScale([1, 20]).commands.count)
    #expect(Gnuplot.label("a\"b\nend") == "\"a'b\u{FFFD}end\"")
    #expect(Text.rounded(43_199.6) == "43,200" && Text.rounded(1e300) == "1e+300")
    #expect(Text.rounded(.nan) == "nan" && Text.rounded(-0.2) == "0")
    #expect(Text.ratio(4.764) == "4.76×" && Text.ratio(8_388_608) == "8,388,608×")
    #expect(Text.ratio(9, to: 2) == "4.50×" && Text.ratio(0, to: 0) == "–")
  }
}
