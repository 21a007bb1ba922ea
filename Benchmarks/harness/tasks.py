"""The runs behind RESULTS-tasks.md: which data, which networks, and how a recipe is chosen."""

import pathlib
import shlex
from dataclasses import dataclass

from harness.program import FASHION_MNIST, Program

TASKS = ("left", "right")
SEEDS = (0, 1, 2)
DATA_SEED = 0
BACKBONE = (1296, 2048, 512)
DENSITIES = (0.0378, 0.125)
# Every network has this backbone, whose first neurons see windows of 7×7 pixels, and a full
# junction to the ten classes of each task.
NETWORK = (
    *("--layers", ",".join(map(str, (*BACKBONE, 10)))),
    *("--density", ",".join(map(str, (*DENSITIES, 1)))),
    *("--pattern", "local:36x36,structured,full"),
)
# What the recipe is chosen from, for each benchmark.
CANDIDATES = (
    ("--epochs", "8"),
    ("--epochs", "8", "--dropout", "0.1"),
)


@dataclass(frozen=True)
class Benchmark:
    """Two sets of images that share a canvas."""

    name: str
    title: str
    left: str
    right: str


BENCHMARKS = (
    Benchmark("multi-mnist", "MultiMNIST", "mnist", "mnist"),
    Benchmark("multi-fashion-and-mnist", "Multi-Fashion+MNIST", "mnist", "fashion-mnist"),
)


@dataclass
class Run:
    """What one run of training reported."""

    tasks: tuple[str, ...]
    report: dict

    def accuracy(self, task: str) -> float:
        """The share of right answers on test pairs."""
        return self.report["tasks"][task]["accuracy"]

    def validation(self, task: str) -> float:
        """The share of right answers on validation pairs, after the last epoch."""
        return self.report["tasks"][task]["validation_accuracy"]


@dataclass
class Results:
    """Everything about one benchmark."""

    benchmark: Benchmark
    data: dict
    commands: list[str]
    # Per candidate the multi-task network and the two single-task networks, with the first seed.
    choices: list[tuple[tuple[str, ...], dict[tuple[str, ...], Run]]]
    own: tuple[str, ...]
    # Per network its runs with the chosen recipe, seed by seed.
    runs: dict[tuple[str, ...], list[Run]]


# The networks: one of both tasks, and one for each.
NETWORKS = (TASKS, *((task,) for task in TASKS))


class Study:
    """Makes the data and trains, run by run; what is there already is not done again."""

    def __init__(self, program: Program, directory: pathlib.Path):
        self.program = program
        self.directory = directory

    def results(self, benchmark: Benchmark) -> Results:
        """Makes and trains what is missing for one benchmark."""
        data = self._data(benchmark)
        choices = [
            (candidate, {tasks: self._train(benchmark, tasks, candidate, 0) for tasks in NETWORKS})
            for candidate in CANDIDATES
        ]
        own = max(choices, key=lambda choice: score(choice[1]))[0]
        runs = {
            tasks: [self._train(benchmark, tasks, own, seed) for seed in SEEDS]
            for tasks in NETWORKS
        }
        return Results(benchmark, data, self._commands(benchmark, own), choices, own, runs)

    def _data(self, benchmark: Benchmark) -> dict:
        arguments = self._data_arguments(benchmark)
        return self.program.recorded(
            self._data_record(benchmark),
            arguments,
            *("--output", str(self._data_path(benchmark))),
        )

    def _data_record(self, benchmark: Benchmark) -> pathlib.Path:
        return self.directory / f"{benchmark.name}-data.json"

    def _data_path(self, benchmark: Benchmark) -> pathlib.Path:
        return self.directory / f"{benchmark.name}.npz"

    def _data_arguments(self, benchmark: Benchmark) -> list[str]:
        left, right = self.program.data[benchmark.left], self.program.data[benchmark.right]
        sides = ["--left", left, "--right", right]
        return ["data", "multi", *sides, "--seed", str(DATA_SEED)]

    def _train(
        self, benchmark: Benchmark, tasks: tuple[str, ...], recipe: tuple[str, ...], seed: int
    ) -> Run:
        arguments = self._train_arguments(str(self._data_path(benchmark)), tasks, recipe, seed)
        name = "-".join([benchmark.name, *tasks, *(part.strip("-") for part in recipe), str(seed)])
        output = self.directory / "model.safetensors"
        report = self.program.recorded(
            self.directory / f"{name}.json",
            arguments,
            *("--output", str(output)),
            after=self._data_record(benchmark),
        )
        return Run(tasks, report)

    @staticmethod
    def _train_arguments(
        data: str, tasks: tuple[str, ...], recipe: tuple[str, ...], seed: int
    ) -> list[str]:
        return [
            *("train", "--dataset", "npz", "--data", data, "--tasks", ",".join(tasks)),
            *(*NETWORK, *recipe, "--seed", str(seed)),
        ]

    def _commands(self, benchmark: Benchmark, recipe: tuple[str, ...]) -> list[str]:
        """The commands as a reader would write them."""
        names = {"mnist": "MNIST_DIR", "fashion-mnist": FASHION_MNIST}
        sides = ["--left", names[benchmark.left], "--right", names[benchmark.right]]
        file = f"{benchmark.name}.npz"
        made = ["data", "multi", *sides, "--seed", str(DATA_SEED), "--output", file]
        trained = [self._train_arguments(file, tasks, recipe, 0) for tasks in NETWORKS]
        return [shlex.join(["sparsectl", *command]) for command in (made, *trained)]


def score(runs: dict[tuple[str, ...], Run]) -> float:
    """What a recipe is chosen by: the mean over all networks, so that it is chosen for none."""
    scores = [
        sum(run.validation(task) for task in tasks) / len(tasks) for tasks, run in runs.items()
    ]
    # Both sides of the comparison count alike: the one network, and the mean of the two.
    return scores[0] / 2 + sum(scores[1:]) / (2 * len(scores[1:]))
