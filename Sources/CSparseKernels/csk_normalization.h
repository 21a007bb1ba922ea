/*
 Batch normalisation and dropout of a tile. The sums are kept in sixteen lanes, whatever the length of
 a vector, and added up in an order that is written here and not left to the compiler.
*/
typedef float v16 __attribute__((vector_size(64)));
typedef float v16_any __attribute__((vector_size(64), aligned(4)));
typedef float v8 __attribute__((vector_size(32)));
typedef float v4 __attribute__((vector_size(16)));

#define LOAD16(p) (*(const v16_any *)(p))

/* The sum of a vector's lanes: a macro, since vectors longer than a register are no good arguments. */
#define SUM16(TOTAL, V)                                                                          \
  do {                                                                                           \
    const v8 eight = __builtin_shufflevector(V, V, 0, 1, 2, 3, 4, 5, 6, 7) +                     \
                     __builtin_shufflevector(V, V, 8, 9, 10, 11, 12, 13, 14, 15);                \
    const v4 four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) +                          \
                    __builtin_shufflevector(eight, eight, 4, 5, 6, 7);                           \
    TOTAL += (four[0] + four[2]) + (four[1] + four[3]);                                          \
  } while (0)

/* The second pass finds what the first has rounded away of the mean, too. */
static void moments(const float *restrict tile, size_t rows, size_t width, size_t samples,
                    float *restrict means, float *restrict squares) {
  for (size_t r = 0; r < rows; r++) {
    const float *row = tile + r * width;
    v16 sums = {0}, rests = {0}, distances = {0};
    float sum = 0, rest = 0, square = 0;
    size_t j = 0;
    for (; j + 16 <= samples; j += 16) sums += LOAD16(row + j);
    for (; j < samples; j++) sum += row[j];
    SUM16(sum, sums);
    const float mean = sum / (float)samples;
    for (j = 0; j + 16 <= samples; j += 16) {
      const v16 d = LOAD16(row + j) - mean;
      rests += d;
      distances += d * d;
    }
    for (; j < samples; j++) {
      const float d = row[j] - mean;
      rest += d;
      square += d * d;
    }
    SUM16(rest, rests);
    SUM16(square, distances);
    rest /= (float)samples;
    square -= rest * rest * (float)samples;
    means[r] = mean + rest;
    squares[r] = square < 0 ? 0 : square;
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
  for (size_t r = 0; r < rows; r++) {
    const float *in = x + r * width, *d = dy + r * width;
    const float center = centers[r];
    v16 many = {0}, many_products = {0};
    float sum = 0, product = 0;
    size_t j = 0;
    for (; j + 16 <= samples; j += 16) {
      const v16 gradient = LOAD16(d + j);
      many += gradient;
      many_products += gradient * (LOAD16(in + j) - center);
    }
    for (; j < samples; j++) {
      sum += d[j];
      product += d[j] * (in[j] - center);
    }
    SUM16(sum, many);
    SUM16(product, many_products);
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
    /* Times 0: what is not a number is not hidden. */
    const float passed = (number < threshold ? 0 : scale) * x[i];
    y[i] = adds ? y[i] + passed : passed;
  }
}
