"""
A matrix in index notation: rows and columns as tuples of elementary indices.

The row of ``vec X`` is a pair, the column of X and its row; an entry is an entry of X.
The rows and columns of K are pairs, and an entry is 1 where they are each other turned.
A node class says so once, under the aspect "indices" of the registry, and products of
such nodes need no rule of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from sympy import Expr
from sympy.core.basic import Basic

__all__ = ["Entry", "Indexed", "Indices", "Sizes", "delta"]

Indices = tuple[Any, ...]  # numbers, symbols and groups of them
Sizes = tuple[Expr, ...]


class Entry(NamedTuple):
    """``matrix[row, col]``; without a matrix, 1 where the indices agree."""

    matrix: Basic | None
    row: Indices
    col: Indices


def delta(i: Hashable, j: Hashable) -> Entry:
    """1 where the indices agree."""
    return Entry(None, (i,), (j,))


class Indexed(NamedTuple):
    """The sizes of rows and columns, and the entry at given indices: a sum of products."""

    rows: Sizes
    cols: Sizes
    entry: Callable[[Indices, Indices], list[tuple[Expr, list[Entry]]]]
