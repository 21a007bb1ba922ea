"""ONNX files of `sparsectl export`: by the checker of ONNX, run by onnxruntime, and compared with
the reader in python/, which computes in double precision, and with `sparsectl predict`."""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

try:
    import onnx
    import onnxruntime
    from onnx import numpy_helper
except ImportError as error:
    raise unittest.SkipTest(f"the tests of ONNX files: {error}") from error

from serving import CLASSES, FEATURES, LAYERS, SPARSECTL, train

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "python"))
import sparse_engine  # noqa: E402  (found by the line above)

SAMPLES = 400
FORMS = ("dense", "sparse")


def setUpModule():
    global temporary, directory, exits, data, tasks, samples, rows
    temporary = tempfile.TemporaryDirectory()
    directory = pathlib.Path(temporary.name)
    exits = train(directory, samples=SAMPLES)
    data = directory / f"data-{SAMPLES}.csv"
    with open(data, newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    # The same samples with a second task: whether the label is even.
    tasks = directory / "tasks.csv"
    with open(tasks, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerow([*lines[0], "even"])
        csv.writer(file).writerows([*line, "yn"[int(line[-1]) % 2]] for line in lines[1:])
    # Samples that nobody has seen, rounded so that text has all of their digits.
    values = np.random.default_rng(3).normal(0.2, 0.8, (60, FEATURES)).round(4)
    rows = directory / "rows.csv"
    np.savetxt(rows, values, fmt="%.4f", delimiter=",")
    samples = values.astype(np.float32)


def tearDownModule():
    temporary.cleanup()


def run(*arguments):
    """What a command says with --json."""
    command = [SPARSECTL, *map(str, arguments), "--json"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise AssertionError(f"{' '.join(command)}: {result.stderr}")
    return json.loads(result.stdout)


def trained(name, *options, source=None):
    """A network that was trained for a moment, so that no number in it is as it began."""
    model = directory / f"{name}.safetensors"
    choices = ["--epochs", 2, "--batch-size", 32, "--threads", 1, "--seed", 5]
    if "--layers" not in options:
        choices += ["--layers", LAYERS]
    choices += ["--dataset", "csv", "--data", source or data, "--output", model]
    run("train", *choices, *options)
    return model


def exported(model, weights="dense", *options):
    """The path of a file that the checker has nothing against, and what the command reports."""
    path = directory / f"{pathlib.Path(model).stem}-{weights}{''.join(map(str, options))}.onnx"
    report = run(
        *("export", model, "--format", "onnx", "--weights", weights, "--output", path), *options
    )
    onnx.checker.check_model(onnx.load(path), full_check=True)
    return path, report


def opened(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def outputs(session, x):
    """All outputs for samples, by their names."""
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"input": x}), strict=True))


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def assert_close(found, expected):
    # Outputs are sums that cancel: what is near 0 errs as the largest do.
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


