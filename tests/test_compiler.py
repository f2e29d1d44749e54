"""The compiler: that its choices change the cost and never the numbers."""

import random
import threading
from functools import reduce

import mpmath
import numpy as np
import pytest
import test_families as families
from definition import m, n, p
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Lambda, Sum, Symbol, cosh, exp, log, symbols, tanh
from sympy.matrices.expressions import (
    Determinant,
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Trace,
    Transpose,
)
from sympy.matrices.expressions.diagonal import DiagonalOf
from test_function_source import body
from test_lambdify import FAMILY_LINES, VARIABLES, check

from sympy_matlayout import (
    CommutationMatrix,
    DiagonalEmbedding,
    LogSumExp,
    Norm,
    Sigmoid,
    Softmax,
    Unvec,
    VariableError,
    Vec,
    function_source,
    gradient,
    hessian,
    lambdify,
    matrix_derivative,
)
from sympy_matlayout.codegen import array_functions, in_place
from sympy_matlayout.numeric import evaluate

X, Y, W = MatrixSymbol("X", m, n), MatrixSymbol("Y", m, n), MatrixSymbol("W", n, p)
A, B, S = (MatrixSymbol(name, n, n) for name in "ABS")
x, y, u = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1), MatrixSymbol("u", m, 1)
t, z = Symbol("t"), Symbol("z")
SHAPES = {m: 4, n: 3, p: 2}
RNG = np.random.default_rng(1)


NUMPY = {
    MatAdd: lambda e, *inner: sum(inner), Transpose: lambda e, M: M.T,
    MatMul: lambda e, *inner: float(e.as_coeff_matrices()[0])*reduce(np.matmul, inner),
    Inverse: lambda e, M: np.linalg.inv(M), KroneckerProduct: lambda e, *inner: np.kron(*inner),
    HadamardProduct: lambda e, *inner: reduce(np.multiply, inner),
    DiagMatrix: lambda e, v: np.diag(v.ravel()), OneMatrix: lambda e: np.ones(sizes(e.args)),
    Identity: lambda e: np.eye(*sizes(e.args))}


def sizes(symbolic):
    return [int(size.subs(SHAPES)) for size in symbolic]


def value_of(expr, values):
    """An expression in NumPy, node by node: nothing is rearranged."""
    if isinstance(expr, MatrixSymbol):
        return values[expr]
    inner = [value_of(a, values) for a in expr.args if getattr(a, "is_Matrix", False)]
    return next(of for kind, of in NUMPY.items() if isinstance(expr, kind))(expr, *inner)


SQUARE = st.recursive(
    st.sampled_from([A, B, S, A.T, S.T, X.T*X, x*y.T, DiagMatrix(x), Identity(n),
                     OneMatrix(n, n), HadamardProduct(A, S)]),
    lambda inner: st.one_of(
        st.builds(MatAdd, inner, inner), st.builds(MatMul, inner, inner),
        st.builds(lambda M: Transpose(M), inner), st.builds(HadamardProduct, inner, inner),
        st.builds(lambda M: MatMul(-2, M), inner),
        st.builds(lambda M: Inverse(MatAdd(MatMul(M, Transpose(M)), Identity(n))), inner)),
    max_leaves=7)


@pytest.mark.parametrize("large", [1, 1 << 30])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(SQUARE, SQUARE)
def test_random_products_sums_and_inverses(large, M, N):
    results = [MatMul(M, N, x), MatMul(M, N), Trace(MatMul(M, Transpose(N))), MatAdd(M, N),
               MatMul(x.T, M, y)]
    values = {a: np.array(RNG.normal(size=[SHAPES[s] for s in a.shape]) if a.shape[1] != 1 else
                          RNG.normal(size=(SHAPES[a.shape[0]], 1))) for a in (A, B, S, X, x, y)}
    before, in_place.LARGE = in_place.LARGE, large
    try:
        found = lambdify(list(values), results)(*values.values())
    finally:
        in_place.LARGE = before
    M_, N_ = value_of(M, values), value_of(N, values)
    wanted = [M_ @ N_ @ values[x], M_ @ N_, np.sum(M_*N_), M_ + N_, values[x].T @ M_ @ values[y]]
    for f, w in zip(found, wanted, strict=True):
        assert np.shape(f) == np.shape(w)
        assert np.allclose(f, w, rtol=1e-7, atol=1e-7*max(1, np.abs(w).max()))


