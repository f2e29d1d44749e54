"""Functions of a matrix as a whole: Higham, Functions of Matrices (2008), chapters 1, 3, 6, 11."""

import mpmath
import numpy as np
import pytest
import scipy.linalg
from definition import (
    DIGITS,
    SIZES,
    check_against_definition,
    check_derivation,
    m,
    n,
    p,
)
from mpmath import mp
from sympy import (
    Abs,
    Determinant,
    Lambda,
    Matrix,
    MatrixSymbol,
    Q,
    Rational,
    Symbol,
    Trace,
    atan,
    cos,
    cosh,
    exp,
    log,
    re,
    sin,
    sqrt,
    symbols,
    tanh,
)
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    BlockMatrix,
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
    Differential,
    DividedDifferences,
    FrechetDerivative,
    FrechetMatrix,
    Norm,
    ShapeError,
    SingularError,
    SylvesterSolution,
    SymmetricMatrixSymbol,
    Vec,
    canonical,
    check_derivative,
    differential,
    equal_traces,
    expm,
    function_source,
    gradient,
    gradient_from_differential,
    hessian,
    hessian_from_differential,
    hessian_vector_product,
    install,
    jacobian,
    lambdify,
    logm,
    matrix_derivative,
    matrix_function,
    second_differential,
    solve_sylvester,
    sqrtm,
    uninstall,
)
from sympy_matlayout.numeric import Partials, evaluate, example_values
from sympy_matlayout.numeric.definition import near

pytestmark = pytest.mark.newest

X, A, B, E, F = (MatrixSymbol(name, n, n) for name in "XABEF")
Y, C, D = MatrixSymbol("Y", m, n), MatrixSymbol("C", n, m), MatrixSymbol("D", n, p)
M = MatrixSymbol("M", m, m)
x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1)
S, R = SymmetricMatrixSymbol("S", n), SymmetricMatrixSymbol("R", n)
t, z = symbols("t z")
GRAM = Y.T*Y + Identity(n)
half, third = Rational(1, 2), Rational(1, 3)


def number(expr, values):
    with mp.workdps(DIGITS):
        return evaluate(expr, values)


def same(one, other):
    """Whether two results are one, up to the order of terms."""
    return canonical(one) == canonical(other)


def values_of(*exprs, seed=0):
    with mp.workdps(DIGITS):
        return example_values(exprs, SIZES, seed)


def equal(one, other, seed=0, digits=25):
    values = values_of(one, other, seed=seed)
    with mp.workdps(DIGITS):
        return near(evaluate(one, values), evaluate(other, values), mpmath.mpf(10)**-digits)


# --- derivatives, against the definition ---------------------------------------------------

OF_MATRICES = [
    (expm(X), X), (Trace(A*expm(X)), X), (A*expm(X)*D, X), (expm(-2*X), X), (expm(X.T)*X, X),
    (expm(Y.T*Y), Y), (Trace(expm(Y*C)*M), Y), (Trace(C*expm(Y*C)*Y*A), C),
    (expm(A*X*B), X), (HadamardProduct(expm(X), A), X), (HadamardPower(expm(X), 2), X),
    (expm(X).applyfunc(tanh), X), (KroneckerProduct(expm(X), M), X), (expm(X).inverse(), X),
    (Determinant(expm(X) + A), X), (log(Determinant(logm(X) + A)), X), (Norm(expm(X) - A)**2, X),
    (x.T*expm(X)*y, X), (log(x.T*expm(t*A)*y), t), (expm(t*A)*D, t), (expm(t**2*A + t*B), t),
    (expm(t*A), A), (expm(DiagMatrix(x))*A, x), (Trace(A*expm(DiagMatrix(x) + B)), x),
    (expm(X.applyfunc(sin)), X), (expm(x*y.T), x), (expm(Trace(X)*A)*X, X),
    (logm(X), X), (Trace(A*logm(X)), X), (logm(GRAM), Y), (Trace(X*logm(X)), X),
    (expm(A*logm(X)), X), (logm(expm(X/4)*expm(A/9)), X), (Norm(logm(GRAM) - A)**2, Y),
    (sqrtm(X), X), (Trace(A*sqrtm(X)), X), (sqrtm(GRAM)*C, Y), (x.T*sqrtm(X)*y, X),
    (sqrtm(X).inverse(), X), (X**Rational(3, 2), X), (X**Rational(-5, 2), X), (X**third, X),
    (Trace(A*X**Rational(-2, 3)), X), (X**t, X), (X**t, t), (Trace(A*X**(t**2)), t),
    (Trace(X**Rational(5, 3)), X), (Determinant(X**third), X), (A*(X**t)*X, X),
    (sqrtm(sqrtm(X)*A*sqrtm(X)), X), (Trace(sqrtm(DiagMatrix(x)**half*A*DiagMatrix(x)**half)), x),
    (DiagMatrix(x)**(-half), x), (matrix_function(cos, X), X),
    (Trace(A*matrix_function(sin, X*B)), X), (matrix_function(tanh, X/5), X),
    (matrix_function(Lambda(z, z/(1 + z)), X), X), (matrix_function(Lambda(z, sin(t*z)), X), t),
    (matrix_function(Lambda(z, sqrt(1 + z**2)), X), X),
    (matrix_function(Lambda(z, exp(z)/(1 + exp(z))), X), X),
    (FrechetDerivative(exp, X, A), X), (FrechetDerivative(exp, A, X), X),
    (Trace(B*FrechetDerivative(log, X, X.T)), X), (FrechetDerivative(cos, X, A, B), X),
    (FrechetDerivative(Lambda(z, z**t), A, B), t), (Vec(expm(X)), X), (expm(X)[0, 1], X),
    (solve_sylvester(X, M, D*0 + C), X), (solve_sylvester(A, X, B), X),
    (Trace(Y*solve_sylvester(A, M, X*C)), X), (solve_sylvester(X, X.T, B), X),
    (solve_sylvester(t*A, B, X), t), (expm(BlockDiagMatrix(X, A)), X),
    (BlockMatrix([[expm(X), A], [B, X]]), X),
]


