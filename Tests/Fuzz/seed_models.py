"""Inputs of the readers of safetensors files: arrays, models and checkpoints."""

import hashlib
import json
import struct


def text(value):
    """JSON as short as it gets."""
    return json.dumps(value, separators=(",", ":"))


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def file(arrays, metadata=None):
    """A safetensors file of `name: (type, shape, bytes)`, in the order of the reference."""
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    ranks = ["F32", "U32", "U16"]
    order = sorted(arrays, key=lambda name: (ranks.index(arrays[name][0]), name))
    for name in order:
        kind, shape, content = arrays[name]
        offsets = [len(data), len(data) + len(content)]
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": offsets}
        data += content
    encoded = text(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    return struct.pack("<Q", len(encoded)) + encoded + data


def raw(header, data=b""):
    return struct.pack("<Q", len(header)) + header + data


def safetensors_seeds():
    yield "nothing", raw(b"{}")
    weights = ("F32", [2, 2], floats(1, -0.0, 3.5, 1e-45))
    columns = ("U16", [3], struct.pack("<3H", 0, 5, 65535))
    yield "arrays", file({"w": weights, "c": columns}, {"format": "1", "note": 'é"\n'})
    kinds = {"BOOL": 1, "I8": 1, "F16": 2, "BF16": 2, "I64": 8, "F64": 8}
    header, end = {}, 0
    for kind, size in kinds.items():
        header[kind] = {"dtype": kind, "shape": [1], "data_offsets": [end, end + size]}
        end += size
    yield "kinds", raw(text(header).encode(), bytes(range(1, end + 1)))
    escapes = rb'{"\u00e9\ud83d\ude00\t":{"dtype":"U8","shape":[],"data_offsets":[0,1]}} '
    yield "escapes", raw(escapes, b"\7")
    yield "empty-arrays", raw(
        b'{"a":{"dtype":"U8","shape":[0,9],"data_offsets":[0,0]},'
        b'"b":{"dtype":"I32","shape":[0],"data_offsets":[0,0]}}')

    def entry(kind, shape, *offsets):
        header = {"a": {"dtype": kind, "shape": shape, "data_offsets": offsets}}
        return raw(text(header).encode(), bytes(offsets[1]))

    yield "gap", entry("U8", [1], 1, 2)
    yield "overflow", entry("F64", [2**32, 2**32], 0, 8)
    yield "unknown-kind", entry("F8_E4M3", [1], 0, 1)
    yield "long-header", struct.pack("<Q", 2**63) + b"{}"
    yield "key-twice", raw(b'{"__metadata__":{"a":"1","a":"2"}}')


class Junction:
    """A layer's arrays: its connections row by row, and numbers for its weights."""

    def __init__(self, inputs, rows, family=None, number=0):
        self.inputs, self.rows = inputs, rows
        self.family, self.number = family, number
        self.columns = [column for row in rows for column in row]
        self.offsets = [0]
        for row in rows:
            self.offsets.append(self.offsets[-1] + len(row))

    @classmethod
    def full(cls, inputs, outputs, number=0):
        return cls(inputs, [list(range(inputs))] * outputs, "full", number)

    @property
    def description(self):
        return {"kind": "linear", "inputs": self.inputs, "outputs": len(self.rows)}

    @property
    def entry(self):
        """What the metadata say of the pattern."""
        sizes = [len(self.rows), self.inputs, *self.offsets]
        digest = b"SPARSEPATTERN1" + struct.pack(f"<{len(sizes)}Q", *sizes)
        digest += struct.pack(f"<{len(self.columns)}I", *self.columns)
        entry = {"sha256": hashlib.sha256(digest).hexdigest()}
        if self.family:
            entry["recipe"] = {
                "family": self.family, "inputs": self.inputs, "outputs": len(self.rows),
                "edges": len(self.columns), "seed": 0, "junction": self.number,
            }
        return entry

    def arrays(self, name, form):
        count, outputs = len(self.columns), len(self.rows)
        values = floats(*((index % 5 - 2) / 4 for index in range(count)))
        arrays = {
            f"{name}.values": ("F32", [count], values),
            f"{name}.bias": ("F32", [outputs], floats(*(0.1 for _ in range(outputs)))),
        }
        if form == "recipe" and self.family:
            return arrays
        letter = "I" if form == "csr" else "H"
        kind = "U32" if form == "csr" else "U16"
        arrays[f"{name}.columns"] = (kind, [count], struct.pack(f"<{count}{letter}", *self.columns))
        if form == "csr" or len({len(row) for row in self.rows}) > 1:
            offsets = struct.pack(f"<{outputs + 1}I", *self.offsets)
            arrays[f"{name}.row_offsets"] = ("U32", [outputs + 1], offsets)
        return arrays


SPARSE = Junction(4, [[0, 2], [1, 3], [0, 3], [1, 2]])
RECTIFIER = {"kind": "activation", "inputs": 4, "outputs": 4, "function": "relu"}
TRAINING = {
    "epochs": 1, "batchSize": 8, "loss": "cross-entropy", "seed": 0, "validationFraction": 0.1,
    "optimizer": {
        "method": {"adam": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-07}},
        "learningRate": 0.001, "l2": 0,
    },
    "schedule": {"course": {"cosine": {"floor": 0}}, "warmupSteps": 0},
}
NETWORK = {
    "layerSizes": [4, 4, 3], "connectivity": {"densities": {"_0": [0.5]}},
    "families": ["structured"], "activation": "relu", "dropout": 0, "batchNormalization": False,
    "initializer": {"distribution": "he-normal", "usesDenseFan": False, "bias": 0}, "seed": 0,
}


