/// How features that cross a cut are sent.
public enum BoundaryPayload: String, CaseIterable, Sendable {
  /// 32-bit floats, as they are: both parts together give the bits of the whole network.
  case fp32
  /// The nearest 16-bit floats.
  case fp16
  /// 256 steps: of each feature's measured range where the model holds ranges, else of the values of
  /// each request.
  case int8

  /// The bytes of one feature.
  public var bytesPerFeature: Int {
    switch self {
    case .fp32: 4
    case .fp16: 2
    case .int8: 1
    }
  }

  /// The bytes that the edge stores for one feature: its range, where it is needed.
  var rangeBytesPerFeature: Int { self == .int8 ? 8 : 0 }
}
