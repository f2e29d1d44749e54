"""Eigenvalues and eigenvectors: all of a Hermitian matrix or pencil, or a single pair."""

from __future__ import annotations

from typing import Any

from sympy import Expr, S, Transpose
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import ShapeError
from ..core.given import as_index, as_matrix, as_square
from ..core.registry import construct
from ..core.shapes import Shape, same_shape, shape, show
from .node import MatrixNode, numpy_call, pretty_call
from .realness import is_complex

__all__ = ["Eigenvalue", "Eigenvalues", "Eigenvector", "Eigenvectors", "LeftEigenvector",
           "ReciprocalGaps", "as_place", "eigenvalue", "eigenvalues", "eigenvector", "eigenvectors",
           "left_eigenvector", "place_from_end"]


def _read(what: str, matrix: Any, pencil: tuple[Any, ...]) -> tuple[Any, ...]:
    """A square matrix, and with it perhaps the second one of a pencil."""
    matrix = as_square(matrix, f"the argument of {what}")
    second = tuple(as_square(B, f"the second matrix of {what}") for B in pencil if B is not None)
    for B in second:
        if not same_shape(shape(B), shape(matrix)):
            raise ShapeError(f"{what}: the matrices of a pencil are of one size, got "
                             f"{show(shape(matrix))} and {show(shape(B))}")
    return matrix, *second


def as_place(given: Any, size: Any, what: str) -> Any:
    """An index among ``size`` many, -1 for the last."""
    k = as_index(given, what)
    if k.is_Integer and k.is_negative:
        k = size + k
    if k.is_negative or (size - k).is_nonpositive:
        raise ShapeError(f"{what} is {given}, and there are {size}")
    return k


def place_from_end(k: Any, size: Any) -> str | None:
    """``min`` of the first, ``max`` of the last of some numbers in ascending order."""
    if k == 0:
        return "min"
    return "max" if k == size - 1 else None


class _OfPencil(MatrixNode):
    """What is made of a Hermitian matrix A, or of two, A - λB with B positive definite."""

    args: tuple[Any, ...]
    letter: str  # in LaTeX
    named: str   # in generated code

    def __new__(cls, matrix, second=None):
        return super().__new__(cls, *_read(cls.__name__, matrix, (second,)))

    def doit(self, **hints):
        return construct(type(self), *(a.doit(**hints) for a in self.args)) \
            if hints.get("deep", True) else self

    def _entry(self, i, j, **kwargs):
        return MatrixElement(self, i, j)

    def _pretty(self, printer):
        return pretty_call(printer, type(self).__name__, self.args)

    def _latex(self, printer):
        inside = ", ".join(map(printer._print, self.args))
        return rf"{self.letter}\left({inside}\right)"

    def _numpycode(self, printer):
        return numpy_call(printer, self.named, *self.args)


class Eigenvalues(_OfPencil):
    r"""
    The column of the eigenvalues of a Hermitian matrix, ascending as by NumPy's ``eigh``.

    Explanation
    ===========

    With two matrices they are those of the pencil, `Av = \lambda Bv` with `A` symmetric and
    `B` positive definite.  `d\lambda = \mathrm{diagonal}(V^T\,dS\,V)`, of a pencil
    `\lambda_k` changes by `v_k^T(dA - \lambda_k\,dB)v_k` (Magnus & Neudecker 8.9).  What is
    symmetric in them is differentiable everywhere, as `\sum f(\lambda_k)` with the gradient
    `V\,\mathrm{diag}(f'(\lambda))V^T`; a single one where it is simple only.

    The matrix has to be known as symmetric when it varies, or as Hermitian where it is complex:
    by its form, as `X^TX`, by ``structure="symmetric"`` or ``"hermitian"``, a
    ``SymmetricMatrixSymbol`` or ``HermitianMatrixSymbol``.

    Examples
    ========

    >>> from sympy import Trace, log, symbols
    >>> from sympy_matlayout import SymmetricMatrixSymbol, eigenvalues, gradient
    >>> n = symbols('n', integer=True, positive=True)
    >>> A = SymmetricMatrixSymbol('A', n)
    >>> eigenvalues(A).shape
    (n, 1)
    >>> gradient(eigenvalues(A)[0, 0], A)
    Eigenvector(A, 0)*Eigenvector(A, 0).T

    Parameters
    ==========

    matrix : a symmetric or Hermitian matrix expression
    second : a positive definite matrix expression of the same size, or None

    See Also
    ========

    sympy_matlayout.Eigenvectors, sympy_matlayout.Eigenvalue

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, chapter 8
    .. [2] M. B. Giles, Collected matrix derivative results, 2008, 3.1
    """

    is_of_real_entries = True
    letter, named = r"\lambda", "eigenvalues"

    @property
    def shape(self) -> Shape:
        return shape(self.args[0])[0], S.One

    def _entry(self, i, j, **kwargs):
        matrix, *second = self.args
        return construct(Eigenvalue, *_read_single("Eigenvalue", matrix, i, *second))


