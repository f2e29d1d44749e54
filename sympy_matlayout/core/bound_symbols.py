"""
Names for symbols that are bound: arguments of functions, indices of sums.

They come from fixed lists, so that equal functions and equal sums are equal
nodes, in every thread and every process, and each is the first of its list
whose name is free for use.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from itertools import count

from sympy import Dummy
from sympy.core.basic import Basic

from .caches import cached

__all__ = ["argument_symbol", "bound_symbol", "index_symbol"]

# Below the numbers that SymPy gives its own Dummies.
NUMBER = 10**5


@cached(256)
def bound_symbol(name: str, **assumptions: bool) -> Dummy:
    """The one Dummy of a name: equal wherever it is made, unlike SymPy's own."""
    return Dummy(name, dummy_index=NUMBER, **assumptions)


def argument_symbol(taken: AbstractSet[Basic], real: bool = True) -> Dummy:
    """A symbol for the argument of a function, real or complex, under a name not taken."""
    return _first(taken, "z", real=True) if real else _first(taken, "z", complex=True)


def index_symbol(taken: AbstractSet[Basic]) -> Dummy:
    """A symbol for an index, under a name not among those taken."""
    return _first(taken, "ijklrs", integer=True)


def _first(taken: AbstractSet[Basic], letters: str, **assumptions: bool) -> Dummy:
    names = {getattr(symbol, "name", None) for symbol in taken}
    candidates = (letter + str(k or "") for k in count() for letter in letters)
    return bound_symbol(next(name for name in candidates if name not in names), **assumptions)
