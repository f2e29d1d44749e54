"""What sizes and structure say of a matrix's rank."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from sympy import Add, Determinant, Expr, Integer, Mul, S, expand, log
from sympy.core.basic import Basic
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    HadamardPower,
    HadamardProduct,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSlice,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from ..core import limits
from ..core.caches import cached
from ..core.errors import SingularError
from ..core.shapes import is_matrix, shape, show
from ..nodes.constants import MatrixUnit
from ..nodes.generalized_inverses import Adjugate, PseudoInverse
from ..nodes.primary_functions import PrimaryFunction
from ..nodes.structured import facts_about
from ..nodes.traversal import postorder
from ..nodes.vech import SymmetrizerMatrix, triangle
from . import constructors as c
from .normal_form import normal_form

__all__ = ["is_singular", "rank_bounds", "refuse_singular"]


def is_singular(matrix: Basic) -> bool:
    """Whether the rank of a square matrix is known to be less than its size."""
    n = shape(matrix)[0]
    return any((bound >= n) == False for bound in rank_bounds(matrix)) \
        or _is_skew_of_odd_size(matrix)  # noqa: E712


def refuse_singular(expr: Basic, determinants: bool = True) -> None:
    """
    Refuse inverses, and determinants to be differentiated, of matrices that are singular.

    With a size that is a symbol and a rank that is a number, all larger sizes count:
    ``x*x.T`` has rank 1 and is singular unless x is 1x1.
    """
    for node in postorder([expr], lambda e: e.args):
        # roots of singular matrices have no derivative either
        of_inverse = isinstance(node, MatPow) and not (
            node.args[1].is_integer and not node.args[1].is_extended_negative
            or node.args[1].is_integer is None)
        of_logarithm = isinstance(node, PrimaryFunction) and isinstance(node.function.expr, log)
        if not (of_inverse or of_logarithm or determinants and (
                isinstance(node, Adjugate) or type(node) is Determinant)):
            continue
        matrix = node.args[of_logarithm]
        n = shape(matrix)[0]
        for bound in rank_bounds(matrix):
            full = bound >= n
            if full == False or bound.is_Integer and not n.is_Integer and full != True:  # noqa: E712
                larger = "" if full == False else f" for all {n} > {bound}"  # noqa: E712
                what = ("it has no inverse" if node.args[-1].is_extended_negative else
                        "its root has no derivative") if of_inverse else \
                    "it has no logarithm" if of_logarithm else "its determinant is 0"
                raise SingularError(
                    f"{matrix} is {show(shape(matrix))} and of rank at most {bound}, so that "
                    f"{what}{larger}; the derivative of a determinant needs the inverse as well. "
                    "Give sizes as numbers if they are smaller")


@cached(limits.CACHED_FORMS)
def rank_bounds(matrix: Any) -> set[Expr]:
    """Numbers and sizes that the rank of a matrix can't exceed."""
    if isinstance(matrix, ZeroMatrix):
        return {S.Zero}
    if isinstance(matrix, (OneMatrix, MatrixUnit)):
        return {S.One}
    found = set(shape(matrix))
    factors = [a for a in matrix.args if is_matrix(a)]
    if isinstance(matrix, (MatMul, PseudoInverse, Transpose)):
        return found.union(*map(rank_bounds, factors))
    if isinstance(matrix, MatPow):
        return found | (rank_bounds(matrix.args[0]) if matrix.args[1].is_positive else set())
    if isinstance(matrix, (MatAdd, BlockDiagMatrix)):
        return found | {Add(*map(_least, factors))}
    if isinstance(matrix, (HadamardProduct, KroneckerProduct)):
        return found | {Mul(*map(_least, factors))}
    if isinstance(matrix, MatrixBase):
        return found | _of_entries(matrix)
    if isinstance(matrix, MatrixSlice):
        return found | {b for b in rank_bounds(factors[0]) if b.is_Integer}
    if isinstance(matrix, HadamardPower) and len(factors) == 1 and matrix.args[1].is_Integer \
            and cast(Any, matrix.args[1]) > 0:
        return found | {_least(factors[0])**matrix.args[1]}
    n, facts = shape(matrix)[0], facts_about(matrix)
    if isinstance(matrix, SymmetrizerMatrix):
        found.add(triangle(matrix.args[0]))
    if "singular" in facts or "skew" in facts and n.is_odd:
        found.add(n - 1)
    return found


def _is_skew_of_odd_size(matrix: Basic) -> bool:
    """Whether the transpose, rewritten, is the negative of a matrix of odd size."""
    if not isinstance(matrix, (MatAdd, MatMul, HadamardProduct)) or not shape(matrix)[0].is_odd:
        return False
    return isinstance(normal_form(c.add(matrix, c.transpose(matrix))), ZeroMatrix)


def _of_entries(matrix: MatrixBase) -> set[Expr]:
    """A bound from the entries of an explicit matrix, of a small one with symbols as well."""
    if not matrix.free_symbols:
        return {Integer(matrix.rank())}
    small = matrix.rows == matrix.cols <= limits.EXPLICIT_ROWS
    return {Integer(matrix.rows - 1)} if small and expand(matrix.det()) == 0 else set()


def _least(matrix: Basic) -> Expr:
    """The least bound, a number where there is one."""
    bounds: Iterable[Expr] = rank_bounds(matrix)
    numbers = [b for b in bounds if b.is_Integer]
    return min(numbers) if numbers else min(bounds, key=lambda b: (b.count_ops(), str(b)))
