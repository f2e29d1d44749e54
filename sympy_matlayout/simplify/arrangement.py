"""
A product of entries with any number of free indices as a matrix.

The free indices are dealt out to the rows and to the columns, each in order
from slow to fast: ``a_ik b_jl`` with rows (i, j) and columns (k, l) is ``A⊗B``,
with columns (l, k) ``(A⊗B)K``, and with rows (k, i, l, j) ``vec A⊗vec B``.
This is where Kronecker products, vec, K and diagonal matrices are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any, cast

from sympy import Expr, Integer, Mul, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity, KroneckerProduct
from sympy.tensor.array.expressions.array_expressions import Reshape

from ..core import limits
from ..core.caches import cached
from ..core.shapes import is_matrix, same_size, shape
from ..nodes.constants import CommutationMatrix, DiagonalEmbedding
from . import constructors as c
from .contraction import NotMatrixNotation
from .monomial import DELTA, Factor, Index, Monomial, delta, scalar

__all__ = ["arranged", "one_by_one", "permutation"]

Indices = tuple[Index, ...]


def arranged(monomial: Monomial, rows: Indices, cols: Indices) -> Basic:
    """The matrix of a product of entries whose free indices are the rows and columns."""
    # one part is met under many names, on each of the ways to cut a chain
    rank = {i: place for place, i in enumerate(sorted(monomial.sizes))}
    matrix = _arranged(monomial.coefficient, tuple(f.at(rank.get) for f in monomial.factors),
                       tuple((rank[i], size) for i, size in monomial.sizes.items()),
                       *(tuple(rank[i] for i in side) for side in (monomial.free, rows, cols)))
    if matrix is None:
        raise NotMatrixNotation(monomial)
    return matrix


@cached(limits.CACHED_TERMS)
def _arranged(coefficient: Expr, factors: tuple[Factor, ...], sizes: tuple[tuple[Index, Expr], ...],
              free: Indices, rows: Indices, cols: Indices) -> Basic | None:
    """The same by what it depends on, None where it is no matrix."""
    with suppress(NotMatrixNotation):
        return _by_parts(Monomial(coefficient, factors, dict(sizes), free), rows, cols)
    return None


def _by_parts(monomial: Monomial, rows: Indices, cols: Indices) -> Basic:
    opened, closed = monomial.components()
    coefficient = Mul(monomial.coefficient, *map(scalar, closed))
    blocks = _in_order([_block(part, rows, cols) for part in opened], rows, cols)
    matrix = _assembled(blocks, rows, cols, monomial.sizes)
    if not cols:
        matrix = min([matrix, *_as_vec(opened, blocks, rows, monomial.sizes)], key=_nodes)
    return c.scale(coefficient, matrix)


def one_by_one(monomial: Monomial) -> tuple[Expr, list[tuple[Indices, Basic]]]:
    """
    The scalar, and columns and matrices with the free indices they stand over.

    Parts in one piece over three indices or more are matrices that share indices.
    """
    opened, closed = monomial.components()
    found: list[tuple[Indices, Basic]] = []
    for part in opened:
        found += part.loose() if len(part.free) > 2 else [(part.free, part.contracted())]
    return Mul(monomial.coefficient, *map(scalar, closed)), found


@dataclass(frozen=True)
class Block:
    """A matrix with some of the indices as its rows and columns."""

    rows: Indices
    cols: Indices
    matrix: Basic


def _block(part: Monomial, rows: Indices, cols: Indices) -> Block:
    """A part in one piece as a matrix."""
    r, k = (tuple(i for i in side if i in part.free) for side in (rows, cols))
    part = replace(part, free=r + k)
    if len(r) == len(k) == 1 or len(r + k) == 1:
        matrix = part.contracted()
        return Block(r, k, matrix if r else c.transpose(matrix))
    if len(r + k) == 2:
        matrix = c.vec(replace(part, free=(r + k)[::-1]).contracted())
        return Block(r, k, matrix if r else c.transpose(matrix))
    if len(part.factors) == 1 and isinstance(part.factors[0].base, Reshape):
        return _uncut(part, r)
    return Block(r, k, _of_linked(part, r, k))


def _of_linked(part: Monomial, r: Indices, k: Indices) -> Basic:
    """A part where δ may make rows, or rows and columns, equal."""
    linked = part.linked()
    if len({linked[i] for i in r}) < len(r):
        return _embedded(part, r, k)
    if len({linked[i] for i in k}) < len(k):
        return c.transpose(_embedded(part, k, r))
    equal = {j: linked[j] for j in k if linked[j] in r}
    if len(equal) == len(r) == len(k):
        column = c.diag(arranged(part.merged(equal), r, ()))
        return c.multiply(column, *permutation(k, tuple(
            next(j for j in k if equal[j] == i) for i in r), part.sizes))
    found = []
    with suppress(NotMatrixNotation):
        found.append(_shared_row(part, r, k))
    with suppress(NotMatrixNotation):
        found.append(c.transpose(_shared_row(part, k, r)))
    for factor in sorted(part.factors, key=lambda f: f.name):
        if found and len(part.factors) > limits.TRIED_FACTORS:
            break  # the first way; all of them would each try all of theirs
        with suppress(NotMatrixNotation):
            found.append(_through(factor, part, r, k, equal))
    if not found:
        raise NotMatrixNotation(part)
    return min(found, key=_nodes)


def _embedded(part: Monomial, pair: Indices, other: Indices) -> Basic:
    """``ΨM`` for a product of entries with δ between its two rows."""
    if len(pair) != 2:
        raise NotMatrixNotation(part)
    matrix = arranged(part.merged({pair[1]: pair[0]}), pair[:1], other)
    return c.multiply(DiagonalEmbedding(part.sizes[pair[0]]), matrix)


def _shared_row(part: Monomial, r: Indices, k: Indices) -> Basic:
    """``Ψ'(A⊗B)`` for entries ``a_ik b_il`` that share a row and nothing else"""
    pieces = _pieces(part.factors, r)
    with_cols = sorted((p for p in pieces if _first(p, k) is not None),
                       key=lambda p: _first(p, k))
    if len(r) != 1 or len(with_cols) != 2:
        raise NotMatrixNotation(part)
    (i,), second = r, with_cols[1]
    fresh = max(part.sizes) + 1
    split = [f.at(lambda j: fresh if j == i else j) if f in second else f for f in part.factors]
    rows = (i, fresh)
    apart = _monomial(split, {**part.sizes, fresh: part.sizes[i]}, rows + k)
    return c.multiply(part.coefficient, c.transpose(DiagonalEmbedding(part.sizes[i])),
                      arranged(apart, rows, k))


