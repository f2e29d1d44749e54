"""The factors of Cholesky's and of the QR factorisation."""

from __future__ import annotations

from typing import Any

from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import ShapeError
from ..core.given import as_matrix, as_square
from ..core.registry import construct
from ..core.shapes import Shape, shape, show
from .node import MatrixNode, numpy_call, pretty_call

__all__ = ["Cholesky", "QFactor", "RFactor", "cholesky", "qr"]


class _Factor(MatrixNode):
    """A factor of one matrix."""

    args: tuple[Any, ...]
    letter: str
    named: str

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


class Cholesky(_Factor):
    r"""
    `L`, lower triangular with a positive diagonal, of `S = LL^T` positive definite.

    Explanation
    ===========

    `dL = L\,\Phi(L^{-1}\,dS\,L^{-T})`, where `\Phi` takes the lower triangle and half of the
    diagonal (Murray 2016).  The matrix has to be known as symmetric when it varies; a complex
    one is Hermitian, `S = LL^H`.

    Examples
    ========

    >>> from sympy import Determinant, Trace, symbols
    >>> from sympy_matlayout import SymmetricMatrixSymbol, canonical, cholesky
    >>> n = symbols('n', integer=True, positive=True)
    >>> A = SymmetricMatrixSymbol('A', n)
    >>> L = cholesky(A)
    >>> L*L.T
    A
    >>> canonical(Determinant(L))
    sqrt(Determinant(A))

    Parameters
    ==========

    matrix : a positive definite matrix expression

    See Also
    ========

    sympy_matlayout.QFactor

    References
    ==========

    .. [1] I. Murray, Differentiation of the Cholesky decomposition, arXiv 1602.07527 (2016)
    """

    letter, named = r"\operatorname{chol}", "cholesky"
    facts = frozenset({"lower"})

    def __new__(cls, matrix):
        return super().__new__(cls, as_square(matrix, "the argument of Cholesky"))

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)


class QFactor(_Factor):
    r"""
    `Q` of `X = QR`, `m \times n` with orthonormal columns, of full column rank, `m \geq n`.

    Explanation
    ===========

    The thin factorisation, `R` with a positive diagonal, which makes it unique.  With
    `C = Q^T\,dX\,R^{-1}` and `\Omega` skew, its lower triangle that of `C`,
    `dQ = Q\Omega + (I - QQ^T)\,dX\,R^{-1}` and `dR = (C - \Omega)R` (Walter & Lehmann 2012).  Of
    complex matrices the transposes are adjoints.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import qr
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> Q, R = qr(MatrixSymbol('X', m, n))
    >>> Q.T*Q, Q*R
    (I, X)

    Parameters
    ==========

    matrix : a matrix expression of full column rank

    See Also
    ========

    sympy_matlayout.RFactor, sympy_matlayout.Cholesky

    References
    ==========

    .. [1] S. F. Walter, L. Lehmann, Algorithmic differentiation of linear algebra functions
           with application in optimum experimental design, arXiv 1001.1654 (2012)
    """

    letter, named = "Q", "q_factor"

    def __new__(cls, matrix):
        return super().__new__(cls, _as_tall(matrix, "the argument of QFactor"))

    @property
    def shape(self) -> Shape:
        return shape(self.matrix)


class RFactor(_Factor):
    """`R` of `X = QR`, upper triangular with a positive diagonal; see ``QFactor``."""

    letter, named = "R", "r_factor"
    facts = frozenset({"upper"})

    def __new__(cls, matrix):
        return super().__new__(cls, _as_tall(matrix, "the argument of RFactor"))

    @property
    def shape(self) -> Shape:
        n = shape(self.matrix)[1]
        return n, n


def _as_tall(matrix: Any, what: str) -> Any:
    matrix = as_matrix(matrix, what)
    m, n = shape(matrix)
    if (m - n).is_negative:
        raise ShapeError(f"{what} is {show((m, n))}; the thin factorisation needs as many rows as "
                         "columns or more, so factor the transpose")
    return matrix


def cholesky(matrix: Any) -> Any:
    """The lower factor L of S = L*L.T; see ``Cholesky``."""
    return construct(Cholesky, as_square(matrix, "the argument of cholesky"))


def qr(matrix: Any) -> tuple[Any, Any]:
    """The factors Q and R of X = Q*R, thin, of full column rank; see ``QFactor``."""
    matrix = _as_tall(matrix, "the argument of qr")
    return construct(QFactor, matrix), construct(RFactor, matrix)
