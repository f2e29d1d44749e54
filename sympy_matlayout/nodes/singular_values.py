"""Singular values and vectors, and the polar factor."""

from __future__ import annotations

from typing import Any

from sympy import Add, Expr, Min, S, Sum, Trace, oo
from sympy.matrices.expressions import HadamardPower, OneMatrix
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.bound_symbols import index_symbol
from ..core.errors import ArgumentError
from ..core.given import as_basic, as_index, as_matrix
from ..core.registry import construct
from ..core.shapes import Shape, same_size, shape
from .node import MatrixNode, numpy_call, pretty_call
from .norm import Norm
from .spectra import as_place

__all__ = ["LeftSingularVector", "LeftSingularVectors", "PolarFactor", "RightSingularVector",
           "RightSingularVectors", "SingularValue", "SingularValues", "ky_fan_norm",
           "polar_factor", "schatten_norm", "singular_value", "singular_values"]


def _number(matrix: Any) -> Any:
    """How many singular values a matrix has."""
    m, n = shape(matrix)
    return m if same_size(m, n) else Min(m, n)


class _OfMatrix(MatrixNode):
    """What is made of one matrix."""

    args: tuple[Any, ...]
    letter: str
    named: str

    def __new__(cls, matrix):
        return super().__new__(cls, as_matrix(matrix, f"the argument of {cls.__name__}"))

    @property
    def matrix(self) -> Any:
        return self.args[0]

    def doit(self, **hints):
        return construct(type(self), self.matrix.doit(**hints)) \
            if hints.get("deep", True) else self

    def _entry(self, i, j, **kwargs):
        return MatrixElement(self, i, j)

    def _pretty(self, printer):
        return pretty_call(printer, type(self).__name__, self.args)

    def _latex(self, printer):
        return rf"{self.letter}\left({printer._print(self.matrix)}\right)"

    def _numpycode(self, printer):
        return numpy_call(printer, self.named, self.matrix)


class SingularValues(_OfMatrix):
    r"""
    The column of the singular values of a matrix, descending as by NumPy's ``svd``.

    Explanation
    ===========

    Of an `m \times n` matrix there are `\min(m, n)`, `X = U\,\mathrm{diag}(\sigma)V^T`, of a
    complex one with `V^H`.
    `d\sigma = \mathrm{diagonal}(U^T\,dX\,V)`, so that `\sum f(\sigma_k)` has the gradient
    `U\,\mathrm{diag}(f'(\sigma))V^T`; a single one is differentiable where it is simple and
    not zero (Giles 2008, 3.2; Townsend 2016).

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import gradient, singular_values
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', m, n)
    >>> gradient(singular_values(X)[0, 0], X)
    LeftSingularVector(X, 0)*RightSingularVector(X, 0).T

    Parameters
    ==========

    matrix : a matrix expression

    See Also
    ========

    sympy_matlayout.SingularValue, sympy_matlayout.LeftSingularVectors

    References
    ==========

    .. [1] M. B. Giles, Collected matrix derivative results, 2008, 3.2
    """

    is_of_real_entries = True
    letter, named = r"\sigma", "singular_values"

    @property
    def shape(self) -> Shape:
        return _number(self.matrix), S.One

    def _entry(self, i, j, **kwargs):
        return construct(SingularValue, *_read("SingularValue", self.matrix, i))


class LeftSingularVectors(_OfMatrix):
    r"""
    `U` of the thin decomposition `X = U\,\mathrm{diag}(\sigma)V^T`, `m \times \min(m, n)`.

    Explanation
    ===========

    The signs of its columns are free, phases of a complex matrix, and those of
    ``RightSingularVectors`` follow: values make the entry of largest size of each positive.

    Examples
    ========

    >>> from sympy import DiagMatrix, MatrixSymbol
    >>> from sympy_matlayout import LeftSingularVectors
    >>> X = MatrixSymbol('X', 5, 3)
    >>> LeftSingularVectors(X).shape
    (5, 3)

    Parameters
    ==========

    matrix : a matrix expression

    See Also
    ========

    sympy_matlayout.RightSingularVectors, sympy_matlayout.SingularValues

    References
    ==========

    .. [1] M. B. Giles, Collected matrix derivative results, 2008, 3.2
    """

    letter, named = "U", "left_singular_vectors"

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)[0], _number(self.matrix)


