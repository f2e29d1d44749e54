"""Values by numbers: linear algebra, scalar functions, what is real, what it costs."""

import mpmath
import pytest
from definition import SIZES, m, n
from mpmath import mp, mpc, mpf
from sympy import (
    Abs,
    Determinant,
    Function,
    I,
    Integral,
    Lambda,
    MatrixSymbol,
    Max,
    Rational,
    Sum,
    Symbol,
    Trace,
    besselj,
    conjugate,
    erfinv,
    exp,
    floor,
    gamma,
    log,
    oo,
    polygamma,
    sqrt,
    symbols,
)
from sympy.matrices.expressions import Adjoint, MatrixExpr

from sympy_matlayout import ArgumentError, DerivativeNotImplementedError, Norm
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.numeric.account import Account, NotReal, NoValue
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.numeric.evaluation import Evaluation
from sympy_matlayout.numeric.linear_algebra import (
    determinant,
    inverse,
    kronecker,
    power,
    product,
    total,
)
from sympy_matlayout.numeric.points import example_points
from sympy_matlayout.numeric.scalar_functions import function_value

GENERAL = mpmath.matrix([[4, 1, -2], [0, 3, 1], [2, -1, 5]])
SYMMETRIC = mpmath.matrix([[4, 1, -2], [1, 3, 1], [-2, 1, 5]])
TURNED = mpmath.matrix([[0, 2, 1], [-1, 0, 3], [1, 1, 0]])  # zeros on the diagonal
WIDE = mpmath.matrix([[1, 0, 2], [0, -3, 1]])
TINY = mpf(10)**-45
S, X, x = MatrixSymbol("S", n, n), MatrixSymbol("X", m, n), MatrixSymbol("x", n, 1)
t = Symbol("t")


@pytest.fixture(autouse=True)
def fifty_digits():
    with mp.workdps(50):
        yield


@pytest.mark.parametrize("M", [GENERAL, SYMMETRIC, TURNED])
def test_determinants_and_inverses(M):
    (a, b, c), (d, e, f), (g, h, i) = M.tolist()
    assert abs(determinant(M) - (a*e*i + b*f*g + c*d*h - c*e*g - b*d*i - a*f*h)) < TINY
    assert near(product(M, inverse(M)), mpmath.eye(3), TINY)


def test_singular_matrices():
    singular = product(WIDE.T, WIDE)
    assert determinant(singular) == 0
    with pytest.raises(NoValue):
        inverse(singular)
    with pytest.raises(NoValue):
        power(singular, mpf(1)/2)


def test_products_of_rectangular_matrices():
    assert near(product(WIDE, GENERAL), WIDE*GENERAL, TINY)
    assert near(total([WIDE, 2*WIDE]), 3*WIDE, TINY)
    found = kronecker(WIDE, GENERAL)
    assert (found.rows, found.cols) == (6, 9)
    assert all(found[3*i + k, 3*j + l] == WIDE[i, j]*GENERAL[k, l]
               for i in range(2) for j in range(3) for k in range(3) for l in range(3))


@pytest.mark.parametrize("M", [GENERAL, SYMMETRIC, mp.diag([2, 3, 5])])
@pytest.mark.parametrize("p, q", [(1, 2), (-1, 2), (1, 3), (-5, 4)])
def test_a_power_of_a_power(M, p, q):
    assert near(power(power(M, mpf(p)/q), q), power(M, p), TINY)
    assert all(isinstance(a, mpf) for a in power(M, mpf(p)/q))


def test_roots_that_are_complex():
    negative = -SYMMETRIC
    assert near(power(power(negative, mpf(1)/2), 2), negative, TINY)
    defective = mpmath.matrix([[2, 1], [0, 2]])
    assert near(power(power(defective, mpf(1)/2), 2), defective, mpf(10)**-20)


@pytest.mark.parametrize("func, args, wanted", [
    (exp, [mpf(2)], mpmath.exp), (log, [mpf(-2)], mpmath.log), (floor, [mpf("-0.5")], mpmath.floor),
    (gamma, [mpf("0.3")], mpmath.gamma), (erfinv, [mpf("0.3")], mpmath.erfinv),
    (besselj, [mpf(2), mpf("0.3")], mpmath.besselj),
    (polygamma, [mpf(1), mpf("0.3")], lambda order, a: mpmath.psi(order, a)),
    (exp, [mpc(1, 2)], mpmath.exp), (gamma, [mpc(1, 2)], mpmath.gamma),
], ids=lambda x: getattr(x, "__name__", str(x)))
def test_scalar_functions(func, args, wanted):
    assert abs(function_value(func, args) - wanted(*args)) < TINY


