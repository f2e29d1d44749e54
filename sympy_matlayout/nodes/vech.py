"""The kept triangle of a symmetric matrix as a column, and the matrices that go with it."""

from __future__ import annotations

from sympy import Eq, Expr, Max, Min, Mod, Piecewise, Rational, S, floor, sqrt
from sympy.matrices import ImmutableDenseMatrix

from ..core.caches import cached
from ..core.errors import ShapeError
from ..core.given import as_matrix
from ..core.indexed import Indexed, delta
from ..core.registry import construct, declares
from ..core.shapes import Shape, as_size, is_one, same_size, shape, show
from .node import ConstantOfSize, MatrixNode, numpy_call, numpy_size, pretty_call

__all__ = [
    "DuplicationMatrix",
    "EliminationMatrix",
    "SymmetrizerMatrix",
    "Unvech",
    "Vech",
    "triangle",
    "unvech",
    "vech",
]


def triangle(n: Expr) -> Expr:
    """The number of entries of a kept triangle, n(n + 1)/2."""
    return n*(n + 1)/2


def place(i: Expr, j: Expr, n: Expr) -> Expr:
    """Where the entry [i, j] of the lower triangle stands in the vech, counted from 0."""
    return j*n - j*(j - 1)/2 + i - j


@cached(32)
def _places(n: int) -> list[tuple[int, int]]:
    """The entries of the lower triangle, column by column."""
    return [(i, j) for j in range(n) for i in range(j, n)]


class Vech(MatrixNode):
    r"""
    The lower triangle of a square matrix in one column, column by column.

    Explanation
    ===========

    `\mathrm{vech}(X) = (x_{11}, x_{21}, \ldots, x_{n1}, x_{22}, \ldots, x_{nn})^T`,
    of length `n(n+1)/2`.  For a symmetric matrix it holds every free entry once.

    Examples
    ========

    >>> from sympy import MatrixSymbol
    >>> from sympy_matlayout import Vech
    >>> X = MatrixSymbol('X', 3, 3)
    >>> Vech(X).as_explicit().T
    Matrix([[X[0, 0], X[1, 0], X[2, 0], X[1, 1], X[2, 1], X[2, 2]]])

    Parameters
    ==========

    matrix : a square matrix expression

    See Also
    ========

    sympy_matlayout.vech, sympy_matlayout.EliminationMatrix, sympy_matlayout.Unvech

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 3.8
    """

    def __new__(cls, matrix):
        matrix = as_matrix(matrix, "the argument of Vech")
        if not same_size(*shape(matrix)):
            raise ShapeError(f"Vech needs a square matrix, got shape {show(shape(matrix))}")
        return super().__new__(cls, matrix)

    @property
    def arg(self):
        return self.args[0]

    @property
    def shape(self) -> Shape:
        return triangle(shape(self.arg)[0]), S.One

    def _entry(self, i, j, **kwargs):
        n = shape(self.arg)[0]
        # the column is the last one whose first entry comes at or before i
        col = floor((2*n + 1 - sqrt((2*n + 1)**2 - 8*i))/2)
        return self.arg._entry(i - place(S.Zero, col, n), col, **kwargs)

    def as_explicit(self):
        n = shape(self.arg)[0]
        if not n.is_Integer:
            return super().as_explicit()
        return ImmutableDenseMatrix([self.arg[i, j] for i, j in _places(int(n))])

    def doit(self, **hints):
        return construct(Vech, self.arg.doit(**hints) if hints.get("deep", True) else self.arg)

    def _latex(self, printer):
        return r"\operatorname{vech}\left(%s\right)" % printer._print(self.arg)

    def _pretty(self, printer):
        return pretty_call(printer, "vech", self.args)

    def _numpycode(self, printer):
        return numpy_call(printer, "vech", self.arg)


