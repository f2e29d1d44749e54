"""
Products with Kronecker products, commutation matrices and diagonals of vecs, as sums over indices.

A row of ``A ⊗ B`` is a pair of rows, one of A and one of B.  Written with such indices
``(A ⊗ I) diag(vec D) (C ⊗ I)`` has the entries ``Σ_n A[i, n] D[j, n] C[n, k] δ[j, l]``: no
Kronecker product is formed.  Two factors at a time are contracted, in the order that costs
least, each as a product of matrices where an index is summed over and entry by entry where
none is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, count, product
from math import prod
from typing import Any

from ..core import limits
from .costs import PASS
from .operation_graph import Graph
from .operations import Operation, is_column, is_number, scaled_parts

__all__ = ["contracted", "holds_kronecker"]

KRONECKER = {"kronecker", "commutation", "diagonal_embedding"}


class _Unsplit(Exception):
    """That rows or columns can't be split as their neighbours are."""


@dataclass
class Index:
    """An elementary index; two that are found to be equal have one representative."""

    size: int
    same: Index | None = None

    def found(self) -> Index:
        return self if self.same is None else self.same.found()

    def unite(self, other: Index) -> None:
        a, b = self.found(), other.found()
        if a.size != b.size:
            raise _Unsplit
        if a is not b:
            a.same = b


@dataclass
class Term:
    """A scalar times entries summed over indices, with the indices of its rows and columns."""

    scalars: list[Operation] = field(default_factory=list)
    entries: list[tuple[Operation, list[Index]]] = field(default_factory=list)
    rows: list[Index] = field(default_factory=list)
    cols: list[Index] = field(default_factory=list)
    summed: list[Index] = field(default_factory=list)  # between two factors


def holds_kronecker(g: Graph, value: Operation) -> bool:
    """Whether a matrix is made, by products and sums, with Kronecker products."""
    _, core = scaled_parts(value)
    if core.kind in KRONECKER:
        return True
    if core.kind not in ("product", "transpose", "add", "mul") or not core.shape:
        return False
    known = g.with_kronecker
    if core not in known:
        known[core] = any(holds_kronecker(g, a) for a in core.args if len(a.shape) == 2)
    return known[core]


def _alike(graph: Graph, value: Operation) -> list[Term]:
    """The terms of a matrix, the rows and columns of all of them split alike."""
    found = list(_terms(graph, value))
    if len(found) > limits.CONTRACTED_TERMS or any(
            len(t.entries) > limits.CONTRACTED_ENTRIES for t in found):
        raise _Unsplit
    for side in ("rows", "cols"):
        longest = max((getattr(t, side) for t in found), key=len)
        for t in found:
            if len(getattr(t, side)) == 1 < len(longest):
                _split(graph, [t], getattr(t, side)[0], [i.found().size for i in longest])
            if [i.found().size for i in getattr(t, side)] != [i.found().size for i in longest]:
                raise _Unsplit
    return found


def _terms(g: Graph, value: Operation) -> Iterator[Term]:
    scalar, core = scaled_parts(value)
    scalars = [] if scalar is None else [scalar]
    if core.kind == "add" and holds_kronecker(g, core):
        parts = [t for a in core.args for t in _terms(g, g.expand(a, core.shape))]
    elif core.kind == "transpose" and (holds_kronecker(g, core) or is_column(core.args[0])):
        parts = [Term(t.scalars, t.entries, t.cols, t.rows, t.summed)
                 for t in _terms(g, core.args[0])]
    elif core.kind == "product" and (holds_kronecker(g, core) or any(
            f.kind == "vec" or f.kind == "transpose" and f.args[0].kind == "vec"
            for f in core.args)):
        parts = list(_of_product(g, core.args))
    elif core.kind == "mul" and holds_kronecker(g, core):
        factors = g.scaled_rows(core)
        if factors is None:
            raise _Unsplit
        parts = list(_of_product(g, factors))
    else:
        parts = [_of_factor(g, core)]
    if len(parts) > limits.CONTRACTED_TERMS:
        raise _Unsplit
    for t in parts:
        yield Term(scalars + t.scalars, t.entries, t.rows, t.cols, t.summed)


