"""
Common factors taken out of sums of matrices, Kronecker factors included.

``A*x + A.T*x`` is ``(A + A.T)*x``, ``A⊗I + A'⊗I`` is ``(A + A')⊗I``, and by
``K(A⊗B) = (B⊗A)K`` the derivative of ``X'X``, ``I⊗X' + (X'⊗I)K``, is
``(I + K)(I⊗X')``: every step makes the sum shorter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

from sympy import Add, Expr, Mul, S, Trace, default_sort_key
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
)

from ..core import limits
from ..core.caches import cached
from ..core.registry import construct
from ..core.shapes import Shape, is_one, is_scalar_shape, shape
from ..nodes.vec import Vec
from . import constructors as c
from .commuting import factored_hadamard, factored_powers
from .cost import operations
from .monomial import order
from .numbers import (
    LINEAR,
    common_number,
    linear_arguments,
    place_in_sum,
    scaled,
    with_numbers_placed,
)
from .pairs import merged_pairs, with_commutation_first
from .scalar_factors import addends, goes_into, powers_of
from .segments import has_pairs

__all__ = ["Term", "factored", "factored_sum", "letters_of", "taken_out"]


def factored(matrix: Basic) -> Basic:
    """The matrix with products of Kronecker and vec merged and common factors taken out."""
    return with_numbers_placed(_with_powers_joined(taken_out(matrix)))


def _with_powers_joined(matrix: Basic) -> Any:
    """``A*A`` as a power again, which was taken apart so that it could meet its like."""
    if isinstance(matrix, MatAdd):
        return c.new(MatAdd, *map(_with_powers_joined, matrix.args))
    if not isinstance(matrix, MatMul):
        return matrix
    scalar, core = c.split_scalar(matrix)
    factors = c.with_powers_joined(list(map(_with_powers_joined, c.factors_of(core))))
    return scaled(scalar, *factors)


def factored_sum(total: Add) -> Expr:
    """A sum of scalars with common factors taken out, as those of 1x1 matrices."""
    if len(total.args) > limits.FACTORED_TERMS:
        return total
    scalar, found = _sum([Term(term, ()) for term in total.args], (S.One, S.One))
    return scalar*c.trace(found)


def taken_out(matrix: Basic) -> Basic:
    """Factored, all numbers in front of sums."""
    if not isinstance(matrix, (MatAdd, MatMul)) or len(matrix.args) > limits.FACTORED_TERMS:
        return matrix
    terms = matrix.args if isinstance(matrix, MatAdd) else (matrix,)
    return scaled(*_shortest_sum(map(Term.of, terms), shape(matrix)))


# --- terms ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """scalar·Π word, K as far right as it goes, sums without common factors."""

    scalar: Expr
    word: tuple[Basic, ...]

    @cached_property
    def _hash(self) -> int:
        return hash((self.scalar, self.word))

    def __hash__(self) -> int:  # asked for at each of the steps that are remembered
        return self._hash

    @classmethod
    def of(cls, matrix: Basic, settled: Basic | None = None) -> Term:
        """``settled`` is a sum without common factors, if one of the product's factors is."""
        scalar, letters = letters_in(matrix, settled)
        more, word = merged_pairs(letters)
        return cls(scalar*more, word)

    def variants(self) -> list[tuple[Basic, ...]]:
        """The word, and with K moved to the left of the Kronecker product before it."""
        return [self.word, *with_commutation_first(self.word)]

    def opened(self) -> Iterator[Term]:
        """With a 1x1 product of its scalar behind a column, or before a row, both ways round."""
        if not self.word or not (is_one(shape(self.word[-1])[1]) or is_one(shape(self.word[0])[0])):
            return
        number, powers = powers_of(self.scalar)
        for base, exponent in powers.items():
            if exponent == 1 and isinstance(base, Trace) and is_scalar_shape(shape(base.args[0])):
                more, inner = letters_in(base.args[0])
                scalar = number*more*Mul(*(b**e for b, e in powers.items() if b != base))
                for letters in (inner, [c.transpose(a) for a in reversed(inner)]):
                    column = is_one(shape(self.word[-1])[1])
                    yield Term(scalar, (*self.word, *letters) if column else (*letters, *self.word))