@pytest.mark.parametrize("f, variable", OF_MATRICES, ids=str)
def test_against_the_definition(f, variable):
    check_against_definition(f, variable)


@pytest.mark.parametrize("f, variable", [
    (Trace(A*expm(X)), X), (Trace(A*sqrtm(X)), X), (Norm(logm(X))**2, X), (x.T*expm(t*A)*y, t),
    (expm(X)*D, X), (Trace(A*X**third), X), (Trace(B*solve_sylvester(A, X, X)), X)], ids=str)
def test_every_step_of_a_derivation(f, variable):
    check_derivation(f, variable)


@pytest.mark.parametrize("f", [
    Trace(A*expm(X)), Trace(X*logm(X)), Trace(sqrtm(X)), Trace(A*X**third), x.T*sqrtm(X)*y,
    Trace(A*matrix_function(cos, X)), Norm(expm(X))**2, Trace(expm(X)*A*expm(X)),
    Determinant(expm(X) + A), Trace(A*solve_sylvester(X, B, A))], ids=str)
def test_second_order(f):
    """Hessians, along a direction too, against differences of the gradient."""
    G = gradient(f, X)
    values = values_of(f, X, E)
    with mp.workdps(DIGITS):
        partials = Partials(G, X, values)
        H = evaluate(hessian(f, X), values)
        assert near(H, partials.arranged("numerator", "vec"), mpmath.mpf(10)**-25)
        along = evaluate(hessian_vector_product(f, X, E), values)
        vec = mpmath.matrix([along[i, j] for j in range(3) for i in range(3)])
        direction = mpmath.matrix([values[E][i, j] for j in range(3) for i in range(3)])
        assert near(vec, H*direction, mpmath.mpf(10)**-25)
    assert equal(hessian_from_differential(second_differential(f, X), X), hessian(f, X))


@pytest.mark.parametrize("f", [
    Trace(A*logm(S)), Trace(A*sqrtm(S)), Norm(logm(S) - logm(A))**2, Trace(A*expm(S)*B),
    Trace(A*S**third), Trace(S*logm(S)) - Trace(S*logm(R))], ids=str)
def test_of_symmetric_matrices(f):
    for convention in ("projection", "entries"):
        assert check_derivative(f, S, gradient(f, S, convention=convention)), convention


# --- Higham, chapter 1 and 3 ---------------------------------------------------------------


def test_theorem_1_13_functions_of_a_matrix_commute_with_similarity_and_transposition():
    U = MatrixSymbol("U", n, n)
    assert matrix_function(cos, B*X*B.inverse()) == B*matrix_function(cos, X)*B.inverse()
    assert canonical(expm(U*S*U.T), Q.orthogonal(U)) == U*expm(S)*U.T
    assert canonical(expm(X).T) == expm(X.T)
    assert canonical(logm(S).T - logm(S)) == ZeroMatrix(n, n)


