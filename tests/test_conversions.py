"""Every arrangement into every other: spec/layouts.md through ``convert_layout``."""

import re
from itertools import product

import mpmath
import numpy as np
import pytest
from definition import SIZES, m, n, p, q
from mpmath import mp
from sympy import Array, Matrix, MatrixSymbol, S, Symbol, Trace, exp, log, sin, symbols
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatMul,
    Transpose,
    ZeroMatrix,
)
from sympy.tensor.array.expressions import ArrayAdd, ArraySymbol, PermuteDims, ZeroArray

from sympy_matlayout import (
    Arrangement,
    CommutationMatrix,
    FormError,
    LayoutError,
    ShapeError,
    Vec,
    convert_layout,
    jacobian,
    matrix_derivative,
)
from sympy_matlayout.numeric import Partials, evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.simplify.constructors import transpose
from sympy_matlayout.simplify.normal_form import normal_form

t = Symbol("t")
x, y, b = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1), MatrixSymbol("b", m, 1)
X, Y, Z = MatrixSymbol("X", m, n), MatrixSymbol("Y", m, n), MatrixSymbol("Z", m, p)
A, B, C = MatrixSymbol("A", p, m), MatrixSymbol("B", n, q), MatrixSymbol("C", n, n)
z = MatrixSymbol("z", 1, n)

LAYOUTS = ("numerator", "denominator", "mixed")
OF_SCALARS = [(x.T*C*x, x), (Trace(X.T*Y*C), X), (log(Trace(X.T*X)), X), (z*C*z.T, z)]
OF_OTHERS = [
    (A*X*B, X), (X.T, X), (X.T*X, X), (HadamardProduct(X, Y)*C, X), (C.inverse(), C),
    (X.applyfunc(sin)*B, X), (Trace(X.T*Y)*X*B, X), (KroneckerProduct(X, Z), X), (X*C*X.T, X),
    (DiagMatrix(x), x), (A*X*B, A), (x*b.T, x), (A*X, X.T),
]
OF_VECTORS = [(X*x, x), (x*Trace(x.T*y), x), (b.T*X, b), (z*C, z), (X*z.T, z)]
BY_SCALARS = [(t**2*X, t), (exp(t*Trace(C))*x, t), (t*b.T, t)]


def arrangements(partials):
    return [(layout, form) for form in partials.forms for layout in LAYOUTS]


@pytest.mark.parametrize("F, variable", OF_SCALARS + OF_OTHERS + OF_VECTORS + BY_SCALARS, ids=str)
def test_every_pair(F, variable):
    with mp.workdps(40):
        values = example_values([F, variable], SIZES)
        symbol = variable.arg if isinstance(variable, Transpose) else variable
        partials = Partials(F, symbol, values, transposed=symbol != variable)
        of_scalar = partials.of_scalar
        for source in arrangements(partials):
            D = matrix_derivative(F, variable, layout=source[0], form=source[1])
            for target in arrangements(partials):
                found = convert_layout(D, source, target, variable=variable,
                                       function=() if of_scalar else F)
                wanted = partials.arranged(*target)
                assert near(evaluate(found, values), wanted, mpmath.mpf(10)**-20), (
                    source, D, target, found)


NUMBERED = {5: ("numerator", "matrix"), 6: ("denominator", "matrix"), 8: ("numerator", "vec"),
            9: ("numerator", "matrix"), 10: ("denominator", "vec"), 11: ("denominator", "matrix"),
            13: ("numerator", "vec"), 14: ("denominator", "vec")}


@pytest.mark.parametrize("F, variable, numbers", [
    (x.T*C*x, x, (5, 6, 8, 9, 10, 11, 13, 14)), (Trace(X.T*Y*C), X, (8, 9, 10, 11, 13, 14)),
    (A*X*B, X, (13, 14)), (X*x, x, (13, 14))], ids=str)
def test_numbered_forms(F, variable, numbers):
    with mp.workdps(40):
        values = example_values([F, variable], SIZES)
        partials = Partials(F, variable, values)
        for source, target in product(numbers, numbers):
            layout, form = NUMBERED[source]
            D = matrix_derivative(F, variable, layout=layout, form=form)
            found = convert_layout(D, source, target, variable=variable)
            wanted = partials.arranged(*NUMBERED[target])
            assert near(evaluate(found, values), wanted, mpmath.mpf(10)**-20)


