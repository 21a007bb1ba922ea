internal import CGraphBLAS

#if !canImport(CryptoKit)
internal import COpenSSL
#endif

/// The system libraries that this module is linked with, as they tell their versions at run time.
package enum CoreLibraries {
  /// The version of SuiteSparse:GraphBLAS, such as `7.4.0`.
  ///
  /// - Returns: Major, minor and patch version.
  /// - Throws: `SparseError.Code.backend` when the library cannot be started.
  package static func graphBLAS() throws -> String {
    try GraphBLAS.started.get()
    var version: [Int32] = [0, 0, 0]
    // SAFETY: the library writes three integers, for which there is room, and keeps no pointer.
    try GraphBLAS.check("GxB_Global_Option_get", unsafe csg_get_version(&version))
    return version.map(String.init).joined(separator: ".")
  }

  /// The name and version of OpenSSL's libcrypto; nil where CryptoKit is used instead.
  package static var openSSL: String? {
    #if canImport(CryptoKit)
    return nil
    #else
    // SAFETY: the library returns a static string for every argument.
    return unsafe String(cString: OpenSSL_version(OPENSSL_VERSION))
    #endif
  }
}
