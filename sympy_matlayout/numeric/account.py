"""What an evaluation meets on its way: points without a value, complex numbers, its cost."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mpmath import mpc
from mpmath.libmp import NoConvergence
from sympy.core.basic import Basic

from ..core.errors import ArgumentError

__all__ = [
    "Account",
    "NoSuchIndex",
    "NoValue",
    "NotReal",
    "NotWhole",
    "is_real",
    "reaching_no_value",
]


class NoValue(ArithmeticError):
    """There is no value at this point: a pole, a singular matrix, an index out of range."""


class NoSuchIndex(NoValue, IndexError):
    """An index beyond a matrix."""


class NotWhole(NoValue, ValueError):
    """A size or an index that is no whole number."""


class NotReal(NoValue):
    """A complex number where only a real one makes sense, as in a norm or a comparison."""


# What mpmath raises at poles, in singular matrices and where a series doesn't converge.
AT_POLES = (ValueError, ZeroDivisionError, OverflowError, NoConvergence)


def reaching_no_value(function: Callable[..., Any], *args: Any) -> Any:
    """What a function of mpmath's gives; its errors are points where it has no value."""
    try:
        return function(*args)
    except AT_POLES as error:
        raise NoValue(f"{getattr(function, '__name__', function)}: {error}") from error


def is_real(number: Any) -> bool:
    return not isinstance(number, mpc) or number.imag == 0


@dataclass
class Account:
    """
    What an evaluation has met and cost so far.

    Attributes
    ==========

    most : the most work it may cost
    work : what it has cost
    complex_nodes : what became complex although everything in it was real
    branches : on which side of its kinks every node was, ``(node, side)``
    """

    most: float = math.inf
    work: int = 0
    complex_nodes: list[Basic] = field(default_factory=list)
    branches: set[tuple[Basic, Any]] = field(default_factory=set)

    def spend(self, work: int, node: Basic) -> None:
        """Refuse before the work is done what would take too much memory or time."""
        self.work += work
        if self.work > self.most:
            raise ArgumentError(
                f"with these sizes more than {self.most:,} multiplications are needed to try "
                "this with numbers, too many; give symbols for the sizes, or smaller numbers "
                f"({type(node).__name__} took the last of them: {node})")
