"""Functions for JAX run under jit and grad, with the values NumPy gives."""

import numpy as np
import pytest
from definition import m, n
from sympy import (
    Abs,
    And,
    Determinant,
    Ei,
    Function,
    Heaviside,
    Lambda,
    MatrixSymbol,
    Max,
    Min,
    Or,
    Piecewise,
    Product,
    Rational,
    Sum,
    Symbol,
    Trace,
    atan2,
    erf,
    erfc,
    gamma,
    log,
    loggamma,
    polygamma,
    sign,
    sin,
    sqrt,
    symbols,
    tanh,
)
from sympy.matrices.expressions import FunctionMatrix, HadamardPower, Identity, KroneckerProduct

from sympy_matlayout import (
    MatrixSum,
    Norm,
    Unvech,
    Vech,
    gradient,
    hessian,
    jacobian,
    lambdify,
    matrix_derivative,
)

pytestmark = pytest.mark.newest

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")

i, j = symbols("i j", integer=True)
t, u = Symbol("t"), Symbol("u")
A, B, P = (MatrixSymbol(name, n, n) for name in "ABP")
X, x = MatrixSymbol("X", m, n), MatrixSymbol("x", n, 1)
RNG = np.random.default_rng(0)
VALUES = {A: RNG.normal(size=(3, 3)), B: RNG.normal(size=(3, 3)), X: RNG.normal(size=(4, 3)),
          x: RNG.normal(size=(3, 1)), t: 0.7}
VALUES[P] = VALUES[A] @ VALUES[A].T + np.eye(3) + 0.1*VALUES[B]  # positive, not symmetric
AB = Trace(A*B)

ROOTS = [P**Rational(1, 2), P**Rational(-1, 2), P**Rational(5, 2)]
SCALARS = [
    *map(Trace, ROOTS),
    log(Determinant(P)), tanh(log(Determinant(2*Identity(n) + A*A.T))), Determinant(A)**2,
    Trace(P**t), Norm(X, "nuc"), Norm(X), Norm(x, 3), Norm(x, 1),
    Piecewise((AB**2, AB > 0), (sin(AB), True)), Piecewise((1, AB > 99), (log(AB**2 + 9), AB < 99)),
    Piecewise((Trace(A), And(AB > -9, AB < 9)), (2*Trace(A), Or(AB < -99, AB > 99)), (0, True)),
    Heaviside(AB)*AB, Max(AB, Trace(A), 0), Min(AB, 0), Abs(AB), sign(AB)*AB, atan2(AB, Trace(A)),
    erf(AB), erfc(AB), gamma(Trace(P)/5), loggamma(Trace(P)), polygamma(1, Trace(P)), Ei(Trace(P)),
    Sum(i*x[i, 0]**2, (i, 0, n - 1)), Product(1 + x[i, 0]**2, (i, 0, n - 1)),
    Trace(MatrixSum(A**i, (i, 0, 3))),
    Trace(A.applyfunc(lambda v: Piecewise((v, v > 0), (v/9, True)))),
    Trace(A.applyfunc(Lambda(u, t))*B), Trace(A.applyfunc(erf)*B), Trace(Unvech(Vech(A), n)*B),
    Trace(FunctionMatrix(n, n, Lambda((i, j), A[i, j]**2 + i))*B), A[0:2, :][1, 2]**2,
    Trace(KroneckerProduct(A, B)*KroneckerProduct(B, A)), Trace(HadamardPower(A, -2)*B),
]


@pytest.fixture(autouse=True)
def doubles():
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def arguments(expr):
    return [a for a in VALUES if expr.has(a)]


@pytest.mark.parametrize("f", SCALARS, ids=str)
def test_scalars_and_their_gradients(f):
    args = arguments(f)
    values = [VALUES[a] for a in args]
    of_jax = lambdify(args, f, modules="jax")
    assert jax.jit(of_jax)(*values) == pytest.approx(lambdify(args, f)(*values))
    for place, a in enumerate(args):
        if a != t and not f.has(*ROOTS):
            by_jax = jax.jit(jax.grad(of_jax, argnums=place))(*values)
            G = lambdify(args, gradient(f, a), modules="jax")
            assert np.asarray(jax.jit(G)(*values)) == pytest.approx(np.asarray(by_jax))


@pytest.mark.parametrize("f", [Trace(root*B) for root in ROOTS], ids=str)
def test_gradients_of_roots(f):
    """They have no closed form, and JAX's own are compared with differences."""
    of_jax, of_numpy = (lambdify([P, B], f, modules=modules) for modules in ("jax", None))
    step = 1e-5*RNG.normal(size=(3, 3))
    difference = of_numpy(VALUES[P] + step, VALUES[B]) - of_numpy(VALUES[P] - step, VALUES[B])
    slope = jax.jit(jax.grad(of_jax))(VALUES[P], VALUES[B])
    assert np.sum(step*slope) == pytest.approx(difference/2, rel=1e-6)


