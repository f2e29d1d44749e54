"""Functions given through intermediate variables, which stay in the result."""

import pickle

import pytest
import sympy
from definition import (
    SIZES,
    check_against_definition,
    check_derivation,
    m,
    n,
    p,
    q,
    values_for,
)
from mpmath import mp, mpf
from sympy import (
    Function,
    MatrixSymbol,
    Sum,
    Symbol,
    Trace,
    exp,
    latex,
    log,
    pretty,
    sin,
    srepr,
    symbols,
    tanh,
)
from sympy.core.symbol import Str
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    ZeroMatrix,
)

from sympy_matlayout import (
    DerivativeNotImplementedError,
    Differential,
    FunctionGradient,
    FunctionJacobian,
    MatrixFunction,
    ShapeError,
    VariableError,
    canonical,
    differential,
    gradient,
    hessian,
    jacobian,
    layout,
    matrix_derivative,
)
from sympy_matlayout.numeric import Partials, evaluate
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.simplify.normal_form import normal_form

x, u, b = MatrixSymbol("x", n, 1), MatrixSymbol("u", m, 1), MatrixSymbol("b", m, 1)
z, w = MatrixSymbol("z", p, 1), MatrixSymbol("w", q, 1)
A, X, Y = MatrixSymbol("A", p, m), MatrixSymbol("X", m, n), MatrixSymbol("Y", p, n)
B, C, W = MatrixSymbol("B", p, n), MatrixSymbol("C", q, p), MatrixSymbol("W", p, m)
M = MatrixSymbol("M", m, n)
s, t = symbols("s t")
f = Function("f")


def test_document_001_norm_of_b_minus_Ax():
    where = {u: b - M*x}
    assert gradient(u.T*u, x, where=where) == -2*M.T*u       # (∂u/∂x)(∂g/∂u), denominator
    assert matrix_derivative(u.T*u, x, where=where, layout="numerator") == -2*u.T*M
    assert matrix_derivative(u, x, where=where, layout="numerator") == -M
    assert matrix_derivative(u, x, where=where) == -M.T


def test_document_003_linear_layers():
    """Y = AX + B: ∂L/∂X = A'(∂L/∂Y); Y = XA + B: ∂L/∂X = (∂L/∂Y)A'"""
    slope = FunctionGradient(f(MatrixSymbol("_Y", p, n)), MatrixSymbol("_Y", p, n), Y)
    assert gradient(f(Y), X, where={Y: A*X + B}) == A.T*slope
    assert gradient(f(Y), A, where={Y: A*X + B}) == slope*X.T
    with layout("numerator"):
        assert matrix_derivative(f(Y), X, where={Y: A*X + B}) == slope.T*A
    assert str(gradient(f(Y), X, where={Y: A*X + B})) == "A.T*(∂f(Y)/∂Y)"


def test_document_003_chain_of_vectors():
    """x ⇒ u ⇒ z ⇒ w: (∂u/∂x)(∂z/∂u)(∂w/∂z) in denominator layout, reversed in numerator"""
    where = {u: X*x, z: (A*u).applyfunc(sin), w: C*z}
    slope = DiagMatrix(jacobian((A*u).applyfunc(sin), u).args[0].args[0])
    assert matrix_derivative(w, x, where=where) == X.T*A.T*slope*C.T
    assert matrix_derivative(w, x, where=where, layout="numerator") == C*slope*A*X


i = Symbol("i", integer=True)
square = Trace(x.T*x)
GIVEN = {
    "least squares": (u.T*u, {u: b - X*x}),
    "order of definitions": (w.T*w, {w: C*z, z: (A*u).applyfunc(tanh), u: X*x}),
    "x also directly": (Trace(u.T*u) + square + Trace(u.T*X*x), {u: X*x - b}),
    "used twice": (Trace(u.T*u)*exp(s), {u: s*X*x, s: square/9}),
    "scalar intermediates": (log(1 + s**2) + t, {s: square, t: s*Trace(b.T*X*x)}),
    "vector function": (z, {z: (A*u).applyfunc(tanh), u: b - X*x}),
    "matrix function": (Y*DiagMatrix(x), {Y: W*X*square}),
    "inside applyfunc": (b.applyfunc(lambda v: v*s), {s: square}),
    "inside a sum": (Sum(u[i, 0]**2, (i, 0, m - 1)), {u: X*x}),
    "Kronecker": (KroneckerProduct(u, x), {u: X*x}),
    "exponent": (HadamardPower(b, s), {s: square/5}),
}


