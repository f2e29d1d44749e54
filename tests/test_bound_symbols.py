"""Symbols bound in sums, functions and derivatives never leak into a result."""

import pytest
from definition import check_against_definition, n
from sympy import (
    Abs,
    Derivative,
    Determinant,
    Function,
    I,
    Integer,
    Integral,
    MatrixSymbol,
    Subs,
    Sum,
    Symbol,
    Trace,
    conjugate,
    sin,
    symbols,
)

from sympy_matlayout import (
    DerivativeNotImplementedError,
    FunctionGradient,
    VariableError,
    gradient,
    matrix_derivative,
)

i, j = symbols("i j", integer=True)
t, k, f = Symbol("t"), Symbol("k"), Function("f")
x = MatrixSymbol("x", n, 1)
A, B, S = (MatrixSymbol(name, n, n) for name in "ABS")


@pytest.mark.parametrize("expr", [
    Integral(t**2, (t, 0, t)), Subs(t**2, t, t**3), Sum(t, (t, 0, t))], ids=str)
def test_the_variable_bound_and_free_in_one_node(expr):
    with pytest.raises(VariableError, match="another name"):
        matrix_derivative(expr, t)


def test_a_derivative_left_undone():
    assert matrix_derivative(Derivative(f(t), t), t) == Derivative(f(t), (t, 2))
    with pytest.raises(DerivativeNotImplementedError, match="call doit"):
        gradient(Derivative(sin(t)*Determinant(t*S), t), S)


def test_power_sums_nest():
    G = gradient(Trace(B*(A*S**k)**k), S)
    check_against_definition(G.xreplace({k: Integer(2)}), S)


@pytest.mark.parametrize("expr", [
    Sum(A[i, 0]*Sum(S[i, 0], (i, 0, n - 1)), (i, 1, n - 1)),
    Sum(Sum(A[i, j]*S[j, i], (j, 0, n - 1))**2, (i, 1, n - 1)),
], ids=str)
def test_one_index_name_for_two_sums(expr):
    check_against_definition(expr, S)


def test_the_name_inside_a_gradient_is_not_taken():
    Y = MatrixSymbol("_Y", n, n)
    found = gradient(f(Y, S), S)
    assert isinstance(found, FunctionGradient) and found.variable != Y
    assert found.replace(f, lambda P, Q: Trace(P*Q)).doit() == Y.T


@pytest.mark.parametrize("expr", [conjugate(Trace(I*S)), Abs(I*Trace(S) + 1)], ids=str)
def test_complex_constants(expr):
    check_against_definition(expr, S)


def test_non_commutative_symbols_are_refused():
    P = Symbol("P", commutative=False)
    with pytest.raises(DerivativeNotImplementedError, match="MatrixSymbol"):
        gradient(P**2, P)
