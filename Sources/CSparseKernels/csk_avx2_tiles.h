/*
 The register tiles that fill all 16 registers of AVX2: 4 rows × 3 vectors, 12 of which are kept over
 the whole block, 3 pass by, and one holds a weight.

 In assembly, because compilers keep two weights at a time and spill sums for them: on Zen 3 that
 halves the speed (48 instead of 82 GF/s at density 0.25 of 1024×1024).
*/

/* sums[v] += weight * x[v], with the weight in all lanes. */
INLINE void fma_row3(const float *weight, const vf x[3], vf sums[3]) {
  vf w;
  __asm__ volatile("vbroadcastss %7, %3\n\t"
                   "vfmadd231ps %4, %3, %0\n\t"
                   "vfmadd231ps %5, %3, %1\n\t"
                   "vfmadd231ps %6, %3, %2"
                   : "+x"(sums[0]), "+x"(sums[1]), "+x"(sums[2]), "=&x"(w)
                   : "x"(x[0]), "x"(x[1]), "x"(x[2]), "m"(*weight));
}

/* Four rows of Y stay in registers while the block's inputs pass. */
INLINE void forward_4x3(const csk_block *b, size_t row, const uint32_t *columns,
                        const float *values, const float *bias, const float *x, float *y,
                        size_t width) {
  vf sum[4][3];
  UNROLL for (int r = 0; r < 4; r++) UNROLL for (int v = 0; v < 3; v++) sum[r][v] =
      bias ? splat(bias[r]) : load(y + r * width + v * L);
  const uint32_t *c = columns + b->columns;
  const float *w = values + b->values + row;
  for (size_t k = 0; k < b->count; k++, w += b->rows) {
    vf in[3];
    UNROLL for (int v = 0; v < 3; v++) in[v] = load(x + c[k] * width + v * L);
    UNROLL for (int r = 0; r < 4; r++) fma_row3(w + r, in, sum[r]);
  }
  UNROLL for (int r = 0; r < 4; r++) UNROLL for (int v = 0; v < 3; v++)
      store(y + r * width + v * L, sum[r][v]);
}

/* Four rows of dY stay in registers while the block's rows of dX are updated. */
INLINE void input_gradient_4x3(const csk_block *b, size_t row, const uint32_t *columns,
                               const float *values, const float *dy, float *dx, size_t width) {
  vf d[4][3];
  UNROLL for (int r = 0; r < 4; r++) UNROLL for (int v = 0; v < 3; v++) d[r][v] =
      load(dy + r * width + v * L);
  const uint32_t *c = columns + b->columns;
  const float *w = values + b->values + row;
  for (size_t k = 0; k < b->count; k++, w += b->rows) {
    float *out = dx + c[k] * width;
    vf sum[3];
    UNROLL for (int v = 0; v < 3; v++) sum[v] = load(out + v * L);
    UNROLL for (int r = 0; r < 4; r++) fma_row3(w + r, d[r], sum);
    UNROLL for (int v = 0; v < 3; v++) store(out + v * L, sum[v]);
  }
}
