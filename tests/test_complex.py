"""
Complex matrices: Hjørungnes's tables, gradients, every layout and form by the definition.

D_Z F is ∂vec(F)/∂vecᵀ(Z), the numerator layout here; derivatives of scalars are written as
matrices in denominator layout.  References: A. Hjørungnes, D. Gesbert, Complex-valued matrix
differentiation: techniques and key results, 2007; A. Hjørungnes, Complex-Valued Matrix
Derivatives, 2011; K. B. Petersen, M. S. Pedersen, The Matrix Cookbook, chapter 4.
"""

import mpmath
import numpy as np
import pytest
from definition import SIZES, check_against_definition, check_derivation, leaf_of, m, n, p
from mpmath import mp
from sympy import (
    Abs,
    Adjoint,
    Function,
    I,
    Lambda,
    MatrixSymbol,
    Piecewise,
    Q,
    Rational,
    Sum,
    Symbol,
    Trace,
    Transpose,
    arg,
    conjugate,
    cosh,
    det,
    exp,
    eye,
    im,
    log,
    oo,
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
    ArgumentError,
    CommutationMatrix,
    ComplexMatrixSymbol,
    ConventionError,
    DerivativeNotImplementedError,
    Differential,
    FactsError,
    HermitianMatrixSymbol,
    LogSumExp,
    MatrixSum,
    Norm,
    ShapeError,
    Softmax,
    StructureError,
    SymmetricMatrixSymbol,
    VariableError,
    Vec,
    augmented_hessian,
    canonical,
    check_derivative,
    convert_convention,
    derivation,
    differential,
    directional_derivative,
    eigenvalue,
    expand_vec,
    expm,
    gradient,
    gradient_from_differential,
    hessian,
    hessian_from_differential,
    hessian_vector_product,
    installed,
    jacobian,
    jacobian_from_differential,
    lambdify,
    latex,
    logm,
    matrix_derivative,
    max_entry,
    pinv,
    polar_factor,
    pretty,
    second_differential,
    solve_matrix_equation,
    sqrtm,
    tangent_projection,
    vec,
)
from sympy_matlayout.numeric import Partials, evaluate, example_values
from sympy_matlayout.numeric.definition import near

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
TALL = ComplexMatrixSymbol("F", 4, 2)
K = CommutationMatrix


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


# --- gradients of real functions ----------------------------------------------------------

GRADIENTS = {
    # least squares, Cookbook 4.2
    "‖Sz - a‖²": (Norm(S*z - a)**2, z, 2*S.H*(S*z - a)),
    "‖Lᴴ…‖": (Norm(D - Z*B), Z, (Z*B - D)*B.H/Norm(D - Z*B)),
    "zᴴHz": (z.H*H*z, z, 2*H*z),
    "Re tr DᴴZ": (re(Trace(D.H*Z)), Z, D),
    "|aᴴz|²": (Abs(Trace(a.H*z))**2, z, 2*Trace(a.H*z)*a),
    "MIMO capacity by H": (log(det(Identity(m) + Z*H*Z.H)), Z,
                           2*(Identity(m) + Z*H*Z.H).inverse()*Z*H),
    "MIMO capacity by Q": (log(det(Identity(m) + D*H*D.H)), H,
                           D.H*(Identity(m) + D*H*D.H).inverse()*D),
    "log |det S|": (log(Abs(det(S))), S, S.H.inverse()),
    "von Neumann entropy": (-Trace(H*logm(H)), H, -logm(H) - Identity(n)),
    "energy zᴴHz by H": (z.H*H*z, H, z*z.H),
    "1-norm": (Norm(z, 1), z, z.applyfunc(sign)),
    "|w|²": (Abs(w)**2, w, 2*w),
    "|w - 1|⁴": (Abs(w - 1)**4, w, 4*(w - 1)*Abs(w - 1)**2),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name):
    f, variable, wanted = GRADIENTS[name]
    found = gradient(f, variable)
    assert found == canonical(wanted)
    verdict = check_derivative(f, variable, found)
    assert ("denominator", "matrix, gradient") in verdict.arrangements, verdict


