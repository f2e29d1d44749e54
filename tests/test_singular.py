"""Matrices that sizes, structure or facts prove singular: zero, or refused."""

import pytest
from definition import check_against_definition, m, n
from sympy import (
    Determinant,
    ImmutableMatrix,
    Integer,
    MatrixSymbol,
    Q,
    Rational,
    S,
    Symbol,
    Trace,
    ZeroMatrix,
    assuming,
    log,
)
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    OneMatrix,
)

from sympy_matlayout import (
    FactsError,
    SingularError,
    SkewSymmetricMatrixSymbol,
    SymmetricMatrixSymbol,
    SymmetrizerMatrix,
    ValueMissingError,
    adjugate,
    canonical,
    gradient,
)
from sympy_matlayout.simplify.rank import is_singular, rank_bounds

A, B, X = (MatrixSymbol(name, n, n) for name in "ABX")
x, y, W = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1), MatrixSymbol("W", 3, 2)
x3, y3 = MatrixSymbol("x", 3, 1), MatrixSymbol("y", 3, 1)
A3, t = MatrixSymbol("A", 3, 3), Symbol("t")


@pytest.mark.parametrize("matrix, bound", [
    (x*y.T, 1), (x*y.T*A, 1), ((x*y.T)**2, 1), (x*x.T + y*y.T, 2), (OneMatrix(n, n), 1),
    (HadamardProduct(x*y.T + y*x.T, x*x.T), 2), (W*W.T, 2), (ZeroMatrix(n, n), 0),
    (KroneckerProduct(x*x.T, y*y.T), 1), ((W*W.T).T, 2),
], ids=str)
def test_bounds_of_the_rank(matrix, bound):
    assert Integer(bound) in rank_bounds(matrix)


def test_skew_matrices_of_odd_size():
    assert is_singular(SkewSymmetricMatrixSymbol("K", 3))
    assert not is_singular(SkewSymmetricMatrixSymbol("K", 4))
    assert not is_singular(SkewSymmetricMatrixSymbol("K", n))


@pytest.mark.parametrize("matrix, variable", [
    (x3*x3.T, x3), (W*W.T, W), (x3*y3.T + y3*x3.T, x3), (W*MatrixSymbol("V", 2, 3), W),
], ids=str)
def test_a_determinant_that_is_always_zero(matrix, variable):
    assert gradient(Determinant(matrix), variable) == ZeroMatrix(*variable.shape)
    check_against_definition(Determinant(matrix), variable)
    with pytest.raises(SingularError, match="no inverse"):
        gradient(Trace(matrix.inverse()), variable)


def test_the_determinant_of_an_odd_skew_matrix():
    K = SkewSymmetricMatrixSymbol("K", 3)
    assert gradient(Determinant(K), K) == ZeroMatrix(3, 3)


@pytest.mark.parametrize("f", [Determinant(x*x.T), Trace((x*x.T).inverse()),
                               log(Determinant(x*x.T + y*y.T))], ids=str)
def test_with_a_symbolic_size_what_is_singular_but_for_the_smallest(f):
    with pytest.raises(SingularError, match="for all n > "):
        gradient(f, x)


@pytest.mark.parametrize("f, variable", [
    (log(Determinant(x*x.T + Identity(n))), x), (log(Determinant(W.T*W)), W),
    (log(Determinant(MatrixSymbol("V", m, n)*MatrixSymbol("U", n, m))), MatrixSymbol("V", m, n)),
], ids=str)
def test_what_can_be_regular_is(f, variable):
    assert gradient(f, variable) != 0


def test_facts_that_make_the_question_meaningless():
    for f, variable in ((Trace(A.inverse()*B), A), (Trace(A.inverse()*B), B),
                        (Trace(adjugate(A)*B), A)):
        with pytest.raises(SingularError, match="no inverse"):
            gradient(f, variable, assumptions=Q.singular(A))
    with pytest.raises(ValueMissingError, match="zoo"):
        gradient(log(Determinant(A))*Trace(B), B, assumptions=Q.singular(A))
    with pytest.raises(SingularError):
        canonical(A.inverse()*B, Q.singular(A))
    assert gradient(Determinant(A)*Trace(B), B, assumptions=Q.singular(A)) == ZeroMatrix(n, n)
    assert gradient(Trace(A*X), X, assumptions=Q.singular(A)) == A.T
    with pytest.raises(FactsError, match="contradict"):
        gradient(Trace(A*X), X, assumptions=Q.singular(A) & Q.invertible(A))


@pytest.mark.parametrize("matrix", [
    A3 - A3.T, HadamardProduct(SkewSymmetricMatrixSymbol("K", 3), SymmetricMatrixSymbol("S", 3)),
    ImmutableMatrix([[t, t], [t, t]]), BlockDiagMatrix(x3*x3.T, A3), (x3*x3.T)[0:2, 0:2],
    HadamardPower(x3*y3.T, 2),
], ids=str)
def test_singular_as_a_whole(matrix):
    assert is_singular(matrix)


def test_roots_of_singular_matrices():
    with pytest.raises(SingularError, match="root has no derivative"):
        gradient(Trace((x3*x3.T)**Rational(1, 2)), x3)


def test_what_is_denied_is_a_fact_as_well():
    with pytest.raises(SingularError):
        gradient(Trace(A.inverse()*X), X, assumptions=~Q.invertible(A))
    with pytest.raises(FactsError, match="contradict"):
        gradient(Trace(A*X), X, assumptions=~Q.invertible(A) & ~Q.singular(A))
    with pytest.raises(FactsError, match="skew matrix of odd size"):
        gradient(Trace(A3), A3, assumptions=Q.antihermitian(A3) & Q.invertible(A3))
    with pytest.raises(FactsError, match="contradict"):
        gradient(Trace(A*X), A, structure="symmetric", assumptions=~Q.symmetric(A))
    # not orthogonal, and invertible all the same
    assert gradient(Trace(A*X), X, assumptions=~Q.orthogonal(A) & Q.invertible(A)) == A.T
    with assuming(Q.even(A)):
        assert gradient(Trace(A*X), X) == A.T


def test_the_symmetrizer_has_no_inverse():
    assert is_singular(SymmetrizerMatrix(S(2)))
