"""Dense products by MKL."""

from peers import blas, mkl_library

version = mkl_library.version


def prepare(case: dict):
    """Dense products."""
    mkl_library.set_threads(case["threads"])
    return blas.prepare(mkl_library.library, case)
