"""Derivatives of stacked and sliced functions, in blocks as they are written on paper."""

import pickle

import pytest
from definition import SIZES, check_against_definition, m, n, p, values_for
from mpmath import mp, mpf
from sympy import Dummy, MatrixSymbol, Q, Trace, sin, srepr, tanh
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    Identity,
    KroneckerProduct,
    ZeroMatrix,
)

from sympy_matlayout import Norm, canonical, gradient, hessian, jacobian, matrix_derivative, names
from sympy_matlayout.numeric import evaluate
from sympy_matlayout.numeric.definition import near

A, B = MatrixSymbol("A", m, n), MatrixSymbol("B", p, n)
x, y, z = MatrixSymbol("x", n, 1), MatrixSymbol("y", m, 1), MatrixSymbol("z", m + n, 1)
X = MatrixSymbol("X", n, 2)
c, C = MatrixSymbol("c", m + p, 1), MatrixSymbol("C", m + n, m + n)
stacked = BlockMatrix([[A*x], [B*x]])


@pytest.mark.parametrize("function, variable, jacobian_on_paper", [
    (stacked, x, BlockMatrix([[A], [B]])),
    (BlockMatrix([[A*x], [B*x.applyfunc(tanh)]]), x, None),
    (BlockMatrix([[A*X], [B*X]]), X, KroneckerProduct(Identity(2), BlockMatrix([[A], [B]]))),
    (BlockMatrix([[x, A.T*y]]), x, None),
    (BlockMatrix([[x], [y]]), y, BlockMatrix([[ZeroMatrix(n, m)], [Identity(m)]])),
    (A*z[m:, :], z, BlockMatrix([[ZeroMatrix(m, m), A]])),
    (A*z[m:, :] + 3*z[:m, :], z, BlockMatrix([[3*Identity(m), A]])),
    (A.T*z[:m, :] - 2*z[m:, :], z, BlockMatrix([[A.T, -2*Identity(n)]])),
    (BlockMatrix([[A.T*z[:m, :]], [z[:m, :]]]), z, BlockMatrix([
        [A.T, ZeroMatrix(n, n)], [Identity(m), ZeroMatrix(m, n)]])),
], ids=str)
def test_jacobian_of_stacked_functions(function, variable, jacobian_on_paper):
    check_against_definition(function, variable)
    J = jacobian(function, variable)
    assert "SelectionMatrix" not in str(J)
    assert canonical(J) == J
    assert eval(srepr(J), vars(names)) == J
    if not J.atoms(Dummy):  # which SymPy could not pickle before 1.14
        assert pickle.loads(pickle.dumps(J)) == J
    if jacobian_on_paper is not None:
        assert J == canonical(jacobian_on_paper)


@pytest.mark.parametrize("f, variable, gradient_on_paper", [
    (Norm(stacked)**2, x, 2*(A.T*A + B.T*B)*x),
    (Trace(c.T*stacked), x, A.T*c[:m, :] + B.T*c[m:, :]),
    (Trace(y.T*A*z[m:, :]), z, BlockMatrix([[ZeroMatrix(m, 1)], [A.T*y]])),
    (Norm(z[:m, :] - A*z[m:, :])**2, z, None),
    (Norm(z[1:, :] - z[:-1, :])**2, z, None),
    (Trace(C[:m, m:]*A.T), C, BlockMatrix([
        [ZeroMatrix(m, m), A], [ZeroMatrix(n, m), ZeroMatrix(n, n)]])),
    (Trace(z.T*C*z)*Trace(y.T*z[:m, :]), z, None),
], ids=str)
def test_gradient_of_stacked_functions(f, variable, gradient_on_paper):
    check_against_definition(f, variable)
    G = gradient(f, variable)
    assert canonical(G) == G
    if gradient_on_paper is not None:
        assert G == canonical(gradient_on_paper)


def test_a_hessian_of_blocks():
    assert hessian(Trace(z[:m, :].T*A*z[m:, :]), z) == BlockMatrix([
        [ZeroMatrix(m, m), A], [A.T, ZeroMatrix(n, n)]])
    w = BlockMatrix([[y], [x]])
    assert hessian(Trace(w.T*C*w), y) == (C + C.T)[:m, :m]
    assert hessian(Trace(w.T*C*w), y, assumptions=Q.symmetric(C)) == 2*C[:m, :m]
    check_against_definition(gradient(Trace(w.T*C*w), y), y)


@pytest.mark.parametrize("f", [
    Trace(X.T*X)**2, Norm(A*x - y)**4, Trace(x.T*DiagMatrix(x.applyfunc(sin))*x)], ids=str)
def test_a_result_that_is_not_simplified_is_as_right(f):
    variable = X if f.has(X) else x
    with mp.workdps(50):
        values = values_for(f, variable)
        for derivative in (gradient, hessian):
            plain, short = (derivative(f, variable, simplify=s) for s in (False, True))
            assert near(evaluate(plain, values), evaluate(short, values), mpf(10)**-40)
            assert canonical(plain) == canonical(short)
    assert gradient(Trace(X.T*X)**2, X, simplify=False) != gradient(Trace(X.T*X)**2, X)


def test_nothing_is_simplified_in_an_array_either():
    plain = matrix_derivative(X*Trace(X.T*X), X, form="array", simplify=False)
    short = matrix_derivative(X*Trace(X.T*X), X, form="array")
    values = values_for(X, X)
    assert SIZES and plain != short
    with mp.workdps(50):
        found, wanted = (evaluate(D, values) for D in (plain, short))
        assert near(found, wanted, mpf(10)**-40)
