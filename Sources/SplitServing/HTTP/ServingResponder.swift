internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import SparseCore

/// What Hummingbird hands over with a request.
struct ServingContext: InitializableFromSource, Sendable {
  var logger: Logger

  init(source: ApplicationRequestContextSource) { logger = source.logger }
}

/// Answers requests: finds the route, and turns whatever is thrown into the protocol's errors.
struct ServingResponder: HTTPResponder {
  let models: ModelHolder
  let statistics: ServingStatistics
  /// The largest body, in bytes.
  let bodyLimit: Int
  /// The version of the program.
  let version: String

  func respond(to request: Request, context: ServingContext) async -> Response {
    let start = ContinuousClock.now
    var response: Response
    do {
      response = try await answer(request, start)
    } catch let error as RequestError {
      response = error.response
    } catch {
      context.logger.error("request failed", metadata: ["error": "\(error)"])
      response = RequestError(.internalFailure, "the server failed; its log says why").response
    }
    let status = response.status
    statistics.update { counts in
      counts.responses[status.code, default: 0] += 1
      counts.sentBytes += response.body.contentLength ?? 0
    }
    context.logger.debug(
      "request",
      metadata: [
        "method": "\(request.method.rawValue)", "path": "\(request.uri.path)",
        "status": "\(status.code)", "seconds": "\(start.duration(to: .now) / .seconds(1))",
      ])
    return response
  }

  private func answer(
    _ request: Request, _ start: ContinuousClock.Instant
  ) async throws -> Response {
    let route = Route(path: request.uri.path)
    if route?.isOpen != true { try models.tokens?.check(request.headers[.authorization]) }
    guard let route else {
      throw RequestError(.notFound, "there is nothing at '\(request.uri.path.excerpt)'")
    }
    guard route.methods.contains(request.method.rawValue) else {
      throw RequestError(
        .methodNotAllowed(route.methods),
        "'\(request.uri.path.excerpt)' takes \(route.methods.joined(separator: ", "))")
    }
    let batcher = models.current
    let signature = batcher.model.signature
    switch route {
    // Clients differ in which of the two they look for.
    case .live, .ready: return try json(["live": true, "ready": true])
    case .server: return try json(ServerMetadata(version: version))
    case .metrics:
      let metrics = ServerMetrics(
        statistics.counts, model: signature.name, queuedSamples: batcher.queuedSamples)
      return Response(status: .ok, type: .metrics, body: Array(metrics.text.utf8))
    case .statistics:
      return try json(ModelStatistics(statistics.counts, model: signature.name))
    case .model(let name, let version, let topic):
      guard name == signature.name, version ?? ModelSignature.version == ModelSignature.version
      else {
        throw RequestError(
          .notFound,
          """
          there is no model '\(name.excerpt)'\(version.map { " of version '\($0.excerpt)'" } ?? ""); \
          this server has '\(signature.name)' of version \(ModelSignature.version)
          """)
      }
      switch topic {
      case .metadata: return try json(ModelMetadata(signature))
      case .ready: return try json(ModelReadiness(name: signature.name))
      case .stats: return try json(ModelStatistics(statistics.counts, model: signature.name))
      case .infer: return try await infer(request, batcher, start)
      }
    }
  }

  private func infer(
    _ request: Request, _ batcher: Batcher, _ start: ContinuousClock.Instant
  ) async throws -> Response {
    var succeeded = false
    defer {
      statistics.countInference(start.duration(to: .now), succeeded: succeeded)
    }
    let (body, received) = try await request.message(limit: bodyLimit)
    statistics.update { $0.receivedBytes += received }
    let headerLength = try request.headers[.inferenceHeaderLength].map { text in
      guard let length = Int(text) else {
        throw RequestError.invalid(
          "Inference-Header-Content-Length is '\(text.excerpt)', which is no number of bytes")
      }
      return length
    }
    let signature = batcher.model.signature
    let call = try InferenceCall(
      InferenceRequest(body, headerLength: headerLength), body: body, model: signature)
    let outputs = try await batcher.outputs(of: call, arrival: start)
    let answer = try InferenceResponse(call, outputs: outputs, model: signature)
    succeeded = true
    var headers: HTTPFields = [:]
    headers[.inferenceHeaderLength] = answer.headerLength.map(String.init)
    return Response(
      status: .ok, type: answer.headerLength == nil ? .json : .binary, body: answer.body,
      headers: headers)
  }

  private func json(_ value: some Encodable) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Response(status: .ok, type: .json, body: Array(try encoder.encode(value)))
  }
}

/// The protocol's description of a server.
private struct ServerMetadata: Encodable {
  var name = "sparse-engine"
  var version: String
  var extensions = ["binary_tensor_data", "statistics"]
}

private struct ModelReadiness: Encodable {
  var name: String
  var ready = true
}

extension HTTPField.Name {
  /// The bytes of the JSON in a message with binary tensors.
  // A name of letters and dashes is always valid.
  static let inferenceHeaderLength = Self("Inference-Header-Content-Length") ?? .contentLength
}
