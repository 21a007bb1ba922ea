/*
 The vector kernels, written once for any vector length.

 Included by one file per instruction set, which defines CSK_LANES (4, 8 or 16 floats), CSK_NAME
 (a string) and CSK_TABLE (the function that returns the table), and has set the target attribute.
 The widest register tiles keep 12 sums for CSK_LANES 8 (16 registers) and 16 elsewhere.
*/
#include "CSparseKernels.h"

typedef float vf __attribute__((vector_size(4 * CSK_LANES)));
typedef float vf_any __attribute__((vector_size(4 * CSK_LANES), aligned(4)));
typedef float vf4 __attribute__((vector_size(16)));
typedef float vf4_any __attribute__((vector_size(16), aligned(4)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define L ((size_t)CSK_LANES)

INLINE vf load(const float *p) { return *(const vf_any *)p; }
INLINE void store(float *p, vf v) { *(vf_any *)p = v; }
INLINE vf fma_(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }

/* --- one value in all lanes, and the sums of four vectors' lanes as one vector of four --- */

#if CSK_LANES == 4
INLINE vf splat(float x) { return (vf){x, x, x, x}; }
#define LOW_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
INLINE vf4 fold(vf v) { return v; }
#elif CSK_LANES == 8
INLINE vf splat(float x) { return (vf){x, x, x, x, x, x, x, x}; }
#define LOW_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
INLINE vf4 fold(vf v) {
  return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
}
#else
INLINE vf splat(float x) { return (vf){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
#define LOW_PAIRS(a, b)                                                                          \
  __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HIGH_PAIRS(a, b)                                                                         \
  __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define LOW_HALVES(a, b)                                                                         \
  __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define HIGH_HALVES(a, b)                                                                        \
  __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
INLINE vf4 fold(vf v) {
  return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7) +
         (__builtin_shufflevector(v, v, 8, 9, 10, 11) +
          __builtin_shufflevector(v, v, 12, 13, 14, 15));
}
#endif

INLINE vf4 sum4(vf a, vf b, vf c, vf d) {
  vf ab = LOW_PAIRS(a, b) + HIGH_PAIRS(a, b);
  vf cd = LOW_PAIRS(c, d) + HIGH_PAIRS(c, d);
  return fold(LOW_HALVES(ab, cd) + HIGH_HALVES(ab, cd));
}

INLINE float sum1(vf a) {
  vf4 s = fold(a);
  return (s[0] + s[2]) + (s[1] + s[3]);
}

#include "csk_elementwise.h"
#if CSK_LANES == 8
#include "csk_avx2_tiles.h"
#endif

/* --- forward --------------------------------------------------------------------------------- */

/* R rows × V vectors of the output stay in registers while the block's inputs pass; U independent
   sets of sums hide the latency of the multiply–adds where R·V alone is too few. */
#define FORWARD(R, V, U)                                                                         \
  INLINE void forward_##R##x##V(const csk_block *b, size_t row, const uint32_t *columns,         \
                                const float *values, const float *bias, const float *x, float *y, \
                                size_t width) {                                                  \
    vf sum[U][R][V];                                                                             \
    UNROLL for (int u = 0; u < U; u++) UNROLL for (int r = 0; r < R; r++)                        \
        UNROLL for (int v = 0; v < V; v++) sum[u][r][v] =                                        \
        u > 0           ? splat(0)                                                               \
        : bias          ? splat(bias[r])                                                         \
                        : load(y + r * width + v * L);                                           \
    const size_t group = b->rows, count = b->count;                                              \
    const uint32_t *c = columns + b->columns;                                                    \
    const float *w = values + b->values + row;                                                   \
    size_t k = 0;                                                                                \
    for (; k + U <= count; k += U) UNROLL for (int u = 0; u < U; u++) {                          \
        const float *xk = x + c[k + u] * width;                                                  \
        UNROLL for (int r = 0; r < R; r++) {                                                     \
          vf wk = splat(w[(k + u) * group + r]);                                                 \
          UNROLL for (int v = 0; v < V; v++) sum[u][r][v] =                                      \
              fma_(wk, load(xk + v * L), sum[u][r][v]);                                          \
        }                                                                                        \
      }                                                                                          \
    for (; k < count; k++) {                                                                     \
      const float *xk = x + c[k] * width;                                                        \
      UNROLL for (int r = 0; r < R; r++) {                                                       \
        vf wk = splat(w[k * group + r]);                                                         \
        UNROLL for (int v = 0; v < V; v++) sum[0][r][v] =                                        \
            fma_(wk, load(xk + v * L), sum[0][r][v]);                                            \
      }                                                                                          \
    }                                                                                            \
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int v = 0; v < V; v++) {                      \
      vf total = sum[0][r][v];                                                                   \
      UNROLL for (int u = 1; u < U; u++) total += sum[u][r][v];                                  \
      store(y + r * width + v * L, total);                                                       \
    }                                                                                            \
  }

FORWARD(1, 8, 1)
FORWARD(1, 4, 2)
FORWARD(1, 2, 4)
FORWARD(1, 1, 8)
FORWARD(2, 4, 1)
FORWARD(2, 2, 2)
FORWARD(2, 1, 4)
FORWARD(4, 2, 1)
FORWARD(4, 1, 2)
#if CSK_LANES != 8
FORWARD(4, 4, 1)
#endif

/* One sample at a time, for lanes that fill no vector: here the group's rows are the vector. Four
   independent sums hide the latency of the multiply–adds. */
#define FORWARD_LANE(NAME, VECTOR, ANY)                                                          \
  INLINE void NAME(const csk_block *b, size_t row, const uint32_t *columns, const float *values, \
                   const float *x, size_t width, float *sums) {                                  \
    const uint32_t *c = columns + b->columns;                                                    \
    const float *w = values + b->values + row;                                                   \
    const size_t group = b->rows;                                                                \
    VECTOR s[4] = {{0}};                                                                         \
    size_t k = 0;                                                                                \
    for (; k + 4 <= b->count; k += 4) UNROLL for (int u = 0; u < 4; u++) s[u] +=                 \
        x[c[k + u] * width] * *(const ANY *)(w + (k + u) * group);                               \
    for (; k < b->count; k++) s[0] += x[c[k] * width] * *(const ANY *)(w + k * group);           \
    *(ANY *)sums = (s[0] + s[1]) + (s[2] + s[3]);                                                \
  }

typedef float vf2 __attribute__((vector_size(8)));
typedef float vf2_any __attribute__((vector_size(8), aligned(4)));
FORWARD_LANE(forward_lane_full, vf, vf_any)
FORWARD_LANE(forward_lane_4, vf4, vf4_any)
FORWARD_LANE(forward_lane_2, vf2, vf2_any)

/* A single row: four inputs are gathered into a vector, so that weights, products and sums come four
   at a time. */
INLINE float forward_lane_1(const csk_block *b, const uint32_t *columns, const float *values,
                            const float *x, size_t width) {
  const uint32_t *c = columns + b->columns;
  const float *w = values + b->values;
  vf4 s[4] = {{0}};
  size_t k = 0;
#define GATHER4(K) ((vf4){x[c[K] * width], x[c[(K) + 1] * width], x[c[(K) + 2] * width], x[c[(K) + 3] * width]})
  for (; k + 16 <= b->count; k += 16) UNROLL for (int u = 0; u < 4; u++) s[u] +=
      GATHER4(k + 4 * u) * *(const vf4_any *)(w + k + 4 * u);
  for (; k + 4 <= b->count; k += 4) s[0] += GATHER4(k) * *(const vf4_any *)(w + k);
#undef GATHER4
  s[0] = (s[0] + s[1]) + (s[2] + s[3]);
  float sum = (s[0][0] + s[0][1]) + (s[0][2] + s[0][3]);
  for (; k < b->count; k++) sum += x[c[k] * width] * w[k];
  return sum;
}

static void forward_lane(const csk_block *b, const uint32_t *columns, const float *values,
                         const float *bias, const float *x, float *y, size_t width) {
  float sums[16];
  const size_t group = b->rows;
  if (group == 1) {
    const float sum = forward_lane_1(b, columns, values, x, width);
    y[0] = (bias ? bias[0] : y[0]) + sum;
    return;
  }
  for (size_t r = 0; r < group;) {
    if (group - r >= L) {
      forward_lane_full(b, r, columns, values, x, width, sums + r);
      r += L;
    } else if (group - r >= 4) {
      forward_lane_4(b, r, columns, values, x, width, sums + r);
      r += 4;
    } else {
      forward_lane_2(b, r, columns, values, x, width, sums + r);
      r += 2;
    }
  }
  for (size_t r = 0; r < group; r++)
    y[r * width] = (bias ? bias[r] : y[r * width]) + sums[r];
}

static void forward(const csk_block *blocks, size_t block_count, const uint32_t *columns,
                    const float *values, const float *bias, float slope, const float *x,
                    float *y, size_t width) {
  for (const csk_block *b = blocks; b < blocks + block_count; b++) {
    const float *first = bias && b->is_first ? bias + b->first_row : NULL;
    float *out = y + b->first_row * width;
    size_t j = 0;
#define SUBTILES(R, V)                                                                           \
  for (; j + V * L <= width; j += V * L)                                                         \
    for (size_t r = 0; r < b->rows; r += R)                                                      \
      forward_##R##x##V(b, r, columns, values, first ? first + r : NULL, x + j,          \
                        out + r * width + j, width);
    if (b->rows >= 4) {
#if CSK_LANES == 8
      SUBTILES(4, 3)
#else
      SUBTILES(4, 4)
#endif
      SUBTILES(4, 2)
      SUBTILES(4, 1)
    } else if (b->rows == 2) {
      SUBTILES(2, 4)
      SUBTILES(2, 2)
      SUBTILES(2, 1)
    } else {
      SUBTILES(1, 8)
      SUBTILES(1, 4)
      SUBTILES(1, 2)
      SUBTILES(1, 1)
    }
#undef SUBTILES
    for (; j < width; j++) forward_lane(b, columns, values, first, x + j, out + j, width);
    /* The rows are still in the L1 cache. */
    if (slope != 1 && b->is_last) relu(out, b->rows * width, slope);
  }
}

