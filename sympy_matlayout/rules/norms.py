"""
Norms, where they are differentiable.

References: Matrix Cookbook 2.6 (2-norm), 2.7 (Frobenius); Watson 1992 (nuclear and spectral norm).
"""

from __future__ import annotations

from typing import Any

from sympy import Abs, Lambda, Rational, S, oo, sign

from ..core.bound_symbols import argument_symbol
from ..core.errors import DerivativeNotImplementedError, SingularError
from ..core.registry import construct
from ..core.shapes import shape, show
from ..linear_maps.maps import HadamardBy, InnerProduct
from ..nodes.norm import FROBENIUS, NUCLEAR, LargestEntry, MaxEntry, Norm
from ..nodes.realness import is_complex
from ..nodes.singular_values import LeftSingularVector, PolarFactor, RightSingularVector
from ..simplify import constructors as c
from ..simplify.rank import rank_bounds
from .table import Edges, Varies, cited, local_differentials


@local_differentials.register(Norm)
@cited("norm rule", "Matrix Cookbook 2.6, 2.7")
def norm(node: Any, varies: Varies) -> Edges:
    """d‖X‖ = tr(X'dX)/‖X‖, for the 2-norm and the Frobenius norm"""
    X, order = node.matrix, node.order
    if order == FROBENIUS or node.is_of_vector and order == 2:
        gradient = c.scale(1/node, X)
    elif order == NUCLEAR:
        _require_full_rank(X)
        gradient = _polar_factor(X)
    elif order == 2:
        gradient = c.multiply(construct(LeftSingularVector, X, S.Zero),
                              c.adjoint(construct(RightSingularVector, X, S.Zero)))
    elif order == oo:
        z = argument_symbol(frozenset(), real=not is_complex(X))
        sizes, signs = (c.elementwise(Lambda((z,), f(z)), X) for f in (Abs, sign))
        gradient = c.hadamard(signs, construct(LargestEntry, sizes))
    elif node.is_of_vector and order.is_finite is not False and not varies(order):
        z = argument_symbol(order.free_symbols, real=not is_complex(X))
        slope = sign(z) if order == 1 else sign(z)*Abs(z)**(order - 1)
        gradient = c.scale(node**(1 - order), c.elementwise(Lambda((z,), slope), X))
    else:
        raise DerivativeNotImplementedError(
            f"the norm of order {order} is not differentiated, met in {node}: its order varies, or "
            "may be infinite")
    yield from of_real_value(X, gradient)


def of_real_value(X: Any, G: Any) -> Edges:
    """df = Re tr(Gᴴ dX), which is tr(G'dX) of what is real (Hjørungnes 2011, 3.3)"""
    if not is_complex(X):
        yield X, InnerProduct(G)
        return
    yield X, InnerProduct(c.scale(S.Half, c.conjugate(G)))
    yield c.conjugate(X), InnerProduct(c.scale(S.Half, G))


def _require_full_rank(X: Any) -> None:
    """Refuse what sizes and structure show to have zero among its singular values."""
    for bound in rank_bounds(X):
        if bound.is_Integer and not any((bound >= size) == True for size in shape(X)):  # noqa: E712
            raise SingularError(
                f"{X} is {show(shape(X))} and of rank at most {bound}, and the nuclear norm has "
                "no derivative where a singular value is zero")


def _polar_factor(X: Any) -> Any:
    """UV', in closed form where it is known which rank is full."""
    m, n = shape(X)
    turned = c.adjoint(X)
    if (n - m).is_positive:
        return c.multiply(c.power(c.multiply(X, turned), -Rational(1, 2)), X)
    if (m - n).is_nonnegative:
        return c.multiply(X, c.power(c.multiply(turned, X), -Rational(1, 2)))
    return construct(PolarFactor, X)


@local_differentials.register(MaxEntry)
@cited("largest entry")
def max_entry(node: Any, varies: Varies) -> Edges:
    """d max X = dX at the place of the largest entry, where there is one"""
    yield node.args[0], InnerProduct(construct(LargestEntry, node.args[0]))


@local_differentials.register(LargestEntry)
@cited("largest entry")
def largest_entry(node: Any, varies: Varies) -> Edges:
    """the place of the largest entry stays, where there is one"""
    size = shape(node)
    yield node.args[0], HadamardBy(c.ZeroMatrix(*size))
