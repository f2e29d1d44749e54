"""What can go wrong, as exceptions that say what to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

from sympy.matrices import ShapeError as SympyShapeError

__all__ = [
    "ConventionError",
    "DerivativeNotImplementedError",
    "FactsError",
    "FormError",
    "LayoutError",
    "MatlayoutError",
    "NotLinearError",
    "ShapeError",
    "StructureError",
    "VariableError",
    "refusing",
]


class MatlayoutError(Exception):
    """Every error of this library is one of these."""


class ShapeError(MatlayoutError, SympyShapeError):
    """The expression is ill-shaped, also where SymPy itself lets it through."""


class DerivativeNotImplementedError(MatlayoutError, NotImplementedError):
    """No rule covers a node; the message names it and shows how to register one."""


class VariableError(MatlayoutError, ValueError):
    """What was given as a variable is none."""


class LayoutError(MatlayoutError, ValueError):
    """No layout has the given name."""


class StructureError(MatlayoutError, ValueError):
    """There is no such structure, or the variable has another one."""


class ConventionError(MatlayoutError, ValueError):
    """There is no such convention for structured variables."""


class FactsError(MatlayoutError, ValueError):
    """Facts that contradict each other, or that can't be used."""


class NotLinearError(MatlayoutError, ValueError):
    """What was given as a differential is not linear in the differentials of the variables."""


class FormError(MatlayoutError, ValueError):
    """The form does not exist for the shapes at hand."""


def refusing(function: Callable[..., Any]) -> Callable[..., Any]:
    """
    Turn what SymPy raises on an expression it can't handle into a refusal.

    SymPy raises all kinds of errors while it rebuilds or differentiates unusual
    expressions; a user of this library should have to know one.
    """
    arguments = signature(function)

    @wraps(function)
    def refused(*args: Any, **kwargs: Any) -> Any:
        arguments.bind(*args, **kwargs)  # a wrong call stays a TypeError
        try:
            return function(*args, **kwargs)
        except MatlayoutError:
            raise
        except (ArithmeticError, AttributeError, LookupError, NotImplementedError, RecursionError,
                TypeError, ValueError) as error:
            raise DerivativeNotImplementedError(_failure(error)) from error
    return refused


def _failure(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return ("this expression is nested too deeply; give its inner parts names with where=, or "
                "raise sys.setrecursionlimit")
    return (f"a part of this expression can't be handled, it raised {type(error).__name__}: "
            f"{str(error) or 'no message'}; rewrite that part, or put a symbol in its place "
            "and apply the chain rule")
