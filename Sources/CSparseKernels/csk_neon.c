#if defined(__aarch64__)
#define CSK_LANES 4
#define CSK_NAME "neon"
#define CSK_TABLE csk_neon_table
#include "csk_vector.h"
#endif
