"""The properties of the trace, and one form for what is equal by them."""

import os
import subprocess
import sys

import mpmath
import pytest
from definition import SIZES, m, n, p, values_for
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp
from sympy import Add, Determinant, MatrixSymbol, Mul, Symbol, Trace, exp, log, sqrt
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    OneMatrix,
)
from sympy.matrices.expressions.diagonal import DiagonalOf
from test_random_expressions import relaxed, wholes

from sympy_matlayout import (
    Differential,
    MatlayoutError,
    ShapeError,
    VariableError,
    cycle_traces,
    equal_traces,
    hadamard_traces,
    split_traces,
    trace_normal_form,
    transpose_traces,
)
from sympy_matlayout.core.shapes import is_matrix
from sympy_matlayout.numeric import evaluate
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.reading.read import read_function
from sympy_matlayout.simplify import constructors as c
from sympy_matlayout.simplify.normal_form import normal_form

t, s = Symbol("t"), Symbol("s")
k = Symbol("k", integer=True, positive=True)
x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1)
X, Y, Z = (MatrixSymbol(name, m, n) for name in "XYZ")
P, Q = MatrixSymbol("P", p, m), MatrixSymbol("Q", n, p)
A, B, C, D = (MatrixSymbol(name, n, n) for name in "ABCD")

