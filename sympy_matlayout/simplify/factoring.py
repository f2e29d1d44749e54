"""
Common factors taken out of sums of matrices, Kronecker factors included.

``A*x + A.T*x`` is ``(A + A.T)*x``, ``A⊗I + A'⊗I`` is ``(A + A')⊗I``, and by
``K(A⊗B) = (B⊗A)K`` the derivative of ``X'X``, ``I⊗X' + (X'⊗I)K``, is
``(I + K)(I⊗X')``: every step makes the sum shorter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import gcd, lcm

from sympy import Add, Expr, Mul, Rational, S, default_sort_key
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
)
from sympy.matrices.expressions.diagonal import DiagonalOf

from ..core import limits
from ..core.caches import cached
from ..core.registry import construct
from ..core.shapes import Shape, shape
from ..nodes.constants import CommutationMatrix
from ..nodes.vec import Unvec, Vec
from ..nodes.vech import Vech
from . import constructors as c
from .cost import operations
from .monomial import order
from .neighbours import commutation_left, neighbours_merged

__all__ = ["factored", "scaled", "taken_out", "with_numbers_placed"]



def factored(matrix: Basic) -> Basic:
    """The matrix with products of Kronecker and vec merged and common factors taken out."""
    return with_numbers_placed(taken_out(matrix))


def taken_out(matrix: Basic) -> Basic:
    """Factored, all numbers in front of sums."""
    if not isinstance(matrix, (MatAdd, MatMul)) or len(matrix.args) > limits.FACTORED_TERMS:
        return matrix
    terms = matrix.args if isinstance(matrix, MatAdd) else (matrix,)
    scalar, found = _sum(map(Term.of, terms), shape(matrix))
    return scaled(scalar, found)


def with_numbers_placed(matrix: Basic) -> Basic:
    """Each number and sign before a product, or inside a sum in it, where that is shorter."""
    if isinstance(matrix, MatAdd):
        return c.new(MatAdd, *map(with_numbers_placed, matrix.args))
    if not isinstance(matrix, MatMul):
        return matrix
    scalar, core = c.split_scalar(matrix)
    number, rest = scalar.as_coeff_Mul()
    factors = list(map(with_numbers_placed, c.factors_of(core)))
    k = next((k for k, f in enumerate(factors) if isinstance(f, MatAdd)), None)
    if k is None or not number.is_Rational or number == 1:
        return scaled(scalar, *factors)
    places = [(number, S.One), (-number, S.NegativeOne), (S.One, number)]
    return min((scaled(outside*rest, *factors[:k], _times(inside, factors[k]), *factors[k + 1:])
                for outside, inside in places), key=operations)


def _times(number: Expr, total: MatAdd) -> MatAdd:
    return c.new(MatAdd, *(c.scale(number, term) for term in total.args))


def scaled(scalar: Expr, *factors: Basic) -> Basic:
    """The product as it stands, a number before a sum as well, which ``multiply`` takes inside."""
    flat = [f for factor in factors for f in c.factors_of(factor)]
    if len(flat) == 1 and not isinstance(flat[0], MatAdd):
        return c.scale(scalar, flat[0])
    if len(flat) == 1 and scalar == 1:
        return flat[0]
    return c.new(MatMul, *([] if scalar == 1 else [scalar]), *flat)


# --- terms ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """scalar·Π word, K as far right as it goes, sums without common factors."""

    scalar: Expr
    word: tuple[Basic, ...]

    @classmethod
    def of(cls, matrix: Basic, settled: Basic | None = None) -> Term:
        """``settled`` is a sum without common factors, if one of the product's factors is."""
        scalar, core = c.split_scalar(matrix)
        letters: list[Basic] = []
        for factor in c.factors_of(core):
            number, apart = (S.One, (factor,)) if factor == settled else _letters(factor)
            scalar *= number
            letters += apart
        more, word = neighbours_merged(letters)
        return cls(scalar*more, word)

    def variants(self) -> list[tuple[Basic, ...]]:
        """The word, and with K moved to the left of the Kronecker product before it."""
        return [self.word, *_turned(self.word)]


