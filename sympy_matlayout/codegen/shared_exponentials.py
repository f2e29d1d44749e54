"""Functions of one x that are computed together, by exponentials that they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from sympy import Integer

from .costs import area
from .operation_graph import Graph
from .operations import Operation
from .powers import rational_power

__all__ = ["by_one_exponential", "logistic_slope", "softmax_by_exponentials"]

FUNCTIONS = ("Sigmoid", "Softplus")
SHARED = 512  # entries


def by_one_exponential(g: Graph, value: Operation, is_computed: Callable[[Operation], bool],
                       planned: Callable[[Operation], Operation]) -> Operation | None:
    """
    σ(x), σ(-x) or log(1 + eˣ) by e⁻|ˣ|, where another of these is computed as well.

    σ(x) is 1/(1 + e) or e/(1 + e), and log(1 + eˣ) is max(x, 0) + log(1 + e), without an overflow.
    """
    if value.data not in FUNCTIONS or g.complex_numbers or not _is_large(value):
        return None
    (argument,) = value.args
    x = min(argument, g.negative(argument), key=lambda a: a.place)
    alike = [known for name in FUNCTIONS for a in (x, g.negative(x))
             if (known := g.known("call", a, data=name)) is not None and is_computed(known)]
    if len(alike) < 2:
        return None
    of, shape = planned(x), value.shape
    e = _small_exponential(g, of)
    if value.data == "Softplus":
        signed = of if argument is x else g.make("mul", g.number(-1), of, shape=shape)
        return g.make("add", g.make("call", signed, g.number(0), data="Max", shape=shape),
                      g.make("call", e, data="log1p", shape=shape), shape=shape)
    above = [g.number(1), e] if argument is x else [e, g.number(1)]
    is_positive = g.make("compare", of, g.number(0), data="Ge", shape=shape)
    below = g.make("power", g.make("add", g.number(1), e, shape=shape), g.number(-1), shape=shape)
    return g.make("mul", g.make("where", is_positive, *above, shape=shape), below, shape=shape)


def logistic_slope(g: Graph, factors: Sequence[Operation],
                   planned: Callable[[Operation], Operation]) -> list[Operation]:
    """The factors as they are computed, σ(x) σ(-x) among them as e/(1 + e)² by e⁻|ˣ|."""
    for one, other in combinations(factors, 2):
        if one.kind == other.kind == "call" and one.data == other.data == "Sigmoid" \
                and other.args[0] is g.negative(one.args[0]) and not g.complex_numbers \
                and _is_large(one):
            e = _small_exponential(g, planned(min(one.args[0], other.args[0],
                                                  key=lambda a: a.place)))
            below = rational_power(g, g.make("add", g.number(1), e, shape=e.shape), Integer(-2))
            return [g.make("mul", e, below, shape=e.shape),
                    *(planned(f) for f in factors if f is not one and f is not other)]
    return list(map(planned, factors))


def _small_exponential(g: Graph, x: Operation) -> Operation:
    away = g.make("mul", g.number(-1), g.make("call", x, data="Abs", shape=x.shape), shape=x.shape)
    return g.make("call", away, data="exp", shape=x.shape)


def _is_large(value: Operation) -> bool:
    """Whether exponentials take longer than calls; a text, for any sizes, has the names."""
    return all(isinstance(size, int) for size in value.shape) and area(value) >= SHARED


def softmax_by_exponentials(g: Graph, value: Operation, of: Operation) -> Operation:
    """A softmax or log-sum-exp of what is computed, by eˣ⁻ᵐ and its sums."""
    (x,), axis = value.args, value.data
    kept = () if axis is None else tuple(
        1 if k == axis else s for k, s in enumerate(x.shape))
    top = g.make("max", of, data=axis, shape=kept)
    e = g.make("call", g.make("add", of, g.make("mul", g.number(-1), top, shape=kept),
                              shape=x.shape), data="exp", shape=x.shape)
    total = g.make("sum", e, data=axis, shape=kept)
    if value.kind == "softmax":
        return g.make("mul", e, g.make("power", total, g.number(-1), shape=kept),
                      shape=x.shape)
    return g.make("add", top, g.make("call", total, data="log", shape=kept), shape=kept)