@pytest.mark.parametrize("func, args", [
    (gamma, [mpf(-1)]), (erfinv, [mpf(2)]), (Function("f"), [mpf(2)])], ids=str)
def test_functions_without_a_number(func, args):
    with pytest.raises(NoValue):
        function_value(func, args)


def test_what_becomes_complex_is_noted_and_no_norm_is_taken_of_it():
    values = {x: mpmath.matrix([1, -2, 3]), n: 3}
    account = Account()
    z = Symbol("z")
    logs = x.applyfunc(Lambda(z, log(z)))
    found = Evaluation(values, account).value(logs)
    assert found[1] == mp.log(-2) and account.complex_nodes
    for function in (Norm(logs), Abs(Trace(x.T*logs)), Max(0, log(x[1, 0])), Adjoint(logs)):
        with pytest.raises(NotReal):
            evaluate(function, values)


def test_given_complex_numbers_mean_what_they_say():
    w = Symbol("w", complex=True)
    values, account = {w: mpc(3, 4)}, Account()
    assert Evaluation(values, account).value(Abs(w)*conjugate(w)) == 5*mpc(3, -4)
    assert Evaluation(values, account).value(exp(I*w)) == mp.exp(mpc(-4, 3))
    assert not account.complex_nodes


class Entries(MatrixExpr):
    """A matrix of somebody else's that says what its entries are."""

    shape = property(lambda self: self.args)

    def _entry(self, i, j, **kwargs):
        return i + 10*j


class Nothing(Entries):
    def _entry(self, i, j, **kwargs):
        return Trace(self)


def test_foreign_matrices_by_their_entries():
    assert evaluate(Entries(m, n), SIZES) == mpmath.matrix([[0, 10, 20], [1, 11, 21]])
    with pytest.raises(DerivativeNotImplementedError, match="no value by numbers"):
        evaluate(Nothing(n, n), SIZES)


def test_what_is_too_large_is_refused_before_it_is_done():
    i, H = symbols("i", integer=True), MatrixSymbol("H", 2, 10**9)
    for expr in (Sum(t**i, (i, 0, 10**9)), Entries(10**5, 10**5)):
        with pytest.raises(ArgumentError, match="give symbols"):
            evaluate(expr, {t: mpf(1)})
    with pytest.raises(ArgumentError, match="too large"):
        example_values([H], {})


@pytest.mark.parametrize("function", [
    Norm(x.applyfunc(log)), Norm(S**Rational(-1, 2)*x), sqrt(Trace(x.T*S*x)), log(Trace(S) - 10)],
    ids=str)
def test_points_are_real_and_differ(function):
    points = example_points(function, [S, x], 4)
    assert len({(p[n], mp.sign(p[x][0, 0]*p[S][0, 1])) for p in points}) > 1
    for values in points:
        account = Account()
        assert mp.isfinite(Evaluation(values, account).value(function))
        assert not account.complex_nodes


def test_points_on_both_sides_of_a_kink():
    points = example_points(Max(log(t), Norm(x)), [], 3)
    sides = {mp.log(p[t]) > mp.norm(p[x]) for p in points}
    assert sides == {True, False}
    assert any(abs(mp.log(p[t]) - mp.norm(p[x])) < mpf(10)**-6 for p in points)


def test_determinants_of_both_signs():
    signs = {mp.sign(evaluate(Determinant(S), p)) for p in example_points(Determinant(S), [], 3)}
    assert signs == {1, -1}


def test_integrals_over_several_variables_and_without_limits():
    x, y = symbols("x y")
    both = Integral(x*y**2, (x, 0, 1), (y, 0, 2))
    assert near(evaluate(both, {}), mpf(4)/3, mpf(10)**-12)
    for open_ended in (Integral(x, x), Integral(x, (x, 1))):
        with pytest.raises(DerivativeNotImplementedError, match="without both limits"):
            evaluate(open_ended, {x: mpf(2)})


def test_an_infinite_sum_has_no_value_here():
    k = symbols("k", integer=True)
    with pytest.raises(ArithmeticError, match="no whole number"):
        evaluate(Sum(1/k**2, (k, 1, oo)), {})
