"""
Products of Kronecker products, vecs and K cut where their factors meet.

The row of ``A⊗B`` is a pair of indices, the row of A and the row of B, and so
is the row of ``vec X``, the column of X and its row.  Where two matrices are
multiplied, the pairs on both sides can be matched one by one if they have the
same sizes: ``(A⊗B)vec X`` is ``Σ a_ij b_kl x_lj``, and the products fall apart
into such of their segments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from typing import Any

from sympy import Expr, expand
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    Transpose,
)

from ..core import limits
from ..core.caches import cached
from ..core.indexed import Sizes
from ..core.registry import declared
from ..core.shapes import is_one, shape
from ..nodes.vec import Unvec
from . import constructors as c

__all__ = ["Segment", "aligned", "has_pairs", "segments_of", "whole"]


@dataclass(frozen=True)
class Segment:
    """
    A factor of a Kronecker product, with the sizes its rows and columns are tuples of.

    An index of a matrix of nothing but δ, such as K, can be cut into several: each row and
    column is a group of sizes, most of them of one.
    """

    matrix: Basic
    row_groups: tuple[Sizes, ...]
    col_groups: tuple[Sizes, ...]

    @classmethod
    def of(cls, matrix: Basic, rows: Sizes, cols: Sizes) -> Segment:
        return cls(matrix, tuple((size,) for size in rows), tuple((size,) for size in cols))

    @property
    def rows(self) -> Sizes:
        return sum(self.row_groups, ())

    @property
    def cols(self) -> Sizes:
        return sum(self.col_groups, ())

    def sizes(self, of_rows: bool) -> Sizes:
        return self.rows if of_rows else self.cols

    def cut(self, of_rows: bool, place: int, sizes: Sizes) -> Segment | None:
        """With an index as several of these sizes, and those that δ makes equal to it."""
        groups = self.row_groups if of_rows else self.col_groups
        ends = list(accumulate(map(len, groups)))
        k = next(k for k, end in enumerate(ends) if place < end)
        linked = _linked(self.matrix)
        if linked is None or len(groups[k]) > 1 or len(linked[of_rows]) != len(groups):
            return None  # no δ, cut already, or joined with others before
        label = linked[of_rows][k]
        sides = [tuple(sizes if other == label else group
                       for other, group in zip(linked[rows], groups, strict=True))
                 for rows, groups in ((True, self.row_groups), (False, self.col_groups))]
        return Segment(self.matrix, *sides)


def _linked(matrix: Basic) -> dict[bool, list[int]] | None:
    """Rows (True) and columns, equal numbers for those that δ makes equal; None without δ."""
    turned = isinstance(matrix, Transpose)
    known = declared("indices", type(matrix.args[0] if turned else matrix))
    if known is None:
        return None
    form = known(matrix.args[0] if turned else matrix)
    rows, cols = range(len(form.rows)), range(len(form.rows), len(form.rows + form.cols))
    terms = form.entry(tuple(rows), tuple(cols))
    if len(terms) > 1 or any(entry.matrix is not None for entry in terms[0][1]):
        return None
    same = {k: k for k in (*rows, *cols)}
    for _, (i,), (j,) in terms[0][1]:
        same = {k: same[i] if label == same[j] else label for k, label in same.items()}
    return {not turned: [same[k] for k in rows], turned: [same[k] for k in cols]}


def _without_ones(*sizes: Expr) -> Sizes:
    return tuple(s for s in sizes if not is_one(s))


def whole(matrix: Basic) -> Segment:
    """The matrix as one segment, its rows and columns not taken apart."""
    rows, cols = shape(matrix)
    return Segment.of(matrix, _without_ones(rows), _without_ones(cols))


def segments_of(matrix: Basic) -> list[Segment]:
    """The factors of a Kronecker product, each with its rows and columns as tuples."""
    if isinstance(matrix, KroneckerProduct):
        return [segment for factor in matrix.args for segment in segments_of(factor)]
    if known := declared("indices", type(matrix)):
        form = known(matrix)
        return [Segment.of(matrix, form.rows, form.cols)]
    if isinstance(matrix, Transpose) and declared("indices", type(matrix.args[0])):
        (segment,) = segments_of(matrix.args[0])
        return [Segment.of(matrix, segment.cols, segment.rows)]
    if isinstance(matrix, DiagMatrix) and declared("indices", type(matrix.args[0])):
        (column,) = segments_of(matrix.args[0])
        return [Segment.of(matrix, column.rows, column.rows)]
    if isinstance(matrix, HadamardProduct):
        parts = [segments_of(factor) for factor in matrix.args]
        sizes = {(part[0].rows, part[0].cols) for part in parts}
        if len(sizes) == 1 and all(len(part) == 1 for part in parts):
            return [Segment.of(matrix, *sizes.pop())]
    return [whole(matrix)]


@cached(limits.CACHED_FORMS)
def has_pairs(expr: Basic) -> bool:
    """Whether a matrix holds one whose rows or columns are pairs of indices."""
    return isinstance(expr, (KroneckerProduct, Unvec)) \
        or declared("indices", type(expr)) is not None or any(map(has_pairs, expr.args))


# --- alignment --------------------------------------------------------------------------


Word = list[list[Segment]]


def aligned(word: Word, rows: Sizes | None = None, cols: Sizes | None = None, *,
            closed: bool = False) -> Word | None:
    """
    The word with its segments joined, and identities split, so that neighbours match.

    ``rows`` and ``cols`` are what its own rows and columns have to match, None
    for anything; the result is None where they can't.  In a ``closed`` word, a
    trace, the last factor is the first one's neighbour.
    """
    word = [list(segments) for segments in word]
    if closed:
        places: list[tuple[Any, Any]] = [(word[k - 1], word[k]) for k in range(len(word))]
    else:
        places = list(zip([rows, *word], [*word, cols], strict=True))
    for _ in range(limits.ALIGNMENTS):
        changes = (_changed(*place) for place in places if None not in place)
        change = next(filter(None, changes), None)
        if change is None:
            return word
        if change == "impossible":
            return None
    return None


End = list[Segment] | Sizes  # segments that can change, or sizes that can't
Side = tuple[Expr, int, int]  # a size, the number of its segment, its place in this


def _changed(left: End, right: End) -> str | None:
    """Bring two neighbours one step closer to matching; what was done, None for nothing."""
    for before, after in _blocks(_sides(left, of_rows=False), _sides(right, of_rows=True)):
        if len(before) == len(after) == 1:
            continue
        for side, other, end, of_rows in ((before, after, left, False),
                                          (after, before, right, True)):
            if len(side) == 1 and not isinstance(end, tuple) and _split(
                    end, side[0], tuple(size for size, *_ in other), of_rows):
                return "split"
        for side, end in ((before, left), (after, right)):
            if len(side) > 1:
                if isinstance(end, tuple):
                    return "impossible"
                _join(end, {s for _, s, _ in side})
                return "joined"
    return None


def _split(segments: list[Segment], side: Side, sizes: Sizes, of_rows: bool) -> bool:
    """Cut an identity, or an index of a matrix of δ, into these sizes, if it is one."""
    _, s, place = side
    segment = segments[s]
    if isinstance(segment.matrix, Identity):
        segments[s:s + 1] = [whole(Identity(size)) for size in sizes]
        return True
    found = segment.cut(of_rows, place, sizes)
    if found is not None:
        segments[s] = found
    return found is not None


def _sides(end: End, of_rows: bool) -> list[Side]:
    if isinstance(end, tuple):
        return [(size, -1, 0) for size in end]
    return [(size, s, k) for s, segment in enumerate(end)
            for k, size in enumerate(segment.sizes(of_rows))]


def _join(segments: list[Segment], joined: set[int]) -> None:
    """One segment in place of several, or of one whose pairs don't match."""
    first, last = min(joined), max(joined)
    matrices = [s.matrix for s in segments[first:last + 1]]
    segments[first:last + 1] = [whole(c.kronecker(*matrices))]


def _blocks(left: list, right: list) -> Iterator[tuple[list, list]]:
    """Both sides cut wherever their sizes multiply to the same product."""
    left_cuts, right_cuts = _cuts(left), _cuts(right)
    i = j = 0
    for a, cut in enumerate(left_cuts, start=1):
        if cut in right_cuts[j:]:
            b = right_cuts.index(cut, j) + 1
            yield left[i:a], right[j:b]
            i, j = a, b
    if left[i:] or right[j:]:
        yield left[i:], right[j:]


def _cuts(side: list[Side]) -> list[Expr]:
    return [expand(product) for product in accumulate((size for size, *_ in side), mul)]
