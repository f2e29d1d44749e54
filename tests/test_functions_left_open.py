"""Functions of scalars and matrices that are left open, and matrices by their entries."""

import pickle

import pytest
import sympy
from definition import DIGITS, TOLERANCE, check_against_definition, m, n, p, values_for
from mpmath import mp
from sympy import (
    Determinant,
    Function,
    Identity,
    Lambda,
    MatAdd,
    MatrixSymbol,
    Piecewise,
    Product,
    Rational,
    Sum,
    Symbol,
    Trace,
    exp,
    log,
    sin,
    srepr,
    symbols,
)
from sympy.external.importtools import version_tuple
from sympy.matrices.expressions import FunctionMatrix

from sympy_matlayout import (
    ArgumentError,
    DerivativeNotImplementedError,
    FunctionDerivative,
    MatrixFunction,
    ShapeError,
    check_derivative,
    gradient,
    hessian,
    jacobian,
    latex,
    matrix_derivative,
    names,
    pretty,
)
from sympy_matlayout.core.shapes import is_matrix
from sympy_matlayout.numeric import evaluate
from sympy_matlayout.numeric.definition import near

NEW_ENOUGH_TO_PICKLE = version_tuple(sympy.__version__) >= (1, 14)

t, s = symbols("t s", real=True)
i, j, k = symbols("i j k", integer=True)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
x, y, w = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1), MatrixSymbol("w", m, 1)
X, Y = MatrixSymbol("X", n, m), MatrixSymbol("Y", n, p)
K, K2 = MatrixFunction("K", n, n)(t), MatrixFunction("K", n, n, t, s)


def known(name, rows, cols, *arguments):
    """K(t) and K(t, s), nothing in it symmetric"""
    first, second = (*arguments, t)[:2]
    return exp(first)*A + sin(first*second)*B + (4 + first**2)*Identity(n)


def likelihood(K):
    return -Trace(y.T*K.inverse()*y)/2 - log(Determinant(K))/2


def assert_same(found, wanted):
    with mp.workdps(DIGITS):
        both = MatAdd(found, wanted) if is_matrix(found) else found + wanted
        values = values_for(both, t)
        assert near(evaluate(found, values), evaluate(wanted, values), TOLERANCE), (found, wanted)


OPEN = [K, 2*K.T*A, K.inverse(), Trace(A*K*B), likelihood(K), y.T*K*x,
        MatrixFunction("K", n, n, t**2)*A, Trace(MatrixFunction("K", n, n, sin(t))*A)]


@pytest.mark.parametrize("f", OPEN, ids=str)
def test_by_a_scalar(f):
    check_against_definition(f, t, undefined={MatrixFunction: lambda name, a, b, u:
                                              exp(u)*A + sin(u)*B + (4 + u**2)*Identity(n)})


@pytest.mark.parametrize("f", [Trace(A*K2), log(Determinant(K2)), Trace(K2*A*K2)], ids=str)
@pytest.mark.parametrize("by", [(t, t), (t, s), (s, t), (s, s)])
def test_second_derivatives_by_scalars(f, by):
    found = hessian(f, *by).replace(MatrixFunction, known).doit()
    wanted = hessian(f.replace(MatrixFunction, known).doit(), *by)
    assert_same(found, wanted)


def test_mixed_derivatives_have_one_form():
    f = log(Determinant(K2))
    assert hessian(f, t, s) == hessian(f, s, t)


@pytest.mark.parametrize("argument", [Trace(X.T*X), w[0, 0]])
def test_of_a_scalar_of_a_matrix(argument):
    f = Trace(A*MatrixFunction("K", n, n, argument))
    by = X if argument.has(X) else w
    check_against_definition(f, by, undefined={MatrixFunction: lambda name, a, b, u:
                                               exp(u/9)*A + u**2*B})


def test_of_scalars_and_matrices():
    f = Trace(A*MatrixFunction("K", n, n, t, X))
    undefined = {MatrixFunction: lambda name, a, b, u, Z: u**2*Z*Z.T + sin(u)*B}
    for by in (t, X):
        check_against_definition(f, by, undefined=undefined)
    mixed = hessian(f, t, X).replace(MatrixFunction, undefined[MatrixFunction]).doit()
    wanted = hessian(f.replace(MatrixFunction, undefined[MatrixFunction]).doit(), t, X)
    assert_same(mixed, wanted)


