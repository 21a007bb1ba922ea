"""A trainable layer of any library that multiplies CSR matrices with dense ones, in PyTorch."""

import numpy as np
import torch
from torch import nn

from peers.junction import Junction
from peers.torch_dense import linear


class Transpose:
    """The transposed pattern, and where its values are among the pattern's."""

    def __init__(self, junction: Junction) -> None:
        self.order = np.lexsort((junction.rows, junction.columns))
        self.columns = junction.rows[self.order]
        self.offsets = np.zeros(junction.inputs + 1, np.int32)
        np.cumsum(np.bincount(junction.columns, minlength=junction.inputs), out=self.offsets[1:])


class SparseFeatureMajor(nn.Module):
    """Y = W·X + b for `[features, samples]`, by products that a subclass has."""

    def __init__(self, junction: Junction, scale: float) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.from_numpy(junction.values) * scale)
        self.bias = nn.Parameter(torch.zeros(junction.outputs, 1))

    def multiply(self, x: torch.Tensor) -> torch.Tensor:
        """W·X."""
        raise NotImplementedError

    def multiply_transposed(self, dy: torch.Tensor) -> torch.Tensor:
        """Wᵀ·dY."""
        raise NotImplementedError

    def sample(self, dy: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """One value of dY·Xᵀ per stored weight."""
        raise NotImplementedError

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The layer's output."""
        return _Product.apply(x, self.values, self) + self.bias


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, values, layer):
        ctx.save_for_backward(x)
        ctx.layer = layer
        return layer.multiply(x)

    @staticmethod
    def backward(ctx, dy):
        (x,) = ctx.saved_tensors
        dy = dy.contiguous()
        dx = ctx.layer.multiply_transposed(dy) if ctx.needs_input_grad[0] else None
        return dx, ctx.layer.sample(dy, x), None


class DenseFeatureMajor(nn.Module):
    """A full junction among sparse ones: dense, on `[features, samples]`."""

    def __init__(self, junction: Junction, scale: float) -> None:
        super().__init__()
        self.dense = linear(junction, scale)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The layer's output."""
        return torch.addmm(self.dense.bias[:, None], self.dense.weight, x)


def make_layer(sparse: type[SparseFeatureMajor]):
    """Layers of that kind; dense where the junction is full, which suits every library best."""

    def make(junction: Junction, scale: float) -> nn.Module:
        is_full = len(junction.columns) == junction.inputs * junction.outputs
        return (DenseFeatureMajor if is_full else sparse)(junction, scale)

    return make
