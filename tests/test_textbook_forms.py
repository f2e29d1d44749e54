"""
The forms that textbooks print, and how long these are.

The first table has formulas of the Matrix Cookbook (2012), chapter 2, by their
numbers, the second the usual objectives.  Each line: name, function, variable,
the textbook's derivative in denominator layout, and what is known.  A result is
compared with the textbook's form by value, is no longer than it, and is the
same expression once the textbook's is in canonical form.
"""

import mpmath
import pytest
from definition import DIGITS, m, n, p
from mpmath import mp
from sympy import *  # the tables are lines of ordinary SymPy
from sympy.matrices.expressions import *
from test_facts import holding

from sympy_matlayout import Norm, canonical, count_operations, matrix_derivative  # noqa: F401
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.numeric.definition import near

SIZES = {m: 5, n: 3, p: 2}  # tall: X.T*X and R.T*A*R have inverses
k = Symbol("k", integer=True, positive=True)
t, lam, s = symbols("t lamda s", positive=True)
x, y, b, c, d, r, mu = (MatrixSymbol(name, n, 1) for name in ("x", "y", "b", "c", "d", "r", "mu"))
a, h = MatrixSymbol("a", m, 1), MatrixSymbol("h", p, 1)
w = MatrixSymbol("w", p, 1)
A, B, C, D, K, L, S, Sigma = (MatrixSymbol(name, n, n) for name in (
    "A", "B", "C", "D", "K", "L", "S", "Sigma"))
M, N = MatrixSymbol("M", m, m), MatrixSymbol("N", m, m)
X, Y = MatrixSymbol("X", m, n), MatrixSymbol("Y", m, n)
P, R, H, F = (MatrixSymbol("P", p, m), MatrixSymbol("R", n, p), MatrixSymbol("H", p, n),
              MatrixSymbol("F", p, p))
U, V = MatrixSymbol("U", m, p), MatrixSymbol("V", n, p)
tr, det, I = Trace, Determinant, Identity(n)
sigma = 1/(1 + exp(-t))


def o(size):
    return OneMatrix(size, 1)


def f(expr, matrix):
    """The function of t, of every entry."""
    return matrix.applyfunc(Lambda(t, expr))


COOKBOOK = """
49 | det(S) | S | det(S)*S.T.I
51 | det(A*S*B) | S | det(A*S*B)*S.T.I
54 | det(X.T*X) | X | 2*det(X.T*X)*X*(X.T*X).I
53 | det(X.T*M*X) | X | 2*det(X.T*M*X)*M*X*(X.T*M*X).I | Q.symmetric(M)
54 | det(X.T*M*X) | X | det(X.T*M*X)*(M*X*(X.T*M*X).I + M.T*X*(X.T*M.T*X).I)
55 | log(det(X.T*X)) | X | 2*X*(X.T*X).I
57 | log(Abs(det(S))) | S | S.T.I
58 | det(S**k) | S | k*det(S**k)*S.T.I
62 | det(S.I) | S | -det(S.I)*S.T.I
61 | b.T*S.I*c | S | -S.T.I*b*c.T*S.T.I
63 | tr(A*S.I*B) | S | -S.T.I*A.T*B.T*S.T.I
64 | tr((S+A).I) | S | -((S+A).T)**-2
70 | a.T*X*b | X | a*b.T
71 | b.T*X.T*a | X | a*b.T
72 | b.T*S*b | S | b*b.T
77 | b.T*X.T*X*c | X | X*(b*c.T + c*b.T)
78 | (B*x+b).T*C*(D*x+d) | x | B.T*C*(D*x+d) + D.T*C.T*(B*x+b)
81 | x.T*B*x | x | (B + B.T)*x
97 | x.T*B*x | x | 2*B*x | Q.symmetric(B)
82 | b.T*X.T*M*X*c | X | M.T*X*b*c.T + M*X*c*b.T
83 | (X*b+a).T*M*(X*b+a) | X | (M + M.T)*(X*b+a)*b.T
84 | (x - R*h).T*S*(x - R*h) | h | -2*R.T*S*(x - R*h) | Q.symmetric(S)
85 | (x - r).T*S*(x - r) | x | 2*S*(x - r) | Q.symmetric(S)
86 | (x - R*h).T*S*(x - R*h) | x | 2*S*(x - R*h) | Q.symmetric(S)
88 | (x - R*h).T*S*(x - R*h) | R | -2*S*(x - R*h)*h.T | Q.symmetric(S)
91 | b.T*S**3*c | S | b*c.T*S.T**2 + S.T*b*c.T*S.T + S.T**2*b*c.T
96 | x.T*A*x + b.T*x | x | (A + A.T)*x + b
99 | tr(S) | S | I
100 | tr(S*A) | S | A.T
101a | tr(P*X*R) | X | P.T*R.T
101 | tr(A*S*B) | S | A.T*B.T
102 | tr(A*S.T*B) | S | B*A
103 | tr(X.T*Y) | X | Y
104 | tr(Y*X.T) | X | Y
105 | tr(KroneckerProduct(A, S)) | S | tr(A)*I
106 | tr(S**2) | S | 2*S.T
107 | tr(S**2*B) | S | (S*B + B*S).T
108 | tr(X.T*M*X) | X | (M + M.T)*X
111 | tr(X*B*X.T) | X | X*(B + B.T)
113 | tr(A*S*B*S) | S | A.T*S.T*B.T + B.T*S.T*A.T
115 | tr(X.T*X) | X | 2*X
117 | tr(B.T*X.T*M*X*B) | X | (M + M.T)*X*B*B.T
118 | tr(X.T*M*X*C) | X | M*X*C + M.T*X*C.T
119 | tr(A*S*B*S.T*C) | S | A.T*C.T*S*B.T + C*A*S*B
120 | tr((P*X*R+F)*(P*X*R+F).T) | X | 2*P.T*(P*X*R+F)*R.T
121 | tr(KroneckerProduct(S, S)) | S | 2*tr(S)*I
122 | tr(S**k) | S | k*(S**(k-1)).T
123 | tr(A*S**2) | S | A.T*S.T + S.T*A.T
124 | tr(B.T*X.T*M*X*X.T*M*X*B) | X | M*X*X.T*M*X*B*B.T + M.T*X*B*B.T*X.T*M.T*X + M*X*B*B.T*X.T*M*X + M.T*X*X.T*M.T*X*B*B.T
125 | tr((X.T*M*X).I*A) | X | -M*X*(X.T*M*X).I*(A + A.T)*(X.T*M*X).I | Q.symmetric(M)
127 | tr((X.T*M*X).I*(X.T*N*X)) | X | 2*N*X*(X.T*M*X).I - 2*M*X*(X.T*M*X).I*X.T*N*X*(X.T*M*X).I | Q.symmetric(M) & Q.symmetric(N)
128 | tr((A + X.T*M*X).I*(X.T*N*X)) | X | 2*N*X*(A + X.T*M*X).I - 2*M*X*(A + X.T*M*X).I*X.T*N*X*(A + X.T*M*X).I | Q.symmetric(M) & Q.symmetric(N) & Q.symmetric(A)
129 | Norm(x - b) | x | (x - b)/Norm(x - b)
131 | Norm(x)**2 | x | 2*x
132 | Norm(X)**2 | X | 2*X
"""