@pytest.mark.parametrize("name", GRADIENTS)
def test_the_gradient_is_the_direction_of_steepest_ascent(name):
    # df = Re tr(Gᴴ dZ), by numbers along a random direction
    f, variable, _ = GRADIENTS[name]
    G = gradient(f, variable)
    with mp.workdps(40):
        values = example_values([f, G, variable], SIZES)
        along = example_values([Differential(variable)], SIZES, 1)[Differential(variable)]
        h, at = mpmath.mpf(10)**-13, values[variable]
        change = (evaluate(f, {**values, variable: at + h*along})
                  - evaluate(f, {**values, variable: at - h*along}))/(2*h)
        slope = evaluate(G, values)
        inner = mp.conj(slope)*along if variable is w else sum(
            mp.conj(g)*d for g, d in zip(slope, along, strict=True))
        change = change[0, 0] if hasattr(change, "rows") else change
        assert abs(mp.re(inner) - mp.re(change)) < mpmath.mpf(10)**-20*(1 + abs(change))


def test_the_other_convention_is_half_of_it():
    f = Norm(Z - D)**2
    assert gradient(f, Z, convention="wirtinger") == Z - D == matrix_derivative(f, Z.conjugate())
    assert convert_convention(gradient(f, Z), "projection", "wirtinger") == Z - D
    assert convert_convention(Z - D, "wirtinger", "projection") == 2*Z - 2*D
    # of a real matrix and of a Hermitian one there is one derivative
    assert gradient(Norm(X)**2, X, convention="wirtinger") == 2*X
    assert gradient(Trace(H*P), H, convention="wirtinger") == P
    with pytest.raises(ConventionError, match="'wirtinger' is half of the gradient by a complex"):
        convert_convention(S, "wirtinger", "entries", structure="symmetric")


def test_several_variables_real_and_complex():
    f = Norm(Z*z - X*x)**2
    by_z, by_x = gradient(f, z, X)
    assert canonical(by_z - 2*Z.H*(Z*z - X*x)) == zero(z)
    assert canonical(by_x - (2*X*x - Z*z - Z.conjugate()*z.conjugate())*x.T) == zero(X)
    check_against_definition(f, X)


def test_a_complex_function_has_no_gradient_and_a_pair_of_derivatives():
    with pytest.raises(ArgumentError, match=r"gradient is of a real function, and "
                       r"Trace\(z.H\*S\*z\) is complex; it has a pair of derivatives"):
        gradient(z.H*S*z, z)
    with pytest.raises(ArgumentError, match="real function"):
        gradient(det(S), S)
    # by real variables the derivative is all there is
    assert gradient(Trace(A*X), X) == A.T
    # real where its form doesn't show it
    assert gradient((z.H*S*z)*(z.H*S.H*z), z) == gradient(Abs(Trace(z.H*S*z))**2, z)


def test_by_the_conjugate_of_what_is_real():
    with pytest.raises(VariableError, match=r"X is real, .* say that it is complex"):
        matrix_derivative(Trace(A*X), X.conjugate())
    with pytest.raises(VariableError, match="t is no complex Symbol"):
        matrix_derivative(t**2, conjugate(Symbol("t", complex=None), evaluate=False))
    with pytest.raises(VariableError, match="can't differentiate by"):
        matrix_derivative(Z, (S*T).adjoint())


# --- Hermitian and unitary matrices, facts ------------------------------------------------


def test_the_conjugate_of_a_hermitian_matrix_is_its_transpose():
    f = Trace(S*H*T*H)
    assert matrix_derivative(f, H.conjugate()) == matrix_derivative(f, H).T
    assert matrix_derivative(f, H.T) == matrix_derivative(f, H).T
    assert canonical(H.H - H) == ZeroMatrix(n, n) == canonical(H.conjugate() - H.T)
    explicit = H.subs(n, 2).as_explicit()
    assert explicit[0, 1] == conjugate(explicit[1, 0]) and H.subs(n, 2).H == H.subs(n, 2)
    with pytest.raises(ShapeError, match="is square, got"):
        HermitianMatrixSymbol("H", 2, 3)


M, U = MatrixSymbol("M", n, n), MatrixSymbol("U", n, n)


