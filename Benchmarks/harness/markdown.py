"""Pieces of Markdown that the reports share."""

from dataclasses import dataclass


@dataclass
class Claim:
    """Something that must hold."""

    text: str
    bound: str
    found: str
    holds: bool


def claims_table(claims: list[Claim]) -> str:
    """What must hold, and whether it does."""
    return table(
        ["what", "bound", "measured", "holds"],
        [[c.text, c.bound, c.found, "yes" if c.holds else "**no**"] for c in claims],
    )


def table(header: list[str], rows: list[list[str]]) -> str:
    """A table whose first column is aligned left, the others right."""
    lines = [header, ["---", *(["---:"] * (len(header) - 1))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
