"""
Estimators, gains and projections of the textbooks, found where the gradient is zero.

Every point is held against the definition: the function's numerical derivatives are zero
there, those of the Lagrangian under constraints, and what is called a minimum lies below its
neighbours.
"""

import mpmath
import numpy as np
import pytest
import scipy.linalg
from mpmath import mp, mpf
from sympy import (
    Abs,
    Determinant,
    Eq,
    Matrix,
    MatrixSymbol,
    Ne,
    Q,
    Symbol,
    Trace,
    exp,
    log,
    re,
    symbols,
)
from sympy.core.basic import Basic
from sympy.matrices.expressions import DiagMatrix, Identity, KroneckerProduct, OneMatrix, ZeroMatrix

from sympy_matlayout import (
    ArgumentError,
    ComplexMatrixSymbol,
    FactsError,
    HermitianMatrixSymbol,
    NoClosedFormError,
    Norm,
    ShapeError,
    Softmax,
    SymmetricMatrixSymbol,
    VariableError,
    canonical,
    pprint,
    solve_matrix_equation,
    stationary_points,
    vec,
)
from sympy_matlayout.core.shapes import is_matrix, shape
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.optimization.definiteness import definiteness
from sympy_matlayout.reading.read import read

m, n, p, k = symbols("m n p k", integer=True, positive=True)
SIZES = {m: 5, n: 3, p: 2, k: 2}
X, Y, y = MatrixSymbol("X", m, n), MatrixSymbol("Y", m, p), MatrixSymbol("y", m, 1)
w, x, v, mu = (MatrixSymbol(s, n, 1) for s in ("w", "x", "v", "mu"))
A, B, G, L, T = (MatrixSymbol(s, n, n) for s in "ABGLT")
D, u, g = MatrixSymbol("D", n, m), MatrixSymbol("u", m, 1), MatrixSymbol("g", m, 1)
H, K = MatrixSymbol("H", m, n), MatrixSymbol("K", n, m)
C, d, c = MatrixSymbol("C", p, n), MatrixSymbol("d", p, 1), MatrixSymbol("c", n, 1)
W, V = MatrixSymbol("W", n, p), MatrixSymbol("V", m, p)
S, P = SymmetricMatrixSymbol("S", n), SymmetricMatrixSymbol("P", n)
R, U = SymmetricMatrixSymbol("R", m), SymmetricMatrixSymbol("U", m)
Sigma, Z = MatrixSymbol("Sigma", n, n), MatrixSymbol("Z", n, n)
M_, N_ = MatrixSymbol("M", m, n), MatrixSymbol("N", n, 1)
b, t = Symbol("b", real=True), Symbol("t", real=True)
lam, s2 = Symbol("lambda", positive=True), Symbol("s2", positive=True)
one, ones = OneMatrix(m, 1), OneMatrix(n, 1)
centred = X - one*mu.T


def positive(*matrices):
    found = True
    for matrix in matrices:
        found = Q.positive_definite(matrix) & found
    return found


def quad(z, M):
    return Trace(z.T*M*z)


def sum_of(z):
    return Trace(OneMatrix(1, z.shape[0])*z)