def test_facts_make_plain_symbols_complex():
    f = Trace(M.adjoint()*B*M)
    assert matrix_derivative(f, M, assumptions=Q.complex_elements(M)) == B.T*M.conjugate()
    assert matrix_derivative(f, M.conjugate(), assumptions=Q.complex_elements(M)) == B*M
    assert gradient(Norm(M)**2, M, assumptions=Q.complex_elements(M)) == 2*M
    # of a constant
    assert gradient(re(Trace(M.adjoint()*S)), S, assumptions=Q.complex_elements(M)) == M
    assert gradient(re(Trace(M*S)), S, assumptions=Q.hermitian(M)) == M
    assert gradient(re(Trace(M*S)), S, assumptions=Q.antihermitian(M) & Q.complex_elements(M)) == -M
    # real as before
    assert gradient(Trace(M.adjoint()*M), M) == 2*M
    assert gradient(Trace(M*X.T*X), X, assumptions=Q.hermitian(M) & Q.real_elements(M)) == 2*X*M


def test_hermitian_facts_say_where_and_structure_says_along_what():
    f = Trace(M.adjoint()*P*M*P)
    at = gradient(f, M, assumptions=Q.hermitian(M))
    assert at == 2*P*M*P
    assert gradient(Trace(M*P), M, structure="hermitian") == P
    assert check_derivative(Trace(M*P), M, P, structure="hermitian", layout="denominator")
    assert check_derivative(f, M, at, assumptions=Q.hermitian(M))


def test_unitary_facts():
    known = Q.unitary(U)
    assert canonical(U.adjoint()*U, known) == Identity(n) == canonical(U*U.adjoint(), known)
    assert canonical(U.conjugate()*U.T, known) == Identity(n)
    assert canonical(U.inverse(), known) == U.adjoint()
    assert canonical(U*U.T, known) == U*U.T
    assert gradient(Norm(U*z)**2, z, assumptions=known) == 2*z
    # where a unitary variable is
    assert gradient(re(Trace(U.adjoint()*S*U*U.adjoint())), U, assumptions=known) != 0
    check = check_derivative(Norm(U*S)**2, U, 2*U*S*S.H, assumptions=known)
    assert ("denominator", "matrix, gradient") in check.arrangements


def test_the_tangent_at_a_unitary_matrix():
    # Abrudan, Eriksson, Koivunen 2008: Z with UᴴZ skew-Hermitian
    V = ComplexMatrixSymbol("V", n, n)
    found = tangent_projection(S, V, "unitary")
    assert canonical(found - S + V*(V.H*S + S.H*V)/2) == ZeroMatrix(n, n)
    with mp.workdps(30):
        values = example_values([found], SIZES)
        G = mpmath.matrix(values[V])
        values[V] = mp.qr(G)[0]
        Zs = evaluate(found, values)
        inside = values[V].H*Zs
        assert near(inside + inside.H, 0*inside, mpmath.mpf(10)**-25)
    assert canonical(tangent_projection(S, V, "positive definite")) == canonical((S + S.H)/2)


def test_facts_that_contradict():
    for known in (Q.complex_elements(M) & Q.real_elements(M), Q.real_elements(S)):
        with pytest.raises(FactsError, match="complex, real"):
            gradient(Norm(M*S*z)**2, z, assumptions=known)
    with pytest.raises(FactsError, match="say of a matrix that it is complex"):
        gradient(Norm(M*z)**2, z, assumptions=Q.complex(M))


def test_complex_symmetric_matrices():
    f = re(Trace(S*M*T))
    found = gradient(f, M, structure="symmetric", assumptions=Q.complex_elements(M))
    assert found == canonical((T*S).conjugate()/2 + (T*S).adjoint()/2)
    assert check_derivative(f, M, found, structure="symmetric",
                            assumptions=Q.complex_elements(M))


# --- definitions of intermediate variables -------------------------------------------------


def test_intermediate_variables_are_complex_where_their_definitions_are():
    u, v = MatrixSymbol("u", n, 1), ComplexMatrixSymbol("v", n, 1)
    for r in (u, v):
        assert gradient(r.adjoint()*r, z, where={r: S*z - a}) == 2*S.H*r
        assert matrix_derivative(r.adjoint()*r, z, where={r: S*z - a}) == S.T*r.adjoint().T


# --- differentials, second derivatives -----------------------------------------------------


