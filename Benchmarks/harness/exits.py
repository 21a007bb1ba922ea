"""The networks behind RESULTS-exits.md: those with exits, and the plain ones beside them."""

import json
import pathlib
import shlex
import subprocess
from dataclasses import dataclass

from harness.sweeps import DATASETS, FASHION_MNIST, Failure

SEEDS = (0, 1, 2)
# One recipe for all networks; a tenth of the training samples is set aside to calibrate on, by the
# plain networks too, so that all learn from the same number of samples.
RECIPE = ("--epochs", "30", "--dropout", "0.1", "--validation-fraction", "0.1")
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


# Saving the whole cost is worth two points of confidence: as much accuracy as may be lost.
BANDIT = ("--cost-weight", "0.02")


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
        *("0.002", 0.885, 3, 0.3, 0.0, "0.2", "64,128,256,512"),
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
class Results:
    """Everything about one data set."""

    dataset: str
    title: str
    design: Design
    runs: list[Run]
    # Rows of plain networks, as `sweep` gives them.
    sparse: list[dict]
    dense: list[dict]
    commands: list[str]
    plots: list[pathlib.Path]


class ExitStudy:
    """Runs the program, and keeps each of its reports, so that it goes on after a stop."""

    def __init__(
        self,
        program: pathlib.Path,
        directory: pathlib.Path,
        mnist: str | None,
        threads: int | None,
        is_report: bool,
    ):
        self.program = program
        self.directory = directory
        self.data = {"mnist": mnist, "fashion-mnist": FASHION_MNIST}
        self.threads = threads
        self.is_report = is_report

    def check(self) -> None:
        """Fails early when the program or the data are missing."""
        if not self.program.is_file():
            raise Failure(f"{self.program} is missing; build it, or use 'make exit-results'")
        if not self.data["mnist"]:
            raise Failure("MNIST was not found; set MNIST_DIR to a directory with its IDX files")

    def results(self, dataset: str) -> Results:
        """Trains and measures what is missing for one data set."""
        design = DESIGNS[dataset]
        place = self.directory / dataset
        place.mkdir(parents=True, exist_ok=True)
        commands: list[str] = []
        data = ("--dataset", dataset, "--data", self.data[dataset])
        sweeps = {}
        dense = ("--hidden", design.dense, "--densities", "1")
        for name, networks in {**PLAIN, "dense": dense}.items():
            arguments = ("sweep", *data, *networks, *RECIPE, "--seeds", "0,1,2")
            folder = place / name.replace(" ", "-")
            sweeps[name] = self._report(
                folder.with_suffix(".json"),
                (*arguments, "--output", str(folder), "--plot", str(folder) + ".svg"),
            )["rows"]
            commands.append(self._shown(arguments))
        runs = []
        plots = [place / "curve.svg", place / "online.svg"]
        for seed in SEEDS:
            model = place / f"model-{seed}.safetensors"
            training = ("train", *data, *design.network, *RECIPE, "--seed", str(seed))
            calibration = ("calibrate", str(model), *data[2:], "--max-accuracy-loss", design.loss)
            evaluation = ("evaluate", str(model), *data[2:], "--latency")
            online = ("online", str(model), *data[2:], "--noise", f"0,{design.noise}")
            online += ("--seed", str(seed), *BANDIT)
            self._report(place / f"train-{seed}.json", (*training, "--output", str(model)))
            first = seed == SEEDS[0]
            runs.append(
                Run(
                    seed,
                    self._report(place / f"calibrate-{seed}.json", calibration),
                    self._report(
                        place / f"evaluate-{seed}.json",
                        (*evaluation, *(("--plot", str(plots[0])) if first else ())),
                    ),
                    self._report(
                        place / f"online-{seed}.json",
                        (*online, *(("--plot", str(plots[1])) if first else ())),
                    ),
                )
            )
            if first:
                commands += [
                    self._shown(arguments)
                    for arguments in (
                        (*training, "--output", str(model)),
                        calibration,
                        evaluation,
                        online,
                    )
                ]
        sparse = [row for name in PLAIN for row in sweeps[name]]
        return Results(
            dataset, DATASETS[dataset], design, runs, sparse, sweeps["dense"], commands, plots
        )

    def _report(self, file: pathlib.Path, arguments: tuple[str, ...]) -> dict:
        """What the program reports, from a file where the same was asked before."""
        if file.is_file():
            known = json.loads(file.read_text())
            if known["arguments"] == list(arguments):
                return known["report"]
        if self.is_report:
            raise Failure(f"{file} is missing or of other settings; run this without --report")
        threads = ("--threads", str(self.threads)) if self.threads else ()
        if arguments[0] == "online":
            threads = ()
        print(shlex.join(["sparsectl", *arguments]), flush=True)
        done = subprocess.run(
            [str(self.program), *arguments, *threads, "--json"], stdout=subprocess.PIPE, text=True
        )
        if done.returncode != 0:
            raise Failure(f"{self.program.name} ended with {done.returncode}; run this again")
        report = json.loads(done.stdout)
        temporary = file.with_suffix(".new")
        temporary.write_text(json.dumps({"arguments": list(arguments), "report": report}))
        temporary.replace(file)
        return report

    def _shown(self, arguments: tuple[str, ...]) -> str:
        """A command as a reader would give it: the paths are the reader's own."""
        places = {path: "DIR" for path in self.data.values() if path}
        texts = []
        for argument in arguments:
            path = pathlib.Path(argument)
            if argument in places:
                texts.append(places[argument])
            elif self.directory in path.parents:
                texts.append("model.safetensors" if path.suffix == ".safetensors" else path.name)
            else:
                texts.append(argument)
        return shlex.join(["sparsectl", *texts])
