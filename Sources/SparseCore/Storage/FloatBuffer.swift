/// A fixed number of floats in memory that does not move, aligned to 64 bytes.
///
/// Parameters, gradients and activations live in such buffers: kernels and GraphBLAS read and write
/// them in place. A buffer is shared by reference and has no lock; who writes which part when is
/// settled by the training step, which gives concurrent workers disjoint parts.
@safe
public final class FloatBuffer: @unchecked Sendable {
  // SAFETY: '_start' is fixed for the life of the object, and every access below is bounds-checked;
  // concurrent users must keep to disjoint elements, as stated above.

  /// The number of floats.
  public let count: Int

  /// The first float, valid while this object lives.
  package var base: UnsafeMutablePointer<Float> { unsafe _start }

  @usableFromInline
  let _start: UnsafeMutablePointer<Float>

  /// Creates a buffer in which every float has the same value.
  ///
  /// - Parameters:
  ///   - count: The number of floats.
  ///   - value: The value of each.
  /// - Precondition: `count` is not negative.
  public init(count: Int, repeating value: Float = 0) {
    precondition(count >= 0, "a buffer cannot hold \(count) floats")
    self.count = count
    // SAFETY: room for at least 'count' floats, initialised here, freed in 'deinit'.
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    unsafe _start = raw.bindMemory(to: Float.self, capacity: max(count, 1))
    unsafe _start.initialize(repeating: value, count: count)
  }

  /// Creates a buffer that holds a copy of an array.
  ///
  /// - Parameter values: The floats to copy.
  public convenience init(_ values: [Float]) {
    self.init(count: values.count)
    copy(from: values)
  }

  deinit {
    // SAFETY: allocated in 'init' and owned by this object alone.
    unsafe base.deallocate()
  }

  /// The float at a position.
  ///
  /// - Parameter index: A position in `0..<count`.
  @inlinable
  public subscript(index: Int) -> Float {
    get {
      precondition(index >= 0 && index < count, "index \(index) is outside 0..<\(count)")
      return unsafe _start[index]
    }
    set {
      precondition(index >= 0 && index < count, "index \(index) is outside 0..<\(count)")
      unsafe _start[index] = newValue
    }
  }

  /// A copy of all floats.
  public var values: [Float] {
    // SAFETY: 'base' holds 'count' initialised floats.
    unsafe Array(UnsafeBufferPointer(start: base, count: count))
  }

  /// Replaces all floats.
  ///
  /// - Parameter values: As many floats as the buffer holds.
  /// - Precondition: The counts agree.
  public func copy(from values: [Float]) {
    precondition(values.count == count, "\(values.count) values for a buffer of \(count)")
    // SAFETY: both sides hold 'count' floats.
    unsafe values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { unsafe base.update(from: start, count: count) }
    }
  }

  /// Gives a part of the floats one value.
  ///
  /// - Parameters:
  ///   - range: The positions; all when nil.
  ///   - value: The value.
  public func fill(_ range: Range<Int>? = nil, with value: Float) {
    let range = range ?? 0..<count
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "\(range) is not in 0..<\(count)")
    unsafe (base + range.lowerBound).update(repeating: value, count: range.count)
  }

  /// Calls a closure with a part of the floats, to be changed in place.
  ///
  /// - Parameters:
  ///   - range: The positions; all when nil.
  ///   - body: Receives exactly those floats.
  /// - Returns: What the closure returns.
  @inlinable
  public func withMutableSpan<R>(
    _ range: Range<Int>? = nil, _ body: (inout MutableSpan<Float>) throws -> R
  ) rethrows -> R {
    let range = range ?? 0..<count
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "\(range) is not in 0..<\(count)")
    // SAFETY: the range was checked, and the span does not outlive the closure.
    var span = unsafe MutableSpan(_unsafeStart: _start + range.lowerBound, count: range.count)
    return try body(&span)
  }
}
