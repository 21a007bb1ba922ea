"""The sweeps behind RESULTS-sweep.md: which networks, which recipes, and how they are chosen."""

import math
import pathlib
from dataclasses import dataclass

from harness.program import DATASETS, Failure, Program

PUBLISHED = ("--recipe", "published")
# What our own recipe is chosen from, on validation samples of each data set.
CANDIDATES = (
    ("--epochs", "30"),
    ("--epochs", "30", "--dropout", "0.1"),
    ("--epochs", "30", "--dropout", "0.2"),
    ("--epochs", "60"),
)

# The networks of the comparison with other programs, padded as the published code does.
TABLE = (
    *("--pad-input", "800", "--hidden", "3+3,40+40,100", "--densities", "1"),
    *("--out-degrees", "2+9+10,50+10,20+10,10+10,5+10,5+1,2+10,1+10"),
)
BOTH_FAMILIES = ("--patterns", "structured,random")
# The dense reference of the headline, and the sparse network that is compared with it: windows of
# the image, then equal degrees, then all connections.
DENSE = "512+256"
SPARSE = (
    *("--hidden", "2048+256", "--densities", "0.0319+0.0625+1"),
    *("--patterns", "local+structured+full"),
)
HEADLINE = ("--reference", DENSE, *SPARSE)
FULL = ("--hidden", DENSE, "--densities", "1")
# Equal weights, from dense and narrow to sparse and wide.
BUDGET = (
    *("--pad-input", "800", "--budget-weights", "17000", "--hidden", "1"),
    *("--densities", "0.05,0.1,0.2,0.5,1", "--patterns", "balanced"),
)


@dataclass
class Sweep:
    """What one sweep found, and the command that shows it."""

    command: str
    directory: pathlib.Path
    report: dict

    @property
    def rows(self) -> list[dict]:
        """A row per network."""
        return self.report["rows"]

    def row(self, layers: str, out_degrees: str, pattern: str = "") -> dict:
        """The row of one network."""
        found = [
            row
            for row in self.rows
            if row["layers"] == layers
            and row["out_degrees"] == out_degrees
            and pattern in (row["pattern"], "")
        ]
        if len(found) != 1:
            raise Failure(f"{self.directory}: {len(found)} rows of {layers}, {out_degrees}")
        return found[0]


@dataclass
class Choices:
    """What our own recipe for a data set was chosen from."""

    sweeps: list[tuple[tuple[str, ...], Sweep]]
    # The recipe that is best for both networks together, and the one best for the dense one alone.
    own: tuple[str, ...]
    dense: tuple[str, ...]


@dataclass
class Results:
    """Everything about one data set."""

    dataset: str
    title: str
    choices: Choices
    tables: dict[str, Sweep]
    headline: Sweep
    budget: Sweep
    # The dense reference by the recipe that is best for it alone.
    dense: Sweep
    # The sparse network with a pattern without windows.
    balanced: Sweep


class Study:
    """Runs sweeps, each in a directory of its own, where it goes on after a stop."""

    def __init__(self, program: Program, directory: pathlib.Path):
        self.program = program
        self.directory = directory

    def results(self, dataset: str) -> Results:
        """Trains what is missing for one data set."""
        choices = self._choices(dataset)
        own = _final(choices.own)
        published = (*TABLE, *BOTH_FAMILIES, *PUBLISHED)
        balanced = (*SPARSE[:4], "--patterns", "balanced")
        return Results(
            dataset,
            DATASETS[dataset],
            choices,
            {
                "published": self._sweep(dataset, "table-published", *published),
                "own": self._sweep(dataset, "table-own", *TABLE, *own),
            },
            self._sweep(dataset, "headline", *HEADLINE, *own),
            self._sweep(dataset, "budget", *BUDGET, *PUBLISHED),
            self._sweep(dataset, "dense", *FULL, *_final(choices.dense)),
            self._sweep(dataset, "balanced", *balanced, *own),
        )

    def _choices(self, dataset: str) -> Choices:
        """Trains what is missing to choose a recipe by."""
        sweeps = [
            (candidate, self._choice(dataset, number, candidate))
            for number, candidate in enumerate(CANDIDATES)
        ]
        return Choices(
            sweeps,
            own=max(sweeps, key=lambda choice: _score(choice[1]))[0],
            dense=max(sweeps, key=lambda choice: mean_accuracy(choice[1].rows[0]))[0],
        )

    def _choice(self, dataset: str, number: int, candidate: tuple[str, ...]) -> Sweep:
        """Scores a candidate on a sixth of the training samples, as many as the test part has.

        Five seeds: the means of fewer differ by more than the candidates do.
        """
        validation = ("--score", "validation", "--validation-fraction", "0.166667")
        return self._sweep(
            dataset, f"choice-{number}", *HEADLINE, *candidate, *validation, "--seeds", "0,1,2,3,4"
        )

    def _sweep(self, dataset: str, name: str, *arguments: str) -> Sweep:
        directory = self.directory / dataset / name
        directory.parent.mkdir(exist_ok=True)
        seeds = () if "--seeds" in arguments else ("--seeds", "0,1,2")
        data = ("--dataset", dataset, "--data", self.program.data[dataset])
        command = ["sweep", *data, *arguments, *seeds]
        files = ("--output", str(directory), "--plot", str(directory / "all.svg"))
        report = self.program.recorded(directory.with_suffix(".json"), command, *files)
        return Sweep(self.program.shown(command, self.directory), directory, report)


def _final(recipe: tuple[str, ...]) -> tuple[str, ...]:
    """A chosen recipe learns all training samples."""
    return (*recipe, "--validation-fraction", "0")


def _score(sweep: Sweep) -> float:
    """What a recipe is chosen by: the mean of both networks, so that it is chosen for neither."""
    return sum(map(mean_accuracy, sweep.rows)) / len(sweep.rows)


def mean_accuracy(row: dict) -> float:
    """The mean of all seeds; −∞ where one diverged: the mean of the others is another thing."""
    return -math.inf if row["diverged"] else row["accuracy"]


def accuracy_text(row: dict) -> str:
    """Mean and standard deviation in percent, and how many seeds diverged, if any did."""
    if row["accuracy"] is None:
        return "diverged"
    text = f"{100 * row['accuracy']:.2f} ± {100 * row['accuracy_sd']:.2f}"
    return f"{text} ({row['diverged']} of {row['runs']} diverged)" if row["diverged"] else text
