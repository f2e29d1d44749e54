"""
Kronecker products, vecs, K and Ψ side by side, as they are shorter together.

``K vec X`` is ``vec X'``, ``(B'⊗A)vec X`` is ``vec AXB``, ``Ψ'(A⊗B)Ψ`` is ``A∘B``: the
product is written as a product of entries and read back as a matrix, sums and functions
left as they stand.  It always gets shorter, or carries K to the right.  That waits for
the end of a derivation, whose steps would be hard to follow with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from sympy import Expr, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    Transpose,
)

from ..core import limits
from ..core.caches import cached
from ..core.registry import simplified_product
from ..core.shapes import is_matrix, is_one, shape
from ..nodes.constants import CommutationMatrix
from ..nodes.matrix_sum import MatrixSum
from ..nodes.vech import SymmetrizerMatrix
from . import constructors as c
from .contraction import NotMatrixNotation
from .index_terms import Expansion
from .segments import has_pairs, segments_of
from .words import with_vech

__all__ = ["merged_pairs", "with_commutation_first"]

Word = tuple[Basic, ...]


def merged_pairs(factors: Iterable[Basic]) -> tuple[Expr, Word]:
    """The factors of a product as a scalar and fewer factors, pairs of indices matched."""
    factors = tuple(factors)
    if not any(map(has_pairs, factors)):
        return S.One, factors
    scalar: Expr = S.One
    word: list[Basic] = []
    for paired, run in groupby(with_vech(factors), key=_has_tuples):
        found = tuple(run)
        if paired and len(found) > 1:
            number, found = _merged(found)
            scalar *= number
        word += found
    return scalar, tuple(word)


def _has_tuples(factor: Basic) -> bool:
    """Whether rows or columns are tuples of indices, of a sum those of a term."""
    if isinstance(factor, MatAdd):
        return any(_has_tuples(c.split_scalar(term)[1]) for term in factor.args)
    if isinstance(factor, (MatrixSum, MatMul)):
        return any(_has_tuples(a) for a in c.factors_of(factor.args[0]) + factor.args[1:]
                   if is_matrix(a))
    return isinstance(factor, KroneckerProduct) or any(
        len(side) > 1 for s in segments_of(factor) for side in (s.rows, s.cols))


@cached(limits.CACHED_FORMS)
def _merged(word: Word) -> tuple[Expr, Word]:
    """A product by its parts, the longest first, for as long as one becomes shorter."""
    scalar: Expr = S.One
    for _ in range(limits.ALIGNMENTS):
        step = next(_steps(word), None)
        if step is None:
            break
        number, word = step
        scalar *= number
    return scalar, word


def _steps(word: Word) -> Iterator[tuple[Expr, Word]]:
    """A part of the product rewritten."""
    for length in sorted({len(word), 3, 2}, reverse=True):
        for start in range(len(word) - length + 1):
            part = word[start:start + length]
            found = _rewritten(part) if length > 1 else None
            if found is not None and found[1] != part:
                number, factors = found
                yield number, (*word[:start], *factors, *word[start + length:])


@cached(limits.CACHED_FORMS)
def _rewritten(part: Word) -> tuple[Expr, Word] | None:
    """The product in index notation and back, if that isn't longer."""
    if all(isinstance(f, KroneckerProduct) for f in part):
        return None  # whose factors have met already
    if any(isinstance(f, (MatAdd, MatrixSum)) for f in part):
        return _through_sums(part)
    if len(part) == 2 and isinstance(part[0], SymmetrizerMatrix) \
            and isinstance(part[1], KroneckerProduct):
        A, *others = part[1].args  # N(A⊗A) = (A⊗A)N (M&N 3.7), which keeps N whole
        return (S.One, (part[1], SymmetrizerMatrix(shape(A)[1]))) if others == [A] else None
    if any(isinstance(f, SymmetrizerMatrix) for f in part) \
            or is_one(shape(part[0])[0]) and is_one(shape(part[-1])[1]):
        return None  # N stays whole, and an inner product of vecs a product
    try:
        (found,) = Expansion().open(part)
    except NotMatrixNotation:
        return None
    number, core = c.split_scalar(found)
    factors = () if isinstance(core, Identity) else c.factors_of(core)
    before, after = (sum(map(_nodes, f)) + len(f) for f in (part, factors))
    return (number, factors) if after <= before else None


def _through_sums(part: Word) -> tuple[Expr, Word] | None:
    """K on the other side of a sum, if it is for each of the terms."""
    if len(part) != 2:
        return None
    K, total = part
    if isinstance(total, CommutationMatrix):
        turned = _through_sums(_transposed(part))
        # as before, K goes to the right and not to the left
        return None if turned is None or len(turned[1]) > 1 else (
            turned[0], _transposed(turned[1]))
    if not isinstance(K, CommutationMatrix):
        return None
    if isinstance(total, MatrixSum):
        scalar, core = c.split_scalar(total.body)  # both may hold the index
        number, factors = merged_pairs((K, *c.factors_of(core)))
        if not factors or any(total.limits[0] in f.free_symbols for f in factors[1:]):
            return None
        return S.One, (c.matrix_sum(c.scale(scalar*number, factors[0]), total.limits),
                       *factors[1:])
    terms = []
    for term in total.args:
        number, core = c.split_scalar(term)
        more, factors = merged_pairs((K, *c.factors_of(core)))
        terms.append((number*more, factors))
    tails = {factors[1:] for _, factors in terms}
    if len(tails) > 1 or any(not factors or factors[0] == K for _, factors in terms):
        return None
    return S.One, (c.add(*(c.scale(number, f[0]) for number, f in terms)), *tails.pop())


def with_commutation_first(word: Word) -> list[Word]:
    """The product with K before the Kronecker product at its end, ``(B⊗A)K = K(A⊗B)``."""
    if len(word) < 2 or not isinstance(word[-1], CommutationMatrix):
        return []
    number, turned = _merged(_transposed(word[-2:]))
    found = (*word[:-2], *_transposed(turned))
    return [found] if number == 1 and found != word else []


def _transposed(word: Word) -> Word:
    return tuple(c.transpose(f) for f in reversed(word))


def _nodes(matrix: Basic) -> int:
    """Matrices and numbers of matrices written, K among the leaves."""
    if isinstance(matrix, Transpose):
        return _nodes(matrix.args[0])
    if isinstance(matrix, DiagMatrix):
        return _nodes(matrix.args[0])
    inside = [a for a in matrix.args if is_matrix(a)]
    return 1 + sum(map(_nodes, inside))


@simplified_product.register(MatMul)
@simplified_product.register(MatPow)
def product_with_pairs_merged(product: MatMul | MatPow) -> Basic:
    """A product as SymPy writes it, its neighbours merged."""
    before, core = c.split_scalar(product)
    factors = c.factors_of(core)
    after, word = merged_pairs(
        c.power(*f.args) if isinstance(f, MatPow) else f for f in factors)
    return c.multiply(before*after, Identity(shape(product)[0]), *word)
