"""Engines and peers take turns on each case, so that whatever else runs slows all of them down."""

import statistics
import sys
from dataclasses import asdict, dataclass

from harness.workers import Worker


@dataclass
class Result:
    """One engine on one case: medians over the rounds, or why there are none."""

    case: str
    engine: str
    milliseconds: float | None = None
    p90_milliseconds: float | None = None
    # The fastest and the slowest round: how much the machine was disturbed.
    fastest_round: float | None = None
    slowest_round: float | None = None
    gflops: float | None = None
    unsupported: str | None = None
    error: str | None = None

    def as_json(self) -> dict:
        """Only what is there."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def measure(cases: list[dict], workers: list[Worker], rounds: int, seconds: float) -> list[Result]:
    """Measures every case by every worker in so many rounds."""
    results = []
    for number, case in enumerate(cases, 1):
        print(f"[{number}/{len(cases)}] {case['name']}", file=sys.stderr)
        answers: dict[str, list[dict]] = {worker.engine.name: [] for worker in workers}
        for _ in range(rounds):
            for worker in workers:
                mine = answers[worker.engine.name]
                if not mine or "milliseconds" in mine[-1]:
                    mine.append(worker.ask(case, seconds))
        for worker in workers:
            result = _combined(case, worker.engine.name, answers[worker.engine.name])
            if result.error:
                print(f"  {worker.engine.name}: {result.error}", file=sys.stderr)
            results.append(result)
    return results


def _combined(case: dict, engine: str, answers: list[dict]) -> Result:
    result = Result(case["name"], engine)
    last = answers[-1]
    if "milliseconds" not in last:
        result.unsupported = last.get("unsupported")
        result.error = last.get("error")
        return result
    times = [answer["milliseconds"] for answer in answers]
    result.milliseconds = statistics.median(times)
    result.p90_milliseconds = statistics.median(answer["p90_milliseconds"] for answer in answers)
    result.fastest_round, result.slowest_round = min(times), max(times)
    if "operations" in case:
        result.gflops = case["operations"] / result.milliseconds / 1e6
    return result
