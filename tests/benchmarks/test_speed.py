"""
Speed, as ratios measured in one process.

Run with

    python -m pytest tests/benchmarks --benchmark-only --benchmark-disable-gc -s
"""

import time
from statistics import geometric_mean

import pytest
from sympy import MatrixSymbol, Trace, symbols, tanh
from sympy.core.cache import clear_cache
from sympy.matrices.expressions import HadamardProduct

from sympy_matlayout import gradient, matrix_derivative
from sympy_matlayout.algebra import constructors as c

m, n, p = symbols("m n p", integer=True, positive=True)
x, y, a = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1), MatrixSymbol("a", m, 1)
A, B, S = (MatrixSymbol(name, n, n) for name in "ABS")
X, C = MatrixSymbol("X", m, n), MatrixSymbol("C", n, m)

# formulas that SymPy 1.14's own expr.diff gets right too
BOTH_RIGHT = [
    (A*x, x), (x.T*A*x, x), (a.T*X*x, X), (Trace(X*C), X), (Trace(X*A*X.T), X),
    (Trace(X.T*X), X), (a.T*X*X.T*a, X), (x.T*X.T*X*y, X), (Trace(S.inverse()), S),
    (Trace(A*S.inverse()*B), S), (Trace(S**2), S), (Trace(S**3), S), (Trace(A*S*B*S), S),
    (x.applyfunc(tanh), x), (a.T*(X*x).applyfunc(tanh), x), (HadamardProduct(x, y), x),
]


def seconds(call):
    """The best of three, with SymPy's cache cleared before each."""
    found = []
    for _ in range(3):
        clear_cache()
        c.shape.cache_clear()
        c.new.cache_clear()
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


def tanh_chain(layers):
    """Trace of the last layer of h ↦ tanh(W h + b), built without SymPy's deep checks."""
    h, weights = x, []
    for k in range(layers):
        W, b = MatrixSymbol(f"W{k}", n, n), MatrixSymbol(f"b{k}", n, 1)
        h = c.new(c.ElementwiseApplyFunction, TANH, c.new(c.MatAdd, c.new(c.MatMul, W, h), b))
        weights += [W, b]
    return c.new(Trace, c.new(c.MatMul, y.T, h)), weights


TANH = x.applyfunc(tanh).function


def test_ratio_to_sympy(benchmark):
    ratios = [seconds(lambda f=f, v=v: f.diff(v))
              / seconds(lambda f=f, v=v: matrix_derivative(f, v)) for f, v in BOTH_RIGHT]
    benchmark.extra_info["geometric mean of ratios to expr.diff"] = geometric_mean(ratios)
    print(f"\nexpr.diff / matrix_derivative over {len(ratios)} formulas: "
          f"geometric mean {geometric_mean(ratios):.1f}, least {min(ratios):.1f}")
    benchmark(lambda: [matrix_derivative(f, v) for f, v in BOTH_RIGHT])


@pytest.mark.parametrize("layers", [16, 32, 64])
def test_all_gradients_of_a_tanh_chain(benchmark, layers):
    loss, weights = tanh_chain(layers)
    benchmark(lambda: gradient(loss, *weights))