# the function, its variables, what is given beside them, and what the Hessian has to say
PROBLEMS = {
    "least squares": (Norm(X*w - y)**2, [w], {}, "minimum"),
    "least squares, written out": (Trace((y - X*w).T*(y - X*w)), [w], {}, "minimum"),
    "ridge regression": (Norm(X*w - y)**2 + lam*Norm(w)**2, [w], {}, "minimum"),
    "generalised ridge": (Norm(X*w - y)**2 + Norm(C*w - d)**2, [w], {}, "minimum"),
    "weighted least squares": (quad(X*w - y, DiagMatrix(g)), [w], {}, None),
    "generalised least squares": (quad(X*w - y, R.inverse()), [w],
                                  {"assumptions": positive(R)}, "minimum"),
    "regression with an intercept": (Norm(X*w + b*one - y)**2, [w, b], {}, "minimum"),
    "ridge with an intercept": (Norm(X*w + b*one - y)**2 + lam*Norm(w)**2, [w, b], {}, "minimum"),
    "multivariate regression": (Norm(X*W - Y)**2, [W], {}, "minimum"),
    "multivariate ridge": (Norm(X*W - Y)**2 + lam*Norm(W)**2, [W], {}, "minimum"),
    "a growth curve, AXB = C": (Norm(H*Z*C.T - V)**2, [Z], {"sizes": {n: 2, p: 3}},
                                 "minimum"),
    "mean": (Norm(centred)**2, [mu], {}, "minimum"),
    "mean of a scalar": (Norm(y - t*one)**2, [t], {}, "minimum"),
    "Gaussian, mean": (Trace(centred*Sigma.inverse()*centred.T), [mu], {}, None),
    "Gaussian, covariance": (log(Determinant(Sigma)) + Trace(Sigma.inverse()*S), [Sigma], {}, None),
    "Gaussian, symmetric covariance": (
        log(Determinant(Sigma)) + Trace(Sigma.inverse()*S), [Sigma],
        {"structure": "symmetric", "assumptions": positive(S)}, "minimum"),
    "Gaussian, precision": (Trace(S*Sigma) - log(Determinant(Sigma)), [Sigma], {}, None),
    "Gaussian, mean and covariance": (
        m*log(Determinant(Sigma)) + Trace(centred*Sigma.inverse()*centred.T), [mu, Sigma], {},
        None),
    "inverse Wishart, maximum a posteriori": (
        lam*log(Determinant(Sigma)) + Trace((S + T)*Sigma.inverse()), [Sigma], {}, None),
    "variance": (m*log(s2)/2 + Norm(X*w - y)**2/(2*s2), [s2], {}, "minimum"),
    "regression and variance": (m*log(s2)/2 + Norm(X*w - y)**2/(2*s2), [w, s2], {}, "minimum"),
    "Bayesian linear regression": (Norm(X*w - y)**2/s2 + quad(w - mu, P.inverse()), [w],
                                   {"assumptions": positive(P)}, "minimum"),
    "matrix normal, mean": (Trace(R.inverse()*(X - M_)*S.inverse()*(X - M_).T), [M_],
                            {"assumptions": positive(R, S)}, "minimum"),
    "matrix normal, rows": (n*log(Determinant(U)) + Trace(U.inverse()*X*S.inverse()*X.T), [U],
                            {"assumptions": positive(S), "sizes": {m: 3, n: 5}}, "minimum"),
    "mixture, mean": (Trace(centred.T*DiagMatrix(g)*centred), [mu], {}, None),
    "mixture, covariance": (
        Trace(centred.T*DiagMatrix(g)*centred*Sigma.inverse())
        + Trace(OneMatrix(1, m)*g)*log(Determinant(Sigma)), [Sigma], {}, None),
    "mixture, weights": (-Trace(N_.T*x.applyfunc(log)), [x],
                         {"subject_to": {Trace(ones.T*x): 1}}, None),
    "factor analysis, loadings": (Trace(S*W*W.T) - 2*Trace(W.T*D*V) + Trace(W.T*S*W)*lam, [W],
                                  {"assumptions": positive(S)}, "minimum"),
    "alternating least squares": (Norm(M_ - V*C)**2 + lam*Norm(V)**2, [V], {}, "minimum"),
    "linear quadratic regulator": (quad(u, R) + quad(A*x + D*u, P), [u],
                                   {"assumptions": positive(R, P)}, "minimum"),
    "Kalman gain": (Trace((Identity(n) - K*H)*P*(Identity(n) - K*H).T) + Trace(K*R*K.T), [K],
                    {"assumptions": positive(P, R)}, "minimum"),
    "Wiener filter": (Trace(K*R*K.T) - 2*Trace(K*H*P), [K], {"assumptions": positive(R)},
                      "minimum"),
    "Newton step": (Trace(v.T*x) + quad(x, S)/2, [x], {"assumptions": positive(S)}, "minimum"),
    "Newton step, upwards": (Trace(v.T*x) - quad(x, S)/2, [x], {"assumptions": positive(S)},
                             "maximum"),
    "saddle": (quad(x, S) - quad(w, P) + Trace(v.T*x), [x, w], {"assumptions": positive(S, P)},
               "saddle"),
    "proximal step": (Norm(x - v)**2/2 + lam*quad(x, S), [x], {"assumptions": positive(S)},
                      "minimum"),
    "Sylvester": (Norm(A*Z - G)**2 + Norm(Z*B - L)**2, [Z], {}, "minimum"),
    "Lyapunov, symmetric": (Norm(A*Z - G)**2, [Z], {"structure": "symmetric"}, "minimum"),
    "trace penalty, over vec": (Norm(Z - G)**2 + Trace(Z)**2, [Z], {}, "minimum"),
    "diagonal scaling": (Norm(X*Z - M_)**2, [Z], {"structure": "diagonal"}, "minimum"),
    "entropy": (Trace(x.T*x.applyfunc(log)) - Trace(v.T*x), [x], {}, None),
    "log-partition": (Trace(ones.T*x.applyfunc(exp)) - Trace(v.T*x), [x], {}, None),
    "least norm": (Norm(w)**2, [w], {"subject_to": {C*w - d: 0}}, "minimum"),
    "equality constrained programme": (quad(x, S)/2 + Trace(v.T*x), [x], {
        "subject_to": {C*x: d}, "assumptions": positive(S)}, "minimum"),
    "portfolio": (quad(x, S)/2 - Trace(v.T*x), [x], {
        "subject_to": {Trace(ones.T*x): 1}, "assumptions": positive(S)}, "minimum"),
    "minimum variance beamformer": (quad(w, S), [w], {
        "subject_to": {Trace(v.T*w): 1}, "assumptions": positive(S)}, "minimum"),
    "portfolio with a return": (quad(x, S)/2, [x], {
        "subject_to": {Trace(ones.T*x): 1, Trace(v.T*x): t}, "assumptions": positive(S)},
        "minimum"),
    "linear dynamics": (Norm(D - A*K)**2, [A], {}, "minimum"),
    "linear dynamics and noise": (
        m*log(Determinant(Sigma)) + Trace((D - A*K).T*Sigma.inverse()*(D - A*K)), [A, Sigma],
        {"sizes": {m: 7, n: 2}}, None),
    "intercept and variance": (Norm(X*w + b*one - y)**2/(2*s2) + m*log(s2)/2, [w, b, s2], {},
                               None),
    "gain and offset": (Norm(y - b*u - t*one)**2, [b, t], {}, "minimum"),
    "instrumental variables": (Norm(P*X.T*(y - X*w))**2, [w], {}, "minimum"),
    "Poisson rate": (sum_of(y)*log(s2) - m*s2, [s2], {}, None),
    "constrained least squares": (Norm(X*w - y)**2, [w], {"subject_to": {C*w: d}}, "minimum"),
}


