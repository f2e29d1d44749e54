"""Derivatives by the entries of matrices of known sizes, as the matrices with their entries."""

import pickle

import pytest
from definition import check_against_definition, m, n, p
from sympy import Matrix, MatrixSymbol, Symbol, Trace, latex, srepr
from sympy.matrices.expressions import BlockMatrix, Identity, ZeroMatrix

from sympy_matlayout import MatrixUnit, canonical, gradient, jacobian, matrix_derivative, names

W, V = MatrixSymbol("W", 3, 3), MatrixSymbol("V", 2, 3)
A, X, x = MatrixSymbol("A", p, 2), MatrixSymbol("X", m, n), MatrixSymbol("x", n, 1)
t = Symbol("t")
N = Matrix([[1, 2, 3], [0, 1, 5], [2, 7, 1]])
explicit = W.as_explicit()


@pytest.mark.parametrize("f, variable, on_paper", [
    (Trace(explicit*N), W, N.T),
    (explicit.det(), W, explicit.adjugate().T),
    ((W*N)[0, 1], W, Matrix([[2, 1, 7], [0, 0, 0], [0, 0, 0]])),
    ((W**2)[1, 2], W, Matrix([
        [0, 0, W[1, 0]], [W[0, 2], W[1, 2], W[1, 1] + W[2, 2]], [0, 0, W[1, 2]]])),
    (V[0, 0]*V[1, 2] - t*V[0, 1], V, Matrix([[V[1, 2], -t, 0], [0, 0, V[0, 0]]])),
    (V[0, 0]**2 + Trace(A*V*V.T*A.T), V, None),
], ids=str)
def test_gradients(f, variable, on_paper):
    check_against_definition(f, variable)
    found = gradient(f, variable)
    assert not found.atoms(MatrixUnit) or on_paper is None
    assert canonical(found) == found
    assert eval(srepr(found), vars(names)) == found
    assert pickle.loads(pickle.dumps(found)) == found
    if on_paper is not None:
        assert (found - on_paper).as_explicit().is_zero_matrix
        assert r"\begin{matrix}" in latex(found)


def test_jacobians():
    assert jacobian(explicit, W) == Identity(9)
    assert jacobian(explicit*N, W) == Matrix(9, 9, lambda i, j: N[j//3, i//3]*(i % 3 == j % 3))
    check_against_definition(Matrix([[V[0, 0]*V[1, 1], t], [t**2, V[0, 1]]]), V)


def test_a_single_unit_stays():
    """e₂e₁' says more than a matrix of zeros, and is as short for all sizes."""
    assert gradient(t*V[1, 0], V) == t*MatrixUnit(2, 3, 1, 0)
    assert gradient(X[1, 0] + 2*X[0, 1], X) == 2*MatrixUnit(m, n, 0, 1) + MatrixUnit(m, n, 1, 0)


def test_rows_of_which_there_are_enough():
    """x[:2, :] says itself that x has two rows, or more."""
    J = jacobian(x[:2, :], x)
    assert J == BlockMatrix([[Identity(2), ZeroMatrix(2, n - 2)]])
    assert J.subs(n, 2).as_explicit() == Matrix([[1, 0], [0, 1]])
    check_against_definition(x[:2, :], x)
    k = Symbol("k", integer=True, positive=True)
    D = matrix_derivative(Trace(X[:k, :]*X[:k, :].T), X)
    assert D == 2*BlockMatrix([[X[:k, :]], [ZeroMatrix(m - k, n)]])


