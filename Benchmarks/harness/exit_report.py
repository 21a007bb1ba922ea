"""`RESULTS-exits.md`: what must hold, the tables, the pictures, and the command of each."""

import pathlib
import shutil
import statistics

from harness.exits import Results, Run
from harness.markdown import Claim, claims_table, table
from harness.sweeps import accuracy_text, mean_accuracy

_INTRODUCTION = """\
Made by `make exit-results`; not edited by hand. Three seeds each. Every network of a data set, with
exits or without, is trained by one recipe on nine tenths of the training samples: that which
RESULTS-sweep.md chose. Temperatures and thresholds are solved by `sparsectl calibrate` on the tenth
that was set aside; the designs were chosen there, too.

Multiply–adds (MACs) are per sample; those of an exit count everything before it, the heads of
earlier exits included."""

_PLAIN = """\
A bloated last exit makes savings cheap. So the networks with exits are also compared with plain
ones, the best of a sweep: the sparse and the dense network with the fewest MACs among those that
are at most 0.1 points less accurate than the network with exits (means of three seeds)."""

_ONLINE = """\
The test samples as a stream, shuffled; in its second half every pixel has normal noise. The bandit
starts knowing nothing, sees no labels, and picks for each sample how far to compute and how sure to
be. The random policy draws among the same arms; the oracle has, in each half, the arm that is best
in hindsight, by the labels; *calibrated* are the thresholds of above, unchanged. What the whole
cost is worth in confidence (`--cost-weight`), for the oracle too, was chosen on a stream of
validation samples: the most with which the bandit loses at most two points there."""


def write(file: pathlib.Path, plots: pathlib.Path, results: list[Results]) -> bool:
    """Writes the report and copies its pictures; whether everything holds that must."""
    claims = [claim for result in results for claim in _claims(result)]
    parts = ["# Early exits", _INTRODUCTION, "## What must hold", claims_table(claims)]
    for result in results:
        parts += [f"## {result.title}", *_exits(result), "### Beside plain networks", _PLAIN]
        parts += [_plain(result), "### A stream that drifts", _ONLINE, _online(result)]
        parts += _pictures(file, plots, result)
        parts.append("```\n" + "\n".join(result.commands) + "\n```")
    file.write_text("\n\n".join(parts) + "\n")
    return all(claim.holds for claim in claims)


def _mean(result: Results, value) -> float:
    return statistics.fmean(value(run) for run in result.runs)


def _last(run: Run) -> dict:
    return run.evaluation["exits"][-1]


def _fewer(run: Run) -> float:
    return _last(run)["macs"] / run.evaluation["expected_macs"]


def _points(run: Run) -> float:
    return 100 * (run.evaluation["accuracy"] - _last(run)["accuracy_on_all"])


def _speed(run: Run) -> float:
    latency = run.evaluation["latency"]
    return latency["last_exit_microseconds"] / latency["microseconds"]


def _counted(run: Run) -> float:
    return run.evaluation["latency"]["counted_macs"]


def _error(run: Run, when: str) -> float:
    return statistics.fmean(exit[when] for exit in run.calibration["calibration_error"])


def _policy(run: Run, name: str) -> dict:
    return next(policy for policy in run.online["policies"] if policy["policy"] == name)


def _cheapest(rows: list[dict], accuracy: float) -> dict | None:
    """The plain network with the fewest MACs that is as accurate, within 0.1 points."""
    able = [row for row in rows if mean_accuracy(row) >= accuracy - 0.001]
    return min(able, key=lambda row: row["macs"], default=None)


def _claims(result: Results) -> list[Claim]:
    design, name = result.design, result.title
    last = _mean(result, lambda run: _last(run)["accuracy_on_all"])
    fewer, points = _mean(result, _fewer), _mean(result, _points)
    early = 1 - _mean(result, lambda run: _last(run)["share"])
    claims = [
        Claim(
            f"{name}: test accuracy of the last exit",
            f"{100 * design.last:.1f} %",
            f"{100 * last:.2f} %",
            last >= design.last,
        ),
        Claim(
            f"{name}: fewer expected MACs than always the last exit",
            f"{design.fewer:g}×",
            f"{fewer:.2f}×",
            fewer >= design.fewer,
        ),
        Claim(
            f"{name}: points below the last exit",
            f"at most {design.points:g}",
            f"{-points:.2f}",
            -points <= design.points,
        ),
    ]
    if design.early:
        claims.append(
            Claim(
                f"{name}: share that leaves before the last exit",
                f"{100 * design.early:.0f} %",
                f"{100 * early:.1f} %",
                early >= design.early,
            )
        )
    accuracy = _mean(result, lambda run: run.evaluation["accuracy"])
    macs = _mean(result, lambda run: run.evaluation["expected_macs"])
    for kind, rows, bound in (("sparse", result.sparse, 1.5), ("dense", result.dense, 8)):
        row = _cheapest(rows, accuracy)
        claims.append(
            Claim(
                f"{name}: fewer MACs than the best plain {kind} network of the sweep that is as "
                "accurate" + (f" ({row['layers']})" if row else ""),
                f"{bound:g}×",
                f"{row['macs'] / macs:.2f}×" if row else "none is as accurate",
                row is not None and row["macs"] / macs >= bound,
            )
        )
    # The time of a sample must fall as the MACs of those that were timed do.
    share = _mean(result, lambda run: _speed(run) * _counted(run) / _last(run)["macs"])
    lower = [_error(run, "after") < _error(run, "before") for run in result.runs]
    saved = [_policy(run, "bandit")["total"]["saved"] for run in result.runs]
    lost = [
        100
        * (
            _policy(run, "last exit")["total"]["accuracy"]
            - _policy(run, "bandit")["total"]["accuracy"]
        )
        for run in result.runs
    ]
    return [
        *claims,
        Claim(
            f"{name}: speed-up of single samples over the saving in MACs",
            "0.75…1.25",
            f"{share:.2f}",
            0.75 <= share <= 1.25,
        ),
        Claim(
            f"{name}: seeds in which calibration lowers the mean calibration error of the exits",
            f"{len(lower)} of {len(lower)}",
            f"{sum(lower)} of {len(lower)}",
            all(lower),
        ),
        Claim(
            f"{name}: the bandit on a drifting stream is cheaper than always the last exit, in the "
            "worst of the seeds",
            "40 %",
            f"{100 * min(saved):.1f} %",
            min(saved) >= 0.4,
        ),
        Claim(
            f"{name}: and less accurate by, in the worst of the seeds",
            "at most 2 points",
            f"{max(lost):.2f}",
            max(lost) <= 2,
        ),
    ]


