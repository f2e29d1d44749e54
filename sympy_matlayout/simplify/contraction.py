"""
A product of entries, summed over indices, as a matrix expression.

The product is a graph whose vertices are the indices: an entry ``A[i, j]`` is
an edge, a vector's entry ``x[i, 0]`` a weight at a vertex.  Summing over an
index contracts its vertex.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sympy import Expr, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity, OneMatrix

from . import constructors as c

__all__ = ["Contraction", "NotMatrixNotation"]

Index = Any  # a number, or the symbol that index notation has


class NotMatrixNotation(Exception):
    """The expression has no form as products, traces, diagonals and elementwise functions."""


@dataclass
class Contraction:
    """The graph of a product: free indices stay, bound ones are summed over."""

    free: tuple[Index, ...]
    sizes: dict[Index, Expr]
    coefficient: Expr = S.One
    bound: list[Index] = field(default_factory=list)
    edges: list[tuple[Index, Index, Basic]] = field(default_factory=list)
    weights: list[tuple[Index, Basic]] = field(default_factory=list)

    def result(self) -> Basic:
        """The matrix, column or scalar that is left once every bound index is summed over."""
        while self.bound:
            self._contract(min(self.bound, key=lambda k: len(self._neighbours(k))))
        return self._assemble()

    def loose(self) -> list[tuple[tuple[Index, Index], Basic]]:
        """
        Matrices over the free indices, which may share them, once every other is summed over.

        Each with the indices of its rows and columns; a weight goes into a matrix beside it.
        """
        while self.bound:
            self._contract(min(self.bound, key=lambda k: len(self._neighbours(k))))
        self.weights += [(a, c.diagonal_of(m)) for a, b, m in self.edges if a == b]
        found: dict[tuple[Index, Index], list[Basic]] = {}
        for a, b, m in self.edges:
            if a != b:
                ends = (a, b) if self.free.index(a) < self.free.index(b) else (b, a)
                found.setdefault(ends, []).append(m if ends == (a, b) else c.transpose(m))
        matrices = {ends: c.hadamard(*factors) for ends, factors in found.items()}
        for i in self.free:
            if weights := self._take_weights(i):
                ends = next(ends for ends in matrices if i in ends)
                order = (c.diag(c.hadamard(*weights)), matrices[ends])
                matrices[ends] = c.multiply(*(order if ends[0] == i else order[::-1]))
        return list(matrices.items())

    def _neighbours(self, index: Index) -> set[Index]:
        return {i for edge in self._at(index) for i in edge[:2]} - {index}

    def _at(self, index: Index) -> list[tuple[Index, Index, Basic]]:
        return [e for e in self.edges if index in e[:2]]

    def _take_weights(self, index: Index) -> list[Basic]:
        taken = [m for i, m in self.weights if i == index]
        self.weights = [(i, m) for i, m in self.weights if i != index]
        return taken

    def _take_edges(self, index: Index) -> list[tuple[Index, Basic]]:
        """The edges at an index, as (other end, matrix with this index for its rows)."""
        taken = self._at(index)
        self.edges = [e for e in self.edges if index not in e[:2]]
        return [(b, m) if a == index else (a, c.transpose(m)) for a, b, m in taken]

    def _contract(self, index: Index) -> None:
        self.bound.remove(index)
        weights, ends = self._take_weights(index), self._take_edges(index)
        loops = [m for other, m in ends if other == index]
        ends = [(other, m) for other, m in ends if other != index]
        if len(loops) == 1 and not weights and not ends:
            self.coefficient *= c.trace(loops[0])
            return
        weights += [c.diagonal_of(m) for m in loops]
        n = self.sizes[index]
        if not ends:
            if not weights:
                self.coefficient *= n
            else:
                first, *rest = weights
                other = c.hadamard(*rest) if rest else OneMatrix(n, S.One)
                self.coefficient *= c.inner(first, other)
            return
        ends = self._merged(ends, bool(weights))
        if len(ends) == 1:
            ((other, m),) = ends
            weight = c.hadamard(*weights) if weights else OneMatrix(n, S.One)
            self.weights.append((other, c.multiply(c.transpose(m), weight)))
        elif len(ends) == 2:
            (a, left), (b, right) = ends
            middle = [c.diag(c.hadamard(*weights))] if weights else []
            product = c.multiply(c.transpose(left), *middle, right)
            self.edges.append((a, b, product))
        else:
            raise NotMatrixNotation(index)  # a contraction of three matrices at one index

    def _merged(self, ends: list[tuple[Index, Basic]],
                weighted: bool) -> list[tuple[Index, Basic]]:
        """Parallel edges as Hadamard products; two are left for tr(A'B), tr(A'(B∘C))."""
        parallel: dict[Index, list[Basic]] = {}
        for other, m in ends:
            parallel.setdefault(other, []).append(m)
        if len(parallel) == 1 and len(ends) > 1 and not weighted:
            ((other, (first, *rest)),) = parallel.items()
            alone = other in self.bound and not self._at(other) and not any(
                i == other for i, _ in self.weights)
            if alone or not rest[1:]:
                return [(other, first), (other, c.hadamard(*rest))]
        return [(other, c.hadamard(*matrices)) for other, matrices in parallel.items()]

    def _assemble(self) -> Basic:
        loops = [e for e in self.edges if e[0] == e[1]]
        self.edges = [e for e in self.edges if e[0] != e[1]]
        if (on_diagonal := self._on_the_diagonal(loops)) is not None:
            return on_diagonal
        self.weights += [(i, c.diagonal_of(m)) for i, _, m in loops]
        columns = [c.hadamard(*w) if (w := self._take_weights(i)) else None for i in self.free]
        if not self.free:
            return self.coefficient
        if len(self.free) == 1:
            column = columns[0] or OneMatrix(self.sizes[self.free[0]], S.One)
            return c.scale(self.coefficient, column)
        edges = [m for _, m in self._take_edges(self.free[0])]
        left, right = columns
        if not edges:
            left = left or OneMatrix(self.sizes[self.free[0]], S.One)
            right = right or OneMatrix(self.sizes[self.free[1]], S.One)
            return c.multiply(self.coefficient, left, c.transpose(right))
        if left is not None and right is not None:  # shorter than diag(left)*M*diag(right)
            edges.append(c.multiply(left, c.transpose(right)))
            left = right = None
        factors = [c.hadamard(*edges)]
        if left is not None:
            factors.insert(0, c.diag(left))
        if right is not None:
            factors.append(c.diag(right))
        return c.multiply(self.coefficient, *factors)

    def _on_the_diagonal(self, loops: list[tuple[Index, Index, Basic]]) -> Basic | None:
        """I∘A for diag(diag(A)), where δ links the two free indices."""
        edges = [m for _, _, m in self.edges]
        if len(self.free) != 2 or not edges or not all(isinstance(m, Identity) for m in edges):
            return None
        columns = [w for i in self.free for w in self._take_weights(i)]
        first = c.diag(c.hadamard(*columns)) if columns else edges[0]
        return c.scale(self.coefficient, c.hadamard(first, *(m for _, _, m in loops)))