def test_of_matrices_that_are_taken_part_by_part():
    assert expm(ZeroMatrix(n, n)) == Identity(n)
    assert logm(Identity(n)) == ZeroMatrix(n, n)
    assert sqrtm(4*Identity(n)) == 2*Identity(n)
    assert expm(DiagMatrix(x)) == canonical(DiagMatrix(x.applyfunc(exp)))
    assert canonical(DiagMatrix(x)**half) == DiagMatrix(HadamardPower(x, half))
    assert expm(BlockDiagMatrix(X, A)) == BlockDiagMatrix(expm(X), expm(A))
    assert expm(KroneckerProduct(Identity(m), X)) == KroneckerProduct(Identity(m), expm(X))


def test_theorem_10_9_the_exponential_of_a_kronecker_sum():
    kronecker_sum = KroneckerProduct(A, Identity(m)) + KroneckerProduct(Identity(n), M)
    assert same(expm(kronecker_sum), KroneckerProduct(expm(A), expm(M)))


def test_exponentials_and_logarithms():
    assert expm(logm(X)) == X
    assert canonical(expm(X)*expm(-X)) == Identity(n)
    assert canonical(expm(X).inverse()) == expm(-X)
    assert canonical(expm(X)**3) == expm(3*X)
    assert canonical(Determinant(expm(X))) == exp(Trace(X))
    assert same(expm(X + 2*Identity(n)), exp(2)*expm(X))
    assert logm(X**half) == logm(X)/2                            # theorem 11.2
    assert canonical((X**half)**2) == X and canonical((X**third)**half) == X**Rational(1, 6)
    assert canonical((X**2)**half) == (X**2)**half               # -X may be the principal root
    assert logm(expm(X)) != X                                    # nor is that one


def test_functions_of_functions_are_those_of_matrices():
    assert same(matrix_function(Lambda(z, z**2 + 3*z - 1), X), X**2 + 3*X - Identity(n))
    assert matrix_function(Lambda(z, sqrt(z)), X) == sqrtm(X)
    assert matrix_function(Lambda(z, exp(2*z)), X) == expm(2*X)
    assert matrix_function(Lambda(z, cos(z**2)), X) == matrix_function(cos, X**2)
    assert matrix_function(Lambda(z, 1/(1 + z)), X) == (Identity(n) + X).inverse()
    assert matrix_function(Lambda(z, t), X) == t*Identity(n)


def test_theorem_3_1_the_derivative_is_linear():
    assert canonical(FrechetDerivative(exp, X, 2*E) + FrechetDerivative(exp, X, F)) == \
        FrechetDerivative(exp, X, 2*E + F)
    assert canonical(FrechetDerivative(exp, X, ZeroMatrix(n, n))) == ZeroMatrix(n, n)
    assert canonical(FrechetDerivative(exp, X, E, F) - FrechetDerivative(exp, X, F, E)) == \
        ZeroMatrix(n, n)


def test_theorems_3_3_and_3_4_products_and_functions_of_functions():
    dX = Differential(X)
    assert differential(expm(X)*logm(X), X) == \
        FrechetDerivative(exp, X, dX)*logm(X) + expm(X)*FrechetDerivative(log, X, dX)
    assert differential(matrix_function(cos, expm(X)), X) == \
        FrechetDerivative(cos, expm(X), FrechetDerivative(exp, X, dX))


def test_theorem_3_5_of_an_inverse_function():
    assert equal(FrechetDerivative(log, expm(X/4), FrechetDerivative(exp, X/4, E)), E)


def test_theorem_3_6_the_block_above_the_diagonal():
    block = BlockMatrix([[X, E], [ZeroMatrix(n, n), X]])
    for f in (exp, cos, Lambda(z, z**third)):
        values = values_of(X, E)
        with mp.workdps(DIGITS):
            whole = evaluate(matrix_function(f, block), values)
            assert near(whole[:3, 3:], evaluate(FrechetDerivative(f, X, E), values),
                        mpmath.mpf(10)**-20)


@pytest.mark.parametrize("f", [exp, log, cos, Lambda(z, z**third), Lambda(z, 1/(1 + z))], ids=str)
def test_of_tr_f_the_gradient_is_that_of_the_derivative(f):
    g = (f if isinstance(f, Lambda) else Lambda(z, f(z)))
    slope = Lambda(z, g.expr.diff(g.variables[0]).subs(g.variables[0], z))
    assert canonical(gradient(Trace(matrix_function(f, X)), X)
                     - matrix_function(slope, X.T)) == ZeroMatrix(n, n)


