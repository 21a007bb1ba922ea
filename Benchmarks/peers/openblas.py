"""OpenBLAS as the system installs it (Debian: libopenblas0)."""

import ctypes
import ctypes.util

from peers import blas

_path = ctypes.util.find_library("openblas")
if _path is None:
    raise ImportError("libopenblas is not installed")
_library = ctypes.CDLL(_path)
_library.openblas_get_config.restype = ctypes.c_char_p
_library.openblas_get_corename.restype = ctypes.c_char_p


def version() -> str:
    """Version, build and the kernels chosen."""
    config, core = _library.openblas_get_config(), _library.openblas_get_corename()
    return f"{config.decode().strip()} (kernels: {core.decode()})"


def prepare(case: dict):
    """Dense products."""
    _library.openblas_set_num_threads(case["threads"])
    return blas.prepare(_library, case)
