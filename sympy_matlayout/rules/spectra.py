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
from ..nodes.conjugates import presented
from ..nodes.realness import is_complex
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
from ..simplify.symmetry import is_hermitian
from .norms import of_real_value
from .table import Edges, Varies, cited, local_differentials

MINUS = S.NegativeOne


# --- symmetric matrices and pencils -------------------------------------------------------


@local_differentials.register(Eigenvalues)
@cited("eigenvalue rule", "M&N theorem 8.9; Giles 2008, 3.1")
def eigenvalues(node: Any, varies: Varies) -> Edges:
    """dλ = diagonal(VᴴdS V), of a pencil that of Vᴴ(dA - dB V Λ Vᴴ)V"""
    _require_hermitian(node)
    V = construct(Eigenvectors, *node.args)
    n = shape(V)[0]
    diagonal = compose(DiagonalOut(n), Sandwich(c.adjoint(V), V))
    yield node.args[0], diagonal
    for B in node.args[1:]:
        moved = c.multiply(V, c.diag(c.scale(MINUS, node)))
        yield B, compose(DiagonalOut(n), Sandwich(c.adjoint(V), moved))


@local_differentials.register(Eigenvectors)
@cited("eigenvector rule", "Giles 2008, 3.1")
def eigenvectors(node: Any, varies: Varies) -> Edges:
    """dV = V(F∘(VᴴdS V)), Fᵢⱼ = 1/(λⱼ - λᵢ)"""
    _require_hermitian(node)
    _warn_of_repeated(node, S.One)
    V, values = node, construct(Eigenvalues, *node.args)
    n = shape(V)[0]
    turned = compose(Sandwich(V, Identity(n)), HadamardBy(construct(ReciprocalGaps, values)))
    yield node.args[0], compose(turned, Sandwich(c.adjoint(V), V))
    for B in node.args[1:]:
        moved = c.multiply(V, c.diag(c.scale(MINUS, values)))
        yield B, compose(turned, Sandwich(c.adjoint(V), moved))
        length = compose(Sandwich(c.scale(-Rational(1, 2), V), Identity(n)),
                         HadamardBy(Identity(n)))
        yield B, compose(length, Sandwich(c.adjoint(V), V))


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
    """dλ = vᴴdS v, w'dX v with w'v = 1, and of a pencil vᴴ(dA - λ dB)v"""
    _warn_of_repeated(node, S.One)
    v = construct(Eigenvector, *node.args)
    if node.second is not None:
        _require_hermitian(node)
        w = c.conjugate(v)
        yield node.matrix, InnerProduct(c.multiply(w, c.transpose(v)))
        yield node.second, InnerProduct(c.multiply(-node, w, c.transpose(v)))
        return
    _require_real_or_hermitian(node)
    w = c.conjugate(v) if is_hermitian(node.matrix) else construct(LeftEigenvector, *node.args)
    yield node.matrix, InnerProduct(c.multiply(w, c.transpose(v)))


@local_differentials.register(Eigenvector)
@cited("eigenvector rule", "M&N theorems 8.9, 8.10")
def eigenvector(node: Any, varies: Varies) -> Edges:
    """dv = (λI - S)⁺dS v, of any matrix (λI - X)⁺(I - vw')dX v"""
    _warn_of_repeated(node, S.One)
    if node.second is not None:
        yield from _vector_of_pencil(node)
        return
    _require_real_or_hermitian(node)
    away = _resolvent(node)
    if not is_hermitian(node.matrix):
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
    """dv = V diag(Fₖ)Vᴴ(dA - λ dB)v - v(vᴴdB v)/2"""
    _require_hermitian(node)
    A, k, B = node.args
    V, values = construct(Eigenvectors, A, B), construct(Eigenvalues, A, B)
    n = shape(V)[0]
    gaps = c.matrix_slice(construct(ReciprocalGaps, values), (S.Zero, n, S.One), (k, k + 1, S.One))
    others = c.multiply(V, c.diag(gaps), c.adjoint(V))
    value = construct(Eigenvalue, A, k, B)
    yield A, Sandwich(others, node)
    yield B, Sandwich(c.scale(-value, others), node)
    yield B, compose(Sandwich(c.scale(-Rational(1, 2), node), Identity(S.One)),
                     Sandwich(c.adjoint(node), node))


