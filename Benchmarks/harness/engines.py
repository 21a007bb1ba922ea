"""Everything that is measured: this package's engines, and its peers with what they need."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Engine:
    """Something that measures cases in a process of its own."""

    name: str
    title: str
    # For peers: arguments of 'pip install'; the alternatives of each need are tried in turn.
    needs: tuple[tuple[tuple[str, ...], ...], ...] = ()
    # Left out unless asked for, and why.
    optional: str | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def is_peer(self) -> bool:
        """Whether it is a Python module of `peers` rather than a backend of this package."""
        return bool(self.needs)


def _package(*names: str) -> tuple[tuple[str, ...], ...]:
    return (names,)


_NUMPY = _package("numpy")
_MKL = _package("mkl")
# CPU builds first: PyPI's own wheel for Linux brings gigabytes of CUDA libraries along.
_TORCH = (
    ("torch==2.13.0+cpu",),
    ("--index-url", "https://download.pytorch.org/whl/cpu", "torch"),
    ("torch",),
)

OURS = (
    Engine("native", "this package, native kernels"),
    Engine("suitesparse", "this package, SuiteSparse:GraphBLAS"),
)

PEERS = (
    Engine("openblas", "OpenBLAS dense", (_NUMPY,)),
    Engine("mkl_dense", "MKL dense", (_NUMPY, _MKL)),
    Engine("torch_dense", "PyTorch dense", (_NUMPY, _TORCH)),
    Engine("torch_masked", "PyTorch masked dense", (_NUMPY, _TORCH)),
    Engine("torch_csr", "PyTorch CSR", (_NUMPY, _TORCH)),
    # Two OpenMP runtimes in one process: neither may spin while the other works.
    Engine(
        "mkl_csr",
        "MKL CSR",
        (_NUMPY, _TORCH, _MKL),
        environment={"GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "0"},
    ),
    Engine("scipy_csr", "SciPy CSR", (_NUMPY, _package("scipy"))),
    Engine(
        "sparseprop_library",
        "SparseProp",
        (
            _NUMPY,
            _package("scipy"),
            _TORCH,
            _package("pybind11", "setuptools", "wheel"),
            _package("--no-build-isolation", "sparseprop"),
        ),
    ),
    Engine("sparselab_library", "SparseLab", (_NUMPY, _TORCH, _package("sparselab"))),
    Engine(
        "keras_published",
        "Keras, published recipe",
        (_package("tensorflow-cpu"), _package("tf_keras")),
        optional="large; asked for by --keras",
    ),
)

ALL = OURS + PEERS
TITLES = {engine.name: engine.title for engine in ALL}

DENSE = ("openblas", "mkl_dense", "torch_dense", "torch_masked")
SPARSE_TRAINERS = ("mkl_csr", "torch_csr", "sparseprop_library", "sparselab_library")
