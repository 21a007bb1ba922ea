"""`sparsectl`, run for its reports."""

import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from harness.origin import commit, processor

DATASETS = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}
FASHION_MNIST = "/usr/share/datasets/fashion-mnist"


class Failure(Exception):
    """What keeps the results from being made, with the remedy."""


class Program:
    """The program, its data, and what it reported before."""

    def __init__(
        self,
        path: pathlib.Path,
        target: str,
        threads: int | None = None,
        is_report: bool = False,
    ):
        self.path = path.resolve()
        # What `make` calls the results.
        self.target = target
        self.data = {"mnist": os.environ.get("MNIST_DIR"), "fashion-mnist": FASHION_MNIST}
        self.threads = threads
        # Only what was reported before is taken.
        self.is_report = is_report
        self.origin = f"commit {commit()} on {processor()}"
        # What the reports in use were made by.
        self.origins: set[str] = set()

    def check(self) -> None:
        """Fails early when the program or the data are missing."""
        if not self.path.is_file():
            raise Failure(f"{self.path} is missing; build it, or use 'make {self.target}'")
        if not self.data["mnist"]:
            raise Failure("MNIST was not found; set MNIST_DIR to a directory with its IDX files")

    def report(self, arguments: Sequence[str], *extra: str) -> dict:
        """What a command reports; `extra` is left out where the command is shown."""
        print(shlex.join(["sparsectl", *arguments]), flush=True)
        self.origins.add(self.origin)
        command = [str(self.path), *arguments, *extra, "--json"]
        if self.threads and arguments[0] in ("train", "sweep", "calibrate", "evaluate"):
            command += ["--threads", str(self.threads)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Failure(f"{self.path.name} ended with {done.returncode}; run this again")
        return json.loads(done.stdout)

    def recorded(
        self,
        record: pathlib.Path,
        arguments: Sequence[str],
        *extra: str,
        after: pathlib.Path | None = None,
    ) -> dict:
        """The same, run only where it was not run before with these arguments.

        `after` is the record of what made its input: what is older was made of something else.
        """
        if record.is_file():
            kept = json.loads(record.read_text())
            is_current = not after or record.stat().st_mtime_ns >= after.stat().st_mtime_ns
            if is_current and kept["arguments"] == list(arguments):
                self.origins.add(kept.get("origin", "a program that did not tell"))
                return kept["report"]
        if self.is_report:
            raise Failure(f"{record} is missing or of other settings; run this without --report")
        report = self.report(arguments, *extra)
        # Whole or not at all: a stopped run leaves no half a record.
        partial = record.with_suffix(".partial")
        content = {"arguments": list(arguments), "origin": self.origin, "report": report}
        partial.write_text(json.dumps(content))
        partial.replace(record)
        return report

    def shown(self, arguments: Sequence[str], directory: pathlib.Path) -> str:
        """A command as a reader would give it: paths are the reader's own."""
        texts = []
        for argument in arguments:
            path = pathlib.Path(argument)
            if argument in self.data.values():
                texts.append("DIR")
            elif directory in path.parents:
                texts.append("model.safetensors" if path.suffix == ".safetensors" else path.name)
            else:
                texts.append(argument)
        return shlex.join(["sparsectl", *texts])


def main(
    doc: str | None,
    target: str,
    file: str,
    items: Iterable,
    study: Callable[[Program, pathlib.Path], "Study"],
    write: Callable[[pathlib.Path, pathlib.Path, list], bool],
) -> None:
    """Runs what is missing, checks, writes `file`; exit code 1 when something does not hold."""
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sparsectl", type=pathlib.Path, help="the program, built optimised")
    parser.add_argument("--report", action="store_true", help="only from what was run before")
    parser.add_argument("--threads", type=int, help="threads of each run; all cores without it")
    parser.add_argument("--output", type=pathlib.Path, default=root / file)
    options = parser.parse_args()
    program = Program(options.sparsectl, target, options.threads, options.report)
    directory = root / ".build" / target
    try:
        program.check()
        directory.mkdir(parents=True, exist_ok=True)
        runs = study(program, directory)
        results = [runs.results(item) for item in items]
        holds = write(options.output, root / "Benchmarks" / "plots", results)
        with options.output.open("a") as report:
            report.write(f"\nMade by {'; '.join(sorted(program.origins))}.\n")
    except Failure as failure:
        sys.exit(f"error: {failure}")
    print(options.output)
    if not holds:
        sys.exit("error: something that must hold does not; see the table at the top")


class Study(Protocol):
    """What runs the program for the results of one item."""

    def results(self, item: object) -> object:
        """Runs what is missing."""
