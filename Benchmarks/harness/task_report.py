"""`RESULTS-tasks.md`: what must hold, and the tables of both benchmarks."""

import pathlib

from harness.markdown import Claim, claims_table, table
from harness.tasks import BACKBONE, DENSITIES, SEEDS, TASKS, Results, Run, score

MOST_WEIGHTS = 0.6
MOST_POINTS = 1.0
FLOAT_BYTES = 4

_INTRODUCTION = f"""\
Made by `make task-results`; not edited by hand. Two images share a canvas of 36×36 pixels, and each
is a task of its own: `left` and `right`. One network of both tasks, a shared backbone and a full
junction to each task's ten classes, stands against two networks of the same shape, one a task. All
backbones are {"-".join(map(str, BACKBONE))}; their junctions have the densities
{" and ".join(f"{density:g}" for density in DENSITIES)}, and the first sees windows of 7×7 pixels.
Accuracies are those of the test pairs after the last epoch, in percent: the mean of {len(SEEDS)}
seeds, and the least and the largest. The loss is the plain sum of both tasks' cross-entropies."""

_RECIPE = """\
Adam at 0.001 with half a cosine to 0, batches of 256, and the options below. They are chosen for
each benchmark by validation pairs, which share no image with training or test pairs, with the first
seed: the best mean of the multi-task network and the two single-task networks, so that they are
chosen for neither side. The backbone's sizes and windows were chosen by the validation pairs of
MultiMNIST, too. Test pairs choose nothing."""

_COST = """\
Multiply–adds (MACs) are those of one sample's inference; they are as many as the weights. *Link*:
the bytes that go from the edge to the remote part when the backbone is at the edge and the heads
are remote: its last activations as 32-bit floats, once for both tasks or once for each network. The
picture itself, 1,296 bytes of pixels, could be sent instead: a cut has to compete with that, and
sends more bytes wherever the boundary is wider than a quarter of the pixels."""


def write(file: pathlib.Path, _plots: pathlib.Path, results: list[Results]) -> bool:
    """Writes the report; whether everything holds that must."""
    claims = [claim for result in results for claim in _claims(result)]
    parts = [
        "# Two tasks on one sparse backbone",
        _INTRODUCTION,
        "## What must hold",
        claims_table(claims),
        "## The recipe",
        _RECIPE,
        *(_recipes(result) for result in results),
        "## Accuracy and cost",
        _COST,
    ]
    for result in results:
        parts += [f"### {result.benchmark.title}", _data(result), _costs(result), _commands(result)]
    file.write_text("\n\n".join(parts) + "\n")
    return all(claim.holds for claim in claims)


def _claims(result: Results) -> list[Claim]:
    title = result.benchmark.title
    share = _weights(result.runs[TASKS]) / sum(_weights(result.runs[(task,)]) for task in TASKS)
    claims = [
        Claim(
            f"{title}: weights of the multi-task network against the two single-task networks",
            f"at most {MOST_WEIGHTS}",
            f"{share:.3f}",
            share <= MOST_WEIGHTS,
        )
    ]
    for task in TASKS:
        points = 100 * (
            _mean(_accuracies(result.runs[TASKS], task))
            - _mean(_accuracies(result.runs[(task,)], task))
        )
        claims.append(
            Claim(
                f"{title}: accuracy of `{task}` against its single-task network",
                f"at most {MOST_POINTS:g} point below",
                f"{points:+.2f}",
                points >= -MOST_POINTS,
            )
        )
    return claims


def _recipes(result: Results) -> str:
    header = [
        f"{result.benchmark.title}, validation accuracy, %",
        *(f"multi-task, {task}" for task in TASKS),
        *(f"single-task, {task}" for task in TASKS),
        "mean",
    ]
    rows = []
    for candidate, runs in result.choices:
        chosen = " **(chosen)**" if candidate == result.own else ""
        scores = [runs[TASKS].validation(task) for task in TASKS]
        scores += [runs[(task,)].validation(task) for task in TASKS]
        rows.append(
            [
                f"`{' '.join(candidate)}`{chosen}",
                *(f"{100 * value:.2f}" for value in (*scores, score(runs))),
            ]
        )
    return table(header, rows)


def _costs(result: Results) -> str:
    boundary = FLOAT_BYTES * BACKBONE[-1]
    multi = result.runs[TASKS]
    singles = [result.runs[(task,)] for task in TASKS]
    header = [
        "network",
        *(f"`{task}`, %" for task in TASKS),
        *("weights", "MACs", "link, bytes", "picture, bytes"),
    ]
    rows = [
        [
            "multi-task",
            *(_spread(_accuracies(multi, task)) for task in TASKS),
            *(f"{_weights(multi):,}", f"{_weights(multi):,}", f"{boundary:,}"),
            f"{BACKBONE[0]:,}",
        ],
        [
            "two single-task networks",
            *(_spread(_accuracies(runs, task)) for task, runs in zip(TASKS, singles, strict=True)),
            *(f"{sum(map(_weights, singles)):,}", f"{sum(map(_weights, singles)):,}"),
            *(f"{2 * boundary:,}", f"{BACKBONE[0]:,}"),
        ],
    ]
    return table(header, rows)


def _data(result: Results) -> str:
    parts = [
        f"{result.data[part]['samples']:,} {part} pairs (SHA-256 "
        f"`{result.data[part]['sha256'][:16]}…`)"
        for part in ("training", "validation", "test")
    ]
    return ", ".join(parts) + "."


def _commands(result: Results) -> str:
    return "```\n" + "\n".join(result.commands) + "\n```"


def _weights(runs: list[Run]) -> int:
    return runs[0].report["weights"]


def _accuracies(runs: list[Run], task: str) -> list[float]:
    return [run.accuracy(task) for run in runs]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _spread(values: list[float]) -> str:
    return f"{100 * _mean(values):.2f} ({100 * min(values):.2f}–{100 * max(values):.2f})"