def _first(piece: Sequence[Factor], k: Indices) -> Any:
    """The place of the first of the columns that a piece holds."""
    return min((k.index(j) for f in piece for j in f.indices if j in k), default=None)


def _through(factor: Factor, part: Monomial, r: Indices, k: Indices,
             equal: dict[Index, Index]) -> Basic:
    """
    ``L diag(vec C) R`` for an entry ``c_xy`` that stands between rows and columns.

    What is left of the product without it falls into what holds rows and what
    holds columns; x and y are the columns of the one and the rows of the other.
    """
    if factor.base is DELTA or isinstance(factor.base, Reshape) \
            or len(set(factor.indices)) < len(factor.indices):
        raise NotMatrixNotation(part)
    whole = part.merged(equal)  # columns that are rows by the names of these
    column_of = {i: j for j, i in equal.items()}
    between_sides = factor.renamed(equal)
    own = tuple(dict.fromkeys(between_sides.indices))
    others = list(whole.factors)
    others.remove(between_sides)
    fresh = max(part.sizes) + 1
    middle = {i: fresh + place for place, i in enumerate(own)}
    sides: dict[str, list[Factor]] = {"rows": [], "cols": []}
    for piece in _pieces(others, own):
        ends = {i for f in piece for i in f.indices} - set(own)
        if ends & set(column_of) or (ends & set(r) and ends & set(k)):
            raise NotMatrixNotation(part)
        sides["rows" if ends & set(r) else "cols"] += piece
    before = [f.at(lambda i: i if i in r else middle.get(i, i)) for f in sides["rows"]]
    before += [delta(i, middle[i]) for i in own if i in r]
    after = [f.at(lambda i: column_of.get(i, i if i in k else middle.get(i, i)))
             for f in sides["cols"]]
    after += [delta(middle[i], column_of.get(i, i)) for i in own if i in k or i in column_of]
    sizes = {**part.sizes, **{middle[i]: part.sizes[i] for i in own}}
    between = tuple(middle[i] for i in reversed(own))
    diagonal = _monomial([factor.at(lambda i: middle[cast(Any, equal.get(i, i))])], sizes, between)
    return c.multiply(
        part.coefficient,
        arranged(_monomial(before, sizes, r + between), r, between),
        c.diag(arranged(diagonal, between, ())),
        arranged(_monomial(after, sizes, between + k), between, k))


def _pieces(factors: Sequence[Factor], at: Indices) -> list[list[Factor]]:
    """The factors that are held together by other indices than these."""
    pieces: list[list[Factor]] = []
    for f in factors:
        ends = set(f.indices) - set(at)
        joined = [p for p in pieces if ends & {i for g in p for i in g.indices}]
        pieces = [p for p in pieces if p not in joined]
        pieces.append([g for p in joined for g in p] + [f])
    return pieces