def arrays(problem):
    """Values for all symbols but the variables; positive definite where that is assumed."""
    f, variables, given, _ = problem
    sizes = {**SIZES, **given.get("sizes", {})}
    constraints = list(given.get("subject_to", {})) + [
        value for value in given.get("subject_to", {}).values() if isinstance(value, Basic)]
    values = example_values([f, *constraints], sizes, seed=3)
    for matrix in [a for a in values if is_matrix(a) and a in (S, P, R)]:
        values[matrix] = values[matrix]*values[matrix].T/10
    return {key: value for key, value in values.items() if key not in variables}


def directions(variable, values, structure, chance):
    """Every entry, and two random directions, within the structure."""
    if not is_matrix(variable):
        return [mpf(1)]
    rows, cols = (int(evaluate(size, values)) if not size.is_number else int(size)
                  for size in variable.shape)
    found = []
    for i in range(rows):
        for j in range(cols):
            step = mpmath.zeros(rows, cols)
            step[i, j] = 1
            if structure == "symmetric" or variable == U:
                step[j, i] = 1
            if structure != "diagonal" or i == j:
                found.append(step)
    for _ in range(4):
        found.append(sum((mpf(chance.normal())*a for a in found), mpmath.zeros(rows, cols)))
    return found


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_derivative_is_zero_there(name):
    f, variables, given, kind = PROBLEMS[name]
    sizes = given.get("sizes", {})
    given = {key: value for key, value in given.items() if key != "sizes"}
    (point,) = stationary_points(f, *variables, **given)
    assert point.kind == kind
    with mp.workdps(40):
        values = arrays(PROBLEMS[name])
        values.update({key: mpf(value) for key, value in sizes.items()})
        there = {a: evaluate(point[a], values) for a in variables}
        constraints = given.get("subject_to", {})
        weights = {g_: evaluate(weight, values) for g_, weight in point.multipliers.items()}

        def lagrangian(moved):
            at = {**values, **moved}
            total = evaluate(f, at)
            for g_, weight in weights.items():
                value = evaluate(g_, at)
                total += (weight.T*value)[0, 0] if hasattr(weight, "rows") else weight*value
            return total

        for g_ in weights:
            value = evaluate(g_, {**values, **there})
            assert max(map(abs, value)) < 1e-30 if hasattr(value, "rows") else abs(value) < 1e-30
        assert len(weights) == len(constraints)
        chance = np.random.default_rng(1)
        h = mpf(10)**-12
        steps = [(a, step) for a in variables
                 for step in directions(a, values, given.get("structure"), chance)]
        least = lagrangian(there)
        for a, step in steps:
            up, down = (lagrangian({**there, a: there[a] + sign*h*step}) for sign in (1, -1))
            assert abs(up - down)/(2*h) < mpf(10)**-8*(1 + abs(least)), a
            if kind in ("minimum", "maximum"):
                assert (up - 2*least + down)*(1 if kind == "minimum" else -1) > 0


def test_forty_of_them():
    assert len(PROBLEMS) >= 40


# --- the closed forms of the textbooks ---------------------------------------------------


def test_they_are_the_textbooks_forms():
    """Hastie, Tibshirani & Friedman (3.6) and (3.44); Magnus & Neudecker 13.4 and 15.3."""
    def only(*args, **given):
        (point,) = stationary_points(*args, **given)
        return point

    assert str(only(Norm(X*w - y)**2, w)[w]) == "(X.T*X)**(-1)*X.T*y"
    assert str(only(Norm(X*w - y)**2 + lam*Norm(w)**2, w)[w]) == \
        "(lambda*I + X.T*X)**(-1)*X.T*y"
    assert str(only(quad(X*w - y, R.inverse()), w, assumptions=positive(R))[w]) == \
        "(X.T*R**(-1)*X)**(-1)*X.T*R**(-1)*y"
    point = only(m*log(Determinant(Sigma)) + Trace(centred*Sigma.inverse()*centred.T), mu, Sigma)
    assert str(point[mu]) == "X.T*OneMatrix(m, 1)/m"
    assert only(log(Determinant(Sigma)) + Trace(Sigma.inverse()*S), Sigma)[Sigma] == S
    assert str(only(Trace((Identity(n) - K*H)*P*(Identity(n) - K*H).T) + Trace(K*R*K.T), K,
                    assumptions=positive(P, R))[K]) == "P*H.T*(H*P*H.T + R)**(-1)"
    assert str(only(Norm(w)**2, w, subject_to={C*w: d})[w]) == "C.T*(C*C.T)**(-1)*d"
    assert str(only(quad(w, S), w, subject_to={Trace(v.T*w): 1}, assumptions=positive(S))[w]) == \
        "S**(-1)*v/Trace(v.T*S**(-1)*v)"