def test_differentials_hold_dz_and_its_conjugate():
    dz, dZ = Differential(z), Differential(Z)
    assert differential(z.H*S*z, z) == Trace(z.H*S*dz) + Trace(dz.adjoint()*S*z)
    assert set(differential(Z*B*Z.H, Z).args) == {Z*B*dZ.adjoint(), dZ*B*Z.H}
    assert differential(log(det(H)), H) == Trace(H.inverse()*Differential(H))
    assert differential(w*conjugate(w), w) == conjugate(w)*Differential(w) + w*conjugate(
        Differential(w))
    assert second_differential(z.H*S*z, z) == 2*Trace(dz.adjoint()*S*dz)
    # of a squared norm without the norm
    assert differential(Norm(z)**2, z) == Trace(z.H*dz) + Trace(z.T*dz.conjugate())
    given, chain, *others = map(str, derivation(Norm(S*z - a)**2, z))
    assert "Norm" in given and "Norm" in chain and not any("Norm(" in step for step in others)


def test_identification():
    dL = differential(z.H*H*z, z)
    assert gradient_from_differential(dL, z) == 2*H*z
    dF = differential(Z*B*Z.H, Z)
    assert jacobian_from_differential(dF, Z) == jacobian(Z*B*Z.H, Z)
    assert jacobian_from_differential(dF, Z.conjugate()) == jacobian(Z*B*Z.H, Z.conjugate())
    with pytest.raises(ArgumentError, match="a gradient is of a real function"):
        gradient_from_differential(differential(z.H*S*z, z), z)


def test_identification_of_what_is_real_as_a_whole():
    """dL = i zᴴAdz - i dzᴴAᴴz, no term of which is real; G = -2i Aᴴz as dL = re tr(Gᴴdz)."""
    dz = Differential(z)
    assert gradient_from_differential(
        I*(Trace(z.H*S*dz) - Trace(dz.H*S.H*z)), z) == -2*I*S.H*z


def test_adjoints_of_sums_and_products_as_of_explicit_matrices():
    with pytest.raises(AttributeError):
        _ = (S*z - a).H
    with installed():
        assert (S*z - a).H == (S*z - a).adjoint()
        assert str(gradient((S*z - a).H*H*(S*z - a), z)) == "2*S.H*H*(S*z - a)"


SECOND = [(z.H*S*z, z), (Abs(Trace(a.H*z))**2, z), (re(Trace(S*T.H*S)), S), (log(det(S*S.H)), S),
          (Norm(S*z - a)**4, z)]


@pytest.mark.parametrize("f, variable", SECOND, ids=str)
def test_the_four_blocks_of_the_hessian(f, variable):
    for left in (variable, variable.conjugate()):
        slope = matrix_derivative(f, left)
        for right in (variable, variable.conjugate()):
            H = hessian(f, left, right)
            with mp.workdps(50):
                values = example_values([f, H, variable], SIZES)
                wanted = definition_of(slope, right, values)
                assert near(evaluate(H, values), wanted, mpmath.mpf(10)**-25), (left, right, H)


def definition_of(F, by, values):
    symbol, transposed = leaf_of(by)
    return Partials(F, symbol, values, transposed=transposed).arranged("numerator", "vec")


def test_the_augmented_hessian():
    found = augmented_hessian(Trace(z.H*H*z) + re(Trace(z.T*S*z)), z)
    assert found == BlockMatrix([[H, canonical((S + S.T).conjugate()/2)],
                                 [canonical((S + S.T)/2), H.T]])
    assert augmented_hessian(Abs(w)**2, w) == eye(2)
    for wrong, error in ((lambda: augmented_hessian(Trace(H**3), H), VariableError),
                         (lambda: augmented_hessian(Norm(x)**2, x), VariableError),
                         (lambda: augmented_hessian(z.H*S*z, z), ArgumentError)):
        with pytest.raises(error):
            wrong()


def test_directions():
    assert directional_derivative(Z*B*Z.H, Z, D) == Z*B*D.H + D*B*Z.H
    assert hessian_vector_product(Norm(S*z - a)**2, z, b) == 2*S.H*S*b
    f = Abs(Trace(a.H*z))**4
    # the derivative of the gradient along b, by differences
    found = hessian_vector_product(f, z, b)
    G = gradient(f, z)
    with mp.workdps(40):
        values, h = example_values([found, G, b], SIZES), mpmath.mpf(10)**-13
        ends = [evaluate(G, {**values, z: values[z] + s*h*values[b]}) for s in (1, -1)]
        assert near(evaluate(found, values), (ends[0] - ends[1])/(2*h), mpmath.mpf(10)**-20)


