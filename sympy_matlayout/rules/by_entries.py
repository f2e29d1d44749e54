"""Matrices of somebody else's class, by the entries that they give themselves."""

from __future__ import annotations

from typing import Any

from sympy import Lambda
from sympy.core.basic import Basic
from sympy.matrices.expressions import FunctionMatrix, MatrixExpr

from ..core import limits
from ..core.bound_symbols import index_symbol
from ..core.errors import DerivativeNotImplementedError
from ..core.protocol import brings
from ..core.shapes import shape
from ..linear_maps.composition import identity
from ..reading.read import read
from .entries import matrix_of_entries
from .table import Edges, Varies, cited, local_differentials


@local_differentials.register(MatrixExpr)
@cited("entry rule")
def matrix_by_its_entries(node: Any, varies: Varies) -> Edges:
    """a matrix by the entries that its class gives"""
    written = _by_entries(node, varies) if brings(type(node), "_entry") else None
    if written is None:
        yield from local_differentials.dispatch(object)(node, varies)
    else:
        yield written, identity(shape(node))


def _by_entries(node: MatrixExpr, varies: Varies) -> Basic | None:
    """The node as an explicit matrix, or in matrix notation, if its entries say so."""
    rows, cols = shape(node)
    i = index_symbol(node.free_symbols)
    j = index_symbol(node.free_symbols | {i})
    if node[i, j].atoms(type(node)):
        return None  # an entry that is nothing but an entry of the node
    if rows.is_Integer and cols.is_Integer:
        return read(node.as_explicit()) if rows*cols <= limits.WRITTEN_ENTRIES else None
    try:
        found = read(FunctionMatrix(rows, cols, Lambda((i, j), node[i, j])))
        if isinstance(found, FunctionMatrix):
            list(matrix_of_entries(found, varies))  # whether its entries are in place
    except DerivativeNotImplementedError:
        return None
    return found
