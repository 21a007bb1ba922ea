"""A network from a model file: its patterns, its outputs, its answers."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from . import exits, layers, safetensors
from .exits import ExitSettings
from .layers import Layer
from .safetensors import ModelFileError, whole

FORMAT_VERSION = "1"


@dataclass(frozen=True)
class Branch:
    """Layers that leave the backbone after `position` of its layers, and end in an output."""

    name: str
    position: int
    task: str
    layers: list[Layer]


@dataclass(frozen=True)
class Prediction:
    """What the network said of each sample."""

    # The class with the largest probability, and all probabilities, at the exit where it left.
    labels: np.ndarray
    probabilities: np.ndarray
    # The exit, as an index in `Model.exits`, and how sure it was.
    exits: np.ndarray
    confidences: np.ndarray


@dataclass(frozen=True)
class Model:
    """A network and what its file tells of it."""

    # The features of a sample, and of the network, which sees zeros behind those.
    features: int
    inputs: int
    backbone: list[Layer]
    branches: list[Branch]
    # Only there once `sparsectl calibrate` has solved them.
    exit_settings: ExitSettings | None
    # The names of each task's classes.
    class_names: Mapping[str, list[str]]
    loss: str
    # Whether this is the edge part of a network that was split.
    hands_over: bool
    # The task of the ordinary output; of an edge part, that of the whole network's.
    output_task: str | None
    # The texts of the file, by name.
    metadata: Mapping[str, str]

    @property
    def weights(self) -> dict[str, csr_array]:
        """Each junction's weights, [outputs, inputs], by its name, such as `backbone.0`."""
        every = [self.backbone, *(branch.layers for branch in self.branches)]
        return {
            layer.name: layer.weights
            for chain in every
            for layer in chain
            if layer.weights is not None
        }

    @property
    def patterns(self) -> dict[str, csr_array]:
        """Each junction's pattern: True where it has a connection."""
        return {
            name: csr_array((np.ones(w.nnz, bool), w.indices, w.indptr), shape=w.shape)
            for name, w in self.weights.items()
        }

    @property
    def exits(self) -> list[str]:
        """The branches of the main task, by their names; the last is the ordinary output."""
        return [b.name for b in self.branches if b.task == self.output_task]

    def logits(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """The outputs of every branch for samples, [samples, classes], by the branch's name.

        x: [samples, features], or more dimensions that hold so many; bytes are divided by 255.
        """
        values = self._samples(x)
        outputs = {}
        for position in range(len(self.backbone) + 1):
            if position > 0:
                values = self.backbone[position - 1].run(values)
            for branch in self.branches:
                if branch.position == position:
                    output = values
                    for layer in branch.layers:
                        output = layer.run(output)
                    outputs[branch.name] = output.astype(np.float32)
        return outputs

    def probabilities(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """What the last branch of every task makes of samples: that is `sparsectl predict`."""
        self._require_whole()
        last = {branch.task: branch.name for branch in self.branches}
        logits = self.logits(x)
        return {task: self._probabilities(logits[name]) for task, name in last.items()}

    def predict(self, x: np.ndarray, settings: ExitSettings | None = None) -> Prediction:
        """The main task's answers, each from the first exit that is sure of its sample.

        settings: when samples leave; without it as calibrated, else at the last exit only.
        """
        self._require_whole()
        settings = settings or self.exit_settings or self._never
        settings.check(len(self.exits))
        logits = self.logits(x)
        count = len(logits[self.exits[-1]])
        found = Prediction(
            labels=np.zeros(count, np.int64),
            probabilities=np.zeros_like(logits[self.exits[-1]]),
            exits=np.zeros(count, np.int64),
            confidences=np.zeros(count, np.float32),
        )
        present = np.ones(count, bool)
        answers: list[np.ndarray] = []
        for index, name in enumerate(self.exits):
            values = self._probabilities(logits[name], settings.temperatures[index])
            confidences = exits.RULES[settings.rule](values, answers)
            answers.append(values.argmax(axis=1))
            leaving = present & settings.leaving(index, confidences)
            found.labels[leaving] = answers[-1][leaving]
            found.probabilities[leaving] = values[leaving]
            found.exits[leaving] = index
            found.confidences[leaving] = confidences[leaving]
            present &= ~leaving
        return found

    @property
    def _never(self) -> ExitSettings:
        count = len(self.exits)
        return ExitSettings("max-probability", [1.0] * count, [None] * (count - 1))

    def _probabilities(self, logits: np.ndarray, temperature: float = 1) -> np.ndarray:
        if not np.isfinite(logits).all():
            raise ValueError("an output is not finite: scale samples as those of the training.")
        # Networks trained on squares have outputs that stand for probabilities themselves.
        return exits.softmax(logits, temperature) if self.loss == "cross-entropy" else logits

    def _require_whole(self) -> None:
        if self.hands_over:
            raise ValueError("this is the edge part of a split network; load the whole network.")

    def _samples(self, x: np.ndarray) -> np.ndarray:
        x = np.asarray(x)
        if x.ndim < 2 or math.prod(x.shape[1:]) != self.features or x.dtype.kind not in "fiub":
            raise ValueError(
                f"samples must be numbers of shape [samples, {self.features}], not {x.dtype} of "
                f"shape {list(x.shape)}."
            )
        values = x.astype(np.float32).reshape(len(x), self.features)
        if x.dtype == np.uint8:
            values /= np.float32(255)
        return np.pad(values, ((0, 0), (0, self.inputs - self.features))).astype(np.float64)


def load(path: str | os.PathLike[str]) -> Model:
    """Reads a model file, and checks all of it before using any.

    Raises `ModelFileError` for a file that is damaged, compact or of another version, `OSError`
    for one that cannot be read.
    """
    arrays, metadata = safetensors.read(path)
    try:
        return _model(arrays, metadata)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error


def _model(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> Model:
    version = metadata.get("format_version")
    if version != FORMAT_VERSION:
        raise ModelFileError(
            "it has no 'format_version', so it is not a model of this engine."
            if version is None
            else f"it is of format version {version[:20]}; this reader reads {FORMAT_VERSION}."
        )
    architecture = _object(metadata, "architecture")
    patterns = _object(metadata, "patterns")
    data = _object(metadata, "data")
    inputs, features = architecture.get("inputs"), data.get("features")
    if not (whole(inputs) and whole(features) and 1 <= features <= inputs):
        raise ModelFileError(f"samples of {features} features cannot enter {inputs} inputs.")
    if inputs > layers.MAXIMUM_NEURONS:
        raise ModelFileError(f"it has {inputs} inputs; {layers.MAXIMUM_NEURONS} are allowed.")

    def chain(descriptions: Any, prefix: str, size: int) -> list[Layer]:
        if not isinstance(descriptions, list):
            raise ModelFileError(f"the layers of '{prefix}' are no list.")
        made = []
        for index, description in enumerate(descriptions):
            layer = layers.make(f"{prefix}.{index}", description, arrays, patterns)
            if layer.inputs != size:
                raise ModelFileError(
                    f"layer '{layer.name}' takes {layer.inputs} features, but {size} come in."
                )
            made.append(layer)
            size = layer.outputs
        return made

    backbone = chain(architecture.get("backbone"), "backbone", inputs)
    sizes = [inputs, *(layer.outputs for layer in backbone)]
    branches: list[Branch] = []
    if not isinstance(architecture.get("branches"), list):
        raise ModelFileError("its branches are no list.")
    for entry in architecture["branches"]:
        name, position, task = _branch(entry, branches, len(backbone))
        own = chain(entry.get("layers"), name, sizes[position])
        if not own:
            raise ModelFileError(f"branch '{name}' has no layers.")
        branches.append(Branch(name, position, task, own))
    hands_over = architecture.get("hands_over") is True
    if not hands_over and (not branches or branches[-1].position != len(backbone)):
        raise ModelFileError("it has no last branch that leaves after its whole backbone.")
    training = _object(metadata, "training_recipe", {})
    loss = training.get("loss", "cross-entropy")
    if loss not in ("cross-entropy", "mean-squared-error"):
        raise ModelFileError(f"it was trained on the loss {loss!r}, which this reader lacks.")
    output_task = architecture.get("output_task", branches[-1].task if branches else None)
    if not hands_over and output_task != branches[-1].task:
        raise ModelFileError(f"its last branch is not of its output's task, {output_task!r}.")
    count = sum(branch.task == output_task for branch in branches)
    return Model(
        features=features,
        inputs=inputs,
        backbone=backbone,
        branches=branches,
        exit_settings=_exit_settings(metadata, count, hands_over),
        class_names=_class_names(data),
        loss=loss,
        hands_over=hands_over,
        output_task=output_task,
        metadata=metadata,
    )


def _object(
    metadata: Mapping[str, str], key: str, default: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A JSON object from the metadata."""
    if key not in metadata:
        if default is None:
            raise ModelFileError(f"its metadata lack '{key}'.")
        return default
    value = safetensors.parse_json(metadata[key], f"the text '{key}' of its metadata")
    if not isinstance(value, dict):
        raise ModelFileError(f"the text '{key}' of its metadata is no JSON object.")
    return value


def _branch(entry: Any, before: list[Branch], end: int) -> tuple[str, int, str]:
    """The name, the position and the task of a branch."""
    if not isinstance(entry, dict):
        raise ModelFileError("a branch is not described by an object.")
    name, position, task = (entry.get(key) for key in ("name", "position", "task"))
    if not isinstance(name, str) or not re.fullmatch("[A-Za-z0-9_-]+", name) or name == "backbone":
        raise ModelFileError(f"{name!r} cannot name a branch.")
    if any(other.name == name for other in before):
        raise ModelFileError(f"two branches are called '{name}'.")
    first = before[-1].position if before else 0
    if not whole(position) or not first <= position <= end or not isinstance(task, str):
        raise ModelFileError(
            f"branch '{name}' of task {task!r} leaves at {position!r}; branches come in order, "
            f"within {first}…{end}."
        )
    return name, position, task


def _exit_settings(
    metadata: Mapping[str, str], count: int, hands_over: bool
) -> ExitSettings | None:
    """When samples leave, as the file has it."""
    if "exit_settings" not in metadata:
        return None
    entry = _object(metadata, "exit_settings")
    try:
        settings = ExitSettings(
            str(entry["rule"]),
            [float(value) for value in entry["temperatures"]],
            [None if value is None else float(value) for value in entry["thresholds"]],
        )
        settings.check(count, hands_over)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelFileError(f"its exit settings are unusable: {error}") from error
    return settings


def _class_names(data: dict[str, Any]) -> dict[str, list[str]]:
    """The names of each task's classes."""
    classes = data.get("classes")
    if not isinstance(classes, dict) or not all(isinstance(v, list) for v in classes.values()):
        raise ModelFileError("its data have no classes by task.")
    return {task: [str(name) for name in names] for task, names in classes.items()}
