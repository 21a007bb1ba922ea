#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CSK_LANES 8
#define CSK_NAME "avx2"
#define CSK_TABLE csk_avx2_table
#include "csk_vector.h"
#pragma clang attribute pop
#endif
