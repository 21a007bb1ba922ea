"""TensorBoard's own reader on what `train --metrics DIRECTORY/` writes."""

import csv
import importlib.util
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from serving import LAYERS, SPARSECTL, train

EPOCHS = 60


def setUpModule():
    global temporary, directory, data
    temporary = tempfile.TemporaryDirectory()
    directory = pathlib.Path(temporary.name)
    train(directory)
    data = directory / "data-200.csv"


def tearDownModule():
    temporary.cleanup()


def command(output, metrics, *more):
    options = ["--dataset", "csv", "--data", data, "--layers", LAYERS, "--batch-size", "16"]
    options += ["--epochs", str(EPOCHS), "--output", output, "--metrics", metrics]
    return [SPARSECTL, "train", *options, *more]


def run(*arguments):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command(*arguments), check=True, **quiet)


@unittest.skipUnless(
    importlib.util.find_spec("tensorboard"), "the Python package tensorboard is not installed"
)
class EventFiles(unittest.TestCase):
    def read(self, run):
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        events = EventAccumulator(str(run), size_guidance={"scalars": 0})
        events.Reload()
        return events

    def check(self, events, rows):
        """Compares every scalar with the same number of the CSV file, as 32-bit floats."""
        tags = {
            "loss/train": "train_loss",
            "loss/validation": "validation_loss",
            "accuracy/train": "train_accuracy",
            "accuracy/validation": "validation_accuracy",
            "learning_rate": "learning_rate",
        }
        self.assertEqual(set(events.Tags()["scalars"]), {*tags, "samples_per_second"})
        for tag, column in tags.items():
            scalars = events.Scalars(tag)
            self.assertEqual([scalar.step for scalar in scalars], list(range(1, EPOCHS + 1)))
            for scalar, row in zip(scalars, rows):
                expected = float(row[column])
                self.assertAlmostEqual(scalar.value, expected, delta=1e-6 * abs(expected))
        self.assertGreater(events.FirstEventTimestamp(), time.time() - 600)
        self.assertEqual(events.file_version, 2.0)

    def rows(self, path):
        with open(path, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_scalars_are_those_of_the_csv_file(self):
        run(directory / "a.safetensors", directory / "log.csv")
        run(directory / "b.safetensors", f"{directory}/whole/")
        self.check(self.read(directory / "whole"), self.rows(directory / "log.csv"))

    def test_a_run_that_was_killed_and_resumed_reads_as_one(self):
        run(directory / "c.safetensors", directory / "expected.csv")
        output, events = directory / "d.safetensors", directory / "killed"
        arguments = command(output, f"{events}/", "--resume")
        for delay in (0.05, 0.1, 0.15):
            process = subprocess.Popen(
                arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            process.wait()
            if output.exists():
                break
            # What a process leaves that dies in the middle of a record.
            for name in os.listdir(events) if events.exists() else []:
                with open(events / name, "ab") as file:
                    file.write(b"\x20\0\0\0\0\0\0\0torn")
        if not output.exists():
            run(output, f"{events}/", "--resume")
        self.assertEqual(len(os.listdir(events)), 1)
        self.check(self.read(events), self.rows(directory / "expected.csv"))


if __name__ == "__main__":
    unittest.main()
