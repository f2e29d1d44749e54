"""The differential as an expression, and derivatives identified in it."""

import pickle

import mpmath
import pytest
import sympy
from definition import DIGITS, SIZES, TOLERANCE, m, n, p, q
from mpmath import mp
from sympy import (
    Determinant,
    Eq,
    Function,
    Integral,
    Lambda,
    Matrix,
    MatrixSymbol,
    Piecewise,
    S,
    Sum,
    Symbol,
    Trace,
    ccode,
    exp,
    julia_code,
    lambdify,
    latex,
    log,
    octave_code,
    pretty,
    sin,
    srepr,
    symbols,
)
from sympy.core.symbol import Str
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    BlockMatrix,
    DiagMatrix,
    DiagonalMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    ZeroMatrix,
)
from sympy.matrices.expressions.diagonal import DiagonalOf

from sympy_matlayout import (
    Differential,
    MatlayoutError,
    MatrixSum,
    Norm,
    NotLinearError,
    ShapeError,
    VariableError,
    Vec,
    derivation,
    differential,
    gradient,
    gradient_from_differential,
    hessian_from_differential,
    jacobian,
    jacobian_from_differential,
    second_differential,
)
from sympy_matlayout.core.bound_symbols import index_symbol
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.numeric.evaluation import vec as numeric_vec
from sympy_matlayout.simplify.normal_form import normal_form

t, s = symbols("t s")
k = Symbol("k", integer=True, positive=True)
i, j = symbols("i j", integer=True)
x, a, b = MatrixSymbol("x", n, 1), MatrixSymbol("a", n, 1), MatrixSymbol("b", m, 1)
X, Y, C = (MatrixSymbol(name, m, n) for name in "XYC")
P, Q = MatrixSymbol("P", p, m), MatrixSymbol("Q", n, q)
M, A, B = (MatrixSymbol(name, n, n) for name in "MAB")
dX, dY, dM, dx, dt = (Differential(v) for v in (X, Y, M, x, t))


# --- document 003, table of differentials -----------------------------------------------

h = index_symbol(frozenset())
TABLE = {
    "d(X + Y)": (X + Y, (X, Y), dX + dY),
    "d(X - Y)": (X - Y, (X, Y), dX - dY),
    "d tr X": (Trace(M), (M,), Trace(dM)),
    "d(XY)": (X*Q, (X, Q), dX*Q + X*Differential(Q)),
    "d(AXB)": (P*X*Q, (X,), P*dX*Q),
    "d(X∘Y)": (HadamardProduct(X, Y), (X, Y),
               HadamardProduct(Y, dX) + HadamardProduct(X, dY)),
    "d inv X": (M.inverse(), (M,), -M.inverse()*dM*M.inverse()),
    "d|X|": (Determinant(M), (M,), Determinant(M)*Trace(M.inverse()*dM)),
    "d ln|X|": (log(Determinant(M)), (M,), Trace(M.inverse()*dM)),
    "dX'": (X.T, (X,), dX.T),
    "d(tX)": (t*X, (t, X), dt*X + t*dX),
    "d(X⊗Y)": (KroneckerProduct(X, Q), (X, Q),
               KroneckerProduct(dX, Q) + KroneckerProduct(X, Differential(Q))),
    "dX^2": (M**2, (M,), dM*M + M*dM),
    "dX^3": (M**3, (M,), dM*M**2 + M*dM*M + M**2*dM),
    "dX^-2": (M**-2, (M,), -M**-1*dM*M**-2 - M**-2*dM*M**-1),
    "dX^k": (M**k, (M,), MatrixSum(M**h*dM*M**(k - 1 - h), (h, 0, k - 1))),
    "d tr X^k": (Trace(M**k), (M,), k*Trace(M**(k - 1)*dM)),
    "d(x'Ax)": (x.T*A*x, (x,), Trace(dx.T*A*x) + Trace(x.T*A*dx)),
    "d diag x": (DiagMatrix(x), (x,), DiagMatrix(dx)),
    "d vec X": (Vec(X), (X,), Vec(dX)),
    "d|X|_F": (Norm(X), (X,), Trace(X.T*dX)/Norm(X)),
    "d exp(tr X)": (exp(Trace(M)), (M,), exp(Trace(M))*Trace(dM)),
    "d(t^2)": (t**2, (t,), 2*t*dt),
    "constant": (X*Q, (M,), ZeroMatrix(m, q)),
}