class Unvech(MatrixNode):
    r"""
    The symmetric matrix with a given vech.

    Examples
    ========

    >>> from sympy import MatrixSymbol
    >>> from sympy_matlayout import Unvech
    >>> Unvech(MatrixSymbol('v', 3, 1), 2).as_explicit()
    Matrix([
    [v[0, 0], v[1, 0]],
    [v[1, 0], v[2, 0]]])

    Parameters
    ==========

    column : a column of length `n(n+1)/2`
    n : the size of the matrix

    See Also
    ========

    sympy_matlayout.Vech, sympy_matlayout.DuplicationMatrix
    """

    def __new__(cls, column, n):
        column, n = as_matrix(column, "the argument of Unvech"), as_size(n)
        if not is_one(shape(column)[1]):
            raise ShapeError(f"Unvech needs a column, got shape {show(shape(column))}")
        if not same_size(shape(column)[0], triangle(n)):
            raise ShapeError(
                f"Unvech: a column of length {shape(column)[0]} does not fill the triangle of a "
                f"{show((n, n))} matrix, which has {triangle(n)} entries")
        return super().__new__(cls, column, n)

    @property
    def arg(self):
        return self.args[0]

    @property
    def shape(self) -> Shape:
        return self.args[1], self.args[1]

    def _entry(self, i, j, **kwargs):
        return self.arg._entry(place(Max(i, j), Min(i, j), self.args[1]), S.Zero, **kwargs)

    def _eval_transpose(self):
        return self

    def doit(self, **hints):
        arg = self.arg.doit(**hints) if hints.get("deep", True) else self.arg
        return construct(Unvech, arg, self.args[1])

    def _latex(self, printer):
        arg, n = map(printer._print, self.args)
        return r"\operatorname{unvech}_{%s}\left(%s\right)" % (n, arg)

    def _pretty(self, printer):
        return pretty_call(printer, "unvech", self.args)

    def _numpycode(self, printer):
        return numpy_call(printer, "unvech", self.arg, numpy_size(printer, self.args[1]))


class DuplicationMatrix(ConstantOfSize):
    r"""
    The `n^2 \times n(n+1)/2` matrix `D_n` with `D_n\,\mathrm{vech}(X) = \mathrm{vec}(X)`,
    `X` symmetric.

    Explanation
    ===========

    Its pseudo-inverse `D_n^+ = (D_n^T D_n)^{-1}D_n^T = L_n N_n` makes
    `D_n^+ D_n = I` and `D_n D_n^+ = N_n`; ``pinv()`` gives it.

    Examples
    ========

    >>> from sympy_matlayout import DuplicationMatrix
    >>> DuplicationMatrix(2).as_explicit()
    Matrix([
    [1, 0, 0],
    [0, 1, 0],
    [0, 1, 0],
    [0, 0, 1]])

    See Also
    ========

    sympy_matlayout.EliminationMatrix, sympy_matlayout.SymmetrizerMatrix, sympy_matlayout.Vech

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 3.8
    """

    letter = "D"
    numpy_function = "duplication_matrix"

    @property
    def shape(self) -> Shape:
        n = self.args[0]
        return n**2, triangle(n)

    def _entry(self, r, s, **kwargs):
        (n,) = self.args
        i, j = Mod(r, n), floor(r/n)
        return Piecewise((S.One, Eq(place(Max(i, j), Min(i, j), n), s)), (S.Zero, True))

    def _number(self, r, s, n):
        i, j = r % n, r//n
        return int(_places(n)[s] == (max(i, j), min(i, j)))

    def pinv(self):
        """The pseudo-inverse, `L_n N_n`."""
        (n,) = self.args
        return EliminationMatrix(n)*SymmetrizerMatrix(n)