class Eigenvectors(_OfPencil):
    r"""
    The matrix of the orthonormal eigenvectors of a Hermitian matrix, as columns.

    Explanation
    ===========

    In the order of ``Eigenvalues``, `SV = V\,\mathrm{diag}(\lambda)`; of a pencil `V^TBV = I`.
    The sign of a column is free: values make its entry of largest size positive.
    `dV = V(F\circ(V^T\,dS\,V))` with ``ReciprocalGaps`` `F`, where all eigenvalues are
    simple (Giles 2008, 3.1).  Of a complex matrix the phases are free; what depends on
    them has no derivative.

    Examples
    ========

    >>> from sympy import symbols
    >>> from sympy_matlayout import SymmetricMatrixSymbol, differential, eigenvectors
    >>> n = symbols('n', integer=True, positive=True)
    >>> A = SymmetricMatrixSymbol('A', n)
    >>> V = eigenvectors(A)
    >>> V.T*V
    I

    Parameters
    ==========

    matrix : a symmetric or Hermitian matrix expression
    second : a positive definite matrix expression of the same size, or None

    See Also
    ========

    sympy_matlayout.Eigenvalues, sympy_matlayout.Eigenvector

    References
    ==========

    .. [1] M. B. Giles, Collected matrix derivative results, 2008, 3.1
    """

    letter, named = "V", "eigenvectors"

    @property
    def facts(self) -> frozenset[str]:
        if len(self.args) == 2:
            return frozenset()
        return frozenset({"complex", "unitary"} if is_complex(self.args[0]) else {"orthogonal"})

    @property
    def shape(self) -> Shape:
        return shape(self.args[0])


class ReciprocalGaps(MatrixNode):
    r"""
    The matrix of `1/(x_j - x_i)`, with zeros on the diagonal, of a column of different numbers.

    Examples
    ========

    >>> from sympy import Matrix
    >>> from sympy_matlayout import ReciprocalGaps
    >>> ReciprocalGaps(Matrix([1, 3])).as_explicit()
    Matrix([
    [   0, 1/2],
    [-1/2,   0]])

    Parameters
    ==========

    numbers : a column

    See Also
    ========

    sympy_matlayout.Eigenvectors

    References
    ==========

    .. [1] M. B. Giles, Collected matrix derivative results, 2008, 3.1
    """

    args: tuple[Any, ...]

    def __new__(cls, numbers):
        numbers = as_matrix(numbers, "the argument of ReciprocalGaps")
        if shape(numbers)[1] != 1:
            raise ShapeError(f"ReciprocalGaps is of a column, got {show(shape(numbers))}")
        return super().__new__(cls, numbers)

    @property
    def shape(self) -> Shape:
        n = shape(self.args[0])[0]
        return n, n

    def doit(self, **hints):
        return construct(ReciprocalGaps, self.args[0].doit(**hints)) \
            if hints.get("deep", True) else self

    def _entry(self, i, j, **kwargs):
        if i == j:
            return S.Zero
        if not (i - j).is_nonzero:
            return MatrixElement(self, i, j)
        return 1/(self.args[0][j, 0] - self.args[0][i, 0])

    def _pretty(self, printer):
        return pretty_call(printer, "ReciprocalGaps", self.args)

    def _latex(self, printer):
        return rf"\operatorname{{gaps}}^{{-1}}\left({printer._print(self.args[0])}\right)"

    def _numpycode(self, printer):
        return numpy_call(printer, "reciprocal_gaps", self.args[0])


