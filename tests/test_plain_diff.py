"""What plain ``.diff`` answers with ``install()``: by whose rules, of what, and in which form."""

import mpmath
import pytest
from definition import DIGITS, TOLERANCE, m, n, values_for
from mpmath import mp
from sympy import (
    Abs,
    Array,
    Derivative,
    Determinant,
    Function,
    HadamardPower,
    HadamardProduct,
    Identity,
    ImmutableMatrix,
    IndexedBase,
    Matrix,
    MatrixExpr,
    MatrixSymbol,
    Max,
    Piecewise,
    Rational,
    S,
    Subs,
    Symbol,
    Trace,
    ZeroMatrix,
    conjugate,
    cos,
    diff,
    exp,
    floor,
    im,
    log,
    re,
    sign,
    sin,
    sqrt,
)
from sympy.codegen.matrix_nodes import MatrixSolve
from sympy.matrices import expressions
from sympy.matrices.expressions import Adjoint, BlockMatrix, DiagMatrix, MatPow, Transpose
from sympy.matrices.expressions.dotproduct import DotProduct
from sympy.tensor.array.array_derivatives import ArrayDerivative
from sympy.tensor.array.expressions import (
    ArrayDiagonal,
    ArrayTensorProduct,
    PermuteDims,
    Reshape,
    ZeroArray,
)
from sympy.tensor.array.expressions.arrayexpr_derivatives import array_derive

from sympy_matlayout import (
    ComplexMatrixSymbol,
    HermitianMatrixSymbol,
    MatlayoutBug,
    MatrixUnit,
    Norm,
    SymmetricMatrixSymbol,
    canonical,
    check_derivative,
    gradient,
    install,
    installed,
    lambdify,
    local_differentials,
    matrix_derivative,
    uninstall,
)
from sympy_matlayout.core.shapes import is_matrix
from sympy_matlayout.numeric import Partials, evaluate
from sympy_matlayout.numeric.definition import near

A, B, C = (MatrixSymbol(name, n, n) for name in "ABC")
X, Z = MatrixSymbol("X", m, n), MatrixSymbol("Z", m, n)
x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1)
M, N = MatrixSymbol("M", 2, 3), MatrixSymbol("N", 3, 2)
t, r, z = Symbol("t"), Symbol("r", real=True), Symbol("z", complex=True)
f, R = Function("f"), Function("R")


@pytest.fixture(autouse=True)
def in_force():
    install()
    yield
    uninstall()


def has_the_value_of_differences(found, function, variable):
    """Whether a derivative by a scalar has the entries that the definition gives."""
    with mp.workdps(DIGITS):
        values = values_for(function, variable)
        wanted = Partials(function, variable, values).arranged("numerator", "matrix")
        return near(evaluate(found, values), wanted, TOLERANCE)


# --- classes that say themselves what their derivative is ---------------------------------


class Twice(MatrixExpr):
    """2M, of which this library knows nothing."""

    shape = property(lambda self: self.args[0].shape)

    def _eval_derivative(self, s):
        return 2*self.args[0].diff(s)

    def _eval_derivative_matrix_lines(self, V):
        lines = self.args[0]._eval_derivative_matrix_lines(V)
        for line in lines:
            line.append_first(2)
        return lines


class Thrice(MatrixExpr):
    """3M, with a rule of array_derive."""

    shape = property(lambda self: self.args[0].shape)


@array_derive.register(Thrice)
def _(expr, V):
    return array_derive(3*expr.args[0], V)


def written_out(expr):
    return (expr.replace(Twice, lambda a: 2*a).replace(Thrice, lambda a: 3*a)
            .replace(MatrixSolve, lambda a, vector: a.inverse()*vector))


@pytest.mark.parametrize("e", [
    Twice(t**2*X), X.T*Twice(t**2*Z), Twice(t*A)*B + t*C, Twice(t*X).T, Twice(t*A + B).inverse(),
    HadamardProduct(Twice(t*X), Z), Trace(Twice(t*A)*Twice(t*B)), Determinant(Twice(t*A) + B),
    sin(Trace(Twice(t*A)))*B, log(Determinant(Twice(t*A) + B))*A,
], ids=str)
def test_by_a_scalar(e):
    found = e.diff(t)
    assert not found.has(Derivative)
    assert has_the_value_of_differences(written_out(found), written_out(e), t)


