"""What grouping costs in accuracy: `structured` against groups of 4, 8 and 16 outputs."""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field

FAMILIES = ("structured", "grouped:4", "grouped:8", "grouped:16")
DENSITIES = (0.05, 0.1, 0.25)
SEEDS = (0, 1, 2)
EPOCHS = 15


@dataclass
class AccuracyResults:
    """Test accuracies by data set, density and family."""

    commit: str
    # [{dataset, density, family, seed, accuracy}]
    runs: list[dict] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def save(self, file: pathlib.Path) -> None:
        """Writes JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, file: pathlib.Path) -> "AccuracyResults":
        """Reads what `save` wrote."""
        return cls(**json.loads(file.read_text()))

    def markdown(self) -> str:
        """One table: means over the seeds, and their range."""
        lines = [
            "## Accuracy: what groups cost",
            "",
            f"Test accuracy after {EPOCHS} epochs of `sparsectl train --layers 784,512,256,10`, "
            f"mean of seeds {', '.join(map(str, SEEDS))} (least–most), commit {self.commit}.",
            "",
            "| data | density | " + " | ".join(f"`{family}`" for family in FAMILIES) + " |",
            "| --- | ---: |" + " ---: |" * len(FAMILIES),
        ]
        keys = dict.fromkeys((run["dataset"], run["density"]) for run in self.runs)
        for dataset, density in keys:
            cells = [self._cell(dataset, density, family) for family in FAMILIES]
            lines.append(f"| {dataset} | {density} | {' | '.join(cells)} |")
        return "\n".join(lines + [""] * bool(self.missing) + [f"- {text}" for text in self.missing])

    def _cell(self, dataset: str, density: float, family: str) -> str:
        found = [
            run
            for run in self.runs
            if (run["dataset"], run["density"], run["family"]) == (dataset, density, family)
        ]
        if not found:
            return "–"
        mean = statistics.mean(run["accuracy"] for run in found)
        least, most = (100 * f(run["accuracy"] for run in found) for f in (min, max))
        return f"{100 * mean:.2f} % ({least:.2f}–{most:.2f}), {found[0]['weights']:,} weights"


def measure(sparsectl: pathlib.Path, commit: str, mnist: str | None) -> AccuracyResults:
    """Trains every combination; a data set or family that is not there is named as missing."""
    results = AccuracyResults(commit)
    datasets = {"fashion-mnist": ["--dataset", "fashion-mnist"]}
    if mnist:
        datasets["mnist"] = ["--dataset", "mnist", "--data", mnist]
    else:
        results.missing.append("mnist: set MNIST_DIR to a directory with its four files")
    for dataset, options in datasets.items():
        for density in DENSITIES:
            for family in FAMILIES:
                for seed in SEEDS:
                    _train(results, sparsectl, dataset, options, density, family, seed)
    results.missing = list(dict.fromkeys(results.missing))
    return results


def _train(results, sparsectl, dataset, options, density, family, seed) -> None:
    print(f"accuracy: {dataset} {density} {family} seed {seed}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as directory:
        command = [
            str(sparsectl),
            "train",
            "--json",
            *options,
            "--layers",
            "784,512,256,10",
            "--density",
            str(density),
            "--pattern",
            family,
            "--seed",
            str(seed),
            "--epochs",
            str(EPOCHS),
            "--output",
            f"{directory}/model.safetensors",
        ]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        results.missing.append(f"{dataset}, `{family}`: {reason}")
        return
    trained = json.loads(done.stdout)
    results.runs.append(
        {
            "dataset": dataset,
            "density": density,
            "family": family,
            "seed": seed,
            "accuracy": trained["test_accuracy"],
            "weights": trained["weights"],
        }
    )