/* --- input gradient --------------------------------------------------------------------------- */

/* R rows × V vectors of dY stay in registers while the block's rows of dX are updated. */
#define INPUT_GRADIENT(R, V)                                                                     \
  INLINE void input_gradient_##R##x##V(const csk_block *b, size_t row, const uint32_t *columns,  \
                                       const float *values, const float *dy, float *dx,          \
                                       size_t width) {                                           \
    vf d[R][V];                                                                                  \
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int v = 0; v < V; v++) d[r][v] =              \
        load(dy + r * width + v * L);                                                            \
    const size_t group = b->rows, count = b->count;                                              \
    const uint32_t *c = columns + b->columns;                                                    \
    const float *w = values + b->values + row;                                                   \
    for (size_t k = 0; k < count; k++) {                                                         \
      float *xk = dx + c[k] * width;                                                             \
      vf sum[V];                                                                                 \
      UNROLL for (int v = 0; v < V; v++) sum[v] = load(xk + v * L);                              \
      UNROLL for (int r = 0; r < R; r++) {                                                       \
        vf wk = splat(w[k * group + r]);                                                         \
        UNROLL for (int v = 0; v < V; v++) sum[v] = fma_(wk, d[r][v], sum[v]);                   \
      }                                                                                          \
      UNROLL for (int v = 0; v < V; v++) store(xk + v * L, sum[v]);                              \
    }                                                                                            \
  }

