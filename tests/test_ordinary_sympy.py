"""Results are ordinary SymPy: they print, pickle, rebuild, substitute and become explicit."""

import copy
import os
import pickle
import subprocess
import sys

import mpmath
import pytest
import sympy
import test_families as families
from definition import SIZES, m, n, p
from mpmath import mp
from sympy import (
    Array,
    Basic,
    Float,
    Function,
    ImmutableMatrix,
    Integral,
    MatrixSymbol,
    Max,
    N,
    Piecewise,
    Product,
    Q,
    Sum,
    Symbol,
    Trace,
    atan2,
    cosh,
    coth,
    exp,
    gamma,
    latex,
    log,
    preorder_traversal,
    pretty,
    sech,
    sin,
    sinh,
    srepr,
    symbols,
    tanh,
)
from sympy.matrices.expressions import (
    Determinant,
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
)
from sympy.printing.numpy import NumPyPrinter
from sympy.printing.str import StrPrinter
from test_lambdify import VARIABLES

import sympy_matlayout
from sympy_matlayout import (
    Adjugate,
    Cholesky,
    CirculantBasis,
    CommutationMatrix,
    ComplexMatrixSymbol,
    DiagonalEmbedding,
    DiagonalMatrixSymbol,
    Differential,
    DividedDifferences,
    DuplicationMatrix,
    Eigenvalue,
    Eigenvalues,
    Eigenvector,
    Eigenvectors,
    EliminationMatrix,
    ExchangeMatrix,
    FrechetDerivative,
    FrechetMatrix,
    FunctionDerivative,
    FunctionGradient,
    FunctionJacobian,
    FunctionValue,
    HankelBasis,
    HermitianMatrixSymbol,
    LargestEntry,
    LeftEigenvector,
    LeftSingularVector,
    LeftSingularVectors,
    LogSumExp,
    LowerOnes,
    LowerTriangularMatrixSymbol,
    MatrixFunction,
    MatrixSum,
    MatrixUnit,
    MaxEntry,
    Norm,
    PolarFactor,
    PrimaryFunction,
    PseudoInverse,
    QFactor,
    ReciprocalGaps,
    RFactor,
    RightSingularVector,
    RightSingularVectors,
    SelectionMatrix,
    Sigmoid,
    SingularValue,
    SingularValues,
    SkewDuplicationMatrix,
    SkewSymmetricMatrixSymbol,
    Softmax,
    Softplus,
    SylvesterSolution,
    SymmetricMatrixSymbol,
    SymmetrizerMatrix,
    ToeplitzBasis,
    Unvec,
    Unvech,
    UpperDuplicationMatrix,
    UpperOnes,
    UpperTriangularMatrixSymbol,
    Vec,
    Vech,
    canonical,
    differential,
    gradient,
    jacobian,
    matrix_derivative,
    names,
)
from sympy_matlayout.codegen.numpy_code import matrix_printer
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


SLOW = KroneckerProduct(X, A)  # SymPy multiplies its explicit matrices for half a minute


@pytest.mark.parametrize("form", ["auto", "array"])
@pytest.mark.parametrize("case", [
    pytest.param(case, marks=[pytest.mark.long]*(case[0] == SLOW)) for case in CASES], ids=ids)
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


def pretty_in_ascii(expr):
    return pretty(expr, use_unicode=False)


SHOWN = [str, repr, latex, pretty, pretty_in_ascii, srepr]
u = Symbol("u", real=True)
det = log(Determinant(2*Identity(n) + A*A.T))
# SymPy can evaluate none of these again
FRAGILE = [
    *(function(det) for function in (tanh, sinh, cosh, sech, coth)),
    Integral(sin(u*Trace(A)), (u, 0, 1)),
    Sum(Integral(exp(u*i*Trace(A*S)), (u, 0, 1)), (i, 1, n)),
    tanh(Norm(A*x - y) - 1),
    atan2(Trace(A - S), Determinant(A - S)),
    Piecewise((tanh(Trace(A*A - S)), Trace(A) > 1), (gamma(Trace(A)), True)),
    Max(0, Product(Trace(A + S) + i, (i, 1, n))),
]


@pytest.mark.parametrize("f", FRAGILE, ids=str)
@pytest.mark.parametrize("derivative", [gradient, jacobian, differential])
def test_results_that_sympy_cannot_evaluate_print(f, derivative):
    if derivative is differential and version_tuple(sympy.__version__) < (1, 13):
        pytest.skip("SymPy's Mul asks more of a sum")
    D = derivative(f, A)
    assert all(show(D) for show in SHOWN)


class Watched(Function):
    """A function that knows how often it was evaluated."""

    evaluations = 0

    def doit(self, **hints):
        Watched.evaluations += 1
        return self


@pytest.mark.parametrize("D", [
    gradient(Watched(t)*Trace(A*S), A),
    gradient(-Watched(t)*Trace(A*S*A), A),
    gradient(Trace(A*S) - Watched(t)*Trace(A*(S - Watched(k)*A.T)), A),
    gradient(Sum(Watched(i)*Trace(A**i), (i, 1, n)), A),
    differential(-Watched(t)*A*S*A, A),
    canonical(-2*Watched(t)*(A*S - S*A) - A),
    canonical(-2*Watched(t)*(A*S - S.T*A), Q.symmetric(S)),
    gradient(Watched(t)*Trace(A*S*A), A, assumptions=Q.symmetric(S)),
], ids=srepr)
@pytest.mark.parametrize("show", SHOWN)
def test_printing_evaluates_nothing(D, show):
    Watched.evaluations = 0
    assert "Watched" in show(D)
    assert Watched.evaluations == 0


