"""
Speed and memory, as ratios measured in one process.

Run with

    python -m pytest tests/benchmarks --benchmark-only --benchmark-disable-gc -s
"""

import sys
import time
import tracemalloc
from statistics import geometric_mean, median

import pytest
from mpmath import mp, mpf
from sympy import Add, Determinant, MatrixSymbol, Trace, exp, log, sin, sqrt, symbols, tanh
from sympy.core.cache import clear_cache
from sympy.matrices.expressions import HadamardProduct

from sympy_matlayout import common_subexpressions, gradient, installed, matrix_derivative
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.simplify import constructors as c

m, n, p = symbols("m n p", integer=True, positive=True)
x, y, b, mu = (MatrixSymbol(name, n, 1) for name in ("x", "y", "b", "mu"))
a = MatrixSymbol("a", m, 1)
A, B, C, D, S = (MatrixSymbol(name, n, n) for name in "ABCDS")
M, N = MatrixSymbol("M", m, m), MatrixSymbol("N", m, m)
X, Y = MatrixSymbol("X", m, n), MatrixSymbol("Y", m, n)
P, R, F = MatrixSymbol("P", p, m), MatrixSymbol("R", n, p), MatrixSymbol("F", p, p)
tr = Trace

# formulas that SymPy's own expr.diff gets right too
BOTH_RIGHT = [
    (A*x, x), (X*x, x), (x.T*x, x), (x.T*A*x, x), (x.T*A*y, y), (x.T*A*x + b.T*x, x),
    ((B*x + b).T*C*(D*x + y), x), ((x - mu).T*S*(x - mu), x), ((A*x - b).T*(A*x - b), x),
    ((X*b - a).T*M*(X*b - a), b), (x.T*A.T*A*x - 2*b.T*A*x, x), (sqrt(x.T*x), x),
    ((x - mu).T*S.inverse()*(x - mu)/2, mu), (x*x.T*b, x), (A*x*b.T*x, x), (x.applyfunc(tanh), x),
    (HadamardProduct(x, y), x), (b.T*S*b, S), (b.T*S**3*x, S), (b.T*S.inverse()*x, S), (tr(S), S),
    (tr(S.T), S), (tr(S)**2, S), (tr(S**2), S), (tr(S**3), S), (tr(S**2*B), S), (tr(A*S**2), S),
    (tr(S*A), S), (tr(A*S*B), S), (tr(A*S.T*B), S), (tr(P*X*R), X), (tr(X.T*Y), X), (tr(Y*X.T), X),
    (tr(X.T*X), X), (tr(X*A*X.T), X), (tr(X.T*M*X), X), (tr(X.T*M*X*C), X), (tr(M*X*A*X.T), X),
    (tr(B.T*X.T*M*X*B), X), (tr(A*S*B*S), S), (tr(S*A*S.T*B), S), (tr(A*S*B*S.T*C), S),
    (tr(A*S.T*B*S*C), S), (tr(A*S*S.T*B), S), (tr(S.inverse()), S), (tr(A*S.inverse()*B), S),
    (tr((S + A).inverse()), S), (tr((P*X*R + F)*(P*X*R + F).T), X),
    (tr((A*S*B + C)*(A*S*B + C).T), S), (tr((X.T*M*X).inverse()*A), X),
    (tr((A + X.T*M*X).inverse()*(X.T*N*X)), X), (tr(A - S*B*A - A*B.T*S.T + S*C*S.T), S),
]
TANH = x.applyfunc(tanh).function


def forget_everything():
    """SymPy's cache, and whatever this library remembers."""
    clear_cache()
    for name, module in list(sys.modules.items()):
        if name.startswith("sympy_matlayout"):
            for thing in vars(module).values():
                if hasattr(thing, "cache_clear"):
                    thing.cache_clear()


def seconds(call, forget):
    """The best of three."""
    found = []
    for _ in range(3):
        forget()
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)


@pytest.mark.parametrize("forget", [clear_cache, forget_everything])
def test_ratio_to_sympy(benchmark, forget):
    ratios = [seconds(lambda f=f, v=v: f.diff(v), forget)
              / seconds(lambda f=f, v=v: matrix_derivative(f, v), forget) for f, v in BOTH_RIGHT]
    benchmark.extra_info["geometric mean of ratios to expr.diff"] = geometric_mean(ratios)
    print(f"\nexpr.diff / matrix_derivative over {len(ratios)} formulas, after "
          f"{forget.__name__}: geometric mean {geometric_mean(ratios):.1f}, "
          f"least {min(ratios):.1f}")
    benchmark(lambda: [matrix_derivative(f, v) for f, v in BOTH_RIGHT])


def test_sympy_is_right_on_all_of_them():
    for f, v in BOTH_RIGHT:
        with mp.workdps(30):
            values = example_values([f, v], {m: 5, n: 3, p: 4})
            assert near(evaluate(f.diff(v), values), evaluate(matrix_derivative(f, v), values),
                        mpf(10)**-18), f


