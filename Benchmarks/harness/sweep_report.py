"""`RESULTS-sweep.md`: what must hold, the tables, the pictures, and the command of each."""

import pathlib
import shutil

from harness.markdown import Claim, claims_table, table
from harness.sweeps import Results, Sweep, accuracy_text, mean_accuracy

# Test accuracy on MNIST with the published recipe, measured by others than this program: the mean
# of three seeds of an independent NumPy program, and one run of the published Keras code.
OTHERS = {
    ("800-3-3-10", "3+3+10"): ("76.17", "79.47"),
    ("800-40-40-10", "2+9+10"): ("94.02", "93.94"),
    ("800-40-40-10", "40+40+10"): ("97.11", "97.05"),
    ("800-100-10", "100+10"): ("97.81", "97.81"),
    ("800-100-10", "50+10"): ("97.83 (with L2 8e-5)", "97.61"),
    ("800-100-10", "20+10"): ("97.14", "97.40"),
    ("800-100-10", "10+10"): ("96.70", "–"),
    ("800-100-10", "5+10"): ("95.46", "95.58"),
    ("800-100-10", "5+1"): ("93.29", "–"),
    ("800-100-10", "2+10"): ("93.70", "–"),
    ("800-100-10", "1+10"): ("92.62", "–"),
}
NARROW, WIDE = ("800-3-3-10", "3+3+10"), ("800-40-40-10", "2+9+10")
REFERENCE, SPARSE = ("784-512-256-10", "512+256+10"), ("784-2048-256-10", "65.31+16+10")


def write(file: pathlib.Path, plots: pathlib.Path, results: list[Results]) -> bool:
    """Writes the report and copies its pictures; whether everything holds that must."""
    claims = _claims(results)
    parts = [
        "# Accuracy and cost of predefined sparse networks",
        _INTRODUCTION,
        "## What must hold",
        claims_table(claims),
        "## The recipes",
        _recipes(results),
        "## Four times less storage and arithmetic",
        _headline(results),
        "## The published networks",
        _published(results),
        "## Large and sparse against small and dense",
        _budget(results),
    ]
    for result in results:
        parts.append(f"## Pictures: {result.title}")
        parts += _pictures(file, plots, result)
    file.write_text("\n\n".join(parts) + "\n")
    return all(claim.holds for claim in claims)


_INTRODUCTION = """\
Made by `make sweep-results`; not edited by hand. Each number is the mean of the seeds 0, 1 and 2 ±
their standard deviation, in percent of the test samples, after the last epoch of a run whose
settings were fixed before. Nothing is chosen by the test part: not the recipe, not the epoch, not
the seed. The published recipe is that of the code by Capogrosso et al. (FDL 2024), measured with
this engine; these are not the paper's tables.

Storage counts what a model file's arrays take: 4 bytes a weight and bias, 2 bytes a column index,
and row offsets where rows differ in length. A dense network needs no indices, and is charged none.
Multiply–adds (MACs) are per sample; inference takes as many as there are weights."""


_PUBLISHED_RECIPE = """\
*Published*: `--recipe published`: Adam at 0.001 with a decay of 1e-5 a step, batches of 256, 50
epochs, He's initial weights by the dense fan-in, biases of 0.1."""

_OWN_RECIPE = """\
*Own*: Adam at 0.001 with half a cosine to 0, batches of 256, and the options below. They were
chosen for each data set on a sixth of its training samples, set aside for that, by the dense and
the sparse network of the next section with five seeds: the best mean of both, so that they are
chosen for neither. Then all training samples are learnt. Both sides use the same recipe."""

_HEADLINE = """\
The reference is the dense network that `sparsectl train` makes by default. The sparse networks are
wider and have a sixth of its weights. *With windows*, each neuron of the first layer sees 5×5
pixels (`local`) and the second junction is `structured`; *balanced* puts the same numbers of
connections at random, all neurons alike. MNIST's validation part chose the sizes, too.
The last line is the dense network with the recipe that is best for it alone."""

_PUBLISHED_NETWORKS = """\
Inputs padded from 784 to 800. The out-degrees are the connections of each left neuron, junction by
junction; *random* puts as many connections anywhere. The two columns on the right are not ours:
*independent NumPy program* is the mean of three seeds of another program with the published recipe,
*published Keras code* one run of that code."""


def _claims(results: list[Results]) -> list[Claim]:
    claims = []
    for result in results:
        published = result.tables["published"]
        narrow, wide = published.row(*NARROW), published.row(*WIDE, "structured")
        points = 100 * (mean_accuracy(wide) - mean_accuracy(narrow))
        if result.dataset == "mnist":
            claims.append(
                Claim(
                    f"{result.title}, published recipe: 800-40-40-10 (2,9,10) with "
                    f"{wide['weights']:,} weights against full 800-3-3-10 with "
                    f"{narrow['weights']:,}",
                    "15 points better",
                    f"{points:.1f}",
                    points >= 15 and wide["weights"] <= narrow["weights"],
                )
            )
    for result in results:
        dense, sparse = result.headline.row(*REFERENCE), result.headline.row(*SPARSE)
        name = f"{result.title}, own recipe: {SPARSE[0]} with windows against dense {REFERENCE[0]}"
        storage = dense["storage_bytes"] / sparse["storage_bytes"]
        macs = dense["training_macs"] / sparse["training_macs"]
        points = 100 * (mean_accuracy(sparse) - mean_accuracy(dense))
        claims += [
            Claim(f"{name}, storage with indices", "4× less", f"{storage:.2f}×", storage >= 4),
            Claim(f"{name}, MACs of training", "4× fewer", f"{macs:.2f}×", macs >= 4),
            Claim(
                f"{name}, accuracy", "at most 0.3 points below", f"{points:+.2f}", points >= -0.3
            ),
        ]
    return claims


