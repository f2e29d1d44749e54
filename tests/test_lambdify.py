"""Every result as a function of numbers, against its value computed with mpmath."""

import inspect

import mpmath
import numpy as np
import pytest
import sympy
import test_families as families
from definition import SIZES, m, n, p, values_for
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Add,
    Expr,
    Function,
    Lambda,
    Max,
    Rational,
    Sum,
    Symbol,
    besselj,
    exp,
    gamma,
    log,
    sin,
    sqrt,
    symbols,
    tanh,
)
from sympy.matrices.expressions import (
    Determinant,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatrixSymbol,
    OneMatrix,
    Trace,
)
from test_random_expressions import VARIABLES as VARIABLES_OF_ANY_SHAPE
from test_random_expressions import is_comparable, relaxed, wholes

from sympy_matlayout import (
    CirculantBasis,
    CommutationMatrix,
    DerivativeNotImplementedError,
    DiagonalEmbedding,
    Differential,
    DuplicationMatrix,
    EliminationMatrix,
    HankelBasis,
    LowerOnes,
    MatrixFunction,
    MatrixSum,
    MatrixUnit,
    Norm,
    SelectionMatrix,
    ShapeError,
    SkewDuplicationMatrix,
    SymmetricMatrixSymbol,
    SymmetrizerMatrix,
    ToeplitzBasis,
    Unvec,
    Unvech,
    UpperDuplicationMatrix,
    UpperOnes,
    VariableError,
    Vec,
    Vech,
    differential,
    gradient,
    hessian,
    installed,
    jacobian,
    lambdify,
    matrix_derivative,
)
from sympy_matlayout.numeric import evaluate
from sympy_matlayout.simplify import constructors as c

A, B, S = (MatrixSymbol(name, n, n) for name in "ABS")
X, C = MatrixSymbol("X", m, n), MatrixSymbol("C", p, m)
x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1)
t, i = Symbol("t"), Symbol("i", integer=True)
k = Symbol("k", integer=True)
f, F = Function("f"), MatrixFunction("F", n, n, A)

VARIABLES = {"BY_COLUMN": families.x, "BY_ROW": families.z, "BY_ONE_BY_ONE": families.s1,
             "BY_RECTANGULAR": families.X, "BY_TRANSPOSED": families.X.T,
             "BY_SQUARE": families.S, "BY_WITH_EXPLICIT_CONSTANTS": families.W,
             "BY_SCALAR": families.t}
FAMILY_LINES = [(family, line) for family in VARIABLES
                for line in vars(families)[family].splitlines() if line]


def array(value):
    """What mpmath computed, as NumPy has it."""
    if isinstance(value, mpmath.matrix):
        return np.array(value.tolist(), dtype=float)
    if isinstance(value, dict):
        return np.array([float(value[index]) for index in sorted(value)]).reshape(value.shape)
    return float(value)


def number(symbol, value):
    return int(value) if symbol.is_integer else array(value)


