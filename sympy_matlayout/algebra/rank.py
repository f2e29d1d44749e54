"""What sizes and structure say of a matrix's rank."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Add, Expr, Integer, Mul, S
from sympy.core.basic import Basic
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    HadamardProduct,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from ..expressions.constants import MatrixUnit
from ..expressions.shape import is_matrix, shape
from ..expressions.structured import facts_about

__all__ = ["rank_defect", "rank_bounds"]


def rank_defect(matrix: Basic) -> Expr | None:
    """
    What the rank of a square matrix can't exceed, where that makes it singular.

    With a size that is a symbol this says so for all sizes above the bound, which is
    then a number: ``x*x.T`` has rank 1 and is singular unless x is 1x1.  None where
    the rank may be full.
    """
    n = shape(matrix)[0]
    for bound in rank_bounds(matrix):
        full = bound >= n
        if full == False or bound.is_Integer and not n.is_Integer and full != True:  # noqa: E712
            return bound
    return None


def rank_bounds(matrix: Basic) -> set[Expr]:
    """Numbers and sizes that the rank of a matrix can't exceed."""
    if isinstance(matrix, ZeroMatrix):
        return {S.Zero}
    if isinstance(matrix, (OneMatrix, MatrixUnit)):
        return {S.One}
    found = set(shape(matrix))
    factors = [a for a in matrix.args if is_matrix(a)]
    if isinstance(matrix, (MatMul, Transpose)):
        return found.union(*map(rank_bounds, factors))
    if isinstance(matrix, MatPow):
        return found | (rank_bounds(matrix.args[0]) if matrix.args[1].is_positive else set())
    if isinstance(matrix, MatAdd):
        return found | {Add(*map(_least, factors))}
    if isinstance(matrix, (HadamardProduct, KroneckerProduct)):
        return found | {Mul(*map(_least, factors))}
    if isinstance(matrix, MatrixBase) and not matrix.free_symbols:
        return found | {Integer(matrix.rank())}
    n, facts = shape(matrix)[0], facts_about(matrix)
    if "singular" in facts or "skew" in facts and n.is_odd:
        found.add(n - 1)
    return found


def _least(matrix: Basic) -> Expr:
    """The least bound, a number where there is one."""
    bounds: Iterable[Expr] = rank_bounds(matrix)
    numbers = [b for b in bounds if b.is_Integer]
    return min(numbers) if numbers else min(bounds, key=lambda b: (b.count_ops(), str(b)))
