"""
Norms, where they are differentiable.

References: Matrix Cookbook 2.6 (2-norm), 2.7 (Frobenius); Watson 1992 (nuclear norm).
"""

from __future__ import annotations

from typing import Any

from sympy import Abs, Lambda, Rational, sign

from ..core.bound_symbols import argument_symbol
from ..core.errors import DerivativeNotImplementedError
from ..core.shapes import shape
from ..linear_maps.maps import InnerProduct
from ..nodes.norm import FROBENIUS, NUCLEAR, Norm
from ..simplify import constructors as c
from .table import Edges, Varies, cited, local_differentials


@local_differentials.register(Norm)
@cited("norm rule", "Matrix Cookbook 2.6, 2.7")
def norm(node: Any, varies: Varies) -> Edges:
    """d‖X‖ = tr(X'dX)/‖X‖, for the 2-norm and the Frobenius norm"""
    X, order = node.matrix, node.order
    if order == FROBENIUS or node.is_of_vector and order == 2:
        gradient = c.scale(1/node, X)
    elif order == NUCLEAR:  # X of full rank
        m, n = shape(X)
        if (m < n) == True:  # noqa: E712 - sizes may be symbols
            gradient = c.multiply(c.power(c.multiply(X, c.transpose(X)), -Rational(1, 2)), X)
        else:
            gradient = c.multiply(X, c.power(c.multiply(c.transpose(X), X), -Rational(1, 2)))
    elif node.is_of_vector and order.is_finite is not False and not varies(order):
        z = argument_symbol(order.free_symbols)
        slope = sign(z) if order == 1 else sign(z)*Abs(z)**(order - 1)
        gradient = c.scale(node**(1 - order), c.elementwise(Lambda((z,), slope), X))
    else:
        raise DerivativeNotImplementedError(
            f"the norm of order {order} is not differentiated, met in {node}: it needs the place "
            "of the largest entry or singular value, or varies in its order")
    yield X, InnerProduct(gradient)