def test_conditions_are_told():
    (point,) = stationary_points(Norm(X*w - y)**2, w)
    assert point.conditions == (Q.invertible(X.T*X),)
    assert repr(point) == "w = (X.T*X)**(-1)*X.T*y, a minimum, if X.T*X is invertible"
    (point,) = stationary_points(Norm(X*w - y)**2 + lam*Norm(w)**2, w)
    assert point.conditions == ()
    (point,) = stationary_points(Trace(centred.T*DiagMatrix(g)*centred), mu)
    (condition,) = point.conditions
    assert isinstance(condition, Ne)
    assert "sum(g) is not 0" in repr(point)
    assert "X^{T}" in point._repr_latex_() and list(point) == [mu] and len(point) == 1


# --- eigenvectors ------------------------------------------------------------------------


def numbers(expr, values):
    with mp.workdps(30):
        found = evaluate(expr, values)
    return np.array(found.tolist(), dtype=float)


def symmetric(size, seed):
    M = np.random.default_rng(seed).normal(size=(size, size))
    return M + M.T


def given(**matrices):
    return {key: mpmath.matrix(value.tolist()) for key, value in matrices.items()}


@pytest.mark.parametrize("f, options", [
    (quad(x, S)/Trace(x.T*x), {}), (quad(x, S), {"subject_to": {Trace(x.T*x): 1}}),
    (3*quad(x, S)/Norm(x)**2 + 7, {})], ids=str)
def test_rayleigh_quotients(f, options):
    least, largest = stationary_points(f, x, **options)
    assert (least.kind, largest.kind) == ("minimum", "maximum")
    M = symmetric(3, 5)
    values = {n: 3, S: mpmath.matrix(M.tolist())}
    eigenvalues, vectors = np.linalg.eigh(M)
    for point, place in ((least, 0), (largest, -1)):
        found = numbers(point[x], values)[:, 0]
        assert abs(found @ vectors[:, place]) == pytest.approx(1)
        assert found @ M @ found == pytest.approx(eigenvalues[place])


def test_a_falling_quotient():
    largest, least = stationary_points(-quad(x, S)/Trace(x.T*x), x)
    assert (largest.kind, least.kind) in (("maximum", "minimum"), ("minimum", "maximum"))
    M = symmetric(3, 6)
    values = {n: 3, S: mpmath.matrix(M.tolist())}
    for point in (largest, least):
        z = numbers(point[x], values)[:, 0]
        wanted = -np.linalg.eigvalsh(M)[0 if point.kind == "maximum" else -1]
        assert -z @ M @ z == pytest.approx(wanted)


def test_the_radius_of_the_sphere():
    least, largest = stationary_points(quad(x, S), x, subject_to={Norm(x): s2})
    assert (least.kind, largest.kind) == ("minimum", "maximum")
    M = symmetric(3, 5)
    z = numbers(largest[x], {n: 3, S: mpmath.matrix(M.tolist()), s2: mpf(2)})[:, 0]
    assert z @ z == pytest.approx(4) and z @ M @ z == pytest.approx(4*np.linalg.eigvalsh(M)[-1])
    least, _ = stationary_points(quad(x, S), x, subject_to={quad(x, P): 1}, assumptions=positive(P))
    F = np.diag([1.0, 2, 3]) + 0.1
    z = numbers(least[x], {n: 3, S: mpmath.matrix(M.tolist()), P: mpmath.matrix(F.tolist())})[:, 0]
    assert z @ F @ z == pytest.approx(1)
    assert z @ M @ z == pytest.approx(scipy.linalg.eigh(M, F)[0][0])


def test_a_name_that_multipliers_would_have():
    """A user's lambda is no multiplier."""
    weight = Symbol("lambda", real=True)
    (point,) = stationary_points(Norm(x)**2, x, subject_to={Trace(v.T*x): weight})
    z = numbers(point[x], {n: 3, v: mpmath.matrix([[1], [2], [2]]), weight: mpf(18)})[:, 0]
    assert z == pytest.approx([2, 4, 4])


def test_signs_that_are_declared():
    (point,) = stationary_points(n*log(s2) + quad(x, S)/s2, s2)
    assert "> 0" in repr(point)
    (point,) = stationary_points(s2*Norm(x)**2 + Norm(v)**2/s2, s2)
    assert str(point[s2]) == "Norm(v)/Norm(x)"
    (point,) = stationary_points(exp(-Norm(x - v)**2), x)
    assert point[x] == v and point.kind == "maximum"
    _, conditions = solve_matrix_equation(Eq(C*T, MatrixSymbol("J", p, n)), T,
                                          with_conditions=True)
    assert len(conditions) == 1 and isinstance(conditions[0], Eq)
    _, conditions = solve_matrix_equation(Eq(x.applyfunc(exp), v), x, with_conditions=True)
    assert len(conditions) == 1


