"""Symbols that are declared not to be real, among matrices and symbols that are."""

import pytest
from definition import check_against_definition, n
from sympy import (
    Abs,
    Lambda,
    MatrixSymbol,
    Sum,
    Symbol,
    Trace,
    conjugate,
    exp,
    im,
    log,
    re,
    sign,
    sqrt,
    tanh,
)
from sympy.core.numbers import ImaginaryUnit
from sympy.matrices.expressions import Adjoint, Identity, MatMul
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from sympy_matlayout import (
    ArgumentError,
    ComplexMatrixSymbol,
    DerivativeNotImplementedError,
    LogSumExp,
    Norm,
    canonical,
    clear_caches,
    gradient,
    matrix_derivative,
    max_entry,
)
from sympy_matlayout.nodes.realness import is_complex
from sympy_matlayout.simplify import constructors as c

A, x = MatrixSymbol("A", n, n), MatrixSymbol("x", n, 1)
w, z, t = Symbol("w", imaginary=True), Symbol("z", complex=True), Symbol("t")
r, i = Symbol("r", real=False), Symbol("i", integer=True)
I = Identity(n)


def test_the_adjoint_conjugates_scalars():
    # (wA)ᴴ = w*Aᵀ, and w* = -w
    assert matrix_derivative(Adjoint(w*A), w, layout="numerator") == -A.T
    assert gradient(Trace(Adjoint(z*A)), A) == conjugate(z)*I


def test_the_conjugate_of_a_trace_and_of_a_sum():
    assert gradient(conjugate(Trace(z*A + A)), A) == (conjugate(z) + 1)*I


@pytest.mark.parametrize("factor", [conjugate(z), Abs(z), re(z)], ids=str)
def test_as_constant_factors_they_stay(factor):
    assert gradient(factor*Trace(A), A) == factor*I


def test_real_parts_by_a_real_variable():
    a = Trace(A)
    assert gradient(re(z*a), A) == re(z)*I
    assert gradient(im(z*a), A) == im(z)*I
    # d|za| = |z| sign(a) da, in whatever way SymPy writes it
    found = gradient(Abs(z*a), A).subs({z: 3 + 4*Symbol("j")}).subs(Symbol("j"), sqrt(-1))
    for value in (2, -2):
        number = found.xreplace({a: value}).args[0].doit().simplify()
        assert number == 5*sign(value)


def test_functions_that_are_holomorphic_have_a_derivative():
    f = exp(z*Trace(A))
    assert matrix_derivative(f, z) == f*Trace(A) and matrix_derivative(f, conjugate(z)) == 0
    with pytest.raises(ArgumentError, match="a gradient is of a real function"):
        gradient(f, z)


@pytest.mark.parametrize("f", [
    conjugate(z)*Trace(A), Abs(z)*Trace(A), re(z*Trace(A)), Abs(w)*Trace(A),
    im(z)*Trace(A), Sum(Abs(z*x[i, 0]), (i, 0, n - 1)),
], ids=str)
def test_others_have_a_pair_of_them(f):
    (variable,) = f.free_symbols & {z, w}
    check_against_definition(f, variable)
    if variable is z:
        check_against_definition(f, conjugate(z))


def test_not_real_is_enough():
    # SymPy knows of r neither that it is complex nor that it is finite
    assert gradient(conjugate(r)*Trace(A), A) == conjugate(r)*I
    assert gradient(Trace(Adjoint(r*A)), A) == conjugate(r)*I
    assert canonical(Abs(r)**2*Trace(A)) == Abs(r)**2*Trace(A)


def test_sums_over_entries():
    f = Sum(re(z*x[i, 0])**2, (i, 0, n - 1))
    assert gradient(f, x) == 2*re(z)**2*x
    # |z·x_i| = |z| |x_i|
    slope = gradient(Sum(Abs(z*x[i, 0]), (i, 0, n - 1)), x).subs(n, 2).as_explicit()
    values = {x.subs(n, 2)[0, 0]: 2, x.subs(n, 2)[1, 0]: -3, z: 3 + 4*ImaginaryUnit()}
    assert [entry.subs(values).doit().simplify() for entry in slope] == [5, -5]


@pytest.mark.parametrize("f", [Norm(z*x), Trace((z*A).applyfunc(Abs))], ids=str)
def test_norms_and_elementwise_functions_of_complex_arguments(f):
    check_against_definition(f, x if f.has(x) else A)
    check_against_definition(f, z)


@pytest.mark.parametrize("f", [max_entry(z*x), LogSumExp(z*x)], ids=str)
def test_what_compares_is_for_real_arguments(f):
    with pytest.raises(DerivativeNotImplementedError, match="real arguments only, and z is comp"):
        gradient(f, x)


def test_the_square_of_an_absolute_value_is_no_square():
    assert canonical(Abs(z)**2*Trace(A)) == Abs(z)**2*Trace(A)
    assert canonical(Abs(Trace(A))**2) == Trace(A)**2


def test_constants_that_are_not_declared_are_real():
    assert gradient(Abs(t*Trace(A)), A) == t*sign(t*Trace(A))*I
    assert gradient(re(t*Trace(A)), A) == t*I
    with pytest.raises(DerivativeNotImplementedError, match="no derivative of sign"):
        gradient(sign(log(Trace(A))), A)  # complex where the trace is negative


def test_what_is_not_declared_is_real():
    assert gradient(Abs(t)*Trace(A), t) == sign(t)*Trace(A)
    assert gradient(conjugate(t)*Trace(A), t) == Trace(A)


def test_depth_costs_no_recursion():
    """A network of 500 layers, as text or another library's code may give it."""
    real, other = MatrixSymbol("h", n, 1), ComplexMatrixSymbol("z", n, 1)
    W, TANH = MatrixSymbol("W", n, n), Lambda(t, tanh(t))
    for h, wanted in ((real, False), (other, True)):
        for _ in range(500):
            h = c.new(ElementwiseApplyFunction, TANH, c.new(MatMul, W, h))
        assert is_complex(h) is wanted
    clear_caches()
    assert is_complex(h) is True
