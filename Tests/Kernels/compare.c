/*
 Usage: compare KERNELS

 Compares the kernels of an instruction set with the plain loops, on random blocks of every group
 size, one panel and two, at every tile width from 1 to 70 and at 128, and what works on single floats
 at every count. Numbers are small and whole wherever they are summed, so that every order of summation
 is exact and the results must be equal; what rounds has a tolerance. Ends with 1 where they are not,
 with 2 where this CPU lacks the instruction set.

 A program of its own, so that kernels of another architecture can be run by an emulator.
*/
#include "CSparseKernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { inputs = 40, outputs = 31 + 16, most_weights = inputs * outputs, widest = 128 };

typedef struct {
  csk_block blocks[2 * outputs];
  size_t block_count, weight_count, column_count;
  uint32_t columns[most_weights];
} pattern;

static uint64_t state = 1;
static uint32_t below(uint32_t bound) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((state >> 33) % bound);
}

static void fill(float *numbers, size_t count) {
  for (size_t i = 0; i < count; i++) numbers[i] = (float)(int)below(17) - 8;
}

/* Groups of 1, 2, 4, 8, 16 and again 16 rows; a panel ends after `panel` inputs. */
static void make_pattern(pattern *p, uint32_t density, uint32_t panel) {
  static const uint32_t groups[] = {1, 2, 4, 8, 16, 16};
  static uint8_t chosen[6][inputs];
  memset(p, 0, sizeof *p);
  for (int g = 0; g < 6; g++)
    for (int c = 0; c < inputs; c++) chosen[g][c] = below(100) < density;
  for (uint32_t first = 0; first < inputs; first += panel)
    for (uint32_t g = 0, row = 0; g < 6; row += groups[g++]) {
      csk_block b = {row, groups[g], 0, (uint32_t)p->column_count, (uint32_t)p->weight_count,
                     first == 0, first + panel >= inputs};
      for (uint32_t c = first; c < inputs && c < first + panel; c++)
        if (chosen[g][c]) {
          p->columns[p->column_count++] = c;
          b.count++;
        }
      p->weight_count += b.count * b.rows;
      p->blocks[p->block_count++] = b;
    }
}

static int failures;
static void expect(const char *what, size_t width, const float *found, const float *expected,
                   size_t count, float tolerance) {
  for (size_t i = 0; i < count; i++)
    if (!(fabsf(found[i] - expected[i]) <= tolerance * fabsf(expected[i]))) {
      printf("%s, width %zu: %g at %zu instead of %g\n", what, width, (double)found[i], i,
             (double)expected[i]);
      failures++;
      return;
    }
}

static float values[most_weights], bias[outputs];
enum { most_tiles = 3 };
static float x[most_tiles * inputs * widest], dy[most_tiles * outputs * widest];
/* Results of both, each followed by numbers that nobody may change. */
enum { guard = 32, room = (inputs + outputs) * widest + most_weights + guard };
static float results[2][room];

/* Takes the first tile, or for the weight gradient 1 to 3 tiles. */
static void check_products(const csk_kernels *const both[2], const pattern *p, size_t width) {
  struct {
    const char *name;
    size_t count;
  } products[] = {{"forward", outputs * width},
                  {"forward, adding", outputs * width},
                  {"input gradient", inputs * width},
                  {"weight gradient", p->weight_count},
                  {"row sums", outputs}};
  fill(values, most_weights);
  fill(bias, outputs);
  fill(x, most_tiles * inputs * width);
  fill(dy, most_tiles * outputs * width);
  const csk_batch batch = {1 + width % most_tiles, width, outputs * width, inputs * width};
  for (int product = 0; product < 5; product++) {
    fill(results[0], room);
    memcpy(results[1], results[0], sizeof results[0]);
    for (int i = 0; i < 2; i++) {
      const csk_kernels *k = both[i];
      float *out = results[i];
      if (product <= 1)
        k->forward(p->blocks, p->block_count, p->columns, values, product ? NULL : bias,
                   product ? 1 : 0.5f, x, out, width);
      else if (product == 2)
        k->input_gradient(p->blocks, p->block_count, p->columns, values, dy, out, width);
      else if (product == 3)
        k->weight_gradient(p->blocks, p->block_count, p->columns, dy, x, out, &batch);
      else
        k->row_sums(dy, outputs, width, out);
    }
    expect(products[product].name, width, results[0], results[1],
           products[product].count + guard, 0);
  }
}

