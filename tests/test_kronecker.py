"""Kronecker products as the constructors simplify them: M&N chapter 2.2."""

import mpmath
import pytest
from definition import SIZES, check_against_definition, m, n, p, q
from mpmath import mp, mpf
from sympy import Determinant, Inverse, MatMul, MatPow, MatrixSymbol, Symbol, Trace, log, srepr
from sympy.matrices.expressions import DotProduct, Identity, KroneckerProduct, MatAdd

from sympy_matlayout import CommutationMatrix, MatrixSum, Vec, canonical, collect_vec
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.reading.read import read_function

k = Symbol("k", integer=True)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", m, m)
C, D, E = MatrixSymbol("C", n, p), MatrixSymbol("D", m, q), MatrixSymbol("E", p, n)
AB = KroneckerProduct(A, B)

RULES = {
    "(A⊗B)(C⊗D) = AC⊗BD": (MatMul(AB, KroneckerProduct(C, D)), KroneckerProduct(A*C, B*D)),
    "(A⊗I)(I⊗B) = A⊗B": (MatMul(KroneckerProduct(A, Identity(m)),
                                 KroneckerProduct(Identity(n), B)), AB),
    "(A⊗B)⁻¹ = A⁻¹⊗B⁻¹": (Inverse(AB), KroneckerProduct(A.inverse(), B.inverse())),
    "(A⊗B)ᵏ = Aᵏ⊗Bᵏ": (MatPow(AB, k), KroneckerProduct(A**k, B**k)),
    "(C⊗E)(C⊗E) = (C⊗E)²": (MatMul(KroneckerProduct(C, E), KroneckerProduct(C, E)),
                             MatPow(KroneckerProduct(C, E), 2)),
    "tr(A⊗B) = tr A tr B": (Trace(AB), Trace(A)*Trace(B)),
    "|A⊗B| = |A|ᵐ|B|ⁿ": (Determinant(AB), Determinant(A)**m*Determinant(B)**n),
}


@pytest.mark.parametrize("name", RULES)
def test_rules(name):
    given, wanted = RULES[name]
    found = read_function(given)
    assert found == wanted
    with mp.workdps(30):
        values = example_values([given], SIZES)
        assert near(evaluate(found, values), evaluate(given, values), mpmath.mpf(10)**-24)


UNTOUCHED = [
    Trace(KroneckerProduct(C, E)),                       # square as a whole, its factors not
    Determinant(KroneckerProduct(C, C.T)),
]


@pytest.mark.parametrize("given", UNTOUCHED, ids=str)
def test_factors_that_are_not_square_stay(given):
    assert read_function(given).has(KroneckerProduct)


def test_differentiates_all_the_same():
    for f, variable in ((Trace(AB), A), (Determinant(AB), B), (log(Determinant(AB)), A),
                        (Inverse(AB), A), (MatMul(AB, KroneckerProduct(C, D)), B)):
        check_against_definition(f, variable)


# --- vecs that are as long as one another, of matrices of different shapes ----------------

X, Z = MatrixSymbol("X", m, n), MatrixSymbol("Z", n, m)
K = CommutationMatrix(m, n)
AS_LONG = {
    "vec(X)'vec(Z)": (Trace(Vec(X).T*Vec(Z)), X),
    "vec(Z')'vec(X')": (DotProduct(Vec(Z.T), Vec(X.T)), Z),
    "vec(X)'K vec(X)": (Trace(MatMul(Vec(X).T, K, Vec(X))), X),
    "tr(vec(X)vec(X)'K)": (Trace(MatMul(Vec(X), Vec(X).T, K)), X),
    "vec(X)'vec(Z) + vec(X')'vec(Z)": (Trace(Vec(X).T*Vec(Z)) + Trace(Vec(X.T).T*Vec(Z)), X),
    "vec(X)'(A⊗B)vec(Z)": (Trace(MatMul(Vec(X).T, KroneckerProduct(B, A), Vec(Z))), X),
}


@pytest.mark.parametrize("name", AS_LONG)
def test_vecs_of_different_shapes_are_no_trace(name):
    f, variable = AS_LONG[name]
    check_against_definition(f, variable)
    with mp.workdps(30):
        values = example_values([f], SIZES)
        for form in (canonical, collect_vec):
            assert near(evaluate(form(f), values), evaluate(f, values), mpmath.mpf(10)**-24)


def test_vecs_of_one_shape_are():
    Y = MatrixSymbol("Y", m, n)
    assert canonical(Trace(Vec(X).T*Vec(Y))) == canonical(Trace(X.T*Y))
    assert collect_vec(Vec(X).T*Vec(Z)) == Trace(Vec(X).T*Vec(Z))


# --- beside sums over an index, whose terms have scalars that hold it ----------------------

i = Symbol("i", integer=True)
A2, B3, X32 = MatrixSymbol("A", 2, 2), MatrixSymbol("B", 3, 3), MatrixSymbol("X", 3, 2)
WEIGHTED = MatrixSum(i*KroneckerProduct(A2**i, B3), (i, 1, 3))
TURNED = MatrixSum(i*KroneckerProduct(B3, A2**i), (i, 1, 3))
K32 = CommutationMatrix(3, 2)
BESIDE_SUMS = [
    (MatMul(K32, WEIGHTED), MatMul(TURNED, K32)),
    (MatMul(K32, WEIGHTED, Vec(X32)),
     MatMul(TURNED, Vec(X32.T))),
    (MatMul(K32, MatAdd(KroneckerProduct(A2, B3), 2*KroneckerProduct(A2, B3.T)), K32.T),
     KroneckerProduct(B3 + 2*B3.T, A2)),
    (MatMul(WEIGHTED, KroneckerProduct(A2.T, B3)),
     MatrixSum(i*KroneckerProduct(A2**i*A2.T, B3**2), (i, 1, 3))),
]


@pytest.mark.parametrize("given_, wanted", BESIDE_SUMS, ids=str)
def test_beside_sums(given_, wanted):
    found = canonical(given_)
    assert srepr(found) == srepr(wanted)
    with mp.workdps(30):
        values = example_values([given_], {})
        value = evaluate(given_, values)
        assert near(evaluate(found, values), value, mpf(10)**-20)
        assert near(evaluate(wanted, values), value, mpf(10)**-20)