INPUT_GRADIENT(1, 4)
INPUT_GRADIENT(1, 1)
INPUT_GRADIENT(2, 4)
INPUT_GRADIENT(2, 1)
INPUT_GRADIENT(4, 2)
INPUT_GRADIENT(4, 1)

static void input_gradient(const csk_block *blocks, size_t block_count, const uint32_t *columns,
                           const float *values, const float *dy, float *dx, size_t width) {
  for (const csk_block *b = blocks; b < blocks + block_count; b++) {
    const float *in = dy + b->first_row * width;
    size_t j = 0;
#define SUBTILES(R, V)                                                                           \
  for (; j + V * L <= width; j += V * L)                                                         \
    for (size_t r = 0; r < b->rows; r += R)                                                      \
      input_gradient_##R##x##V(b, r, columns, values, in + r * width + j, dx + j, width);
    if (b->rows >= 4) {
#if CSK_LANES == 8
      SUBTILES(4, 3)
#endif
      SUBTILES(4, 2)
      SUBTILES(4, 1)
    } else if (b->rows == 2) {
      SUBTILES(2, 4)
      SUBTILES(2, 1)
    } else {
      SUBTILES(1, 4)
      SUBTILES(1, 1)
    }
#undef SUBTILES
    for (; j < width; j++)
      for (size_t k = 0; k < b->count; k++) {
        const float *w = values + b->values + k * b->rows;
        float sum = 0;
        for (size_t r = 0; r < b->rows; r++) sum += w[r] * in[r * width + j];
        dx[columns[b->columns + k] * width + j] += sum;
      }
  }
}

