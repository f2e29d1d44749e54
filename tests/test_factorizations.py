"""The pseudo-inverse, the adjugate, Cholesky's factor and the QR factorisation."""

import mpmath
import numpy as np
import pytest
import scipy.linalg
from definition import DIGITS, SIZES, check_against_definition, check_derivation, m, n, p
from mpmath import mp
from sympy import Determinant, Matrix, MatrixSymbol, Q, Trace, log, symbols
from sympy.matrices.expressions import Identity, KroneckerProduct, ZeroMatrix

from sympy_matlayout import (
    Adjugate,
    Cholesky,
    DerivativeNotImplementedError,
    Norm,
    PseudoInverse,
    ShapeError,
    SymmetricMatrixSymbol,
    Vec,
    adjugate,
    canonical,
    check_derivative,
    cholesky,
    cofactor,
    gradient,
    hessian,
    jacobian,
    lambdify,
    pinv,
    qr,
    vech,
)
from sympy_matlayout.numeric import Partials, evaluate, example_values
from sympy_matlayout.numeric.definition import near

pytestmark = pytest.mark.newest

X, A, B, E = (MatrixSymbol(name, n, n) for name in "XABE")
Y, T, C = MatrixSymbol("Y", m, n), MatrixSymbol("T", n, m), MatrixSymbol("C", m, p)
Z, W, D = MatrixSymbol("Z", p, n), MatrixSymbol("W", p, m), MatrixSymbol("D", n, p)
a, x = MatrixSymbol("a", n, 1), MatrixSymbol("x", n, 1)
S = SymmetricMatrixSymbol("S", n)
t = symbols("t", positive=True)
GRAM = Y.T*Y + Identity(n)
QZ, RZ = qr(Z)
QX, RX = qr(X)
THIN = T*Y  # n×n, of rank m < n


def values_of(*exprs, seed=0):
    with mp.workdps(DIGITS):
        return example_values(exprs, SIZES, seed)


def equal(one, other, seed=0):
    values = values_of(one, other, seed=seed)
    with mp.workdps(DIGITS):
        return near(evaluate(one, values), evaluate(other, values), mpmath.mpf(10)**-25)


CASES = [
    (pinv(Y), Y), (pinv(T), T), (pinv(X), X), (Trace(C*pinv(C)*Y*T), Y), (pinv(Y*A), A),
    (Trace(A*pinv(Z)*Z), Z), (pinv(T)*D, T), (pinv(x), x),
    (Norm(C - Y*pinv(Y)*C)**2, Y), (Norm(D - T*pinv(T)*D)**2, T), (pinv(THIN), T),
    (Trace(A*pinv(THIN)), Y), (pinv(KroneckerProduct(Y, a)), a), (pinv(GRAM), Y),
    (pinv(t*Y)*C, t), (pinv(Y.T), Y), (Determinant(pinv(Y)*Y + X), Y),
    (adjugate(X), X), (cofactor(X), X), (Trace(A*adjugate(X*B)), X), (adjugate(GRAM)*a, Y),
    (Determinant(adjugate(X)), X), (adjugate(t*A), t), (Trace(adjugate(adjugate(X))*A), X),
    (cholesky(GRAM), Y), (a.T*cholesky(GRAM)*x, Y), (log(Determinant(cholesky(GRAM))), Y),
    (cholesky(GRAM).inverse()*D, Y), (cholesky(X*X.T + Identity(n)).T*a, X),
    (cholesky(t*GRAM), t), (Vec(cholesky(GRAM)), Y), (vech(cholesky(GRAM)), Y),
    (cholesky(cholesky(GRAM)*cholesky(GRAM).T + A*A.T), Y),
    (QZ, Z), (RZ, Z), (QX, X), (RX, X), (QZ.T*W, Z),
    (Trace(QZ*A*QZ.T), Z), (Determinant(RZ + A), Z), (log(Determinant(RX)), X),
    (RZ.inverse()*a, Z), (QX*A*RX, X), (qr(Z*A)[1], A),
]


@pytest.mark.parametrize("f, variable", CASES, ids=str)
def test_against_the_definition(f, variable):
    check_against_definition(f, variable)


@pytest.mark.parametrize("f, variable", [
    (Trace(A*pinv(Y)*Y), Y), (Trace(A*adjugate(X)), X), (a.T*cholesky(GRAM)*x, Y),
    (Trace(RZ*A), Z)], ids=str)
