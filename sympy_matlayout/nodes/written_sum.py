"""A sum that somebody wrote as one, as a letter while an expression is simplified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Basic, Expr
from sympy.matrices.expressions import MatrixExpr

from ..core import limits
from ..core.caches import cached_from_leaves
from ..core.shapes import Shape, shape

__all__ = ["WRITTEN", "WrittenScalar", "WrittenSum", "written_in"]


class WrittenSum(MatrixExpr):
    """
    A sum of matrices that products are not multiplied out over.

    ``(A*x - b).T*(A*x - b)`` multiplied out has no correct digit where ``A*x`` and ``b``
    are large and nearly the same.
    """

    args: tuple[Any, ...]

    @property
    def shape(self) -> Shape:
        return shape(self.args[0])


class WrittenScalar(Expr):
    """The same of scalars."""

    args: tuple[Any, ...]
    is_commutative = True
    is_number: Any = False

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real

    def _eval_is_extended_positive(self) -> bool | None:
        return self.args[0].is_extended_positive

    def _eval_is_extended_nonnegative(self) -> bool | None:
        return self.args[0].is_extended_nonnegative

    def _eval_is_zero(self) -> bool | None:
        return self.args[0].is_zero


WRITTEN = WrittenSum, WrittenScalar


@cached_from_leaves(limits.CACHED_NODES, lambda expr: expr.args)
def written_in(expr: Basic, inside: Sequence[frozenset[Basic]]) -> frozenset[Basic]:
    """The sums that stand in an expression as letters."""
    return frozenset().union(*inside, (expr,) if isinstance(expr, WRITTEN) else ())
