#include "csk_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

/*
 `state` holds the number of the call and how many workers are in it: (call << 16 | open << 15 |
 workers). A worker enters only while the call is open, so one that wakes up late neither delays the
 caller nor sees a job that is over.
*/
struct csk_pool {
  _Atomic uint64_t state;
  _Atomic size_t next;
  size_t count;
  void (*job)(void *, size_t);
  void *context;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  _Atomic int sleepers;
  int stopping;
  int threads;
  pthread_t workers[];
};

enum { open_bit = 1 << 15, spins = 4000 };

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void run_jobs(csk_pool *pool) {
  for (;;) {
    size_t index = atomic_fetch_add(&pool->next, 1);
    if (index >= pool->count) return;
    pool->job(pool->context, index);
  }
}

/* Waits for a call later than `seen`; returns its number, or 0 when the pool is stopping. */
static uint64_t wait_for_call(csk_pool *pool, uint64_t seen) {
  for (int i = 0; i < spins; i++) {
    uint64_t call = atomic_load(&pool->state) >> 16;
    if (call != seen) return call;
    pause_briefly();
  }
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleepers, 1);
  uint64_t call;
  while ((call = atomic_load(&pool->state) >> 16) == seen && !pool->stopping)
    pthread_cond_wait(&pool->wake, &pool->mutex);
  atomic_fetch_sub(&pool->sleepers, 1);
  int stopping = pool->stopping;
  pthread_mutex_unlock(&pool->mutex);
  return stopping ? 0 : call;
}

static void *worker(void *argument) {
  csk_pool *pool = argument;
  uint64_t seen = 1;
  for (;;) {
    uint64_t call = wait_for_call(pool, seen);
    if (call == 0) return NULL;
    seen = call;
    uint64_t state = atomic_load(&pool->state);
    while (state >> 16 == call && (state & open_bit))
      if (atomic_compare_exchange_weak(&pool->state, &state, state + 1)) {
        run_jobs(pool);
        atomic_fetch_sub(&pool->state, 1);
        break;
      }
  }
}

csk_pool *csk_pool_create(int threads) {
  /* The workers in a call are counted in the bits below 'open_bit'. */
  if (threads < 1 || threads > open_bit) return NULL;
  csk_pool *pool = calloc(1, sizeof(csk_pool) + sizeof(pthread_t) * (size_t)threads);
  if (!pool) return NULL;
  atomic_init(&pool->state, (uint64_t)1 << 16);
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  for (pool->threads = 0; pool->threads < threads - 1; pool->threads++)
    if (pthread_create(&pool->workers[pool->threads], NULL, worker, pool)) {
      csk_pool_destroy(pool);
      return NULL;
    }
  return pool;
}

static void wake_all(csk_pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
}

void csk_pool_destroy(csk_pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  pool->stopping = 1;
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
  /* Sleeping workers are awake now. Spinning ones see no new call, and look at 'stopping' under the
     mutex before they would sleep. None is in a call: csk_pool_run waits until all have left. */
  for (int i = 0; i < pool->threads; i++) pthread_join(pool->workers[i], NULL);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}

void csk_pool_run(csk_pool *pool, size_t count, void (*job)(void *, size_t), void *context) {
  if (count == 0) return;
  pool->job = job;
  pool->context = context;
  pool->count = count;
  atomic_store(&pool->next, 0);
  uint64_t call = (atomic_load(&pool->state) >> 16) + 1;
  if (pool->threads > 0 && count > 1) {
    atomic_store(&pool->state, call << 16 | open_bit);
    if (atomic_load(&pool->sleepers) > 0) wake_all(pool);
  }
  run_jobs(pool);
  if (pool->threads > 0 && count > 1) {
    atomic_fetch_and(&pool->state, ~(uint64_t)open_bit);
    /* A worker may have lost its core in the middle of a job: let it have this one. */
    for (int i = 0; atomic_load(&pool->state) & (open_bit - 1); i++)
      if (i < spins)
        pause_briefly();
      else
        sched_yield();
  }
}