def test_every_step_of_a_derivation(f, variable):
    check_derivation(f, variable)


@pytest.mark.parametrize("f", [
    Norm(C - Y*pinv(Y)*C)**2, Norm(pinv(Y)*C)**2,
    Determinant(adjugate(GRAM)), a.T*cholesky(GRAM).inverse()*x,
    pytest.param(Norm(cholesky(GRAM) - A)**2, marks=pytest.mark.long)], ids=str)
def test_second_order(f):
    values = values_of(f, Y)
    with mp.workdps(DIGITS):
        wanted = Partials(gradient(f, Y), Y, values).arranged("numerator", "vec")
        assert near(evaluate(hessian(f, Y), values), wanted, mpmath.mpf(10)**-22)


@pytest.mark.parametrize("f", [Trace(E*cholesky(S)), log(Determinant(cholesky(S))),
                               a.T*cholesky(S).inverse()*x, Trace(E*pinv(S)), Trace(E*adjugate(S))],
                         ids=str)
@pytest.mark.parametrize("convention", ["projection", "entries"])
def test_of_symmetric_variables(f, convention):
    assert check_derivative(f, S, gradient(f, S, convention=convention))


# --- the pseudo-inverse --------------------------------------------------------------------

P = pinv(Y)


@pytest.mark.parametrize("word, short", [
    (Y*P*Y, Y), (P*Y*P, P), (Y.T*P.T*Y.T, Y.T), (P.T*Y.T*P.T, P.T), (P.T*Y.T, Y*P), (Y.T*P.T, P*Y),
    (Y.T*Y*P, Y.T), (P*Y*Y.T, Y.T), (P.T*P*Y, P.T), (Y*P*P.T, P.T), (Y*P*Y*P, Y*P),
    (Y*A*pinv(Y*A)*Y*A, Y*A), (pinv(Y*A)*Y*A*pinv(Y*A), pinv(Y*A)), (pinv(P), Y),
    (pinv(Y.T), P.T), (pinv(3*Y), P/3), (pinv(KroneckerProduct(A, Y)),
                                         KroneckerProduct(pinv(A), P))], ids=str)
def test_magnus_neudecker_2_7(word, short):
    assert canonical(word) == canonical(short)
    values = values_of(word)
    with mp.workdps(DIGITS):
        # as it is written, each factor by itself
        assert near(evaluate(word, values), evaluate(short, values), mpmath.mpf(10)**-25)


def test_golub_and_pereyra_variable_projection():
    """The gradient of the least residual needs one of the two parts of dP alone."""
    assert canonical(gradient(Norm(C - Y*P*C)**2, Y) - 2*(Y*P*C - C)*C.T*P.T) == ZeroMatrix(m, n)


def test_facts_about_the_rank():
    I_n, I_m = Identity(n), Identity(m)
    assert canonical(P*Y, Q.invertible(Y.T*Y)) == I_n
    assert canonical(Y*P, Q.invertible(Y*Y.T)) == I_m
    tall = MatrixSymbol("V", 4, 3)
    assert canonical(pinv(tall)*tall, Q.fullrank(tall)) == Identity(3)
    assert canonical(pinv(tall.T)*pinv(tall.T).T) != 0
    assert canonical(pinv(X), Q.invertible(X)) == X.inverse()
    assert canonical(pinv(X), Q.orthogonal(X)) == X.T
    shorter = jacobian(P, Y, assumptions=Q.invertible(Y*Y.T))
    assert len(str(shorter)) < len(str(jacobian(P, Y)))
    wide = values_of(Y)
    with mp.workdps(DIGITS):
        assert near(evaluate(shorter, wide), evaluate(jacobian(P, Y), wide), mpmath.mpf(10)**-25)


# --- the adjugate --------------------------------------------------------------------------


def test_the_adjugate():
    assert canonical(X*adjugate(X)) == Determinant(X)*Identity(n)
    assert canonical(adjugate(2*X)) == 2**(n - 1)*adjugate(X)
    assert canonical(Determinant(adjugate(X))) == Determinant(X)**(n - 1)
    assert equal(adjugate(X), Determinant(X)*X.inverse())
    assert adjugate(Matrix([[1, 2], [3, 4]])).doit() == Matrix([[4, -2], [-3, 1]])


