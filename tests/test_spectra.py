"""Eigenvalues, singular values: Magnus & Neudecker 8.7-8.10, Giles (2008) 3.1, 3.2."""

import warnings

import mpmath
import numpy as np
import pytest
import scipy.linalg
from definition import DIGITS, SIZES, check_against_definition, check_derivation, m, n, p
from mpmath import mp
from sympy import (
    Determinant,
    Matrix,
    MatrixSymbol,
    Min,
    Q,
    Rational,
    Sum,
    Symbol,
    Trace,
    exp,
    log,
    oo,
    symbols,
)
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    OneMatrix,
    ZeroMatrix,
)

from sympy_matlayout import (
    ArgumentError,
    DerivativeNotImplementedError,
    Eigenvalue,
    Eigenvector,
    Eigenvectors,
    LeftSingularVector,
    LeftSingularVectors,
    Norm,
    PolarFactor,
    ReciprocalGaps,
    RepeatedValuesWarning,
    RightSingularVector,
    RightSingularVectors,
    ShapeError,
    SingularError,
    SymmetricMatrixSymbol,
    SymmetrizerMatrix,
    canonical,
    check_derivative,
    eigenvalue,
    eigenvalues,
    eigenvector,
    eigenvectors,
    gradient,
    hessian,
    hessian_vector_product,
    jacobian,
    ky_fan_norm,
    lambdify,
    left_eigenvector,
    max_entry,
    pinv,
    polar_factor,
    qr,
    schatten_norm,
    singular_value,
    singular_values,
)
from sympy_matlayout.numeric import Partials, evaluate, example_values
from sympy_matlayout.numeric.definition import near

pytestmark = pytest.mark.newest

X, A, E = (MatrixSymbol(name, n, n) for name in "XAE")
Y, T, D = MatrixSymbol("Y", m, n), MatrixSymbol("T", n, m), MatrixSymbol("D", n, p)
Z = MatrixSymbol("Z", p, n)
a, b = MatrixSymbol("a", n, 1), MatrixSymbol("b", n, 1)
S, R = SymmetricMatrixSymbol("S", n), SymmetricMatrixSymbol("R", n)
t, r = symbols("t r", positive=True)
GRAM, OTHER = Y.T*Y + Identity(n), Z.T*Z + Identity(n)
REAL = GRAM*OTHER  # not symmetric, and its eigenvalues are real
ones = OneMatrix(1, n)


def values_of(*exprs, seed=0):
    with mp.workdps(DIGITS):
        return example_values(exprs, SIZES, seed)


def equal(one, other, seed=0):
    values = values_of(one, other, seed=seed)
    with mp.workdps(DIGITS):
        return near(evaluate(one, values), evaluate(other, values), mpmath.mpf(10)**-25)


def same(one, other):
    return canonical(one) == canonical(other)


