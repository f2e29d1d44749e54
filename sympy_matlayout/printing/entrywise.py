"""
A function of the entries of a matrix, written as the function of the matrix.

``Lambda(z, 1 - tanh(z)**2).(A*x)`` is ``1 - tanh.(A*x).**2``.  The dots say that a function or
an operation is meant for every entry, and nothing can be mistaken for a function of the matrix
itself.  What is written is the body of the function, the matrix in the place of its letter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sympy import (
    Add,
    Derivative,
    Function,
    Mul,
    Piecewise,
    Pow,
    Rational,
    S,
    Subs,
    Symbol,
    exp,
    true,
)
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.functions.elementary.miscellaneous import MinMaxBase
from sympy.logic.boolalg import BooleanFunction
from sympy.printing.precedence import PRECEDENCE

__all__ = ["InALine", "Notation", "Piece", "fraction_of", "is_negative", "level_of", "name_of",
           "written"]

SUM, PRODUCT, POWER, ATOM = (PRECEDENCE[name] for name in ("Add", "Mul", "Pow", "Atom"))


@dataclass(frozen=True)
class Piece:
    """What is written of a part, and how tightly it holds together."""

    form: Any  # text, or a prettyForm
    level: int = ATOM


class Notation(ABC):
    """How sums, products and functions of entries are written on paper or in a line."""

    def __init__(self, printer: Any, argument: Piece) -> None:
        self.printer, self.argument = printer, argument

    def scalar(self, expr: Any) -> Piece:
        return Piece(self.printer._print(expr), level_of(expr))

    def terms(self, total: Add) -> Iterable[Any]:
        return self.printer._as_ordered_terms(total)

    def within(self, piece: Piece, level: int) -> Any:
        """The part where something of a level holds it, in parentheses unless it is tighter."""
        return piece.form if piece.level > level else self.in_parentheses(piece.form)

    @abstractmethod
    def in_parentheses(self, form: Any) -> Any: ...
    @abstractmethod
    def sum(self, terms: Sequence[tuple[bool, Piece]]) -> Piece: ...
    @abstractmethod
    def product(self, scalar: Piece | None, factors: Sequence[Piece]) -> Piece: ...
    @abstractmethod
    def quotient(self, above: Piece, below: Piece, by_entries: bool) -> Piece: ...
    @abstractmethod
    def negative(self, piece: Piece) -> Piece: ...
    @abstractmethod
    def power(self, base: Piece, exponent: Piece, called: bool) -> Piece: ...
    @abstractmethod
    def call(self, function: Any, args: Sequence[Piece], primes: int = 0) -> Piece: ...
    @abstractmethod
    def cases(self, cases: Sequence[tuple[Piece, Piece | None]]) -> Piece: ...
    @abstractmethod
    def relation(self, relation: Any, left: Piece, right: Piece) -> Piece: ...
    @abstractmethod
    def other(self, expr: Any, z: Symbol) -> Piece: ...


class InALine(Notation):
    """What is text: parentheses, sums and signs."""

    parentheses = "(", ")"
    minus = "-"  # in front of a sum

    def in_parentheses(self, form: str) -> str:
        return form.join(self.parentheses)

    def sum(self, terms: Sequence[tuple[bool, Piece]]) -> Piece:
        found = ""
        for minus, piece in terms:
            sign = (" - " if minus else " + ") if found else self.minus*minus
            found += sign + (self.within(piece, SUM) if minus else piece.form)
        return Piece(found, SUM)

    def negative(self, piece: Piece) -> Piece:
        return Piece(self.minus + self.within(piece, SUM), SUM)


def written(expr: Any, z: Symbol, into: Notation) -> Piece:
    """The body of a function of ``z``, with the notation's argument in its place."""
    if expr == z:
        return into.argument
    if not expr.has(z):
        return into.scalar(expr)
    if isinstance(expr, Add):
        terms = [(minus, written(-t if minus else t, z, into))
                 for t in into.terms(expr) for minus in [is_negative(t)]]
        terms.sort(key=lambda term: term[0])  # what is subtracted comes last
        return into.sum(terms)
    if isinstance(expr, (Mul, Pow)):
        return _product(expr, z, into)
    if (slope := _open_slope(expr)) is not None:
        h, point, order = slope
        return into.call(h, [written(point, z, into)], order)
    if isinstance(expr, Piecewise):
        return into.cases([(written(e, z, into), None if c == true else written(c, z, into))
                           for e, c in cast(Any, expr.args)])
    if isinstance(expr, Relational):
        return into.relation(expr, *(written(a, z, into) for a in expr.args))
    if isinstance(expr, (Function, MinMaxBase)) and not isinstance(expr, BooleanFunction):
        return into.call(expr, [written(a, z, into) for a in expr.args])
    return into.other(expr, z)


