/*
 dW += dY·Xᵀ at the edges, over all tiles of a batch. Part of csk_vector.h.
*/

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
#if CSK_LANES == 16
/* The inputs of a panel over all tiles come from the L2 cache: more rows at a time read them less
   often. */
WEIGHT_GRADIENT(8, 3)
WEIGHT_GRADIENT(8, 1)
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
    const uint32_t *c = columns + b->columns, *const end = c + b->count;                         \
    float *g = gradient + b->values;                                                             \
    for (; end - c >= 4; c += 4, g += 4) {                                                       \
      const uint64_t first = load_pair(c), second = load_pair(c + 2);                            \
      const float *const xk[4] = {x + LOW(first) * width, x + HIGH(first) * width,               \
                                  x + LOW(second) * width, x + HIGH(second) * width};            \
      vf sum[4];                                                                                 \
      UNROLL for (int k = 0; k < 4; k++) {                                                       \
        sum[k] = d[0] * load(xk[k]);                                                             \
        UNROLL for (int v = 1; v < V; v++) sum[k] = fma_(d[v], load(xk[k] + v * L), sum[k]);     \
      }                                                                                          \
      *(vf4_any *)g += sum4(sum[0], sum[1], sum[2], sum[3]);                                     \
    }                                                                                            \
    _Pragma("clang loop unroll(disable)") for (; c < end; c++, g++) {                            \
      const float *const xk = x + *c * width;                                                    \
      vf sum = d[0] * load(xk);                                                                  \
      UNROLL for (int v = 1; v < V; v++) sum = fma_(d[v], load(xk + v * L), sum);                \
      *g += sum1(sum);                                                                           \
    }                                                                                            \
  }

WEIGHT_GRADIENT_ROW(8)
WEIGHT_GRADIENT_ROW(4)
WEIGHT_GRADIENT_ROW(2)
WEIGHT_GRADIENT_ROW(1)

/* A run of single rows on a tile of just V vectors. */
#define WEIGHT_GRADIENT_ROWS(V)                                                                  \
  static const csk_block *weight_gradient_rows##V(                                               \
      const csk_block *b, const csk_block *end, const uint32_t *columns, const float *dy,        \
      const float *x, float *gradient) {                                                         \
    for (; b < end && b->rows == 1; b++) {                                                       \
      AHEAD(dy, V, 0)                                                                            \
      weight_gradient_row##V(b, columns, dy + b->first_row * V * L, x, gradient, V * L);         \
    }                                                                                            \
    return b;                                                                                    \
  }

WEIGHT_GRADIENT_ROWS(8)
WEIGHT_GRADIENT_ROWS(4)

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

#if CSK_LANES == 16
/* Eight rows of a group, as below. */
static void weight_gradient_eight(const csk_block *b, size_t row, const uint32_t *columns,
                                  const float *dy, const float *x, float *gradient,
                                  const csk_batch *batch) {
  const uint32_t *c = columns + b->columns, *const end = c + b->count;
  const float *d = dy + (b->first_row + row) * batch->width;
  const size_t group = b->rows;
  float *g = gradient + b->values + row;
#define EIGHT_ROWS(C)                                                                            \
  for (; end - c >= C; c += C, g += C * group) {                                                 \
    vf s[C][8];                                                                                  \
    weight_gradient_8x##C(d, x, c, batch, s);                                                    \
    UNROLL for (int i = 0; i < C; i++) UNROLL for (int r = 0; r < 8; r += 4)                     \
        *(vf4_any *)(g + i * group + r) +=                                                       \
        sum4(s[i][r], s[i][r + 1], s[i][r + 2], s[i][r + 3]);                                    \
  }
  EIGHT_ROWS(3)
  EIGHT_ROWS(1)
#undef EIGHT_ROWS
}
#endif

/* Groups of rows: the sums pass over all tiles before they are reduced. */
static void weight_gradient_group(const csk_block *b, const uint32_t *columns, const float *dy,
                                  const float *x, float *gradient, const csk_batch *batch) {
  const uint32_t *c = columns + b->columns;
  const size_t group = b->rows, count = b->count;
  size_t r = 0;
#if CSK_LANES == 16
  for (; r + 8 <= group; r += 8) weight_gradient_eight(b, r, columns, dy, x, gradient, batch);
#endif
  for (; r < group; r += 4) {
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
      if (width == 8 * L) b = weight_gradient_rows8(b, end, columns, dy, x, gradient);
      if (width == 4 * L) b = weight_gradient_rows4(b, end, columns, dy, x, gradient);
      if (b == end) break;
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