@local_differentials.register(LeftEigenvector)
@cited("eigenvector rule", "M&N theorem 8.10")
def left_eigenvector(node: Any, varies: Varies) -> Edges:
    """dw' = w'dX(I - vw')(λI - X)⁺ - (its product with v) w' - (w'dv) w'"""
    _warn_of_repeated(node, S.One)
    _require_real_or_hermitian(node)
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
#
# The vectors of complex matrices are right up to the phases, which are free and drop out of
# what they are used for: vᴴdv = 0 is chosen, and uᴴdu follows.


@local_differentials.register(SingularValues)
@cited("singular value rule", "Giles 2008, 3.2")
def singular_values(node: Any, varies: Varies) -> Edges:
    """dσ = diagonal(Re UᴴdX V)"""
    (U, V), X, k = _sides(node), node.matrix, shape(node)[0]
    if not is_complex(X):
        yield X, compose(DiagonalOut(k), Sandwich(c.transpose(U), V))
        return
    for child, left, right in ((X, c.adjoint(U), V),
                               (c.conjugate(X), c.transpose(U), c.conjugate(V))):
        yield child, compose(DiagonalOut(k), Sandwich(c.scale(S.Half, left), right))


def _sides(node: Any) -> tuple[Basic, Basic]:
    return (construct(LeftSingularVectors, node.matrix),
            construct(RightSingularVectors, node.matrix))


@local_differentials.register(LeftSingularVectors)
@cited("singular vector rule", "Townsend 2016")
def left_singular_vectors(node: Any, varies: Varies) -> Edges:
    """dU = U(F∘(UᴴdX V Σ + Σ VᴴdXᴴU)) + (I - UUᴴ)dX V Σ⁻¹, Fᵢⱼ = 1/(σⱼ² - σᵢ²)"""
    X, (U, V) = node.matrix, _sides(node)
    yield from _vectors(X, U, V, turned=False)
    if is_complex(X):  # the phases: UᴴdU has the diagonal of (UᴴdX V - VᴴdXᴴU)Σ⁻¹/2
        k = shape(U)[1]
        below = c.diag(c.hadamard_power(construct(SingularValues, X), MINUS))
        around = compose(Sandwich(c.scale(S.Half, U), below), HadamardBy(Identity(k)))
        yield X, compose(around, Sandwich(c.adjoint(U), V))
        yield c.conjugate(X), compose(compose(around, Sandwich(c.scale(MINUS, c.adjoint(V)), U)),
                                      Transposition(shape(X)))


@local_differentials.register(RightSingularVectors)
@cited("singular vector rule", "Townsend 2016")
def right_singular_vectors(node: Any, varies: Varies) -> Edges:
    """the same of Xᴴ"""
    U, V = _sides(node)
    yield from _vectors(node.matrix, V, U, turned=True)


def _vectors(X: Any, U: Any, V: Any, turned: bool) -> Iterator[tuple[Basic, LinearMap]]:
    """The maps of dX, or of dXᴴ where U are the right vectors."""
    k = shape(U)[1]
    values = construct(SingularValues, X)
    sigma, below = c.diag(values), c.diag(c.hadamard_power(values, MINUS))
    gaps = HadamardBy(construct(ReciprocalGaps, c.hadamard_power(values, S(2))))
    inside = compose(Sandwich(U, Identity(k)), gaps)
    straight = compose(inside, Sandwich(c.adjoint(U), c.multiply(V, sigma)))
    across = compose(inside, Sandwich(c.multiply(sigma, c.adjoint(V)), U))
    outside = Sandwich(_complement(U), c.multiply(V, below))
    flip, mirrored = Transposition(shape(X)), c.conjugate(X)
    for linear, of_adjoint in ((straight, turned), (across, not turned), (outside, turned)):
        yield (mirrored, compose(linear, flip)) if of_adjoint else (X, linear)


def _complement(U: Basic) -> Basic:
    """I - UUᴴ"""
    return c.add(Identity(shape(U)[0]), c.multiply(MINUS, U, c.adjoint(U)))


@local_differentials.register(SingularValue)
@cited("singular value rule", "Giles 2008, 3.2")
def singular_value(node: Any, varies: Varies) -> Edges:
    """dσ = Re uᴴdX v"""
    _warn_of_repeated(node, S.Zero)
    u, v = (construct(kind, *node.args) for kind in (LeftSingularVector, RightSingularVector))
    yield from of_real_value(node.matrix, c.multiply(u, c.adjoint(v)))


