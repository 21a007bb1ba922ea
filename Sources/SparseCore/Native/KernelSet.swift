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

  /// The lanes of a tile on which the products run best, whatever the vectors: eight of AVX2's or four
  /// of AVX-512's hold a row of sums, and the panels of a layer's inputs stay few.
  static let wideTile = 64

  /// The widths of the tiles that a batch is cut into: a single sample, and vectors in powers of 2.
  var tileWidths: [Int] {
    [1] + sequence(first: lanes) { $0 * 2 }.prefix { $0 <= Self.wideTile }
  }

  /// The narrowest of `tileWidths` that holds a batch, or the widest; asked for every batch, so it
  /// allocates nothing.
  func tileWidth(samples: Int) -> Int {
    guard samples > 1 else { return 1 }
    var width = lanes
    while width < samples, width * 2 <= Self.wideTile { width *= 2 }
    return width
  }

  /// The inputs of a panel for tiles of some width.
  ///
  /// A panel takes three quarters of an L1 cache, of 48 KiB where there is AVX-512 and 32 KiB
  /// elsewhere. Not of what this CPU has: the order in which products are summed, and so their last
  /// bits, are the same on all CPUs with the same kernels.
  func panelInputs(tileWidth: Int) -> Int {
    let panelBytes = (lanes >= 16 ? 48 : 32) * 1024 * 3 / 4
    return max(panelBytes / (4 * tileWidth), 32)
  }
}