@cached(limits.CACHED_FORMS)
def letters_of(factor: Any) -> tuple[Expr, tuple[Basic, ...]]:
    """A power taken apart so that it can meet its like, a sum with its own factors taken out."""
    if isinstance(factor, MatAdd) and len(factor.args) <= limits.FACTORED_TERMS:
        number, inner = _sum(map(Term.of, factor.args), shape(factor))
        scalar, core = c.split_scalar(inner)
        return number*scalar, c.factors_of(core)
    k = cast(Any, factor.args[1]) if isinstance(factor, MatPow) else S.One
    if k.is_Integer and 1 < abs(k) <= limits.EXPANDED_POWER:
        return S.One, (c.power(factor.args[0], S.One if k > 0 else S.NegativeOne),)*abs(int(k))
    number = S.One
    if type(factor) in LINEAR:
        number, factor = _with_numbers_outside(factor)
    return number, () if isinstance(factor, Identity) else (factor,)


def _with_numbers_outside(factor: Basic) -> tuple[Expr, Basic]:
    """What is linear in its arguments, sums in these with one sign; Hadamard factors in order."""
    number, args = S.One, []
    for arg in factor.args:
        if isinstance(arg, MatAdd) and len(arg.args) <= limits.FACTORED_TERMS:
            of_sum, letters = letters_of(arg)
            number, arg = number*of_sum, c.multiply(*letters)
        args.append(arg)
    if isinstance(factor, HadamardProduct):
        args.sort(key=order)
    scalar, core = c.split_scalar(construct(type(factor), *args))
    return number*scalar, core


# --- what terms can share ---------------------------------------------------------------


@dataclass(frozen=True)
class End:
    """The first or the last factor of a product."""

    factor: Basic
    last: bool
    is_number = False

    @cached(limits.CACHED_TERMS)
    def without(self, term: Term) -> Term | None:
        for word in term.variants():
            for end, rest in _ends(word, self.last):
                if end == self.factor:
                    return replace(term, word=rest)
        for opened in term.opened():
            if opened.word[-1 if self.last else 0] == self.factor:
                return replace(opened, word=opened.word[:-1] if self.last else opened.word[1:])
        return None

    def inside(self, size: Shape) -> Shape:
        rows, cols = shape(self.factor)
        return (size[0], rows) if self.last else (cols, size[1])

    def around(self, matrix: Basic) -> Basic:
        return c.multiply(matrix, self.factor) if self.last else c.multiply(self.factor, matrix)

    def saves(self, holders: list[Term]) -> int:
        return sum(map(self._saves_in, holders)) - operations(self.factor) - 1

    @cached(limits.CACHED_TERMS)
    def _saves_in(self, term: Term) -> int:
        count = operations(self.factor)
        if term.word and term.word[-1 if self.last else 0] == self.factor:
            return count + (len(term.word) > 1)
        rest = self.without(term)
        if rest is None:
            return 0
        if rest.scalar == term.scalar:
            return _operations(term.word) - _operations(rest.word)
        # a scalar is better in front where it costs the same, or one more
        return operations(scaled(term.scalar, *term.word)) - 1 - operations(
            scaled(rest.scalar, *rest.word))

    def order(self) -> tuple:
        return 2, self.last, default_sort_key(self.factor)


def _operations(word: tuple[Basic, ...]) -> int:
    return operations(c.new(MatMul, *word)) if len(word) > 1 else sum(map(operations, word))


@cached(limits.CACHED_TERMS)
def _ends(word: tuple[Basic, ...], last: bool) -> list[tuple[Basic, tuple[Basic, ...]]]:
    """The first or last factor and the others; of ``AC⊗BD`` also ``A⊗B`` or ``C⊗D``."""
    if not word:
        return []
    factor, others = (word[-1], word[:-1]) if last else (word[0], word[1:])
    found = [(factor, others)]
    for end, rest in _parts_of_pairs(factor, last):
        found.append((end, (*others, rest) if last else (rest, *others)))
    return found


def _parts_of_pairs(factor: Basic, last: bool) -> Iterator[tuple[Basic, Basic]]:
    """``vec AXB = (B'⊗A)vec X`` and ``AC⊗BD = (A⊗B)(C⊗D)``"""
    if isinstance(factor, Vec) and not last and isinstance(factor.arg, MatMul):
        number, letters = letters_in(factor.arg)
        if number == 1 and len(letters) > 2:
            yield (c.kronecker(c.transpose(letters[-1]), letters[0]),
                   c.vec(c.multiply(*letters[1:-1])))
    if isinstance(factor, KroneckerProduct):
        numbers, parts = zip(*map(letters_in, factor.args), strict=True)
        if set(numbers) == {S.One} and all(len(part) > 1 for part in parts):
            end = c.kronecker(*(part[-1 if last else 0] for part in parts))
            number, rest = c.split_scalar(c.kronecker(*(
                c.multiply(*(part[:-1] if last else part[1:])) for part in parts)))
            if number == 1 and isinstance(end, KroneckerProduct):
                yield end, rest


