"""Functions in cases, with steps and with corners: the losses of robust statistics."""

import pytest
from definition import check_against_definition, m, n
from sympy import (
    Abs,
    DiracDelta,
    Heaviside,
    Lambda,
    MatrixSymbol,
    Max,
    Piecewise,
    Rational,
    Symbol,
    Trace,
    exp,
    sign,
)
from sympy.matrices.expressions import DiagMatrix, HadamardProduct, OneMatrix

from sympy_matlayout import canonical, gradient, hessian
from sympy_matlayout.simplify.kinks import cases_shortened, steps_merged

A, w, y = MatrixSymbol("A", m, n), MatrixSymbol("w", n, 1), MatrixSymbol("y", m, 1)
z, c = Symbol("z", real=True), Symbol("c", positive=True)
r, one = A*w - y, OneMatrix(1, m)


def of_residuals(body):
    return Trace(one*(y - A*w).applyfunc(Lambda(z, body)))


def entries(body, matrix):
    return matrix.applyfunc(Lambda(z, body))


HUBER = Piecewise((z**2/2, Abs(z) <= 1), (Abs(z) - Rational(1, 2), True))
TUKEY = Piecewise((c**2/6*(1 - (1 - (z/c)**2)**3), Abs(z) <= c), (c**2/6, True))
SLOPES = {  # Huber, Ronchetti, Robust Statistics, chapter 4
    "Huber": (HUBER, Piecewise((z, Abs(z) <= 1), (sign(z), True))),
    "Huber by c": (Piecewise((z**2/2, Abs(z) <= c), (c*Abs(z) - c**2/2, True)),
                   Piecewise((z, Abs(z) <= c), (c*sign(z), True))),
    "Tukey": (TUKEY, Piecewise((z*(1 - z**2/c**2)**2, Abs(z) <= c), (0, True))),
}


@pytest.mark.parametrize("name", SLOPES)
def test_the_gradient_of_a_robust_loss_is_as_in_its_book(name):
    rho, psi = SLOPES[name]
    found = gradient(of_residuals(rho), w)
    assert found == canonical(A.T*entries(psi, r))
    assert not found.has(DiracDelta) and str(found).startswith("A.T*Piecewise")


def test_the_hessian_of_the_huber_loss_counts_the_small_residuals():
    inside = entries(Piecewise((1, Abs(z) <= 1), (0, True)), r)
    assert hessian(of_residuals(HUBER), w) == canonical(A.T*DiagMatrix(inside)*A)


def test_the_hessian_of_the_squared_hinge_has_a_step_and_no_impulse():
    margin = OneMatrix(m, 1) - HadamardProduct(y, A*w)
    found = hessian(Trace(one*margin.applyfunc(Lambda(z, Max(0, z)**2))), w)
    assert not found.has(DiracDelta)
    assert found == canonical(2*A.T*DiagMatrix(HadamardProduct(
        y, y, margin.applyfunc(Lambda(z, Heaviside(z)))))*A)


@pytest.mark.parametrize("body", [
    HUBER, TUKEY.subs(c, 2), Max(0, z)**2, Max(0, Abs(z) - Rational(1, 3))*z,
    Piecewise((z, z > 0), (exp(z) - 1, True)), Heaviside(z)*z**2,
], ids=str)
def test_against_the_definition(body):
    check_against_definition(of_residuals(body), w)
    check_against_definition(gradient(of_residuals(body), w), w)


def test_an_impulse_stays_where_it_is_not_known_to_lie_elsewhere():
    b = Symbol("b", real=True)
    assert steps_merged(DiracDelta(z)*(z + b)) == DiracDelta(z)*(z + b)
    assert steps_merged(DiracDelta(2*z - b)*(z - b/2)) == 0
    assert steps_merged(DiracDelta(z**2 - b)*z) == DiracDelta(z**2 - b)*z
    entry = DiracDelta(w[0, 0] - n)*w[0, 0]  # n is a size of w, and no unknown
    assert steps_merged(entry) == entry
    assert steps_merged(DiracDelta(z, 1)*z) == DiracDelta(z, 1)*z  # which is -δ(z)
    for jump in (sign(z), Heaviside(z, 0), Piecewise((0, z <= 0), (1, True))):
        assert steps_merged(DiracDelta(z)*jump).has(DiracDelta)
    assert steps_merged(DiracDelta(z)*Heaviside(Abs(z) - c)) == 0
    for case, stays in ((z > 1, True), (z < 1, False), (z < b, True)):
        cases = Piecewise((z, case), (DiracDelta(z), True))
        assert cases_shortened(cases).has(DiracDelta) == stays
    assert cases_shortened(Piecewise((DiracDelta(z), z > 1), (z, True))) == \
        Piecewise((0, z > 1), (z, True))


def test_a_number_of_all_cases_stands_in_front():
    half = Rational(1, 2)
    assert cases_shortened(Piecewise((-z/2, z < 1), (-half, True))) == \
        -Piecewise((z, z < 1), (1, True))/2
    mixed = Piecewise((-z, z < 1), (z**2, True))
    assert cases_shortened(mixed) == mixed
