"""
Expressions in index notation: sums of products of entries.

The entry ``matrix[i, j]`` is a sum of terms, each a product of entries of letters with
indices that are summed over.  Rows and columns may be tuples of indices (``segments.py``).
What is no product, sum, Hadamard product or diagonal (inverses of sums, functions) is a
letter of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from itertools import islice, product
from math import prod
from typing import Any

from sympy import Dummy, Expr, Lambda, Mul, S
from sympy.core.basic import Basic
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    DiagMatrix,
    DiagonalMatrix,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagonalOf

from ..core import limits
from ..core.bound_symbols import index_symbol
from ..core.indexed import Entry, Indices, Sizes
from ..core.registry import constructor_of, declared
from ..core.shapes import is_matrix, is_one, same_size, shape
from ..nodes.vec import Unvec, Vec
from ..nodes.vech import Unvech, Vech
from . import constructors as c
from .arrangement import arranged
from .contraction import NotMatrixNotation
from .elementwise import applied
from .monomial import Factor, Index, Monomial, delta, order
from .segments import Segment, aligned, has_pairs, segments_of
from .words import words

__all__ = ["Expansion", "Term"]

Inner = Callable[[Basic], Basic]

# Nodes that take their argument in normal form.
CONSTRUCTORS = {ElementwiseApplyFunction: applied,
                **{kind: constructor_of(kind) for kind in (Vec, Unvec, Vech, Unvech)}}

# What products are taken apart into where sums and functions stay as they stand.
TAKEN_APART = (MatMul, Transpose, Identity, OneMatrix)


class Expansion:
    """
    An expression on its way into monomials, with the indices in use.

    ``inner`` is what the arguments of letters are brought into, such as the normal form;
    without it sums and functions are letters as they stand.  ``pairs`` says whether rows
    of Kronecker products and vecs are taken as pairs of indices; else these are letters.
    """

    def __init__(self, inner: Any = None, pairs: bool = True) -> None:
        self.sizes: dict[Index, Expr] = {}
        self.inner: Any = inner  # Any: what needs it asks for it first
        self.pairs = pairs

    def index(self, size: Expr) -> Any:
        """A new index, None for a size of one."""
        if is_one(size):
            return None
        self.sizes[len(self.sizes)] = size
        return len(self.sizes) - 1

    def monomials(self, matrix: Basic, i: Index | None, j: Index | None,
                  free: tuple[Index, ...]) -> Iterable[Monomial]:
        """``matrix[i, j]`` as monomials."""
        return self.finished(self.terms(matrix, i, j), free)

    def terms(self, matrix: Basic, i: Index | None, j: Index | None) -> list[Term]:
        """``matrix[i, j]`` as products of factors."""
        if self.inner is None and not isinstance(matrix, TAKEN_APART):
            return self.letter(matrix, i, j, c.transpose(matrix))
        return terms_of(matrix, self, i, j)

    def scalar(self, expr: Any) -> Any:
        return self.inner(expr) if self.inner else expr

    # --- words, whose rows and columns can be pairs --------------------------------------

    def open(self, word: Sequence[Basic]) -> list[Basic]:
        """A word's monomials as matrices, its rows and columns as many indices as it has."""
        segments = aligned(list(map(segments_of, word)))
        if segments is None:
            raise NotMatrixNotation(word)
        rows = self.indices([size for s in segments[0] for size in s.rows])
        cols = self.indices([size for s in segments[-1] for size in s.cols])
        terms = self.word(segments, rows, cols)
        return [arranged(m, rows, cols) for m in self.finished(terms, rows + cols)]

    def closed(self, word: Sequence[Basic]) -> list[Monomial]:
        """The monomials of a word's trace."""
        segments = aligned(list(map(segments_of, word)), closed=True)
        if segments is None:
            raise NotMatrixNotation(word)
        ends = self.indices([size for s in segments[0] for size in s.rows])
        return self.finished(self.word(segments, ends, ends), ())

    def between(self, matrix: Basic, i: Index | None, j: Index | None) -> list[Term] | None:
        """``matrix[i, j]`` by its words; None where pairs of indices don't help."""
        ends = [() if k is None else (k,) for k in (i, j)]
        sizes = [tuple(self.sizes[k] for k in end) for end in ends]
        found = []
        for scalar, word in words(matrix, self.inner):
            segments = aligned(list(map(segments_of, word)), *sizes)
            if segments is None:
                return None
            found += _scaled(self.scalar(scalar), self.word(segments, *ends))
        return found

    def indices(self, sizes: Iterable[Expr]) -> tuple[Index, ...]:
        return tuple(self.index(size) for size in sizes)

    def word(self, word: list[list[Segment]], rows: tuple[Index, ...],
             cols: tuple[Index, ...]) -> list[Term]:
        """The terms of aligned segments between given indices."""
        inner = [self.indices([size for s in segments for size in s.rows])
                 for segments in word[1:]]
        lists = []
        for segments, row, col in zip(word, [rows, *inner], [*inner, cols], strict=True):
            at, to = iter(row), iter(col)
            for s in segments:
                i, j = _grouped(at, s.row_groups), _grouped(to, s.col_groups)
                lists.append(self.segment(s.matrix, i, j))
        if prod(map(len, lists)) > limits.EXPANDED_TERMS:
            raise NotMatrixNotation(word)
        return _ones_along(self.product(lists), *rows, *cols, *(k for ks in inner for k in ks))

    def segment(self, matrix: Basic, i: tuple[Index, ...], j: tuple[Index, ...]) -> list[Term]:
        if len(i) <= 1 and len(j) <= 1:
            return self.terms(matrix, *(k[0] if k else None for k in (i, j)))
        if isinstance(matrix, Transpose):
            return self.segment(matrix.args[0], j, i)
        if isinstance(matrix, DiagMatrix):
            links = Term.of(*map(delta, i, j))
            return [t.times(links) for t in self.segment(matrix.args[0], i, ())]
        if isinstance(matrix, HadamardProduct):
            return self.product(self.segment(a, i, j) for a in matrix.args)
        known = declared("indices", type(matrix))
        if known is None:
            raise NotMatrixNotation(matrix)
        form = known(matrix)
        return [t for coefficient, entries in form.entry(i, j)
                for t in _scaled(coefficient, self.product(map(self.entry, entries)))]

    def entry(self, entry: Entry) -> list[Term]:
        """A declared entry as products of factors."""
        if entry.matrix is None:
            (i,), (j,) = entry.row, entry.col
            pairs = zip(i, j, strict=True) if isinstance(i, tuple) else [(i, j)]
            return [Term.of(*(delta(*pair) for pair in pairs))]
        return self.segment(entry.matrix, entry.row, entry.col)

    def finished(self, terms: Iterable[Term], free: tuple[Index, ...]) -> list[Monomial]:
        return [Monomial(t.coefficient, t.factors, {k: self.sizes[k] for k in sorted(t.indices)},
                         free).simplified() for t in terms]

    def product(self, lists: Iterable[list[Term]]) -> list[Term]:
        found = [Term(S.One, (), frozenset())]
        for terms in lists:
            found = [a.times(b) for a in found for b in terms]
        return found

    def letter(self, base: Basic, i: Any, j: Any, transposed: Basic,
               power: Expr = S.One, hadamard: Expr = S.One) -> list[Term]:
        """A matrix that is no product or sum, the way round that comes first in order."""
        if j is None:
            if i is None:
                value = c.trace(base)**(power*hadamard)
                return [Term(value, (), frozenset())]
            return [Term.of(Factor(base, (i,), hadamard=hadamard))]
        if i is None:
            return [Term.of(Factor(transposed, (j,), hadamard=hadamard))]
        symmetric = base == transposed
        sign, turned = c.split_scalar(transposed)
        is_other = not isinstance(transposed, Transpose) and sign == 1
        if is_other and order(transposed) < order(base):
            base, i, j = transposed, j, i
        indices = (min(i, j), max(i, j)) if symmetric else (i, j)
        skew = sign == -1 and turned == base
        return [Term.of(Factor(base, indices, power, hadamard, symmetric, skew))]


