"""vec, vech, K, D, L and N: against statsmodels, and their algebra."""

import pickle

import numpy as np
import pytest
import sympy
from definition import check_against_definition, check_derivation, m, n
from statsmodels.tsa import tsatools
from sympy import Matrix, MatrixSymbol, Symbol, Trace, latex, pretty, srepr, symbols
from sympy.core.symbol import Str
from sympy.matrices.expressions import Identity

import sympy_matlayout
from sympy_matlayout import (
    CommutationMatrix,
    DuplicationMatrix,
    EliminationMatrix,
    ShapeError,
    SymmetrizerMatrix,
    Unvech,
    Vec,
    Vech,
    differential,
    jacobian,
    vec,
    vech,
)
from sympy_matlayout.canonical import constructors as c

SIZES = range(1, 6)
i, j = symbols("i j", integer=True)
A, X = MatrixSymbol("A", n, n), MatrixSymbol("X", n, n)
w = MatrixSymbol("w", n*(n + 1)/2, 1)
D, L, N = DuplicationMatrix(n), EliminationMatrix(n), SymmetrizerMatrix(n)
K = CommutationMatrix(n, n)


def numbers(matrix):
    return np.array(matrix.as_explicit().tolist(), dtype=float)


@pytest.mark.parametrize("size", SIZES)
def test_constant_matrices_are_those_of_statsmodels(size):
    assert (numbers(DuplicationMatrix(size)) == tsatools.duplication_matrix(size)).all()
    assert (numbers(EliminationMatrix(size)) == tsatools.elimination_matrix(size)).all()
    for other in SIZES:
        assert (numbers(CommutationMatrix(size, other))
                == tsatools.commutation_matrix(size, other)).all()
    square = numbers(CommutationMatrix(size, size))
    assert (numbers(SymmetrizerMatrix(size)) == (np.eye(size**2) + square)/2).all()


@pytest.mark.parametrize("size", SIZES)
def test_vec_and_vech_are_those_of_statsmodels(size):
    values = np.arange(size*size).reshape(size, size)**2 + 1
    matrix = Matrix(values.tolist())
    assert list(vec(matrix)) == list(tsatools.vec(values))
    assert list(vech(matrix)) == list(tsatools.vech(values))
    column = np.arange(size*(size + 1)//2) + 1
    found = Unvech(Matrix(column.tolist()), size).as_explicit()
    assert (np.array(found.tolist(), dtype=int) == tsatools.unvech(column)).all()


@pytest.mark.parametrize("node", [D, L, N, K, D.T, L.T], ids=str)
def test_symbolic_entries_are_the_explicit_ones(node):
    for size in (1, 2, 3, 4):
        small = node.subs(n, size)
        explicit = small.as_explicit()
        for r in range(explicit.rows):
            for s in range(explicit.cols):
                assert node[i, j].subs({n: size}).subs({i: r, j: s}) == explicit[r, s]


def test_entries_of_vech_and_unvech():
    small = MatrixSymbol("X", 3, 3)
    assert [Vech(small)[r, 0].doit() for r in range(6)] == list(Vech(small).as_explicit())
    v = MatrixSymbol("v", 6, 1)
    assert Unvech(v, 3)[2, 1] == Unvech(v, 3)[1, 2] == v[4, 0]
    assert Unvech(w, n)[i, j].subs({i: 1, j: 0}) == w[1, 0]


ALGEBRA = {
    "LD = I": (L, D, Identity(n*(n + 1)/2)),
    "LL' = I": (L, L.T, Identity(n*(n + 1)/2)),
    "KD = D": (K, D, D),
    "ND = D": (N, D, D),
    "NN = N": (N, N, N),
    "KN = N": (K, N, N),
    "NK = N": (N, K, N),
    "KK = I": (K, K, Identity(n**2)),
    "D'K = D'": (D.T, K, D.T),
    "D'N = D'": (D.T, N, D.T),
    "D'L' = I": (D.T, L.T, Identity(n*(n + 1)/2)),
}


@pytest.mark.parametrize("name", ALGEBRA)
def test_algebra(name):
    left, right, wanted = ALGEBRA[name]
    assert c.multiply(left, right) == wanted
    for size in (2, 3):
        both = [numbers(a.subs(n, size)) for a in (left, right, wanted)]
        assert (both[0] @ both[1] == both[2]).all()


def test_pseudo_inverses():
    for size in (2, 3):
        for node in (DuplicationMatrix(size), EliminationMatrix(size), SymmetrizerMatrix(size)):
            assert np.allclose(numbers(node.pinv()), np.linalg.pinv(numbers(node)))
    assert c.multiply(D.pinv(), D) == Identity(n*(n + 1)/2)
    assert Trace(SymmetrizerMatrix(3)).doit() == 6 and Trace(N).doit() == n*(n + 1)/2
    assert SymmetrizerMatrix(1).det() == 1 and SymmetrizerMatrix(2).det() == 0


def test_vech_undoes_unvech():
    assert vech(Unvech(w, n)) == w and Unvech(w, n).T == Unvech(w, n)
    assert vech(2*Unvech(w, n)) == 2*w
    assert vech(MatrixSymbol("s", 1, 1)) == MatrixSymbol("s", 1, 1)


def test_differentials():
    assert differential(Vech(X*A), X) == Vech(differential(X*A, X))
    assert jacobian(Vech(X), X) == L and jacobian(Unvech(w, n), w) == D
    assert jacobian(Vech(X.T), X) == c.multiply(L, K)
    for F, variable in ((Vech(X*A*X.T), X), (Trace(A*Unvech(w, n)*A), w),
                        (Unvech(w, n).inverse(), w), (Vech(Unvech(w, n)**2), w)):
        check_against_definition(F, variable)
        check_derivation(F, variable)


def test_ordinary_sympy():
    space = vars(sympy) | {"Str": Str} | vars(sympy_matlayout)
    for node in (D, L, N, K, Vech(X), Unvech(w, n), Vec(X)):
        assert node.func(*node.args) == node and pickle.loads(pickle.dumps(node)) == node
        assert eval(srepr(node), space) == node
        assert pretty(node)
    assert [latex(a) for a in (D, L, N)] == ["D_{n}", "L_{n}", "N_{n}"]
    assert latex(Vech(X)) == r"\operatorname{vech}\left(X\right)"
    assert Vech(X).subs(n, 2).as_explicit().shape == (3, 1)


def test_refusals():
    with pytest.raises(ShapeError, match="square"):
        Vech(MatrixSymbol("Y", m, n))
    with pytest.raises(ShapeError, match="does not fill the triangle"):
        Unvech(MatrixSymbol("v", 5, 1), 3)
    with pytest.raises(ShapeError, match="needs a column"):
        Unvech(X, n)
    with pytest.raises(ShapeError, match="a size must be"):
        DuplicationMatrix(-1)
    assert DuplicationMatrix(Symbol("k")).shape == (Symbol("k")**2, Symbol("k")*(Symbol("k") + 1)/2)
