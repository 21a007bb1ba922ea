"""PyTorch with dense layers whose weights are multiplied by a mask, as the published code does."""

import torch
from torch import nn
from torch.nn import functional

from peers import torch_network
from peers.junction import Junction
from peers.torch_dense import linear, version  # noqa: F401  (version is part of a peer)
from peers.unsupported import Unsupported


class MaskedLinear(nn.Module):
    """y = x·(W ⊙ M)ᵀ + b."""

    def __init__(self, junction: Junction, scale: float) -> None:
        super().__init__()
        self.dense = linear(junction, scale)
        self.register_buffer("mask", torch.from_numpy((junction.dense != 0).astype("float32")))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The layer's output."""
        return functional.linear(x, self.dense.weight * self.mask, self.dense.bias)


def make_layer(junction: Junction, scale: float) -> nn.Module:
    """A full junction needs no mask."""
    is_full = len(junction.columns) == junction.inputs * junction.outputs
    return linear(junction, scale) if is_full else MaskedLinear(junction, scale)


def prepare(case: dict):
    """Layers, and networks that are trained."""
    if case["kind"] in ("product", "inference"):
        raise Unsupported("is PyTorch dense once the mask is multiplied in")
    return torch_network.prepare(case, make_layer)
