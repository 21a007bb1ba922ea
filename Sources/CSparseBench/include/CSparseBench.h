/* What a benchmark needs to know about one core, and cannot ask in Swift. */
#ifndef CSPARSEBENCH_H
#define CSPARSEBENCH_H

#include <stdint.h>

/* One way to make this core multiply and add single-precision numbers. */
struct csb_multiply_add {
  const char *_Nonnull instructions; /* such as "AVX2+FMA" */
  int operations_per_step;           /* multiplications and additions of one step */
};

/* The widest way that this CPU and its operating system have; chosen at run time. */
struct csb_multiply_add csb_widest_multiply_add(void);

/* Runs that many steps on registers alone: more independent chains than the pipeline holds, no
   memory. Returns a number that depends on all of them. */
float csb_run_multiply_adds(uint64_t steps);

/* Of the instruction set extensions that matter here the one of that number: its name, an empty
   string when this CPU lacks it, NULL after the last. */
const char *_Nullable csb_cpu_feature(int index);

/* Makes the optimiser believe that the bytes are read and may have changed. */
void csb_black_hole(const void *_Nullable bytes);

#endif
