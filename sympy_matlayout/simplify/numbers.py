"""Numbers and signs in a product, where they cost least."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice, product
from math import gcd, lcm, prod
from typing import Any

from sympy import Add, Expr, Mul, Rational, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
)
from sympy.matrices.expressions.diagonal import DiagonalOf

from ..core import limits
from ..core.caches import cached
from ..core.registry import construct
from ..core.shapes import is_matrix
from ..nodes.frechet_derivatives import FrechetDerivative
from ..nodes.vec import Unvec, Vec
from ..nodes.vech import Vech
from . import constructors as c
from .cost import operations
from .monomial import order

__all__ = ["LINEAR", "common_number", "is_negative", "linear_arguments", "multiples_of_sums",
           "place_in_sum", "primitive", "scaled", "shortest_place", "with_numbers_placed"]

# Matrices that are linear in an argument, and how to build them.
LINEAR = (KroneckerProduct, HadamardProduct, DiagMatrix, DiagonalOf, Vec, Unvec, Vech)


@cached(limits.CACHED_TERMS)
def with_numbers_placed(matrix: Basic) -> Basic:
    """Each number and sign before a product, or inside a sum in it, where that is shorter."""
    if isinstance(matrix, MatAdd):
        return _with_numbers_shared(_sum(map(with_numbers_placed, matrix.args)))
    if not isinstance(matrix, (MatMul, *LINEAR)):
        return matrix
    scalar, core = c.split_scalar(matrix)
    if scalar == 0:  # what stood before it has cancelled
        return c.scale(scalar, core)
    number, rest = scalar.as_coeff_Mul()
    factors: tuple[Any, ...] = ()
    for factor in c.factors_of(core):
        of_sums, factor = _with_primitive_sums(
            factor if isinstance(factor, LINEAR) else with_numbers_placed(factor))
        number, factors = number*of_sums, (*factors, factor)
    scalar = number*rest
    places = [scaled(scalar, *factors)]
    if number.is_Rational:
        sums = [(k, *found) for k, factor in enumerate(factors) for found in _sums_in(factor)]
        for k, total, inside in sums:
            for m in {number, *_multipliers(total)} - {S.One}:
                taken_in = inside(_multiplied(m, total))
                places.append(scaled(number/m*rest, *factors[:k], taken_in, *factors[k + 1:]))
        if len(sums) > 1:
            totals = [(k, total) for k, total, _ in sums]
            places += [scaled(number/prod(ms)*rest, *_with_sums(factors, totals, ms))
                       for ms in _cheapest(number, [total for _, total in totals])]
    return shortest_place(places, _hidden_signs)


def _with_numbers_shared(total: Basic) -> Basic:
    """``A + B/2 + C/2`` as ``A + (B + C)/2``"""
    held: dict[Expr, list[Basic]] = defaultdict(list)
    for term in total.args:
        number = abs(c.split_scalar(term)[0].as_coeff_Mul()[0])
        if number.is_Rational and number != 1:
            held[number].append(term)
    for number, terms in held.items():
        if len(terms) > 1:
            others = [t for t in total.args if t not in terms]
            ways = [total, *(_sum([scaled(q, _sum(c.scale(1/q, t) for t in terms)), *others])
                             for q in (number, -number) if others)]
            total = shortest_place(ways, _negative_terms)
    return total


def _negative_terms(total: Basic) -> int:
    return sum(map(is_negative, total.args))


def shortest_place(places: Sequence[Any], awkward: Callable[[Basic], int] = lambda _: 0) -> Any:
    """Of several ways to write one expression the shortest, the first of equals."""
    counts = list(map(operations, places))
    alike = [place for place, count in zip(places, counts, strict=True) if count == min(counts)]
    if len(alike) == 1 or alike[0] is places[0] and not awkward(places[0]):
        return alike[0]
    return min(alike, key=lambda place: (awkward(place), place is not places[0], order(place)))


@cached(limits.CACHED_TERMS)
def _hidden_signs(matrix: Basic) -> int:
    """The terms of sums that print as ``(-s)*M``, no difference to a reader, or as ``-A - B``."""
    hidden = isinstance(matrix, MatAdd) and all(map(is_negative, matrix.args)) + sum(
        isinstance(t, MatMul) and isinstance(t.args[0], Mul)
        and bool(t.args[0].args[0].is_negative) for t in matrix.args)
    return hidden + sum(_hidden_signs(a) for a in matrix.args if is_matrix(a))


def _sums_in(factor: Basic) -> Iterator[tuple[MatAdd, Callable[[Basic], Basic]]]:
    """The sums in a product that a number can be moved into, and how to put others there."""
    if isinstance(factor, MatAdd):
        yield factor, lambda total: total
    if isinstance(factor, MatMul):
        for k, inner in enumerate(factor.args):
            for total, inside in _sums_in(inner) if is_matrix(inner) else ():
                yield total, partial(_put, inside, MatMul, factor.args[:k], factor.args[k + 1:])
    if isinstance(factor, HadamardProduct):
        slots = [(factor.args[:k], a, factor.args[k + 1:]) for k, a in enumerate(factor.args)]
    elif isinstance(factor, FrechetDerivative):  # linear in its direction
        slots = [(factor.args[:-1], factor.args[-1], ())]
    else:
        slots = linear_arguments(factor)
    for left, slot, right in slots:
        for total, inside in _sums_in(slot):
            yield total, partial(_put, inside, type(factor), left, right)


def multiples_of_sums(factor: Basic) -> Iterator[tuple[Expr, Basic]]:
    """The numbers that a sum in it may be multiplied by, each with what it is then."""
    for total, inside in _sums_in(factor):
        for number in sorted({*_multipliers(total), S.NegativeOne} - {S.One}):
            yield number, inside(_multiplied(number, total))


def _cheapest(number: Expr, totals: Sequence[MatAdd]) -> list[tuple[Expr, ...]]:
    """What to multiply sums by so that they and the number left are shortest together."""
    counts: dict[tuple[Expr, ...], int] = {}
    each = [[S.One, *sorted(_multipliers(total) - {S.One})] for total in totals]
    for ms in islice(product(*each), limits.PLACES_OF_NUMBERS):
        left = number/prod(ms)
        # as they are, or with the number left in one of them
        for given in (ms, *((*ms[:k], m*left, *ms[k + 1:]) for k, m in enumerate(ms))):
            if given not in counts:
                counts[given] = (number != prod(given)) + sum(
                    operations(_multiplied(m, total))
                    for m, total in zip(given, totals, strict=True))
    least = min(counts.values())
    return [ms for ms, count in counts.items() if count == least]


def _with_sums(factors: Sequence[Basic], totals: Sequence[tuple[int, MatAdd]],
               by: Sequence[Expr]) -> list[Basic]:
    """Factors with sums in them multiplied by numbers."""
    found = list(factors)
    for (k, total), m in zip(totals, by, strict=True):
        if m != 1:
            found[k] = next((inside(_multiplied(m, total)) for other, inside in _sums_in(found[k])
                             if other == total))
    return found


def _with_primitive_sums(factor: Basic) -> tuple[Expr, Basic]:
    """A number, and the factor with its sums without theirs; with its sign, if it is a sum."""
    if isinstance(factor, MatAdd):
        return primitive(factor)
    number = S.One
    for _ in range(limits.ROUNDS):
        for total, inside in _sums_in(factor):
            of_sum, core = primitive(total)
            if abs(of_sum) != 1:
                sign = of_sum/abs(of_sum)
                number, factor = number*abs(of_sum), inside(_multiplied(sign, core))  # type: ignore[arg-type]
                break
        else:
            break
    return number, factor


def _put(inside: Callable[[Basic], Basic], kind: type, left: tuple, right: tuple,
         total: Basic) -> Basic:
    args = (*left, inside(total), *right)
    return c.new(MatMul, *args) if kind is MatMul else construct(kind, *args)


@cached(limits.CACHED_TERMS)
def _multiplied(number: Expr, total: MatAdd) -> Basic:
    return _with_numbers_shared(_sum(with_numbers_placed(c.scale(number, t)) for t in total.args))


def _sum(terms: Iterable[Basic]) -> Basic:
    """The sum of terms as they are written, but for sums among them, in order."""
    flat = [s for t in terms for s in (t.args if isinstance(t, MatAdd) else (t,))]
    return c.new(MatAdd, *sorted(flat, key=place_in_sum))


def place_in_sum(term: Basic) -> tuple[Any, ...]:
    """Identities first, then by what stands behind the scalar."""
    _, core = c.split_scalar(term)
    return not isinstance(core, Identity), order(core)


def common_number(scalars: list[Any]) -> Expr:
    """The number to stand before the sum: what divides all, with the sign of the first."""
    numbers = list(map(_number, scalars))
    if not numbers or not all(x.is_Rational for x in numbers):
        return S.One
    sign = S.NegativeOne if numbers[0] < 0 else S.One
    return sign*Rational(gcd(*(x.p for x in numbers)), lcm(*(x.q for x in numbers)))


def _number(scalar: Any) -> Any:
    """The number in a scalar, that of ``2*s + 2`` included."""
    number, rest = scalar.as_coeff_Mul()
    return number*prod(abs(common_number(list(f.args)))
                       for f in Mul.make_args(rest) if isinstance(f, Add))


def primitive(total: MatAdd) -> tuple[Expr, Basic]:
    """A number and sign, and the sum without these, in one order."""
    terms = sorted(map(c.split_scalar, total.args), key=lambda term: place_in_sum(term[1]))
    number = common_number([scalar for scalar, _ in terms])
    return number, c.new(MatAdd, *(c.scale(scalar/number, core) for scalar, core in terms))


def is_negative(term: Basic) -> bool:
    """Whether a negative number stands before a term."""
    return bool(c.split_scalar(term)[0].as_coeff_Mul()[0].is_negative)


def _multipliers(total: MatAdd) -> set[Expr]:
    """What makes the number before one of the terms 1 or -1."""
    numbers = {abs(_number(c.split_scalar(term)[0])) for term in total.args}
    return {sign/number for number in numbers if number.is_Rational
            for sign in (S.One, S.NegativeOne)}


def scaled(scalar: Expr, *factors: Basic) -> Basic:
    """The product as it stands, a number before a sum as well, which ``multiply`` takes inside."""
    flat = [f for factor in factors for f in c.factors_of(factor)]
    if len(flat) == 1 and not isinstance(flat[0], MatAdd):
        return c.scale(scalar, flat[0])
    if len(flat) == 1 and scalar == 1:
        return flat[0]
    return c.new(MatMul, *([] if scalar == 1 else [scalar]), *flat)


def linear_arguments(factor: Basic) -> Iterator[tuple[tuple, Basic, tuple]]:
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
