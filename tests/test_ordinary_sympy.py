"""Results are ordinary SymPy: they print, pickle, rebuild, substitute and become explicit."""

import os
import pickle
import subprocess
import sys

import mpmath
import pytest
import sympy
from definition import SIZES, m, n, p
from mpmath import mp
from sympy import (
    Array,
    Float,
    Function,
    ImmutableMatrix,
    MatrixSymbol,
    N,
    Sum,
    Symbol,
    Trace,
    latex,
    preorder_traversal,
    pretty,
    srepr,
    symbols,
)
from sympy.matrices.expressions import DiagMatrix, HadamardPower, HadamardProduct, KroneckerProduct

from sympy_matlayout import (
    CommutationMatrix,
    DiagonalEmbedding,
    MatrixSum,
    MatrixUnit,
    SelectionMatrix,
    Unvec,
    Vec,
    matrix_derivative,
)
from sympy_matlayout.numeric import evaluate, example_values

i, j, k = symbols("i j k", integer=True)
t = Symbol("t")
x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1)
A, S = MatrixSymbol("A", n, n), MatrixSymbol("S", n, n)
X, Y, C = MatrixSymbol("X", m, n), MatrixSymbol("Y", m, n), MatrixSymbol("C", p, m)
f = Function("f")


def version_tuple(version):
    return tuple(int(part) for part in version.split(".")[:2])



# SymPy 1.12 and 1.13 can't pickle a Dummy with assumptions, nor 1.12 its own arrays
NEW_ENOUGH_TO_PICKLE = version_tuple(sympy.__version__) >= (1, 14)

CASES = [
    (Trace(X*A*X.T), X), (C*X*A, X), (X.T*X, X), (HadamardProduct(X, Y), X), (X*Trace(X.T*Y), X),
    (X.applyfunc(lambda u: u**3), X), (HadamardPower(X, Y), Y), (DiagMatrix(x)*A, x),
    (KroneckerProduct(X, A), X), (KroneckerProduct(x, A), x), (X[0, 1]*X, X), (X[:, 1:3], X),
    (S.inverse(), S), (A*S**3, S), (x.T*A*x*y, x),
    (Sum((x[i + 1, 0] - x[i, 0])**2, (i, 0, n - 2)), x),
    (HadamardPower(t, A), t), (t**2*X, t), (x.T*y*A, x),
]


def ids(case):
    return str(case) if not isinstance(case, tuple) else f"{case[0]} by {case[1]}"


def explicit(values):
    return {s.subs(SIZES): ImmutableMatrix(v.rows, v.cols, [Float(str(e)) for e in v])
            if isinstance(v, mpmath.matrix) else Float(str(v))
            for s, v in values.items() if s not in SIZES}


def numbers(result):
    result = result.as_explicit() if hasattr(result, "as_explicit") else result
    result = result.doit() if hasattr(result, "doit") else result
    return [float(N(e)) for e in Array(result).reshape(len(Array(result)))] \
        if hasattr(result, "shape") else [float(N(result))]


@pytest.mark.parametrize("form", ["auto", "array"])
@pytest.mark.parametrize("case", CASES, ids=ids)
def test_substituting_sizes_and_matrices_gives_the_numbers(case, form):
    D = matrix_derivative(*case, form=form)
    with mp.workdps(25):
        values = example_values([*case], SIZES)
        wanted = evaluate(D, values)
    wanted = [float(wanted[key]) for key in sorted(wanted)] if isinstance(wanted, dict) else \
        [float(e) for e in wanted]
    by_matrices = numbers(D.subs(SIZES).subs(explicit(values)).doit())
    assert by_matrices == pytest.approx(wanted)


@pytest.mark.parametrize("case", [*CASES, (f(X*A), X), (S**k, S), (f(X)**2, X)], ids=ids)
def test_prints_pickles_and_rebuilds(case):
    for form in ("auto", "array"):
        D = matrix_derivative(*case, form=form)
        assert all(show(D) for show in (str, latex, pretty, srepr))
        if NEW_ENOUGH_TO_PICKLE:
            assert pickle.loads(pickle.dumps(D)) == D
        for node in preorder_traversal(D):
            if node.args:
                assert node.func(*node.args) == node


def test_new_nodes_have_the_entries_they_define():
    X = MatrixSymbol("X", 2, 3)
    explicit_X = X.as_explicit()
    column = ImmutableMatrix([e for c in range(3) for e in explicit_X[:, c]])
    assert Vec(X).as_explicit() == column
    assert Unvec(Vec(X), 2, 3).as_explicit() == explicit_X
    assert CommutationMatrix(2, 3).as_explicit()*column == Vec(X.T).as_explicit()
    entry = CommutationMatrix(m, n)[i, j]
    assert entry.subs(SIZES).subs({i: 1, j: 2}) == 1
    v = ImmutableMatrix([5, 6, 7])
    assert DiagonalEmbedding(3).as_explicit()*v == Vec(ImmutableMatrix.diag(5, 6, 7)).as_explicit()
    assert MatrixUnit(2, 3, 1, 2).as_explicit() == ImmutableMatrix([[0, 0, 0], [0, 0, 1]])
    assert SelectionMatrix(2, 5, 1, 2).as_explicit()*ImmutableMatrix(range(5)) == \
        ImmutableMatrix([1, 3])
    assert MatrixSum(X*i, (i, 3, 1)).doit() == -2*X  # Karr: minus the sum over i = 2
    assert MatrixSum(X*i, (i, 1, k)).subs(k, 3).doit() == 6*X


PROGRAM = """
from sympy import *
from sympy_matlayout import jacobian, gradient
m, n = symbols('m n'); X = MatrixSymbol('X', m, n); A = MatrixSymbol('A', n, n)
x = MatrixSymbol('x', n, 1); i, j = symbols('i j')
print(srepr(jacobian(X*A*X.T*X, X)), gradient(log(Determinant(X*A*X.T))*Trace(X*A*X.T), X),
      gradient(Sum(x[i, 0]*A[i, j]*exp(x[j, 0]), (i, 0, n - 1), (j, 0, n - 1)), x))
"""


def test_results_do_not_depend_on_the_hash_seed():
    printed = {subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True,
                              check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
               for seed in ("0", "1", "42")}
    assert len(printed) == 1
