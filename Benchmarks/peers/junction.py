"""A junction's pattern, filled with numbers, and what its products must give."""

import numpy as np


def read_pattern(path: str) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Reads a Matrix Market pattern, entries in row order: row offsets, columns and shape."""
    with open(path) as file:
        line = file.readline()
        while line.startswith("%"):
            line = file.readline()
        outputs, inputs, edges = map(int, line.split())
        entries = np.array(file.read().split(), dtype=np.int32).reshape(edges, 2) - 1
    offsets = np.zeros(outputs + 1, dtype=np.int32)
    np.cumsum(np.bincount(entries[:, 0], minlength=outputs), out=offsets[1:])
    return offsets, np.ascontiguousarray(entries[:, 1]), (outputs, inputs)


class Junction:
    """The numbers of one junction; `_fm` is feature-major, `_bm` batch-major."""

    def __init__(self, case: dict, index: int = 0) -> None:
        self.offsets, self.columns, (self.outputs, self.inputs) = read_pattern(
            case["patterns"][index]
        )
        self.batch = case["batch"]
        self.threads = case["threads"]
        random = np.random.default_rng(index)

        def uniform(*shape: int) -> np.ndarray:
            return random.uniform(-1, 1, shape).astype(np.float32)

        self.rows = np.repeat(np.arange(self.outputs, dtype=np.int32), np.diff(self.offsets))
        self.values = uniform(len(self.columns))
        self.dense = np.zeros((self.outputs, self.inputs), np.float32)
        self.dense[self.rows, self.columns] = self.values
        self.x_fm = uniform(self.inputs, self.batch)
        self.dy_fm = uniform(self.outputs, self.batch)
        self.x_bm = np.ascontiguousarray(self.x_fm.T)
        self.dy_bm = np.ascontiguousarray(self.dy_fm.T)

    def check(self, product: str, result: np.ndarray) -> None:
        """Compares a result (feature-major; a value per edge, or a dense matrix) with the formula.

        The bound is that of rounding: n·u·Σ|aᵢbᵢ| for each of two sums in different orders.
        """
        w, x, dy = (a.astype(np.float64) for a in (self.dense, self.x_fm, self.dy_fm))
        if product == "forward":
            expected, size, terms = w @ x, abs(w) @ abs(x), self.inputs
        elif product == "input_gradient":
            expected, size, terms = w.T @ dy, abs(w).T @ abs(dy), self.outputs
        else:
            expected, size, terms = dy @ x.T, abs(dy) @ abs(x).T, self.batch
            if result.ndim == 1:
                expected, size = (a[self.rows, self.columns] for a in (expected, size))
        result = np.asarray(result).reshape(expected.shape)
        off = abs(result - expected) - (terms + 2) * np.finfo(np.float32).eps * size
        if not (off <= 0).all():
            raise ArithmeticError(f"{product} differs from the formula by up to {off.max():.3g}")
