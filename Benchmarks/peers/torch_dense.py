"""PyTorch with dense layers: the zeros are trained as well, as nothing keeps them at zero."""

import torch
from torch import nn

from peers import torch_network
from peers.junction import Junction
from peers.threads import set_threads


def version() -> str:
    """PyTorch's version."""
    return torch.__version__


def linear(junction: Junction, scale: float) -> nn.Linear:
    """A dense layer that starts from the junction's weights."""
    layer = nn.Linear(junction.inputs, junction.outputs)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(junction.dense) * scale)
    return layer


def prepare(case: dict):
    """Dense products, layers and networks."""
    if case["kind"] != "product":
        return torch_network.prepare(case, linear)
    j = Junction(case)
    set_threads(case["threads"])
    w, x, dy = (torch.from_numpy(array) for array in (j.dense, j.x_bm, j.dy_bm))
    product = case["product"]
    a, b = {
        "forward": (x, w.T),
        "input_gradient": (dy, w),
        "weight_gradient": (dy.T, x),
    }[product]
    result = torch.mm(a, b)
    j.check(product, result.numpy() if product == "weight_gradient" else result.numpy().T)
    return lambda: torch.mm(a, b, out=result)
