"""
Eigenvalues of Hermitian matrices, singular values, factorisations of complex matrices.

By the definition over real and imaginary parts.  What is made of eigenvectors has a derivative
where it does not depend on their phases.  References: Magnus & Neudecker 8.7-8.10 for the real
case; M. B. Giles (2008); J. Townsend (2016); I. Murray (2016); S. F. Walter, L. Lehmann (2012).
"""

import mpmath
import numpy as np
import pytest
from definition import SIZES, check_against_definition, check_derivation, leaf_of, m, n
from mpmath import mp
from sympy import (
    Abs,
    Function,
    Matrix,
    MatrixSymbol,
    Q,
    Rational,
    Subs,
    Sum,
    Symbol,
    Trace,
    conjugate,
    det,
    exp,
    log,
    re,
    sign,
)
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    Identity,
    OneMatrix,
    ZeroMatrix,
)
from sympy.matrices.expressions.diagonal import DiagonalOf

from sympy_matlayout import (
    ComplexMatrixSymbol,
    DerivativeNotImplementedError,
    Eigenvectors,
    HermitianMatrixSymbol,
    LeftSingularVector,
    LeftSingularVectors,
    Norm,
    PolarFactor,
    PseudoInverse,
    RightSingularVector,
    RightSingularVectors,
    adjugate,
    canonical,
    cholesky,
    eigenvalue,
    eigenvalues,
    eigenvector,
    eigenvectors,
    expm,
    gradient,
    hessian,
    ky_fan_norm,
    lambdify,
    left_eigenvector,
    logm,
    matrix_derivative,
    pinv,
    polar_factor,
    qr,
    schatten_norm,
    singular_value,
    singular_values,
    sqrtm,
)
from sympy_matlayout.numeric import Partials, evaluate, example_values
from sympy_matlayout.numeric.definition import near

pytestmark = pytest.mark.newest

Z, W = ComplexMatrixSymbol("Z", m, n), ComplexMatrixSymbol("W", n, m)  # wide and tall
A, B, S = (ComplexMatrixSymbol(name, n, n) for name in "ABS")
a, b = ComplexMatrixSymbol("a", n, 1), ComplexMatrixSymbol("b", n, 1)
c = ComplexMatrixSymbol("c", m, 1)
F = ComplexMatrixSymbol("F", m, n)
T = ComplexMatrixSymbol("T", 5, 3)
H, K = HermitianMatrixSymbol("H", n), HermitianMatrixSymbol("K", n)
y = MatrixSymbol("y", n, 1)
GRAM, SMALL = Z.H*Z + Identity(n), W.H*W + Identity(m)
v, V = eigenvector(GRAM, 0), eigenvectors(H)
ones = OneMatrix(1, n)
i = Symbol("i", integer=True)
u_max, v_max = LeftSingularVector(Z, 0), RightSingularVector(Z, 0)


def same(one, other):
    return canonical(one) == canonical(other)


# --- by the definition --------------------------------------------------------------------

BY_EIGENVALUES = [
    (eigenvalue(H, 1), H), (eigenvalues(H), H), (eigenvalue(GRAM, -1), Z), (eigenvalues(GRAM), Z),
    (Trace(ones*eigenvalues(S + S.H).applyfunc(exp)), S), (eigenvalue(Z.H*Z, 1)**2, Z),
    (eigenvalues(H, GRAM), Z), (eigenvalue(H, 0, K*K + Identity(n)), K),
    (eigenvalue(H, 0, GRAM), H),
]
BY_EIGENVECTORS = [
    (v*v.H, Z), (Abs(Trace(b.H*v))**2, Z), (V*DiagMatrix(y)*V.H, H),
    (V[:, 1]*V[:, 1].adjoint(), H), (Abs(Trace(b.H*V*DiagMatrix(y)*V.H*a))**2, H),
    (eigenvector(H, 0, GRAM)*eigenvector(H, 0, GRAM).H, Z),
    (eigenvectors(H, GRAM)*eigenvectors(H, GRAM).H*B, Z),
    (left_eigenvector(H, 0).T*b*b.H*eigenvector(H, 0), H),
]
LOGARITHMS = DiagMatrix(singular_values(Z).applyfunc(log))
BY_SINGULAR_VALUES = [
    (singular_values(Z), Z), (singular_value(W, 0), W), (Norm(Z, 2)**2, Z), (Norm(Z, "nuc"), Z),
    (Norm(W, "nuc"), W), (schatten_norm(Z, 3), Z), (ky_fan_norm(W, 2), W),
    (LeftSingularVectors(Z)*LeftSingularVectors(Z).H, Z),
    (RightSingularVectors(Z)*RightSingularVectors(Z).H, Z),
    (LeftSingularVectors(Z)*LOGARITHMS*RightSingularVectors(Z).H, Z),
    (u_max*v_max.H, Z), (LeftSingularVector(W, 1)*LeftSingularVector(W, 1).H, W),
    (RightSingularVector(Z, 1)*RightSingularVector(Z, 1).H, Z),
    (polar_factor(Z), Z), (polar_factor(W), W), (polar_factor(S), S),
    (Trace(A*polar_factor(W)*Z), W),
]
BY_FACTORS = [
    (cholesky(GRAM), Z), (cholesky(H*H + Identity(n)), H), (cholesky(GRAM).inverse()*b, Z),
    (qr(W)[0], W), (qr(W)[1], W), (qr(S)[0]*B, S), (log(det(qr(W)[1])), W),
    (Trace(qr(W)[0].H*A*qr(W)[0]), W), (pinv(qr(W)[0]), W), (adjugate(S), S), (pinv(Z), Z),
]
CASES = BY_EIGENVALUES + BY_EIGENVECTORS + BY_SINGULAR_VALUES + BY_FACTORS