static void check_elements(const csk_kernels *const both[2], size_t count) {
  const csk_adam settings = {0.01f, 0.9f, 0.999f, 1e-7f, 0.99f, 1e-4f};
  static float y[2][guard * 8], slope[2][guard * 8], m[2][guard * 8], v[2][guard * 8];
  fill(y[0], guard * 8);
  fill(slope[0], guard * 8);
  fill(m[0], guard * 8);
  for (size_t i = 0; i < guard * 8; i++) v[0][i] = fabsf(y[0][i]) + 1;
  memcpy(y[1], y[0], sizeof y[0]);
  memcpy(slope[1], slope[0], sizeof slope[0]);
  memcpy(m[1], m[0], sizeof m[0]);
  memcpy(v[1], v[0], sizeof v[0]);
  for (int i = 0; i < 2; i++) {
    both[i]->relu_gradient(y[i], slope[i], slope[i], count, 0.5f, 0);
    both[i]->relu_gradient(y[i], slope[i], m[i], count, 0.5f, 1);
    both[i]->relu(y[i], count, 0.5f);
    both[i]->adam(y[i], slope[i], m[i], v[i], count, &settings);
  }
  expect("relu gradient", count, slope[0], slope[1], guard * 8, 0);
  /* Here a product and a sum may be fused, or not. */
  expect("adam", count, y[0], y[1], guard * 8, 1e-5f);
}

/* What may work in place does so a second time, and must find the same. */
static void check_functions(const csk_kernels *const both[2], size_t count) {
  enum { most = guard * 8 };
  static const float special[] = {0.625f, 43, 87, 88, 1000, INFINITY};
  static float in[most], whole[most], out[2][most], same[most];
  for (size_t i = 0; i < most; i++) in[i] = ((float)below(2001) - 1000) / 100;
  for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
    in[10 * i] = special[i];
    in[10 * i + 5] = -special[i];
  }
  fill(whole, most);
  for (int i = 0; i < 2; i++) {
    void (*const functions[])(const float *, float *, size_t) = {both[i]->logistic,
                                                                both[i]->hyperbolic_tangent};
    for (int function = 0; function < 2; function++) {
      fill(out[0], most);
      memcpy(out[1], out[0], sizeof out[0]);
      (function ? both[1]->hyperbolic_tangent : both[1]->logistic)(in, out[1], count);
      functions[function](in, out[0], count);
      expect(function ? "tanh" : "logistic", count, out[0], out[1], most, 5e-7f);
      memcpy(same, in, sizeof in);
      functions[function](same, same, count);
      expect("a function in place", count, same, out[0], count, 0);
    }
    for (int adds = 0; adds < 2; adds++) {
      fill(out[0], most);
      memcpy(out[1], out[0], sizeof out[0]);
      both[i]->dropout(whole, out[0], count, 12345 + count, 1u << 30, 2, adds);
      both[1]->dropout(whole, out[1], count, 12345 + count, 1u << 30, 2, adds);
      expect("dropout", count, out[0], out[1], most, 0);
      memcpy(same, whole, sizeof same);
      if (!adds) both[i]->dropout(same, same, count, 12345 + count, 1u << 30, 2, 0);
      if (!adds) expect("dropout in place", count, same, out[0], count, 0);

      fill(out[0], most);
      memcpy(out[1], out[0], sizeof out[0]);
      both[i]->curve_gradient(whole, whole, out[0], count, 1, adds);
      both[1]->curve_gradient(whole, whole, out[1], count, 1, adds);
      expect("gradient of a curve", count, out[0], out[1], most, 0);
      both[i]->relu_gradient(whole, whole, out[0], count, 0.5f, adds);
      both[1]->relu_gradient(whole, whole, out[1], count, 0.5f, adds);
      expect("gradient of relu", count, out[0], out[1], most, 0);
    }
  }
}