def test_the_identities_of_the_layouts():
    g, G = MatrixSymbol("g", n, 1), MatrixSymbol("G", m, n)
    J = MatrixSymbol("J", p*q, m*n)
    assert convert_layout(g, 6, 5) == g.T and convert_layout(g.T, 5, 6) == g
    assert {convert_layout(g, 6, k) for k in (6, 10, 11, 14)} == {g}          # a column
    assert {convert_layout(g, 6, k) for k in (5, 8, 9, 13)} == {g.T}
    assert convert_layout(G, 11, 9) == G.T and convert_layout(G.T, 9, 11) == G
    assert convert_layout(G, 11, 10) == Vec(G) == convert_layout(G, 11, 14)   # (10) = vec (11)
    assert convert_layout(G, 11, 8) == Vec(G).T == convert_layout(G, 11, 13)  # (8) = (10)'
    assert convert_layout(Vec(G), 10, 11, variable=(m, n)) == G
    assert convert_layout(Vec(G).T, 8, 9, variable=X) == G.T
    assert convert_layout(J, 13, 14) == J.T and convert_layout(J.T, 14, 13) == J


def test_row_major_is_by_the_commutation_matrix():
    J = MatrixSymbol("J", p*q, m*n)
    found = convert_layout(J, 13, ("numerator", "row-major"), function=(p, q), variable=(m, n))
    assert found == CommutationMatrix(p, q)*J*CommutationMatrix(n, m)
    back = convert_layout(found, ("numerator", "row-major"), 13, function=(p, q), variable=(m, n))
    assert back == J
    assert convert_layout(jacobian(A*X*B, X), 13, ("numerator", "row-major"),
                          function=A*X*B, variable=X) == KroneckerProduct(A, B.T)


@pytest.mark.parametrize("F, variable", OF_OTHERS, ids=str)
def test_there_and_back(F, variable):
    J = jacobian(F, variable)
    for target in ("array", "autodiff", ("denominator", "row-major"), ("mixed", "vec")):
        D = convert_layout(J, 13, target, function=F, variable=variable)
        back = convert_layout(D, target, 13, function=F, variable=variable)
        assert normal_form(back) == normal_form(J)


# --- SymPy's own answers ----------------------------------------------------------------


SYMPY = [
    (A*X*B, X), (C.inverse(), C), (X.T, X), (X.T*X, X), (X*C*X.T, X), (C**3, C), (X, X),
    (HadamardProduct(X, Y), X), (X.applyfunc(sin), X), (X.applyfunc(sin)*B, X), (x*x.T, x),
    (Trace(C)*C, C), (Trace(X.T*Y)*X, X), (b.T*X, X), (KroneckerProduct(C, C), C), (C*x, C),
    (X.T*Y + Y.T*X, X), (2*X, X),
]


@pytest.mark.parametrize("F, variable", SYMPY, ids=str)
def test_sympys_arrays_in_kronecker_form(F, variable):
    answer = F.diff(variable)
    J = convert_layout(answer, "array", 13, function=F, variable=variable)
    assert normal_form(J) == normal_form(jacobian(F, variable))
    rows = convert_layout(answer, "array", ("denominator", "row-major"),
                          function=F, variable=variable)
    with mp.workdps(40):
        values = example_values([F, variable], SIZES)
        wanted = Partials(F, variable, values).arranged("denominator", "row-major")
        assert near(evaluate(rows, values), wanted, mpmath.mpf(10)**-20)


def test_what_is_no_matrix_notation_is_refused():
    k = symbols("k", integer=True, positive=True)
    answer = (X.applyfunc(sin)*C.applyfunc(exp)*MatrixSymbol("N", n, k)).diff(X)
    J = convert_layout(answer, "array", 13)
    assert J.shape == (m*k, m*n)
    with pytest.raises(NotImplementedError, match="can't be written with matrices"):
        convert_layout(ArraySymbol("T", (m, n, p, q)), "array", 13)


# --- explicit derivatives ---------------------------------------------------------------