def check(result, *held, **options):
    """The function of a result, with symbolic sizes, at random matrices."""
    with mpmath.mp.workdps(30):
        values = values_for(result if isinstance(result, Expr) else held[0], held[-1])
        for e in held:
            values |= values_for(e, held[-1])
        wanted = array(evaluate(result, values))
    args = [s for s in values if s not in SIZES]
    in_shapes = set().union(*(size.free_symbols for a in args if isinstance(a, MatrixSymbol)
                              for size in map(sympy.sympify, a.shape)))
    args += [s for s in SIZES if s in result.free_symbols - in_shapes]
    values |= {s: SIZES[s] for s in SIZES}
    found = lambdify(args, result, **options)(*(number(a, values[a]) for a in args))
    assert np.shape(found) == np.shape(wanted)
    assert found == pytest.approx(wanted, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("form", ["auto", "array"])
@pytest.mark.parametrize("family, line", FAMILY_LINES)
def test_derivatives_of_the_families(family, line, form):
    expr, variable = eval(line, vars(families)), VARIABLES[family]
    check(matrix_derivative(expr, variable, form=form), expr, getattr(variable, "arg", variable))


@pytest.mark.parametrize("expr", [
    x.T*A*x, log(Determinant(A)), Trace(A*S*B), exp(Trace(A*S)), A.inverse()*x,
    HadamardPower(A, x*y.T), HadamardPower(A, -2), HadamardPower(2, A), A**3, A**k, A**(-k),
    X.applyfunc(sin), X.applyfunc(Lambda(t, 3)), X.applyfunc(lambda u: Max(u, 0, u**2)),
    X.applyfunc(lambda u: sympy.Piecewise((u, u > 0), (u/10, True))), A[0, 1]*x, X[:, 1:3],
    Sum(x[i, 0]**2, (i, 0, n - 1)), Sum(A[i, k]*x[k, 0], (i, 0, k), (k, 0, n - 1)),
    Sum(i*Trace(A), (i, 4, 1)), sympy.Product(x[i, 0] + i, (i, 0, n - 1)),
    sympy.Product(Trace(A) + i, (i, 5, 1)), MatrixSum(A**i, (i, 1, 3)), MatrixSum(A**i, (i, 4, 1)),
    Vec(X), Unvec(Vec(X), n, m), Vech(A), Unvech(Vech(A), n), Norm(X), Norm(x, 3), Norm(X, "nuc"),
    gamma(Trace(A*A.T)), besselj(1, Trace(A)), KroneckerProduct(A, x, X), OneMatrix(m, n)*x,
    hessian(log(Determinant(A*A.T)), A), jacobian(A.inverse(), A), hessian(exp(x.T*A*x), x),
], ids=str)
@pytest.mark.parametrize("modules", [None, "mpmath"])
def test_expressions(expr, modules):
    if modules is None:
        check(expr, expr, A)
        return
    with mpmath.mp.workdps(30):
        values = values_for(expr, A)
        args = [s for s in values if s not in SIZES]
        found = lambdify([*args, *[s for s in SIZES if s in expr.free_symbols]], expr, "mpmath")(
            *(values[a] for a in args), *[SIZES[s] for s in SIZES if s in expr.free_symbols])
        assert found == evaluate(expr, values)


@settings(relaxed, max_examples=60)
@given(wholes(2), st.sampled_from(VARIABLES_OF_ANY_SHAPE))
def test_derivatives_of_random_expressions(expr, variable):
    symbol = getattr(variable, "arg", variable)
    if is_comparable(expr, variable, 1e4):
        check(matrix_derivative(expr, variable), expr, symbol)


@pytest.mark.parametrize("node", [
    CommutationMatrix, DiagonalEmbedding, SelectionMatrix, MatrixUnit, LowerOnes, UpperOnes,
    SkewDuplicationMatrix, UpperDuplicationMatrix, ToeplitzBasis, HankelBasis, CirculantBasis,
    DuplicationMatrix, EliminationMatrix, SymmetrizerMatrix], ids=lambda node: node.__name__)
def test_constant_matrices(node):
    sizes = {CommutationMatrix: [(2, 3), (3, 1)], SelectionMatrix: [(2, 5, 1, 2), (2, 3, 0, 1)],
             MatrixUnit: [(2, 3, 1, 2)]}.get(node, [(1,), (2,), (3,), (4,)])
    for numbers in sizes:
        wanted = np.array(node(*numbers).as_explicit().tolist(), dtype=float)
        free = symbols(f"a:{len(numbers)}", integer=True, positive=True)
        for found in (lambdify([*free, x], [node(*free), x])(*numbers, [1])[0],
                      sympy.lambdify([], node(*numbers), "numpy")()):
            assert np.array_equal(found, wanted)


@pytest.mark.parametrize("function", [sympy.erf, sympy.erfc, gamma, sympy.loggamma])
@pytest.mark.parametrize("modules", ["numpy", "scipy"])
def test_functions_that_numpy_lacks_of_every_entry(function, modules):
    found = lambdify(X, X.applyfunc(function), modules=modules)([[0.5, 1, 2]])
    assert found == pytest.approx(np.array([[float(function(v)) for v in (0.5, 1, 2)]]))


@pytest.mark.parametrize("form, wanted", [
    ("matrix", [[2, 4], [4, 10]]), ("vech", [[2], [8], [10]])])
def test_structured_variables(form, wanted):
    T = SymmetricMatrixSymbol("T", n)
    D = matrix_derivative(Trace(T*T), T, form=form)
    assert lambdify(T, D)([[1, 2], [2, 5]]) == pytest.approx(np.array(wanted))


@pytest.mark.parametrize("modules", [None, "mpmath"])
def test_what_sympy_cannot_evaluate_again(modules):
    f = tanh(log(Determinant(2*Identity(n) + A*A.T)))
    slope = gradient(f, A).subs(n, 2)
    at, step = np.array([[0.5, 0.1], [0.2, 0.9]]), np.array([[2e-6, -1e-6], [3e-6, 1e-6]])
    value, given = lambdify(A, f), MatrixSymbol("A", 2, 2)
    found = np.array(lambdify(given, slope, modules)(at).tolist(), dtype=float)
    assert np.sum(found*step) == pytest.approx((value(at + step) - value(at - step))/2, rel=1e-6)


def test_differentials_are_arguments():
    dX = Differential(X)
    of = lambdify([X, dX], differential(Trace(X*X.T), X))
    assert of(X=[[1, 2]], dX=[[3, 4]]) == 22


# --- how it is called ------------------------------------------------------------------


def test_sizes_come_from_the_shapes_also_when_they_solve_an_equation():
    v, E = MatrixSymbol("v", n*(n + 1)/2, 1), MatrixSymbol("E", n + m, 2)
    of_vech = lambdify(v, Unvech(v, n))
    assert of_vech([1, 2, 3]) == pytest.approx(np.array([[1, 2], [2, 3]]))
    with pytest.raises(ShapeError, match="no n for an array of shape"):
        of_vech([1, 2, 3, 4])
    assert lambdify([E, x], m*x)(np.ones((5, 2)), [1, 1]) == pytest.approx(np.array([[3], [3]]))
    assert lambdify([n, x], n*x)(2, [1, 1]) == pytest.approx(np.array([[2], [2]]))


@pytest.mark.parametrize("given", [
    (np.ones((2, 3)), [1, 2]), (np.ones((2, 3)), np.ones((3, 2))), (np.ones(3), [1, 2, 3]),
    (np.ones((2, 3, 1)), [1, 2, 3])])
def test_shapes_that_contradict_each_other_are_refused(given):
    with pytest.raises(ShapeError):
        lambdify([X, x], X*x)(*given)
    assert lambdify([X, x], X*x)(np.ones((2, 3)), [1, 2, 3]).tolist() == [[6], [6]]


def test_what_numpy_would_broadcast_is_refused():
    plus = lambdify([X, S], X + OneMatrix(m, n))
    with pytest.raises(ShapeError, match="S is n×n with n = 3"):
        plus(np.ones((1, 3)), np.ones((2, 2)))
    with pytest.raises(ShapeError):
        lambdify([x, y], HadamardProduct(x, y))([1, 2, 3], [1])


def test_lists_integers_matrices_and_sparse_arrays():
    from scipy.sparse import csr_array

    square = lambdify(A, A**-1*A.T)
    wanted = pytest.approx(np.linalg.inv([[1, 2], [3, 4]]) @ [[1, 3], [2, 4]])
    entries = [[1, 2], [3, 4]]
    for numbers in (entries, np.array(entries), np.matrix(entries), csr_array(entries),
                    np.array(entries, dtype=object), sympy.Matrix(entries)):
        assert square(numbers) == wanted
    power = lambdify(A, A**40)  # which overflows 64 bits
    assert power([[3, 0], [0, 3]])[0, 0] == pytest.approx(3.0**40)


def test_nested_arguments_lists_of_results_and_keywords():
    function = lambdify([[X, [x]], t], [X*x*t, (Trace(X*X.T), x.T)])
    product, (total, row) = function([np.ones((2, 3)), [[1, 2, 3]]], 2)
    assert product.tolist() == [[12], [12]] and total == 6 and row.tolist() == [[1, 2, 3]]
    assert lambdify([X, t], t*X)(t=2, X=[[1.0]]) == pytest.approx(np.array([[2]]))
    assert list(inspect.signature(lambdify([X, t], t*X)).parameters) == ["X", "t"]
    assert "trace(A)" in inspect.getsource(lambdify(A, Trace(A)))
    with pytest.raises(TypeError):
        lambdify([X, t], t*X)(1)


@pytest.mark.parametrize("name", ["lambda", "det", "x'", r"\beta", "sum", "numpy", "i", "x0", "pi"])
def test_names_of_arguments_can_not_get_in_the_way(name):
    M, s = MatrixSymbol(name, n, n), Symbol(name)
    expr = Determinant(M)*Sum(M[i, i]**2, (i, 0, n - 1))*sympy.pi
    assert lambdify(M, expr)([[1, 2], [3, 4]]) == pytest.approx(-34*np.pi)
    assert lambdify(M, expr, cse=True)([[1, 2], [3, 4]]) == pytest.approx(-34*np.pi)
    assert lambdify([s, A], s*Trace(A)*sympy.pi)(2, [[3]]) == pytest.approx(6*np.pi)


def test_two_symbols_of_one_name_are_two_arguments():
    scalar, whole = Symbol("X"), Symbol("t", integer=True)
    assert lambdify([X, scalar], scalar*X)([[1, 2]], 3).tolist() == [[3, 6]]
    assert lambdify([X, t, whole], (t + 10*whole)*X)([[1]], 2, 3).tolist() == [[32]]


@pytest.mark.parametrize("args, expr, options", [
    ([X], t*X, {}), ([X], t*X, {"modules": "mpmath"}), ([t], t*OneMatrix(m, 2), {}),
    ([X], f(Trace(X*X.T)), {}), ([A], F*A, {}), ([A + B], A + B, {}), ([X], X, {"modules": "math"}),
    ([X], besselj(1, Trace(X*X.T)), {"modules": "numpy"})])
def test_what_nothing_stands_for_is_refused(args, expr, options):
    with pytest.raises(VariableError):
        lambdify(args, expr, **options)


def test_undefined_functions_are_given_in_a_dictionary():
    assert lambdify(A, f(Trace(A))*A, [{"f": lambda s: s + 1}, "numpy"])([[2]]) == 6
    assert lambdify(A, F + A, {"F": lambda M: 2*M})([[2]]) == 6
    with pytest.raises(DerivativeNotImplementedError, match="FunctionGradient"):
        lambdify(A, gradient(f(A), A))


# --- what could go wrong unseen ---------------------------------------------------------

w = MatrixSymbol("w", n*(n + 1)/2, 1)
j, i_too = Symbol("j", integer=True), Symbol("i", integer=True, nonnegative=True)
P, Q = MatrixSymbol("P", n + m, p), MatrixSymbol("Q", n + m, p)
GIVEN = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 10]])


