"""The peer: the same network as dense NumPy products, as a runtime of MLServer."""

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse
from safetensors.numpy import load_file

LAYERS = ("backbone.0", "output.0")


def weights(path: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each junction's dense matrix, inputs × outputs, and its bias."""
    arrays = load_file(path)
    layers = []
    for name in LAYERS:
        values, bias = arrays[f"{name}.values"], arrays[f"{name}.bias"]
        columns = arrays[f"{name}.columns"].astype(np.int64)
        offsets = arrays.get(f"{name}.row_offsets")
        if offsets is None:
            offsets = np.arange(len(bias) + 1) * (len(values) // len(bias))
        inputs = 512 if name == "backbone.0" else 256
        matrix = np.zeros((inputs, len(bias)), np.float32)
        for row in range(len(bias)):
            inside = slice(int(offsets[row]), int(offsets[row + 1]))
            matrix[columns[inside], row] = values[inside]
        layers.append((matrix, bias))
    return layers


def forward(layers: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray) -> np.ndarray:
    """The network's outputs."""
    for matrix, bias in layers[:-1]:
        x = np.maximum(x @ matrix + bias, 0)
    matrix, bias = layers[-1]
    return x @ matrix + bias


class NumPyTail(MLModel):
    """Loads the arrays of a model file once, and multiplies."""

    async def load(self) -> bool:
        self._layers = weights(self.settings.parameters.uri)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        x = NumpyCodec.decode_input(payload.inputs[0]).astype(np.float32, copy=False)
        output = NumpyCodec.encode_output("output", forward(self._layers, x))
        return InferenceResponse(model_name=self.name, id=payload.id, outputs=[output])
