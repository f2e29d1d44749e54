"""
A product of matrices in index notation, and its canonical numbering.

``a.T*X*b`` is the monomial a_i X_ij b_j: factors that share indices.  Products,
transposes, traces, Hadamard products and diagonals are all nothing but which
index stands where, so that tr(AB), tr(BA) and tr(B'A') are one monomial, and
so are tr(A'(B∘C)) and tr((A∘B)'C).  Two monomials are equal if one becomes the
other by renumbering the indices that are summed over; ``canonical`` numbers
them in one way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import prod
from typing import Any

from sympy import Dummy, Expr, Mul, S, Trace, default_sort_key
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Transpose,
)

from ..core import limits
from ..core.caches import cached
from ..core.shapes import is_matrix, is_one, shape
from ..nodes.conjugates import ConjugateSymbol
from . import constructors as c
from .contraction import Contraction, NotMatrixNotation

__all__ = ["DELTA", "Factor", "Index", "Monomial", "delta", "holds_matrices", "order", "scalar"]

Index = int


@cached(limits.CACHED_TERMS)
def order(expr: Basic) -> tuple[int, str]:
    """Where an expression stands among others: fewest transposes first, then by its text."""
    if isinstance(expr, MatrixSymbol):
        return int(isinstance(expr, ConjugateSymbol)), expr.name
    if isinstance(expr, Transpose) and isinstance(expr.args[0], ConjugateSymbol):
        return 1, expr.args[0].of.name  # Z^H, no longer than Z'
    if not expr.args:
        return 0, f"{expr.name}{expr.dummy_index}" if isinstance(expr, Dummy) else str(expr)
    orders = list(map(order, expr.args))
    if isinstance(expr, MatAdd):
        orders.sort()  # a sum stands where it stands however it is written
    # as SymPy does, products by their factors, so that A*x and B*x are neighbours
    return (isinstance(expr, Transpose) + sum(count for count, _ in orders),
            f"{NAMES.get(type(expr), type(expr).__name__)}({','.join(text for _, text in orders)})")


@cached(limits.CACHED_FORMS)
def holds_matrices(expr: Basic) -> bool:
    return is_matrix(expr) or any(map(holds_matrices, expr.args))


# what is written without a name comes first
NAMES = {MatMul: "", MatAdd: "", Mul: "", Transpose: "", MatPow: "", Inverse: ""}


_sort_key = cached(limits.CACHED_TERMS)(default_sort_key)


@dataclass(frozen=True)
class Factor:
    """``((base**power)**∘hadamard)[indices]``, a matrix with two indices or a column with one."""

    base: Basic
    indices: tuple[Index, ...]
    power: Expr = S.One
    hadamard: Expr = S.One
    symmetric: bool = False
    skew: bool = False  # of the base

    @property
    def turned(self) -> int:
        """The sign with which its two indices change places, 0 where they can't."""
        if self.symmetric:
            return 1
        if self.skew and self.power.is_Integer and self.hadamard.is_Integer:
            return -1 if self.power % 2 and self.hadamard % 2 else 1
        return 0

    @property
    def name(self) -> tuple:
        return order(self.base), _sort_key(self.power), _sort_key(self.hadamard)

    def matrices(self) -> list[Basic]:
        """As matrices, a low power x∘x as often as it counts, since x'x is one as well."""
        matrix = self.base if self.power == 1 else c.power(self.base, self.power)
        if self.hadamard.is_Integer and 0 < self.hadamard <= 4:
            return [matrix]*int(self.hadamard)
        return [c.hadamard_power(matrix, self.hadamard)]

    def renamed(self, names: Mapping[Index, Index]) -> Factor:
        """With other names for some of the indices."""
        return self if names.keys().isdisjoint(self.indices) else self.at(
            lambda i: names.get(i, i))

    def at(self, numbers) -> Factor:
        """With other indices; a symmetric matrix has them in ascending order."""
        indices = tuple(map(numbers, self.indices))
        if self.turned == 1:
            indices = tuple(sorted(indices))
        if indices == self.indices:
            return self
        return Factor(self.base, indices, self.power, self.hadamard, self.symmetric, self.skew)


DELTA = Identity(S.One)  # the base of δ_ij, whatever the size


def delta(i: Index, j: Index) -> Factor:
    """1 where the indices agree."""
    return Factor(DELTA, (min(i, j), max(i, j)), symmetric=True)


