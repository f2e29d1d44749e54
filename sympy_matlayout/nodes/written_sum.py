"""A sum that somebody wrote as one, as a letter while an expression is simplified."""

from __future__ import annotations

from typing import Any

from sympy import Expr
from sympy.matrices.expressions import MatrixExpr

from ..core.shapes import Shape, shape

__all__ = ["WRITTEN", "WrittenScalar", "WrittenSum"]


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
