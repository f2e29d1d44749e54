"""
Different symbols of one name.

MatrixSymbols of one name and two shapes are different symbols, and so are Symbols with
different assumptions.  Who writes both means one; a derivative would be a zero that nobody
meant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sympy import Dummy, Symbol, default_sort_key
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSymbol

from ..core.shapes import is_matrix, shape, show

__all__ = ["by_name", "described", "namesake"]


def by_name(nodes: Iterable[Basic]) -> dict[str, list[Basic]]:
    """The symbols among nodes, by their names; Dummies have none."""
    named: dict[str, list[Basic]] = defaultdict(list)
    for node in nodes:
        if isinstance(node, (MatrixSymbol, Symbol)) and not isinstance(node, Dummy):
            named[node.name].append(node)
    return named


def namesake(symbol: Basic, named: dict[str, list[Basic]],
             of_its_kind: bool = True) -> Basic | None:
    """The first of other symbols with the name of this one, a matrix if it is one."""
    found = [other for other in named.get(getattr(symbol, "name", ""), ()) if other != symbol
             and not (of_its_kind and is_matrix(other) != is_matrix(symbol))]
    return min(found, key=default_sort_key, default=None)


def described(symbol: Any) -> str:
    """What kind of symbol it is, with what tells it from its namesakes."""
    if is_matrix(symbol):
        return f"a {show(shape(symbol))} {type(symbol).__name__}"
    declared = sorted(name for name, value in symbol._assumptions_orig.items() if value)
    return f"a Symbol{' declared ' + ', '.join(declared) if declared else ''}"