@pytest.mark.parametrize("f, variable", [
    pytest.param(*case, marks=pytest.mark.long if case[0].has(LOGARITHMS) else ())
    for case in CASES], ids=str)
def test_against_the_definition(f, variable):
    check_against_definition(f, variable)
    check_against_definition(f, variable.conjugate())


@pytest.mark.parametrize("f, variable", [
    (eigenvalue(GRAM, -1), Z), (Norm(Z, 2)**2, Z), (Abs(Trace(b.H*v))**2, Z),
    (re(Trace(F*polar_factor(W))), W)], ids=str)
def test_every_step_of_a_derivation(f, variable):
    check_derivation(f, variable)


SECOND = [
    (eigenvalue(H, -1), H), (Trace(ones*eigenvalues(H).applyfunc(exp)), H),
    (eigenvalue(SMALL, 0), W),
    (eigenvalue(SMALL, 0, W.H*W*W.H*W + Identity(m)), W), (Norm(W, 2), W),
    (singular_value(W, 1)**2, W), (schatten_norm(W, 3), W), (Norm(W, "nuc"), W),
    (Abs(Trace(c.H*eigenvector(SMALL, 0)))**2, W),
]
LONG = [(re(Trace(A*cholesky(H*H + Identity(n)))), H), (re(Trace(F*polar_factor(W))), W),
        (re(Trace(F*qr(W)[0])), W)]


@pytest.mark.parametrize("f, variable", SECOND + [
    pytest.param(*case, marks=pytest.mark.long) for case in LONG], ids=str)
def test_second_derivatives(f, variable):
    places = [variable] if variable == H else [variable, variable.conjugate()]
    for left in places:
        slope = matrix_derivative(f, left)
        for right in places:
            found = hessian(f, left, right)
            symbol, transposed = leaf_of(right)
            with mp.workdps(40):
                values = example_values([f, found, variable], SIZES)
                wanted = Partials(slope, symbol, values, transposed=transposed).arranged(
                    "numerator", "vec")
                assert near(evaluate(found, values), wanted, mpmath.mpf(10)**-18), (left, right)


# --- as the books write them --------------------------------------------------------------


def test_real_functions_of_eigenvalues():
    assert same(gradient(Trace(ones*eigenvalues(H).applyfunc(Abs)), H),
                V*DiagMatrix(eigenvalues(H).applyfunc(sign))*V.H)
    assert gradient(Abs(det(qr(S)[0])), S) == ZeroMatrix(n, n)
    G = HermitianMatrixSymbol("G", m)
    check_against_definition(Abs(det(G - 2*G.T)), G)
    check_against_definition(singular_value(pinv(F.T - 2*W), 0), W)


def test_gradients_in_their_closed_forms():
    last = eigenvector(H, n - 1)
    assert same(gradient(eigenvalue(H, -1), H), last*last.H)
    turned = eigenvector(Z.H*Z, n - 1)
    assert same(gradient(eigenvalue(Z.H*Z, -1), Z), 2*Z*turned*turned.H)
    assert same(gradient(Trace(ones*eigenvalues(H).applyfunc(log)), H),
                V*DiagMatrix(eigenvalues(H).applyfunc(lambda t: 1/t))*V.H)
    assert same(gradient(Norm(Z, 2), Z), u_max*v_max.H)
    assert str(gradient(eigenvalue(H, 0), H)) == "Eigenvector(H, 0)*Eigenvector(H, 0).H"
    assert same(gradient(Norm(T, "nuc"), T), T*(T.H*T)**Rational(-1, 2))


