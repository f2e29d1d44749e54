"""
Matrices and sums by their entries, where there is no matrix notation.

The differential of an expression in entries is a sum of terms ``coefficient·dM[r, s]``, each
perhaps summed over indices.  The gradient by M has at [p, q] the sum of the coefficients where
r = p and s = q; a matrix given by such entries has a linear map that says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sympy import (
    Dummy,
    Eq,
    Expr,
    KroneckerDelta,
    Lambda,
    Mod,
    Piecewise,
    Product,
    S,
    Sum,
    Tuple,
    floor,
)
from sympy.core.basic import Basic
from sympy.matrices.expressions import FunctionMatrix, MatrixSymbol
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.bound_symbols import index_symbol
from ..core.errors import DerivativeNotImplementedError, NotByEntriesError
from ..core.shapes import Shape, is_one, same_shape, same_size, shape
from ..linear_maps.composition import compose
from ..linear_maps.law import Law
from ..linear_maps.maps import HadamardBy, LinearMap, ScalarTimes, Transposition
from ..reading.index_notation import from_index_notation
from ..simplify import constructors as c
from .scalars import partials
from .table import Edges, Varies, cited, local_differentials

__all__ = ["EntryMap", "EntryTerm", "entry_terms", "gradient_by_entries", "matrix_of_entries",
           "summed"]


@dataclass(frozen=True)
class EntryTerm:
    """coefficient·d(child), or coefficient·d(child[place]), summed over the limits."""

    coefficient: Expr
    limits: tuple[Any, ...]
    child: Basic
    place: Any  # two indices, or None


def entry_terms(expr: Any, varies: Varies, bound: frozenset[Basic]) -> Iterator[EntryTerm]:
    if isinstance(expr, Sum):
        body, *limits = cast(Any, expr.args)
        # reading has given each index a name of its own within the sum
        fresh = {limit[0]: Dummy(limit[0].name, integer=True) for limit in limits}
        body = body.xreplace(fresh)
        limits = tuple(limit.xreplace(fresh) for limit in limits)
        if any(varies(end) for _, *ends in limits for end in ends):
            raise DerivativeNotImplementedError(
                f"the limits of a sum depend on the variable: {expr}")
        for t in entry_terms(body, varies, bound | set(fresh.values())):
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
            for t in entry_terms(atom, varies, bound):
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
    for t in entry_terms(Sum(body.xreplace({index: one}), (one, lower, upper)), varies, bound):
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


def summed(coefficient: Expr, limits: tuple[Any, ...]) -> Any:
    return from_index_notation(Sum(coefficient, *limits)) if limits else coefficient


def gradient_by_entries(term: EntryTerm) -> Basic:
    """The matrix with Σ coefficient·[r = p][s = q] at [p, q]."""
    rows, cols = shape(term.child)
    indices = _own_indices(term)
    return from_index_notation(FunctionMatrix(rows, cols, Lambda(
        indices, _where(term, indices, (rows, cols)))))


def _own_indices(*held: Any) -> tuple[Any, Any]:
    """Two symbols for rows and columns that nothing held here has."""
    parts = [p for a in held for p in ((a.coefficient, *a.limits, *(a.place or ()))
                                       if isinstance(a, EntryTerm) else (a,))]
    taken = {s for part in parts for s in part.atoms(Dummy)}
    row = index_symbol(taken)
    return row, index_symbol(taken | {row})


def _where(term: EntryTerm, targets: Sequence[Any], sizes: Sequence[Expr]) -> Any:
    """The sum of the coefficients over the limits, where the place is the target."""
    coefficient, limits, place = term.coefficient, term.limits, list(term.place)
    for axis, (target, size) in enumerate(zip(targets, sizes, strict=True)):
        for limit in limits:
            value = _solved(place[axis], target, limit, size)
            if value is None or any(limit[0] in end.free_symbols
                                    for _, *ends in limits for end in ends):
                continue
            # the sum over this index has one term that counts
            limits = tuple(other for other in limits if other != limit)
            coefficient = coefficient.xreplace({limit[0]: value})
            place = [p.xreplace({limit[0]: value}) for p in place]
            place[axis] = target
            break
        if place[axis] != target and not is_one(size):
            # no KroneckerDelta: SymPy solves that for fractions of an index
            coefficient = Piecewise((coefficient, Eq(place[axis], target)), (S.Zero, True))
    return Sum(coefficient, *limits) if limits else coefficient


def _solved(place: Any, target: Any, limit: Any, size: Expr) -> Any:
    """The index with ``place = target``, where each target has one in its range; or None."""
    index, lower, upper = limit
    slope = place.coeff(index)
    start = place - slope*index
    if slope not in (1, -1) or index in start.free_symbols:
        return None
    first, last = (start + lower, start + upper) if slope == 1 else (start - upper, start - lower)
    if not same_size(first, S.Zero) or not same_size(last + 1, size):
        return None
    return slope*(target - start)


# --- matrices by their entries ----------------------------------------------------------


@dataclass(frozen=True)
class EntryMap(LinearMap):
    """dY ↦ the matrix with Σ coefficient·dY[r, s] at [i, j]; r and s may hold i, j and more."""

    trace_law = Law("adjoint map", "ΣG_ij dF_ij by the entries of dY")
    vec_law = Law("matrix of a map by its entries", "dF_ij by dY_pq")

    term: EntryTerm
    indices: tuple[Any, Any]
    codomain: Any

    @property
    def domain(self) -> Shape:
        return shape(self.term.child)

    def apply(self, dY: Basic, /) -> Basic:
        t = self.term
        fresh = _own_indices(t, dY)
        term = self._at(fresh)
        body = summed(term.coefficient*c.entry(dY, *term.place), term.limits)
        rows, cols = self.codomain
        return from_index_notation(FunctionMatrix(rows, cols, Lambda(fresh, body)))

    def adjoint(self, G: Basic, /) -> Basic:
        own = tuple(Dummy(i.name, integer=True) for i in self.indices)
        ends = tuple(S.Zero if is_one(size) else i
                     for i, size in zip(own, self.codomain, strict=True))
        term = self._at(ends)
        limits = tuple(Tuple(i, 0, size - 1) for i, size in zip(own, self.codomain, strict=True)
                       if not is_one(size))
        return gradient_by_entries(replace(
            term, coefficient=c.entry(G, *ends)*term.coefficient, limits=term.limits + limits))

    def matrix(self) -> Basic:
        (m, n), (rows, cols) = self.domain, self.codomain
        a, b = _own_indices(self.term)
        term = self._at(_unvec(a, rows, cols))
        return from_index_notation(FunctionMatrix(rows*cols, m*n, Lambda(
            (a, b), _where(term, _unvec(b, m, n), (m, n)))))

    def _at(self, indices: Sequence[Any]) -> EntryTerm:
        """The term for other row and column."""
        values = dict(zip(self.indices, indices, strict=True))
        t = self.term
        return replace(t, coefficient=t.coefficient.xreplace(values),
                       limits=tuple(limit.xreplace(values) for limit in t.limits),
                       place=tuple(p.xreplace(values) for p in t.place))


def _unvec(k: Any, rows: Expr, cols: Expr) -> tuple[Any, Any]:
    """Row and column of the k-th entry of vec."""
    if is_one(cols):
        return k, S.Zero
    return (S.Zero, k) if is_one(rows) else (Mod(k, rows), floor(k/rows))


@local_differentials.register(FunctionMatrix)
@cited("entry rule")
def matrix_of_entries(node: Any, varies: Varies) -> Edges:
    """a matrix given by its entries, through the scalars and the entries in them"""
    rows, cols, entries = node.args
    (i, j), body = entries.args
    for term in entry_terms(body, varies, frozenset({i, j})):
        if term.place is None:
            slope = Lambda((i, j), summed(term.coefficient, term.limits))
            yield term.child, ScalarTimes(FunctionMatrix(rows, cols, slope))
            continue
        size, slope = shape(term.child), Lambda((i, j), term.coefficient)
        if not term.limits and term.place == (i, j) and same_shape(size, (rows, cols)):
            yield term.child, HadamardBy(FunctionMatrix(rows, cols, slope))
        elif not term.limits and term.place == (j, i) and same_shape(size, (cols, rows)):
            yield term.child, compose(HadamardBy(FunctionMatrix(rows, cols, slope)),
                                      Transposition(size))
        else:
            yield term.child, EntryMap(term, (i, j), (rows, cols))