class WholeNetworks(unittest.TestCase):
    def check(self, model, x=None, labels=()):
        """Compares both forms with the reader and with the program, for one sample and for many."""
        x = samples if x is None else x
        reader = sparse_engine.load(model)
        said = run("predict", model, rows, *labels)["predictions"]
        main = reader.branches[-1]
        for form in FORMS:
            with self.subTest(model=model.stem, weights=form):
                path, report = exported(model, form)
                self.assertEqual(report["file_bytes"], path.stat().st_size)
                session = opened(path)
                self.assertEqual([i.name for i in session.get_inputs()], ["input"])
                self.assertEqual(session.get_inputs()[0].shape, ["N", reader.inputs])
                names = [branch.name for branch in reader.branches]
                self.assertEqual([o.name for o in session.get_outputs()], names)
                for count in (1, 7, len(x)):
                    found = outputs(session, x[:count])
                    expected = reader.logits(samples[:count])
                    for name in names:
                        self.assertEqual(found[name].dtype, np.float32)
                        assert_close(found[name], expected[name])
                probabilities = softmax(found[main.name].astype(np.float64))
                expected = [row["probabilities"] for row in said]
                np.testing.assert_allclose(probabilities, expected, rtol=1e-5, atol=1e-6)
        return reader

    def test_every_activation_with_batch_normalisation_dropout_and_exits(self):
        for function in ("relu", "leaky-relu", "tanh", "sigmoid"):
            options = ["--activation", function, "--batch-norm", "--dropout", 0.2]
            options += ["--density", 0.25, "--exits", "1,2", "--exit-layers", 2]
            self.check(trained(function, *options))

    def test_patterns_of_several_families(self):
        cases = {
            "structured": [0.25], "balanced": [0.1], "random": [0.15], "banded": [0.25],
            "grouped:4": [0.25], "block:4x4": [0.25], "small-world:0.2": [0.25],
            "nm:1:4,nm:2:4,full": [], "local:6x4,structured,full": ["0.2,0.5,1"],
            "erdos-renyi": [0.2], "full": [],
        }  # fmt: skip
        for index, (pattern, density) in enumerate(cases.items()):
            options = ["--density", *density] if density else []
            model = trained(f"pattern{index}", "--pattern", pattern, *options)
            with self.subTest(pattern=pattern):
                self.check(model)

    def test_weights_are_those_of_the_model(self):
        model = trained("few", "--density", "0.2,0.5,1", "--pattern", "balanced")
        reader = sparse_engine.load(model)
        reports = {}
        for form in FORMS:
            path, reports[form] = exported(model, form)
            graph = onnx.load(path).graph
            arrays = {array.name: numpy_helper.to_array(array) for array in graph.initializer}
            constants = [node for node in graph.node if node.op_type == "Constant"]
            # Only where that is smaller.
            names = ["backbone.0.weights"] if form == "sparse" else []
            self.assertEqual([node.output[0] for node in constants], names)
            for node in constants:
                tensor = node.attribute[0].sparse_tensor
                dense = np.zeros(tuple(tensor.dims), np.float32)
                indices = numpy_helper.to_array(tensor.indices)
                dense.ravel()[indices] = numpy_helper.to_array(tensor.values)
                arrays[node.output[0]] = dense
            for name, weights in reader.weights.items():
                np.testing.assert_array_equal(arrays[f"{name}.weights"], weights.toarray())
        edges = {name: weights.nnz for name, weights in reader.weights.items()}
        cells = {name: np.prod(weights.shape) for name, weights in reader.weights.items()}
        expected = {
            "dense": 4 * sum(cells.values()),
            "sparse": sum(min(4 * cells[name], 12 * edges[name]) for name in edges),
        }
        for report in reports.values():
            self.assertEqual(report["weight_bytes"], expected)
        self.assertLess(reports["sparse"]["file_bytes"], reports["dense"]["file_bytes"])

    def test_tasks(self):
        options = ["--label-columns", "label,even", "--task-layers", "8"]
        model = trained("tasks", *options, "--density", 0.3, "--exits", "1", source=tasks)
        reader = self.check(model)
        self.assertEqual(sorted({branch.task for branch in reader.branches}), ["even", "label"])
        session = opened(exported(model)[0])
        metadata = session.get_modelmeta().custom_metadata_map
        self.assertEqual(json.loads(metadata["data"])["classes"], dict(reader.class_names))
        listed = json.loads(metadata["outputs"])
        self.assertEqual(
            [(entry["name"], entry["task"]) for entry in listed],
            [(branch.name, branch.task) for branch in reader.branches],
        )

    def test_padded_inputs(self):
        layers = f"{FEATURES + 6},16,{CLASSES}"
        model = trained("padded", "--layers", layers, "--pad-input", FEATURES + 6)
        self.check(model, np.pad(samples, ((0, 0), (0, 6))))

    def test_exits_are_decided_from_the_file_alone(self):
        calibrated = directory / "calibrated.safetensors"
        run("calibrate", exits, "--data", data, "--shares", "0.5,0.5", "--output", calibrated)
        session = opened(exported(calibrated)[0])
        metadata = session.get_modelmeta().custom_metadata_map
        settings = json.loads(metadata["exit_settings"])
        self.assertEqual((settings["rule"], metadata["loss"]), ("max-probability", "cross-entropy"))
        found = outputs(session, samples)
        labels, left = np.full(len(samples), -1), np.full(len(samples), -1)
        for entry in json.loads(metadata["outputs"]):
            exit = entry["exit"]
            temperature = np.float32(settings["temperatures"][exit])
            probabilities = softmax(found[entry["name"]] / temperature)
            never = [np.inf if value is None else value for value in settings["thresholds"]]
            sure = probabilities.max(axis=1) >= [*never, -np.inf][exit]
            here = sure & (left < 0)
            left[here] = exit
            labels[here] = probabilities.argmax(axis=1)[here]
        expected = sparse_engine.load(calibrated).predict(samples)
        self.assertTrue(0 < left.mean() < 1, "exits that decide nothing test nothing")
        np.testing.assert_array_equal(left, expected.exits)
        np.testing.assert_array_equal(labels, expected.labels)


