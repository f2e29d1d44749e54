"""The yardstick of the tests: every layout and form against the definition."""

from __future__ import annotations

import mpmath
from mpmath import mp
from sympy import Adjoint, MatrixSymbol, Symbol, symbols, sympify
from sympy.matrices.expressions import Transpose

from sympy_matlayout import Differential, Vec, derivation, matrix_derivative, vec
from sympy_matlayout.core.shapes import is_matrix
from sympy_matlayout.nodes.conjugates import ConjugateSymbol
from sympy_matlayout.nodes.partial import Partial
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
    symbol, transposed = leaf_of(X)
    expr = expr.as_immutable() if hasattr(expr, "as_immutable") else sympify(expr)

    def known(e):
        return made_known(e, undefined)

    with mp.workdps(DIGITS):
        values = values_for(known(expr), X, seed)
        partials = Partials(known(expr), symbol, values, transposed=transposed)
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


def leaf_of(X):
    """The symbol of a variable, Z* beside Z, and whether the variable is its transpose."""
    if isinstance(X, Transpose):
        return X.arg, True
    if isinstance(X, Adjoint):
        inside = X.arg
        return (ConjugateSymbol(inside.arg), False) if isinstance(inside, Transpose) else (
            ConjugateSymbol(inside), True)
    return X, False


def made_known(expr, undefined):
    for f, g in (undefined or {}).items():
        expr = expr.replace(f, g)
    return expr.doit() if undefined else expr


def check_derivation(expr, X, layout="denominator", where=None, undefined=None, seed=0):
    """
    Every equation of a derivation, by numbers.

    dX is a random direction; d(part) is the derivative of that part along it,
    by differences, and ∂F/∂X stands for the partial derivatives as the layout
    arranges them.
    """
    symbol = X.arg if isinstance(X, Transpose) else X
    steps = derivation(expr, X, layout=layout, where=where)
    of, given = steps[0].left, steps[0].right
    parts = {step.left: step.right for step in steps if step.rule == "a name for a part"}
    where = {**(where or {}), **parts}

    def whole(e, known=where):
        """The expression of the variable alone, without intermediate or undefined names."""
        for _ in known:
            e = e.xreplace(known)
        return made_known(e, undefined)

    with mp.workdps(DIGITS):
        values = example_values([whole(given), symbol], SIZES, seed)
        direction = example_values([Differential(symbol)], SIZES, seed + 1)[Differential(symbol)]
        h = mpmath.mpf(10)**(-DIGITS//3)

        def at(step):
            return {**values, symbol: values[symbol] + step*direction}

        def along(part):
            return direction if part == symbol else (
                evaluate(whole(part), at(h)) - evaluate(whole(part), at(-h)))/(2*h)

        named = {u: evaluate(whole(u), values) for u in where}
        if parts:  # x̄ = ∂L/∂x of each part x, by differences in x
            (short,) = (step.right for step in steps if step.rule == "in these parts")
            for part in parts:
                others = {u: d for u, d in where.items() if u != part}
                by_part = Partials(whole(short, others), part, {**values, part: named[part]})
                name = f"{part.name[0]}bar{part.name[1:]}"
                bar = MatrixSymbol(name, *part.shape) if is_matrix(part) else Symbol(name)
                named[bar] = by_part.arranged("denominator", "matrix")
        for equation in steps:
            left, right = equation.left, made_known(equation.right, undefined)
            at_hand = {**values, **named, of: evaluate(whole(given), values),
                       Differential(of): along(given)}
            at_hand |= {d: along(d.of) for side in (left, right) for d in side.atoms(Differential)
                        if d != Differential(of)}
            wanted = (named_derivative(left, of, whole(given), symbol, values)
                      if isinstance(left, Partial) else evaluate(left, at_hand))
            found = evaluate(right, at_hand)
            assert near(found, wanted, mpmath.mpf(10)**-25), (
                f"{equation}   [{equation.rule}]\nin\n{steps}\nfound\n{found}\nwanted\n{wanted}")
            if equation.in_parts is not None:
                shown = evaluate(equation.shown, at_hand)
                assert near(shown, wanted, mpmath.mpf(10)**-25), (equation, equation.shown)
    return steps


def named_derivative(name, of, function, symbol, values):
    """What ∂L/∂X, ∂L/∂Xᵀ, ∂F/∂t, ∂vec(F)/∂vecᵀ(X), ∂vecᵀ(F)/∂vec(X) stand for."""
    above, below = name.args
    if not is_matrix(of):
        leaf, transposed = leaf_of(below)
        return Partials(function, leaf, values, transposed).arranged("denominator", "matrix")
    if not is_matrix(symbol):
        layout = "numerator" if above == of else "denominator"
        return Partials(function, symbol, values).arranged(layout, "matrix")
    layout = "numerator" if above == vec(of) else "denominator"
    (inside,) = below.atoms(Vec) or {below}
    leaf, transposed = leaf_of(inside.args[0] if isinstance(inside, Vec) else inside)
    return Partials(function, leaf, values, transposed).arranged(layout, "vec")
