#include <stddef.h>
#include <stdint.h>

/* In EntryPoint.swift. */
int32_t sparse_fuzz_one(const uint8_t *bytes, ptrdiff_t count);

/* What libFuzzer calls with every input; its own library has the main function. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  return sparse_fuzz_one(bytes, (ptrdiff_t)count);
}
