"""Matrix symbols with a structure, and what is known about a symbol."""

from __future__ import annotations

from typing import Any, ClassVar

from sympy import KroneckerDelta, Piecewise, Q, S, Tuple
from sympy.core.basic import Basic
from sympy.core.symbol import Str
from sympy.core.sympify import _sympify
from sympy.matrices.expressions import MatrixSymbol
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import ShapeError
from ..core.given import as_name
from ..core.shapes import as_size, same_size, show
from .node import WithAdjoint

__all__ = [
    "LINEAR",
    "DiagonalMatrixSymbol",
    "KnownMatrixSymbol",
    "LowerTriangularMatrixSymbol",
    "SkewSymmetricMatrixSymbol",
    "StructuredMatrixSymbol",
    "SymmetricMatrixSymbol",
    "UpperTriangularMatrixSymbol",
    "facts_about",
]

# facts that hold for sums and multiples as well
LINEAR = frozenset({"symmetric", "skew", "diagonal", "lower", "upper", "complex", "hermitian",
                    "antihermitian"})


def facts_about(matrix: Basic) -> frozenset[str]:
    """What is known of a symbol: "symmetric", "skew", "diagonal", "orthogonal" and so on."""
    return getattr(matrix, "facts", frozenset())


class StructuredMatrixSymbol(WithAdjoint, MatrixSymbol):
    """A square MatrixSymbol whose entries depend on one another."""

    structure: ClassVar[str]
    facts: ClassVar[frozenset[str]]

    def __new__(cls, name, n, m=None):
        n = as_size(n)
        m = n if m is None else as_size(m)
        if not same_size(n, m):
            raise ShapeError(f"{cls.__name__}({str(name)!r}, ...) is square, got {show((n, m))}; "
                             "one size is enough")
        return Basic.__new__(cls, as_name(name, "the name of a matrix"), n, n)

    def _element(self, i, j):
        return MatrixElement(self, i, j)


def _above(i, j) -> bool | None:
    """Whether [i, j] lies above the diagonal, None where it depends."""
    decided = _sympify(i) < _sympify(j)
    return bool(decided) if decided in (True, False) else None


class SymmetricMatrixSymbol(StructuredMatrixSymbol):
    r"""
    A symmetric matrix, `S^T = S`, as the variable or as a constant.

    Explanation
    ===========

    The derivative by it is that by its free entries, in the convention asked
    for.  Entries above the diagonal are those below.

    Examples
    ========

    >>> from sympy import symbols
    >>> from sympy_matlayout import SymmetricMatrixSymbol
    >>> S = SymmetricMatrixSymbol('S', 2)
    >>> S.T
    S
    >>> S.as_explicit()
    Matrix([
    [S[0, 0], S[1, 0]],
    [S[1, 0], S[1, 1]]])

    Parameters
    ==========

    name : the name
    n : the size

    See Also
    ========

    sympy_matlayout.matrix_derivative, sympy_matlayout.SkewSymmetricMatrixSymbol
    """

    structure = "symmetric"
    facts = frozenset({"symmetric"})

    def _eval_transpose(self) -> Any:
        return self

    _eval_adjoint = _eval_transpose

    def _entry(self, i, j, **kwargs):
        return self._element(j, i) if _above(i, j) else self._element(i, j)


class SkewSymmetricMatrixSymbol(StructuredMatrixSymbol):
    r"""
    A skew-symmetric matrix, `S^T = -S`.

    Examples
    ========

    >>> from sympy_matlayout import SkewSymmetricMatrixSymbol
    >>> SkewSymmetricMatrixSymbol('S', 2).as_explicit()
    Matrix([
    [      0, -S[1, 0]],
    [S[1, 0],        0]])

    Parameters
    ==========

    name : the name
    n : the size

    See Also
    ========

    sympy_matlayout.SymmetricMatrixSymbol
    """

    structure = "skew"
    facts = frozenset({"skew"})

    def _eval_transpose(self) -> Any:
        return -self

    _eval_adjoint = _eval_transpose

    def _eval_trace(self):
        return S.Zero

    def _entry(self, i, j, **kwargs):
        if same_size(_sympify(i), _sympify(j)):
            return S.Zero
        return -self._element(j, i) if _above(i, j) else self._element(i, j)