def _of_product(g: Graph, factors: Sequence[Operation]) -> Iterator[Term]:
    """The products of one term of each factor."""
    options = [list(_terms(g, f)) for f in factors]
    if prod(map(len, options)) > limits.CONTRACTED_TERMS:
        raise _Unsplit
    for choice in product(*options):
        yield _joined(g, list(map(_with_own_indices, choice)))


def _with_own_indices(term: Term) -> Term:
    """A term whose indices no other has, since they are united with those of its neighbours."""
    own: dict[int, Index] = {}

    def copied(indices: list[Index]) -> list[Index]:
        found = [i.found() for i in indices]
        return [own.setdefault(id(i), Index(i.size)) for i in found]

    return Term(list(term.scalars), [(v, copied(indices)) for v, indices in term.entries],
                copied(term.rows), copied(term.cols), copied(term.summed))


def _joined(g: Graph, terms: Sequence[Term]) -> Term:
    found = Term(rows=terms[0].rows)
    for k, term in enumerate(terms):
        if k:
            _unite(g, terms[:k], term)
        found.scalars += term.scalars
    for k, term in enumerate(terms):
        found.entries += term.entries
        found.summed += term.summed + (term.cols if k < len(terms) - 1 else [])
    found.rows, found.cols = terms[0].rows, terms[-1].cols
    return found


def _unite(g: Graph, before: Sequence[Term], right: Term) -> None:
    """The columns of the last are the rows of the next."""
    a, b = before[-1].cols, right.rows
    if len(a) != len(b):
        if len(a) == 1:  # which may be an index of others, joined by identities and diagonals
            _split(g, before, a[0], [i.found().size for i in b])
            a = before[-1].cols
        elif len(b) == 1:
            _split(g, [right], b[0], [i.found().size for i in a])
            b = right.rows
        else:
            raise _Unsplit
    for i, j in zip(a, b, strict=True):
        i.unite(j)


def _split(g: Graph, terms: Sequence[Term], index: Index, sizes: list[int]) -> None:
    """An index as several, as its neighbour has them, in all factors that have it."""
    found = index.found()
    total = 1
    for size in sizes:
        total *= size
    if total != found.size:
        raise _Unsplit
    parts = [Index(size) for size in sizes]

    def split(indices: list[Index]) -> list[Index]:
        return [p for i in indices for p in (parts if i.found() is found else [i])]

    for term in terms:
        entries = []
        for value, indices in term.entries:
            if any(i.found() is found for i in indices):
                indices = split(indices)
                shape = tuple(i.found().size for i in indices)
                value = g.reshape(value, shape)
            entries.append((value, indices))
        term.entries, term.summed = entries, split(term.summed)
        term.rows, term.cols = split(term.rows), split(term.cols)


def _of_factor(g: Graph, value: Operation) -> Term:
    return _without_ones(g, _with_ones(g, value))


def _without_ones(g: Graph, term: Term) -> Term:
    """A term without the indices that have one value."""
    entries = []
    for value, indices in term.entries:
        kept = [i for i in indices if i.found().size != 1]
        shape = tuple(i.found().size for i in kept)
        if not kept:
            term.scalars.append(g.make("entry", value, data=(0,)*len(value.shape)))
        else:
            entries.append((value if len(kept) == len(indices) else g.reshape(value, shape), kept))
    rows, cols = ([i for i in side if i.found().size != 1] for side in (term.rows, term.cols))
    return Term(term.scalars, entries, rows, cols, term.summed)


def _with_ones(g: Graph, value: Operation) -> Term:
    rows, cols = value.shape or (1, 1)
    if not all(isinstance(size, int) for size in (rows, cols)):
        raise _Unsplit
    if value.kind == "kronecker":
        return _of_kronecker(g, value)
    if value.kind == "commutation":
        m, n = value.data
        i, j = Index(m), Index(n)
        return Term(rows=[i, j], cols=[j, i])
    if value.kind == "diagonal_embedding":
        i = Index(cols)
        return Term(rows=[i, i], cols=[i])
    if value.kind == "identity":
        i = Index(rows)
        return Term(rows=[i], cols=[i])
    if value.kind == "diagonal":
        column = _of_column(g, value.args[0])
        return Term(column.scalars, column.entries, column.rows, list(column.rows))
    if is_column(value):
        return _of_column(g, value)
    if value.kind == "expand":
        return _of_repeated(g, value)
    i, j = Index(rows), Index(cols)
    return Term([], [(value, [i, j])], [i], [j])