def test_sizes_that_nothing_determines_are_compared():
    assert lambdify([P, Q], P + Q)(np.ones((3, 2)), np.ones((3, 2))).tolist() == [[2, 2]]*3
    with pytest.raises(ShapeError, match=r"both have size m [+] n"):
        lambdify([P, Q], P + Q)(np.ones((3, 2)), np.ones((1, 2)))


@pytest.mark.parametrize("size, rows, wanted", [
    ((n - 3)**2, 4, None), (n**2, 9, 3), (n*(n + 1)*(n + 2)/6, 10, 3), (n**2 - 10*n + 30, 6, None),
    (2*n + 1, 7, 3), (n**3 + n, 10, 2), (sympy.factorial(n), 6, None), (n**2, 8, None)])
def test_sizes_have_one_solution_or_are_refused(size, rows, wanted):
    v = MatrixSymbol("v", size, 1)
    if wanted is None:
        with pytest.raises((ShapeError, VariableError)):
            lambdify(v, n*v)(np.ones(rows))
    else:
        assert lambdify(v, n*v)(np.ones(rows)) == pytest.approx(wanted*np.ones((rows, 1)))


@pytest.mark.parametrize("value", [[1, 2, 3], np.ones((3, 3)), np.matrix([[2, 2], [2, 2]]), "1"])
def test_scalars_are_numbers(value):
    with pytest.raises(ShapeError, match="t is a scalar"):
        lambdify([t, A], t*A)(value, np.ones((3, 3)))


