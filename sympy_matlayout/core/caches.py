"""What the library remembers of earlier work: all of it bounded, and gone by one call."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

__all__ = ["cached", "clear_caches"]

_caches: list[Any] = []


def cached(size: int) -> Callable[[Callable[..., Any]], Any]:
    """A function that remembers its last results, as many as ``size``."""
    def remembering(function: Callable[..., Any]) -> Any:
        remembered = lru_cache(maxsize=size)(function)
        _caches.append(remembered)
        return remembered
    return remembering


def clear_caches() -> None:
    """
    Forget all that was computed before, as after work with very large expressions.

    Results are the same with and without it.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace
    >>> from sympy_matlayout import clear_caches, gradient
    >>> A, X = MatrixSymbol('A', 3, 3), MatrixSymbol('X', 3, 3)
    >>> before = gradient(Trace(A*X), X)
    >>> clear_caches()
    >>> gradient(Trace(A*X), X) == before
    True
    """
    for cache in _caches:
        cache.cache_clear()
