/*
 Activations and their gradients as plain loops without calls, which the compiler vectorises. Where
 they may work in place, the compiler has to be told that it is no dependence.
*/
#include <string.h>

static void relu(float *y, size_t count, float slope) {
  for (size_t i = 0; i < count; i++) y[i] = y[i] > 0 ? y[i] : slope * y[i];
}

static void relu_gradient(const float *y, const float *dy, float *dx, size_t count, float slope,
                          int adds) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    const float change = y[i] > 0 ? dy[i] : slope * dy[i];
    dx[i] = adds ? dx[i] + change : change;
  }
}

/* The polynomials are minimax fits of relative error below 5e-9, far below a float's rounding. */

/* e^x for -87 <= x <= 0, or NaN: 2^n times the exponential of what is left of x, |rest| <= ln 2 / 2. */
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

static void logistic(const float *x, float *y, size_t count) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    const float size = __builtin_fabsf(x[i]);
    const float e = exponential(size > 87 ? -87 : -size), share = 1 / (1 + e);
    y[i] = x[i] < 0 ? (size > 87 ? 0 : e * share) : share;
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

/* The derivative at a value y is 1 - y^2 of tanh, and y - y^2 of the logistic function: as products,
   which keep their digits near 1. */
static void curve_gradient(const float *y, const float *dy, float *dx, size_t count, float offset,
                           int adds) {
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < count; i++) {
    const float change = dy[i] * ((1 - y[i]) * (offset + y[i]));
    dx[i] = adds ? dx[i] + change : change;
  }
}
