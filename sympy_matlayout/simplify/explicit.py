"""Sums of units of known sizes as what a person would write: the matrix with its entries."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from sympy.core.basic import Basic
from sympy.matrices import ImmutableDenseMatrix
from sympy.matrices.expressions import Identity, KroneckerProduct, MatAdd, MatMul, Transpose

from ..core import limits
from ..core.shapes import is_matrix, shape
from ..nodes.constants import MatrixUnit
from ..nodes.traversal import operands, postorder
from ..nodes.vec import Vec
from . import constructors as c
from .construction import over

__all__ = ["with_explicit_matrices"]


def with_explicit_matrices(exprs: Sequence[Basic]) -> list[Basic]:
    """The expressions, with what is made of several units of known sizes entry by entry."""
    if not any(isinstance(e, MatrixUnit) for e in postorder(exprs, operands)):
        return list(exprs)
    terms: dict[Basic, int] = {}  # how many units are added up in what is made of nothing else
    forms: dict[Basic, Basic] = {}
    for node in postorder(exprs, operands):
        terms[node] = _terms(node, terms)
        if terms[node] > 1:
            forms[node] = _explicit(node)
        elif isinstance(node, MatAdd):
            forms[node] = _with_units_joined(node, terms, forms)
        else:
            forms[node] = over(node, {a: forms[a] for a in operands(node)})
    return [forms[expr] for expr in exprs]


def _terms(node: Basic, terms: dict[Basic, int]) -> int:
    if not _is_small(node):
        return 0
    counts = [terms.get(a, 0) for a in node.args if is_matrix(a)]
    if isinstance(node, MatAdd):
        return sum(counts) if all(counts) else 0
    if isinstance(node, (MatMul, Transpose, Vec, KroneckerProduct)):
        return prod(counts)
    return int(isinstance(node, MatrixUnit))


def _is_small(node: Basic) -> bool:
    if not is_matrix(node):
        return False
    rows, cols = shape(node)
    return bool(rows.is_Integer and cols.is_Integer) and int(rows)*int(cols) <= limits.SHOWN_ENTRIES


def _with_units_joined(total: Basic, terms: dict[Basic, int], forms: dict[Basic, Basic]) -> Basic:
    units = [t for t in total.args if terms[t]]
    if sum(terms[t] for t in units) < 2:
        return c.add(*(forms[t] for t in total.args))
    return c.add(*(forms[t] for t in total.args if not terms[t]), _explicit(c.new(MatAdd, *units)))


def _explicit(matrix: Any) -> Basic:
    found = ImmutableDenseMatrix(matrix.as_explicit())
    is_identity = found.is_square and found == ImmutableDenseMatrix.eye(found.rows)
    return Identity(found.rows) if is_identity else found
