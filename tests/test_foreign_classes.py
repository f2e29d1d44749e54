"""Classes of somebody else's: what SymPy's own protocol says of them is used, nothing guessed."""

import pytest
from sympy import MatrixExpr, MatrixSymbol, S, Trace, cos, symbols

from sympy_matlayout import (
    DerivativeNotImplementedError,
    canonical,
    check_derivative,
    gradient,
    installed,
    jacobian,
    matrix_derivative,
)
from sympy_matlayout.simplify import constructors as c

m, n = symbols("m n", integer=True, positive=True)
X, A = MatrixSymbol("X", m, n), MatrixSymbol("A", n, m)
X3, A3 = MatrixSymbol("X", 3, 2), MatrixSymbol("A", 2, 3)


class OfOne(MatrixExpr):
    """A class with the shape of its argument and nothing else."""

    shape = property(lambda self: self.args[0].shape)


class Cosines(OfOne):
    def _entry(self, i, j, **kwargs):
        return cos(self.args[0]._entry(i, j, **kwargs))


class Scaled(OfOne):
    """Each row times its number, 0 times the first."""

    def _entry(self, i, j, **kwargs):
        return i*self.args[0]._entry(i, j, **kwargs)


class Reversed(OfOne):
    def _entry(self, i, j, **kwargs):
        return self.args[0]._entry(self.shape[0] - 1 - i, j, **kwargs)


class Turning(MatrixExpr):
    """Its own transpose up to a sign, of trace zero."""

    shape = property(lambda self: (S(3), S(3)))

    def _eval_transpose(self):
        return -self

    def _eval_trace(self):
        return S.Zero

    def _entry(self, i, j, **kwargs):
        return i - j


@pytest.mark.parametrize("kind", [Cosines, Scaled])
def test_by_entries_with_symbolic_sizes(kind):
    f = Trace(A*kind(X)) + Trace(A*X)
    assert check_derivative(f, X, gradient(f, X))
    with installed():
        assert check_derivative(f, X, f.diff(X))


@pytest.mark.parametrize("kind", [Cosines, Scaled, Reversed])
def test_by_entries_with_numbers(kind):
    f = Trace(A3*kind(X3)*kind(X3).T*A3.T)
    assert check_derivative(f, X3, gradient(f, X3))
    F = A3*kind(X3)
    assert check_derivative(F, X3, jacobian(F, X3))
    assert check_derivative(F, X3, matrix_derivative(F, X3, layout="denominator"))


def test_entries_out_of_place_with_symbolic_sizes():
    f = Trace(A*Reversed(X)) + Trace(Reversed(X).T*Reversed(X))
    assert check_derivative(f, X, gradient(f, X))
    assert check_derivative(A*Reversed(X), X, jacobian(A*Reversed(X), X))
    assert gradient(Trace(A*Reversed(MatrixSymbol("B", m, n))), X) == c.ZeroMatrix(m, n)


def test_what_says_nothing_is_refused():
    with pytest.raises(DerivativeNotImplementedError, match="no rule differentiates OfOne"):
        gradient(Trace(A*OfOne(X)), X)


def test_transpose_and_trace_of_the_protocol():
    T, B = Turning(), MatrixSymbol("B", 3, 3)
    assert c.transpose(T) == c.scale(S.NegativeOne, T)
    assert c.trace(T) == 0
    assert canonical(T.T*B + T*B) == c.ZeroMatrix(3, 3)
    f = Trace(T*B*T*B.T)
    assert check_derivative(f, B, gradient(f, B))


def test_the_zero_of_what_does_not_vary():
    C = MatrixSymbol("C", m, n)
    assert gradient(Trace(A*Cosines(C)), X) == c.ZeroMatrix(m, n)
    assert gradient(Trace(A*X) + Trace(A*Cosines(C)), X) == A.T
