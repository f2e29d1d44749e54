"""The call with arrays as they are: no list is converted and no shape compared a second time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from typing import Any

from sympy.core.basic import Basic

from ..core.shapes import is_matrix, shape
from .array_functions import ArrayFunctions

__all__ = ["quick"]


def quick(made: Any, args: Any, arguments: Sequence[Basic],
          functions: ArrayFunctions) -> Callable[..., Any]:
    """
    The function ``made``, which looks first whether it was called with such shapes before.

    For a few numbers to compute, converting the arguments takes longer than all the rest.
    """
    names = [functions.names[a] for a in arguments]
    if args != list(arguments) and args != arguments[0] or functions.by_value:
        return made
    numpy = import_module("numpy")
    checks, key, changes = [], [], []
    for a, name in zip(arguments, names, strict=True):
        if is_matrix(a):
            checks.append(f"{name}.__class__ is ndarray")
            key += [f"{name}.shape", f"{name}.dtype"]
        elif a.is_integer:
            checks.append(f"{name}.__class__ is int")
        else:
            checks.append(f"({name}.__class__ is float or {name}.__class__ is float64)")
            changes.append(f"{name} = float64({name})")
    if not key:
        return made
    inside = ", ".join(names)
    source = [f"def function({inside}, *more, **named):",
              f"    if not more and not named and {' and '.join(checks)}:",
              f"        found = known({', '.join(['(' + ', '.join(key) + ')'])})",
              "        if found is not None:",
              *(f"            {change}" for change in changes),
              f"            return found({inside})",
              f"    return slow({inside}, *more, **named)"]
    known: dict[tuple, Callable[..., Any]] = {}

    def slow(*given: Any, **named: Any) -> Any:
        found = made(*given, **named)
        if not named and len(given) == len(arguments):
            _remember(known, functions, arguments, given, numpy)
        return found

    namespace = {"known": known.get, "slow": slow, "ndarray": numpy.ndarray,
                 "float64": numpy.float64}
    exec("\n".join(source), namespace)
    return _as(made, namespace["function"])


def _as(made: Any, function: Any) -> Any:
    signature = made.__signature__
    found: Any = wraps(made)(function)
    found.__signature__ = signature
    return found


def _remember(known: dict, functions: ArrayFunctions, arguments: Sequence[Basic],
              given: Sequence[Any], numpy: Any) -> None:
    """Keep the function for arrays of these shapes, those of one axis reshaped before."""
    key: list[Any] = []
    turned: list[tuple[int, int] | None] = []
    kept: list[Any] = []
    for a, value in zip(arguments, given, strict=True):
        change = None
        if is_matrix(a):
            if type(value) is not numpy.ndarray or value.dtype.char not in "fd":
                return
            key += [value.shape, value.dtype]
            if value.ndim != 2:
                change = (1, -1) if shape(a)[0] == 1 and shape(a)[1] != 1 else (-1, 1)
                value = value.reshape(change)
        turned.append(change)
        kept.append(value)
    function = functions.of_same(kept)
    if function is None:
        return
    if len(known) >= 64:
        known.clear()
    if any(turned):
        known[tuple(key)] = _reshaping(function, turned)
    else:
        known[tuple(key)] = function


def _reshaping(function: Callable[..., Any], changes: Sequence[Any]) -> Callable[..., Any]:
    def reshaping(*values: Any) -> Any:
        return function(*(v if change is None else v.reshape(change)
                          for v, change in zip(values, changes, strict=True)))
    return reshaping
