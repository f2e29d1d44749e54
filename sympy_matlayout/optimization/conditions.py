"""What has to hold for a solution: inverses that exist, signs, what is below a root."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Ge, Gt, Lt, Ne, Q, S
from sympy.matrices.expressions import (
    Identity,
    Inverse,
    KroneckerProduct,
    MatMul,
    MatPow,
    Transpose,
)

from ..core.shapes import is_matrix, shape
from ..nodes.structured import facts_about
from ..simplify import constructors as c
from .definiteness import definiteness

__all__ = ["Solved", "defined", "needed", "needed_again", "nonzero", "within"]


@dataclass(frozen=True)
class Solved:
    """A value that solves an equation under conditions."""

    value: Any
    conditions: tuple[Any, ...] = ()


def needed(matrix: Any) -> Iterator[Any]:
    """What has to hold for a matrix to have an inverse."""
    factor, core = c.split_scalar(matrix)
    yield from nonzero(factor)
    if isinstance(core, Identity) or facts_about(core) & {"invertible", "positive definite",
                                                          "orthogonal", "unitary"}:
        return
    if definiteness(core) in ("positive", "negative"):
        return
    if isinstance(core, (Transpose, Inverse)) or (
            isinstance(core, MatPow) and core.args[1].is_number):
        yield from needed(core.args[0])
    elif isinstance(core, (KroneckerProduct, MatMul)) and all(
            shape(a)[0] == shape(a)[1] for a in core.args if is_matrix(a)):
        for a in core.args:
            if is_matrix(a):
                yield from needed(a)
    else:
        yield Q.invertible(core)


def nonzero(factor: Any) -> Iterator[Any]:
    """What has to hold for a scalar not to be zero, nor one over zero."""
    for part in factor.as_numer_denom():
        part = part.as_coeff_Mul()[1]
        part = part.base if part.is_Pow and part.exp.is_positive else part
        if not part.is_number and not part.is_nonzero and definiteness(part) not in (
                "positive", "negative"):
            yield Ne(part, 0)


def needed_again(condition: Any, about: Any) -> Iterator[Any]:
    """A condition on an expression that has become another one."""
    if isinstance(condition, Ne):
        yield from nonzero(about)
    elif isinstance(condition, (Gt, Lt, Ge)):
        again = condition.func(about, 0)
        if again is not S.true:
            yield again
    elif condition.function == Q.invertible:
        yield from needed(about)
    else:
        yield condition.function(about)


def within(symbol: Any, value: Any, conditions: tuple[Any, ...]) -> list[Solved]:
    """The value, unless the symbol is declared to have another sign; or if it has that sign."""
    for declared, wanted, sides in (
            (symbol.is_positive, "positive", Gt), (symbol.is_negative, "negative", Lt),
            (symbol.is_nonnegative, "nonnegative", Ge)):
        if declared:
            sign = definiteness(value)
            if sign in SIGNS[wanted]:
                return [Solved(value, conditions)]
            if sign in OTHERS[wanted]:
                return []
            if {sign, wanted} == {"nonnegative", "positive"}:
                return [Solved(value, (*conditions, Ne(value, 0)))]
            return [Solved(value, (*conditions, sides(value, 0)))]
    return [Solved(value, conditions)]

SIGNS = {"positive": ("positive",), "negative": ("negative",),
         "nonnegative": ("positive", "nonnegative", "zero")}

OTHERS = {"positive": ("negative", "nonpositive", "zero"),
          "negative": ("positive", "nonnegative", "zero"), "nonnegative": ("negative",)}


def defined(value: Any) -> Iterator[Any]:
    """What has to be positive below a root or in a logarithm."""
    for node in sympy.preorder_traversal(value):
        if isinstance(node, sympy.log) and definiteness(node.args[0]) != "positive":
            yield Gt(node.args[0], 0)
        if isinstance(node, sympy.Pow) and node.args[1].is_Rational \
                and not node.args[1].is_integer and definiteness(node.args[0]) not in (
                    "positive", "nonnegative"):
            yield Ge(node.args[0], 0)
