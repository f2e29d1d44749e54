"""The two conventions of a gradient by a structured matrix, and one into the other."""

from __future__ import annotations

from typing import Any

from sympy import S
from sympy.core.basic import Basic

from ..core.errors import ConventionError, ShapeError, reporting_bugs
from ..core.shapes import same_shape, same_size, shape, show
from ..nodes.conjugates import presented
from ..nodes.realness import is_complex
from ..reading.read import read, sympified
from ..simplify import constructors as c
from .closed_forms import symmetric_part
from .structure import HERMITIAN, named_structure, pinv, size_of_free

__all__ = ["CONVENTIONS", "check_convention", "convert_convention", "tangent_projection"]

WIRTINGER = "wirtinger"
CONVENTIONS = ("projection", "entries", WIRTINGER)


def check_convention(convention: Any) -> str:
    if convention not in CONVENTIONS:
        raise ConventionError(f"unknown convention {convention!r}; the conventions are "
                              f"{', '.join(map(repr, CONVENTIONS))}")
    return convention


@reporting_bugs
def convert_convention(D: Any, source: str, target: str, *, structure: Any = None) -> Basic:
    r"""
    The gradient by a structured matrix in another convention.

    Explanation
    ===========

    ``"projection"`` and ``"entries"`` are n by n; ``"vech"`` is the column of
    the derivatives by the free entries.  ``"plain"``, as a source, is the
    gradient by all entries, as if they were independent.  By a complex matrix
    ``"projection"`` is `2\,\partial f/\partial Z^*`, and ``"wirtinger"`` half of it; by
    a Hermitian one the two are the same (``structure="hermitian"``).

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import convert_convention
    >>> n = symbols('n', integer=True, positive=True)
    >>> G = MatrixSymbol('G', n, n)
    >>> convert_convention(G, 'plain', 'entries', structure='symmetric')
    G + G.T - G.*I
    >>> from sympy_matlayout import ComplexMatrixSymbol, gradient
    >>> z = ComplexMatrixSymbol('z', n, 1)
    >>> convert_convention(gradient(z.H*z, z), 'projection', 'wirtinger')
    z

    Parameters
    ==========

    D : the gradient, denominator layout
    source, target : ``"projection"``, ``"entries"``, ``"vech"``, ``"wirtinger"``; ``"plain"``
        as a source
    structure : its name, where there is one

    See Also
    ========

    sympy_matlayout.matrix_derivative, sympy_matlayout.convert_layout
    """
    names = (*CONVENTIONS, "vech")
    if source not in (*names, "plain") or target not in names:
        raise ConventionError(f"can't go from {source!r} to {target!r}; the conventions are "
                              f"{', '.join(map(repr, names))}, and 'plain' as a source")
    G = read(sympified(D))
    if structure == HERMITIAN or WIRTINGER in (source, target):
        return presented(_by_complex(G, source, target, structure))
    if structure is None:
        if source == target or {source, target} <= {"plain", "projection"}:
            return presented(G)
        raise ConventionError(f"{source!r} and {target!r} are conventions for a structured matrix; "
                              "give structure=")
    if len(shape(G)) != 2:
        raise ShapeError(f"a gradient by a matrix is a matrix or a column, got the scalar {G}")
    chosen = named_structure(structure)
    if source == target:
        return G
    if source == "vech":
        n = size_of_free(chosen, shape(G))
        basis = chosen.basis(n)
        other = c.transpose(pinv(basis)) if target == "projection" else basis
        return c.unvec(c.multiply(other, G), n, n)
    if not same_size(*shape(G)):
        raise ShapeError(f"a gradient by a {chosen.name} matrix is square, got {show(shape(G))}")
    n = shape(G)[0]
    closed = {("projection", "entries"): chosen.doubled,
              ("entries", "projection"): chosen.halved}.get((source, target))
    if closed is not None:
        return closed(G)
    if source == "entries":
        column = c.multiply(pinv(chosen.basis(n)), c.vec(G))
        return column if target == "vech" else convert_convention(
            column, "vech", target, structure=chosen)
    return chosen.free_entries(G) if target == "vech" else chosen.arranged(G, target)


@reporting_bugs
def _by_complex(G: Any, source: str, target: str, structure: Any) -> Basic:
    """2 ∂f/∂Z* and ∂f/∂Z*; by a Hermitian matrix both are the one gradient, which is Hermitian."""
    if structure == HERMITIAN:
        if "entries" in (source, target) or "vech" in (source, target):
            raise ConventionError("a gradient by a Hermitian matrix is 'projection' or "
                                  f"{WIRTINGER!r}, which are the same")
        own = c.add(G, c.adjoint(G), shape=shape(G))
        return c.scale(S.Half, own) if source == "plain" else G
    others = {source, target} - {WIRTINGER}
    if others - {"projection"}:
        raise ConventionError(f"{WIRTINGER!r} is half of the gradient by a complex matrix, "
                              f"which is 'projection', and {others.pop()!r} is another")
    factor = S.One if not others else S.Half if target == WIRTINGER else S(2)
    return c.scale(factor, G) if shape(G) else factor*G


def tangent_projection(G: Any, X: Any, constraint: str = "orthogonal") -> Basic:
    r"""
    A gradient projected onto the directions in which a constrained matrix can move.

    Explanation
    ===========

    For orthogonal `X`, or one with orthonormal columns, the tangents are those
    `Z` with `X^TZ + Z^TX = 0`, and the projection in the Frobenius inner product is
    `G - X\,\frac12(X^TG + G^TX)`.  For symmetric positive definite `X` it is
    the symmetric part of `G`.  For complex `X`, unitary or with orthonormal columns, `X^T` and
    `G^T` are conjugate transposes, and `G` is the gradient `2\,\partial f/\partial X^*`.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import tangent_projection
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, X = MatrixSymbol('A', m, n), MatrixSymbol('X', m, n)
    >>> tangent_projection(A, X)
    A - X*(A.T*X/2 + X.T*A/2)

    Parameters
    ==========

    G : the gradient by all entries of `X`
    X : the matrix
    constraint : ``"orthogonal"``, ``"unitary"`` or ``"positive definite"``

    References
    ==========

    .. [1] P.-A. Absil, R. Mahony, R. Sepulchre, Optimization Algorithms on Matrix
           Manifolds, 2008, 3.6
    """
    G, X = read(sympified(G)), read(sympified(X))
    if not same_shape(shape(G), shape(X)):
        raise ShapeError(f"the gradient is {show(shape(G))}, and the matrix {show(shape(X))}")
    if constraint == "positive definite":
        return presented(_hermitian_part(G))
    if constraint not in ("orthogonal", "unitary"):
        raise ConventionError(f"unknown constraint {constraint!r}; the constraints are "
                              "'orthogonal', 'unitary' and 'positive definite'")
    inner = _hermitian_part(c.multiply(c.adjoint(X), G))
    return presented(c.add(G, c.scale(S.NegativeOne, c.multiply(X, inner))))


def _hermitian_part(G: Basic) -> Basic:
    """(G + Gᴴ)/2, which of a real G is the symmetric part."""
    return symmetric_part(G) if not is_complex(G) else c.scale(
        S.Half, c.add(G, c.adjoint(G)))