def letters_in(product: Basic, settled: Basic | None = None) -> tuple[Expr, list[Basic]]:
    """The letters of all factors but a settled one, with the numbers of sums outside."""
    scalar, core = c.split_scalar(product)
    letters: list[Basic] = []
    for factor in c.factors_of(core):
        number, apart = (S.One, (factor,)) if factor == settled else letters_of(factor)
        scalar *= number
        letters += apart
    return scalar, letters


@dataclass(frozen=True)
class Slot:
    """All of a product but one argument of a factor that is linear in it."""

    before: tuple[Basic, ...]
    kind: type
    left: tuple[Basic, ...]
    size: Shape
    right: tuple[Basic, ...]
    after: tuple[Basic, ...]
    is_number = False

    @cached(limits.CACHED_TERMS)
    def without(self, term: Term) -> Term | None:
        for found, slot in _slots(term):
            if found == self:
                return Term.of(c.scale(term.scalar, slot))
        return None

    def inside(self, size: Shape) -> Shape:
        return self.size

    def around(self, matrix: Basic) -> Basic:
        built = construct(self.kind, *self.left, matrix, *self.right)
        return c.multiply(*self.before, built, *self.after)

    def saves(self, holders: list[Term]) -> int:
        around = self._surroundings()
        unary = not (self.left or self.right)
        return (len(holders) - 1)*(sum(map(operations, around)) + len(around) + unary)

    def order(self) -> tuple:
        return 1, len(self.left), [default_sort_key(m) for m in self._surroundings()]

    def _surroundings(self) -> tuple[Basic, ...]:
        return *self.before, *self.left, *self.right, *self.after


@dataclass(frozen=True)
class Scalar:
    """A scalar factor."""

    factor: Expr

    @property
    def is_number(self) -> bool:
        return self.factor.is_Rational

    @cached(limits.CACHED_TERMS)
    def without(self, term: Term) -> Term | None:
        base, exponent = self.factor.as_base_exp()
        number, powers = powers_of(term.scalar)
        if self.factor.is_Rational:
            return replace(term, scalar=term.scalar/self.factor) if abs(number) == self.factor \
                else None
        held = powers.get(base, S.Zero)
        if held == 0 or not (held == exponent or goes_into(exponent, held)):
            return None
        # taken away and not divided by: a Piecewise may be zero
        others = (b**(held - exponent if b == base else e) for b, e in powers.items())
        return replace(term, scalar=number*Mul(*others))

    def inside(self, size: Shape) -> Shape:
        return size

    def around(self, matrix: Basic) -> Basic:
        return scaled(self.factor, matrix)

    def saves(self, holders: list[Term]) -> int:
        return (len(holders) - 1)*max(operations(self.factor), 1)

    def order(self) -> tuple:
        return 0, 0, default_sort_key(self.factor)

Shared = End | Slot | Scalar


def _slots(term: Term) -> Iterator[tuple[Slot, Basic]]:
    word = term.word
    for k, factor in enumerate(word):
        for left, slot, right in linear_arguments(factor):
            yield Slot(word[:k], type(factor), left, shape(slot), right, word[k + 1:]), slot


@cached(limits.CACHED_TERMS)
def _parts(term: Term) -> tuple[Shared, ...]:
    return tuple(dict.fromkeys(_shareable(term)))


def _shareable(term: Term) -> Iterator[Shared]:
    for word in term.variants():
        for last in (False, True):
            for end, _ in _ends(word, last):
                yield End(end, last)
    for opened in term.opened():
        yield End(opened.word[-1], last=True)
        yield End(opened.word[0], last=False)
    for slot, _ in _slots(term):
        yield slot
    number, powers = powers_of(term.scalar)
    if number.is_Rational and abs(number) != 1:
        yield Scalar(abs(number))
    for base, exponent in powers.items():
        if not (base**exponent).is_number:
            yield Scalar(base**exponent)


# --- sums -------------------------------------------------------------------------------


