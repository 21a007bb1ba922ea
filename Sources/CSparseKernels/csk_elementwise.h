/*
 Element-wise pieces as plain loops. Included by every kernel file, whose target attribute lets the
 compiler vectorise them.
*/

static void adam(float *restrict values, const float *restrict gradient, float *restrict m,
                 float *restrict v, size_t count, const csk_adam *step) {
  const csk_adam s = *step;
  for (size_t i = 0; i < count; i++) {
    const float g = gradient[i] + s.penalty * values[i];
    m[i] = s.beta1 * m[i] + (1 - s.beta1) * g;
    v[i] = s.beta2 * v[i] + (1 - s.beta2) * g * g;
    values[i] = values[i] * s.shrink - s.rate * m[i] / (__builtin_elementwise_sqrt(v[i]) + s.epsilon);
  }
}

/* Sixteen samples at a time, so that each group of stores fills a cache line. */
static void pack_bytes(const uint8_t *const *rows, size_t samples, size_t features,
                       const float *table, float *tile, size_t width) {
  for (size_t first = 0; first < width; first += 16) {
    const size_t lanes = width - first < 16 ? width - first : 16;
    const size_t filled = samples <= first ? 0 : samples - first < lanes ? samples - first : lanes;
    float *out = tile + first;
    if (filled == 16) {
      for (size_t f = 0; f < features; f++)
        for (size_t l = 0; l < 16; l++) out[f * width + l] = table[rows[first + l][f]];
      continue;
    }
    for (size_t f = 0; f < features; f++)
      for (size_t l = 0; l < lanes; l++)
        out[f * width + l] = l < filled ? table[rows[first + l][f]] : 0;
  }
}
