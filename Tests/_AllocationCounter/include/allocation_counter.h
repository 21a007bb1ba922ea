#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdint.h>

/*
 Counts the calls by which the whole process takes memory from the C library, whoever makes them and
 on whichever thread: Swift's runtime, this package, other libraries.
*/

/* Whether anything is counted: with glibc, and without a sanitizer, which has an allocator of its
   own. */
int allocation_counter_works(void);

/* Counts from 0. */
void allocation_counter_start(void);

/* Stops counting and returns how often memory was taken since the start. */
uint64_t allocation_counter_stop(void);

/* The bytes that the process has taken from the C library and not given back; 0 where it does not
   say. */
uint64_t allocation_bytes_in_use(void);

#endif
