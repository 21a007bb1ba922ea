"""The container of a model file: named arrays and text (huggingface.co/docs/safetensors)."""

from __future__ import annotations

import json
import math
import os
import stat
from typing import Any

import numpy as np

MAXIMUM_HEADER_BYTES = 100_000_000
MAXIMUM_FILE_BYTES = 1 << 32
# The types of the arrays in model files.
TYPES = {"U16": np.dtype("<u2"), "U32": np.dtype("<u4"), "F32": np.dtype("<f4")}


class ModelFileError(ValueError):
    """A file is damaged, is no model, or needs something that this reader does not do."""


def read(path: str | os.PathLike[str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Reads a file's arrays and metadata, once every size and place in it is found to fit.

    Raises `ModelFileError` for a file that breaks a rule of the format, `OSError` for one that
    cannot be read.
    """
    # A FIFO nobody writes to would otherwise be waited for before it can be refused.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ModelFileError(f"{path}: is not a regular file.")
        if status.st_size > MAXIMUM_FILE_BYTES:
            raise ModelFileError(
                f"{path}: is {status.st_size} bytes long; at most {MAXIMUM_FILE_BYTES} are read."
            )
        content = file.read(status.st_size)
    try:
        return _parse(content)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error} Copy or write the file again.") from error


def parse_json(text: str, name: str) -> Any:
    """The value of a JSON text, in which no key may stand twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            raise ValueError("a key stands twice")
        return value

    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{name} is not valid JSON ({error}).") from error


def whole(value: Any) -> bool:
    """Whether a value from JSON is a whole number of 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _parse(content: bytes) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    if len(content) < 8:
        raise ModelFileError(f"is {len(content)} bytes long, too short for a safetensors file.")
    length = int.from_bytes(content[:8], "little")
    if length > min(len(content) - 8, MAXIMUM_HEADER_BYTES):
        raise ModelFileError(
            f"announces a header of {length} bytes; {len(content) - 8} bytes follow, and "
            f"{MAXIMUM_HEADER_BYTES} are allowed."
        )
    try:
        text = content[8 : 8 + length].decode()
    except UnicodeDecodeError as error:
        raise ModelFileError("its header is not UTF-8.") from error
    header = parse_json(text, "its header")
    if not isinstance(header, dict):
        raise ModelFileError("its header is no JSON object.")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ModelFileError("its '__metadata__' are not texts by name.")
    entries = sorted(
        (_entry(name, entry) for name, entry in header.items()), key=lambda entry: entry[3:]
    )
    data = memoryview(content)[8 + length :]
    position = 0
    arrays = {}
    for name, dtype, shape, begin, end in entries:
        if begin != position:
            raise ModelFileError(
                f"array '{name}' begins at byte {begin} of the data, but the one before it ends at "
                f"{position}."
            )
        if end > len(data):
            raise ModelFileError(f"array '{name}' ends at byte {end} of {len(data)}.")
        arrays[name] = np.frombuffer(data[begin:end], dtype).reshape(shape)
        position = end
    if position != len(data):
        raise ModelFileError(f"{len(data)} bytes of data follow its header; {position} are used.")
    return arrays, metadata


def _entry(name: str, entry: Any) -> tuple[str, np.dtype, list[int], int, int]:
    """One array's name, type, shape, and first and last place in the data."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ModelFileError(f"'{name}' must have a dtype, a shape and data_offsets only.")
    shape, offsets = entry["shape"], entry["data_offsets"]
    if not (isinstance(shape, list) and len(shape) <= 8 and all(map(whole, shape))):
        raise ModelFileError(f"array '{name}' has an unusable shape.")
    if not (isinstance(offsets, list) and len(offsets) == 2 and all(map(whole, offsets))):
        raise ModelFileError(f"array '{name}' has unusable data_offsets.")
    dtype = TYPES.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
    if dtype is None:
        raise ModelFileError(f"array '{name}' is of a type other than {', '.join(TYPES)}.")
    begin, end = offsets
    if end - begin != math.prod(shape) * dtype.itemsize:
        raise ModelFileError(
            f"array '{name}' has the data_offsets {offsets}, which do not fit its shape {shape}."
        )
    return name, dtype, shape, begin, end
