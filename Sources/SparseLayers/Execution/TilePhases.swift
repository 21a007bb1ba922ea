internal import SparseCore

/// Takes the tiles of a batch through the operators, on all threads.
///
/// In training, operators are cut into runs before each that needs the whole batch: within a run a
/// tile goes through all operators while it is in cache, the first of the next run takes in what it
/// must know of the tile, and threads meet only between runs. A run may be empty, where the very first
/// operator on the way needs the whole batch.
final class TilePhases: ParallelWork {
  private let operators: [any LayerOperator]
  private let pool: WorkerPool
  private let needsWholeBatch: [Bool]
  private let forwardRuns: [Range<Int>]
  private let backwardRuns: [Range<Int>]

  // The phase at hand: set before the threads start, only read while they work.
  private var pass = Pass(shape: Tiles.Shape(samples: 0, width: 1), mode: .inference)
  private var forwardRun: Range<Int>?
  private var backwardRun: Range<Int>?
  private var between: (any ParallelWork)?
  /// Which operators go forward; empty for all.
  private var isNeeded: [Bool] = []

  init(_ operators: [any LayerOperator], _ pool: WorkerPool) {
    self.operators = operators
    self.pool = pool
    let count = operators.count
    needsWholeBatch = operators.map(\.needsWholeBatch)
    forwardRuns = Self.runs(needsWholeBatch)
    backwardRuns = Self.runs(needsWholeBatch.reversed())
      .map { count - $0.upperBound..<count - $0.lowerBound }
  }

  private static func runs(_ needsWholeBatch: [Bool]) -> [Range<Int>] {
    let cuts = needsWholeBatch.indices.filter { needsWholeBatch[$0] }
    return zip([0] + cuts, cuts + [needsWholeBatch.count]).map { $0..<$1 }
  }

  /// Takes a batch forward, through all operators or through those that are needed.
  func forward(_ pass: Pass, where isNeeded: [Bool] = []) throws {
    self.isNeeded = isNeeded
    defer { self.isNeeded = [] }
    guard case .training = pass.mode else { return try perform(pass, forward: operators.indices) }
    for run in forwardRuns { try perform(pass, forward: run) }
  }

  func backward(_ pass: Pass) throws {
    for run in backwardRuns { try perform(pass, backward: run) }
  }

  /// Takes a batch forward, calls `loss` for each tile, and takes it back; each tile in one go as
  /// far as no operator needs the whole batch.
  func train(_ pass: Pass, loss: any ParallelWork) throws {
    for run in forwardRuns.dropLast() { try perform(pass, forward: run) }
    try perform(pass, forward: forwardRuns.last, loss, backward: backwardRuns.first)
    for run in backwardRuns.dropFirst() { try perform(pass, backward: run) }
  }

  private func perform(
    _ pass: Pass, forward: Range<Int>? = nil, _ between: (any ParallelWork)? = nil,
    backward: Range<Int>? = nil
  ) throws {
    for index in forward ?? 0..<0 where isNeeded.isEmpty || isNeeded[index] {
      operators[index].beginForward(pass)
    }
    if let first = backward?.last, needsWholeBatch[first] {
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
    if let forwardRun {
      for index in forwardRun where isNeeded.isEmpty || isNeeded[index] {
        try operators[index].forward(tile: tile, pass)
      }
      let next = forwardRun.upperBound
      if next < operators.count, isNeeded.isEmpty || isNeeded[next] {
        operators[next].collectForward(tile: tile, pass)
      }
    }
    try between?.perform(tile)
    if let backwardRun {
      for index in backwardRun.reversed() { try operators[index].backward(tile: tile, pass) }
      if backwardRun.lowerBound > 0 {
        operators[backwardRun.lowerBound - 1].collectBackward(tile: tile, pass)
      }
    }
  }
}
