"""What was written, as a tree whose nodes know their places in the text, whatever the language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

__all__ = ["Node", "Place", "Refuse", "Statement", "asks_for_size", "names_in", "walk"]

Place = tuple[int, int]  # where it begins and ends in the text
Refuse = Callable[..., NoReturn]  # with a reason and places in the text


@dataclass(frozen=True, eq=False)
class Node:
    """
    One operation.

    ``head`` is one of "number", "name", "neg", "add", "sub", "mul" (the product of matrices, or
    with a scalar), "times" (entry by entry), "div", "each_div", "left_div", "pow", "each_pow",
    "transpose", "kron", "call", "index" (places that are counted from zero), "entry" (places
    that are counted from one), "colon", "range", "norm", "bars", "sum" and "text".
    ``value`` is a number, a name, or what else belongs to the operation.
    """

    head: str
    place: Place
    args: tuple[Node, ...] = ()
    value: Any = None


@dataclass(frozen=True, eq=False)
class Statement:
    """An expression, and the name that it gives a value, if it does."""

    expr: Node
    name: str | None
    place: Place


SIZES = ("size", "len", "length", "numel")


def asks_for_size(node: Node) -> bool:
    """X.shape, X.shape[0], len(x), size(X, 1)"""
    if node.head == "index":
        return asks_for_size(node.args[0])
    return node.head == "method" and node.value in ("shape", "size") or (
        node.head == "call" and node.value[0] in SIZES)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below, from left to right."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(node.args)


def names_in(node: Node, bound: frozenset[str] = frozenset()) -> Iterator[Node]:
    """The names in a tree, from left to right; the index of a sum is none."""
    if node.head == "name" and node.value not in bound:
        yield node
    if node.head == "call" and isinstance(node.value[0], str) and node.value[0] not in bound:
        yield Node("called", node.place, node.args, node.value[0])
    if node.head == "sum":
        bound = bound | {node.value}
    for a in node.args:
        yield from names_in(a, bound)
