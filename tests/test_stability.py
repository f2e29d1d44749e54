"""
Results are as accurate in floating point as the function was written.

Each gradient is computed in double precision at values that are large and close, where a
difference multiplied out has no correct digit, and held against the definition at high precision.
"""

import mpmath
import numpy as np
import pytest
from definition import check_against_definition
from mpmath import mp
from sympy import (
    Lambda,
    MatrixSymbol,
    Rational,
    Sum,
    Symbol,
    Trace,
    exp,
    log,
    sign,
    sqrt,
    symbols,
    tanh,
)
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    OneMatrix,
)

from sympy_matlayout import (
    Norm,
    Sigmoid,
    Softplus,
    canonical,
    count_operations,
    gradient,
    lambdify,
)
from sympy_matlayout.nodes.written_sum import WrittenScalar, WrittenSum
from sympy_matlayout.numeric import Partials

m, n = symbols("m n", integer=True, positive=True)
i, j = symbols("i j", integer=True)
x, y, u = (MatrixSymbol(name, n, 1) for name in "xyu")
b, X = MatrixSymbol("b", m, 1), MatrixSymbol("X", m, n)
A, B, C = MatrixSymbol("A", m, n), MatrixSymbol("B", n, n), MatrixSymbol("C", n, n)
one = OneMatrix(n, 1)
t = Symbol("t", real=True)
z = Symbol("z", real=True)
SIZES = {m: 4, n: 3}


def each(body, M):
    return M.applyfunc(Lambda(z, body))


r = x - y
centred = x - one*one.T*x/n
FUNCTIONS = {
    "total variation": Sum(sqrt((x[i + 1, 0] - x[i, 0])**2 + Rational(1, 10)), (i, 0, n - 2)),
    "second differences": Sum(sqrt(1 + (x[i + 2, 0] - 2*x[i + 1, 0] + x[i, 0])**2), (i, 0, n - 3)),
    "Charbonnier": Sum(sqrt((x[i, 0] - y[i, 0])**2 + 1), (i, 0, n - 1)),
    "Geman-McClure": Sum((x[i, 0] - y[i, 0])**2/(3 + (x[i, 0] - y[i, 0])**2), (i, 0, n - 1)),
    "Cauchy": log(1 + Trace(r.T*r)),
    "Student-t": (4 + n)*log(1 + Trace(r.T*B*r)/4)/2,
    "radial basis function": exp(-Trace(r.T*r)/50),
    "Gaussian": exp(-Norm(r)**2/50),
    "pairs": Sum(sqrt(1 + (x[i, 0] - x[j, 0])**2), (i, 0, n - 1), (j, 0, n - 1)),
    "variance": Norm(centred)**2/n,
    "standard deviation": sqrt(Norm(centred)**2/n + 1),
    "layer norm": Trace(u.T*centred)/sqrt(Norm(centred)**2/n + 1),
    "least squares": Norm(B*x - B*y)**2,
    "weighted squares": Trace((x - y).T*DiagMatrix(u)*(x - y)),
    "matrix of differences": Trace(HadamardPower(x*one.T - one*x.T, 2)*C),
    "product of differences": Trace((x - y).T*B*(x + y - 2*one*one.T*x/n)),
    "tanh of a residual": Trace(one.T*each(tanh(z), x - y)),
    "(x - y)∘(x + y)": Norm(HadamardProduct(x - y, x + y - 2*one*Trace(one.T*x)/n))**2,
}