BY_EIGENVALUES = [
    (eigenvalues(GRAM), Y), (D.T*eigenvalues(GRAM), Y), (eigenvalue(GRAM, -1), Y),
    (eigenvalue(GRAM, 0)/eigenvalue(GRAM, 2), Y), (log(eigenvalues(GRAM)[1, 0]), Y),
    (Trace(ones*eigenvalues(X + X.T).applyfunc(exp)), X), (eigenvalue(X + X.T, 1)**2, X),
    (eigenvalues(t*GRAM), t), (eigenvalue(X.T*DiagMatrix(a)*X, -1), a),
    (DiagMatrix(eigenvalues(GRAM))*D, Y), (eigenvectors(GRAM), Y), (eigenvectors(X + X.T)*D, X),
    (eigenvectors(GRAM)*DiagMatrix(a)*eigenvectors(GRAM).T, Y), (a.T*eigenvectors(GRAM)*b, Y),
    (eigenvector(GRAM, 0), Y), (a.T*eigenvector(X + X.T, 2)*b.T*D, X),
    (eigenvector(GRAM, 1)*eigenvector(GRAM, 1).T, Y), (eigenvectors(GRAM)[:, 1], Y),
    (eigenvalue(X, -1), X), (eigenvalue(X*A, -1), X), (eigenvector(X, -1), X),
    (a.T*eigenvector(X*X, -1), X), (eigenvalue(REAL, 0), Z), (left_eigenvector(REAL, 1), Y),
    (eigenvector(REAL, 1)*left_eigenvector(REAL, 1).T, Z), (eigenvalue(X.T, -1)*X, X),
    (eigenvalues(X + X.T, GRAM), X), (eigenvalues(A + A.T, GRAM), Y),
    (eigenvalue(X + X.T, 1, X.T*X + Identity(n)), X), (eigenvectors(X + X.T, GRAM)*D, X),
    (a.T*eigenvectors(A + A.T, GRAM)*b, Y), (eigenvector(A + A.T, 0, GRAM), Y),
    (a.T*eigenvector(X + X.T, 2, X.T*X + Identity(n)), X), (Trace(ReciprocalGaps(a)*X), a),
    (a.T*ReciprocalGaps(a)*D, a),
]
BY_SINGULAR_VALUES = [
    (singular_values(Y), Y), (singular_values(T.T*A), T), (singular_value(Y, 0), Y),
    (singular_value(T, -1), T), (singular_value(Y*A*X, 1), X), (Norm(Y, 2), Y),
    (Norm(Y*A - T.T, 2)**2, Y), (Norm(Y, "nuc"), Y), (Norm(T, "nuc"), T), (Norm(A*T, "nuc"), T),
    (polar_factor(Y), Y), (polar_factor(T), T), (polar_factor(X), X),
    (Trace(A*polar_factor(T)*Y), T),
    (schatten_norm(Y, 3), Y), (schatten_norm(Y, r), Y), (schatten_norm(T, oo), T),
    (ky_fan_norm(T, 2), T), (Sum(singular_value(Y, Symbol("i", integer=True)),
                                (Symbol("i", integer=True), 0, 1)), Y),
    (log(singular_value(Y, 0)/singular_value(Y, 1)), Y), (LeftSingularVectors(Y), Y),
    (RightSingularVectors(Y), Y), (LeftSingularVectors(T), T), (RightSingularVectors(T), T),
    (LeftSingularVectors(Y)*DiagMatrix(singular_values(Y))*RightSingularVectors(Y).T*D, Y),
    (LeftSingularVector(Y, 1), Y), (RightSingularVector(T, 0), T), (LeftSingularVector(T, 0), T),
    (LeftSingularVector(Y, 0)*RightSingularVector(Y, 0).T, Y), (LeftSingularVectors(T)[:, 1], T),
    (Norm(a, oo), a), (Norm(Y*a, oo)**2, Y), (max_entry(Y*X), X), (max_entry(a.applyfunc(log)), a),
]


@pytest.mark.parametrize("f, variable", BY_EIGENVALUES + BY_SINGULAR_VALUES, ids=str)
def test_against_the_definition(f, variable):
    check_against_definition(f, variable)


@pytest.mark.parametrize("f, variable", [
    (eigenvalue(GRAM, 1), Y), (a.T*eigenvector(GRAM, 0), Y), (eigenvalue(X, -1), X),
    (Norm(Y, 2), Y), (Trace(A*eigenvectors(GRAM)), Y), (Norm(T, "nuc"), T)], ids=str)
def test_every_step_of_a_derivation(f, variable):
    check_derivation(f, variable)


@pytest.mark.parametrize("f", [
    eigenvalue(GRAM, 1), Trace(ones*eigenvalues(GRAM).applyfunc(log)), eigenvalue(REAL, 2),
    (a.T*eigenvector(GRAM, 0))**2, eigenvalue(A + A.T, 0, GRAM), singular_value(Y, 1),
    Norm(Y, 2)**2, Norm(Y, "nuc"), schatten_norm(Y, 3), ky_fan_norm(Y, 2)], ids=str)
def test_second_order(f):
    """Hessians, along a direction too, against differences of the gradient."""
    G, direction = gradient(f, Y), MatrixSymbol("H", m, n)
    values = values_of(f, Y, direction)
    with mp.workdps(DIGITS):
        H = evaluate(hessian(f, Y), values)
        assert near(H, Partials(G, Y, values).arranged("numerator", "vec"), mpmath.mpf(10)**-22)
        along = evaluate(hessian_vector_product(f, Y, direction), values)
        columns = [(i, j) for j in range(3) for i in range(2)]
        assert near(mpmath.matrix([along[ij] for ij in columns]),
                    H*mpmath.matrix([values[direction][ij] for ij in columns]),
                    mpmath.mpf(10)**-22)