class EliminationMatrix(ConstantOfSize):
    r"""
    The `n(n+1)/2 \times n^2` matrix `L_n` with `L_n\,\mathrm{vec}(X) = \mathrm{vech}(X)`.

    Explanation
    ===========

    `L_n D_n = I`, and `L_n L_n^T = I`, so that `L_n^+ = L_n^T`.

    Examples
    ========

    >>> from sympy_matlayout import EliminationMatrix
    >>> EliminationMatrix(2).as_explicit()
    Matrix([
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 0, 1]])

    See Also
    ========

    sympy_matlayout.DuplicationMatrix, sympy_matlayout.Vech

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, The elimination matrix: some lemmas and
           applications, SIAM J. Algebraic Discrete Methods 1 (1980)
    """

    letter = "L"
    numpy_function = "elimination_matrix"

    @property
    def shape(self) -> Shape:
        n = self.args[0]
        return triangle(n), n**2

    def _entry(self, r, s, **kwargs):
        (n,) = self.args
        i, j = Mod(s, n), floor(s/n)
        return Piecewise((S.One, (i >= j) & Eq(place(i, j, n), r)), (S.Zero, True))

    def _number(self, r, s, n):
        return int(_places(n)[r] == (s % n, s//n))

    def pinv(self):
        """The pseudo-inverse, the transpose: the rows are orthonormal."""
        return self.T



class SymmetrizerMatrix(ConstantOfSize):
    r"""
    The `n^2 \times n^2` matrix `N_n = \frac12(I + K_{nn})`, with
    `N_n\,\mathrm{vec}(X) = \mathrm{vec}\,\frac12(X + X^T)`.

    Explanation
    ===========

    Symmetric and idempotent, of rank `n(n+1)/2`; its own pseudo-inverse.

    Examples
    ========

    >>> from sympy_matlayout import SymmetrizerMatrix
    >>> SymmetrizerMatrix(2).as_explicit()
    Matrix([
    [1,   0,   0, 0],
    [0, 1/2, 1/2, 0],
    [0, 1/2, 1/2, 0],
    [0,   0,   0, 1]])

    See Also
    ========

    sympy_matlayout.CommutationMatrix, sympy_matlayout.DuplicationMatrix

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 3.8
    """

    letter = "N"
    numpy_function = "symmetrizer_matrix"

    @property
    def shape(self) -> Shape:
        n = self.args[0]
        return n**2, n**2

    def _entry(self, r, s, **kwargs):
        (n,) = self.args
        same = Piecewise((S.Half, Eq(r, s)), (S.Zero, True))
        turned = Piecewise((S.Half, Eq(s, floor(r/n) + n*Mod(r, n))), (S.Zero, True))
        return same + turned

    def _number(self, r, s, n):
        return Rational(int(r == s) + int(s == r//n + n*(r % n)), 2)

    def _eval_transpose(self):
        return self

    def _eval_trace(self):
        return triangle(self.args[0])

    def _eval_determinant(self):
        (n,) = self.args
        return Piecewise((S.One, n <= 1), (S.Zero, True))

    def pinv(self):
        """The pseudo-inverse, itself."""
        return self


@declares("indices", SymmetrizerMatrix)
def entries_of_symmetrizer(N: SymmetrizerMatrix) -> Indexed:
    """N = (I + K)/2"""
    (n,) = N.args
    return Indexed((n, n), (n, n), lambda row, col: [
        (S.Half, [delta(row[0], col[0]), delta(row[1], col[1])]),
        (S.Half, [delta(row[0], col[1]), delta(row[1], col[0])])])


def vech(matrix):
    """
    The lower triangle of a square matrix, column by column, evaluated where it can be.

    Examples
    ========

    >>> from sympy import Matrix, MatrixSymbol
    >>> from sympy_matlayout import Unvech, vech
    >>> vech(Matrix([[1, 2], [3, 4]])).T
    Matrix([[1, 3, 4]])
    >>> v = MatrixSymbol('v', 3, 1)
    >>> vech(Unvech(v, 2))
    v

    Parameters
    ==========

    matrix : a square matrix expression or an explicit matrix

    See Also
    ========

    sympy_matlayout.Vech, sympy_matlayout.unvech
    """
    return Vech(matrix).doit(deep=False)


def unvech(column, n):
    """
    The symmetric matrix whose vech is a column, evaluated where it can be.

    Examples
    ========

    >>> from sympy import Matrix
    >>> from sympy_matlayout import unvech
    >>> unvech(Matrix([1, 2, 3]), 2)
    Matrix([
    [1, 2],
    [2, 3]])

    Parameters
    ==========

    column : a column of length `n(n+1)/2`
    n : the size of the matrix

    See Also
    ========

    sympy_matlayout.Unvech, sympy_matlayout.vech
    """
    return Unvech(column, n).doit(deep=False)
