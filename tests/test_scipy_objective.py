"""Objectives for SciPy's minimisers: gradients by differences, fits by other programs."""

import numpy as np
import pytest
from definition import m, n, p
from scipy.optimize import approx_fprime, check_grad, minimize
from sympy import Abs, Symbol, exp, log, symbols
from sympy.matrices.expressions import (
    Determinant,
    DiagMatrix,
    Identity,
    MatrixSymbol,
    OneMatrix,
    Trace,
)

from sympy_matlayout import (
    ArgumentError,
    ComplexMatrixSymbol,
    HermitianMatrixSymbol,
    LowerTriangularMatrixSymbol,
    Norm,
    ShapeError,
    SkewSymmetricMatrixSymbol,
    Softplus,
    SymmetricMatrixSymbol,
    ValueMissingError,
    VariableError,
    scipy_objective,
)

X, A = MatrixSymbol("X", m, n), MatrixSymbol("A", n, n)
w, y, d = MatrixSymbol("w", n, 1), MatrixSymbol("y", m, 1), MatrixSymbol("d", n, 1)
L, W = MatrixSymbol("L", n, p), MatrixSymbol("W", n, p)
S = MatrixSymbol("S", n, n)
s, t, lam = symbols("s t lambda", positive=True)
RNG = np.random.default_rng(5)
DATA = RNG.normal(size=(30, 4))
LABELS = np.where(DATA @ [1, -2, 0.5, 0] + 0.5*RNG.normal(size=30) > 0, 1.0, -1.0)
COV = np.cov(RNG.normal(size=(200, 2)) @ RNG.normal(size=(2, 5)) + 0.5*RNG.normal(
    size=(200, 5)), rowvar=False)

logistic = Trace(OneMatrix(1, m)*Softplus(-DiagMatrix(y)*X*w)) + lam/2*Norm(w)**2
factor_model = L*L.T + DiagMatrix(d.applyfunc(exp))
factors = log(Determinant(factor_model)) + Trace(factor_model.inverse()*S)


