/*
 The vector kernels, written once for any vector length.

 Included by one file per instruction set, which defines CSK_LANES (4, 8 or 16 floats), CSK_NAME
 (a string) and CSK_TABLE (the function that returns the table), and has set the target attribute.
 The widest register tiles keep 12 sums for CSK_LANES 8 (16 registers) and 16 elsewhere.
*/
#include "CSparseKernels.h"

#include "csk_lanes.h"
#include "csk_elementwise.h"
#include "csk_functions.h"
#include "csk_normalization.h"
#if CSK_LANES == 8
#include "csk_avx2_tiles.h"
#endif
#include "csk_forward.h"
#include "csk_input_gradient.h"
#include "csk_weight_gradient.h"

static void row_sums(const float *tile, size_t rows, size_t width, float *sums) {
  for (size_t r = 0; r < rows; r++) {
    const float *row = tile + r * width;
    vf sum = splat(0);
    size_t j = 0;
    for (; j + L <= width; j += L) sum += load(row + j);
    float rest = 0;
    for (; j < width; j++) rest += row[j];
    sums[r] += sum1(sum) + rest;
  }
}

const csk_kernels *CSK_TABLE(void) {
  static const csk_kernels table = {
      CSK_NAME,         CSK_LANES,          forward, input_gradient, weight_gradient,
      row_sums,         relu,               relu_gradient, logistic, hyperbolic_tangent,
      curve_gradient,   moments,            normalize, gradient_moments, normalize_gradient,
      dropout,          adam,               pack_bytes,
  };
  return &table;
}
