"""
Random expressions of complex matrices against the definition, by Z and by its conjugate.

A hundred and fifty examples run with the tests; more with

    python -m pytest -m long tests/test_random_complex.py
"""

from contextlib import suppress
from functools import lru_cache

import mpmath
import numpy as np
import pytest
from definition import SIZES, check_against_definition, m, n, values_for
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from mpmath import mp
from sympy import (
    Abs,
    Determinant,
    I,
    Lambda,
    MatrixSymbol,
    Rational,
    Symbol,
    Trace,
    arg,
    conjugate,
    cosh,
    exp,
    im,
    log,
    re,
    sign,
    sin,
    sqrt,
)
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
)

from sympy_matlayout import (
    ArgumentError,
    ComplexMatrixSymbol,
    DerivativeNotImplementedError,
    HermitianMatrixSymbol,
    Norm,
    SingularError,
    canonical,
    expm,
    gradient,
    lambdify,
    matrix_derivative,
    pinv,
)
from sympy_matlayout.numeric import evaluate
from sympy_matlayout.numeric.account import NoValue
from sympy_matlayout.numeric.definition import near

ONE = 1
SHAPES = [(m, n), (n, m), (n, n), (m, m), (n, ONE), (ONE, n), (m, ONE), (ONE, m)]
CONSTANTS = {s: [ComplexMatrixSymbol(f"A{k}", *s), MatrixSymbol(f"R{k}", *s)]
             for k, s in enumerate(SHAPES)}
Z, z, Y = (ComplexMatrixSymbol(*s) for s in (("Z", m, n), ("z", n, 1), ("Y", n, n)))
S, w, t = HermitianMatrixSymbol("S", n), Symbol("w", complex=True), Symbol("t")
VARIABLES = [Z, z, Y, S, w]
FUNCTIONS = [
    sin, cosh, Abs, re, im, sign, conjugate, lambda u: exp(u/5), lambda u: u**2*conjugate(u),
    lambda u: log(1 + Abs(u)**2), lambda u: u/(1 + u*conjugate(u)), lambda u: exp(re(u)/5) + u]


def built(make):
    """What SymPy itself can't build of scalars that hold matrices is no example."""
    def attempt(given):
        try:
            return make(given)
        except (AttributeError, TypeError):
            reject()
    return attempt


@lru_cache
def leaves(shape):
    rows, cols = shape
    found = [*CONSTANTS[shape]]
    for symbol in (Z, z, Y, S):
        if symbol.shape == shape:
            found += [symbol, symbol.conjugate()]*2
        if symbol.shape == (cols, rows):
            found += [symbol.T, symbol.adjoint()]
    return found


@lru_cache
def scalars(depth):
    if depth == 0:
        return st.sampled_from([w, conjugate(w), t, Rational(1, 2), I, Trace(Y), Z[0, 1],
                                Trace(S*CONSTANTS[n, n][0])])
    square = st.sampled_from([(n, n), (m, m)]).flatmap(lambda s: matrices(s, depth - 1))
    some = st.sampled_from(SHAPES).flatmap(lambda s: matrices(s, depth - 1))
    column, rest = matrices((n, ONE), depth - 1), scalars(depth - 1)
    return st.one_of(
        rest, square.map(Trace), square.map(lambda M: Determinant(M)/10),
        some.map(lambda M: log(Determinant(Identity(M.shape[0]) + M*M.adjoint()))),
        some.map(Norm), column.map(lambda x: Norm(x, 3)),
        column.map(lambda x: Trace(x.adjoint()*CONSTANTS[n, n][0]*x)),
        st.tuples(rest, rest).map(lambda ab: ab[0] + 2*ab[1]),
        st.tuples(rest, rest).map(lambda ab: ab[0]*ab[1]),
        st.tuples(st.sampled_from([Abs, re, im, arg, conjugate, sign]), rest).map(
            built(lambda fa: fa[0](fa[1]))),
        rest.map(built(lambda a: sqrt(1 + Abs(a)**2))),
    )


