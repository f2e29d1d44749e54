"""Random points where a function is real and has a steady value, with sizes of their own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import mpmath
from mpmath import mp, mpf
from sympy import Dummy, Integer, Symbol, preorder_traversal
from sympy.core.basic import Basic
from sympy.core.sorting import default_sort_key
from sympy.matrices.expressions import MatrixSlice
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core import limits
from ..core.errors import DerivativeNotImplementedError, ShapeError
from ..core.shapes import is_matrix, shape, show
from ..nodes.constants import MatrixUnit
from .account import Account, NotReal, NoValue, is_real
from .evaluation import Evaluation, entries_of
from .examples import Style, example_value, example_values, leaves
from .kinks import beside_kinks, sides_of
from .types import NumericMatrix, Values

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

@dataclass(frozen=True)
class _Point:
    """A point, and what it is good for."""

    values: Values
    is_real: bool  # in all parts of the function
    has_all: bool  # the other expressions have a value too
    branches: frozenset  # on which side of the kinks it is
    work: int

    @property
    def rank(self) -> int:
        """Complex points only where there are no real ones: roots have other branches there."""
        return 2*(not self.is_real) + (not self.has_all)


def example_points(function: Basic, others: Sequence[Basic], wanted: int,
                   seed: int = 0) -> list[Values]:
    """
    Values for all symbols, at several points that have little in common.

    Sizes, exponents and signs differ from point to point, so that what holds for
    2x2 matrices or for positive numbers only doesn't hold at all of them; and there are
    points on all sides of the kinks that are met.  The function is real at the points, in
    all its parts, and has a value that doesn't change with the precision, and so have the
    others if they can.  Where it is real nowhere near, as ``log(-Norm(x))``, the points are
    complex ones.
    """
    found: list[_Point] = []
    reasons: list[NoValue] = []
    for values in islice(_candidates([function, *others], seed), ATTEMPTS*wanted):
        if _is_enough(found, reasons, wanted):
            break
        try:
            found.append(_point(function, others, values))
        except NoValue as reason:
            reasons.append(reason)
    if not found:
        raise DerivativeNotImplementedError(_nowhere(function, reasons))
    points = [p.values for p in _chosen(found, wanted)]
    if any(p.rank == 0 for p in found):
        points += _with_other_signs(function, others, points, seed)
        points += [beside for beside in beside_kinks(function, points[0], seed)
                   if _is_good(function, others, beside)]
    return points


def _is_enough(found: list[_Point], reasons: list[NoValue], wanted: int) -> bool:
    attempts, good = len(found) + len(reasons), [p for p in found if p.rank == 0]
    if not found:
        return attempts >= PATIENCE and not any(isinstance(r, NotReal) for r in reasons)
    if attempts >= ATTEMPTS and len(found) >= wanted:
        return True
    most, work = limits.WORK_FOR_SIDES
    sides = sides_of(branch for p in good for branch in p.branches)
    return len(good) >= wanted and (attempts >= most or attempts*good[0].work >= work
                                    or all(len(each) > 1 for each in sides.values()))


def _chosen(found: list[_Point], wanted: int) -> list[_Point]:
    """The best points, and more of these that are on other sides of kinks."""
    best = sorted(found, key=lambda p: p.rank)
    chosen = [p for p in best if p.is_real == best[0].is_real][:wanted]
    for p in best[wanted:]:
        if p.rank == best[0].rank and len(chosen) < wanted + limits.SIDES and all(
                p.branches != q.branches for q in chosen):
            chosen.append(p)
    return chosen


def _point(function: Basic, others: Sequence[Basic], values: Values) -> _Point:
    """What a point is good for; a NoValue where the function has none."""
    account = Account(limits.WORK_FOR_FUNCTION)
    _require_steady(function, values, account)
    branches, work, has_all = set(account.branches), account.work, True
    for other in others:
        claimed = Account(limits.WORK)
        try:
            _require_steady(other, values, claimed)
        except NoValue:
            has_all = False
        branches |= claimed.branches
        work += claimed.work
    return _Point(values, not account.complex_nodes, has_all, frozenset(branches), work)


def _nowhere(function: Basic, reasons: list[NoValue]) -> str:
    tried = f"{len(reasons)} random points"
    not_real = [r for r in reasons if isinstance(r, NotReal)]
    if not_real:
        return (f"{function} is real at none of {tried}: {not_real[-1]}; say more of its symbols, "
                "as in Symbol('t', positive=True) or assumptions=Q.positive_definite(S)")
    return (f"{function} has no steady finite value at any of {tried}, perhaps because a matrix "
            f"in it is always singular: {reasons[-1]}")


def _require_steady(expr: Basic, values: Values, account: Account) -> None:
    """A NoValue tells where an expression has no value, or one that changes with the precision."""
    found = entries_of(Evaluation(values, account).value(expr))
    with mp.workdps(mp.dps + MORE_DIGITS):
        exact = entries_of(Evaluation(values, Account(account.most)).value(expr))
    if not all(map(mp.isfinite, found)) or len(found) != len(exact):
        raise NoValue("it is not finite")
    error = max((abs(a - b) for a, b in zip(found, exact, strict=True)), default=mpf(0))
    if error > mpf(10)**(-mp.dps//2)*(1 + max(map(abs, exact), default=mpf(0))):
        raise NoValue("its value changes with the precision")


def _with_other_signs(function: Basic, others: Sequence[Basic], points: Sequence[Values],
                      seed: int) -> list[Values]:
    """
    A point with negative entries in all the symbols that had none, as far as it stays real.

    Where the function has a domain, most points have positive numbers only.
    """
    chance = random.Random(seed)
    found, missing = points[0], _never_negative([function, *others], points)
    for attempt in range(SIGN_ATTEMPTS):
        # all at once, since a product may have to stay positive, then some, then single ones
        many = [leaf for leaf in missing if attempt == 0 or chance.random() < 0.5]
        for leaves_now in (many, *([leaf] for leaf in missing)):
            tried = _with_signs(found, leaves_now, ("all", "off")[attempt % 2], chance)
            left = [leaf for leaf in missing if not _has_negative(tried[leaf])]
            if len(left) < len(missing) and _is_good(function, others, tried):
                found, missing = tried, left
    return [found] if found is not points[0] else []


def _never_negative(exprs: Sequence[Basic], points: Sequence[Values]) -> list[Basic]:
    return [leaf for leaf in sorted(leaves(exprs), key=default_sort_key)
            if _may_be_negative(leaf) and not isinstance(points[0][leaf], int)
            and not any(_has_negative(p[leaf]) for p in points)]


def _with_signs(values: Values, turned: Sequence[Basic], signs: str,
                chance: random.Random) -> Values:
    sizes = {s: v for s, v in values.items() if isinstance(s, Symbol)}
    return {**values, **{
        leaf: example_value(leaf, sizes, chance, (_scale_of(values[leaf]), signs))
        if is_matrix(leaf) else -values[leaf] for leaf in turned}}


def _is_good(function: Basic, others: Sequence[Basic], values: Values) -> bool:
    try:
        return _point(function, others, values).rank == 0
    except NoValue:
        return False


def _may_be_negative(leaf: Basic) -> bool:
    return is_matrix(leaf) or not leaf.is_extended_nonnegative and not leaf.is_integer


def _has_negative(value: Any) -> bool:
    entries = list(value) if isinstance(value, mpmath.matrix) else [value]
    return any(is_real(a) and a.real < 0 for a in entries)


def _scale_of(M: NumericMatrix) -> Any:
    return max(map(abs, M))/(2 + (M.rows if M.rows == M.cols else 0))


def _candidates(exprs: Sequence[Basic], seed: int) -> Iterator[Values]:
    parts = {a for e in exprs for a in preorder_traversal(e)}
    chance = random.Random(seed)
    for attempt in count():
        sizes = _sizes(parts, attempt, chance)
        style = STYLES[attempt % len(STYLES)] if attempt % 2 == 0 or attempt < len(STYLES) \
            else _each_with_its_scale
        yield example_values(exprs, sizes | _whole_numbers(parts, sizes, attempt), seed + attempt,
                             style)


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


def _is_size(size: Any) -> bool:
    return bool(size.is_Integer and size >= 1)


def _indices(parts: set[Basic]) -> list[int]:
    return [int(k) for index in _in_places(parts) for k in preorder_traversal(index)
            if isinstance(k, Integer)]


def _in_places(parts: set[Basic]) -> Iterator[Any]:
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
