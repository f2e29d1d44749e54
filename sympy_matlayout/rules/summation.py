"""
Sums over entries that have no matrix notation, entry by entry.

The differential of ``Sum(u, (i, a, b))`` is a sum of terms
``coefficient·dM[r, s]``; the gradient by M has at [p, q] the sum of the
coefficients where r = p and s = q.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import (
    Dummy,
    Eq,
    Expr,
    KroneckerDelta,
    Lambda,
    Piecewise,
    Product,
    S,
    Sum,
    Tuple,
    preorder_traversal,
)
from sympy.core.basic import Basic
from sympy.matrices.expressions import FunctionMatrix
from sympy.matrices.expressions.matexpr import MatrixElement

from ..engine.maps import InnerProduct, LinearMap, Scaling, compose, identity, summation
from ..errors import DerivativeNotImplementedError
from ..expressions.bound_symbols import index_symbol
from ..expressions.matrix_sum import MatrixSum
from ..expressions.shape import is_one, same_size, shape
from ..reading.index_notation import from_index_notation
from .scalars import partials
from .table import Varies, cited, local_differentials


@dataclass(frozen=True)
class EntryTerm:
    """coefficient·d(child), or coefficient·d(child[place]), summed over the limits."""

    coefficient: Expr
    limits: tuple
    child: Basic
    place: tuple[Expr, Expr] | None


@local_differentials.register(Sum)
@local_differentials.register(Product)
@cited("sum rule, entry by entry")
def _(node, varies):
    """dΣuᵢ = Σduᵢ and dΠuᵢ = Σᵢ(Πⱼuⱼ, j ≠ i)duᵢ, entry by entry"""
    try:
        terms = list(_entry_terms(node, varies, frozenset()))
    except DerivativeNotImplementedError:
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
def _(node, varies):
    """d ΣMᵢ = Σ dMᵢ"""
    yield from _term_by_term(node, varies)


def _term_by_term(node: Basic, varies: Varies) -> Iterator[tuple[Basic, LinearMap]]:
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


def _entry_terms(expr: Expr, varies: Varies, bound: frozenset) -> Iterator[EntryTerm]:
    if isinstance(expr, Sum):
        body, *limits = expr.args
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
            raise DerivativeNotImplementedError(
                f"a matrix that changes with the index of a sum is not covered: {expr}")
        yield EntryTerm(S.One, (), parent, tuple(place))
    elif not expr.free_symbols & bound and (not expr.args or not _is_entry(expr)):
        yield EntryTerm(S.One, (), expr, None)
    else:
        for atom, partial in partials(expr, varies, bound, _is_entry):
            for t in _entry_terms(atom, varies, bound):
                yield EntryTerm(partial*t.coefficient, t.limits, t.child, t.place)


def _factor_terms(expr: Product, varies: Varies, bound: frozenset) -> Iterator[EntryTerm]:
    """Each factor's terms times the product of the others, which holds at zeros as well."""
    body, *inner, (index, lower, upper) = expr.args
    body = Product(body, *inner) if inner else body
    one = Dummy(index.name, integer=True)
    # a power, not a Piecewise: SymPy folds a Piecewise out of the product, and its index with it
    others = Product(body**(1 - KroneckerDelta(index, one)), (index, lower, upper))
    for t in _entry_terms(Sum(body.xreplace({index: one}), (one, lower, upper)), varies, bound):
        # the sum over `one` renamed it; its new name is the outermost limit's
        rest = others.xreplace({one: t.limits[-1][0]})
        yield EntryTerm(rest*t.coefficient, t.limits, t.child, t.place)


def _is_entry(expr: Basic) -> bool:
    return isinstance(expr, (MatrixElement, Sum, Product))


def _summed(coefficient: Expr, limits: tuple) -> Expr:
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
    return from_index_notation(FunctionMatrix(*sizes, Lambda(indices, entries)))
