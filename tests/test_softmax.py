"""Softmax and log-sum-exp, as nodes and recognised where they are written out."""

import numpy as np
import pytest
import scipy.special
from definition import check_against_definition, m, n, p, q
from sympy import Lambda, MatrixSymbol, Sum, Symbol, Trace, exp, log
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    MatMul,
    OneMatrix,
)

from sympy_matlayout import (
    LogSumExp,
    Softmax,
    Vec,
    canonical,
    gradient,
    hessian,
    jacobian,
    lambdify,
    latex,
    pretty,
)
from sympy_matlayout.core.errors import ArgumentError, ShapeError

X, Y, A = MatrixSymbol("X", m, n), MatrixSymbol("Y", m, n), MatrixSymbol("A", m, n)
x, y, b = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1), MatrixSymbol("b", m, 1)
Q, K, V = MatrixSymbol("Q", m, p), MatrixSymbol("K", n, p), MatrixSymbol("V", n, q)
T, z, k = Symbol("T", positive=True), Symbol("z"), Symbol("k", integer=True)
E, e = X.applyfunc(exp), x.applyfunc(exp)
scores = (Q*K.T).applyfunc(exp)


def ones(rows, cols):
    return OneMatrix(rows, cols)


P = Softmax(X, 1)
WRITTEN_OUT = [
    (log(Trace(ones(1, n)*e)), LogSumExp(x)),
    (log(Sum(exp(x[k, 0]), (k, 0, n - 1))), LogSumExp(x)),
    (log(3*Trace(ones(1, n)*e)), LogSumExp(x) + log(3)),
    (log(Trace(ones(n, m)*E)), LogSumExp(X)),
    (log(Trace(ones(1, n)*x.applyfunc(Lambda(z, exp(-z**2/T))))),
     LogSumExp(-HadamardPower(x, 2)/T)),
    (e/Trace(ones(1, n)*e), Softmax(x)),
    (Trace(y.T*e)/Trace(ones(1, n)*e), Trace(y.T*Softmax(x))),
    (DiagMatrix(e)/Trace(ones(1, n)*e), DiagMatrix(Softmax(x))),
    (e*e.T/Trace(ones(1, n)*e)**2, Softmax(x)*Softmax(x).T),
    (HadamardProduct(E, HadamardPower(E*ones(n, n), -1)), P),
    (HadamardProduct(E, HadamardPower(E*ones(n, 1), -1)*ones(1, n)), P),
    (HadamardProduct(E, (E*ones(n, 1)).applyfunc(Lambda(z, 1/z))*ones(1, n)), P),
    (DiagMatrix(E*ones(n, 1)).inverse()*E, P),
    (HadamardProduct(E, HadamardPower(ones(m, m)*E, -1)), Softmax(X, 0)),
    ((E*ones(n, 1)).applyfunc(log), LogSumExp(X, 1)),
    ((ones(1, m)*E).applyfunc(log), LogSumExp(X, 0)),
    (Softmax(X.T, 0), P.T),
    (Softmax(x.T), Softmax(x).T),
]


@pytest.mark.parametrize("written_out, node", WRITTEN_OUT, ids=str)
def test_it_is_recognised(written_out, node):
    assert canonical(written_out) == canonical(node)
    check_against_definition(written_out, X if written_out.has(X) else x)


def test_the_logarithm_of_softmax_is_differentiated_without_it():
    for function, same, variable in (
            (Softmax(x).applyfunc(log), x - LogSumExp(x)*ones(n, 1), x),
            (P.applyfunc(log), X - LogSumExp(X, 1)*ones(1, n), X)):
        check_against_definition(function, variable)
        assert jacobian(function, variable) == jacobian(same, variable)


def test_what_is_no_softmax_stays():
    for expr in (e/Trace(ones(1, n)*x.applyfunc(Lambda(z, exp(2*z)))),
                 HadamardProduct(E, HadamardPower(E*ones(n, 1), -2)*ones(1, n)),
                 log(Trace(y.T*e)), log(1 + Trace(ones(1, n)*e)),
                 E*DiagMatrix(E*ones(n, 1)).inverse() if m == n else e):
        assert not canonical(expr).has(Softmax, LogSumExp)


Z = MatrixSymbol("Z", m, m)
F = Z.applyfunc(exp)
LOOKS_LIKE_IT = [  # matrix for entrywise products, and the other way round; sums spread otherwise
    (MatMul(HadamardPower(F*ones(m, m), -1), F), Z),
    (MatMul((F*ones(m, m)).applyfunc(Lambda(z, 1/z)), F), Z),
    (HadamardProduct(F, DiagMatrix(F*ones(m, 1)).inverse()), Z),
    (HadamardProduct(F, DiagMatrix(HadamardPower(F*ones(m, 1), -1))), Z),
    (HadamardProduct(F, HadamardPower(F, -1)*ones(m, m)), Z),
    (HadamardProduct(E, HadamardPower(E, -1)*ones(n, n)), X),
    (HadamardProduct(E, HadamardPower(E*ones(n, n), -1)*ones(n, n)), X),
    (DiagMatrix(F*ones(m, 1)).inverse()*F.T, Z),
    (F*DiagMatrix(F*ones(m, 1)).inverse(), Z),
    ((x.T.applyfunc(exp)*ones(n, m)).applyfunc(log), x),
    ((E*ones(n, p)).applyfunc(log), X),
]


