"""The pseudo-inverse, the adjugate, and solutions of Sylvester's equation."""

from __future__ import annotations

from typing import Any

from sympy import Determinant
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import ShapeError
from ..core.given import as_matrix, as_square
from ..core.registry import construct
from ..core.shapes import Shape, same_size, shape, show
from .node import MatrixNode, numpy_call, pretty_call

__all__ = ["Adjugate", "PseudoInverse", "SingularDeterminant", "SylvesterSolution", "adjugate",
           "cofactor", "pinv", "solve_sylvester"]


class _OfMatrices(MatrixNode):
    """What is made of matrices, and has no entries of its own."""

    args: tuple[Any, ...]
    named: str

    def doit(self, **hints):
        return construct(type(self), *(a.doit(**hints) for a in self.args)) \
            if hints.get("deep", True) else self

    def _entry(self, i, j, **kwargs):
        return MatrixElement(self, i, j)

    def _pretty(self, printer):
        return pretty_call(printer, type(self).__name__, self.args)

    def _numpycode(self, printer):
        return numpy_call(printer, self.named, *self.args)


class PseudoInverse(_OfMatrices):
    r"""
    `X^+`, the Moore-Penrose inverse.

    Explanation
    ===========

    `XX^+X = X`, `X^+XX^+ = X^+`, and `XX^+` and `X^+X` are symmetric projections.  Its
    differential, at constant rank (Golub & Pereyra 1973), is
    `-X^+\,dX\,X^+ + X^+X^{+T}\,dX^T(I - XX^+) + (I - X^+X)\,dX^TX^{+T}X^+`.
    ``Q.fullrank(X)`` and sizes that are numbers, or ``Q.invertible(X.T*X)``,
    ``Q.invertible(X*X.T)`` for full column and row rank, leave out one of the last two terms.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import canonical, pinv
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', m, n)
    >>> canonical(X*pinv(X)*X), pinv(pinv(X)), pinv(X.T)
    (X, X, PseudoInverse(X).T)

    Parameters
    ==========

    matrix : a matrix expression

    See Also
    ========

    sympy_matlayout.Adjugate

    References
    ==========

    .. [1] G. H. Golub, V. Pereyra, The differentiation of pseudo-inverses and nonlinear least
           squares problems whose variables separate, SIAM J. Numer. Anal. 10 (1973)
    .. [2] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 8.5
    """

    named = "pseudo_inverse"

    def __new__(cls, matrix):
        return super().__new__(cls, as_matrix(matrix, "the argument of PseudoInverse"))

    @property
    def shape(self) -> Shape:
        return shape(self.args[0])[::-1]

    def doit(self, **hints):
        matrix = self.args[0].doit(**hints) if hints.get("deep", True) else self.args[0]
        if hasattr(matrix, "pinv") and not matrix.free_symbols:
            return matrix.pinv()
        return construct(PseudoInverse, matrix)

    def _latex(self, printer):
        return rf"{printer.parenthesize(self.args[0], 100, True)}^{{+}}"


class Adjugate(_OfMatrices):
    r"""
    The adjugate, the transposed matrix of cofactors, `X\,\mathrm{adj}(X) = |X|I`.

    Explanation
    ===========

    It exists for singular matrices as well, and `d|X| = \mathrm{tr}(\mathrm{adj}(X)\,dX)` for
    all `X`: with ``Q.singular(X)`` in the assumptions this is what a determinant's gradient
    is written with.  Its own differential is written with the inverse,
    `|X|(\mathrm{tr}(X^{-1}dX)X^{-1} - X^{-1}dX\,X^{-1})` (Magnus & Neudecker 8.6).

    Examples
    ========

    >>> from sympy import Determinant, MatrixSymbol, Q, symbols
    >>> from sympy_matlayout import adjugate, canonical, gradient
    >>> n = symbols('n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', n, n)
    >>> canonical(X*adjugate(X))
    Determinant(X)*I

    Parameters
    ==========

    matrix : a square matrix expression

    See Also
    ========

    sympy_matlayout.cofactor

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 8.3, 8.6
    """

    named = "adjugate"

    def __new__(cls, matrix):
        return super().__new__(cls, as_square(matrix, "the argument of Adjugate"))

    @property
    def shape(self) -> Shape:
        return shape(self.args[0])

    def doit(self, **hints):
        matrix = self.args[0].doit(**hints) if hints.get("deep", True) else self.args[0]
        return matrix.adjugate() if hasattr(matrix, "adjugate") else construct(Adjugate, matrix)

    def _latex(self, printer):
        return rf"\operatorname{{adj}}\left({printer._print(self.args[0])}\right)"


