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

from sympy import Expr, expand
from sympy.core.basic import Basic
from sympy.matrices.expressions import DiagMatrix, Identity, KroneckerProduct, Transpose

from ..core import limits
from ..core.shapes import is_one, shape
from ..nodes.constants import CommutationMatrix, DiagonalEmbedding
from ..nodes.vec import Vec
from . import constructors as c

__all__ = ["Segment", "Sizes", "aligned", "segments_of", "whole"]

Sizes = tuple[Expr, ...]


@dataclass(frozen=True)
class Segment:
    """A factor of a Kronecker product, with the sizes its rows and columns are pairs of."""

    matrix: Basic
    rows: Sizes
    cols: Sizes

    def sizes(self, of_rows: bool) -> Sizes:
        return self.rows if of_rows else self.cols


def _without_ones(*sizes: Expr) -> Sizes:
    return tuple(s for s in sizes if not is_one(s))


def whole(matrix: Basic) -> Segment:
    """The matrix as one segment, its rows and columns not taken apart."""
    rows, cols = shape(matrix)
    return Segment(matrix, _without_ones(rows), _without_ones(cols))


def segments_of(matrix: Basic) -> list[Segment]:
    """The factors of a Kronecker product, each with its rows and columns as pairs."""
    if isinstance(matrix, KroneckerProduct):
        return [segment for factor in matrix.args for segment in segments_of(factor)]
    if isinstance(matrix, Transpose) and isinstance(matrix.args[0], (Vec, DiagonalEmbedding)):
        (segment,) = segments_of(matrix.args[0])
        return [Segment(matrix, segment.cols, segment.rows)]
    if isinstance(matrix, CommutationMatrix):
        m, n = matrix.args
        return [Segment(matrix, (m, n), (n, m))]
    if isinstance(matrix, Vec):
        m, n = shape(matrix.arg)
        return [Segment(matrix, (n, m), ())]
    if isinstance(matrix, DiagMatrix) and isinstance(matrix.args[0], Vec):
        (column,) = segments_of(matrix.args[0])
        return [Segment(matrix, column.rows, column.rows)]
    if isinstance(matrix, DiagonalEmbedding):
        (n,) = matrix.args
        return [Segment(matrix, (n, n), (n,))]
    return [whole(matrix)]


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
        places = [(word[k - 1], word[k]) for k in range(len(word))]
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


def _changed(left: End, right: End) -> str | None:
    """Bring two neighbours one step closer to matching; what was done, None for nothing."""
    for before, after in _blocks(_sides(left, of_rows=False), _sides(right, of_rows=True)):
        if len(before) == len(after) == 1:
            continue
        for side, other, end in ((before, after, left), (after, before, right)):
            if len(side) == 1 and _can_split(end, side[0][1]):
                s = side[0][1]
                end[s:s + 1] = [whole(Identity(size)) for size, _ in other]
                return "split"
        for side, end in ((before, left), (after, right)):
            if len(side) > 1:
                if isinstance(end, tuple):
                    return "impossible"
                _join(end, {s for _, s in side})
                return "joined"
    return None


def _can_split(end: End, s: int) -> bool:
    return not isinstance(end, tuple) and isinstance(end[s].matrix, Identity)


def _sides(end: End, of_rows: bool) -> list[tuple[Expr, int]]:
    """The sizes along one side, each with the number of its segment."""
    if isinstance(end, tuple):
        return [(size, -1) for size in end]
    return [(size, s) for s, segment in enumerate(end) for size in segment.sizes(of_rows)]


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


def _cuts(side: list[tuple[Expr, int]]) -> list[Expr]:
    return [expand(product) for product in accumulate((size for size, _ in side), mul)]
