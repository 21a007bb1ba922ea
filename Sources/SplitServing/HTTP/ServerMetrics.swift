/// The counts of a server as Prometheus reads them.
///
/// Source: *Prometheus exposition formats*, text format 0.0.4.
struct ServerMetrics {
  private(set) var text = ""

  /// Writes all metrics.
  ///
  /// - Parameters:
  ///   - counts: The counts.
  ///   - model: The model's name, the label of what belongs to it.
  ///   - queuedSamples: The samples that wait now.
  init(_ counts: ServingStatistics.Counts, model: String, queuedSamples: Int) {
    let label = "model=\"\(Self.escaped(model))\""
    add(
      "http_responses_total", "counter", "Answers by their status.",
      counts.responses.sorted { $0.key < $1.key }.map { ("code=\"\($0.key)\"", "\($0.value)") })
    add(
      "http_received_bytes_total", "counter", "Bytes of request bodies.",
      [("", "\(counts.receivedBytes)")])
    add(
      "http_sent_bytes_total", "counter", "Bytes of response bodies.", [("", "\(counts.sentBytes)")]
    )
    add("http_connections", "gauge", "Open connections.", [("", "\(counts.connections)")])
    add(
      "inference_requests_total", "counter", "Requests for inference.",
      [
        ("\(label),result=\"success\"", "\(counts.successes.count)"),
        ("\(label),result=\"failure\"", "\(counts.failures.count)"),
      ])
    add(
      "inference_request_seconds_total", "counter", "Time from a request to its answer.",
      [(label, seconds(counts.successes))])
    add(
      "inference_queue_seconds_total", "counter", "Time that requests waited.",
      [(label, seconds(counts.queue))])
    add(
      "inference_expired_total", "counter", "Requests whose deadline passed while they waited.",
      [(label, "\(counts.expired)")])
    add("inference_samples_total", "counter", "Samples computed.", [(label, "\(counts.samples)")])
    add(
      "inference_batches_total", "counter", "Batches computed.",
      [(label, "\(counts.compute.count)")])
    add(
      "inference_compute_seconds_total", "counter", "Time that batches took.",
      [(label, seconds(counts.compute))])
    add("inference_queued_samples", "gauge", "Samples that wait.", [(label, "\(queuedSamples)")])
    add(
      "model_reloads_total", "counter", "Times that the model file was loaded again.",
      [
        ("\(label),result=\"success\"", "\(counts.reloads)"),
        ("\(label),result=\"failure\"", "\(counts.failedReloads)"),
      ])
  }

  private mutating func add(
    _ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String)]
  ) {
    text += "# HELP sparse_\(name) \(help)\n# TYPE sparse_\(name) \(type)\n"
    for (labels, value) in samples {
      text += "sparse_\(name)" + (labels.isEmpty ? "" : "{\(labels)}") + " \(value)\n"
    }
  }

  private func seconds(_ total: ServingStatistics.Total) -> String {
    "\(total.time / .seconds(1))"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
