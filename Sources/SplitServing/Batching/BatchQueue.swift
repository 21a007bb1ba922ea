/// Requests that wait for their turn, and the batches that are made of them: a value without threads
/// or clocks of its own.
///
/// First come, first served; a request that does not fit the rest of a batch is cut there.
struct BatchQueue<Ticket> {
  /// A moment.
  typealias Instant = ContinuousClock.Instant

  /// A request that waits.
  struct Entry {
    /// Who gets the answer.
    var ticket: Ticket
    /// The samples of the request.
    var samples: Int
    /// When it came.
    var arrival: Instant
    /// After this nobody waits for the answer any more.
    var deadline: Instant?
    /// The samples that earlier batches took.
    fileprivate var taken = 0
    /// When it leaves the queue without an answer; never, once something of it is computed.
    fileprivate var expiry: Instant? { taken == 0 ? deadline : nil }

    init(ticket: Ticket, samples: Int, arrival: Instant, deadline: Instant? = nil) {
      self.ticket = ticket
      self.samples = samples
      self.arrival = arrival
      self.deadline = deadline
    }
  }

  /// A part of a request in a batch.
  struct Piece {
    var entry: Entry
    var rows: Range<Int>
    /// Whether it is the request's last.
    var isLast: Bool { rows.upperBound == entry.samples }
  }

  /// What to do next.
  struct Turn {
    /// Requests whose deadline passed before anything of them was computed.
    var expired: [Ticket] = []
    /// The next batch; empty when there is nothing to compute.
    var pieces: [Piece] = []
  }

  let limits: BatchingLimits
  /// The samples that wait.
  private(set) var queuedSamples = 0
  private var entries: [Entry] = []

  init(_ limits: BatchingLimits) { self.limits = limits }

  /// Whether nothing waits.
  var isEmpty: Bool { entries.isEmpty }

  /// Whether a request of so many samples may join.
  func hasRoom(for samples: Int) -> Bool { samples <= limits.queuedSamples - queuedSamples }

  /// Takes a request in.
  ///
  /// - Precondition: There is room for it.
  mutating func append(_ entry: Entry) {
    precondition(hasRoom(for: entry.samples), "no room for \(entry.samples) samples")
    entries.append(entry)
    queuedSamples += entry.samples
  }

  /// When the next batch may start: at once when it is full, otherwise when its oldest request has
  /// waited long enough.
  var nextStart: Instant? {
    guard let first = entries.first else { return nil }
    let isFull = queuedSamples >= limits.batchSamples || first.taken > 0
    return isFull ? first.arrival : first.arrival + limits.maximumDelay
  }

  /// When there is something to do: the next batch may start, or the first deadline passes.
  var nextEvent: Instant? {
    guard let nextStart else { return nil }
    return entries.reduce(nextStart) { min($0, $1.expiry ?? $0) }
  }

  /// Takes out the requests whose deadline has passed, and the next batch when it may start.
  ///
  /// - Parameters:
  ///   - now: The time.
  ///   - isClosing: Whether nothing more will come, so that a batch need not wait for it.
  /// - Returns: What to give up, and what to compute; perhaps nothing of either.
  mutating func next(at now: Instant, isClosing: Bool = false) -> Turn {
    var turn = Turn()
    let isExpired = { (entry: Entry) in entry.expiry.map { $0 <= now } ?? false }
    for entry in entries where isExpired(entry) {
      turn.expired.append(entry.ticket)
      queuedSamples -= entry.samples
    }
    if !turn.expired.isEmpty { entries.removeAll(where: isExpired) }
    guard let nextStart, isClosing || nextStart <= now else { return turn }
    var room = limits.batchSamples
    var done = 0
    for index in entries.indices {
      let entry = entries[index]
      let count = min(entry.samples - entry.taken, room)
      guard count > 0 || entry.samples == 0 else { break }
      let rows = entry.taken..<entry.taken + count
      turn.pieces.append(Piece(entry: entry, rows: rows))
      room -= count
      queuedSamples -= count
      entries[index].taken = rows.upperBound
      guard rows.upperBound == entry.samples else { break }
      done += 1
    }
    entries.removeFirst(done)
    return turn
  }
}
