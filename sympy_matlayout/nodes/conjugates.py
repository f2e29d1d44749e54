"""Matrices of complex numbers: symbols, and the conjugate of one as a leaf beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from sympy import Adjoint, Transpose, conjugate
from sympy.core.basic import Basic
from sympy.matrices.expressions import Inverse, MatrixSymbol
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import ShapeError
from ..core.given import as_name
from ..core.registry import declared
from ..core.shapes import as_size, same_size, show
from .factorizations import Cholesky, QFactor, RFactor
from .node import WithAdjoint
from .printable import all_printable
from .realness import is_complex
from .singular_values import (
    LeftSingularVector,
    LeftSingularVectors,
    PolarFactor,
    RightSingularVector,
    RightSingularVectors,
)
from .spectra import Eigenvector, Eigenvectors
from .structured import facts_about
from .traversal import postorder

__all__ = [
    "WITH_PHASES",
    "ComplexMatrixSymbol",
    "ConjugateSymbol",
    "HermitianMatrixSymbol",
    "conjugation_marks",
    "presented",
    "with_adjoints",
]

# facts that a matrix shares with its conjugate
SHARED = frozenset({"complex", "symmetric", "skew", "diagonal", "lower", "upper", "orthogonal",
                    "invertible", "singular", "full column rank", "full row rank"})


# vectors of length one, each of which is as good times a number of size one
WITH_PHASES = (Eigenvector, Eigenvectors, LeftSingularVector, LeftSingularVectors,
               RightSingularVector, RightSingularVectors)
# and all that is of the conjugate matrix the conjugate
WITH_THE_CONJUGATE = (*WITH_PHASES, Cholesky, PolarFactor, QFactor, RFactor)


class ComplexMatrixSymbol(WithAdjoint, MatrixSymbol):
    r"""
    A matrix of complex numbers, as the variable or as a constant.

    Explanation
    ===========

    A plain ``MatrixSymbol`` is real in this library.  By a complex one there are two
    derivatives, by `Z` and by its conjugate `Z^*`, taken as independent:
    `\mathrm{d}f = \mathrm{tr}(D^T\mathrm{d}Z) + \mathrm{tr}(C^T\mathrm{d}Z^*)` with
    `D = \partial f/\partial Z` and `C = \partial f/\partial Z^*`.  The gradient of a real
    function is `2C`.

    Examples
    ========

    >>> from sympy import Trace, symbols
    >>> from sympy_matlayout import ComplexMatrixSymbol, gradient, matrix_derivative
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, z, b = (ComplexMatrixSymbol(*s) for s in (('A', m, n), ('z', n, 1), ('b', m, 1)))
    >>> gradient((A*z - b).adjoint()*(A*z - b), z)
    2*A.H*(A*z - b)
    >>> matrix_derivative(z.H*z, z), matrix_derivative(z.H*z, z.conjugate())
    (conjugate(z), z)

    Parameters
    ==========

    name : the name
    n, m : the sizes

    See Also
    ========

    sympy_matlayout.HermitianMatrixSymbol, sympy_matlayout.matrix_derivative

    References
    ==========

    .. [1] A. Hjørungnes, D. Gesbert, Complex-valued matrix differentiation: techniques and key
           results, IEEE Transactions on Signal Processing 55 (2007)
    .. [2] K. B. Petersen, M. S. Pedersen, The Matrix Cookbook, 2012, chapter 4
    """

    facts = frozenset({"complex"})

    def __new__(cls, name, n, m):
        return Basic.__new__(cls, as_name(name, "the name of a matrix"), as_size(n), as_size(m))


class HermitianMatrixSymbol(MatrixSymbol):
    r"""
    A complex matrix that is its own conjugate transpose, `S^H = S`.

    Explanation
    ===========

    Its conjugate is its transpose, so that there is one derivative, `\partial f/\partial S`,
    and that by `S^*` is its transpose.  The gradient of a real function is
    `\partial f/\partial S^*`, which is Hermitian and makes
    `\mathrm{d}f = \mathrm{tr}(G\,\mathrm{d}S)` true.

    Examples
    ========

    >>> from sympy import Trace, symbols
    >>> from sympy_matlayout import ComplexMatrixSymbol, HermitianMatrixSymbol, gradient
    >>> n = symbols('n', integer=True, positive=True)
    >>> S, z = HermitianMatrixSymbol('S', n), ComplexMatrixSymbol('z', n, 1)
    >>> gradient(z.H*S*z, S), gradient(z.H*S*z, z)
    (z*z.H, 2*S*z)
    >>> S.H, S.conjugate()
    (S, S.T)

    Parameters
    ==========

    name : the name
    n : the size

    See Also
    ========

    sympy_matlayout.ComplexMatrixSymbol, sympy_matlayout.SymmetricMatrixSymbol

    References
    ==========

    .. [1] A. Hjørungnes, Complex-Valued Matrix Derivatives, 2011, chapter 6
    """

    facts = frozenset({"complex", "hermitian"})

    def __new__(cls, name, n, m=None):
        n = as_size(n)
        m = n if m is None else as_size(m)
        if not same_size(n, m):
            raise ShapeError(f"{cls.__name__}({str(name)!r}, ...) is square, got {show((n, m))}; "
                             "one size is enough")
        return Basic.__new__(cls, as_name(name, "the name of a matrix"), n, n)

    @property
    def H(self) -> Basic:
        """The matrix itself."""
        return self

    def _eval_adjoint(self) -> Any:
        return self

    def _eval_conjugate(self) -> Any:
        return Transpose(self)

    def _entry(self, i, j, **kwargs):
        above = (i < j) == True  # noqa: E712 - may be symbolic
        return conjugate(MatrixElement(self, j, i)) if above else MatrixElement(self, i, j)


class ConjugateSymbol(WithAdjoint, MatrixSymbol):
    """
    The conjugate of a symbol as a leaf of its own, while deriving.

    In what is written and in results it is SymPy's ``Adjoint(Transpose(Z))``, and its
    transpose ``Adjoint(Z)``.
    """

    args: tuple[Any, ...]
    _diff_wrt: Any = True

    def __new__(cls, of):
        if not isinstance(of, MatrixSymbol) or isinstance(of, ConjugateSymbol):
            return cast(Any, Adjoint(Transpose(of)).doit(deep=False))
        return Basic.__new__(cls, of)

    @property
    def of(self) -> Any:
        return self.args[0]

    @property
    def name(self) -> str:
        return f"conjugate({self.of.name})"

    @property
    def shape(self):
        return self.of.shape

    @property
    def facts(self) -> frozenset[str]:
        return facts_about(self.of) & SHARED

    @property
    def free_symbols(self):
        return self.of.free_symbols

    def doit(self, **hints):
        return self

    def _eval_conjugate(self):
        return self.of

    def _eval_transpose(self):
        if "symmetric" in self.facts:
            return self
        return -self if "skew" in self.facts else None

    def _entry(self, i, j, **kwargs):
        return MatrixElement(self, i, j)


def conjugation_marks(expr: Basic) -> tuple[int, tuple[str, ...]]:
    """How many conjugates and transposes an expression has, for the plainer of two to be taken."""
    count, names = 0, []
    for node in postorder([expr], lambda e: () if isinstance(e, ConjugateSymbol) else e.args):
        if isinstance(node, Transpose):
            count += -1 if isinstance(node.args[0], ConjugateSymbol) else 1
        elif isinstance(node, (ConjugateSymbol, conjugate)):
            count += 2
        names.append(getattr(node, "name", type(node).__name__))
    return count, tuple(names)  # in the order of the parts, where they have as many


def with_adjoints(exprs: Iterable[Basic]) -> list[Basic]:
    """Expressions with conjugates as SymPy writes them, and the inverse of a unitary one too."""
    found = list(exprs)
    written: dict[Basic, Basic] = {}
    for node in postorder(found, lambda e: () if isinstance(e, ConjugateSymbol) else e.args):
        adjoint = _as_adjoint(node)
        if adjoint is not None:
            written[node] = adjoint
        elif any(a in written for a in node.args):
            written[node] = node.func(*(written.get(a, a) for a in node.args))
    return [written.get(expr, expr) for expr in found]


def _as_adjoint(node: Any) -> Basic | None:
    """Z*, Zᴴ, an entry of Z*, and U⁻¹ = Uᴴ of a unitary U in SymPy's words; None for all else."""
    if isinstance(node, ConjugateSymbol):
        return Adjoint(Transpose(node.of))
    if isinstance(node, WITH_THE_CONJUGATE) and is_complex(node):
        return _vectors_of_the_plainer(node)
    if isinstance(node, MatrixElement) and isinstance(node.parent, ConjugateSymbol):
        return conjugate(MatrixElement(node.parent.of, *node.args[1:]))
    if not isinstance(node, (Transpose, Inverse)):
        return None
    inside: Any = node.args[0]
    if isinstance(node, Transpose) and isinstance(inside, ConjugateSymbol):
        return Adjoint(inside.of)
    if isinstance(node, Transpose) and isinstance(inside, WITH_THE_CONJUGATE) \
            and is_complex(inside):
        plain = _vectors_of_the_plainer(inside)
        return None if plain is None else Adjoint(cast(Any, plain).args[0].args[0])
    if isinstance(node, Inverse) and "unitary" in facts_about(inside):
        return Adjoint(*with_adjoints([inside]))
    if {type(node), type(inside)} == {Transpose, Inverse} and "unitary" in facts_about(
            inside.args[0]):
        return Adjoint(Transpose(*with_adjoints(inside.args[:1])))
    return None


def _vectors_of_the_plainer(node: Any) -> Basic | None:
    """v(S*) as the conjugate of v(S), where S is written with fewer conjugates."""
    matrices = [a for a in node.args if hasattr(a, "shape")]
    others = [cast(Any, declared("conjugate", type(a)))(a) if is_complex(a) else a
              for a in matrices]
    if [*map(conjugation_marks, others)] >= [*map(conjugation_marks, matrices)]:
        return None
    turned = dict(zip(matrices, with_adjoints(others), strict=True))
    return Adjoint(Transpose(node.func(*(turned.get(a, a) for a in node.args))))


def presented(expr: Any) -> Any:
    """A result, with SymPy's conjugates, and to be printed in the notation of results."""
    return all_printable(with_adjoints([expr]))[0]

