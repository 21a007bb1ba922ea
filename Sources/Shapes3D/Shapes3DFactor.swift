/// What distinguishes the images of 3D Shapes; every combination of values has one image.
public enum Shapes3DFactor: String, CaseIterable, Sendable {
  /// The colour of the floor, 10 hues from 0 in steps of 0.1.
  case floorHue = "floor_hue"
  /// The colour of the wall, 10 hues from 0 in steps of 0.1.
  case wallHue = "wall_hue"
  /// The colour of the object, 10 hues from 0 in steps of 0.1.
  case objectHue = "object_hue"
  /// The size of the object, 8 values from 0.75 to 1.25.
  case scale
  /// The kind of object: cube, cylinder, sphere, capsule.
  case shape
  /// The direction of the view, 15 angles from −30° to 30°.
  case orientation

  /// The least and the largest value, and how many there are.
  private var values: (least: Double, largest: Double, count: Int) {
    switch self {
    case .floorHue, .wallHue, .objectHue: (0, 0.9, 10)
    case .scale: (0.75, 1.25, 8)
    case .shape: (0, 3, 4)
    case .orientation: (-30, 30, 15)
    }
  }

  /// The number of values.
  public var classCount: Int { values.count }

  /// The column of the factor in the file's array `labels`.
  var column: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// The class of a value.
  ///
  /// - Parameter value: What the file's array `labels` says.
  /// - Returns: The class from 0; nil for a value that the factor does not take.
  public func label(of value: Double) -> Int32? {
    let (least, largest, count) = values
    let steps = (value - least) / (largest - least) * Double(count - 1)
    guard steps > -0.5, steps < Double(count) - 0.5, abs(steps - steps.rounded()) < 1e-3 else {
      return nil
    }
    return Int32(steps.rounded())
  }
}