def _of_kronecker(g: Graph, value: Operation) -> Term:
    found = Term()
    for factor in value.args:
        terms = list(_terms(g, factor)) if holds_kronecker(g, factor) else [_of_factor(g, factor)]
        if len(terms) != 1:
            raise _Unsplit
        (term,) = terms
        found.scalars += term.scalars
        found.entries += term.entries
        found.rows += term.rows
        found.cols += term.cols
        found.summed += term.summed
    return found


def _of_column(g: Graph, value: Operation) -> Term:
    scalar, core = scaled_parts(value)
    scalars = [] if scalar is None else [scalar]
    n = value.shape[0] if value.shape else 1
    if core.kind == "expand" and is_number(core.args[0], 1):
        return Term(scalars, [], [Index(n)], [])
    if core.kind == "vec":
        inner = core.args[0]
        i, j = Index(inner.shape[0]), Index(inner.shape[1])
        return Term(scalars, [(inner, [i, j])], [j, i], [])
    if core.kind == "kronecker":
        parts = [_of_column(g, f) for f in core.args]
        return Term(scalars + [s for t in parts for s in t.scalars],
                    [e for t in parts for e in t.entries], [i for t in parts for i in t.rows], [])
    i = Index(n)
    return Term(scalars, [(g.reshape(core, (n,)), [i])], [i], [])


def _of_repeated(g: Graph, value: Operation) -> Term:
    i, j = Index(value.shape[0]), Index(value.shape[1])
    inner = value.args[0]
    if not inner.shape:
        return Term([] if is_number(inner, 1) else [inner], [], [i], [j])
    flat = g.reshape(inner, (max(inner.shape),))
    return Term([], [(flat, [i if is_column(inner) else j])], [i], [j])


# --- contraction -------------------------------------------------------------------------

Labels = tuple[int, ...]


def contracted(graph: Graph, value: Operation, of: Callable[[Operation], Operation]
               ) -> Operation | None:
    """A matrix as a sum over indices of what is computed, None where it can't be written so."""
    try:
        contractions = [_Contraction(graph, term, of) for term in _alike(graph, value)]
    except _Unsplit:
        return None
    results = [c.result() for c in contractions]
    results.sort(key=lambda r: len(set(r[1])) != len(r[1]))  # what fills the matrix comes first
    parts, patterns, shapes = zip(*results, strict=True)
    if all(len(set(p)) == len(p) for p in patterns):
        found = parts[0] if len(parts) == 1 else graph.make("add", *parts, shape=shapes[0])
        return graph.reshape(found, value.shape)
    return graph.make("scattered", *parts, data=(shapes[0], patterns), shape=value.shape)


