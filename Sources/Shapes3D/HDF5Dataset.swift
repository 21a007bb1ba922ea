internal import CHDF5
internal import SparseCore

/// An object of the HDF5 library, closed when nobody has it any more.
struct HDF5Handle: ~Copyable {
  let id: hid_t
  private let close: (hid_t) -> herr_t

  /// Takes over an object; nil when the call that should have made it failed.
  ///
  /// - Parameters:
  ///   - id: What the call returned.
  ///   - close: Closes the object.
  init?(_ id: hid_t, _ close: @escaping (hid_t) -> herr_t) {
    guard id >= 0 else { return nil }
    self.id = id
    self.close = close
  }

  deinit { _ = close(id) }
}

/// An array in an HDF5 file, read in slices of rows.
struct HDF5Dataset: ~Copyable {
  /// The kinds of elements that are read, and what they are read as.
  enum Element { case bytes, doubles }

  /// What errors call the array.
  let place: String
  /// The size of each dimension.
  let shape: [Int]
  /// The rows that the file stores together, where it stores the array in chunks.
  let chunkRows: Int?

  private let dataset: HDF5Handle
  private let element: Element

  /// The most that the library keeps of decompressed chunks.
  private static let cacheBytes = 256 << 20

  /// Opens an array.
  ///
  /// - Parameters:
  ///   - name: The array's name.
  ///   - file: The open file.
  ///   - path: The file's path, for errors.
  ///   - element: What its elements must be.
  /// - Throws: `SparseError.Code.corruptFile` when there is no such array, or it is of another kind.
  init(_ name: String, in file: borrowing HDF5Handle, path: String, element: Element) throws {
    let place = "\(path): array '\(name)'"
    // Chunks may lie across images: without room for a row of them each is decompressed many times.
    // SAFETY: the name is passed as a C string, which the call does not keep.
    guard let access = HDF5Handle(H5Pcreate(csh_dataset_access()), H5Pclose),
      H5Pset_chunk_cache(access.id, 12_421, Self.cacheBytes, 1) >= 0,
      let dataset = unsafe HDF5Handle(H5Dopen2(file.id, name, access.id), H5Dclose)
    else {
      throw SparseError(
        .corruptFile,
        "\(path): has no array '\(name)'. Give the file 3dshapes.h5 of the 3D Shapes data set.")
    }
    guard let space = HDF5Handle(H5Dget_space(dataset.id), H5Sclose),
      let type = HDF5Handle(H5Dget_type(dataset.id), H5Tclose),
      let properties = HDF5Handle(H5Dget_create_plist(dataset.id), H5Pclose)
    else { throw Self.failure(place, "describe") }
    let rank = Int(H5Sget_simple_extent_ndims(space.id))
    guard (1...8).contains(rank) else {
      throw SparseError(.corruptFile, "\(place): has \(rank) dimensions; 2 or 4 are needed.")
    }
    var sizes = [hsize_t](repeating: 0, count: rank)
    // SAFETY: the library writes 'rank' numbers; the maximal sizes are not asked for.
    guard unsafe H5Sget_simple_extent_dims(space.id, &sizes, nil) == Int32(rank) else {
      throw Self.failure(place, "describe")
    }
    guard Self.isOf(type.id, element) else {
      throw SparseError(
        .corruptFile,
        "\(place): holds other elements than \(element == .bytes ? "uint8" : "float64"), which are "
          + "needed. Convert it.")
    }
    let shape = try sizes.map { size in
      guard let size = Int(exactly: size), size <= 1 << 32 else {
        throw SparseError(.corruptFile, "\(place): has a dimension of \(size). Check the file.")
      }
      return size
    }
    var chunk = [hsize_t](repeating: 0, count: rank)
    // SAFETY: the library writes at most 'rank' numbers, and none where there are no chunks.
    let found = unsafe H5Pget_chunk(properties.id, Int32(rank), &chunk)
    self.place = place
    self.shape = shape
    chunkRows = found == Int32(rank) ? Int(clamping: chunk[0]) : nil
    self.dataset = dataset
    self.element = element
  }

  private static func isOf(_ type: hid_t, _ element: Element) -> Bool {
    switch element {
    case .bytes:
      H5Tget_class(type) == H5T_INTEGER && H5Tget_size(type) == 1
        && H5Tget_sign(type) == H5T_SGN_NONE
    case .doubles: H5Tget_class(type) == H5T_FLOAT
    }
  }

  /// The elements of a row.
  var rowCount: Int { shape.dropFirst().reduce(1, *) }

  /// Reads rows of bytes.
  ///
  /// - Parameter rows: Some of the array's rows.
  /// - Returns: Their elements, row-major.
  /// - Throws: `SparseError.Code.corruptFile` when the file is damaged there.
  func bytes(_ rows: Range<Int>) throws -> [UInt8] {
    precondition(element == .bytes, "\(place) was opened as numbers")
    return try read(rows, as: csh_native_uchar(), zero: 0)
  }

  /// Reads rows of floating-point numbers.
  ///
  /// - Parameter rows: Some of the array's rows.
  /// - Returns: Their elements, row-major.
  /// - Throws: `SparseError.Code.corruptFile` when the file is damaged there.
  func doubles(_ rows: Range<Int>) throws -> [Double] {
    precondition(element == .doubles, "\(place) was opened as bytes")
    return try read(rows, as: csh_native_double(), zero: 0)
  }

  private func read<Value: BitwiseCopyable>(
    _ rows: Range<Int>, as type: hid_t, zero: Value
  ) throws -> [Value] {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= shape[0], "rows \(rows)")
    let start = [hsize_t(rows.lowerBound)] + shape.dropFirst().map { _ in 0 }
    let count = [hsize_t(rows.count)] + shape.dropFirst().map { hsize_t($0) }
    // SAFETY: 'start' and 'count' have a number for each dimension; steps and blocks are the usual.
    guard let space = HDF5Handle(H5Dget_space(dataset.id), H5Sclose),
      unsafe H5Sselect_hyperslab(space.id, H5S_SELECT_SET, start, nil, count, nil) >= 0,
      let memory = unsafe HDF5Handle(H5Screate_simple(Int32(count.count), count, nil), H5Sclose)
    else { throw Self.failure(place, "select rows of") }
    var values = [Value](repeating: zero, count: rows.count * rowCount)
    // SAFETY: 'values' has an element of the memory type for each one selected.
    let status = unsafe values.withUnsafeMutableBytes { buffer in
      unsafe H5Dread(dataset.id, type, memory.id, space.id, csh_default(), buffer.baseAddress)
    }
    guard status >= 0 else { throw Self.failure(place, "read rows \(rows) of") }
    return values
  }

  private static func failure(_ place: String, _ action: String) -> SparseError {
    SparseError(
      .corruptFile, "\(place): libhdf5 cannot \(action) it. Fetch or copy the file again.")
  }
}
