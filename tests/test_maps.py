"""Each linear map: its adjoint and its matrix agree with its values."""

import mpmath
import pytest
from definition import SIZES, TOLERANCE, m, n, p, q
from mpmath import mp
from sympy import MatrixSymbol, S, Symbol, Tuple
from sympy.matrices.expressions import KroneckerProduct

from sympy_matlayout.linear_maps import composition, maps, rearrangements
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.numeric.evaluation import vec
from sympy_matlayout.simplify import constructors as c

A, B, C, M = (MatrixSymbol("A", p, m), MatrixSymbol("B", n, q),
              MatrixSymbol("C", m, n), MatrixSymbol("M", n, n))
t, i = Symbol("t"), Symbol("i", integer=True)

MAPS = [
    maps.Scaling(t, (m, n)),
    maps.Sandwich(A, B),
    maps.Transposition((m, n)),
    maps.HadamardBy(C),
    maps.InnerProduct(C),
    maps.ScalarTimes(C),
    composition.PowerSum(M, S(4)),
    composition.PowerSum(M, S(-3)),
    composition.Summation(maps.Sandwich(A, M**i*B), Tuple(i, 1, 3)),
    rearrangements.DiagonalIn(n),
    rearrangements.DiagonalOut(n),
    rearrangements.KroneckerLeft(A, (n, q)),
    rearrangements.KroneckerRight(A, (n, q)),
    rearrangements.Vectorization((m, n)),
    rearrangements.Unvectorization((m, n)),
    rearrangements.HalfVectorization(n),
    rearrangements.HalfUnvectorization(n),
    rearrangements.Slicing((S(1), S(3), S(1)), (S(0), S(4), S(2)), (n, p)),
    composition.Adjoint(rearrangements.Slicing((S(1), S(3), S(1)), (S(0), S(2), S(1)), (n, p))),
    composition.Composition(maps.HadamardBy(A*C*B), maps.Sandwich(A, B)),
    composition.Total((maps.Sandwich(A*C, C.T*A.T), composition.Composition(
        maps.Sandwich(A*C, C.T*A.T), maps.Transposition((n, n))))),
]
COMPOSED = [
    (maps.Transposition((p, q)), maps.Sandwich(A, B)),
    (maps.Sandwich(B.T, A.T), maps.Transposition((m, n))),
    (maps.Sandwich(A, B), maps.ScalarTimes(C)),
    (maps.InnerProduct(A*C), maps.Sandwich(A, M)),
    (maps.Sandwich(A*C, M*B[:, 0]), rearrangements.DiagonalIn(n)),
    (maps.Sandwich(C[0, :], B), rearrangements.DiagonalIn(n)),
    (maps.ScalarTimes(A), maps.InnerProduct(C)),
    (maps.Sandwich(A, B), composition.Composition(maps.ScalarTimes(C), maps.InnerProduct(A))),
    (maps.Transposition((m, n)), maps.HadamardBy(C)),
    (maps.Scaling(t, (m, n)), maps.HadamardBy(C)),
]


def argument(name, shape):
    return MatrixSymbol(name, *shape) if shape else Symbol(name)


def inner(a, b):
    return mp.fdot(list(vec(a)), list(vec(b)))


def check(linear):
    X, G = argument("X", linear.domain), argument("G", linear.codomain)
    value, adjoint, matrix = linear.apply(X), linear.adjoint(G), linear.matrix()
    with mp.workdps(40):
        values = example_values([A, B, C, M, t, X, G], SIZES)
        at = {name: evaluate(e, values) for name, e in
              {"X": X, "G": G, "value": value, "adjoint": adjoint, "matrix": matrix}.items()}
        assert near(vec(at["value"]), at["matrix"]*vec(at["X"]), TOLERANCE)
        assert abs(inner(at["value"], at["G"]) - inner(at["X"], at["adjoint"])) < TOLERANCE*10**4


@pytest.mark.parametrize("linear", MAPS, ids=lambda a: type(a).__name__)
def test_value_adjoint_and_matrix_agree(linear):
    check(linear)


@pytest.mark.parametrize("outer, inner_map", COMPOSED,
                         ids=lambda a: type(a).__name__)
def test_compose_is_the_composition(outer, inner_map):
    composed = composition.compose(outer, inner_map)
    check(composed)
    X = argument("X", inner_map.domain)
    with mp.workdps(40):
        values = example_values([A, B, C, M, t, X], SIZES)
        assert near(evaluate(composed.apply(X), values),
                    evaluate(outer.apply(inner_map.apply(X)), values), TOLERANCE)


def test_symbolic_power_sum_is_that_of_each_number():
    k = Symbol("k", integer=True)
    with mp.workdps(40):
        for number in (-2, -1, 1, 3):
            values = {**example_values([M], SIZES), k: mpmath.mpf(number)}
            symbolic = composition.PowerSum(M, k).matrix()
            assert near(evaluate(symbolic, values),
                        evaluate(composition.PowerSum(M, S(number)).matrix(), values), TOLERANCE)


def test_kronecker_adjoint_reads_a_visible_product():
    G = KroneckerProduct(MatrixSymbol("G", p, m), C)
    found = rearrangements.KroneckerLeft(A, (m, n)).adjoint(G)
    assert found == c.scale(c.inner(A, G.args[0]), C)
