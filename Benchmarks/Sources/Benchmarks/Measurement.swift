import SparseCore
import _SparseBench

/// One case measured by one engine: a line of output.
struct Measurement: Encodable {
  var suite: String
  var name: String
  var engine: String
  /// The median and the ninetieth percentile of the runs.
  var milliseconds: Double?
  var p90Milliseconds: Double?
  var runs: Int?
  /// 10⁹ useful operations per second.
  var gflops: Double?
  /// Why there is nothing above.
  var error: String?

  enum CodingKeys: String, CodingKey {
    case suite, name, engine, milliseconds, runs, gflops, error
    case p90Milliseconds = "p90_milliseconds"
  }

  init(_ what: Case, engine: String, _ timing: Timing) {
    suite = what.suite
    name = what.name
    self.engine = engine
    milliseconds = timing.median
    p90Milliseconds = timing.p90
    runs = timing.milliseconds.count
    gflops = what.operations.map { $0 / timing.median / 1e6 }
  }

  init(_ what: Case, engine: String, error: any Error) {
    suite = what.suite
    name = what.name
    self.engine = engine
    self.error = "\(error)"
  }
}

/// One engine of this package: measures what it is asked, and keeps the last case set up, so that
/// another round of it costs only the measuring.
final class Engine {
  let backend: Backend
  private var prepared: (what: Case, measure: (Stopwatch) throws -> Timing)?

  init(_ backend: Backend) { self.backend = backend }

  func measure(_ what: Case, seconds: Double) -> Measurement {
    do {
      let measure: (Stopwatch) throws -> Timing
      if let prepared, prepared.what == what {
        measure = prepared.measure
      } else {
        prepared = nil
        measure = try what.prepare(backend)
        prepared = (what, measure)
      }
      let timing = try measure(Stopwatch(minimumSeconds: seconds))
      return Measurement(what, engine: backend.rawValue, timing)
    } catch {
      return Measurement(what, engine: backend.rawValue, error: error)
    }
  }
}
