/*
 Batch normalisation and dropout of a tile as plain loops, like csk_elementwise.h. Sums may be
 regrouped: each instruction set has an order of its own, and keeps to it.
*/

static void moments(const float *restrict tile, size_t rows, size_t width, size_t samples,
                    float *restrict means, float *restrict squares) {
#pragma clang fp reassociate(on)
  for (size_t r = 0; r < rows; r++) {
    const float *row = tile + r * width;
    float sum = 0;
    for (size_t j = 0; j < samples; j++) sum += row[j];
    const float mean = sum / (float)samples;
    float square = 0;
    for (size_t j = 0; j < samples; j++) square += (row[j] - mean) * (row[j] - mean);
    means[r] = mean;
    squares[r] = square;
  }
}

/* x and y may be the same tile, which the compiler would take for a dependence. */
static void normalize(const float *x, float *y, size_t rows, size_t width, const float *centers,
                      const float *scales, const float *shifts, float slope) {
  for (size_t r = 0; r < rows; r++) {
    const float center = centers[r], scale = scales[r], shift = shifts[r];
#pragma clang loop vectorize(assume_safety)
    for (size_t j = r * width; j < (r + 1) * width; j++) {
      const float z = (x[j] - center) * scale + shift;
      y[j] = z > 0 ? z : slope * z;
    }
  }
}

static void gradient_moments(const float *restrict x, const float *restrict dy, size_t rows,
                             size_t width, size_t samples, const float *restrict centers,
                             float *restrict sums, float *restrict products) {
#pragma clang fp reassociate(on)
  for (size_t r = 0; r < rows; r++) {
    const float *in = x + r * width, *d = dy + r * width;
    const float center = centers[r];
    float sum = 0, product = 0;
    for (size_t j = 0; j < samples; j++) {
      sum += d[j];
      product += d[j] * (in[j] - center);
    }
    sums[r] = sum;
    products[r] = product;
  }
}

static void normalize_gradient(const float *restrict x, const float *restrict dy,
                               float *restrict dx, size_t rows, size_t width, size_t samples,
                               const csk_normalization *gradient, int adds) {
  const csk_normalization g = *gradient;
  for (size_t r = 0; r < rows; r++, x += width, dy += width, dx += width) {
    const float center = g.centers[r], scale = g.scales[r];
    const float slope = g.slopes[r], shift = g.shifts[r];
    for (size_t j = 0; j < samples; j++) {
      const float change = dy[j] * scale + (x[j] - center) * slope + shift;
      dx[j] = adds ? dx[j] + change : change;
    }
    /* Padding lanes stay without gradient: the weight gradient sums over all lanes. */
    for (size_t j = samples; j < width; j++) dx[j] = adds ? dx[j] : 0;
  }
}

/* SplitMix64 as a function of a counter; every word serves two floats. */
static void dropout(const float *x, float *y, size_t count, uint64_t key, uint32_t threshold,
                    float scale, int adds) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    uint64_t word = key + (i / 2 + 1) * 0x9e3779b97f4a7c15u;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    word ^= word >> 31;
    const uint32_t number = (uint32_t)(i % 2 ? word >> 32 : word);
    const float passed = number < threshold ? 0 : scale * x[i];
    y[i] = adds ? y[i] + passed : passed;
  }
}
