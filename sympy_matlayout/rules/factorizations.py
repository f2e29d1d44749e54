"""
Cholesky's factor and the QR factorisation.

References: I. Murray, Differentiation of the Cholesky decomposition, arXiv 1602.07527 (2016);
S. F. Walter, L. Lehmann, arXiv 1001.1654 (2012).
"""

from __future__ import annotations

from typing import Any

from sympy import Rational, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity

from ..core.errors import DerivativeNotImplementedError
from ..core.registry import construct
from ..core.shapes import shape
from ..linear_maps.composition import compose
from ..linear_maps.maps import HadamardBy, LinearMap, Sandwich, Transposition
from ..nodes.conjugates import presented
from ..nodes.factorizations import Cholesky, QFactor, RFactor
from ..nodes.linear_structures import LowerOnes
from ..nodes.realness import is_complex
from ..simplify import constructors as c
from ..simplify.symmetry import is_hermitian
from .table import Edges, Varies, cited, local_differentials

MINUS = S.NegativeOne


def _lower(n: Any, diagonal: Any) -> Basic:
    """Ones below the diagonal, and a number on it."""
    return c.add(LowerOnes(n), c.scale(diagonal - 1, Identity(n)))


@local_differentials.register(Cholesky)
@cited("Cholesky rule", "Murray 2016")
def cholesky(node: Any, varies: Varies) -> Edges:
    """dL = LΦ(L⁻¹dS Lᴴ⁻¹), Φ the lower triangle with half of the diagonal"""
    S_ = node.matrix
    if not is_hermitian(S_):
        raise DerivativeNotImplementedError(
            f"Cholesky's factor is of a symmetric or Hermitian matrix, and {presented(S_)} isn't "
            "known to be one; for a variable use structure=\"symmetric\" or "
            "SymmetricMatrixSymbol, structure=\"hermitian\" or HermitianMatrixSymbol, for a "
            "constant assumptions=Q.positive_definite(S)")
    n = shape(S_)[0]
    back = c.inverse(node)
    inside = compose(HadamardBy(_lower(n, Rational(1, 2))), Sandwich(back, c.adjoint(back)))
    yield S_, compose(Sandwich(node, Identity(n)), inside)


@local_differentials.register(RFactor)
@cited("QR rule", "Walter & Lehmann 2012")
def r_factor(node: Any, varies: Varies) -> Edges:
    """dR = (C - Ω)R, C = QᴴdX R⁻¹, Ω skew with the lower triangle of C"""
    X, R = node.matrix, node
    n = shape(R)[0]
    yield X, compose(Sandwich(Identity(n), R), _between(X))
    for child, part in _skew(X):
        yield child, compose(Sandwich(c.scale(MINUS, Identity(n)), R), part)


@local_differentials.register(QFactor)
@cited("QR rule", "Walter & Lehmann 2012")
def q_factor(node: Any, varies: Varies) -> Edges:
    """dQ = QΩ + (I - QQᴴ)dX R⁻¹"""
    X, Q = node.matrix, node
    m, n = shape(X)
    for child, part in _skew(X):
        yield child, compose(Sandwich(Q, Identity(n)), part)
    if m != n:
        outside = c.add(Identity(m), c.multiply(MINUS, Q, c.adjoint(Q)))
        yield X, Sandwich(outside, c.inverse(construct(RFactor, X)))


def _between(X: Basic) -> LinearMap:
    """QᴴdX R⁻¹"""
    return Sandwich(c.adjoint(construct(QFactor, X)), c.inverse(construct(RFactor, X)))


def _skew(X: Basic) -> Edges:
    """Ω = K - Kᴴ, K the lower triangle of C, with half of the diagonal where that isn't real."""
    n = shape(X)[1]
    triangle = HadamardBy(_lower(n, S.Half if is_complex(X) else S.Zero))
    turned = compose(Sandwich(c.scale(MINUS, Identity(n)), Identity(n)), Transposition((n, n)))
    yield X, compose(triangle, _between(X))
    yield c.conjugate(X), compose(turned, compose(triangle, _between(c.conjugate(X))))