class DiagonalMatrixSymbol(StructuredMatrixSymbol):
    """
    A diagonal matrix.

    Examples
    ========

    >>> from sympy_matlayout import DiagonalMatrixSymbol
    >>> DiagonalMatrixSymbol('D', 2).as_explicit()
    Matrix([
    [D[0, 0],       0],
    [      0, D[1, 1]]])

    Parameters
    ==========

    name : the name
    n : the size

    See Also
    ========

    sympy_matlayout.SymmetricMatrixSymbol
    """

    structure = "diagonal"
    facts = frozenset({"symmetric", "diagonal", "lower", "upper"})

    def _eval_transpose(self) -> Any:
        return self

    _eval_adjoint = _eval_transpose

    def _entry(self, i, j, **kwargs):
        return KroneckerDelta(_sympify(i), _sympify(j))*self._element(i, i)


class LowerTriangularMatrixSymbol(StructuredMatrixSymbol):
    """
    A lower triangular matrix.

    Examples
    ========

    >>> from sympy_matlayout import LowerTriangularMatrixSymbol
    >>> LowerTriangularMatrixSymbol('L', 2).as_explicit()
    Matrix([
    [L[0, 0],       0],
    [L[1, 0], L[1, 1]]])

    Parameters
    ==========

    name : the name
    n : the size

    See Also
    ========

    sympy_matlayout.UpperTriangularMatrixSymbol
    """

    structure = "lower"
    facts = frozenset({"lower"})

    def _entry(self, i, j, **kwargs):
        return Piecewise((self._element(i, j), _sympify(i) >= _sympify(j)), (S.Zero, True))


class UpperTriangularMatrixSymbol(StructuredMatrixSymbol):
    """
    An upper triangular matrix.

    Examples
    ========

    >>> from sympy_matlayout import UpperTriangularMatrixSymbol
    >>> UpperTriangularMatrixSymbol('U', 2).as_explicit()
    Matrix([
    [U[0, 0], U[0, 1]],
    [      0, U[1, 1]]])

    Parameters
    ==========

    name : the name
    n : the size

    See Also
    ========

    sympy_matlayout.LowerTriangularMatrixSymbol
    """

    structure = "upper"
    facts = frozenset({"upper"})

    def _entry(self, i, j, **kwargs):
        return Piecewise((self._element(i, j), _sympify(i) <= _sympify(j)), (S.Zero, True))


class KnownMatrixSymbol(WithAdjoint, MatrixSymbol):
    """A MatrixSymbol of which facts are known, in the place of a plain one while deriving."""

    def __new__(cls, name, n, m, facts):
        name = Str(name) if isinstance(name, str) else name
        return Basic.__new__(cls, name, as_size(n), as_size(m),
                             Tuple(*map(Str, sorted(map(str, facts)))))

    args: tuple[Any, ...]

    @property
    def facts(self) -> frozenset[str]:
        return frozenset(fact.name for fact in self.args[3])

    def _eval_transpose(self):
        if "symmetric" in self.facts:
            return self
        return -self if "skew" in self.facts else None


# SymPy's questions about these symbols, answered by what they are
_ANSWERS = {
    SymmetricMatrixSymbol: [Q.symmetric],
    DiagonalMatrixSymbol: [Q.symmetric, Q.diagonal, Q.lower_triangular, Q.upper_triangular],
    LowerTriangularMatrixSymbol: [Q.lower_triangular],
    UpperTriangularMatrixSymbol: [Q.upper_triangular],
}


def _answer_questions() -> None:
    for symbol, predicates in _ANSWERS.items():
        for predicate in predicates:
            @type(predicate).register(symbol)
            def answer(expr, assumptions):
                return True


_answer_questions()