class Parts(unittest.TestCase):
    def test_an_edge_and_a_remote_part_are_the_whole(self):
        options = ["--batch-norm", "--dropout", 0.2, "--density", 0.25, "--exits", "1,2"]
        model = trained("cut", *options)
        expected = outputs(opened(exported(model)[0]), samples)
        for cut in (0, 1, 2):
            names = ("edge", "remote")
            files = {name: directory / f"cut-{cut}-{name}.safetensors" for name in names}
            run("split", model, "--at", cut, "--edge", files["edge"], "--remote", files["remote"])
            for form in FORMS:
                with self.subTest(cut=cut, weights=form):
                    self.check(model, cut, form, files, expected)

    def check(self, model, cut, form, files, expected):
        sessions, identities = {}, set()
        for part, file in files.items():
            path, report = exported(file, form)
            # The same without the files of 'sparsectl split'.
            other, _ = exported(model, form, "--split", cut, "--part", part)
            self.assertEqual(path.read_bytes(), other.read_bytes())
            sessions[part] = opened(path)
            split = json.loads(sessions[part].get_modelmeta().custom_metadata_map["split"])
            self.assertEqual((split["part"], split["hidden_layers"]), (part, cut))
            identities.add(split["identity"])
        self.assertEqual(len(identities), 1)
        for count in (1, 7):
            edge = outputs(sessions["edge"], samples[:count])
            found = edge | outputs(sessions["remote"], edge.pop("boundary"))
            self.assertEqual(found.keys(), expected.keys())
            for name, values in found.items():
                assert_close(values, expected[name][:count])


class Command(unittest.TestCase):
    def test_report(self):
        path, report = exported(exits)
        self.assertEqual((report["format"], report["weights"]), ("onnx", "dense"))
        self.assertEqual((report["file"], report["opset"]), (str(path), 17))
        tensor = {"name": "input", "datatype": "FP32", "shape": [-1, FEATURES]}
        self.assertEqual(report["inputs"], [tensor])
        self.assertEqual([output["name"] for output in report["outputs"]], ["exit1", "output"])
        model = onnx.load(path)
        self.assertEqual((model.ir_version, model.opset_import[0].version), (8, 17))
        version = subprocess.run([SPARSECTL, "--version"], capture_output=True, text=True)
        self.assertEqual(model.producer_version, version.stdout.strip())

    def test_failures_leave_the_previous_file(self):
        path = directory / "kept.onnx"
        path.write_bytes(b"previous")
        damaged = directory / "damaged.safetensors"
        damaged.write_bytes(exits.read_bytes()[:-5])
        for model, more, code in (
            (damaged, (), 1),
            (exits, ("--split", "9", "--part", "edge"), 1),
            (exits, ("--split", "1"), 64),
            (exits, ("--part", "edge"), 64),
            (exits, ("--weights", "none"), 64),
            (exits, ("--format", "pmml"), 64),
        ):
            with self.subTest(model=model.stem, options=more):
                command = [SPARSECTL, "export", model, "--output", path, *more]
                result = subprocess.run(command, capture_output=True, text=True)
                self.assertEqual(result.returncode, code, result.stderr)
                self.assertEqual(result.stdout, "")
                self.assertTrue(result.stderr.startswith("Error: "), result.stderr)
                self.assertEqual(path.read_bytes(), b"previous")
        self.assertEqual(list(directory.glob(".kept*")), [])


if __name__ == "__main__":
    unittest.main()
