package import SparseCore

/// Executors of networks that a batch passes one after the other, such as the pieces of one network.
///
/// They share their threads, lay batches into tiles alike, and keep what their backbones write.
package struct ExecutorGroup {
  /// One executor per network.
  package let executors: [NetworkExecutor]
  /// The plans of all networks' junctions, in order.
  package let plans: [any JunctionPlan]

  /// Plans all junctions and allocates all buffers.
  ///
  /// - Parameters:
  ///   - networks: What to run, in order.
  ///   - backend: The engine of the products.
  ///   - threads: The most threads at work.
  ///   - batchCapacity: The samples of the largest batch.
  ///   - tileWidth: The lanes of every tile; nil where the plans decide.
  /// - Throws: `SparseError.Code.backend` when an engine fails.
  package init(
    _ networks: [Network], backend: Backend, threads: Int, batchCapacity: Int,
    tileWidth: Int? = nil
  ) throws {
    let plans = try networks.map { network in
      try network.junctions.map {
        try backend.plan(
          $0.layer.pattern, threads: threads, samples: tileWidth ?? batchCapacity,
          isTraining: false)
      }
    }
    let all = plans.flatMap(\.self)
    self.plans = all
    let pool = WorkerPool(threads: backend.threadsOverTiles(threads))
    executors = try zip(networks, plans).map { network, own in
      try NetworkExecutor(
        network, plans: own, shapedBy: all, pool: pool, batchCapacity: batchCapacity,
        isTraining: false, keepsBackbone: true, tileWidth: tileWidth, seed: 0)
    }
  }
}