EQUAL = {
    "tr A' = tr A": (Trace(A.T), Trace(A)),
    "tr(AB) = tr(BA)": (Trace(A*B), Trace(B*A)),
    "tr(AB) = tr(B'A')": (Trace(A*B), Trace(B.T*A.T)),
    "of rectangular matrices": (Trace(P*X*Q), Trace(X*Q*P)),
    "turned and transposed": (Trace(P*X*Q), Trace(P.T*Q.T*X.T)),
    "tr(A + B)": (Trace(A + B), Trace(A) + Trace(B)),
    "tr(cA)": (Trace(3*t*A), 3*t*Trace(A)),
    "tr(c(A + B)C)": (Trace(t*(A + B)*C), t*Trace(C*A) + t*Trace(C.T*B.T)),
    "tr(A'(B∘C))": (Trace(X.T*HadamardProduct(Y, Z)), Trace(HadamardProduct(X, Y).T*Z)),
    "tr(A'(B∘C)), turned": (Trace(X.T*HadamardProduct(Y, Z)), Trace(HadamardProduct(Y, Z)*X.T)),
    "a sum over entries": (Trace(X.T*HadamardProduct(Y, Z)),
                           OneMatrix(1, m)*HadamardProduct(Z, X, Y)*OneMatrix(n, 1)),
    "x'Ax is its trace": (x.T*A*x, Trace(A*x*x.T)),
    "x'Ax = x'A'x": (x.T*A*x, x.T*A.T*x),
    "x'Ay = y'A'x": (x.T*A*y, y.T*A.T*x),
    "tr(xy') = y'x": (Trace(x*y.T), y.T*x),
    "tr(xy'Axy'B) = y'Ax·y'Bx": (Trace(x*y.T*A*x*y.T*B), Mul(Trace(y.T*A*x), Trace(y.T*B*x))),
    "tr(diag(x)A) = x'diag(A)": (Trace(DiagMatrix(x)*A), x.T*DiagonalOf(A)),
    "diag(x)Adiag(y) = A∘xy'": (Trace(B*DiagMatrix(x)*A*DiagMatrix(y)),
                                Trace(B*HadamardProduct(A, x*y.T))),
    "x'(A∘B)y": (x.T*HadamardProduct(A, B)*y, Trace(DiagMatrix(x)*A*DiagMatrix(y)*B.T)),
    "powers": (Trace(A*B*A*A*B*A), Trace(A**2*B*A**2*B)),
    "power of a product": (Trace((A*B)**3), Trace((B*A)**3)),
    "inverse of a product": (Trace((A*B).inverse()*C), Trace(A.inverse()*C*B.inverse())),
    "inverse of a transpose": (Trace(A.T.inverse()*B), Trace(A.inverse()*B.T)),
    "cancelled inverse": (Trace(A*B*C*B.inverse()*A.inverse()*D), Trace(C*B**-1*A**-1*D*A*B)),
    "square of a sum": (Trace((A + B)**2), Trace(A**2) + 2*Trace(A*B) + Trace(B**2)),
    "inside a function": (log(Trace(A*B)) + exp(x.T*A*x), exp(Trace(A.T*x*x.T)) + log(Trace(B*A))),
    "products of traces": (Trace(A + B)*Trace(C), Trace(A)*Trace(C) + Trace(B)*Trace(C.T)),
    "determinants": (Determinant(A*B.T), Determinant(B)*Determinant(A)),
    "Frobenius norms": (sqrt(Trace(X.T*X)), sqrt(Trace(X*X.T))),
    "symbolic power": (Trace(A**k*B*A), Trace(A**(k + 1)*B)),
    "Kronecker": (Trace(KroneckerProduct(A, B + C)*KroneckerProduct(X.T*X, D)),
                  Trace(KroneckerProduct(X.T*X, D)*KroneckerProduct(A, C))
                  + Trace(KroneckerProduct(X.T*X, D).T*KroneckerProduct(A, B).T)),
    "Hadamard powers": (Trace(X.T*HadamardPower(X, 2)),
                        OneMatrix(1, m)*HadamardPower(X, 3)*OneMatrix(n, 1)),
    "power of a diagonal": (Trace(DiagMatrix(x)**2*A), Trace(DiagMatrix(HadamardProduct(x, x))*A)),
    "inverse of a diagonal": (Trace(DiagMatrix(x)**-1), OneMatrix(1, n)*HadamardPower(x, -1)),
    "power of a Hadamard product": (Trace(HadamardProduct(A, B)*C*HadamardProduct(B, A)),
                                    Trace(HadamardProduct(A, B)**2*C)),
    "coefficients": ((2*t*(t + 1) + 2)*Trace(A), 2*t**2*Trace(A) + 2*t*Trace(A) + 2*Trace(A)),
    "Hadamard inverse": (x.T*HadamardPower(x, -1), OneMatrix(1, n)*OneMatrix(n, 1)),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_traces_have_one_form(name):
    left, right = EQUAL[name]
    assert trace_normal_form(left) == trace_normal_form(right)
    assert equal_traces(left, right)
    with mp.workdps(30):
        left, right = map(read_function, (left, right))
        values = values_for(left + right, A)
        wanted = evaluate(left, values)
        for expr in (right, trace_normal_form(left)):
            assert near(evaluate(expr, values), wanted, mpmath.mpf(10)**-24)


DIFFERENT = {
    "tr(ABC) and tr(ACB)": (Trace(A*B*C), Trace(A*C*B)),
    "tr(AB) and tr(AB')": (Trace(A*B), Trace(A*B.T)),
    "x'Ay and y'Ax": (x.T*A*y, y.T*A*x),
    "tr(A(B∘C)) and tr(A'(B∘C))": (Trace(A*HadamardProduct(B, C)),
                                   Trace(A.T*HadamardProduct(B, C))),
    "tr(A∘B) and tr(AB)": (Trace(HadamardProduct(A, B)), Trace(A*B)),
    "tr(A²B²) and tr(ABAB)": (Trace(A**2*B**2), Trace(A*B*A*B)),
    "(AB)⁻¹ and A⁻¹B⁻¹": (Trace((A*B).inverse()*C), Trace(A.inverse()*B.inverse()*C)),
    "a sum and its terms": (Trace(A + B), Trace(A)),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_traces_stay_different(name):
    left, right = DIFFERENT[name]
    assert not equal_traces(left, right)


# --- the single rewritings --------------------------------------------------------------

dX = Differential(X)


def test_split():
    assert split_traces(Trace((2*A + B)*(C - D))) == (
        2*Trace(A*C) - 2*Trace(A*D) + Trace(B*C) - Trace(B*D))
    assert split_traces(log(Trace(t*A))) == log(t*Trace(A))


def test_cycle():
    assert cycle_traces(Trace(P*dX*Q), dX) == Trace(Q*P*dX)
    assert cycle_traces(Trace(Q*P*X), P) == Trace(X*Q*P)
    assert cycle_traces(Trace(P*dX*Q) + Trace(A), dX) == Trace(Q*P*dX) + Trace(A)


def test_transpose():
    assert transpose_traces(Trace(A*B)) == Trace(B.T*A.T)
    assert transpose_traces(Trace(P*Y*dX.T*P.T), dX) == Trace(P*dX*Y.T*P.T)
    assert transpose_traces(Trace(A*B), A) == Trace(A*B)


def test_hadamard():
    found = hadamard_traces(Trace(X.T*HadamardProduct(Y, dX)), dX)
    assert found == Trace(HadamardProduct(X.T, Y.T)*dX)
    assert hadamard_traces(Trace(P*HadamardProduct(Y, dX)*Q), dX) == Trace(
        HadamardProduct(Q*P, Y.T)*dX)
    assert hadamard_traces(Trace(HadamardProduct(A, B)), B) == Trace(
        HadamardProduct(Identity(n), A.T)*B)


def test_the_trace_trick_by_hand():
    dL = Trace(A*X.T*dX) + Trace(A*dX.T*X)
    dL = cycle_traces(transpose_traces(dL, dX), dX)
    assert dL == Trace(A*X.T*dX) + Trace(A.T*X.T*dX)


def test_long_words_stay_short_of_work():
    nested = Trace(((((A*B)**5*C)**5*D)**5*A)**5)
    assert equal_traces(nested, nested.doit(deep=False))
    assert trace_normal_form(Trace((A*B)**12)) == trace_normal_form(Trace((B*A)**12))
    with pytest.raises(MatlayoutError, match="too long"):
        split_traces(Trace(MatMul(*[A + B, C]*20)))


def test_refusals():
    with pytest.raises(ShapeError, match="a trace is a scalar"):
        trace_normal_form(X)
    with pytest.raises(VariableError, match="does not occur"):
        cycle_traces(Trace(A), dX)
    with pytest.raises(MatlayoutError):
        trace_normal_form(Trace(X))


# --- random expressions -----------------------------------------------------------------


@relaxed
@given(wholes(2), st.randoms(use_true_random=False))
def test_normal_form_of_random_expressions(expr, chance):
    """The value stays; a second time changes nothing; nor do shuffled and turned arguments."""
    expr = read_function(expr)
    form = normal_form(expr)
    assert normal_form(form) == form
    assert normal_form(read_function(rewritten(expr, chance))) == form
    with mp.workdps(40):
        values = values_for(expr, A)
        try:
            wanted = evaluate(expr, values)
        except (ZeroDivisionError, OverflowError, ValueError):
            return
        assert near(evaluate(form, values), wanted, mpmath.mpf(10)**-15), (expr, form)


def rewritten(expr: Basic, chance) -> Basic:
    """The same expression, sums and Hadamard products shuffled, traces turned and transposed."""
    if not expr.args or not is_matrix(expr) and not isinstance(expr, (Add, Mul, Trace)):
        return expr
    args = [rewritten(a, chance) for a in expr.args]
    if isinstance(expr, (MatAdd, HadamardProduct)):
        chance.shuffle(args)
        return c.new(type(expr), *args)
    if isinstance(expr, Trace):
        factors = list(args[0].args) if isinstance(args[0], MatMul) else [args[0]]
        cut = chance.randrange(len(factors))
        if all(map(is_matrix, factors)):
            factors = factors[cut:] + factors[:cut]
        word = factors[0] if len(factors) == 1 else c.new(MatMul, *factors)
        return c.new(Trace, c.transpose(word) if chance.random() < 0.5 else word)
    if isinstance(expr, (Add, Mul, MatMul)):
        return expr.func(*args)
    return expr


SCRIPT = """
from sympy import MatrixSymbol, Trace, symbols, log
from sympy.matrices.expressions import HadamardProduct
from sympy_matlayout import derivation, trace_normal_form
n = symbols('n', integer=True, positive=True)
A, B, C, D = (MatrixSymbol(name, n, n) for name in 'ABCD')
L = Trace(D*HadamardProduct(C, B*A)*(A + B*C + D)) + log(Trace(B.T*A.T*B))*Trace(C.T.inverse()*A)
print(trace_normal_form(L))
print(derivation(L, A))
"""


@pytest.mark.newest
def test_the_same_for_every_hash_seed():
    printed = {subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True,
                              check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
               for seed in ("0", "1", "42")}
    assert len(printed) == 1


def test_sizes_of_the_examples_differ():
    assert len({SIZES[size] for size in (m, n, p)}) == 3