/* --- weight gradient --------------------------------------------------------------------------- */

/* The dot products of R rows of dY with C rows of X over the tile's full vectors, R·C sums in
   registers; reduced four at a time along the rows, so that they are stored as they lie.

   Rows of a tile are a multiple of a cache line apart, so loads of different rows at one offset fall
   on the same bank of the L1 cache. Two vectors of each row are taken one after the other: with 32
   byte vectors these are the two halves of a line, on different banks. */
#define WEIGHT_GRADIENT(R, C)                                                                    \
  INLINE void weight_gradient_##R##x##C(const float *dy, const float *x, const uint32_t *columns, \
                                        const csk_batch *batch, vf sum[C][R]) {                  \
    const size_t width = batch->width;                                                           \
    UNROLL for (int i = 0; i < C; i++) UNROLL for (int r = 0; r < R; r++) sum[i][r] = splat(0);  \
    for (size_t t = 0; t < batch->tiles; t++) {                                                  \
      const float *d = dy + t * batch->dy_stride;                                                \
      const float *xt[C];                                                                        \
      UNROLL for (int i = 0; i < C; i++) xt[i] = x + t * batch->x_stride + columns[i] * width;   \
      size_t j = 0;                                                                              \
      for (; j + 2 * L <= width; j += 2 * L) {                                                   \
        UNROLL for (int h = 0; h < 2; h++) {                                                     \
          vf xs[C];                                                                              \
          UNROLL for (int i = 0; i < C; i++) xs[i] = load(xt[i] + j + h * L);                    \
          UNROLL for (int r = 0; r < R; r++) {                                                   \
            vf dr = load(d + r * width + j + h * L);                                             \
            UNROLL for (int i = 0; i < C; i++) sum[i][r] = fma_(dr, xs[i], sum[i][r]);           \
          }                                                                                      \
        }                                                                                        \
      }                                                                                          \
      for (; j + L <= width; j += L) UNROLL for (int r = 0; r < R; r++) {                        \
          vf dr = load(d + r * width + j);                                                       \
          UNROLL for (int i = 0; i < C; i++) sum[i][r] = fma_(dr, load(xt[i] + j), sum[i][r]);   \
        }                                                                                        \
    }                                                                                            \
  }

#if CSK_LANES == 8
#define COLUMNS4 3
WEIGHT_GRADIENT(4, 3)
#else
#define COLUMNS4 4
WEIGHT_GRADIENT(4, 4)
#endif
WEIGHT_GRADIENT(4, 1)
WEIGHT_GRADIENT(2, 4)
WEIGHT_GRADIENT(2, 1)

/* For single rows, V vectors of dY stay in registers while the block's inputs pass, and each dot
   product reads one row of X from end to end: at one load for each multiply–add, nothing else may
   be loaded. */
#define WEIGHT_GRADIENT_ROW(V)                                                                   \
  INLINE void weight_gradient_row##V(const csk_block *b, const uint32_t *columns,                \
                                     const float *dy, const float *x, float *gradient,           \
                                     size_t width) {                                             \
    vf d[V];                                                                                     \
    UNROLL for (int v = 0; v < V; v++) d[v] = load(dy + v * L);                                  \
    const uint32_t *c = columns + b->columns;                                                    \
    float *g = gradient + b->values;                                                             \
    size_t k = 0;                                                                                \
    for (; k + 4 <= b->count; k += 4) {                                                          \
      vf sum[4];                                                                                 \
      UNROLL for (int i = 0; i < 4; i++) {                                                       \
        const float *xk = x + c[k + i] * width;                                                  \
        sum[i] = d[0] * load(xk);                                                                \
        UNROLL for (int v = 1; v < V; v++) sum[i] = fma_(d[v], load(xk + v * L), sum[i]);        \
      }                                                                                          \
      *(vf4_any *)(g + k) += sum4(sum[0], sum[1], sum[2], sum[3]);                               \
    }                                                                                            \
    for (; k < b->count; k++) {                                                                  \
      const float *xk = x + c[k] * width;                                                        \
      vf sum = d[0] * load(xk);                                                                  \
      UNROLL for (int v = 1; v < V; v++) sum = fma_(d[v], load(xk + v * L), sum);                \
      g[k] += sum1(sum);                                                                         \
    }                                                                                            \
  }

