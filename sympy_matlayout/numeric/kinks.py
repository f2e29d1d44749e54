"""Points close to the kinks of a function, where a claim with kinks elsewhere is found out."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from mpmath import mp, mpf
from sympy import Symbol
from sympy.core.basic import Basic

from ..core import limits
from ..nodes.structured import facts_about
from .account import Account, NoValue
from .evaluation import Evaluation
from .examples import example_value, leaves
from .types import NumericScalar, Values

__all__ = ["beside_kinks", "sides_of"]

DIRECTIONS = 12  # in which a kink is looked for
HALVINGS = 40
DISTANCE = mpf(10)**-9
SCALES = (0.1, 0.3, 1, 3, 10)
NOT_CONVEX = {"orthogonal", "singular"}


def sides_of(branches: Iterable[tuple[Basic, Any]]) -> dict[Basic, set]:
    """For every node with kinks the sides it was on."""
    found: dict[Basic, set] = defaultdict(set)
    for node, side in branches:
        found[node].add(side)
    return found


def beside_kinks(function: Basic, start: Values, seed: int) -> Iterator[Values]:
    """
    Points on both sides of some kinks, close to them.

    They are looked for on straight lines from a point, by halving.
    """
    chance, met = random.Random(seed), set()
    with mp.workdps(30):
        here = _sides(function, start)
        if not here:
            return
        for _ in range(DIRECTIONS):
            end = _moved(function, start, chance)
            there = _sides(function, end) or {}
            for node in sorted(here.keys() & there.keys() - met, key=str):
                if here[node] != there[node] and len(met) < limits.KINKS and (
                        at := _crossing(function, node, here[node], start, end)) is not None:
                    met.add(node)
                    yield from (_between(start, end, at + d) for d in (-DISTANCE, DISTANCE))


def _sides(function: Basic, values: Values) -> dict[Basic, set] | None:
    account = Account(limits.WORK_FOR_FUNCTION)
    try:
        Evaluation(values, account).value(function)
    except NoValue:
        return None
    return sides_of(account.branches)


def _crossing(function: Basic, node: Basic, first: set, start: Values,
              end: Values) -> NumericScalar | None:
    """Where on the way a node leaves the sides that it is on first."""
    low, high = mpf(0), mpf(1)
    for _ in range(HALVINGS):
        middle = (low + high)/2
        sides = _sides(function, _between(start, end, middle))
        if sides is None:
            return None
        low, high = (middle, high) if sides.get(node) == first else (low, middle)
    return (low + high)/2


def _moved(function: Basic, start: Values, chance: random.Random) -> Values:
    """Other numbers for what may vary."""
    sizes = {s: v for s, v in start.items() if isinstance(s, Symbol)}
    found = dict(start)
    for leaf in sorted(leaves([function]), key=str):
        if not isinstance(start[leaf], int) and not leaf.is_integer \
                and not facts_about(leaf) & NOT_CONVEX:
            style = (chance.choice(SCALES), chance.choice(("none", "off", "all")))
            found[leaf] = example_value(leaf, sizes, chance, style)
    return found


def _between(start: Values, end: Values, part: NumericScalar) -> Values:
    return {leaf: start[leaf] if start[leaf] is end[leaf]
            else (1 - part)*start[leaf] + part*end[leaf] for leaf in start}
