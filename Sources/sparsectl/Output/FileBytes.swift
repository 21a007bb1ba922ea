import Foundation
import SparseLayers

/// The size of a model file and of its parts.
struct FileBytes: Encodable {
  /// The whole file.
  let file: Int
  /// Its header: architecture, recipes, names and places of the arrays.
  let header: Int
  /// Its arrays: values, biases and indices.
  let arrays: Int

  enum CodingKeys: String, CodingKey {
    case file = "file_bytes"
    case header = "header_bytes"
    case arrays = "array_bytes"
  }

  /// The sizes of the file that some content would be written as.
  init(_ content: Safetensors) throws {
    let counts = try content.byteCounts()
    header = counts.header
    arrays = counts.tensors
    file = counts.header + counts.tensors
  }

  /// The sizes of a file that is there.
  init(_ content: Safetensors, at path: String) throws {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    file = (attributes[.size] as? Int) ?? 0
    arrays = content.tensors.reduce(0) { $0 + $1.bytes.count }
    header = file - arrays
  }
}
