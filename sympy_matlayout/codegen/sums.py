"""Sums of matrices whose terms are cheaper together: outer products, transposes, weights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from .operation_graph import Graph
from .operations import Operation, scaled_parts, untransposed

__all__ = ["half_of_sum", "outer_parts", "twin_of", "with_weights_joined"]


def with_weights_joined(graph: Graph, terms: Sequence[Operation],
                        is_shared: Callable[[Operation], bool]) -> Sequence[Operation]:
    """``diag(v) T diag(w) + diag(x) T diag(y)`` as ``T∘(v w' + x y')``, which has fewer passes."""
    weights: dict[Operation, list[Operation]] = defaultdict(list)
    rest = []
    for term in terms:
        scalar, core = scaled_parts(term)
        factors = [] if is_shared(untransposed(core)) else graph.opened(core)
        if [f.kind == "diagonal" for f in factors] != [True, False, True]:
            rest.append(term)
            continue
        left, matrix, right = factors
        weight = graph.product(left.args[0], graph.transpose(right.args[0]))
        weights[matrix].append(weight if scalar is None else graph.mul(scalar, weight))
    if all(len(of_matrix) == 1 for of_matrix in weights.values()):
        return terms
    return [*(graph.mul(matrix, graph.add(*of_matrix)) for matrix, of_matrix in weights.items()),
            *rest]


def outer_parts(g: Graph, value: Operation) -> tuple[Any, Operation, Operation] | None:
    """The scalar, the column and the row that a planned term is the product of."""
    scalar, core = scaled_parts(value)
    base = untransposed(core)
    if base.kind != "matmul" or len(base.shape) != 2 or base.args[0].shape[1] != 1:
        return None
    left, right = base.args if base is core else map(g.transposed_view, base.args[::-1])
    return scalar, left, right


def twin_of(g: Graph, term: tuple, others: Sequence[tuple]) -> int | None:
    """Which of some products is the transpose of another, as ``X'A'X`` that of ``X'AX``."""
    scalar, factors = term
    turned = g.turned(factors)
    return next((k for k, other in enumerate(others) if other == (scalar, turned)), None)


def half_of_sum(g: Graph, value: Operation) -> Operation | None:
    """``XMX'`` of ``X(M + M')X'``, which is this and its transpose, None of any other value."""
    factors, k = list(value.args), len(value.args)//2
    if value.kind != "product" or len(factors) % 2 == 0 or factors != g.turned(factors):
        return None
    middle = factors[k]
    if middle.kind != "add" or len(middle.args) != 2 \
            or g.transpose(middle.args[0]) is not middle.args[1]:
        return None
    return g.product(*factors[:k], middle.args[0], *factors[k + 1:])