def test_an_unknown_that_is_said_to_be_positive_definite():
    (point,) = stationary_points(Norm(P - A)**2, P, assumptions=positive(P))
    assert point.conditions == (Q.positive_definite(point[P]),)
    (point,) = stationary_points(log(Determinant(P)) + Trace(P.inverse()*S), P,
                                 assumptions=positive(P, S))
    assert point[P] == S and point.conditions == () and point.kind == "minimum"


def test_explicit_matrices():
    F, z = Matrix([[1, 2], [3, 4], [5, 6]]), MatrixSymbol("z", 2, 1)
    (point,) = stationary_points(Norm(F*z - Matrix([1, 2, 4]))**2, z)
    wanted = np.linalg.lstsq(np.array(F, dtype=float), np.array([1.0, 2, 4]), rcond=None)[0]
    assert numbers(point[z], {})[:, 0] == pytest.approx(wanted)


def test_a_generalised_quotient():
    """Fisher's discriminant: of a pencil."""
    least, largest = stationary_points(quad(x, S)/quad(x, P), x, assumptions=positive(P))
    M, F = symmetric(3, 5), np.diag([1.0, 2, 3]) + 0.1
    eigenvalues = scipy.linalg.eigh(M, F)[0]
    values = {n: 3, S: mpmath.matrix(M.tolist()), P: mpmath.matrix(F.tolist())}
    for point, place in ((least, 0), (largest, -1)):
        z = numbers(point[x], values)[:, 0]
        assert z @ M @ z/(z @ F @ z) == pytest.approx(eigenvalues[place])


def test_principal_components():
    least, largest = stationary_points(Trace(W.T*S*W), W, subject_to={W.T*W: Identity(p)})
    assert (least.kind, largest.kind) == ("minimum", "maximum")
    M = symmetric(3, 7)
    values = {n: 3, p: 2, S: mpmath.matrix(M.tolist())}
    eigenvalues = np.linalg.eigvalsh(M)
    for point, wanted in ((least, eigenvalues[:2].sum()), (largest, eigenvalues[-2:].sum())):
        Z_ = numbers(point[W], values)
        assert Z_.T @ Z_ == pytest.approx(np.eye(2))
        assert np.trace(Z_.T @ M @ Z_) == pytest.approx(wanted)


def test_procrustes():
    """Schönemann 1966: the polar factor of A'B, by the singular value decomposition."""
    least, largest = stationary_points(Norm(X*Z - M_)**2, Z, subject_to={Z.T*Z: Identity(n)})
    assert (least.kind, largest.kind) == ("minimum", "maximum")
    rng = np.random.default_rng(2)
    F, J = rng.normal(size=(5, 3)), rng.normal(size=(5, 3))
    left, _, right = np.linalg.svd(F.T @ J)
    values = {m: 5, n: 3, X: mpmath.matrix(F.tolist()), M_: mpmath.matrix(J.tolist())}
    assert numbers(least[Z], values) == pytest.approx(left @ right)
    assert numbers(largest[Z], values) == pytest.approx(-left @ right)


@pytest.mark.parametrize("constraint", [Trace(x.T*x), Norm(x), Norm(x)**2], ids=str)
def test_a_linear_function_on_the_sphere(constraint):
    points = stationary_points(Trace(v.T*x), x, subject_to={constraint: 1})
    assert {q.kind for q in points} == {"minimum", "maximum"}
    for point in points:
        z = numbers(point[x], {n: 3, v: mpmath.matrix([[1], [2], [2]])})[:, 0]
        assert z == pytest.approx(np.array([1, 2, 2])/3*(1 if point.kind == "maximum" else -1))


# --- equations ---------------------------------------------------------------------------

F_, J_ = MatrixSymbol("F", m, m), MatrixSymbol("J", m, m)
EQUATIONS = [
    Eq(F_*X*A, M_), Eq(F_*X, M_), Eq(X*A, M_), Eq(F_*X + X*A, M_), Eq(F_*X*A + X, M_),
    Eq(F_*X*A + J_*X*B, M_), Eq(F_*X + 2*X + J_.T*J_*X, M_), Eq(X.T*F_, M_.T),
    F_*X + X*A + X*B - M_, Eq(F_*X*A + F_.T*X*B + X, M_), Eq(2*X, M_ + t*F_*X),
    Eq(Trace(M_.T*X)*M_ + X, M_),
]


@pytest.mark.parametrize("equation", EQUATIONS, ids=str)
def test_equations_are_solved(equation):
    found = solve_matrix_equation(equation, X)
    residual = equation.lhs - equation.rhs if isinstance(equation, Eq) else equation
    with mp.workdps(40):
        values = example_values([residual], SIZES)
        values[X] = evaluate(found, values)
        assert max(map(abs, evaluate(residual, values))) < 1e-30