def test_what_is_known_of_the_factors():
    for zero_or_one in (
            V.H*V - Identity(n), V*V.H - Identity(n), H*V - V*DiagMatrix(eigenvalues(H)),
            LeftSingularVectors(T).H*LeftSingularVectors(T) - Identity(3),
            qr(W)[0].H*qr(W)[0] - Identity(m), qr(W)[0]*qr(W)[1] - W,
            cholesky(H)*cholesky(H).H - H, v.H*v - Identity(1)):
        form = canonical(zero_or_one)
        assert form == ZeroMatrix(*form.shape) or same_in_values(zero_or_one), form
    # without the conjugate they are not the identity
    for not_one in (V.T*V, eigenvector(H, 0).T*eigenvector(H, 0), qr(W)[0].T*qr(W)[0]):
        assert not canonical(not_one).is_Identity
    assert canonical(eigenvalue(H.T, 0) - eigenvalue(H, 0)) == 0
    assert canonical(singular_value(Z.H, 0) - singular_value(Z.conjugate(), 0)) == 0
    assert same(pinv(qr(W)[0]), qr(W)[0].H)


def same_in_values(difference):
    with mp.workdps(30):
        values = example_values([difference], SIZES)
        return max(map(abs, evaluate(difference, values))) < mpmath.mpf(10)**-25


def test_conjugates_are_of_the_conjugate_matrix():
    for node in (v, V, eigenvector(H, 1), LeftSingularVector(Z, 0), RightSingularVectors(Z),
                 PolarFactor(S), cholesky(GRAM), qr(W)[1], PseudoInverse(Z)):
        with mp.workdps(30):
            values = example_values([node], SIZES)
            conjugated = evaluate(node.adjoint().T, values)
            assert near(conjugated, evaluate(node, values).apply(mp.conj), mpmath.mpf(10)**-25)


# --- phases -------------------------------------------------------------------------------


ROW, w = ComplexMatrixSymbol("r", 1, 3), Symbol("w", complex=True)
PAIR = Matrix([[1, w], [conjugate(w), 1]])  # entries of its eigenvectors are of one size


@pytest.mark.parametrize("f, variable", [
    (Trace(b.H*eigenvector(H, 0)), H), (re(Trace(b.H*eigenvector(H, 0))), H), (V*b, H),
    (LeftSingularVectors(Z), Z), (LeftSingularVector(Z, 0).T*LeftSingularVector(Z, 0), Z),
    (V.T*V, H), (eigenvectors(H, GRAM), Z), (RightSingularVector(ROW, 0), ROW),
    (LeftSingularVector(ROW, 0), ROW), (Matrix([[1, 2]])*eigenvector(PAIR, 0), w),
    (LeftSingularVector(Z, 0)*eigenvector(Z*Z.H, m - 1).H, Z)], ids=str)
def test_what_depends_on_phases_has_no_derivative(f, variable):
    with pytest.raises(DerivativeNotImplementedError, match="depends on the phase of"):
        matrix_derivative(f, variable)


@pytest.mark.parametrize("f", [
    Trace(a.T*eigenvector(K, 0)*b.T*H*b), eigenvectors(K)*eigenvector(H, 0)*eigenvector(H, 0).H,
    Trace(a.T*eigenvector(K, 0))*Abs(Trace(b.H*eigenvector(H, 0)))**2], ids=str)
def test_phases_of_constants_stay(f):
    check_against_definition(f, H)


def test_what_is_free_of_phases():
    for f, variable in ((V[:, 0]*eigenvector(H, 0).H, H),
                        (LeftSingularVectors(W)[:, 0]*LeftSingularVector(W, 0).H, W),
                        (eigenvector(H, 0)*left_eigenvector(H, 0).T, H)):
        check_against_definition(f, variable)
    diagonal = eigenvector(DiagMatrix(DiagonalOf(H)), 0)  # with zeros in it
    assert matrix_derivative(Trace(diagonal*diagonal.H*B), H).shape == (n, n)
    g = Function("g")
    assert matrix_derivative(g(Abs(Trace(b.H*eigenvector(H, 0)))**2), H).has(Subs)


