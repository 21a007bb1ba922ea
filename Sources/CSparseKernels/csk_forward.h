/*
 Y = bias + W·X on one tile, and its activation. Part of csk_vector.h.
*/

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

FORWARD(1, 1, 8)
FORWARD(2, 4, 1)
FORWARD(2, 2, 2)
FORWARD(2, 1, 4)
FORWARD(4, 2, 1)
FORWARD(4, 1, 2)
#if CSK_LANES != 8
FORWARD(4, 4, 1)
#endif

/* A single row needs one load for each multiply–add, and loads are what limits it: so four weights
   come with one load and are dealt out by shuffles, and columns come in pairs. U sets of sums, as
   above. */
#define FORWARD_ROW(V, U)                                                                        \
  INLINE void forward_row##V(const csk_block *b, const uint32_t *columns, const float *values,   \
                             const float *bias, const float *x, float *y, size_t width) {        \
    vf sum[U][V];                                                                                \
    UNROLL for (int u = 0; u < U; u++) UNROLL for (int v = 0; v < V; v++) sum[u][v] =            \
        u > 0  ? splat(0)                                                                        \
        : bias ? splat(*bias)                                                                    \
               : load(y + v * L);                                                                \
    const uint32_t *c = columns + b->columns, *const end = c + b->count;                         \
    const float *w = values + b->values;                                                         \
    for (; end - c >= 4; c += 4, w += 4) {                                                       \
      const vf four = load_four(w);                                                              \
      const uint64_t first = load_pair(c), second = load_pair(c + 2);                            \
      const vf wk[4] = {ONE_OF(four, 0), ONE_OF(four, 1), ONE_OF(four, 2), ONE_OF(four, 3)};     \
      const float *const xk[4] = {x + LOW(first) * width, x + HIGH(first) * width,               \
                                  x + LOW(second) * width, x + HIGH(second) * width};            \
      UNROLL for (int k = 0; k < 4; k++) UNROLL for (int v = 0; v < V; v++) sum[k % U][v] =      \
          fma_(wk[k], load(xk[k] + v * L), sum[k % U][v]);                                       \
    }                                                                                            \
    _Pragma("clang loop unroll(disable)") for (; c < end; c++, w++) {                            \
      const vf wk = splat(*w);                                                                   \
      const float *const xk = x + *c * width;                                                    \
      UNROLL for (int v = 0; v < V; v++) sum[0][v] = fma_(wk, load(xk + v * L), sum[0][v]);      \
    }                                                                                            \
    UNROLL for (int v = 0; v < V; v++) {                                                         \
      vf total = sum[0][v];                                                                      \
      UNROLL for (int u = 1; u < U; u++) total += sum[u][v];                                     \
      store(y + v * L, total);                                                                   \
    }                                                                                            \
  }

FORWARD_ROW(8, 1)
FORWARD_ROW(4, 2)
FORWARD_ROW(2, 4)

/* Fetches the row of the block after the next: blocks of a panel come in no order of rows that a
   processor could foresee. */
#define AHEAD(TILE, V, WRITES)                                                                   \
  const float *const ahead = TILE + b[end - b > 2 ? 2 : 0].first_row * V * L;                    \
  UNROLL for (int v = 0; v < V; v++) __builtin_prefetch(ahead + v * L, WRITES);

/* A run of single rows on tiles of just V vectors: a width that the compiler knows. */
#define FORWARD_ROWS(V)                                                                          \
  static const csk_block *forward_rows##V(const csk_block *b, const csk_block *end,              \
                                          const uint32_t *columns, const float *values,          \
                                          const float *bias, float slope, const float *x,        \
                                          float *y) {                                            \
    for (; b < end && b->rows == 1; b++) {                                                       \
      float *const out = y + b->first_row * V * L;                                               \
      AHEAD(y, V, 1)                                                                             \
      forward_row##V(b, columns, values, bias && b->is_first ? bias + b->first_row : NULL, x,    \
                     out, V * L);                                                                \
      if (slope != 1 && b->is_last) relu(out, V * L, slope);                                     \
    }                                                                                            \
    return b;                                                                                    \
  }

FORWARD_ROWS(8)
FORWARD_ROWS(4)

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
INLINE vf4 gather_four(const uint32_t *columns, const float *x, size_t width) {
  const uint64_t first = load_pair(columns), second = load_pair(columns + 2);
  return (vf4){x[LOW(first) * width], x[HIGH(first) * width], x[LOW(second) * width],
               x[HIGH(second) * width]};
}

INLINE float forward_lane_1(const csk_block *b, const uint32_t *columns, const float *values,
                            const float *x, size_t width) {
  const uint32_t *c = columns + b->columns;
  const float *w = values + b->values;
  vf4 s[4] = {{0}};
  size_t k = 0;
  for (; k + 16 <= b->count; k += 16) UNROLL for (int u = 0; u < 4; u++) s[u] +=
      gather_four(c + k + 4 * u, x, width) * *(const vf4_any *)(w + k + 4 * u);
  for (; k + 4 <= b->count; k += 4)
    s[0] += gather_four(c + k, x, width) * *(const vf4_any *)(w + k);
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
  const csk_block *const end = blocks + block_count;
  for (const csk_block *b = blocks; b < end; b++) {
    if (width == 8 * L) b = forward_rows8(b, end, columns, values, bias, slope, x, y);
    if (width == 4 * L) b = forward_rows4(b, end, columns, values, bias, slope, x, y);
    if (b == end) break;
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
#define ROW_SUBTILES(V)                                                                          \
  for (; j + V * L <= width; j += V * L)                                                         \
    forward_row##V(b, columns, values, first, x + j, out + j, width);
      ROW_SUBTILES(8)
      ROW_SUBTILES(4)
      ROW_SUBTILES(2)
#undef ROW_SUBTILES
      SUBTILES(1, 1)
    }
#undef SUBTILES
    for (; j < width; j++) forward_lane(b, columns, values, first, x + j, out + j, width);
    /* The rows are still in the L1 cache. */
    if (slope != 1 && b->is_last) relu(out, b->rows * width, slope);
  }
}
