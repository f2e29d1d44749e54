"""Refusals are raised on purpose; anything else is reported as a bug, and whose it is."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import mpmath
import pytest
from definition import n
from sympy import Basic, Inverse, MatrixExpr, MatrixSymbol, Trace, sin

from sympy_matlayout import (
    DerivativeNotImplementedError,
    MatlayoutError,
    gradient,
    installed,
    local_differentials,
    register_structure,
)
from sympy_matlayout.core.bound_symbols import argument_symbol, index_symbol
from sympy_matlayout.core.errors import DepthError, MatlayoutBug
from sympy_matlayout.numeric import evaluate
from sympy_matlayout.numeric.definition import near

A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)


@pytest.fixture
def broken_inverse():
    """The rule of the inverse with a bug in it."""
    rule = local_differentials.dispatch(Inverse)

    @local_differentials.register(Inverse)
    def broken(node, varies):
        yield node.args[0], node.no_such_attribute

    yield
    local_differentials.register(Inverse)(rule)


def test_a_bug_is_no_refusal(broken_inverse):
    with pytest.raises(MatlayoutBug, match="no_such_attribute") as raised:
        gradient(Trace(B*A.inverse()), A)
    assert not isinstance(raised.value, (MatlayoutError, NotImplementedError))
    assert isinstance(raised.value.__cause__, AttributeError)
    assert "gradient was given: Trace(B*A**(-1)), A" in str(raised.value)


def test_install_lets_it_through(broken_inverse):
    with installed(), pytest.raises(MatlayoutBug, match="no_such_attribute"):
        Trace(B*A.inverse()).diff(A)


def test_whose_bug_it_is():
    class Strange(MatrixExpr):
        shape = property(lambda self: self.args[0].shape)

    @local_differentials.register(Strange)
    def strange(node, varies):
        raise KeyError("of mine")

    with pytest.raises(MatlayoutBug, match=r"an error of .*test_errors.*not of this library"):
        gradient(Trace(B*Strange(A)), A)


def test_a_refusal_by_a_rule_stays_one():
    class Refused(MatrixExpr):
        shape = property(lambda self: self.args[0].shape)

    @local_differentials.register(Refused)
    def refused(node, varies):
        raise DerivativeNotImplementedError("not of this")

    with pytest.raises(DerivativeNotImplementedError, match="not of this"):
        gradient(Trace(B*Refused(A)), A)


def test_depth_is_blamed_only_where_it_is_deep():
    deep = Trace(A)
    for _ in range(400):
        deep = Basic.__new__(sin, deep)
    with pytest.raises(DepthError, match=r"nested 40. levels deep"):
        gradient(deep, A)

    class Endless(MatrixExpr):
        shape = property(lambda self: self.args[0].shape)

    @local_differentials.register(Endless)
    def endless(node, varies):
        return endless(node, varies)

    with pytest.raises(MatlayoutBug, match="RecursionError"):
        gradient(Trace(B*Endless(A)), A)


def test_bound_symbols_are_the_same_in_every_thread():
    together = threading.Barrier(8)

    def names(_):
        together.wait()
        taken, found = set(), []
        for _ in range(40):
            found.append(index_symbol(taken))
            taken.add(found[-1])
        return [*found, argument_symbol(frozenset())]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            of_threads = list(pool.map(names, range(8)))
    finally:
        sys.setswitchinterval(interval)
    assert all(found == of_threads[0] for found in of_threads)
    assert len(set(of_threads[0])) == len({s.name for s in of_threads[0]}) == 41


def test_structures_registered_in_threads_are_all_there():
    from sympy.matrices.expressions import OneMatrix

    def register(k):
        return register_structure(f"thread {k}", lambda size: OneMatrix(size**2, 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(register, range(16)))
    X = MatrixSymbol("X", 3, 3)
    for k in range(16):
        found = gradient(Trace(X), X, structure=f"thread {k}")
        assert near(evaluate(found, {}), mpmath.ones(3)/3, 1e-12)
