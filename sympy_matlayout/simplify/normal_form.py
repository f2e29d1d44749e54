"""
Expressions as sums of monomials, and back: equal expressions, equal forms.

Sums are multiplied out, transposes stand at the leaves, scalars in front.
What is no product, trace, Hadamard product or diagonal (inverses of sums,
Kronecker products, functions) is a letter of its own, with its argument in
normal form.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import singledispatch
from itertools import islice, product
from math import prod

from sympy import Add, Determinant, Dummy, Expr, Lambda, Mul, Pow, S, Trace
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
from ..core.caches import cached
from ..core.registry import constructor_of
from ..core.shapes import is_matrix, is_one, same_size, shape
from ..nodes.constants import CommutationMatrix, DiagonalEmbedding
from ..nodes.vec import Unvec, Vec
from ..nodes.vech import Unvech, Vech
from . import constructors as c
from .applied_functions import applied
from .arrangement import arranged
from .contraction import NotMatrixNotation
from .monomial import DELTA, Factor, Index, Monomial, order
from .segments import Segment, aligned, segments_of
from .words import has_pairs, plain_words, words

__all__ = ["Expansion", "Term", "delta", "normal_form"]


# Nodes that take their argument in normal form.
CONSTRUCTORS = {ElementwiseApplyFunction: applied,
                **{kind: constructor_of(kind) for kind in (Vec, Unvec, Vech, Unvech)}}


# What is being brought into normal form.  x'K**k*x of a skew K is (-1)**k times itself, and so on.
_in_progress: ContextVar[frozenset[Basic]] = ContextVar("in progress", default=frozenset())


@cached(limits.CACHED_FORMS)
def normal_form(expr: Basic) -> Basic:
    """The expression as a sum of monomials in one form; scalars as polynomials of these."""
    token = _in_progress.set(_in_progress.get() | {expr})
    try:
        for _ in range(limits.ROUNDS):  # writing a monomial may merge factors that then go on
            before, expr = expr, _once(expr)
            if expr == before:
                break
    finally:
        _in_progress.reset(token)
    return expr


def _once(expr: Basic) -> Basic:
    if is_matrix(expr):
        return _matrix(expr)
    return _scalar(expr) if _holds_matrices(expr) else expr


@cached(limits.CACHED_FORMS)
def _holds_matrices(expr: Basic) -> bool:
    return is_matrix(expr) or any(map(_holds_matrices, expr.args))


def _binds(expr: Basic) -> bool:
    return bool(getattr(expr, "bound_symbols", None))


# --- scalars ----------------------------------------------------------------------------


def _scalar(expr: Expr) -> Expr:
    if isinstance(expr, Trace):
        return _multiplied_out(_trace(expr.args[0]))
    if isinstance(expr, Determinant):
        return _determinant(normal_form(expr.args[0]))
    if _binds(expr) or not expr.args:
        return expr
    if not isinstance(expr, (Add, Mul, Pow)) and any(map(is_matrix, expr.args)):
        return expr
    busy = _in_progress.get()
    found = c.evaluated(expr, [a if a in busy else normal_form(a) for a in expr.args])
    return _multiplied_out(found) if isinstance(found, Expr) else found


def _determinant(matrix: Basic) -> Expr:
    """|cAB| = cⁿ|A||B| and |Aᵏ| = |A|ᵏ for square factors, |A'| = |A|"""
    scalar, core = c.split_scalar(matrix)
    if scalar != 1:
        return scalar**shape(core)[0]*_determinant(core)
    if isinstance(core, MatMul) and all(same_size(*shape(a)) for a in core.args):
        return Mul(*map(_determinant, core.args))
    if isinstance(core, MatPow) and core.args[1].is_integer:
        return _determinant(core.args[0])**core.args[1]
    if isinstance(core, Transpose):
        core = core.args[0]
    sign, turned = c.split_scalar(normal_form(c.transpose(core)))
    return c.determinant(min(core, turned, key=order) if sign == 1 else core)