def test_small_integers_do_not_overflow():
    assert lambdify([t, A], -t*A)(np.uint8(1), np.eye(1)) == -1
    assert lambdify([t, A], t**10*A)(np.int32(1000), np.eye(1)) == pytest.approx(1e30)


def test_whole_numbers():
    assert lambdify([A, k], A**k)(GIVEN, 2.0) == pytest.approx(GIVEN @ GIVEN)
    assert lambdify([A, k], Sum(i*Trace(A), (i, 1, k)))(np.eye(1), np.float64(3)) == 6
    for modules in (None, "mpmath"):
        with pytest.raises(ShapeError, match="whole number"):
            lambdify([A, k], Sum(i*Trace(A), (i, 1, k)), modules)(np.eye(1), 2.7)


def test_sizes_computed_with_fractions():
    assert np.array_equal(lambdify(w, jacobian(w, w))(np.ones(6)), np.eye(6))
    assert lambdify(w, Sum(w[i, 0]**2, (i, 0, n*(n + 1)/2 - 1)))(np.ones(6)) == 6
    assert lambdify(A, A[0:sympy.floor(n/2), :])(GIVEN).tolist() == [[1, 2, 3]]


def test_bound_indices_of_one_name():
    twice = Sum(Sum(A[i, i_too], (i, 0, n - 1)), (i_too, 0, n - 1))
    assert lambdify(A, twice)(GIVEN) == GIVEN.sum()
    matrices = MatrixSum(MatrixSum(A[i, i_too]*A, (i, 0, n - 1)), (i_too, 0, n - 1))
    assert lambdify(A, matrices)(GIVEN) == pytest.approx(GIVEN.sum()*GIVEN)
    assert lambdify(A, A.applyfunc(Lambda(Symbol("exp"), exp(Symbol("exp")))))(GIVEN) == \
        pytest.approx(np.exp(GIVEN))
    assert lambdify([Symbol("gamma"), A], gamma(Symbol("gamma"))*A)(4, [[1]]) == 6