def test_by_a_scalar_twice():
    assert Twice(t**3*A).diff(t, t) == 12*t*A


@pytest.mark.skipif("_eval_derivative" not in vars(MatrixSolve), reason="up to SymPy 1.12")
def test_solutions_of_linear_equations_by_a_scalar():
    for e in (MatrixSolve(t*A + B, vector=t**2*x), A*MatrixSolve(A, vector=t*x)):
        assert has_the_value_of_differences(written_out(e.diff(t)), written_out(e), t)
    twice = MatrixSolve(A, vector=t**3*x).diff(t, 2)
    assert has_the_value_of_differences(written_out(twice), A.inverse()*(3*t**2*x), t)


def test_by_an_entry():
    assert Twice(M).diff(M[0, 1]) == 2*MatrixUnit(2, 3, 0, 1)
    assert (N*Twice(M)).diff(M[0, 1]) == 2*N*MatrixUnit(2, 3, 0, 1)


@pytest.mark.parametrize("e", [
    Trace(Twice(A)), Trace(Twice(A)*B), Trace(C*Twice(A).T*B), Twice(x), B*Twice(x), x.T*Twice(x),
    Trace(Thrice(A)), Trace(B*Thrice(A)), x.T*B*Thrice(x)], ids=str)
def test_by_a_matrix(e):
    variable = A if e.has(A) else x
    found = e.diff(variable)
    assert not found.has(Derivative)
    with mp.workdps(DIGITS):
        values = values_for(written_out(e), variable)
        wanted = Partials(written_out(e), variable, values).arranged("denominator", "matrix")
        assert near(evaluate(written_out(found), values), wanted, TOLERANCE)


def test_what_the_classes_dont_say_stays():
    class Unknown(MatrixExpr):
        shape = property(lambda self: self.args[0].shape)

    for e, v in ((Unknown(t*A), t), (Trace(Unknown(t*A)), t), (Trace(Twice(Unknown(A))), A),
                 (Trace(Twice(A))*Trace(Unknown(A)), A), (sin(Trace(Twice(A))), A)):
        assert e.diff(v).has(Derivative)


def test_arrays_of_scalars_are_sympys():
    found = Array([re(t), t**3]).diff(t, 2)
    assert found == Array([Derivative(re(t), t, 2), 6*t])


# --- functions left open of matrices ----------------------------------------------------


def squared(*args):
    """Something to stand for a function left open."""
    return sum((Trace(a.T*a) if is_matrix(a) else a**2 for a in args), S.Zero)


@pytest.mark.parametrize("e", [
    R(t*x), R(t*X), R(x, t), R(t*x, t**2), 2*R(t*x) + t, sin(R(t*x)), R(t*x)*R(x, t),
    Trace(A)*R(t**2*A)], ids=str)
def test_of_matrices_by_a_scalar(e):
    found = e.diff(t)
    assert not is_matrix(found) and getattr(found, "shape", ()) == ()

    def known(expr):
        return expr.replace(R, squared).doit()

    assert has_the_value_of_differences(known(found), known(e), t)


def test_of_matrices_by_an_entry():
    assert R(x).diff(x[0, 0]) == gradient(R(x), x)[0, 0]
    found = R(B*x).diff(x[0, 0])
    assert canonical(found.replace(R, squared).doit()) == canonical((2*B.T*B*x)[0, 0])
    assert R(X).diff(M[0, 0]) == 0


def test_a_second_derivative_of_them_stays():
    assert R(x, t).diff(t, 2) == Derivative(R(x, t), (t, 2))
    assert R(t*x).diff(t, 2).has(Derivative)


def test_functions_of_scalars_are_sympys():
    assert f(t**2).diff(t) == 2*t*Subs(f(t).diff(t), t, t**2)
    assert f(Trace(t*A)).diff(t) == Trace(A)*Subs(f(t).diff(t), t, Trace(t*A))


# --- what SymPy doesn't know to be real -------------------------------------------------