@cached(limits.CACHED_FORMS)
def _turned(word: tuple[Basic, ...]) -> list[tuple[Basic, ...]]:
    if len(word) < 2 or not isinstance(word[-1], CommutationMatrix):
        return []
    turned = commutation_left(*word[-2:])
    return [(*word[:-2], *turned)] if turned else []


@cached(limits.CACHED_FORMS)
def _letters(factor: Basic) -> tuple[Expr, tuple[Basic, ...]]:
    """A power taken apart so that it can meet its like, a sum with its own factors taken out."""
    if isinstance(factor, MatAdd) and len(factor.args) <= limits.FACTORED_TERMS:
        number, inner = _sum(map(Term.of, factor.args), shape(factor))
        scalar, core = c.split_scalar(inner)
        return number*scalar, c.factors_of(core)
    k = factor.args[1] if isinstance(factor, MatPow) else S.One
    if k.is_Integer and 1 < abs(k) <= limits.EXPANDED_POWER:
        return S.One, (c.power(factor.args[0], S.One if k > 0 else S.NegativeOne),)*abs(int(k))
    if isinstance(factor, HadamardProduct):
        factor = c.new(HadamardProduct, *sorted(factor.args, key=order))
    return S.One, () if isinstance(factor, Identity) else (factor,)


# --- what terms can share ---------------------------------------------------------------


@dataclass(frozen=True)
class End:
    """The first or the last factor of a product."""

    factor: Basic
    last: bool

    def without(self, term: Term) -> Term | None:
        for word in term.variants():
            if word and word[-1 if self.last else 0] == self.factor:
                return replace(term, word=word[:-1] if self.last else word[1:])
        return None

    def inside(self, size: Shape) -> Shape:
        rows, cols = shape(self.factor)
        return (size[0], rows) if self.last else (cols, size[1])

    def around(self, matrix: Basic) -> Basic:
        return c.multiply(matrix, self.factor) if self.last else c.multiply(self.factor, matrix)

    def saves(self, holders: list[Term]) -> int:
        count = operations(self.factor)
        # a term that is nothing but the factor leaves an identity, and saves no product
        return sum(count + (len(t.word) > 1) for t in holders) - count - 1

    def order(self) -> tuple:
        return 2, self.last, default_sort_key(self.factor)


# Matrices that are linear in an argument, and how to build them.
LINEAR = (KroneckerProduct, HadamardProduct, DiagMatrix, DiagonalOf, Vec, Unvec, Vech)


@dataclass(frozen=True)
class Slot:
    """All of a product but one argument of a factor that is linear in it."""

    before: tuple[Basic, ...]
    kind: type
    left: tuple[Basic, ...]
    size: Shape
    right: tuple[Basic, ...]
    after: tuple[Basic, ...]

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

    def without(self, term: Term) -> Term | None:
        base, exponent = self.factor.as_base_exp()
        powers = term.scalar.as_powers_dict()
        held = S(powers[base])
        if not (held == exponent or _goes_into(exponent, held)):
            return None
        # taken away and not divided by: a Piecewise may be zero
        powers[base] = held - exponent
        return replace(term, scalar=Mul(*(b**e for b, e in powers.items())))

    def inside(self, size: Shape) -> Shape:
        return size

    def around(self, matrix: Basic) -> Basic:
        return c.scale(self.factor, matrix)

    def saves(self, holders: list[Term]) -> int:
        return (len(holders) - 1)*max(operations(self.factor), 1)

    def order(self) -> tuple:
        return 0, 0, default_sort_key(self.factor)


def _goes_into(exponent: Expr, held: Expr) -> bool:
    return (exponent.is_Rational and held.is_Rational
            and exponent*held > 0 and abs(exponent) <= abs(held))


Shared = End | Slot | Scalar


