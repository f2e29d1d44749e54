"""
What a user gave, as SymPy's own objects.

Text is never evaluated: ``sympify('...')`` runs whatever is written in it.
"""

from __future__ import annotations

from typing import Any

from sympy import Expr, Lambda, S, Symbol
from sympy.core.basic import Basic
from sympy.core.symbol import Str
from sympy.core.sympify import SympifyError
from sympy.matrices import MatrixBase

from .errors import ArgumentError, ShapeError
from .shapes import is_array, is_matrix, same_size, shape, show, strictly

__all__ = ["as_basic", "as_index", "as_matrix", "as_name", "as_scalar_or_matrix",
           "as_square", "immutable"]


def as_basic(given: Any, what: str) -> Any:
    """What was given as an object of SymPy; explicit matrices become immutable."""
    if isinstance(given, str):
        raise ArgumentError(f"{what} is the text {given!r}, which is not evaluated; give SymPy's "
                            "own objects, such as MatrixSymbol('X', m, n) or Symbol('t')")
    try:
        found = strictly(given)
    except SympifyError:
        raise ArgumentError(f"{what} is of type {type(given).__name__}, which is no object of "
                            f"SymPy: {given!r}") from None
    return immutable(found) if isinstance(found, MatrixBase) else found


def immutable(explicit: Any) -> Any:
    """An explicit matrix or array that SymPy's caches can hold."""
    return explicit.as_immutable()


def as_scalar_or_matrix(given: Any, what: str) -> Basic:
    """What was given as a scalar or matrix expression."""
    found = as_basic(given, what)
    if not is_matrix(found) and (
            not isinstance(found, Expr) or is_array(found) or isinstance(found, Lambda)):
        raise ArgumentError(f"{what} is no scalar or matrix expression, but of type "
                            f"{type(given).__name__}: {given!r}")
    return found


def as_matrix(given: Any, what: str) -> Any:
    """What was given as a matrix expression."""
    found = as_basic(given, what)
    if not is_matrix(found):
        raise ShapeError(f"{what} is no matrix but {found} ({type(found).__name__})")
    return found


def as_square(given: Any, what: str) -> Any:
    """What was given as a square matrix expression."""
    found = as_matrix(given, what)
    if not same_size(*shape(found)):
        raise ShapeError(f"{what} is {show(shape(found))}, and such a matrix is square: {found}")
    return found


def as_name(given: Any, what: str) -> Str:
    """The name of a symbol or function."""
    if isinstance(given, str) and given:
        return Str(given)
    if isinstance(given, (Str, Symbol)):
        return Str(given.name)
    raise ArgumentError(f"{what} is a text, got {given!r}")


def as_index(given: Any, what: str) -> Expr:
    """A whole number, or a symbol that may be one."""
    found = as_basic(given, what)
    if not isinstance(found, Expr) or is_matrix(found) or found.is_integer is False \
            or found is S.NaN or found.is_finite is False or not found.is_commutative:
        raise ArgumentError(f"{what} is a whole number or a symbol for one, got {found}")
    return found
