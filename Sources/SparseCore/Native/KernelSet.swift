package import CSparseKernels
internal import Foundation

/// The C kernels of one instruction set.
@safe
public struct KernelSet: @unchecked Sendable {
  // SAFETY: function pointers and constants; nothing in it is ever written.
  package let table: csk_kernels

  package init(table: csk_kernels) { unsafe self.table = table }

  /// The instruction set: `avx512`, `avx2`, `neon` or `plain`.
  public var name: String { unsafe String(cString: table.name) }

  /// The floats in one of its vectors.
  public var lanes: Int { unsafe Int(table.lanes) }

  /// The kernels of an instruction set.
  ///
  /// - Parameter name: The instruction set.
  /// - Returns: Its kernels, or nil when this CPU lacks it.
  public static func named(_ name: String) -> KernelSet? {
    guard let table = unsafe csk_named(name) else { return nil }
    return unsafe KernelSet(table: table.pointee)
  }

  /// The kernels to use: the best that this CPU has, or those that the environment variable
  /// `SPARSE_KERNELS` names.
  public static let current: Result<KernelSet, SparseError> = {
    guard let name = ProcessInfo.processInfo.environment["SPARSE_KERNELS"], !name.isEmpty else {
      return unsafe .success(KernelSet(table: csk_best().pointee))
    }
    guard let kernels = named(name) else {
      return .failure(
        SparseError(
          .unsupported,
          """
          SPARSE_KERNELS is '\(name)', which this CPU does not have. Use avx512, avx2, neon or \
          plain, or leave it unset.
          """))
    }
    return .success(kernels)
  }()
}

extension KernelSet {
  /// The kernels for element-wise work, which every engine shares.
  package static let elementWise: KernelSet = (try? current.get()) ?? .plain

  /// The plain loops that every CPU has.
  public static var plain: KernelSet { unsafe KernelSet(table: csk_plain().pointee) }

  /// The lanes of a tile on which unstructured rows run best: as many sums as registers hold.
  ///
  /// Eight vectors of sums leave room for the operands in 16 registers; more lanes would spill.
  var wideTile: Int { max(8 * lanes, 64) }

  /// The widths of the tiles that a batch is cut into: a single sample, and vectors in powers of 2.
  var tileWidths: [Int] {
    [1] + sequence(first: lanes) { $0 * 2 }.prefix { $0 <= wideTile }
  }

  /// The narrowest of `tileWidths` that holds a batch, or the widest; asked for every batch, so it
  /// allocates nothing.
  func tileWidth(samples: Int) -> Int {
    guard samples > 1 else { return 1 }
    var width = lanes
    while width < samples, width * 2 <= wideTile { width *= 2 }
    return width
  }

  /// The inputs of a panel for tiles of some width: a panel takes three quarters of a 32 KiB L1 cache.
  func panelInputs(tileWidth: Int) -> Int { max(24576 / (4 * tileWidth), 32) }
}
