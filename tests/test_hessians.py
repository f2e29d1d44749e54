"""Hessians and Hessian-vector products against second differences, and as textbooks print them."""

import mpmath
import pytest
from definition import SIZES, check_against_definition, m, n, p
from mpmath import mp
from sympy import (
    Determinant,
    MatrixSymbol,
    S,
    Sum,
    Symbol,
    Trace,
    exp,
    log,
    sin,
)
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    OneMatrix,
    Transpose,
)

from sympy_matlayout import (
    CommutationMatrix,
    DiagonalEmbedding,
    Differential,
    Norm,
    ShapeError,
    Vec,
    hessian,
    hessian_from_differential,
    hessian_vector_product,
    second_differential,
)
from sympy_matlayout.core.shapes import is_matrix
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.numeric.evaluation import vec
from sympy_matlayout.simplify.normal_form import normal_form

i = Symbol("i", integer=True)
k = Symbol("k", integer=True, positive=True)
t = Symbol("t")
x, y, b = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1), MatrixSymbol("b", m, 1)
u, v = MatrixSymbol("u", m, 1), MatrixSymbol("v", n, 1)
X, C, U = MatrixSymbol("X", m, n), MatrixSymbol("C", m, n), MatrixSymbol("U", m, p)
W = MatrixSymbol("W", p, n)
A, B, M = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n), MatrixSymbol("M", n, n)

CASES = [
    (x.T*A*x, x, x), (log(1 + exp(x.T*y)), x, x), (Norm(X*x - b)**2, x, x), (Norm(x), x, x),
    (Sum(log(1 + exp(-y[i, 0]*x[i, 0])), (i, 0, n - 1)), x, x), (exp(x.T*A*x/20), x, x),
    (log(Determinant(A + x*x.T)), x, x), ((x.T*A*x)/(x.T*x), x, x),
    (Trace(x.applyfunc(sin).T*A*x), x, x), (Sum(x[i, 0]**3, (i, 0, n - 1)), x, x),
    (x.T*A*y, x, y), (b.T*X*x, X, x), (b.T*X*x, x, X), (Norm(X - U*W)**2, U, W),
    (Norm(X - U*W)**2, U, U), (Trace(X*A*X.T), X, X), (Trace(M*A*M*B), M, M), (Trace(M**3), M, M),
    (Determinant(M), M, M), (log(Determinant(M)), M, M), (Trace(A*M.inverse()), M, M),
    (Norm(X), X, X), (Trace(C.T*HadamardPower(X, 3)), X, X), (Norm(X*X.T)**2, X, X),
    (Trace(C.T*X.applyfunc(sin)), X, X), (Trace(X*A*X.T), X.T, X.T), (Trace(X*A*X.T), X, X.T),
    (Trace(M**k), M, M), (Trace(KroneckerProduct(M, M)*KroneckerProduct(A, B)), M, M),
    (Trace(DiagMatrix(x)*A*DiagMatrix(x)), x, x), (t**2*Trace(X*A*X.T), t, X),
    (t**2*Trace(X*A*X.T), X, t), (t**3*Trace(A), t, t), (Trace(A), x, x),
    (Trace(HadamardProduct(M, M.T)*A), M, M), (u.T*C*v, u, v),
]


def second_partials(f, first, second):
    """All ∂²f/∂xᵢ∂yⱼ by differences, in vec order."""
    symbols_ = [s.arg if isinstance(s, Transpose) else s for s in (first, second)]
    values = example_values([S(f), *symbols_], SIZES)
    h = mpmath.mpf(10)**-10

    def places(variable):
        if not is_matrix(variable):
            return [None]
        rows, cols = (int(s.subs(SIZES)) for s in variable.shape)
        found = [(r, c) for c in range(cols) for r in range(rows)]
        return [(c, r) for r, c in found] if isinstance(variable, Transpose) else found

    def value(*steps):
        moved = {**values, **{s: values[s].copy() if is_matrix(s) else values[s]
                              for s in symbols_}}
        for symbol, place, step in steps:
            if place is None:
                moved[symbol] += step
            else:
                moved[symbol][place] += step
        found = evaluate(S(f), moved)
        return found[0, 0] if isinstance(found, mpmath.matrix) else found

    rows, cols = places(first), places(second)
    H = mpmath.matrix(len(rows), len(cols))
    for r, a in enumerate(rows):
        for c, e in enumerate(cols):
            H[r, c] = sum(sa*se*value((symbols_[0], a, sa*h), (symbols_[1], e, se*h))
                          for sa in (1, -1) for se in (1, -1))/(4*h*h)
    return H, values


