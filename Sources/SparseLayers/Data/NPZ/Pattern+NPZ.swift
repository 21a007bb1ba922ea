public import SparseCore

extension Pattern {
  /// The pattern as an NPZ file of `scipy.sparse.save_npz`: compressed sparse rows of Booleans.
  ///
  ///     matrix = scipy.sparse.load_npz("pattern.npz")   # outputs × inputs
  ///
  /// The same connections make the same bytes.
  ///
  /// - Returns: The whole file.
  /// - Throws: `SparseError.Code.backend` when libzip refuses, as for want of memory.
  public func npzBytes() throws -> [UInt8] {
    let shape = [Int64(outputs), Int64(inputs)]
    return try ZipWriter.archive(of: [
      // At most 2³¹ − 1 edges and 2²⁴ neurons: 32 bits hold every number.
      ("indices.npy", NPYEncoder.file(columns.map { Int32($0) })),
      ("indptr.npy", NPYEncoder.file(rowOffsets.map { Int32($0) })),
      ("format.npy", NPYEncoder.file(type: "|S3", shape: [], elements: Array("csr".utf8))),
      (
        "shape.npy",
        NPYEncoder.file(type: "<i8", shape: [2], elements: littleEndianBytes(of: shape))
      ),
      (
        "data.npy",
        NPYEncoder.file(
          type: "|b1", shape: [edgeCount], elements: [UInt8](repeating: 1, count: edgeCount))
      ),
    ])
  }
}
