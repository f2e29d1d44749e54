"""
The formulas of the source documents, with the textbook's own result.

Results are in denominator layout, as the documents' gradients are; numerator
is the transpose.  Numbers in parentheses are the documents' equation numbers.
Functions that a document leaves open are undefined functions here; ``KNOWN``
holds functions to put in their places for a check by numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import (
    Determinant,
    Function,
    Lambda,
    MatrixSymbol,
    Subs,
    Sum,
    Trace,
    ZeroMatrix,
    log,
    sin,
    symbols,
    tanh,
)
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
)

from .nodes.constants import CommutationMatrix
from .nodes.undefined_functions import FunctionGradient
from .simplify.constructors import vec

__all__ = ["FORMULAS", "KNOWN", "SIZES", "Formula"]


@dataclass(frozen=True)
class Formula:
    """∂function/∂variable = denominator, as a document states it."""

    document: str
    number: str
    function: Basic
    variable: Basic
    denominator: Basic

    @property
    def name(self) -> str:
        return f"{self.document} {self.number}"


m, n, p, q = symbols("m n p q", integer=True, positive=True)
SIZES = {m: 2, n: 3, p: 4, q: 5}

i, j = symbols("i j", integer=True)
c1, c2 = symbols("c1 c2")


def _matrix(name: str, rows: Any, cols: Any) -> Any:
    """A matrix symbol; SymPy's annotations have no matrix for a product of two."""
    return MatrixSymbol(name, rows, cols)


x, a, b = (_matrix(name, n, 1) for name in "xab")
u = _matrix("u", m, 1)
A, B, S = (_matrix(name, n, n) for name in "ABS")
X, Y, C = (_matrix(name, m, n) for name in "XYC")
P, Q, R, D = _matrix("P", p, m), _matrix("Q", n, q), _matrix("R", q, n), _matrix("D", m, n)
U, V = _matrix("U", p, n), _matrix("V", n, p)
I = Identity(n)  # the field's own name
L, h = Function("L"), Function("h")
z_of_x = (R*x).applyfunc(tanh)                      # a vector function z(x), q×1
dz_dx = R.T*DiagMatrix((R*x).applyfunc(lambda s: 1 - tanh(s)**2))

KNOWN = {L: lambda Z: Trace(Z.T*Z)**2, h: sin}


def _slope(y):
    s, at = symbols("s at", real=True)
    return y.applyfunc(Lambda(s, Subs(h(at).diff(at), at, s)))


def _of(kind):
    """Z ↦ L(Z) and its gradient, at a p×n argument."""
    Z = MatrixSymbol("_Y", p, n) if kind == "left" else MatrixSymbol("_Y", m, q)
    inside = P*X + U if kind == "left" else X*Q + MatrixSymbol("W", m, q)
    return L(inside), FunctionGradient(L(Z), Z, inside)


LEFT, LEFT_GRADIENT = _of("left")
RIGHT, RIGHT_GRADIENT = _of("right")

