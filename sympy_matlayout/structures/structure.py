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
from typing import Any, cast

from mpmath import mpf
from sympy import Dummy, S, eye, prime, solve
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    MatrixSymbol,
    Transpose,
)

from ..core.errors import ShapeError, StructureError
from ..core.given import as_matrix
from ..core.shapes import same_shape, same_size, shape, show
from ..nodes.constants import DiagonalEmbedding
from ..nodes.linear_structures import (
    CirculantBasis,
    HankelBasis,
    SkewDuplicationMatrix,
    ToeplitzBasis,
    UpperDuplicationMatrix,
)
from ..nodes.structured import (
    DiagonalMatrixSymbol,
    LowerTriangularMatrixSymbol,
    SkewSymmetricMatrixSymbol,
    SymmetricMatrixSymbol,
    UpperTriangularMatrixSymbol,
)
from ..nodes.vech import DuplicationMatrix, SymmetrizerMatrix
from ..numeric.definition import near
from ..numeric.evaluation import evaluate, matrix_of
from ..simplify import constructors as c
from ..simplify.factoring import factored
from .closed_forms import (
    both_halves,
    diagonal_part,
    difference,
    half,
    half_off_the_diagonal,
    lower_basis,
    lower_part,
    lower_projector,
    same,
    skew_part,
    skew_projector,
    symmetric_part,
    twice,
    twice_off_the_diagonal,
    upper_part,
)

__all__ = ["Structure", "named_structure", "pinv", "register_structure", "size_of_free",
           "structure_of"]

HERMITIAN = "hermitian"  # a structure over the real numbers only, and so none of the others


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
        other = pinv(basis) if convention == "projection" else c.transpose(basis)
        return c.multiply(basis, other)


def pinv(basis: Any) -> Basic:
    if isinstance(basis, Transpose) and hasattr(basis.args[0], "pinv"):
        return c.transpose(pinv(basis.args[0]))
    if hasattr(basis, "pinv"):
        return cast(Any, basis).pinv()
    turned = c.transpose(basis)
    return c.multiply(c.inverse(c.multiply(turned, basis)), turned)


def size_of_free(structure: Structure, size: tuple) -> Basic:
    """The n of which there are as many free entries as the column is long."""
    n = Dummy("n", integer=True, positive=True)
    if len(size) == 2 and size[1] == 1:
        for found in solve(shape(structure.basis(n))[1] - size[0], n):
            return found
    raise ShapeError(f"a column of length {size[0]} is not that of the free entries of a "
                     f"{structure.name} matrix")


_structures: dict[str, Structure] = {s.name: s for s in (
    Structure("symmetric", DuplicationMatrix, symmetric_part, both_halves,
              SymmetricMatrixSymbol, projector=SymmetrizerMatrix,
              doubled=twice_off_the_diagonal, halved=half_off_the_diagonal),
    Structure("skew", SkewDuplicationMatrix, skew_part, difference,
              SkewSymmetricMatrixSymbol, projector=skew_projector,
              doubled=twice, halved=half),
    Structure("diagonal", DiagonalEmbedding, diagonal_part, diagonal_part, DiagonalMatrixSymbol,
              doubled=same, halved=same),
    Structure("lower", lower_basis, lower_part, lower_part, LowerTriangularMatrixSymbol,
              turned="upper", projector=lower_projector, doubled=same, halved=same),
    Structure("upper", UpperDuplicationMatrix, upper_part, upper_part,
              UpperTriangularMatrixSymbol, turned="lower", doubled=same, halved=same),
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
    OneMatrix(n, n)*A*OneMatrix(n, n)/n**2

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


def _check_basis(structure: Structure, n: Any) -> None:
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
        values: dict[Basic, Any] = {
            G: matrix_of(int(n), int(n), lambda i, j: mpf(prime(int(1 + i + 2*n*j))))}
        if not same_shape(shape(found), shape(G)) or not near(
                evaluate(c.vec(found), values), evaluate(wanted, values), TOLERANCE):
            raise StructureError(f"the closed form given for the {convention} of {structure.name} "
                                 f"matrices is not what the basis gives for n = {n}")


def _known() -> str:
    return f"the structures are {', '.join(map(repr, _structures))}"


def named_structure(given: Any) -> Structure:
    """The structure that was given, by its name or itself."""
    name = given.name if isinstance(given, Structure) else given
    if not isinstance(name, str) or name not in _structures:
        raise StructureError(f"unknown structure {given!r}; {_known()}")
    return _structures[name]


def structure_of(symbol: Basic, given: Any, transposed: bool = False) -> Structure | None:
    """The structure named, or that of the symbol itself."""
    own = getattr(getattr(symbol, "of", symbol), "structure", None)
    if given is None:
        name = own
    else:
        name = named_structure(given).name
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