# --- a single pair ------------------------------------------------------------------------


class _Single:
    """One of the eigenvalues of a matrix, or what belongs to it."""

    args: tuple[Any, ...]
    letter: str
    named: str

    @property
    def matrix(self) -> Any:
        return self.args[0]

    @property
    def place(self) -> Any:
        return self.args[1]

    @property
    def second(self) -> Any:
        """The second matrix of a pencil, None of a matrix alone."""
        return self.args[2] if len(self.args) == 3 else None

    def doit(self, **hints):
        return construct(type(self), *(a.doit(**hints) for a in self.args)) \
            if hints.get("deep", True) else self

    def _subscript(self, printer) -> str:
        at = place_from_end(self.place, shape(self.matrix)[0])
        return rf"\{at}" if at else printer._print(self.place)

    def _pretty(self, printer):
        return pretty_call(printer, type(self).__name__, self.args)

    def _latex(self, printer, exp=None):
        inside = ", ".join(printer._print(a) for a in (self.matrix, *self.args[2:]))
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"{self.letter}_{{{self._subscript(printer)}}}{power}\left({inside}\right)"

    def _numpycode(self, printer):
        turned = self.matrix.adjoint() if is_complex(self.matrix) \
            else construct(Transpose, self.matrix)
        symmetric = turned == self.matrix
        return numpy_call(printer, self.named, *self.args,
                          *(["symmetric=True"] if symmetric and self.second is None else []))


def _read_single(what: str, matrix: Any, place: Any, second: Any = None) -> tuple[Any, ...]:
    matrix, *rest = _read(what, matrix, (second,))
    return matrix, as_place(place, shape(matrix)[0], f"the place of an {what}"), *rest


class Eigenvalue(_Single, Expr):
    r"""
    The eigenvalue of a matrix at a place in ascending order, counted from 0; -1 is the largest.

    Explanation
    ===========

    For a symmetric matrix, or a pencil `Av = \lambda Bv`, the gradient is `vv^T`, for a
    Hermitian one `vv^H`, and the Hessian has `(\lambda I - S)^+` for the other eigenvalues
    (Magnus & Neudecker 8.9).  For any other real matrix the order is that of real parts, the
    eigenvalue has to be real, and with the right and left eigenvectors `v`, `w`, `w^Tv = 1`,
    it changes by `w^T\,dX\,v`.
    Differentiable where it is simple.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import SymmetricMatrixSymbol, eigenvalue, gradient
    >>> n = symbols('n', integer=True, positive=True)
    >>> A, X = SymmetricMatrixSymbol('A', n), MatrixSymbol('X', n, n)
    >>> gradient(eigenvalue(A, -1), A)
    Eigenvector(A, n - 1)*Eigenvector(A, n - 1).T
    >>> gradient(eigenvalue(X, -1), X)
    LeftEigenvector(X, n - 1)*Eigenvector(X, n - 1).T

    Parameters
    ==========

    matrix : a square matrix expression
    place : an index from 0, or -1 for the last, -2 for the last but one
    second : the second matrix of a pencil, positive definite, or None

    See Also
    ========

    sympy_matlayout.Eigenvalues, sympy_matlayout.Eigenvector

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 8.7-8.10
    """

    is_commutative = True
    is_extended_real = True
    letter, named = r"\lambda", "eigenvalue"

    def __new__(cls, matrix, place, second=None):
        return super().__new__(cls, *_read_single("Eigenvalue", matrix, place, second))