def shifted(seed, scale=2.0**27):
    """Large entries that differ in their last places, exact in double precision."""
    rng = np.random.default_rng(seed)
    values = {s: scale + rng.integers(-4, 5, (3, 1)).astype(float) for s in (x, y)}
    values[u] = rng.integers(1, 5, (3, 1)).astype(float)
    values |= {M: rng.integers(-4, 5, (3, 3)).astype(float) for M in (B, C)}
    return values


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_at_large_and_close_values(name):
    f = FUNCTIONS[name]
    values = shifted(1)
    G = gradient(f, x)
    symbols_ = [x, y, u, B, C]
    found = np.asarray(lambdify(symbols_, G, "numpy")(*(values[s] for s in symbols_)))
    with mp.workdps(80):
        exact = {n: 3, m: 4, **{s: mpmath.matrix(v.tolist()) for s, v in values.items()}}
        partials = Partials(f, x, exact)
        wanted = partials.arranged("denominator", "matrix")
        size = max(abs(w) for w in wanted) or 1
        error = max(abs(mpmath.mpf(float(v)) - w)
                    for v, w in zip(found.ravel(), wanted, strict=True))
        assert error <= 1e-7*size, (G, error/size)


def test_multiplied_out_they_are_not():
    """The test above can fail: of a square multiplied out nothing is left."""
    wrong = 2*(x - y)*(1 + Trace(x.T*x) - 2*Trace(x.T*y) + Trace(y.T*y))**-1
    right = gradient(log(1 + Trace(r.T*r)), x)
    values = shifted(1)
    of_both = [lambdify([x, y], G, "numpy")(values[x], values[y]) for G in (wrong, right)]
    assert abs(of_both[0] - of_both[1]).max() > 0.01*abs(of_both[1]).max()


@pytest.mark.parametrize("value", [-800.0, -40.0, 0.0, 40.0, 800.0])
def test_sigmoid_where_exponentials_overflow(value):
    w = MatrixSymbol("w", 1, 1)
    f = Trace(each(log(1 + exp(z)), w))
    with np.errstate(all="raise", under="ignore"):
        slope = lambdify([w], gradient(f, w), "numpy")(np.array([[value]]))
        softplus = lambdify([w], Softplus(w), "numpy")(np.array([[value]]))
    assert slope[0, 0] == pytest.approx(float(1/(1 + mpmath.exp(-value))), rel=1e-14)
    assert softplus[0, 0] == pytest.approx(float(mpmath.log1p(mpmath.exp(value))), rel=1e-14)


# --- what cancels is multiplied out ---------------------------------------------------------


P = Identity(m) - A*(A.T*A).inverse()*A.T
CANCELLED = [
    (P*A, 0*A), (P*P*b, P*b), ((B + C)*x - C*x, B*x),
    ((B - C)*(B + C) - B*B + C*C - B*C + C*B, 0*B),
    (A*(A.T*A).inverse()*A.T*A*B, A*B), ((x - y) + (y - u), x - u), (one.T*centred*x.T, 0*x.T),
]


@pytest.mark.parametrize("expr, form", CANCELLED)
def test_a_sum_is_multiplied_out_where_terms_cancel(expr, form):
    assert canonical(expr) == canonical(form)


KEPT = [
    Trace((x - y).T*B*(x - y)), HadamardPower(x - y, 2), (x - y)*(x - y).T, (B - C)*(B + C),
    HadamardProduct(x - y, x + y),
]


@pytest.mark.parametrize("expr", KEPT)
def test_a_product_of_written_sums_stays_one(expr):
    assert count_operations(canonical(expr)) == count_operations(expr)
    assert canonical(expr) == canonical(canonical(expr))


def test_a_projected_residual():
    """Golub & Pereyra 1973: the gradient of variable projection"""
    found = gradient(Norm(P*b)**2, A)
    assert count_operations(found) == 12
    assert canonical(found + 2*P*b*b.T*A*(A.T*A).inverse()) == 0*A


def test_student_t():
    """-(ν + p)/(ν + δ)·Σ⁻¹(x - μ), for symmetric Σ"""
    nu = Symbol("nu", positive=True)
    S, mu = MatrixSymbol("S", n, n), MatrixSymbol("mu", n, 1)
    delta = Trace((x - mu).T*S.inverse()*(x - mu))
    from sympy import Q
    found = gradient(-(nu + n)/2*log(1 + delta/nu), x, assumptions=Q.symmetric(S))
    wanted = -(nu + n)/(nu + delta)*S.inverse()*(x - mu)
    assert count_operations(found) <= count_operations(wanted)
    assert found == canonical(wanted, Q.symmetric(S))


