"""A stationary point: values, conditions, and what kind it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sympy import Lt, Ne
from sympy.core.basic import Basic

from ..nodes.conjugates import presented, with_adjoints
from ..nodes.norm import MaxEntry
from ..nodes.printable import all_printable
from ..printing.printers import latex

__all__ = ["StationaryPoint", "printable", "renamed"]


class StationaryPoint(Mapping[Any, Any]):
    """
    Values of the variables where the gradient is zero; a mapping from variable to value.

    ``conditions`` is what has to hold for it, as predicates of SymPy; ``kind`` what the
    Hessian says, ``"minimum"``, ``"maximum"``, ``"saddle"``, or None where its form doesn't
    show it; ``multipliers`` the values of Lagrange's multipliers, by constraint.
    """

    def __init__(self, values: Mapping[Any, Any], conditions: tuple[Any, ...], kind: str | None,
                 multipliers: Mapping[Any, Any]):
        self.values_by_variable = dict(values)
        self.conditions, self.kind, self.multipliers = conditions, kind, dict(multipliers)

    def __getitem__(self, variable: Any) -> Any:
        return self.values_by_variable[variable]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values_by_variable)

    def __len__(self) -> int:
        return len(self.values_by_variable)

    def __repr__(self) -> str:
        parts = [", ".join(f"{v} = {value}" for v, value in self.items())]
        if self.kind:
            parts.append(f"a {self.kind}")
        if self.conditions:
            parts.append("if " + " and ".join(map(_in_words, self.conditions)))
        return ", ".join(parts)

    def renamed(self, names: Mapping[Any, Any]) -> StationaryPoint:
        """With other symbols in the place of some."""
        return StationaryPoint(
            {renamed(v, names): presented(renamed(value, names)) for v, value in self.items()},
            tuple(printable(renamed(a, names)) for a in self.conditions), self.kind,
            {renamed(g, names): renamed(value, names) for g, value in self.multipliers.items()})

    def _repr_latex_(self) -> str:
        return "$\\displaystyle " + r",\quad ".join(
            f"{latex(v)} = {latex(value)}" for v, value in self.items()) + "$"


def _in_words(condition: Any) -> str:
    name = type(condition).__name__
    if name == "AppliedPredicate":
        return f"{condition.arguments[0]} is {condition.function.name.replace('_', ' ')}"
    if isinstance(condition, Ne):
        return f"{condition.args[0]} is not {condition.args[1]}"
    if isinstance(condition, Lt) and isinstance(condition.args[0], MaxEntry):
        return f"all entries of {-condition.args[0].args[0]} are positive"
    return str(condition)


def renamed(expr: Any, names: Mapping[Any, Any]) -> Any:
    if isinstance(expr, (list, tuple)):
        return type(expr)(renamed(e, names) for e in expr)
    return expr.xreplace(dict(names)) if isinstance(expr, Basic) else expr


def printable(condition: Any) -> Any:
    (condition,) = with_adjoints([condition])
    if not hasattr(condition, "arguments"):
        return condition.func(*all_printable(list(condition.args)))
    return condition.function(*all_printable(list(condition.arguments)))
