"""The yardstick of the tests: every layout and form against the definition."""

from __future__ import annotations

import mpmath
from mpmath import mp
from sympy import symbols, sympify
from sympy.matrices.expressions import Transpose

from sympy_matlayout import matrix_derivative
from sympy_matlayout.expressions.shape import is_matrix
from sympy_matlayout.numeric import Partials, evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.numeric.evaluation import Evaluation

DIGITS = 50
TOLERANCE = mpmath.mpf(10)**-28

# every size different, so that a transpose in the wrong place can't pass
m, n, p, q = symbols("m n p q", integer=True, positive=True)
SIZES = {m: 2, n: 3, p: 4, q: 5}

LAYOUTS = ("numerator", "denominator", "mixed")


def values_for(expr, X, seed=0):
    """Random values for every symbol of the expression and the variable."""
    return example_values([sympify(expr), X], SIZES, seed)


def check_against_definition(expr, X, seed=0, undefined=None):
    """
    Every layout and form of ∂expr/∂X against differences at high precision.

    ``undefined`` maps undefined functions to known ones; these replace them in
    the expression and, once differentiated, in the derivative.
    """
    symbol = X.arg if isinstance(X, Transpose) else X
    expr = expr.as_immutable() if hasattr(expr, "as_immutable") else sympify(expr)

    def known(e):
        for f, g in (undefined or {}).items():
            e = e.replace(f, g)
        return e.doit() if undefined else e

    with mp.workdps(DIGITS):
        values = values_for(expr, X, seed)
        partials = Partials(known(expr), symbol, values, transposed=symbol != X)
        for layout in LAYOUTS:
            for form in partials.forms:
                D = matrix_derivative(expr, X, layout=layout, form=form)
                wanted = partials.arranged(layout, form)
                found = evaluate(known(D), values)
                assert near(found, wanted, TOLERANCE), (
                    f"∂({expr})/∂{X}, layout={layout}, form={form}, is not\n{D}\n"
                    f"found\n{found}\nwanted\n{wanted}")
                if is_matrix(D):
                    assert tuple(map(Evaluation(SIZES).size, D.shape)) == (
                        wanted.rows, wanted.cols), (D, D.shape)
