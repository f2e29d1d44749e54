"""Powers as what is fast: squares, roots, quotients."""

from __future__ import annotations

from typing import Any

from sympy import sympify

from .operation_graph import Graph
from .operations import Operation

__all__ = ["rational_power"]


def rational_power(g: Graph, base: Operation, exponent: Any) -> Operation:
    if exponent < 0:
        below = rational_power(g, base, -exponent)
        return g.make("power", below, g.number(-1), shape=base.shape)
    whole, part = divmod(exponent, 1)
    if part not in (0, sympify("1/2")) or whole > 16:
        return g.make("power", base, g.number(exponent), shape=base.shape)
    factors = [_whole_power(g, base, int(whole))] if whole else []
    if part:
        factors.append(g.make("call", base, data="sqrt", shape=base.shape))
    return factors[0] if len(factors) == 1 else g.make("mul", *factors, shape=base.shape)


def _whole_power(g: Graph, base: Operation, exponent: int) -> Operation:
    if exponent == 1:
        return base
    half = _whole_power(g, base, exponent//2)
    square = g.make("power", half, g.number(2), shape=base.shape)
    return square if exponent % 2 == 0 else g.make("mul", base, square, shape=base.shape)