@pytest.mark.parametrize("f, variable", [
    (z.H*H*z, z), (Norm(S*z - a)**2, z), (log(det(Identity(m) + Z*H*Z.H)), Z), (Z*B*Z.H, Z),
    (Trace(H*S*H), H), (Abs(Trace(A*Z))**2, Z), (z.H*H*z, z.conjugate())], ids=str)
def test_derivations_hold_step_by_step(f, variable):
    if not isinstance(variable, Adjoint):
        check_derivation(f, variable)
    assert derivation(f, variable)[-1].right == (
        matrix_derivative(f, variable) if not f.is_Matrix or f.shape == (1, 1)
        else jacobian(f, variable).T)


# --- ordinary SymPy out -------------------------------------------------------------------


def test_results_are_sympys_own_adjoints_and_conjugates():
    assert matrix_derivative(Trace(D.H*Z), Z) == D.conjugate() == Adjoint(D.T)
    assert jacobian(Z.H*D, D) == KroneckerProduct(Identity(n), Z.H)
    found = gradient(Norm(Z*z - y)**2, z)
    numbers = {Z: eye(2)*(1 + 2*I)}
    c = z.subs(n, 2).as_explicit()
    explicit = found.subs({m: 2, n: 2}).subs({
        Z.subs({m: 2, n: 2}): numbers[Z], y.subs(m, 2): 0*c, z.subs(n, 2): c}).doit()
    assert explicit.expand() == 10*c


def test_notation():
    found = gradient(Norm(Z*z - y)**2, z)
    assert str(found) == "2*Z.H*(Z*z - y)"
    assert latex(found) == r"2 Z^{H} \left(Z z - y\right)"
    by = matrix_derivative(z.H*S*z, z)
    assert str(by) == "S.T*conjugate(z)" and latex(by) == r"S^{T} \overline{z}"
    assert latex(S.H.inverse()) == "S^{-H}"
    assert pretty(by).splitlines() == [" T ─", "S ⋅z"]
    assert str(differential(z.H*z, z)) == "Trace(z.H*dz) + Trace(dz.H*z)"
    assert repr(check_derivative(z.H*H*z, z, H*z)) == "right: denominator matrix, wirtinger"


def test_what_is_not_covered_says_so():
    for f in (lambda: gradient(Trace(polar_factor(S)), S), lambda: gradient(max_entry(S), S),
              lambda: gradient(Trace(Softmax(z)), z), lambda: gradient(eigenvalue(S, 0), S)):
        with pytest.raises((DerivativeNotImplementedError, ArgumentError)) as refused:
            f()
        assert "complex" in str(refused.value)


def test_functions_left_open_are_holomorphic_unless_they_are_real():
    f, g = Function("f"), Function("g", real=True)
    assert matrix_derivative(f(S), S.conjugate()) == zero(S)
    for wrong in (g(S), g(z)**2 + Norm(z)**2, g(w), g(Trace(A*Z)), g(z) + g(w)):
        variable = next(v for v in (S, z, w, Z) if v in wrong.free_symbols)
        with pytest.raises(DerivativeNotImplementedError, match="is real, and so not holomorphic"):
            gradient(wrong, variable)
    for wrong in (Trace(S.applyfunc(g)), re(Trace(S.applyfunc(f))), re(f(w)), Abs(f(z))):
        variable = w if wrong.has(w) else z if wrong.has(z) else S
        with pytest.raises(DerivativeNotImplementedError):
            gradient(wrong, variable)
    # with the conjugate as an argument of its own there is a derivative by each
    found = gradient(g(S, S.conjugate()), S)
    assert found == 2*gradient(g(S, S.conjugate()), S, convention="wirtinger")
    slope = gradient(g(Abs(Trace(A*Z))**2), Z).doit()
    square = slope.subs(g, Lambda(t, t**2)).doit()
    check = gradient(Abs(Trace(A*Z))**4, Z)
    values = example_values([check], SIZES)
    assert near(evaluate(square, values), evaluate(check, values), mpmath.mpf(10)**-10)


