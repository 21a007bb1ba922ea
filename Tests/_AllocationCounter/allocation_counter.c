#include "allocation_counter.h"

#include <stdatomic.h>
#include <stdlib.h>

static _Atomic uint64_t count;
static _Atomic int counting;

void allocation_counter_start(void) {
  atomic_store(&count, 0);
  atomic_store(&counting, 1);
}

uint64_t allocation_counter_stop(void) {
  atomic_store(&counting, 0);
  return atomic_load(&count);
}

#if defined(__GLIBC__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

#include <errno.h>
#include <malloc.h>

uint64_t allocation_bytes_in_use(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

int allocation_counter_works(void) { return 1; }

/* A program's own definitions take the place of the library's, for every library that it loads; the
   library's remain under these names. What they return is freed by the library's free. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static void note(void) {
  if (atomic_load_explicit(&counting, memory_order_relaxed))
    atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
}

void *malloc(size_t size) {
  note();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  note();
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  note();
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0)
    return EINVAL;
  void *found = memalign(alignment, size);
  if (!found) return ENOMEM;
  *block = found;
  return 0;
}

#else

uint64_t allocation_bytes_in_use(void) { return 0; }

int allocation_counter_works(void) { return 0; }

#endif