def test_explicit_matrices_and_arrays():
    a11, a12, a21, a22, a31, a32 = symbols("a11 a12 a21 a22 a31 a32")
    M = Matrix([[a11, a12], [a21, a22], [a31, a32]])
    W = MatrixSymbol("W", 2, 3)
    J = jacobian(M*W, W).as_explicit()
    array = convert_layout(J, 13, "array", function=(3, 3), variable=W)
    assert array.shape == (2, 3, 3, 3)
    assert all(array[i, j, k, l] == (M[k, i] if j == l else 0)
               for i, j, k, l in product(range(2), range(3), range(3), range(3)))
    assert convert_layout(array, "array", 13) == J
    assert convert_layout(array, "array", "autodiff")[2, 1, 0, 1] == array[0, 1, 2, 1]
    rows = convert_layout(J, 13, ("numerator", "row-major"), function=(3, 3), variable=W)
    assert rows == KroneckerProduct(M, Identity(3)).as_explicit()
    autodiff = Array([[[1, 2, 3]]*2])  # of a 1x2 row by a column, ones left out
    assert convert_layout(Array([[1, 2, 3], [4, 5, 6]]), "autodiff", "numerator",
                          function=(2,), variable=(3,)) == Matrix([[1, 2, 3], [4, 5, 6]])
    assert autodiff.shape == (1, 2, 3)
    assert convert_layout(autodiff, "autodiff", "denominator", function=(1, 2),
                          variable=(3,)) == Matrix([[1, 1], [2, 2], [3, 3]])


def test_lists_arrays_and_array_expressions_with_two_axes_are_matrices():
    wanted = Matrix([[1, 4], [2, 5], [3, 6]])
    rows = [[1, 2, 3], [4, 5, 6]]
    for given in (rows, Array(rows), np.array(rows), Matrix(rows)):
        assert convert_layout(given, 13, 14) == wanted
        assert convert_layout(given, "numerator", "denominator") == wanted
    assert convert_layout(rows, 11, 10) == Matrix([1, 4, 2, 5, 3, 6])
    assert convert_layout(ArrayAdd(G, X), 11, 9) == G.T + X.T
    assert convert_layout(PermuteDims(G, [1, 0]), 9, 11) == G
    assert convert_layout(ZeroArray(m, n), 11, 9) == ZeroMatrix(n, m)


def test_axes_of_size_one_may_be_there_or_not():
    f = x.T*C*x
    small = {n: 3}
    explicit = [e.subs(small).as_explicit() for e in (f, x)]
    D = Array(explicit[0]).diff(Array(explicit[1]))                  # 3×1×1×1
    gradient = convert_layout(D, "array", 11, function=f.subs(small), variable=x.subs(small))
    assert gradient == (C + C.T).subs(small).as_explicit()*explicit[1] or normal_form(
        gradient - ((C + C.T)*x).subs(small).as_explicit()).expand().is_zero_matrix
    assert convert_layout(Array([[1, 2, 3]]), "autodiff", "numerator", function=(1,),
                          variable=(3,)) == Matrix([[1, 2, 3]])
    # without both shapes the axes stay what they are
    assert convert_layout((z*C).diff(z), "array", "autodiff", function=z*C) == C.T
    assert convert_layout(Array([[[1, 2, 3]], [[4, 5, 6]]]), "autodiff", "array",
                          function=(2, 1)).shape == (3, 2, 1)
    assert convert_layout(t, 13, "array", function=(1, 1), variable=(1, 1)) == t
    assert convert_layout(t, 13, "numerator", function=()) == t


def test_rows_on_a_diagonal_are_read_as_columns():
    F = C*HadamardPower(z.T, 2)
    J = convert_layout(F.diff(z), "array", 13, function=F, variable=z)
    assert normal_form(J) == normal_form(jacobian(F, z))
    assert convert_layout(B.T*DiagMatrix(z), "autodiff", 14, function=(q,),
                          variable=(n,)) == MatMul(DiagMatrix(z.T), B)


THROUGH = [
    ((X*C).applyfunc(sin)*B, X), (HadamardProduct(X*C, Y)*B, X), (A*HadamardPower(X*C, 2), X),
    (A*(X*C).applyfunc(sin)*B, X), (HadamardProduct(C, Identity(n)), C),
    (HadamardProduct(X*C, Y), X), (Y.T*(X*C).applyfunc(exp)*B, X),
]


