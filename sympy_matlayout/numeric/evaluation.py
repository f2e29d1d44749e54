"""
The value of an expression, from given matrices, with mpmath.

What each class of nodes is by numbers is declared beside its family, in the files named
``..._values``.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product as indices
from math import prod
from typing import Any

import mpmath
from mpmath import mp
from sympy import Derivative, Expr
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.core.sympify import _sympify
from sympy.matrices.expressions import MatrixExpr

from ..core import limits
from ..core.errors import DerivativeNotImplementedError
from ..core.registry import declared
from ..nodes.realness import is_complex
from .account import Account, NotReal, NotWhole, is_real
from .linear_algebra import is_hermitian, matrix_of
from .scalar_functions import OF_COMPLEX, OF_REAL, as_number, function_value, number_of, side
from .types import NumericMatrix, NumericScalar, Sizes, Value, Values

__all__ = ["Evaluation", "NumericArray", "entries_of", "evaluate", "vec"]

NODE = 5  # what a node costs at all, in multiplications


def evaluate(expr: Basic, values: Values) -> Value:
    """
    The value of an expression: an mpf, or an mpmath matrix.

    Examples
    ========

    >>> from mpmath import matrix
    >>> from sympy import MatrixSymbol, Trace
    >>> from sympy_matlayout.numeric import evaluate
    >>> X = MatrixSymbol('X', 2, 2)
    >>> evaluate(Trace(X*X.T), {X: matrix([[1, 2], [3, 4]])})
    mpf('30.0')

    Parameters
    ==========

    expr : a scalar, matrix or array expression; arrays give a ``NumericArray``
    values : numbers for the symbols, mpmath matrices for the MatrixSymbols

    Raises
    ======

    ArgumentError : sizes are too large to compute with every number
    DerivativeNotImplementedError : a part has no value, as an undefined function
    """
    return Evaluation(values, Account(limits.WORK)).value(expr)


class NumericArray(dict):
    """Numbers by index tuple, with a shape."""

    def __init__(self, shape: Sizes, entry: Callable[..., NumericScalar]):
        self.shape = shape
        super().__init__((index, entry(*index)) for index in indices(*map(range, shape)))


class Evaluation:
    """
    One assignment of values; each node is computed once.

    Everything is real unless a value that is given is complex: what becomes complex on the
    way, as the logarithm of a negative number, is noted in the account, and a norm, an
    absolute value or a comparison of it has no value.
    """

    def __init__(self, values: Values, account: Account | None = None):
        self.values = dict(values)
        self.known: dict[Basic, Value] = {}
        self.account = account or Account()

    # --- of a part -----------------------------------------------------------------------

    def value(self, expr: Basic) -> Value:
        if expr not in self.known:
            self.account.spend(NODE, expr)
            self.known[expr] = self.values[expr] if expr in self.values else self.compute(expr)
        return self.known[expr]

    def number(self, expr: Basic) -> NumericScalar:
        """The value as a scalar; a 1x1 matrix gives its entry."""
        found = self.value(expr)
        return found[0, 0] if isinstance(found, mpmath.matrix) else found

    def array(self, expr: Basic) -> NumericArray:
        """The value as an array; a scalar has no axes."""
        found = self.value(expr)
        if isinstance(found, mpmath.matrix):
            return NumericArray((found.rows, found.cols), lambda i, j: found[i, j])
        return found if isinstance(found, NumericArray) else NumericArray((), lambda: found)

    def size(self, expr: Any) -> int:
        found = self.number(_sympify(expr))  # explicit matrices give Python ints
        if not is_real(found) or not mp.isfinite(found) or found != int(found.real):
            raise NotWhole(f"{expr} = {mp.nstr(found, 6)} is no whole number")
        return int(found.real)

    def span(self, lower: Basic, upper: Basic) -> tuple[range, bool]:
        """What an index runs over, and whether it descends, by Karr's convention."""
        first, last = self.size(lower), self.size(upper)
        return (range(first, last + 1), False) if last >= first else (
            range(last + 1, first), True)

    def real(self, node: Basic, expr: Basic) -> Value:
        """The value of a part that has to be real, unless a symbol in it is declared complex."""
        found = self.value(expr)
        if _all_real(found):
            return found.apply(mp.re) if isinstance(found, mpmath.matrix) else found.real
        if isinstance(node, OF_REAL) or not is_complex(expr) and not any(
                not _all_real(self.values[s]) for s in expr.free_symbols if s in self.values):
            raise NotReal(f"{expr} is not real in {node}")
        return found

    def within(self, more: Values) -> Evaluation:
        return Evaluation({**self.values, **more}, self.account)

    # --- of a node -----------------------------------------------------------------------

    def build(self, node: Any, entry: Callable[[int, int], NumericScalar]) -> NumericMatrix:
        """The matrix with these entries, of the shape that the node has."""
        rows, cols = map(self.size, node.shape)
        return self.build_matrix(node, rows, cols, entry)

    def build_matrix(self, node: Basic, rows: int, cols: int,
                     entry: Callable[[int, int], NumericScalar]) -> NumericMatrix:
        self.account.spend(rows*cols, node)
        return matrix_of(rows, cols, entry)

    def build_array(self, node: Any, sizes: Sizes,
                    entry: Callable[..., NumericScalar]) -> NumericArray:
        self.account.spend(prod(sizes), node)
        return NumericArray(sizes, entry)

    def noted(self, node: Basic, found: Value, *given: Value) -> Value:
        """What was found, with a note where it is complex and what it is made of is not."""
        if not _all_real(found) and (all(map(_all_real, given)) or _is_hermitian(given[0]) and all(
                map(_all_real, given[1:])) and not _is_hermitian(found)):
            self.account.complex_nodes.append(node)
        return found

    def compute(self, expr: Basic) -> Value:
        """As is declared of its class; else by the entries it gives, or as SymPy's function."""
        if known := declared("value", type(expr)):
            return known(expr, self)
        if isinstance(expr, MatrixExpr):
            return self.build(expr, lambda i, j: self._entry(expr, i, j))
        if not isinstance(expr, Expr) or isinstance(expr, (AppliedUndef, Derivative)):
            raise DerivativeNotImplementedError(
                f"{expr} ({type(expr).__name__}) has no value by numbers; put a known function or "
                "a symbol in its place")
        return self._applied(expr) if expr.args else as_number(number_of(expr))

    def _entry(self, expr: MatrixExpr, i: int, j: int) -> NumericScalar:
        """An entry as the class itself gives it."""
        entry = expr[i, j] if type(expr)._entry is not MatrixExpr._entry else None
        if entry is None or entry.has(expr):
            raise DerivativeNotImplementedError(
                f"{expr} ({type(expr).__name__}) has no value by numbers; put a known matrix or a "
                "MatrixSymbol in its place")
        return self.number(entry)

    def _applied(self, expr: Expr) -> NumericScalar:
        """A scalar function of its arguments' values."""
        given = [self.real(expr, a) if isinstance(expr, (*OF_REAL, *OF_COMPLEX))
                 else self.number(a) for a in expr.args]
        given = [g[0, 0] if isinstance(g, mpmath.matrix) else g for g in given]
        if all(map(is_real, given)) and (chosen := side(expr.func, given)) is not None:
            self.account.branches.add((expr, chosen))
        return self.noted(expr, function_value(expr.func, given), *given)


def _all_real(found: Value) -> bool:
    return all(map(is_real, found)) if isinstance(found, mpmath.matrix) else is_real(found)


def _is_hermitian(found: Value) -> bool:
    return isinstance(found, mpmath.matrix) and found.rows == found.cols and is_hermitian(found)


def entries_of(value: Value) -> list[NumericScalar]:
    """The numbers in a value of any kind."""
    if isinstance(value, mpmath.matrix):
        return [entry for row in value.tolist() for entry in row]
    return list(value.values()) if isinstance(value, NumericArray) else [value]


def vec(M: Value) -> NumericMatrix:
    """Column-major vec; a scalar is its own."""
    if not isinstance(M, mpmath.matrix):
        return mpmath.matrix([[M]])
    return mpmath.matrix([[M[i, j]] for j in range(M.cols) for i in range(M.rows)])