def _monomial(factors: Sequence[Factor], sizes: Mapping[Index, Expr], free: Indices) -> Monomial:
    held = {i for f in factors for i in f.indices} | set(free)
    return Monomial(S.One, tuple(factors), {i: sizes[i] for i in sorted(held)}, free)


def _uncut(part: Monomial, r: Indices) -> Block:
    """A matrix that was cut into axes, whole again."""
    (factor,) = part.factors
    matrix, size = cast(Any, factor.base).expr, Integer(1)
    height = 0
    while not same_size(size, shape(matrix)[0]):
        size *= part.sizes[factor.indices[height]]
        height += 1
    above, beside = factor.indices[:height], factor.indices[height:]
    if set(r) == set(above):
        return Block(above, beside, matrix)
    if set(r) == set(beside):
        return Block(beside, above, c.transpose(matrix))
    raise NotMatrixNotation(part)


def _in_order(blocks: list[Block], rows: Indices, cols: Indices) -> list[Block]:
    """By rows; what has columns only, by these."""
    ordered = sorted((b for b in blocks if b.rows), key=lambda b: rows.index(b.rows[0]))
    for block in sorted((b for b in blocks if not b.rows), key=lambda b: cols.index(b.cols[0])):
        at = next((k for k, b in enumerate(ordered)
                   if b.cols and cols.index(b.cols[0]) > cols.index(block.cols[0])), len(ordered))
        ordered.insert(at, block)
    return ordered


def _assembled(blocks: Sequence[Block], rows: Indices, cols: Indices,
               sizes: Mapping[Index, Expr]) -> Basic:
    """The blocks side by side in the order that is shortest to write."""
    if any(b.rows and b.cols for b in blocks):
        first = _in_this_order(blocks, rows, cols, sizes)
        if len(blocks) == 2 or len(blocks) > limits.ORDERED_BLOCKS \
                or not first.has(CommutationMatrix):
            return first
        return min((_in_this_order(o, rows, cols, sizes) for o in permutations(blocks)),
                   key=lambda found: (_nodes(found), _widest(found)))
    column, row = (c.kronecker(Identity(1), *(b.matrix for b in blocks if bool(b.rows) == side))
                   for side in (True, False))
    own_rows, own_cols = _own_order(blocks)
    return c.multiply(*permutation(own_rows, rows, sizes), column, row,
                      *permutation(cols, own_cols, sizes))


def _in_this_order(blocks: Sequence[Block], rows: Indices, cols: Indices,
                   sizes: Mapping[Index, Expr]) -> Basic:
    own_rows, own_cols = _own_order(blocks)
    return c.multiply(*permutation(own_rows, rows, sizes),
                      c.kronecker(*(b.matrix for b in blocks)),
                      *permutation(cols, own_cols, sizes))


def _own_order(blocks: Sequence[Block]) -> tuple[Indices, Indices]:
    return tuple(i for b in blocks for i in b.rows), tuple(i for b in blocks for i in b.cols)


def _as_vec(opened: Sequence[Monomial], blocks: Sequence[Block], rows: Indices,
            sizes: Mapping[Index, Expr]) -> list[Basic]:
    """A column as the vec of a matrix, its last indices the rows of that."""
    if len(blocks) < 2:
        return []
    found = []
    for k in range(1, len(rows)):
        ends = rows[k:], rows[:k]
        try:
            inner = [_block(part, *ends) for part in opened]
        except NotMatrixNotation:
            continue
        matrix = _assembled(_in_order(inner, *ends), *ends, sizes)
        found.append(c.vec(matrix))
    return found


def _nodes(matrix: Basic) -> int:
    return 1 + sum(_nodes(a) for a in matrix.args if is_matrix(a))


def _widest(matrix: Basic) -> int:
    """The factors of the Kronecker products other than those with K."""
    return sum(len(a.args) for a in matrix.atoms(KroneckerProduct)
               if not a.has(CommutationMatrix))


def permutation(source: Indices, target: Indices, sizes: Mapping[Index, Expr]) -> list[Basic]:
    """
    The factors of the matrix that brings a vector's indices from one order into another.

    ``K_mn vec X = vec X'`` brings (n, m) into (m, n).
    """
    factors, at_hand = [], list(source)
    for place, wanted in enumerate(target):
        start = at_hand.index(wanted)
        if start == place:
            continue
        stop = start + 1
        while at_hand[stop:stop + 1] == list(target[place + stop - start:][:1]) != []:
            stop += 1
        passed, moved = at_hand[place:start], at_hand[start:stop]
        before, passed_size, moved_size, after = (
            Mul(*(sizes[i] for i in group))
            for group in (at_hand[:place], passed, moved, at_hand[stop:]))
        factors.append(c.kronecker(Identity(before), c.commutation(moved_size, passed_size),
                                   Identity(after)))
        at_hand = at_hand[:place] + moved + passed + at_hand[stop:]
    return factors[::-1]
