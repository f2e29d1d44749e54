"""Norms: derivatives where they exist, values, and refusals."""

import pickle

import numpy as np
import pytest
import sympy
from definition import check_against_definition, check_derivation, m, n, p
from mpmath import matrix, mpf
from sympy import (
    I,
    Matrix,
    MatrixSymbol,
    Rational,
    Symbol,
    Trace,
    ZeroMatrix,
    exp,
    lambdify,
    latex,
    log,
    oo,
    pretty,
    sqrt,
    srepr,
)
from sympy.core.symbol import Str

from sympy_matlayout import (
    DerivativeNotImplementedError,
    Norm,
    ShapeError,
    Vec,
    gradient,
    max_entry,
)
from sympy_matlayout.numeric import evaluate

X, T = MatrixSymbol("X", m, n), MatrixSymbol("T", n, m)
A, B, C = MatrixSymbol("A", p, m), MatrixSymbol("B", p, n), MatrixSymbol("C", n, p)
x, a = MatrixSymbol("x", n, 1), MatrixSymbol("a", m, 1)
r = Symbol("r", positive=True)

DIFFERENTIABLE = [
    (Norm(X), X), (Norm(x), x), (Norm(x.T)**3, x), (Norm(x, 1), x), (Norm(x, 3), x),
    (Norm(x - C*A*a, 1), x), (Norm(x - C*A*a, Rational(5, 2)), x), (Norm(x, r), x),
    (Norm(A*X + B)**2, X), (Norm(T, "nuc"), T), (X/Norm(X), X), (x/Norm(x), x),
    (x/Norm(x, 3), x), (Norm(Vec(X), 1), X), (Norm(X*x - a), x),
    (log(1 + Norm(X*x - a)**2), X), (Norm(x.T*x)*x, x), (exp(-Norm(X)), X), (X*Norm(x), x),
    (Norm(X), X.T), (Norm(r*X), r), (Norm(X, 2), X), (Norm(A*X + B, 2)**2, X), (Norm(X, "nuc"), X),
    (Norm(x, oo), x), (Norm(x - C*A*a, oo), x), (Norm(Vec(X), oo), X), (max_entry(A*X), X),
]


@pytest.mark.parametrize("f, variable", DIFFERENTIABLE, ids=str)
def test_against_the_definition(f, variable):
    check_against_definition(f, variable)
    check_derivation(f, variable)


def test_matrix_cookbook_2_8():
    assert gradient(Norm(x - C*A*a), x) == 1/Norm(x - C*A*a)*(x - C*A*a)
    assert gradient(Norm(X)**2, X) == 2*X


def test_values():
    three_four = Matrix([3, -4])
    assert (Norm(three_four).doit(), Norm(three_four, 1).doit(), Norm(three_four, oo).doit()) == (
        5, 7, 4)
    assert Norm(Matrix([[1, 2], [3, 4]])).doit() == sqrt(30)
    assert Norm(X).rewrite(Trace) == sqrt(Trace(X.T*X))
    numbers = np.array([[1.0, 2, 0], [0, 3, 1]])
    for order in ("fro", "nuc", 2):
        wanted = np.linalg.norm(numbers, order)
        assert abs(evaluate(Norm(X, order), {X: matrix(numbers.tolist())}) - mpf(wanted)) < 1e-12
        assert abs(lambdify(X, Norm(X, order))(numbers) - wanted) < 1e-12
    column = np.array([[1.0], [2], [-2]])
    for order in (1, 2, 3):
        found = lambdify(x, Norm(x, order))(column)
        assert abs(found - np.linalg.norm(column[:, 0], order)) < 1e-12


def test_ordinary_sympy():
    for node in (Norm(X), Norm(x, 3), Norm(X, "nuc"), Norm(X, 2), Norm(x, oo)):
        assert node.func(*node.args) == node and pickle.loads(pickle.dumps(node)) == node
        assert eval(srepr(node), vars(sympy) | {"Str": Str, "Norm": Norm}) == node
    assert latex(Norm(X)**2) == r"\left\|X\right\|_{F}^{2}"
    assert (str(Norm(X)), pretty(Norm(x))) == ("Norm(X)", "‖x‖")
    assert Norm(X).is_nonnegative and Norm(X).is_commutative


def test_wide_matrices():
    wide = MatrixSymbol("V", 2, 3)
    check_against_definition(Norm(wide, "nuc"), wide)
    assert Norm(ZeroMatrix(2, 3)).doit() == 0


def test_refusals():
    with pytest.raises(DerivativeNotImplementedError, match="is not differentiated"):
        gradient(Norm(x, r), r)
    with pytest.raises(ShapeError, match="use Abs"):
        Norm(r)
    for arguments in ((X, 1), (X, oo), (X, "frob"), (x, Rational(1, 2)), (x, "max"), (x, I)):
        with pytest.raises(ValueError, match="no norm of order"):
            Norm(*arguments)
