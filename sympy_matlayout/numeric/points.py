"""Random points where a function has a steady value, real if it can be, with sizes of their own."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from mpmath import mp, mpf
from sympy import Dummy, Heaviside, Integer, Max, Min, Piecewise, Symbol, preorder_traversal
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSlice, MatrixSymbol
from sympy.matrices.expressions.matexpr import MatrixElement

from ..errors import DerivativeNotImplementedError, ShapeError
from ..expressions.constants import MatrixUnit
from ..expressions.shape import shape, show
from .definition import example_values
from .evaluation import NumericArray, Value, Values, evaluate, vec

__all__ = ["example_points", "steady_value"]

ATTEMPTS = 36  # for each point
PATIENCE = 20  # while none is found at all
MORE_DIGITS = 20
# A scale for the entries, and whether they have all signs; logarithms and roots may need less.
STYLES = [(mpf(1), False), (mpf(1), True), (mpf(5), True), (mpf(1)/4, False), (mpf(1)/4, True),
          (mpf(1)/20, False), (mpf(1)/20, True), (mpf(1)/400, False), (mpf(30), True)]
# Functions with branches need points of every scale.
WITH_BRANCHES = (Piecewise, Max, Min, Heaviside)
WHOLE_NUMBERS = [3, 2, 5, 4, 1, 6, 7, 0, -1, -2, -3]
INDEXED = (MatrixElement, MatrixSlice, MatrixUnit)


def example_points(function: Basic, others: Sequence[Basic], count: int,
                   seed: int = 0) -> list[Values]:
    """
    Values for all symbols, at several points that have little in common.

    Sizes, exponents and signs differ from point to point, so that what holds for
    2x2 matrices or for positive numbers only doesn't hold at all of them.  Points are
    preferred where the function is real and it and the others have a value that
    doesn't change with the precision.
    """
    exprs = [function, *others]
    if function.has(*WITH_BRANCHES):
        count = max(count, len(STYLES))
    good: list[Values] = []
    fair: list[Values] = []
    for attempt, values in enumerate(islice(_candidates(exprs, seed), ATTEMPTS*count)):
        found = len(good) + len(fair)
        if len(good) == count or attempt >= ATTEMPTS and found >= count or (
                attempt >= PATIENCE and not found):
            break
        entries = steady_value(function, values)
        if entries is not None:
            is_real = not any(map(mp.im, entries[0]))
            has_all = all(steady_value(other, values) is not None for other in others)
            (good if is_real and has_all else fair).append(values)
    if not good + fair:
        raise DerivativeNotImplementedError(
            f"{function} has no steady finite value at any of {PATIENCE} random points; "
            "perhaps a matrix in it is always singular")
    return (good + fair)[:count]


def steady_value(expr: Basic, values: Values) -> tuple[list[Value], Value] | None:
    """The entries of a value and their rounding error; None if it has no reliable one."""
    try:
        found = _entries(evaluate(expr, values))
        with mp.workdps(mp.dps + MORE_DIGITS):
            exact = _entries(evaluate(expr, values))
    except (ArithmeticError, IndexError, ValueError):
        return None  # poles, singular matrices, sizes too small
    if len(found) != len(exact) or not all(map(mp.isfinite, found)):
        return None
    error = max((abs(a - b) for a, b in zip(found, exact, strict=True)), default=mpf(0))
    steady = error <= mpf(10)**(-mp.dps//2)*(1 + max(map(abs, exact), default=mpf(0)))
    return (found, error) if steady else None


def _entries(value: Value) -> list[Value]:
    return list(value.values()) if isinstance(value, NumericArray) else [*vec(value)]


def _candidates(exprs: Sequence[Basic], seed: int) -> Iterator[Values]:
    parts = {a for e in exprs for a in preorder_traversal(e)}
    chance = random.Random(seed)
    attempt = 0
    while True:
        sizes = _sizes(parts, attempt, chance)
        scale, signed = STYLES[attempt % len(STYLES)]
        yield example_values(exprs, sizes | _whole_numbers(parts, sizes, attempt),
                             seed + attempt, scale, signed)
        attempt += 1


def _sizes(parts: set[Basic], attempt: int, chance: random.Random) -> dict[Symbol, int]:
    """Different numbers for the symbols in shapes, larger than the indices in use."""
    shapes = {shape(a) for a in parts if isinstance(a, MatrixSymbol)}
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
        if all(_is_size(size.subs(sizes)) for pair in shapes for size in pair):
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
