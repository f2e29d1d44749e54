"""
Different symbols of one name.

MatrixSymbols of one name and two shapes are different symbols, and so are Symbols with
different assumptions.  Who writes both means one; a derivative would be a zero that nobody
meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sympy import Dummy, Symbol, default_sort_key
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSymbol

from ..core.shapes import is_matrix, shape, show

__all__ = ["described", "namesake"]


def namesake(symbol: Basic, others: Iterable[Basic], of_its_kind: bool = True) -> Basic | None:
    """The first of the others with the name of a symbol, a matrix if it is one."""
    found = [other for other in others
             if isinstance(other, (MatrixSymbol, Symbol)) and not isinstance(other, Dummy)
             and other.name == getattr(symbol, "name", None) and other != symbol
             and not (of_its_kind and is_matrix(other) != is_matrix(symbol))]
    return min(found, key=default_sort_key, default=None)


def described(symbol: Any) -> str:
    """What kind of symbol it is, with what tells it from its namesakes."""
    if is_matrix(symbol):
        return f"a {show(shape(symbol))} {type(symbol).__name__}"
    declared = sorted(name for name, value in symbol._assumptions_orig.items() if value)
    return f"a Symbol{' declared ' + ', '.join(declared) if declared else ''}"