def test_slices_have_the_rows_sympy_says():
    Z = MatrixSymbol("Z", 3, 3)
    part = Trace(Z[::2, :].T*Z[::2, :])
    check(part, part, Z)
    check(gradient(part, Z), part, Z)
    with pytest.raises(ShapeError):
        lambdify([A, k], A[0:k, :])(GIVEN, 5)


def test_explicit_sparse_matrices_are_arrays():
    Z, sparse = MatrixSymbol("Z", 2, 2), sympy.ImmutableSparseMatrix([[1, 2], [3, 4]])
    found = lambdify(Z, HadamardPower(Z + sparse, 2))([[1, 2], [5, 4]])
    assert type(found) is np.ndarray and found.tolist() == [[4, 16], [64, 64]]


def test_only_the_branch_that_holds_is_computed():
    steps = Sum(sympy.Piecewise((x[i, 0]*x[i + 1, 0], i < n - 1), (0, True)), (i, 0, n - 1))
    assert lambdify(x, steps)([1, 2, 3]) == 8
    assert lambdify(x, gradient(steps, x))([1, 2, 3]).tolist() == [[2], [4], [2]]
    one = lambdify([t, A], sympy.Piecewise((1/t, t > 0), (Trace(A), True)))
    assert one(0.0, [[5]]) == 5 and not isinstance(one(0.0, [[5]]), np.ndarray)


def test_results_share_no_entries_with_arguments():
    given = GIVEN.copy()
    for expr in (A, A.T, Vec(A)):
        lambdify(A, expr)(given)[:] = 0
    assert np.array_equal(given, GIVEN)


def test_blocks_function_matrices_and_declared_shapes():
    blocks = lambdify([A, B], sympy.BlockDiagMatrix(A, B))([[1]], [[2]])
    assert blocks.tolist() == [[1, 0], [0, 2]]
    outer = sympy.FunctionMatrix(n, n, Lambda((i, j), x[i, 0]*x[j, 0]))
    assert lambdify(x, outer)([1, 2]).tolist() == [[1, 2], [2, 4]]
    with pytest.raises(ShapeError, match="a function gave an array of shape"):
        lambdify(A, F + A, {"F": lambda M: M.ravel()})([[1, 2], [3, 4]])


@pytest.mark.parametrize("args, expr", [
    ([A, A], A), ([A], None), ([A], [A, None]), ([A], {"a": A})])
def test_calls_without_meaning_are_refused(args, expr):
    with pytest.raises(VariableError):
        lambdify(args, expr)


@pytest.mark.parametrize("expr", [
    Sum(Trace(A)/2**i, (i, 1, sympy.oo)), sympy.zoo*Trace(A), gradient(f(A), A)], ids=str)
def test_what_numpy_can_not_express_is_refused(expr):
    with pytest.raises(DerivativeNotImplementedError):
        lambdify(A, expr)


@pytest.mark.parametrize("value", [
    [[1, 2], [3]], "A", [["a", "b"], ["c", "d"]], np.ma.masked_equal([[1, 2], [3, 4]], 2)])
def test_arrays_that_hold_no_numbers_are_refused(value):
    with pytest.raises(ShapeError):
        lambdify(A, A)(value)