SCALARS = [conjugate, Abs, re, im, sign, exp, f, lambda s: sqrt(s**2), lambda s: conjugate(s)*s**2,
           lambda s: log(exp(s)), lambda s: (s**2)**Rational(5, 2), lambda s: floor(s) + Max(s, 1),
           lambda s: Piecewise((s, s > 1), (s**3, True))]


@pytest.mark.parametrize("s", [t, z, r, Symbol("w", imaginary=True)])
@pytest.mark.parametrize("k", range(len(SCALARS)))
def test_scalar_factors_are_differentiated_by_sympy(k, s):
    if s.is_imaginary and (k == 4 or k >= 11):
        return  # w/|w|, written in two ways, and what needs an order
    g = SCALARS[k](s)
    assert canonical((g*A).diff(s) - g.diff(s)*A) == ZeroMatrix(n, n)


def test_second_derivatives_of_them():
    assert (re(t)*A).diff(t, 2) == Derivative(re(t), (t, 2))*A
    scalar, matrices = (f(t)*exp(t)*A).diff(t, 2).doit().as_coeff_matrices()
    assert (scalar.expand(), matrices) == ((f(t)*exp(t)).diff(t, 2).expand(), [A])


@pytest.mark.parametrize("e", [
    (re(t)*A + B).inverse(), Trace(conjugate(z)*A*B), HadamardProduct(Abs(t)*A, B),
    (conjugate(z)*A)*(z*B)], ids=str)
def test_within_others_as_well(e):
    (s,) = (a for a in e.free_symbols if a in (t, z))
    u = Symbol("u", real=True)
    (factor,) = e.atoms(re, Abs, conjugate)
    inner = e.xreplace({factor: u})
    wanted = (inner.diff(u)*factor.diff(s) if not is_matrix(inner) else
              factor.diff(s)*inner.diff(u)).xreplace({u: factor})
    wanted += inner.diff(s).xreplace({u: factor})
    zero = ZeroMatrix(n, n) if is_matrix(e) else 0
    assert canonical(e.diff(s) - wanted) == zero


@pytest.mark.parametrize("e", [
    Adjoint(t*A), Adjoint(z*A), Abs(Trace(z*A))*B, Norm(t*x), (t*A).applyfunc(Abs),
    Trace(Adjoint(t*A)*B)], ids=str)
def test_what_depends_on_it_stays(e):
    for s in {t, z} & e.free_symbols:
        assert e.diff(s).has(Derivative) and e.diff(s) != ZeroMatrix(n, n)


def test_what_is_declared_real_is_used():
    assert Adjoint(r*A).diff(r) == A.T
    assert Norm(r*x).diff(r) == r*Trace(x.T*x)/Norm(r*x)


def test_constants_by_a_matrix():
    assert (conjugate(z)*Trace(A*B)).diff(A) == conjugate(z)*B.T
    assert Trace(Adjoint(z*A)*B).diff(A) == conjugate(z)*B
    # d|za| = |z| sign(a) da for a real a
    found = Abs(t*Trace(A)).diff(A)
    number = found.xreplace({Trace(A): S(-2)}).subs(t, 3 + 4*S.ImaginaryUnit)
    assert number.args[0].doit().simplify() == -5


def test_the_argument_of_an_elementwise_function_is_real():
    sizes = A.applyfunc(Abs)
    assert canonical(Trace(sizes).diff(A)) == gradient(Trace(sizes), A)
    assert canonical((t*sizes).diff(t)) == canonical(sizes)


def test_sizes_are_real():
    k = Symbol("k")
    K, v = MatrixSymbol("K", k, k), MatrixSymbol("v", k, 1)
    assert (v.T*K*v).diff(v) == K*v + K.T*v
    assert Norm(K*v).diff(v) == 1/Norm(K*v)*K.T*K*v


# --- variables that are no symbols ------------------------------------------------------


def test_by_functions_and_derivatives():
    for v in (f(t), f(t).diff(t), IndexedBase("a")[Symbol("i", integer=True)]):
        assert (v**2*A).diff(v) == 2*v*A
        inverse = (v*A + B).inverse()
        assert inverse.diff(v) == -inverse*A*inverse
        assert log(Determinant(v*A + B)).diff(v) == Trace(inverse*A)


