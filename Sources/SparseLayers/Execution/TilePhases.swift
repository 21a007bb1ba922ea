internal import SparseCore

/// Takes the tiles of a batch through the operators, on all threads.
///
/// Operators are cut into runs before each that needs the whole batch: within a run a tile goes
/// through all operators while it is in cache, and threads meet only between runs.
final class TilePhases: ParallelWork {
  private let operators: [any LayerOperator]
  private let pool: WorkerPool
  private let forwardRuns: [Range<Int>]
  private let backwardRuns: [Range<Int>]

  // The phase at hand: set before the threads start, only read while they work.
  private var pass = Pass(shape: Tiles.Shape(samples: 0, width: 1), mode: .inference)
  private var forwardRun = 0..<0
  private var backwardRun = 0..<0
  private var between: (any ParallelWork)?
  /// Which operators go forward; empty for all.
  private var isNeeded: [Bool] = []

  init(_ operators: [any LayerOperator], _ pool: WorkerPool) {
    self.operators = operators
    self.pool = pool
    let count = operators.count
    forwardRuns = Self.runs(operators.map(\.needsWholeBatch))
    backwardRuns = Self.runs(operators.reversed().map(\.needsWholeBatch))
      .map { count - $0.upperBound..<count - $0.lowerBound }
  }

  private static func runs(_ needsWholeBatch: [Bool]) -> [Range<Int>] {
    let starts = needsWholeBatch.indices.filter { $0 == 0 || needsWholeBatch[$0] }
    return zip(starts, starts.dropFirst() + [needsWholeBatch.count]).map { $0..<$1 }
  }

  /// Takes a batch forward, through all operators or through those that are needed.
  func forward(_ pass: Pass, where isNeeded: [Bool] = []) throws {
    self.isNeeded = isNeeded
    defer { self.isNeeded = [] }
    for run in forwardRuns { try perform(pass, forward: run, nil, backward: 0..<0) }
  }

  func backward(_ pass: Pass) throws {
    for run in backwardRuns { try perform(pass, forward: 0..<0, nil, backward: run) }
  }

  /// Takes a batch forward, calls `loss` for each tile, and takes it back; each tile in one go as
  /// far as no operator needs the whole batch.
  func train(_ pass: Pass, loss: any ParallelWork) throws {
    guard let lastForward = forwardRuns.last, let firstBackward = backwardRuns.first,
      let last = operators.last
    else { return }
    let turnsAtOnce = !last.needsWholeBatch
    for run in forwardRuns.dropLast() { try perform(pass, forward: run, nil, backward: 0..<0) }
    try perform(
      pass, forward: lastForward, loss, backward: turnsAtOnce ? firstBackward : 0..<0)
    for run in backwardRuns.dropFirst(turnsAtOnce ? 1 : 0) {
      try perform(pass, forward: 0..<0, nil, backward: run)
    }
  }

  private func perform(
    _ pass: Pass, forward: Range<Int>, _ between: (any ParallelWork)?, backward: Range<Int>
  ) throws {
    if let first = forward.first, operators[first].needsWholeBatch {
      operators[first].beginForward(pass)
    }
    if let first = backward.last, operators[first].needsWholeBatch {
      operators[first].beginBackward(pass)
    }
    self.pass = pass
    self.between = between
    forwardRun = forward
    backwardRun = backward
    defer { self.between = nil }
    try pool.run(self, count: pass.shape.count)
  }

  /// One tile of the phase at hand.
  func perform(_ tile: Int) throws {
    for index in forwardRun where isNeeded.isEmpty || isNeeded[index] {
      try operators[index].forward(tile: tile, pass)
    }
    try between?.perform(tile)
    for index in backwardRun.reversed() { try operators[index].backward(tile: tile, pass) }
  }
}