@dataclass(frozen=True)
class Monomial:
    """coefficient·Π factors, summed over all indices that are not free."""

    coefficient: Expr
    factors: tuple[Factor, ...]
    sizes: dict[Index, Expr]
    free: tuple[Index, ...] = ()

    # --- simplification ------------------------------------------------------------------

    def simplified(self) -> Monomial:
        """Without δ where an index can be renamed; neighbouring powers of one base merged."""
        m = self
        while True:
            simpler = (m._with_skew_ascending() or m._without_delta()
                       or m._with_merged_columns() or m._with_merged_powers())
            if simpler is None:
                return m
            m = simpler

    def _replaced(self, old: Sequence[Factor], *new: Factor) -> Monomial:
        rest = list(self.factors)
        for f in old:
            rest.remove(f)
        return replace(self, factors=(*rest, *new))

    def _without_index(self, index: Index) -> Monomial:
        return replace(self, sizes={k: s for k, s in self.sizes.items() if k != index})

    def _with_skew_ascending(self) -> Monomial | None:
        """K_ji = -K_ij, so that equal entries are seen to be equal; K_ii = 0."""
        if not any(f.turned == -1 and f.indices[0] >= f.indices[-1] and len(f.indices) == 2
                   for f in self.factors):
            return None
        sign, factors = 1, []
        for f in self.factors:
            if f.turned == -1 and len(f.indices) == 2 and f.indices[0] >= f.indices[1]:
                if f.indices[0] == f.indices[1]:
                    return replace(self, coefficient=S.Zero, factors=tuple(
                        g for g in self.factors if g.turned != -1))
                sign, f = -sign, replace(f, indices=f.indices[::-1])
            factors.append(f)
        return replace(self, coefficient=sign*self.coefficient, factors=tuple(factors))

    def _without_delta(self) -> Monomial | None:
        for f in self.factors:
            if f.base is not DELTA:
                continue
            i, j = f.indices
            rest = self._replaced([f])
            if i != j and i in self.free and j in self.free:
                first, second = sorted((i, j), key=self.free.index)
                if not any(second in g.indices for g in rest.factors if g.base is not DELTA):
                    continue
                moved = (g if g.base is DELTA else g.renamed({second: first})
                         for g in rest.factors)
                return replace(rest, factors=(f, *moved))
            if i == j:
                return rest
            gone, kept = (i, j) if i not in self.free else (j, i)
            renamed = tuple(g.renamed({gone: kept}) for g in rest.factors)
            return replace(rest, factors=renamed)._without_index(gone)
        return None

    def _with_merged_columns(self) -> Monomial | None:
        """x∘x = x^∘2, of columns and of matrices at the same pair of indices."""
        seen: dict[tuple, Factor] = {}
        for f in self.factors:
            place = (f.base, f.power, f.indices)
            if place in seen and f.base is DELTA:
                return self._replaced([f])
            if place in seen:
                g = seen[place]
                merged = replace(f, hadamard=f.hadamard + g.hadamard)
                return self._replaced([f, g], *([merged] if merged.hadamard != 0 else []))
            seen[place] = f
        return None

    def _with_merged_powers(self) -> Monomial | None:
        ends = self._ends()
        for i, at in ends.items():
            if i in self.free or len(at) != 2:
                continue
            (f, p), (g, q) = at
            if f is g or f.base != g.base or f.hadamard != 1 or g.hadamard != 1 \
                    or len(f.indices) != 2 or len(g.indices) != 2 or f.base is DELTA:
                continue
            ends, sign = [f.indices[1 - p], g.indices[1 - q]], 1
            if p == q:  # one of them has to be turned
                sign = f.turned or g.turned
                if sign == 0:
                    continue
                p = 1 - p if f.turned else p
            first, last = ends if p == 1 else ends[::-1]  # p == 0: g comes before f
            exponent = f.power + g.power
            merged = (Factor(DELTA, (first, last), symmetric=True) if exponent == 0 else
                      replace(f, indices=(first, last), power=exponent).at(lambda k: k))
            found = self._replaced([f, g], merged)._without_index(i)
            return replace(found, coefficient=sign*found.coefficient)
        return None

    def _ends(self) -> dict[Index, list[tuple[Factor, int]]]:
        ends: dict[Index, list[tuple[Factor, int]]] = {i: [] for i in self.sizes}
        for f in self.factors:
            for place, i in enumerate(f.indices):
                ends[i].append((f, place))
        return ends

    # --- parts that share no index -------------------------------------------------------

    def components(self) -> tuple[list[Monomial], list[Monomial]]:
        """The parts in one piece, those with free indices and the closed ones, each a scalar."""
        group = {i: {i} for i in self.sizes}
        for f in self.factors:
            together = set().union(*(group[i] for i in f.indices))
            for i in together:
                group[i] = together
        pieces = {min(g): self._restricted(g, S.One) for g in group.values()}
        found = [piece for _, piece in sorted(pieces.items())]
        return [m for m in found if m.free], [m for m in found if not m.free]

    def parts(self) -> tuple[Monomial, list[Monomial]]:
        """The part with the free indices, and the closed ones, each a scalar."""
        opened, closed = self.components()
        indices = {i for m in opened for i in m.sizes}
        return self._restricted(indices, self.coefficient), closed

    def linked(self) -> dict[Index, Index]:
        """Each free index with the first of those that δ makes equal to it."""
        first = {i: i for i in self.free}
        for f in self.factors:
            if f.base is DELTA:
                a, b = sorted((first[i] for i in f.indices), key=self.free.index)
                first = {i: a if k == b else k for i, k in first.items()}
        return first

    def merged(self, kept: dict[Index, Index]) -> Monomial:
        """With each index of the keys equal to that of its value, and gone from the free ones."""
        factors = tuple(f.renamed(kept) for f in self.factors)
        return Monomial(self.coefficient,
                        tuple(f for f in factors if f.base is not DELTA or
                              f.indices[0] != f.indices[1]),
                        {i: s for i, s in self.sizes.items() if i not in kept},
                        tuple(i for i in self.free if i not in kept))

    def _restricted(self, indices: set[Index], coefficient: Expr) -> Monomial:
        return Monomial(coefficient, tuple(f for f in self.factors if f.indices[0] in indices),
                        {i: s for i, s in self.sizes.items() if i in indices},
                        tuple(i for i in self.free if i in indices))

    # --- canonical numbering -------------------------------------------------------------

    def canonical(self) -> Monomial:
        """The indices renumbered 0, 1, …, in an order that depends on the product alone."""
        budget, linked = count(), self.linked()  # what δ makes equal can change places
        colours = _ranks({i: (self.free.index(linked[i]) if i in linked else len(self.free),
                              default_sort_key(s)) for i, s in self.sizes.items()})
        found = list(self._numberings(colours, budget))
        first = min(code for code, _, _ in found)
        numberings = [(sign, numbers) for code, sign, numbers in found if code == first]
        sign, numbers = numberings[0]
        if any(other != sign for other, _ in numberings):  # its own negative, as x'Kx
            sign = 0
        factors = sorted((replace(f, indices=_written_indices(f, numbers)) for f in self.factors),
                         key=lambda f: (f.name, f.indices))
        return Monomial(sign*self.coefficient, tuple(factors),
                        {numbers[i]: s for i, s in sorted(
                            self.sizes.items(), key=lambda item: numbers[item[0]])},
                        _in_ascending_order(self.free, linked, numbers))

    def _numberings(self, colours, budget) -> Iterator[tuple[list, int, dict[Index, int]]]:
        """
        Refinements of a colouring until every index has its own.

        Each with its encoding, and the sign of the skew factors turned for it.
        """
        colours = self._refined(colours)
        classes = defaultdict(list)
        for i, colour in colours.items():
            classes[colour].append(i)
        tied = min((colour for colour, members in classes.items() if len(members) > 1),
                   default=None)
        if tied is None:
            code = sorted((f.name, _written_indices(f, colours)) for f in self.factors)
            yield code, prod(_sign(f, colours) for f in self.factors), colours
            return
        for k, i in enumerate(classes[tied]):
            if k and next(budget) > limits.NUMBERINGS:
                return
            yield from self._numberings(
                _ranks({j: (colour, j != i) for j, colour in colours.items()}), budget)

    def _refined(self, colours: dict[Index, int]) -> dict[Index, int]:
        names = _ranks({f: f.name for f in self.factors})
        ends = self._ends()
        while True:
            finer = _ranks({
                i: (colours[i], tuple(sorted(
                    (names[f], 0 if f.turned else place,
                     tuple(colours[k] for k in f.indices[::-1 if f.turned and place else 1]))
                    for f, place in at)))
                for i, at in ends.items()})
            if len(set(finer.values())) == len(set(colours.values())):
                return finer
            colours = finer

    # --- matrix notation -----------------------------------------------------------------

    def written(self) -> Any:
        """The monomial as a matrix expression: a scalar, a column, or a matrix."""
        opened, closed = self.parts()
        coefficient = Mul(opened.coefficient, *map(scalar, closed))
        if not self.free:
            return coefficient
        return c.scale(coefficient, replace(opened, coefficient=S.One).contracted())

    def contracted(self) -> Any:
        """With every index that is not free summed over, in canonical order."""
        return self.canonical()._contracted()

    def loose(self) -> list[tuple[tuple[Index, Index], Basic]]:
        """The matrices over any number of free indices; the coefficient is left out."""
        if any(len(f.indices) > 2 for f in self.factors):
            raise NotMatrixNotation(self)
        return self._contraction().loose()

    def _contracted(self) -> Basic:
        return self._contraction().result()

    def _contraction(self) -> Contraction:
        edges, weights = [], []
        for f in self.factors:
            for matrix in f.matrices():
                if f.base is DELTA:
                    matrix = Identity(self.sizes[f.indices[0]])
                (weights if len(f.indices) == 1 else edges).append((*f.indices, matrix))
        bound = [i for i in self.sizes if i not in self.free]
        return Contraction(self.free, dict(self.sizes), self.coefficient, bound, edges, weights)


