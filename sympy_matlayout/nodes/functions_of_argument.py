"""Functions of one argument: how they are read, their names and their code."""

from __future__ import annotations

from typing import Any

from sympy import (
    Abs,
    Expr,
    Lambda,
    Max,
    Min,
    Piecewise,
    Pow,
    Symbol,
    arg,
    ceiling,
    conjugate,
    exp,
    floor,
    im,
    log,
    re,
    sign,
)
from sympy.core.basic import Basic
from sympy.core.function import FunctionClass

from ..core.bound_symbols import bound_symbol
from ..core.errors import ArgumentError
from ..core.shapes import is_matrix
from .node import numpy_call

__all__ = ["KINKED", "NAMES", "as_function", "code_of_derivative", "code_of_function",
           "function_name", "known_by_name", "latex_of_function_name", "of_argument", "slope_of"]

NAMES = {exp: "expm", log: "logm"}
BY_NAME = {"exp", "log", "cos", "sin", "tan", "cosh", "sinh", "tanh"}
KINKED = (Abs, Max, Min, Piecewise, sign)
NOT_DIFFERENTIABLE = (arg, ceiling, conjugate, floor, im, re)


def of_argument(body: Any, z: Basic) -> Lambda:
    """The function of one argument, under the one name that all of them have."""
    taken = {s.name for s in body.free_symbols - {z} if isinstance(s, Symbol)}
    own = bound_symbol(next(name for name in ("z", *(f"z{k}" for k in range(1, len(taken) + 2)))
                            if name not in taken))
    return Lambda((own,), body.xreplace({z: own}))


def as_function(f: Any, what: str) -> Lambda:
    """A function of one argument that has a derivative, as far as that can be seen."""
    found = _read_function(f, what)
    if found.expr.has(*NOT_DIFFERENTIABLE):
        raise ArgumentError(f"{what}: {found.expr} has no derivative by a complex argument, and a "
                            "function of a matrix is taken at its eigenvalues")
    return found


def _read_function(f: Any, what: str) -> Lambda:
    if isinstance(f, Lambda):
        signature: Any = f.signature
        if len(signature) != 1 or not isinstance(signature[0], Symbol):
            raise ArgumentError(f"{what} needs a function of one argument, got {f}")
        return of_argument(f.expr, signature[0])
    z = bound_symbol("z")
    try:
        value = f(z) if isinstance(f, FunctionClass) else None
    except TypeError:
        value = None
    if not isinstance(value, Expr) or is_matrix(value):
        raise ArgumentError(f"{what} needs a function of SymPy's with one argument, such as exp, "
                            f"or Lambda(z, z/(1 + z)), got {f!r}")
    return of_argument(value, z)


def function_name(f: Any) -> str:
    """exp of ``Lambda(z, exp(z))``, and the function written out where it has no name."""
    (z,), body = f.signature, f.expr
    if body.is_Function and body.args == (z,):
        return body.func.__name__
    return str(Lambda((Symbol(z.name),), body.xreplace({z: Symbol(z.name)})))


def latex_of_function_name(f: Any, printer: Any) -> str:
    (z,), body = f.signature, f.expr
    if isinstance(body, Pow) and body.base == z:
        return "x^{%s}" % printer._print(body.exp)
    if body.is_Function and body.args == (z,):
        head = "\\exp" if isinstance(body, exp) else printer._print(body).split(r"{\left(")[0]
        return head.split(r"\left(")[0]
    letter = Symbol("x")
    return r"x \mapsto " + printer._print(body.xreplace({z: letter}))


def code_of_function(f: Any, printer: Any) -> str:
    """The function as code of arrays."""
    (z,), body = f.signature, f.expr
    if z not in body.free_symbols:
        return numpy_call(printer, "constant_function", body)
    before = getattr(printer, "_entry_by_entry", False)
    printer._entry_by_entry = True
    code = f"(lambda {printer._print(z)}: {printer._print(body)})"
    printer._entry_by_entry = before
    return code


def code_of_derivative(node: Any, printer: Any, name: str) -> str:
    """A call with a function that is known by name, or with it and its derivatives."""
    (z,), body = node.function.signature, node.function.expr
    order = len(node.directions) + (name == "frechet_matrix")
    if body == exp(z) and order == 1 and name == "frechet_derivative":
        return numpy_call(printer, "expm_frechet", *node.args[1:])
    real = ["real=True"] if body.has(*KINKED) else []
    if (named := known_by_name(node.function)) is not None:
        f = named
    elif isinstance(body, Pow) and body.base == z:
        f = printer._print(body.exp)
    else:
        slopes = (code_of_function(slope_of(node.function, k) if k else node.function, printer)
                  for k in range(order + 1))
        f = f"({', '.join(slopes)},)"
    return numpy_call(printer, name, f, *node.args[1:], *real)


def known_by_name(f: Any) -> str | None:
    """The name of what code has an algorithm of its own for, of any matrix."""
    known = f.expr.is_Function and f.expr.args == f.variables and f.expr.func.__name__
    return f"'{known}'" if known in BY_NAME else None


def slope_of(f: Any, times: int = 1) -> Lambda:
    """The derivative of a function of one argument, which counts as real where it has kinks."""
    (z,), body = f.signature, f.expr
    if not body.has(*KINKED):
        return of_argument(body.diff(z, times), z)
    real = bound_symbol("z", real=True)
    return of_argument(body.xreplace({z: real}).diff(real, times), real)
