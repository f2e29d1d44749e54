"""
Names for symbols that are bound: arguments of functions, indices of sums.

They come from fixed lists, so that equal functions and equal sums are equal
nodes, and each is the first of its list that is free for use.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from sympy import Dummy
from sympy.core.basic import Basic

__all__ = ["argument_symbol", "index_symbol"]

ARGUMENTS: list[Dummy] = []
INDICES: list[Dummy] = []


def argument_symbol(taken: AbstractSet[Basic]) -> Dummy:
    """A symbol for the argument of a function, not among those taken."""
    return _first(ARGUMENTS, taken, lambda _: Dummy("z", real=True))


def index_symbol(taken: AbstractSet[Basic]) -> Dummy:
    """A symbol for an index, not among those taken."""
    names = "ijklrs"
    return _first(INDICES, taken, lambda k: Dummy(names[k % len(names)], integer=True))


def _first(symbols: list[Dummy], taken: AbstractSet[Basic], make) -> Dummy:
    for symbol in symbols:
        if symbol not in taken:
            return symbol
    symbols.append(make(len(symbols)))
    return symbols[-1]