def _multiplied_out(expr: Expr) -> Expr:
    """Products over sums; SymPy's own expand would take denominators apart as well."""
    if isinstance(expr, Add):
        return Add(*map(_multiplied_out, expr.args))
    factors: list[Expr] = []
    for factor in Mul.make_args(expr):
        base, exponent = factor.as_base_exp()
        repeated = isinstance(base, Add) and exponent.is_Integer \
            and 0 < exponent <= limits.EXPANDED_POWER
        factors.extend([base]*int(exponent) if repeated else [factor])
    sums = [f.args if isinstance(f, Add) else (f,) for f in factors]
    if max(map(len, sums)) == 1 or prod(map(len, sums)) > limits.EXPANDED_TERMS:
        return expr
    return Add(*(Mul(*term) for term in product(*sums)))


# --- matrices ---------------------------------------------------------------------------


def _trace(matrix: Basic) -> Expr:
    if has_pairs(matrix):
        with suppress(NotMatrixNotation):
            return Add(*(scalar*m.written() for scalar, word in words(matrix, normal_form)
                         for m in Expansion().closed(word)))
    expansion = Expansion(pairs=False)
    i = expansion.index(shape(matrix)[0])
    return Add(*(m.written() for m in expansion.monomials(matrix, i, i, ())))


def _matrix(expr: Basic) -> Basic:
    collected: dict[Basic, list[Expr]] = {}
    for term in _summands(expr):
        scalar, core = c.split_scalar(term)
        collected.setdefault(core, []).append(scalar)
    terms = [c.scale(normal_form(Add(*scalars)), core) for core, scalars in collected.items()]
    terms.sort(key=lambda t: order(c.split_scalar(t)[1]))
    return c.add(*terms, shape=shape(expr))


def _summands(expr: Basic) -> list[Basic]:
    """The matrix as a sum of monomials, each as a matrix again."""
    if (plain := plain_words(expr)) is not None:
        return plain
    if isinstance(expr, MatAdd):
        return [m for term in expr.args for m in _summands(term)]
    if not has_pairs(expr):
        return _flat_summands(expr, pairs=False)
    found = []
    for scalar, word in words(expr, normal_form):
        scalar = normal_form(scalar)
        try:
            written = Expansion().open(word)
        except NotMatrixNotation:
            written = _flat_summands(c.multiply(*word), pairs=False)
        found.extend(c.scale(scalar, m) for m in written)
    return found


def _flat_summands(expr: Basic, pairs: bool) -> list[Basic]:
    expansion = Expansion(pairs)
    i, j = map(expansion.index, shape(expr))
    free = tuple(k for k in (i, j) if k is not None)
    return [_shaped(m, i, j) for m in expansion.monomials(expr, i, j, free)]


def _shaped(monomial: Monomial, i: Index | None, j: Index | None) -> Basic:
    found = monomial.written()
    if i is None and j is None:
        return c.scale(found, Identity(S.One))
    return c.transpose(found) if i is None else found


