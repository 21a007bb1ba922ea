#ifndef CGRAPHBLAS_SHIM_H
#define CGRAPHBLAS_SHIM_H

#include <GraphBLAS.h>

/* GraphBLAS's constants are C globals: Swift 6 rejects them as shared mutable state. */
static inline GrB_Type csg_fp32(void) { return GrB_FP32; }
static inline GrB_BinaryOp csg_plus_fp32(void) { return GrB_PLUS_FP32; }
static inline GrB_Semiring csg_plus_times_fp32(void) { return GrB_PLUS_TIMES_SEMIRING_FP32; }

/* Swift does not import C's variadic functions, and the setters of GraphBLAS 7 are variadic. */
static inline GrB_Info csg_pin_sparse(GrB_Matrix matrix) {
  return GxB_Matrix_Option_set(matrix, GxB_SPARSITY_CONTROL, GxB_SPARSE);
}
static inline GrB_Info csg_set_threads(GrB_Descriptor descriptor, int threads, double chunk) {
  GrB_Info info = GxB_Desc_set(descriptor, GxB_NTHREADS, threads);
  return info == GrB_SUCCESS ? GxB_Desc_set(descriptor, GxB_CHUNK, chunk) : info;
}
/* Major, minor and patch version of the library that is loaded, which may not be that of the header. */
static inline GrB_Info csg_get_version(int version[3]) {
  return GxB_Global_Option_get(GxB_LIBRARY_VERSION, version);
}
/* Makes every block that GraphBLAS frees reach our free(): no private pool in between. */
static inline GrB_Info csg_disable_memory_pool(void) {
  int64_t limits[64] = {0};
  return GxB_Global_Option_set(GxB_MEMORY_POOL, limits);
}

#endif
