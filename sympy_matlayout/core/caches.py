"""What the library remembers of earlier work: all of it bounded, and gone by one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

__all__ = ["cached", "cached_from_leaves", "clear_caches", "equal"]

_caches: list[Any] = []


def cached(size: int) -> Callable[[Callable[..., Any]], Any]:
    """A function that remembers its last results, as many as ``size``."""
    def remembering(function: Callable[..., Any]) -> Any:
        remembered = lru_cache(maxsize=size)(function)
        _caches.append(remembered)
        return remembered
    return remembering


def cached_from_leaves(size: int, below: Callable[[Any], Sequence[Any]]) -> Callable[..., Any]:
    """
    A function of a node and of its values for the nodes below, as a function of the node.

    It remembers some ``size`` values, and depth costs no recursion.
    """
    def remembering(function: Callable[[Any, list[Any]], Any]) -> Any:
        known: dict[Any, Any] = {}

        def of(expr: Any) -> Any:
            if expr in known:
                return known[expr]
            if len(known) > size:
                known.clear()
            stack = [expr]
            while stack:
                inside = below(stack[-1])
                if pending := [a for a in inside if a not in known]:
                    stack.extend(pending)
                else:
                    node = stack.pop()
                    known[node] = function(node, [known[a] for a in inside])
            return known[expr]

        of.cache_clear = known.clear  # type: ignore[attr-defined]
        _caches.append(of)
        return of
    return remembering


def equal(a: Any, b: Any) -> bool:
    """``a == b``, by the hashes first, which SymPy remembers; ``==`` walks where nodes differ."""
    return a is b or hash(a) == hash(b) and bool(a == b)


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