def _exits(result: Results) -> list[str]:
    rows = []
    for run in result.runs:
        exits = run.evaluation["exits"]
        latency = run.evaluation["latency"]
        rows.append(
            [
                str(run.seed),
                f"{100 * _last(run)['accuracy_on_all']:.2f}",
                f"{100 * run.evaluation['accuracy']:.2f}",
                " / ".join(f"{100 * exit['accuracy_on_all']:.2f}" for exit in exits),
                " / ".join(f"{100 * exit['share']:.1f}" for exit in exits),
                " / ".join(f"{exit['macs']:,}" for exit in exits),
                f"{run.evaluation['expected_macs']:,.0f} ({_fewer(run):.2f}×)",
                " / ".join(str(exit["lost_to_last"]) for exit in exits[:-1]),
                f"{latency['microseconds']:.1f} against {latency['last_exit_microseconds']:.1f}",
                ", ".join(
                    f"{error['before']:.4f} → {error['after']:.4f}"
                    for error in run.calibration["calibration_error"]
                ),
            ]
        )
    header = [
        *("seed", "last exit, %", "with exits, %", "each exit alone, %", "left there, %"),
        *("MACs of each exit", "expected MACs", "wrong early, right at the last"),
        *("µs a sample, one at a time", "calibration error (validation)"),
    ]
    network = " ".join(result.design.network)
    return [f"`{network}`, calibrated for a loss of {result.design.loss}.", table(header, rows)]


def _plain(result: Results) -> str:
    accuracy = _mean(result, lambda run: run.evaluation["accuracy"])
    macs = _mean(result, lambda run: run.evaluation["expected_macs"])
    chosen = [_cheapest(rows, accuracy) for rows in (result.sparse, result.dense)]
    rows = [["**with exits**", "", f"{macs:,.0f}", f"{100 * accuracy:.2f}", ""]]
    for row in sorted(result.sparse + result.dense, key=lambda row: row["macs"]):
        name = row["layers"] + (" **(compared)**" if any(row is c for c in chosen) else "")
        rows.append(
            [
                name,
                "dense" if row["pattern"] == "full" else row["pattern"],
                f"{row['macs']:,}",
                accuracy_text(row),
                f"{row['macs'] / macs:.2f}×",
            ]
        )
    header = ["network", "pattern", "MACs", "test accuracy, %", "MACs, of those with exits"]
    return table(header, rows)


def _percentages(rows: list[dict], key: str) -> str:
    return " / ".join(f"{100 * row[key]:.2f}" for row in rows)


def _online(result: Results) -> str:
    names = [policy["policy"] for policy in result.runs[0].online["policies"]]
    rows = []
    for name in names:
        policies = [_policy(run, name) for run in result.runs]

        totals = [policy["total"] for policy in policies]
        halves = [[policy["phases"][half] for policy in policies] for half in (0, 1)]
        rows.append(
            [
                name,
                _percentages(totals, "accuracy"),
                *(_percentages(part, "saved") for part in (totals, *halves)),
            ]
        )
    header = [
        "policy; seeds 0 / 1 / 2",
        "accuracy, %",
        "MACs saved, %",
        "first half",
        f"second half, noise {result.design.noise}",
    ]
    return "\n\n".join([_weights(result), table(header, rows)])


def _weights(result: Results) -> str:
    rows = [
        [
            f"`--cost-weight {choice.weight}`",
            f"{choice.points:.2f}",
            f"{100 * choice.saved:.1f}",
        ]
        for choice in result.weights
    ]
    rows[-1][0] += " **(chosen)**"
    header = [
        "validation stream, worst of the seeds",
        "points below the last exit",
        "MACs saved, %",
    ]
    return table(header, rows)


def _pictures(file: pathlib.Path, plots: pathlib.Path, result: Results) -> list[str]:
    plots.mkdir(exist_ok=True)
    parts = []
    for source, title in zip(
        result.plots,
        ("test accuracy over cost, seed 0", "the policies along the stream, seed 0"),
        strict=True,
    ):
        target = plots / f"exits-{result.dataset}-{source.name}"
        shutil.copyfile(source, target)
        parts.append(f"![{result.title}: {title}]({target.relative_to(file.parent)})")
    return parts