def test_imaginary_numbers():
    v = Symbol("v", imaginary=True)  # v = iy, and the gradient i ∂f/∂y
    assert gradient(Abs(v)**2, v) == 2*v
    assert canonical(gradient(re(w*v), v) + I*im(w)) == 0


def test_second_derivatives_of_absolute_values_of_what_is_not_zero():
    v = Symbol("v", complex=True, zero=False)  # SymPy takes sign(v)**2 for 1
    assert hessian(Abs(v)**2, conjugate(v)) == 0 and hessian(Abs(v)**2, v, conjugate(v)) == 1
    check_against_definition(matrix_derivative(log(1 + Abs(v)**4), conjugate(v)), conjugate(v))


def test_structures_beside_hermitian():
    for name in ("toeplitz", "diagonal", "lower", "symmetric", "skew"):
        with pytest.raises(StructureError, match="H is Hermitian already"):
            gradient(re(Trace(B*H)), H, structure=name)
    Y = SymmetricMatrixSymbol("Y", n)
    with pytest.raises(FactsError, match="Y is a SymmetricMatrixSymbol, which is real"):
        gradient(re(Trace(S*Y)), Y, assumptions=Q.complex_elements(Y))
    # a real symmetric matrix is Hermitian, and stays real
    assert gradient(Trace(Y*x*x.T), x, assumptions=Q.hermitian(Y)) == 2*Y*x


def test_facts_about_intermediate_variables_that_are_complex_by_definition():
    R = MatrixSymbol("R", n, n)
    found = matrix_derivative(Trace(R.inverse()*T), S, where={R: S.H*S},
                              assumptions=Q.positive_definite(R))
    wanted = matrix_derivative(Trace((S.H*S).inverse()*T), S)
    values = example_values([wanted], SIZES)
    found = found.subs(R, S.H*S)
    assert near(evaluate(found, values), evaluate(wanted, values), mpmath.mpf(10)**-9)


def test_conventions_by_a_hermitian_matrix_are_one():
    f = Norm(H - P)**2
    G = gradient(f, H)
    assert G == canonical(2*(H - P)) and gradient(f, H, convention="wirtinger") == G
    turned = convert_convention(G, "projection", "wirtinger", structure="hermitian")
    assert canonical(turned) == G
    assert convert_convention(gradient(Norm(S - T)**2, S), "plain", "projection",
                              structure="hermitian") == canonical(S - T + (S - T).adjoint())
    with pytest.raises(ConventionError, match="which are the same"):
        convert_convention(H, "projection", "entries", structure="hermitian")


def test_vec_of_a_matrix_and_its_conjugate():
    assert expand_vec(Vec(A*Z), Z, Z.conjugate()) == expand_vec(Vec(A*Z), Z)
    both = expand_vec(Vec(S*T + T*S.conjugate()), S, S.conjugate())
    assert str(both) == ("KroneckerProduct(I, T)*Vec(conjugate(S)) + "
                         "KroneckerProduct(T.T, I)*Vec(S)")


def test_many_elementwise_functions_at_once():
    f = Trace(A*Z.applyfunc(exp)) + Trace(A*Z.applyfunc(sin)) + Trace(A*Z.applyfunc(cosh))
    check_against_definition(f, Z)
    assert canonical(S.applyfunc(sign) + S.applyfunc(Abs)).atoms(Abs, sign).__len__() == 2


def test_real_functions_of_absolute_values():
    moduli = z.applyfunc(Abs)
    for f in (LogSumExp(moduli), Trace(x.T*Softmax(moduli)), max_entry(moduli), Norm(z, oo)):
        check_against_definition(f, z)


@pytest.mark.parametrize("M", [2*S, I*S, -3*I*S, w*S, I*t*w*S, -S, I*t*S, t*S], ids=str)
@pytest.mark.parametrize("part", [re, im])
def test_real_and_imaginary_parts_of_multiples(M, part):
    values = example_values([M, w, t], SIZES)
    with mp.workdps(30):
        wanted = evaluate(M, values).apply(mp.re if part is re else mp.im)
        assert near(evaluate(canonical(M.applyfunc(part)), values), wanted, mpmath.mpf(10)**-20)


ANGLES = MatrixSymbol("theta", n, 1)
TURNS = (I*ANGLES).applyfunc(exp)


