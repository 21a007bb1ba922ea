import SparseCore
import Testing

@testable import SplitServing

@Suite("The queue of batches") struct BatchQueueTests {
  private let start = ContinuousClock.now

  private func queue(
    batch: Int, room: Int = 1000, delay: Duration = .zero, _ sizes: [Int]
  ) -> BatchQueue<Int> {
    var queue = BatchQueue<Int>(
      BatchingLimits(batchSamples: batch, queuedSamples: room, maximumDelay: delay))
    for (ticket, samples) in sizes.enumerated() {
      queue.append(.init(ticket: ticket, samples: samples, arrival: start))
    }
    return queue
  }

  @Test("computes every sample of every request once, in order, in full batches", arguments: 1...5)
  func partition(batch: Int) {
    // All lists of up to four requests of 0 to 7 samples.
    var lists: [[Int]] = [[]]
    for _ in 0..<4 { lists += lists.flatMap { list in (0...7).map { list + [$0] } } }
    for sizes in Set(lists) {
      var queue = queue(batch: batch, sizes)
      var computed = sizes.map { _ in 0 }
      var finished: [Int] = []
      while !queue.isEmpty {
        let pieces = queue.next(at: start).pieces
        let samples = pieces.reduce(0) { $0 + $1.rows.count }
        #expect(samples <= batch && !pieces.isEmpty)
        if !queue.isEmpty { #expect(samples == batch) }
        for piece in pieces {
          #expect(piece.rows.lowerBound == computed[piece.entry.ticket])
          computed[piece.entry.ticket] = piece.rows.upperBound
          if piece.isLast { finished.append(piece.entry.ticket) }
        }
      }
      #expect(computed == sizes && finished == Array(sizes.indices) && queue.queuedSamples == 0)
    }
  }

  @Test("says when it is full, and has room again when a batch left")
  func room() {
    var queue = queue(batch: 4, room: 10, [4, 5])
    #expect(queue.hasRoom(for: 1) && !queue.hasRoom(for: 2) && queue.queuedSamples == 9)
    _ = queue.next(at: start)
    #expect(queue.hasRoom(for: 5) && !queue.hasRoom(for: 6))
  }

  @Test("gives back requests whose deadline passed, computing nothing of them")
  func deadlines() {
    var queue = queue(batch: 8, [2])
    queue.append(.init(ticket: 1, samples: 3, arrival: start, deadline: start + .seconds(1)))
    queue.append(.init(ticket: 2, samples: 4, arrival: start, deadline: start + .seconds(3)))
    let turn = queue.next(at: start + .seconds(2))
    #expect(turn.expired == [1] && turn.pieces.map(\.entry.ticket) == [0, 2])
    #expect(queue.isEmpty && queue.queuedSamples == 0)
  }

  @Test("gives them back when the deadline passes, before a batch may start")
  func deadlineBeforeStart() {
    var queue = queue(batch: 8, delay: .seconds(9), [2])
    queue.append(.init(ticket: 1, samples: 3, arrival: start, deadline: start + .seconds(1)))
    #expect(queue.nextEvent == start + .seconds(1))
    let turn = queue.next(at: start + .seconds(1))
    #expect(turn.expired == [1] && turn.pieces.isEmpty && queue.queuedSamples == 2)
    #expect(queue.nextEvent == start + .seconds(9))
    #expect(queue.next(at: start + .seconds(2), isClosing: true).pieces.map(\.entry.ticket) == [0])
  }

  @Test("finishes a request that it has begun, whatever its deadline")
  func begun() {
    var queue = queue(batch: 4, [])
    queue.append(.init(ticket: 0, samples: 6, arrival: start, deadline: start + .seconds(1)))
    #expect(queue.next(at: start).pieces.map(\.rows) == [0..<4])
    #expect(queue.nextStart == start)
    let turn = queue.next(at: start + .seconds(2))
    #expect(turn.expired.isEmpty && turn.pieces.map(\.rows) == [4..<6])
  }

  @Test("waits for more requests as long as it may, unless a batch is full")
  func delay() {
    let delay = Duration.milliseconds(5)
    #expect(queue(batch: 4, delay: delay, []).nextStart == nil)
    #expect(queue(batch: 4, delay: delay, [1, 2]).nextStart == start + delay)
    #expect(queue(batch: 4, delay: delay, [1, 3]).nextStart == start)
    #expect(queue(batch: 4, [1]).nextStart == start)
  }
}
