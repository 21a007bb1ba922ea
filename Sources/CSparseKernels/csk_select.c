#include "CSparseKernels.h"

#include <string.h>

#if defined(__x86_64__)
const csk_kernels *csk_avx2_table(void);
const csk_kernels *csk_avx2x16_table(void);
const csk_kernels *csk_avx512_table(void);

static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static int has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq");
}
#elif defined(__aarch64__)
const csk_kernels *csk_neon_table(void);
#endif

const csk_kernels *csk_named(const char *name) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!strcmp(name, "avx512")) return has_avx512() ? csk_avx512_table() : 0;
  if (!strcmp(name, "avx2")) return has_avx2() ? csk_avx2_table() : 0;
  if (!strcmp(name, "avx2x16")) return has_avx2() ? csk_avx2x16_table() : 0;
#elif defined(__aarch64__)
  if (!strcmp(name, "neon")) return csk_neon_table();
#endif
  return strcmp(name, "plain") ? 0 : csk_plain();
}

const csk_kernels *csk_best(void) {
  static const char *const by_speed[] = {"avx512", "avx2", "neon"};
  for (size_t i = 0; i < 3; i++) {
    const csk_kernels *kernels = csk_named(by_speed[i]);
    if (kernels) return kernels;
  }
  return csk_plain();
}