def test_the_differential_of_a_symbol_with_another_name_in_code():
    M = MatrixSymbol("sum", n, n)
    of = lambdify([M, Differential(M)], differential(Trace(M*M), M))
    assert of(np.eye(2), np.eye(2)) == 4


# --- size -------------------------------------------------------------------------------


def test_a_deep_network_is_computed_part_by_part():
    weights = [MatrixSymbol(f"W{layer}", n, n) for layer in range(48)]
    h = x
    for W in weights:
        h = (W*h).applyfunc(tanh)
    value, slopes = y.T*h, gradient(y.T*h, *weights)
    random = np.random.default_rng(0)
    given = [random.normal(size=(3, 1)), random.normal(size=(3, 1)),
             *(np.eye(3) + random.normal(size=(3, 3))/10 for _ in weights)]
    found = lambdify([x, y, *weights], [value, *slopes])(*given)

    def at(step):
        h = given[0]
        for layer, W in enumerate(given[2:]):
            h = np.tanh((W + step*(layer == 20)*np.eye(3, k=1)) @ h)
        return (given[1].T @ h)[0, 0]
    assert found[0][0, 0] == pytest.approx(at(0))
    assert found[21][0, 1] + found[21][1, 2] == pytest.approx((at(1e-6) - at(-1e-6))/2e-6, rel=1e-5)


def test_a_shared_graph_is_no_exponential_code():
    M, wanted = A, np.eye(2)
    for _ in range(40):
        M = c.add(c.multiply(M, A, M), c.scale(Rational(1, 4), B))
        wanted = wanted @ wanted/2 + np.eye(2)/4
    assert lambdify([A, B], M)(np.eye(2)/2, np.eye(2)) == pytest.approx(wanted)


def test_a_polynomial_nested_twelve_deep():
    nested, start, other = A, np.eye(2)/3 + np.eye(2, k=1)/9, -np.eye(2)/5
    for _ in range(12):
        nested = nested*nested + B
    slope = lambdify([A, B], gradient(Trace(nested), A))(start, other)

    def at(step):
        found = start + step*np.eye(2, k=-1)
        for _ in range(12):
            found = found @ found + other
        return np.trace(found)
    assert slope[1, 0] == pytest.approx((at(1e-6) - at(-1e-6))/2e-6, rel=1e-5)


def test_a_long_chain_of_scalar_functions():
    depth = Trace(A)
    for _ in range(60):
        depth = Add(1, sqrt(depth), evaluate=False)
    wanted = 3.0
    for _ in range(60):
        wanted = 1 + np.sqrt(wanted)
    assert lambdify(A, depth)([[3]]) == pytest.approx(wanted)


def test_the_logarithm_of_a_large_determinant_does_not_overflow():
    assert lambdify(A, log(Determinant(A)))(10.0*np.eye(400)) == pytest.approx(400*np.log(10))
    assert np.isnan(lambdify(A, log(Determinant(A)))([[-1]]))


# --- SymPy's own lambdify ---------------------------------------------------------------


def test_sympys_lambdify_knows_the_nodes_of_this_library():
    Z = MatrixSymbol("Z", 2, 2)
    given = np.array([[1.0, 2], [3, 4]])
    for node, wanted in [(Vec(Z), [[1], [3], [2], [4]]), (Vech(Z), [[1], [3], [4]]),
                         (Unvec(Vec(Z.T), 2, 2), given.T), (MatrixSum(i*Z, (i, 1, 2)), 3*given),
                         (CommutationMatrix(2, 2)*Vec(Z), [[1], [2], [3], [4]])]:
        assert sympy.lambdify(Z, node)(given) == pytest.approx(np.array(wanted))


def test_with_install_sympys_lambdify_knows_its_own():
    Z = MatrixSymbol("Z", 2, 2)
    given = np.array([[1.0, 2], [3, 4]])
    with installed():
        for node, wanted in [(Trace(Z*Z), 29), (Determinant(Z).diff(Z), [[4, -3], [-2, 1]]),
                             (HadamardPower(Z, -1), 1/given), (Z.applyfunc(sin), np.sin(given)),
                             (Trace(HadamardPower(Z.applyfunc(exp), Rational(1, 2))),
                              np.exp(0.5) + np.exp(2))]:
            assert sympy.lambdify(Z, node)(given) == pytest.approx(np.array(wanted))
