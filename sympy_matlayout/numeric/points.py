"""Random points where a function is real and has a steady value, with sizes of their own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import mpmath
from mpmath import mp, mpf
from sympy import Dummy, Heaviside, Integer, Max, Min, Piecewise, Symbol, preorder_traversal
from sympy.core.basic import Basic
from sympy.core.sorting import default_sort_key
from sympy.matrices.expressions import MatrixSlice
from sympy.matrices.expressions.matexpr import MatrixElement

from ..errors import DerivativeNotImplementedError, ShapeError
from ..expressions.constants import MatrixUnit
from ..expressions.shape import is_matrix, shape, show
from .account import MOST_FOR_FUNCTION, MOST_WORK, Account, NotReal, NoValue, is_real
from .evaluation import Evaluation, NumericArray, Value, Values
from .examples import Style, example_value, example_values, leaves

__all__ = ["example_points"]

ATTEMPTS = 40  # for each point
PATIENCE = 20  # while there is no value at all
SIGN_ATTEMPTS = 6  # for each symbol
MORE_DIGITS = 20
WHOLE_NUMBERS = [3, 2, 5, 4, 1, 6, 7, 0, -1, -2, -3]
INDEXED = (MatrixElement, MatrixSlice, MatrixUnit)
SCALES = (400, 60, 5, 1, 1, 0.25, 0.05)
SIGNS = ("none", "off", "all")

StyleOf = Callable[[random.Random], Style]


def _alike(scale: float, signs: str) -> StyleOf:
    return lambda chance: (scale, signs)


def _each_with_its_signs(scale: float) -> StyleOf:
    return lambda chance: (scale, chance.choice(SIGNS))


def _each_with_its_scale(chance: random.Random) -> Style:
    return chance.choice(SCALES), chance.choice(SIGNS)


# Logarithms and roots need some of these, and what holds for positive numbers only others.
STYLES: list[StyleOf] = [
    _alike(1, "none"), _alike(1, "all"), _each_with_its_signs(5), _alike(0.25, "none"),
    _each_with_its_signs(0.25), _alike(0.05, "none"), _each_with_its_signs(0.05),
    _alike(0.0025, "none"), _each_with_its_signs(30), _each_with_its_scale]
# Functions with branches need points of every scale.
WITH_BRANCHES = (Piecewise, Max, Min, Heaviside)


@dataclass
class _Candidates:
    """The points found so far, by what they are good for."""

    real: list[Values]
    without_claim: list[Values]  # the function is real, another expression has no value
    complex: list[Values]  # by the way, or altogether

    def __len__(self) -> int:
        return len(self.real) + len(self.without_claim) + len(self.complex)

    def chosen(self, wanted: int) -> list[Values]:
        """Complex points only where there are no real ones: roots have other branches there."""
        return (self.real + self.without_claim or self.complex)[:wanted]


def example_points(function: Basic, others: Sequence[Basic], wanted: int,
                   seed: int = 0) -> list[Values]:
    """
    Values for all symbols, at several points that have little in common.

    Sizes, exponents and signs differ from point to point, so that what holds for
    2x2 matrices or for positive numbers only doesn't hold at all of them.  The function
    is real at the points, in all its parts, and has a value that doesn't change with the
    precision, and so have the others if they can.  Where it is real nowhere near, as
    ``log(-Norm(x))``, the points are complex ones.
    """
    exprs = [function, *others]
    if function.has(*WITH_BRANCHES):
        wanted = max(wanted, len(STYLES))
    found = _Candidates([], [], [])
    reasons: list[NoValue] = []
    for attempt, values in enumerate(islice(_candidates(exprs, seed), ATTEMPTS*wanted)):
        if len(found.real) == wanted or attempt >= ATTEMPTS and len(found) >= wanted:
            break
        if attempt >= PATIENCE and not found and not any(isinstance(r, NotReal) for r in reasons):
            break
        try:
            stays_real = _require_steady(function, values, MOST_FOR_FUNCTION)
        except NoValue as reason:
            reasons.append(reason)
            continue
        (found.complex if not stays_real else found.real if _all_steady(others, values)
         else found.without_claim).append(values)
    if not found:
        raise DerivativeNotImplementedError(_nowhere(function, reasons))
    points = found.chosen(wanted)
    more = _with_other_signs(function, others, points, seed) if found.real else None
    return points if more is None else [*points, more]


def _nowhere(function: Basic, reasons: list[NoValue]) -> str:
    tried = f"at none of {len(reasons)} random points"
    not_real = [r for r in reasons if isinstance(r, NotReal)]
    if not_real:
        return (f"{function} is real {tried}: {not_real[-1]}; say more of its symbols, as in "
                "Symbol('t', positive=True) or assumptions=Q.positive_definite(S)")
    return (f"{function} has no steady finite value {tried}, perhaps because a matrix in it is "
            f"always singular: {reasons[-1]}")


def _require_steady(expr: Basic, values: Values, most: int = MOST_WORK) -> bool:
    """
    Whether everything in an expression is real at a point.

    A NoValue tells where it has no value, or one that changes with the precision.
    """
    account = Account(most)
    found = _entries(Evaluation(values, account).value(expr))
    with mp.workdps(mp.dps + MORE_DIGITS):
        exact = _entries(Evaluation(values, Account(most)).value(expr))
    if not all(map(mp.isfinite, found)) or len(found) != len(exact):
        raise NoValue("it is not finite")
    error = max((abs(a - b) for a, b in zip(found, exact, strict=True)), default=mpf(0))
    if error > mpf(10)**(-mp.dps//2)*(1 + max(map(abs, exact), default=mpf(0))):
        raise NoValue("its value changes with the precision")
    return not account.complex_nodes


def _all_steady(exprs: Sequence[Basic], values: Values) -> bool:
    try:
        for expr in exprs:
            _require_steady(expr, values)
    except NoValue:
        return False
    return True


def _entries(value: Value) -> list[Value]:
    if isinstance(value, mpmath.matrix):
        return [entry for row in value.tolist() for entry in row]
    return list(value.values()) if isinstance(value, NumericArray) else [value]


def _with_other_signs(function: Basic, others: Sequence[Basic], points: Sequence[Values],
                      seed: int) -> Values | None:
    """
    A point with negative entries in all the symbols that had none, as far as it stays real.

    Where the function has a domain, most points have positive numbers only.
    """
    chance = random.Random(seed)
    exprs, found = [function, *others], dict(points[0])
    missing = [leaf for leaf in sorted(leaves(exprs), key=default_sort_key)
               if _may_be_negative(leaf) and not isinstance(found[leaf], int)
               and not any(_has_negative(p[leaf]) for p in points)]
    for leaf in missing:
        sizes = {s: v for s, v in found.items() if isinstance(s, Symbol)}
        for attempt in range(SIGN_ATTEMPTS):
            style = (_scale_of(found[leaf]), ("all", "off")[attempt % 2])
            tried = {**found, leaf: example_value(leaf, sizes, chance, style)}
            if _has_negative(tried[leaf]) and _is_real_point(function, others, tried):
                found = tried
                break
    return found if found != points[0] else None


def _is_real_point(function: Basic, others: Sequence[Basic], values: Values) -> bool:
    try:
        return _require_steady(function, values) and _all_steady(others, values)
    except NoValue:
        return False


def _may_be_negative(leaf: Basic) -> bool:
    return is_matrix(leaf) or not leaf.is_extended_nonnegative and not leaf.is_integer


def _has_negative(value: Any) -> bool:
    entries = list(value) if isinstance(value, mpmath.matrix) else [value]
    return any(is_real(a) and a < 0 for a in entries)


def _scale_of(value: Any) -> Any:
    if not isinstance(value, mpmath.matrix):
        return abs(value)
    return max(map(abs, value))/(2 + (value.rows if value.rows == value.cols else 0))


def _candidates(exprs: Sequence[Basic], seed: int) -> Iterator[Values]:
    parts = {a for e in exprs for a in preorder_traversal(e)}
    chance = random.Random(seed)
    for attempt in count():
        sizes = _sizes(parts, attempt, chance)
        yield example_values(exprs, sizes | _whole_numbers(parts, sizes, attempt), seed + attempt,
                             STYLES[attempt % len(STYLES)])


def _sizes(parts: set[Basic], attempt: int, chance: random.Random) -> dict[Symbol, int]:
    """Different numbers for the symbols in shapes, larger than the indices in use."""
    shapes = {shape(a) for a in parts if is_matrix(a) and not any(map(is_matrix, a.args))}
    symbols = sorted({s for sizes in shapes for size in sizes for s in size.free_symbols}, key=str)
    least = max([2, *(k + 1 for k in _indices(parts))])
    upwards = range(least, least + len(symbols))
    for tried in range(400):
        if attempt < 2 and tried == 0:
            numbers = list(upwards if attempt == 0 else [k + 1 for k in reversed(upwards)])
        else:
            smallest = least if tried < 100 else 1
            numbers = chance.sample(range(smallest, least + len(symbols) + 1 + tried//20),
                                    len(symbols))
        sizes = dict(zip(symbols, numbers, strict=True))
        if all(_is_size(size.subs(sizes)) for pair in shapes for size in pair) and all(
                _agrees(s, number) for s, number in sizes.items()):
            return sizes
    raise ShapeError(f"no sizes found for matrices of the shapes {', '.join(map(show, shapes))}; "
                     "give sizes that are numbers")


def _is_size(size: Basic) -> bool:
    return bool(size.is_Integer and size >= 1)


def _indices(parts: set[Basic]) -> list[int]:
    return [int(k) for index in _in_places(parts) for k in preorder_traversal(index)
            if k.is_Integer]


def _in_places(parts: set[Basic]) -> Iterator[Basic]:
    """What stands in the place of an index."""
    for a in parts:
        if isinstance(a, INDEXED):
            yield from a.args[2:] if isinstance(a, MatrixUnit) else a.args[1:]


def _whole_numbers(parts: set[Basic], sizes: Mapping[Symbol, int],
                   attempt: int) -> dict[Symbol, int]:
    """Numbers for the other integer symbols: indices below the sizes, as their assumptions say."""
    places = {s for index in _in_places(parts) for s in index.free_symbols}
    symbols = sorted((s for s in parts if isinstance(s, Symbol) and not isinstance(s, Dummy)
                      and s.is_integer and s not in sizes), key=str)
    found = {}
    for k, s in enumerate(symbols):
        below = list(range(min([3, *sizes.values()])))
        candidates = below if s in places else WHOLE_NUMBERS
        fitting = [v for v in candidates if _agrees(s, v)] or candidates
        # indices are different, now and then the same
        shift = attempt if s not in places or attempt % 3 == 2 else attempt + k
        found[s] = fitting[shift % len(fitting)]
    return found


def _agrees(symbol: Symbol, value: int) -> bool:
    return all(getattr(Integer(value), f"is_{name}", None) in (wanted, None)
               for name, wanted in symbol.assumptions0.items())
