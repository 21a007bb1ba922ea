"""SciPy's CSR matrices: one thread, products with dense matrices only."""

import scipy
import scipy.sparse

from peers.junction import Junction
from peers.unsupported import Unsupported


def version() -> str:
    """SciPy's version."""
    return scipy.__version__


def prepare(case: dict):
    """Forward and input gradient."""
    if case["kind"] != "product":
        raise Unsupported("has no weight gradient and no networks")
    if case["threads"] != 1:
        raise Unsupported("multiplies with one thread only")
    junction = Junction(case)
    matrix = scipy.sparse.csr_matrix(
        (junction.values, junction.columns, junction.offsets),
        shape=(junction.outputs, junction.inputs),
    )
    if case["product"] == "forward":
        operand = junction.x_fm
    elif case["product"] == "input_gradient":
        matrix, operand = matrix.T.tocsr(), junction.dy_fm
    else:
        raise Unsupported("has no product at the positions of a pattern")
    junction.check(case["product"], matrix @ operand)
    return lambda: matrix @ operand