def _slots(term: Term) -> Iterator[tuple[Slot, Basic]]:
    word = term.word
    for k, factor in enumerate(word):
        for left, slot, right in _arguments(factor):
            yield Slot(word[:k], type(factor), left, shape(slot), right, word[k + 1:]), slot


def _arguments(factor: Basic) -> Iterator[tuple[tuple, Basic, tuple]]:
    """Each argument that a factor is linear in, and those before and after it."""
    args = factor.args
    if isinstance(factor, KroneckerProduct):
        for k, slot in enumerate(args):
            yield args[:k], slot, args[k + 1:]
    elif isinstance(factor, HadamardProduct):
        # the factors commute: one of them in the slot, or all but one
        for k, one in enumerate(args):
            others = c.hadamard(*args[:k], *args[k + 1:])
            yield (), one, tuple(args[:k] + args[k + 1:])
            if len(args) > 2:
                yield (), others, (one,)
    elif type(factor) in LINEAR:
        yield (), args[0], args[1:]


def _parts(term: Term) -> Iterator[Shared]:
    for word in term.variants():
        if word:
            yield End(word[0], last=False)
            yield End(word[-1], last=True)
    for slot, _ in _slots(term):
        yield slot
    for base, exponent in term.scalar.as_powers_dict().items():
        if not (base**exponent).is_number:
            yield Scalar(base**exponent)


# --- sums -------------------------------------------------------------------------------


def _sum(terms: Iterable[Term], size: Shape) -> tuple[Expr, Basic]:
    """``c, M`` with the sum c·M, common factors taken out for as long as there are any."""
    terms = _collected(terms)
    while (shared := _most_shared(terms)) is not None:
        remainders = [(t, shared.without(t)) for t in terms]
        scalar, inner = _sum([r for _, r in remainders if r is not None], shared.inside(size))
        terms = _collected([*(t for t, r in remainders if r is None),
                            Term.of(c.scale(scalar, shared.around(inner)), settled=inner)])
    # one order and sign for equal sums, so that they are equal factors
    summands = [(scaled(S.One, *(t.word or [Identity(size[0])])), t.scalar) for t in terms]
    if len(summands) > 1:
        summands.sort(key=lambda found: (not isinstance(found[0], Identity), order(found[0])))
    number = _common_number([s for _, s in summands])
    return number, c.add(*(c.scale(s/number, m) for m, s in summands), shape=size)


def _collected(terms: Iterable[Term]) -> list[Term]:
    scalars: dict[tuple, list[Expr]] = defaultdict(list)
    for t in terms:
        scalars[t.word].append(t.scalar)
    added = [Term(Add(*of_word), word) for word, of_word in scalars.items()]
    return [t for t in added if t.scalar != 0]


def _most_shared(terms: list[Term]) -> Shared | None:
    """What is shared, of several the one that saves most."""
    if len(terms) < 2:
        return None
    holders: dict[Shared, set[int]] = defaultdict(set)
    for k, term in enumerate(terms):
        for shared in _parts(term):
            holders[shared].add(k)
    for shared, held_by in holders.items():
        if isinstance(shared, Scalar):  # a power goes into higher ones
            held_by.update(k for k, t in enumerate(terms) if shared.without(t) is not None)
    saved = {shared: shared.saves([terms[k] for k in held_by])
             for shared, held_by in holders.items() if len(held_by) > 1}
    most = max(saved.values(), default=0)
    best = [shared for shared, count in saved.items() if count == most > 0]
    return best[0] if len(best) == 1 else max(best, key=lambda shared: shared.order(), default=None)


def _common_number(scalars: list[Expr]) -> Expr:
    """The number to stand before the sum: what divides all, with the sign of the first."""
    numbers = [s.as_coeff_Mul()[0] for s in scalars]
    if not numbers or not all(x.is_Rational for x in numbers):
        return S.One
    sign = S.NegativeOne if numbers[0] < 0 else S.One
    return sign*Rational(gcd(*(x.p for x in numbers)), lcm(*(x.q for x in numbers)))
