// swift-format-ignore-file: NeverForceUnwrap

// The C kernels' pointers are never null; a test that is wrong about that may trap.
internal import CSparseKernels
public import SparseCore

/// A way in which kernels can be wrong: the plain loops with one mistake.
public enum KernelFault: String, CaseIterable, Sendable, CustomStringConvertible {
  /// One weight is off by a thousandth in the forward product.
  case forwardWeight
  /// One output of the last lane of single samples is lost; wider tiles are right.
  case forwardOfOneSample
  /// One output of the last lane is lost in the widest tiles only.
  case forwardOfWideTiles
  /// Biases are ignored where a row starts.
  case forwardBias
  /// One output is not a number.
  case forwardNaN
  /// The activation is forgotten.
  case forwardActivation
  /// One weight is off by a thousandth in the input gradient.
  case inputGradientWeight
  /// One input's gradient is not a number.
  case inputGradientNaN
  /// One weight's gradient is off by a thousandth.
  case weightGradient
  /// The last lane is left out of the weight gradient.
  case weightGradientLane
  /// One weight's gradient is not a number.
  case weightGradientNaN

  /// Whether only the kernel `input_gradient` is wrong, which just grouped patterns use.
  public var isInInputGradient: Bool {
    self == .inputGradientWeight || self == .inputGradientNaN
  }

  /// The name of the case.
  public var description: String { rawValue }

  /// What a warning calls the product in which the fault shows first.
  public var product: String {
    switch self {
    case .forwardWeight, .forwardOfOneSample, .forwardOfWideTiles, .forwardBias, .forwardNaN:
      "the forward product"
    case .forwardActivation: "the activation of the forward product"
    case .inputGradientWeight, .inputGradientNaN: "the input gradient"
    case .weightGradient, .weightGradientLane, .weightGradientNaN: "the weight gradient"
    }
  }

  /// The plain kernels with this fault.
  public var kernels: KernelSet {
    // SAFETY: each closure changes a float that the right kernel has just written.
    var table = csk_plain().pointee
    switch self {
    case .forwardWeight:
      table.forward = { blocks, count, columns, values, bias, slope, x, y, width in
        csk_plain().pointee.forward(blocks, count, columns, values, bias, slope, x, y, width)
        guard let (row, column, weight) = firstEdge(blocks, count, columns, values) else { return }
        for lane in 0..<width {
          y![row * width + lane] += 1e-3 * weight * x![column * width + lane]
        }
      }
    case .forwardOfOneSample:
      table.forward = { blocks, count, columns, values, bias, slope, x, y, width in
        csk_plain().pointee.forward(blocks, count, columns, values, bias, slope, x, y, width)
        if width == 1 { y![0] = 0 }
      }
    case .forwardOfWideTiles:
      table.forward = { blocks, count, columns, values, bias, slope, x, y, width in
        csk_plain().pointee.forward(blocks, count, columns, values, bias, slope, x, y, width)
        if width == 64 { y![width - 1] = 0 }
      }
    case .forwardBias:
      table.forward = { blocks, count, columns, values, bias, slope, x, y, width in
        csk_plain().pointee.forward(blocks, count, columns, values, bias, slope, x, y, width)
        if let bias { for lane in 0..<width { y![lane] -= bias[0] } }
      }
    case .forwardNaN:
      table.forward = { blocks, count, columns, values, bias, slope, x, y, width in
        csk_plain().pointee.forward(blocks, count, columns, values, bias, slope, x, y, width)
        y![0] = .nan
      }
    case .forwardActivation:
      table.forward = { blocks, count, columns, values, bias, _, x, y, width in
        csk_plain().pointee.forward(blocks, count, columns, values, bias, 1, x, y, width)
      }
    case .inputGradientWeight:
      table.input_gradient = { blocks, count, columns, values, dy, dx, width in
        csk_plain().pointee.input_gradient(blocks, count, columns, values, dy, dx, width)
        guard let (row, column, weight) = firstEdge(blocks, count, columns, values) else { return }
        for lane in 0..<width {
          dx![column * width + lane] += 1e-3 * weight * dy![row * width + lane]
        }
      }
    case .inputGradientNaN:
      table.input_gradient = { blocks, count, columns, values, dy, dx, width in
        csk_plain().pointee.input_gradient(blocks, count, columns, values, dy, dx, width)
        dx![0] = .nan
      }
    case .weightGradient:
      table.weight_gradient = { blocks, count, columns, dy, x, gradient, batch in
        csk_plain().pointee.weight_gradient(blocks, count, columns, dy, x, gradient, batch)
        gradient![Int(blocks![0].values)] *= 1.001
      }
    case .weightGradientLane:
      table.weight_gradient = { blocks, count, columns, dy, x, gradient, batch in
        csk_plain().pointee.weight_gradient(blocks, count, columns, dy, x, gradient, batch)
        let width = batch!.pointee.width
        let row = Int(blocks![0].first_row)
        let column = Int(columns![Int(blocks![0].columns)])
        gradient![Int(blocks![0].values)] -=
          dy![row * width + width - 1] * x![column * width + width - 1]
      }
    case .weightGradientNaN:
      table.weight_gradient = { blocks, count, columns, dy, x, gradient, batch in
        csk_plain().pointee.weight_gradient(blocks, count, columns, dy, x, gradient, batch)
        gradient![Int(blocks![0].values)] = .nan
      }
    }
    return KernelSet(table: table)
  }
}

/// The first edge of the first block that has one.
private func firstEdge(
  _ blocks: UnsafePointer<csk_block>?, _ count: Int, _ columns: UnsafePointer<UInt32>?,
  _ values: UnsafePointer<Float>?
) -> (row: Int, column: Int, weight: Float)? {
  guard let blocks, let columns, let values,
    let block = (0..<count).lazy.map({ blocks[$0] }).first(where: { $0.count > 0 })
  else { return nil }
  return (
    Int(block.first_row), Int(columns[Int(block.columns)]), values[Int(block.values)]
  )
}
