"""A node over other arguments, by the constructors that simplify as the canonical form does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, cast

from sympy import Add, Expr, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import BlockDiagMatrix, BlockMatrix, HadamardPower, HadamardProduct
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from ..core.registry import constructor_of
from ..core.shapes import is_matrix
from . import constructors as c
from .elementwise import applied

__all__ = ["built", "hadamard_product", "over"]


def hadamard_product(*factors: Basic) -> Basic:
    """X∘X as a power of X."""
    scalar, core = c.split_scalar(c.hadamard(*factors))
    exponents: dict[Basic, list[Expr]] = defaultdict(list)
    for factor in core.args if isinstance(core, HadamardProduct) else (core,):
        is_power = isinstance(factor, HadamardPower) and not any(map(is_matrix, factor.args[1:]))
        base, exponent = cast(Any, factor.args if is_power else (factor, S.One))
        exponents[base].append(exponent)
    return c.scale(scalar, c.hadamard(*(
        c.hadamard_power(base, Add(*es)) for base, es in exponents.items())))


CONSTRUCTORS = {HadamardProduct: hadamard_product, ElementwiseApplyFunction: applied}


def built(node: Basic, args: Sequence[Basic]) -> Basic:
    make = CONSTRUCTORS.get(type(node)) or constructor_of(type(node))
    if make is not None:
        return make(*args)
    return c.evaluated(node, args)


def over(node: Any, forms: Mapping[Basic, Basic]) -> Basic:
    """The node with each argument that has another form in that."""
    if isinstance(node, BlockMatrix) and not isinstance(node, BlockDiagMatrix):
        return node.func(cast(Any, node.blocks).applyfunc(lambda block: forms[block]))
    args = [forms.get(a, a) for a in node.args]
    return node if tuple(args) == node.args else built(node, args)
