"""Right, or refused: what is refused, with which error, and what the error says."""

import pytest
from definition import m, n, p
from sympy import (
    Abs,
    Add,
    Determinant,
    Function,
    Inverse,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Product,
    Sum,
    Symbol,
    Trace,
    exp,
    floor,
    symbols,
)
from sympy.matrices import ShapeError as SympyShapeError
from sympy.matrices.expressions import HadamardProduct
from sympy.matrices.expressions.diagonal import DiagonalOf

from sympy_matlayout import (
    DerivativeNotImplementedError,
    FormError,
    LayoutError,
    MatlayoutError,
    ShapeError,
    VariableError,
    gradient,
    jacobian,
    layout,
    local_differentials,
    matrix_derivative,
)

i = symbols("i", integer=True)
x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1)
X, W = MatrixSymbol("X", n, n), MatrixSymbol("W", m, n)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", m, p)

ILL_SHAPED = {
    "X(n×n) + W(m×n)": (X + W, X, "sum of matrices"),
    "trace of m×n": (Trace(W), W, "trace of a m×n"),
    "determinant of m×n": (Determinant(W), W, "determinant of a m×n"),
    "inverse of m×n": (W**-1, W, "not square"),
    "x.T*x**2": ((x.T*x)*x, x, "SymPy merges"),
    "square of m×n": (W*W, W, "not square"),
    "X*W": (MatMul(X, W), X, "product of n×n and m×n"),
    "Hadamard": (HadamardProduct(W, MatrixSymbol("V", n, m)), W, "Hadamard"),
    "scalar + matrix": (Add(Trace(X), X, evaluate=False), X, "sum of a scalar"),
    "1×1 + n×n": (x.T*A*x + A, x, "sum of matrices"),
    "diagonal of m×n": (DiagonalOf(W), W, "unknown length"),
    "Abs of a 1×1 product": (Abs(x.T*y), x, "Abs(Trace"),
    "counted from one": (Sum(x[i, 0], (i, 1, n)), x, "count from 0"),
}


@pytest.mark.parametrize("name", ILL_SHAPED)
def test_ill_shaped(name):
    expr, X, message = ILL_SHAPED[name]
    with pytest.raises(ShapeError, match=message.replace("(", r"\(")) as raised:
        matrix_derivative(expr, X)
    assert isinstance(raised.value, SympyShapeError)


def test_gradient_of_a_matrix():
    with pytest.raises(ShapeError, match="use jacobian"):
        gradient(X, X)


class Mystery(MatrixExpr):
    shape = property(lambda self: self.args[0].shape)


def test_unknown_node_names_itself_and_the_line_that_registers_a_rule():
    with pytest.raises(DerivativeNotImplementedError, match="Mystery") as raised:
        gradient(Trace(A*Mystery(X)), X)
    assert isinstance(raised.value, NotImplementedError)
    assert "@local_differentials.register(Mystery)" in str(raised.value)


def test_unknown_node_of_a_constant_is_a_constant():
    assert gradient(Trace(Mystery(A)*X), X) == Mystery(A).T


def test_registering_a_rule():
    class Twice(Mystery):
        pass

    @local_differentials.register(Twice)
    def _(node, varies):
        yield 2*node.args[0], local_identity(node.shape)

    from sympy_matlayout.linear_maps.composition import identity as local_identity
    assert gradient(Trace(A*Twice(X)), X) == 2*A.T


@pytest.mark.parametrize("expr", [exp(X), floor(Trace(X)), Product(Trace(X**i), (i, 1, m))])
def test_not_covered(expr):
    with pytest.raises(DerivativeNotImplementedError):
        matrix_derivative(expr, X)


@pytest.mark.parametrize("variable, message", [
    (X*A, "a variable is a MatrixSymbol"),
    (X[0, 1], "take the entry of the result"),
    ("X", "give the MatrixSymbol"),
    (Inverse(X), "a variable is a MatrixSymbol"),
    (n, "is a size of"),
    (MatrixSymbol("X", 3, 3), "holds another X"),
    (Symbol("X"), "holds another X"),
    (Function("f")(Symbol("t")), "a variable is a MatrixSymbol"),
])
def test_no_variable(variable, message):
    with pytest.raises(VariableError, match=message):
        matrix_derivative(Trace(A*X), variable)


def test_symbols_that_differ_in_assumptions_are_told_apart():
    with pytest.raises(VariableError, match="holds another t"):
        matrix_derivative(Symbol("t", real=True)*A, Symbol("t"))


def test_unknown_layout_lists_the_layouts():
    with pytest.raises(LayoutError, match="'numerator', 'denominator', 'mixed'"):
        matrix_derivative(Trace(A*X), X, layout="sideways")
    with pytest.raises(LayoutError), layout("sideways"):
        pass


def test_forms_that_do_not_exist_list_those_that_do():
    with pytest.raises(FormError, match="'matrix', 'vec'"):
        matrix_derivative(Trace(A*X), X, form="tensor")
    with pytest.raises(FormError, match="it has 'vec', 'row-major', 'array', 'autodiff'"):
        matrix_derivative(A*X, X, form="matrix")
    with pytest.raises(FormError, match="without a structure"):
        matrix_derivative(Trace(A*X), X, form="vech")



@pytest.mark.parametrize("given", [None, [x, y], "x +", object()])
def test_what_is_no_expression_is_refused(given):
    with pytest.raises(MatlayoutError):
        jacobian(given, X)


def test_a_wrong_call_stays_a_type_error():
    with pytest.raises(TypeError):
        matrix_derivative(Trace(A*X))
