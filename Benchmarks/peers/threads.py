"""Thread counts: every OpenMP runtime and BLAS in this process is told."""

import ctypes
import sys


def set_threads(count: int) -> None:
    """Sets the threads of all libraries that are loaded now."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
    with open("/proc/self/maps") as maps:
        paths = {line.split(maxsplit=5)[5].strip() for line in maps if ".so" in line}
    for path in paths:
        name = path.rsplit("/", 1)[-1]
        if name.startswith(("libgomp", "libiomp", "libomp")):
            ctypes.CDLL(path).omp_set_num_threads(count)
        elif name.startswith("libopenblas"):
            library = ctypes.CDLL(path)
            if hasattr(library, "openblas_set_num_threads"):
                library.openblas_set_num_threads(count)
