"""
Bases of linear structures: `vec X = Δθ` for the free entries θ of X.

Magnus, Linear Structures, 1988.  That of symmetric matrices is D, of diagonal
ones Ψ, of lower triangular ones L'; here are the others, and the matrices of
ones that cut out triangles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from sympy import Eq, Expr, Mod, Piecewise, Rational, S, floor

from ..core.shapes import Shape
from .node import ConstantOfSize, pretty_call

__all__ = [
    "CirculantBasis",
    "HankelBasis",
    "LinearBasis",
    "LowerOnes",
    "SkewDuplicationMatrix",
    "ToeplitzBasis",
    "UpperDuplicationMatrix",
    "UpperOnes",
]


class LowerOnes(ConstantOfSize):
    """
    The `n` by `n` matrix with ones on the diagonal and below it.

    ``HadamardProduct(A, LowerOnes(n))`` is the lower triangle of ``A``.

    Examples
    ========

    >>> from sympy_matlayout import LowerOnes
    >>> LowerOnes(2).as_explicit()
    Matrix([
    [1, 0],
    [1, 1]])

    See Also
    ========

    sympy_matlayout.UpperOnes
    """

    letter = "tril"
    numpy_function = "lower_ones"

    @property
    def shape(self) -> Shape:
        n = self.args[0]
        return n, n

    def _entry(self, i, j, **kwargs):
        return Piecewise((S.One, i >= j), (S.Zero, True))

    def _eval_transpose(self):
        return UpperOnes(*self.args)

    def _eval_trace(self):
        return self.args[0]

    def _eval_determinant(self):
        return S.One

    def pinv(self):
        """The pseudo-inverse, the inverse."""
        return self.inverse()

    def _latex(self, printer):
        return rf"\mathrm{{{self.letter}}}\left(1_{{{printer._print(self.args[0])}}}\right)"

    def _pretty(self, printer):
        return pretty_call(printer, self.letter, (S.One,))


class UpperOnes(LowerOnes):
    """
    The `n` by `n` matrix with ones on the diagonal and above it.

    Examples
    ========

    >>> from sympy_matlayout import UpperOnes
    >>> UpperOnes(2).as_explicit()
    Matrix([
    [1, 1],
    [0, 1]])

    See Also
    ========

    sympy_matlayout.LowerOnes
    """

    letter = "triu"
    numpy_function = "upper_ones"

    def _entry(self, i, j, **kwargs):
        return Piecewise((S.One, i <= j), (S.Zero, True))

    def _eval_transpose(self):
        return LowerOnes(*self.args)


class LinearBasis(ConstantOfSize):
    """The basis `Δ`, `n^2` by `k`: column s has its entries where the s-th free entry stands."""

    def free(self, n: Expr) -> Expr:
        """How many free entries there are."""
        raise NotImplementedError

    def value(self, i: Expr, j: Expr, s: Expr, n: Expr) -> Expr:
        """What the s-th free entry is multiplied with at [i, j]."""
        raise NotImplementedError

    @property
    def shape(self) -> Shape:
        n = self.args[0]
        return n**2, self.free(n)

    def _entry(self, r, s, **kwargs):
        n = self.args[0]
        return self.value(Mod(r, n), floor(r/n), s, n)


class SkewDuplicationMatrix(LinearBasis):
    r"""
    The basis `\tilde D_n` of skew-symmetric matrices.

    Explanation
    ===========

    The free entries are those below the diagonal, column by column, and
    `\tilde D_n^T\tilde D_n = 2I`.

    Examples
    ========

    >>> from sympy_matlayout import SkewDuplicationMatrix
    >>> SkewDuplicationMatrix(2).as_explicit().T
    Matrix([[0, 1, -1, 0]])

    See Also
    ========

    sympy_matlayout.DuplicationMatrix

    References
    ==========

    .. [1] J. R. Magnus, Linear Structures, 1988, chapter 6
    """

    letter = "D̃"
    numpy_function = "skew_duplication_matrix"

    def free(self, n):
        return n*(n - 1)/2

    def value(self, i, j, s, n):
        def place(row, col):
            return col*(n - 1) - col*(col - 1)/2 + row - col - 1
        return Piecewise((S.One, (i > j) & Eq(place(i, j), s)),
                         (S.NegativeOne, (i < j) & Eq(place(j, i), s)), (S.Zero, True))

    def pinv(self):
        """The pseudo-inverse, half the transpose."""
        return Rational(1, 2)*self.T

    def _latex(self, printer):
        return rf"\tilde{{D}}_{{{printer._print(self.args[0])}}}"


class UpperDuplicationMatrix(LinearBasis):
    r"""
    The basis of upper triangular matrices, their free entries column by column.

    Examples
    ========

    >>> from sympy_matlayout import UpperDuplicationMatrix
    >>> UpperDuplicationMatrix(2).as_explicit()
    Matrix([
    [1, 0, 0],
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 1]])

    See Also
    ========

    sympy_matlayout.EliminationMatrix
    """

    letter = "U"
    numpy_function = "upper_duplication_matrix"

    def free(self, n):
        return n*(n + 1)/2

    def value(self, i, j, s, n):
        return Piecewise((S.One, (i <= j) & Eq(j*(j + 1)/2 + i, s)), (S.Zero, True))

    def pinv(self):
        """The pseudo-inverse, the transpose: the columns are orthonormal."""
        return self.T


class _Constant(LinearBasis):
    """A basis of matrices that are constant along some lines."""

    line: Callable

    def value(self, i, j, s, n):
        return Piecewise((S.One, Eq(self.line(i, j, n), s)), (S.Zero, True))

    def pinv(self):
        """The pseudo-inverse, `(Δ'Δ)^{-1}Δ'`."""
        return cast(Any, self.T*self).inverse()*self.T


class ToeplitzBasis(_Constant):
    """
    The basis of Toeplitz matrices, free entries from the upper right to the lower left diagonal.

    Examples
    ========

    >>> from sympy_matlayout import ToeplitzBasis
    >>> ToeplitzBasis(2).as_explicit()
    Matrix([
    [0, 1, 0],
    [0, 0, 1],
    [1, 0, 0],
    [0, 1, 0]])

    See Also
    ========

    sympy_matlayout.HankelBasis, sympy_matlayout.CirculantBasis
    """

    letter = "T"
    numpy_function = "toeplitz_basis"

    def free(self, n):
        return 2*n - 1

    def line(self, i, j, n):
        return i - j + n - 1


class HankelBasis(_Constant):
    """
    The basis of Hankel matrices, free entries from the upper left to the lower right.

    Examples
    ========

    >>> from sympy_matlayout import HankelBasis
    >>> HankelBasis(2).as_explicit()
    Matrix([
    [1, 0, 0],
    [0, 1, 0],
    [0, 1, 0],
    [0, 0, 1]])

    See Also
    ========

    sympy_matlayout.ToeplitzBasis
    """

    letter = "H"
    numpy_function = "hankel_basis"

    def free(self, n):
        return 2*n - 1

    def line(self, i, j, n):
        return i + j


class CirculantBasis(_Constant):
    """
    The basis of circulant matrices, free entries down the first column.

    Examples
    ========

    >>> from sympy_matlayout import CirculantBasis
    >>> CirculantBasis(2).as_explicit()
    Matrix([
    [1, 0],
    [0, 1],
    [0, 1],
    [1, 0]])

    See Also
    ========

    sympy_matlayout.ToeplitzBasis
    """

    letter = "C"
    numpy_function = "circulant_basis"

    def free(self, n):
        return n

    def line(self, i, j, n):
        return Mod(i - j, n)

    def pinv(self):
        """The pseudo-inverse: every free entry stands in `n` places."""
        return self.T/self.args[0]