def _product(expr: Any, z: Symbol, into: Notation) -> Piece:
    if is_negative(expr):
        return into.negative(written(-expr, z, into))
    above, below = fraction_of(expr)
    outer, inner = ([f for f in above if f.has(z) == inside] for inside in (False, True))
    under, within = ([f for f in below if f.has(z) == inside] for inside in (False, True))
    number = into.scalar(Mul(*outer)) if outer else None
    top = _factors(number, inner, z, into) if inner or not within else number
    if not below:
        assert top is not None
        return top
    bottom = _factors(into.scalar(Mul(*under)) if under else None, within, z, into)
    return into.quotient(top or into.scalar(S.One), bottom, bool(within))


def _factors(number: Piece | None, factors: Sequence[Any], z: Symbol, into: Notation) -> Piece:
    pieces = [_factor(f, z, into) for f in factors]
    if number is not None and not pieces:
        return number
    return pieces[0] if number is None and len(pieces) == 1 else into.product(number, pieces)


def _factor(factor: Any, z: Symbol, into: Notation) -> Piece:
    if not isinstance(factor, Pow) or isinstance(factor, exp):
        return written(factor, z, into)
    base, exponent = factor.args
    if exponent == S.Half:
        return into.call("sqrt", [written(base, z, into)])
    return into.power(written(base, z, into), written(exponent, z, into),
                      isinstance(base, Function))


def fraction_of(product: Any) -> tuple[list[Any], list[Any]]:
    """The factors above and below the bar of a fraction, without evaluating anything."""
    above, below = [], []
    for factor in Mul.make_args(product):
        if isinstance(factor, Rational) and factor.q != 1:
            above += [S(factor.p)] if factor.p != 1 else []
            below.append(S(factor.q))
        elif isinstance(factor, Pow) and not isinstance(factor, exp) \
                and is_negative(factor.exp):
            exponent = -factor.exp
            below.append(factor.base if exponent == 1
                         else Pow(factor.base, exponent, evaluate=False))
        elif factor != 1:
            above.append(factor)
    return above, below


def is_negative(term: Any) -> bool:
    """Whether a number in front is negative."""
    return bool(term.as_coeff_Mul()[0].is_extended_negative)


def _open_slope(expr: Any) -> tuple[Any, Any, int] | None:
    """Of a derivative ``h'`` of a function left open: ``h``, the point, and how many primes."""
    slope, point = expr, None
    if isinstance(expr, Subs) and len(cast(Any, expr.variables)) == 1:
        slope, point = cast(Any, expr.expr), cast(Any, expr.point)[0]
    if not isinstance(slope, Derivative) or not isinstance(slope.expr, AppliedUndef):
        return None
    h, counts = slope.expr, cast(Any, slope.variable_count)
    if len(counts) != 1 or h.args != (counts[0][0],) or not counts[0][1].is_Integer \
            or point is not None and cast(Any, expr.variables)[0] != counts[0][0]:
        return None
    return h, counts[0][0] if point is None else point, int(counts[0][1])


def name_of(function: Any) -> str:
    """The name of a function, or of what is applied as one."""
    if isinstance(function, str):
        return function
    return getattr(function.func, "__name__", str(function.func))


def level_of(body: Any) -> int:
    """How tightly the written body of a function holds together."""
    if isinstance(body, Add) or isinstance(body, Mul) and is_negative(body):
        return SUM
    if isinstance(body, Pow) and not isinstance(body, exp):
        return POWER if not is_negative(body.exp) and body.exp != S.Half else PRODUCT
    if isinstance(body, Relational):
        return PRECEDENCE["Relational"]
    return PRODUCT if isinstance(body, Mul) else ATOM
