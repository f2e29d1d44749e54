"""Which nodes an expression is worked on by, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from sympy import Expr
from sympy.core.basic import Basic
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    BlockMatrix,
    Identity,
    MatrixSymbol,
    OneMatrix,
    ZeroMatrix,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.shapes import is_matrix
from .node import ConstantMatrix
from .undefined_functions import DerivativeAtPoint
from .written_sum import WRITTEN

__all__ = ["LEAVES", "nodes_of_tree", "operands", "postorder", "replaced"]

LEAVES = (MatrixSymbol, MatrixElement, ConstantMatrix, Identity, OneMatrix, ZeroMatrix)


def operands(node: Any) -> tuple[Basic, ...]:
    """The arguments to work on; what binds symbols or has none is a leaf."""
    if isinstance(node, (*LEAVES, *WRITTEN, MatrixBase, DerivativeAtPoint)) \
            or getattr(node, "bound_symbols", None):
        return ()
    if isinstance(node, BlockMatrix) and not isinstance(node, BlockDiagMatrix):
        return tuple(cast(Any, node.blocks))
    return tuple(a for a in node.args if isinstance(a, Expr) or is_matrix(a))


Node = TypeVar("Node")


def postorder(roots: Iterable[Node], below: Callable[[Node], Iterable[Node]]) -> Iterator[Node]:
    """Each distinct node once, its arguments before it; without recursion."""
    seen, stack = set(), [(root, False) for root in roots]
    while stack:
        node, entered = stack.pop()
        if entered:
            yield node
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((a, False) for a in below(node))


def nodes_of_tree(expr: Basic, known: dict[Basic, int]) -> int:
    """How many nodes an expression has written out, and those in it, which are kept."""
    if expr not in known:
        for node in postorder([expr], lambda e: () if e in known else e.args):
            if node not in known:
                known[node] = 1 + sum(known[a] for a in node.args)
    return known[expr]


def replaced(exprs: Sequence[Basic], values: Mapping[Any, Any]) -> list[Any]:
    """What ``xreplace`` makes of expressions, each distinct node looked at once."""
    found: dict[Basic, Any] = dict(values)
    for node in postorder(exprs, lambda e: () if e in values or _replaces_itself(e) else e.args):
        if node in values:
            continue
        if _replaces_itself(node):
            found[node] = node.xreplace(values)
        else:
            args = [found[a] for a in node.args]
            found[node] = node.func(*args) if tuple(args) != node.args else node
    return [found[expr] for expr in exprs]


def _replaces_itself(node: Basic) -> bool:
    return type(node)._xreplace is not Basic._xreplace
