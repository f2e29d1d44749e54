"""
Names for symbols that are bound: arguments of functions, indices of sums.

They come from fixed lists, so that equal functions and equal sums are equal
nodes, and each is the first of its list whose name is free for use.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from itertools import count

from sympy import Dummy
from sympy.core.basic import Basic

__all__ = ["argument_symbol", "index_symbol"]

ARGUMENTS: list[Dummy] = []
INDICES: list[Dummy] = []


def argument_symbol(taken: AbstractSet[Basic]) -> Dummy:
    """A symbol for the argument of a function, under a name not among those taken."""
    return _first(ARGUMENTS, taken, "z", real=True)


def index_symbol(taken: AbstractSet[Basic]) -> Dummy:
    """A symbol for an index, under a name not among those taken."""
    return _first(INDICES, taken, "ijklrs", integer=True)


def _first(symbols: list[Dummy], taken: AbstractSet[Basic], letters: str,
           **assumptions: bool) -> Dummy:
    names = {getattr(symbol, "name", None) for symbol in taken}
    for k in count():
        if k == len(symbols):
            rounds, letter = divmod(k, len(letters))
            symbols.append(Dummy(f"{letters[letter]}{rounds or ''}", **assumptions))
        if symbols[k].name not in names:
            return symbols[k]
