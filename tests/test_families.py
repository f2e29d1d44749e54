"""
Expressions of every class, by variables of every shape, against the definition.

Each line is checked in all layouts and forms with m, n, p, q = 2, 3, 4, 5 and
general matrices; see definition.py.
"""

import pytest
from definition import check_against_definition, m, n, p
from sympy import *  # the families are lines of ordinary SymPy
from sympy.matrices.expressions import *
from sympy.matrices.expressions.diagonal import DiagonalOf  # noqa: F401

from sympy_matlayout import MatrixSum, Unvec, Vec  # noqa: F401

i, j, k = symbols("i j k", integer=True)
t = Symbol("t")
x, y, b = (MatrixSymbol(name, n, 1) for name in "xyb")
a, w = MatrixSymbol("a", m, 1), MatrixSymbol("w", p, 1)
z, s1 = MatrixSymbol("z", 1, n), MatrixSymbol("s1", 1, 1)
X, Y = MatrixSymbol("X", m, n), MatrixSymbol("Y", m, n)
A, B, S = (MatrixSymbol(name, n, n) for name in "ABS")
C, D, M = MatrixSymbol("C", p, m), MatrixSymbol("D", n, p), MatrixSymbol("M", m, m)
W, c3 = MatrixSymbol("W", 3, 3), Matrix([[1, 2, 3], [0, 1, 5], [2, 7, 1]])

BY_COLUMN = """
x.T*A*x
a.T*X*x
exp(x.T*x)
sqrt(x.T*x)
A*x
x*x.T
x/sqrt(x.T*x)
(x.T*A*x)[0,0]
(A*x)[0,0]
x.T*x*A
(x.T*A*x)/(x.T*x)
log(1+exp(Trace(x.T*y)))
x.applyfunc(sin)
DiagMatrix(x)*y
Sum((y[i,0]-(A*x)[i,0])**2,(i,0,n-1))
x[0,0]*x
x.T
x.T*A
X*x
DotProduct(x,y)
DotProduct(x,A*x)**2
HadamardProduct(x,y)
HadamardPower(x,3)
HadamardPower(x,Rational(1,2))
HadamardPower(2,x)
HadamardPower(x,y)
HadamardPower(y,x)
DiagMatrix(x)
DiagMatrix(x.T)
x.T*DiagMatrix(x)*x
y.T*DiagMatrix(x)
A*DiagMatrix(x)*B
KroneckerProduct(x,y)
KroneckerProduct(x,x)
KroneckerProduct(x.T,A)
KroneckerProduct(A,x,y)
Trace(x*x.T)
Trace(A*x*x.T*B)
det(A+x*x.T)
log(det(A+x*y.T))
(A+x*x.T).inverse()*y
y.T*(A+DiagMatrix(x)).inverse()*y
Sum(log(1+exp(-y[i,0]*x[i,0])),(i,0,n-1))
Sum(x[i,0]*A[i,j]*x[j,0],(i,0,n-1),(j,0,n-1))
Sum((x[i+1,0]-x[i,0])**2,(i,0,n-2))
Sum(x[i,0]**2*y[i,0],(i,0,n-1))
Product(x[i,0],(i,0,n-1))
(x.T*y)*x.T*A
A*x*(y.T*x)
x.T*x*x.T*A*x
Max(1,Trace(x.T*x))
Piecewise((Trace(x.T*x),Trace(x.T*y)>1),(0,True))
sign(x[0,0])*x[1,0]
gamma(Trace(x.T*x)/10)
erf(Trace(x.T*y))
x.T*A.inverse()*x
(x.T*A*x)**(-2)
(x.T*x)**t
(x.T*x)**k
Trace(x.T*x)**Trace(x.T*y)/10
x.T*y/n
n*x
x-A*x
BlockMatrix([[x],[y]])
BlockMatrix([[A,x],[x.T,Identity(1)]])
x[0:2,:]
x[0,0]
x[i,0].subs(i,1)*A
(A*x).applyfunc(tanh)
X*(A*x).applyfunc(tanh)
x.applyfunc(lambda u: u**2+t*u)
(x*x.T).applyfunc(exp)
KroneckerProduct(x*x.T,M)
OneMatrix(1,n)*x
x+OneMatrix(n,1)
(x.T*A*x)**(-1)*y
X*x*(x.T*A*x)**(-1)
exp(-x.T*A*x/2)
sqrt((y-A*x).T*(y-A*x))
((X*x-a).T*M*(X*x-a))
Identity(n)*x
Trace(x*x.T*A)*x
x.T*KroneckerProduct(Identity(1),A)*x
MatPow(x.T*A*x,Rational(1,3))
(x.T*A*x).applyfunc(log)
cos(Trace(x.T*y))*exp(y.T*x)
Add(1,x.T*x,evaluate=False)
log(Add(1,x.T*x,evaluate=False))
Adjoint(x)*x
conjugate(x)
x.T*conjugate(A)*x
ZeroMatrix(n,1)
y
t
A*y
"""

