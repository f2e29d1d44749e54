"""Which values are known to be positive definite."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Basic

from .operation_graph import Graph
from .operations import Operation, is_number, scaled_parts

__all__ = ["Definiteness", "has_no_negatives"]


class Definiteness:
    """What is known to be positive definite, from what is declared and how it is made."""

    def __init__(self, graph: Graph, is_declared: Callable[[Operation], bool]):
        self.graph = graph
        self.is_declared = is_declared

    def is_positive(self, value: Operation) -> bool:
        """Whether a matrix that has an inverse is known to be positive definite."""
        if self.is_declared(value):
            return True
        scalar, core = scaled_parts(value)
        if scalar is not None:
            return is_number(scalar) and bool(scalar.data.is_positive) and self.is_positive(core)
        if value.kind == "add":
            return all(self.is_nonnegative(t) for t in value.args)
        return self.is_nonnegative(value)

    def is_nonnegative(self, term: Operation) -> bool:
        scalar, core = scaled_parts(term)
        if scalar is not None and not has_no_negatives(scalar):
            return False
        if self.is_declared(core):
            return True
        if core.kind == "identity":
            return True
        if core.kind == "diagonal":
            return has_no_negatives(core.args[0])
        if core.kind == "inverse":
            return self.is_positive(core.args[0])
        if core.kind == "product":
            factors = core.args
            turned = self.graph.turned(factors)
            middle = len(factors)//2
            return list(factors) == turned and (len(factors) % 2 == 0 or self.is_nonnegative(
                factors[middle]))
        return False


def has_no_negatives(value: Operation) -> bool:
    """Whether every entry is known to be at least zero."""
    if value.kind == "number":
        return bool(value.data.is_positive)
    if value.kind in ("argument", "size"):
        return isinstance(value.data, Basic) and bool(getattr(value.data, "is_positive", False))
    if value.kind == "call":
        return value.data in ("exp", "Sigmoid", "Softplus", "cosh", "Abs")
    if value.kind in ("mul", "add", "expand"):
        return all(map(has_no_negatives, value.args))
    if value.kind == "power":
        exponent = value.args[1]
        return is_number(exponent) and bool(exponent.data.is_even) or has_no_negatives(
            value.args[0])
    return value.kind == "softmax"