OBJECTIVES = """
least squares | Norm(X*b - a)**2 | b | 2*X.T*(X*b - a)
least squares, residual first | Norm(a - X*b)**2 | b | -2*X.T*(a - X*b)
ridge | Norm(X*b - a)**2 + lam*Norm(b)**2 | b | 2*X.T*(X*b - a) + 2*lam*b
weighted least squares | (X*b - a).T*M*(X*b - a) | b | 2*X.T*M*(X*b - a) | Q.symmetric(M)
matrix factorisation | Norm(X - U*V.T)**2 | U | -2*(X - U*V.T)*V
matrix factorisation | Norm(X - U*V.T)**2 | V | -2*(X - U*V.T).T*U
weighted factorisation | Norm(HadamardProduct(Y, X - U*V.T))**2 | U | -2*HadamardProduct(Y, Y, X - U*V.T)*V
Rayleigh quotient | tr(x.T*A*x)/tr(x.T*x) | x | 2/tr(x.T*x)*(A*x - tr(x.T*A*x)/tr(x.T*x)*x) | Q.symmetric(A)
discriminant analysis | tr((R.T*A*R).I*(R.T*B*R)) | R | 2*B*R*(R.T*A*R).I - 2*A*R*(R.T*A*R).I*R.T*B*R*(R.T*A*R).I | Q.symmetric(A) & Q.symmetric(B)
Gaussian log likelihood | -n*log(det(Sigma))/2 - tr(Sigma.I*S)/2 | Sigma | Sigma.I*S*Sigma.I/2 - n*Sigma.I/2 | Q.symmetric(Sigma) & Q.symmetric(S)
Gaussian mean | -(x-mu).T*Sigma.I*(x-mu)/2 | mu | Sigma.I*(x-mu) | Q.symmetric(Sigma)
Gaussian covariance | -log(det(Sigma))/2 - tr((x-mu).T*Sigma.I*(x-mu))/2 | Sigma | (Sigma.I*(x-mu)*(x-mu).T*Sigma.I - Sigma.I)/2 | Q.symmetric(Sigma)
Gaussian process | log(det(S)) + tr(b.T*S.I*b) | S | S.I - S.I*b*b.T*S.I | Q.symmetric(S)
logistic regression | o(m).T*f(log(1+exp(t)), X*b) - a.T*X*b | b | X.T*(f(sigma, X*b) - a)
Poisson regression | o(m).T*f(exp(t), X*b) - a.T*X*b | b | X.T*(f(exp(t), X*b) - a)
softmax | log(tr(o(m).T*f(exp(t), X*b))) - tr(a.T*X*b) | b | X.T*(f(exp(t), X*b)/tr(o(m).T*f(exp(t), X*b)) - a)
softmax by weights | log(tr(o(m).T*f(exp(t), X*b))) - tr(a.T*X*b) | X | (f(exp(t), X*b)/tr(o(m).T*f(exp(t), X*b)) - a)*b.T
two layers, outer | Norm(P*f(tanh(t), X*b) - w)**2 | P | 2*(P*f(tanh(t), X*b) - w)*f(tanh(t), X*b).T
two layers, inner | Norm(P*f(tanh(t), X*b) - w)**2 | X | 2*HadamardProduct(P.T*(P*f(tanh(t), X*b) - w), f(1-tanh(t)**2, X*b))*b.T
Kalman gain | tr(A - X.T*P.T*H*A - A*H.T*P*X + X.T*P.T*F*P*X) | X | 2*P.T*F*P*X - 2*P.T*H*A | Q.symmetric(A) & Q.symmetric(F)
Kalman gain | tr(A - K*B*A - A*B.T*K.T + K*S*K.T) | K | 2*K*S - 2*A*B.T | Q.symmetric(A) & Q.symmetric(S)
metric learning | (x-y).T*L*(x-y) | L | (x-y)*(x-y).T
Stein's loss | tr(A*B.I) - log(det(A*B.I)) | A | B.T.I - A.T.I
unsquared norm | Norm(X*b - a) | b | X.T*(X*b - a)/Norm(X*b - a)
entropy | o(n).T*f(t*log(t), x) | x | f(log(t)+1, x)
kernel | exp(-Norm(x - y)**2/(2*s**2)) | x | -exp(-Norm(x - y)**2/(2*s**2))/s**2*(x - y)
cosine similarity | tr(x.T*y)/(Norm(x)*Norm(y)) | x | (y - tr(x.T*y)/Norm(x)**2*x)/(Norm(x)*Norm(y))
graph Laplacian | tr(X.T*M*X) | X | 2*M*X | Q.symmetric(M)
Sylvester | Norm(A*S + S*B - C)**2 | S | 2*A.T*(A*S + S*B - C) + 2*(A*S + S*B - C)*B.T
portfolio | x.T*S*x/2 - lam*b.T*x | x | S*x - lam*b | Q.symmetric(S)
Sharpe ratio | tr(b.T*x)/sqrt(tr(x.T*S*x)) | x | (b - tr(b.T*x)/tr(x.T*S*x)*S*x)/sqrt(tr(x.T*S*x)) | Q.symmetric(S)
Gram matrix | Norm(S.T*S - A)**2 | S | 4*S*(S.T*S - A) | Q.symmetric(A)
orthogonality penalty | Norm(S*S.T - I)**2 | S | 4*(S*S.T - I)*S
Procrustes | Norm(M*X - Y)**2 | X | 2*M.T*(M*X - Y)
bilinear | tr(M*X*A*X.T) | X | M.T*X*A.T + M*X*A
logistic loss | log(1 + exp(-tr(b.T*x))) | x | -b/(1 + exp(tr(b.T*x)))
quartic | Norm(x)**4 | x | 4*Norm(x)**2*x
energy norm | sqrt(tr(x.T*A*x)) | x | A*x/sqrt(tr(x.T*A*x)) | Q.symmetric(A)
sample mean | tr(Sigma.I*(X-o(m)*mu.T).T*(X-o(m)*mu.T)) | mu | -2*Sigma.I*(X-o(m)*mu.T).T*o(m) | Q.symmetric(Sigma)
diagonal form | x.T*DiagMatrix(b)*x | x | 2*HadamardProduct(b, x)
one layer | Norm(f(tanh(t), X*b) - a)**2 | b | 2*X.T*HadamardProduct(f(tanh(t), X*b) - a, f(1-tanh(t)**2, X*b))
"""


def lines(table):
    for line in table.strip().splitlines():
        name, *parts = (part.strip() for part in line.split(" | "))
        yield pytest.param(parts, id=f"{name}: {parts[0]}"[:60])


@pytest.mark.parametrize("parts", [*lines(COOKBOOK), *lines(OBJECTIVES)])
def test_textbook_form(parts):
    function, variable, form, facts = (eval(part) for part in [*parts, "True"][:4])
    found = matrix_derivative(function, variable, assumptions=facts)
    assert count_operations(found) <= count_operations(form)
    assert found == canonical(form, facts)
    with mp.workdps(DIGITS):
        exprs = [sympify(e).subs(k, 3) for e in (function, variable, form)]
        values = example_values(exprs, SIZES) if facts is True else holding(facts, exprs, sizes=SIZES)
        wanted = evaluate(exprs[2], values)
        assert near(evaluate(found.subs(k, 3), values), wanted, mpmath.mpf(10)**-20)
        without_facts = matrix_derivative(function, variable)
        assert near(evaluate(without_facts.subs(k, 3), values), wanted, mpmath.mpf(10)**-20)


def test_the_tables_are_long_enough():
    assert len([*lines(COOKBOOK)]) >= 50 and len([*lines(OBJECTIVES)]) >= 40