@pytest.mark.parametrize("name", GIVEN)
def test_against_the_definition(name):
    """All layouts and forms; the intermediates in the result take their values."""
    F, where = GIVEN[name]

    def whole(e):
        for _ in where:
            e = e.xreplace(where)
        return e

    with mp.workdps(50):
        values = values_for(whole(F), x)
        at_hand = {**values, **{v: evaluate(whole(v), values) for v in where}}
        partials = Partials(whole(F), x, values)
        for name in ("numerator", "denominator", "mixed"):
            for form in partials.forms:
                D = matrix_derivative(F, x, where=where, layout=name, form=form)
                assert near(evaluate(D, at_hand), partials.arranged(name, form), mpf(10)**-28), D


def test_several_gradients_through_one_intermediate():
    where = {Y: A*X + B}
    L = Trace(HadamardProduct(Y, Y)*B.T)
    by_Y = gradient(L, Y)
    found = gradient(L, A, X, where=where)
    assert tuple(map(normal_form, found)) == (normal_form(by_Y*X.T), normal_form(A.T*by_Y))


def test_differentials_go_through():
    dx = Differential(x)
    assert differential(u.T*u, x, where={u: b - X*x}) == -Trace(u.T*X*dx) - Trace(dx.T*X.T*u)
    assert differential(u.T*u, where={u: b}) == (
        Trace(u.T*Differential(b)) + Trace(Differential(b).T*u))


def test_an_intermediate_that_does_not_depend_on_the_variable():
    assert gradient(u.T*u, x, where={u: b}) == ZeroMatrix(n, 1)
    with pytest.raises(VariableError, match="where= defines u, m×1, which does not occur"):
        gradient(x.T*x, x, where={u: X*x})