@pytest.mark.parametrize("f", [
    eigenvalue(S, -1), Trace(A*DiagMatrix(eigenvalues(S))), a.T*eigenvector(S, 0),
    Trace(ones*eigenvalues(S).applyfunc(log)), eigenvalue(S, 1, R), eigenvalue(R, 0, S),
    Norm(S, 2), Norm(S, "nuc")], ids=str)
@pytest.mark.parametrize("convention", ["projection", "entries"])
def test_of_symmetric_variables(f, convention):
    assert check_derivative(f, S, gradient(f, S, convention=convention))


# --- textbook forms ------------------------------------------------------------------------


def test_magnus_neudecker_theorem_8_9():
    """dλ = u'dS u and du = (λI - S)⁺dS u"""
    v, value = eigenvector(S, 0), eigenvalue(S, 0)
    assert gradient(value, S) == v*v.T
    assert same(jacobian(v, S), KroneckerProduct(v.T, pinv(value*Identity(n) - S))
                * SymmetrizerMatrix(n))


def test_magnus_neudecker_theorem_8_10_any_matrix():
    v, w = eigenvector(X, 0), left_eigenvector(X, 0)
    assert gradient(eigenvalue(X, 0), X) == w*v.T
    resolvent = pinv(eigenvalue(X, 0)*Identity(n) - X)
    assert same(jacobian(v, X), KroneckerProduct(v.T, resolvent*(Identity(n) - v*w.T)))


def test_magnus_neudecker_theorem_8_11_second_differential_of_an_eigenvalue():
    """d²λ = 2u'dS(λI - S)⁺dS u"""
    v, value = eigenvector(S, 0), eigenvalue(S, 0)
    resolvent = pinv(value*Identity(n) - S)
    direction = SymmetricMatrixSymbol("H", n)
    along = Trace(direction*hessian_vector_product(value, S, direction))
    assert equal(along, 2*v.T*direction*resolvent*direction*v)


def test_magnus_neudecker_exercise_8_9_1_pencils():
    v = eigenvector(S, 1, R)
    assert gradient(eigenvalue(S, 1, R), S) == v*v.T
    assert gradient(eigenvalue(S, 1, R), R) == -eigenvalue(S, 1, R)*v*v.T


def test_giles_3_1_and_3_2():
    V = eigenvectors(S)
    assert jacobian(eigenvalues(S), S).shape == (n, n**2)
    assert gradient(Trace(ones*eigenvalues(S).applyfunc(exp)), S) == \
        V*canonical(DiagMatrix(eigenvalues(S).applyfunc(exp)))*V.T
    U, W = LeftSingularVectors(Y), RightSingularVectors(Y)
    assert gradient(Trace(OneMatrix(1, Min(m, n))*HadamardPower(singular_values(Y), 3)), Y) == \
        3*U*DiagMatrix(HadamardPower(singular_values(Y), 2))*W.T


def test_what_determinant_and_trace_are_by_eigenvalues():
    assert equal(gradient(Trace(ones*eigenvalues(S).applyfunc(log)), S), S.inverse())
    assert equal(gradient(Trace(ones*eigenvalues(S)), S), Identity(n))
    assert equal(Norm(Y, "nuc"), Trace((Y*Y.T)**Rational(1, 2)))


def test_norms_of_matrices():
    u, v = LeftSingularVector(Y, 0), RightSingularVector(Y, 0)
    assert gradient(Norm(Y, 2), Y) == gradient(singular_value(Y, 0), Y) == u*v.T
    assert gradient(Norm(Y, "nuc"), Y) == PolarFactor(Y)
    tall = MatrixSymbol("V", 4, 3)
    assert gradient(Norm(tall, "nuc"), tall) == tall*(tall.T*tall)**Rational(-1, 2)
    assert schatten_norm(Y, 1) == Norm(Y, "nuc") and schatten_norm(Y, oo) == Norm(Y, 2)


