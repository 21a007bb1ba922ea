"""Data, trained models and damaged files for the tests."""

from __future__ import annotations

import gzip
import json
import os
import pathlib
import subprocess
from typing import Any

import numpy as np

SPARSECTL = os.environ["SPARSECTL"]
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
FEATURES, CLASSES = 24, 5


def run(*arguments: object) -> Any:
    """What a command says with --json."""
    command = [SPARSECTL, *map(str, arguments), "--json"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{result.stderr}")
    return json.loads(result.stdout)


def train(directory: pathlib.Path, data: pathlib.Path, name: str, *options: object) -> pathlib.Path:
    """Trains a network within a fraction of a second."""
    model = directory / f"{name}.safetensors"
    choices = ["--epochs", 6, "--batch-size", 32, "--learning-rate", 0.01, "--threads", 1]
    run("train", "--dataset", "npz", "--data", data, *choices, *options, "--output", model)
    return model


def noisy_classes(path: pathlib.Path, tasks: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """Writes samples near one of five centers; with tasks, each has a numbering of its own."""
    random = np.random.default_rng(7)
    arrays = {}
    for part, count in (("tr", 400), ("va", 100), ("te", 150)):
        labels = random.integers(CLASSES, size=count)
        centers = np.arange(FEATURES) % CLASSES == labels[:, None]
        arrays[f"x{part}"] = random.normal(centers, 0.8).astype(np.float32)
        if tasks:
            for index, task in enumerate(tasks):
                arrays[f"y{part}_{task}"] = labels // (index + 1)
        else:
            arrays[f"y{part}"] = labels
    np.savez(path, **arrays)
    return arrays


def fashion_slice(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Writes the first few hundred pictures, as bytes."""
    arrays = {}
    for part, prefix, count in (("tr", "train", 300), ("te", "t10k", 100)):
        images = _idx(f"{prefix}-images-idx3-ubyte.gz", header=16, count=count * 784)
        arrays[f"x{part}"] = images.reshape(count, 784)
        labels = _idx(f"{prefix}-labels-idx1-ubyte.gz", header=8, count=count)
        arrays[f"y{part}"] = labels.astype(np.int64)
    np.savez(path, **arrays)
    return arrays


def _idx(name: str, header: int, count: int) -> np.ndarray:
    """The first bytes behind the header of an IDX file."""
    with gzip.open(FASHION / name) as file:
        return np.frombuffer(file.read(header + count), np.uint8, offset=header)


def take_apart(path: pathlib.Path) -> tuple[dict[str, Any], bytes]:
    """A file's header and its data."""
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:end]), content[end:]


def put_together(path: pathlib.Path, header: object, data: bytes) -> pathlib.Path:
    """Writes a file whose header may say anything."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path
