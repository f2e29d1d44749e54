"""Sums of matrices whose terms are cheaper together: outer products, one matrix weighted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from .operation_graph import Graph
from .operations import Operation, scaled_parts, untransposed

__all__ = ["outer_parts", "with_weights_joined"]


def with_weights_joined(graph: Graph, terms: Sequence[Operation],
                        is_done: Callable[[Operation], bool]) -> Sequence[Operation]:
    """``diag(v) T diag(w) + diag(x) T diag(y)`` as ``T∘(v w' + x y')``, which has fewer passes."""
    weights: dict[Operation, list[Operation]] = defaultdict(list)
    rest = []
    for term in terms:
        scalar, core = scaled_parts(term)
        factors = [] if is_done(untransposed(core)) else graph.opened(core)
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
