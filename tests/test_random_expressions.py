"""
Random typed expressions against the definition.

Two hundred examples run with the tests; more with

    python -m pytest -m long tests/test_random_expressions.py
"""

from contextlib import suppress
from functools import lru_cache

import mpmath
import pytest
from definition import SIZES, check_against_definition, check_derivation, m, n
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    Determinant,
    Lambda,
    Matrix,
    MatrixSymbol,
    Max,
    Rational,
    Symbol,
    Trace,
    cos,
    exp,
    log,
    sin,
    sqrt,
    symbols,
    tanh,
)
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    DiagonalMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.diagonal import DiagonalOf

from sympy_matlayout import (
    DerivativeNotImplementedError,
    SingularError,
    Vec,
    differential,
    jacobian,
    jacobian_from_differential,
)
from sympy_matlayout.numeric import evaluate
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.simplify import constructors as c

t = Symbol("t", positive=True)
z = symbols("z")
ONE = 1
SHAPES = [(m, n), (n, m), (n, n), (m, m), (n, ONE), (ONE, n), (m, ONE), (ONE, m), (ONE, ONE)]
LEAVES = {shape: [MatrixSymbol(f"{name}{k}", *shape) for name in "XA"]
          for k, shape in enumerate(SHAPES)}
VARIABLES = [LEAVES[shape][0] for shape in SHAPES] + [LEAVES[m, n][0].T, t]
FUNCTIONS = [sin, cos, tanh, lambda u: exp(u/5), lambda u: u**2 + t*u, lambda u: 1/(1 + exp(-u))]


def built(make):
    """What SymPy itself can't build of scalars that hold matrices is no example."""
    def attempt(arg):
        try:
            return make(arg)
        except (AttributeError, TypeError):
            reject()
    return attempt


@lru_cache
def scalars(depth):
    if depth == 0:
        return st.sampled_from([t, t**2/3, Rational(1, 2), LEAVES[m, n][0][0, 1],
                                LEAVES[n, n][0][1, 2], Trace(LEAVES[n, n][0])])
    square = st.sampled_from([(n, n), (m, m)]).flatmap(lambda s: matrices(s, depth - 1))
    small = matrices((ONE, ONE), depth - 1)
    rest = scalars(depth - 1)
    return st.one_of(
        rest,
        square.map(c.trace),
        square.map(lambda M: log(1 + c.trace(c.multiply(c.transpose(M), M)))),
        square.map(lambda M: Determinant(M)/10),
        small.map(c.trace),
        small.map(built(lambda s: exp(-c.trace(s)**2/9))),
        st.tuples(rest, rest).map(lambda ab: ab[0] + 2*ab[1]),
        st.tuples(rest, rest).map(lambda ab: ab[0]*ab[1]),
        rest.map(built(lambda a: a/(1 + a**2))),
        rest.map(built(lambda a: sqrt(1 + a**2))),
        rest.map(built(lambda a: Max(a, Rational(-1, 3)) + Abs(a))),
        st.tuples(matrices((m, n), depth - 1), st.integers(0, 1), st.integers(0, 2)).map(
            lambda a: c.entry(a[0], *map(Rational, a[1:]))),
    )


@lru_cache
def matrices(shape, depth):
    rows, cols = shape
    leaves = LEAVES[shape] + [OneMatrix(*shape), ZeroMatrix(*shape)]
    leaves += [Identity(rows)] if rows == cols else []
    if depth == 0:
        return st.sampled_from(leaves)
    same = matrices(shape, depth - 1)
    options = [
        same,
        st.tuples(same, same).map(lambda ab: c.add(ab[0], c.scale(Rational(-2), ab[1]))),
        st.tuples(same, same).map(lambda ab: HadamardProduct(*ab)),
        st.tuples(scalars(depth - 1), same).map(lambda ab: c.scale(*ab)),
        matrices((cols, rows), depth - 1).map(c.transpose),
        st.sampled_from([n, m, ONE]).flatmap(lambda k: st.tuples(
            matrices((rows, k), depth - 1), matrices((k, cols), depth - 1))).map(
                lambda ab: c.multiply(*ab)),
        st.tuples(same, st.sampled_from(FUNCTIONS)).map(
            lambda af: c.elementwise(Lambda(z, af[1](z)), af[0])),
        same.map(lambda M: HadamardPower(M, 2)),
    ]
    if rows == cols:
        options += [
            same.map(lambda M: c.inverse(c.add(c.multiply(c.transpose(M), M), 3*Identity(rows)))),
            same.map(lambda M: c.power(M, Rational(2))),
            same.map(DiagonalMatrix),
            matrices((rows, ONE), depth - 1).map(DiagMatrix),
        ]
    if cols == ONE and rows != ONE:
        options += [matrices((rows, rows), depth - 1).map(DiagonalOf)]
    return st.one_of(options)