@pytest.mark.parametrize("modules", [None, "numpy"])
@pytest.mark.parametrize("family", sorted(VARIABLES))
def test_families_written_in_place(family, modules, monkeypatch):
    """Every array is large: all that can be is written into another."""
    if modules == "numpy" and family == "BY_SCALAR":
        pytest.skip("without matrices SymPy's lambdify answers, with errors of its own")
    monkeypatch.setattr(in_place, "LARGE", 1)
    for line in [line for name, line in FAMILY_LINES if name == family]:
        expr, variable = eval(line, vars(families)), VARIABLES[family]
        try:
            check(matrix_derivative(expr, variable), expr, getattr(variable, "arg", variable),
                  **({"modules": modules} if modules else {}))
        except (NotImplementedError, VariableError):
            assert modules == "numpy"  # which has no special functions


# --- Kronecker products as contractions ------------------------------------------------------

K = CommutationMatrix
KRONECKER = [
    KroneckerProduct(A, B)*KroneckerProduct(S, A.T), KroneckerProduct(A, X)*K(n, n),
    KroneckerProduct(X, A.T)*DiagMatrix(Vec(S))*KroneckerProduct(B, A),
    KroneckerProduct(A, Identity(m))*DiagMatrix(Vec(X))*KroneckerProduct(A.T, Identity(m)),
    KroneckerProduct(Identity(n), A)*DiagMatrix(Vec(S))*KroneckerProduct(Identity(n), B) - 3*(
        KroneckerProduct(x*y.T, A)), Vec(A)*Vec(S).T + K(n, n)*KroneckerProduct(A, B),
    (KroneckerProduct(A, B) + KroneckerProduct(B, Identity(n)))*KroneckerProduct(x, S),
    KroneckerProduct(OneMatrix(n, 1), X)*A, Trace(A)*K(m, n)*KroneckerProduct(Identity(n), X*A),
    K(n, n)*K(n, n) + KroneckerProduct(A.inverse(), B),
    KroneckerProduct(x.T, y.T)*KroneckerProduct(A, S)*Vec(B),
    (KroneckerProduct(A, Identity(n)) + KroneckerProduct(Identity(n), B)).inverse()*(
        Identity(n**2) - KroneckerProduct(Identity(n), S)),
]


@pytest.mark.parametrize("expr", KRONECKER, ids=str)
@pytest.mark.parametrize("large", [1, 1 << 30])
def test_products_of_kronecker_products(expr, large, monkeypatch):
    monkeypatch.setattr(in_place, "LARGE", large)
    check(expr, expr, A)


def test_a_hessian_by_a_matrix_forms_no_kronecker_product():
    H = hessian(Norm((W.T*X.T).applyfunc(tanh)), W.T)
    lambdify([W, X], H)(np.ones((3, 2)), np.ones((4, 3)))
    made = "".join(array_functions.linecache.cache[
        f"<lambdified {next(array_functions.NUMBERS) - 1}>"][2])
    assert "kron" not in made and "@" in made
    assert "kron" not in function_source([W, X], gradient(Norm(X*W), W))


# --- what random expressions found -----------------------------------------------------------

i, j, k = symbols("i j k", integer=True)
P_, Q_ = MatrixSymbol("P", 1, n), MatrixSymbol("Q", n, 1)
FOUND = [
    Sum(u[i, 0]*x[j, 0], (i, 0, m - 1), (j, 0, n - 1)), Sum((i + 1)*y[j, 0], (i, 0, n - 1), (
        j, 0, n - 1)), Trace(OneMatrix(1, n)*HadamardProduct(x*OneMatrix(1, n), OneMatrix(
            n, 1)*y.T)*OneMatrix(n, 1)),
    KroneckerProduct(OneMatrix(1, n), B)*KroneckerProduct(OneMatrix(n, 1), B),
    KroneckerProduct(OneMatrix(n, n), B)*OneMatrix(n**2, 1), P_*DiagonalEmbedding(n).T,
    A*DiagMatrix(y)*KroneckerProduct(P_, Q_), DiagMatrix(y)*KroneckerProduct(P_, Q_),
    t*Identity(n**2) + KroneckerProduct(x*OneMatrix(1, n), B), (A + OneMatrix(n, n))*x,
    (A*B + x*OneMatrix(1, n))*OneMatrix(n, 1), S*(A*B + OneMatrix(n, 1)*x.T)*y,
    A.applyfunc(exp) + B + DiagonalOf(A.applyfunc(exp))*OneMatrix(1, n),
    Sum(2**i*x[i, 0], (i, 0, n - 1)), Sum(A[i, j]*B[j, k]*x[i, 0], (i, 0, n - 1), (j, 0, n - 1), (
        k, 0, n - 1)), 2*OneMatrix(n, n), (OneMatrix(m, m)*X)[0:2, 0:1],
    (Unvec(KroneckerProduct(A, B)*Vec(S), n, n) + 2*Identity(n)).inverse(),
]