def test_printing_visits_every_node_once():
    h = x
    for W in symbols("W:20", cls=lambda name: MatrixSymbol(name, n, n)):
        h = (W*h).applyfunc(tanh)
    D = gradient(Trace(h.T*h), x)

    class Counting(StrPrinter):
        visits = 0

        def _print(self, expr, **kwargs):
            self.visits += isinstance(expr, Basic)
            return super()._print(expr, **kwargs)

    printer = Counting()
    assert printer.doprint(D) == str(D)
    assert printer.visits <= len(list(preorder_traversal(D)))


@pytest.mark.parametrize("D", [
    gradient(Trace(A*X.T*X*A), A), gradient(-t*Trace(A*S*A), A),
    differential(-A*S*(A - S), A), jacobian(-X.T*X/2, X), gradient(Trace(A)*Trace(S - A*A), A)])
def test_they_are_what_sympy_builds_and_print_like_it(D):
    of_sympy = {MatAdd: MatAdd, MatMul: MatMul}
    same = D.replace(lambda e: type(e) in of_sympy, lambda e: of_sympy[type(e)](*e.args))
    assert same == D and D == same and hash(same) == hash(D) and type(same) is type(D)
    assert str(same) == str(D)


@pytest.mark.skipif(not NEW_ENOUGH_TO_PICKLE, reason="SymPy's Dummy")
@pytest.mark.parametrize("f", FRAGILE, ids=str)
def test_results_print_after_pickling(f):
    D = gradient(f, A)
    assert str(pickle.loads(pickle.dumps(D))) == str(D)
    assert str(copy.deepcopy(D)) == str(D)


NODES = [
    Sigmoid(t), Softplus(t), Vec(X), Unvec(Vec(X), n, m), Vech(A), Unvech(Vech(A), n),
    Norm(X, "nuc"), Norm(x, k), LogSumExp(x), Softmax(X), Softmax(X, 0),
    MatrixSum(A**i, (i, 0, n)), FunctionValue(f(X)), MatrixFunction("F", m, n, x),
    FunctionDerivative(MatrixFunction("F", m, n, t), [(t, 2)], [2*t]),
    FunctionGradient(f(Y), Y, 2*X), FunctionJacobian(MatrixFunction("F", m, n, Y), Y, 2*X),
    Differential(X), Differential(t), Differential(A*x), CommutationMatrix(m, n),
    DiagonalEmbedding(n), SelectionMatrix(2, n, 1), MatrixUnit(m, n, i, 0), DuplicationMatrix(n),
    EliminationMatrix(n), SymmetrizerMatrix(n), SkewDuplicationMatrix(n),
    UpperDuplicationMatrix(n), ToeplitzBasis(n), HankelBasis(n), CirculantBasis(n), LowerOnes(n),
    UpperOnes(n), ExchangeMatrix(n), ComplexMatrixSymbol("Z", m, n),
    HermitianMatrixSymbol("H", n), SymmetricMatrixSymbol("S", n),
    SkewSymmetricMatrixSymbol("K", n), DiagonalMatrixSymbol("D", n),
    LowerTriangularMatrixSymbol("L", n), UpperTriangularMatrixSymbol("U", n),
    PrimaryFunction(exp, A), PrimaryFunction(sin, A), FrechetDerivative(exp, A, S),
    FrechetMatrix(sin, A, S), DividedDifferences(exp, x), SylvesterSolution(A, A, S),
    PseudoInverse(X), Adjugate(A), Eigenvalues(A), Eigenvectors(A, S), Eigenvalue(A, n - 1),
    Eigenvector(A, 0), LeftEigenvector(A, 1), ReciprocalGaps(x), SingularValues(X),
    SingularValue(X, 0), LeftSingularVectors(X), RightSingularVectors(X),
    LeftSingularVector(X, 0), RightSingularVector(X, 1), PolarFactor(X), Cholesky(A),
    QFactor(A), RFactor(A), MaxEntry(X), LargestEntry(X)]
# derivatives of what is left open
WITHOUT_NUMBERS = (FunctionDerivative, FunctionGradient, FunctionJacobian)


def test_those_are_all_public_nodes():
    public = (getattr(sympy_matlayout, name) for name in sympy_matlayout.__all__)
    assert {kind for kind in public if isinstance(kind, type) and issubclass(kind, Basic)} == \
        {*map(type, NODES), Differential}


@pytest.mark.parametrize("node", NODES, ids=str)
def test_every_node_prints_and_is_read_back(node):
    assert all(show(node) for show in SHOWN)
    assert pretty_in_ascii(node).isascii()
    assert sympy_matlayout.latex(node) == latex(node)
    assert sympy_matlayout.pretty(node) == pretty(node)
    assert eval(srepr(node), vars(names)) == node
    if NEW_ENOUGH_TO_PICKLE:
        assert pickle.loads(pickle.dumps(node)) == node
    printer = matrix_printer(NumPyPrinter)({"allow_unknown_functions": True})
    if isinstance(node, WITHOUT_NUMBERS):
        with pytest.raises(NotImplementedError):
            printer.doprint(node)
    else:
        assert printer.doprint(node)


@pytest.mark.parametrize("family", [name for name in vars(families) if name.startswith("BY_")])
def test_results_are_read_back(family):
    variable = VARIABLES[family]
    for line in vars(families)[family].splitlines():
        if line:
            F = eval(line, vars(families))
            for D in (matrix_derivative(F, variable), matrix_derivative(F, variable, form="array"),
                      jacobian(F, variable), differential(F, getattr(variable, "arg", variable))):
                assert eval(srepr(D), vars(names)) == D


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


@pytest.mark.newest
def test_results_do_not_depend_on_the_hash_seed():
    printed = {subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True,
                              check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
               for seed in ("0", "1", "42")}
    assert len(printed) == 1
