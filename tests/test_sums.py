"""Sums and products over an index: names, limits in descending order, constant powers."""

import mpmath
import pytest
from definition import check_against_definition, n
from sympy import (
    Determinant,
    Integer,
    MatrixSymbol,
    Product,
    Sum,
    Symbol,
    Trace,
    ZeroMatrix,
    sin,
    symbols,
)

from sympy_matlayout import MatrixSum, VariableError, canonical, differential, gradient
from sympy_matlayout.numeric import evaluate
from sympy_matlayout.numeric.definition import near

i, j, k = symbols("i j k", integer=True)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
x = MatrixSymbol("x", n, 1)


SIZE = 3


def values():
    entry = iter(range(1, 100))
    return {n: SIZE, **{M: mpmath.matrix(SIZE, SIZE).apply(lambda _: mpmath.mpf(next(entry))/7)
                        for M in (A, B)},
            x: mpmath.matrix([mpmath.mpf(k + 2)/3 for k in range(SIZE)])}


def same(found, wanted):
    """Equal by value, at 3 by 3 matrices of different entries."""
    return near(evaluate(found, values()), evaluate(wanted, values()), mpmath.mpf(10)**-12)


@pytest.mark.parametrize("f", [
    Product(Trace(A) + i, (i, 3, 0)),
    Product(Trace(A) + i, (i, 2, -2)),
    Product(Trace(A)*i + 1, (i, 3, 2)),  # empty
    Product(Trace(A) + i, (i, 0, 3)),
    Sum(Trace(A)**i, (i, 4, 0)),
    Sum(sin(i*Trace(A)), (i, 5, 1)),
], ids=str)
def test_descending_limits_as_in_sympy(f):
    # Karr: from a to b < a - 1 it is the negative sum, one over the product, of b + 1 to a - 1
    check_against_definition(f.doit(), A)
    assert same(gradient(f, A), gradient(f.doit(), A))


def test_a_product_whose_limits_may_descend():
    f = Product(Trace(A) + i, (i, j, k))
    found = gradient(f, A)
    for ends in ({j: 0, k: 3}, {j: 3, k: 0}, {j: 2, k: 1}):
        check_against_definition(f.subs(ends).doit(), A)
        assert same(found.subs(ends), gradient(f.subs(ends).doit(), A))


def test_a_product_holds_where_a_factor_is_zero():
    found = gradient(Product(x[i, 0], (i, 0, n - 1)), x).subs(n, 3).as_explicit().doit()
    y = x.subs(n, 3)
    assert list(found) == [y[1, 0]*y[2, 0], y[0, 0]*y[2, 0], y[0, 0]*y[1, 0]]


a = A.subs(n, SIZE).as_explicit()
whole = range(SIZE)
ONE_NAME = {  # each sum beside itself written out by hand
    "i twice": (Sum(sin(A[i, j]), (i, 0, j), (i, 0, n - 1), (j, 0, n - 1)),
                sum(sin(a[r, s]) for s in whole for _ in whole for r in range(s + 1))),
    "a limit of another": (Sum(sin(A[i, j]), (j, 0, i), (i, 0, n - 1)),
                           sum(sin(a[r, s]) for r in whole for s in range(r + 1))),
    "a sum inside": (Sum(sin(A[i, j])*Sum(A[j, i], (i, 0, j)), (i, 0, j), (j, 0, n - 1)),
                     sum(sin(a[r, s])*a[s, k] for s in whole for r in range(s + 1)
                         for k in range(s + 1))),
    "twice, of products": (Sum(A[i, j]*A[j, i], (i, 0, n - 1), (i, 0, 1), (j, 0, n - 1)),
                           2*sum(a[r, s]*a[s, r] for s in whole for r in whole)),
    # limits stand inside out: the j of the last limit is not the one summed over
    "another j": (Sum(sin(A[i, j]), (j, 0, n - 1), (i, 0, j)).subs(j, 1),
                  sum(sin(a[r, s]) for r in range(2) for s in whole)),
}


@pytest.mark.parametrize("name", ONE_NAME)
def test_one_name_for_several_indices(name):
    f, written_out = ONE_NAME[name]
    found = evaluate(gradient(f, A), values())
    numbers = {a[r, s]: values()[A][r, s] for r in whole for s in whole}
    for r in whole:
        for s in whole:
            wanted = written_out.diff(a[r, s]).evalf(20, subs=numbers)
            assert abs(found[r, s] - mpmath.mpf(str(wanted))) < 1e-12


def test_an_index_in_its_own_limits():
    with pytest.raises(VariableError, match="another name"):
        gradient(Sum(A[i, 0], (i, 0, i)), A)


@pytest.mark.parametrize("f", [
    Trace(MatrixSum(A**i, (i, 0, 3))),
    Trace(B*MatrixSum(A**i, (i, 0, 3))),
    Trace(MatrixSum(A**(i - 1), (i, 1, 4))),
    Sum(Trace(A)**i, (i, 0, 3)),
    Sum(Trace(A)**i*x[j, 0]**2, (i, 0, 3), (j, 0, n - 1)),
    Sum(Trace(A**i), (i, 0, 2)),
], ids=str)
def test_power_series_have_a_gradient_at_zero(f):
    check_against_definition(f, A)
    zero, step = mpmath.matrix(SIZE, SIZE), mpmath.mpf(10)**-6
    at_zero = evaluate(gradient(f, A), {**values(), A: zero})
    for r in whole:
        for s in whole:
            moved = zero.copy()
            moved[r, s] = step
            ends = [evaluate(f, {**values(), A: sign*moved}) for sign in (1, -1)]
            assert abs((ends[0] - ends[1])/(2*step) - at_zero[r, s]) < 1e-9


def test_power_series_of_symbolic_length():
    f = Trace(B*MatrixSum(A**i, (i, 0, k)))
    G = gradient(f, A)
    for length in (0, 1, 3):
        check_against_definition(f.subs(k, length).doit(), A)
        assert same(G.subs(k, length), gradient(f.subs(k, length).doit(), A))


@pytest.mark.parametrize("f", [MatrixSum(A**i, (i, 0, 0)), Sum(Trace(A)**i, (i, 0, 0))], ids=str)
def test_a_sum_of_one_constant_power(f):
    assert differential(f, A) in (0, ZeroMatrix(n, n))


def test_the_determinant_of_a_power():
    f = Determinant(A**k)
    assert gradient(f, A) == canonical(k*f*A.T.inverse())
    check_against_definition(f.subs(k, Integer(3)), A)
    t = Symbol("t")  # no integer
    assert gradient(Determinant(A**t), A) == canonical(t*Determinant(A**t)*A.T.inverse())
