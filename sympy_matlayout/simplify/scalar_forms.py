"""Scalar products and quotients in the shorter of two equal forms; all variables are real."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Abs, Add, Determinant, Expr, Mul, Pow, S, Trace, exp, sign
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatAdd

from ..core import limits
from ..core.shapes import Shape, is_one, is_scalar_shape, shape
from ..nodes.realness import complex_symbols
from . import constructors as c
from .cost import nodes, operations
from .factoring import scaled, taken_out, with_numbers_placed
from .monomial import order, oriented

__all__ = ["one_trace", "simplified_scalar"]


def simplified_scalar(expr: Expr) -> Expr:
    """A product or sum by the rules below."""
    if isinstance(expr, Add):
        return _with_traces_merged(expr)
    if not isinstance(expr, (Mul, Pow)):
        return expr
    for rule in (_sign_and_absolute_value, _as_one_product, _exponential_into_sum):
        expr = rule(expr)
    return expr


def _powers(product: Expr) -> dict[Expr, Expr]:
    return dict((f, S.One) if isinstance(f, exp) else f.as_base_exp()
                for f in Mul.make_args(product))


def _sign_and_absolute_value(product: Expr) -> Expr:
    """``sign(a)|a| = a`` and ``|a|² = a²``; where a is zero, 1/|a| has no value either way."""
    powers = _powers(product)
    for base in [b for b in powers if isinstance(b, Abs)]:
        a, k = base.args[0], powers[base]
        odd = powers.get(sign(a), S.Zero)
        if complex_symbols(a):
            continue
        if k.is_Integer and odd.is_Integer and odd >= 0 and (k + odd) % 2 == 0:
            gone = sign(a)**odd*base**k
            product = product/gone*a**k
    return product


def _as_one_product(product: Expr) -> Expr:
    """``|A||B| = |AB|`` for matrices of one size, and ``a²b² = (ab)²`` for 1x1 matrices"""
    groups: dict[tuple, list[Basic]] = defaultdict(list)
    for base, exponent in _powers(product).items():
        if isinstance(base, Determinant) or exponent != 1 and _is_entry(base):
            groups[type(base), shape(base.args[0])[0], exponent].append(base)
    for (kind, _, exponent), found in groups.items():
        if len(found) > 1:
            factors = sorted((one.args[0] for one in found), key=order)
            together = c.new(kind, c.multiply(*factors))**exponent
            product = product/Mul(*found)**exponent*together
    return product


def _is_entry(expr: Basic) -> bool:
    return isinstance(expr, Trace) and is_scalar_shape(shape(expr.args[0]))


def _exponential_into_sum(product: Expr) -> Expr:
    """``eᵃ/(1 + eᵃ) = 1/(1 + e⁻ᵃ)``, where that is shorter"""
    powers = _powers(product)
    for base, k in powers.items():
        for exponential in [b for b in powers if isinstance(b, exp)]:
            if isinstance(base, Add) and k.is_Integer and k < 0:
                inside = Add(*(term*exp(exponential.args[0]/k) for term in base.args))
                shorter = product/exponential/base**k*inside**k
                if (operations(shorter), nodes(shorter)) < (operations(product), nodes(product)):
                    return shorter
    return product


# --- sums -------------------------------------------------------------------------------


def _with_traces_merged(total: Add) -> Expr:
    """Traces that differ in one factor are one: ``tr(AXB) + tr(AYB) = tr(A(X + Y)B)``."""
    terms = list(total.args)
    while len(terms) <= limits.FACTORED_TERMS and (found := _most_alike(terms)) is not None:
        place, members = found
        of_one = c.add(*(c.scale(number, letter) for _, number, letter in members.values()))
        number, letter = c.split_scalar(taken_out(of_one))
        gone = set(members)
        terms = [t for k, t in enumerate(terms) if k not in gone]
        sign, word = c.split_scalar(c.multiply(letter, *place.context))
        terms.append(number*sign*place.factor*oriented(c.new(Trace, word)))
    return Add(*map(_with_its_sign_inside, terms))


def _with_its_sign_inside(term: Expr) -> Expr:
    number, rest = term.as_coeff_Mul()
    for trace in Mul.make_args(rest):
        if isinstance(trace, Trace) and any(
                isinstance(f, MatAdd) for f in c.factors_of(trace.args[0])):
            return rest/trace*one_trace(number, trace.args[0])
    return term


def one_trace(number: Expr, word: Basic) -> Expr:
    """A number times a trace, the sign inside where that is shorter."""
    number, core = c.split_scalar(with_numbers_placed(scaled(number, word)))
    if isinstance(core, MatAdd):
        return number*c.trace(core)
    return number*oriented(c.new(Trace, core))


@dataclass(frozen=True)
class Place:
    """A scalar factor, and the factors under a trace but for one, in cyclic order."""

    factor: Expr
    context: tuple[Basic, ...]
    size: Shape

    def saves(self) -> int:
        is_trace = not any(is_one(shape(a)[0]) for a in self.context)
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
    """Each factor under a trace, and those after it up to those before it, turned one way."""
    factors = c.factors_of(word)
    for k, letter in enumerate(factors):
        context = factors[k + 1:] + factors[:k]
        if not context:  # tr(A) + tr(B) stays, since SymPy's own fail on tr(2A + B)
            continue
        back = tuple(c.transpose(f) for f in reversed(context))
        ways = [(context, letter), (back, c.transpose(letter))]
        yield min(ways, key=lambda way: (tuple(map(order, way[0])), order(way[1])))
