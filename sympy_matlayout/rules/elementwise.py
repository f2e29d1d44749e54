"""
Hadamard products and powers, elementwise functions.

References: Magnus & Neudecker 8.2 and 3.6; document 003: d(X∘Y) = dX∘Y + X∘dY,
dσ(X) = σ'(X)∘dX.
"""

from __future__ import annotations

from typing import Any

from sympy import Lambda, S, log
from sympy.matrices.expressions import HadamardPower, HadamardProduct, OneMatrix
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from ..core.bound_symbols import argument_symbol
from ..core.shapes import is_matrix, shape
from ..linear_maps.maps import HadamardBy, ScalarTimes
from ..simplify import constructors as c
from .scalars import at_point, partials, slopes
from .table import Edges, Varies, cited, local_differentials


@local_differentials.register(HadamardProduct)
@cited("Hadamard product rule", "M&N 8.2; document 003")
def hadamard_product(node: Any, varies: Varies) -> Edges:
    """d(X∘Y) = dX∘Y + X∘dY"""
    for k, factor in enumerate(node.args):
        if varies(factor):
            yield factor, HadamardBy(c.hadamard(*node.args[:k], *node.args[k + 1:]))


@local_differentials.register(ElementwiseApplyFunction)
@cited("elementwise function rule", "document 003")
def elementwise_function(node: Any, varies: Varies) -> Edges:
    """dσ(X) = σ'(X)∘dX; a scalar t inside σ adds dt·∂σ/∂t(X)"""
    function, matrix = node.args
    (z,), body = function.signature, function.expr
    if varies(matrix) or varies(c.conjugate(matrix)):
        for argument, slope in zip((matrix, c.conjugate(matrix)), slopes(body, z), strict=True):
            if slope != 0:
                slope = Lambda((z,), at_point(slope, z))
                yield argument, HadamardBy(c.elementwise(slope, matrix))
    if varies(function):
        for scalar, partial in partials(body, varies, frozenset({z})):
            yield scalar, ScalarTimes(c.elementwise(Lambda((z,), partial), matrix))


@local_differentials.register(HadamardPower)
@cited("elementwise power rule", "document 003")
def hadamard_power(node: Any, varies: Varies) -> Edges:
    """d(xʸ) = y xʸ⁻¹ dx + log(x) xʸ dy in every entry; base or exponent may be a scalar"""
    base, exponent = node.args
    ones = OneMatrix(*shape(node))
    if varies(base):
        if is_matrix(exponent):
            less = c.add(exponent, c.scale(S.NegativeOne, ones))
            slope = c.hadamard(exponent, c.hadamard_power(base, less))
        else:
            slope = c.scale(exponent, c.hadamard_power(base, exponent - 1))
        yield base, HadamardBy(slope) if is_matrix(base) else ScalarTimes(slope)
    if varies(exponent):
        if is_matrix(base):
            z = argument_symbol(frozenset())
            slope = c.hadamard(c.elementwise(Lambda((z,), log(z)), base), node)
        else:
            slope = c.scale(log(base), node)
        yield exponent, HadamardBy(slope) if is_matrix(exponent) else ScalarTimes(slope)
