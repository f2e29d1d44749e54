"""The values of sums, products and integrals over an index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf
from sympy import Integral, Product, Sum
from sympy.core.basic import Basic

from ..core.errors import DerivativeNotImplementedError
from ..core.registry import declares
from ..nodes.array_nodes import ArraySum
from ..nodes.matrix_sum import MatrixSum
from .account import reaching_no_value
from .evaluation import Evaluation, NumericArray
from .types import NumericMatrix, NumericScalar, Value


@declares("value", Sum)
def value_of_indexed_sum(node: Sum, at: Evaluation) -> NumericScalar:
    terms, descending = _terms(node, at, Evaluation.number)
    return -mp.fsum(terms) if descending else mp.fsum(terms)


@declares("value", Product)
def value_of_indexed_product(node: Product, at: Evaluation) -> NumericScalar:
    factors, descending = _terms(node, at, Evaluation.number)
    return 1/mp.fprod(factors) if descending else mp.fprod(factors)


@declares("value", Integral)
def value_of_integral(node: Integral, at: Evaluation) -> NumericScalar:
    body, *limits = node.args
    if any(len(limit) != 3 for limit in limits):
        raise DerivativeNotImplementedError(
            f"{node} has no value by numbers: an integral without both limits is a function up "
            "to a constant; give them, or work it out with doit()")
    z, lower, upper = limits[-1]
    inner = node.func(body, *limits[:-1]) if limits[:-1] else body
    return reaching_no_value(
        mp.quad, lambda value: at.within({z: value}).number(inner),
        [at.number(lower), at.number(upper)])


@declares("value", MatrixSum)
def value_of_matrix_sum(node: Any, at: Evaluation) -> NumericMatrix:
    body, (index, lower, upper) = node.args
    found = at.build(node, lambda i, j: mpf(0))
    span, descending = at.span(lower, upper)
    for k in span:
        found = found + at.within({index: mpf(k)}).value(body)
    return -found if descending else found


@declares("value", *filter(None, [ArraySum]))
def value_of_array_sum(node: Any, at: Evaluation) -> NumericArray:
    terms, descending = _terms(node, at, Evaluation.array)
    sign = -1 if descending else 1
    return NumericArray(tuple(map(at.size, node.shape)),
                        lambda *place: sign*mp.fsum(t[place] for t in terms))


def _terms(node: Any, at: Evaluation,
           value: Callable[[Evaluation, Basic], Value]) -> tuple[list[Value], bool]:
    """The values over the last index, and whether its limits descend."""
    body, *limits = node.args
    if not limits:
        return [value(at, body)], False
    index, lower, upper = limits[-1]
    inner = node.func(body, *limits[:-1]) if len(limits) > 1 else body
    span, descending = at.span(lower, upper)
    return [value(at.within({index: mpf(k)}), inner) for k in span], descending
