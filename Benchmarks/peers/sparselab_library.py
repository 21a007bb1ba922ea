"""SparseLab's padded CSR matrices and layers."""

import numpy as np
import sparselab
import torch
from sparselab import _core, layout
from torch import nn

from peers import torch_network
from peers.junction import Junction
from peers.threads import set_threads
from peers.torch_dense import linear


def version() -> str:
    """SparseLab's version."""
    return sparselab.__version__


def make_layer(junction: Junction, scale: float) -> nn.Module:
    """Its own module with the junction's pattern; dense where the junction is full."""
    edges = len(junction.columns)
    cells = junction.inputs * junction.outputs
    if edges == cells:
        return linear(junction, scale)
    layer = sparselab.SparseLinear(
        junction.inputs, junction.outputs, sparsity=1 - edges / cells, padding_ratio=0.0
    )
    layer._csr = layout.from_dense(torch.from_numpy(junction.dense) * scale, padding_ratio=0.0)
    layer._values = nn.Parameter(torch.from_numpy(np.asarray(layer._csr.values)))
    return layer


def prepare(case: dict):
    """Products, layers and networks."""
    if case["kind"] != "product":
        return torch_network.prepare(case, make_layer)
    j = Junction(case)
    matrix = layout.from_dense(torch.from_numpy(j.dense), padding_ratio=0.0)
    set_threads(case["threads"])
    product = case["product"]
    if product == "forward":
        run = lambda: _core.spmm_simd(matrix, j.x_fm)  # noqa: E731
    elif product == "input_gradient":
        transposed = matrix.transpose()
        run = lambda: _core.spmm_simd(transposed, j.dy_fm)  # noqa: E731
    else:
        run = lambda: _core.spmm_grad_w_simd(matrix, j.dy_fm, j.x_fm)  # noqa: E731
    j.check(product, run())
    return run
