"""The call with arrays as they are: no list is converted and no shape compared a second time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from sympy.core.basic import Basic

from ..core import limits
from ..core.shapes import is_matrix
from .array_functions import ArrayFunctions
from .array_values import ArrayValues

__all__ = ["quick"]


def quick(made: Any, args: Any, arguments: Sequence[Basic], functions: ArrayFunctions,
          values: ArrayValues) -> Callable[..., Any]:
    """
    The function ``made``, which looks first whether it was called with such shapes before.

    For a few numbers to compute, converting the arguments takes longer than all the rest.
    """
    names = [functions.names[a] for a in arguments]
    if args != list(arguments) and args != arguments[0] or functions.by_value:
        return made
    numpy = values.module
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
              f"        found = known(({', '.join(key)}))",
              "        if found is not None:",
              *(f"            {change}" for change in changes),
              f"            return found({inside})",
              f"    return slow({inside}, *more, **named)"]
    known: dict[tuple, Callable[..., Any]] = {}

    def slow(*given: Any, **named: Any) -> Any:
        found = made(*given, **named)
        if not named and len(given) == len(arguments):
            _remember(known, functions, arguments, given, values)
        return found

    namespace = {"known": known.get, "slow": slow, "ndarray": numpy.ndarray,
                 "float64": numpy.float64}
    exec("\n".join(source), namespace)
    return _as(made, namespace["function"])


def _as(made: Any, function: Any) -> Any:
    found: Any = wraps(made)(function)
    found.__signature__ = made.__signature__
    return found


def _remember(known: dict[tuple, Callable[..., Any]], functions: ArrayFunctions,
              arguments: Sequence[Basic], given: Sequence[Any], values: ArrayValues) -> None:
    """Keep the function for arrays of these shapes, those of one axis reshaped before."""
    key: list[Any] = []
    shapes: list[tuple[int, ...] | None] = []
    taken = list(given)
    for k, (a, value) in enumerate(zip(arguments, given, strict=True)):
        if is_matrix(a):
            if type(value) is not values.module.ndarray or value.dtype.char not in "fd":
                return
            taken[k] = values.taken(a, value)
            key += [value.shape, value.dtype]
        shapes.append(taken[k].shape if is_matrix(a) and value.ndim != 2 else None)
    function = functions.of_same(taken)
    if function is None:
        return
    if len(known) >= limits.KEPT_SHAPES:
        known.clear()
    known[tuple(key)] = _reshaping(function, shapes) if any(shapes) else function


def _reshaping(function: Callable[..., Any], shapes: Sequence[Any]) -> Callable[..., Any]:
    def reshaping(*values: Any) -> Any:
        return function(*(v if shape is None else v.reshape(shape)
                          for v, shape in zip(values, shapes, strict=True)))
    return reshaping
