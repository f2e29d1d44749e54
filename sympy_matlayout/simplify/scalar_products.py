"""Scalar products and quotients in the shorter of two equal forms; all variables are real."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, cast

from sympy import Abs, Determinant, Expr, Mul, Pow, S, Trace, exp, im, re, sign
from sympy.core.basic import Basic

from ..core.shapes import is_scalar_shape, shape
from ..nodes.realness import is_complex
from . import constructors as c
from .monomial import order
from .phases import of_shorter, with_phases_merged

__all__ = ["shorter_product"]


def shorter_product(product: Expr) -> Expr:
    """A product or quotient by the rules below; anything else as it is."""
    if isinstance(product, (Abs, im, re)) and is_complex(product.args[0]):
        return of_shorter(type(product), product.args[0])
    if not isinstance(product, (Mul, Pow)):
        return product
    for rule in (_sign_and_absolute_value, with_phases_merged, _as_one_product):
        product = rule(product)
    return product


def _powers(product: Expr) -> dict[Expr, Expr]:
    return dict((f, S.One) if isinstance(f, exp) else f.as_base_exp()
                for f in Mul.make_args(product))


def _sign_and_absolute_value(product: Expr) -> Expr:
    """``sign(a)|a| = a`` and ``|a|² = a²``; where a is zero, 1/|a| has no value either way."""
    powers = _powers(product)
    for base in [b for b in powers if isinstance(b, Abs)]:
        a, k = base.args[0], powers[base]
        odd = powers.get(sign(a), S.Zero)
        if is_complex(a):
            continue
        if k.is_Integer and odd.is_Integer and odd >= 0 and (k + odd) % 2 == 0:
            gone = sign(a)**odd*base**k
            product = product/gone*a**k
    return product


def _as_one_product(product: Expr) -> Expr:
    """``|A||B| = |AB|`` for matrices of one size, and ``a²b² = (ab)²`` for 1x1 matrices"""
    groups: dict[tuple, list[Basic]] = defaultdict(list)
    for base, exponent in _powers(product).items():
        if isinstance(base, Determinant) or exponent != 1 and _is_entry(base):
            groups[type(base), shape(base.args[0])[0], exponent].append(base)
    for (kind, _, exponent), found in groups.items():
        if len(found) > 1:
            factors = sorted((one.args[0] for one in found), key=order)
            together = c.new(kind, c.multiply(*factors))**exponent
            product = product/Mul(*cast(Any, found))**exponent*together
    return product


def _is_entry(expr: Basic) -> bool:
    return isinstance(expr, Trace) and is_scalar_shape(shape(expr.args[0]))