@pytest.mark.parametrize("row", TABLE)
def test_table_of_differentials(row):
    F, variables, dF = TABLE[row]
    found = differential(F, *variables)
    assert normal_form(found) == normal_form(dF)
    check_along_a_direction(F, variables, found)


def test_elementwise_function():  # dσ(X) = σ'(X)∘dX
    found = differential(X.applyfunc(sin), X)
    assert isinstance(found, HadamardProduct) and dX in found.args
    check_along_a_direction(X.applyfunc(sin), (X,), found)


def check_along_a_direction(F, variables, dF):
    """dF against the difference of F along random directions of all variables at once."""
    with mp.workdps(DIGITS):
        values = example_values([S(F), *variables], SIZES)
        step = {v: example_values([Differential(v)], SIZES, seed=9)[Differential(v)]
                for v in variables}
        h = mpmath.mpf(10)**(-DIGITS//3)
        ends = [evaluate(S(F), {**values, **{v: values[v] + sign*h*step[v] for v in variables}})
                for sign in (1, -1)]
        found = evaluate(dF, {**values, **{Differential(v): step[v] for v in variables}})
        assert near(found, (ends[0] - ends[1])/(2*h), mpmath.mpf(10)**-28), dF


SEVERAL = [
    (Trace(P*X*Q*Q.T*X.T*P.T), (P, X, Q)),
    (X*x + t*b, (X, x, t, b)),
    (log(Determinant(A + t*M))*Trace(A*M), (A, M, t)),
    ((b - X*x).T*(b - X*x)/t, (b, X, x, t)),
    (HadamardPower(X, 3)*DiagMatrix(a)*x, (a, X, x)),
]


@pytest.mark.parametrize("F, variables", SEVERAL, ids=lambda row: str(row)[:40])
def test_several_variables_at_once(F, variables):
    check_along_a_direction(F, variables, differential(F, *variables))
    check_along_a_direction(F, variables, differential(F))  # everything that can vary


def test_without_variables_sizes_and_integers_stay():
    assert normal_form(differential(k*n*t*X)) == normal_form(k*n*dt*X + k*n*t*dX)


def test_without_variables_a_differential_keeps_its_own():
    once = differential(Trace(A*M*B*M), M)
    assert differential(once) == second_differential(Trace(A*M*B*M), M)
    with pytest.raises(VariableError, match="nothing"):
        differential(S(3))


# --- identification ---------------------------------------------------------------------

BY_HAND = {
    "two traces": (Trace(C.T*dX) + 3*Trace(dX*A*C.T), C + 3*C*A.T),
    "dX'": (Trace(dX.T*C), C),
    "dX twice": (Trace(C.T*dX) + Trace(dX.T*Y) - Trace(Y.T*dX), C),
    "Hadamard": (Trace(C.T*HadamardProduct(Y, dX)), HadamardProduct(C, Y)),
    "diagonal": (Trace(DiagMatrix(x)*X.T*dX), X*DiagMatrix(x)),
    "of a diagonal": (x.T*DiagonalOf(C.T*dX), C*DiagMatrix(x)),
    "1x1 product": (b.T*dX*x, b*x.T),
    "scalar times trace": (Trace(A)*Trace(C.T*dX)/2, Trace(A)*C/2),
    "entries": (Sum(C[i, j]*dX[i, j], (i, 0, m - 1), (j, 0, n - 1)), C),
    "vec": (Vec(C).T*Vec(dX), C),
    "Kronecker": (Trace(KroneckerProduct(A, C.T*dX)), Trace(A)*C),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_differentials_written_by_hand(name):
    dL, G = BY_HAND[name]
    found = gradient_from_differential(dL, X)
    with mp.workdps(40):
        values = example_values([S(dL), X, G], SIZES)
        assert near(evaluate(found, values), evaluate(G, values), mpmath.mpf(10)**-35)
    assert normal_form(gradient_from_differential(dL, X.T)) == normal_form(found.T)


def test_several_differentials_identify_each_its_own():
    dL = Trace(C.T*dX) + Trace(Y.T*dX) + 2*Trace(A*dM)
    assert gradient_from_differential(dL, X) == C + Y
    assert gradient_from_differential(dL, M) == 2*A.T


def test_jacobian_by_hand():
    assert jacobian_from_differential(P*dX*Q, X) == KroneckerProduct(Q.T, P)
    assert jacobian_from_differential(2*X*dx, x) == 2*X
    assert jacobian_from_differential(Trace(C.T*dX), X) == Vec(C).T


def test_by_a_scalar():
    assert gradient_from_differential(3*dt*Trace(A), t) == 3*Trace(A)
    assert gradient_from_differential(differential(exp(t)*s, t, s), s) == exp(t)


def test_of_a_constant():
    assert gradient_from_differential(0, X) == ZeroMatrix(m, n)
    assert gradient_from_differential(differential(Trace(A), X), X) == ZeroMatrix(m, n)
    assert jacobian_from_differential(ZeroMatrix(p, q), X) == ZeroMatrix(p*q, m*n)


NOT_LINEAR = {
    "nonlinear in another": Trace(C.T*dX) + dt**2,
    "bilinear in others": Trace(C.T*dX) + dt*Differential(s),
    "a jump": Trace(C.T*dX) + Piecewise((0, dt < 1), (1, True)),
    "a jump at zero": Trace(C.T*dX) + Piecewise((0, Eq(dt, 0)), (1, True)),
    "a jump in every entry": Trace(C.T*dX.applyfunc(
        Lambda(t, Piecewise((t, t < 1), (t + 1, True))))),
    "square": Trace(dX.T*dX),
    "square of a trace": Trace(C.T*dX)**2,
    "product of two": Trace(dX.T*dY),
    "constant part": Trace(C.T*dX) + Trace(A),
    "exponential": exp(Trace(C.T*dX)),
    "inverse": Trace((dX.T*C + A).inverse()),
    "absolute value": abs(Trace(C.T*dX)),
    "elementwise": Trace(C.T*dX.applyfunc(sin)),
}


@pytest.mark.parametrize("name", NOT_LINEAR)
def test_what_is_not_linear_is_refused(name):
    with pytest.raises(NotLinearError, match="not linear in"):
        gradient_from_differential(NOT_LINEAR[name], X)
    with pytest.raises(NotLinearError, match="not linear in"):
        jacobian_from_differential(NOT_LINEAR[name], X)


ZEROS_OF_ALL_KINDS = [
    (Matrix([dt, 2*dt]), t), (BlockDiagMatrix(dM, dM.T), M),
    (BlockMatrix([[dX, 2*dX], [3*dX, ZeroMatrix(m, n)]]), X), (DiagonalMatrix(dM), M),
    (Sum(dM[i, n - 1 - i], (i, 0, n - 1)), M), (Sum(dM[i, j], (j, 0, i), (i, 0, n - 1)), M),
    (Integral(s*dt, (s, 0, 1)), t), (MatrixSum(A**i*dM, (i, 0, k)), M),
    (Trace(KroneckerProduct(dM, A)), M), (Vec(dX), X),
]


@pytest.mark.parametrize("dF, variable", ZEROS_OF_ALL_KINDS, ids=str)
def test_what_vanishes_without_dX(dF, variable):
    """By numbers: J vec(dX) = vec(dF) for a random dX."""
    J = jacobian_from_differential(dF, variable)
    direction = Differential(variable)
    with mp.workdps(30):
        values = example_values([S(dF), direction], SIZES)
        found = evaluate(J, values)*numeric_vec(values[direction])
        assert near(found, numeric_vec(evaluate(S(dF), values)), mpmath.mpf(10)**-25)


def test_what_is_not_worked_out_is_refused():
    """d(S²) depends on S: it is neither a constant nor another variable's differential."""
    undone = derivation(Trace(M.T*B*M*M), M)[3].right
    assert any(not d.is_of_variable for d in undone.atoms(Differential))
    with pytest.raises(VariableError, match="not worked out"):
        gradient_from_differential(undone, M)
    for function in (gradient, differential):
        with pytest.raises(MatlayoutError, match="not worked out"):
            function(Trace(Differential(M**2)), M)
    assert gradient(Trace(Differential(A**2)*M), M) == Differential(A**2).T
    assert Differential(t**2).subs(t, 3) == Differential(t**2)


def test_what_looks_nonlinear_and_is_not():
    dL = Trace(dX.T*dX) - Trace(dX*dX.T) + Trace(C.T*dX)
    assert gradient_from_differential(dL, X) == C


REFUSED = {
    "a matrix": (P*dX, X, ShapeError, "use jacobian_from_differential"),
    "another variable": (Trace(A*dM), X, VariableError, "dX does not occur"),
    "no differential": (Trace(A), X, VariableError, "holds no differential"),
    "a symbol called dX": (Trace(C.T*MatrixSymbol("dX", m, n)), X, VariableError,
                           r"write Differential\(X\)"),
    "another X": (Trace(A*Differential(MatrixSymbol("X", n, n))), X, VariableError,
                  "another kind or shape"),
    "ill-shaped": (Trace(A*dX), X, ShapeError, "product of"),
    "not square": (Trace(dX), X, ShapeError, "trace of a m×n"),
    "no variable": (Trace(C.T*dX), X*Q, VariableError, "can't differentiate by"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_own_message(name):
    dL, variable, error, message = REFUSED[name]
    with pytest.raises(error, match=message) as raised:
        gradient_from_differential(dL, variable)
    assert isinstance(raised.value, MatlayoutError)


def test_differential_of_what_is_no_variable():
    for given in (dX, "X", S.true, 3.5):
        with pytest.raises(VariableError):
            Differential(given)
    with pytest.raises(VariableError, match="transpose"):
        differential(X*Q, X.T)


# --- second differentials ---------------------------------------------------------------

QUADRATIC = [x.T*A*x, (x.T*A*x)**2, exp(x.T*A*x/9), Norm(x), log(1 + Trace(x.T*x)),
             (b - X*x).T*(b - X*x), Trace(X*A*X.T), Determinant(M), log(Determinant(M)),
             Trace(M**3), Trace(A*M.inverse()*B), Trace(C.T*HadamardPower(X, 3)), Norm(X),
             Trace(M**k)]


@pytest.mark.parametrize("f", QUADRATIC, ids=str)
def test_second_identification_theorem(f):
    """d²f = vec(dX)' H vec(dX), H the matrix of second partial derivatives."""
    variable = next(v for v in (M, x, X) if v in S(f).free_symbols)
    H = hessian_from_differential(second_differential(f, variable), variable)
    with mp.workdps(40):
        values = example_values([S(f), variable], SIZES)
        found, wanted = evaluate(H, values), second_partials(f, variable, values)
        assert near(found, wanted, mpmath.mpf(10)**-12), H
        assert near(found, found.T, mpmath.mpf(10)**-30)


def second_partials(f, variable, values):
    at, h = values[variable], mpmath.mpf(10)**-10
    places = [(i, j) for j in range(at.cols) for i in range(at.rows)]

    def value(*steps):
        moved = at.copy()
        for place, step in steps:
            moved[place] += step
        found = evaluate(S(f), {**values, variable: moved})
        return found[0, 0] if isinstance(found, mpmath.matrix) else found

    H = mpmath.matrix(len(places), len(places))
    for r, u in enumerate(places):
        for c, v in enumerate(places):
            H[r, c] = sum(su*sv*value((u, su*h), (v, sv*h))
                          for su in (1, -1) for sv in (1, -1))/(4*h*h)
    return H


def test_mixed_blocks_of_a_hessian():
    d2L = second_differential(Trace(x.T*A*x) + Trace(b.T*X*x)*Trace(M), x, M)
    assert normal_form(hessian_from_differential(d2L, x)) == normal_form(A + A.T)
    mixed = X.T*b*Vec(Identity(n)).T
    assert normal_form(hessian_from_differential(d2L, x, M)) == normal_form(mixed)
    assert normal_form(hessian_from_differential(d2L, M, x)) == normal_form(mixed.T)
    apart = second_differential(Trace(x.T*x) + Trace(M**2), x, M)
    assert hessian_from_differential(apart, x, M) == ZeroMatrix(n, n**2)


def test_second_differential_through_intermediates():
    u = MatrixSymbol("u", m, 1)
    d2L = second_differential(u.T*u, x, where={u: b - X*x})
    assert hessian_from_differential(d2L, x) == 2*X.T*X


def test_what_is_not_quadratic_is_refused():
    for given in (Trace(C.T*dX), Trace(dX.T*dX) + Trace(C.T*dX), Trace(dX.T*dX) + 1,
                  Trace(dX.T*dX) + dt, Trace(dX.T*dX) + Piecewise((0, dt < 1), (1, True)),
                  Trace(dX.T*dX)**2):
        with pytest.raises(NotLinearError, match="not quadratic"):
            hessian_from_differential(given, X)
    with pytest.raises(ShapeError):
        hessian_from_differential(dX.T*dX, X)
    with pytest.raises(VariableError, match="does not occur"):
        hessian_from_differential(Trace(dX.T*dX), M)


# --- the symbols themselves -------------------------------------------------------------


def test_differential_is_ordinary_sympy():
    for d in (dX, dt, Differential(P*X), Differential(Trace(M))):
        assert d.func(*d.args) == d
        assert pickle.loads(pickle.dumps(d)) == d
        assert eval(srepr(d), {**vars(sympy), "Str": Str, "Differential": Differential}) == d
        assert d.free_symbols == {d} and d.doit() == d
    assert (str(dX), latex(dX), pretty(dX), dX.shape) == ("dX", r"\mathrm{d}X", "dX", (m, n))
    assert (str(dt), latex(dt), pretty(2*dt)) == ("dt", r"\mathrm{d}t", "2⋅dt")
    assert latex(P*dX) == r"P \mathrm{d}X"


def test_substitution_keeps_directions():
    small = dX.subs({m: 2, n: 3})
    assert small == Differential(MatrixSymbol("X", 2, 3))
    assert small.as_explicit().shape == (2, 3)
    value = Matrix(2, 3, range(6))
    assert Trace(small.T*small.of).subs(small.of, value).has(small)
    assert Trace(small.T*small.of).xreplace({small.of: value}).has(small)
    assert (P*dX).subs(X, Y) == P*dY
    assert (t*dt).subs(t, 5) == 5*dt and (t*dt).xreplace({t: s}) == s*Differential(s)
    assert differential(dX*Q, X) == ZeroMatrix(m, q)
    assert (t*dt).diff(t) == dt and dt.diff(dt) == 1


def test_code_printers():
    assert (ccode(2*dt), octave_code(P*dX), julia_code(dt)) == ("2*dt", "P*dX", "dt")


def test_lambdify_takes_differentials():
    import numpy as np

    function = lambdify((P, dX, t, dt), P*dX*t*dt, "numpy")
    assert np.allclose(function(np.ones((4, 2)), np.ones((2, 3)), 2, 3), 12)


def test_gradient_of_an_undefined_function():
    f = Function("f")
    dL = differential(f(P*X), X)
    assert gradient_from_differential(dL, X) == gradient(f(P*X), X)
    assert jacobian_from_differential(dL, X) == jacobian(f(P*X), X)


def test_tolerance_would_catch_a_transpose():
    with mp.workdps(DIGITS):
        values = example_values([A], SIZES)
        assert not near(evaluate(A, values), evaluate(A.T, values), TOLERANCE)