class _SingleVector(_Single, MatrixNode):

    def __new__(cls, matrix, place, second=None):
        return super().__new__(cls, *_read_single(cls.__name__, matrix, place, second))

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)[0], S.One

    def _entry(self, i, j, **kwargs):
        return MatrixElement(self, i, j)


class Eigenvector(_SingleVector):
    r"""
    The eigenvector that belongs to an ``Eigenvalue``, a column of length 1.

    Explanation
    ===========

    Its entry of largest size is positive in values, also of a complex matrix, whose eigenvectors
    have a free phase; of a pencil `v^TBv = 1`.  Of a symmetric
    matrix `dv = (\lambda I - S)^+\,dS\,v` (Magnus & Neudecker, theorem 8.9), of any other
    `dv = (\lambda I - X)^+(I - vw^T)\,dX\,v`.

    Examples
    ========

    >>> from sympy import symbols
    >>> from sympy_matlayout import SymmetricMatrixSymbol, differential, eigenvector
    >>> n = symbols('n', integer=True, positive=True)
    >>> A = SymmetricMatrixSymbol('A', n)
    >>> differential(eigenvector(A, 0), A)
    PseudoInverse(Eigenvalue(A, 0)*I - A)*dA*Eigenvector(A, 0)

    Parameters
    ==========

    matrix : a square matrix expression
    place : an index from 0, or -1 for the last
    second : the second matrix of a pencil, positive definite, or None

    See Also
    ========

    sympy_matlayout.Eigenvalue, sympy_matlayout.LeftEigenvector

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 8.8-8.10
    """

    letter, named = "v", "eigenvector"


class LeftEigenvector(_SingleVector):
    r"""
    The left eigenvector `w`, `w^TX = \lambda w^T`, of any matrix, with `w^Tv = 1`.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import eigenvalue, gradient
    >>> n = symbols('n', integer=True, positive=True)
    >>> X = MatrixSymbol('X', n, n)
    >>> gradient(eigenvalue(X, 0), X)
    LeftEigenvector(X, 0)*Eigenvector(X, 0).T

    Parameters
    ==========

    matrix : a square matrix expression
    place : an index from 0, or -1 for the last

    See Also
    ========

    sympy_matlayout.Eigenvector

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 8.10
    """

    letter, named = "w", "left_eigenvector"

    def __new__(cls, matrix, place):
        return super().__new__(cls, matrix, place)


# --- to be called -------------------------------------------------------------------------


def eigenvalues(matrix: Any, second: Any = None) -> Any:
    """The column of the eigenvalues of a symmetric matrix or pencil; see ``Eigenvalues``."""
    return construct(Eigenvalues, *_read("eigenvalues", matrix, (second,)))


def eigenvectors(matrix: Any, second: Any = None) -> Any:
    """The matrix of the eigenvectors of a symmetric matrix or pencil; see ``Eigenvectors``."""
    return construct(Eigenvectors, *_read("eigenvectors", matrix, (second,)))


def eigenvalue(matrix: Any, place: Any, second: Any = None) -> Any:
    """The eigenvalue at a place in ascending order, -1 the largest; see ``Eigenvalue``."""
    return construct(Eigenvalue, *_read_single("eigenvalue", matrix, place, second))


def eigenvector(matrix: Any, place: Any, second: Any = None) -> Any:
    """The eigenvector of the eigenvalue at a place; see ``Eigenvector``."""
    return construct(Eigenvector, *_read_single("eigenvector", matrix, place, second))


def left_eigenvector(matrix: Any, place: Any) -> Any:
    """The left eigenvector of the eigenvalue at a place; see ``LeftEigenvector``."""
    return construct(LeftEigenvector, *_read_single("left_eigenvector", matrix, place, None))