@pytest.mark.parametrize("F, variable", THROUGH, ids=str)
def test_what_acts_entry_by_entry_in_between(F, variable):
    answer = F.diff(variable)
    J = convert_layout(answer, "array", 13, function=F, variable=variable)
    with mp.workdps(40):
        values = example_values([F, variable], SIZES)
        wanted = Partials(F, variable, values).arranged("numerator", "vec")
        assert near(evaluate(J, values), wanted, mpmath.mpf(10)**-20)


# --- what is missing, or contradictory --------------------------------------------------

J, G, row = MatrixSymbol("J", p*q, m*n), MatrixSymbol("G", m, n), MatrixSymbol("r", 1, m*n)

REFUSED = {
    "the variable's shape": (LayoutError, "shape of the variable is missing",
                             lambda: convert_layout(row, 8, 11)),
    "the function's shape": (LayoutError, "shape of the function is missing", lambda:
                             convert_layout(J, 13, ("numerator", "row-major"), variable=X)),
    "whether it is a scalar": (LayoutError, "shape of the function is missing",
                               lambda: convert_layout(G, "mixed", "numerator")),
    "which axes": (LayoutError, "which axes are those of the function",
                   lambda: convert_layout(Array([[1, 2], [3, 4]]), "array", "numerator")),
    "no such name": (LayoutError, "unknown layout 'foo'", lambda: convert_layout(G, "foo", 9)),
    "no such number": (LayoutError, "7 names no arrangement", lambda: convert_layout(G, 7, 9)),
    "(9) of a matrix": (FormError, re.escape("(9) is of a scalar function"),
                        lambda: convert_layout(J, 13, 9, function=(p, q), variable=X)),
    "(5) by a matrix": (FormError, re.escape("(5) is by a column"),
                        lambda: convert_layout(G, 11, 5)),
    "a matrix form": (FormError, "has no form 'matrix'",
                      lambda: convert_layout(J, 13, ("numerator", "matrix"), function=(p, q),
                                             variable=X)),
    "the turned variable": (ShapeError, "is n×m, and this is m×n",
                            lambda: convert_layout(G, 11, 9, variable=X.T)),
    "another variable": (ShapeError, r"is p\*q×p\*q, and this is p\*q×m\*n",
                         lambda: convert_layout(J, 13, 14, function=(p, q), variable=(p, q))),
    "other axes": (ShapeError, "is not the derivative of",
                   lambda: convert_layout((A*X*B).diff(X), "array", 13, variable=X.T)),
    "(8) is a row": (ShapeError, r"is 1×\?, and this is m×n", lambda: convert_layout(G, 8, 10)),
    "(10) is a column": (ShapeError, r"is \?×1, and this is 1×m\*n",
                         lambda: convert_layout(row, 10, 8)),
    "a number of a vector": (ShapeError, "is a scalar, and the variable is 3×1",
                             lambda: convert_layout(t, "vec", "matrix", variable=(3,))),
    "a negative size": (ShapeError, "a size must be",
                        lambda: convert_layout(G, "numerator", "vec", function=(-2, -1))),
    "a name": (ShapeError, "is neither the function nor its shape",
               lambda: convert_layout(G, "numerator", "vec", function="F")),
    "three sizes": (ShapeError, "is no shape",
                    lambda: convert_layout(G, "numerator", "vec", function=(1, 2, 3))),
    "one axis": (ShapeError, "an array with 1 axes",
                 lambda: convert_layout([1, 2, 3], "numerator", "denominator")),
    "a structure": (FormError, "structure",
                    lambda: convert_layout(J, ("numerator", "vech"), 14)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    error, message, call = REFUSED[name]
    with pytest.raises(error, match=message):
        call()


def test_arrangements():
    assert Arrangement.of(13) == Arrangement.of(Arrangement.of(13))
    assert Arrangement.of("vec").layout.value == "denominator"
    assert transpose(convert_layout(S(2)*G, 11, 9)) == 2*G
    assert convert_layout(S(3), "numerator", "denominator", function=(), variable=()) == 3
