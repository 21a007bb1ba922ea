"""Damaged files, and samples that do not fit."""

from __future__ import annotations

import copy
import json
import os
import pathlib
import random
import tempfile
import unittest
from collections.abc import Callable
from typing import Any

import numpy as np

import sparse_engine
from sparse_engine import ModelFileError

from . import support


class Damage(unittest.TestCase):
    """A small model, and what may happen to it."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = pathlib.Path(cls.temporary.name)
        data = cls.directory / "data.npz"
        cls.arrays = support.noisy_classes(data)
        options = ["--layers", "24,16,5", "--pattern", "random", "--density", 0.4, "--exits", 1]
        cls.model = support.train(cls.directory, data, "model", *options, "--batch-norm")
        support.run("calibrate", cls.model, "--data", data)
        cls.header, cls.content = support.take_apart(cls.model)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.temporary.cleanup()

    def refuse(self, words: str, header: object = None, data: bytes | None = None) -> None:
        """A file with another header or other data must be refused with certain words."""
        path = support.put_together(
            self.directory / "damaged",
            self.header if header is None else header,
            self.content if data is None else data,
        )
        with self.assertRaisesRegex(ModelFileError, words) as caught:
            sparse_engine.load(path)
        self.assertTrue(str(caught.exception).startswith(f"{path}: "))

    def array(self, name: str) -> slice:
        """Where the data of an array are."""
        return slice(*self.header[name]["data_offsets"])

    def test_whole_file_is_read(self) -> None:
        path = support.put_together(self.directory / "same", self.header, self.content)
        model = sparse_engine.load(path)
        self.assertEqual(model.exits, ["exit1", "output"])
        self.assertIn("backbone.0.row_offsets", self.header)

    def test_every_truncation(self) -> None:
        whole = self.model.read_bytes()
        path = self.directory / "short"
        for length in [*range(0, len(whole), 97), len(whole) - 1]:
            path.write_bytes(whole[:length])
            with self.assertRaises(ModelFileError, msg=f"{length} bytes"):
                sparse_engine.load(path)

    def test_headers(self) -> None:
        def changed(name: str, **entries: object) -> dict[str, Any]:
            return {**self.header, name: {**self.header[name], **entries}}

        name = "backbone.0.values"
        begin, end = self.header[name]["data_offsets"]
        cases: list[tuple[str, object]] = [
            ("not valid JSON", b"{"),
            ("not valid JSON", b'{"a":' + b"[" * 200_000),
            ("stands twice", b'{"a":1,"a":2}'),
            ("not UTF-8", b"\xff\xfe"),
            ("no JSON object", b"[]"),
            ("not texts", {**self.header, "__metadata__": {"a": 1}}),
            ("only", {**self.header, "x": {"dtype": "F32", "shape": [0]}}),
            ("unusable shape", changed(name, shape=[-1])),
            ("unusable shape", changed(name, shape=[True])),
            ("data_offsets", changed(name, data_offsets=[end, begin])),
            ("data_offsets", changed(name, data_offsets=[begin, 1 << 70])),
            ("fit its shape", changed(name, shape=[1 << 62, 4])),
            ("of a type", changed(name, dtype="F64")),
            ("of a type", changed(name, dtype=[1])),
            ("begins at", changed(name, data_offsets=[begin + 4, end + 4])),
        ]
        for words, header in cases:
            with self.subTest(words=words):
                self.refuse(words, header)
        self.refuse("bytes of data follow", data=self.content + b"0000")
        self.refuse("ends at byte|bytes of data", data=self.content[:-4])
        (self.directory / "damaged").write_bytes((1 << 60).to_bytes(8, "little") + b"{}")
        with self.assertRaisesRegex(ModelFileError, "announces a header"):
            sparse_engine.load(self.directory / "damaged")
        with self.assertRaisesRegex(ModelFileError, "regular file"):
            sparse_engine.load("/dev/null")
        os.mkfifo(self.directory / "fifo")
        with self.assertRaisesRegex(ModelFileError, "regular file"):
            sparse_engine.load(self.directory / "fifo")

    def test_metadata(self) -> None:
        def architecture(change: Callable[[Any], object]) -> dict[str, Any]:
            value = json.loads(self.header["__metadata__"]["architecture"])
            change(value)
            return metadata(architecture=json.dumps(value))

        def metadata(**texts: str) -> dict[str, Any]:
            header = copy.deepcopy(self.header)
            header["__metadata__"].update(texts)
            return header

        without = copy.deepcopy(self.header)
        del without["__metadata__"]["format_version"]
        many = '{"rule":"margin","temperatures":[1,1],"thresholds":[1,1]}'
        unknown = '{"rule":"guess","temperatures":[1,1],"thresholds":[1]}'
        cases = [
            ("no 'format_version'", without),
            ("format version 9", metadata(format_version="9")),
            ("'architecture' of its metadata is not valid", metadata(architecture="{")),
            ("no JSON object", metadata(architecture="[]")),
            ("lack the pattern", metadata(patterns="{}")),
            ("no classes", metadata(data='{"features":24}')),
            ("25 features", metadata(data='{"features":25,"classes":{}}')),
            ("exit settings .* 2 thresholds", metadata(exit_settings=many)),
            ("guess", metadata(exit_settings=unknown)),
            ("loss", metadata(training_recipe='{"loss":"huber"}')),
            ("takes 24 features, but 30", architecture(lambda a: a.update(inputs=30))),
            ("cannot enter 23", architecture(lambda a: a.update(inputs=23))),
            ("sizes are", architecture(lambda a: a["backbone"][0].update(outputs=1 << 40))),
            ("16 numbers|17 numbers", architecture(lambda a: a["backbone"][0].update(outputs=17))),
            ("kind 'mystery'", architecture(lambda a: a["backbone"][0].update(kind="mystery"))),
            ("epsilon", architecture(lambda a: a["backbone"][1].pop("settings"))),
            ("function", architecture(lambda a: a["backbone"][2].update(function="gelu"))),
            ("last branch", architecture(lambda a: [b.update(position=2) for b in a["branches"]])),
            ("cannot name", architecture(lambda a: a["branches"][0].update(name="a.b"))),
            ("two branches", architecture(lambda a: a["branches"][0].update(name="output"))),
            ("come in order", architecture(lambda a: a["branches"][0].update(position=9))),
            ("no layers", architecture(lambda a: a["branches"][0].update(layers=[]))),
        ]
        for words, header in cases:
            with self.subTest(words=words):
                self.refuse(words, header)

    def test_arrays(self) -> None:
        def data(name: str, change: Callable[[np.ndarray], object]) -> bytes:
            types = {"F32": "<f4", "U16": "<u2", "U32": "<u4"}
            place = self.array(name)
            values = np.frombuffer(self.content[place], types[self.header[name]["dtype"]]).copy()
            change(values)
            return self.content[: place.start] + values.tobytes() + self.content[place.stop :]

        def put(index: int, value: float) -> Callable[[np.ndarray], object]:
            return lambda values: values.__setitem__(index, value)

        columns, offsets = "backbone.0.columns", "backbone.0.row_offsets"
        first = np.frombuffer(self.content[self.array(columns)], "<u2")[:2]
        unused = next(c for c in range(first[0] + 1, 24) if c not in first)
        cases = [
            ("not finite", data("backbone.0.values", put(3, np.nan))),
            ("not finite", data("output.0.bias", put(0, np.inf))),
            ("below 0", data("backbone.1.running_variance", put(0, -1))),
            ("do not rise", data(columns, put(0, 24))),
            ("do not rise", data(columns, lambda c: c[:2].sort() or put(1, c[0])(c))),
            ("do not rise|SHA-256", data(columns, put(0, unused))),
            ("do not go from 0", data(offsets, put(0, 1))),
            ("do not go from 0", data(offsets, put(-1, 7))),
            ("fall", data(offsets, put(1, 1 << 31))),
        ]
        for words, content in cases:
            with self.subTest(words=words):
                self.refuse(words, data=content)

    def test_changed_bytes_are_refused_or_read(self) -> None:
        source = random.Random(3)
        whole = self.model.read_bytes()
        path = self.directory / "changed"
        end = 8 + int.from_bytes(whole[:8], "little")
        refused = 0
        for _ in range(400):
            changed = bytearray(whole)
            for _ in range(source.randrange(1, 4)):
                changed[source.randrange(end)] = source.randrange(256)
            path.write_bytes(changed)
            try:
                sparse_engine.load(path)
            except ModelFileError:
                refused += 1
        self.assertGreater(refused, 200)

    def test_samples_that_do_not_fit(self) -> None:
        model = sparse_engine.load(self.model)
        for wrong in (np.zeros(24), np.zeros((3, 25)), np.array([["a"] * 24])):
            with self.assertRaisesRegex(ValueError, "24"):
                model.predict(wrong)
        with self.assertRaisesRegex(ValueError, "not finite"):
            model.predict(np.full((1, 24), np.nan))
        self.assertEqual(len(model.predict(np.zeros((0, 24))).labels), 0)
