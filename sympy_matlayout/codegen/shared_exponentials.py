"""Functions of one x that are computed together, by exponentials that they share."""

from __future__ import annotations

from collections.abc import Callable

from .operation_graph import Graph
from .operations import Operation

__all__ = ["by_one_exponential", "softmax_by_exponentials"]

FUNCTIONS = ("Sigmoid", "Softplus")


def by_one_exponential(g: Graph, value: Operation, is_computed: Callable[[Operation], bool],
                       planned: Callable[[Operation], Operation]) -> Operation | None:
    """
    σ(x), σ(-x) or log(1 + eˣ) by e⁻|ˣ|, where another of these is computed as well.

    σ(x) is 1/(1 + e) or e/(1 + e), and log(1 + eˣ) is max(x, 0) + log(1 + e), without an overflow.
    """
    if value.data not in FUNCTIONS or g.complex_numbers or not value.shape \
            or not all(isinstance(size, int) for size in value.shape):  # a text has their names
        return None
    (argument,) = value.args
    x = min(argument, g.negative(argument), key=lambda a: a.place)
    alike = [known for name in FUNCTIONS for a in (x, g.negative(x))
             if (known := g.known("call", a, data=name)) is not None and is_computed(known)]
    if len(alike) < 2:
        return None
    of, shape = planned(x), value.shape
    away = g.make("mul", g.number(-1), g.make("call", of, data="Abs", shape=shape), shape=shape)
    e = g.make("call", away, data="exp", shape=shape)
    if value.data == "Softplus":
        signed = of if argument is x else g.make("mul", g.number(-1), of, shape=shape)
        return g.make("add", g.make("call", signed, g.number(0), data="Max", shape=shape),
                      g.make("call", e, data="log1p", shape=shape), shape=shape)
    above = [g.number(1), e] if argument is x else [e, g.number(1)]
    is_positive = g.make("compare", of, g.number(0), data="Ge", shape=shape)
    below = g.make("power", g.make("add", g.number(1), e, shape=shape), g.number(-1), shape=shape)
    return g.make("mul", g.make("where", is_positive, *above, shape=shape), below, shape=shape)


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