BY_ROW = """
z*A
z*A*z.T
z
z.T
A*z.T
z*x
HadamardProduct(z,z)
DiagMatrix(z)
z.applyfunc(cos)
KroneckerProduct(z,A)
DotProduct(z,x)
x*z
det(A+x*z)
z[0,1]*z
z/sqrt(z*z.T)
"""

BY_ONE_BY_ONE = """
s1
s1*A
s1*x
s1**2
s1.inverse()
exp(s1)
x.T*A*x*s1
log(det(s1*s1))
Trace(s1)
s1[0,0]**3
s1.applyfunc(sin)
KroneckerProduct(s1,A)
z*s1[0,0]
"""

BY_RECTANGULAR = """
Trace(M*X*A*X.T)
a.T*X*x
X.T*X
X
X.T
Trace(X*A*X.T)**2/n
det(X.T*M*X+A)
det(X*A*X.T)
log(det(X*A*X.T))
X.T*X*X.T
HadamardProduct(X,X)
HadamardProduct(X,Y,X)
X.applyfunc(exp)
KroneckerProduct(X,A)
KroneckerProduct(C,X)
KroneckerProduct(b,X,z)
KroneckerProduct(X,X)
Trace(KroneckerProduct(A,X.T)*KroneckerProduct(S,X))
Trace(KroneckerProduct(M,A)*KroneckerProduct(X*A*X.T,B))
X[0,1]
X[-1,0]*X[0,-2]
(C*X)[-1,0]
Sum(X[i,-1]**2*X[-1,0],(i,0,m-1))
X[1,0]*X
X[0:2,1:3]
X[:,1]
X[0,:]*A
C*X*D
C*X*A*X.T
X*X.T
(X*A*X.T).inverse()
Trace((X*A*X.T).inverse()*M)
X.T*(X*A*X.T).inverse()*X
Trace(X.T*Y)
Sum(X[i,j]*Y[i,j],(i,0,m-1),(j,0,n-1))
Sum(X[i,j]**2,(i,0,m-1),(j,0,n-1))
sqrt(Sum(X[i,j]**2,(i,0,m-1),(j,0,n-1)))
Sum(X[i,j],(i,0,m-1),(j,0,n-1))
Sum(exp(X[i,j]),(i,0,m-1),(j,0,n-1))
Sum(X[i,0],(i,0,m-1))
Sum(X[i,i],(i,0,m-1))
Sum(log(Sum(exp(X[i,j]),(j,0,n-1))),(i,0,m-1))
Sum(X[i,j]*X[i,j+1],(i,0,m-1),(j,0,n-2))
Sum(X[i,j]*Y[i,j]*a[i,0]*x[j,0],(i,0,m-1),(j,0,n-1))
Trace(X.T*X)*X
X/sqrt(Trace(X.T*X))
det(X*X.T)*X
BlockMatrix([[X,Y],[Y,X]])
BlockDiagMatrix(X,A,X.T)
Trace(BlockMatrix([[X*A],[Y]])*BlockMatrix([[Y.T,X.T]]))
DiagonalMatrix(X*X.T)
DiagonalMatrix(X)
DiagonalOf(X*X.T)
DiagMatrix(X*x)
OneMatrix(1,m)*X*OneMatrix(n,1)
X*OneMatrix(n,n)*X.T
(X*A).applyfunc(sin)
HadamardPower(X,3)
HadamardPower(X,-1)
HadamardPower(X,t)
HadamardPower(X,Y)
HadamardPower(2,X)
HadamardPower(Trace(X.T*X),Y)
HadamardPower(Y,Trace(X.T*Y)/9)
(Y*Trace(X.T*Y)).applyfunc(sin)
X.applyfunc(lambda u: sin(u*Trace(X.T*Y)/5))
Y.applyfunc(lambda u: exp(u)*Trace(X.T*X)+u)
(X.T*X)**2
X*(X.T*X+A)**3*X.T
(A+X.T*X)**(-2)
Trace((X.T*X)**3)
Trace((X.T*X+A)**k)
(X.T*X+A)**k
Trace(B*(X.T*X+A)**k)
a.T*X*X.T*a
x.T*X.T*X*x
exp(a.T*X*x)
log(1+exp(Trace(a.T*X*x)))
X*x
a.T*X
X*x*a.T
Matrix([[X[0,0],X[0,1]],[1,Trace(X.T*X)]])
MatrixSum(Y.T*X*i,(i,1,3))
Trace(MatrixSum(A**i*X.T*X,(i,0,3)))
Vec(X)
Unvec(Vec(X),n,m)
Trace(X*Y.T)/Trace(X*X.T)
X.T*M*X*x
X*A*x*y.T*X.T
Trace(A*X.T*M*X)*log(det(X*X.T))
FunctionMatrix(m,n,Lambda((i,j),X[i,j]**2+i))
FunctionMatrix(m,m,Lambda((i,j),i+j))*X
HadamardProduct(X*A,Y)*X.T
DiagMatrix(a)*X
X*DiagMatrix(x)*X.T
DiagMatrix(DiagonalOf(X*X.T))
KroneckerProduct(X*x,y)
Trace(KroneckerProduct(X*A*X.T,M*X*X.T))
det(KroneckerProduct(X*X.T,A))
X[0,1]**2*X[1,2]
(C*X)[0,1]
(X*A*X.T).inverse()[0,1]
(X.T*X)[0:2,1:3]
Y
C
"""