def test_by_arrays():
    s = Symbol("s")
    assert Trace(t*A + s**2*B).diff([[t, s]]) == Array([Trace(A), 2*s*Trace(B)])
    V = MatrixSymbol("V", 2, 2)
    g, entries = log(Determinant(V)), [V[0, 0], V[0, 1]]
    assert g.diff(Matrix(entries)) == Matrix([g.diff(v) for v in entries])
    assert not g.diff(Matrix(entries)).has(Derivative)
    # SymPy up to 1.14 takes the logarithm for constant
    assert (t*s*log(Determinant(A))).diff(A, [[t, s]]).has(Derivative)


def test_as_often_as_a_symbol_says():
    k = Symbol("k", integer=True, positive=True)
    assert (t**3*log(Determinant(A))).diff(A, (t, k)) == ArrayDerivative(
        t**3*log(Determinant(A)), A, (t, k))


# --- there is no derivative by a size ---------------------------------------------------


@pytest.mark.parametrize("e", [
    Trace(A), 2*Trace(A), exp(Trace(A)) + 1, Determinant(A), DotProduct(x, y), A, 2*A*B, n*A,
    A[0, 1], Trace(A)*x, Trace(MatrixSymbol("W", n + 1, n + 1))], ids=str)
def test_by_a_size(e):
    for found in (e.diff(n), diff(e, n)):
        assert found in (Derivative(e, n), ArrayDerivative(e, n))
    assert Derivative(e, n).doit().has(Derivative)


def test_in_a_sum_the_rest_is_differentiated():
    assert (n*Trace(A)).diff(n) == n*Derivative(Trace(A), n) + Trace(A)
    assert Trace(A).diff(m) == 0
    assert Trace(Identity(n)).diff(n) == 1


# --- forms ------------------------------------------------------------------------------


def test_explicit_and_block_matrices_by_a_scalar():
    explicit = ImmutableMatrix([[1, 2*t], [sin(t), 1]])
    slope = ImmutableMatrix([[0, 2], [cos(t), 0]])
    assert (explicit*M).diff(t) == slope*M
    assert Trace(explicit*M*N).diff(t) == Trace(slope*M*N)
    blocks = BlockMatrix([[t*A, B], [B, t**2*A]])
    assert blocks.diff(t) == BlockMatrix([[A, ZeroMatrix(n, n)], [ZeroMatrix(n, n), 2*t*A]])
    right = BlockMatrix([[A], [B]])
    assert (blocks*right).diff(t) == blocks.diff(t)*right
    assert has_the_value_of_differences(blocks.inverse().diff(t), blocks.inverse(), t)


def test_powers_of_explicit_matrices_stay_where_sympy_leaves_them():
    power = MatPow(Matrix([[0, t], [1, 2]]), -1)
    left = Derivative.__new__
    uninstall()
    try:
        plain = power.diff(t)
    except NotImplementedError:  # up to 1.14
        plain = None
    install()
    found = power.diff(t)
    assert found == plain if plain is not None else has_the_value_of_differences(found, power, t)
    assert left is not None


def test_tensor_products_without_a_permutation():
    D = Determinant(A)
    assert (D*x).diff(A) == ArrayTensorProduct(D*A.T.inverse(), x)
    assert (D*B).diff(A) == ArrayTensorProduct(D*A.T.inverse(), B)
    assert (B*A*C).diff(A) == PermuteDims(ArrayTensorProduct(B.T, C), (0, 2, 1, 3))


def test_diagonals_of_tensor_products():
    assert HadamardProduct(X, Z).diff(X) == ArrayDiagonal(
        ArrayTensorProduct(Identity(m), Identity(n), Z), (1, 4), (3, 5))
    assert HadamardPower(B, A).diff(A).has(ArrayDiagonal)
    found = DiagMatrix(x).diff(x)
    assert found == Reshape(PermuteDims(ArrayDiagonal(
        ArrayTensorProduct(Identity(n), Identity(n)), (1, 2)), (0, 2, 1)), (n, 1, n, n))


def test_a_power_with_a_symbol_for_its_exponent():
    k = Symbol("k", integer=True, positive=True)
    found = (A**k).diff(A)
    assert not found.atoms(PermuteDims) or found.atoms(ArrayTensorProduct)
    assert check_derivative(A**k, A, found, form="array")


