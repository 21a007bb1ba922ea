"""Layers, training steps, epochs and inference in PyTorch, for whatever makes the layers."""

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from peers.junction import Junction
from peers.stopwatch import Epoch
from peers.threads import set_threads
from peers.unsupported import Unsupported

EPOCH_SAMPLES = 60_000

# Makes a module of a junction; the weights are `scale` times the junction's values.
MakeLayer = Callable[[Junction, float], nn.Module]


def prepare(case: dict, make_layer: MakeLayer, is_feature_major: bool = False):
    """What measures a case of any kind but single products.

    Modules take and give `[samples, features]`, or `[features, samples]` where that spares them
    transposing. The data of a step are ready in memory as floats, in the modules' layout.
    """
    torch.manual_seed(0)
    kind = case["kind"]
    if kind == "layer":
        return _layer(Junction(case), make_layer, is_feature_major)
    model = _network(case, make_layer)
    set_threads(case["threads"])
    if kind == "inference":
        return _inference(case, model, is_feature_major)
    if kind == "step":
        return _step(case, model, is_feature_major)
    if kind == "epoch" and not is_feature_major:
        return _epoch(case, model)
    raise Unsupported(f"is not measured for '{kind}'")


def _network(case: dict, make_layer: MakeLayer) -> nn.Module:
    layers: list[nn.Module] = []
    for index in range(len(case["patterns"])):
        junction = Junction(case, index)
        fan_in = len(junction.columns) / junction.outputs
        layers += [make_layer(junction, 1 / math.sqrt(fan_in)), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _layer(junction: Junction, make_layer: MakeLayer, is_feature_major: bool):
    """Forward, input gradient and weight gradient of one layer."""
    module = make_layer(junction, 1.0)
    # The three products and nothing else, as of all engines.
    for name, parameter in module.named_parameters():
        if "bias" in name:
            parameter.requires_grad_(False)
    set_threads(junction.threads)
    x, dy = (junction.x_fm, junction.dy_fm) if is_feature_major else (junction.x_bm, junction.dy_bm)
    x, dy = torch.from_numpy(x).requires_grad_(), torch.from_numpy(dy)

    def run() -> None:
        x.grad = None
        module.zero_grad(set_to_none=True)
        module(x).backward(dy)

    run()
    as_fm = (lambda t: t.numpy()) if is_feature_major else (lambda t: t.numpy().T)
    with torch.no_grad():
        for bias in (p for name, p in module.named_parameters() if "bias" in name):
            bias.zero_()
        junction.check("forward", as_fm(module(x)))
    junction.check("input_gradient", as_fm(x.grad))
    for gradient in (p.grad.numpy() for name, p in module.named_parameters() if "bias" not in name):
        # One value for each edge, or a dense matrix, of which only the edges count.
        edges = gradient if gradient.ndim == 1 else gradient[junction.rows, junction.columns]
        junction.check("weight_gradient", edges)
    return run


def _optimizer(model: nn.Module) -> torch.optim.Optimizer:
    try:
        return torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, fused=True)
    except (RuntimeError, TypeError):
        return torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7)


def _step(case: dict, model: nn.Module, is_feature_major: bool):
    shape = (case["batch"], case["layers"][0])
    x = torch.rand(shape[::-1] if is_feature_major else shape)
    labels = torch.randint(case["layers"][-1], (case["batch"],))
    optimizer = _optimizer(model)

    def run() -> None:
        optimizer.zero_grad(set_to_none=True)
        logits = model(x)
        functional.cross_entropy(logits.T if is_feature_major else logits, labels).backward()
        optimizer.step()

    return run


def _epoch(case: dict, model: nn.Module):
    x = torch.rand(EPOCH_SAMPLES, case["layers"][0])
    labels = torch.randint(case["layers"][-1], (EPOCH_SAMPLES,))
    optimizer = _optimizer(model)

    def run() -> None:
        total = torch.zeros(())
        for chosen in torch.randperm(EPOCH_SAMPLES).split(case["batch"]):
            optimizer.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(model(x[chosen]), labels[chosen])
            loss.backward()
            optimizer.step()
            total += loss.detach()
        total.item()

    return Epoch(run)


def _inference(case: dict, model: nn.Module, is_feature_major: bool):
    shape = (case["batch"], case["layers"][0])
    x = torch.rand(shape[::-1] if is_feature_major else shape)

    def run() -> None:
        with torch.inference_mode():
            model(x)

    return run
