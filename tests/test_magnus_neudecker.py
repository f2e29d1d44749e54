"""
The tables of Jacobians and Hessians of Magnus & Neudecker, 3rd ed., chapters 9 and 10.

Each entry is compared with the definition by numbers, and with the textbook's
form, where K may stand on either side of a Kronecker product.
"""

import mpmath
import pytest
from definition import check_against_definition, m, n, p, q
from mpmath import mp
from sympy import Determinant, MatrixSymbol, Symbol, Trace, exp, log, preorder_traversal
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    OneMatrix,
    ZeroMatrix,
)
from test_hessians import second_partials

from sympy_matlayout import CommutationMatrix, MatrixSum, Norm, Vec, hessian, jacobian
from sympy_matlayout.core.shapes import is_matrix
from sympy_matlayout.numeric import evaluate
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.reading.read import read
from sympy_matlayout.simplify.factoring import factored

i = Symbol("i", integer=True)
k = Symbol("k", integer=True, positive=True)
x, a = MatrixSymbol("x", n, 1), MatrixSymbol("a", n, 1)
b, c = MatrixSymbol("b", m, 1), MatrixSymbol("c", m, 1)
X, Y, Z = MatrixSymbol("X", m, n), MatrixSymbol("Y", m, n), MatrixSymbol("Z", p, q)
S, A, B = MatrixSymbol("S", n, n), MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
M, N = MatrixSymbol("M", m, m), MatrixSymbol("N", m, m)
P, Q, R = MatrixSymbol("P", p, m), MatrixSymbol("Q", n, q), MatrixSymbol("R", n, m)


def I(size):  # noqa: E743 - the textbook's letter
    return Identity(size)


def K(rows, cols):
    return CommutationMatrix(rows, cols)


def kron(*factors):
    return KroneckerProduct(*factors)


S1, ST1 = S.inverse(), S.T.inverse()
T = MatrixSymbol("T", n, m)  # tall, so that T'T has an inverse
TT, XXt = (T.T*T).inverse(), (X*X.T).inverse()
SX = I(n**2) + K(n, n)
SM = I(m**2) + K(m, m)

JACOBIANS = {
    # vector functions of a vector (9.5) and of a matrix (9.6)
    "Ax": (Y*x, x, Y),
    "x'Ax·x": (Trace(x.T*A*x)*x, x, Trace(x.T*A*x)*I(n) + x*x.T*(A + A.T)),
    "x/|x|": (x/Norm(x), x, (I(n) - x*x.T/Norm(x)**2)/Norm(x)),
    "Xa": (X*a, X, kron(a.T, I(m))),
    "X'b": (X.T*b, X, kron(I(n), b.T)),
    "vec X": (Vec(X), X, I(m*n)),
    # matrix functions of a vector
    "xx'": (x*x.T, x, kron(x, I(n)) + kron(I(n), x)),
    "xa'": (x*b.T, x, kron(b, I(n))),
    "x⊗x": (kron(x, x), x, kron(x, I(n)) + kron(I(n), x)),
    # matrix functions of a matrix (9.7)
    "X": (X, X, I(m*n)),
    "X'": (X.T, X, K(m, n)),
    "XX'": (X*X.T, X, SM*kron(X, I(m))),
    "X'X": (X.T*X, X, SX*kron(I(n), X.T)),
    "XX": (S*S, S, kron(S.T, I(n)) + kron(I(n), S)),
    "X³": (S**3, S, kron(S.T**2, I(n)) + kron(S.T, S) + kron(I(n), S**2)),
    "Xᵏ": (S**k, S, MatrixSum(kron(S.T**(k - 1 - i), S**i), (i, 0, k - 1))),
    "X⁻¹": (S1, S, -kron(ST1, S1)),
    "X'⁻¹": (ST1, S, -kron(S1, ST1)*K(n, n)),
    "X⁻²": (S**-2, S, -kron(ST1, S**-2) - kron(S.T**-2, S1)),
    "adj X = |X| X⁻¹": (Determinant(S)*S1, S,
                        Determinant(S)*(Vec(S1)*Vec(ST1).T - kron(ST1, S1))),
    "|X| X": (Determinant(S)*S, S, Determinant(S)*(I(n**2) + Vec(S)*Vec(ST1).T)),
    "tr X·X": (Trace(S)*S, S, Trace(S)*I(n**2) + Vec(S)*Vec(I(n)).T),
    "X/‖X‖": (X/Norm(X), X, (I(m*n) - Vec(X)*Vec(X).T/Norm(X)**2)/Norm(X)),
    "AXB": (P*X*Q, X, kron(Q.T, P)),
    "AX⁻¹B": (Y*S1*Q, S, -kron(Q.T*ST1, Y*S1)),
    "AX'B": (Q.T*X.T*P.T, X, kron(P, Q.T)*K(m, n)),
    "XAX": (S*A*S, S, kron(S.T*A.T, I(n)) + kron(I(n), S*A)),
    "XAX'": (X*A*X.T, X, kron(X*A.T, I(m)) + kron(I(m), X*A)*K(m, n)),
    "X'AX": (X.T*M*X, X, kron(X.T*M.T, I(n))*K(m, n) + kron(I(n), X.T*M)),
    "XAX'B": (X*A*X.T*Y, X, kron(Y.T*X*A.T, I(m)) + kron(Y.T, X*A)*K(m, n)),
    "AX + X'B": (R*X + X.T*R.T, X, SX*kron(I(n), R)),
    "X + X'": (S + S.T, S, SX),
    "X∘A": (HadamardProduct(X, Y), X, DiagMatrix(Vec(Y))),
    "X∘X": (HadamardProduct(X, X), X, 2*DiagMatrix(Vec(X))),
    "exp X, by entries": (X.applyfunc(exp), X, DiagMatrix(Vec(X.applyfunc(exp)))),
    "A⊗X": (kron(Z, X), X, kron(I(q), K(n, p), I(m))*kron(Vec(Z), I(m*n))),
    "X⊗A": (kron(X, Z), X, kron(I(n), K(q, m), I(p))*kron(I(m*n), Vec(Z))),
    "X⊗X": (kron(X, X), X,
            kron(I(n), K(n, m), I(m))*(kron(I(m*n), Vec(X)) + kron(Vec(X), I(m*n)))),
    "X(X'X)⁻¹X'": (T*TT*T.T, T, SX*kron(T*TT, I(n) - T*TT*T.T)),
    "(X'X)⁻¹": (TT, T, -SM*kron(TT, TT*T.T)),
}

