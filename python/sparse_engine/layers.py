"""The layers of a network: each takes and gives an array of [samples, features]."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit

from .safetensors import ModelFileError, whole

MAXIMUM_NEURONS = 1 << 24
MAXIMUM_EDGES = (1 << 31) - 1
FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky-relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "tanh": np.tanh,
    "sigmoid": expit,
}


@dataclass(frozen=True)
class Layer:
    """One layer: what it is called in the file, its sizes, and what it computes."""

    name: str
    inputs: int
    outputs: int
    run: Callable[[np.ndarray], np.ndarray]
    # Of a junction: one row per output, float32.
    weights: csr_array | None = None
    bias: np.ndarray | None = None


def make(
    name: str, description: Any, arrays: Mapping[str, np.ndarray], patterns: Mapping[str, Any]
) -> Layer:
    """The layer that a file's architecture describes, checked with the arrays it needs."""
    if not isinstance(description, dict):
        raise ModelFileError(f"layer '{name}' is not described by an object.")
    kind, inputs, outputs = (description.get(key) for key in ("kind", "inputs", "outputs"))
    if not all(whole(size) and 1 <= size <= MAXIMUM_NEURONS for size in (inputs, outputs)):
        raise ModelFileError(
            f"layer '{name}' goes from {inputs} to {outputs} features; sizes are whole numbers of "
            f"1 to {MAXIMUM_NEURONS}."
        )
    if kind == "linear":
        # First, since it bounds what a few bytes can ask for.
        bias = _floats(f"{name}.bias", outputs, arrays)
        weights = _weights(name, inputs, outputs, arrays, patterns.get(name))
        wide = weights.astype(np.float64)
        return Layer(name, inputs, outputs, lambda x: (wide @ x.T).T + bias, weights, bias)
    if inputs != outputs:
        raise ModelFileError(f"layer '{name}' of kind '{kind}' goes from {inputs} to {outputs}.")
    if kind == "activation":
        function = description.get("function")
        if not isinstance(function, str) or function not in FUNCTIONS:
            raise ModelFileError(
                f"layer '{name}' has the function {function!r}; known are {', '.join(FUNCTIONS)}."
            )
        return Layer(name, inputs, outputs, FUNCTIONS[function])
    if kind == "dropout":
        return Layer(name, inputs, outputs, lambda x: x)
    if kind == "batch-normalization":
        return Layer(name, inputs, outputs, _normalization(name, inputs, description, arrays))
    raise ModelFileError(
        f"layer '{name}' is of kind {kind!r}; known are linear, activation, dropout and "
        "batch-normalization."
    )


def sha256(pattern: csr_array) -> str:
    """The digest that the file has of a pattern."""
    digest = hashlib.sha256(b"SPARSEPATTERN1")
    digest.update(np.array(pattern.shape, "<u8").tobytes())
    digest.update(pattern.indptr.astype("<u8").tobytes())
    digest.update(pattern.indices.astype("<u4").tobytes())
    return digest.hexdigest()


def _normalization(
    name: str, size: int, description: dict[str, Any], arrays: Mapping[str, np.ndarray]
) -> Callable[[np.ndarray], np.ndarray]:
    settings = description.get("settings")
    epsilon = settings.get("epsilon") if isinstance(settings, dict) else None
    if not isinstance(epsilon, float | int) or not 1e-12 <= epsilon <= 1:
        raise ModelFileError(f"layer '{name}' has no epsilon of 1e-12 to 1, but {epsilon!r}.")
    gamma, beta, mean, variance = (
        _floats(f"{name}.{part}", size, arrays).astype(np.float64)
        for part in ("gamma", "beta", "running_mean", "running_variance")
    )
    if (variance < 0).any():
        raise ModelFileError(f"'{name}.running_variance' holds a number below 0.")
    scale = gamma / np.sqrt(variance + epsilon)
    return lambda x: (x - mean) * scale + beta


def _floats(name: str, count: int, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """One of a layer's arrays of numbers."""
    array = arrays.get(name)
    if array is None or array.dtype != np.float32 or array.shape != (count,):
        found = "missing" if array is None else f"{array.dtype} of shape {array.shape}"
        raise ModelFileError(f"'{name}' must be {count} numbers of F32, but is {found}.")
    if not np.isfinite(array).all():
        raise ModelFileError(f"'{name}' holds a number that is not finite.")
    return array


def _integers(name: str, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """One of a layer's arrays of indices."""
    array = arrays[name]
    if array.dtype.kind != "u" or array.ndim != 1:
        raise ModelFileError(f"'{name}' must be a list of U16 or U32.")
    return array.astype(np.int64)


def _weights(
    name: str, inputs: int, outputs: int, arrays: Mapping[str, np.ndarray], entry: Any
) -> csr_array:
    """The values of a junction where its pattern has them."""
    if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
        raise ModelFileError(f"the metadata lack the pattern of '{name}', or its SHA-256.")
    if f"{name}.columns" not in arrays:
        if entry.get("recipe") is not None:
            raise ModelFileError(
                f"it is a compact file: of the pattern of '{name}' it has the recipe only, which "
                "this reader does not carry out. Convert it: "
                "sparsectl convert MODEL --storage columns --output FILE"
            )
        raise ModelFileError(f"layer '{name}' has neither columns nor a pattern recipe.")
    columns = _integers(f"{name}.columns", arrays)
    edges = len(columns)
    if edges > MAXIMUM_EDGES:
        raise ModelFileError(f"'{name}' has {edges} edges; at most {MAXIMUM_EDGES} are allowed.")
    if f"{name}.row_offsets" in arrays:
        offsets = _integers(f"{name}.row_offsets", arrays)
    elif edges % outputs == 0:
        offsets = np.arange(outputs + 1) * (edges // outputs)
    else:
        raise ModelFileError(
            f"the {edges} columns of '{name}' cannot be dealt evenly to {outputs} rows, and it has "
            "no row offsets."
        )
    if len(offsets) != outputs + 1 or offsets[0] != 0 or offsets[-1] != edges:
        raise ModelFileError(f"'{name}.row_offsets' do not go from 0 to {edges} in {outputs} rows.")
    if (np.diff(offsets) < 0).any():
        raise ModelFileError(f"'{name}.row_offsets' fall.")
    rows = np.repeat(np.arange(outputs), np.diff(offsets))
    # Within a row columns must rise; from one row to the next they may fall.
    if edges and (columns.max() >= inputs or (np.diff(rows * inputs + columns) <= 0).any()):
        raise ModelFileError(f"'{name}.columns' do not rise within each row and below {inputs}.")
    values = _floats(f"{name}.values", edges, arrays)
    indices = (columns.astype(np.int32), offsets.astype(np.int32))
    weights = csr_array((values, *indices), shape=(outputs, inputs))
    if sha256(weights) != entry["sha256"]:
        raise ModelFileError(
            f"the pattern of '{name}' has the SHA-256 {sha256(weights)[:12]}…, but the metadata "
            f"promise {entry['sha256'][:12]}…."
        )
    return weights
