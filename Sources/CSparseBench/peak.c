/* The highest rate of multiply-adds that one core reaches: what kernels are compared with.
   Each step adds x*y once to every chain, as a matrix product does. The sums stop growing at 2^24,
   so the numbers stay ordinary ones however long it runs. */
#include "CSparseBench.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

void csb_black_hole(const void *bytes) { __asm__ volatile("" : : "r"(bytes) : "memory"); }

/* Both factors are hidden from the optimiser, which would otherwise solve the recurrence. */
static inline void factors(float *x, float *y) {
  *x = 0.5f;
  *y = 1.0f;
  __asm__ volatile("" : "+m"(*x), "+m"(*y));
}

#if defined(__x86_64__)

/* 16 chains of 16 lanes: two units of latency 4 want 8. */
__attribute__((target("avx512f"))) static float run_avx512(uint64_t steps) {
  float x0, y0;
  factors(&x0, &y0);
  const __m512 x = _mm512_set1_ps(x0), y = _mm512_set1_ps(y0);
  __m512 a[16];
  for (int chain = 0; chain < 16; chain++) a[chain] = _mm512_set1_ps((float)chain);
  for (uint64_t step = 0; step < steps; step++) {
#pragma clang loop unroll(full)
    for (int chain = 0; chain < 16; chain++) a[chain] = _mm512_fmadd_ps(x, y, a[chain]);
  }
  __m512 sum = a[0];
  for (int chain = 1; chain < 16; chain++) sum = _mm512_add_ps(sum, a[chain]);
  return _mm512_reduce_add_ps(sum);
}

/* 12 chains of 8 lanes: two units of latency 4 or 5 want 8 or 10, and there are 16 registers. */
__attribute__((target("avx2,fma"))) static float run_avx2(uint64_t steps) {
  float x0, y0;
  factors(&x0, &y0);
  const __m256 x = _mm256_set1_ps(x0), y = _mm256_set1_ps(y0);
  __m256 a[12];
  for (int chain = 0; chain < 12; chain++) a[chain] = _mm256_set1_ps((float)chain);
  for (uint64_t step = 0; step < steps; step++) {
#pragma clang loop unroll(full)
    for (int chain = 0; chain < 12; chain++) a[chain] = _mm256_fmadd_ps(x, y, a[chain]);
  }
  __m256 sum = a[0];
  for (int chain = 1; chain < 12; chain++) sum = _mm256_add_ps(sum, a[chain]);
  float lanes[8], total = 0;
  _mm256_storeu_ps(lanes, sum);
  for (int lane = 0; lane < 8; lane++) total += lanes[lane];
  return total;
}

#elif defined(__aarch64__)

/* 24 chains of 4 lanes: four units of latency 4 want 16, and there are 32 registers. */
static float run_neon(uint64_t steps) {
  float x0, y0;
  factors(&x0, &y0);
  const float32x4_t x = vdupq_n_f32(x0), y = vdupq_n_f32(y0);
  float32x4_t a[24];
  for (int chain = 0; chain < 24; chain++) a[chain] = vdupq_n_f32((float)chain);
  for (uint64_t step = 0; step < steps; step++) {
#pragma clang loop unroll(full)
    for (int chain = 0; chain < 24; chain++) a[chain] = vfmaq_f32(a[chain], x, y);
  }
  float32x4_t sum = a[0];
  for (int chain = 1; chain < 24; chain++) sum = vaddq_f32(sum, a[chain]);
  return vaddvq_f32(sum);
}

#endif

/* 32 chains that the compiler lays into whatever vectors the baseline has. The chain is a factor
   here (a tends to y / (1 - x)): a product of two constants would be computed only once. */
static float run_plain(uint64_t steps) {
  float x, y;
  factors(&x, &y);
  float a[32];
  for (int chain = 0; chain < 32; chain++) a[chain] = (float)chain;
  for (uint64_t step = 0; step < steps; step++) {
#pragma clang loop vectorize(enable) unroll(full)
    for (int chain = 0; chain < 32; chain++) a[chain] = a[chain] * x + y;
  }
  float sum = 0;
  for (int chain = 0; chain < 32; chain++) sum += a[chain];
  return sum;
}

struct way {
  struct csb_multiply_add description;
  float (*run)(uint64_t steps);
};

static struct way widest(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return (struct way){{"AVX-512", 2 * 16 * 16}, run_avx512};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return (struct way){{"AVX2+FMA", 2 * 12 * 8}, run_avx2};
#elif defined(__aarch64__)
  return (struct way){{"NEON", 2 * 24 * 4}, run_neon};
#endif
  return (struct way){{"baseline", 2 * 32}, run_plain};
}

struct csb_multiply_add csb_widest_multiply_add(void) { return widest().description; }

float csb_run_multiply_adds(uint64_t steps) { return widest().run(steps); }

#if defined(__x86_64__)
const char *csb_cpu_feature(int index) {
  switch (index) {
  case 0: return __builtin_cpu_supports("sse4.2") ? "sse4.2" : "";
  case 1: return __builtin_cpu_supports("avx") ? "avx" : "";
  case 2: return __builtin_cpu_supports("avx2") ? "avx2" : "";
  case 3: return __builtin_cpu_supports("fma") ? "fma" : "";
  case 4: return __builtin_cpu_supports("avx512f") ? "avx512f" : "";
  case 5: return __builtin_cpu_supports("avx512bw") ? "avx512bw" : "";
  case 6: return __builtin_cpu_supports("avx512vl") ? "avx512vl" : "";
  default: return NULL;
  }
}
#elif defined(__aarch64__)
const char *csb_cpu_feature(int index) { return index == 0 ? "neon" : NULL; }
#else
const char *csb_cpu_feature(int index) { return NULL; }
#endif