@pytest.mark.parametrize("expr", FOUND, ids=str)
@pytest.mark.parametrize("large", [1, 1 << 30])
def test_faults_that_random_expressions_found(expr, large, monkeypatch):
    monkeypatch.setattr(in_place, "LARGE", large)
    check(expr, expr, A)


def test_a_view_of_a_result_is_not_added_to():
    M, v = MatrixSymbol("M", 9, 9), MatrixSymbol("v", 9, 1)
    inverse, product = lambdify([M, v], [(Unvec(M*v, 3, 3) + 2*Identity(3)).inverse(), M*v])(
        np.eye(9), np.arange(9.0))
    assert product.ravel() == pytest.approx(np.arange(9.0))
    assert inverse == pytest.approx(np.linalg.inv(np.arange(9.0).reshape(3, 3).T + 2*np.eye(3)))


def test_singular_matrices_have_a_determinant_and_no_inverse():
    assert lambdify(A, Determinant(A))(np.ones((3, 3))) == 0
    with pytest.raises(np.linalg.LinAlgError):
        lambdify(A, A.inverse())(np.ones((3, 3)))


def test_numbers_that_are_twice_the_same_and_functions_of_whole_numbers():
    twice = [3*Trace(Identity(2)), 6*OneMatrix(1, 1)[0, 0], X]
    assert lambdify([X], twice)(np.ones((2, 3)))[0] == 6
    found = lambdify([k, A], log(1 + exp(k))*A)(2, np.eye(3))
    assert found == pytest.approx(np.log(1 + np.exp(2))*np.eye(3))


def test_complex_numbers_are_not_conjugated():
    a = RNG.normal(size=(3, 3)) + 1j*RNG.normal(size=(3, 3))
    v = RNG.normal(size=(3, 1)) + 1j
    f = lambdify([A, x, t], [Trace(A*A), x.T*x, A.inverse()*x, Determinant(A), A + t*Identity(n)])
    for number in (2.0, 1 + 2j, 0.5):
        for M in (a, a.real):
            wanted = [np.trace(M @ M), v.T @ v, np.linalg.solve(M, v), np.linalg.det(M),
                      M + number*np.eye(3)]
            for found, w in zip(f(M, v, number), wanted, strict=True):
                assert np.allclose(found, w)


def test_a_product_within_a_product_keeps_its_parentheses():
    C, D = MatrixSymbol("C", n**2, 1), MatrixSymbol("D", 1, n**2)
    V, Z = MatrixSymbol("V", n**2, n**2), MatrixSymbol("Z", n**2, n**2)
    expr = MatAdd(KroneckerProduct(HadamardProduct(A, B), A), MatMul(Z, MatAdd(
        MatMul(-1, C, D), V)))
    check(expr, expr, A)


# --- choices -----------------------------------------------------------------------------------


def source(args, *exprs):
    return "\n".join(body(function_source(args, list(exprs))))


def test_each_value_once_whatever_its_transposition():
    text = source([X, A, u], X*A*X.T, Trace(u.T*X*A*X.T*u), (X*A.T*X.T).T)
    assert text.count("X @ A") + text.count("A @ X.T") == 1


def test_symmetric_results_are_their_own_transposes():
    text = source([X], (X.T*X).T, X.T*X)
    assert text.count("X.T @ X") == 1 and ".T.copy" not in text


def test_a_diagonal_is_added_to_and_not_a_matrix():
    text = source([X, t], X.T*X + t*Identity(n))
    assert "np.eye" not in text and ".flat[::n + 1] += t" in text


