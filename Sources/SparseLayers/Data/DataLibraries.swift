internal import CZip
internal import CZlib

/// The system libraries that data are read with, as they tell their versions at run time.
package enum DataLibraries {
  /// The version of zlib, such as `1.2.13`.
  // SAFETY: the library returns a static string.
  package static var zlib: String { unsafe String(cString: zlibVersion()) }

  /// The version of libzip, such as `1.7.3`.
  // SAFETY: the library returns a static string.
  package static var libzip: String { unsafe String(cString: zip_libzip_version()) }
}