BY_TRANSPOSED = """
Trace(M*X*A*X.T)
a.T*X*x
X*A
X.T*X
X
X.T
X*x
HadamardProduct(X,Y)
det(X*A*X.T)
t
Y
"""

BY_SQUARE = """
S**-1
S**3
S**k
Trace(S**k)
log(det(S))
det(S)
Trace(S)/n
(S**-1)[0,1]
Trace(A*S**-2)
DiagonalOf(S)
S*Trace(S)
S**-3
S.T**-1
A*S*S.T.inverse()*B
Trace(S*S)
Trace(S*S*S.T)
Trace(A*S.inverse()*B)
det(A*S*B)
det(S)**2
log(det(S)**2)
det(S.inverse())
det(S.T*A*S)
S*A*S.inverse()
x.T*S.inverse()*y
S.inverse()*x
log(det(S+A))
Trace(KroneckerProduct(A,S))
Trace(KroneckerProduct(S,M))
KroneckerProduct(S,S)
Trace(S.applyfunc(exp))
S.applyfunc(lambda v: v*Trace(S.applyfunc(lambda v: v**2 + t*v)))
S.applyfunc(lambda u: u**2/2)
DiagMatrix(DiagonalOf(S))
DiagonalMatrix(S)*S
S*A-A*S
(S+S.T)/2
det(S)*S.inverse()
S/Trace(S)
S/det(S)
Trace(S)**2-Trace(S*S)
Trace(A*S**3*B)
Trace(A*S**k)
S**k*A*S
(S*A)**k
x.T*S**k*y
det(S**2+A)
Trace(S**Rational(1,2))
Trace(S**t)
(S*S)**-1
S*S*A*S
HadamardProduct(S,S.T)
HadamardProduct(S,Identity(n))
Trace(HadamardProduct(S,A)*B)
log(Trace(S.inverse()*A))+log(det(S))
(Identity(n)+S).inverse()*(Identity(n)-S)
S[0,0]*S[1,2]-S[2,1]
DiagonalOf(S.inverse())
Trace(DiagMatrix(x)*S*DiagMatrix(y))
(S.T*S).inverse()*S.T
S.applyfunc(lambda u: 1/(1+exp(-u)))
Trace(S*DiagonalMatrix(S)*A)
S**-1*S.T**-1
S**0
S*S**-1
BlockMatrix([[S,A],[B,S.T]]).T
Trace(BlockMatrix([[S,A],[B,S]])*BlockMatrix([[A,S],[S,B]]))
det(BlockMatrix([[S,x],[x.T,Identity(1)]]))
Determinant(S)*Trace(S)+sin(det(S))
KroneckerProduct(S,x)
Adjoint(S)*A*S
S[1:3,0:2]
S[0:2,:]*S
x.T*S*x*S
Trace(S)*S*x
Max(Trace(S),det(S))
Heaviside(Trace(S))*Trace(S)
besselj(1,Trace(S))
S[0:3:2,:]
"""