def test_the_rayleigh_quotient_is_stationary_at_an_eigenvector():
    x = MatrixSymbol("x", n, 1)
    G = gradient(x.T*S*x/(x.T*x), x)
    assert equal(G.subs(x, eigenvector(S, 1)), ZeroMatrix(n, 1))


# --- what is known of the nodes ------------------------------------------------------------


def test_shifts_scales_and_transposes():
    assert eigenvalue(S + 2*Identity(n), 0) == eigenvalue(S, 0) + 2
    assert eigenvalue(-3*S, 0) == -3*eigenvalue(S, n - 1)
    assert eigenvalue(X.T, 1) == eigenvalue(X, 1)
    assert eigenvalues(4*S) == 4*eigenvalues(S)
    assert eigenvectors(2*S + Identity(n)) == eigenvectors(S)
    assert singular_values(-2*Y) == 2*singular_values(Y) == singular_values(2*Y.T)
    assert polar_factor(-3*Y) == -polar_factor(Y)
    assert left_eigenvector(S, 1) == eigenvector(S, 1)
    assert eigenvalues(S)[-1, 0] == eigenvalues(S)[n - 1, 0] == Eigenvalue(S, n - 1)
    assert canonical(eigenvectors(S)[:, 0]) == Eigenvector(S, 0)


@pytest.mark.parametrize("expr, wanted", [
    (eigenvectors(S).T*eigenvectors(S)*D, D), (S*eigenvectors(S)*D, eigenvectors(S)*DiagMatrix(
        eigenvalues(S))*D), (eigenvectors(S).inverse()*D, eigenvectors(S).T*D),
    (S*eigenvector(S, 1), eigenvalue(S, 1)*eigenvector(S, 1)),
    (LeftSingularVectors(Y).T*LeftSingularVectors(Y), Identity(Min(m, n))),
    (eigenvector(X, 0).T*eigenvector(X, 0), Identity(1)),
    (left_eigenvector(X, 0).T*eigenvector(X, 0), Identity(1))], ids=str)
def test_products(expr, wanted):
    assert same(expr, wanted)
    if not expr.has(X):
        assert equal(expr, wanted)


def test_not_of_transposes_whose_signs_may_differ():
    assert LeftSingularVectors(Y.T) != RightSingularVectors(Y)


# --- code, and what others compute ---------------------------------------------------------


def test_beside_scipy_and_numpy():
    chance = np.random.default_rng(0)
    x, y = chance.normal(size=(4, 4)), chance.normal(size=(4, 3))
    s, spd = x + x.T, x @ x.T + np.eye(4)
    K, H, V = MatrixSymbol("K", 4, 4), MatrixSymbol("H", 4, 4), MatrixSymbol("V", 4, 3)
    assert lambdify(K, eigenvalues(K))(s).ravel() == pytest.approx(np.linalg.eigvalsh(s))
    assert lambdify((K, H), eigenvalues(K, H))(s, spd).ravel() == pytest.approx(
        scipy.linalg.eigh(s, spd, eigvals_only=True))
    assert lambdify(V, singular_values(V))(y).ravel() == pytest.approx(
        np.linalg.svd(y, compute_uv=False))
    assert lambdify(V, polar_factor(V))(y) == pytest.approx(scipy.linalg.polar(y)[0])


@pytest.mark.parametrize("f", [
    eigenvalue(GRAM, -1), Trace(D.T*eigenvectors(GRAM)*DiagMatrix(a)*eigenvectors(GRAM).T*D),
    Norm(Y, 2), Norm(Y, "nuc"), Trace(ones*eigenvalues(GRAM).applyfunc(log))], ids=str)
