"""
Sums over entries that have no matrix notation, entry by entry.

The differential of ``Sum(u, (i, a, b))`` is a sum of terms
``coefficient·dM[r, s]``; the gradient by M has at [p, q] the sum of the
coefficients where r = p and s = q.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sympy import (
    Dummy,
    Eq,
    Expr,
    KroneckerDelta,
    Lambda,
    Piecewise,
    Pow,
    Product,
    S,
    Sum,
    Tuple,
    preorder_traversal,
)
from sympy.core.basic import Basic
from sympy.matrices.expressions import FunctionMatrix, HadamardPower, MatPow, MatrixSymbol
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.bound_symbols import index_symbol
from ..core.errors import DerivativeNotImplementedError, NotByEntriesError
from ..core.limits import TERMS_APART
from ..core.shapes import is_matrix, is_one, same_size, shape
from ..linear_maps.composition import compose, identity, sum_values, summation
from ..linear_maps.maps import InnerProduct, LinearMap, Scaling
from ..nodes.matrix_sum import MatrixSum
from ..reading.index_notation import from_index_notation
from ..reading.read import read
from .scalars import partials
from .table import Edges, Varies, cited, local_differentials


@dataclass(frozen=True)
class EntryTerm:
    """coefficient·d(child), or coefficient·d(child[place]), summed over the limits."""

    coefficient: Expr
    limits: tuple[Any, ...]
    child: Basic
    place: Any  # two indices, or None


@local_differentials.register(Sum)
@local_differentials.register(Product)
@cited("sum rule, entry by entry")
def sum_or_product_over_indices(node: Any, varies: Varies) -> Edges:
    """dΣuᵢ = Σduᵢ and dΠuᵢ = Σᵢ(Πⱼuⱼ, j ≠ i)duᵢ, entry by entry"""
    if (parts := _without_constant_powers(node, varies)) is not None:
        yield parts, Scaling(S.One)
        return
    try:
        terms = list(_entry_terms(node, varies, frozenset()))
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
            yield term.child, Scaling(_summed(term.coefficient, term.limits))
        else:
            yield term.child, InnerProduct(_gradient(term))


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


def _entry_terms(expr: Any, varies: Varies, bound: frozenset[Basic]) -> Iterator[EntryTerm]:
    if isinstance(expr, Sum):
        body, *limits = cast(Any, expr.args)
        # reading has given each index a name of its own within the sum
        fresh = {limit[0]: Dummy(limit[0].name, integer=True) for limit in limits}
        body = body.xreplace(fresh)
        limits = tuple(limit.xreplace(fresh) for limit in limits)
        if any(varies(end) for _, *ends in limits for end in ends):
            raise DerivativeNotImplementedError(
                f"the limits of a sum depend on the variable: {expr}")
        for t in _entry_terms(body, varies, bound | set(fresh.values())):
            yield EntryTerm(t.coefficient, t.limits + limits, t.child, t.place)
    elif isinstance(expr, Product):
        yield from _factor_terms(expr, varies, bound)
    elif isinstance(expr, MatrixElement):
        parent, *place = expr.args
        if any(map(varies, place)) or parent.free_symbols & bound:
            raise NotByEntriesError(
                f"a matrix that changes with the index of a sum is not covered: {expr}")
        yield EntryTerm(S.One, (), parent, tuple(place))
    elif not expr.free_symbols & bound and (not expr.args or not _is_entry(expr)):
        yield EntryTerm(S.One, (), expr, None)
    else:
        for atom, partial in partials(expr, varies, bound, _is_entry):
            for t in _entry_terms(atom, varies, bound):
                yield EntryTerm(partial*t.coefficient, t.limits, t.child, t.place)


def _factor_terms(expr: Any, varies: Varies, bound: frozenset[Basic]) -> Iterator[EntryTerm]:
    """Each factor's terms times the product of the others, which holds at zeros as well."""
    body, *inner, (index, lower, upper) = expr.args
    body = Product(body, *inner) if inner else body
    one = Dummy(index.name, integer=True)
    if _may_descend(expr, lower, upper):
        whole = cast(Any, Product(body, (index, lower, upper)))
        others = whole/body.xreplace({index: one})
    else:
        # holds where a factor is zero, too; a power, not a Piecewise: SymPy folds a Piecewise
        # out of the product, and its index with it
        others = Product(body**(1 - KroneckerDelta(index, one)), (index, lower, upper))
    for t in _entry_terms(Sum(body.xreplace({index: one}), (one, lower, upper)), varies, bound):
        # the sum over `one` renamed it; its new name is the outermost limit's
        rest = others.xreplace({one: t.limits[-1][0]})
        yield EntryTerm(rest*t.coefficient, t.limits, t.child, t.place)


def _may_descend(product: Product, lower: Expr, upper: Expr) -> bool:
    """Whether the limits could be in descending order, for which SymPy has one over a product."""
    length = upper - lower + 1
    sizes = {s for M in product.atoms(MatrixSymbol) for size in shape(M)
             for s in size.free_symbols}
    return not length.xreplace(
        {s: Dummy(s.name, integer=True, positive=True) for s in sizes}).is_nonnegative


def _is_entry(expr: Basic) -> bool:
    return isinstance(expr, (MatrixElement, Sum, Product))


def _summed(coefficient: Expr, limits: tuple[Any, ...]) -> Any:
    return from_index_notation(Sum(coefficient, *limits)) if limits else coefficient


def _gradient(term: EntryTerm) -> Basic:
    """The matrix with Σ coefficient·[r = p][s = q] at [p, q]."""
    coefficient, limits, place = term.coefficient, term.limits, list(term.place)
    sizes = shape(term.child)
    taken = {s for held in (coefficient, *limits, *place) for s in held.atoms(Dummy)}
    row = index_symbol(taken)
    indices = row, index_symbol(taken | {row})
    for axis, (index, size) in enumerate(zip(indices, sizes, strict=True)):
        whole = [limit for limit in limits if limit[0] == place[axis]
                 and limit[1] == 0 and same_size(limit[2] + 1, size)]
        if whole and not any(place[axis] in end.free_symbols
                             for _, *ends in limits for end in ends):
            # the sum over this index has one term that counts
            limits = tuple(limit for limit in limits if limit not in whole)
            coefficient = coefficient.xreplace({place[axis]: index})
            place = [p.xreplace({place[axis]: index}) for p in place]
        if place[axis] != index and not is_one(size):
            # no KroneckerDelta: SymPy solves that for fractions of an index
            coefficient = Piecewise((coefficient, Eq(place[axis], index)), (S.Zero, True))
    entries = Sum(coefficient, *limits) if limits else coefficient
    rows, cols = sizes
    return from_index_notation(FunctionMatrix(rows, cols, Lambda(indices, entries)))
