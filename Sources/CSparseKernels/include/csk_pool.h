#ifndef CSK_POOL_H
#define CSK_POOL_H

#include <stddef.h>

/*
 A few threads that run numbered jobs together with the caller, and then wait for the next call.

 Which thread runs which job is left open; jobs must not depend on it. Between calls that follow
 each other closely, threads spin for some microseconds before they sleep. One call at a time.
*/
typedef struct csk_pool csk_pool;

/* `threads` counts the caller. Returns NULL when memory or threads cannot be had. */
csk_pool *csk_pool_create(int threads);
void csk_pool_destroy(csk_pool *pool);

/* Calls job(context, i) for every i below `count` and returns when all have returned. */
void csk_pool_run(csk_pool *pool, size_t count, void (*job)(void *context, size_t index),
                  void *context);

#endif
