"""Intel MKL from PyPI, and its sparse matrices."""

import ctypes
import pathlib
import sys

import numpy as np

ROW_MAJOR, PLAIN, GENERAL, FULL, NON_UNIT = 101, 10, 20, 40, 50

_places = sorted(pathlib.Path(sys.prefix, "lib").glob("libmkl_rt.so*"))
if not _places:
    raise ImportError("libmkl_rt is not in this environment; 'pip install mkl' puts it there")
library = ctypes.CDLL(str(_places[-1]), mode=ctypes.RTLD_GLOBAL)


class _Description(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("fill", ctypes.c_int), ("diagonal", ctypes.c_int)]


def version() -> str:
    """MKL's own words."""
    text = ctypes.create_string_buffer(200)
    library.mkl_get_version_string(text, 200)
    return " ".join(text.value.decode().split())


def set_threads(count: int) -> None:
    """Sets the threads of all its functions."""
    library.mkl_set_num_threads(ctypes.byref(ctypes.c_int(count)))


class SparseMatrix:
    """A CSR matrix, optimised for many products with dense matrices of some width."""

    def __init__(self, offsets, columns, values, shape, width: int) -> None:
        # MKL keeps the pointers, so the arrays are kept too. 'values' may be changed in place.
        self.arrays = (
            np.ascontiguousarray(offsets, np.int32),
            np.ascontiguousarray(columns, np.int32),
            values,
        )
        self.shape = shape
        self.handle = ctypes.c_void_p()
        offsets_at, columns_at, values_at = (
            ctypes.c_void_p(array.ctypes.data) for array in self.arrays
        )
        self._checked(
            "create_csr",
            library.mkl_sparse_s_create_csr(
                ctypes.byref(self.handle),
                0,
                *shape,
                offsets_at,
                ctypes.c_void_p(offsets_at.value + 4),
                columns_at,
                values_at,
            ),
        )
        self.description = _Description(GENERAL, FULL, NON_UNIT)
        self._checked(
            "set_mm_hint",
            library.mkl_sparse_set_mm_hint(
                self.handle, PLAIN, self.description, ROW_MAJOR, width, 100_000
            ),
        )

    def optimize(self) -> None:
        """Lets MKL analyse the matrix. It may copy the values, which must not change afterwards."""
        self._checked("optimize", library.mkl_sparse_optimize(self.handle))

    def multiply(self, x_address: int, y_address: int, width: int) -> None:
        """Y = A·X for row-major X and Y of that width."""
        self._checked(
            "s_mm",
            library.mkl_sparse_s_mm(
                PLAIN,
                ctypes.c_float(1),
                self.handle,
                self.description,
                ROW_MAJOR,
                ctypes.c_void_p(x_address),
                width,
                width,
                ctypes.c_float(0),
                ctypes.c_void_p(y_address),
                width,
            ),
        )

    @staticmethod
    def _checked(call: str, status: int) -> None:
        if status != 0:
            raise RuntimeError(f"mkl_sparse_{call} failed with status {status}")
