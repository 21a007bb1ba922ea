"""MKL's CSR matrices; in networks within PyTorch, which lends its `sampled_addmm`."""

import numpy as np
import torch

from peers import mkl_library, torch_network
from peers.csr_layer import Transpose, make_layer
from peers.junction import Junction
from peers.torch_csr import TorchCSR
from peers.unsupported import Unsupported

version = mkl_library.version


class MKLCSR(TorchCSR):
    """A layer whose products with dense matrices are MKL's.

    Its matrices are not `optimize`d for training: the values change with every step.
    """

    def __init__(self, junction: Junction, scale: float) -> None:
        super().__init__(junction, scale)
        transpose = Transpose(junction)
        self.transposed_values = torch.zeros(len(junction.columns))
        self.matrix = mkl_library.SparseMatrix(
            junction.offsets,
            junction.columns,
            self.values.detach().numpy(),
            self.shape,
            junction.batch,
        )
        self.transposed_matrix = mkl_library.SparseMatrix(
            transpose.offsets,
            transpose.columns,
            self.transposed_values.numpy(),
            self.shape[::-1],
            junction.batch,
        )

    def multiply(self, x: torch.Tensor) -> torch.Tensor:
        return _product(self.matrix, x)

    def multiply_transposed(self, dy: torch.Tensor) -> torch.Tensor:
        torch.index_select(self.values.detach(), 0, self.order, out=self.transposed_values)
        return _product(self.transposed_matrix, dy)


class AnsweringMKLCSR(MKLCSR):
    """The same for inference, where the values stay."""

    def __init__(self, junction: Junction, scale: float) -> None:
        super().__init__(junction, scale)
        self.matrix.optimize()


def _product(matrix: mkl_library.SparseMatrix, x: torch.Tensor) -> torch.Tensor:
    x = x.contiguous()
    y = torch.empty(matrix.shape[0], x.shape[1])
    matrix.multiply(x.data_ptr(), y.data_ptr(), x.shape[1])
    return y


def prepare(case: dict):
    """Forward and input gradient; layers and networks with PyTorch's help."""
    mkl_library.set_threads(case["threads"])
    if case["kind"] != "product":
        layer = AnsweringMKLCSR if case["kind"] == "inference" else MKLCSR
        return torch_network.prepare(case, make_layer(layer), is_feature_major=True)
    j = Junction(case)
    product = case["product"]
    if product == "forward":
        matrix = mkl_library.SparseMatrix(
            j.offsets, j.columns, j.values, (j.outputs, j.inputs), j.batch
        )
        x = j.x_fm
    elif product == "input_gradient":
        t = Transpose(j)
        matrix = mkl_library.SparseMatrix(
            t.offsets, t.columns, j.values[t.order], (j.inputs, j.outputs), j.batch
        )
        x = j.dy_fm
    else:
        raise Unsupported("has no product at the positions of a pattern")
    matrix.optimize()
    y = np.zeros((matrix.shape[0], j.batch), np.float32)

    def run() -> None:
        matrix.multiply(x.ctypes.data, y.ctypes.data, j.batch)

    run()
    j.check(product, y)
    return run
