import SparseCore

extension Dataset {
  /// Computes a digest that tells whether two data sets hold the same samples in the same order.
  ///
  /// It covers the kind and the number of the features, their values, and the name, the class names
  /// and the labels of every target; the image shape and the features' names do not count.
  ///
  /// - Returns: A SHA-256 as 64 lower-case hexadecimal digits.
  /// - Throws: `SparseError` when the digest's library fails.
  /// - Complexity: One pass over all values, computed anew at each call.
  public func contentHash() throws -> String {
    var digest = try SHA256Digest()
    // Every variable part is preceded by its length, so that no two contents give the same bytes.
    func sizes(_ values: Int...) -> [UInt64] { values.map { UInt64($0) } }
    switch features {
    case .bytes(let values):
      try digest.update(littleEndian: sizes(1, sampleCount, featureCount))
      try digest.update(values)
    case .floats(let values):
      try digest.update(littleEndian: sizes(4, sampleCount, featureCount))
      try digest.update(littleEndian: values)
    }
    for target in targets {
      try digest.update(littleEndian: sizes(target.classCount))
      for name in [target.name] + target.classNames {
        let text = Array(name.utf8)
        try digest.update(littleEndian: sizes(text.count))
        try digest.update(text)
      }
      try digest.update(littleEndian: target.labels.map { UInt32(bitPattern: $0) })
    }
    return try digest.finalize()
  }
}