class _Contraction:
    """One term, computed."""

    def __init__(self, graph: Graph, term: Term, of: Callable[[Operation], Operation]):
        self.graph, self.of = graph, of
        self.sizes: dict[int, int] = {}
        labels: dict[int, int] = {}
        fresh = count()

        def label(index: Index) -> int:
            found = index.found()
            if id(found) not in labels:
                labels[id(found)] = next(fresh)
                self.sizes[labels[id(found)]] = found.size
            return labels[id(found)]

        self.output = [label(i) for i in (*term.rows, *term.cols)]
        self.entries = [self._distinct(v, [label(i) for i in indices])
                        for v, indices in term.entries]
        for index in term.summed:
            label(index)
        self.scalars = term.scalars

    def _distinct(self, value: Operation, labels: list[int]) -> tuple[Operation, Labels]:
        """An entry whose indices all differ: of X[i, i] the diagonal."""
        if len(set(labels)) < len(labels):
            if len(labels) != 2:
                raise _Unsplit
            n = value.shape[0]
            column = self.graph.diagonal_of(value)
            return self.graph.reshape(column, (n,)), (labels[0],)
        return value, tuple(labels)

    def result(self) -> tuple[Operation, Labels, tuple[int, ...]]:
        kept = list(dict.fromkeys(self.output))
        entries = self._with_scalars(self._merged())
        counts = [n for k, n in self.sizes.items()
                  if k not in kept and not any(k in labels for _, labels in entries)]
        numbers = [self.graph.number(n) for n in counts]
        entries = [self._summed(v, labels, k, entries, kept)
                   for k, (v, labels) in enumerate(entries)]
        if not entries:
            shape = tuple(self.sizes[k] for k in kept)
            found, labels = self.graph.make("expand", self.graph.number(1), shape=shape), kept
        else:
            found, labels = self._contract(entries, kept)
        for number in numbers if entries else [*numbers, *map(self.of, self.scalars)]:
            found = self.graph.make("mul", number, found, shape=found.shape)
        found = self._arranged(found, tuple(labels), kept)
        pattern = tuple(kept.index(k) for k in self.output)
        return found, pattern, tuple(self.sizes[k] for k in self.output)

    def _with_scalars(self, entries: list[tuple[Operation, Labels]]
                      ) -> list[tuple[Operation, Labels]]:
        """The scalars at the smallest of the entries."""
        if not entries or not self.scalars:
            return entries
        least = min(range(len(entries)), key=lambda k: prod(
            self.sizes[label] for label in entries[k][1]))
        value, labels = entries[least]
        scalar = self.of(self.graph.mul(*self.scalars))
        scaled = self.graph.make("mul", scalar, value, shape=value.shape)
        return [*entries[:least], (scaled, labels), *entries[least + 1:]]

    def _merged(self) -> list[tuple[Operation, Labels]]:
        """Entries with the same indices as one, entry by entry."""
        found: dict[Labels, Operation] = {}
        for value, labels in self.entries:
            if labels[::-1] in found and len(labels) == 2:
                value, labels = self.graph.transpose(value), labels[::-1]
            found[labels] = self.graph.mul(found[labels], value) if labels in found else value
        return [(self.of(v), labels) for labels, v in found.items()]

    def _summed(self, value: Operation, labels: Labels, place: int,
                entries: list, kept: list[int]) -> tuple[Operation, Labels]:
        """Summed over the indices that nothing else has."""
        alone = tuple(axis for axis, k in enumerate(labels) if k not in kept and not any(
            k in other for j, (_, other) in enumerate(entries) if j != place))
        if not alone:
            return value, labels
        left = tuple(k for axis, k in enumerate(labels) if axis not in alone)
        shape = tuple(self.sizes[k] for k in left)
        return self.graph.make("sum_axes", value, data=alone, shape=shape), left

    def _contract(self, entries: list[tuple[Operation, Labels]],
                  kept: list[int]) -> tuple[Operation, Labels]:
        """The cheapest way to contract two at a time, over all subsets."""
        whole = frozenset(range(len(entries)))
        outside = {s: self._outside(s, whole, entries, kept) for r in range(1, len(entries) + 1)
                   for s in map(frozenset, combinations(whole, r))}
        best: dict[frozenset, tuple[float, Any]] = {
            frozenset([k]): (0.0, None) for k in whole}
        for r in range(2, len(entries) + 1):
            for s in map(frozenset, combinations(sorted(whole), r)):
                best[s] = min((self._weighed(a, s - a, outside, best)
                               for a in _halves(s)), key=lambda found: found[0])

        def built(s: frozenset) -> tuple[Operation, Labels]:
            if len(s) == 1:
                return entries[next(iter(s))]
            a = best[s][1]
            return self._pair(built(a), built(s - a), outside[s], kept if s == whole else None)
        return built(whole)

    def _outside(self, s: frozenset, whole: frozenset, entries: list,
                 kept: list[int]) -> frozenset[int]:
        """The indices of some entries that the others, or the result, have too."""
        inside = {k for e in s for k in entries[e][1]}
        others = {k for e in whole - s for k in entries[e][1]}
        return frozenset(inside & (others | set(kept)))

    def _weighed(self, a: frozenset, b: frozenset, outside: dict,
                 best: dict) -> tuple[float, frozenset]:
        together = outside[a] | outside[b]
        entries = 1.0
        for k in together:
            entries *= self.sizes[k]
        is_summed = bool(together - outside[a | b])
        written = 1.0
        for k in outside[a | b]:
            written *= self.sizes[k]
        cost = 2*entries + PASS*written if is_summed else PASS*entries
        return best[a][0] + best[b][0] + cost, a

    def _pair(self, left: tuple[Operation, Labels], right: tuple[Operation, Labels],
              outside: frozenset, final: list[int] | None) -> tuple[Operation, Labels]:
        (x, a), (y, b) = left, right
        summed = [k for k in a if k in b and k not in outside]
        if not summed:
            order = [*[k for k in a if k in b], *[k for k in a if k not in b],
                     *[k for k in b if k not in a]]
            if final:
                order = [k for k in final if k in order]
            shape = tuple(self.sizes[k] for k in order)
            factors = (self._broadcast(v, labels, order) for v, labels in (left, right))
            return self.graph.make("mul", *factors, shape=shape), tuple(order)
        batch = [k for k in a if k in b and k in outside]
        only_a, only_b = ([k for k in labels if k not in other]
                          for labels, other in ((a, b), (b, a)))
        if final and only_a and only_b and final.index(only_a[0]) > final.index(only_b[0]):
            x, y, a, b, only_a, only_b = y, x, b, a, only_b, only_a
        order = [*batch, *only_a, *only_b]
        groups = (batch, only_a, summed), (batch, summed, only_b)
        A, B = (self._grouped(v, labels, parts)
                for (v, labels), parts in zip(((x, a), (y, b)), groups, strict=True))
        shape = (*A.shape[:-1], B.shape[-1])
        if len(shape) == 2:
            found = self.of(self.graph.product(A, B)) if 1 not in shape else \
                self.graph.make("matmul", A, B, shape=shape)
        else:
            found = self.graph.make("matmul", A, B, shape=shape)
        wanted = tuple(self.sizes[k] for k in order)
        return self._reshaped(found, wanted), tuple(order)

    def _grouped(self, value: Operation, labels: Labels, parts: Iterable[list[int]]) -> Operation:
        """Axes in groups, each of which is one axis."""
        groups = [p for n, p in enumerate(parts) if p or n]
        order = [k for p in groups for k in p]
        shape = []
        for p in groups:
            size = 1
            for k in p:
                size *= self.sizes[k]
            shape.append(size)
        return self._reshaped(self._permuted(value, labels, order), tuple(shape))

    def _permuted(self, value: Operation, labels: Labels, order: Sequence[int]) -> Operation:
        axes = tuple(labels.index(k) for k in order)
        if axes == tuple(range(len(axes))):
            return value
        if axes == (1, 0):
            return self.graph.transposed_view(value)
        return self.graph.make("axes", value, data=axes,
                               shape=tuple(value.shape[k] for k in axes))

    def _reshaped(self, value: Operation, shape: tuple[int, ...]) -> Operation:
        return value if value.shape == shape else self.graph.reshape(value, shape)

    def _broadcast(self, value: Operation, labels: Labels, order: Sequence[int]) -> Operation:
        """The array with an axis of length 1 for each index that it lacks."""
        value = self._permuted(value, labels, [k for k in order if k in labels])
        shape = tuple(self.sizes[k] if k in labels else 1 for k in order)
        return self._reshaped(value, shape)

    def _arranged(self, value: Operation, labels: Labels, kept: list[int]) -> Operation:
        """The axes in the order of the result, those that nothing depends on repeated."""
        shape = tuple(self.sizes[k] for k in kept)
        value = self._broadcast(value, labels, kept)
        return value if value.shape == shape else self.graph.make("expand", value, shape=shape)


def _halves(s: frozenset) -> Iterator[frozenset]:
    first, *rest = sorted(s)
    for r in range(len(rest)):
        for others in combinations(rest, r):
            yield frozenset([first, *others])