def test_1x1_matrices_by_scalars_stay_matrices():
    assert (t**2*x.T*y).diff(t) == 2*t*x.T*y
    assert (x.T*y).diff(t) == ZeroMatrix(1, 1)
    v = MatrixSymbol("v", 3, 1)
    assert (v.T*v).diff(v[0, 0]).as_explicit() == ImmutableMatrix([[2*v[0, 0]]])


# --- refusals are answered, bugs are not hidden -----------------------------------------


def test_a_bug_comes_through():
    class Broken(MatrixExpr):
        shape = property(lambda self: self.args[0].shape)

    @local_differentials.register(Broken)
    def _(node, varies):
        yield node.no_such_attribute

    for e, v in ((Broken(A), A), (Trace(Broken(A)), A), (Broken(t*A), t), (Trace(Broken(t*A)), t)):
        with pytest.raises(MatlayoutBug, match="no_such_attribute"):
            e.diff(v)


# --- SymPy's MatrixUnit, from 1.15 on ---------------------------------------------------

TheirUnit = getattr(expressions, "MatrixUnit", None)
needs_theirs = pytest.mark.skipif(TheirUnit is None, reason="this SymPy has none")


@needs_theirs
def test_sympys_matrix_unit_is_ours():
    theirs, ours = TheirUnit(S(2), S(3), S(0), S(1)), MatrixUnit(2, 3, 0, 1)
    assert theirs == ours and ours == theirs and not ours != theirs and hash(ours) == hash(theirs)
    assert 2*M*theirs.T == 2*M*ours.T and {ours: 1}[theirs] == {theirs: 1}[ours] == 1
    assert theirs != MatrixUnit(2, 3, 0, 2) and isinstance(ours, TheirUnit)
    assert canonical(theirs + M) == canonical(ours + M)
    assert gradient(M[0, 1], M) == theirs == M[0, 1].diff(M) == M.diff(M[0, 1])


@needs_theirs
def test_sympys_matrix_unit_has_value_code_and_entries():
    numpy = pytest.importorskip("numpy")
    theirs = TheirUnit(S(2), S(3), S(0), S(1))
    assert evaluate(theirs, {}) == mpmath.matrix([[0, 1, 0], [0, 0, 0]])
    assert lambdify([M], theirs + M)(numpy.ones((2, 3))).tolist() == [[1, 2, 1], [1, 1, 1]]
    assert canonical(theirs[0, 1]) == 1
    assert check_derivative(M[0, 1], M, theirs)


@needs_theirs
def test_the_trace_of_sympys_matrix_unit_is_one():
    unit = TheirUnit(S(3), S(3), S(1), S(1))
    assert canonical(Trace(unit)) == 1
    assert matrix_derivative(t*Trace(unit), t) == 1


# --- structured variables ---------------------------------------------------------------


def test_entries_of_structured_symbols_stand_twice():
    V, W = SymmetricMatrixSymbol("V", n), SymmetricMatrixSymbol("W", 3)
    assert (W*N)[0, 0].diff(W[1, 0]) == N[1, 0]
    assert Transpose(V*X.T).diff(V[0, 1]) == X*(MatrixUnit(n, n, 0, 1) + MatrixUnit(n, n, 1, 0))
    with installed():
        assert Trace(A*V).diff(V[0, 1]) == A[0, 1] + A[1, 0]


# --- complex matrices ---------------------------------------------------------------------


def test_by_a_complex_matrix_the_conjugate_is_constant():
    Y, h = ComplexMatrixSymbol("Y", n, n), ComplexMatrixSymbol("h", n, 1)
    assert Trace(Y.H*Y).diff(Y) == Y.conjugate()
    assert (h.H*Y*h).diff(h) == Y.T*h.conjugate()
    assert Norm(Y).diff(Y) == Y.conjugate()/(2*Norm(Y))
    assert Y.H.diff(Y) == ZeroArray(n, n, n, n)
    assert canonical(Trace(Y.H*Y).diff(Y[0, 1]) - conjugate(Y[0, 1])) == 0
    S = HermitianMatrixSymbol("S", n)
    assert Trace(S*Y).diff(S) == Y.T and log(Determinant(S)).diff(S) == S.T.inverse()