@local_differentials.register(LeftSingularVector)
@cited("singular vector rule", "M&N theorem 8.9, of XX'")
def left_singular_vector(node: Any, varies: Varies) -> Edges:
    """du = (σ²I - XXᴴ)⁺(σ dX v + X dXᴴu)"""
    X, u, v, value = _single(node)
    away = _other_squares(value, X, c.adjoint(X))
    flip, mirrored = Transposition(shape(X)), c.conjugate(X)
    yield X, Sandwich(c.scale(value, away), v)
    yield mirrored, compose(Sandwich(c.multiply(away, X), u), flip)
    if is_complex(X):  # the phase: uᴴdu = (uᴴdX v - vᴴdXᴴu)/2σ
        along = Sandwich(c.scale(1/(2*value), u), Identity(S.One))
        yield X, compose(along, Sandwich(c.adjoint(u), v))
        yield mirrored, compose(compose(along, Sandwich(c.scale(MINUS, c.adjoint(v)), u)), flip)


@local_differentials.register(RightSingularVector)
@cited("singular vector rule", "M&N theorem 8.9, of X'X")
def right_singular_vector(node: Any, varies: Varies) -> Edges:
    """dv = (σ²I - XᴴX)⁺(σ dXᴴu + XᴴdX v)"""
    X, u, v, value = _single(node)
    away = _other_squares(value, c.adjoint(X), X)
    yield c.conjugate(X), compose(Sandwich(c.scale(value, away), u), Transposition(shape(X)))
    yield X, Sandwich(c.multiply(away, c.adjoint(X)), v)


def _single(node: Any) -> tuple[Any, Any, Any, Any]:
    _warn_of_repeated(node, S.Zero)
    u, v, value = (construct(kind, *node.args)
                   for kind in (LeftSingularVector, RightSingularVector, SingularValue))
    return node.matrix, u, v, value


def _other_squares(value: Any, left: Basic, right: Basic) -> Basic:
    """(σ²I - XXᴴ)⁺"""
    size = Identity(shape(left)[0])
    return c.pseudo_inverse(c.add(c.scale(value**2, size), c.multiply(MINUS, left, right)))


@local_differentials.register(PolarFactor)
@cited("polar factor rule", "Higham 2008, 8; by the singular values")
def polar_factor(node: Any, varies: Varies) -> Edges:
    """dP = U((UᴴdX V - VᴴdXᴴU)∘R)Vᴴ + (I - PPᴴ)dX X⁺P + P X⁺dX(I - PᴴP), Rᵢⱼ = 1/(σᵢ + σⱼ)"""
    X, P = node.matrix, node
    U, V = _sides(node)
    values = construct(SingularValues, X)
    k = shape(values)[0]
    row = c.OneMatrix(S.One, k)
    sums = c.hadamard_power(c.add(c.multiply(values, row),
                                  c.multiply(c.transpose(row), c.transpose(values))), MINUS)
    around = compose(Sandwich(U, c.adjoint(V)), HadamardBy(sums))
    yield X, compose(around, Sandwich(c.adjoint(U), V))
    yield c.conjugate(X), compose(around, compose(
        Sandwich(c.scale(MINUS, c.adjoint(V)), U), Transposition(shape(X))))
    pinv = c.pseudo_inverse(X)
    m, n = shape(X)
    if not (m - n).is_nonpositive:
        yield X, Sandwich(_complement(P), c.multiply(pinv, P))
    if not (n - m).is_nonpositive:
        yield X, Sandwich(c.multiply(P, pinv), _complement(c.adjoint(P)))


# --- what has to hold ---------------------------------------------------------------------


def _require_hermitian(node: Any) -> None:
    for matrix in (a for a in node.args if hasattr(a, "shape")):
        if is_hermitian(matrix):
            continue
        name, shown = type(node).__name__, presented(matrix)
        if is_complex(matrix):
            raise DerivativeNotImplementedError(
                f"{name} of complex matrices is of Hermitian ones, and {shown} isn't known to be "
                "one. If it is, say so: by structure=\"hermitian\" or HermitianMatrixSymbol for a "
                f"variable, by assumptions=Q.hermitian(A) for a constant: {presented(node)}")
        raise DerivativeNotImplementedError(
            f"{name} is of symmetric matrices, and {shown} isn't known to be one. If it is, "
            "say so: by structure=\"symmetric\" or SymmetricMatrixSymbol for a variable, by "
            "assumptions=Q.symmetric(A) for a constant; or take the symmetric part, "
            f"(M + M.T)/2. Of any matrix, eigenvalue(M, k) is a single real one: {node}")


def _require_real_or_hermitian(node: Any) -> None:
    """Of other complex matrices no eigenvalue need be real."""
    if is_complex(node.matrix):
        _require_hermitian(node)


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
