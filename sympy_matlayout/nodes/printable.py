"""
Nodes that print as they are, and as a person would write them.

SymPy's printers ask a product for its sign, and SymPy then compares it with its
negative, evaluated down to the leaves.  That takes long, and it fails where a
scalar function of a trace or determinant stands in front; ``srepr`` and
``latex`` rearrange or evaluate sums likewise.  The nodes of results carry
methods of their own to be printed by, those that are declared of their classes,
and are SymPy's in all else.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MethodType
from typing import Any

from sympy.core.basic import Basic
from sympy.matrices.expressions import BlockMatrix, MatAdd, MatMul
from sympy.printing.pretty.stringpict import prettyForm

from ..core import limits
from ..core.caches import cached
from ..core.registry import declared, declares
from .traversal import nodes_of_tree

__all__ = ["PRINTMETHODS", "all_printable", "as_written", "has_minus", "joined", "printable"]

# what SymPy's printers look for in a node before they print it themselves
PRINTMETHODS = {"str": "_sympystr", "srepr": "_sympyrepr", "latex": "_latex", "pretty": "_pretty"}


def printable(node: Basic) -> Basic:
    """The node itself, which SymPy's printers no longer evaluate."""
    written, level = _printed(type(node))
    if written and written[0][0] not in node.__dict__:
        for printmethod, write in written:
            setattr(node, printmethod, MethodType(write, node))
        if level is not None:
            setattr(node, "precedence", level(node))  # noqa: B010 - for SymPy's printers
        if type(node) is MatMul:
            node.could_extract_minus_sign = MethodType(has_minus, node)
        node.__reduce_ex__ = MethodType(_reduced, node)
    return node


@cached(limits.CACHED_NODES)
def _printed(kind: type) -> tuple[tuple[tuple[str, Any], ...], Any]:
    """What is declared of how a class is written that has no methods of its own for it."""
    found = ((printmethod, aspect, declared(aspect, kind))
             for aspect, printmethod in PRINTMETHODS.items() if not hasattr(kind, printmethod))
    written = tuple((name, _as_method(aspect, write)) for name, aspect, write in found if write)
    return written, declared("level", kind)


def _as_method(aspect: str, write: Any) -> Any:
    return lambda node, printer, *args, **kwargs: as_written(aspect, write, printer, node)


def as_written(aspect: str, write: Any, printer: Any, node: Basic) -> Any:
    """How a printer writes a node, once where it is shared, and with names where it is long."""
    counts = vars(printer).setdefault("nodes", {})
    if aspect != "srepr" and nodes_of_tree(node, counts) > limits.PRINTED_NODES:
        abbreviate: Any = declared("abbreviated", type(node))
        short = abbreviate(aspect, printer, node)
        if short is not None:
            return short
    if aspect == "pretty":  # a picture is changed where it is used
        return write(printer, node)
    known = vars(printer).setdefault("written", {})
    if node not in known:
        known[node] = write(printer, node)
    return known[node]


def all_printable(exprs: Iterable[Basic]) -> list[Basic]:
    """The expressions themselves, with what SymPy's caches and constructors have put into them."""
    found = list(exprs)
    stack, seen = found.copy(), set()
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen.add(id(node))
            printable(node)
            stack.extend(node.args)
    return found


def _restored(kind: type, *args: Basic) -> Basic:
    """A node out of a pickle; SymPy's constructor would evaluate a product's scalars."""
    return printable(Basic.__new__(kind, *args) if kind is MatMul else kind(*args))


def _reduced(node: Basic, protocol: int) -> tuple:
    return _restored, (type(node), *node.args)


def has_minus(product: MatMul) -> bool:
    """Whether a product begins with a negative number."""
    first = product.args[0]
    return bool(first.is_Number and first.is_extended_negative)


def joined(parts: Any) -> Any:
    """What ``left``, ``right``, ``parens`` of a prettyForm give, as a prettyForm again."""
    return prettyForm(*parts)


@declares("srepr", MatMul, MatAdd)
def code_in_order(printer: Any, node: Basic) -> str:
    """The arguments in their order, which SymPy's own changes."""
    return printer.emptyPrinter(node)


@declares("str", BlockMatrix)
@declares("srepr", BlockMatrix)
def code_of_blocks(printer: Any, node: Any) -> str:
    """On one line, and so that it reads back, which SymPy's own doesn't."""
    rows = (", ".join(map(printer._print, row)) for row in node.blocks.tolist())
    return f"BlockMatrix([{', '.join(f'[{row}]' for row in rows)}])"