@pytest.mark.parametrize("f, first, second", CASES, ids=str)
def test_against_second_differences(f, first, second):
    with mp.workdps(45):
        wanted, values = second_partials(f, first, second)
        found = vec_of_scalar(evaluate(hessian(f, first, second), values))
        assert near(found, wanted, mpmath.mpf(10)**-12), hessian(f, first, second)
        if first == second:
            assert near(found, found.T, mpmath.mpf(10)**-35)
            check_product(f, first, found, values)


def vec_of_scalar(found):
    return found if isinstance(found, mpmath.matrix) else mpmath.matrix([[found]])


def check_product(f, variable, H, values):
    symbol = variable.arg if isinstance(variable, Transpose) else variable
    direction = Differential(symbol)  # any symbol of this shape
    V = Transpose(direction) if symbol != variable else direction
    step = example_values([direction], SIZES, seed=5)[direction]
    found = evaluate(hessian_vector_product(f, variable, V), {**values, direction: step})
    step = step.T if symbol != variable else step
    assert near(vec(found), H*vec(step), mpmath.mpf(10)**-30)


def test_magnus_neudecker_chapter_10():
    K = CommutationMatrix(n, n)
    assert normal_form(hessian(x.T*A*x, x)) == A + A.T
    assert normal_form(hessian(Trace(X*A*X.T), X)) == normal_form(
        KroneckerProduct(A + A.T, Identity(m)))
    assert normal_form(hessian(log(Determinant(M)), M)) == normal_form(
        -KroneckerProduct(M.inverse(), M.T.inverse())*K)  # = -K(M'⁻¹⊗M⁻¹)
    assert hessian(b.T*X*x, x, X).shape == (n, m*n)


def test_it_is_that_of_the_second_differential():
    for f, variable in ((Trace(M*A*M*B), M), (x.T*A*x, x), (Norm(X)**2, X)):
        from_d2f = hessian_from_differential(second_differential(f, variable), variable)
        with mp.workdps(30):
            values = example_values([S(f), variable], SIZES)
            assert near(evaluate(from_d2f, values), evaluate(hessian(f, variable), values),
                        mpmath.mpf(10)**-25)


def test_through_intermediates():
    r = MatrixSymbol("r", m, 1)
    assert normal_form(hessian(r.T*r, x, where={r: b - X*x})) == 2*X.T*X


def test_refusals():
    with pytest.raises(ShapeError, match="for scalars"):
        hessian(X*x, x)
    with pytest.raises(ShapeError, match="the direction is"):
        hessian_vector_product(x.T*A*x, x, b)


OBJECTIVES = [
    Norm(X*x - b)**2, log(1 + exp(Trace(x.T*y))), log(Determinant(A + DiagMatrix(x))),
    Trace(DiagMatrix(x)*A*DiagMatrix(x)*B), Trace(y.T*(A + DiagMatrix(x)).inverse()*y),
    log(Trace(OneMatrix(1, m)*(X*x).applyfunc(exp))), Trace(b.T*(X*x).applyfunc(sin)),
    Trace((C*(X.T*(X*x).applyfunc(sin)).applyfunc(sin)).T*b), Norm((X*x).applyfunc(sin) - b)**2,
    Trace(KroneckerProduct(x, x).T*KroneckerProduct(y, y)), Trace(x.T*A*x)/Trace(x.T*x),
    Sum(x[i, 0]*log(x[i, 0]), (i, 0, n - 1)), Trace(y.T*(A + x*x.T).inverse()*y),
]


@pytest.mark.parametrize("f", OBJECTIVES, ids=str)
def test_by_a_vector_no_kronecker_product_is_left(f):
    H = hessian(f, x)
    assert not H.has(KroneckerProduct, Vec, CommutationMatrix, DiagonalEmbedding)
    with mp.workdps(45):
        wanted, values = second_partials(f, x, x)
        assert near(evaluate(H, values), wanted, mpmath.mpf(10)**-12), H


@pytest.mark.parametrize("f", [
    Trace(x.T*A*x)**2, Norm(x), exp(Trace(x.T*A*x)/20), Sum(x[i, 0]**3, (i, 0, n - 1)),
    log(Trace(OneMatrix(1, m)*(X*x).applyfunc(exp))), Trace(b.T*(X*x).applyfunc(sin)),
    log(Determinant(A + x*x.T)), Trace(x.T*A*x)/Trace(x.T*x)], ids=str)
def test_third_derivatives_in_every_form(f):
    check_against_definition(hessian(f, x), x)
