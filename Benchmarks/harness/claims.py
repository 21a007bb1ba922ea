"""What must hold, as ratios within one run, and what was measured."""

from harness.engines import SPARSE_TRAINERS, TITLES
from harness.markdown import Claim
from harness.results import SuiteResults

OURS = "native"
WIDE = "784x1024x1024x10"


def claims(suites: dict[str, SuiteResults]) -> list[Claim]:
    """Every line that the measured suites allow."""
    lines: list[Claim] = []
    if "kernels" in suites:
        lines += _kernel_claims(suites["kernels"])
    if "step" in suites:
        lines += _step_claims(suites["step"])
    if "epoch" in suites:
        lines += _epoch_claims(suites["epoch"])
    if "scaling" in suites:
        lines += _scaling_claims(suites["scaling"])
    return lines


def _at_least(
    bound: float, what: str, measured: float | None, detail: str = "", is_share: bool = False
) -> Claim:
    """A number that must reach a bound; None where something of it was not measured."""

    def text(value: float) -> str:
        return f"{value:.0%}" if is_share else f"{value:.2f}×"

    return Claim(
        what + (f" ({detail})" if detail else ""),
        text(bound),
        "–" if measured is None else text(measured),
        None if measured is None else measured >= bound,
    )


def _least(values: dict[str, float | None], is_share: bool = False) -> tuple[float | None, str]:
    """The smallest value, and all of them in words; None when one is missing."""
    words = ", ".join(f"{key}: {_short(value, is_share)}" for key, value in values.items())
    present = [value for value in values.values() if value is not None]
    return (min(present) if len(present) == len(values) and present else None), words


def _short(value: float | None, is_share: bool) -> str:
    if value is None:
        return "not measured"
    return f"{value:.0%}" if is_share else f"{value:.2f}"


def _kernel_claims(suite: SuiteResults) -> list[Claim]:
    def name(product: str, density: float, family: str, batch: int = 256) -> str:
        return f"{product} 1024x1024 d={density:.2f} b={batch} {family} t=1"

    def shares(products: list[str], family: str) -> tuple[float | None, str]:
        found = {}
        for product in products:
            for density in (0.1, 0.25):
                result = suite.find(name(product, density, family), OURS)
                share = result.gflops / suite.peak if result else None
                found[f"{product.replace('_', ' ')} at {density}"] = share
        return _least(found, is_share=True)

    lines = []
    for what, products, family, bound in (
        ("forward, `structured`, one thread, of the core's peak", ["forward"], "structured", 0.5),
        ("weight gradient, same", ["weight_gradient"], "structured", 0.45),
        (
            "forward and input gradient, `grouped:4`",
            ["forward", "input_gradient"],
            "grouped:4",
            0.85,
        ),
        ("weight gradient, `grouped:4`", ["weight_gradient"], "grouped:4", 0.5),
    ):
        measured, detail = shares(products, family)
        lines.append(_at_least(bound, what, measured, detail, is_share=True))

    one = name("forward", 0.25, "grouped:16", batch=1)
    lines.append(
        _at_least(
            2.5,
            "batch 1, `grouped:16`, 1024×1024, density 0.25, against OpenBLAS's dense sgemv",
            suite.ratio(one, OURS, "openblas"),
        )
    )
    products = ("forward", "input_gradient", "weight_gradient")
    measured, detail = _least(
        {p.replace("_", " "): suite.ratio(name(p, 1, "full"), OURS, "openblas") for p in products}
    )
    lines.append(_at_least(0.9, "density 1 against OpenBLAS's dense product", measured, detail))
    measured, detail = _least(
        {
            p.replace("_", " "): suite.ratio(name(p, 0.25, "structured"), "suitesparse", "openblas")
            for p in products[:2]
        }
    )
    lines.append(
        _at_least(
            0.75,
            "SuiteSparse on its fast path: forward and input gradient, density 0.25, against "
            "OpenBLAS's dense product",
            measured,
            detail,
        )
    )
    return lines


def _step_claims(suite: SuiteResults) -> list[Claim]:
    def name(density: float, family: str) -> str:
        return f"step {WIDE} d={density:.2f} b=256 {family} t=2"

    lines = [
        _at_least(
            bound,
            f"training step 784-1024-1024-10, density {density}, `{family}`, 2 threads, "
            "against PyTorch dense",
            suite.ratio(name(density, family), OURS, "torch_dense"),
        )
        for density, family, bound in (
            (0.25, "structured", 5),
            (0.25, "grouped:4", 7),
            (0.05, "structured", 15),
        )
    ]
    ratios = {}
    for density in (0.02, 0.05, 0.1, 0.25, 0.5):
        mine = suite.find(name(density, "structured"), OURS)
        peers = [suite.find(name(density, "structured"), peer) for peer in SPARSE_TRAINERS]
        times = {peer.engine: peer.milliseconds for peer in peers if peer}
        # The fastest of those that happened to run would be no claim about all of them.
        if mine is None or len(times) < len(SPARSE_TRAINERS):
            ratios[f"{density}"] = None
            continue
        fastest = min(times, key=times.get)
        ratios[f"{density} ({TITLES[fastest]})"] = times[fastest] / mine.milliseconds
    measured, detail = _least(ratios)
    lines.append(
        _at_least(
            2.5,
            "training step against the fastest of MKL CSR, PyTorch CSR, SparseProp, SparseLab, "
            "densities 0.02–0.5",
            measured,
            detail,
        )
    )
    return lines


def _epoch_claims(suite: SuiteResults) -> list[Claim]:
    name = "epoch 800x100x10 out=20,10 b=256 structured t=2"
    what = "epoch of 800-100-10, out-degrees 20,10, 2 threads, everything included, against "
    return [
        _at_least(4, what + "masked-dense PyTorch", suite.ratio(name, OURS, "torch_masked")),
        _at_least(
            8, what + "the published Keras recipe", suite.ratio(name, OURS, "keras_published")
        ),
    ]


def _scaling_claims(suite: SuiteResults) -> list[Claim]:
    one, two = (f"step {WIDE} d=0.25 b=256 structured t={threads}" for threads in (1, 2))
    # The time of one thread over that of two.
    measured = suite.ratio(two, OURS, OURS, peer_case=one)
    return [_at_least(1.8, "step of 784-1024-1024-10, density 0.25: from 1 to 2 threads", measured)]
