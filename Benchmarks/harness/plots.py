"""SVG plots by gnuplot: time against density with every engine, and share of the peak."""

import pathlib
import shutil
import subprocess
from dataclasses import dataclass

from harness.engines import ALL, DENSE
from harness.results import SuiteResults


@dataclass
class Plot:
    """A file and its title."""

    title: str
    file: pathlib.Path


@dataclass
class _Curve:
    title: str
    points: list[tuple[float, float]]
    colour: str
    is_dashed: bool = False


# One colour an engine in every plot; dark for this package.
_COLOURS = {
    "native": "#000000",
    "suitesparse": "#777777",
    "openblas": "#d62728",
    "mkl_dense": "#ff7f0e",
    "torch_dense": "#e377c2",
    "torch_masked": "#8c564b",
    "torch_csr": "#9467bd",
    "mkl_csr": "#1f77b4",
    "scipy_csr": "#17becf",
    "sparseprop_library": "#2ca02c",
    "sparselab_library": "#bcbd22",
    "keras_published": "#aec7e8",
}
_PRODUCT_COLOURS = {
    "forward": "#1f77b4",
    "input_gradient": "#2ca02c",
    "weight_gradient": "#d62728",
}


# suite, start of the cases' names, rest of the names, title
_TIMES = (
    (
        "kernels",
        "forward 1024x1024",
        "b=256 {family} t=1",
        "Forward, 1024×1024, batch 256, 1 thread",
    ),
    ("kernels", "input_gradient 1024x1024", "b=256 {family} t=1", "Input gradient, same"),
    ("kernels", "weight_gradient 1024x1024", "b=256 {family} t=1", "Weight gradient, same"),
    ("layer", "layer 1024x1024", "b=256 {family} t=2", "Layer, 1024×1024, batch 256, 2 threads"),
    (
        "step",
        "step 784x1024x1024x10",
        "b=256 {family} t=2",
        "Training step, 784-1024-1024-10, batch 256, 2 threads",
    ),
)
_FAMILIES = ("structured", "grouped:4")


def draw(directory: pathlib.Path, suites: dict[str, SuiteResults]) -> list[Plot]:
    """Draws what the measured suites allow; nothing without gnuplot."""
    if shutil.which("gnuplot") is None:
        return []
    directory.mkdir(exist_ok=True)
    plots = []
    for suite, start, rest, title in _TIMES:
        if suite not in suites:
            continue
        curves = _time_curves(suites[suite], start, rest)
        if any(len(curve.points) > 1 for curve in curves):
            file = directory / f"{suite}-{start.split()[0].replace('_', '-')}.svg"
            _gnuplot(file, title, "milliseconds", curves, is_logarithmic=True)
            plots.append(Plot(title, file))
    if "kernels" in suites:
        curves = _peak_curves(suites["kernels"])
        if any(len(curve.points) > 1 for curve in curves):
            file = directory / "kernels-peak.svg"
            title = "Share of one core's measured peak, native kernels, 1024×1024, batch 256"
            _gnuplot(file, title, "share of peak, %", curves, is_logarithmic=False)
            plots.append(Plot(title, file))
    return plots


def _time_curves(suite: SuiteResults, start: str, rest: str) -> list[_Curve]:
    curves = []
    for engine in ALL:
        for family in _FAMILIES if engine.name == "native" else _FAMILIES[:1]:
            points = _points(suite, start, rest, family, engine.name, lambda r: r.milliseconds)
            if points:
                title = f"{engine.title}, {family}" if engine.name == "native" else engine.title
                colour = "#1a55ff" if family != "structured" else _COLOURS[engine.name]
                curves.append(_Curve(title, points, colour, engine.name in DENSE))
    return curves


def _peak_curves(suite: SuiteResults) -> list[_Curve]:
    curves = []
    for product in ("forward", "input_gradient", "weight_gradient"):
        for family in _FAMILIES:
            points = _points(
                suite,
                f"{product} 1024x1024",
                "b=256 {family} t=1",
                family,
                "native",
                lambda r: 100 * r.gflops / suite.peak,
            )
            if points:
                title = f"{product.replace('_', ' ')}, {family}"
                is_dashed = family != "structured"
                curves.append(_Curve(title, points, _PRODUCT_COLOURS[product], is_dashed))
    return curves


def _points(suite, start, rest, family, engine, value) -> list[tuple[float, float]]:
    points = []
    for case in suite.cases:
        names = [
            f"{start} d={case.get('density', 0):.2f} {rest.format(family=name)}"
            for name in (family, "full")
        ]
        result = suite.find(case["name"], engine)
        if case["name"] in names and result:
            # What the pattern has, which may differ from what was asked for.
            cells = sum(a * b for a, b in zip(case["layers"], case["layers"][1:], strict=False))
            points.append((sum(case["edges"]) / cells, value(result)))
    return sorted(points)


def _gnuplot(
    file: pathlib.Path, title: str, label: str, curves: list[_Curve], is_logarithmic: bool
) -> None:
    script = [
        "set terminal svg size 900,640 font 'sans-serif,13' background rgb 'white'",
        f"set output '{file}'",
        f"set title {_quoted(title)} noenhanced",
        "set xlabel 'density'",
        f"set ylabel {_quoted(label)}",
        "set logscale x",
        "set xtics (0.02, 0.05, 0.1, 0.25, 0.5, 1)",
        "set logscale y" if is_logarithmic else "set yrange [0:100]",
        "set grid",
        "set key below horizontal center maxcols 3 noenhanced",
    ]
    drawn = []
    for number, curve in enumerate(curves, 1):
        script.append(f"$curve{number} << end")
        script += [f"{x} {y}" for x, y in curve.points]
        script.append("end")
        style = f"dashtype {2 if curve.is_dashed else 1} linewidth 2 pointtype {number}"
        drawn.append(
            f"$curve{number} with linespoints {style} linecolor rgb '{curve.colour}' "
            f"title {_quoted(curve.title)}"
        )
    script.append("plot " + ", ".join(drawn))
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