def _recipes(results: list[Results]) -> str:
    parts = [_PUBLISHED_RECIPE, _OWN_RECIPE]
    for result in results:
        choices = result.choices
        rows = [
            [
                f"`{' '.join(candidate)}`" + (" **(chosen)**" if candidate == choices.own else ""),
                *(f"{100 * mean_accuracy(row):.2f}" for row in sweep.rows),
            ]
            for candidate, sweep in choices.sweeps
        ]
        header = [
            f"{result.title}, validation accuracy, %",
            *(_network(row) for row in choices.sweeps[0][1].rows),
        ]
        parts.append(table(header, rows))
    return "\n\n".join(parts)


def _headline(results: list[Results]) -> str:
    parts = [_HEADLINE]
    for result in results:
        dense = result.headline.row(*REFERENCE)
        rows = [
            ("dense", dense),
            ("with windows", result.headline.row(*SPARSE)),
            ("balanced", result.balanced.rows[0]),
            (f"dense, `{' '.join(result.choices.dense)}`", result.dense.rows[0]),
        ]
        cells = [
            [
                f"{row['layers']}, {title}",
                f"{row['weights']:,}",
                f"{row['storage_bytes']:,}",
                f"{dense['storage_bytes'] / row['storage_bytes']:.2f}×",
                f"{row['training_macs']:,}",
                f"{dense['training_macs'] / row['training_macs']:.2f}×",
                accuracy_text(row),
                f"{100 * (mean_accuracy(row) - mean_accuracy(dense)):+.2f}",
            ]
            for title, row in rows
        ]
        header = [
            *(f"{result.title}, own recipe", "weights", "storage, bytes", "less"),
            *("MACs of training", "fewer", "test accuracy, %", "points"),
        ]
        parts += [table(header, cells), _command(result.headline)]
    return "\n\n".join(parts)


def _published(results: list[Results]) -> str:
    parts = [_PUBLISHED_NETWORKS]
    for result in results:
        published, own = result.tables["published"], result.tables["own"]
        header = [
            *(f"{result.title}: network", "out-degrees", "weights", "published recipe"),
            *("same, random", "own recipe"),
        ]
        has_others = result.dataset == "mnist"
        if has_others:
            header += ["independent NumPy program", "published Keras code"]
        rows = []
        for name, others in OTHERS.items():
            pattern = published.row(*name, _pattern(name, "structured"))
            cells = [name[0], name[1].replace("+", ",")]
            if pattern["pattern"] == "full":
                cells[1] += " (full)"
            cells.append(f"{pattern['weights']:,}")
            for sweep, family in (
                (published, "structured"),
                (published, "random"),
                (own, "structured"),
            ):
                full = _pattern(name, family) == "full"
                row = sweep.row(*name, _pattern(name, family))
                cells.append("" if full and family == "random" else accuracy_text(row))
            rows.append(cells + (list(others) if has_others else []))
        parts.append(table(header, rows))
        parts += [_command(published), _command(own)]
    return "\n\n".join(parts)


def _budget(results: list[Results]) -> str:
    parts = [
        "Networks of one hidden layer with at most 17,000 weights (and no less than nine tenths of "
        "that), published recipe: `--budget-weights` finds the width for each density.",
    ]
    for result in results:
        rows = [
            [
                row["layers"],
                f"{row['hidden_density']:.3g}",
                f"{row['weights']:,}",
                f"{row['storage_bytes']:,}",
                accuracy_text(row),
            ]
            for row in result.budget.rows
        ]
        header = [
            *(f"{result.title}: network", "density", "weights", "storage, bytes"),
            "test accuracy, %",
        ]
        parts += [table(header, rows), _command(result.budget)]
    return "\n\n".join(parts)


def _pictures(file: pathlib.Path, plots: pathlib.Path, result: Results) -> list[str]:
    plots.mkdir(exist_ok=True)
    parts = []
    for cost, title in (
        ("weights", "weights"),
        ("storage", "storage"),
        ("training-macs", "MACs of training"),
    ):
        target = plots / f"sweep-{result.dataset}-{cost}.svg"
        shutil.copyfile(result.tables["published"].directory / f"accuracy-{cost}.svg", target)
        text = f"{result.title}, published recipe: test accuracy against {title}"
        parts.append(f"![{text}]({target.relative_to(file.parent)})")
    return parts


def _pattern(name: tuple[str, str], family: str) -> str:
    layers = name[0].split("-")[1:]
    return "full" if name[1].split("+") == layers else family


def _name(network: tuple[str, str]) -> str:
    return f"{network[0]} ({network[1].replace('+', ',')})"


def _network(row: dict) -> str:
    if row["pattern"] == "full":
        return f"{row['layers']}, dense"
    return f"{_name((row['layers'], row['out_degrees']))}, {row['pattern']}"


def _command(sweep: Sweep) -> str:
    return f"```\n{sweep.command}\n```"