@lru_cache
def matrices(shape, depth):
    rows, cols = shape
    if depth == 0:
        return st.sampled_from(leaves(shape))
    same, turned = matrices(shape, depth - 1), matrices((cols, rows), depth - 1)
    options = [
        same, turned.map(lambda M: M.T), turned.map(lambda M: M.adjoint()),
        same.map(lambda M: M.conjugate()),
        st.tuples(same, same).map(lambda ab: ab[0] - 2*I*ab[1]),
        st.tuples(same, same).map(lambda ab: HadamardProduct(*ab)),
        st.tuples(scalars(depth - 1), same).map(built(lambda ab: ab[0]*ab[1])),
        st.sampled_from([n, m, ONE]).flatmap(lambda k: st.tuples(
            matrices((rows, k), depth - 1), matrices((k, cols), depth - 1))
            if {(rows, k), (k, cols)} <= set(SHAPES) else st.tuples(same, st.none())).map(
                lambda ab: ab[0]*ab[1] if ab[1] is not None else ab[0]),
        st.tuples(same, st.sampled_from(FUNCTIONS)).map(
            lambda af: af[0].applyfunc(Lambda(t, af[1](t)))),
        turned.map(pinv),
    ]
    if rows == cols:
        options += [
            same.map(lambda M: (9*Identity(rows) + M).inverse()), same.map(lambda M: M**2),
            same.map(lambda M: expm(M/9)), matrices((rows, ONE), depth - 1).map(DiagMatrix)]
    return st.one_of(options)


def wholes(depth):
    return st.one_of(
        scalars(depth), st.sampled_from(SHAPES).flatmap(lambda s: matrices(s, depth)),
        st.tuples(matrices((m, n), depth - 1), matrices((n, ONE), depth - 1)).map(
            lambda ab: KroneckerProduct(*ab)))


def is_comparable(expr, variable, largest=1e4):
    """Has a value, and no large one, whose differences lose the digits that are compared."""
    try:
        value = evaluate(expr, values_for(expr, variable))
    except (NoValue, OverflowError, DerivativeNotImplementedError):
        return False
    return all(abs(v) < largest for v in (value if isinstance(value, mpmath.matrix) else [value]))


REFUSED = (DerivativeNotImplementedError, SingularError)
relaxed = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
                   database=None)


def check(expr, variable):
    if is_comparable(expr, variable):
        for by in (variable, variable.conjugate()):
            with suppress(*REFUSED, NoValue):
                check_against_definition(expr, by)


@settings(relaxed, max_examples=150)
@given(wholes(2), st.sampled_from(VARIABLES))
def test_random_expressions(expr, variable):
    check(expr, variable)


@pytest.mark.long
@settings(relaxed, max_examples=3000, derandomize=False)
@given(wholes(3), st.sampled_from(VARIABLES))
def test_many_random_expressions(expr, variable):
    check(expr, variable)


@settings(relaxed, max_examples=100)
@given(scalars(3), st.sampled_from(VARIABLES))
def test_gradients_are_of_real_functions_and_twice_the_derivative_by_the_conjugate(f, variable):
    if not is_comparable(f, variable):
        return
    try:
        G = gradient(f, variable)
    except ArgumentError:
        G = None
    except REFUSED:
        return
    with mp.workdps(40):
        values = values_for(f, variable)
        value = evaluate(f, values)
        if G is None:
            assert abs(mp.im(value)) > 1e-20*abs(value)
            return
        assert abs(mp.im(value)) <= 1e-20*(1 + abs(value))
        C = matrix_derivative(f, variable.conjugate())
        factor = 1 if variable is S else 2
        assert near(evaluate(G, values), factor*evaluate(C, values), mpmath.mpf(10)**-25)


@settings(relaxed, max_examples=100)
@given(wholes(2))
def test_canonical_forms_and_code_have_the_same_value(expr):
    if not is_comparable(expr, Z, 1e3):
        return
    with suppress(*REFUSED):
        form = canonical(expr)
        with mp.workdps(30):
            values = values_for(expr, Z)
            wanted = evaluate(expr, values)
            assert near(evaluate(form, values), wanted, mpmath.mpf(10)**-20), form
        names = [s for s in values if s not in SIZES]
        given_ = [np.array(v.tolist(), dtype=complex) if isinstance(v, mpmath.matrix)
                  else complex(v) for v in map(values.get, names)]
        if any(s.is_Matrix for s in names) and expr.has(MatrixSymbol):
            found = np.asarray(lambdify(names, expr)(*given_))
            his = np.array(wanted.tolist() if isinstance(wanted, mpmath.matrix) else wanted,
                           dtype=complex)
            assert np.allclose(found, his.reshape(found.shape), rtol=1e-8, atol=1e-8)
