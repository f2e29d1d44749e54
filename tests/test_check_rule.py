"""check_rule: every rule of the library is accepted, and rules that are wrong are not."""

from dataclasses import dataclass

import pytest
from definition import m, n, p, q
from sympy import (
    Abs,
    Derivative,
    Determinant,
    Expr,
    Function,
    ImmutableDenseMatrix,
    Lambda,
    MatrixExpr,
    MatrixSymbol,
    Max,
    Piecewise,
    Product,
    Rational,
    S,
    Sum,
    Symbol,
    Trace,
    exp,
    log,
    sin,
    symbols,
    tanh,
)
from sympy.core.function import AppliedUndef
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    BlockMatrix,
    DiagMatrix,
    DiagonalMatrix,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.diagonal import DiagonalOf

from sympy_matlayout import (
    ArgumentError,
    CommutationMatrix,
    Differential,
    FunctionGradient,
    FunctionValue,
    MatrixFunction,
    MatrixSum,
    Norm,
    ShapeError,
    SkewSymmetricMatrixSymbol,
    SymmetricMatrixSymbol,
    Unvec,
    Unvech,
    VariableError,
    Vec,
    Vech,
    check_rule,
    local_differentials,
)
from sympy_matlayout import DerivativeNotImplementedError as NotCovered
from sympy_matlayout.linear_maps import maps
from sympy_matlayout.nodes.node import ConstantMatrix
from sympy_matlayout.nodes.undefined_functions import DerivativeAtPoint
from sympy_matlayout.reading.read import read_function
from sympy_matlayout.simplify import constructors as c

A, B, C, D = (MatrixSymbol("A", m, n), MatrixSymbol("B", n, p), MatrixSymbol("C", m, n),
              MatrixSymbol("D", p, q))
M, N = MatrixSymbol("M", n, n), MatrixSymbol("N", n, n)
x, y, r = MatrixSymbol("x", n, 1), MatrixSymbol("y", m, 1), MatrixSymbol("r", 1, n)
s, t, z = symbols("s t z")
i, j, k = symbols("i j k", integer=True)
f, g = Function("f"), Function("g")
F = MatrixFunction("F", m, p, A)


def node(expr, *variables, functions=None):
    return pytest.param(expr, variables, functions, id=str(expr))


# for each class of nodes that has a rule
NODES = [
    node(A + C),
    node(A*B),
    node(s*t*A*B*D),
    node(M*N*M),
    node(M**3),
    node(M**-2),
    node(M**k),
    node(A.T),
    node(Trace(A*B*D*MatrixSymbol("E", q, m))),
    node(Trace(M)),
    node(Trace(M**3)),
    node(Trace(M**t), M),
    node(Determinant(M)),
    node(Determinant(M*N)),
    node(Determinant(M**2)),
    node(M.inverse()),
    node(log(t)*Trace(M)),
    node(exp(Trace(M*N))/s),
    node(Piecewise((t**2, t > s), (s, True))),
    node(Max(t, s)*Determinant(M)),
    node(Abs(t - 1)),
    node(0.3*t*Trace(M)),
    node(s + Trace(M)*t),
    node(HadamardProduct(A, C)),
    node(HadamardProduct(A, C, A)),
    node(HadamardPower(A, 3)),
    node(HadamardPower(A, t)),
    node(HadamardPower(A, C)),
    node(HadamardPower(t, A)),
    node(A.applyfunc(tanh)),
    node(A.applyfunc(Lambda(z, exp(t*z)))),
    node(Norm(A)),
    node(Norm(x)),
    node(Norm(x, 1)),
    node(Norm(x, 3)),
    node(Norm(x, t), x),
    node(Norm(A, "nuc")),
    node(Norm(MatrixSymbol("W", 2, 3), "nuc")),
    node(KroneckerProduct(A, B)),
    node(KroneckerProduct(x, B)),
    node(KroneckerProduct(B, r)),
    node(KroneckerProduct(A, y, r)),
    node(DiagMatrix(x)),
    node(DiagonalOf(M)),
    node(DiagonalMatrix(M)),
    node(DiagonalMatrix(MatrixSymbol("W", 2, 3))),
    node(DiagonalMatrix(A)),
    node(BlockMatrix([[A, C], [MatrixSymbol("E", p, n), MatrixSymbol("H", p, n)]])),
    node(BlockDiagMatrix(A, B)),
    node(MatrixSymbol("W", 5, n)[1:4, :]),
    node(MatrixSymbol("W", 5, 7)[::2, 1:6:3]),
    node(A[1, 0]),
    node(A[i, j]),
    node(ImmutableDenseMatrix([[t, s*t, 1], [Trace(M), M[0, 1], s]])),
    node(FunctionMatrix(m, n, Lambda((i, j), t**2*(i + 2*j)))),
    node(FunctionMatrix(m, n, Lambda((i, j), C[i, j]**2*(i + j)*t + A[i, j]*exp(t*i)))),
    node(FunctionMatrix(n, m, Lambda((i, j), sin(A[j, i])*C[j, i]*i))),
    node(Vec(A)),
    node(Unvec(MatrixSymbol("v", m*n, 1), m, n)),
    node(Vech(M)),
    node(Unvech(MatrixSymbol("h", n*(n + 1)/2, 1), n)),
    node(Sum(x[i, 0]**3*sin(i), (i, 0, n - 1))),
    node(Sum(A[i, j]**3*t, (i, 0, m - 1), (j, 0, n - 1))),
    node(Sum(Trace(M**i), (i, 0, k))),
    node(Product(x[i, 0]**2 + t, (i, 0, n - 1))),
    node(MatrixSum(M**i*N, (i, 0, k))),
    node(MatrixSum(i*A*B, (i, 1, k))),
    node(Derivative(f(s, t), s), functions={f: lambda u, v: sin(u*v)*v}),
    node(f(t), functions={f: sin}),
    node(f(A, t**2), functions={f: lambda Y, u: sin(u)*Trace(Y.T*Y)**2}),
    node(FunctionValue(f(A, t)), functions={f: lambda Y, u: sin(u)*Trace(Y.T*Y)}),
    node(F, functions={MatrixFunction: lambda name, rows, cols, Y: Y.applyfunc(sin)*B}),
]
# whose rules only say why there is no derivative
REFUSING = {object, MatrixSymbol, Identity, OneMatrix, ZeroMatrix, ConstantMatrix, Differential,
            DerivativeAtPoint}


@pytest.mark.parametrize("expr, variables, functions", NODES)
def test_rules_of_the_library_are_right(expr, variables, functions):
    check = check_rule(expr, *variables, functions=functions)
    assert check.is_right and check, str(check)


def test_every_class_with_a_rule_has_a_node():
    registry = local_differentials.registry
    ours = {kind for kind, rule in registry.items()
            if rule.__module__.startswith("sympy_matlayout.")}
    tried = {next(kind for kind in type(read_function(case.values[0])).__mro__ if kind in registry)
             for case in NODES}
    assert ours - REFUSING == tried
