"""
What is known of a class of nodes, declared once and looked up by the class.

Beside a class stands what the library must know of it, an aspect a line::

    @declares("trace", CommutationMatrix)
    def trace_of_commutation(K): ...

Nodes stand below the rooms that simplify, compute and differentiate.  What they need of
these when they are evaluated or multiplied they ask for here, and the rooms above
enter it: nothing below imports anything above.  What a class does not declare is asked
by SymPy's own protocol (``_entry``, ``_eval_transpose``, ``_eval_trace``, ``as_explicit``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import Any, TypeVar

from sympy.core.basic import Basic

from .caches import clear_caches

__all__ = ["ASPECTS", "construct", "constructor_of", "declared", "declares", "known_derivative",
           "simplified_product"]

ASPECTS = {
    "constructor": "the node over other arguments, simplified locally",
    "transpose": "its transpose",
    "conjugate": "its complex conjugate, by those of its symbols",
    "trace": "its trace",
    "determinant": "its determinant",
    "power": "its power by an exponent, None where that has no shorter form",
    "product": "its product with a neighbour, left or right, None where that isn't shorter",
    "entry": "its entry [i, j]",
    "inner": "the trace of its product with a matrix, None where that has no shorter form",
    "linear": "the place of the argument that it is linear in, None where there is no such",
    "slice": "its rows and columns of some ranges, None where that isn't shorter",
    "indices": "its rows and columns as indices, and its entries as products with these",
    "value": "its value in mpmath",
    "operation": "what computes it in generated code, of the operations of its operands",
    "str": "how it prints on one line, from a printer and the node",
    "srepr": "how it prints as code",
    "latex": "how it prints in LaTeX",
    "pretty": "how it is drawn in lines of characters",
    "abbreviated": "how it prints where it is too long, with names for parts of it",
    "level": "how tightly it holds together printed, as SymPy's PRECEDENCE",
}

Function = TypeVar("Function", bound=Callable[..., Any])

# what classes have of those they inherit from, found once; there are no more than classes
_inherited: dict[tuple[str, type], Callable[..., Any] | None] = {}
_declared: dict[str, dict[type, Callable[..., Any]]] = {aspect: {} for aspect in ASPECTS}


def declares(aspect: str, *kinds: type) -> Callable[[Function], Function]:
    """Declare what a function knows of these classes."""
    def entered(function: Function) -> Function:
        _declared[aspect].update(dict.fromkeys(kinds, function))
        _inherited.clear()
        clear_caches()  # of what was simplified before this was known
        return function
    return entered


def declared(aspect: str, kind: type) -> Callable[..., Any] | None:
    """What is declared of a class, or of the nearest class that it inherits from."""
    key = aspect, kind
    if key not in _inherited:
        known = _declared[aspect]
        _inherited[key] = next((known[k] for k in kind.__mro__ if k in known), None)
    return _inherited[key]


def constructor_of(kind: type) -> Callable[..., Basic] | None:
    """What makes a node of exactly this class from its arguments, if there is something."""
    return _declared["constructor"].get(kind)


def construct(kind: type, *args: Any) -> Any:
    """A node of a class over its arguments, simplified locally."""
    return (constructor_of(kind) or kind)(*args)


@singledispatch
def simplified_product(product: Basic) -> Basic:
    """A product as SymPy writes it, neighbours merged that are shorter together."""
    return product


@singledispatch
def known_derivative(node: Basic) -> Basic:
    """The derivative that a node stands for, once its function is known."""
    return node
