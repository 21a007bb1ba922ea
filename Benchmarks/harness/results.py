"""Measured suites: kept as JSON, so that suites may be measured apart and reported together."""

import json
import pathlib
import statistics
from dataclasses import dataclass, field

from harness.rounds import Result


@dataclass
class SuiteResults:
    """One suite as measured in one run."""

    suite: str
    # Commit, date, machine, options.
    run: dict
    cases: list[dict]
    results: list[Result]
    # Per engine its version, or why it is missing.
    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def peak(self) -> float:
        """The measured peak of one core, in GF/s."""
        return self.run["machine"]["peak"]["gflops"]

    @property
    def unrest(self) -> float:
        """How much slower the slowest round of an engine on a case is than the fastest: the median.

        Rounds lie minutes apart, so this is what else ran on the machine, and its host.
        """
        spreads = [r.slowest_round / r.fastest_round - 1 for r in self.results if r.fastest_round]
        return statistics.median(spreads) if spreads else 0.0

    def find(self, case: str, engine: str) -> Result | None:
        """An engine's times of a case, if it has any."""
        for result in self.results:
            if result.case == case and result.engine == engine and result.milliseconds:
                return result
        return None

    def ratio(self, case: str, engine: str, peer: str, peer_case: str | None = None):
        """How many times faster the engine is than the peer; None where one was not measured."""
        mine, other = self.find(case, engine), self.find(peer_case or case, peer)
        return other.milliseconds / mine.milliseconds if mine and other else None

    def save(self, directory: pathlib.Path) -> None:
        """Writes `SUITE.json`."""
        directory.mkdir(parents=True, exist_ok=True)
        content = {
            "suite": self.suite,
            "run": self.run,
            "cases": self.cases,
            "results": [result.as_json() for result in self.results],
            "versions": self.versions,
            "missing": self.missing,
        }
        (directory / f"{self.suite}.json").write_text(json.dumps(content, indent=1) + "\n")

    @classmethod
    def load(cls, file: pathlib.Path) -> "SuiteResults":
        """Reads what `save` wrote."""
        content = json.loads(file.read_text())
        content["results"] = [Result(**result) for result in content["results"]]
        return cls(**content)