def _grouped(indices: Iterator[Index], groups: Sequence[Sizes]) -> Indices:
    """The next indices, those of a group of several sizes as a tuple."""
    found = (tuple(islice(indices, len(group))) for group in groups)
    return tuple(group[0] if len(group) == 1 else group for group in found)


@dataclass(frozen=True)
class Term:
    """coefficient·Π factors, and all indices at hand, those of ones included."""

    coefficient: Expr
    factors: tuple[Factor, ...]
    indices: frozenset[Index]

    @classmethod
    def of(cls, *factors: Factor) -> Term:
        return cls(S.One, factors, frozenset(k for f in factors for k in f.indices))

    def times(self, other: Term) -> Term:
        return Term(self.coefficient*other.coefficient, self.factors + other.factors,
                    self.indices | other.indices)


@singledispatch
def terms_of(matrix: Basic, expansion: Expansion, i: Index | None, j: Index | None) -> list[Term]:
    """Any other matrix is a letter, its arguments in normal form where they can be."""
    make = CONSTRUCTORS.get(type(matrix))
    if make is None:
        return expansion.letter(matrix, i, j, c.transpose(matrix))
    made = make(*map(expansion.inner, matrix.args))
    scalar, core = c.split_scalar(made)
    if type(core) is not type(matrix):
        return expansion.terms(made, i, j)
    if isinstance(core, (Vec, Unvec, Vech, Unvech)):
        transposed = c.transpose(core)
    else:
        transposed = make(*(expansion.inner(c.transpose(a)) if is_matrix(a) else a
                            for a in core.args))
    return _scaled(scalar, expansion.letter(core, i, j, transposed))


