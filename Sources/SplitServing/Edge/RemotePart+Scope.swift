extension RemotePart {
  /// Prepares connections, and closes them when a closure has run, whatever comes of it.
  ///
  ///     let other = try await RemotePart.with(configuration) { try await $0.description() }
  ///
  /// - Parameters:
  ///   - configuration: How the remote part is asked.
  ///   - body: Asks it.
  /// - Returns: What the closure returns.
  /// - Throws: As `init(_:)`, and what the closure throws.
  public static nonisolated(nonsending) func with<Value>(
    _ configuration: Configuration,
    _ body: nonisolated(nonsending) (_ remote: RemotePart) async throws -> Value
  ) async throws -> Value {
    let remote = try RemotePart(configuration)
    let value: Value
    do {
      value = try await body(remote)
    } catch {
      await remote.close()
      throw error
    }
    await remote.close()
    return value
  }
}
