"""When samples leave: how sure an exit is of a sample, in each of the known ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy


@dataclass(frozen=True)
class ExitSettings:
    """A rule; per exit, the last included, a temperature; per exit but the last, a threshold.

    Thresholds are in the rule's own terms: samples leave below an entropy, and above all else.
    None is for never.
    """

    rule: str
    temperatures: Sequence[float]
    thresholds: Sequence[float | None]

    def check(self, exits: int, hands_over: bool = False) -> None:
        """Raises `ValueError` unless the settings fit a network of so many exits."""
        if self.rule not in RULES:
            raise ValueError(f"the rule is '{self.rule}'; known are {', '.join(RULES)}.")
        thresholds = exits if hands_over else exits - 1
        if len(self.temperatures) != exits or len(self.thresholds) != thresholds:
            raise ValueError(
                f"{len(self.temperatures)} temperatures and {len(self.thresholds)} thresholds are "
                f"given, but {exits} and {thresholds} are needed for the network's exits."
            )
        if not all(np.isfinite(value) and value > 0 for value in self.temperatures):
            raise ValueError("temperatures must be finite and above 0.")
        if not all(value is None or np.isfinite(value) for value in self.thresholds):
            raise ValueError("thresholds must be finite, or None for never.")

    def leaving(self, exit: int, confidences: np.ndarray) -> np.ndarray:
        """Which samples an exit is sure enough of."""
        threshold = self.thresholds[exit] if exit < len(self.thresholds) else -np.inf
        if threshold is None:
            return np.zeros(len(confidences), bool)
        falls = self.rule == "entropy" and exit < len(self.thresholds)
        return confidences >= np.float32(-threshold if falls else threshold)


def softmax(logits: np.ndarray, temperature: float = 1) -> np.ndarray:
    """The probabilities of [samples, classes], in single precision, as the engine has them."""
    logits = logits.astype(np.float32)
    largest = logits.max(axis=1, keepdims=True)
    powers = np.exp((logits - largest) / np.float32(temperature))
    return powers / powers.sum(axis=1, keepdims=True)


def _largest(probabilities: np.ndarray, earlier: Sequence[np.ndarray]) -> np.ndarray:
    return probabilities.max(axis=1)


def _negative_entropy(probabilities: np.ndarray, earlier: Sequence[np.ndarray]) -> np.ndarray:
    # Outputs that stand for probabilities themselves may be below 0.
    known = np.maximum(probabilities, 0)
    return xlogy(known, known).sum(axis=1)


def _margin(probabilities: np.ndarray, earlier: Sequence[np.ndarray]) -> np.ndarray:
    if probabilities.shape[1] == 1:
        return probabilities[:, 0]
    ordered = np.sort(probabilities, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def _patience(probabilities: np.ndarray, earlier: Sequence[np.ndarray]) -> np.ndarray:
    answers = probabilities.argmax(axis=1)
    row = np.ones(len(answers), np.float32)
    agree = np.ones(len(answers), bool)
    for other in reversed(earlier):
        agree &= other == answers
        row += agree
    return row


# From probabilities of [samples, classes] and the earlier exits' answers to confidences.
RULES: dict[str, Callable[[np.ndarray, Sequence[np.ndarray]], np.ndarray]] = {
    "max-probability": _largest,
    "entropy": _negative_entropy,
    "margin": _margin,
    "patience": _patience,
}