WEIGHT_GRADIENT_ROW(8)
WEIGHT_GRADIENT_ROW(4)
WEIGHT_GRADIENT_ROW(2)
WEIGHT_GRADIENT_ROW(1)

#define JOIN_(a, b, c, d) a##b##c##d
#define JOIN(a, b, c, d) JOIN_(a, b, c, d)

static void weight_gradient_single(const csk_block *b, const uint32_t *columns, const float *dy,
                                   const float *x, float *gradient, size_t width) {
  const float *d = dy + b->first_row * width;
  size_t j = 0;
#define SUBTILES(V)                                                                              \
  for (; j + V * L <= width; j += V * L)                                                         \
    weight_gradient_row##V(b, columns, d + j, x + j, gradient, width);
  SUBTILES(8)
  SUBTILES(4)
  SUBTILES(2)
  SUBTILES(1)
#undef SUBTILES
}

/* Groups of rows: the sums pass over all tiles before they are reduced. */
static void weight_gradient_group(const csk_block *b, const uint32_t *columns, const float *dy,
                                  const float *x, float *gradient, const csk_batch *batch) {
  const uint32_t *c = columns + b->columns;
  const size_t group = b->rows, count = b->count;
  for (size_t r = 0; r < group; r += 4) {
    const float *d = dy + (b->first_row + r) * batch->width;
    float *g = gradient + b->values + r;
    size_t k = 0;
    if (group >= 4) {
      for (; k + COLUMNS4 <= count; k += COLUMNS4) {
        vf s[COLUMNS4][4];
        JOIN(weight_gradient_, 4, x, COLUMNS4)(d, x, c + k, batch, s);
        UNROLL for (int i = 0; i < COLUMNS4; i++) *(vf4_any *)(g + (k + i) * group) +=
            sum4(s[i][0], s[i][1], s[i][2], s[i][3]);
      }
      for (; k < count; k++) {
        vf s[1][4];
        weight_gradient_4x1(d, x, c + k, batch, s);
        *(vf4_any *)(g + k * group) += sum4(s[0][0], s[0][1], s[0][2], s[0][3]);
      }
    } else {
      for (; k + 4 <= count; k += 4) {
        vf s[4][2];
        weight_gradient_2x4(d, x, c + k, batch, s);
        *(vf4_any *)(g + 2 * k) += sum4(s[0][0], s[0][1], s[1][0], s[1][1]);
        *(vf4_any *)(g + 2 * k + 4) += sum4(s[2][0], s[2][1], s[3][0], s[3][1]);
      }
      for (; k < count; k++) {
        vf s[1][2];
        weight_gradient_2x1(d, x, c + k, batch, s);
        g[2 * k] += sum1(s[0][0]);
        g[2 * k + 1] += sum1(s[0][1]);
      }
    }
  }
}

static void weight_gradient(const csk_block *blocks, size_t block_count, const uint32_t *columns,
                            const float *dy, const float *x, float *gradient,
                            const csk_batch *batch) {
  const size_t width = batch->width, full = width / L * L;
  const csk_block *const end = blocks + block_count;
  for (const csk_block *b = blocks; b < end && full > 0; b++)
    if (b->rows > 1) weight_gradient_group(b, columns, dy, x, gradient, batch);
  /* Tile by tile: single rows load X for every multiply–add, from panels that are in the L1 cache
     for one tile at a time. */
  for (size_t t = 0; t < batch->tiles; t++, dy += batch->dy_stride, x += batch->x_stride)
    for (const csk_block *b = blocks; b < end; b++) {
      if (b->rows == 1) weight_gradient_single(b, columns, dy, x, gradient, width);
      /* Lanes that fill no vector. */
      for (size_t k = 0; k < b->count && full < width; k++)
        for (size_t r = 0; r < b->rows; r++) {
          const float *d = dy + (b->first_row + r) * width;
          const float *xk = x + columns[b->columns + k] * width;
          float sum = 0;
          for (size_t j = full; j < width; j++) sum += d[j] * xk[j];
          gradient[b->values + k * b->rows + r] += sum;
        }
    }
}

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
      CSK_NAME,      CSK_LANES,     forward, input_gradient, weight_gradient, row_sums, relu,
      relu_gradient, adam,          pack_bytes,
  };
  return &table;
}
