"""Index notation read as matrices, and what can't be read so differentiated entry by entry."""

import pytest
from definition import check_against_definition, check_derivation, m, n, q
from sympy import (
    Abs,
    KroneckerDelta,
    MatrixSymbol,
    Max,
    Piecewise,
    Product,
    Sum,
    Trace,
    exp,
    log,
    symbols,
)
from sympy.matrices.expressions import HadamardProduct, OneMatrix

from sympy_matlayout import MatrixSum, Norm, canonical, gradient
from sympy_matlayout.reading.read import read

i, j, k = symbols("i j k", integer=True)
x, y, a = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1), MatrixSymbol("a", m, 1)
A, X, Y = MatrixSymbol("A", n, n), MatrixSymbol("X", m, n), MatrixSymbol("Y", m, n)
rows, cols, over = (i, 0, m - 1), (j, 0, n - 1), (i, 0, n - 1)

READ = {
    Sum(x[i, 0]*y[i, 0], over): Trace(x.T*y),
    Sum(X[i, j]*Y[i, j], rows, cols): Trace(X.T*Y),
    Sum(X[i, j]**2, rows, cols): Trace(X.T*X),
    Sum(A[i, i], over): Trace(A),
    Sum(x[i, 0]*A[i, j]*x[j, 0], over, cols): Trace(x.T*A.T*x),
    Sum(a[i, 0]*X[i, j]*x[j, 0], rows, cols): Trace(a.T*X*x),
    Sum(X[i, j]*A[j, k]*X[i, k], rows, cols, (k, 0, n - 1)): Trace(A*X.T*X),
    Sum(x[i, 0], over): Trace(x.T*OneMatrix(n, 1)),
}


@pytest.mark.parametrize("index_form", READ, ids=str)
def test_is_read_as(index_form):
    from definition import values_for
    from mpmath import mp

    from sympy_matlayout.numeric import evaluate
    found = read(index_form)
    assert not found.has(Sum)
    with mp.workdps(30):
        values = values_for(index_form, READ[index_form])
        assert abs(evaluate(found, values) - evaluate(READ[index_form], values)) < 1e-25
        assert abs(evaluate(found, values) - evaluate(index_form, values)) < 1e-25


BY_ENTRIES = [
    Sum((x[i + 1, 0] - x[i, 0])**2, (i, 0, n - 2)),
    Sum(x[i, 0]**2, (i, 1, n - 1)),
    Sum(x[i, 0]*x[n - 1 - i, 0], over),
    Sum(x[2*i, 0]**2, (i, 0, 1)),
    Sum(i*x[i, 0], over),
    Sum(A[i, j]*x[i, 0]*x[j, 0], (j, 0, i), over),
    Sum(Sum(A[i, j]*x[j, 0], cols)**2, over),
    Sum(x[i, 0]*Sum(x[i, 0]*y[i, 0], over), over),  # one name, bound twice
    Sum(Max(0, 1 - y[i, 0]*Sum(A[i, j]*x[j, 0], cols)), over),
    Sum(KroneckerDelta(i, j)*x[i, 0]*x[j, 0], over, cols),
    Sum(x[i, 0]*x[j, 0]*Piecewise((1, i < j), (0, True)), over, cols),
    Sum(Abs(x[i, 0] - y[j, 0]), over, cols),
    Sum(exp(-(x[i, 0] - y[j, 0])**2), over, cols),
    log(Sum(exp(x[i, 0]), over)),
    Product(x[i, 0], over),
    Sum(log(Product(x[j, 0] + y[i, 0], cols)), over),
    Sum(x[i, 0]*Product(y[j, 0] - x[i, 0], cols), over),
    Sum(Product(x[j, 0], (j, 0, i)), over),
    Product(Sum(x[i, 0]*A[i, j], over), cols),
]


@pytest.mark.parametrize("f", BY_ENTRIES, ids=str)
def test_by_entries(f):
    check_against_definition(f, x)


def test_a_product_with_a_zero_factor_has_a_derivative():
    two = MatrixSymbol("x", 2, 1)
    found = gradient(Product(two[i, 0], (i, 0, 1)), two).as_explicit().doit()
    assert list(found.subs({two[0, 0]: 0, two[1, 0]: 2})) == [2, 0]


def test_a_hadamard_product_by_entries():
    assert gradient(Sum(HadamardProduct(X, Y)[i, j], rows, cols), X) == Y


# --- sums over samples: matrices that change with the index ------------------------------

D, mu, Sigma = MatrixSymbol("D", n, q), MatrixSymbol("mu", n, 1), MatrixSymbol("Sigma", n, n)
W, w = MatrixSymbol("W", m, n), MatrixSymbol("w", q, 1)
sample, other = D[:, i], D[:, j]
over_samples = (i, 0, q - 1)
SAMPLES = [
    (Sum(Trace((sample - mu).T*Sigma.inverse()*(sample - mu)), over_samples), mu),
    (Sum(Trace((sample - mu).T*Sigma.inverse()*(sample - mu)), over_samples), Sigma),
    (Sum(Trace((sample - mu).T*Sigma*(sample - mu)), over_samples), D),
    (Sum(Norm(sample - mu)**2, over_samples), mu),
    (Sum(log(1 + exp(-w[i, 0]*Trace(sample.T*mu))), over_samples), mu),
    (Sum(log(1 + exp(-w[i, 0]*Trace(sample.T*mu))), over_samples), w),
    (Sum(Norm(W*sample - a), over_samples), W),
    (Sum(exp(-Norm(sample - other)**2), over_samples, (j, 0, q - 1)), D),
    (Trace(Sigma*MatrixSum((sample - mu)*(sample - mu).T, over_samples)), mu),
    (MatrixSum((sample - mu)*(sample - mu).T, over_samples), mu),
    (Sum(i*Trace(Sigma**i), (i, 1, 4)), Sigma),
    (Sum(Trace(Sigma**i), (i, 0, m)), Sigma),
]


@pytest.mark.parametrize("f, variable", SAMPLES, ids=str)
def test_sums_over_samples(f, variable):
    check_against_definition(f, variable)
    check_derivation(f, variable)


def test_gaussian_scatter_matrix():
    """Σᵢ(dᵢ − μ)'Σ⁻¹(dᵢ − μ) by Σ: constant factors stand outside the sum."""
    f = Sum(Trace((sample - mu).T*Sigma.inverse()*(sample - mu)), over_samples)
    G = gradient(f, Sigma)
    centred = D - mu*OneMatrix(1, q)
    assert G == canonical(-Sigma.T.I*centred*centred.T*Sigma.T.I)