def test_magnus_neudecker_8_1_determinants_of_singular_matrices():
    G = gradient(Determinant(X), X, assumptions=Q.singular(X))
    assert G == Adjugate(X).T
    values = values_of(X)
    values[X] = mpmath.matrix([[1, 2, 3], [2, 4, 7], [3, 6, 5]])
    with mp.workdps(DIGITS):
        assert abs(evaluate(Determinant(X), values)) == 0
        wanted = Partials(Determinant(X), X, values).arranged("denominator", "matrix")
        assert near(evaluate(G, values), wanted, mpmath.mpf(10)**-25)
        f = Determinant(X*A)*Trace(X) + Determinant(B + X)
        wanted = Partials(f, X, values | values_of(f, seed=1) | {X: values[X]})
        found = gradient(f, X, assumptions=Q.singular(X))
        assert near(evaluate(found, values | values_of(f, seed=1) | {X: values[X]}),
                    wanted.arranged("denominator", "matrix"), mpmath.mpf(10)**-25)


# --- factors -------------------------------------------------------------------------------


def test_products_of_factors():
    L = cholesky(S)
    assert canonical(L*L.T) == S
    assert canonical(L.T.inverse()*L.inverse()*D) == S.inverse()*D
    assert canonical(QZ*RZ) == Z and canonical(QZ.T*QZ) == Identity(n)
    assert equal(QZ*RZ, Z) and equal(cholesky(GRAM)*cholesky(GRAM).T, GRAM)


def test_the_logarithm_of_a_determinant_by_cholesky():
    assert canonical(gradient(2*log(Determinant(cholesky(S))), S)) == S.inverse()


def test_murray_2016_the_reverse_mode():
    """S̄ = L⁻'Φ(L'L̄)L⁻¹, symmetrised"""
    values = values_of(S, E)
    with mp.workdps(DIGITS):
        L = evaluate(cholesky(S), values)
        inner = L.T*values[E].T
        phi = mpmath.matrix(3, 3)
        for i in range(3):
            for j in range(i + 1):
                phi[i, j] = inner[i, j]/(2 if i == j else 1)
        wanted = (L.T)**-1*phi*L**-1
        found = evaluate(gradient(Trace(E*cholesky(S)), S), values)
        assert near(found, (wanted + wanted.T)/2, mpmath.mpf(10)**-25)


def test_beside_scipy():
    chance = np.random.default_rng(1)
    v = chance.normal(size=(4, 3))
    V, K = MatrixSymbol("V", 4, 3), MatrixSymbol("K", 3, 3)
    assert lambdify(V, pinv(V))(v) == pytest.approx(scipy.linalg.pinv(v))
    assert lambdify(K, cholesky(K))(v.T @ v) == pytest.approx(
        scipy.linalg.cholesky(v.T @ v, lower=True))
    Qv, Rv = lambdify(V, list(qr(V)))(v)
    assert Qv @ Rv == pytest.approx(v) and (Rv.diagonal() > 0).all()
    singular = np.array([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]])
    assert lambdify(K, adjugate(K))(singular) == pytest.approx(
        np.array(Matrix(singular.tolist()).adjugate().tolist(), dtype=float), abs=1e-12)


@pytest.mark.parametrize("modules", [None, "jax"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_code(case, modules):
    if modules == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    expr, _ = case
    values = values_of(expr)
    given = [s for s in values if s in expr.free_symbols and s not in SIZES]
    arrays = [np.array(values[s].tolist(), dtype=float) if hasattr(values[s], "rows")
              else float(values[s]) for s in given]
    found = lambdify(given, expr, **({"modules": modules} if modules else {}))(*arrays)
    with mp.workdps(DIGITS):
        wanted = evaluate(expr, values)
    wanted = np.array(wanted.tolist(), dtype=float) if hasattr(wanted, "rows") else float(wanted)
    assert np.asarray(found) == pytest.approx(wanted, rel=1e-8, abs=1e-8)


def test_refusals():
    for call, error, words in (
            (lambda: gradient(Trace(E*cholesky(X)), X), DerivativeNotImplementedError,
             "isn't known to be"),
            (lambda: cholesky(Y), ShapeError, "the argument of cholesky is m×n"),
            (lambda: adjugate(Y), ShapeError, "the argument of adjugate is m×n"),
            (lambda: qr(MatrixSymbol("V", 2, 3)), ShapeError, "factor the transpose"),
            (lambda: pinv(3), ShapeError, "no matrix")):
        with pytest.raises(error) as raised:
            call()
        assert words in str(raised.value)
    assert isinstance(cholesky(S), Cholesky) and isinstance(pinv(Y), PseudoInverse)
