/// The statistics of a model, in the form of Triton's extension of the protocol.
struct ModelStatistics: Encodable {
  struct Total: Encodable {
    var count: Int
    var ns: Int

    init(_ total: ServingStatistics.Total) {
      count = total.count
      ns = total.nanoseconds
    }
  }

  struct Times: Encodable {
    var success: Total
    var fail: Total
    var queue: Total
    var computeInfer: Total

    enum CodingKeys: String, CodingKey {
      case success, fail, queue
      case computeInfer = "compute_infer"
    }
  }

  struct Batch: Encodable {
    var size: Int
    var computeInfer: Total

    enum CodingKeys: String, CodingKey {
      case size = "batch_size"
      case computeInfer = "compute_infer"
    }
  }

  struct Model: Encodable {
    var name: String
    var version = ModelSignature.version
    /// The samples computed.
    var inferenceCount: Int
    /// The batches computed.
    var executionCount: Int
    var times: Times
    var batches: [Batch]

    enum CodingKeys: String, CodingKey {
      case name, version
      case inferenceCount = "inference_count"
      case executionCount = "execution_count"
      case times = "inference_stats"
      case batches = "batch_stats"
    }
  }

  var models: [Model]

  enum CodingKeys: String, CodingKey {
    case models = "model_stats"
  }

  init(_ counts: ServingStatistics.Counts, model: String) {
    models = [
      Model(
        name: model, inferenceCount: counts.samples, executionCount: counts.compute.count,
        times: Times(
          success: Total(counts.successes), fail: Total(counts.failures),
          queue: Total(counts.queue), computeInfer: Total(counts.compute)),
        batches: counts.batches.sorted { $0.key < $1.key }.map {
          Batch(size: $0.key, computeInfer: Total($0.value))
        })
    ]
  }
}