def wholes(depth):
    """What only makes sense outermost, as its shape is like no other."""
    inner = matrices((m, n), depth)
    return st.one_of(
        scalars(depth), st.sampled_from(SHAPES).flatmap(lambda s: matrices(s, depth)),
        st.tuples(inner, matrices((n, ONE), depth)).map(lambda ab: KroneckerProduct(*ab)),
        st.tuples(matrices((m, ONE), depth), inner).map(lambda ab: KroneckerProduct(*ab)),
        st.tuples(inner, inner).map(lambda ab: BlockMatrix([[ab[0], ab[1]]])),
        inner.map(lambda M: c.matrix_slice(M, (Rational(0), Rational(2), Rational(1)),
                                           (Rational(1), Rational(3), Rational(1)))),
        inner.map(Vec),
        inner.map(lambda M: M*Matrix.ones(1, 1) if M.shape[1] == 1 else M),
    )


def is_comparable(expr, variable, largest):
    """Has a value, and no large one: their differences lose the digits that are compared."""
    try:
        value = evaluate(expr, _values(expr, variable))
    except (ZeroDivisionError, OverflowError, ValueError):
        return False
    entries = value if isinstance(value, mpmath.matrix) else [value]
    return not any(abs(v) > largest for v in entries)


def check(expr, variable):
    if not is_comparable(expr, variable, 1e6):
        return
    # refused is right, also the determinant of ones, which is of rank 1
    with suppress(DerivativeNotImplementedError, SingularError):
        check_against_definition(expr, variable)


def _values(expr, variable):
    from definition import values_for
    return values_for(expr, variable)


relaxed = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
                   database=None)


@settings(relaxed, max_examples=200)
@given(wholes(2), st.sampled_from(VARIABLES))
def test_random_expressions(expr, variable):
    check(expr, variable)


@pytest.mark.long
@settings(relaxed, max_examples=5000, derandomize=False)
@given(wholes(3), st.sampled_from(VARIABLES))
def test_many_random_expressions(expr, variable):
    check(expr, variable)


def test_sizes_are_all_different():
    assert len(set(SIZES.values())) == len(SIZES)


def check_worked_steps(expr, variable):
    """Every step of the derivation by numbers, and the Jacobian identified in the differential."""
    if not is_comparable(expr, variable, 1e4):
        return
    try:
        check_derivation(expr, variable, "numerator")
    except (ZeroDivisionError, DerivativeNotImplementedError, SingularError):
        return  # singular, or refused
    dF = differential(expr, variable.arg if isinstance(variable, Transpose) else variable)
    found = jacobian_from_differential(dF, variable)
    with mpmath.mp.workdps(30):
        values = _values(expr, variable)
        assert near(evaluate(found, values), evaluate(jacobian(expr, variable), values),
                    mpmath.mpf(10)**-18)


@settings(relaxed, max_examples=60)
@given(wholes(2), st.sampled_from(VARIABLES))
def test_worked_steps_of_random_expressions(expr, variable):
    check_worked_steps(expr, variable)


@pytest.mark.long
@settings(relaxed, max_examples=2000, derandomize=False)
@given(wholes(3), st.sampled_from(VARIABLES))
def test_worked_steps_of_many_random_expressions(expr, variable):
    check_worked_steps(expr, variable)
