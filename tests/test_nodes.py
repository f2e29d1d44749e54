"""Every node class of the library has all that a node needs; a new one is not forgotten."""

import pickle

import mpmath
import numpy as np
import pytest
import sympy
from mpmath import mp
from sympy import (
    Basic,
    Dummy,
    Function,
    Identity,
    Integer,
    Lambda,
    MatrixSymbol,
    Rational,
    Symbol,
    Trace,
    cos,
    exp,
    latex,
    log,
    oo,
    preorder_traversal,
    pretty,
    srepr,
    symbols,
)
from sympy.matrices import MatrixBase

import sympy_matlayout as library
from sympy_matlayout import (
    Adjugate,
    Cholesky,
    CirculantBasis,
    CommutationMatrix,
    ComplexMatrixSymbol,
    DiagonalEmbedding,
    DiagonalMatrixSymbol,
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
    MatrixDifferential,
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
    ScalarDifferential,
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
    lambdify,
    names,
)
from sympy_matlayout.core.registry import ASPECTS, construct, constructor_of, declared, declares
from sympy_matlayout.core.shapes import is_matrix, shape
from sympy_matlayout.nodes.realness import is_complex
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.simplify import constructors as c

n = symbols("n", integer=True, positive=True)
i = Symbol("i", integer=True)
A, M, x = MatrixSymbol("A", 2, 3), MatrixSymbol("M", 3, 3), MatrixSymbol("x", 6, 1)
f, z = Function("f"), Symbol("z")
N, B = MatrixSymbol("N", 3, 3), MatrixSymbol("B", 2, 2)
S = SymmetricMatrixSymbol("S", 3)
P = S**2 + Identity(3)

OF_SIZE = [CirculantBasis, DiagonalEmbedding, DuplicationMatrix, EliminationMatrix, ExchangeMatrix,
           HankelBasis, LowerOnes, SkewDuplicationMatrix, SymmetrizerMatrix, ToeplitzBasis,
           UpperDuplicationMatrix, UpperOnes]
STRUCTURED = [SymmetricMatrixSymbol, SkewSymmetricMatrixSymbol, DiagonalMatrixSymbol,
              LowerTriangularMatrixSymbol, UpperTriangularMatrixSymbol]
# two sizes each: with one alone, a trace that is always 1 passes
EXAMPLES = [
    *(kind(size) for kind in OF_SIZE for size in (3, 4)),
    *(kind("S", size) for kind in STRUCTURED for size in (2, 3)),
    CommutationMatrix(2, 3), CommutationMatrix(3, 3), MatrixUnit(2, 3, 0, 1),
    MatrixUnit(3, 3, 1, 1), SelectionMatrix(2, 5, 1, 2), SelectionMatrix(3, 3, 2, -1), Vec(A),
    Vec(M), Unvec(x, 2, 3), Unvec(x, 3, 2), Vech(M), Unvech(x, 3), MatrixSum(i*M**i, (i, 1, 3)),
    Sigmoid(Norm(A)), Softplus(Norm(A)), LogSumExp(A), LogSumExp(A, 0), LogSumExp(A, 1),
    Softmax(A), Softmax(A, 0), Softmax(A, 1), Norm(A), Norm(A, 2), Norm(Vec(A), 1),
    Norm(Vec(A), oo), Norm(A, "nuc"),
    *(PrimaryFunction(function, M) for function in (exp, log, cos)), PrimaryFunction(exp, -2*M),
    FrechetDerivative(exp, M, N), FrechetDerivative(log, M, N), FrechetDerivative(cos, M, N, N.T),
    FrechetDerivative(exp, M, N, N.T), FrechetDerivative(Lambda(z, z**Rational(1, 3)), M, N),
    FrechetMatrix(exp, M), FrechetMatrix(cos, M), FrechetMatrix(log, M, N),
    DividedDifferences(exp, x), SylvesterSolution(M, M.T, N),
    SylvesterSolution(M, B, MatrixSymbol("C", 3, 2)), PseudoInverse(A), PseudoInverse(A.T),
    PseudoInverse(M), Adjugate(M), Adjugate(MatrixSymbol("B", 2, 2)), Eigenvalues(S),
    Eigenvalues(S, P), Eigenvectors(S), Eigenvectors(S, P), Eigenvalue(S, 2), Eigenvalue(M, 2),
    Eigenvalue(S, 0, P), Eigenvector(S, 1), Eigenvector(M, 2), Eigenvector(S, 1, P),
    LeftEigenvector(M, 2), ReciprocalGaps(x), SingularValues(A), SingularValues(A.T),
    SingularValue(A, 1), LeftSingularVectors(A), LeftSingularVectors(A.T), RightSingularVectors(A),
    LeftSingularVector(A, 1), RightSingularVector(A, 0), PolarFactor(A), PolarFactor(A.T),
    Cholesky(P), QFactor(A.T), QFactor(M), RFactor(A.T), MaxEntry(A), LargestEntry(A),
    ComplexMatrixSymbol("Z", 2, 3), HermitianMatrixSymbol("H", 3),
]
# What has a value only once its function is known, or stands for a direction.
LEFT_OPEN = [
    FunctionDerivative(MatrixFunction("F", 2, 3, Symbol("t")), [(Symbol("t"), 2)], [Symbol("s")]),
    FunctionValue(Trace(A.T*A)), FunctionGradient(f(Trace(A.T*A)), A, A),
    MatrixFunction("F", 2, 3, A), FunctionJacobian(MatrixFunction("F", 2, 3, A), A, A),
    MatrixDifferential(A), ScalarDifferential(Symbol("t")),
]


def name(node):
    return f"{type(node).__name__} {node}"[:40]