HESSIANS = {
    "a'x": (a.T*x, x, ZeroMatrix(n, n)),
    "x'Ax": (x.T*A*x, x, A + A.T),
    "exp a'x": (exp(Trace(a.T*x)), x, exp(Trace(a.T*x))*a*a.T),
    "|x|": (Norm(x), x, (I(n) - x*x.T/Norm(x)**2)/Norm(x)),
    "|Xx − b|²": (Norm(X*x - b)**2, x, 2*X.T*X),
    "tr AX": (Trace(R*X), X, ZeroMatrix(m*n, m*n)),
    "tr X'X": (Trace(X.T*X), X, 2*I(m*n)),
    "tr X²": (Trace(S*S), S, 2*K(n, n)),
    "tr X³": (Trace(S**3), S, 3*K(n, n)*(kron(S.T, I(n)) + kron(I(n), S))),
    "tr X'AX": (Trace(X.T*M*X), X, kron(I(n), M + M.T)),
    "tr XAX'": (Trace(X*A*X.T), X, kron(A + A.T, I(m))),
    "tr XAX'B": (Trace(X*A*X.T*M), X, kron(A.T, M) + kron(A, M.T)),
    "tr XAXB": (Trace(S*A*S*B), S, K(n, n)*(kron(A.T, B) + kron(B.T, A))),
    "tr AXAX": (Trace(R*X*R*X), X, 2*K(n, m)*kron(R.T, R)),
    "tr X⁻¹": (Trace(S1), S, K(n, n)*(kron(ST1, S**-2) + kron(S.T**-2, S1))),
    "tr AX⁻¹": (Trace(A*S1), S,
                K(n, n)*(kron(ST1, S1*A*S1) + kron(ST1*A.T*ST1, S1))),
    "a'XX'a": (b.T*X*X.T*b, X, 2*kron(I(n), b*b.T)),
    "a'X'Xa": (a.T*X.T*X*a, X, 2*kron(a*a.T, I(m))),
    "a'XAX'b": (b.T*X*A*X.T*c, X, kron(A.T, c*b.T) + kron(A, b*c.T)),
    "|X|": (Determinant(S), S, Determinant(S)*(Vec(ST1)*Vec(ST1).T - K(n, n)*kron(ST1, S1))),
    "log |X|": (log(Determinant(S)), S, -K(n, n)*kron(ST1, S1)),
    "log |X'X|": (log(Determinant(T.T*T)), T,
                  2*kron(TT, I(n) - T*TT*T.T) - 2*K(m, n)*kron(T*TT, TT*T.T)),
    "log |XX'|": (log(Determinant(X*X.T)), X,
                  2*kron(I(n) - X.T*XXt*X, XXt) - 2*K(n, m)*kron(XXt*X, X.T*XXt)),
    "‖X‖": (Norm(X), X, (I(m*n) - Vec(X)*Vec(X).T/Norm(X)**2)/Norm(X)),
}


def canonical(expr):
    """The textbook's form as the library would write it, terms of sums in any order."""
    return unordered(factored(read(expr)))


def unordered(expr):
    if isinstance(expr, MatrixSum):
        expr = expr.xreplace({expr.limits[0]: i})
    args = tuple(map(unordered, expr.args)) or (expr,)
    return type(expr), frozenset(args) if isinstance(expr, MatAdd) else args


def length(expr):
    return sum(1 for node in preorder_traversal(expr) if is_matrix(node))


@pytest.mark.parametrize("name", JACOBIANS)
def test_jacobians(name):
    F, variable, textbook = JACOBIANS[name]
    found = jacobian(F, variable)
    assert canonical(found) == canonical(textbook), found
    assert length(found) <= length(read(textbook)) + 1, found  # K may need another transpose
    check_against_definition(F, variable)


@pytest.mark.parametrize("name", HESSIANS)
def test_hessians(name):
    f, variable, textbook = HESSIANS[name]
    found = hessian(f, variable)
    assert canonical(found) == canonical(textbook), found
    assert length(found) <= length(read(textbook)) + 2, found
    with mp.workdps(45):
        wanted, values = second_partials(f, variable, variable)
        for form in (found, read(textbook)):
            assert near(evaluate(form, values), wanted, mpmath.mpf(10)**-12)
    if variable == x:
        assert not found.has(KroneckerProduct, Vec)


def test_ones():
    assert jacobian(OneMatrix(1, m)*X, X) == kron(I(n), OneMatrix(1, m))