class Model:
    """A network's description and arrays."""

    def __init__(self, backbone, branches, form="columns", **metadata):
        layers = [("backbone", backbone)] + [(name, own) for name, _, own in branches]
        self.junctions = {
            f"{prefix}.{index}": layer
            for prefix, own in layers
            for index, layer in enumerate(own) if isinstance(layer, Junction)
        }
        self.arrays = {}
        for name, junction in self.junctions.items():
            self.arrays |= junction.arrays(name, form)
        architecture = {"inputs": 4, "backbone": self.descriptions(backbone), "branches": [
            {
                "name": name, "position": position, "task": "label", "loss_weight": 1,
                "layers": self.descriptions(own),
            }
            for name, position, own in branches
        ]}
        if metadata.get("split", {}).get("part") == "edge":
            architecture["hands_over"] = True
        data = {"dataset": "csv", "features": 4, "classes": {"label": ["a", "b", "c"]}}
        patterns = {name: junction.entry for name, junction in self.junctions.items()}
        texts = {"architecture": architecture, "patterns": patterns, "data": data, **metadata}
        self.metadata = {key: text(value) for key, value in texts.items()}
        self.metadata["format_version"] = "1"

    @staticmethod
    def descriptions(layers):
        return [getattr(layer, "description", layer) for layer in layers]

    def bytes(self):
        return file(self.arrays, self.metadata)


def chain(**options):
    output = Junction.full(4, 3, number=1)
    return Model([SPARSE, RECTIFIER], [("output", 2, [output])], **options)


def split(part):
    output = {"branch": "output", "task": "label", "size": 3, "exit": 1}
    return {
        "part": part, "hidden_layers": 1, "boundary_features": 4,
        "identity": hashlib.sha256(b"network").hexdigest(), "output": output,
    }


def model_seeds():
    yield "plain", chain(training_recipe=TRAINING, network_recipe=NETWORK).bytes()
    yield "csr", chain(form="csr").bytes()
    yield "recipe", chain(form="recipe").bytes()
    uneven = Junction(4, [[], [0, 1, 2], [3]])
    yield "uneven", Model([], [("output", 0, [uneven])]).bytes()
    exit1 = ("exit1", 2, [Junction.full(4, 3, number=65537)])
    output = ("output", 2, [Junction.full(4, 3, number=1)])
    settings = {"rule": "max-probability", "temperatures": [1, 1.5], "thresholds": [0.9]}
    ranges = {f"boundary.1.{end}": ("F32", [4], floats(*[value] * 4))
              for end, value in (("low", -1), ("high", 2))}
    exits = Model([SPARSE, RECTIFIER], [exit1, output], exit_settings=settings)
    yield "exits", exits.bytes()
    exits.arrays |= ranges
    yield "ranges", exits.bytes()
    normalization = {"kind": "batch-normalization", "inputs": 4, "outputs": 4,
                     "settings": {"momentum": 0.99, "epsilon": 0.001}}
    dropout = {"kind": "dropout", "inputs": 4, "outputs": 4, "settings": {"rate": 0.2}}
    deep = Model([SPARSE, normalization, RECTIFIER, dropout], [("output", 4, output[2])])
    for name, value in NORMALIZATION.items():
        deep.arrays[f"backbone.1.{name}"] = ("F32", [4], floats(*[value] * 4))
    yield "normalized", deep.bytes()
    yield "edge", Model([SPARSE, RECTIFIER], [exit1], split=split("edge")).bytes()
    yield "remote", Model([], [("output", 0, output[2])], split=split("remote")).bytes()
    yield "no-model", file({}, {"format": "pt"})
    future = chain()
    future.metadata["format_version"] = "2"
    yield "future", future.bytes()
    wrong = chain()
    wrong.metadata["patterns"] = wrong.metadata["patterns"].replace('"sha256":"', '"sha256":"0')
    yield "wrong-digest", wrong.bytes()
    giant = chain(form="recipe")
    giant.metadata["patterns"] = giant.metadata["patterns"].replace('"edges":12', '"edges":999')
    yield "other-edges", giant.bytes()


NORMALIZATION = {"gamma": 1, "beta": 0, "running_mean": 0.5, "running_variance": 2}


def checkpoint_seeds():
    def run(moments, position, updates, **options):
        model = chain(training_recipe=TRAINING, network_recipe=NETWORK, **options)
        sizes = [len(model.arrays[f"{name}.{array}"][2]) // 4
                 for name in model.junctions for array in ("values", "bias")]
        for moment in range(moments):
            for parameter, size in enumerate(sizes):
                numbers = floats(*(0.01 * index for index in range(size)))
                model.arrays[f"optimizer.{moment}.{parameter}"] = ("F32", [size], numbers)
        model.metadata["checkpoint"] = text({
            "moments": moments, "parameters": len(sizes), "position": position,
            "updates": updates,
        })
        return model

    sums = {"correct": [3], "losses": [2.945], "samples": 8}
    yield "adam", run(2, {"epoch": 1, "step": 1, "sums": sums}, 4).bytes()
    yield "start", run(2, {"epoch": 0, "step": 0}, 0).bytes()
    yield "sgd", run(1, {"epoch": 2, "step": 0}, 6, form="recipe").bytes()
    lacking = run(2, {"epoch": 0, "step": 0}, 0)
    del lacking.arrays["optimizer.1.3"]
    yield "lacks-array", lacking.bytes()
    yield "no-checkpoint", chain().bytes()
    many = run(1, {"epoch": 0, "step": 0}, 0)
    many.metadata["checkpoint"] = many.metadata["checkpoint"].replace('"moments":1', '"moments":3')
    yield "three-moments", many.bytes()