FORMULAS = [Formula(*row) for row in (
    # derivations from the definition: scalar by vector
    ("000", "(2) constant", c1, x, ZeroMatrix(n, 1)),
    ("000", "(3) linear", Trace(c1*a.T*x + c2*x.T*x), x, c1*a + 2*c2*x),
    ("000", "(5) product", Trace(a.T*x)*Trace(x.T*A*x), x,
     Trace(x.T*A*x)*a + Trace(a.T*x)*(A*x + A.T*x)),
    ("000", "(7) quotient", Trace(a.T*x)/Trace(x.T*x), x,
     1/Trace(x.T*x)**2*(Trace(x.T*x)*a - 2*Trace(a.T*x)*x)),
    ("000", "(9) x'a", x.T*a, x, a),
    ("000", "(9) a'x", a.T*x, x, a),
    ("000", "(11) x'x", x.T*x, x, 2*x),
    ("000", "(13) x'Ax", x.T*A*x, x, A*x + A.T*x),
    ("000", "(15) a'xx'b", a.T*x*x.T*b, x, a*b.T*x + b*a.T*x),
    # scalar by matrix
    ("000", "(18) constant", c1, X, ZeroMatrix(m, n)),
    ("000", "(20) linear", c1*Trace(C.T*X) + c2*Trace(X.T*X), X, c1*C + 2*c2*X),
    ("000", "(22) product", Trace(C.T*X)*Trace(X.T*X), X,
     Trace(X.T*X)*C + 2*Trace(C.T*X)*X),
    ("000", "(24) quotient", Trace(C.T*X)/Trace(X.T*X), X,
     1/Trace(X.T*X)**2*(Trace(X.T*X)*C - 2*Trace(C.T*X)*X)),
    ("000", "(26) a'Xb", u.T*X*b, X, u*b.T),
    ("000", "(28) a'X'b", b.T*X.T*u, X, u*b.T),
    ("000", "(31) a'XX'b", u.T*X*X.T*C*b, X, u*b.T*C.T*X + C*b*u.T*X),
    ("000", "(33) a'X'Xb", a.T*X.T*X*b, X, X*b*a.T + X*a*b.T),
    ("000", "(34) by X'", Trace(C.T*X)*Trace(X.T*X), X.T,
     (Trace(X.T*X)*C + 2*Trace(C.T*X)*X).T),
    ("000", "(35) a'Xb by X'", u.T*X*b, X.T, b*u.T),
    ("000", "(36) a'XX'b by X'", u.T*X*X.T*C*b, X.T, (u*b.T*C.T*X + C*b*u.T*X).T),
    ("000", "(37) a'X'Xb by X'", a.T*X.T*X*b, X.T, (X*b*a.T + X*a*b.T).T),
    # document 001
    ("001", "a'x", a.T*x, x, a),
    ("001", "x'Ax", x.T*A*x, x, (A + A.T)*x),
    ("001", "x'Ax, A symmetric", x.T*(S + S.T)*x, x, 2*(S + S.T)*x),
    ("001", "x'Ix", x.T*I*x, x, 2*x),
    ("001", "|x|^2", Sum(x[i, 0]**2, (i, 0, n - 1)), x, 2*x),
    ("001", "Ax", X*x, x, X.T),
    ("001", "du/dx, u = b - Ax", u - X*x, x, -X.T),
    ("001", "dg/du, g = |u|^2", u.T*u, u, 2*u),
    ("001", "|b - Ax|^2", (u - X*x).T*(u - X*x), x, -2*X.T*(u - X*x)),
    # document 003, vector by vector
    ("003", "x", x, x, I),
    ("003", "Az(x)", Q*z_of_x, x, dz_dx*Q.T),
    ("003", "z(x)'A", z_of_x.T*R, x, dz_dx*R),
    ("003", "x'A", x.T*V, x, V),
    ("003", "f(x) elementwise", x.applyfunc(h), x, DiagMatrix(_slope(x))),
    # trace properties
    ("003", "tr X'", Trace(A.T), A, I),
    ("003", "tr(X + Y)", Trace(A + B), A, I),
    ("003", "tr XY", Trace(X*V*P), X, P.T*V.T),
    ("003", "tr YX", Trace(V*P*X), X, P.T*V.T),
    ("003", "tr A'B", Trace(C.T*X), X, C),
    ("003", "sum A_ij B_ij", Sum(C[i, j]*X[i, j], (i, 0, m - 1), (j, 0, n - 1)), X, C),
    ("003", "tr(A'(B∘X))", Trace(C.T*HadamardProduct(D, X)), X, HadamardProduct(C, D)),
    ("003", "tr((A∘B)'X)", Trace(HadamardProduct(C, D).T*X), X, HadamardProduct(C, D)),
    # differentials; matrix by matrix is ∂vec'(F)/∂vec(X), equation (14) of document 002
    ("003", "d(X + Y)", X + Y, X, Identity(m*n)),
    ("003", "d tr X", Trace(A), A, I),
    ("003", "d(XY) by X", X*Q, X, KroneckerProduct(Q, Identity(m))),
    ("003", "d(XY) by Y", X*Q, Q, KroneckerProduct(Identity(q), X.T)),
    ("003", "d(X∘Y)", HadamardProduct(X, Y), X, DiagMatrix(vec(Y))),
    ("003", "d sigma(X)", X.applyfunc(h), X, DiagMatrix(vec(_slope(X)))),
    ("003", "d inv X", A.inverse(), A, -KroneckerProduct(A.inverse(), A.T.inverse())),
    ("003", "d|X|", Determinant(A), A, Determinant(A)*A.T.inverse()),
    ("003", "d ln|X|", log(Determinant(A)), A, A.T.inverse()),
    ("003", "dX'", X.T, X, CommutationMatrix(n, m)),
    # product and chain rules
    ("003", "y'z", Trace((B*x).applyfunc(sin).T*(A*x)), x,
     B.T*DiagMatrix((B*x).applyfunc(lambda s: sin(s).diff(s)))*A*x
     + A.T*(B*x).applyfunc(sin)),
    ("003", "scalar y times z", Trace(x.T*a)*z_of_x, x, a*z_of_x.T + Trace(x.T*a)*dz_dx),
    ("003", "chain a to b to z", Q*z_of_x, x,
     R.T*DiagMatrix((R*x).applyfunc(lambda s: 1 - tanh(s)**2))*Q.T),
    ("003", "L(AX + B)", LEFT, X, P.T*LEFT_GRADIENT),
    ("003", "L(XA + B)", RIGHT, X, RIGHT_GRADIENT*Q.T),
    ("003", "|X|_F^2", Trace(X*X.T), X, 2*X),
    ("003", "|X|_F^2 as a sum", Sum(X[i, j]**2, (i, 0, m - 1), (j, 0, n - 1)), X, 2*X),
)]