def test_log_sum_exp_and_softmax_share_exponentials():
    assert source([A, x], LogSumExp(A*x), A.T*Softmax(A*x)).count("np.exp") == 1


def test_the_weights_of_a_gram_matrix_are_divided_evenly():
    p_ = x.applyfunc(Sigmoid)
    text = source([X, x], X*DiagMatrix(p_)*X.T)
    assert "np.sqrt" in text and text.count("@") == 1


def test_outer_products_are_one_product():
    assert "hstack" in source([x, y, A], x*y.T + A*y*x.T)


def test_a_product_over_a_sum_with_outer_products_forms_no_large_matrix():
    """The Hessian of a correlation is X'X and what is of rank two; nothing here is m by m."""
    v = MatrixSymbol("v", p, 1)
    Z = MatrixSymbol("Z", m, p)
    f = -Trace(x.T*X.T*Z*v)/(Norm(X*x)*Norm(Z*v))
    H = hessian(f, x)
    found = source([X, Z, x, v], H)
    assert found.count("X.T @ X") == 1 and found.count("np.hstack") == 2 and "m = " not in found
    check(H, H, x)


def test_a_matrix_that_is_weighted_twice_is_multiplied_once():
    """As in the gradient of a kernel's regression: K∘(uv' + wx'), with no weighted copy of K."""
    E, v = X.applyfunc(exp), MatrixSymbol("v", m, 1)
    expr = MatAdd(MatMul(-2, DiagMatrix(u), E, DiagMatrix(x)),
                  MatMul(DiagMatrix(v), E, DiagMatrix(y)))
    text = source([X, u, v, x, y], expr)
    assert text.count("np.hstack") == 2 and text.count("@") == 1 and text.count("np.exp") == 1
    values = [RNG.normal(size=size) for size in ((60, 50), (60, 1), (60, 1), (50, 1), (50, 1))]
    M, a, b, c, d = values
    assert np.allclose(lambdify([X, u, v, x, y], expr)(*values),
                       np.exp(M)*(-2*a*c.T + b*d.T), rtol=1e-13)


def test_what_is_symmetric_about_a_sum_is_half_of_it_and_the_transpose():
    sizes_of = {"A": (12, 12), "B": (10, 10), "X": (120, 30)}
    C, D, Z = (MatrixSymbol(name, *size) for name, size in sizes_of.items())
    K = KroneckerProduct(C, D)
    text = source([C, D, Z], Z.T*(K + K.T)*Z)
    assert text.count("@") == 3 and ".T" in text.splitlines()[-1]
    c, d, x_ = (RNG.normal(size=size) for size in sizes_of.values())
    k = np.kron(c, d)
    assert np.allclose(lambdify([C, D, Z], Z.T*(K + K.T)*Z)(c, d, x_), x_.T @ (k + k.T) @ x_)
    P, Q = MatrixSymbol("P", 40, 40), MatrixSymbol("Q", 40, 3)
    assert source([P, Q], Q.T*(P + P.T)*Q).count("@") == 2
    p_, q_ = RNG.normal(size=(40, 40)), RNG.normal(size=(40, 3))
    assert np.allclose(lambdify([P, Q], Q.T*(P + P.T)*Q)(p_, q_), q_.T @ (p_ + p_.T) @ q_)


def test_a_number_before_outer_products_goes_to_their_columns():
    text = source([x, y, A], 2*(x*y.T + A*y*x.T))
    assert "2 * np.hstack(" in text and text.count("@") == 2


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_logistic_functions_of_one_argument_share_an_exponential(dtype):
    column = MatrixSymbol("x", 600, 1)
    functions = [column.applyfunc(Lambda(z, f)) for f in (
        Sigmoid(z), Sigmoid(-z), log(1 + exp(z)), log(1 + exp(-z)), Sigmoid(z)*Sigmoid(-z))]
    text = source([column], *functions)
    assert text.count("np.exp") == 1 and "sigmoid" not in text
    at = np.array([-1000, -30, 0.25, 30, 1000]*120, dtype=dtype).reshape(-1, 1)
    with np.errstate(over="raise", invalid="raise"):
        found = lambdify(column, functions)(at)
    exactly = at.astype(np.longdouble)
    exact = [1/(1 + np.exp(-exactly)), 1/(1 + np.exp(exactly)),
             np.logaddexp(0, exactly), np.logaddexp(0, -exactly), 1/(2 + 2*np.cosh(exactly))]
    for one, other in zip(found, exact, strict=True):
        assert one.dtype == dtype
        assert np.allclose(one, other.astype(float), rtol=5*np.finfo(dtype).eps, atol=1e-300)