def test_special_equations():
    assert solve_matrix_equation(Eq(A.inverse(), B), A) == B.inverse()
    assert solve_matrix_equation(Eq(A.inverse()*B*A.inverse(), A.inverse()), A) == B
    assert str(solve_matrix_equation(Eq(x.applyfunc(exp), v), x)) == "log.(v)"
    assert solve_matrix_equation(Eq(t*Trace(A), 3), t) == 3/Trace(A)
    assert str(solve_matrix_equation(Eq(C*x, d), x)) == "PseudoInverse(C)*d"
    value, conditions = solve_matrix_equation(Eq(F_*X, M_), X, with_conditions=True)
    assert value == F_.inverse()*M_ and conditions == (Q.invertible(F_),)
    assert solve_matrix_equation(Eq(F_*X, M_), X, assumptions=Q.orthogonal(F_)) == F_.T*M_
    Zs = solve_matrix_equation(Eq(A*Z + Z*A.T, S), Z, structure="symmetric")
    assert str(Zs) == "SylvesterSolution(A, A.T, S)"


def test_kronecker_and_vec():
    F2 = solve_matrix_equation(KroneckerProduct(A, F_)*vec(X) - vec(M_), X)
    with mp.workdps(40):
        values = example_values([A, F_, M_], SIZES)
        found = evaluate(F2, values)
        assert max(map(abs, values[F_]*found*values[A].T - values[M_])) < 1e-30


# --- what has no closed form -------------------------------------------------------------

REFUSED = [
    (lambda: stationary_points(Norm(x)**2 + Trace(v.T*Softmax(x)), x), NoClosedFormError,
     "neither linear in it nor becomes so"),
    (lambda: stationary_points(Trace(v.T*x), x), NoClosedFormError, "no stationary point"),
    (lambda: stationary_points(Trace(A), x), NoClosedFormError, "zero everywhere"),
    (lambda: stationary_points(X, x), ShapeError, "stationary points are of scalars"),
    (lambda: stationary_points(Norm(x)**2), ArgumentError, "no variable"),
    (lambda: solve_matrix_equation(Eq(A + A.T, S), A), NoClosedFormError, "whatever the numbers"),
    (lambda: solve_matrix_equation(Eq(A*A, S), A), NoClosedFormError, "neither linear"),
    (lambda: solve_matrix_equation(Eq(A, X), A), ArgumentError, "different shapes"),
    (lambda: solve_matrix_equation(Eq(B, G), A), VariableError, "doesn't hold A"),
    (lambda: solve_matrix_equation(t**2 - lam, t), NoClosedFormError, "several solutions"),
    (lambda: stationary_points(Norm(X*W - Y)**2 + Trace(W.T*S*W), W,
                               subject_to={W.T*W: Identity(p)}), NoClosedFormError,
     "quadratic or linear"),
    (lambda: stationary_points(quad(x, S), x, subject_to={Trace(x.T*P*x): 2}), NoClosedFormError,
     "no"),
    (lambda: stationary_points(s2**2 + lam*s2, s2), NoClosedFormError, "as it is declared"),
    (lambda: stationary_points(Norm(x)**2, x, subject_to=[Trace(v.T*x)]), ArgumentError,
     "a dictionary"),
    (lambda: stationary_points(Norm(x)**2, x, subject_to={C*x: 1}), ShapeError,
     "different shapes"),
    (lambda: solve_matrix_equation(Eq(Trace(A*Z), 1), Z), ShapeError, "one equation of scalars"),
    (lambda: solve_matrix_equation(Eq(A*Z, G), Z, structure="symmetric"), NoClosedFormError,
     "does not solve"),
    (lambda: stationary_points(Norm(Z - A)**2, Z, structure="diagonal", subject_to={Z*B: G}),
     NoClosedFormError, "closed form"),
    (lambda: stationary_points(Norm(X*Z - M_)**2, Z, assumptions=Q.orthogonal(Z)), FactsError,
     "is a constraint"),
    (lambda: stationary_points(Trace(v*x.T*Z), Z, subject_to={Z.T*Z: Identity(n)}),
     NoClosedFormError, "full rank"),
    (lambda: stationary_points(quad(x - t*c, P), x, t, subject_to={Trace(v.T*x): 1},
                               assumptions=positive(P)), NoClosedFormError, "closed form"),
    (lambda: stationary_points(Trace(Z.T*S*Z), Z, subject_to={Z.T*Z: Identity(n)}),
     NoClosedFormError, "constant"),
    (lambda: stationary_points(Norm(x - v), x), NoClosedFormError, "closed form"),
]


@pytest.mark.parametrize("call, error, said", REFUSED, ids=[row[2] for row in REFUSED])
def test_refusals_say_how_far_it_came(call, error, said):
    with pytest.raises(error, match=said):
        call()


# --- signs -------------------------------------------------------------------------------

