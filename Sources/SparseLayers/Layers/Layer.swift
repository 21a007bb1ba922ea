public import SparseCore

/// One step of a backbone or of a branch: a value with its sizes and parameters.
///
/// A layer only describes. To run, it makes a `LayerOperator`, which holds the planned products,
/// the buffers and the gradients of one execution.
public protocol Layer: Sendable {
  /// The layer's name in the architecture of a model file.
  static var kind: String { get }

  /// The number of features that come in.
  var inputSize: Int { get }

  /// The number of features that go out.
  var outputSize: Int { get }

  /// The arrays that training changes or keeps, in a fixed order.
  var parameters: [LayerParameter] { get }

  /// What it takes, besides the parameters, to make this layer again.
  var description: LayerDescription { get }

  /// Makes a layer from what a file says.
  ///
  /// - Parameters:
  ///   - description: A description of this kind.
  ///   - pattern: The junction's pattern, for layers that have one.
  ///   - parameters: The arrays by name.
  /// - Throws: `SparseError` when something is missing or does not fit.
  init(
    description: LayerDescription, pattern: Pattern?, parameters: [String: [Float]]) throws

  /// Replaces the parameters after training.
  ///
  /// - Parameter values: One array per element of `parameters`, in the same order and sizes.
  /// - Throws: `SparseError` when a count differs or a value is not finite.
  mutating func setParameters(_ values: [[Float]]) throws

  /// Makes what runs this layer.
  ///
  /// - Parameter context: The input, the engine, and where the operator gets its output from.
  /// - Returns: The operator.
  /// - Throws: `SparseError.Code.backend` when the engine fails.
  func makeOperator(_ context: OperatorContext) throws -> any LayerOperator
}

/// One array of a layer.
public struct LayerParameter: Sendable {
  /// The array's name within its layer, such as `values` or `bias`.
  public let name: String
  /// The floats.
  public let values: [Float]
  /// Whether an optimiser changes it; running statistics are not.
  public let isTrained: Bool

  /// Creates an array.
  ///
  /// - Parameters:
  ///   - name: The name within the layer.
  ///   - values: The floats.
  ///   - isTrained: Whether an optimiser changes it.
  public init(name: String, values: [Float], isTrained: Bool = true) {
    self.name = name
    self.values = values
    self.isTrained = isTrained
  }
}

/// The part of a layer that is neither an array nor a pattern, as written in a model file.
public struct LayerDescription: Codable, Hashable, Sendable {
  /// The layer's `kind`.
  public var kind: String
  /// The number of features that come in.
  public var inputSize: Int
  /// The number of features that go out.
  public var outputSize: Int
  /// The name of a function, for activations.
  public var function: String?
  /// Numbers by name, such as a dropout rate.
  public var settings: [String: Double]?

  enum CodingKeys: String, CodingKey {
    case kind, function, settings
    case inputSize = "inputs"
    case outputSize = "outputs"
  }

  /// Creates a description.
  ///
  /// - Parameters:
  ///   - kind: The layer's `kind`.
  ///   - inputSize: The number of features that come in.
  ///   - outputSize: The number of features that go out.
  ///   - function: The name of a function, for activations.
  ///   - settings: Numbers by name.
  public init(
    kind: String, inputSize: Int, outputSize: Int, function: String? = nil,
    settings: [String: Double]? = nil
  ) {
    self.kind = kind
    self.inputSize = inputSize
    self.outputSize = outputSize
    self.function = function
    self.settings = settings
  }

  /// A setting that must be there.
  ///
  /// - Parameters:
  ///   - name: The setting's name.
  ///   - range: The values it may have.
  /// - Returns: The number.
  /// - Throws: `SparseError.Code.corruptFile` when it is missing or out of range.
  public func setting(_ name: String, in range: ClosedRange<Double>) throws -> Double {
    guard let value = settings?[name], range.contains(value) else {
      let found = settings?[name].map { "is \($0)" } ?? "is missing"
      throw SparseError(
        .corruptFile,
        """
        The setting '\(name)' of a \(kind) layer \(found); it must be in \(range.lowerBound)…\
        \(range.upperBound).
        """)
    }
    return value
  }
}

extension Layer {
  /// Checks that arrays have the counts of this layer's parameters.
  ///
  /// - Parameter values: One array per parameter.
  /// - Throws: `SparseError.Code.shapeMismatch` or `invalidArgument`, naming the parameter.
  func checkParameters(_ values: [[Float]]) throws {
    let expected = parameters
    guard values.count == expected.count else {
      throw SparseError(
        .shapeMismatch,
        "\(values.count) arrays for a \(Self.kind) layer, which has \(expected.count) parameters.")
    }
    for (parameter, array) in zip(expected, values) {
      guard parameter.values.count == array.count else {
        throw SparseError(
          .shapeMismatch,
          """
          '\(parameter.name)' of a \(Self.kind) layer has \(array.count) values; it needs \
          \(parameter.values.count).
          """)
      }
      if let position = array.firstIndex(where: { !$0.isFinite }) {
        throw SparseError(
          .invalidArgument,
          "'\(parameter.name)' of a \(Self.kind) layer holds \(array[position]) at \(position).")
      }
    }
  }

  /// The array of a name, with a count that must fit.
  static func array(
    _ name: String, count: Int, from parameters: [String: [Float]]
  ) throws -> [Float] {
    guard let array = parameters[name] else {
      throw SparseError(.corruptFile, "A \(kind) layer lacks its array '\(name)'.")
    }
    guard array.count == count else {
      throw SparseError(
        .corruptFile, "'\(name)' of a \(kind) layer has \(array.count) values; it needs \(count).")
    }
    if let position = array.firstIndex(where: { !$0.isFinite }) {
      throw SparseError(
        .corruptFile, "'\(name)' of a \(kind) layer holds \(array[position]) at \(position).")
    }
    return array
  }
}
