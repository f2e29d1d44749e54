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
from functools import lru_cache
from math import gcd

from sympy import Add, Expr, S, default_sort_key
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
)

from ..expressions.constants import CommutationMatrix
from ..expressions.shape import Shape, shape
from . import constructors as c
from .monomial import order
from .neighbours import commutation_left, neighbours_merged

__all__ = ["factored"]

# Sums with more terms than this stay as they are, powers up to this are taken apart.
MOST_TERMS = 64
MOST_FACTORS = 16


def factored(matrix: Basic) -> Basic:
    """The matrix with products of Kronecker and vec merged and common factors taken out."""
    if not isinstance(matrix, (MatAdd, MatMul)) or len(matrix.args) > MOST_TERMS:
        return matrix
    terms = matrix.args if isinstance(matrix, MatAdd) else (matrix,)
    scalar, found = _sum(map(Term.of, terms), shape(matrix))
    found = c.scale(scalar, found)
    same = isinstance(found, MatAdd) and set(found.args) == set(matrix.args)
    return matrix if same else found  # not for another order of the terms


# --- terms ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """scalar·Π word, K as far right as it goes."""

    scalar: Expr
    word: tuple[Basic, ...]

    @classmethod
    def of(cls, matrix: Basic) -> Term:
        scalar, core = c.split_scalar(matrix)
        letters: list[Basic] = []
        for factor in core.args if isinstance(core, MatMul) else (core,):
            number, apart = _letters(factor)
            scalar *= number
            letters += apart
        more, word = neighbours_merged(letters)
        return cls(scalar*more, word)

    def variants(self) -> list[tuple[Basic, ...]]:
        """The word, and with K moved to the left of the Kronecker product before it."""
        return [self.word, *_turned(self.word)]


@lru_cache(maxsize=1 << 10)
def _turned(word: tuple[Basic, ...]) -> list[tuple[Basic, ...]]:
    if len(word) < 2 or not isinstance(word[-1], CommutationMatrix):
        return []
    turned = commutation_left(*word[-2:])
    return [(*word[:-2], *turned)] if turned else []


def _letters(factor: Basic) -> tuple[Expr, list[Basic]]:
    """A power taken apart so that it can meet its like, a sum with its own factors taken out."""
    if isinstance(factor, MatAdd) and len(factor.args) <= MOST_TERMS:
        number, inner = _sum(map(Term.of, factor.args), shape(factor))
        scalar, core = c.split_scalar(inner)
        return number*scalar, list(core.args) if isinstance(core, MatMul) else [core]
    k = factor.args[1] if isinstance(factor, MatPow) else S.One
    if k.is_Integer and 1 < abs(k) <= MOST_FACTORS:
        return S.One, [c.power(factor.args[0], S.One if k > 0 else S.NegativeOne)]*abs(int(k))
    return S.One, [] if isinstance(factor, Identity) else [factor]


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

    def weight(self) -> int:
        return _nodes(self.factor)

    def order(self) -> tuple:
        return 2, self.last, default_sort_key(self.factor)


@dataclass(frozen=True)
class Slot:
    """All of a product but one factor of a Kronecker product in it."""

    before: tuple[Basic, ...]
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
        return c.multiply(*self.before, c.kronecker(*self.left, matrix, *self.right), *self.after)

    def weight(self) -> int:
        return 1 + sum(map(_nodes, self._surroundings()))

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
        held = S(term.scalar.as_powers_dict()[base])
        if not (held == exponent or _goes_into(exponent, held)):
            return None
        return replace(term, scalar=term.scalar/self.factor)

    def inside(self, size: Shape) -> Shape:
        return size

    def around(self, matrix: Basic) -> Basic:
        return c.scale(self.factor, matrix)

    def weight(self) -> int:
        return 1

    def order(self) -> tuple:
        return 0, 0, default_sort_key(self.factor)


def _goes_into(exponent: Expr, held: Expr) -> bool:
    return (exponent.is_Rational and held.is_Rational
            and exponent*held > 0 and abs(exponent) <= abs(held))


Shared = End | Slot | Scalar


def _slots(term: Term) -> Iterator[tuple[Slot, Basic]]:
    word = term.word
    for k, factor in enumerate(word):
        if isinstance(factor, KroneckerProduct):
            for s, slot in enumerate(factor.args):
                yield Slot(word[:k], factor.args[:s], shape(slot), factor.args[s + 1:],
                           word[k + 1:]), slot


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


@lru_cache(maxsize=1 << 12)
def _nodes(matrix: Basic) -> int:
    return 1 + sum(map(_nodes, matrix.args))


# --- sums -------------------------------------------------------------------------------


def _sum(terms: Iterable[Term], size: Shape) -> tuple[Expr, Basic]:
    """``c, M`` with the sum c·M, common factors taken out for as long as there are any."""
    terms = _collected(terms)
    while (shared := _most_shared(terms)) is not None:
        remainders = [(t, shared.without(t)) for t in terms]
        scalar, inner = _sum([r for _, r in remainders if r is not None], shared.inside(size))
        terms = _collected([*(t for t, r in remainders if r is None),
                            Term.of(c.scale(scalar, shared.around(inner)))])
    scalar = _common_number([t.scalar for t in terms])
    summands = [(c.multiply(*(t.word or [Identity(size[0])])), t.scalar/scalar) for t in terms]
    # one order for equal sums, so that they are equal factors
    summands.sort(key=lambda found: (not isinstance(found[0], Identity), order(found[0])))
    return scalar, c.add(*(c.scale(s, m) for m, s in summands), shape=size)


def _collected(terms: Iterable[Term]) -> list[Term]:
    scalars: dict[tuple, list[Expr]] = defaultdict(list)
    for t in terms:
        scalars[t.word].append(t.scalar)
    added = [Term(Add(*of_word), word) for word, of_word in scalars.items()]
    return [t for t in added if t.scalar != 0]


def _most_shared(terms: list[Term]) -> Shared | None:
    """What is shared, of several the one that saves most."""
    holders: dict[Shared, set[int]] = defaultdict(set)
    for k, term in enumerate(terms):
        for shared in _parts(term):
            holders[shared].add(k)
    for shared, held_by in holders.items():
        if isinstance(shared, Scalar):  # a power goes into higher ones
            held_by.update(k for k, t in enumerate(terms) if shared.without(t) is not None)
    saved = {shared: (len(held_by) - 1)*shared.weight()
             for shared, held_by in holders.items() if len(held_by) > 1}
    return max(saved, key=lambda shared: (saved[shared], *shared.order()), default=None)


def _common_number(scalars: list[Expr]) -> Expr:
    """The number to stand before the sum: a common divisor, and the sign if all have it."""
    numbers = [s.as_coeff_Mul()[0] for s in scalars]
    if not all(x.is_Rational for x in numbers) or not numbers:
        return S.One
    sign = S.NegativeOne if all(x < 0 for x in numbers) else S.One
    if len(set(map(abs, numbers))) == 1:
        return sign*abs(numbers[0])
    return sign*(gcd(*map(int, numbers)) if all(x.is_Integer for x in numbers) else 1)
