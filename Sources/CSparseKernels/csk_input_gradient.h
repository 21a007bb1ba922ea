/*
 dX += Wᵀ·dY on one tile. Part of csk_vector.h.
*/

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
#if CSK_LANES == 16
INPUT_GRADIENT(4, 4)
#endif

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
#elif CSK_LANES == 16
      SUBTILES(4, 4)
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
