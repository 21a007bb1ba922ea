"""Pieces of Markdown that the reports share."""

from dataclasses import dataclass


@dataclass
class Claim:
    """Something that must hold; `holds` is None where something of it was not measured."""

    text: str
    bound: str
    found: str
    holds: bool | None


def claims_table(claims: list[Claim], bound: str = "bound") -> str:
    """What must hold, and whether it does, under a word for the bounds."""
    words = {True: "yes", False: "**no**", None: "not measured"}
    return table(
        ["what", bound, "measured", "holds"],
        [[claim.text, claim.bound, claim.found, words[claim.holds]] for claim in claims],
    )


def table(header: list[str], rows: list[list[str]]) -> str:
    """A table whose first column is aligned left, the others right."""
    lines = [header, ["---", *(["---:"] * (len(header) - 1))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
