"""
Complex matrices: Hjørungnes's tables, gradients, every layout and form by the definition.

D_Z F is ∂vec(F)/∂vecᵀ(Z), the numerator layout here; derivatives of scalars are written as
matrices in denominator layout.  References: A. Hjørungnes, D. Gesbert, Complex-valued matrix
differentiation: techniques and key results, 2007; A. Hjørungnes, Complex-Valued Matrix
Derivatives, 2011; K. B. Petersen, M. S. Pedersen, The Matrix Cookbook, chapter 4.
"""

import pytest
from definition import check_against_definition, m, n, p
from sympy import (
    Abs,
    Adjoint,
    I,
    Lambda,
    MatrixSymbol,
    Rational,
    Symbol,
    Trace,
    Transpose,
    arg,
    conjugate,
    cosh,
    det,
    exp,
    im,
    log,
    re,
    sign,
    sin,
    sqrt,
)
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    ZeroMatrix,
)

from sympy_matlayout import (
    CommutationMatrix,
    ComplexMatrixSymbol,
    HermitianMatrixSymbol,
    Norm,
    canonical,
    expm,
    jacobian,
    logm,
    matrix_derivative,
    pinv,
    sqrtm,
    vec,
)

Z, W = ComplexMatrixSymbol("Z", m, n), ComplexMatrixSymbol("W", m, n)
S, T = ComplexMatrixSymbol("S", n, n), ComplexMatrixSymbol("T", n, n)
A, B = ComplexMatrixSymbol("A", n, m), ComplexMatrixSymbol("B", n, n)
C, D = ComplexMatrixSymbol("C", m, m), ComplexMatrixSymbol("D", m, n)
L, R = ComplexMatrixSymbol("L", p, m), ComplexMatrixSymbol("R", n, p)
z, a, b = (ComplexMatrixSymbol(name, n, 1) for name in "zab")
y = ComplexMatrixSymbol("y", m, 1)
H, P = HermitianMatrixSymbol("H", n), HermitianMatrixSymbol("P", n)
x, X = MatrixSymbol("x", n, 1), MatrixSymbol("X", m, n)
w, t = Symbol("w", complex=True), Symbol("t")
j, k = Symbol("j", integer=True), Symbol("k", integer=True)
TALL = ComplexMatrixSymbol("F", 4, 2)
K, IMAGINARY = CommutationMatrix, I


def zero(variable):
    return ZeroMatrix(*variable.shape)


def pair(f, variable, **options):
    """∂f/∂Z and ∂f/∂Z*."""
    return (matrix_derivative(f, variable, **options),
            matrix_derivative(f, variable.conjugate(), **options))


def check_pair(f, variable):
    """Every layout and form, by the variable, its conjugate, its transpose and its adjoint."""
    for by in (variable, variable.conjugate()):
        check_against_definition(f, by)
    for by in (Transpose(variable), Adjoint(variable)):
        check_against_definition(f, by)


# --- Hjørungnes & Gesbert 2007, table III: f(z, z*) -------------------------------------

VECTORS = {
    "aᵀz": (a.T*z, a, zero(z)),
    "zᵀa": (z.T*a, a, zero(z)),
    "aᵀz*": (a.T*z.conjugate(), zero(z), a),
    "zᴴa": (z.H*a, zero(z), a),
    "zᵀAz": (z.T*S*z, (S + S.T)*z, zero(z)),
    "zᴴAz": (z.H*S*z, S.T*z.conjugate(), S*z),
    "zᴴAz*": (z.H*S*z.conjugate(), zero(z), (S + S.T)*z.conjugate()),
}


@pytest.mark.parametrize("name", VECTORS)
def test_functions_of_a_vector(name):
    f, by, by_conjugate = VECTORS[name]
    assert pair(f, z) == (canonical(by), canonical(by_conjugate))
    check_pair(f, z)


# --- table IV: f(Z, Z*) -----------------------------------------------------------------

