"""A claim as it is given: expressions, explicit matrices, lists and arrays of any kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Derivative, Expr, Subs, Symbol, default_sort_key, exp, prod
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.matrices import MatrixBase
from sympy.tensor.array import ImmutableDenseNDimArray, NDimArray

from ..core.errors import ArgumentError, DerivativeNotImplementedError, ShapeError, VariableError
from ..core.given import as_basic, as_scalar_or_matrix
from ..core.shapes import is_array, is_matrix
from ..nodes.namesakes import by_name, described, namesake
from ..reading.read import read

__all__ = ["read_claim", "refuse_namesakes", "with_known_functions"]

WHAT = "claimed"


def read_claim(claimed: Any, known: Mapping[Any, Any]) -> Basic:
    """The claim as a well-formed expression; arrays of more than two axes as they are."""
    found = claimed
    if hasattr(found, "tolist") and not isinstance(found, (Basic, MatrixBase, NDimArray)):
        found = found.tolist()
    if isinstance(found, (list, tuple)):
        found = _array(found)
    try:
        found = found if isinstance(found, NDimArray) else as_basic(found, WHAT)
    except ArgumentError as error:
        raise ShapeError("a claim is a scalar, matrix or array expression, not "
                         f"{claimed!r}") from error
    if 0 in getattr(found, "shape", ()):
        raise ArgumentError(f"{WHAT} has no entries: {claimed!r}")
    if isinstance(found, NDimArray):
        found = _with_two_axes_as_matrix(found)
    found = found.xreplace(dict(known)) if known else found
    return found if is_array(found) else read(as_scalar_or_matrix(found, WHAT))


def _with_two_axes_as_matrix(array: Any) -> Any:
    return array.tomatrix() if len(array.shape) == 2 else ImmutableDenseNDimArray(array)


def _array(rows: list | tuple) -> NDimArray:
    """A list of lists as an array."""
    entries, sizes = list(rows), [len(rows)]
    while entries and all(isinstance(row, (list, tuple)) for row in entries):
        lengths = {len(row) for row in entries}
        if len(lengths) > 1:
            raise ArgumentError(f"{WHAT} is a list with rows of different lengths, "
                                f"{', '.join(map(str, sorted(lengths)))}: {rows!r}")
        sizes += lengths
        entries = [entry for row in entries for entry in row]
    return ImmutableDenseNDimArray([_entry(entry) for entry in entries], tuple(sizes))


def _entry(given: Any) -> Basic:
    found = as_scalar_or_matrix(given, f"an entry of {WHAT}")
    if is_matrix(found):
        raise ArgumentError(f"{WHAT} is a list with the matrix {found} as an entry; give a "
                            "BlockMatrix or the entries themselves")
    return found


def refuse_namesakes(variable: Basic, function: Basic, claim: Basic) -> None:
    """
    Refuse a symbol while another one bears its name, in a shape or with assumptions of its own.

    The variable would be no variable of the function, and its derivative a zero that nobody
    meant; and no claim with such a symbol can be right.
    """
    for symbols, others in (([variable], function.free_symbols),
                            (claim.free_symbols, function.free_symbols | {variable})):
        for symbol in sorted(symbols, key=default_sort_key):
            other = None if symbol in others else namesake(symbol, by_name(others))
            if other is not None:
                raise VariableError(
                    f"{symbol} is {described(symbol)}, and the {other} of the function is "
                    f"{described(other)}; these are different symbols, give one and the same")


def with_known_functions(*exprs: Basic) -> list[Basic]:
    """
    Undefined functions of scalars replaced by some that have values, the same in all expressions.

    Each has a factor of its own, a symbol, so that it takes both signs.
    """
    functions = sorted({a.func for e in exprs for a in e.atoms(AppliedUndef)}, key=str)
    found = list(exprs)
    for k, f in enumerate(functions):
        found = [e.replace(f, _known(f, k)) for e in found]
    return [e.doit() if functions and e.has(Derivative, Subs) else e for e in found]


def _known(f: Any, k: int) -> Any:
    def known(*args: Any) -> Expr:
        if any(map(is_matrix, args)):
            raise DerivativeNotImplementedError(
                f"{f} of a matrix has no value; put a known function in its place")
        applied = f(*args)
        size = Symbol(f"size of {f}", positive=applied.is_positive or applied.is_nonnegative,
                      negative=applied.is_negative or applied.is_nonpositive, real=True)
        return size*(exp(sum((i + 2)*a for i, a in enumerate(args))/(k + 9))
                     + (k + 1)*prod(args)**2)
    return known
