"""Intermediate variables, as in g = u'u where u = b - Ax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Symbol, preorder_traversal
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSymbol

from ..core.errors import ShapeError, VariableError
from ..core.shapes import same_shape, shape, show
from .read import in_shape, read_function


def read_definitions(where: Mapping[Basic, Any] | None, function: Basic) -> dict[Basic, Basic]:
    """Each intermediate variable with its definition, well-formed, in use, not in a circle."""
    if not isinstance(where, (Mapping, type(None))):
        raise VariableError(f"where= takes a dictionary such as {{u: b - A*x}}, got {where!r} "
                            f"({type(where).__name__})")
    found = {}
    for symbol, given in (where or {}).items():
        if not isinstance(symbol, (MatrixSymbol, Symbol)):
            raise VariableError(f"where= defines symbols, and {symbol} is "
                                f"{type(symbol).__name__}; name it by a MatrixSymbol or Symbol")
        found[symbol] = _fitting(symbol, read_function(given))
    _refuse_bound(found, function)
    for symbol in found:
        _refuse_circle(symbol, found)
        others = (d for s, d in found.items() if s != symbol)
        if not any(symbol in holder.free_symbols for holder in (function, *others)):
            raise VariableError(f"where= defines {symbol}, {show(shape(symbol))}, "
                                f"which does not occur in {function}")
    return found


def _fitting(symbol: Basic, definition: Basic) -> Basic:
    definition = in_shape(definition, shape(symbol))
    if not same_shape(shape(symbol), shape(definition)):
        raise ShapeError(f"where= defines {symbol}, {show(shape(symbol))}, "
                         f"as {definition}, {show(shape(definition))}")
    return definition


def _refuse_bound(definitions: Mapping[Basic, Basic], function: Basic) -> None:
    for holder in (function, *definitions.values()) if definitions else ():
        for part in preorder_traversal(holder):
            for symbol in getattr(part, "bound_symbols", None) or ():
                if symbol in definitions:
                    raise VariableError(f"where= defines {symbol}, which is bound in {part}; "
                                        "give the bound symbol another name")


def _refuse_circle(symbol: Basic, definitions: Mapping[Basic, Basic]) -> None:
    reached: set[Basic] = set()
    pending = [symbol]
    while pending:
        for s in definitions[pending.pop()].free_symbols & definitions.keys():
            if s == symbol:
                raise VariableError(f"where= defines {symbol} by way of itself")
            if s not in reached:
                reached.add(s)
                pending.append(s)
