extension LinkModel {
  /// The links that are known by name, each with its source.
  public static let presets: [LinkModel] = [
    gigabit,
    webPageTest("fios", "FIOS", up: 5e6, down: 20e6, roundTripMilliseconds: 4),
    webPageTest("cable", "Cable", up: 1e6, down: 5e6, roundTripMilliseconds: 28),
    webPageTest("dsl", "DSL", up: 384e3, down: 1.5e6, roundTripMilliseconds: 50),
    mobile3G("3g-fast", "3GFast", roundTripMilliseconds: 150),
    mobile3G("3g", "3G", roundTripMilliseconds: 300),
  ]

  /// The link that the simulator of early exits' and predefined sparsity's authors assumes.
  private static let gigabit: LinkModel = {
    var link = LinkModel(
      name: "gigabit", upBitsPerSecond: 1e9, downBitsPerSecond: 1e9, delaySeconds: 100e-6,
      source: """
        Capogrosso et al., Split-Et-Impera, DDECS 2023, doi:10.1109/ddecs57882.2023.10139711: \
        1 Gb/s full duplex, 100 µs delay, 1,010 bytes a packet, timeout 200 ms, loss 0 to 5 %, \
        of which 0 is taken
        """)
    link.payloadBytes = 1010
    return link
  }()

  /// A connection that web pages are tested with.
  ///
  /// Source: WebPageTest, `www/settings/connectivity.ini.sample`, of which the latency, a round trip,
  /// is halved.
  private static func webPageTest(
    _ name: String, _ section: String, up: Double, down: Double, roundTripMilliseconds: Double
  ) -> LinkModel {
    LinkModel(
      name: name, upBitsPerSecond: up, downBitsPerSecond: down,
      delaySeconds: roundTripMilliseconds / 2000,
      source: "WebPageTest, connectivity.ini.sample, [\(section)]; half its round trip each way")
  }

  private static func mobile3G(
    _ name: String, _ section: String, roundTripMilliseconds: Double
  ) -> LinkModel {
    let (up, down) = (768e3, 1.6e6)
    var link = webPageTest(
      name, section, up: up, down: down, roundTripMilliseconds: roundTripMilliseconds)
    link.energy = Energy(
      upJoulesPerByte: 8 * hsdpaJoulesPerBit(up), downJoulesPerByte: 8 * hsdpaJoulesPerBit(down),
      source: """
        Aalborg University, Energy measurements on mobile phones, HSDPA; measured on downloads of \
        500 KB at 100 to 1,500 kb/s and taken for both ways
        """)
    return link
  }

  /// A phone's energy for a bit over HSDPA, the faster the less: a straight line, within the rates
  /// that were measured.
  ///
  /// Source: Aalborg University, Mobile Devices group, *Energy measurements on mobile phones*, "Data
  /// download for different technologies": E = A + B · (rate − C).
  private static func hsdpaJoulesPerBit(_ bitsPerSecond: Double) -> Double {
    let kilobits = min(max(bitsPerSecond / 1000, 100), 1500)
    return 1.13e-5 - 7.21e-9 * (kilobits - 101)
  }
}
