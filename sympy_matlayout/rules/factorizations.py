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
from ..nodes.factorizations import Cholesky, QFactor, RFactor
from ..nodes.linear_structures import LowerOnes
from ..simplify import constructors as c
from ..simplify.symmetry import is_symmetric
from .table import Edges, Varies, cited, local_differentials

MINUS = S.NegativeOne


def _lower(n: Any, diagonal: Any) -> Basic:
    """Ones below the diagonal, and a number on it."""
    return c.add(LowerOnes(n), c.scale(diagonal - 1, Identity(n)))


@local_differentials.register(Cholesky)
@cited("Cholesky rule", "Murray 2016")
def cholesky(node: Any, varies: Varies) -> Edges:
    """dL = LΦ(L⁻¹dS L⁻'), Φ the lower triangle with half of the diagonal"""
    S_ = node.matrix
    if not is_symmetric(S_):
        raise DerivativeNotImplementedError(
            f"Cholesky's factor is of a symmetric matrix, and {S_} isn't known to be one; for a "
            "variable use structure=\"symmetric\" or SymmetricMatrixSymbol, for a constant "
            "assumptions=Q.positive_definite(S)")
    n = shape(S_)[0]
    back = c.inverse(node)
    inside = compose(HadamardBy(_lower(n, Rational(1, 2))), Sandwich(back, c.transpose(back)))
    yield S_, compose(Sandwich(node, Identity(n)), inside)


@local_differentials.register(RFactor)
@cited("QR rule", "Walter & Lehmann 2012")
def r_factor(node: Any, varies: Varies) -> Edges:
    """dR = (C - Ω)R, C = Q'dX R⁻¹, Ω skew with the lower triangle of C"""
    X, R = node.matrix, node
    Q = construct(QFactor, X)
    n = shape(R)[0]
    inside = Sandwich(c.transpose(Q), c.inverse(R))
    outer = Sandwich(Identity(n), R)
    yield X, compose(outer, inside)
    for part in _skew(n, inside):
        yield X, compose(compose(outer, Sandwich(c.scale(MINUS, Identity(n)), Identity(n))), part)


@local_differentials.register(QFactor)
@cited("QR rule", "Walter & Lehmann 2012")
def q_factor(node: Any, varies: Varies) -> Edges:
    """dQ = QΩ + (I - QQ')dX R⁻¹"""
    X, Q = node.matrix, node
    m, n = shape(X)
    back = c.inverse(construct(RFactor, X))
    for part in _skew(n, Sandwich(c.transpose(Q), back)):
        yield X, compose(Sandwich(Q, Identity(n)), part)
    if m != n:
        outside = c.add(Identity(m), c.multiply(MINUS, Q, c.transpose(Q)))
        yield X, Sandwich(outside, back)


def _skew(n: Any, inside: LinearMap) -> tuple[LinearMap, LinearMap]:
    """The lower triangle of what a map gives, without the diagonal, and minus its transpose."""
    lower = compose(HadamardBy(_lower(n, S.Zero)), inside)
    turned = compose(Sandwich(c.scale(MINUS, Identity(n)), Identity(n)),
                     compose(Transposition((n, n)), lower))
    return lower, turned