class RightSingularVectors(_OfMatrix):
    r"""
    `V` of the thin decomposition `X = U\,\mathrm{diag}(\sigma)V^T`, `n \times \min(m, n)`.

    Examples
    ========

    >>> from sympy import MatrixSymbol
    >>> from sympy_matlayout import RightSingularVectors
    >>> X = MatrixSymbol('X', 5, 3)
    >>> RightSingularVectors(X).shape
    (3, 3)

    Parameters
    ==========

    matrix : a matrix expression

    See Also
    ========

    sympy_matlayout.LeftSingularVectors, sympy_matlayout.SingularValues

    References
    ==========

    .. [1] M. B. Giles, Collected matrix derivative results, 2008, 3.2
    """

    letter, named = "V", "right_singular_vectors"

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)[1], _number(self.matrix)


class PolarFactor(_OfMatrix):
    r"""
    `UV^T` of the singular value decomposition, the nearest matrix with orthonormal columns or rows.

    Explanation
    ===========

    `X(X^TX)^{-1/2}` where `X` has full column rank, `(XX^T)^{-1/2}X` where it has full row
    rank; it needs one of the two.  Of a complex matrix it is `UV^H`.  The gradient of the
    nuclear norm, and the solution of the orthogonal Procrustes problem.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import Norm, gradient
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', m, n)
    >>> gradient(Norm(X, "nuc"), X)
    PolarFactor(X)

    Parameters
    ==========

    matrix : a matrix expression of full rank

    See Also
    ========

    sympy_matlayout.SingularValues, sympy_matlayout.Norm

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapter 8
    """

    letter, named = r"\operatorname{polar}", "polar_factor"

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)


# --- a single one -------------------------------------------------------------------------


class _Single:

    args: tuple[Any, ...]
    letter: str
    named: str

    @property
    def matrix(self) -> Any:
        return self.args[0]

    @property
    def place(self) -> Any:
        return self.args[1]

    def doit(self, **hints):
        return construct(type(self), *(a.doit(**hints) for a in self.args)) \
            if hints.get("deep", True) else self

    def _pretty(self, printer):
        return pretty_call(printer, type(self).__name__, self.args)

    def _latex(self, printer, exp=None):
        last = _number(self.matrix) - 1
        at = {S.Zero: r"\max", last: r"\min"}.get(self.place) or printer._print(self.place)
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"{self.letter}_{{{at}}}{power}\left({printer._print(self.matrix)}\right)"

    def _numpycode(self, printer):
        return numpy_call(printer, self.named, *self.args)


def _read(what: str, matrix: Any, place: Any) -> tuple[Any, Any]:
    matrix = as_matrix(matrix, f"the argument of {what}")
    return matrix, as_place(place, _number(matrix), f"the place of a {what}")


class SingularValue(_Single, Expr):
    r"""
    The singular value of a matrix at a place in descending order, counted from 0.

    Explanation
    ===========

    The gradient is `uv^T` of its singular vectors, where it is simple and not zero.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import Norm, gradient, singular_value
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', m, n)
    >>> gradient(singular_value(X, 1), X)
    LeftSingularVector(X, 1)*RightSingularVector(X, 1).T
    >>> gradient(Norm(X, 2), X)
    LeftSingularVector(X, 0)*RightSingularVector(X, 0).T

    Parameters
    ==========

    matrix : a matrix expression
    place : an index from 0, the largest, or -1 for the smallest

    See Also
    ========

    sympy_matlayout.SingularValues

    References
    ==========

    .. [1] M. B. Giles, Collected matrix derivative results, 2008, 3.2
    """

    is_commutative = True
    is_extended_real = True
    is_nonnegative = True
    letter, named = r"\sigma", "singular_value"

    def __new__(cls, matrix, place):
        return super().__new__(cls, *_read("SingularValue", matrix, place))


