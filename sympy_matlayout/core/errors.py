"""
What can go wrong, as exceptions that say what to do.

There are two kinds.  A ``MatlayoutError`` is a refusal: what was given can't be used
or isn't covered, and the message says what can.  A ``MatlayoutBug`` is an error that
should not happen, of this library, of SymPy or of a rule that a user registered.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from textwrap import shorten
from traceback import walk_tb
from typing import Any

from sympy.core.basic import Basic
from sympy.matrices import ShapeError as SympyShapeError

from . import limits

__all__ = [
    "ArgumentError",
    "ConventionError",
    "DepthError",
    "DerivativeNotImplementedError",
    "FactsError",
    "FormError",
    "LayoutError",
    "MatlayoutBug",
    "MatlayoutError",
    "NoClosedFormError",
    "NotLinearError",
    "ParseError",
    "RepeatedValuesWarning",
    "ShapeError",
    "SingularError",
    "StructureError",
    "ValueMissingError",
    "VariableError",
    "reporting_bugs",
]

# From this many levels on, a recursion that doesn't end is blamed on the depth of what was given;
# SymPy takes up to ten of Python's 1,000 frames a level.
DEEP = 60


class MatlayoutError(Exception):
    """Every refusal of this library is one of these."""


class MatlayoutBug(RuntimeError):
    """An error that no expression should lead to; please report it."""


class ArgumentError(MatlayoutError, ValueError):
    """An argument is of a kind or has a value that can't be used."""


class SingularError(MatlayoutError, ValueError):
    """An inverse of a matrix that sizes, structure or facts prove singular."""


class ValueMissingError(MatlayoutError, ValueError):
    """A part of an expression has no value, as nan, zoo, 1/0."""


class DepthError(MatlayoutError, RecursionError):
    """An expression is nested too deeply for Python's stack."""


class ShapeError(MatlayoutError, SympyShapeError):
    """The expression is ill-shaped, also where SymPy itself lets it through."""


class DerivativeNotImplementedError(MatlayoutError, NotImplementedError):
    """No rule covers a node; the message names it and shows how to register one."""


class NotByEntriesError(DerivativeNotImplementedError):
    """A matrix as a whole depends on a bound index, so that entries alone don't do."""


class VariableError(MatlayoutError, ValueError):
    """What was given as a variable is none."""


class LayoutError(MatlayoutError, ValueError):
    """No layout has the given name."""


class RepeatedValuesWarning(UserWarning):
    """Eigenvalues or singular values are known to be repeated where simple ones are needed."""


class StructureError(MatlayoutError, ValueError):
    """There is no such structure, or the variable has another one."""


class ConventionError(MatlayoutError, ValueError):
    """There is no such convention for structured variables."""


class FactsError(MatlayoutError, ValueError):
    """Facts that contradict each other, or that can't be used."""


class NotLinearError(MatlayoutError, ValueError):
    """What was given as a differential is not linear in the differentials of the variables."""


class ParseError(MatlayoutError, ValueError):
    """A text that can't be read; the message shows the place."""


class NoClosedFormError(MatlayoutError, NotImplementedError):
    """An equation that no closed form was found for; the message says how far it came."""


class FormError(MatlayoutError, ValueError):
    """The form does not exist for the shapes at hand."""


def reporting_bugs(function: Callable[..., Any]) -> Callable[..., Any]:
    """
    A public function whose errors are refusals, or say that they are bugs.

    Refusals are raised on purpose, where they arise.  Anything else that comes out is
    no fault of what the user wrote, and says whose it is.
    """
    arguments = signature(function)

    @wraps(function)
    def reported(*args: Any, **kwargs: Any) -> Any:
        arguments.bind(*args, **kwargs)  # a wrong call stays a TypeError
        try:
            return function(*args, **kwargs)
        except (MatlayoutError, MatlayoutBug, MemoryError):
            raise
        except RecursionError as error:
            levels = max((_levels(a) for a in (*args, *kwargs.values())), default=0)
            if levels >= DEEP:
                raise DepthError(
                    f"the expression is nested {levels} levels deep, more than Python's stack "
                    "holds; give its inner parts names with where=, or raise "
                    "sys.setrecursionlimit") from error
            raise MatlayoutBug(_report(function.__name__, error, args)) from error
        except Exception as error:  # reported and chained, not handled
            raise MatlayoutBug(_report(function.__name__, error, args)) from error
    return reported


def _levels(given: Any) -> int:
    """How deep what was given is nested, counted without recursion."""
    levels = 0
    stage = {id(given): given}
    while stage and levels < limits.NESTED_LEVELS:
        levels += 1
        inside = (a for e in stage.values() for a in (
            e if isinstance(e, (list, tuple)) else e.args if isinstance(e, Basic) else ()))
        stage = {id(a): a for a in inside}
    return levels


def _report(name: str, error: Exception, args: tuple[Any, ...]) -> str:
    frame = list(walk_tb(error.__traceback__))[-1][0]
    module = frame.f_globals.get("__name__", "?")
    owner = module.partition(".")[0]
    if owner == __name__.partition(".")[0]:
        whose = f"a bug of {owner}, not a fault of what you wrote; please report it"
    elif owner in ("sympy", "mpmath"):
        whose = (f"an error of {owner} that {name} did not expect, not a fault of what you wrote; "
                 "please report it")
    else:
        whose = (f"an error of {module}, code that {name} calls and that is not of this library; "
                 "mend it there, or tell its authors")
    given = shorten(", ".join(map(_shown, args)), 500, placeholder=" ...")
    return (f"{name} met {type(error).__name__}: {str(error) or 'no message'}, raised in {module}. "
            f"This is {whose}, with the traceback above and what {name} was given: {given}")


def _shown(given: Any) -> str:
    try:
        return str(given)
    except Exception as error:  # noqa: BLE001 - while a bug is reported, printing may fail too
        return f"a {type(given).__name__} whose printing raises {type(error).__name__}"