def test_section_3_2_the_kronecker_form_and_the_adjoint():
    assert jacobian(expm(X), X) == FrechetMatrix(exp, X)
    assert equal(FrechetMatrix(exp, X)*Vec(E), Vec(FrechetDerivative(exp, X, E)))
    assert equal(FrechetMatrix(cos, X, F)*Vec(E), Vec(FrechetDerivative(cos, X, F, E)))
    assert equal(Trace(F.T*FrechetDerivative(log, X, E)),
                 Trace(FrechetDerivative(log, X.T, F).T*E))
    assert canonical(FrechetMatrix(exp, X).T) == FrechetMatrix(exp, X.T)


def test_corollary_3_12_daleckii_and_krein():
    L = FrechetDerivative(exp, S, E)
    form = L.rewrite(DividedDifferences)
    assert form != L and equal(form, L)
    assert canonical(FrechetDerivative(exp, DiagMatrix(x), E)) == \
        HadamardProduct(DividedDifferences(exp, x), E)


def test_where_the_direction_commutes():
    assert canonical(FrechetDerivative(exp, X, X)) == X*expm(X)
    assert canonical(FrechetDerivative(log, X, X)) == Identity(n)
    assert canonical(FrechetDerivative(cos, X, 3*Identity(n), E)) == -3*FrechetDerivative(sin, X, E)
    assert matrix_derivative(expm(t*A), t, layout="numerator") == A*expm(t*A)
    assert equal_traces(gradient(Trace(B*expm(t*A)), t), Trace(B*A*expm(t*A)))
    assert canonical(solve_sylvester(X, X, X**2)) == X/2


def test_sylvesters_equation():
    solution = solve_sylvester(A, M.T, C)
    assert equal(A*solution + solution*M.T, C)
    assert solve_sylvester(2*Identity(n), 3*Identity(m), C) == C/5
    assert canonical(solution.T) == SylvesterSolution(M, A.T, C.T)
    assert jacobian(solve_sylvester(A, M, Y.T), Y.T) == (
        KroneckerProduct(Identity(m), A) + KroneckerProduct(M.T, Identity(n))).inverse()
    assert canonical(Trace(SylvesterSolution(A, A, B))) == Trace(A.inverse()*B)/2


# --- results as they are in papers ----------------------------------------------------------


def test_quantum_entropy_and_relative_entropy():
    assert same(gradient(-Trace(S*logm(S)), S), -Identity(n) - logm(S))
    assert same(gradient(Trace(S*(logm(S) - logm(R))), S), Identity(n) + logm(S) - logm(R))


def test_bures_distance():
    root = R**half
    assert same(gradient(Trace(S) + Trace(R) - 2*Trace(sqrtm(root*S*root)), S),
                Identity(n) - root*(root*S*root)**(-half)*root)


def test_likelihood_of_a_markov_chain_by_its_rates():
    assert gradient(log(x.T*expm(t*X)*y), X) == \
        t*FrechetDerivative(exp, t*X.T, x*y.T)/Trace(x.T*expm(t*X)*y)


def test_log_euclidean_distance():
    assert same(gradient(Norm(logm(S) - logm(R))**2, S),
                FrechetDerivative(log, S, 2*(logm(S) - logm(R))))


# --- code, and what others compute ---------------------------------------------------------


def arrays(seed=0):
    chance = np.random.default_rng(seed)
    return [chance.normal(size=(4, 4)) for _ in range(3)]


def test_beside_scipy():
    a, _, e = arrays()
    k = MatrixSymbol("K", 4, 4), MatrixSymbol("H", 4, 4), MatrixSymbol("G", 4, 4)
    spd = a @ a.T + np.eye(4)
    assert lambdify(k[0], expm(k[0]))(a) == pytest.approx(scipy.linalg.expm(a))
    assert lambdify(k[0], logm(k[0]))(spd) == pytest.approx(scipy.linalg.logm(spd))
    assert lambdify(k[0], sqrtm(k[0]))(spd) == pytest.approx(scipy.linalg.sqrtm(spd))
    assert lambdify(k[0], matrix_function(cos, k[0]))(a) == pytest.approx(scipy.linalg.cosm(a))
    assert lambdify(k[:2], FrechetDerivative(exp, *k[:2]))(a, e) == pytest.approx(
        scipy.linalg.expm_frechet(a, e, compute_expm=False))
    assert lambdify(k, solve_sylvester(*k))(a, spd + 9*np.eye(4), e) == pytest.approx(
        scipy.linalg.solve_sylvester(a, spd + 9*np.eye(4), e))


