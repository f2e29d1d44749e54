"""Nodes made without a walk through their trees, and what a product is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Mul, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatMul

from ...core import limits
from ...core.caches import cached
from ...core.shapes import is_matrix
from ...nodes.printable import printable

__all__ = ["evaluated", "factors_of", "new", "split_scalar", "substituted"]


@cached(limits.CACHED_NODES)
def new(cls: type, *args: Basic) -> Basic:
    """
    The node, without the checks of its constructor; equal nodes are one object.

    Comparing two trees that are equal but not identical walks both of them, so
    a sweep that looks its nodes up in dictionaries must not build them twice.
    """
    return printable(Basic.__new__(cls, *args))


def evaluated(node: Any, args: Sequence[Basic]) -> Basic:
    """The node over other arguments, evaluated by SymPy unless it fails on these."""
    if tuple(args) == node.args:
        return node
    try:
        return node.func(*args)
    except (AttributeError, NotImplementedError, TypeError):
        # Abs(Determinant(A - B)) is one of them, in one of the two orders of A and B: SymPy's
        # signsimp reaches into the matrices, and makes -1*(B - A) of them
        return node.func(*args, evaluate=False)


def substituted(expr: Any, values: Mapping[Any, Any]) -> Any:
    """A scalar with expressions that may hold matrices in the place of its symbols."""
    try:
        return expr.xreplace(values)
    except (AttributeError, NotImplementedError, TypeError):
        if expr in values or not expr.args:
            return values.get(expr, expr)
        return evaluated(expr, [substituted(a, values) for a in expr.args])


def split_scalar(matrix: Basic) -> tuple[Expr, Basic]:
    """``c, M`` with ``matrix = c*M`` and no scalar factor in front of ``M``."""
    return _split_product(matrix) if isinstance(matrix, MatMul) else (S.One, matrix)


@cached(limits.CACHED_NODES)
def _split_product(product: MatMul) -> tuple[Expr, Basic]:
    scalars = [a for a in product.args if not is_matrix(a)]
    if not scalars:
        return S.One, product
    rest = [a for a in product.args if is_matrix(a)]
    return Mul(*scalars), rest[0] if len(rest) == 1 else new(MatMul, *rest)


def factors_of(product: Basic) -> tuple[Any, ...]:
    """The factors of a product; anything else is its own only one."""
    return product.args if isinstance(product, MatMul) else (product,)
