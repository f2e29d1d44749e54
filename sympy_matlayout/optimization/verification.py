"""A solution put into its equations, with numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

from mpmath import mp, mpf
from sympy import Dummy, S, Symbol
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSymbol

from ..core.errors import MatlayoutError, NoClosedFormError
from ..core.shapes import is_matrix, shape
from ..nodes.traversal import postorder
from ..numeric.account import NoValue
from ..numeric.evaluation import evaluate
from ..numeric.examples import example_values
from ..simplify import constructors as c
from ..structures.variable import Variable

__all__ = ["require_solution", "sizes_in"]

DIGITS, TOLERANCE, LARGE = 40, mpf(10)**-20, mpf(10)**12
NUMBERS = (2, 3, 7, 5)  # for sizes, in all orders: some solutions need many rows


def require_solution(residuals: Sequence[Any], values: Mapping[Any, Any],
                     variables: Sequence[Variable] = (), conditions: Sequence[Any] = ()) -> None:
    """
    That the residuals are zero where the values are put in, and have the variables' structures.

    Refused is what is not, and what has no value for any sizes: an inverse of a matrix that
    never has one.
    """
    values = dict(values)
    residuals = list(residuals)
    for v in variables:
        if v.structure is not None:
            probe = MatrixSymbol(Dummy("X").name + "_", *shape(v.symbol))
            residuals.append(c.add(probe, c.scale(S.NegativeOne, v.structure.arranged(
                probe, "projection"))))
            values[probe] = values[v.symbol]
    inverted = [a.arguments[0] for a in conditions if hasattr(a, "arguments")]
    known = [*residuals, *values.values(), *inverted]
    wrong = False
    for sizes in _choices(sizes_in(known)):
        with mp.workdps(DIGITS):
            try:
                free = example_values([e for e in known if isinstance(e, Basic)], sizes)
                _require_inverses(inverted, free)
                found = _largest(residuals, values, free)
            except (MatlayoutError, NoValue, ZeroDivisionError):
                continue
        if found < TOLERANCE:
            return
        wrong = True
    if wrong:
        raise NoClosedFormError("a closed form was found that does not solve the equations")
    raise NoClosedFormError("the closed form that was found has no value: it needs the inverse of "
                            "a matrix that has none, whatever the numbers")


def _require_inverses(matrices: Sequence[Any], free: Mapping[Any, Any]) -> None:
    """What is singular but for rounding is singular."""
    for matrix in matrices:
        M = evaluate(matrix, free)
        if hasattr(M, "rows") and _size(M)*_size(mp.inverse(M)) > LARGE:
            raise NoValue("an inverse of what is singular but for rounding")


def _largest(residuals: Sequence[Any], values: Mapping[Any, Any], free: Mapping[Any, Any]) -> Any:
    """The largest entry of a residual, relative to what its symbols give elsewhere."""
    there = {v: evaluate(value, free) for v, value in values.items()}
    if max(map(_size, there.values())) > LARGE:
        raise NoValue("an inverse of what is singular but for rounding")
    worst = mpf(0)
    for residual in residuals:
        at, near = (evaluate(residual, {**free, **given}) for given in (there, {}))
        scale = max(mpf(1), _size(near), *map(_size, there.values()))
        worst = max(worst, _size(at)/scale)
    return worst


def _size(value: Any) -> Any:
    return max(map(abs, value)) if hasattr(value, "rows") else abs(value)


def sizes_in(exprs: Sequence[Any]) -> list[Symbol]:
    """The symbols in shapes."""
    found: dict[Symbol, None] = {}
    for node in postorder(list(exprs), lambda e: e.args):
        if is_matrix(node):
            for size in shape(node):
                found.update(dict.fromkeys(
                    s for s in size.free_symbols if not isinstance(s, Dummy)))
    return sorted(found, key=str)


def _choices(symbols: Sequence[Symbol]) -> Iterator[dict[Any, int]]:
    count = len(symbols)
    numbers = (*NUMBERS, *range(8, 8 + count - len(NUMBERS)))
    for k, chosen in enumerate(permutations(numbers, count)):
        if k == 24:
            return
        yield dict(zip(symbols, chosen, strict=True))