DEFINITE = [
    (Identity(n), "positive"), (X.T*X, "nonnegative"), (X.T*X + lam*Identity(n), "positive"),
    (-X.T*X, "nonpositive"), (A + A.T, None), (KroneckerProduct(X.T*X, Identity(m)), "nonnegative"),
    ((X.T*X).inverse(), "positive"), (DiagMatrix(x.applyfunc(exp)), "positive"),
    (X.T*DiagMatrix(y.applyfunc(exp))*X, "nonnegative"), (x*x.T, "nonnegative"),
    (Norm(x)**2*Identity(n) - x*x.T, None), (t*Identity(n), None), (t**2*Identity(n),
                                                                    "nonnegative"),
    (OneMatrix(n, n), "nonnegative"), (A*A, None), (S*S, "nonnegative"),
    (Trace(X.T*X)*Identity(n), "nonnegative"),
]


@pytest.mark.parametrize("matrix, sign", DEFINITE, ids=str)
def test_definiteness(matrix, sign):
    assert definiteness(matrix) == sign
    if sign is None:
        return
    with mp.workdps(20):
        values = example_values([matrix], SIZES)
        found = np.array(evaluate(matrix, values).tolist(), dtype=float)
    low, high = np.linalg.eigvalsh((found + found.T)/2)[[0, -1]]
    assert {"positive": low > 0, "nonnegative": low > -1e-9, "nonpositive": high < 1e-9}[sign]


def test_they_print(capsys):
    (point,) = stationary_points(Norm(X*w - y)**2, w)
    pprint(point[w])
    assert "X" in capsys.readouterr().out and shape(point[w]) == (n, 1)


# --- complex variables --------------------------------------------------------------------

Cn, Cm = ComplexMatrixSymbol("c", n, 1), ComplexMatrixSymbol("g", m, 1)
CA, CC = ComplexMatrixSymbol("CA", m, n), ComplexMatrixSymbol("CC", n, m)
Cz, CX = ComplexMatrixSymbol("z", n, 1), ComplexMatrixSymbol("CX", m, n)
CR, Cw = HermitianMatrixSymbol("CR", n), Symbol("w", complex=True)
POSITIVE = Q.positive_definite(CR)


def test_complex_least_squares():
    (point,) = stationary_points(Norm(CA*Cz - Cm)**2, Cz)
    assert point[Cz] == canonical((CA.H*CA).inverse()*CA.H*Cm) and point.kind == "minimum"
    ridge = Symbol("lambda", positive=True)
    (point,) = stationary_points(Norm(CX - CA*S)**2 + ridge*Norm(CA)**2, CA)
    assert canonical(point[CA] - CX*S*(S*S + ridge*Identity(n)).inverse()) == ZeroMatrix(m, n)
    (point,) = stationary_points(Norm(Cw*Cn - Cz)**2, Cw)
    assert point[Cw] == Trace(Cn.H*Cz)/Trace(Cn.H*Cn)


def test_beams_of_least_power():
    # Capon 1969; Frost 1972 for several constraints
    (point,) = stationary_points(Cz.H*CR*Cz, Cz, subject_to={Cz.H*Cn: 1}, assumptions=POSITIVE)
    assert point[Cz] == CR.inverse()*Cn/Trace(Cn.H*CR.inverse()*Cn) and point.kind == "minimum"
    (point,) = stationary_points(Cz.H*CR*Cz, Cz, subject_to={CC.H*Cz: Cm}, assumptions=POSITIVE)
    assert point[Cz] == canonical(CR.inverse()*CC*(CC.H*CR.inverse()*CC).inverse()*Cm)


def test_facts_make_unknowns_complex_as_well():
    h, M = MatrixSymbol("h", n, 1), MatrixSymbol("M", n, n)
    known = Q.complex_elements(h) & Q.hermitian(M) & Q.positive_definite(M)
    (point,) = stationary_points(h.adjoint()*M*h, h, subject_to={Cn.H*h: 1}, assumptions=known)
    assert point[h] == M.inverse()*Cn/Trace(Cn.H*M.inverse()*Cn)


def test_of_complex_functions_there_are_none():
    with pytest.raises(ArgumentError, match="a gradient is of a real function"):
        stationary_points(Cz.T*Cz, Cz)
    with pytest.raises(NoClosedFormError, match="holds the conjugate of it as well"):
        stationary_points(Norm(Cz)**2 + re(Trace(Cz.T*CR*Cz)) - re(Trace(Cn.T*Cz)), Cz)


def test_a_complex_product_with_its_transpose_is_not_definite():
    assert definiteness(read(CA.H*CA)) == "nonnegative"
    assert definiteness(read(CA.T*CA)) is None
    assert definiteness(Trace(Cn.T*Cz)**2) is None


def complex_data(*symbols_of, seed=4):
    """Arrays for complex matrices, Hermitian and positive definite ones among them."""
    rng = np.random.default_rng(seed)
    found = {}
    for Z_ in symbols_of:
        size = tuple(int(a.subs(SIZES)) for a in Z_.shape)
        M = rng.normal(size=size) + 1j*rng.normal(size=size)
        if isinstance(Z_, HermitianMatrixSymbol):
            M = M @ M.conj().T + np.eye(len(M))
            M = (M + M.conj().T)/2  # to the last digit
        found[Z_] = M
    return found


