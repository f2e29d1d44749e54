"""The usual slips: what would make a wrong claim right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import mpmath
from mpmath import mp, mpf
from sympy import Expr, Rational
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSymbol

from ..core import limits
from ..core.shapes import is_matrix, same_size, shape
from ..nodes.structured import facts_about
from ..nodes.traversal import operands
from ..numeric.types import NumericMatrix, Value
from ..simplify import constructors as c
from ..simplify.construction import built
from ..structures.variable import Variable
from .arrangements import Place
from .comparison import Comparison

__all__ = ["NO_VALUE", "slips"]

NO_VALUE = "the claim has no finite value where the function has one"
SIGNIFICANT = mpf(10)**-15  # of the largest entry
EXACT = mpf(10)**-18


def slips(points: list[Comparison], variable: Variable) -> Iterator[str]:
    """The usual slips, as far as one of them explains the deviation."""
    first = points[0]
    alike = [place for place in first.wanted if all(p.has_shape(place) for p in points)]
    if any(p.found is None for p in points):
        yield NO_VALUE
        return
    if first.claim == 0 and all(p.is_zero(place) for p in points for place in p.wanted):
        yield f"the zero of another shape is right, ZeroMatrix{variable.shape} for one"
        return
    factor = next((f for place in alike if (f := _factor(points, place)) is not None), None)
    if factor is not None:
        yield "the sign is wrong" if factor == -1 else f"right up to the factor {factor}"
    if not alike or not is_matrix(first.claim):
        return
    found = list(_about_constants(points, variable))
    yield from found
    if same_size(*shape(first.claim)) and _hold(
            points, lambda p: _sum(p.found, _transposed(p.found))):
        yield "its transpose is missing as a second term"
    if factor is None and not any("in place of" in remark for remark in found):
        yield from islice(_with_one_transpose(points), 1)


def _about_constants(points: list[Comparison], variable: Variable) -> Iterator[str]:
    for A in _square_constants(points[0], variable):
        turned = points[0].claim.xreplace({A: c.transpose(A)})
        if _hold(points, lambda p, e=turned: p.value(e)):
            yield f"right with {A}.T in place of {A}"
        elif _hold(points, lambda p, e=turned: _sum(p.found, p.value(e))):
            yield f"the term with {A}.T in place of {A} is missing"
        elif _hold([p.where_symmetric(A) for p in points], lambda p: p.found):
            yield f"right if {A} is symmetric"


def _sum(left: Value | None, right: Value | None) -> Value | None:
    return None if left is None or right is None else left + right


def _transposed(M: NumericMatrix | None) -> NumericMatrix | None:
    return None if M is None else M.T


def _with_one_transpose(points: list[Comparison]) -> Iterator[str]:
    for turned in islice(_turned_once(points[0].claim), limits.TRANSPOSED_PLACES):
        if _hold(points, lambda p, e=turned: p.value(e)):
            yield f"a transpose is missing or too many, right is {turned}"


def _turned_once(expr: Basic) -> Iterator[Basic]:
    """The expression with one square symbol transposed, for each place where one stands."""
    if isinstance(expr, MatrixSymbol) and same_size(*shape(expr)) and not facts_about(expr):
        yield c.transpose(expr)
    inside = operands(expr)
    for k, arg in enumerate(expr.args):
        if arg in inside:
            for turned in _turned_once(arg):
                yield built(expr, [*expr.args[:k], turned, *expr.args[k + 1:]])


def _square_constants(point: Comparison, variable: Variable) -> list[Basic]:
    return sorted((a for a in point.claim.atoms(MatrixSymbol)
                   if same_size(*shape(a)) and a != variable.base and not facts_about(a)),
                  key=str)


def _hold(points: list[Comparison], value: Callable[[Comparison], Value | None]) -> bool:
    return any(all(p.holds(place, value(p)) for p in points) for place in points[0].wanted)


def _factor(points: list[Comparison], place: Place) -> Expr | None:
    """The number the claim has too much, if it is one."""
    ratios = []
    for p in points:
        true, claimed = p.wanted[place].numbers, p.read(place, p.found)
        least = SIGNIFICANT*max(map(abs, true.values()))
        if claimed is None or any(abs(claimed[k]) > least for k in true if abs(true[k]) <= least):
            return None
        ratios += [claimed[k]/true[k] for k in true if abs(true[k]) > least]
    if not ratios or ratios[0] == 0 or any(abs(r/ratios[0] - 1) > EXACT for r in ratios):
        return None
    if abs(ratios[0] - 1) < EXACT:
        return None  # the deviation is in the digits after these
    ratio: Any = Rational(mpmath.nstr(mp.re(ratios[0]), 20))
    simple = ratio.limit_denominator(1000)
    return simple if abs(mpf(simple.p)/simple.q - ratios[0]) < EXACT*abs(ratios[0]) else None