def holds(objective, x):
    """The gradient, and the Hessian in two ways, against differences."""
    assert check_grad(lambda v: objective(v)[0], lambda v: objective(v)[1], x) < 1e-5*len(x)
    direction = RNG.normal(size=len(x))
    difference = (objective(x + 1e-6*direction)[1] - objective(x - 1e-6*direction)[1])/2e-6
    assert objective.hessp(x, direction) == pytest.approx(difference, rel=1e-5, abs=1e-6)
    assert objective.hess(x) @ direction == pytest.approx(difference, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("f, variables, data", [
    (logistic, [w], {X: DATA, y: LABELS, lam: 0.1}),
    (factors, [L, d], {S: COV, p: 2}),
    (Norm(X*W)**2*t + log(t)**2, [W, t], {X: DATA, "p": 2}),
    (Trace(SymmetricMatrixSymbol("Q", n)*A)**2 + Norm(SymmetricMatrixSymbol("Q", n) - A)**2,
     [SymmetricMatrixSymbol("Q", n)], {A: COV}),
    (Norm(LowerTriangularMatrixSymbol("T", n)*A - A.T)**2,
     [LowerTriangularMatrixSymbol("T", n)], {A: COV}),
    (Norm(SkewSymmetricMatrixSymbol("K", n)*A - Identity(n))**2*s,
     [SkewSymmetricMatrixSymbol("K", n), s], {A: COV}),
], ids=["logistic", "factors", "a matrix and a number", "symmetric", "triangular", "skew"])
def test_gradients_and_hessians(f, variables, data):
    objective = scipy_objective(f, variables, data)
    holds(objective, 0.5 + 0.3*RNG.normal(size=objective.size))


def test_pack_and_unpack_are_inverse():
    Q = SymmetricMatrixSymbol("Q", n)
    objective = scipy_objective(Trace(Q*A) + Norm(w)**2*t, [Q, w, t], {A: COV})
    assert objective.size == 15 + 5 + 1
    Q0 = COV + 1
    vector = objective.pack(Q0, np.arange(5), 2.0)
    Q1, w1, t1 = objective.unpack(vector)
    assert np.allclose(Q1, Q0) and w1.shape == (5, 1) and t1 == 2
    assert vector[:3] == pytest.approx(Q0[:3, 0])  # vech: column by column


def test_logistic_regression_as_scikit_learn_fits_it():
    linear_model = pytest.importorskip("sklearn.linear_model")
    objective = scipy_objective(logistic, w, {X: DATA, y: LABELS, lam: 0.1})
    found = minimize(objective, np.zeros(4), jac=True, hessp=objective.hessp, method="Newton-CG",
                     options={"xtol": 1e-12})
    theirs = linear_model.LogisticRegression(C=1/0.1, fit_intercept=False, tol=1e-10).fit(
        DATA, LABELS)
    assert objective.unpack(found.x).ravel() == pytest.approx(theirs.coef_.ravel(), rel=1e-4)


def test_factor_analysis_as_scikit_learn_fits_it():
    decomposition = pytest.importorskip("sklearn.decomposition")
    sample = RNG.multivariate_normal(np.zeros(5), COV, size=300)
    theirs = decomposition.FactorAnalysis(2, tol=1e-10, max_iter=5000).fit(sample)
    moments = np.cov(sample, rowvar=False, bias=True)
    objective = scipy_objective(factors, [L, d], {S: moments, p: 2})
    start = objective.pack(RNG.normal(size=(5, 2)), np.zeros(5))
    found = minimize(objective, start, jac=True, method="BFGS", options={"gtol": 1e-8})
    L1, d1 = objective.unpack(found.x)
    assert L1 @ L1.T + np.diag(np.exp(d1.ravel())) == pytest.approx(
        theirs.get_covariance(), rel=2e-3, abs=2e-3)


def test_a_gaussian_process_as_scikit_learn_fits_it():
    gaussian_process = pytest.importorskip("sklearn.gaussian_process")
    kernels = gaussian_process.kernels
    points = np.linspace(0, 3, 12)[:, None]
    heights = np.sin(2*points) + 0.1*RNG.normal(size=points.shape)
    a, b = Symbol("a"), Symbol("b")
    D = MatrixSymbol("D", m, m)
    K = exp(a)*D.applyfunc(lambda z: exp(-z/2)) + exp(b)*Identity(m)
    f = log(Determinant(K))/2 + Trace(y.T*K.inverse()*y)/2
    objective = scipy_objective(f, [a, b], {D: (points - points.T)**2, y: heights})
    found = minimize(objective, [0.0, -2.0], jac=True)
    kernel = kernels.ConstantKernel(1.0)*kernels.RBF(1.0, "fixed") + kernels.WhiteKernel(0.1)
    theirs = gaussian_process.GaussianProcessRegressor(kernel).fit(points, heights.ravel())
    assert found.x == pytest.approx(theirs.kernel_.theta, abs=1e-3)


@pytest.mark.parametrize("f, variables, data, error", [
    (logistic, [w], {X: DATA, y: LABELS}, ValueMissingError),
    (factors, [L, d], {S: COV}, ValueMissingError),
    (logistic, [w], {X: DATA, y: LABELS[:-1], lam: 1}, ShapeError),
    (logistic, [X*w], {X: DATA}, VariableError),
    (logistic, [w], {X: DATA, y: LABELS, lam: 1, A: COV}, VariableError)], ids=[
        "a number", "a size", "shapes", "no symbol", "not in the objective"])
def test_what_is_missing_is_named(f, variables, data, error):
    with pytest.raises(error):
        scipy_objective(f, variables, data)


def test_vectors_have_the_length_of_the_variables():
    objective = scipy_objective(logistic, w, {X: DATA, y: LABELS, lam: 1})
    with pytest.raises(ShapeError, match="4 entries"):
        objective(np.zeros(5))
    with pytest.raises(ArgumentError, match="1 values"):
        objective.pack(np.zeros(4), 1)
    assert approx_fprime(np.zeros(4), lambda v: objective(v)[0]) == pytest.approx(
        objective(np.zeros(4))[1], rel=1e-5)


# --- complex variables --------------------------------------------------------------------

CA, Cz, Cb = (ComplexMatrixSymbol(*s) for s in (("A", m, n), ("z", n, 1), ("b", m, 1)))
CS, Cw = HermitianMatrixSymbol("S", n), Symbol("w", complex=True)


def complex_data(*shape):
    return RNG.normal(size=shape) + 1j*RNG.normal(size=shape)


@pytest.mark.parametrize("f, variables", [
    (Norm(CA*Cz - Cb)**2, [Cz]), (Norm(CA*Cz - Cb)**4 + Abs(Trace(Cz.H*Cz) - 1)**2, [Cz]),
    (Norm(Cw*CA*Cz - Cb)**2, [Cw, Cz]), (log(Determinant(Identity(n) + CS*CS)), [CS]),
    (Norm(CA*CS*Cz - Cb)**2, [CS, Cz])], ids=str)
def test_complex_variables_by_their_parts(f, variables):
    data = {s: complex_data(*(int(k.subs({m: 4, n: 3})) for k in s.shape))
            for s in (CA, Cz, Cb) if s in f.free_symbols and s not in variables}
    objective = scipy_objective(f, variables, {**data, "n": 3})
    x, h = RNG.normal(size=objective.size), 1e-6
    unit = np.eye(objective.size)
    slope = [(objective(x + h*e)[0] - objective(x - h*e)[0])/(2*h) for e in unit]
    assert objective(x)[1] == pytest.approx(np.array(slope), rel=1e-5, abs=1e-5)
    bent = [(objective(x + h*e)[1] - objective(x - h*e)[1])/(2*h) for e in unit]
    scale = np.abs(bent).max()
    assert objective.hess(x) == pytest.approx(np.array(bent), rel=1e-5, abs=1e-5*scale)
    values = objective.unpack(x)
    values = values if isinstance(values, tuple) else (values,)
    assert objective.pack(*values) == pytest.approx(x)


def test_complex_least_squares_by_newton():
    data = {CA: complex_data(5, 3), Cb: complex_data(5, 1)}
    objective = scipy_objective(Norm(CA*Cz - Cb)**2, Cz, data)
    found = minimize(objective, np.zeros(6), jac=True, hessp=objective.hessp, method="trust-ncg")
    wanted, *_ = np.linalg.lstsq(data[CA], data[Cb], rcond=None)
    assert objective.unpack(found.x) == pytest.approx(wanted, abs=1e-6)
    with pytest.raises(ShapeError, match="isn't Hermitian"):
        scipy_objective(Trace(CS*CS), CS, {"n": 2}).pack([[1, 2], [3, 4]])
