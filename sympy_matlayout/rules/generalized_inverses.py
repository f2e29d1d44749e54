"""
The pseudo-inverse and the adjugate.

References: G. H. Golub, V. Pereyra, The differentiation of pseudo-inverses and nonlinear least
squares problems whose variables separate (1973); Magnus & Neudecker 8.3, 8.5, 8.6.
"""

from __future__ import annotations

from typing import Any

from sympy import S
from sympy.matrices.expressions import Identity

from ..core.registry import construct
from ..core.shapes import shape
from ..linear_maps.composition import compose
from ..linear_maps.maps import InnerProduct, Sandwich, ScalarTimes, Transposition
from ..nodes.generalized_inverses import Adjugate, PseudoInverse, SingularDeterminant
from ..simplify import constructors as c
from .table import Edges, Varies, cited, local_differentials

MINUS = S.NegativeOne


@local_differentials.register(PseudoInverse)
@cited("pseudo-inverse rule", "Golub & Pereyra 1973; M&N theorem 8.5")
def pseudo_inverse(node: Any, varies: Varies) -> Edges:
    """dX⁺ = -X⁺dX X⁺ + X⁺X⁺ᴴdXᴴ(I - XX⁺) + (I - X⁺X)dXᴴX⁺ᴴX⁺, at constant rank"""
    X, P = node.args[0], node
    m, n = shape(X)
    conjugate, Ph, flip = c.conjugate(X), c.adjoint(P), Transposition((m, n))
    yield X, Sandwich(c.scale(MINUS, P), P)
    outside = c.add(Identity(m), c.multiply(MINUS, X, P))
    inside = c.add(Identity(n), c.multiply(MINUS, P, X))
    if not isinstance(outside, c.ZeroMatrix):
        yield conjugate, compose(Sandwich(c.multiply(P, Ph), outside), flip)
    if not isinstance(inside, c.ZeroMatrix):
        yield conjugate, compose(Sandwich(inside, c.multiply(Ph, P)), flip)


@local_differentials.register(SingularDeterminant)
@cited("determinant rule", "M&N theorem 8.1")
def singular_determinant(node: Any, varies: Varies) -> Edges:
    """d|X| = tr(adj(X) dX), for any X"""
    yield node.args[0], InnerProduct(c.transpose(construct(Adjugate, node.args[0])))


@local_differentials.register(Adjugate)
@cited("adjugate rule", "M&N theorem 8.6")
def adjugate(node: Any, varies: Varies) -> Edges:
    """d adj X = |X|(tr(X⁻¹dX)X⁻¹ - X⁻¹dX X⁻¹), for X invertible"""
    X = node.args[0]
    inverse = c.inverse(X)
    yield X, compose(ScalarTimes(node), InnerProduct(c.transpose(inverse)))
    yield X, Sandwich(c.scale(MINUS, node), inverse)