def test_no_class_is_forgotten():
    """A class that is public and has no example here fails this test."""
    public = {kind for kind in map(library.__dict__.get, library.__all__)
              if isinstance(kind, type) and issubclass(kind, Basic)}
    tried = {type(node) for node in EXAMPLES + LEFT_OPEN}
    assert {kind for kind in public if not any(issubclass(k, kind) for k in tried)} == set()


# srepr of SymPy 1.12 writes into the Dummies that it prints, so that they can't be pickled again
OLD_SYMPY = sympy.__version__.startswith("1.12")


def _has_dummies(node):
    return any(isinstance(part, Dummy) for part in preorder_traversal(node))


@pytest.mark.parametrize("node", EXAMPLES + LEFT_OPEN, ids=name)
def test_rebuilds_pickles_and_prints(node):
    assert node.func(*node.args) == node
    if not (OLD_SYMPY and _has_dummies(node)):
        assert pickle.loads(pickle.dumps(node)) == node
    assert eval(srepr(node), {**vars(names), "Function": Function}) == node
    assert type(node).__name__ not in latex(node), "has no LaTeX of its own"
    assert "Error" not in pretty(node) + pretty(node, use_unicode=False)


@pytest.mark.parametrize("node", EXAMPLES, ids=name)
def test_value_entries_and_code_agree(node):
    """The value in mpmath, the class's own entries, and the code in NumPy."""
    values = example_values([node], {})
    with mp.workdps(30):
        value = evaluate(node, values)
    given = [s for s in values if is_matrix(s)]
    numbers = complex if is_complex(node) else float
    code = lambdify(given, node)(*(np.array(values[s].tolist(), dtype=numbers) for s in given))
    if not shape(node):
        assert float(value) == pytest.approx(float(code), rel=1e-12)
        return
    assert code.shape == tuple(map(int, shape(node))) == (value.rows, value.cols)
    wanted = np.array(value.tolist(), dtype=numbers)
    # functions of matrices are as good as their largest entry
    assert code == pytest.approx(wanted, rel=1e-12, abs=1e-12*abs(wanted).max(initial=0))
    explicit = node.as_explicit()
    assert isinstance(explicit, MatrixBase)
    with mp.workdps(30):
        assert near(evaluate(explicit, values), value, mpmath.mpf(10)**-25)


@pytest.mark.parametrize("node", EXAMPLES, ids=name)
def test_constructor_simplifies_to_the_same_value(node):
    made = construct(type(node), *node.args)
    with mp.workdps(30):
        values = example_values([node], {})
        for other in (made, canonical(node), node.doit()):
            assert near(evaluate(other, values), evaluate(node, values), mpmath.mpf(10)**-25)


@pytest.mark.parametrize("node", [e for e in EXAMPLES if len(shape(e)) == 2], ids=name)
def test_what_is_declared_holds(node):
    """Transpose, trace, determinant and entries, whether declared or of SymPy's protocol."""
    rows, cols = map(int, shape(node))
    with mp.workdps(30):
        values = example_values([node], {})
        value = evaluate(node, values)
        assert near(evaluate(c.transpose(node), values), value.T, mpmath.mpf(10)**-25)
        for r, k in ((0, 0), (rows - 1, 0), (0, cols - 1)):
            found = evaluate(c.entry(node, Integer(r), Integer(k)), values)
            assert near(found, value[r, k], mpmath.mpf(10)**-25)
        if rows == cols:
            assert near(evaluate(c.trace(node), values),
                        mp.fsum(value[r, r] for r in range(rows)), mpmath.mpf(10)**-25)
            assert near(evaluate(c.determinant(node), values), mp.det(value),
                        mpmath.mpf(10)**-20)
            for k in (2, 3, -1) if abs(mp.det(value)) > 0.01 else (2, 3):
                assert near(evaluate(c.power(node, Integer(k)), values), value**k,
                            mpmath.mpf(10)**-20)


@pytest.mark.parametrize("node", [e for e in EXAMPLES if len(shape(e)) == 2], ids=name)
def test_products_with_its_transpose_and_itself(node):
    with mp.workdps(30):
        values = example_values([node], {})
        value = evaluate(node, values)
        turned = c.transpose(node)
        pairs = [(node, turned, value*value.T), (turned, node, value.T*value)]
        if value.rows == value.cols:
            pairs.append((node, node, value*value))
        for left, right, wanted in pairs:
            assert near(evaluate(c.multiply(left, right), values), wanted, mpmath.mpf(10)**-20)


@pytest.mark.parametrize("node", [
    pytest.param(e, marks=[pytest.mark.long]*(e == DuplicationMatrix(4)))
    for e in EXAMPLES if hasattr(e, "pinv")], ids=name)
def test_the_pseudo_inverse_is_one(node):
    """All four conditions of Penrose."""
    M, P = node.as_explicit(), node.pinv().as_explicit()
    assert M*P*M == M and P*M*P == P and (M*P).T == M*P and (P*M).T == P*M


# --- the registry -----------------------------------------------------------------------


class Shifted(MatrixSymbol):
    """A symbol of somebody else's."""


def test_what_a_class_declares_its_subclasses_have():
    assert declared("transpose", Shifted) is None

    @declares("trace", Shifted)
    def trace_of_shifted(matrix):
        return shape(matrix)[0]

    class Further(Shifted):
        pass

    assert declared("trace", Further) is trace_of_shifted
    assert declared("trace", MatrixSymbol) is None
    assert constructor_of(Shifted) is None  # a constructor is of exactly one class


def test_an_unknown_aspect_is_no_aspect():
    with pytest.raises(KeyError):
        declares("colour", Shifted)(lambda matrix: "red")
    assert "value" in ASPECTS