class SingularDeterminant(Determinant):
    """The determinant of a matrix that is singular where it is differentiated."""

    def doit(self, **hints):
        return Determinant(self.args[0]).doit(**hints)


class SylvesterSolution(_OfMatrices):
    r"""
    The solution `X` of `AX + XB = C`.

    Explanation
    ===========

    Unique where no eigenvalue of `A` is the negative of one of `B`, and
    `\mathrm{vec} X = (I\otimes A + B^T\otimes I)^{-1}\mathrm{vec} C`.  With `B = A^T` it is
    Lyapunov's equation.  The differential of a square root is one, and its own is one again,
    of `dC - dA\,X - X\,dB`.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import gradient, solve_sylvester
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, B = MatrixSymbol('A', m, m), MatrixSymbol('B', n, n)
    >>> C, D = MatrixSymbol('C', m, n), MatrixSymbol('D', n, m)
    >>> gradient(Trace(D*solve_sylvester(A, B, C)), C)
    SylvesterSolution(A.T, B.T, D.T)

    Parameters
    ==========

    A, B : square matrix expressions
    C : the right-hand side, with the rows of A and the columns of B

    See Also
    ========

    sympy_matlayout.sqrtm

    References
    ==========

    .. [1] N. J. Higham, Functions of Matrices, SIAM 2008, B.14
    """

    named = "sylvester_solution"

    def __new__(cls, A, B, C):
        return super().__new__(cls, *_read_equation(A, B, C))

    @property
    def shape(self) -> Shape:
        return shape(self.args[2])

    def _latex(self, printer):
        inside = ", ".join(map(printer._print, self.args))
        return rf"\operatorname{{sylv}}\left({inside}\right)"


def _read_equation(A: Any, B: Any, C: Any) -> tuple[Any, Any, Any]:
    A = as_square(A, "the first matrix of Sylvester's equation")
    B = as_square(B, "the second matrix of Sylvester's equation")
    C = as_matrix(C, "the right-hand side of Sylvester's equation")
    if not (same_size(shape(A)[0], shape(C)[0]) and same_size(shape(B)[0], shape(C)[1])):
        raise ShapeError(f"A*X + X*B = C with A {show(shape(A))} and B {show(shape(B))} needs C "
                         f"{show((shape(A)[0], shape(B)[0]))}, got {show(shape(C))}")
    return A, B, C


# --- to be called -------------------------------------------------------------------------


def pinv(matrix: Any) -> Any:
    """The Moore-Penrose inverse; see ``PseudoInverse``."""
    return construct(PseudoInverse, as_matrix(matrix, "the argument of pinv"))


def adjugate(matrix: Any) -> Any:
    """The transposed matrix of cofactors; see ``Adjugate``."""
    return construct(Adjugate, as_square(matrix, "the argument of adjugate"))


def cofactor(matrix: Any) -> Any:
    r"""
    The matrix of cofactors, `\partial|X|/\partial X`, the transpose of the adjugate.

    Examples
    ========

    >>> from sympy import Matrix, MatrixSymbol
    >>> from sympy_matlayout import cofactor
    >>> cofactor(MatrixSymbol('X', 3, 3))
    Adjugate(X).T
    >>> cofactor(Matrix([[1, 2], [3, 4]])).doit()
    Matrix([
    [ 4, -3],
    [-2,  1]])

    See Also
    ========

    sympy_matlayout.Adjugate
    """
    found = adjugate(matrix)
    return found.T


def solve_sylvester(A: Any, B: Any, C: Any) -> Any:
    """The solution X of A*X + X*B = C; see ``SylvesterSolution``."""
    return construct(SylvesterSolution, *_read_equation(A, B, C))
