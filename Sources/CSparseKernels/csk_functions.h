/*
 tanh and the logistic function as plain loops without calls, which the compiler vectorises. The
 polynomials are minimax fits of relative error below 5e-9, far below a float's rounding.
*/
#include <string.h>

/* e^x for -88 < x <= 0, or NaN: 2^n times the exponential of what is left of x, |rest| <= ln 2 / 2. */
static inline float exponential(float x) {
  /* Beyond 2^23 a float has no fraction: the sum rounds to a whole number, kept in its low bits. */
  const float shifted = x * 1.44269504f + 12582912.0f, n = shifted - 12582912.0f;
  /* ln 2 in two parts: the first has so few bits that its product with n is exact. */
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  const float q =
      (((0.0013814596f * r + 0.0083687175f) * r + 0.04166839f) * r + 0.16666521f) * r + 0.49999994f;
  uint32_t bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return power * (1 + (r + r * r * q));
}

/* Both may work in place, which the compiler would take for a dependence. */

static void logistic(const float *x, float *y, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    const float size = __builtin_fabsf(x[i]);
    const float e = exponential(size > 87 ? -87 : -size), share = 1 / (1 + e);
    y[i] = x[i] < 0 ? e * share : share;
  }
}

static void hyperbolic_tangent(const float *x, float *y, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    const float size = __builtin_fabsf(x[i]), square = x[i] * x[i];
    /* Near 0 the quotient of two nearly equal numbers would lose what the series keeps. */
    const float series =
        (((-0.005717037f * square + 0.020650579f) * square - 0.053743497f) * square +
         0.13331491f) * square - 0.33333284f;
    const float e = exponential(size > 43 ? -86 : -2 * size), quotient = (1 - e) / (1 + e);
    y[i] = size < 0.625f ? x[i] + x[i] * square * series : __builtin_copysignf(quotient, x[i]);
  }
}