@pytest.mark.parametrize("f, variable, wanted", [
    (re(Trace(A*X)), X, "re.(A).T"), (re(z.H*H*x), x, "re.(H*z)"),
    (Norm(Z*x)**2, x, "2*re.(Z.T*conjugate(Z)*x)"),
    (Abs(Trace(z.H*DiagMatrix(TURNS)*a))**2, ANGLES,
     "-2*im.(Trace(exp.(-I*theta).T*(z.*conjugate(a)))*(exp.(I*theta).*a.*conjugate(z)))"),
    (Norm(Z*DiagMatrix(TURNS)*a - y)**2, ANGLES, None),
    (log(det(Identity(m) + Z*DiagMatrix(x)*Z.H)), x,
     "DiagonalOf(Z.H*(Z*DiagMatrix(x)*Z.H + I)**(-1)*Z)")], ids=str)
def test_gradients_by_real_variables_are_real_parts(f, variable, wanted):
    found = gradient(f, variable)
    check_against_definition(f, variable)
    assert wanted is None or str(found) == wanted
    code = lambdify([s for s in (Z, H, A, a, z, y, x, X, ANGLES) if f.has(s)], found)
    values = example_values([f], SIZES)
    arrays = [np.array(values[s].tolist(), complex if s not in (x, X, ANGLES) else float)
              for s in (Z, H, A, a, z, y, x, X, ANGLES) if f.has(s)]
    assert wanted in (None, "DiagonalOf(Z.H*(Z*DiagMatrix(x)*Z.H + I)**(-1)*Z)") or \
        not np.iscomplexobj(code(*arrays))


def test_sums_over_columns():
    """Norms of columns taken apart by an index are of wᴴw, not of wᵀw."""
    i = Symbol("i", integer=True)
    over = (i, 0, n - 1)
    column, weights = Z[:, i], MatrixSymbol("q", n, 1)
    assert canonical(Sum(Norm(column)**2, over)) == Trace(Z*Z.H)
    for f, variable in (
            (Sum(Norm(column)**2, over), Z), (Sum(Norm(C*column - y)**2, over), Z),
            (Sum(log(1 + weights[i, 0]*Norm(column)**2), over), weights),
            (Sum(Abs(Trace(y.H*column))**2/Norm(column)**2, over), Z),
            (MatrixSum(Norm(column)*column, over), Z), (Sum(Norm(H[:, i])**2, over), H)):
        check_against_definition(f, variable)
        if variable == Z:
            check_against_definition(f, Z.conjugate())


def test_what_holds_the_conjugate_alone():
    assert solve_matrix_equation(2*z.conjugate() - b, z) == b.conjugate()/2
    assert canonical(solve_matrix_equation(S*T.H - B, T) - B.H*S.H.inverse()) == zero(S)
    assert jacobian_from_differential(differential(z*conjugate(w), w), w) == zero(z)
    assert hessian_from_differential(second_differential(exp(w)*Abs(w)**2, w), w, conjugate(w)) \
        == w*exp(w) + exp(w)


def test_responses_of_filters():
    # over the Gaussian numbers, where factoring takes long
    real = Symbol("omega", real=True)
    for f in (Abs(1/(1 + I*real*w))**2, arg((1 + I*real*u)/(1 - real**2 + I*real)),
              Abs(w*real + 1)**2):
        check_against_definition(matrix_derivative(f, real), real)
    assert hessian(Abs(w*real + 1)**2, real) == 2*w*conjugate(w)


def test_hubers_function():
    huber = Piecewise((Abs(w)**2, Abs(w) < 1), (2*Abs(w) - 1, True))
    assert gradient(huber, w) == 2*Piecewise((w, Abs(w) < 1), (sign(w), True))


def test_canonical_forms_of_phases():
    for e, wanted in (
            (Abs(u)*sign(u), u), (Abs(u)**2/u, conjugate(u)), (u*sign(conjugate(u)), Abs(u)),
            (u + conjugate(u), 2*re(u)), (u - conjugate(u), 2*I*im(u)),
            (det(H)*sign(det(H)), Abs(det(H)))):
        found = canonical(e)
        assert found == canonical(wanted), found
        with mp.workdps(30):
            values = example_values([e], SIZES)
            assert near(evaluate(found, values), evaluate(e, values), mpmath.mpf(10)**-25)
