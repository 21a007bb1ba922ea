"""The same policy as the Swift stopwatch: warm-up, a least number of runs, a least time."""

import math
import statistics
import time
from collections.abc import Callable

WARM_UP_RUNS = 3
LEAST_RUNS = 5
LEAST_SECONDS_PER_LOOK = 50e-6


class Epoch:
    """A run that is too long for the policy: measured once, after one to warm up."""

    def __init__(self, run: Callable[[], object]) -> None:
        self.run = run
        self.is_warm = False


def time_runs(work: Callable[[], object] | Epoch, seconds: float) -> dict:
    """Runs some work until its time is known; returns median and 90th percentile."""
    if isinstance(work, Epoch):
        if not work.is_warm:
            work.run()
            work.is_warm = True
        times = [_seconds(work.run, 1)]
    else:
        quickest = min(_seconds(work, 1) for _ in range(WARM_UP_RUNS))
        runs_per_look = max(1, math.ceil(LEAST_SECONDS_PER_LOOK / max(quickest, 1e-9)))
        times = []
        start = time.perf_counter()
        while len(times) < LEAST_RUNS or time.perf_counter() - start < seconds:
            times.append(_seconds(work, runs_per_look))
    times.sort()
    return {
        "milliseconds": 1e3 * statistics.median(times),
        "p90_milliseconds": 1e3 * times[round(0.9 * (len(times) - 1))],
        "runs": len(times),
    }


def fastest(variants: list[Callable[[], object]]) -> Callable[[], object]:
    """The quickest of several ways to do the same: a peer is measured at its best."""
    if len(variants) == 1:
        return variants[0]

    def best(work: Callable[[], object]) -> float:
        work()
        return min(_seconds(work, 1) for _ in range(7))

    return min(variants, key=best)


def _seconds(work: Callable[[], object], runs: int) -> float:
    start = time.perf_counter()
    for _ in range(runs):
        work()
    return (time.perf_counter() - start) / runs