@pytest.mark.parametrize("written, stable", [
    (1/(1 + exp(-z)), "sigmoid"), (exp(z)/(1 + exp(z)), "sigmoid"), (log(1 + exp(z)), "softplus"),
    (log(1/(1 + exp(-z))), "log sigmoid"), (log(cosh(z)), "log cosh"),
    (exp(2*z)/(exp(2*z) + exp(z)), "sigmoid")])
def test_stable_forms_of_functions_of_entries(written, stable):
    f = lambdify(x, x.applyfunc(Lambda(z, written)))
    at = np.array([-1000.0, -30, 0, 30, 1000])
    with np.errstate(over="raise", invalid="raise"):
        found = f(at).ravel()
    exact = {"sigmoid": 1/(1 + np.exp(-at.astype(np.longdouble))),
             "softplus": np.logaddexp(0, at), "log sigmoid": -np.logaddexp(0, -at),
             "log cosh": np.logaddexp(at, -at) - np.log(2)}[stable]
    assert found == pytest.approx(np.asarray(exact, dtype=float), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("modules", [None, "numpy"])
@pytest.mark.parametrize("kind", ["positive", "symmetric", "general", "nearly singular"])
def test_factorisations_of_large_matrices(kind, modules):
    """Symmetric arrays take Cholesky's where they are positive, LU elsewhere."""
    size = 80
    M = RNG.normal(size=(size, size))/9
    given_ = {"positive": M @ M.T + np.eye(size), "symmetric": M + M.T, "general": M + np.eye(
        size), "nearly singular": M @ M.T - 1e-3*np.eye(size)}[kind]
    right = RNG.normal(size=(size, 1))
    results = [S.inverse()*x, S.T.inverse()*x, S.inverse(), Determinant(S)]
    found = lambdify([S, x], results, modules)(given_, right)
    wanted = [np.linalg.solve(given_, right), np.linalg.solve(given_.T, right),
              np.linalg.inv(given_), np.linalg.det(given_)]
    for f, w in zip(found, wanted, strict=True):
        assert np.allclose(f, w, rtol=1e-6, atol=1e-6*np.abs(w).max())
    value = lambdify(S, log(Determinant(S)), modules)(given_)
    sign, size_ = np.linalg.slogdet(given_)
    assert value == pytest.approx(size_) if sign > 0 else np.isnan(value)


# --- calls -------------------------------------------------------------------------------------

LOSS = Norm((X*A).applyfunc(tanh)*W)**2/2 + Trace(A.T*A)*t
RESULTS = [LOSS, gradient(LOSS, A), gradient(LOSS, W), A.T, A, X*A]
ARGS = [X, A, W, t]


def arrays(dtype=float):
    return [RNG.normal(size=(4, 3)).astype(dtype), RNG.normal(size=(3, 3)).astype(dtype),
            RNG.normal(size=(3, 2)).astype(dtype), 0.3]


@pytest.mark.parametrize("large", [1, 1 << 30])
def test_arguments_are_kept_and_results_are_apart(large, monkeypatch):
    monkeypatch.setattr(in_place, "LARGE", large)
    f, values = lambdify(ARGS, RESULTS), arrays()
    copies = [np.copy(v) for v in values]
    first = f(*values)
    again = [np.copy(r) for r in first]
    for result in first[1:]:
        result += 1
    assert all(np.array_equal(v, c) for v, c in zip(values, copies, strict=True))
    assert all(np.array_equal(r, a) for r, a in zip(f(*values), again, strict=True))


@pytest.mark.parametrize("large", [1, 1 << 30])
def test_single_precision_stays_single(large, monkeypatch):
    monkeypatch.setattr(in_place, "LARGE", large)
    values = arrays(np.float32)
    more = [*RESULTS, X*A + OneMatrix(m, n), (A*A.T + Identity(n)).inverse(), log(Determinant(
        A*A.T + Identity(n))), HadamardPower(A, 2)*t, Softmax(A, 1)]
    found = lambdify(ARGS, more)(*values)
    exact = lambdify(ARGS, more)(*(np.asarray(v, dtype=float)[()] for v in values))
    for f, e in zip(found, exact, strict=True):
        assert np.asarray(f).dtype == np.float32 and np.allclose(f, e, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("modules", ["numpy", None])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_determinant_and_its_logarithm_have_the_type_of_the_matrix(dtype, modules):
    both = lambdify([A, x], [Determinant(A), A.inverse()*x], modules=modules)
    turned = np.array([[0, 2, 0], [1, 0, 0], [0, 0, 3]], dtype)
    determinant, _ = both(turned, np.ones((3, 1), dtype))
    assert determinant == pytest.approx(-6) and np.asarray(determinant).dtype == dtype
    f = lambdify([A], log(Determinant(A)), modules=modules)
    found = f(np.diag([1, -2, 3]).astype(dtype))
    assert np.isnan(found) and np.asarray(found).dtype == dtype
    assert f(np.diag([1, 2, 3]).astype(dtype)) == pytest.approx(np.log(6), rel=1e-6)


def test_arrays_of_every_make():
    f, values = lambdify(ARGS, RESULTS), arrays()
    wanted = f(*values)
    wide = np.zeros((8, 6))
    wide[::2, ::2] = values[0]
    for X_ in (np.asfortranarray(values[0]), wide[::2, ::2], values[0].tolist()):
        X_ = X_ if isinstance(X_, list) else X_.view()
        for f_, w in zip(f(X_, *values[1:]), wanted, strict=True):
            assert f_ == pytest.approx(w)
    values[0].setflags(write=False)
    assert f(*values)[0] == pytest.approx(wanted[0])
    assert f(*[np.round(v) for v in values[:3]], 1)[0] == pytest.approx(
        f(*[np.round(v).astype(int) for v in values[:3]], 1)[0])


def test_one_function_in_many_threads(monkeypatch):
    monkeypatch.setattr(in_place, "LARGE", 1)
    f, many = lambdify(ARGS, RESULTS), [arrays() for _ in range(8)]
    wanted, found = [f(*v)[0] for v in many], [None]*8

    def work(k):
        for _ in range(50):
            found[k] = f(*many[k])[0]
    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == wanted


def test_other_shapes_other_code():
    f = lambdify([A, x], A*A.T*x)
    for size in (1, 2, 5, 3, 1):
        M, v = RNG.normal(size=(size, size)), RNG.normal(size=(size, 1))
        assert f(M, v) == pytest.approx(M @ M.T @ v)
        assert f(M, v.ravel()) == pytest.approx(M @ M.T @ v)


@pytest.mark.parametrize("seed", range(4))
def test_products_of_kronecker_products_identities_and_diagonals(seed):
    """(K + I) between matrices: an index that identities join is split in all of them."""
    k = 3
    A, B, D = (MatrixSymbol(name, k, k) for name in "ABD")
    X, v = MatrixSymbol("X", 2, k), MatrixSymbol("v", k*k, 1)
    M, N, P = MatrixSymbol("M", k*k, k*k), MatrixSymbol("N", k*k, k*k), MatrixSymbol("P", 2*k, k*k)
    K, one, small = CommutationMatrix(k, k), Identity(k*k), Identity(k)
    square = [M, N, K + one, 2*K - one, one - K, KroneckerProduct(A, B), KroneckerProduct(small, A),
              DiagMatrix(Vec(D)), DiagMatrix(v), DiagMatrix(Vec(D)) + one, M.T, K, one + M,
              KroneckerProduct(A, small) + KroneckerProduct(small, B),
              KroneckerProduct(A + B, small)]
    last = [KroneckerProduct(small, X.T), KroneckerProduct(X.T, small), P.T, v, Vec(A), one]
    chance, generator = random.Random(seed), np.random.default_rng(seed)
    values = {s: generator.normal(size=tuple(map(int, s.shape))) for s in (A, B, D, X, v, M, N, P)}
    matrices = {s: mpmath.matrix(value.tolist()) for s, value in values.items()}
    for _ in range(30):
        factors = [chance.choice(square) for _ in range(chance.randint(1, 3))]
        product = MatMul(*factors, chance.choice(last))
        found = lambdify(list(values), product)(*values.values())
        wanted = np.array(evaluate(product, matrices).tolist(), float)
        assert np.abs(found - wanted).max() <= 1e-11*np.abs(wanted).max(), product
