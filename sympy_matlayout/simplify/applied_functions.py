"""Elementwise functions in one form."""

from __future__ import annotations

from typing import Any, cast

from sympy import Lambda, Pow
from sympy.core.basic import Basic
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from . import constructors as c
from .scalar_products import shorter_product

__all__ = ["applied"]


def applied(function: Any, matrix: Any) -> Basic:
    """f(g(X)) as one function, a constant factor in front, a power as a Hadamard power."""
    (z,), body = function.signature, function.expr
    if isinstance(matrix, ElementwiseApplyFunction):
        body, matrix = body.xreplace({z: cast(Any, matrix.function)(z)}), matrix.expr
    factor, body = shorter_product(body).as_independent(z, as_Add=False)
    if isinstance(body, Pow) and body.base == z and not body.exp.has(z):
        return c.scale(factor, c.hadamard_power(matrix, body.exp))
    if factor.is_Rational and factor != -1:  # 2*f(X), but not a sum with numbers apart
        return c.scale(factor, c.elementwise(Lambda((z,), body), matrix))
    return c.elementwise(Lambda((z,), factor*body), matrix)