def _sum(terms: Iterable[Term], size: Shape) -> tuple[Expr, Basic]:
    """``c, M`` with the sum c·M, common factors taken out for as long as there are any."""
    return _factored(tuple(_collected(terms)), size)


@cached(limits.CACHED_TERMS)
def _factored(terms: tuple[Term, ...], size: Shape) -> tuple[Expr, Basic]:
    """Of several factors that could be taken out next, the one that leads furthest."""
    if not terms:
        return S.Zero, c.ZeroMatrix(*size)
    polynomial = factored_powers([(t.scalar, t.word) for t in terms])
    if polynomial is not None:
        return polynomial
    before, after = _common_ends([t.word for t in terms])
    if before or after:
        return _between(before, terms, after, size)
    shared = _most_shared(terms)
    ways = [] if shared else [_written(terms, size)]
    for one in _worth_trying(shared, terms):
        ways.append(_without(terms, size, one))
        if not isinstance(c.split_scalar(ways[-1][1])[1], MatAdd):
            break  # one product, which is as far as it goes
    if all(len(t.word) == 1 for t in terms):
        ways += filter(None, [factored_hadamard([(t.scalar, t.word[0]) for t in terms])])
    return _shorter_way(ways)


def _common_ends(words: Sequence[tuple[Basic, ...]]) -> tuple[int, int]:
    """How many factors all of several products begin with and end with, and none is without."""
    most = min(map(len, words)) - 1 if len(words) > 1 else 0
    before = next((k for k in range(most) if len({w[k] for w in words}) > 1), max(most, 0))
    after = next((k for k in range(most - before) if len({w[-1 - k] for w in words}) > 1),
                 max(most - before, 0))
    return before, after


def _between(before: int, terms: tuple[Term, ...], after: int, size: Shape) -> tuple[Expr, Basic]:
    """The sum, taken out what all terms begin and end with."""
    word = terms[0].word
    first, last = word[:before], word[len(word) - after:]
    inside = [replace(t, word=t.word[before:len(t.word) - after]) for t in terms]
    scalar, inner = _shortest_sum(inside, (shape(first[-1])[1] if first else size[0],
                                           shape(last[0])[0] if last else size[1]))
    return _sum([Term.of(scaled(scalar, c.multiply(*first, inner, *last)), settled=inner)], size)


def _shortest_sum(terms: Iterable[Term], size: Shape) -> tuple[Expr, Basic]:
    """The sum, also of terms that are otherwise written, or with what its sums share apart."""
    return _shortest(tuple(_collected(terms)), size)


@cached(limits.CACHED_TERMS)
def _shortest(terms: tuple[Term, ...], size: Shape) -> tuple[Expr, Basic]:
    best = _shorter_way([_factored(others, size) for others in (terms, *_rewritten(terms))])
    core = c.split_scalar(best[1])[1]
    if isinstance(core, MatAdd):
        found = tuple(map(Term.of, core.args))
        apart = [_sum(others, size) for others in _with_a_sum_apart(found)]
        if apart and _length(again := _shorter_way(apart)) < _length(best):
            return best[0]*again[0], again[1]
    return best


def _shorter_way(ways: Sequence[tuple[Expr, Basic]]) -> tuple[Expr, Basic]:
    """The first of the shortest; a single one needn't be measured, which takes long."""
    return ways[0] if len(ways) == 1 else min(ways, key=_length)


def _length(way: tuple[Expr, Basic]) -> int:
    written = scaled(*way)
    length = operations(written)
    if length > limits.NUMBERS_WEIGHED:
        return length
    return operations(with_numbers_placed(written))


def _rewritten(terms: tuple[Term, ...]) -> Iterator[tuple[Term, ...]]:
    """The terms otherwise: ``(t + 1)S + (t + 2)Q`` by its scalars, ``t(S + Q) + S + 2Q``."""
    if 1 < len(terms) and not _are_scalars(terms):
        apart = tuple(Term(part, t.word) for t in terms for part in addends(t.scalar))
        if len(terms) < len(apart) <= limits.SEARCHED_TERMS:
            yield apart


