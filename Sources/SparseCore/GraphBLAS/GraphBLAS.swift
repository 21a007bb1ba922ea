internal import CGraphBLAS
internal import CGraphBLASMemory

/// The library as a whole: started once, every return code checked.
enum GraphBLAS {
  /// Starts the library on first use; every later use gives the same outcome.
  ///
  /// Memory comes from `CGraphBLASMemory`, so that buffers can be lent; GraphBLAS's own pool of
  /// freed blocks is switched off because a lent buffer must never end up in it.
  static let started: Result<Void, SparseError> = {
    do throws(SparseError) {
      try unsafe check(
        "GxB_init", GxB_init(GrB_NONBLOCKING, csm_malloc, csm_calloc, csm_realloc, csm_free))
      try check("GxB_Global_Option_set", csg_disable_memory_pool())
      return .success(())
    } catch {
      return .failure(error)
    }
  }()

  /// Turns a return code into an error: negative codes fail, `GrB_NO_VALUE` (1) does not.
  static func check(
    _ call: String, _ info: GrB_Info, _ context: @autoclosure () -> String = ""
  ) throws(SparseError) {
    guard info.rawValue < 0 else { return }
    let detail = context()
    let remedy = info == GrB_OUT_OF_MEMORY ? "; free memory or use a smaller batch" : ""
    throw SparseError(
      .backend,
      """
      GraphBLAS: \(call) failed with \(name(of: info))\
      \(detail.isEmpty ? "" : " (\(detail))")\(remedy).
      """)
  }

  private static func name(of info: GrB_Info) -> String {
    switch info {
    case GrB_OUT_OF_MEMORY: "out of memory"
    case GrB_DIMENSION_MISMATCH: "dimension mismatch"
    case GrB_INVALID_OBJECT: "invalid object"
    case GrB_INVALID_VALUE: "invalid value"
    case GrB_PANIC: "an internal panic"
    default: "code \(info.rawValue)"
    }
  }
}

/// Owns one `GrB_Matrix` of floats.
@safe
struct MatrixHandle: ~Copyable {
  let raw: GrB_Matrix

  private init(owning raw: GrB_Matrix) { unsafe self.raw = raw }

  /// A matrix without entries, held by row.
  static func make(rows: Int, columns: Int) throws(SparseError) -> MatrixHandle {
    var matrix: GrB_Matrix?
    let info = unsafe GrB_Matrix_new(&matrix, csg_fp32(), UInt64(rows), UInt64(columns))
    try GraphBLAS.check("GrB_Matrix_new", info, "\(rows)×\(columns)")
    guard let matrix = unsafe matrix else {
      throw SparseError(.backend, "GraphBLAS: GrB_Matrix_new gave no matrix of \(rows)×\(columns).")
    }
    return unsafe MatrixHandle(owning: matrix)
  }

  /// A matrix that stays in compressed rows.
  ///
  /// Without the pin GraphBLAS may turn a well-filled pattern into a bitmap and leave its fast path.
  static func makeSparse(rows: Int, columns: Int) throws(SparseError) -> MatrixHandle {
    let handle = try make(rows: rows, columns: columns)
    try GraphBLAS.check("GxB_Matrix_Option_set", unsafe csg_pin_sparse(handle.raw))
    return handle
  }

  deinit {
    var matrix: GrB_Matrix? = unsafe raw
    _ = unsafe GrB_Matrix_free(&matrix)
  }
}

/// Owns one `GrB_Descriptor`.
@safe
struct DescriptorHandle: ~Copyable {
  let raw: GrB_Descriptor

  private init(owning raw: GrB_Descriptor) { unsafe self.raw = raw }

  /// A descriptor that changes nothing but the number of threads.
  ///
  /// - Parameter threads: The most threads of an operation that uses the descriptor.
  /// - Returns: The descriptor.
  /// - Throws: `SparseError.Code.backend` when GraphBLAS has no memory.
  static func make(threads: Int) throws(SparseError) -> DescriptorHandle {
    var descriptor: GrB_Descriptor?
    try GraphBLAS.check("GrB_Descriptor_new", unsafe GrB_Descriptor_new(&descriptor))
    guard let descriptor = unsafe descriptor else {
      throw SparseError(.backend, "GraphBLAS: GrB_Descriptor_new gave no descriptor.")
    }
    let handle = unsafe DescriptorHandle(owning: descriptor)
    // GraphBLAS takes one thread per 'chunk' units of work; its default of 65536 leaves threads
    // idle on the junctions of small networks.
    try GraphBLAS.check(
      "GxB_Desc_set", unsafe csg_set_threads(handle.raw, Int32(clamping: threads), 4096))
    return handle
  }

  func set(_ field: GrB_Desc_Field, _ value: GrB_Desc_Value) throws(SparseError) {
    try GraphBLAS.check("GrB_Descriptor_set", unsafe GrB_Descriptor_set(raw, field, value))
  }

  deinit {
    var descriptor: GrB_Descriptor? = unsafe raw
    _ = unsafe GrB_Descriptor_free(&descriptor)
  }
}
