import ArgumentParser

/// Checks the names of pictures to draw.
enum PictureFile {
  /// Refuses what is no name of an SVG file: another one may be a model, or promise another format.
  ///
  /// - Parameters:
  ///   - path: The file, or a device.
  ///   - option: The option that names it.
  /// - Throws: `ValidationError` that names both.
  static func check(_ path: String?, option: String = "--plot") throws {
    guard let path else { return }
    guard path.lowercased().hasSuffix(".svg") || path.hasPrefix("/dev/") else {
      throw ValidationError(
        "'\(option)' draws SVG; name a file that ends in .svg, not '\(path)'.")
    }
  }
}
