"""vec, vech, K, D, L and N: against statsmodels, and their algebra."""

import pickle

import numpy as np
import pytest
import sympy
from definition import check_against_definition, check_derivation, m, n
from statsmodels.tsa import tsatools
from sympy import Matrix, MatrixSymbol, Symbol, Trace, latex, pretty, srepr, symbols
from sympy.core.symbol import Str
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatMul,
    ZeroMatrix,
)

import sympy_matlayout
from sympy_matlayout import (
    CommutationMatrix,
    DiagonalEmbedding,
    DuplicationMatrix,
    EliminationMatrix,
    MatrixUnit,
    NotLinearError,
    SelectionMatrix,
    ShapeError,
    SymmetrizerMatrix,
    Unvec,
    Unvech,
    VariableError,
    Vec,
    Vech,
    collect_vec,
    differential,
    expand_vec,
    jacobian,
    unvec,
    unvech,
    vec,
    vech,
)
from sympy_matlayout.simplify import constructors as c
from sympy_matlayout.simplify.normal_form import normal_form

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


# --- what all constant matrices share ---------------------------------------------------

k = Symbol("k", integer=True)
CONSTANTS = [
    K, CommutationMatrix(m, n), D, L, N, DiagonalEmbedding(n), SelectionMatrix(m, n, 0, 2),
    MatrixUnit(m, n, 1, k), MatrixUnit(n, n, 0, k),
]
NUMBERS = {m: 2, n: 3, k: 1}


@pytest.mark.parametrize("node", CONSTANTS, ids=str)
def test_constants_against_their_explicit_matrices(node):
    explicit = node.subs(NUMBERS).as_explicit()
    assert explicit == Matrix(*explicit.shape, lambda r, s: node[i, j].subs(NUMBERS).subs(
        {i: r, j: s}).doit())
    assert tuple(size.subs(NUMBERS) for size in node.shape) == explicit.shape
    assert node.T.doit().subs(NUMBERS).as_explicit() == explicit.T
    assert np.allclose(numbers(node.pinv().subs(NUMBERS)), np.linalg.pinv(numbers(
        node.subs(NUMBERS))))
    if node.shape[0] == node.shape[1]:
        assert Trace(node).doit().subs(NUMBERS).doit() == explicit.trace()
        assert node.det().subs(NUMBERS).doit() == explicit.det()


@pytest.mark.parametrize("rows", SIZES)
def test_trace_and_determinant_of_the_commutation_matrix(rows):
    for cols in SIZES:
        node = CommutationMatrix(rows, cols)
        assert Trace(node).doit() == node.as_explicit().trace()
        assert node.det() == node.as_explicit().det()


Y = MatrixSymbol("Y", m, n)
Psi, S_ = DiagonalEmbedding(n), SelectionMatrix(m, n, 0, 1)

