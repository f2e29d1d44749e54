"""Factors of polynomials: SymPy's, without its search where one symbol is of first degree."""

import pytest
from sympy import (
    Add,
    Identity,
    MatrixSymbol,
    Mul,
    Rational,
    exp,
    expand,
    factor,
    sqrt,
    symbols,
    tanh,
)
from sympy import (
    I as J,
)

from sympy_matlayout import canonical
from sympy_matlayout.simplify import polynomials
from sympy_matlayout.simplify.polynomials import in_factors
from sympy_matlayout.simplify.scalar_forms import short_form

a, b, s, u, v, w = symbols("a b s u v w")
p = tanh(u)

FACTORED = [
    a*b + a*s,
    a*b + a*s + u*b + u*s,
    -a*u**2 + b*u**2,
    (a - b)**2*u/3 + (a - b)*v/2,
    a/b - s/b + u**2/b - 1,
    a*p**2 - a + s*p - s,
    exp(a)*u + exp(a)*v**2,
    sqrt(a)*u + sqrt(a)*v,
    (2*a - 2*b)**3*(u + v)/(4*w),
    a + b + Rational(1, 2),
    a*u**2 + 2*a*u*v + a*v**2 + s*u**2 + 2*s*u*v + s*v**2,
    1 + sqrt(2),
    2 - 3*J,
    (1 - s)*(1 - p**2)*u + (1 - p**2)*(s - 1)*v,
    # polynomials in one product of powers
    (1 - a*b)**4,
    a**2*u**4 - b**2*v**2,
    2*a**3*b**2 - 8*a*s**2*b**2,
    a**6*b**3*s - 3*a**4*b**2*s**2*u + 3*a**2*b*s**3*u**2 - s**4*u**3,
    (a**2*b**2/2 - Rational(1, 3))*(a**2*b**2 + 5)*u,
]


@pytest.mark.parametrize("expr", FACTORED, ids=str)
def test_the_factors_are_those_of_sympy(expr):
    found, wanted = in_factors(expand(expr)), factor(expr)
    assert expand(found - wanted) == 0
    assert _sums(found) == _sums(wanted)


def _sums(product):
    """Which sums there are among the factors, without signs and numbers, and how often."""
    powers = [f.as_base_exp() for f in Mul.make_args(product)]
    return {max(total.primitive()[1], (-total).primitive()[1], key=str): k
            for total, k in powers if isinstance(total, Add)}


def test_nothing_is_searched_for_where_one_symbol_is_of_first_degree(monkeypatch):
    """SymPy's search draws numbers, and with some of them took 16 seconds for this one."""
    monkeypatch.setattr(polynomials, "_searched", None)
    total = a*(1 - tanh(u)**2) + (1 - (2*s - 1)**2)*(2*s + b - v + w + tanh(u) + tanh(w) - 1)
    assert in_factors(total) == expand(total)
    assert in_factors(expand((v - p*w)*(a + s**2))) in (
        (v - p*w)*(a + s**2), -(p*w - v)*(a + s**2))  # as SymPy orders its symbols


def test_a_polynomial_in_a_product_is_searched_for_in_one_symbol(monkeypatch):
    searched = []
    search = polynomials.Poly.factor_list
    monkeypatch.setattr(polynomials.Poly, "factor_list",
                        lambda poly: searched.append(poly.gens) or search(poly))
    assert in_factors(expand((1 - a*b)**4)) == (a*b - 1)**4
    assert in_factors(expand((u**2/3 - v**2)*(u**2 + v**2))).is_Mul
    assert list(map(len, searched)) == [1, 1]


@pytest.mark.parametrize("expr", [
    sqrt(1 - a), sqrt(1 - a*b)*u, (2 - 2*a)**Rational(1, 3), (b - a)**s])
def test_a_sign_stays_under_a_root(expr):
    for x in (Rational(1, 5), 3):
        at = {a: x, b: Rational(1, 7), s: Rational(1, 3), u: 2}
        assert abs((in_factors(expr) - expr).subs(at).evalf()) < 1e-12


n, m = symbols("n m", integer=True, positive=True)
A, B, x = MatrixSymbol("A", n, n), MatrixSymbol("B", m, n), MatrixSymbol("x", n, 1)
I = Identity(n)

POWERS = [
    (I - 2*A + A**2, "(I - A)**2"),
    (A**2 + 3*A + 2*I, "(2*I + A)*(I + A)"),
    (A**3 - 3*A**2 + 3*A - I, "-(I - A)**3"),
    (I - 2*A**2 + A**4, "(I - A**2)**2"),
    (u**2*I + 2*u*A + A**2, "(u*I + A)**2"),
    (I - 2*u*B.T*B + u**2*B.T*B*B.T*B, "(I - u*B.T*B)**2"),
    (B.T - 2*u*B.T*B*B.T + u**2*B.T*B*B.T*B*B.T, "(I - u*B.T*B)**2*B.T"),
    (x - 2*u*B.T*B*x + u**2*B.T*B*B.T*B*x, "(I - u*B.T*B)**2*x"),
    (I + 2*A.inverse() + A**-2, "(I + A**(-1))**2"),
    (I + A + A**2, "I + A**2 + A"),
]


@pytest.mark.parametrize("expr, wanted", POWERS, ids=str)
def test_powers_of_one_matrix_commute(expr, wanted):
    """Step k of gradient descent on ‖Bx - y‖² is a polynomial in I - uB'B."""
    assert str(canonical(expr)) == wanted


def test_a_sum_of_quotients_is_not_multiplied_out():
    """Over one denominator these have some 2¹² terms."""
    xs, ys = symbols("x:12"), symbols("y:12")
    total = Add(*(x/(1 + y**2) for x, y in zip(xs, ys, strict=True)))
    found = in_factors(total)
    values = {s: Rational(k + 2, 7) for k, s in enumerate((*xs, *ys))}
    assert found.subs(values) == total.subs(values)
    assert short_form(total) == total