G = Z*B*Z.H*C
MATRICES = {
    "tr Z": (Trace(S), S, Identity(n), zero(S)),
    "tr Z*": (Trace(S.conjugate()), S, zero(S), Identity(n)),
    "tr AZ": (Trace(A*Z), Z, A.T, zero(Z)),
    "tr AZᴴ": (Trace(D*Z.H), Z, zero(Z), D),
    "tr ZA₀ZᵀA₁": (Trace(Z*B*Z.T*C), Z, C.T*Z*B.T + C*Z*B, zero(Z)),
    "tr ZA₀ZA₁": (Trace(Z*A*Z*A), Z, 2*A.T*Z.T*A.T, zero(Z)),
    "tr ZA₀ZᴴA₁": (Trace(G), Z, C.T*Z.conjugate()*B.T, C*Z*B),
    "tr ZA₀Z*A₁": (Trace(S*B*S.conjugate()*T), S, T.T*S.H*B.T, B.T*S.T*T.T),
    "tr AZ⁻¹": (Trace(B*S.inverse()), S, -S.T.inverse()*B.T*S.T.inverse(), zero(S)),
    "tr Zᵖ": (Trace(S**3), S, 3*S.T**2, zero(S)),
    "|A₀ZA₁|": (det(L*Z*R), Z, det(L*Z*R)*L.T*(R.T*Z.T*L.T).inverse()*R.T, zero(Z)),
    "|Z|": (det(S), S, det(S)*S.T.inverse(), zero(S)),
    "|ZZᵀ|": (det(Z*Z.T), Z, 2*det(Z*Z.T)*(Z*Z.T).inverse()*Z, zero(Z)),
    "|ZZ*|": (det(S*S.conjugate()), S, det(S)*det(S.conjugate())*S.T.inverse(),
              det(S)*det(S.conjugate())*S.H.inverse()),
    "|ZZᴴ|": (det(Z*Z.H), Z, det(Z*Z.H)*(Z.conjugate()*Z.T).inverse()*Z.conjugate(),
              det(Z*Z.H)*(Z*Z.H).inverse()*Z),
    "|Zᵖ|": (det(S**3), S, 3*det(S)**3*S.T.inverse(), zero(S)),
}


@pytest.mark.parametrize("name", MATRICES)
def test_scalar_functions_of_a_matrix(name):
    f, variable, by, by_conjugate = MATRICES[name]
    found = pair(f, variable)
    assert tuple(map(canonical, found)) == (canonical(by), canonical(by_conjugate))
    sizes = {p: 2} if name == "|A₀ZA₁|" else {}  # of full rank
    check_pair(f.subs(sizes), variable)


# --- table VI: F(Z, Z*), as Jacobians ----------------------------------------------------

JACOBIANS = {
    "Z": (Z, Z, Identity(m*n), ZeroMatrix(m*n, m*n)),
    "Zᵀ": (Z.T, Z, K(m, n), ZeroMatrix(m*n, m*n)),
    "Z*": (Z.conjugate(), Z, ZeroMatrix(m*n, m*n), Identity(m*n)),
    "Zᴴ": (Z.H, Z, ZeroMatrix(m*n, m*n), K(m, n)),
    "ZZᵀ": (Z*Z.T, Z, (Identity(m**2) + K(m, m))*KroneckerProduct(Z, Identity(m)),
            ZeroMatrix(m**2, m*n)),
    "ZᵀZ": (Z.T*Z, Z, (Identity(n**2) + K(n, n))*KroneckerProduct(Identity(n), Z.T),
            ZeroMatrix(n**2, m*n)),
    "ZZᴴ": (Z*Z.H, Z, KroneckerProduct(Z.conjugate(), Identity(m)),
            K(m, m)*KroneckerProduct(Z, Identity(m))),
    "ZᴴZ": (Z.H*Z, Z, KroneckerProduct(Identity(n), Z.H),
            K(n, n)*KroneckerProduct(Identity(n), Z.T)),
    "Z⁻¹": (S.inverse(), S, -KroneckerProduct(S.T.inverse(), S.inverse()), ZeroMatrix(n**2, n**2)),
    "Z∘Z": (HadamardProduct(Z, Z), Z, 2*DiagMatrix(vec(Z)), ZeroMatrix(m*n, m*n)),
    "Z∘Z*": (HadamardProduct(Z, Z.conjugate()), Z, DiagMatrix(vec(Z.conjugate())),
             DiagMatrix(vec(Z))),
}


