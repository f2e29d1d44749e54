"""
Maps of maps: sums, sums over an index, adjoints, and one after another in short form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, S, Tuple
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity

from ..core import limits
from ..core.bound_symbols import index_symbol
from ..core.shapes import Shape, is_matrix, is_one, shape
from ..simplify import constructors as c
from .law import Law
from .maps import HadamardBy, InnerProduct, LinearMap, Sandwich, ScalarTimes, Scaling, Transposition
from .rearrangements import DiagonalIn, Unvectorization, Vectorization


@dataclass(frozen=True)
class PowerSum(LinearMap):
    """dY ↦ Σ_{i=0}^{k-1} Yⁱ dY Yᵏ⁻¹⁻ⁱ, the differential of Yᵏ for symbolic k."""

    trace_law = Law("cyclic property", "tr(G' Σ YⁱdY Yᵏ⁻¹⁻ⁱ) = tr(Σ Yᵏ⁻¹⁻ⁱG'Yⁱ dY)", "M&N 1.10")
    vec_law = Law("vec of a product", "vec(Σ YⁱdY Yᵏ⁻¹⁻ⁱ) = Σ (Y'ᵏ⁻¹⁻ⁱ⊗Yⁱ) vec dY", "M&N 2.4")

    base: Basic
    exponent: Expr

    @property
    def domain(self) -> Shape:
        return shape(self.base)

    @property
    def codomain(self) -> Shape:
        return self.domain

    def _summed(self, combine: Callable[[Basic, Basic], Basic], base: Basic,
                *others: Basic) -> Basic:
        """The sum of ``combine(baseⁱ, baseᵏ⁻¹⁻ⁱ)``, over an index not in use elsewhere."""
        k = self.exponent
        i = index_symbol({s for held in (base, k, *others) for s in held.free_symbols})
        return c.matrix_sum(combine(c.power(base, i), c.power(base, k - 1 - i)),
                            Tuple(i, 0, k - 1))

    def apply(self, dY: Any, /) -> Any:
        return self._summed(lambda left, right: c.multiply(left, dY, right), self.base, dY)

    def adjoint(self, G: Any, /) -> Any:
        return self._summed(lambda left, right: c.multiply(left, G, right),
                            c.transpose(self.base), G)

    def matrix(self) -> Any:
        return self._summed(lambda left, right: c.kronecker(c.transpose(right), left), self.base)


@dataclass(frozen=True)
class Summation(LinearMap):
    """dY ↦ Σ term(dY) over an index that the term holds and dY does not."""

    trace_law = Law("cyclic property", "under the sum", "M&N 1.10")
    vec_law = Law("vec of a sum", "vec Σ Yᵢ = Σ vec Yᵢ", "M&N 2.4")

    term: LinearMap
    limits: Tuple

    @property
    def domain(self) -> Shape:
        return self.term.domain

    @property
    def codomain(self) -> Shape:
        return self.term.codomain

    def apply(self, dY: Any, /) -> Any:
        return c.matrix_sum(self.term.apply(dY), self.limits)

    def adjoint(self, G: Any, /) -> Any:
        return c.matrix_sum(self.term.adjoint(G), self.limits)

    def matrix(self) -> Any:
        return c.matrix_sum(self.term.matrix(), self.limits)


@dataclass(frozen=True)
class Adjoint(LinearMap):
    """The adjoint of a map, such as placing a block into zeros, the adjoint of slicing it out."""

    trace_law = Law("block in a trace", "tr(G'(S'YT)) = tr((SGT')'Y)", "M&N 1.10")
    vec_law = Law("vec of a block", "vec(S'YT) = (T'⊗S') vec Y", "M&N 2.4")

    of: LinearMap

    @property
    def domain(self) -> Shape:
        return self.of.codomain

    @property
    def codomain(self) -> Shape:
        return self.of.domain

    def apply(self, dY: Any, /) -> Any:
        return self.of.adjoint(dY)

    def adjoint(self, G: Any, /) -> Any:
        return self.of.apply(G)

    def matrix(self) -> Any:
        return c.transpose(self.of.matrix())


@dataclass(frozen=True)
class Composition(LinearMap):
    """outer after inner."""

    trace_law = Law("one after the other")
    vec_law = Law("one after the other")

    outer: LinearMap
    inner: LinearMap

    @property
    def domain(self) -> Shape:
        return self.inner.domain

    @property
    def codomain(self) -> Shape:
        return self.outer.codomain

    def apply(self, dY: Any, /) -> Any:
        return self.outer.apply(self.inner.apply(dY))

    def adjoint(self, G: Any, /) -> Any:
        return self.inner.adjoint(self.outer.adjoint(G))

    def matrix(self) -> Any:
        return c.multiply(self.outer.matrix(), self.inner.matrix())


@dataclass(frozen=True)
class Total(LinearMap):
    """The sum of several maps."""

    trace_law = Law("linearity", "tr(X + Y) = tr X + tr Y", "M&N 1.10")
    vec_law = Law("linearity", "vec(X + Y) = vec X + vec Y", "M&N 2.4")

    terms: tuple[LinearMap, ...]

    @property
    def domain(self) -> Shape:
        return self.terms[0].domain

    @property
    def codomain(self) -> Shape:
        return self.terms[0].codomain

    def apply(self, dY: Any, /) -> Any:
        return sum_values([t.apply(dY) for t in self.terms])

    def adjoint(self, G: Any, /) -> Any:
        return sum_values([t.adjoint(G) for t in self.terms])

    def matrix(self) -> Any:
        return c.add(*(t.matrix() for t in self.terms))


def identity(domain: Shape) -> LinearMap:
    """dY ↦ dY."""
    if not domain:
        return Scaling(S.One)
    return Sandwich(Identity(domain[0]), Identity(domain[1]))


def summation(term: LinearMap, limits: Tuple) -> LinearMap:
    """Σ term over an index, as a map from or onto scalars where the term is one."""
    if isinstance(term, InnerProduct):
        return InnerProduct(c.matrix_sum(term.gradient, limits))
    if isinstance(term, ScalarTimes):
        return ScalarTimes(c.matrix_sum(term.direction, limits))
    if isinstance(term, Scaling) and not term.domain:
        return Scaling(c.matrix_sum(term.factor, limits))
    return Summation(term, limits)


def vectorization(domain: Shape) -> LinearMap:
    """dY ↦ vec(dY), for a column itself."""
    return identity(domain) if is_one(domain[1]) else Vectorization(domain)


def unvectorization(codomain: Shape) -> LinearMap:
    """dy ↦ the matrix whose vec is dy, for a column itself."""
    return identity(codomain) if is_one(codomain[1]) else Unvectorization(codomain)


def sum_values(values: list[Any]) -> Basic:
    """The sum of scalars, or of matrices of one shape."""
    return c.add(*values) if is_matrix(values[0]) else Add(*values)


def total(maps: Iterable[LinearMap]) -> LinearMap:
    """The sum of maps, those through or onto scalars merged into one."""
    terms: list[LinearMap] = []
    for term in maps:
        terms.extend(term.terms if isinstance(term, Total) else [term])
    merged: list[LinearMap] = []
    for cls, read, make in (
            (InnerProduct, lambda t: t.gradient, InnerProduct),
            (ScalarTimes, lambda t: t.direction, ScalarTimes)):
        alike = [t for t in terms if isinstance(t, cls)]
        if alike:
            merged.append(make(c.add(*map(read, alike))))
            terms = [t for t in terms if not isinstance(t, cls)]
    merged = terms + merged
    return merged[0] if len(merged) == 1 else Total(tuple(merged))


def compose(outer: LinearMap, inner: LinearMap) -> LinearMap:
    """``outer`` after ``inner``, in as short a form as the rules below give."""
    if isinstance(outer, InnerProduct):
        return InnerProduct(inner.adjoint(outer.gradient)) if inner.domain else \
            Scaling(outer.apply(inner.apply(S.One)))
    if isinstance(inner, ScalarTimes):
        return ScalarTimes(outer.apply(inner.direction))
    if isinstance(outer, Scaling) and isinstance(inner, (Scaling, InnerProduct)):
        return (Scaling(outer.factor*inner.factor, inner.domain) if isinstance(inner, Scaling)
                else InnerProduct(inner.adjoint(outer.factor)))
    if isinstance(outer, Scaling) and outer.domain:
        return compose(Sandwich(c.scale(outer.factor, Identity(outer.domain[0])),
                                Identity(outer.domain[1])), inner)
    for tree, other in ((outer, inner), (inner, outer)):
        if isinstance(tree, Total) and len(tree.terms)*_terms(other) <= limits.DISTRIBUTED_TERMS:
            return total(compose(t, inner) if tree is outer else compose(outer, t)
                         for t in tree.terms)
    if isinstance(inner, Composition):
        return _attach(compose(outer, inner.outer), inner.inner)
    if isinstance(outer, Composition):
        return compose(outer.outer, compose(outer.inner, inner))
    return _pair(outer, inner)


def _terms(m: LinearMap) -> int:
    return len(m.terms) if isinstance(m, Total) else 1


def _attach(outer: LinearMap, inner: LinearMap) -> LinearMap:
    """Compose without looking for a merge again below a pair that did not merge."""
    if isinstance(outer, Composition):
        return Composition(outer.outer, _attach(outer.inner, inner))
    return _pair(outer, inner)


def _pair(outer: LinearMap, inner: LinearMap) -> LinearMap:
    """Two elementary maps as one where there is one, transpositions moved inwards."""
    if isinstance(outer, Sandwich) and isinstance(inner, Sandwich):
        return Sandwich(c.multiply(outer.left, inner.left), c.multiply(inner.right, outer.right))
    if isinstance(outer, HadamardBy) and isinstance(inner, HadamardBy):
        return HadamardBy(c.hadamard(outer.factor, inner.factor))
    if isinstance(outer, Transposition):
        if isinstance(inner, Transposition):
            return identity(inner.domain)
        if isinstance(inner, Sandwich):
            swapped = Sandwich(c.transpose(inner.right), c.transpose(inner.left))
            return Composition(swapped, Transposition(inner.domain))
        if isinstance(inner, HadamardBy):
            return Composition(HadamardBy(c.transpose(inner.factor)),
                               Transposition(inner.domain))
    if is_identity(outer):
        return inner
    if is_identity(inner):
        return outer
    if isinstance(outer, Sandwich) and isinstance(inner, DiagonalIn):
        return _sandwiched_diagonal(outer, inner)
    return Composition(outer, inner)


def _sandwiched_diagonal(outer: Sandwich, inner: DiagonalIn) -> LinearMap:
    """diag(dx)·r = diag(r)·dx and l·diag(dx) = dxᵀ·diag(l) for a column r and a row l."""
    one = Identity(S.One)
    if is_one(outer.codomain[1]):
        return Sandwich(c.multiply(outer.left, c.diag(outer.right)), one)
    if is_one(outer.codomain[0]):
        return Composition(
            Sandwich(one, c.multiply(c.diag(c.transpose(outer.left)), outer.right)),
            Transposition(inner.domain))
    return Composition(outer, inner)


def is_identity(m: LinearMap) -> bool:
    return (isinstance(m, Sandwich) and isinstance(m.left, Identity)
            and isinstance(m.right, Identity) or m == Scaling(S.One))