def _scaled(scalar: Expr, terms: list[Term]) -> list[Term]:
    return [replace(t, coefficient=scalar*t.coefficient) for t in terms]


@terms_of.register(FunctionMatrix)
def terms_of_entries(matrix, expansion, i, j):
    return expansion.letter(_with_own_indices(matrix), i, j,
                            _with_own_indices(c.transpose(matrix)))


def _with_own_indices(matrix: Any) -> Any:
    rows, cols, entries = matrix.args
    indices, body = entries.args
    taken = body.atoms(Dummy) - set(indices)
    row = index_symbol(taken)
    col = index_symbol(taken | {row})
    named = body.xreplace(dict(zip(indices, (row, col), strict=True)))
    return c.new(FunctionMatrix, rows, cols, Lambda((row, col), named))


@terms_of.register(ZeroMatrix)
def terms_of_zero(matrix, expansion, i, j):
    return []


@terms_of.register(MatrixBase)
def terms_of_explicit(matrix, expansion, i, j):
    return [] if matrix.is_zero_matrix else expansion.letter(matrix, i, j, matrix.T)


@terms_of.register(Identity)
def terms_of_identity(matrix, expansion, i, j):
    return [Term.of(delta(i, j)) if i is not None else Term.of()]


@terms_of.register(OneMatrix)
def terms_of_ones(matrix, expansion, i, j):
    return [Term(S.One, (), frozenset({i, j} - {None}))]


@terms_of.register(MatAdd)
def terms_of_sum(matrix, expansion, i, j):
    return [t for a in matrix.args for t in expansion.terms(a, i, j)]


@terms_of.register(Transpose)
def terms_of_transpose(matrix, expansion, i, j):
    arg = matrix.args[0]
    pushed = c.transpose(arg)
    if isinstance(pushed, Transpose):
        return expansion.terms(arg, j, i)
    return expansion.terms(pushed, i, j)


@terms_of.register(MatMul)
def terms_of_product(matrix, expansion, i, j):
    if expansion.pairs and expansion.inner is not None and has_pairs(matrix):
        found = expansion.between(matrix, i, j)
        if found is not None:
            return found
    scalar = expansion.scalar(Mul(*(a for a in matrix.args if not is_matrix(a))))
    matrices = [a for a in matrix.args if is_matrix(a)]
    places = [i, *(expansion.index(shape(a)[0]) for a in matrices[1:]), j]
    ends = list(zip(matrices, places, places[1:], strict=False))
    lists = [expansion.terms(*end) for end in ends]
    if prod(map(len, lists)) > limits.EXPANDED_TERMS:
        lists = [_whole(*end, expansion) if len(terms) > 1 else terms
                 for end, terms in zip(ends, lists, strict=True)]
    summed = frozenset(k for k in places[1:-1] if k is not None)
    return [replace(t, coefficient=scalar*t.coefficient, indices=t.indices | summed)
            for t in expansion.product(lists)]


def _whole(matrix: Basic, i: Index | None, j: Index | None, expansion: Expansion) -> list[Term]:
    """A sum left as it is, where multiplying out would be too long."""
    return expansion.letter(expansion.inner(matrix), i, j, expansion.inner(c.transpose(matrix)))


@terms_of.register(MatPow)
def terms_of_power(matrix, expansion, i, j):
    base, exponent = matrix.args
    scalar, base = c.split_scalar(expansion.inner(base))
    if isinstance(base, DiagMatrix) and exponent.is_integer:
        power = c.diag(c.hadamard_power(base.args[0], exponent))
        return _scaled(scalar**exponent, expansion.terms(power, i, j))
    if exponent.is_Integer and isinstance(base, (MatMul, MatAdd, HadamardProduct)):
        written_out = _written_out(base, int(exponent))
        if written_out is not None:
            return _scaled(scalar**exponent, expansion.terms(written_out, i, j))
    if isinstance(base, (Identity, MatPow, MatrixBase)) or not exponent.is_integer:
        powered = c.power(base, exponent)
        if not isinstance(powered, MatPow) or powered.args[0] != base:
            return _scaled(scalar**exponent, expansion.terms(powered, i, j))
    if scalar != 1 and not exponent.is_integer:
        return expansion.letter(matrix, i, j, c.transpose(matrix))
    return _scaled(scalar**exponent, expansion.letter(
        base, i, j, expansion.inner(c.transpose(base)), power=exponent))


