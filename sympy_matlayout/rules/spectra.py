"""
Eigenvalues and eigenvectors, singular values and vectors, the polar factor.

References: Magnus & Neudecker 8.7-8.10; M. B. Giles, Collected matrix derivative results for
forward and reverse mode algorithmic differentiation, 2008, 3.1, 3.2; J. Townsend,
Differentiating the singular value decomposition, 2016.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from sympy import Rational, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity

from ..core.errors import DerivativeNotImplementedError, RepeatedValuesWarning
from ..core.registry import construct
from ..core.shapes import same_size, shape
from ..linear_maps.composition import compose
from ..linear_maps.maps import HadamardBy, InnerProduct, LinearMap, Sandwich, Transposition
from ..linear_maps.rearrangements import DiagonalOut
from ..nodes.singular_values import (
    LeftSingularVector,
    LeftSingularVectors,
    PolarFactor,
    RightSingularVector,
    RightSingularVectors,
    SingularValue,
    SingularValues,
)
from ..nodes.spectra import (
    Eigenvalue,
    Eigenvalues,
    Eigenvector,
    Eigenvectors,
    LeftEigenvector,
    ReciprocalGaps,
)
from ..simplify import constructors as c
from ..simplify.rank import rank_bounds
from ..simplify.symmetry import is_symmetric
from .table import Edges, Varies, cited, local_differentials

MINUS = S.NegativeOne


# --- symmetric matrices and pencils -------------------------------------------------------


@local_differentials.register(Eigenvalues)
@cited("eigenvalue rule", "M&N theorem 8.9; Giles 2008, 3.1")
def eigenvalues(node: Any, varies: Varies) -> Edges:
    """dλ = diagonal(V'dS V), of a pencil that of V'(dA - dB V Λ V')V"""
    _require_symmetric(node)
    V = construct(Eigenvectors, *node.args)
    n = shape(V)[0]
    diagonal = compose(DiagonalOut(n), Sandwich(c.transpose(V), V))
    yield node.args[0], diagonal
    for B in node.args[1:]:
        moved = c.multiply(V, c.diag(c.scale(MINUS, node)))
        yield B, compose(DiagonalOut(n), Sandwich(c.transpose(V), moved))


@local_differentials.register(Eigenvectors)
@cited("eigenvector rule", "Giles 2008, 3.1")
def eigenvectors(node: Any, varies: Varies) -> Edges:
    """dV = V(F∘(V'dS V)), Fᵢⱼ = 1/(λⱼ - λᵢ)"""
    _require_symmetric(node)
    _warn_of_repeated(node, S.One)
    V, values = node, construct(Eigenvalues, *node.args)
    n = shape(V)[0]
    turned = compose(Sandwich(V, Identity(n)), HadamardBy(construct(ReciprocalGaps, values)))
    yield node.args[0], compose(turned, Sandwich(c.transpose(V), V))
    for B in node.args[1:]:
        moved = c.multiply(V, c.diag(c.scale(MINUS, values)))
        yield B, compose(turned, Sandwich(c.transpose(V), moved))
        length = compose(Sandwich(c.scale(-Rational(1, 2), V), Identity(n)),
                         HadamardBy(Identity(n)))
        yield B, compose(length, Sandwich(c.transpose(V), V))


@local_differentials.register(ReciprocalGaps)
@cited("reciprocal gaps", "elementwise")
def reciprocal_gaps(node: Any, varies: Varies) -> Edges:
    """dF = F∘F∘(dx 1' - 1 dx')"""
    x, = node.args
    n = shape(x)[0]
    ones = c.OneMatrix(S.One, n)
    square = HadamardBy(c.hadamard(node, node))
    yield x, compose(square, Sandwich(Identity(n), ones))
    yield x, compose(square, compose(Sandwich(c.OneMatrix(n, S.One), c.scale(MINUS, Identity(n))),
                                     Transposition((n, S.One))))


# --- a single pair ------------------------------------------------------------------------


@local_differentials.register(Eigenvalue)
@cited("eigenvalue rule", "M&N theorems 8.8-8.10")
def eigenvalue(node: Any, varies: Varies) -> Edges:
    """dλ = v'dS v, w'dX v with w'v = 1, and of a pencil v'(dA - λ dB)v"""
    _warn_of_repeated(node, S.One)
    v = construct(Eigenvector, *node.args)
    if node.second is not None:
        _require_symmetric(node)
        yield node.matrix, InnerProduct(c.multiply(v, c.transpose(v)))
        yield node.second, InnerProduct(c.multiply(-node, v, c.transpose(v)))
        return
    w = v if is_symmetric(node.matrix) else construct(LeftEigenvector, *node.args)
    yield node.matrix, InnerProduct(c.multiply(w, c.transpose(v)))


@local_differentials.register(Eigenvector)
@cited("eigenvector rule", "M&N theorems 8.9, 8.10")
def eigenvector(node: Any, varies: Varies) -> Edges:
    """dv = (λI - S)⁺dS v, of any matrix (λI - X)⁺(I - vw')dX v"""
    _warn_of_repeated(node, S.One)
    if node.second is not None:
        yield from _vector_of_pencil(node)
        return
    away = _resolvent(node)
    if not is_symmetric(node.matrix):
        away = c.multiply(away, _beside(node))
    yield node.matrix, Sandwich(away, node)


def _resolvent(node: Any) -> Basic:
    """(λI - X)⁺"""
    X = node.matrix
    value = construct(Eigenvalue, X, node.place)
    return c.pseudo_inverse(c.add(c.scale(value, Identity(shape(X)[0])), c.scale(MINUS, X)))


def _beside(node: Any) -> Basic:
    """I - vw', the projection along the eigenvector"""
    v, w = (construct(kind, node.matrix, node.place) for kind in (Eigenvector, LeftEigenvector))
    return c.add(Identity(shape(v)[0]), c.multiply(MINUS, v, c.transpose(w)))


def _vector_of_pencil(node: Any) -> Iterator[tuple[Basic, LinearMap]]:
    """dv = V diag(Fₖ)V'(dA - λ dB)v - v(v'dB v)/2"""
    _require_symmetric(node)
    A, k, B = node.args
    V, values = construct(Eigenvectors, A, B), construct(Eigenvalues, A, B)
    n = shape(V)[0]
    gaps = c.matrix_slice(construct(ReciprocalGaps, values), (S.Zero, n, S.One), (k, k + 1, S.One))
    others = c.multiply(V, c.diag(gaps), c.transpose(V))
    value = construct(Eigenvalue, A, k, B)
    yield A, Sandwich(others, node)
    yield B, Sandwich(c.scale(-value, others), node)
    yield B, compose(Sandwich(c.scale(-Rational(1, 2), node), Identity(S.One)),
                     Sandwich(c.transpose(node), node))


@local_differentials.register(LeftEigenvector)
@cited("eigenvector rule", "M&N theorem 8.10")
def left_eigenvector(node: Any, varies: Varies) -> Edges:
    """dw' = w'dX(I - vw')(λI - X)⁺ - (its product with v) w' - (w'dv) w'"""
    _warn_of_repeated(node, S.One)
    X = node.matrix
    v, n = construct(Eigenvector, X, node.place), shape(X)[0]
    away, beside = _resolvent(node), _beside(node)
    along = c.multiply(beside, away)
    upright = compose(Transposition((S.One, n)), Sandwich(c.transpose(node), along))
    yield X, upright
    one = Identity(S.One)
    for inside in (Sandwich(c.transpose(node), c.multiply(along, v)),
                   Sandwich(c.multiply(c.transpose(node), away, beside), v)):
        yield X, compose(Sandwich(c.scale(MINUS, node), one), inside)


# --- singular values ----------------------------------------------------------------------


@local_differentials.register(SingularValues)
@cited("singular value rule", "Giles 2008, 3.2")
def singular_values(node: Any, varies: Varies) -> Edges:
    """dσ = diagonal(U'dX V)"""
    U, V = _sides(node)
    yield node.matrix, compose(DiagonalOut(shape(node)[0]), Sandwich(c.transpose(U), V))


def _sides(node: Any) -> tuple[Basic, Basic]:
    return (construct(LeftSingularVectors, node.matrix),
            construct(RightSingularVectors, node.matrix))


@local_differentials.register(LeftSingularVectors)
@cited("singular vector rule", "Townsend 2016")
def left_singular_vectors(node: Any, varies: Varies) -> Edges:
    """dU = U(F∘(U'dX V Σ + Σ V'dX'U)) + (I - UU')dX V Σ⁻¹, Fᵢⱼ = 1/(σⱼ² - σᵢ²)"""
    U, V = _sides(node)
    yield from _vectors(node.matrix, U, V, turned=False)


@local_differentials.register(RightSingularVectors)
@cited("singular vector rule", "Townsend 2016")
def right_singular_vectors(node: Any, varies: Varies) -> Edges:
    """the same of X'"""
    U, V = _sides(node)
    yield from _vectors(node.matrix, V, U, turned=True)


def _vectors(X: Any, U: Any, V: Any, turned: bool) -> Iterator[tuple[Basic, LinearMap]]:
    """The maps of dX, or of dX' where U are the right vectors."""
    k = shape(U)[1]
    values = construct(SingularValues, X)
    sigma, below = c.diag(values), c.diag(c.hadamard_power(values, MINUS))
    gaps = HadamardBy(construct(ReciprocalGaps, c.hadamard_power(values, S(2))))
    inside = compose(Sandwich(U, Identity(k)), gaps)
    straight = compose(inside, Sandwich(c.transpose(U), c.multiply(V, sigma)))
    across = compose(inside, Sandwich(c.multiply(sigma, c.transpose(V)), U))
    outside = Sandwich(_complement(U), c.multiply(V, below))
    size = shape(X)
    flip = Transposition(size)
    if not turned:
        maps = [straight, compose(across, flip), outside]
    else:
        maps = [compose(straight, flip), across, compose(outside, flip)]
    for linear in maps:
        yield X, linear


def _complement(U: Basic) -> Basic:
    """I - UU'"""
    return c.add(Identity(shape(U)[0]), c.multiply(MINUS, U, c.transpose(U)))


@local_differentials.register(SingularValue)
@cited("singular value rule", "Giles 2008, 3.2")
def singular_value(node: Any, varies: Varies) -> Edges:
    """dσ = u'dX v"""
    _warn_of_repeated(node, S.Zero)
    u, v = (construct(kind, *node.args) for kind in (LeftSingularVector, RightSingularVector))
    yield node.matrix, InnerProduct(c.multiply(u, c.transpose(v)))


@local_differentials.register(LeftSingularVector)
@cited("singular vector rule", "M&N theorem 8.9, of XX'")
def left_singular_vector(node: Any, varies: Varies) -> Edges:
    """du = (σ²I - XX')⁺(σ dX v + X dX'u)"""
    X, u, v, value = _single(node)
    away = _other_squares(value, X, c.transpose(X))
    yield X, Sandwich(c.scale(value, away), v)
    yield X, compose(Sandwich(c.multiply(away, X), u), Transposition(shape(X)))


@local_differentials.register(RightSingularVector)
@cited("singular vector rule", "M&N theorem 8.9, of X'X")
def right_singular_vector(node: Any, varies: Varies) -> Edges:
    """dv = (σ²I - X'X)⁺(σ dX'u + X'dX v)"""
    X, u, v, value = _single(node)
    away = _other_squares(value, c.transpose(X), X)
    yield X, compose(Sandwich(c.scale(value, away), u), Transposition(shape(X)))
    yield X, Sandwich(c.multiply(away, c.transpose(X)), v)


def _single(node: Any) -> tuple[Any, Any, Any, Any]:
    _warn_of_repeated(node, S.Zero)
    u, v, value = (construct(kind, *node.args)
                   for kind in (LeftSingularVector, RightSingularVector, SingularValue))
    return node.matrix, u, v, value


def _other_squares(value: Any, left: Basic, right: Basic) -> Basic:
    """(σ²I - XX')⁺"""
    size = Identity(shape(left)[0])
    return c.pseudo_inverse(c.add(c.scale(value**2, size), c.multiply(MINUS, left, right)))


@local_differentials.register(PolarFactor)
@cited("polar factor rule", "Higham 2008, 8; by the singular values")
def polar_factor(node: Any, varies: Varies) -> Edges:
    """dP = U((U'dX V - V'dX'U)∘R)V' + (I - PP')dX X⁺P + P X⁺dX(I - P'P), Rᵢⱼ = 1/(σᵢ + σⱼ)"""
    X, P = node.matrix, node
    U, V = _sides(node)
    values = construct(SingularValues, X)
    k = shape(values)[0]
    row = c.OneMatrix(S.One, k)
    sums = c.hadamard_power(c.add(c.multiply(values, row),
                                  c.multiply(c.transpose(row), c.transpose(values))), MINUS)
    around = compose(Sandwich(U, c.transpose(V)), HadamardBy(sums))
    yield X, compose(around, Sandwich(c.transpose(U), V))
    yield X, compose(around, compose(Sandwich(c.scale(MINUS, c.transpose(V)), U),
                                     Transposition(shape(X))))
    pinv = c.pseudo_inverse(X)
    m, n = shape(X)
    if not (m - n).is_nonpositive:
        yield X, Sandwich(_complement(P), c.multiply(pinv, P))
    if not (n - m).is_nonpositive:
        yield X, Sandwich(c.multiply(P, pinv), _complement(c.transpose(P)))


# --- what has to hold ---------------------------------------------------------------------


def _require_symmetric(node: Any) -> None:
    matrices = [a for a in node.args if hasattr(a, "shape")]
    for matrix in matrices:
        if not is_symmetric(matrix):
            name = type(node).__name__
            raise DerivativeNotImplementedError(
                f"{name} is of symmetric matrices, and {matrix} isn't known to be one. If it is, "
                "say so: by structure=\"symmetric\" or SymmetricMatrixSymbol for a variable, by "
                "assumptions=Q.symmetric(A) for a constant; or take the symmetric part, "
                f"(M + M.T)/2. Of any matrix, eigenvalue(M, k) is a single real one: {node}")


def _warn_of_repeated(node: Any, spare: Any) -> None:
    """Warn where the rank says that zero is repeated, but for the largest value alone."""
    matrix = node.args[0]
    m, n = shape(matrix)
    last = getattr(node, "place", None) == (m - 1 if spare == 1 else 0)
    for bound in rank_bounds(matrix):
        repeated = bound.is_Integer and (not m.is_Integer or bound < m - spare)
        if repeated and same_size(m, n) and not last:
            warnings.warn(
                f"{matrix} is {m}×{n} and of rank at most {bound}, so that 0 is repeated among "
                f"its values; {type(node).__name__} has no derivative there",
                RepeatedValuesWarning, stacklevel=2)
            return