BY_WITH_EXPLICIT_CONSTANTS = """
c3*W
Trace(c3*W*c3)
W*c3*W
Trace(c3.inv()*W)
W+c3
HadamardProduct(W,c3)
(W+c3).inverse()
(W*c3)[0,1]
W.as_explicit()
W.as_explicit()*c3
Trace(W.as_explicit()*c3)
det(W.as_explicit())
(W*W)[1,2]
Matrix([[W[0,0]*W[1,1],t],[t**2,W[0,1]]])
W[0:2,0:2]*W[0:2,1:3]
DiagonalOf(W[0:2,0:3])
DiagonalMatrix(W[0:2,:])
"""

BY_SCALAR = """
(A+t*S).inverse()
log(det(A+t*S))
sin(t)*A
t*x.T*x
exp(t**2)
(A*t).applyfunc(sin)
Matrix([[t,t**2]])*Matrix([[1],[t]])
Abs(t)
A
(A+t*B)**3
Trace((A+t*B)**k)
(A+t*B)**k
HadamardProduct(A*t,B*t**2)
HadamardPower(A+t*B,3)
HadamardPower(A,t)
HadamardPower(t,A)
Matrix([[t,sin(t)],[1,t**3]])
KroneckerProduct(A*t,B+t*A)
DiagMatrix(t*x)
BlockMatrix([[A*t,x],[x.T,Identity(1)*t]])
(t*X)[0:2,1:3]
(t*A)[0,1]
det(A+t*B)
x.T*(A+t*B).inverse()*x
X*t
t*x.T
x*t**2
Trace(A)*t
exp(t*Trace(A)/5)
A.applyfunc(lambda u: sin(t*u))
A.applyfunc(lambda u: t*u)
A.applyfunc(lambda v: v*Trace(B.applyfunc(lambda u: u*t)) + t)
A.applyfunc(lambda u: sin(t+u))
Piecewise((t**2,t>0),(t,True))*A
Sum(x[i,0]*t**i,(i,0,n-1))
Sum(t*x[i,0],(i,0,n-1))
FunctionMatrix(m,n,Lambda((i,j),t*i+j))
x.T*A*x*t
(t*x).T*(t*x)
Identity(n)*t
OneMatrix(m,n)*t
sqrt(t)*X*t
(t*A).T
Integral(exp(t*i),(i,0,1))
Trace(S*t)**2
t
"""


def lines(family):
    return pytest.mark.parametrize("line", [line for line in family.splitlines() if line])


@lines(BY_COLUMN)
def test_by_column(line):
    check_against_definition(eval(line), x)


@lines(BY_ROW)
def test_by_row(line):
    check_against_definition(eval(line), z)


@lines(BY_ONE_BY_ONE)
def test_by_one_by_one(line):
    check_against_definition(eval(line), s1)


@lines(BY_RECTANGULAR)
def test_by_rectangular(line):
    check_against_definition(eval(line), X)


@lines(BY_TRANSPOSED)
def test_by_transposed(line):
    check_against_definition(eval(line), X.T)


@lines(BY_SQUARE)
def test_by_square(line):
    check_against_definition(eval(line), S)


@lines(BY_WITH_EXPLICIT_CONSTANTS)
def test_by_with_explicit_constants(line):
    check_against_definition(eval(line), W)


@lines(BY_SCALAR)
def test_by_scalar(line):
    check_against_definition(eval(line), t)
