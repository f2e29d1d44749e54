"""Sums and products over indices, of entries or of matrices that change with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sympy import (
    Pow,
    Product,
    S,
    Sum,
    Tuple,
    preorder_traversal,
)
from sympy.core.basic import Basic
from sympy.matrices.expressions import HadamardPower, MatPow

from ..core.bound_symbols import index_symbol
from ..core.errors import DerivativeNotImplementedError, NotByEntriesError
from ..core.limits import TERMS_APART
from ..core.shapes import is_matrix, shape
from ..linear_maps.composition import compose, identity, sum_values, summation
from ..linear_maps.maps import InnerProduct, LinearMap, Scaling
from ..nodes.matrix_sum import MatrixSum
from ..reading.read import read
from .entries import entry_terms, gradient_by_entries, summed
from .table import Edges, Varies, cited, local_differentials


@local_differentials.register(Sum)
@local_differentials.register(Product)
@cited("sum rule, entry by entry")
def sum_or_product_over_indices(node: Any, varies: Varies) -> Edges:
    """dΣuᵢ = Σduᵢ and dΠuᵢ = Σᵢ(Πⱼuⱼ, j ≠ i)duᵢ, entry by entry"""
    if (parts := _without_constant_powers(node, varies)) is not None:
        yield parts, Scaling(S.One)
        return
    try:
        terms = list(entry_terms(node, varies, frozenset()))
    except NotByEntriesError:
        if isinstance(node, Sum):
            yield from _term_by_term(node, varies)
        elif all(end.is_Integer for _, *ends in node.limits for end in ends):
            yield node.doit(deep=False), Scaling(S.One)  # a known number of factors
        else:
            raise
        return
    for term in terms:
        if term.place is None:
            yield term.child, Scaling(summed(term.coefficient, term.limits))
        else:
            yield term.child, InnerProduct(gradient_by_entries(term))


@local_differentials.register(MatrixSum)
@cited("sum rule, term by term", "M&N 8.2")
def matrix_sum_over_an_index(node: Any, varies: Varies) -> Edges:
    """d ΣMᵢ = Σ dMᵢ"""
    if (parts := _without_constant_powers(node, varies)) is not None:
        yield parts, identity(shape(node))
        return
    yield from _term_by_term(node, varies)


def _without_constant_powers(node: Any, varies: Varies) -> Basic | None:
    """
    ``Σ Xⁱ`` from i = 0 as ``I + Σ Xⁱ`` from i = 1, whose terms have no 0·X⁻¹ in their derivative.

    A sum with the terms apart in which a power of the variable is constant, None if there
    are none.
    """
    if isinstance(node, Product):
        return None
    body, *limits = node.args
    for k, (index, lower, upper) in enumerate(limits):
        ends = [e for limit in limits[:k] for e in limit[1:]]
        if not lower.is_Integer or any(index in e.free_symbols for e in ends):
            continue
        exponents = {p.args[1] for p in preorder_traversal(body)
                     if isinstance(p, (Pow, MatPow, HadamardPower))
                     and index not in p.args[0].free_symbols and varies(p.args[0])
                     and index in p.args[1].free_symbols}
        last = max((lower + j for j in range(TERMS_APART) for e in exponents
                    if e.xreplace({index: lower + j}) == 0), default=None)
        if last is not None and (last <= upper) != False:  # noqa: E712 - may be symbolic
            # subs, unlike xreplace, leaves a sum inside alone that has an index of the same name
            apart = [_over(body.subs(index, j), limits[:k] + limits[k + 1:])
                     for j in range(int(lower), int(last) + 1)]
            rest = (_over(body, [*limits[:k], Tuple(index, last + 1, upper), *limits[k + 1:]])
                    if last != upper else None)
            return read(sum_values([*apart, *([] if rest is None else [rest])]))
    return None


def _over(body: Basic, limits: Sequence[Tuple]) -> Basic:
    """The sum of a body over limits, of itself where there are none."""
    if not is_matrix(body):
        return Sum(body, *limits) if limits else body
    for limit in limits:
        body = MatrixSum(body, limit)
    return body


def _term_by_term(node: Any, varies: Varies) -> Iterator[tuple[Basic, LinearMap]]:
    """The differential under the sum, for a body that holds matrices changing with the index."""
    body, *limits = node.args
    index, *ends = limits.pop()
    if limits:
        body = Sum(body, *limits)
    if any(map(varies, ends)):
        raise DerivativeNotImplementedError(f"the limits of a sum depend on the variable: {node}")
    inside = {s for part in preorder_traversal(body) for s in getattr(part, "bound_symbols", ())}
    own = index_symbol(inside | node.free_symbols)
    body = body.xreplace({index: own})
    for child, term in _outside(body, identity(shape(body)), own, varies):
        yield child, summation(term, Tuple(own, *ends))


def _outside(node: Basic, to_root: LinearMap, index: Basic,
             varies: Varies) -> Iterator[tuple[Basic, LinearMap]]:
    """The maps from what doesn't hold the index."""
    for child, m in local_differentials(node, varies):
        if varies(child):
            m = compose(to_root, m)
            if index in child.free_symbols:
                yield from _outside(child, m, index, varies)
            else:
                yield child, m
