/* The kernels as plain loops: what every other variant must agree with. */
#include "CSparseKernels.h"
#include "csk_elementwise.h"
#include "csk_functions.h"
#include "csk_normalization.h"

static void forward(const csk_block *blocks, size_t block_count, const uint32_t *columns,
                    const float *values, const float *bias, float slope, const float *x,
                    float *y, size_t width) {
  for (const csk_block *b = blocks; b < blocks + block_count; b++) {
    for (size_t r = 0; r < b->rows; r++) {
      float *restrict out = y + (b->first_row + r) * width;
      if (bias && b->is_first)
        for (size_t j = 0; j < width; j++) out[j] = bias[b->first_row + r];
      for (size_t k = 0; k < b->count; k++) {
        const float w = values[b->values + k * b->rows + r];
        const float *restrict in = x + columns[b->columns + k] * width;
        for (size_t j = 0; j < width; j++) out[j] += w * in[j];
      }
    }
    if (slope != 1 && b->is_last) relu(y + b->first_row * width, b->rows * width, slope);
  }
}

static void input_gradient(const csk_block *blocks, size_t block_count, const uint32_t *columns,
                           const float *values, const float *dy, float *dx, size_t width) {
  for (const csk_block *b = blocks; b < blocks + block_count; b++)
    for (size_t k = 0; k < b->count; k++)
      for (size_t r = 0; r < b->rows; r++) {
        const float w = values[b->values + k * b->rows + r];
        const float *restrict in = dy + (b->first_row + r) * width;
        float *restrict out = dx + columns[b->columns + k] * width;
        for (size_t j = 0; j < width; j++) out[j] += w * in[j];
      }
}

static void weight_gradient(const csk_block *blocks, size_t block_count, const uint32_t *columns,
                            const float *dy, const float *x, float *gradient,
                            const csk_batch *batch) {
  const size_t width = batch->width;
  for (const csk_block *b = blocks; b < blocks + block_count; b++)
    for (size_t k = 0; k < b->count; k++)
      for (size_t r = 0; r < b->rows; r++) {
        const float *d = dy + (b->first_row + r) * width;
        const float *in = x + columns[b->columns + k] * width;
        float sum = 0;
        for (size_t t = 0; t < batch->tiles; t++, d += batch->dy_stride, in += batch->x_stride)
          for (size_t j = 0; j < width; j++) sum += d[j] * in[j];
        gradient[b->values + k * b->rows + r] += sum;
      }
}

static void row_sums(const float *tile, size_t rows, size_t width, float *sums) {
  for (size_t r = 0; r < rows; r++) {
    float sum = 0;
    for (size_t j = 0; j < width; j++) sum += tile[r * width + j];
    sums[r] += sum;
  }
}

const csk_kernels *csk_plain(void) {
  static const csk_kernels table = {
      "plain", 4, forward, input_gradient, weight_gradient, row_sums, relu, relu_gradient, logistic,
      hyperbolic_tangent, curve_gradient, moments, normalize, gradient_moments, normalize_gradient,
      dropout, adam, pack_bytes,
  };
  return &table;
}

void csk_scatter(const float *values, const uint32_t *positions, size_t count, float *transposed) {
  for (size_t i = 0; i < count; i++) transposed[positions[i]] = values[i];
}