/* Whole numbers, and samples in powers of 2, so that means are exact as well. */
static void check_normalization(const csk_kernels *const both[2], size_t width) {
  static float per_row[4][inputs];
  for (int i = 0; i < 4; i++) fill(per_row[i], inputs);
  const csk_normalization gradient = {per_row[0], per_row[1], per_row[2], per_row[3]};
  fill(x, inputs * width);
  fill(dy, inputs * width);
  for (size_t samples = 1; samples <= width; samples *= 2)
    for (int product = 0; product < 5; product++) {
      static const char *const names[] = {"moments", "gradient moments", "normalization",
                                          "its gradient", "its gradient, adding"};
      fill(results[0], room);
      memcpy(results[1], results[0], sizeof results[0]);
      for (int i = 0; i < 2; i++) {
        const csk_kernels *k = both[i];
        float *out = results[i];
        if (product == 0)
          k->moments(x, inputs, width, samples, out, out + inputs);
        else if (product == 1)
          k->gradient_moments(x, dy, inputs, width, samples, per_row[0], out, out + inputs);
        else if (product == 2)
          k->normalize(x, out, inputs, width, per_row[0], per_row[1], per_row[2], 0.5f);
        else
          k->normalize_gradient(x, dy, out, inputs, width, samples, &gradient, product == 4);
      }
      /* Squared distances from a mean of whole numbers are rounded. */
      expect(names[product], width, results[0], results[1],
             (product < 2 ? 2 * inputs : inputs * width) + guard, product ? 0 : 1e-5f);
      if (product != 2) continue;
      memcpy(results[1], x, inputs * width * sizeof *x);
      both[0]->normalize(results[1], results[1], inputs, width, per_row[0], per_row[1], per_row[2],
                         0.5f);
      expect("normalization in place", width, results[1], results[0], inputs * width, 0);
    }
}

static void check_packing(const csk_kernels *const both[2], size_t width) {
  static uint8_t bytes[widest][inputs];
  const uint8_t *rows[widest];
  float table[256];
  for (int i = 0; i < 256; i++) table[i] = (float)i / 255;
  for (int s = 0; s < widest; s++) {
    rows[s] = bytes[s];
    for (int f = 0; f < inputs; f++) bytes[s][f] = (uint8_t)below(256);
  }
  for (size_t samples = 0; samples <= width; samples += 1 + width / 5) {
    fill(results[0], room);
    memcpy(results[1], results[0], sizeof results[0]);
    for (int i = 0; i < 2; i++)
      both[i]->pack_bytes(rows, samples, inputs, table, results[i], width);
    expect("packing", width, results[0], results[1], inputs * width + guard, 0);
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return fprintf(stderr, "usage: compare KERNELS\n"), 2;
  const csk_kernels *const both[2] = {csk_named(argv[1]), csk_plain()};
  if (!both[0]) return fprintf(stderr, "this CPU has no kernels '%s'\n", argv[1]), 2;
  static const uint32_t densities[] = {0, 20, 60, 100};
  static pattern p;
  for (int d = 0; d < 4; d++)
    for (uint32_t panel = inputs / 2; panel <= inputs; panel += inputs / 2) {
      make_pattern(&p, densities[d], panel);
      for (size_t width = 1; width <= 70; width++) check_products(both, &p, width);
      check_products(both, &p, widest);
    }
  for (size_t width = 1; width <= widest; width++) {
    check_elements(both, width);
    check_functions(both, width);
    check_normalization(both, width);
    check_packing(both, width);
  }
  printf("%s: %s plain\n", both[0]->name, failures ? "differs from" : "agrees with");
  return failures != 0;
}
