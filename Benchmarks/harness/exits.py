"""The networks behind RESULTS-exits.md: those with exits, and the plain ones beside them."""

import pathlib
from dataclasses import dataclass

from harness.program import DATASETS, Program

SEEDS = (0, 1, 2)
# One recipe for all networks of a data set, that which RESULTS-sweep.md chose on validation
# samples; a tenth of the training samples is set aside to calibrate on, by the plain networks too,
# so that all learn from the same number of samples.
_ASIDE = ("--validation-fraction", "0.1")
RECIPES = {
    "mnist": ("--epochs", "30", "--dropout", "0.1", *_ASIDE),
    "fashion-mnist": ("--epochs", "60", *_ASIDE),
}
# The plain networks: sparse ones with windows of the image in the first junction, and full ones.
PLAIN = {
    "one hidden layer": (
        *("--hidden", "512,1024,2048", "--densities", "0.0319+1"),
        *("--patterns", "local+full"),
    ),
    "two hidden layers": (
        *("--hidden", "512+1024,1024+256"),
        *("--densities", "0.0319+0.0625+1", "--patterns", "local+structured+full"),
    ),
}

# What the whole network's cost may be worth to the bandit, the dearest first. For each data set the
# first is taken with which it loses at most as much accuracy as it may on a stream of validation
# samples, in the worst of the seeds.
COST_WEIGHTS = ("0.1", "0.05", "0.02", "0.01", "0.005")
BANDIT_POINTS = 2.0


@dataclass(frozen=True)
class Design:
    """A network with exits, chosen on validation samples, and what is asked of it."""

    network: tuple[str, ...]
    # The accuracy that calibration may lose on the validation samples, as a share.
    loss: str
    # The bounds: accuracy of the last exit, how many times fewer MACs, points below, share that
    # leaves early.
    last: float
    fewer: float
    points: float
    early: float
    # The noise of the stream's second half.
    noise: str
    # The hidden sizes of the dense networks, up to one that is as accurate.
    dense: str


DESIGNS = {
    "mnist": Design(
        (
            *("--layers", "784,512,1024,256,10", "--exits", "1"),
            *("--pattern", "local,structured,structured,full", "--density", "0.0319,0.125,0.125,1"),
        ),
        *("0.0005", 0.98, 4, 0.15, 0.9, "0.3", "64,128,256,512,512+256"),
    ),
    "fashion-mnist": Design(
        (
            *("--layers", "784,512,1024,10", "--exits", "1"),
            *("--pattern", "local,structured,full", "--density", "0.0319,0.125,1"),
        ),
        *("0.001", 0.885, 3, 0.3, 0.0, "0.2", "64,128,256,512,512+256"),
    ),
}


@dataclass
class Run:
    """One seed: reports of `calibrate`, `evaluate`, and `online`."""

    seed: int
    calibration: dict
    evaluation: dict
    online: dict


@dataclass
class WeightChoice:
    """What a cost weight does on the validation samples, in the worst of the seeds."""

    weight: str
    points: float
    saved: float


@dataclass
class Results:
    """Everything about one data set."""

    dataset: str
    title: str
    design: Design
    runs: list[Run]
    weights: list[WeightChoice]
    # Rows of plain networks, as `sweep` gives them.
    sparse: list[dict]
    dense: list[dict]
    commands: list[str]
    plots: list[pathlib.Path]


