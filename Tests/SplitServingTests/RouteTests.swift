import Testing

@testable import SplitServing

@Suite("Routes") struct RouteTests {
  @Test(
    "are found by their paths",
    arguments: [
      ("/v2", Route.server), ("/v2/", .server), ("/v2/health/live", .live),
      ("/v2/health/ready", .ready), ("/metrics", .metrics), ("/v2/models/stats", .statistics),
      ("/v2/models/a", .model("a", version: nil, .metadata)),
      ("/v2/models/a%2Fb/infer", .model("a/b", version: nil, .infer)),
      ("/v2/models/a/versions/3/stats", .model("a", version: "3", .stats)),
      ("/v2/models/a/versions/3", .model("a", version: "3", .metadata)),
      ("/v2/models/a/ready", .model("a", version: nil, .ready)),
    ])
  func found(path: String, route: Route) { #expect(Route(path: path) == route) }

  @Test(
    "are few",
    arguments: [
      "", "/", "/v1", "/v2/models", "/v2/models/a/config", "/v2/models/a/versions",
      "/v2/models/a/infer/x", "/v2/models/a/versions/1/infer/x", "/v2/health", "/v2/health/x",
    ])
  func unknown(path: String) { #expect(Route(path: path) == nil) }
}

@Suite("Files of tokens") struct BearerTokenTests {
  @Test(
    "are refused where a line is wrong, with its number",
    arguments: [
      ("", "no token"), ("# only this\n\n", "no token"), ("a\nb expires=tomorrow", "line 2"),
      ("# first\r\na\r\nb c\r\n", "line 3"), ("a b", "line 1"),
      ("a expires=2027-01-31T00:00:00Z c", "line 1"),
    ])
  func wrong(text: String, word: String) throws {
    do {
      _ = try BearerTokens(text, source: "tokens")
      Issue.record("was taken")
    } catch {
      #expect("\(error)".contains(word), "\(error)")
    }
  }

  @Test("have one token a line, whatever ends the lines", arguments: ["\n", "\r\n"])
  func lines(ending: String) throws {
    let tokens = try BearerTokens(
      ["# keys", "first", "second expires=2127-01-31T00:00:00Z"].joined(separator: ending),
      source: "tokens")
    for token in ["first", "second"] { try tokens.check("Bearer \(token)") }
    #expect(throws: RequestError.self) { try tokens.check("Bearer third") }
  }
}
