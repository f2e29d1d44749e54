"""The yardstick of the tests: derivatives from their definition, in every layout and form."""

from __future__ import annotations

import random

import mpmath
from mpmath import mp
from sympy import Dummy, MatrixSymbol, Symbol, preorder_traversal, symbols, sympify
from sympy.matrices.expressions import Transpose

from sympy_matlayout import matrix_derivative
from sympy_matlayout.expressions.shape import is_matrix, shape
from sympy_matlayout.numeric import (
    Evaluation,
    NumericArray,
    evaluate,
    example,
    jacobian_from_definition,
)

DIGITS = 50
TOLERANCE = mpmath.mpf(10)**-28

# every size different, so that a transpose in the wrong place can't pass
m, n, p, q = symbols("m n p q", integer=True, positive=True)
SIZES = {m: 2, n: 3, p: 4, q: 5}

LAYOUTS = ("numerator", "denominator", "mixed")


def values_for(expr, X, seed=0):
    """Random values for every symbol of the expression and the variable."""
    chance = random.Random(seed)
    values = dict(SIZES)
    leaves = [a for e in (expr, X) for a in preorder_traversal(sympify(e))]
    for leaf in sorted(set(leaves), key=str):
        if isinstance(leaf, (MatrixSymbol, Symbol)) and leaf not in values \
                and not isinstance(leaf, Dummy):
            values[leaf] = example(leaf, SIZES, chance)
    for leaf, value in values.items():
        if isinstance(leaf, Symbol) and leaf.is_integer and leaf not in SIZES:
            values[leaf] = mpmath.mpf(3)
    return values


def expected(J, layout, form, of, by):
    """The numeric derivative placed as document 002 says; ``of``, ``by`` are numeric shapes."""
    scalar_f, scalar_x = of in ((), (1, 1)), by == ()
    (p_, q_), (m_, n_) = of or (1, 1), by or (1, 1)

    def part(k, l, i, j):
        return J[k + p_*l, i + m_*j]

    def build(rows, cols, entry):
        M = mpmath.matrix(rows, cols)
        for r in range(rows):
            for s in range(cols):
                M[r, s] = entry(r, s)
        return M

    if form == "array":
        if scalar_f:
            return build(m_, n_, lambda i, j: part(0, 0, i, j))
        if scalar_x:
            return build(p_, q_, lambda k, l: part(k, l, 0, 0))
        return NumericArray((m_, n_, p_, q_), lambda i, j, k, l: part(k, l, i, j))
    if scalar_f and form == "matrix":
        gradient = build(m_, n_, lambda i, j: part(0, 0, i, j))
        return gradient.T if layout == "numerator" else gradient
    if scalar_x and form == "matrix":
        same = build(p_, q_, lambda k, l: part(k, l, 0, 0))
        return same.T if layout == "denominator" else same
    numerator = layout == "numerator" or (layout == "mixed" and not scalar_f)
    return J if numerator else J.T


def forms(of, by):
    if of in ((), (1, 1)) or by == () or (1 in of and 1 in by):
        return ("matrix", "vec", "array")
    return ("vec", "array")


def close(found, wanted):
    if isinstance(wanted, NumericArray):
        return (isinstance(found, NumericArray) and found.shape == wanted.shape
                and all(_near(found[i], wanted[i]) for i in wanted))
    if not isinstance(found, mpmath.matrix):
        found = mpmath.matrix([[found]])
    return (found.rows, found.cols) == (wanted.rows, wanted.cols) and all(
        _near(a, b) for a, b in zip(found, wanted, strict=True))


def _near(a, b):
    return abs(a - b) <= TOLERANCE*(1 + abs(b))


def check_against_definition(expr, X, seed=0, layouts=LAYOUTS, value_of=None):
    """Every layout and form of ∂expr/∂X against differences at high precision."""
    symbol = X.arg if isinstance(X, Transpose) else X
    if hasattr(expr, "as_immutable"):
        expr = expr.as_immutable()
    with mp.workdps(DIGITS):
        values = values_for(expr, X, seed)
        J = jacobian_from_definition(value_of or expr, symbol, values)
        F = evaluate(value_of or expr, values)
        of = (F.rows, F.cols) if isinstance(F, mpmath.matrix) else ()
        by = tuple(Evaluation(SIZES).size(s) for s in shape(symbol))
        if symbol != X:
            columns = [i + by[0]*j for i in range(by[0]) for j in range(by[1])]
            J = mpmath.matrix([[J[r, s] for s in columns] for r in range(J.rows)])
            by = by[::-1]
        for layout in layouts:
            for form in forms(of, by):
                D = matrix_derivative(expr, X, layout=layout, form=form)
                wanted = expected(J, layout, form, of, by)
                found = evaluate(D, values)
                assert close(found, wanted), (
                    f"∂({expr})/∂{X}, layout={layout}, form={form}, is not\n{D}\n"
                    f"found\n{found}\nwanted\n{wanted}")
                if is_matrix(D):
                    assert tuple(map(Evaluation(SIZES).size, D.shape)) == (
                        wanted.rows, wanted.cols), (D, D.shape)


