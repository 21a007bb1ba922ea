/// How this program's plots look.
enum PlotStyle {
  /// Told apart also by the colour-blind (Okabe, Ito 2008).
  static let colours = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#7F3C8D", "#8C6D31",
  ]
  /// gnuplot's point types, as many as colours.
  static let marks = [7, 5, 9, 11, 13, 15, 65, 67]

  /// Frame, tics and grid of a panel.
  static let axes = [
    "set border 3 linecolor rgb '#555555'", "set tics nomirror out",
    "set grid back linecolor rgb '#dddddd' linewidth 1 linetype 1",
  ]

  /// A picture of some pixels.
  static func terminal(width: Int, height: Int) -> [String] {
    [
      "set terminal svg size \(width),\(height) font 'Helvetica,Arial,sans-serif,14' background rgb 'white'",
      "set encoding utf8",
    ]
  }

  /// A key above the panel.
  static func key(columns: Int) -> String {
    "set key tmargin left Left reverse horizontal maxcols \(columns) samplen 2 spacing 1.1 noenhanced"
  }
}
