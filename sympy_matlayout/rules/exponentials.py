"""
Log-sum-exp and softmax.

References: Boyd & Vandenberghe, Convex Optimization, 3.1.5.
"""

from __future__ import annotations

from typing import Any

from sympy import S
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity, OneMatrix

from ..core.shapes import is_one, shape
from ..linear_maps.composition import compose
from ..linear_maps.maps import HadamardBy, InnerProduct, LinearMap, Sandwich, ScalarTimes
from ..nodes.softmax import LogSumExp, LogSumExpAlong, Softmax
from ..simplify import constructors as c
from .table import Edges, Varies, cited, local_differentials


@local_differentials.register(LogSumExp)
@cited("log-sum-exp rule", "Boyd & Vandenberghe 3.1.5")
def log_sum_exp(node: Any, varies: Varies) -> Edges:
    """d logsumexp(X) = tr(P'dX) with P = softmax(X)"""
    yield node.matrix, InnerProduct(c.softmax(node.matrix))


@local_differentials.register(LogSumExpAlong)
@cited("log-sum-exp rule", "Boyd & Vandenberghe 3.1.5")
def log_sum_exp_along(node: Any, varies: Varies) -> Edges:
    """of the rows (P∘dX)1, of the columns 1'(P∘dX)"""
    P = c.softmax(node.matrix, node.axis)
    yield node.matrix, compose(_summing(node.matrix, node.axis, spread=False), HadamardBy(P))


@local_differentials.register(Softmax)
@cited("softmax rule", "Boyd & Vandenberghe 3.1.5")
def softmax(node: Any, varies: Varies) -> Edges:
    """dp = (diag(p) - pp')dx; of a matrix dP = P∘(dX - Σ P∘dX), the sum of all or along an axis"""
    X, (rows, cols) = node.matrix, shape(node)
    one = Identity(S.One)
    if is_one(cols):
        yield X, Sandwich(_covariance(node, c.transpose(node)), one)
    elif is_one(rows):
        yield X, Sandwich(one, _covariance(c.transpose(node), node))
    elif node.axis is None:
        yield X, HadamardBy(node)
        yield X, compose(ScalarTimes(c.scale(S.NegativeOne, node)), InnerProduct(node))
    else:
        sums = compose(_summing(X, node.axis, spread=True), HadamardBy(node))
        yield X, HadamardBy(node)
        yield X, compose(HadamardBy(c.scale(S.NegativeOne, node)), sums)


def _covariance(p: Basic, row: Basic) -> Basic:
    """diag(p) - pp', the covariance of a draw with probabilities p"""
    return c.add(c.diag(p), c.scale(S.NegativeOne, c.multiply(p, row)))


def _summing(matrix: Basic, axis: Any, spread: bool) -> LinearMap:
    """The sums of the rows or of the columns, once or in every place of these."""
    m, n = shape(matrix)
    if axis == 1:
        return Sandwich(Identity(m), OneMatrix(n, n if spread else S.One))
    return Sandwich(OneMatrix(m if spread else S.One, m), Identity(n))