class ExitStudy:
    """Runs the program, and keeps each of its reports, so that it goes on after a stop."""

    def __init__(self, program: Program, directory: pathlib.Path):
        self.program = program
        self.directory = directory

    def results(self, dataset: str) -> Results:
        """Trains and measures what is missing for one data set."""
        design = DESIGNS[dataset]
        place = self.directory / dataset
        place.mkdir(parents=True, exist_ok=True)
        recipe = RECIPES[dataset]
        commands: list[str] = []
        data = ("--dataset", dataset, "--data", self.program.data[dataset])
        sweeps = {}
        dense = ("--hidden", design.dense, "--densities", "1")
        for name, networks in {**PLAIN, "dense": dense}.items():
            arguments = ("sweep", *data, *networks, *recipe, "--seeds", "0,1,2")
            folder = place / name.replace(" ", "-")
            sweeps[name] = self.program.recorded(
                folder.with_suffix(".json"),
                (*arguments, "--output", str(folder), "--plot", str(folder) + ".svg"),
            )["rows"]
            commands.append(self._shown(arguments))
        models = [place / f"model-{seed}.safetensors" for seed in SEEDS]
        calibrations = []
        for seed, model in zip(SEEDS, models, strict=True):
            training = ("train", *data, *design.network, *recipe, "--seed", str(seed))
            training += ("--output", str(model))
            calibration = ("calibrate", str(model), *data[2:], "--max-accuracy-loss", design.loss)
            trained = place / f"train-{seed}.json"
            self.program.recorded(trained, training)
            calibrations.append(
                self.program.recorded(self._calibrated(place, seed), calibration, after=trained)
            )
            if seed == SEEDS[0]:
                commands += [self._shown(training), self._shown(calibration)]
        weights = self._weights(place, data, design, models)
        runs = []
        plots = [place / "curve.svg", place / "online.svg"]
        for seed, model in zip(SEEDS, models, strict=True):
            evaluation = ("evaluate", str(model), *data[2:], "--latency")
            online = self._stream(model, data, design, seed, weights[-1].weight)
            if seed == SEEDS[0]:
                commands += [self._shown(evaluation), self._shown(online)]
                evaluation += ("--plot", str(plots[0]))
                online += ("--plot", str(plots[1]))
            runs.append(
                Run(
                    seed,
                    calibrations[seed],
                    self.program.recorded(
                        place / f"evaluate-{seed}.json",
                        evaluation,
                        after=self._calibrated(place, seed),
                    ),
                    self.program.recorded(
                        place / f"online-{seed}.json", online, after=self._calibrated(place, seed)
                    ),
                )
            )
        sparse = [row for name in PLAIN for row in sweeps[name]]
        return Results(
            *(dataset, DATASETS[dataset], design, runs, weights),
            *(sparse, sweeps["dense"], commands, plots),
        )

    @staticmethod
    def _calibrated(place: pathlib.Path, seed: int) -> pathlib.Path:
        """The record of a model's calibration, which all that follows depends on."""
        return place / f"calibrate-{seed}.json"

    @staticmethod
    def _stream(
        model: pathlib.Path, data: tuple[str, ...], design: Design, seed: int, weight: str
    ) -> tuple[str, ...]:
        """A stream of test samples whose noise rises half-way."""
        stream = ("online", str(model), *data[2:], "--noise", f"0,{design.noise}")
        return (*stream, "--seed", str(seed), "--cost-weight", weight)

    def _weights(
        self,
        place: pathlib.Path,
        data: tuple[str, ...],
        design: Design,
        models: list[pathlib.Path],
    ) -> list[WeightChoice]:
        """What was tried to find the bandit's cost weight; the last one is taken."""
        tried = []
        for weight in COST_WEIGHTS:
            losses, savings = [], []
            for seed, model in zip(SEEDS, models, strict=True):
                stream = self._stream(model, data, design, seed, weight)
                file = place / f"validation-{weight}-{seed}.json"
                report = self.program.recorded(
                    file, (*stream, "--part", "validation"), after=self._calibrated(place, seed)
                )
                totals = {row["policy"]: row["total"] for row in report["policies"]}
                bandit, last = totals["bandit"], totals["last exit"]
                losses.append(100 * (last["accuracy"] - bandit["accuracy"]))
                savings.append(bandit["saved"])
            tried.append(WeightChoice(weight, max(losses), min(savings)))
            if tried[-1].points <= BANDIT_POINTS:
                break
        return tried

    def _shown(self, arguments: tuple[str, ...]) -> str:
        return self.program.shown(arguments, self.directory)
