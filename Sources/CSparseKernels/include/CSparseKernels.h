#ifndef CSPARSE_KERNELS_H
#define CSPARSE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "csk_pool.h"

/*
 The products of a junction on tiles of activations, and the element-wise pieces around them.

 A tile holds `width` samples feature-major: float `f * width + l` is feature f of sample l. Any
 width works; multiples of the vector length are fast. Tiles need no alignment beyond 4 bytes, and
 kernels read and write nothing outside of what is stated. Outputs never overlap inputs.

 A pattern comes as a list of blocks. A block is a group of `rows` consecutive outputs that share
 `count` inputs; its weights are stored [input][row]. One group of rows may have several blocks, one
 for each panel of inputs, so that a panel of the input tile stays in the L1 cache while all groups
 pass over it.
*/
typedef struct {
  uint32_t first_row; /* the first output of the group */
  uint32_t rows;      /* outputs in the group: 1, 2, 4, 8 or 16 */
  uint32_t count;     /* inputs in the block; 0 is allowed */
  uint32_t columns;   /* position of the block's first input in the list of columns */
  uint32_t values;    /* position of the block's first weight in the values */
  uint32_t is_first;  /* 1 when no earlier block has the same rows: outputs start from the bias */
  uint32_t is_last;   /* 1 when no later block has the same rows: then the activation follows */
} csk_block;

/* A batch of tiles, one after the other: tile t of the activations starts `t * stride` floats after
   the first. */
typedef struct {
  size_t tiles, width;
  size_t dy_stride, x_stride; /* floats from one tile of dY or X to the next */
} csk_batch;

/* What Adam needs for one step: values are decreased by
   rate * m / (sqrt(v) + epsilon) after being multiplied by `shrink`; the gradient is first increased
   by `penalty` * value. */
typedef struct {
  float rate, beta1, beta2, epsilon, shrink, penalty;
} csk_adam;

/* What turns the gradient of a normalised tile into that of its input, one number per row:
   dx = dy * scale + (x - center) * slope + shift. */
typedef struct {
  const float *centers, *scales, *slopes, *shifts;
} csk_normalization;

/* The kernels of one instruction set. All counts are of floats, blocks or rows, never bytes. */
typedef struct {
  const char *name; /* "avx512", "avx2", "neon", "plain" */
  uint32_t lanes;   /* floats in a vector; tiles of a multiple of this are fast */

  /* Y = bias + W·X, or Y += W·X where bias is NULL; then, unless slope is 1, `relu` of every row as
     soon as it is complete. Every group of rows must have a block with is_first and one with
     is_last. */
  void (*forward)(const csk_block *blocks, size_t block_count, const uint32_t *columns,
                  const float *values, const float *bias, float slope, const float *x,
                  float *y, size_t width);

  /* dX += Wᵀ·dY. */
  void (*input_gradient)(const csk_block *blocks, size_t block_count, const uint32_t *columns,
                         const float *values, const float *dy, float *dx, size_t width);

  /* dW += dY·Xᵀ at the blocks' positions, over all tiles of a batch; `gradient` is indexed like the
     values. */
  void (*weight_gradient)(const csk_block *blocks, size_t block_count, const uint32_t *columns,
                          const float *dy, const float *x, float *gradient,
                          const csk_batch *batch);

  /* sums[r] += the sum of row r of a tile, for `rows` rows. */
  void (*row_sums)(const float *tile, size_t rows, size_t width, float *sums);

  /* y = y > 0 ? y : slope * y, so that -inf becomes NaN where the slope is 0. */
  void (*relu)(float *y, size_t count, float slope);

  /* dx = y > 0 ? dy : slope * dy, or dx += that. dx may be dy. */
  void (*relu_gradient)(const float *y, const float *dy, float *dx, size_t count, float slope,
                        int adds);

  /* y = 1 / (1 + exp(-x)), 0 for x below -87, and y = tanh(x), within three units in the last place.
     y may be x. */
  void (*logistic)(const float *x, float *y, size_t count);
  void (*hyperbolic_tangent)(const float *x, float *y, size_t count);

  /* dx = dy * (1 - y) * (offset + y), or dx += that: the gradient of tanh where the offset is 1, of the
     logistic function where it is 0. dx may be dy. */
  void (*curve_gradient)(const float *y, const float *dy, float *dx, size_t count, float offset,
                         int adds);

  /* means[r] = the mean of the first `samples` floats of row r of a tile; squares[r] = the sum of
     their squared distances from it. */
  void (*moments)(const float *tile, size_t rows, size_t width, size_t samples, float *means,
                  float *squares);

  /* y = (x - center) * scale + shift, one center, scale and shift per row; then `relu`. y may be x. */
  void (*normalize)(const float *x, float *y, size_t rows, size_t width, const float *centers,
                    const float *scales, const float *shifts, float slope);

  /* sums[r] = the sum of the first `samples` floats of row r of dy; products[r] = that of their
     products with x - centers[r]. */
  void (*gradient_moments)(const float *x, const float *dy, size_t rows, size_t width,
                           size_t samples, const float *centers, float *sums, float *products);

  /* dx = the gradient in the first `samples` lanes, 0 in the others; or dx += that. */
  void (*normalize_gradient)(const float *x, const float *dy, float *dx, size_t rows, size_t width,
                             size_t samples, const csk_normalization *gradient, int adds);

  /* y[i] = scale * x[i], or y[i] += that, but 0 with a probability of threshold / 2^32. Which ones
     fall depends on `key` and i alone, whatever the instruction set. y may be x. */
  void (*dropout)(const float *x, float *y, size_t count, uint64_t key, uint32_t threshold,
                  float scale, int adds);

  /* One step of Adam on `count` values, with their moments m and v. */
  void (*adam)(float *values, const float *gradient, float *m, float *v, size_t count,
               const csk_adam *step);

  /* tile[f * width + l] = table[rows[l][f]] for `features` features and `samples` lanes;
     other lanes become 0. */
  void (*pack_bytes)(const uint8_t *const *rows, size_t samples, size_t features,
                     const float *table, float *tile, size_t width);
} csk_kernels;

/* The plain C kernels: the twins that the others are tested against. */
const csk_kernels *csk_plain(void);

/* The kernels of an instruction set by name, or NULL when this CPU or build lacks it. "avx2x16"
   is the source of the avx512 kernels compiled for AVX2: for testing it on CPUs without AVX-512. */
const csk_kernels *csk_named(const char *name);

/* The best kernels that this CPU has. */
const csk_kernels *csk_best(void);

/* transposed[positions[i]] = values[i] for `count` values. */
void csk_scatter(const float *values, const uint32_t *positions, size_t count, float *transposed);

#endif