def _written_out(base: Basic, k: int) -> Basic | None:
    """(AB)ᵏ = AB⋯AB and (AB)⁻¹ = B⁻¹A⁻¹ for square factors, unless it is too long."""
    if k < 0:
        if not isinstance(base, MatMul) or not all(same_size(*shape(a)) for a in base.args):
            return None
        return c.power(c.multiply(*(c.inverse(a) for a in reversed(base.args))), S(-k))
    factors = len(base.args) if isinstance(base, MatMul) else 1
    if k > limits.EXPANDED_POWER or k*factors > 4*limits.EXPANDED_POWER \
            or isinstance(base, MatAdd) and len(base.args)**k > limits.EXPANDED_TERMS:
        return None
    return c.new(MatMul, *[base]*k)


@terms_of.register(HadamardProduct)
def terms_of_hadamard(matrix, expansion, i, j):
    lists = [expansion.terms(a, i, j) for a in matrix.args]
    if prod(map(len, lists)) > limits.EXPANDED_TERMS:
        lists = [_whole(a, i, j, expansion) if len(terms) > 1 else terms
                 for a, terms in zip(matrix.args, lists, strict=True)]
    return _ones_along(expansion.product(lists), i, j)


def _ones_along(terms: list[Term], *indices: Index | None) -> list[Term]:
    return [replace(t, indices=t.indices | {k for k in indices if k is not None}) for t in terms]


@terms_of.register(HadamardPower)
def terms_of_hadamard_power(matrix, expansion, i, j):
    base, exponent = matrix.args
    if not is_matrix(base) or is_matrix(exponent):
        return terms_of.dispatch(object)(matrix, expansion, i, j)
    base = expansion.inner(base)
    if exponent.is_Integer and 0 < exponent <= 4:
        return expansion.product([expansion.terms(base, i, j) for _ in range(int(exponent))])
    scalar, core = c.split_scalar(base)
    if scalar != 1 and not exponent.is_integer:
        scalar, core = S.One, base
    return _scaled(scalar**exponent, expansion.letter(
        core, i, j, expansion.inner(c.transpose(core)), hadamard=exponent))


@terms_of.register(DiagMatrix)
def terms_of_diagonal(matrix, expansion, i, j):
    column = matrix.args[0]  # or a row, which SymPy takes as well
    terms = _ones_along(expansion.terms(column, i, None) if is_one(shape(column)[1])
                        else expansion.terms(column, None, i), i, j)
    return [t.times(Term.of(delta(i, j))) for t in terms] if i is not None else terms


@terms_of.register(DiagonalMatrix)
def terms_of_diagonal_part(matrix, expansion, i, j):
    if not same_size(*shape(matrix)) or i is None:
        return expansion.letter(matrix, i, j, c.transpose(matrix))
    terms = _ones_along(expansion.terms(matrix.args[0], i, j), i, j)
    return [t.times(Term.of(delta(i, j))) for t in terms]


@terms_of.register(DiagonalOf)
def terms_of_diagonal_column(matrix, expansion, i, j):
    if not same_size(*shape(matrix.args[0])) or i is None:
        return expansion.letter(matrix, i, j, c.transpose(matrix))
    return _ones_along(expansion.terms(matrix.args[0], i, i), i)


@terms_of.register(KroneckerProduct)
def terms_of_kronecker(matrix, expansion, i, j):
    sums = [a.args if isinstance(a, MatAdd) else (a,) for a in map(expansion.inner, matrix.args)]
    if prod(map(len, sums)) > limits.EXPANDED_TERMS:
        return terms_of.dispatch(object)(matrix, expansion, i, j)
    return [t for factors in product(*sums)
            for t in _kronecker_letter(c.kronecker(*factors), expansion, i, j)]


def _kronecker_letter(made, expansion, i, j) -> list[Term]:
    scalar, core = c.split_scalar(made)
    if not isinstance(core, KroneckerProduct):
        return expansion.terms(made, i, j)
    transposed = c.kronecker(*(expansion.inner(c.transpose(a)) for a in core.args))
    return _scaled(scalar, expansion.letter(core, i, j, transposed))
