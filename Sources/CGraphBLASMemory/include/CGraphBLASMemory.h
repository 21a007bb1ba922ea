#ifndef CGRAPHBLAS_MEMORY_H
#define CGRAPHBLAS_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/*
 The allocator given to GxB_init.

 Packing a buffer into a GrB_Matrix normally hands over its ownership: when an operation fails,
 GraphBLAS may free the buffer. Here a buffer is *lent* for the length of one operation instead:
 csm_free ignores what the calling thread has lent, so the lender's buffers survive any failure.
*/

/* Lends `block` to GraphBLAS until csm_take_back() is called on this thread. At most 12 at once;
   returns 0 when there is no room, 1 otherwise. */
int csm_lend(const void *block);

/* Ends every loan of this thread. */
void csm_take_back(void);

void *csm_malloc(size_t bytes);
void *csm_calloc(size_t count, size_t bytes);
void *csm_realloc(void *block, size_t bytes);
void csm_free(void *block);

/* Blocks that GraphBLAS holds now: allocated and not yet freed. */
int64_t csm_live_blocks(void);

/* For tests: the `nth` allocation from now on (1 is the next) fails, once; 0 switches it off.
   csm_failures() counts the failures injected so far. */
void csm_fail_allocation(int64_t nth);
int64_t csm_failures(void);

#endif
