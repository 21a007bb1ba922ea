/*
 Vectors of CSK_LANES floats: what all the kernels are written with. Part of csk_vector.h.
*/
typedef float vf __attribute__((vector_size(4 * CSK_LANES)));
typedef float vf_any __attribute__((vector_size(4 * CSK_LANES), aligned(4)));
typedef float vf4 __attribute__((vector_size(16)));
typedef float vf4_any __attribute__((vector_size(16), aligned(4)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#define L ((size_t)CSK_LANES)

INLINE vf load(const float *p) { return *(const vf_any *)p; }
INLINE void store(float *p, vf v) { *(vf_any *)p = v; }
INLINE vf fma_(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }

/* --- one value in all lanes, and the sums of four vectors' lanes as one vector of four --- */

#if CSK_LANES == 4
INLINE vf splat(float x) { return (vf){x, x, x, x}; }
#define LOW_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)
#define FOUR(q) (q)
#define ONE_OF(q, i) __builtin_shufflevector(q, q, i, i, i, i)
INLINE vf4 fold(vf v) { return v; }
#elif CSK_LANES == 8
INLINE vf splat(float x) { return (vf){x, x, x, x, x, x, x, x}; }
#define LOW_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define FOUR(q) __builtin_shufflevector(q, q, 0, 1, 2, 3, 0, 1, 2, 3)
#define ONE_OF(q, i)                                                                             \
  __builtin_shufflevector(q, q, i, i, i, i, 4 + i, 4 + i, 4 + i, 4 + i)
INLINE vf4 fold(vf v) {
  return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
}
#else
INLINE vf splat(float x) { return (vf){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
#define LOW_PAIRS(a, b)                                                                          \
  __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HIGH_PAIRS(a, b)                                                                         \
  __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define LOW_HALVES(a, b)                                                                         \
  __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define HIGH_HALVES(a, b)                                                                        \
  __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define FOUR(q) __builtin_shufflevector(q, q, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3)
#define ONE_OF(q, i)                                                                             \
  __builtin_shufflevector(q, q, i, i, i, i, 4 + i, 4 + i, 4 + i, 4 + i, 8 + i, 8 + i, 8 + i,      \
                          8 + i, 12 + i, 12 + i, 12 + i, 12 + i)
INLINE vf4 fold(vf v) {
  return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7) +
         (__builtin_shufflevector(v, v, 8, 9, 10, 11) +
          __builtin_shufflevector(v, v, 12, 13, 14, 15));
}
#endif

INLINE vf4 sum4(vf a, vf b, vf c, vf d) {
  vf ab = LOW_PAIRS(a, b) + HIGH_PAIRS(a, b);
  vf cd = LOW_PAIRS(c, d) + HIGH_PAIRS(c, d);
  return fold(LOW_HALVES(ab, cd) + HIGH_HALVES(ab, cd));
}

INLINE float sum1(vf a) {
  vf4 s = fold(a);
  return (s[0] + s[2]) + (s[1] + s[3]);
}

/* Four weights in every quarter of a vector, and two columns, with one load each: volatile, since the
   compiler otherwise makes several loads of it, and loads are what there are too many of. */
typedef uint64_t pair_any __attribute__((aligned(4), may_alias));
INLINE vf load_four(const float *p) {
  const vf4 four = *(const volatile vf4_any *)p;
  return FOUR(four);
}
INLINE uint64_t load_pair(const uint32_t *columns) { return *(const volatile pair_any *)columns; }
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW(pair) ((uint32_t)(pair))
#define HIGH(pair) ((pair) >> 32)
#else
#define LOW(pair) ((pair) >> 32)
#define HIGH(pair) ((uint32_t)(pair))
#endif