def _written_indices(factor: Factor, numbers: dict[Index, int]) -> tuple[int, ...]:
    """The numbers of a factor's indices, ascending where they can change places."""
    found = tuple(numbers[i] for i in factor.indices)
    return tuple(sorted(found)) if factor.turned else found


def _sign(factor: Factor, numbers: dict[Index, int]) -> int:
    """The sign that a skew factor gets from writing its indices in ascending order."""
    if factor.turned != -1 or len(factor.indices) < 2:
        return 1
    first, last = (numbers[i] for i in factor.indices)
    return 1 if first < last else -1 if first > last else 0


def _in_ascending_order(free: tuple[Index, ...], linked: dict[Index, Index],
                        numbers: dict[Index, int]) -> tuple[Index, ...]:
    """The numbers of the free indices, those that are equal among themselves sorted."""
    alike = defaultdict(list)
    for i in free:
        alike[linked[i]].append(numbers[i])
    ascending = {first: iter(sorted(found)) for first, found in alike.items()}
    return tuple(next(ascending[linked[i]]) for i in free)


def _ranks(keys: dict) -> dict:
    """Each key replaced by its rank, equal ones by one rank."""
    ranks = {key: k for k, key in enumerate(sorted(set(keys.values())))}
    return {item: ranks[key] for item, key in keys.items()}