@pytest.mark.parametrize("f", [
    Trace(A*expm(X)), Trace(A*logm(expm(X/9))), Trace(A*sqrtm(X*X.T + Identity(n)))], ids=str)
def test_beside_jax(f):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    a, x, _ = arrays(1)
    function = lambdify((A, X), f, modules="jax")
    wanted = jax.grad(lambda x: function(a, x))(x)
    assert lambdify((A, X), gradient(f, X))(a, x) == pytest.approx(np.asarray(wanted), rel=1e-8)


@pytest.mark.parametrize("modules", [None, "jax"])
@pytest.mark.parametrize("expr", [
    expm(X), logm(X), FrechetDerivative(exp, X, E), FrechetDerivative(exp, X, E, F),
    FrechetDerivative(log, X, E), FrechetDerivative(cos, X, E), FrechetMatrix(exp, X),
    FrechetMatrix(cos, X), FrechetDerivative(Lambda(z, z**third), X, E), X**third, X**t,
    matrix_function(tanh, X), solve_sylvester(A, M, C), DividedDifferences(exp, x)], ids=str)
def test_code(expr, modules):
    if modules == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    values = values_of(expr)
    symbols = [s for s in values if s in expr.free_symbols and not getattr(s, "is_integer", False)]
    given = [np.array(values[s].tolist(), dtype=float) if hasattr(values[s], "rows")
             else float(values[s]) for s in symbols]
    found = lambdify(symbols, expr, **({"modules": modules} if modules else {}))(*given)
    wanted = np.array(number(expr, values).tolist(), dtype=float)
    assert np.asarray(found) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("target", ["numpy", "jax"])
@pytest.mark.parametrize("expr", [Trace(A*expm(X)), FrechetDerivative(exp, X, A), X**third,
                                  FrechetDerivative(cos, X, A), FrechetMatrix(log, X), logm(X)],
                         ids=str)
def test_source_to_keep(expr, target):
    if target == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    text, values = function_source((A, X), expr, target=target), values_of(A, X)
    assert "matlayout" not in text
    given = [np.array(values[s].tolist(), dtype=float) for s in (A, X)]
    namespace = {}
    exec(text, namespace)
    assert np.asarray(namespace["f"](*given)) == pytest.approx(
        lambdify((A, X), expr)(*given), rel=1e-8)


def test_code_of_what_is_not_real_or_has_no_basis():
    k = MatrixSymbol("K", 2, 2)
    assert np.isnan(lambdify(k, logm(k))(np.diag([1.0, -2.0]))).any()
    jordan = np.array([[1.0, 1.0], [0.0, 1.0]])
    assert lambdify(k, expm(k))(jordan) == pytest.approx(scipy.linalg.expm(jordan))
    assert lambdify(k, matrix_function(cosh, k))(jordan) == pytest.approx(
        scipy.linalg.coshm(jordan))
    with pytest.raises(np.linalg.LinAlgError, match="basis of eigenvectors"):
        lambdify(k, matrix_function(atan, k))(jordan)
    with pytest.raises(np.linalg.LinAlgError, match="complex eigenvalues"):
        lambdify(k, matrix_function(Abs, k))(np.array([[1.0, -2.0], [2.0, 1.0]]))


