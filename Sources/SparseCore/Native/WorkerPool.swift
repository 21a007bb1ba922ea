internal import CSparseKernels
internal import Foundation

/// Numbered jobs that may run in any order and at the same time.
package protocol ParallelWork: AnyObject {
  /// Runs one job.
  ///
  /// - Parameter index: The job's number, from 0.
  /// - Throws: What went wrong; the caller of all jobs gets the first error.
  func perform(_ index: Int) throws
}

/// A few threads that run jobs together with the caller. One call at a time.
// SAFETY: the C pool takes care of its threads; jobs are the caller's, and must not conflict.
@safe
package final class WorkerPool: @unchecked Sendable {
  /// The threads, the caller included.
  package let threads: Int

  private let pool: OpaquePointer?
  // Not Synchronization's Mutex, which ThreadSanitizer cannot see.
  private let lock = NSLock()
  private var firstError: (any Error)?

  /// Starts the threads.
  ///
  /// - Parameter threads: The threads, the caller included. With fewer available, the caller works
  ///   alone.
  package init(threads: Int) {
    unsafe pool = threads > 1 ? csk_pool_create(Int32(clamping: threads)) : nil
    self.threads = unsafe pool == nil ? 1 : threads
  }

  deinit {
    if let pool = unsafe pool { unsafe csk_pool_destroy(pool) }
  }

  /// Runs all jobs and returns when the last is done; allocates nothing.
  ///
  /// - Parameters:
  ///   - work: The jobs.
  ///   - count: How many there are.
  /// - Throws: The first error that a job threw; the other jobs run all the same.
  package func run(_ work: any ParallelWork, count: Int) throws {
    guard let pool = unsafe pool, count > 1 else {
      for index in 0..<count { perform(work, index) }
      return try throwFirstError()
    }
    var call = Call(work: work, pool: self)
    unsafe withUnsafeMutablePointer(to: &call) { call in
      // SAFETY: 'call' and what it refers to outlive csk_pool_run, which returns when all jobs have.
      unsafe csk_pool_run(
        pool, count,
        { context, index in
          guard let call = unsafe context?.assumingMemoryBound(to: Call.self).pointee else {
            return
          }
          unsafe call.pool.perform(call.work, index)
        }, call)
    }
    try throwFirstError()
  }

  private func perform(_ work: any ParallelWork, _ index: Int) {
    do {
      try work.perform(index)
    } catch {
      lock.lock()
      defer { lock.unlock() }
      if firstError == nil { firstError = error }
    }
  }

  /// Throws what the last call's jobs left, and forgets it.
  private func throwFirstError() throws {
    lock.lock()
    defer { lock.unlock() }
    guard let error = firstError else { return }
    firstError = nil
    throw error
  }

  /// What the threads get to see of a call, without owning it.
  private struct Call {
    unowned(unsafe) let work: any ParallelWork
    unowned(unsafe) let pool: WorkerPool
  }
}
