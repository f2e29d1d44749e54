"""What operations cost, in floating-point operations of a large product of matrices."""

from __future__ import annotations

from typing import Any

from sympy import Integer, sympify

from ..core import limits
from ..core.caches import cached
from .operations import Operation, Size

__all__ = ["CALL", "PASS", "THIN", "area", "area_of", "estimate", "product_cost"]

# in floating-point operations of a large product of matrices
CALL = 4000  # of one function on small arrays
PASS = 6  # for each entry of an array read or written once
THIN = 3  # times as much for a product with a vector, which waits for memory
ASSUMED = 100  # rows or columns, where the sizes aren't known


def product_cost(m: float, n: float, p: float) -> float:
    flops = 2*m*n*p
    return CALL + flops*(THIN if 1 in (m, n, p) else 1)


def area(value: Operation) -> float:
    found = 1.0
    for size in value.shape:
        found *= estimate(size)
    return found


def area_of(rows: Size, cols: Size) -> float:
    return estimate(rows)*estimate(cols)


def estimate(size: Size) -> float:
    """A number for a size that isn't known."""
    if isinstance(size, (int, float)):
        return size
    return _estimated(size)


@cached(limits.CACHED_FORMS)
def _estimated(size: Any) -> float:
    size = sympify(size)
    if not size.free_symbols:
        return float(size)
    return max(1.0, float(abs(size.xreplace(dict.fromkeys(size.free_symbols,
                                                          Integer(ASSUMED))))))