@pytest.mark.parametrize("modules", [None, "jax"])
def test_eigenvalues_of_all_sizes_and_close_ones(modules):
    """Divided differences where quotients cancel, and where a slope changes a thousandfold."""
    if modules == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    k, h = MatrixSymbol("K", 3, 3), MatrixSymbol("H", 3, 3)
    turn = np.linalg.qr(np.array([[1.0, 2, 3], [2, 5, 1], [4, 1, 1]]))[0]
    e = np.array([[0.3, -1.2, 0.5], [0.7, 2, 0.1], [0.2, 0.3, -1]])
    for f, spectrum in ((log, [1e-4, 5e-3, 1e3]), (atan, [1e-9, 3e-9, 2e-9]),
                        (log, [1, 1 + 1e-7, 2]), (atan, [-1, 1, 1]),
                        (Lambda(z, z**third), [1e-4, 5e-3, 1e3])):
        x = turn @ np.diag(spectrum) @ turn.T
        x = (x + x.T)/2
        for node in (FrechetDerivative(f, k, h), FrechetDerivative(f, k, h, h.T)):
            if modules == "jax" and len(node.args) > 3:
                continue
            found = lambdify((k, h), node, **({"modules": modules} if modules else {}))(x, e)
            with mp.workdps(DIGITS):
                wanted = evaluate(node, {k: mpmath.matrix(x.tolist()),
                                         h: mpmath.matrix(e.tolist())})
            wanted = np.array(wanted.tolist(), dtype=float)
            assert np.abs(found - wanted).max() < 1e-6*np.abs(wanted).max(), (f, spectrum)


def test_a_root_of_a_power_is_not_a_power():
    """SymPy's products take (X²)^(1/2) for X, which it is not of a negative X."""
    f = Trace(A*sqrtm(X**2))
    values = values_of(f, X)
    values[X] = -values[X]
    with mp.workdps(DIGITS):
        wanted = Partials(f, X, values).arranged("denominator", "matrix")
        assert near(evaluate(gradient(f, X), values), wanted, mpmath.mpf(10)**-25)
        assert near(wanted, -values[A].T, mpmath.mpf(10)**-25)


def test_plain_diff():
    install()
    try:
        assert Trace(A*X**half).diff(X) == SylvesterSolution(X.T**half, X.T**half, A.T)
        assert Trace(expm(X)*A).diff(X) == FrechetDerivative(exp, X.T, A.T)
    finally:
        uninstall()


def test_identification():
    dX = Differential(X)
    assert gradient_from_differential(Trace(A*FrechetDerivative(exp, X, dX)), X) == \
        FrechetDerivative(exp, X.T, A.T)
    assert gradient_from_differential(Trace(A*SylvesterSolution(X, B, dX)), X) == \
        SylvesterSolution(X.T, B.T, A.T)


def test_explicit_matrices():
    assert expm(Matrix([[0, 1], [0, 0]])).doit() == Matrix([[1, 1], [0, 1]])
    assert logm(Matrix([[1, 1], [0, 1]])).doit() == Matrix([[0, 1], [0, 0]])
    assert matrix_function(cos, Matrix([[0, 1], [1, 0]])).as_explicit().applyfunc(
        lambda e: e.simplify()) == Matrix([[cos(1), 0], [0, cos(1)]])
    assert OneMatrix(1, 1).shape == (1, 1)


def test_refusals():
    for call, error, words in (
            (lambda: expm(Y), ShapeError, "the argument of expm is m×n"),
            (lambda: matrix_function(lambda z: z, X), ArgumentError, "function of SymPy's"),
            (lambda: matrix_function(Lambda((z, t), z*t), X), ArgumentError, "one argument"),
            (lambda: FrechetDerivative(exp, X), ArgumentError, "needs a direction"),
            (lambda: FrechetDerivative(exp, X, Y), ShapeError, "the direction Y"),
            (lambda: solve_sylvester(A, M, A), ShapeError, "needs C n×m"),
            (lambda: gradient(exp(X), X), DerivativeNotImplementedError, "expm"),
            (lambda: gradient(cos(X), X), DerivativeNotImplementedError, "matrix_function(cos"),
            (lambda: gradient(Trace(A*logm(x*x.T)), x), SingularError, "no logarithm"),
            (lambda: jacobian(FrechetMatrix(exp, X), X), DerivativeNotImplementedError,
             "Kronecker form"),
            (lambda: matrix_function("exp", X), ArgumentError, "function of SymPy's"),
            (lambda: matrix_function(re, X), ArgumentError, "no derivative by a complex")):
        with pytest.raises(error) as raised:
            call()
        assert words in str(raised.value)


def test_functions_with_kinks_are_for_real_eigenvalues():
    f = Trace(A*matrix_function(Abs, GRAM - 9*Identity(n)))
    check_against_definition(f, Y)
    turned = Matrix([[0, -1], [1, 0]])
    with pytest.raises(ArithmeticError):
        evaluate(matrix_function(Abs, turned), {})


def test_symbols_that_bear_the_name_of_the_argument():
    s = Symbol("z", positive=True)
    assert equal(X**s, expm(s*logm(X)))
    check_against_definition(Trace(A*X**s), X)
