"""`RESULTS.md`: machine, commit, what must hold, every median, and the plots."""

import pathlib

from harness.accuracy import AccuracyResults
from harness.claims import claims
from harness.engines import ALL, TITLES
from harness.markdown import claims_table, table
from harness.plots import Plot
from harness.results import SuiteResults


def write(
    file: pathlib.Path,
    suites: dict[str, SuiteResults],
    accuracy: AccuracyResults | None,
    plots: list[Plot],
) -> None:
    """Writes the report of all suites that have been measured."""
    parts = ["# Benchmark results", _introduction(suites)]
    if suites:
        parts += ["## What must hold", _claims(suites)]
    for plot in plots:
        parts.append(f"![{plot.title}]({plot.file.relative_to(file.parent)})")
    parts += [_suite(suite) for suite in suites.values()]
    if accuracy is not None:
        parts.append(accuracy.markdown())
    if suites:
        parts += ["## Engines and peers", _versions(suites)]
    file.write_text("\n\n".join(part for part in parts if part) + "\n")


def _introduction(suites: dict[str, SuiteResults]) -> str:
    lines = [
        "Made by `make bench`; not edited by hand. Times are medians in milliseconds; within a",
        "case all engines take turns for several rounds, and only one process runs at a time, so",
        "ratios are of one run. GF/s count 2·edges·samples, whatever an engine computes besides.",
        "Every product is compared with the formula before it is timed. Steps and epochs run over",
        "made-up images; this package's include picking, scaling and packing their bytes, while",
        "PyTorch's steps get ready batches of floats.",
    ]
    for text in dict.fromkeys(_machine(suite.run) for suite in suites.values()):
        lines += ["", text]
    lines.append("")
    for suite in suites.values():
        run = suite.run
        lines.append(
            f"- `{suite.suite}`: {run['date']}, commit {run['commit']}, {run['rounds']} rounds of "
            f"at least {run['seconds']} s; slowest {suite.unrest:.0%} above fastest round (median)"
        )
    return "\n".join(lines)


def _machine(run: dict) -> str:
    machine = run["machine"]
    processor, peak = machine["processor"], machine["peak"]
    return (
        f"Machine: {processor['name']}, {processor['cores']} cores, "
        f"{' '.join(processor['features'])}; kernels `{machine['kernels']}`; measured peak of one "
        f"core {peak['gflops']:.1f} GF/s ({peak['instructions']}); built with `{run['flags']}`."
    )


def _claims(suites: dict[str, SuiteResults]) -> str:
    machine = next(iter(suites.values())).run["machine"]
    note = ""
    if "avx512f" not in machine["processor"]["features"]:
        note = (
            "The bounds are meant for 2 cores with AVX-512. This machine has none: its kernels are "
            f"`{machine['kernels']}`, with {machine['peak']['gflops']:.0f} GF/s at most.\n\n"
        )
    restless = [suite.suite for suite in suites.values() if suite.unrest > 0.1]
    if restless:
        note += (
            f"The machine was not quiet during these suites: {', '.join(restless)}. Whatever ran "
            "beside slows engines down by different amounts, those that wait for caches most.\n\n"
        )
    return note + claims_table(claims(suites), bound="at least")


def _suite(suite: SuiteResults) -> str:
    """A row a case, a column an engine: median, and how many times as long as the native engine."""
    engines = [
        engine.name
        for engine in ALL
        if any(result.engine == engine.name and result.milliseconds for result in suite.results)
    ]
    header = ["case", "edges", *(TITLES[engine] for engine in engines), "native, GF/s"]
    rows = []
    for case in suite.cases:
        native = suite.find(case["name"], "native")
        cells = [f"`{case['name']}`", f"{sum(case['edges']):,}"]
        for engine in engines:
            cells.append(_cell(suite.find(case["name"], engine), native))
        cells.append(f"{native.gflops:.1f}" if native and native.gflops else "–")
        rows.append(cells)
    parts = [
        f"## Suite `{suite.suite}`",
        "Milliseconds; in brackets how many times as long as the native engine.",
        table(header, rows),
    ]
    errors = [result for result in suite.results if result.error]
    if errors:
        failures = [f"- {TITLES[r.engine]}, `{r.case}`: {r.error}" for r in errors]
        parts += ["Failed:", "\n".join(failures)]
    return "\n\n".join(parts)


def _cell(result, native) -> str:
    if result is None:
        return "–"
    text = f"{result.milliseconds:.3g}"
    if native is not None and result is not native:
        text += f" ({result.milliseconds / native.milliseconds:.2g}×)"
    return text


def _versions(suites: dict[str, SuiteResults]) -> str:
    versions: dict[str, str] = {}
    missing: dict[str, str] = {}
    unsupported: dict[str, set[str]] = {}
    for suite in suites.values():
        # Of what was measured: another suite may have started an engine that it had no use for.
        measured = {result.engine for result in suite.results if result.milliseconds}
        versions |= {name: suite.versions[name] for name in measured & suite.versions.keys()}
        missing |= suite.missing
        for result in suite.results:
            if result.unsupported:
                unsupported.setdefault(result.engine, set()).add(result.unsupported)
    rows = ["| engine | version | not measured where it |", "|---|---|---|"]
    for engine in ALL:
        version = versions.get(engine.name, "–")
        if engine.name in missing and engine.name not in versions:
            version = f"**missing**: {missing[engine.name]}"
        reasons = "; ".join(sorted(unsupported.get(engine.name, ())))
        rows.append(f"| {engine.title} | {version.replace('|', '/')} | {reasons} |")
    return "\n".join(rows)