@pytest.mark.parametrize("f", [
    log(Determinant(A)**2), Norm(A*x), Piecewise((AB**2, AB < 0), (AB, True)),
    erf(Trace(x.T*A*x))], ids=str)
def test_hessians(f):
    args = arguments(f)
    values = [VALUES[a] for a in args]
    H = jax.jit(lambdify(args, hessian(f, A), modules="jax"))(*values)
    by_jax = jax.hessian(lambdify(args, f, modules="jax"))(*map(jnp.asarray, values))
    by_columns = np.transpose(np.asarray(by_jax), (1, 0, 3, 2)).reshape(9, 9)
    assert np.asarray(H) == pytest.approx(by_columns, abs=1e-12)


def test_the_branch_that_does_not_hold_is_not_differentiated():
    f = Piecewise((sqrt(Trace(A)), Trace(A) > 0), (Trace(A)**2, True))
    found = jax.grad(lambdify(A, f, modules="jax"))(-np.eye(3))
    assert np.asarray(found) == pytest.approx(-6*np.eye(3))
    assert np.isnan(lambdify(A, Piecewise((1, Trace(A) > 0)), modules="jax")(-np.eye(3)))


def test_vmap_and_single_precision():
    root = Piecewise((Trace(P**Rational(1, 2)), Trace(P) > 0), (0, True))
    f = lambdify(P, root, modules="jax")
    both = jnp.stack([VALUES[P], -VALUES[P]])
    assert np.asarray(jax.vmap(f)(both)) == pytest.approx([float(f(VALUES[P])), 0])
    single = f(jnp.asarray(VALUES[P], "float32"))
    assert single.dtype == "float32" and single == pytest.approx(float(f(VALUES[P])), rel=1e-5)


@pytest.mark.parametrize("eigenvalues", [(-1.0, 2, 3), (0.0, 0, 0), (0.0, 1, 1)], ids=str)
def test_powers_that_are_not_real_are_nan(eigenvalues):
    matrix = np.diag(eigenvalues)
    assert np.isnan(lambdify(P, Trace(P**Rational(1, 2)), modules="jax")(matrix))
    assert np.isnan(lambdify([P, t], Trace(P**t), modules="jax")(matrix, 0.3))


@pytest.mark.parametrize("size", [1e2, 1e6, 1e9])
@pytest.mark.parametrize("exponent", [Rational(1, 2), Rational(-3, 2), Rational(2, 3)])
def test_powers_of_nearly_singular_matrices(size, exponent):
    Q, _ = np.linalg.qr(RNG.normal(size=(4, 4)))
    eigenvalues = np.geomspace(1, size, 4)
    found = lambdify(P, P**exponent, modules="jax")(Q @ np.diag(eigenvalues) @ Q.T)
    wanted = Q @ np.diag(eigenvalues**float(exponent)) @ Q.T
    assert np.abs(found - wanted).max() < 1e-15*size*np.abs(wanted).max()


def test_functions_of_the_user():
    f = Function("f")
    g = lambdify(A, f(Trace(A)), modules=[{"f": jnp.cos}, "jax"])
    slope = jax.jit(jax.grad(g))(VALUES[A])
    assert np.asarray(slope) == pytest.approx(-np.sin(np.trace(VALUES[A]))*np.eye(3))


def test_jacobians_have_the_axes_of_jax():
    """docs/which-answer.md: p×m of vectors, the axes of F before those of X of matrices."""
    rows = Symbol("p", integer=True, positive=True)
    left = MatrixSymbol("L", rows, m)
    L = RNG.normal(size=(2, 4))
    F = left*X.applyfunc(tanh)*B
    wanted = jax.jacobian(lambda v: L @ jnp.tanh(v) @ VALUES[B])(VALUES[X])
    of_vector = jax.jacobian(lambda v: VALUES[A] @ jnp.tanh(v))(VALUES[x][:, 0])
    found = lambdify([left, X, B], matrix_derivative(F, X, form="autodiff"))(
        L, VALUES[X], VALUES[B])
    assert found.shape == wanted.shape == (2, 3, 4, 3) and np.allclose(found, wanted)
    found = lambdify([A, x], jacobian(A*x.applyfunc(tanh), x))(VALUES[A], VALUES[x])
    assert found.shape == of_vector.shape == (3, 3) and np.allclose(found, of_vector)
