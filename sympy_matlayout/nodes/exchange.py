"""The matrix that turns rows or columns round."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Mod, S
from sympy.matrices.expressions import Identity, MatrixExpr

from ..core.registry import declares
from ..core.shapes import Shape
from .constants import one_where
from .node import ConstantOfSize

__all__ = ["ExchangeMatrix"]


class ExchangeMatrix(ConstantOfSize):
    r"""
    The `n \times n` matrix `J_n` with ones on the anti-diagonal.

    Explanation
    ===========

    `J X` has the rows of `X` from the last to the first, `X J` its columns.  Symmetric,
    and its own inverse.

    Examples
    ========

    >>> from sympy import MatrixSymbol
    >>> from sympy_matlayout import ExchangeMatrix
    >>> J = ExchangeMatrix(3)
    >>> J.as_explicit()
    Matrix([
    [0, 0, 1],
    [0, 1, 0],
    [1, 0, 0]])
    >>> J*J*MatrixSymbol('Y', 3, 2)
    Y

    See Also
    ========

    sympy_matlayout.CommutationMatrix, sympy_matlayout.SelectionMatrix

    References
    ==========

    .. [1] R. A. Horn, C. R. Johnson, Matrix Analysis, 2nd ed., 0.9.5.1 (reversal matrix)
    """

    letter = "J"

    @property
    def shape(self) -> Shape:
        n = self.args[0]
        return n, n

    def _entry(self, i, j, **kwargs):
        return one_where(i + j, self.args[0] - 1)

    def _eval_transpose(self):
        return self

    def _eval_inverse(self) -> Any:
        return self

    def pinv(self):
        """The pseudo-inverse, itself."""
        return self

    def _eval_trace(self):
        return Mod(self.args[0], 2)

    def _eval_determinant(self):
        (n,) = self.args
        return S.NegativeOne**(n*(n - 1)/2)


@declares("power", ExchangeMatrix)
def power_of_exchange(J: ExchangeMatrix, exponent: Expr) -> MatrixExpr | None:
    """J, or I: symmetric and orthogonal.  Of a fraction or an open exponent, nothing."""
    if exponent.is_even:
        return Identity(J.shape[0])
    return J if exponent.is_odd else None
