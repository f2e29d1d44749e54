"""Scalar sums, those of traces above all, in the shorter of two equal forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from sympy import Add, Expr, Function, Mul, Piecewise, Pow, S, Trace
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions import MatAdd, MatMul

from ..core import limits
from ..core.bound_symbols import bound_symbol
from ..core.shapes import Shape, is_matrix, is_one, is_scalar_shape, shape
from ..nodes.realness import is_complex
from ..nodes.written_sum import WrittenScalar
from . import constructors as c
from .commuting import factored_scalar, factored_traces
from .cost import operations
from .factoring import factored_sum, letters_of, taken_out
from .monomial import holds_matrices, order, oriented, turns
from .numbers import multiples_of_sums, scaled, shortest_place, with_numbers_placed
from .phases import with_real_parts
from .scalar_factors import primitive_sum
from .scalar_forms import short_form
from .scalar_products import shorter_product

__all__ = ["merged_scalar", "one_trace", "placed", "simplified_scalar", "with_scalars_placed"]


def simplified_scalar(expr: Any) -> Expr:
    """A sum with its traces merged and factors taken out, a product by its own rules."""
    if isinstance(expr, Add):
        expr = with_cases_joined(expr)
    found = merged_scalar(expr) if isinstance(expr, Add) else shorter_product(expr)
    found = with_real_parts(placed(_shortened(found)))
    paired = with_real_parts(expr)
    return found if paired is expr else min(simplified_scalar(paired), found, key=operations)


def with_cases_joined(total: Expr) -> Expr:
    """The terms that have the same cases as one with the sum in each."""
    cases: dict[tuple, list[Any]] = defaultdict(list)
    others = []
    for term in Add.make_args(total):
        pieces: list[Any] = [f for f in Mul.make_args(term) if isinstance(f, Piecewise)]
        conditions = tuple(case for _, case in pieces[0].args) if len(pieces) == 1 else ()
        (cases[conditions] if conditions else others).append(term)
    if not any(len(terms) > 1 for terms in cases.values()):
        return total
    return Add(*others, *(_joined(conditions, terms) for conditions, terms in cases.items()))


def _joined(conditions: tuple, terms: Sequence[Any]) -> Expr:
    if len(terms) == 1:
        return terms[0]
    values: Any = [S.Zero]*len(conditions)
    for term in terms:
        cases: Any = next(f for f in Mul.make_args(term) if isinstance(f, Piecewise))
        values = [total + term.xreplace({cases: value})
                  for total, (value, _) in zip(values, cases.args, strict=True)]
    return Piecewise(*zip(values, conditions, strict=True))


def _shortened(expr: Expr) -> Expr:
    """As a function of its traces and other scalars of matrices in the shortest form."""
    letters: dict[Basic, Expr] = {}
    entry = _in_symbols(expr, letters)
    found = short_form(entry)
    if found == entry:
        return expr
    return c.substituted(found, {symbol: letter for letter, symbol in letters.items()})


def _in_symbols(expr: Any, letters: dict[Basic, Expr]) -> Any:
    """With a symbol for each scalar of matrices; sums are opened unless they are differences."""
    if not holds_matrices(expr):
        return expr
    if isinstance(expr, WrittenScalar) and not any(
            t.as_coeff_Mul()[0].is_negative for t in expr.args[0].args):
        expr = expr.args[0]
    if isinstance(expr, (Add, Mul, Pow, Function)) and not isinstance(expr, AppliedUndef) \
            and all(isinstance(a, Expr) and not is_matrix(a) for a in expr.args):
        return expr.func(*(_in_symbols(a, letters) for a in expr.args))
    if expr not in letters:
        kind = {"complex": True} if is_complex(expr) else {"real": True}
        if expr.is_positive:
            kind = {"real": True, "positive": True}
        letters[expr] = bound_symbol(f"x{len(letters)}", **kind)
    return letters[expr]


def merged_scalar(expr: Expr) -> Expr:
    """A sum with its traces merged and factors taken out, numbers and signs outside."""
    if not isinstance(expr, Add):
        return expr
    merged = _with_traces_merged(expr)
    if not holds_matrices(merged):
        return merged  # what holds no matrix is left to SymPy
    ways = [merged, _with_traces_added(expr)]
    if isinstance(merged, Add):
        ways += [factored_sum(merged), factored_scalar(merged)]
    ways += factored_traces(expr)
    return min(ways, key=operations)


def placed(expr: Expr) -> Expr:
    """The number and sign of each product before it or inside one of its sums."""
    if not isinstance(expr, (Add, Mul, Trace)) or not holds_matrices(expr):
        return expr
    if isinstance(expr, Add):
        return Add(*map(placed, expr.args))
    if isinstance(expr, Trace):
        return one_trace(S.One, expr.args[0])
    number, factors = S.One, []
    for factor in Mul.make_args(expr):
        of_sum, primitive = (factor, S.One) if factor.is_Rational else primitive_sum(factor)
        number *= of_sum
        factors.append(primitive)
    if not any(isinstance(f, Trace) or number != 1 and isinstance(f, Add) for f in factors):
        return expr  # SymPy can't put all products together again
    places = [number*Mul(*factors)]
    for k, factor in enumerate(factors):
        others = Mul(*factors[:k], *factors[k + 1:])
        for outside, inside in {(S.One, number), (-number, S.NegativeOne)}:
            if isinstance(factor, Trace):
                places.append(outside*others*one_trace(inside, factor.args[0]))
            if isinstance(factor, Add):
                places.append(outside*others*Add(*(placed(inside*t) for t in factor.args)))
    return shortest_place(places)


def with_scalars_placed(matrix: Basic) -> Basic:
    """Numbers that came to the scalars of a product inside these where that is shorter."""
    if isinstance(matrix, MatAdd):
        return c.new(MatAdd, *map(with_scalars_placed, matrix.args))
    if not isinstance(matrix, MatMul):
        return matrix
    scalar, core = c.split_scalar(matrix)
    factors = list(map(with_scalars_placed, c.factors_of(core)))
    places = [scaled(placed(scalar), *factors), *_with_numbers_exchanged(scalar, factors)]
    if len(places) > 1:
        least = min(map(operations, places))
        places = [min((place for place in places if operations(place) == least), key=order)]
    places += _with_inverses_scaled(scalar, factors)
    return shortest_place(places) if len(places) > 1 else places[0]


def _with_numbers_exchanged(scalar: Expr, factors: list[Any]) -> Iterator[Basic]:
    """``tr(A - B/2)*(2*C + D)`` as ``tr(2*A - B)*(C + D/2)``: signs and numbers of sums in both."""
    if not any(isinstance(f, Add) or isinstance(f, Trace) and isinstance(f.args[0], MatAdd)
               for f in Mul.make_args(scalar)):
        return
    for k, factor in enumerate(factors):
        for number, other in multiples_of_sums(factor):
            yield scaled(placed(scalar/number), *factors[:k], other, *factors[k + 1:])


def _with_inverses_scaled(scalar: Expr, factors: list[Any]) -> Iterator[Basic]:
    """``(A/s + B)⁻¹/s`` as ``(A + s*B)⁻¹``, for what the scalar and the sum have in them"""
    if holds_matrices(scalar):
        return  # SymPy can't put all products together again
    for k, factor in enumerate(factors):
        total, exponent = c.base_and_exponent(factor)
        if exponent != -1 or not isinstance(total, MatAdd):
            continue
        for one in {f for part in (scalar, *(c.split_scalar(t)[0] for t in total.args))
                    for f in Mul.make_args(part) if f != 1}:
            for by in (one, 1/one):
                inside = c.add(*(c.scale(by, t) for t in total.args))
                yield scaled(placed(scalar*by), *factors[:k], c.inverse(inside), *factors[k + 1:])


def _with_traces_merged(total: Add) -> Expr:
    """Traces that differ in one factor are one: ``tr(AXB) + tr(AYB) = tr(A(X + Y)B)``."""
    terms = list(map(_with_its_sign_outside, total.args))
    while len(terms) <= limits.FACTORED_TERMS and (found := _most_alike(terms)) is not None:
        place, members = found
        of_one = c.add(*(c.scale(number, letter) for _, number, letter in members.values()))
        number, letter = c.split_scalar(taken_out(of_one))
        gone = set(members)
        terms = [t for k, t in enumerate(terms) if k not in gone]
        sign, word = c.split_scalar(c.multiply(letter, *place.context))
        terms.append(number*sign*place.factor*oriented(c.new(Trace, word)))
    return Add(*terms)


def _with_traces_added(total: Add) -> Expr:
    """All traces of matrices of one size as one: ``tr A + 2 tr B = tr(A + 2B)``"""
    others: list[Expr] = []
    words: dict[Shape, list[Basic]] = defaultdict(list)
    for term in total.args:
        number, trace = term.as_coeff_Mul()
        if not isinstance(trace, Trace) or is_scalar_shape(shape(trace.args[0])):
            others.append(term)
            continue
        ((_, word),) = [found for found in _with_a_hole(trace.args[0]) if not found[0]][:1] \
            or [((), trace.args[0])]
        words[shape(word)].append(c.scale(number, word))
    for found in words.values():
        number, word = c.split_scalar(taken_out(c.add(*found)))
        others.append(number*c.new(Trace, word))
    return Add(*others)


def _with_its_sign_outside(term: Expr) -> Expr:
    """A trace of products of sums, each sum without a number and with one sign."""
    number, rest = term.as_coeff_Mul()
    for trace in Mul.make_args(rest):
        if isinstance(trace, Trace):
            scalars, words = zip(*map(letters_of, c.factors_of(trace.args[0])), strict=True)
            word = [f for factors in words for f in factors]
            if any(scalar != 1 for scalar in scalars) and word:
                rest = rest/trace*Mul(*scalars)*oriented(c.new(Trace, c.multiply(*word)))
    return number*rest


def one_trace(number: Expr, word: Basic) -> Expr:
    """A number times a trace, the sign inside where that is shorter."""
    number, core = c.split_scalar(with_numbers_placed(scaled(number, word)))
    return number*oriented(c.new(Trace, core))


@dataclass(frozen=True)
class Place:
    """A scalar factor, and the factors under a trace but for one, in cyclic order."""

    factor: Expr
    context: tuple[Basic, ...]
    size: Shape

    def saves(self) -> int:
        is_trace = not is_scalar_shape(self.size) and not any(
            is_one(shape(a)[0]) for a in self.context)
        return (operations(self.factor) + (self.factor != 1) + sum(map(operations, self.context))
                + len(self.context) + is_trace)

    def order(self) -> tuple:
        return order(self.factor), tuple(map(order, self.context))


def _most_alike(terms: list[Expr]) -> tuple[Place, dict] | None:
    """Terms that differ in one factor of a trace, those whose merging saves most."""
    alike: dict[Place, dict[int, tuple]] = defaultdict(dict)
    for k, term in enumerate(terms):
        number, rest = term.as_coeff_Mul()
        factors = Mul.make_args(rest)
        for j, trace in enumerate(factors):
            if isinstance(trace, Trace):
                factor = Mul(*factors[:j], *factors[j + 1:])
                for context, letter in _with_a_hole(trace.args[0]):
                    place = Place(factor, context, shape(letter))
                    alike[place].setdefault(k, (k, number, letter))
    saved = {place: (len(members) - 1)*place.saves() for place, members in alike.items()}
    most = max(saved.values(), default=0)
    best = [place for place, count in saved.items() if count == most > 0]
    if not best:
        return None
    place = min(best, key=Place.order)
    return place, alike[place]


def _with_a_hole(word: Basic) -> Iterator[tuple[tuple[Basic, ...], Basic]]:
    """All under a trace, or a factor and those after it up to those before it, one way."""
    factors = c.factors_of(word)
    whole: dict[Shape, list[Basic]] = defaultdict(list)
    for turn in (*turns(factors), *turns([c.transpose(f) for f in reversed(factors)])):
        whole[shape(turn)].append(turn)
    for size, turned in whole.items():
        if not is_scalar_shape(size):
            yield (), min(turned, key=order)
    around = (*factors, *factors)
    for k, length in product(range(len(factors)), range(1, len(factors))):
        context, letter = around[k + length:k + len(factors)], c.multiply(*around[k:k + length])
        back = tuple(c.transpose(f) for f in reversed(context))
        ways = [(context, letter), (back, c.transpose(letter))]
        yield min(ways, key=lambda way: (tuple(map(order, way[0])), order(way[1])))