def complex_numbers(expr, arrays_of):
    values = SIZES | {a: mpmath.matrix(M.tolist()) for a, M in arrays_of.items()}
    with mp.workdps(30):
        return np.array(evaluate(expr, values).tolist(), dtype=complex)


CS, CP = HermitianMatrixSymbol("CS", n), HermitianMatrixSymbol("CP", n)
CU, CV = ComplexMatrixSymbol("CU", n, n), ComplexMatrixSymbol("CV", n, p)


@pytest.mark.parametrize("f, options, second", [
    (Trace(Cz.H*CS*Cz)/Trace(Cz.H*Cz), {}, None),
    (Cz.H*CS*Cz, {"subject_to": {Norm(Cz): 1}}, None),
    (Trace(Cz.H*CS*Cz)/Trace(Cz.H*CP*Cz), {}, CP),
    (Cz.H*CS*Cz, {"subject_to": {Cz.H*CP*Cz: 1}}, CP)], ids=str)
def test_complex_rayleigh_quotients(f, options, second):
    least, largest = stationary_points(f, Cz, assumptions=Q.positive_definite(CP), **options)
    assert (least.kind, largest.kind) == ("minimum", "maximum")
    data = complex_data(CS, CP)
    F = np.eye(3) if second is None else data[CP]
    eigenvalues = scipy.linalg.eigh(data[CS], F)[0]
    for point, place in ((least, 0), (largest, -1)):
        z = complex_numbers(point[Cz], data)[:, 0]
        assert z.conj() @ data[CS] @ z == pytest.approx(eigenvalues[place])
        assert z.conj() @ F @ z == pytest.approx(1)


def test_complex_principal_components():
    least, largest = stationary_points(Trace(CV.H*CS*CV), CV, subject_to={CV.H*CV: Identity(p)})
    assert (least.kind, largest.kind) == ("minimum", "maximum")
    data = complex_data(CS)
    eigenvalues = np.linalg.eigvalsh(data[CS])
    for point, wanted in ((least, eigenvalues[:2].sum()), (largest, eigenvalues[-2:].sum())):
        V = complex_numbers(point[CV], data)
        assert V.conj().T @ V == pytest.approx(np.eye(2))
        assert np.trace(V.conj().T @ data[CS] @ V) == pytest.approx(wanted)


@pytest.mark.parametrize("f", [
    Norm(CA*CU - CX)**2, Norm(CX*CU.H - CA)**2, re(Trace(CU.H*CA.H*CX))*(-1)], ids=str)
def test_the_nearest_unitary_matrix(f):
    """The polar factor of AᴴB, which the singular value decomposition gives."""
    least, largest = stationary_points(f, CU, subject_to={CU.H*CU: Identity(n)})
    assert (least.kind, largest.kind) == ("minimum", "maximum")
    data = complex_data(CA, CX)
    left, _, right = np.linalg.svd(data[CA].conj().T @ data[CX])
    assert complex_numbers(least[CU], data) == pytest.approx(left @ right)
    assert complex_numbers(largest[CU], data) == pytest.approx(-left @ right)


@pytest.mark.parametrize("f, options", [
    (Abs(Trace(Cz.H*CU*Cn))**2/Trace(Cz.H*CP*Cz), {}),
    (Abs(Trace(Cz.H*CU*Cn))**2, {"subject_to": {Cz.H*CP*Cz: 3}})], ids=str)
def test_a_matched_filter(f, options):
    """The largest quotient with a matrix uuᴴ: B⁻¹u, of value uᴴB⁻¹u."""
    (point,) = stationary_points(f, Cz, assumptions=Q.positive_definite(CP), **options)
    assert point.kind == "maximum"
    data = complex_data(CU, Cn, CP)
    u, z = data[CU] @ data[Cn][:, 0], complex_numbers(point[Cz], data)[:, 0]
    wanted = (u.conj() @ np.linalg.solve(data[CP], u)).real
    power = (z.conj() @ data[CP] @ z).real
    assert abs(z.conj() @ u)**2/power == pytest.approx(wanted)
    assert not options or power == pytest.approx(3)


@pytest.mark.parametrize("f, options, kind", [
    (Trace(x.T*(v - mu))**2/quad(x, P), {}, "maximum"),
    (-Trace(x.T*(v - mu))**2/quad(x, P), {}, "minimum"),
    (Trace((v - mu).T*x)**2, {"subject_to": {quad(x, P): 1}}, "maximum")], ids=str)
def test_fishers_discriminant(f, options, kind):
    """Fisher 1936: Σ⁻¹(μ₁ - μ₂)."""
    (point,) = stationary_points(f, x, assumptions=positive(P), **options)
    F, a = np.diag([1.0, 2, 3]) + 0.1, np.array([1.0, -2, 4])
    values = {n: 3, P: mpmath.matrix(F.tolist()), v: mpmath.matrix(a), mu: mpmath.zeros(3, 1)}
    z = numbers(point[x], values)[:, 0]
    wanted = np.linalg.solve(F, a)
    assert point.kind == kind
    assert np.outer(z, wanted) == pytest.approx(np.outer(wanted, z))
    assert not options or z @ F @ z == pytest.approx(1)