class _SingleVector(_Single, MatrixNode):

    def __new__(cls, matrix, place):
        return super().__new__(cls, *_read(cls.__name__, matrix, place))

    def _entry(self, i, j, **kwargs):
        return MatrixElement(self, i, j)


class LeftSingularVector(_SingleVector):
    """The left vector of a ``SingularValue``, a column of length 1, its largest entry positive."""

    letter, named = "u", "left_singular_vector"

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)[0], S.One


class RightSingularVector(_SingleVector):
    """The right vector of a ``SingularValue``, a column of length 1; its sign is the left one's."""

    letter, named = "v", "right_singular_vector"

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)[1], S.One


# --- to be called -------------------------------------------------------------------------


def singular_values(matrix: Any) -> Any:
    """The column of the singular values of a matrix, descending; see ``SingularValues``."""
    return construct(SingularValues, as_matrix(matrix, "the argument of singular_values"))


def singular_value(matrix: Any, place: Any) -> Any:
    """The singular value at a place in descending order, from 0; see ``SingularValue``."""
    return construct(SingularValue, *_read("singular_value", matrix, place))


def schatten_norm(matrix: Any, order: Any) -> Any:
    r"""
    `(\sum_k\sigma_k^p)^{1/p}`, the p-norm of the singular values.

    Explanation
    ===========

    Of order 1 the nuclear norm, of order 2 that of Frobenius, of order ``oo`` the spectral one.
    Its gradient is `U\,\mathrm{diag}(\sigma^{p-1})V^T` over the norm to `p - 1`.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import gradient, schatten_norm
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', m, n)
    >>> schatten_norm(X, 1), schatten_norm(X, 2)
    (Norm(X, nuc), Norm(X))
    >>> gradient(schatten_norm(X, 4)**4, X)
    4*LeftSingularVectors(X)*DiagMatrix(SingularValues(X).**3)*RightSingularVectors(X).T

    Parameters
    ==========

    matrix : a matrix expression
    order : a number, a symbol or ``oo``, at least 1

    See Also
    ========

    sympy_matlayout.Norm, sympy_matlayout.SingularValues
    """
    matrix, p = as_matrix(matrix, "the argument of schatten_norm"), as_basic(order, "the order")
    if (p < 1) == True:  # noqa: E712 - it may be a symbol
        raise ArgumentError(f"no Schatten norm of order {p}; an order is a number >= 1 or oo")
    if p in (1, 2, oo):
        return Norm(matrix, {S.One: "nuc", S(2): "fro", oo: 2}[p])
    values = singular_values(matrix)
    ones = OneMatrix(1, shape(values)[0])
    return Trace(ones*HadamardPower(values, p))**(1/p)


def ky_fan_norm(matrix: Any, number: Any) -> Any:
    """
    The sum of the largest singular values, as many as are asked for.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import gradient, ky_fan_norm
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', m, n)
    >>> ky_fan_norm(X, 2)
    SingularValue(X, 0) + SingularValue(X, 1)
    >>> gradient(ky_fan_norm(X, 1), X)
    LeftSingularVector(X, 0)*RightSingularVector(X, 0).T

    Parameters
    ==========

    matrix : a matrix expression
    number : how many, a number or a symbol

    See Also
    ========

    sympy_matlayout.SingularValue
    """
    k = as_index(number, "the number of singular values")
    if k.is_nonpositive:
        raise ArgumentError(f"a Ky Fan norm is of one or more singular values, got {k}")
    if k.is_Integer:
        return Add(*(singular_value(matrix, i) for i in range(int(k))))
    i = index_symbol(k.free_symbols | as_basic(matrix, "the matrix").free_symbols)
    return Sum(singular_value(matrix, i), (i, 0, k - 1))


def polar_factor(matrix: Any) -> Any:
    """The nearest matrix with orthonormal columns or rows; see ``PolarFactor``."""
    return construct(PolarFactor, as_matrix(matrix, "the argument of polar_factor"))
