"""PyTorch's CSR tensors; the weight gradient by `torch.sparse.sampled_addmm`."""

import warnings

import torch

from peers import torch_network
from peers.csr_layer import SparseFeatureMajor, Transpose, make_layer
from peers.junction import Junction
from peers.threads import set_threads
from peers.torch_dense import version  # noqa: F401  (part of a peer)

warnings.filterwarnings("ignore", message="Sparse CSR tensor support")


def _csr(offsets, columns, values, shape) -> torch.Tensor:
    return torch.sparse_csr_tensor(offsets, columns, values, shape, check_invariants=False)


class TorchCSR(SparseFeatureMajor):
    """A layer with its pattern and the transposed one."""

    def __init__(self, junction: Junction, scale: float) -> None:
        super().__init__(junction, scale)
        transpose = Transpose(junction)
        self.shape = (junction.outputs, junction.inputs)
        self.indices = tuple(map(torch.from_numpy, (junction.offsets, junction.columns)))
        self.transposed = tuple(map(torch.from_numpy, (transpose.offsets, transpose.columns)))
        self.order = torch.from_numpy(transpose.order)
        self.zeros = torch.zeros(len(junction.columns))

    def multiply(self, x: torch.Tensor) -> torch.Tensor:
        return _csr(*self.indices, self.values.detach(), self.shape) @ x

    def multiply_transposed(self, dy: torch.Tensor) -> torch.Tensor:
        values = self.values.detach()[self.order]
        return _csr(*self.transposed, values, self.shape[::-1]) @ dy

    def sample(self, dy: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        at = _csr(*self.indices, self.zeros, self.shape)
        return torch.sparse.sampled_addmm(at, dy, x.T, beta=0).values()


def prepare(case: dict):
    """Products, layers and networks."""
    if case["kind"] != "product":
        return torch_network.prepare(case, make_layer(TorchCSR), is_feature_major=True)
    j = Junction(case)
    layer = TorchCSR(j, 1.0)
    set_threads(case["threads"])
    x, dy = torch.from_numpy(j.x_fm), torch.from_numpy(j.dy_fm)
    product = case["product"]
    if product == "forward":
        matrix = _csr(*layer.indices, layer.values.detach(), layer.shape)
        run = lambda: matrix @ x  # noqa: E731
    elif product == "input_gradient":
        values = layer.values.detach()[layer.order]
        transposed = _csr(*layer.transposed, values, layer.shape[::-1])
        run = lambda: transposed @ dy  # noqa: E731
    else:
        run = lambda: layer.sample(dy, x)  # noqa: E731
    j.check(product, run().numpy())
    return run
