"""The reader's answers beside those of `sparsectl predict` and `sparsectl evaluate`."""

from __future__ import annotations

import hashlib
import json
import pathlib
import tempfile
import unittest
from collections.abc import Sequence

import numpy as np
from safetensors.numpy import load_file
from scipy.sparse import csr_array

import sparse_engine
from sparse_engine import safetensors

from . import support

LAYERS = ("--layers", "24,32,16,5")


class Answers(unittest.TestCase):
    """One directory of data for all."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.temporary = tempfile.TemporaryDirectory()
        cls.directory = pathlib.Path(cls.temporary.name)
        cls.data = cls.directory / "data.npz"
        cls.arrays = support.noisy_classes(cls.data)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.temporary.cleanup()

    def check(self, path: pathlib.Path, data: pathlib.Path, x: np.ndarray) -> sparse_engine.Model:
        """Loads a model, and compares its patterns and its answers."""
        model = sparse_engine.load(path)
        self.check_patterns(path, model)
        found = model.probabilities(x)
        said = support.run("predict", path, data, "--threads", 1)["predictions"]
        main = model.branches[-1].task
        for task, values in found.items():
            answers = [row["tasks"][task] if len(found) > 1 else row for row in said]
            self.assertEqual([row["class"] for row in answers], values.argmax(axis=1).tolist())
            # Outputs trained on squares are sums that cancel: near 0 they err as their terms do.
            atol = 0 if model.loss == "cross-entropy" else 1e-6
            expected = np.array([row["probabilities"] for row in answers], np.float32)
            np.testing.assert_allclose(values, expected, rtol=1e-5, atol=atol)
            names = [model.class_names[task][label] for label in values.argmax(axis=1)]
            self.assertEqual([row["name"] for row in answers], names)
        if model.exit_settings is None:
            answer = model.predict(x)
            np.testing.assert_array_equal(answer.probabilities, found[main])
            self.assertTrue((answer.exits == len(model.exits) - 1).all())
        return model

    def check_patterns(self, path: pathlib.Path, model: sparse_engine.Model) -> None:
        """Compares with the official reader's arrays, and makes the digests again."""
        arrays, metadata = safetensors.read(path)
        official = load_file(path)
        self.assertEqual(arrays.keys(), official.keys())
        for name, array in official.items():
            np.testing.assert_array_equal(arrays[name], array)
        entries = json.loads(metadata["patterns"])
        self.assertEqual(entries.keys(), model.patterns.keys())
        for name, pattern in model.patterns.items():
            self.assertIsInstance(pattern, csr_array)
            text = b"SPARSEPATTERN1" + np.array(pattern.shape, "<u8").tobytes()
            text += pattern.indptr.astype("<u8").tobytes() + pattern.indices.astype("<u4").tobytes()
            self.assertEqual(hashlib.sha256(text).hexdigest(), entries[name]["sha256"])

    def test_patterns_and_activations(self) -> None:
        cases = [
            ("structured", "relu"),
            ("balanced", "leaky-relu"),
            ("local:6x4,structured,full", "tanh"),
            ("full", "sigmoid"),
        ]
        for pattern, function in cases:
            with self.subTest(pattern=pattern):
                options = ["--pattern", pattern, "--activation", function]
                if pattern != "full":
                    options += ["--density", "0.3,0.3,1"]
                model = support.train(self.directory, self.data, function, *LAYERS, *options)
                self.check(model, self.data, self.arrays["xte"])

    def test_batch_norm_dropout_padding_and_squares(self) -> None:
        cases = {
            "norm": [*LAYERS, "--batch-norm", "--dropout", 0.2],
            "padded": ["--layers", "30,16,5", "--pad-input", 30],
            "squares": [*LAYERS, "--loss", "mean-squared-error"],
        }
        for name, options in cases.items():
            with self.subTest(name):
                path = support.train(
                    self.directory, self.data, name, *options, "--density", 0.5, "--exits", 1
                )
                self.check(path, self.data, self.arrays["xte"])
                self.check_exits(path)

    def check_exits(self, path: pathlib.Path, rules: Sequence[str] = ("max-probability",)) -> None:
        """Where samples leave as calibrated for each rule, and what they are answered."""
        for rule in rules:
            with self.subTest(path=path.stem, rule=rule):
                calibrated = path.with_suffix(f".{rule}")
                options = ["--data", self.data, "--rule", rule, "--max-accuracy-loss", 0.05]
                support.run("calibrate", path, *options, "--output", calibrated)
                report = support.run("evaluate", calibrated, "--data", self.data, "--threads", 1)
                answer = self.check(calibrated, self.data, self.arrays["xte"]).predict(
                    self.arrays["xte"]
                )
                right = answer.labels == self.arrays["yte"]
                self.assertEqual(report["accuracy"], right.mean())
                for index, entry in enumerate(report["exits"]):
                    here = answer.exits == index
                    self.assertEqual(entry["share"], here.mean())
                    if here.any():
                        self.assertEqual(entry["accuracy"], right[here].mean())
                mean = np.mean([report["exits"][index]["macs"] for index in answer.exits])
                self.assertAlmostEqual(report["expected_macs"], mean, places=6)

    def test_exits_and_calibration(self) -> None:
        options = ["--density", 0.5, "--exits", "1,2", "--exit-layers", 2, "--exit-width", 12]
        path = support.train(self.directory, self.data, "exits", *LAYERS, *options)
        self.check_exits(path, ["max-probability", "entropy", "margin", "patience"])

    def test_exits_with_thresholds_of_ones_own(self) -> None:
        options = [*LAYERS, "--density", 0.5, "--exits", "1,2"]
        path = support.train(self.directory, self.data, "own", *options)
        model = sparse_engine.load(path)
        for rule, thresholds in (("entropy", [0.4, 0.9]), ("margin", [0.7, 0.3])):
            report = support.run(
                *("evaluate", path, "--data", self.data, "--rule", rule),
                *("--threshold", ",".join(map(str, thresholds))),
            )
            settings = sparse_engine.ExitSettings(rule, [1, 1, 1], thresholds)
            answer = model.predict(self.arrays["xte"], settings)
            shares = [entry["share"] for entry in report["exits"]]
            self.assertEqual(shares, [(answer.exits == index).mean() for index in range(3)])
            self.assertEqual(report["accuracy"], (answer.labels == self.arrays["yte"]).mean())
            self.assertTrue(0 < shares[0] < 1, "a threshold that decides nothing tests nothing")
        never = model.predict(
            self.arrays["xte"], sparse_engine.ExitSettings("margin", [1, 1, 1], [None, None])
        )
        self.assertTrue((never.exits == 2).all())
        with self.assertRaisesRegex(ValueError, "2 temperatures"):
            model.predict(self.arrays["xte"], sparse_engine.ExitSettings("margin", [1, 1], [1]))

    def test_several_tasks(self) -> None:
        data = self.directory / "tasks.npz"
        arrays = support.noisy_classes(data, ("left", "right"))
        options = ["--layers", "24,32,16,3", "--tasks", "right,left", "--task-layers", "8"]
        path = support.train(self.directory, data, "tasks", *options, "--density", 0.5)
        model = self.check(path, data, arrays["xte"])
        self.assertEqual(set(model.class_names), {"left", "right"})
        self.assertEqual(model.branches[-1].task, "right")

    @unittest.skipUnless(support.FASHION.is_dir(), "Debian's dataset-fashion-mnist is not there")
    def test_pictures_of_bytes(self) -> None:
        data = self.directory / "fashion.npz"
        arrays = support.fashion_slice(data)
        options = ["--layers", "784,64,10", "--pattern", "local,full", "--density", "0.1,1"]
        path = support.train(self.directory, data, "fashion", *options)
        model = self.check(path, data, arrays["xte"])
        pictures = arrays["xte"].reshape(-1, 28, 28)
        np.testing.assert_array_equal(
            model.predict(pictures).labels, model.predict(arrays["xte"]).labels
        )

    def test_storage_forms_and_parts(self) -> None:
        options = [*LAYERS, "--density", 0.5, "--exits", 1]
        path = support.train(self.directory, self.data, "whole", *options)
        whole = sparse_engine.load(path)
        expected = whole.logits(self.arrays["xte"])
        csr, compact = self.directory / "csr", self.directory / "compact"
        support.run("convert", path, "--storage", "csr", "--output", csr)
        found = self.check(csr, self.data, self.arrays["xte"]).logits(self.arrays["xte"])
        np.testing.assert_array_equal(found["exit1"], expected["exit1"])
        support.run("convert", path, "--storage", "recipe", "--output", compact)
        with self.assertRaisesRegex(sparse_engine.ModelFileError, "sparsectl convert"):
            sparse_engine.load(compact)
        parts = [self.directory / "edge", self.directory / "remote"]
        support.run("split", path, "--at", 1, "--edge", parts[0], "--remote", parts[1])
        edge, remote = map(sparse_engine.load, parts)
        with self.assertRaisesRegex(ValueError, "edge part"):
            edge.predict(self.arrays["xte"])
        np.testing.assert_array_equal(edge.logits(self.arrays["xte"])["exit1"], expected["exit1"])
        middle = self.arrays["xte"].astype(np.float64)
        for layer in edge.backbone:
            middle = layer.run(middle)
        np.testing.assert_allclose(
            remote.logits(middle)["output"], expected["output"], rtol=1e-5, atol=1e-6
        )