def scalar(monomial: Monomial) -> Expr:
    """A monomial without free indices, each trace turned one way."""
    return Mul(*(oriented(a) for a in Mul.make_args(monomial.contracted())))


def oriented(scalar: Expr) -> Expr:
    """A trace turned so that it has the fewest transposes, and then comes first in order."""
    if not isinstance(scalar, Trace):
        return scalar
    before, core = c.split_scalar(scalar.args[0])
    factors = c.factors_of(core)
    back = [c.transpose(f) for f in reversed(factors)]
    ways = [c.split_scalar(word) for word in (*turns(factors), *turns(back))]
    _, first = min(ways, key=lambda way: _word_order(way[1]))
    signs = {sign for sign, word in ways if word == first}
    if any(-sign in signs for sign in signs):  # its own negative, as of a product that is skew
        return S.Zero
    sign = S.One if S.One in signs else min(signs, key=default_sort_key)  # others are (-1)**k
    return before*sign*c.new(Trace, first)


def turns(factors: Sequence[Basic]) -> list[Basic]:
    """
    All cyclic turns of the product under a trace.

    Where it passes a row or column, its 1x1 turn is the only one.
    """
    thin = [k for k, f in enumerate(factors) if is_one(shape(f)[0])]
    return [c.multiply(*factors[k:], *factors[:k]) for k in thin[:1] or range(len(factors))]


def _word_order(word: Basic) -> tuple:
    factors = c.factors_of(word)
    return sum(order(f)[0] for f in factors), len(factors), tuple(map(order, factors))
