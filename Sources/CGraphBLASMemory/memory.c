#include "CGraphBLASMemory.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { capacity = 12 };
static _Thread_local const void *lent[capacity];
static _Thread_local int lent_count;

static _Atomic int64_t live;
static _Atomic int64_t until_failure;
static _Atomic int64_t failures;

int csm_lend(const void *block) {
  if (lent_count == capacity) return 0;
  lent[lent_count++] = block;
  return 1;
}

void csm_take_back(void) { lent_count = 0; }

/* One relaxed load when no failure is asked for. */
static int must_fail(void) {
  if (atomic_load_explicit(&until_failure, memory_order_relaxed) <= 0) return 0;
  if (atomic_fetch_sub(&until_failure, 1) != 1) return 0;
  atomic_fetch_add(&failures, 1);
  return 1;
}

static void *counted(void *block) {
  if (block) atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
  return block;
}

void *csm_malloc(size_t bytes) { return must_fail() ? NULL : counted(malloc(bytes)); }

void *csm_calloc(size_t count, size_t bytes) {
  return must_fail() ? NULL : counted(calloc(count, bytes));
}

void *csm_realloc(void *block, size_t bytes) {
  if (must_fail()) return NULL;
  void *moved = realloc(block, bytes);
  return block ? moved : counted(moved);
}

void csm_free(void *block) {
  if (!block) return;
  for (int i = 0; i < lent_count; i++)
    if (lent[i] == block) return;
  atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
  free(block);
}

int64_t csm_live_blocks(void) { return atomic_load(&live); }
void csm_fail_allocation(int64_t nth) { atomic_store(&until_failure, nth); }
int64_t csm_failures(void) { return atomic_load(&failures); }