def test_beside_jax(f):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    values = values_of(f)
    given = [s for s in values if s in f.free_symbols and s not in SIZES]
    arrays = [np.array(values[s].tolist(), dtype=float) for s in given]
    function, k = lambdify(given, f, modules="jax"), given.index(Y)
    wanted = jax.grad(lambda *args: function(*args), argnums=k)(*arrays)
    found = lambdify(given, gradient(f, Y))(*arrays)
    assert found == pytest.approx(np.asarray(wanted), rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("modules", [None, "jax"])
@pytest.mark.parametrize("case", BY_EIGENVALUES + BY_SINGULAR_VALUES, ids=str)
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
    assert np.asarray(found) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


# --- warnings and refusals -----------------------------------------------------------------


def test_repeated_values_are_warned_of():
    thin = MatrixSymbol("V", 4, 1)
    with pytest.warns(RepeatedValuesWarning, match="rank at most 1"):
        gradient(a.subs(n, 4).T*eigenvectors(thin*thin.T)*a.subs(n, 4), thin)
        gradient(eigenvalue(a*a.T, 0), a)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gradient(eigenvalue(GRAM, 0), Y)
        gradient(eigenvalue(a*a.T, -1), a)


@pytest.mark.long
def test_found_by_random_expressions():
    K, Q_ = MatrixSymbol("K", n, n), qr(T)[0]
    product = HadamardProduct(K, X)
    for f, variable, facts in (
            (eigenvalue(product, 1), X, Q.symmetric(K)), (Norm(product, 2), X, Q.symmetric(K)),
            (Trace(A*Q_*Q_.T), T, True), (Trace(pinv(X*A)*X), X, True)):
        values = values_of(f, variable)
        if facts is not True:
            values[K] = values[K] + values[K].T
        with mp.workdps(DIGITS):
            wanted = Partials(gradient(f, variable, assumptions=facts), variable, values)
            assert near(evaluate(hessian(f, variable, assumptions=facts), values),
                        wanted.arranged("numerator", "vec"), mpmath.mpf(10)**-22)
    assert hessian(Norm(Q_, "nuc"), T) == ZeroMatrix(m*n, m*n)
    with pytest.raises(SingularError, match="nuclear norm"):
        gradient(Norm(a*a.T, "nuc"), a)


def test_code_refuses_what_has_no_value():
    K = MatrixSymbol("K", 2, 2)
    with pytest.raises(np.linalg.LinAlgError, match="not symmetric"):
        lambdify(K, eigenvalues(K))(np.array([[2.0, 1.0], [0.0, 2.0]]))
    assert evaluate(Eigenvalue(Matrix([[1, 2], [3, 4]]), 1), {}) == pytest.approx(5.3722813233)


def test_refusals():
    for call, error, words in (
            (lambda: gradient(Trace(A*eigenvectors(X)), X), DerivativeNotImplementedError,
             'structure="symmetric"'),
            (lambda: gradient(Trace(a.T*eigenvalues(X)), X), DerivativeNotImplementedError,
             "isn't known to be one"),
            (lambda: eigenvalues(Y), ShapeError, "the argument of eigenvalues is m×n"),
            (lambda: eigenvalues(S, SymmetricMatrixSymbol("B", m)), ShapeError, "of one size"),
            (lambda: eigenvalue(S, n), ShapeError, "the place of an eigenvalue is n"),
            (lambda: eigenvalue(S, "last"), ArgumentError, "'last'"),
            (lambda: singular_value(MatrixSymbol("V", 2, 3), 2), ShapeError, "there are 2"),
            (lambda: schatten_norm(Y, Rational(1, 2)), ArgumentError, "order"),
            (lambda: ky_fan_norm(Y, 0), ArgumentError, "one or more")):
        with pytest.raises(error) as raised:
            call()
        assert words in str(raised.value)


def test_complex_eigenvalues_have_no_value():
    turned = Matrix([[0, -1], [1, 0]])
    with pytest.raises(ArithmeticError):
        evaluate(Eigenvalue(turned, 0), {})
    K = MatrixSymbol("K", 2, 2)
    with pytest.raises(np.linalg.LinAlgError, match="not real"):
        lambdify(K, eigenvalue(K, 0))(np.array([[0.0, -1.0], [1.0, 0.0]]))


def test_facts():
    B = MatrixSymbol("B", n, n)
    assert gradient(t*eigenvalue(B, 0)*Trace(X), X, assumptions=Q.symmetric(B)) == \
        t*eigenvalue(B, 0)*Identity(n)
    assert gradient(Trace(Eigenvectors(t*B)*A), t, assumptions=Q.symmetric(B)) == 0
    assert gradient(eigenvalue(X, 0), X, structure="symmetric") == \
        eigenvector(X, 0)*eigenvector(X, 0).T
    assert Determinant(X) != 0
