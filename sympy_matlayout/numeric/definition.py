"""
Derivatives from their definition, as numbers in their places.

Partial derivatives are differences of values at high precision; a layout
puts each of them where ``docs/layouts.md`` says.  This is what the rules are checked
against, so nothing here may use them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
from mpmath import mp, mpc, mpf
from sympy import conjugate
from sympy.core.basic import Basic

from ..core.shapes import is_matrix
from ..nodes.conjugates import ConjugateSymbol
from ..nodes.realness import is_declared_complex
from ..nodes.structured import facts_about
from .evaluation import NumericArray, evaluate, vec
from .linear_algebra import matrix_of
from .types import NumericMatrix, NumericScalar, Sizes, Value, Values


class Partials:
    """
    All ∂F[k, l]/∂X[i, j] at a point, by central differences.

    With ``mpmath.mp.dps = 50`` about thirty digits are right.

    Parameters
    ==========

    expr : the function, a scalar or matrix expression
    variable : a MatrixSymbol or Symbol; of a complex Z or its conjugate the derivatives are
        those of Wirtinger, from differences along real and imaginary parts
    values : numbers for all symbols, mpmath matrices for MatrixSymbols
    transposed : whether the derivative is by ``variable.T``
    """

    def __init__(self, expr: Basic, variable: Basic, values: Values, transposed: bool = False):
        at = values[base_of(variable)]
        F = evaluate(expr, values)
        self.of = (F.rows, F.cols) if isinstance(F, mpmath.matrix) else ()
        self.by = (at.rows, at.cols) if is_matrix(variable) else ()
        rows, cols = self.by or (1, 1)
        columns = {(i, j): _difference(expr, variable, values, i, j)
                   for j in range(cols) for i in range(rows)}
        if transposed:
            self.by = self.by[::-1]
            columns = {(j, i): column for (i, j), column in columns.items()}
        self._columns = columns

    def __call__(self, k: int, l: int, i: int, j: int) -> NumericScalar:
        return self._columns[i, j][k + (self.of or (1, 1))[0]*l, 0]

    @property
    def of_scalar(self) -> bool:
        return self.of in ((), (1, 1))

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms that exist for these shapes."""
        vectors = bool(self.by) and 1 in self.of and 1 in self.by
        forms = ("vec", "row-major", "array", "autodiff")
        return ("matrix", *forms) if self.of_scalar or not self.by or vectors else forms

    def arranged(self, layout: str, form: str) -> Value:
        """The derivative in a layout and form, numerically."""
        (p, q), (m, n) = self.of or (1, 1), self.by or (1, 1)
        sizes, place = position(layout, form, () if self.of_scalar else self.of, self.by)
        found = {place(k, l, i, j): self(k, l, i, j)
                 for k in range(p) for l in range(q) for i in range(m) for j in range(n)}
        if len(sizes) == 2:
            return matrix_of(*sizes, lambda r, s: found[r, s])
        return NumericArray(sizes, lambda *index: found[index])


def position(layout: str, form: str, of: Sizes, by: Sizes) -> tuple[Sizes, Callable[..., Sizes]]:
    """
    The shape of a derivative, and the index ∂F[k, l]/∂X[i, j] has in it.

    ``of`` and ``by`` are the shapes of F and X, () for scalars.
    """
    (p, q), (m, n) = of or (1, 1), by or (1, 1)
    if not (of and by) and form not in ("vec", "row-major"):  # one matrix, of F or X
        sizes, turned = by or of or (1, 1), layout == ("numerator" if by else "denominator")
        if turned and form == "matrix":
            return sizes[::-1], lambda k, l, i, j: (j, i) if by else (l, k)
        return sizes, lambda k, l, i, j: (i, j) if by else (k, l)
    if form == "array":
        return (m, n, p, q), lambda k, l, i, j: (i, j, k, l)
    if form == "autodiff":
        return (p, q, m, n), lambda k, l, i, j: (k, l, i, j)

    def row(k, l):
        return k*q + l if form == "row-major" else k + p*l

    def column(i, j):
        return i*n + j if form == "row-major" else i + m*j

    if layout == "numerator" or layout == "mixed" and of:
        return (p*q, m*n), lambda k, l, i, j: (row(k, l), column(i, j))
    return (m*n, p*q), lambda k, l, i, j: (column(i, j), row(k, l))


def _difference(expr, variable, values, i, j) -> NumericMatrix:
    """vec of ∂F/∂X[i, j]"""
    base = base_of(variable)
    at = values[base]
    direction: Value = mpf(1)
    if is_matrix(base):
        direction = mpmath.matrix(at.rows, at.cols)
        direction[i, j] = 1
    return slope_along(lambda X: evaluate(expr, {**values, base: X}), variable, at, direction)


def base_of(variable: Any) -> Any:
    """The symbol Z, where the variable is its conjugate."""
    if isinstance(variable, ConjugateSymbol):
        return variable.of
    return variable.args[0] if isinstance(variable, conjugate) else variable


def slope_along(value: Callable[[Value], Value], variable: Any, at: Value,
                direction: Value) -> NumericMatrix:
    """
    vec of the derivative of ``value(X)`` by X, times a real direction.

    By a complex Z = X + iY it is ∂/∂Z = (∂/∂X - i∂/∂Y)/2, by Z* it is (∂/∂X + i∂/∂Y)/2, and by
    a Hermitian S, along which ∂f/∂S is that of all entries as if they were independent,
    Σ Dᵢⱼ Eᵢⱼ from the directions E + E' and i(E - E').
    """
    base, i = base_of(variable), mpc(0, 1)

    def along(way: Value) -> NumericMatrix:
        return central_difference(lambda h: value(at + h*way))

    if not is_declared_complex(base):
        return along(direction)
    if not is_matrix(base) and base.is_imaginary:
        return along(i*direction)/i
    if "hermitian" in facts_about(base):
        turned = direction.T
        return (along(direction + turned) - i*along(i*(direction - turned)))/2
    if "antihermitian" in facts_about(base):
        turned = direction.T
        return (along(direction - turned) - i*along(i*(direction + turned)))/2
    sign = 1 if base != variable else -1
    return (along(direction) + sign*i*along(i*direction))/2


def central_difference(value: Callable[[NumericScalar], Value]) -> NumericMatrix:
    """vec of the derivative of ``value(h)`` at 0."""
    return (vec(value(_step())) - vec(value(-_step())))/(2*_step())


def _step() -> NumericScalar:
    return mpf(10)**(-(mp.dps//3))


def rounding_of_differences() -> NumericScalar:
    """What rounding a value of size 1 does to the difference quotient."""
    return mpf(10)**-mp.dps/_step()


def near(found: Value, wanted: Value, tolerance: NumericScalar) -> bool:
    """Whether two values agree in shape and, up to rounding, in every entry."""
    if isinstance(wanted, NumericArray) or isinstance(found, NumericArray):
        return (isinstance(found, type(wanted)) and found.shape == wanted.shape
                and all(_near(found[i], wanted[i], tolerance) for i in wanted))
    found, wanted = (v if isinstance(v, mpmath.matrix) else mpmath.matrix([[v]])
                     for v in (found, wanted))
    return (found.rows, found.cols) == (wanted.rows, wanted.cols) and all(
        _near(a, b, tolerance) for a, b in zip(found, wanted, strict=True))


def _near(a: NumericScalar, b: NumericScalar, tolerance: NumericScalar) -> bool:
    return abs(a - b) <= tolerance*(1 + abs(b))
