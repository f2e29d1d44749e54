"""Functions of a square matrix as a whole."""

from __future__ import annotations

from typing import Any

from sympy import (
    Lambda,
    S,
    Symbol,
    exp,
    log,
)
from sympy.matrices import ImmutableDenseMatrix, MatrixBase
from sympy.matrices.expressions import MatPow
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.given import as_square
from ..core.registry import construct
from ..core.shapes import Shape, shape
from .functions_of_argument import (
    KINKED,
    NAMES,
    as_function,
    code_of_function,
    function_name,
    known_by_name,
    latex_of_function_name,
)
from .node import MatrixNode, numpy_call, pretty_call

__all__ = ["OfFunction", "PrimaryFunction", "expm", "logm", "matrix_function", "sqrtm"]


class OfFunction(MatrixNode):
    """What is made of a function of one argument and of matrices."""

    @property
    def function(self) -> Lambda:
        return self.args[0]

    @property
    def matrix(self) -> Any:
        return self.args[1]

    @property
    def free_symbols(self):
        return set().union(*(a.free_symbols for a in self.args))

    def doit(self, **hints):
        if not hints.get("deep", True):
            return self
        return construct(type(self), self.function, *(a.doit(**hints) for a in self.args[1:]))

    def _entry(self, i, j, **kwargs):
        return MatrixElement(self, i, j)


class PrimaryFunction(OfFunction):
    r"""
    `f(X)`, a function of a square matrix as a whole: ``expm(X)``, ``logm(X)``, ``cos`` of it.

    Explanation
    ===========

    The primary function: of `X = V\,\mathrm{diag}(\lambda)V^{-1}` it is
    `V\,\mathrm{diag}(f(\lambda))V^{-1}`, and its limit where `X` has no such form
    (Higham, definition 1.2).  `f` has to be differentiable at the eigenvalues, and real
    where these are; of the logarithm and of powers that are no integers it is the principal
    value, and no eigenvalue lies on the negative real axis.

    ``matrix_function`` writes sums, products, powers and functions of functions with the
    matrices that these are of, so what is left here is a function that SymPy has a name for.

    Its differential is ``FrechetDerivative``, and `d\,\mathrm{tr} f(X) =
    \mathrm{tr}(f'(X)\,dX)`.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, cos, symbols
    >>> from sympy_matlayout import expm, gradient, matrix_function
    >>> n = symbols('n', integer=True, positive=True)
    >>> t = symbols('t')
    >>> A, X = MatrixSymbol('A', n, n), MatrixSymbol('X', n, n)
    >>> gradient(Trace(matrix_function(cos, X)), X)
    -matrix_function(sin, X.T)
    >>> gradient(Trace(A*expm(X)), X)
    FrechetDerivative(exp, X.T, A.T)

    Parameters
    ==========

    function : a function of SymPy's, or a ``Lambda`` of one argument
    matrix : a square matrix expression

    See Also
    ========

    sympy_matlayout.matrix_function, sympy_matlayout.FrechetDerivative

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapters 1 and 3
    """

    def __new__(cls, function, matrix):
        return super().__new__(cls, as_function(function, "a function of a matrix"),
                               as_square(matrix, "the argument of a function of a matrix"))

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)

    def doit(self, **hints):
        matrix = self.matrix.doit(**hints) if hints.get("deep", True) else self.matrix
        if isinstance(matrix, MatrixBase):
            return _of_explicit(self.function, matrix)
        return construct(PrimaryFunction, self.function, matrix)

    def as_explicit(self):
        matrix = self.matrix.as_explicit()
        if matrix.free_symbols:
            return super().as_explicit()
        return ImmutableDenseMatrix(_of_explicit(self.function, matrix))

    @property
    def _head(self) -> Any:
        body = self.function.expr
        return body.func if body.is_Function and body.args == self.function.variables else None

    def _sympystr(self, printer):
        if self._head in NAMES:
            return f"{NAMES[self._head]}({printer._print(self.matrix)})"
        return (f"matrix_function({function_name(self.function)}, "
                f"{printer._print(self.matrix)})")

    def _latex(self, printer):
        inside = printer._print(self.matrix)
        if self._head is exp:
            return r"e^{%s}" % inside if len(inside) <= 24 else rf"\exp\left({inside}\right)"
        name = latex_of_function_name(self.function, printer)
        if self._head is None:
            name = rf"\left({name}\right)"
        return rf"{name}\left({inside}\right)"

    def _pretty(self, printer):
        if (head := self._head) is not None:
            return pretty_call(printer, NAMES.get(head) or head.__name__, self.args[1:])
        return pretty_call(printer, "matrix_function", [Symbol(
            function_name(self.function)), self.matrix])

    def _numpycode(self, printer):
        if self._head in NAMES:
            return numpy_call(printer, NAMES[self._head], self.matrix)
        if (named := known_by_name(self.function)) is not None:
            return numpy_call(printer, "matrix_function", named, self.matrix)
        real = ["real=True"] if self.function.expr.has(*KINKED) else []
        return numpy_call(printer, "matrix_function", code_of_function(self.function, printer),
                          self.matrix, *real)


