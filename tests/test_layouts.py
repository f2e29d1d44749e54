"""The identities of the layouts, and defaults."""

import pytest
from definition import m, n, p
from sympy import MatrixSymbol, S, Symbol, Trace, ZeroMatrix, log
from sympy.matrices.expressions import Determinant, HadamardProduct, Identity
from sympy.tensor.array.expressions.array_expressions import ZeroArray

from sympy_matlayout import (
    CommutationMatrix,
    Layout,
    Vec,
    canonical,
    gradient,
    jacobian,
    layout,
    matrix_derivative,
    vec,
)

x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1)
X, Y, A = MatrixSymbol("X", m, n), MatrixSymbol("Y", m, n), MatrixSymbol("A", n, n)
C, t = MatrixSymbol("C", p, m), Symbol("t")

SCALARS = [Trace(X*A*X.T), Trace(X.T*Y)**2, log(Determinant(X*X.T)), X[0, 1]]
MATRICES = [C*X*A, X.T, HadamardProduct(X, Y), X*A*X.T, (X*A*X.T).inverse(), Trace(X.T*Y)*X]


@pytest.mark.parametrize("f", SCALARS, ids=str)
def test_of_scalars(f):
    by = {(form, name): matrix_derivative(f, X, layout=name, form=form)
          for form in ("matrix", "vec") for name in ("numerator", "denominator", "mixed")}
    gradient_vec = canonical(vec(by["matrix", "denominator"]))
    assert by["matrix", "numerator"] == canonical(by["matrix", "denominator"].T)  # (9)' = (11)
    assert by["vec", "numerator"] == canonical(by["vec", "denominator"].T)        # (8)' = (10)
    assert by["vec", "denominator"] == gradient_vec                               # (10) = vec (11)
    assert by["vec", "mixed"] == by["vec", "denominator"]
    assert by["matrix", "denominator"] == gradient(f, X)
    assert jacobian(f, X) == by["vec", "numerator"]                              # (13) = (8)


@pytest.mark.parametrize("F", MATRICES, ids=str)
def test_of_matrices(F):
    numerator = matrix_derivative(F, X, layout="numerator")
    assert canonical(numerator.T) == matrix_derivative(F, X, layout="denominator")  # (13)' = (14)
    assert numerator == matrix_derivative(F, X, layout="mixed") == jacobian(F, X)


@pytest.mark.parametrize("f", [Trace(x.T*A*x), x.T*y, log(Trace(x.T*x))], ids=str)
def test_a_column_needs_no_vec(f):
    for name in ("numerator", "denominator"):
        assert matrix_derivative(f, x, layout=name, form="matrix") == matrix_derivative(
            f, x, layout=name, form="vec")                                        # (5) = (8)


def test_ways_to_write_a_scalar_agree():
    i = Symbol("i", integer=True)
    j = Symbol("j", integer=True)
    from sympy import Sum
    ways = [x.T*A*x, Trace(x.T*A*x), (x.T*A*x)[0, 0], Trace(A*x*x.T),
            Sum(x[i, 0]*A[i, j]*x[j, 0], (i, 0, n - 1), (j, 0, n - 1))]
    assert {gradient(f, x) for f in ways} == {(A + A.T)*x}


def test_three_zeros():
    assert matrix_derivative(Trace(A), t) == S.Zero
    assert matrix_derivative(Trace(A), X) == ZeroMatrix(m, n)
    assert matrix_derivative(Trace(A), X, layout="numerator") == ZeroMatrix(n, m)
    assert matrix_derivative(A, X) == ZeroMatrix(m*n, n**2)
    assert matrix_derivative(A, t, layout="numerator") == ZeroMatrix(n, n)
    assert matrix_derivative(A, X, form="array") == ZeroArray(m, n, n, n)


def test_context_manager_nests_and_restores():
    assert matrix_derivative(X*x, x) == X.T
    with layout("numerator") as chosen:
        assert chosen is Layout.NUMERATOR
        assert matrix_derivative(X*x, x) == X
        with layout(Layout.DENOMINATOR):
            assert matrix_derivative(X*x, x) == X.T
        assert matrix_derivative(X*x, x, layout="denominator") == X.T
    assert matrix_derivative(X*x, x) == X.T


def test_several_variables():
    assert matrix_derivative(x.T*A*y, [x, y]) == (A*y, A.T*x)
    assert gradient(x.T*A*y, A, x, y, x.T) == (x*y.T, A*y, A.T*x, y.T*A.T)


def test_printed_forms_of_the_textbook():
    B = MatrixSymbol("B", n, p)
    S_ = MatrixSymbol("S", n, n)
    from sympy import KroneckerProduct
    assert jacobian(C*X*B, X) == KroneckerProduct(B.T, C)
    assert jacobian(X.T, X) == CommutationMatrix(m, n)
    assert jacobian(S_.inverse(), S_) == -KroneckerProduct(S_.T.inverse(), S_.inverse())
    assert gradient(log(Determinant(S_)), S_) == S_.T.inverse()
    assert gradient(Trace(S_**p), S_) == p*S_.T**(p - 1)
    assert jacobian(X, X) == Identity(m*n)
    assert matrix_derivative(X[0, 0]*Y, X, layout="numerator").has(Vec)
