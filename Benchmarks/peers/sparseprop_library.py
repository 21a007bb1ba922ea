"""SparseProp (Nikdan et al. 2023), built from PyPI's source for this CPU."""

import importlib.metadata

import numpy as np
from sparseprop import backend
from sparseprop.modules.linear import SparseLinear
from torch import nn

from peers import torch_network
from peers.junction import Junction
from peers.threads import set_threads
from peers.torch_dense import linear
from peers.unsupported import Unsupported


def version() -> str:
    """SparseProp's version."""
    return importlib.metadata.version("sparseprop")


def make_layer(junction: Junction, scale: float) -> nn.Module:
    """Its own module; dense where the junction is full."""
    dense = linear(junction, scale)
    is_full = len(junction.columns) == junction.inputs * junction.outputs
    return dense if is_full else SparseLinear.from_dense(dense)


def prepare(case: dict):
    """Products on its own layout, feature-major; networks of its modules."""
    if case["kind"] in ("step", "inference", "epoch"):
        return torch_network.prepare(case, make_layer)
    if case["kind"] == "product" and case["product"] != "forward":
        raise Unsupported("computes both gradients in one call: see the layer")
    j = Junction(case)
    set_threads(case["threads"])
    y, dx = np.zeros_like(j.dy_fm), np.zeros_like(j.x_fm)
    dw = np.zeros_like(j.values)

    # Both calls add to their results.
    def forward() -> None:
        y.fill(0)
        backend.sparse_linear_vectorized_forward(j.x_fm, j.offsets, j.columns, j.values, y)

    def layer() -> None:
        forward()
        dx.fill(0)
        dw.fill(0)
        backend.sparse_linear_vectorized_backward(
            j.x_fm, j.offsets, j.columns, j.values, j.dy_fm, dx, dw
        )

    layer()
    j.check("forward", y)
    j.check("input_gradient", dx)
    j.check("weight_gradient", dw)
    return forward if case["kind"] == "product" else layer
