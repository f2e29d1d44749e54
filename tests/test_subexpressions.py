"""Large expressions as (replacements, reduced)."""

import mpmath
import pytest
from definition import m, n, p, values_for
from mpmath import mp
from sympy import Function, Lambda, Matrix, MatrixSymbol, Symbol, Trace, exp, log, symbols, tanh
from sympy.matrices.expressions import BlockMatrix, Determinant, HadamardProduct

from sympy_matlayout import common_subexpressions, gradient, hessian
from sympy_matlayout.core.shapes import shape
from sympy_matlayout.numeric import evaluate
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.simplify import constructors as c

x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", p, 1)
A, B, X = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n), MatrixSymbol("X", m, n)
V, W = MatrixSymbol("V", m, n), MatrixSymbol("W", p, m)
NETWORK = y.T*(W*(V*x).applyfunc(tanh)).applyfunc(tanh)
t, x0, x1 = symbols("t x0 x1")

CASES = {
    "gradients of a network": gradient(NETWORK, V, W),
    "a gradient": [gradient(log(Determinant(A + X.T*X)), X)],
    "a Hessian": [hessian(exp(x.T*A*x), x)],
    "scalars": [exp(Trace(A*B))*Trace(A*B)*A, log(Trace(A*B))*B],
    "inverses": [A.inverse()*x, x.T*A.inverse(), A.inverse()],
    "transposes": [(A*x)*(A*x).T, A*x],
    "names in use": [(A*x)*(A*x).T*x0 + x1*A],
    "nothing in common": [A*x, X*B],
    "one root inside another": [A*B*x, (A*B*x)*x.T],
    "the same twice": [A*B, A*B],
    "blocks": [BlockMatrix([[A*B, A*B*A]])],
    "an explicit matrix": [Matrix([[Trace(A*B), Trace(A*B)**2]]).as_immutable()],
}


def inserted(replacements, expr):
    for symbol, definition in reversed(replacements):
        expr = expr.xreplace({symbol: definition})
    return expr


@pytest.mark.parametrize("name", CASES)
def test_put_back_it_is_the_same(name):
    exprs = list(CASES[name])
    replacements, reduced = common_subexpressions(exprs)
    assert len(reduced) == len(exprs)
    for before, short in zip(exprs, reduced, strict=True):
        after = inserted(replacements, short)
        assert shape(after) == shape(before)
        with mp.workdps(30):
            values = values_for(before, x)
            assert near(evaluate(after, values), evaluate(before, values), mpmath.mpf(10)**-20)


@pytest.mark.parametrize("name", CASES)
def test_each_name_is_new_defined_before_its_use_and_used(name):
    exprs = list(CASES[name])
    replacements, reduced = common_subexpressions(exprs)
    taken = {s.name for e in exprs for s in e.free_symbols}
    known = set()
    for symbol, definition in replacements:
        assert symbol.name not in taken | {s.name for s in known}
        assert shape(symbol) == shape(definition)
        held = definition.free_symbols
        assert not {s for s, _ in replacements} & held - known
        known.add(symbol)
    used = {s for e in (*reduced, *(d for _, d in replacements)) for s in e.free_symbols}
    assert known <= used


def test_names_of_ones_own():
    replacements, reduced = common_subexpressions([A.inverse()*x, A.inverse()*B], symbols("r:9"))
    r0 = MatrixSymbol("r0", n, n)
    assert replacements == [(r0, A.inverse())] and reduced == [r0*x, r0*B]


def test_a_deep_network_is_written_in_linear_length():
    z = Symbol("z")
    lengths = {}
    for layers in (100, 200, 400):
        h, weights = x, []
        for k in range(layers):
            weights.append(MatrixSymbol(f"W{k}", n, n))
            h = c.elementwise(Lambda(z, tanh(z)), c.multiply(weights[-1], h))
        replacements, reduced = common_subexpressions(
            gradient(c.new(Trace, c.multiply(x.T, h)), *weights))
        lengths[layers] = len(replacements) + len(reduced)
    assert lengths[400] - lengths[200] == 2*(lengths[200] - lengths[100])


def test_undefined_functions_and_hadamard_products():
    f = Function("f")
    G = gradient(f(X)*Trace(HadamardProduct(X, X)*B*X.T), X)
    replacements, (reduced,) = common_subexpressions(G)
    assert inserted(replacements, reduced) == G or replacements == []
