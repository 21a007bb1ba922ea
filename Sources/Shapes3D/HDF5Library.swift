internal import CHDF5

/// The HDF5 library that this module is linked with.
package enum HDF5Library {
  /// The version that the library tells at run time, such as `1.10.8`; nil when it tells none.
  package static var version: String? {
    var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
    // SAFETY: the library writes the three integers, which are ours, and keeps no pointer.
    guard unsafe H5get_libversion(&major, &minor, &release) >= 0 else { return nil }
    return "\(major).\(minor).\(release)"
  }
}