def test_scalar_diff_costs_the_same_with_install(benchmark):
    z = symbols("z")
    scalars = [sin(z)*exp(z**2), log(1 + z**2)**3, z**z/(1 + z), tanh(z)/z]
    pairs = []
    for _ in range(40):  # in turns, so that both see the same machine
        plain = seconds(lambda: [f.diff(z, 2) for f in scalars], clear_cache)
        with installed():
            pairs.append(seconds(lambda: [f.diff(z, 2) for f in scalars], clear_cache)/plain)
    print(f"\nscalar diff with install() / without, 40 pairs: median {median(pairs):.3f}")
    benchmark(lambda: None)


# --- networks ---------------------------------------------------------------------------


def tanh_chain(layers):
    """Trace of the last layer of h ↦ tanh(W h + b), built without SymPy's deep checks."""
    h, weights = x, []
    for k in range(layers):
        W, b = MatrixSymbol(f"W{k}", n, n), MatrixSymbol(f"b{k}", n, 1)
        h = c.new(c.ElementwiseApplyFunction, TANH, c.new(c.MatAdd, c.new(c.MatMul, W, h), b))
        weights += [W, b]
    return c.new(Trace, c.new(c.MatMul, y.T, h)), weights


@pytest.mark.parametrize("layers", [16, 32, 64, 128, 256])
def test_all_gradients_of_a_tanh_chain(benchmark, layers):
    loss, weights = tanh_chain(layers)
    benchmark.pedantic(lambda: gradient(loss, *weights), setup=forget_everything, rounds=3)


def test_all_gradients_written_with_names(benchmark):
    loss, weights = tanh_chain(64)
    found = gradient(loss, *weights)
    replacements, _ = benchmark(lambda: common_subexpressions(found))
    print(f"\n64 layers: {len(replacements)} common subexpressions")


def test_memory_of_a_tanh_chain(benchmark):
    peaks = {}
    for layers in (32, 64, 128):
        loss, weights = tanh_chain(layers)
        forget_everything()
        tracemalloc.start()
        gradient(loss, *weights)
        peaks[layers] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    print("\npeak memory for 32, 64, 128 layers:",
          ", ".join(f"{peak/2**20:.1f} MB" for peak in peaks.values()))
    benchmark(lambda: None)


# --- long expressions of one kind -------------------------------------------------------

PAIRS = [(MatrixSymbol(f"A{k}", n, n), MatrixSymbol(f"B{k}", n, n)) for k in range(40)]
LONG = {
    "tr((AX)^12)": (tr((A*S)**12), S),
    "40 terms": (Add(*(tr(L*S*K*S.T) for L, K in PAIRS)), S),
    "40 terms, 40 logarithms": (Add(*(log(Determinant(S + L)) + exp(tr(K*S)) for L, K in PAIRS)),
                                S),
}


# --- recursions -------------------------------------------------------------------------


def closed_loop(horizon):
    """The cost of x ↦ (A + BK)x over a horizon, by the feedback K."""
    state, cost = x, 0
    for _ in range(horizon):
        cost += tr(state.T*S*state) + tr((K*state).T*F*(K*state))
        state = (A + L*K)*state
    return cost, K


def residual_network(layers):
    """‖h - y‖² with h ↦ tanh(W h) + h, by the one W."""
    h = x
    for _ in range(layers):
        step = c.new(c.ElementwiseApplyFunction, TANH, c.new(c.MatMul, A, h))
        h = c.new(c.MatAdd, step, h)
    r = c.new(c.MatAdd, h, -y)
    return c.new(Trace, c.new(c.MatMul, c.transpose(r), r)), A


def unrolled_descent(steps):
    """‖Aw - y‖² after steps of gradient descent on it, by A."""
    w = x
    for _ in range(steps):
        residual = c.new(c.MatAdd, c.new(c.MatMul, A, w), -y)
        w = c.new(c.MatAdd, w, c.new(c.MatMul, -t, A.T, residual))
    r = c.new(c.MatAdd, c.new(c.MatMul, A, w), -y)
    return c.new(Trace, c.new(c.MatMul, c.transpose(r), r)), A


K, L = MatrixSymbol("K", p, n), MatrixSymbol("L", n, p)
t = symbols("t")


@pytest.mark.parametrize("steps", [4, 8, 16])
@pytest.mark.parametrize("recursion", [closed_loop, residual_network, unrolled_descent])
def test_recursions(benchmark, recursion, steps):
    f, variable = recursion(steps)
    benchmark.pedantic(lambda: gradient(f, variable), setup=forget_everything, rounds=1)


@pytest.mark.parametrize("name", LONG)
def test_long_expressions(benchmark, name):
    f, variable = LONG[name]
    benchmark.pedantic(lambda: gradient(f, variable), setup=forget_everything, rounds=3)