def _of_explicit(f: Any, matrix: Any) -> Any:
    """SymPy's own value of a function of an explicit matrix."""
    (z,), body = f.signature, f.expr
    if isinstance(body, exp) and body.args == (z,):
        return matrix.exp()
    if isinstance(body, log) and body.args == (z,):
        return matrix.log()
    plain = Symbol("z")
    # SymPy 1.12 writes into a matrix of its own class, which has to be one that can be changed
    return matrix.as_mutable().analytic_func(body.xreplace({z: plain}), plain)


# --- to be called -------------------------------------------------------------------------


def matrix_function(f: Any, matrix: Any) -> Any:
    r"""
    `f(X)`, the primary function of a square matrix as a whole.

    Explanation
    ===========

    Sums, products, powers and functions of functions are written with the matrices that they
    are of; a function by itself is a ``PrimaryFunction``.  See there for what it is, what
    has to hold, and its derivative.

    Examples
    ========

    >>> from sympy import Lambda, MatrixSymbol, Trace, cos, log, symbols
    >>> from sympy_matlayout import gradient, matrix_function
    >>> n = symbols('n', integer=True, positive=True)
    >>> z = symbols('z')
    >>> X = MatrixSymbol('X', n, n)
    >>> matrix_function(Lambda(z, z*log(z)), X)
    X*logm(X)
    >>> gradient(Trace(matrix_function(Lambda(z, z*log(z)), X)), X)
    I + logm(X.T)
    >>> matrix_function(cos, X**2)
    matrix_function(cos, X**2)

    Parameters
    ==========

    f : a function of SymPy's, or a ``Lambda`` of one argument
    matrix : a square matrix expression

    See Also
    ========

    sympy_matlayout.expm, sympy_matlayout.logm, sympy_matlayout.sqrtm

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapter 1
    """
    return construct(PrimaryFunction, as_function(f, "matrix_function"),
                     as_square(matrix, "the argument of matrix_function"))


def expm(matrix: Any) -> Any:
    r"""
    `e^X = \sum_k X^k/k!`, the exponential of a square matrix.

    Examples
    ========

    >>> from sympy import Determinant, MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import canonical, expm, gradient
    >>> n = symbols('n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', n, n)
    >>> gradient(Trace(expm(X)), X)
    expm(X.T)
    >>> canonical(Determinant(expm(X))), canonical(expm(X).inverse())
    (exp(Trace(X)), expm(-X))

    Parameters
    ==========

    matrix : a square matrix expression

    See Also
    ========

    sympy_matlayout.PrimaryFunction, sympy_matlayout.logm

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapter 10
    """
    return matrix_function(exp, as_square(matrix, "the argument of expm"))


def logm(matrix: Any) -> Any:
    r"""
    The principal logarithm of a square matrix without eigenvalues on the closed negative axis.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import expm, gradient, logm
    >>> n = symbols('n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', n, n)
    >>> expm(logm(X)), gradient(Trace(logm(X)), X)
    (X, X.T**(-1))

    Parameters
    ==========

    matrix : a square matrix expression

    See Also
    ========

    sympy_matlayout.PrimaryFunction, sympy_matlayout.expm

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapter 11
    """
    return matrix_function(log, as_square(matrix, "the argument of logm"))


def sqrtm(matrix: Any) -> Any:
    r"""
    The principal square root, ``X**(1/2)``, whose eigenvalues have positive real parts.

    Explanation
    ===========

    With `S = X^{1/2}` the differential solves `S\,dS + dS\,S = dX` (Higham, section 6.1),
    and the result is written with its solution.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import differential, gradient, sqrtm
    >>> n = symbols('n', integer=True, positive=True)
    >>> A, X = MatrixSymbol('A', n, n), MatrixSymbol('X', n, n)
    >>> gradient(Trace(sqrtm(X)), X)
    X.T**(-1/2)/2
    >>> differential(sqrtm(X), X)
    SylvesterSolution(X**(1/2), X**(1/2), dX)

    Parameters
    ==========

    matrix : a square matrix expression

    See Also
    ========

    sympy_matlayout.SylvesterSolution, sympy_matlayout.PrimaryFunction

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, chapter 6
    """
    return construct(MatPow, as_square(matrix, "the argument of sqrtm"), S.Half)