def test_hermitian_blocks():
    whole = BlockMatrix([[H, F.H], [F, HermitianMatrixSymbol("G", m)]])
    for f in (log(det(whole*whole)), eigenvalue(whole, 0), Trace(whole.inverse())):
        check_against_definition(f, F)
    assert gradient(log(det(whole)), F).shape == (m, n)
    columns = Sum(log(det(K*K + Identity(n) + W[:, i]*W[:, i].adjoint())), (i, 0, m - 1))
    check_against_definition(columns, W)


def test_what_is_not_known_to_be_hermitian():
    for f in (eigenvalue(S, 0), eigenvalue(Z*W, -1), Trace(cholesky(S)), eigenvalues(S)[0, 0]):
        variable = S if f.has(S) else Z
        with pytest.raises(DerivativeNotImplementedError) as refused:
            matrix_derivative(f, variable)
        assert "ermitian" in str(refused.value)
    M = MatrixSymbol("M", n, n)
    assert str(gradient(eigenvalue(M, 0), M, structure="hermitian")) == (
        "Eigenvector(M, 0)*Eigenvector(M, 0).H")
    assert same(matrix_derivative(a.H*eigenvectors(M)*a, a.conjugate(),
                                  assumptions=Q.hermitian(M)), Eigenvectors(M)*a)


# --- code ---------------------------------------------------------------------------------

ARGUMENTS = [Z, S, A, b, H, F]
IN_CODE = [
    eigenvalues(H), eigenvectors(H), eigenvector(H, 1), left_eigenvector(H, 1), eigenvalue(H, 0),
    eigenvalues(H, S*S.H), eigenvectors(H, S*S.H), singular_values(Z), LeftSingularVectors(Z),
    RightSingularVectors(Z), RightSingularVector(Z, 1), polar_factor(Z), polar_factor(S),
    cholesky(S*S.H), qr(Z.H)[0], qr(Z.H)[1], adjugate(S), Norm(Z, 2), Norm(Z, "nuc"), pinv(Z),
    gradient(eigenvalue(H, -1), H), gradient(eigenvalue(Z.H*Z, -1), Z), gradient(Norm(Z, 2), Z),
    gradient(schatten_norm(Z, 3), Z), gradient(Abs(Trace(b.H*eigenvector(H, 0)))**2, H),
    hessian(eigenvalue(H, -1), H), gradient(re(Trace(A*polar_factor(S))), S),
    gradient(re(Trace(A*cholesky(S*S.H))), S), eigenvalue(expm(H/3), 0), sqrtm(H), logm(H),
    sqrtm(S), gradient(Trace(ones*eigenvalues(Z.H*Z + Identity(n)).applyfunc(log)), Z),
    gradient(re(Trace(A*logm(H))), H), H**Rational(3, 2),
]


@pytest.mark.parametrize("modules", ["numpy", "jax"])
def test_code_has_the_values_of_the_definition(modules):
    pytest.importorskip(modules)
    generator = np.random.default_rng(0)
    values = {m: 3, n: 4}
    for symbol in ARGUMENTS:
        size = [values[s] if s in values else int(s) for s in symbol.shape]
        values[symbol] = generator.normal(size=size) + 1j*generator.normal(size=size)
    values[H] = values[H] + values[H].T.conj()
    by_definition = {k: mpmath.matrix(x.tolist()) if hasattr(x, "tolist") else x
                     for k, x in values.items()}
    tolerance = 1e-10 if modules == "numpy" else 1e-3
    for f in IN_CODE:
        found = np.asarray(lambdify(ARGUMENTS, f, modules)(*(values[a] for a in ARGUMENTS)))
        wanted = evaluate(f, by_definition)
        wanted = np.array(wanted.tolist() if hasattr(wanted, "tolist") else [[wanted]], complex)
        assert np.abs(found - wanted).max() <= tolerance*np.abs(wanted).max(), f


def test_code_refuses_what_has_no_value():
    M = ComplexMatrixSymbol("M", 2, 2)
    for node in (eigenvalues(M), eigenvalue(M, 0)):
        with pytest.raises(np.linalg.LinAlgError, match="not Hermitian"):
            lambdify(M, node)(np.array([[2.0, 1j], [1j, 2.0]]))
    assert evaluate(eigenvalue(Matrix([[1, 2], [3, 4]]), 1), {}) == pytest.approx(5.3722813233)