@pytest.mark.parametrize("expr, variable", LOOKS_LIKE_IT, ids=str)
def test_what_only_looks_like_it_is_none(expr, variable):
    check_against_definition(expr, variable)
    assert not canonical(expr).has(Softmax)


def test_the_only_row_is_all_entries():
    for sums in (ones(1, n)*e, x.T.applyfunc(exp)*ones(n, 1)):
        log_of_sum = sums.applyfunc(log)
        check_against_definition(log_of_sum, x)
        assert gradient(log_of_sum, x) == Softmax(x)


ON_PAPER = [
    (LogSumExp(A*x + b), x, A.T*Softmax(A*x + b)),
    (T*log(Trace(ones(1, m)*(A*x/T).applyfunc(exp))), x, A.T*Softmax(A*x/T)),
    (-Trace(y.T*(e/Trace(ones(1, n)*e)).applyfunc(log)), x,
     Trace(y.T*ones(n, 1))*Softmax(x) - y),
    (Trace(ones(1, m)*(E*ones(n, 1)).applyfunc(log)) - Trace(Y.T*X), X, P - Y),
    (Trace(y.T*Softmax(x)), x, HadamardProduct(Softmax(x), y) - Trace(Softmax(x).T*y)*Softmax(x)),
]


@pytest.mark.parametrize("f, variable, on_paper", ON_PAPER, ids=str)
def test_gradients(f, variable, on_paper):
    check_against_definition(f, variable)
    assert gradient(f, variable) == canonical(on_paper)


def test_hessian_of_log_sum_exp():
    """Boyd & Vandenberghe 3.1.5: diag(p) - pp'"""
    s = Softmax(x)
    assert hessian(LogSumExp(x), x) == canonical(DiagMatrix(s) - s*s.T)
    assert hessian(LogSumExp(A*x), x) == canonical(
        A.T*(DiagMatrix(Softmax(A*x)) - Softmax(A*x)*Softmax(A*x).T)*A)
    check_against_definition(gradient(LogSumExp(A*x), x), x)
    check_against_definition(gradient(LogSumExp(X), X), X)


@pytest.mark.parametrize("function, variable", [
    (Softmax(X), X), (Softmax(X, 0), X), (Softmax(X, 1), X), (LogSumExp(X, 0), X),
    (LogSumExp(X, 1), X), (Softmax(x.T), x), (Softmax(A*x + b), x), (Softmax(Q*K.T, 1)*V, K),
    (HadamardProduct(scores, HadamardPower(scores*ones(n, n), -1))*V, Q)], ids=str)
def test_jacobians(function, variable):
    check_against_definition(function, variable)
    assert not jacobian(function, variable).has(exp)


def test_attention():
    """With P = softmax(QK') and G = PVV', of ½‖PV‖² by Q: (P∘(G - (P∘G)11'))K"""
    attention = HadamardProduct(scores, HadamardPower(scores*ones(n, n), -1))*V
    f = Trace(attention.T*attention)/2
    check_against_definition(f, Q)
    s = Softmax(Q*K.T, 1)
    G = s*V*V.T
    by_scores = HadamardProduct(s, G - HadamardProduct(s, G)*ones(n, n))
    assert gradient(f, Q) == canonical(by_scores*K)


def test_numbers_where_exponentials_overflow():
    given = np.array([[1000.0, 1001.0, -1000.0], [0.0, 800.0, 1.0]])
    for axis in (None, 0, 1):
        wanted = scipy.special.softmax(given, axis=axis)
        M = MatrixSymbol("M", 2, 3)
        assert np.allclose(lambdify(M, Softmax(M, axis))(given), wanted, rtol=1e-14)
        values = scipy.special.logsumexp(given, axis=axis, keepdims=axis is not None)
        assert np.allclose(lambdify(M, LogSumExp(M, axis))(given), values, rtol=1e-14)
    assert lambdify(x, gradient(log(Trace(ones(1, n)*e)), x))(given[:1].T).shape == (3, 1)


def test_values_entry_by_entry():
    M = MatrixSymbol("M", 2, 3)
    for axis, total in ((0, lambda i, j: sum(exp(M[k, j]) for k in range(2))),
                        (1, lambda i, j: sum(exp(M[i, k]) for k in range(3)))):
        explicit = Softmax(M, axis).as_explicit()
        assert all((explicit[i, j] - exp(M[i, j])/total(i, j)).simplify() == 0
                   for i in range(2) for j in range(3))
    zeros = canonical(Softmax(0*x)), canonical(Softmax(ones(m, n), 1))
    assert zeros == (OneMatrix(n, 1)/n, OneMatrix(m, n)/n)


def test_what_is_refused():
    with pytest.raises(ArgumentError, match="axis 2; the axes are 0, down the columns, and 1"):
        Softmax(X, 2)
    with pytest.raises(ShapeError, match="got the scalar T"):
        LogSumExp(T)


def test_printed():
    assert str(LogSumExp(X, 1)) == "LogSumExp(X, 1)" and str(Softmax(x)) == "Softmax(x)"
    assert latex(Softmax(X, 0)) == r"\operatorname{softmax}_{\mathrm{cols}}\left(X\right)"
    assert latex(LogSumExp(x)**2) == r"\operatorname{logsumexp}^{2}\left(x\right)" or latex(
        LogSumExp(x)**2).endswith("^{2}")
    assert pretty(LogSumExp(x), use_unicode=True) == "logsumexp(x)"
    assert Vec(Softmax(X)).shape == (m*n, 1)
