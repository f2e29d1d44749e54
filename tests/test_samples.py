"""Sums over samples, the rows or columns of a data matrix, as products with the matrix."""

import pytest
from definition import check_against_definition, m, n, p
from sympy import MatrixSymbol, Sum, Symbol, Trace, exp, log, sin
from sympy.matrices.expressions import DiagMatrix, HadamardProduct, OneMatrix

from sympy_matlayout import MatrixSum, Norm, Sigmoid, canonical, gradient, hessian

i, j = (Symbol(name, integer=True) for name in "ij")
X, Y, P = MatrixSymbol("X", m, n), MatrixSymbol("Y", m, n), MatrixSymbol("P", m, p)
U, V, S = MatrixSymbol("U", m, p), MatrixSymbol("V", n, p), MatrixSymbol("S", n, n)
w, mu, y = MatrixSymbol("w", n, 1), MatrixSymbol("mu", n, 1), MatrixSymbol("y", m, 1)
samples, features = (i, 0, m - 1), (j, 0, n - 1)
ones = OneMatrix(m, 1)


def row(k):
    return X[k:k + 1, :]


ON_PAPER = [
    ("least squares", Sum((y[i, 0] - Trace(row(i)*w))**2, samples), w, 2*X.T*(X*w - y)),
    ("logistic regression, labels ±1", Sum(log(1 + exp(-y[i, 0]*Trace(row(i)*w))), samples), w,
     -X.T*HadamardProduct(y, Sigmoid(-HadamardProduct(y, X*w)))),
    ("Poisson regression", Sum(exp(Trace(row(i)*w)) - y[i, 0]*Trace(w.T*row(i).T), samples), w,
     X.T*((X*w).applyfunc(exp) - y)),
    ("k-means, one centre", Sum(Norm(row(i).T - mu)**2, samples), mu,
     2*(mu*OneMatrix(1, m) - X.T)*ones),
    ("geometric median", Sum(Norm(row(i).T - mu), samples), mu, None),
    ("Cauchy location", Sum(log(1 + Norm(row(i) - mu.T)**2), samples), mu, None),
    ("cubed distances", Sum(Norm(row(i).T - mu)**3, samples), X, None),
    ("scatter", Sum(Trace((row(i) - mu.T)*S*(row(i).T - mu)), samples), S,
     (X.T - mu*OneMatrix(1, m))*(X - ones*mu.T)),
    ("factorisation", Sum(Sum((Y[i, j] - Trace(U[i:i + 1, :]*V[j:j + 1, :].T))**2, features),
                          samples), U, 2*(U*V.T - Y)*V),
    ("factorisation, columns first", Sum(Sum((Y[i, j] - Trace(V[j:j + 1, :]*U[i:i + 1, :].T))**2,
                                             features), samples), V, 2*(V*U.T - Y.T)*U),
    ("columns", Sum(sin(Trace(X[:, j:j + 1].T*y)), features), X, None),
    ("squares of columns", Sum(sin(Trace(X[:, j:j + 1].T*X[:, j:j + 1])), features), X, None),
    ("a row further", Sum(Trace(row(i + 1)*w)*y[i, 0], (i, 0, m - 2)), X, None),
    ("differences of rows", Sum(Norm(row(i + 1) - row(i))**2, (i, 0, m - 2)), X, None),
    ("all rows but the first", Sum(Trace(row(i)*w)**2, (i, 1, m - 1)), X, None),
    ("rows by entries", Sum(Trace(HadamardProduct(row(i), mu.T)*w)**2, samples), mu, None),
    ("functions of rows", Sum(Trace(row(i).applyfunc(exp)*w)**2, samples), X, None),
    ("pairs of rows", Sum(Sum(exp(Trace(row(i)*S*row(j).T)), samples), (j, 0, m - 1)), X, None),
    ("pairwise distances", Sum(Sum(exp(-Norm(row(i) - row(j))**2), samples), (j, 0, m - 1)), X,
     None),
]


@pytest.mark.parametrize("f, variable, on_paper", [case[1:] for case in ON_PAPER],
                         ids=[case[0] for case in ON_PAPER])
def test_sums_over_rows(f, variable, on_paper):
    check_against_definition(f, variable)
    if on_paper is not None:
        assert gradient(f, variable) == canonical(on_paper)


def test_the_hessian_of_logistic_regression():
    f = Sum(log(1 + exp(-y[i, 0]*Trace(row(i)*w))), samples)
    check_against_definition(gradient(f, w), w)
    assert isinstance(hessian(f, w).args[1], DiagMatrix)


SUMS = [
    (MatrixSum(y[i, 0]*row(i).T*row(i), samples), X.T*DiagMatrix(y)*X),
    (MatrixSum((y[i, 0] - Trace(row(i)*w))*row(i).T, samples), X.T*(y - X*w)),
    (MatrixSum(y[i, 0]**2*S, samples), Trace(y.T*y)*S),
    (MatrixSum(S*row(i).T*mu.T, samples), S*X.T*ones*mu.T),
    (MatrixSum(row(i).T*P[i:i + 1, :], samples), X.T*P),
    (MatrixSum(exp(y[i, 0])*row(i).T*P[i:i + 1, :], samples),
     X.T*DiagMatrix(y.applyfunc(exp))*P),
]


@pytest.mark.parametrize("total, product", SUMS, ids=str)
def test_sums_of_matrices_over_rows(total, product):
    assert canonical(total) == canonical(product)
    for variable in total.free_symbols & {X, y, w, S}:
        check_against_definition(total, variable)
