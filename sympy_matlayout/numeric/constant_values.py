"""The values of constant matrices, which are given by their sizes and places."""

from __future__ import annotations

from typing import Any

import mpmath
from mpmath import mpf
from sympy.matrices.expressions import Identity, MatrixExpr, OneMatrix, ZeroMatrix

from ..core.caches import cached
from ..core.registry import declares
from ..nodes.constants import (
    CommutationMatrix,
    DiagonalEmbedding,
    MatrixUnit,
    SelectionMatrix,
    SympysUnit,
)
from ..nodes.linear_structures import LinearBasis, LowerOnes
from ..nodes.vech import DuplicationMatrix, EliminationMatrix, SymmetrizerMatrix
from .evaluation import Evaluation
from .types import NumericMatrix

EXPLICIT = 10  # what an entry costs that SymPy computes, in multiplications


@declares("value", Identity)
def value_of_identity(node: Identity, at: Evaluation) -> NumericMatrix:
    return at.build(node, lambda i, j: mpf(i == j))


@declares("value", ZeroMatrix)
def value_of_zeros(node: ZeroMatrix, at: Evaluation) -> NumericMatrix:
    return at.build(node, lambda i, j: mpf(0))


@declares("value", OneMatrix)
def value_of_ones(node: OneMatrix, at: Evaluation) -> NumericMatrix:
    return at.build(node, lambda i, j: mpf(1))


@declares("value", SympysUnit or MatrixUnit)
def value_of_unit(node: MatrixExpr, at: Evaluation) -> NumericMatrix:
    row, col = map(at.size, node.args[2:])
    return at.build(node, lambda i, j: mpf((i, j) == (row, col)))


@declares("value", SelectionMatrix)
def value_of_selection(node: SelectionMatrix, at: Evaluation) -> NumericMatrix:
    start, step = map(at.size, node.args[2:])
    return at.build(node, lambda i, j: mpf(j == start + step*i))


@declares("value", CommutationMatrix)
def value_of_commutation(node: CommutationMatrix, at: Evaluation) -> NumericMatrix:
    m, n = map(at.size, node.args)
    return at.build(node, lambda r, s: mpf(s == r//n + m*(r % n)))


@declares("value", DiagonalEmbedding)
def value_of_diagonal_embedding(node: DiagonalEmbedding, at: Evaluation) -> NumericMatrix:
    n = at.size(node.args[0])
    return at.build(node, lambda r, s: mpf(r == s*(n + 1)))


@declares("value", DuplicationMatrix, EliminationMatrix, SymmetrizerMatrix, LinearBasis, LowerOnes)
def value_of_structural(node: MatrixExpr, at: Evaluation) -> NumericMatrix:
    rows, cols = map(at.size, node.shape)
    at.account.spend(EXPLICIT*rows*cols, node)
    found = mpmath.matrix(rows, cols)
    for place, entry in _nonzero_entries(node.func(at.size(node.args[0]))):
        found[place] = mpf(entry.p)/entry.q
    return found


@cached(32)
def _nonzero_entries(constant: MatrixExpr) -> list[tuple[tuple[int, int], Any]]:
    """Of a matrix that is given by its size alone."""
    M = constant.as_explicit()
    return [((i, j), M[i, j]) for i in range(M.rows) for j in range(M.cols) if M[i, j] != 0]