class Expansion:
    """
    An expression on its way into monomials, with the indices in use.

    ``pairs`` says whether rows of Kronecker products and vecs are taken as
    pairs of indices; without it these are letters.
    """

    def __init__(self, pairs: bool = True) -> None:
        self.sizes: dict[Index, Expr] = {}
        self.pairs = pairs

    def index(self, size: Expr) -> Index | None:
        """A new index, none for a size of one."""
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
        return _terms(matrix, self, i, j)

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
        for scalar, word in words(matrix, normal_form):
            segments = aligned(list(map(segments_of, word)), *sizes)
            if segments is None:
                return None
            found += _scaled(normal_form(scalar), self.word(segments, *ends))
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
                i, j = tuple(islice(at, len(s.rows))), tuple(islice(to, len(s.cols)))
                lists.append(self.segment(s.matrix, i, j))
        if prod(map(len, lists)) > limits.EXPANDED_TERMS:
            raise NotMatrixNotation(word)
        return _ones_along(self.product(lists), *rows, *cols, *(k for ks in inner for k in ks))

    def segment(self, matrix: Basic, i: tuple[Index, ...], j: tuple[Index, ...]) -> list[Term]:
        if len(i) <= 1 and len(j) <= 1:
            return self.terms(matrix, *(k[0] if k else None for k in (i, j)))
        if isinstance(matrix, Transpose):
            return self.segment(matrix.args[0], j, i)
        if isinstance(matrix, CommutationMatrix):
            return [Term.of(*map(delta, i, j[::-1]))]
        if isinstance(matrix, DiagonalEmbedding):
            return [Term.of(delta(*i), delta(i[1], *j))]
        if isinstance(matrix, DiagMatrix):
            links = Term.of(*map(delta, i, j))
            return [t.times(links) for t in self.segment(matrix.args[0], i, ())]
        return self.terms(matrix.args[0], i[1], i[0])  # a vec

    def finished(self, terms: Iterable[Term], free: tuple[Index, ...]) -> list[Monomial]:
        return [Monomial(t.coefficient, t.factors, {k: self.sizes[k] for k in sorted(t.indices)},
                         free).simplified() for t in terms]

    def product(self, lists: Iterable[list[Term]]) -> list[Term]:
        found = [Term(S.One, (), frozenset())]
        for terms in lists:
            found = [a.times(b) for a in found for b in terms]
        return found

    def letter(self, base: Basic, i: Index | None, j: Index | None, transposed: Basic,
               power: Expr = S.One, hadamard: Expr = S.One) -> list[Term]:
        """A matrix that is no product or sum, the way round that comes first in order."""
        if i is None and j is None:
            value = c.trace(base)**(power*hadamard)
            return [Term(value, (), frozenset())]
        if i is None or j is None:
            index, column = (i, base) if j is None else (j, transposed)
            return [Term.of(Factor(column, (index,), hadamard=hadamard))]
        symmetric = base == transposed
        sign, turned = c.split_scalar(transposed)
        is_other = not isinstance(transposed, Transpose) and sign == 1
        if is_other and order(transposed) < order(base):
            base, i, j = transposed, j, i
        indices = (min(i, j), max(i, j)) if symmetric else (i, j)
        skew = sign == -1 and turned == base
        return [Term.of(Factor(base, indices, power, hadamard, symmetric, skew))]


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
def _terms(matrix: Basic, expansion: Expansion, i: Index | None, j: Index | None) -> list[Term]:
    """Any other matrix is a letter, its arguments in normal form where they can be."""
    make = CONSTRUCTORS.get(type(matrix))
    if make is None:
        return expansion.letter(matrix, i, j, c.transpose(matrix))
    made = make(*map(normal_form, matrix.args))
    scalar, core = c.split_scalar(made)
    if type(core) is not type(matrix):
        return expansion.terms(made, i, j)
    if isinstance(core, (Vec, Unvec, Vech, Unvech)):
        transposed = c.transpose(core)
    else:
        transposed = make(*(normal_form(c.transpose(a)) if is_matrix(a) else a
                            for a in core.args))
    return _scaled(scalar, expansion.letter(core, i, j, transposed))


def _scaled(scalar: Expr, terms: list[Term]) -> list[Term]:
    return [replace(t, coefficient=scalar*t.coefficient) for t in terms]


@_terms.register(FunctionMatrix)
def _function_matrix(matrix, expansion, i, j):
    return expansion.letter(_with_own_indices(matrix), i, j,
                            _with_own_indices(c.transpose(matrix)))


def _with_own_indices(matrix: FunctionMatrix) -> FunctionMatrix:
    rows, cols, entries = matrix.args
    indices, body = entries.args
    taken = body.atoms(Dummy) - set(indices)
    row = index_symbol(taken)
    col = index_symbol(taken | {row})
    named = body.xreplace(dict(zip(indices, (row, col), strict=True)))
    return c.new(FunctionMatrix, rows, cols, Lambda((row, col), named))


@_terms.register(ZeroMatrix)
def _zero(matrix, expansion, i, j):
    return []


@_terms.register(MatrixBase)
def _explicit(matrix, expansion, i, j):
    return [] if matrix.is_zero_matrix else expansion.letter(matrix, i, j, matrix.T)


@_terms.register(Identity)
def _identity(matrix, expansion, i, j):
    return [Term.of(delta(i, j)) if i is not None else Term.of()]


def delta(i: Index, j: Index) -> Factor:
    """1 where the indices agree."""
    return Factor(DELTA, (min(i, j), max(i, j)), symmetric=True)


@_terms.register(OneMatrix)
def _ones(matrix, expansion, i, j):
    return [Term(S.One, (), frozenset({i, j} - {None}))]


@_terms.register(MatAdd)
def _sum(matrix, expansion, i, j):
    return [t for a in matrix.args for t in expansion.terms(a, i, j)]


