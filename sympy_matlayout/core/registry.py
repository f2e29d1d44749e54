"""
What is known of a class of nodes, looked up by the class.

Nodes stand below the algebra that simplifies them and the engine that
differentiates.  What they need of these when they are evaluated, multiplied or
differentiated they ask for here, and the rooms above enter it: nothing below
imports anything above.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import TypeVar

from sympy.core.basic import Basic

__all__ = ["construct", "constructor_of", "constructs", "known_derivative", "simplified_product"]

Constructor = TypeVar("Constructor", bound=Callable[..., Basic])

_constructors: dict[type, Callable[..., Basic]] = {}


def constructs(*kinds: type) -> Callable[[Constructor], Constructor]:
    """Enter the function that makes nodes of these classes from their arguments."""
    def entered(constructor: Constructor) -> Constructor:
        _constructors.update(dict.fromkeys(kinds, constructor))
        return constructor
    return entered


def constructor_of(kind: type) -> Callable[..., Basic] | None:
    """What makes a node of a class from its arguments and simplifies locally, if there is one."""
    return _constructors.get(kind)


def construct(kind: type, *args: Basic) -> Basic:
    """A node of a class over its arguments, simplified locally."""
    return _constructors.get(kind, kind)(*args)


@singledispatch
def simplified_product(product: Basic) -> Basic:
    """A product as SymPy writes it, neighbours merged that are shorter together."""
    return product


@singledispatch
def known_derivative(node: Basic) -> Basic:
    """The derivative that a node stands for, once its function is known."""
    return node