def test_the_node_is_ordinary_sympy():
    for node in (matrix_derivative(K, t, layout="numerator"), matrix_derivative(K2, s),
                 matrix_derivative(MatrixFunction("K", n, n, t**2), t)):
        assert eval(srepr(node), vars(names)) == node
        if NEW_ENOUGH_TO_PICKLE:
            assert pickle.loads(pickle.dumps(node)) == node
        assert node.func(*node.args) == node
        assert node.free_symbols <= {t, s, n}
    D = matrix_derivative(K, t, layout="numerator")
    assert str(D) == "(∂K(t)/∂t)"
    assert latex(D) == r"\frac{\partial K{\left(t \right)}}{\partial t}"
    assert "∂" in pretty(D)
    assert D.subs(t, 2).free_symbols == {n}
    with pytest.raises(ShapeError, match="has its arguments"):
        K(s)


@pytest.mark.parametrize("order", [0, -1, Rational(1, 2), t])
def test_orders_are_positive_numbers(order):
    with pytest.raises(ArgumentError, match="a symbol and a number from 1 on"):
        FunctionDerivative(K, [(t, order)], [s])


def test_text_in_orders_and_points_is_not_evaluated():
    for orders, points in (([("t", 1)], [s]), ([(t, "1")], [s]), ([(t, 1)], ["s"]), ("t1", [s])):
        with pytest.raises(ArgumentError, match="which is not evaluated"):
            FunctionDerivative(K, orders, points)


def test_a_derivative_of_more_than_the_function_is_refused():
    with pytest.raises(DerivativeNotImplementedError, match="the function alone"):
        matrix_derivative(FunctionDerivative(A*K, [(t, 1)], [s]), s)


# --- entries with any number of indices --------------------------------------------------


def entries(rows, cols, body):
    return FunctionMatrix(rows, cols, Lambda((i, j), body))


squared = Sum((X[i, k] - X[j, k])**2, (k, 0, m - 1))
weighted = Sum(w[k, 0]**2*(X[i, k] - X[j, k])**2, (k, 0, m - 1))
ENTRIES = {
    "radial basis functions": (entries(n, n, exp(-squared/9)), X),
    "automatic relevance, by the weights": (entries(n, n, exp(-weighted/9)), w),
    "automatic relevance, by the data": (entries(n, n, exp(-weighted/9)), X),
    "rational quadratic": (entries(n, n, 1/(1 + squared)), X),
    "a shifted product": (entries(n, p, X[i, 0]*Y[i, j]), X),
    "running sums": (FunctionMatrix(n, 1, Lambda((i, j), Sum(x[k, 0]*A[i, k], (k, 0, i)))), x),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_matrices_by_their_entries(name):
    check_against_definition(*ENTRIES[name])


OF_ENTRIES = {
    "log det of a kernel": (log(Determinant(entries(n, n, exp(-squared/9)) + 2*Identity(n))), X),
    "quadratic form of a kernel": (Trace(y.T*entries(n, n, exp(-weighted/9))*x), w),
    "sum of cubes": (Sum(x[i, 0]*x[j, 0]*x[k, 0]*A[i, j]*B[j, k], (i, 0, n - 1), (j, 0, n - 1),
                         (k, 0, n - 1)), x),
    "triangular": (Sum(A[i, j]*x[i, 0]**2*x[j, 0], (j, 0, i), (i, 0, n - 1)), x),
    "a product": (Product(1 + x[i, 0]**2, (i, 0, n - 1)), x),
    "log of sums": (Sum(log(1 + Sum(exp(A[i, j]*x[j, 0]/5), (j, 0, n - 1))), (i, 0, n - 1)), x),
    "distances": (Sum(1/(1 + squared), (i, 0, n - 1), (j, 0, n - 1)), X),
    "Huber": (Sum(Piecewise(((x[i, 0] - y[i, 0])**2/2, abs(x[i, 0] - y[i, 0]) < 1),
                            (abs(x[i, 0] - y[i, 0]) - Rational(1, 2), True)), (i, 0, n - 1)), x),
}


@pytest.mark.parametrize("name", OF_ENTRIES)
def test_functions_of_entries(name):
    check_against_definition(*OF_ENTRIES[name])


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=[pytest.mark.long]*(name == "log det of a kernel"))
    for name in OF_ENTRIES])
def test_second_derivatives_of_functions_of_entries(name):
    f, by = OF_ENTRIES[name]
    check_against_definition(gradient(f, by), by)


def test_a_jacobian_by_entries_is_ordinary_sympy():
    J = jacobian(ENTRIES["radial basis functions"][0], X)
    assert eval(srepr(J), vars(names)) == J
    assert check_derivative(ENTRIES["radial basis functions"][0], X, J, layout="numerator",
                            form="vec")
    f = Function("f")
    assert gradient(Sum(f(x[i, 0]), (i, 0, n - 1)), x).shape == (n, 1)
    assert Symbol("f") not in J.free_symbols