@pytest.mark.parametrize("name", JACOBIANS)
def test_matrix_functions_of_a_matrix(name):
    F, variable, by, by_conjugate = JACOBIANS[name]
    assert canonical(jacobian(F, variable)) == canonical(by)
    assert canonical(jacobian(F, variable.conjugate())) == canonical(by_conjugate)
    check_pair(F, variable)


@pytest.mark.parametrize("F", [
    KroneckerProduct(Z, Z), KroneckerProduct(Z, Z.conjugate()), KroneckerProduct(Z.H, Z.T),
], ids=str)
def test_kronecker_products(F):
    check_against_definition(F, Z)
    check_against_definition(F, Z.conjugate())


# --- every rule with complex data ---------------------------------------------------------

u = Trace(A*Z)
RULES = [
    (Abs(u), Z), (Abs(u)**3, Z), (re(u), Z), (im(u**2), Z), (arg(u), Z), (sign(u), Z),
    (log(1 + Abs(u)**2), Z), (sqrt(1 + re(u)**2), Z), (exp(u/9)*conjugate(u), Z),
    (Norm(Z), Z), (Norm(A*Z*B)**2, Z), (Norm(z, 1), z), (Norm(S*z - a, 3), z),
    (Norm(z, Rational(5, 2)), z), (Norm(TALL, "nuc"), TALL), (Norm(TALL.H, "nuc"), TALL),
    (log(det(Identity(m) + Z*Z.H)), Z), (log(Abs(det(S))), S), (Trace(z.H*z)/(1 + Trace(a.H*z)), z),
    (S.inverse()*S.H, S), (S**3*S.conjugate(), S), (pinv(Z), Z), (pinv(Z.H)*R, Z),
    (expm(S/9)*S.H, S), (Trace(logm(9*Identity(n) + S*S.H)), S), (sqrtm(9*Identity(n) + S), S),
    (Z.applyfunc(exp), Z), (Z.applyfunc(Abs), Z), ((C*Z).applyfunc(sin), Z),
    (Z.H.applyfunc(cosh), Z), (Z.applyfunc(re), Z), (Z.applyfunc(conjugate), Z),
    (Z.applyfunc(Lambda(t, t**2*conjugate(t))), Z), (Z.applyfunc(Lambda(t, log(1 + Abs(t)**2))), Z),
    (DiagMatrix(z)*S*DiagMatrix(z.conjugate()), z), (BlockMatrix([[Z, C], [B, Z.H]]), Z),
    (HadamardProduct(Z*B, W.conjugate()), B), (w*Z + conjugate(w)*W, w), (Abs(w)**2*exp(w), w),
    (Trace(Adjoint(w*Z)*W)*Abs(w), w), (t*re(w*u), t), (Z[0, 1]*Z.conjugate()[1, 0], Z),
    (det(H)*H.inverse(), H), (Trace(H*S*H), H), (z.H*H*z, H), (log(det(H*H + Identity(n))), H),
    (Trace(H*B*H.T), H), (Norm(H - B)**2, H), (Trace(H.conjugate()*B*H), H), (expm(H/9), H),
    (Norm(X*z), X), (re(z.H*H*x), x), (Trace(X.T*Z), X),
]


@pytest.mark.parametrize("f, variable", RULES, ids=str)
def test_each_rule_by_the_definition(f, variable):
    check_against_definition(f, variable)
    if variable not in (x, X, t):
        check_against_definition(f, conjugate(variable))