REFUSED = {
    "no dictionary": ([(u, X*x)], VariableError, "takes a dictionary"),
    "wrong shape": ({u: X}, ShapeError, "where= defines u"),
    "a circle": ({u: X*x + s*u}, VariableError, "by way of itself"),
    "a longer circle": ({u: b*s, s: u.T*u}, VariableError, "by way of itself"),
    "no symbol": ({2*u: b}, VariableError, "where= defines symbols"),
    "another u": ({MatrixSymbol("u", n, 1): x}, VariableError, "u, n×1, which does not occur"),
    "bound in a definition": ({u: s*X*x*Sum(sin(s), (s, 1, m)), s: x.T*x}, VariableError,
                              "which is bound"),
    "other assumptions": ({Symbol("s", real=True): x.T*x}, VariableError, "does not occur"),
    "the variable": ({x: X.T*b}, VariableError, "the variable"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    where, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        gradient(u.T*u + x.T*x, x, where=where)


def test_sizes_differ():
    assert len(set(SIZES.values())) == len(SIZES)


# --- functions left open ----------------------------------------------------------------

P, Q, R = MatrixSymbol("P", p, m), MatrixSymbol("Q", n, q), MatrixSymbol("R", q, n)
KNOWN = {MatrixFunction: lambda name, rows, cols, *args: {
    "u": lambda v: (X*v).applyfunc(sin),
    "z": lambda v: (A*v).applyfunc(tanh),
    "r": lambda v: (v.T*B.T).applyfunc(sin),
    "F": lambda Y: (P*Y*Q).applyfunc(sin),
    "G": lambda Y, v: P*Y.applyfunc(sin)*DiagMatrix(v)*Q,
}[str(name)](*args)}
u_of_x, r_of_x = MatrixFunction("u", m, 1, x), MatrixFunction("r", 1, p, x)
F_of_M = MatrixFunction("F", p, q, M)
OPEN = {
    "vector": (u_of_x, x),
    "row": (r_of_x, x),
    "of a row": (MatrixFunction("r", 1, p, (Q*w)), w),
    "chain of vectors": (MatrixFunction("z", p, 1, u_of_x), x),
    "inner product": (r_of_x*MatrixFunction("z", p, 1, u_of_x), x),
    "product with a scalar": (Trace(x.T*x)*u_of_x, x),
    "matrix": (F_of_M, M),
    "trace": (Trace(F_of_M*R*B.T), M),
    "by the transpose": (F_of_M, M.T),
    "two arguments": (MatrixFunction("G", p, q, M, x), x),
}


@pytest.mark.parametrize("name", OPEN)
def test_functions_left_open(name):
    expr, variable = OPEN[name]
    check_against_definition(expr, variable, undefined=KNOWN)
    for arrangement in ("numerator", "denominator"):
        check_derivation(expr, variable, arrangement, undefined=KNOWN)


def test_document_003_chain_rule_for_vectors():
    """∂z/∂x = (∂u/∂x)(∂z/∂u) in denominator layout, (∂z/∂u)(∂u/∂x) in numerator"""
    z_of_u = MatrixFunction("z", p, 1, u)
    by_x, by_u = jacobian(u_of_x, x), jacobian(z_of_u, u)
    assert matrix_derivative(z_of_u, x, where={u: u_of_x}, layout="numerator") == by_u*by_x
    assert matrix_derivative(z_of_u, x, where={u: u_of_x}) == by_x.T*by_u.T
    assert (str(by_u), latex(by_x)) == (
        "(∂z(u)/∂u.T)", r"\frac{\partial u{\left(x \right)}}{\partial x^{T}}")


def test_document_003_product_rules():
    """y'z → (∂y/∂x)z + (∂z/∂x)y, and scalar y times z → (∂y/∂x)z' + y(∂z/∂x)"""
    y, v = MatrixFunction("y", p, 1, x), MatrixFunction("v", p, 1, x)
    assert normal_form(gradient(y.T*v, x)) == normal_form(
        jacobian(y, x).T*v + jacobian(v, x).T*y)
    h = Trace(b.T*X*x)
    assert normal_form(matrix_derivative(h*v, x)) == normal_form(
        X.T*b*v.T + h*jacobian(v, x).T)


def test_open_functions_are_ordinary_sympy():
    for node in (u_of_x, F_of_M, jacobian(u_of_x, x), jacobian(F_of_M, M)):
        assert node.func(*node.args) == node and pickle.loads(pickle.dumps(node)) == node
        assert eval(srepr(node), vars(sympy) | {"Str": Str, "MatrixFunction": MatrixFunction,
                                                "FunctionJacobian": FunctionJacobian}) == node
        pretty(node), latex(node)
    assert u_of_x.subs({m: 2, n: 3}).as_explicit().shape == (2, 1)
    with pytest.raises(ShapeError, match="has its arguments"):
        u_of_x(t)


def test_second_derivatives_of_a_function_of_two_scalars():
    f, A, x = Function("f"), MatrixSymbol("A", n, n), MatrixSymbol("x", n, 1)
    a, b = Trace(A), Trace(x.T*A*x)
    H = hessian(f(a, b), A)
    known = H.replace(f, lambda u, v: u**3*v**2).doit()
    assert canonical(known - hessian(a**3*b**2, A)) == ZeroMatrix(n**2, n**2)


def test_a_function_of_a_matrix_and_a_scalar():
    f, A, X = Function("f"), MatrixSymbol("A", n, n), MatrixSymbol("X", n, n)
    G = gradient(f(X, Trace(A)), A)
    assert canonical(G) == G
    assert G.replace(f, lambda Y, s: s**2*Trace(Y)).doit() == canonical(
        2*Trace(A)*Trace(X)*Identity(n))
    with pytest.raises(DerivativeNotImplementedError, match="left undefined"):
        hessian(f(X, Trace(A)), A)
