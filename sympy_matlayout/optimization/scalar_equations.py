"""Equations in a number: linear ones, also where it stands within matrices, and SymPy's."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Dummy, S

from ..core.errors import NoClosedFormError
from ..core.shapes import is_matrix
from ..derivatives.problem import Problem
from ..simplify.normal_form import normal_form
from ..structures.variable import Variable
from .conditions import Solved, defined, nonzero, within
from .definiteness import definiteness

__all__ = ["linear_in_scalar", "of_scalar"]


def linear_in_scalar(problem: Problem, residual: Any, symbol: Any) -> list[Solved] | None:
    """at + b = 0, also where t stands within matrices."""
    slope: Any = problem.graph([Variable(symbol)], residual).tangent({symbol: S.One})
    constant: Any = normal_form(residual - slope*symbol)
    slope, constant = problem.shortened(slope)[0], problem.shortened(constant)[0]
    if symbol in slope.free_symbols | constant.free_symbols or slope == 0:
        return None
    (value,) = problem.shortened(-constant/slope)
    found = within(symbol, value, tuple(nonzero(slope)))
    if not found:
        raise NoClosedFormError(f"{symbol} would be {value}, which it can't be as it is declared")
    return found


def of_scalar(residual: Any, symbol: Any) -> list[Solved]:
    """By SymPy, what doesn't depend on the unknown as symbols."""
    names: dict[Any, Any] = {}
    outside: dict[Any, Any] = {}

    def named(expr: Any) -> Any:
        if symbol not in expr.free_symbols:
            if expr.is_number or isinstance(expr, sympy.Symbol):
                return expr
            if expr not in names:
                sign = definiteness(expr)
                names[expr] = Dummy("k", real=True, positive=sign == "positive" or None)
                outside[names[expr]] = expr
            return names[expr]
        if expr == symbol:
            return expr
        if is_matrix(expr) or any(map(is_matrix, expr.args)):
            raise NoClosedFormError(f"no closed form was found for {symbol} in {residual} = 0: it "
                                    "stands within a matrix")
        return expr.func(*map(named, expr.args))

    unknown: Any = Dummy(symbol.name, real=True, positive=symbol.is_positive,
                    nonnegative=symbol.is_nonnegative)
    equation = sympy.numer(sympy.together(named(sympy.expand(residual)).xreplace(
        {symbol: unknown})))
    try:
        roots = sympy.solve(equation, unknown)
    except NotImplementedError:
        roots = []
    if not roots:
        raise NoClosedFormError(f"no closed form was found for {symbol} in {residual} = 0")
    found = []
    for root in roots:
        if root.has(sympy.I) or root.is_real is False:
            continue
        below = sympy.denom(sympy.together(root)).xreplace(outside)
        value = sympy.simplify(root).xreplace(outside)
        found += within(symbol, value, (*nonzero(below), *defined(value)))
    if not found:
        raise NoClosedFormError(f"{residual} = 0 has no solution {symbol} as it is declared")
    return found