PRODUCTS = {
    "K vec Y = vec Y'": (lambda: CommutationMatrix(m, n)*Vec(Y), Vec(Y.T)),
    "L vec X = vech X": (lambda: L*Vec(X), Vech(X)),
    "(B'⊗A) vec Y = vec AYB": (lambda: KroneckerProduct(X.T, A.subs(n, m))*Vec(Y),
                               Vec(A.subs(n, m)*Y*X)),
    "KK' = I": (lambda: CommutationMatrix(m, n)*CommutationMatrix(n, m), Identity(m*n)),
    "K² = I": (lambda: K*K, Identity(n**2)),
    "NN = N": (lambda: N*N, N),
    "DD⁺ = N": (lambda: D*D.pinv(), N),
    "D⁺D = I": (lambda: D.pinv()*D, Identity(n*(n + 1)/2)),
    "K(X⊗A)K = A⊗X": (lambda: K*KroneckerProduct(X, A)*K, KroneckerProduct(A, X)),
    "Ψ'Ψ = I": (lambda: Psi.T*Psi, Identity(n)),
    "KΨ = Ψ": (lambda: K*Psi, Psi),
    "SS' = I": (lambda: S_*S_.T, Identity(m)),
    "E₀₁E₁₀ = E₀₀": (lambda: MatrixUnit(m, n, 0, 1)*MatrixUnit(n, m, 1, 0),
                     MatrixUnit(m, m, 0, 0)),
    "E₀₁E₀₀ = 0": (lambda: MatrixUnit(m, n, 0, 1)*MatrixUnit(n, m, 0, 0), ZeroMatrix(m, m)),
    "2·3": (lambda: 2*(3*N), 6*N),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_as_they_are_written(name):
    product, wanted = PRODUCTS[name]
    assert product() == wanted


def test_products_keep_their_shapes():
    with pytest.raises(ValueError, match=r"not aligned|incompatible|dimension"):
        CommutationMatrix(2, 3)*Vec(MatrixSymbol("Z", 2, 2))
    assert MatMul(CommutationMatrix(m, n), Vec(Y)).args == (CommutationMatrix(m, n), Vec(Y))


def test_printing():
    assert [pretty(a) for a in (K, D, L, N, Psi, CommutationMatrix(m, n))] == [
        "Kₙₙ", "Dₙ", "Lₙ", "Nₙ", "Ψₙ", "Kₘₙ"]
    assert pretty(CommutationMatrix(m + 1, n)) == "K[m + 1, n]"
    assert pretty(K, use_unicode=False) == "K[n, n]"
    assert [pretty(a) for a in (Vec(Y), Vech(X), Unvech(w, n))] == [
        "vec(Y)", "vech(X)", "unvech(w, n)"]
    assert [latex(a) for a in (CommutationMatrix(m, n), Psi, MatrixUnit(m, n, 0, k))] == [
        "K_{m,n}", r"\Psi_{n}", "E_{0,k}"]
    for node in (*CONSTANTS, Vec(Y), Unvec(MatrixSymbol("v", m*n, 1), m, n), Vech(X)):
        space = vars(sympy) | {"Str": Str} | vars(sympy_matlayout)
        assert eval(str(node), space | {"X": X, "Y": Y, "m": m, "n": n, "k": k,
                                        "v": MatrixSymbol("v", m*n, 1)}) == node
        assert eval(srepr(node), space) == node == pickle.loads(pickle.dumps(node))
        assert node.func(*node.args) == node


def test_vec_and_unvec_evaluate_and_check():
    v = MatrixSymbol("v", m*n, 1)
    assert vec(Unvec(v, m, n)) == v and unvec(Vec(Y), m, n) == Y
    assert unvec(v, m, n) == Unvec(v, m, n) and unvech(vech(X), n) == Unvech(Vech(X), n)
    assert unvec(Matrix([1, 2, 3, 4, 5, 6]), 2, 3) == Matrix([[1, 3, 5], [2, 4, 6]])
    for call in (lambda: vec(k), lambda: unvec(v, n, n), lambda: unvec(X, n, n),
                 lambda: vech(Y), lambda: unvech(v, n)):
        with pytest.raises(ShapeError):
            call()


# --- by the vec of variables, and back --------------------------------------------------

P_, Q_ = MatrixSymbol("P", 5, m), MatrixSymbol("Q", n, 3)

EXPANDED = {
    "vec AXB": (Vec(P_*Y*Q_), Y, KroneckerProduct(Q_.T, P_)),
    "vec X'": (Vec(Y.T), Y, CommutationMatrix(m, n)),
    "vech X": (Vech(X), X, L),
    "vec X∘A": (Vec(HadamardProduct(X, A)), X, DiagMatrix(Vec(A))),
}


@pytest.mark.parametrize("name", EXPANDED)
def test_expand_vec_and_collect_vec(name):
    given, variable, wanted = EXPANDED[name]
    found = expand_vec(given, variable)
    assert found == MatMul(wanted, Vec(variable))
    assert normal_form(collect_vec(found)) == normal_form(given)


def test_expand_vec_keeps_constants_and_refuses_the_rest():
    found = expand_vec(Vec(X*A + A), X)
    assert normal_form(found - Vec(A) - Vec(X*A)) == ZeroMatrix(n**2, 1)
    with pytest.raises(NotLinearError, match="not linear in X"):
        expand_vec(Vec(X*X), X)
    with pytest.raises(VariableError, match="needs the MatrixSymbols"):
        expand_vec(Vec(X*X))


def test_collect_vec():
    assert collect_vec(Vec(Y).T*Vec(Y)) == Trace(Y.T*Y)
    assert collect_vec(MatMul(2, K, MatMul(3, Vec(X)))) == 6*Vec(X.T)
    assert collect_vec(MatMul(N, L.T, D.T)) == N
    assert collect_vec(MatMul(Vec(Y).T, KroneckerProduct(Q_, P_.T))) == Vec(P_*Y*Q_).T
