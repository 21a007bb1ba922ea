import CGraphBLASMemory
import SparseCore
import Testing

// GraphBLAS's memory is one per process, and other tests use it at the same time: what is here is
// called in processes of their own.

/// Runs a step in which one of GraphBLAS's allocations fails.
///
/// - Parameters:
///   - nth: Which allocation, counted from 1.
///   - step: What is done.
/// - Returns: What the step throws; nil when it comes to its end.
func failure(ofAllocation nth: Int64, in step: () throws -> Void) -> (any Error)? {
  csm_fail_allocation(nth)
  defer { csm_fail_allocation(0) }
  do {
    try step()
    return nil
  } catch {
    return error
  }
}

/// Lets the first allocation of an operation fail, then the second, and so on, until it needs no
/// more; expects an error that says so, and GraphBLAS's memory as it was.
///
/// - Parameters:
///   - name: The operation.
///   - attempt: Makes everything anew, has the operation fail by `failure(ofAllocation:in:)`, and
///     then checks that it works; returns the failure.
/// - Throws: What `attempt` throws.
func failEveryAllocation(
  of name: String, attempt: (_ nth: Int64) throws -> (any Error)?
) throws {
  let before = csm_live_blocks()
  var refusals = 0
  for nth in 1...100_000 as ClosedRange<Int64> {
    let injected = csm_failures()
    let failure = try attempt(nth)
    guard csm_failures() > injected else {
      #expect(failure == nil, "\(name), with all its memory")
      #expect(refusals > 0, "\(name) was never refused memory")
      return
    }
    // GraphBLAS may do without a block that it could not get; otherwise it must say so.
    if let failure {
      refusals += 1
      let error = failure as? SparseError
      #expect(
        error?.code == .backend && error?.message.contains("out of memory") == true,
        "\(name), allocation \(nth): \(failure)")
    }
    #expect(csm_live_blocks() == before, "\(name), allocation \(nth) leaks")
  }
  Issue.record("\(name) has no end of allocations")
}
