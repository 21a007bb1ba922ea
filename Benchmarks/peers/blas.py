"""Dense products by a library with the CBLAS interface: one code for OpenBLAS and MKL."""

import ctypes
from collections.abc import Callable

import numpy as np

from peers.junction import Junction
from peers.stopwatch import fastest
from peers.unsupported import Unsupported

ROW_MAJOR, PLAIN, TRANSPOSED = 101, 111, 112
PRODUCTS = ["forward", "input_gradient", "weight_gradient"]


def _bound(function, *arguments) -> Callable[[], object]:
    """A call with everything converted once: numbers as they are, arrays as their addresses."""
    converted = tuple(
        ctypes.c_void_p(a.ctypes.data)
        if isinstance(a, np.ndarray)
        else ctypes.c_float(a)
        if isinstance(a, float)
        else a
        for a in arguments
    )
    # The arrays must live as long as the call that holds their addresses.
    return lambda _arrays=arguments: function(*converted)


class DenseProducts:
    """The three products with the whole matrix, zeros included."""

    def __init__(self, library: ctypes.CDLL, junction: Junction) -> None:
        self.library = library
        self.junction = junction

    def prepare(self, product: str) -> Callable[[], object]:
        """Checks each way to compute a product, and returns the fastest."""
        variants = self._variants(product)
        for variant, result in variants:
            variant()
            self.junction.check(product, result())
        return fastest([variant for variant, _ in variants])

    def _variants(self, product: str):
        j = self.junction
        if product == "forward" and j.batch == 1:
            return self._matrix_vector()
        if product == "forward":
            return [
                self._sgemm(j.x_bm, PLAIN, j.dense, TRANSPOSED, is_batch_major=True),
                self._sgemm(j.dense, PLAIN, j.x_fm, PLAIN),
            ]
        if product == "input_gradient":
            return [
                self._sgemm(j.dy_bm, PLAIN, j.dense, PLAIN, is_batch_major=True),
                self._sgemm(j.dense, TRANSPOSED, j.dy_fm, PLAIN),
            ]
        return [
            self._sgemm(j.dy_bm, TRANSPOSED, j.x_bm, PLAIN),
            self._sgemm(j.dy_fm, PLAIN, j.x_fm, TRANSPOSED),
        ]

    def _sgemm(self, a, a_form, b, b_form, is_batch_major=False):
        """C = op(A)·op(B), and C as a feature-major matrix."""
        rows, inner = a.shape if a_form == PLAIN else a.shape[::-1]
        columns = b.shape[1] if b_form == PLAIN else b.shape[0]
        c = np.zeros((rows, columns), np.float32)
        call = _bound(
            self.library.cblas_sgemm,
            ROW_MAJOR,
            a_form,
            b_form,
            rows,
            columns,
            inner,
            1.0,
            a,
            a.shape[1],
            b,
            b.shape[1],
            0.0,
            c,
            columns,
        )
        return call, (lambda: c.T if is_batch_major else c)

    def _matrix_vector(self):
        """y = W·x with W stored by rows, and with W stored by columns."""
        j = self.junction
        variants = []
        for matrix, form in ((j.dense, PLAIN), (np.ascontiguousarray(j.dense.T), TRANSPOSED)):
            y = np.zeros(j.outputs, np.float32)
            call = _bound(
                self.library.cblas_sgemv,
                ROW_MAJOR,
                form,
                *matrix.shape,
                1.0,
                matrix,
                matrix.shape[1],
                j.x_fm,
                1,
                0.0,
                y,
                1,
            )
            variants.append((call, lambda y=y: y[:, None]))
        return variants


def prepare(library: ctypes.CDLL, case: dict) -> Callable[[], object]:
    """What measures a product, or all three in a row."""
    if case["kind"] not in ("product", "layer"):
        raise Unsupported("offers products, not networks")
    products = DenseProducts(library, Junction(case))
    if case["kind"] == "product":
        return products.prepare(case["product"])
    parts = [products.prepare(product) for product in PRODUCTS]

    def layer() -> None:
        for part in parts:
            part()

    return layer
