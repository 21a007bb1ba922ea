/* The source of the avx512 kernels for CPUs without AVX-512: pairs of AVX2 registers. Its helpers are
   all inlined, so how they would pass a vector does not matter. */
#if defined(__x86_64__)
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CSK_LANES 16
#define CSK_NAME "avx2x16"
#define CSK_TABLE csk_avx2x16_table
#include "csk_vector.h"
#pragma clang attribute pop
#endif