def _with_a_sum_apart(terms: tuple[Term, ...]) -> Iterator[tuple[Term, ...]]:
    """``Y(S + 4D - C) + X(D - C/4)``: a sum in two parts, of which one is a multiple of another."""
    for one in terms:
        for last in (False, True):
            total = one.word[-1 if last else 0] if len(one.word) > 1 else None
            if not isinstance(total, MatAdd):
                continue
            for k, other in enumerate(terms):
                larger = other.word[-1 if last else 0] if len(other.word) > 1 else None
                if other is one or not isinstance(larger, MatAdd):
                    continue
                parts = _parted(larger, total)
                if parts is not None:
                    number, rest = parts
                    around = other.word[:-1] if last else other.word[1:]
                    words = [(*around, m) if last else (m, *around) for m in (total, rest)]
                    yield (*terms[:k], Term(number*other.scalar, words[0]),
                           Term.of(c.scale(other.scalar, c.multiply(*words[1]))), *terms[k + 1:])


def _parted(larger: MatAdd, total: MatAdd) -> tuple[Expr, Basic] | None:
    """A number and what a sum is more than this multiple of another."""
    if len(larger.args) <= len(total.args):
        return None
    terms = {core: scalar for scalar, core in map(c.split_scalar, larger.args)}
    within = {core: scalar for scalar, core in map(c.split_scalar, total.args)}
    ratios = {terms.get(core, S.Zero)/scalar for core, scalar in within.items()}
    number = ratios.pop()
    if ratios or number == 0 or not number.is_Rational:
        return None
    return number, c.add(*(c.scale(s, m) for m, s in terms.items() if m not in within))


def _worth_trying(shared: list[Shared], terms: Sequence[Term]) -> list[Shared]:
    """What saves most, and if not all terms hold it, the best on each side and of each kind."""
    most = limits.SEARCHED_PAIRS if any(map(has_pairs, terms[0].word)) else limits.SEARCHED_TERMS
    if len(shared) < 2 or len(terms) > most \
            or all(shared[0].without(t) is not None for t in terms):
        return shared[:1]
    kinds = {(type(one), getattr(one, "last", None)): one for one in reversed(shared)}
    return [one for one in shared if one in kinds.values()]


def _without(terms: tuple[Term, ...], size: Shape, shared: Shared) -> tuple[Expr, Basic]:
    remainders = [(t, shared.without(t)) for t in terms]
    held = [r for _, r in remainders if r is not None]
    scalar, inner = _shortest_sum(held, shared.inside(size))
    return _sum([*(t for t, r in remainders if r is None),
                 Term.of(scaled(scalar, shared.around(inner)), settled=inner)], size)


def _written(terms: tuple[Term, ...], size: Shape) -> tuple[Expr, Basic]:
    """In one order and with one sign, so that equal sums are equal factors."""
    summands = [(scaled(S.One, *(t.word or [Identity(size[0])])), t.scalar) for t in terms]
    if len(summands) > 1:
        summands.sort(key=lambda found: place_in_sum(found[0]))
    number = common_number([s for _, s in summands])
    return number, c.add(*(scaled(s/number, m) for m, s in summands), shape=size)


def _are_scalars(terms: Sequence[Term]) -> bool:
    """Whether no term has a matrix, so that their scalars are to be kept apart."""
    return not any(t.word for t in terms)


def _collected(terms: Iterable[Term]) -> list[Term]:
    terms = list(terms)
    if _are_scalars(terms):
        return terms
    alike: dict[tuple, list[Term]] = defaultdict(list)
    for t in terms:
        alike[t.word].append(t)
    added = [same[0] if len(same) == 1 else Term(Add(*(t.scalar for t in same)), word)
             for word, same in alike.items()]
    return [t for t in added if t.scalar != 0]


def _most_shared(terms: Sequence[Term]) -> list[Shared]:
    """What is shared, that first which saves most."""
    if len(terms) < 2:
        return []
    holders: dict[Shared, set[int]] = defaultdict(set)
    for k, term in enumerate(terms):
        for shared in _parts(term):
            holders[shared].add(k)
    for shared, held_by in holders.items():
        if isinstance(shared, Scalar):  # a power goes into higher ones
            held_by.update(k for k, t in enumerate(terms) if shared.without(t) is not None)
    saved = {shared: count for shared, held_by in holders.items() if len(held_by) > 1
             and (count := shared.saves([terms[k] for k in held_by])) > 0}
    # numbers last, which would part what belongs together
    ranks = {one: (one.is_number, -count) for one, count in saved.items()}
    found = []
    for rank in sorted(set(ranks.values())):
        alike = [one for one in saved if ranks[one] == rank]
        found += sorted(alike, key=lambda one: one.order(), reverse=True) if alike[1:] else alike
    return found