# --- elementwise trees ----------------------------------------------------------------------

V, W = MatrixSymbol("V", m, n), MatrixSymbol("W", m, n)
ELEMENTWISE = [
    (HadamardPower(HadamardPower(V, -1), -1), V),
    (HadamardProduct(HadamardPower(HadamardProduct(V, W), -1), W), HadamardPower(V, -1)),
    (HadamardProduct(each(exp(z), V), each(exp(-z), V)), OneMatrix(m, n)),
    (each(1/(1 + exp(-z)), V), Sigmoid(V)), (each(exp(z)/(1 + exp(z)), V), Sigmoid(V)),
    (each((1 + tanh(z/2))/2, V), Sigmoid(V)), (OneMatrix(m, n) - Sigmoid(V), Sigmoid(-V)),
    (each(log(1 + exp(z)), V), Softplus(V)), (each(log(1/(1 + exp(-z))), V), -Softplus(-V)),
    (HadamardProduct(HadamardPower(V, -1), V - W), None),
    (HadamardPower(OneMatrix(m, n) + each(exp(-z), V), -1), Sigmoid(V)),
    (each(z/(1 + z**2) - z**3/(1 + z**2)**2, V), each(z/(1 + z**2)**2, V)),
]


@pytest.mark.parametrize("expr, form", ELEMENTWISE)
def test_an_elementwise_tree_is_one_function(expr, form):
    found = canonical(expr)
    if form is not None:
        assert found == canonical(form)
        assert count_operations(found) <= count_operations(form)
    values = [np.array([[0.3, -1.7, 2.5], [1.2, 0.4, -0.6]]),
              np.array([[1.5, 0.7, -2.2], [0.9, -0.4, 1.6]])]
    of_both = [lambdify([V, W], e, "numpy")(*values) for e in (expr, found)]
    assert np.allclose(*of_both, rtol=1e-13)


def test_gradients_of_factorisations_and_comparisons():
    """Lee & Seung 2001 (KL divergence); Bradley & Terry 1952"""
    p = Symbol("p", integer=True, positive=True)
    F, H = MatrixSymbol("F", m, p), MatrixSymbol("H", p, n)
    kl = Trace(OneMatrix(n, m)*(F*H - HadamardProduct(V, each(log(z), F*H))))
    found = gradient(kl, F)
    assert count_operations(found) == 5
    assert found == canonical(
        (OneMatrix(m, n) - HadamardProduct(V, HadamardPower(F*H, -1)))*H.T)
    wins = Sum(B[i, j]*(x[i, 0] - log(exp(x[i, 0]) + exp(x[j, 0]))), (i, 0, n - 1), (j, 0, n - 1))
    assert count_operations(gradient(wins, x)) <= 16


def test_scalars_that_go_into_functions():
    """Elastic net: Zou & Hastie 2005"""
    lam, alpha = symbols("lambda alpha", positive=True)
    f = Norm(b - X*x)**2/2 + lam*(alpha*Norm(x, 1) + (1 - alpha)/2*Norm(x)**2)
    found = gradient(f, x)
    wanted = X.T*(X*x - b) + lam*(alpha*each(sign(z), x) + (1 - alpha)*x)
    assert count_operations(found) <= count_operations(wanted)
    assert canonical(found - wanted) == 0*x
    assert found.atoms(Symbol) >= {lam, alpha}
    assert not found.atoms(WrittenSum, WrittenScalar)


@pytest.mark.parametrize("function", [Sigmoid, Softplus])
def test_sigmoid_and_softplus_by_the_definition(function):
    Z = MatrixSymbol("Z", n, m)
    check_against_definition(function(Z*X), X)
    check_against_definition(function(Trace(Z*X))*X, X)
