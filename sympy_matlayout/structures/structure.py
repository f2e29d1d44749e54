"""
Variables whose entries depend on one another, and the conventions for their derivatives.

A structure is a basis: `vec X = Δθ` for the free entries θ.  With G the
gradient of a function of all entries, the derivative by θ is `Δ'vec G`
(``form="vech"``); the gradient in the Frobenius inner product, for which
`dL = tr(G'dX)` stays true, is the projection `Δ(Δ'Δ)⁻¹Δ'vec G`
(``convention="projection"``); the table that has the derivative by a free entry
wherever that entry stands is `ΔΔ'vec G` (``convention="entries"``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from mpmath import mpf
from sympy import Dummy, Rational, S, eye, prime, solve
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Transpose,
    ZeroMatrix,
)

from ..core.errors import ConventionError, ShapeError, StructureError, reporting_bugs
from ..core.given import as_matrix
from ..core.shapes import same_shape, same_size, shape, show
from ..nodes.constants import DiagonalEmbedding
from ..nodes.linear_structures import (
    CirculantBasis,
    HankelBasis,
    LowerOnes,
    SkewDuplicationMatrix,
    ToeplitzBasis,
    UpperDuplicationMatrix,
    UpperOnes,
)
from ..nodes.structured import (
    DiagonalMatrixSymbol,
    LowerTriangularMatrixSymbol,
    SkewSymmetricMatrixSymbol,
    SymmetricMatrixSymbol,
    UpperTriangularMatrixSymbol,
    facts_about,
)
from ..nodes.vech import DuplicationMatrix, EliminationMatrix, SymmetrizerMatrix
from ..numeric.definition import near
from ..numeric.evaluation import evaluate, matrix_of
from ..reading.read import read, sympified
from ..simplify import constructors as c
from ..simplify.factoring import factored
from ..simplify.monomial import order

__all__ = [
    "CONVENTIONS",
    "Structure",
    "check_convention",
    "convert_convention",
    "register_structure",
    "structure_of",
    "tangent_projection",
]

CONVENTIONS = ("projection", "entries")


@dataclass(frozen=True)
class Structure:
    """
    A linear structure: a name, and the basis of its matrices.

    ``projected`` and ``by_entries`` are the two conventions in closed form,
    functions of a matrix; where they are None, the basis gives them.
    ``symbol`` makes a symbol that has the structure from a name and a size.
    """

    name: str
    basis: Callable[[Basic], Basic]
    projected: Callable[[Basic], Basic] | None = None
    by_entries: Callable[[Basic], Basic] | None = None
    symbol: Callable[..., Basic] | None = None
    turned: str | None = None  # the structure of the transpose, where it is another
    projector: Callable[[Basic], Basic] | None = None  # of the vec, in closed form
    closed: bool = True  # whether the transposes have a structure that is known
    # the table by entries from the projection and back, in closed form
    doubled: Callable[[Basic], Basic] | None = None
    halved: Callable[[Basic], Basic] | None = None

    def arranged(self, G: Basic, convention: str) -> Basic:
        """The gradient of all entries as that of the structured matrix."""
        closed = self.projected if convention == "projection" else self.by_entries
        if closed is not None:
            return closed(G)
        n = shape(G)[0]
        return c.unvec(c.multiply(self.onto(n, convention), c.vec(G)), n, n)

    def free_entries(self, G: Basic) -> Basic:
        """`Δ'vec G`, the derivative by the free entries as a column."""
        return factored(c.multiply(c.transpose(self.basis(shape(G)[0])), c.vec(G)))

    def onto(self, n: Basic, convention: str) -> Basic:
        """`Δ(Δ'Δ)⁻¹Δ'` or `ΔΔ'`"""
        if convention == "projection" and self.projector is not None:
            return self.projector(n)
        basis = self.basis(n)
        other = _pinv(basis) if convention == "projection" else c.transpose(basis)
        return c.multiply(basis, other)


# --- the conventions in closed form -----------------------------------------------------


def _triangles(matrix: Basic) -> frozenset[str]:
    """Whether a matrix is visibly lower or upper triangular."""
    if isinstance(matrix, (Identity, DiagMatrix, ZeroMatrix)):
        return frozenset({"lower", "upper"})
    if isinstance(matrix, Transpose):
        turned = {"lower": "upper", "upper": "lower"}
        return frozenset(turned[t] for t in _triangles(matrix.args[0]))
    if isinstance(matrix, (MatAdd, MatMul)):
        parts = [_triangles(a) for a in matrix.args if hasattr(a, "shape")]
        return frozenset.intersection(*parts)
    if isinstance(matrix, MatPow):
        return _triangles(matrix.args[0])
    if isinstance(matrix, HadamardProduct):
        return frozenset.union(*map(_triangles, matrix.args))
    if isinstance(matrix, (LowerOnes, UpperOnes)):
        return frozenset({"upper" if isinstance(matrix, UpperOnes) else "lower"})
    return facts_about(matrix) & {"lower", "upper"}


def _cut(G: Basic, triangle: str) -> Basic:
    """The lower or upper triangle of a matrix, with its diagonal."""
    if isinstance(G, MatAdd):
        return c.add(*(_cut(a, triangle) for a in G.args))
    scalar, core = c.split_scalar(G)
    known = _triangles(core)
    if triangle in known:
        return G
    if known:  # the other triangle alone
        return _diagonal(G)
    ones = LowerOnes if triangle == "lower" else UpperOnes
    return c.scale(scalar, c.hadamard(core, ones(shape(core)[0])))


def _diagonal(G: Basic) -> Basic:
    """``G∘I``"""
    if isinstance(G, MatAdd):
        return c.add(*map(_diagonal, G.args))
    scalar, core = c.split_scalar(G)
    if _triangles(core) == {"lower", "upper"}:
        return G
    if "skew" in facts_about(core):
        return ZeroMatrix(*shape(core))
    core = min(core, c.transpose(core), key=order)
    return c.scale(scalar, c.hadamard(core, Identity(shape(core)[0])))


def _symmetric_part(G: Basic) -> Basic:
    return _half(c.add(G, c.transpose(G)))


def _skew_part(G: Basic) -> Basic:
    return _half(_difference(G))


def _difference(G: Basic) -> Basic:
    return c.add(G, c.scale(S.NegativeOne, c.transpose(G)))


def _both_halves(G: Basic) -> Basic:
    return c.add(G, c.transpose(G), c.scale(S.NegativeOne, _diagonal(G)))


def _twice_off_the_diagonal(G: Basic) -> Basic:
    return c.add(_twice(G), c.scale(S.NegativeOne, _diagonal(G)))


def _half_off_the_diagonal(G: Basic) -> Basic:
    return _half(c.add(G, _diagonal(G)))


def _twice(G: Basic) -> Basic:
    return c.scale(S(2), G)


def _half(G: Basic) -> Basic:
    return c.scale(Rational(1, 2), G)


def _same(G: Basic) -> Basic:
    return G


def _lower_part(G: Basic) -> Basic:
    return _cut(G, "lower")


def _upper_part(G: Basic) -> Basic:
    return _cut(G, "upper")


def _lower_basis(n: Basic) -> Basic:
    return c.transpose(EliminationMatrix(n))


def _lower_projector(n: Basic) -> Basic:
    return c.multiply(_lower_basis(n), EliminationMatrix(n))


def _skew_projector(n: Basic) -> Basic:
    turned = c.scale(S.NegativeOne, c.commutation(n, n))
    return c.scale(Rational(1, 2), c.add(Identity(n*n), turned))


_structures: dict[str, Structure] = {s.name: s for s in (
    Structure("symmetric", DuplicationMatrix, _symmetric_part, _both_halves,
              SymmetricMatrixSymbol, projector=SymmetrizerMatrix,
              doubled=_twice_off_the_diagonal, halved=_half_off_the_diagonal),
    Structure("skew", SkewDuplicationMatrix, _skew_part, _difference,
              SkewSymmetricMatrixSymbol, projector=_skew_projector,
              doubled=_twice, halved=_half),
    Structure("diagonal", DiagonalEmbedding, _diagonal, _diagonal, DiagonalMatrixSymbol,
              doubled=_same, halved=_same),
    Structure("lower", _lower_basis, _lower_part, _lower_part, LowerTriangularMatrixSymbol,
              turned="upper", projector=_lower_projector, doubled=_same, halved=_same),
    Structure("upper", UpperDuplicationMatrix, _upper_part, _upper_part,
              UpperTriangularMatrixSymbol, turned="lower", doubled=_same, halved=_same),
    Structure("toeplitz", ToeplitzBasis),
    Structure("hankel", HankelBasis),
    Structure("circulant", CirculantBasis),
)}


BUILT_IN = frozenset(_structures)
_lock = Lock()


def register_structure(name: str, basis: Callable[[Basic], Basic], *,
                       projected: Callable[[Basic], Basic] | None = None,
                       by_entries: Callable[[Basic], Basic] | None = None,
                       turned: str | None = None) -> Structure:
    r"""
    A structure of one's own, for ``structure=name``.

    Examples
    ========

    Matrices with one number everywhere, `X = \theta 11^T`:

    >>> from sympy import MatrixSymbol, Trace, symbols
    >>> from sympy.matrices.expressions import OneMatrix
    >>> from sympy_matlayout import gradient, register_structure
    >>> n = symbols('n', integer=True, positive=True)
    >>> A, X = MatrixSymbol('A', n, n), MatrixSymbol('X', n, n)
    >>> constant = register_structure('constant', lambda n: OneMatrix(n**2, 1),
    ...     projected=lambda G: OneMatrix(*G.shape)*G*OneMatrix(*G.shape)/G.shape[0]**2)
    >>> gradient(Trace(A.T*X), X, structure='constant')
    n**(-2)*1*A*1

    Parameters
    ==========

    name : the name, not that of a structure that exists
    basis : the basis `\Delta` for a size n, `n^2 \times k`, a matrix expression with
        independent columns; its pseudo-inverse is its method ``pinv()`` if it has one,
        `(\Delta^T\Delta)^{-1}\Delta^T` elsewhere
    projected, by_entries : the conventions in closed form, functions of the
        gradient by all entries
    turned : the name of the structure of the transposes, its own if they have the same;
        without it, derivatives by ``X.T`` are refused

    Raises
    ======

    StructureError : the name is taken by another structure, the basis is none (not
        `n^2 \times k`, or of dependent columns), or a closed form or ``pinv()`` is not what
        the basis gives, which is tried for sizes 2 and 3

    See Also
    ========

    sympy_matlayout.matrix_derivative

    References
    ==========

    .. [1] J. R. Magnus, Linear Structures, 1988
    """
    global _structures
    if not isinstance(name, str) or not name:
        raise StructureError(f"the name of a structure is a text, got {name!r}")
    for what, given in (("basis", basis), ("projected", projected), ("by_entries", by_entries)):
        if not callable(given) and (given is not None or what == "basis"):
            of_what = "size" if what == "basis" else "gradient by all entries"
            raise StructureError(f"the {what} of a structure is a function of the {of_what}, "
                                 f"got {given!r}")
    if turned is not None and turned != name and turned not in _structures:
        raise StructureError(f"turned={turned!r} names no structure; {_known()}")
    found = Structure(name, basis, projected, by_entries, turned=turned,
                      closed=turned is not None)
    for n in TRIED_SIZES:
        _check_basis(found, S(n))
    with _lock:
        if name in BUILT_IN:
            raise StructureError(f"{name!r} is a structure of this library; give yours another "
                                 "name")
        _structures = {**_structures, name: found}  # readers see the old table or the new one
    return found


TRIED_SIZES = (2, 3)
TOLERANCE = mpf(10)**-12


def _check_basis(structure: Structure, n: Basic) -> None:
    """Refuse what is no basis of n by n matrices, for a size that is a number."""
    basis = as_matrix(structure.basis(n), f"the basis of {structure.name} for n = {n}")
    size = shape(basis)
    if not same_size(size[0], n*n):
        raise StructureError(f"the basis of {structure.name} matrices has {n*n} rows for n = {n}, "
                             f"got {show(size)}")
    explicit = basis.as_explicit()
    rank = explicit.rank()
    if rank < explicit.cols:
        raise StructureError(f"the columns of the basis of {structure.name} matrices depend on "
                             f"one another for n = {n}: {explicit.cols} columns of rank {rank}")
    if hasattr(basis, "pinv"):
        inverse = as_matrix(basis.pinv(), f"pinv() of the basis of {structure.name}").as_explicit()
        if inverse.shape != explicit.T.shape or inverse*explicit != eye(explicit.cols) \
                or (explicit*inverse).T != explicit*inverse:
            raise StructureError(f"pinv() of the basis of {structure.name} matrices is not its "
                                 f"pseudo-inverse for n = {n}; leave it out, or mend it")
    G = MatrixSymbol("G", n, n)
    for convention, closed in (("projection", structure.projected),
                               ("entries", structure.by_entries)):
        if closed is None:
            continue
        wanted = c.multiply(structure.onto(n, convention), c.vec(G))
        found = as_matrix(closed(G), f"the {convention} of {structure.name} matrices")
        written_for = {s for size in shape(found) for s in size.free_symbols}
        found = found.subs(dict.fromkeys(written_for, n))
        values = {G: matrix_of(int(n), int(n), lambda i, j: mpf(prime(int(1 + i + 2*n*j))))}
        if not same_shape(shape(found), shape(G)) or not near(
                evaluate(c.vec(found), values), evaluate(wanted, values), TOLERANCE):
            raise StructureError(f"the closed form given for the {convention} of {structure.name} "
                                 f"matrices is not what the basis gives for n = {n}")


def _known() -> str:
    return f"the structures are {', '.join(map(repr, _structures))}"


def structure_of(symbol: Basic, given: Any, transposed: bool = False) -> Structure | None:
    """The structure named, or that of the symbol itself."""
    own = getattr(getattr(symbol, "of", symbol), "structure", None)
    if given is None:
        name = own
    else:
        name = given.name if isinstance(given, Structure) else given
        if not isinstance(name, str) or name not in _structures:
            raise StructureError(f"unknown structure {given!r}; {_known()}")
        if own is not None and name != own:
            raise StructureError(f"{symbol} is {own}, and structure={given!r} says otherwise")
    if name is None:
        return None
    size = shape(symbol)
    if not size or not same_size(*size):
        raise ShapeError(f"a {name} matrix is square, and {symbol} is {show(size)}")
    found = _structures[name]
    if transposed and not found.closed:
        raise StructureError(f"what structure the transposes of {name} matrices have is not known; "
                             f"differentiate by {symbol} and transpose, or give turned= to "
                             "register_structure")
    return _structures[found.turned] if transposed and found.turned else found


def check_convention(convention: Any) -> str:
    if convention not in CONVENTIONS:
        raise ConventionError(f"unknown convention {convention!r}; the conventions are "
                              f"{', '.join(map(repr, CONVENTIONS))}")
    return convention


@reporting_bugs
def convert_convention(D: Any, source: str, target: str, *, structure: Any) -> Basic:
    r"""
    The gradient by a structured matrix in another convention.

    Explanation
    ===========

    ``"projection"`` and ``"entries"`` are n by n; ``"vech"`` is the column of
    the derivatives by the free entries.  ``"plain"``, as a source, is the
    gradient by all entries, as if they were independent.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import convert_convention
    >>> n = symbols('n', integer=True, positive=True)
    >>> G = MatrixSymbol('G', n, n)
    >>> convert_convention(G, 'plain', 'entries', structure='symmetric')
    -(HadamardProduct(G, I)) + G + G.T

    Parameters
    ==========

    D : the gradient, denominator layout
    source, target : ``"projection"``, ``"entries"``, ``"vech"``; ``"plain"`` as a source
    structure : its name

    See Also
    ========

    sympy_matlayout.matrix_derivative, sympy_matlayout.convert_layout
    """
    names = (*CONVENTIONS, "vech")
    if source not in (*names, "plain") or target not in names:
        raise ConventionError(f"can't go from {source!r} to {target!r}; the conventions are "
                              f"{', '.join(map(repr, names))}, and 'plain' as a source")
    G = read(sympified(D))
    if len(shape(G)) != 2:
        raise ShapeError(f"a gradient by a matrix is a matrix or a column, got the scalar {G}")
    name = structure.name if isinstance(structure, Structure) else structure
    chosen = _structures.get(name) if isinstance(name, str) else None
    if chosen is None:
        raise StructureError(f"unknown structure {structure!r}; {_known()}")
    if source == target:
        return G
    if source == "vech":
        n = _size_of_free(chosen, shape(G))
        basis = chosen.basis(n)
        other = c.transpose(_pinv(basis)) if target == "projection" else basis
        return c.unvec(c.multiply(other, G), n, n)
    if not same_size(*shape(G)):
        raise ShapeError(f"a gradient by a {name} matrix is square, got {show(shape(G))}")
    n = shape(G)[0]
    closed = {("projection", "entries"): chosen.doubled,
              ("entries", "projection"): chosen.halved}.get((source, target))
    if closed is not None:
        return closed(G)
    if source == "entries":
        column = c.multiply(_pinv(chosen.basis(n)), c.vec(G))
        return column if target == "vech" else convert_convention(
            column, "vech", target, structure=chosen)
    return chosen.free_entries(G) if target == "vech" else chosen.arranged(G, target)


def _pinv(basis: Basic) -> Basic:
    if isinstance(basis, Transpose) and hasattr(basis.args[0], "pinv"):
        return c.transpose(basis.args[0].pinv())
    if hasattr(basis, "pinv"):
        return basis.pinv()
    turned = c.transpose(basis)
    return c.multiply(c.inverse(c.multiply(turned, basis)), turned)


def _size_of_free(structure: Structure, size: tuple) -> Basic:
    """The n of which there are as many free entries as the column is long."""
    n = Dummy("n", integer=True, positive=True)
    if len(size) == 2 and size[1] == 1:
        for found in solve(shape(structure.basis(n))[1] - size[0], n):
            return found
    raise ShapeError(f"a column of length {size[0]} is not that of the free entries of a "
                     f"{structure.name} matrix")


@reporting_bugs
def tangent_projection(G: Any, X: Any, constraint: str = "orthogonal") -> Basic:
    r"""
    A gradient projected onto the directions in which a constrained matrix can move.

    Explanation
    ===========

    For orthogonal `X`, or one with orthonormal columns, the tangents are those
    `Z` with `X^TZ + Z^TX = 0`, and the projection in the Frobenius inner product is
    `G - X\,\frac12(X^TG + G^TX)`.  For symmetric positive definite `X` it is
    the symmetric part of `G`.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import tangent_projection
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, X = MatrixSymbol('A', m, n), MatrixSymbol('X', m, n)
    >>> tangent_projection(A, X)
    A - X*((1/2)*A.T*X + (1/2)*X.T*A)

    Parameters
    ==========

    G : the gradient by all entries of `X`
    X : the matrix
    constraint : ``"orthogonal"`` or ``"positive definite"``

    References
    ==========

    .. [1] P.-A. Absil, R. Mahony, R. Sepulchre, Optimization Algorithms on Matrix
           Manifolds, 2008, 3.6
    """
    G, X = read(sympified(G)), read(sympified(X))
    if not same_shape(shape(G), shape(X)):
        raise ShapeError(f"the gradient is {show(shape(G))}, and the matrix {show(shape(X))}")
    if constraint == "positive definite":
        return _symmetric_part(G)
    if constraint != "orthogonal":
        raise ConventionError(f"unknown constraint {constraint!r}; the constraints are "
                              "'orthogonal' and 'positive definite'")
    inner = _symmetric_part(c.multiply(c.transpose(X), G))
    return c.add(G, c.scale(S.NegativeOne, c.multiply(X, inner)))
