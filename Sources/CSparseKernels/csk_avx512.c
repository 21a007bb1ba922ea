#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
#define CSK_LANES 16
#define CSK_NAME "avx512"
#define CSK_TABLE csk_avx512_table
#include "csk_vector.h"
#pragma clang attribute pop
#endif