@_terms.register(Transpose)
def _transposed(matrix, expansion, i, j):
    arg = matrix.args[0]
    pushed = c.transpose(arg)
    if isinstance(pushed, Transpose):
        return expansion.terms(arg, j, i)
    return expansion.terms(pushed, i, j)


@_terms.register(MatMul)
def _product(matrix, expansion, i, j):
    if expansion.pairs and has_pairs(matrix):
        found = expansion.between(matrix, i, j)
        if found is not None:
            return found
    scalar = normal_form(Mul(*(a for a in matrix.args if not is_matrix(a))))
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
    return expansion.letter(normal_form(matrix), i, j, normal_form(c.transpose(matrix)))


@_terms.register(MatPow)
def _power(matrix, expansion, i, j):
    base, exponent = matrix.args
    scalar, base = c.split_scalar(normal_form(base))
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
        base, i, j, normal_form(c.transpose(base)), power=exponent))


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


@_terms.register(HadamardProduct)
def _hadamard(matrix, expansion, i, j):
    lists = [expansion.terms(a, i, j) for a in matrix.args]
    if prod(map(len, lists)) > limits.EXPANDED_TERMS:
        lists = [_whole(a, i, j, expansion) if len(terms) > 1 else terms
                 for a, terms in zip(matrix.args, lists, strict=True)]
    return _ones_along(expansion.product(lists), i, j)


def _ones_along(terms: list[Term], *indices: Index | None) -> list[Term]:
    return [replace(t, indices=t.indices | {k for k in indices if k is not None}) for t in terms]


@_terms.register(HadamardPower)
def _hadamard_power(matrix, expansion, i, j):
    base, exponent = matrix.args
    if not is_matrix(base) or is_matrix(exponent):
        return _terms.dispatch(object)(matrix, expansion, i, j)
    base = normal_form(base)
    if exponent.is_Integer and 0 < exponent <= 4:
        return expansion.product([expansion.terms(base, i, j) for _ in range(int(exponent))])
    scalar, core = c.split_scalar(base)
    if scalar != 1 and not exponent.is_integer:
        scalar, core = S.One, base
    return _scaled(scalar**exponent, expansion.letter(
        core, i, j, normal_form(c.transpose(core)), hadamard=exponent))


@_terms.register(DiagMatrix)
def _diag(matrix, expansion, i, j):
    column = matrix.args[0]  # or a row, which SymPy takes as well
    terms = _ones_along(expansion.terms(column, i, None) if is_one(shape(column)[1])
                        else expansion.terms(column, None, i), i, j)
    return [t.times(Term.of(delta(i, j))) for t in terms] if i is not None else terms


@_terms.register(DiagonalMatrix)
def _diagonal_matrix(matrix, expansion, i, j):
    if not same_size(*shape(matrix)) or i is None:
        return expansion.letter(matrix, i, j, c.transpose(matrix))
    terms = _ones_along(expansion.terms(matrix.args[0], i, j), i, j)
    return [t.times(Term.of(delta(i, j))) for t in terms]


@_terms.register(DiagonalOf)
def _diagonal_of(matrix, expansion, i, j):
    if not same_size(*shape(matrix.args[0])) or i is None:
        return expansion.letter(matrix, i, j, c.transpose(matrix))
    return _ones_along(expansion.terms(matrix.args[0], i, i), i)


@_terms.register(KroneckerProduct)
def _kronecker(matrix, expansion, i, j):
    sums = [a.args if isinstance(a, MatAdd) else (a,) for a in map(normal_form, matrix.args)]
    if prod(map(len, sums)) > limits.EXPANDED_TERMS:
        return _terms.dispatch(object)(matrix, expansion, i, j)
    return [t for factors in product(*sums)
            for t in _kronecker_letter(c.kronecker(*factors), expansion, i, j)]


def _kronecker_letter(made, expansion, i, j) -> list[Term]:
    scalar, core = c.split_scalar(made)
    if not isinstance(core, KroneckerProduct):
        return expansion.terms(made, i, j)
    transposed = c.kronecker(*(normal_form(c.transpose(a)) for a in core.args))
    return _scaled(scalar, expansion.letter(core, i, j, transposed))
