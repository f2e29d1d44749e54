"""check_rule: every rule of the library is accepted, and rules that are wrong are not."""

import re
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
    Trace,
    cos,
    erf,
    exp,
    log,
    oo,
    sin,
    symbols,
    tanh,
)
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    BlockMatrix,
    DiagMatrix,
    DiagonalMatrix,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatMul,
    OneMatrix,
    ZeroMatrix,
)
from sympy.matrices.expressions.diagonal import DiagonalOf

from sympy_matlayout import (
    Adjugate,
    ArgumentError,
    Cholesky,
    CommutationMatrix,
    Differential,
    DividedDifferences,
    Eigenvalue,
    Eigenvalues,
    Eigenvector,
    Eigenvectors,
    FrechetDerivative,
    FrechetMatrix,
    FunctionDerivative,
    FunctionValue,
    LargestEntry,
    LeftEigenvector,
    LeftSingularVector,
    LeftSingularVectors,
    LogSumExp,
    MatlayoutBug,
    MatrixFunction,
    MatrixSum,
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
    ShapeError,
    SingularValue,
    SingularValues,
    SkewSymmetricMatrixSymbol,
    Softmax,
    SylvesterSolution,
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
from sympy_matlayout.core.shapes import is_matrix
from sympy_matlayout.linear_maps import composition, maps
from sympy_matlayout.nodes.generalized_inverses import SingularDeterminant
from sympy_matlayout.nodes.node import ConstantMatrix
from sympy_matlayout.nodes.undefined_functions import DerivativeAtPoint
from sympy_matlayout.reading.read import read
from sympy_matlayout.rules import rule_trial
from sympy_matlayout.simplify import constructors as c

pytestmark = pytest.mark.newest  # numbers, which take long

A, B, C, D = (MatrixSymbol("A", m, n), MatrixSymbol("B", n, p), MatrixSymbol("C", m, n),
              MatrixSymbol("D", p, q))
M, N = MatrixSymbol("M", n, n), MatrixSymbol("N", n, n)
x, y, r = MatrixSymbol("x", n, 1), MatrixSymbol("y", m, 1), MatrixSymbol("r", 1, n)
s, t, z = symbols("s t z")
H, Q, R = MatrixSymbol("H", n, n), MatrixSymbol("Q", p, p), MatrixSymbol("R", n, p)
GRAM = A.T*A + Identity(n)
i, j, k = symbols("i j k", integer=True)
f, g = Function("f"), Function("g")
F = MatrixFunction("F", m, p, A)


def node(expr, *variables, functions=None):
    return pytest.param(expr, variables, functions, id=str(expr))


# for each class of nodes that has a rule
class Tangents(MatrixExpr):
    """A class without a rule, which says what its entries are."""

    shape = property(lambda self: self.args[0].shape)

    def _entry(self, i, j, **kwargs):
        return tanh(self.args[0]._entry(i, j, **kwargs))


NODES = [
    node(Tangents(A)),
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
    node(erf(Trace(M))),
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
    node(LogSumExp(A)),
    node(LogSumExp(x)),
    node(LogSumExp(A, 0)),
    node(LogSumExp(A, 1)),
    node(Softmax(A)),
    node(Softmax(x)),
    node(Softmax(x.T)),
    node(Softmax(A, 0)),
    node(Softmax(A, 1)),
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
    node(FunctionMatrix(m, n, Lambda((i, j), A[m - 1 - i, j]**2*t))),
    node(FunctionMatrix(m, m, Lambda((i, j), exp(-Sum((A[i, k] - 2*A[j, k])**2, (k, 0, n - 1)))))),
    node(FunctionMatrix(m, 1, Lambda((i, j), Sum(x[k, 0]**3*i, (k, 0, i))))),
    node(Vec(A)),
    node(Unvec(MatrixSymbol("v", m*n, 1), m, n)),
    node(Vech(M)),
    node(Unvech(MatrixSymbol("h", n*(n + 1)/2, 1), n)),
    node(Sum(x[i, 0]**3*sin(i), (i, 0, n - 1))),
    node(Sum(A[i, j]**3*t, (i, 0, m - 1), (j, 0, n - 1))),
    node(Sum(Trace(M**i), (i, 0, k))),
    node(Product(x[i, 0]**2 + t, (i, 0, n - 1))),
    node(MatrixSum(M**i*N*M**i, (i, 1, k))),
    node(MatrixSum(M**i, (i, 0, k))),
    node(Derivative(f(s, t), s), functions={f: lambda u, v: sin(u*v)*v}),
    node(f(t), functions={f: sin}),
    node(f(A, t**2), functions={f: lambda Y, u: sin(u)*Trace(Y.T*Y)**2}),
    node(FunctionValue(f(A, t)), functions={f: lambda Y, u: sin(u)*Trace(Y.T*Y)}),
    node(F, functions={MatrixFunction: lambda name, rows, cols, Y: Y.applyfunc(sin)*B}),
    node(FunctionDerivative(MatrixFunction("F", m, n, s), [(s, 1)], [t**2]),
         functions={MatrixFunction: lambda name, rows, cols, u: sin(u)*A}),
    node(M**t),
    node(M**Rational(5, 2)),
    node(M**Rational(-1, 2)),
    node(PrimaryFunction(exp, M)),
    node(PrimaryFunction(log, M)),
    node(PrimaryFunction(Lambda(z, sin(t*z)), M)),
    node(FrechetDerivative(exp, M, N)),
    node(FrechetDerivative(cos, M, N, H)),
    node(SylvesterSolution(M, Q, R)),
    node(PseudoInverse(A)),
    node(PseudoInverse(A.T)),
    node(Adjugate(M)),
    node(Eigenvalues(GRAM)),
    node(Eigenvalues(M + M.T, GRAM)),
    node(Eigenvectors(GRAM)),
    node(Eigenvectors(M + M.T, GRAM)),
    node(Eigenvalue(M, n - 1)),
    node(Eigenvalue(M + M.T, 1, GRAM)),
    node(Eigenvector(GRAM, 1)),
    node(Eigenvector(M, n - 1)),
    node(Eigenvector(M + M.T, 0, GRAM)),
    node(LeftEigenvector(M, n - 1)),
    node(ReciprocalGaps(x)),
    node(SingularValues(A)),
    node(LeftSingularVectors(A)),
    node(RightSingularVectors(A.T)),
    node(SingularValue(A, 1)),
    node(LeftSingularVector(A, 1)),
    node(RightSingularVector(A, 0)),
    node(PolarFactor(A)),
    node(Cholesky(GRAM)),
    node(QFactor(M)),
    node(QFactor(MatrixSymbol("W", 5, n))),
    node(RFactor(MatrixSymbol("W", 5, n))),
    node(Norm(A, 2)),
    node(Norm(x, oo)),
    node(MaxEntry(A)),
]
# whose rules only say why there is no derivative, that it is zero, or are for facts alone
REFUSING = {object, MatrixSymbol, Identity, OneMatrix, ZeroMatrix, ConstantMatrix, Differential,
            DerivativeAtPoint, DividedDifferences, FrechetMatrix, LargestEntry,
            SingularDeterminant}


@pytest.mark.parametrize("expr, variables, functions", NODES)
def test_rules_of_the_library_are_right(expr, variables, functions):
    check = check_rule(expr, *variables, functions=functions)
    assert check.is_right and check, str(check)


def test_every_class_with_a_rule_has_a_node():
    registry = local_differentials.registry
    ours = {kind for kind, rule in registry.items()
            if rule.__module__.startswith("sympy_matlayout.")}
    tried = {next(kind for kind in type(read(case.values[0])).__mro__ if kind in registry)
             for case in NODES}
    assert ours - REFUSING == tried


def scaled(linear, by, adjoint_by=None):
    """The map times a number, its adjoint times that number or another."""
    def times(number, value):
        return c.scale(S(number), value) if is_matrix(value) else number*value
    return Handmade(linear.domain, linear.codomain, lambda dY: times(by, linear.apply(dY)),
                    lambda G: times(adjoint_by or by, linear.adjoint(G)),
                    times(by, linear.matrix()))


SPOILED = {
    "negated": lambda pairs, k: [*pairs[:k], (pairs[k][0], scaled(pairs[k][1], -1)),
                                 *pairs[k + 1:]],
    "dropped": lambda pairs, k: [*pairs[:k], *pairs[k + 1:]],
    "negated adjoint": lambda pairs, k: [*pairs[:k], (pairs[k][0], scaled(pairs[k][1], 1, -1)),
                                         *pairs[k + 1:]],
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
@pytest.mark.parametrize("expr, variables, functions", NODES)
def test_rules_of_the_library_are_wrong_once_spoiled(expr, variables, functions, spoil,
                                                         monkeypatch):
    rules = rule_trial.local_differentials

    def spoiled(node, varies):
        pairs = [pair for pair in rules(node, varies) if varies(pair[0])]
        return spoil(pairs, len(pairs) - 1)

    monkeypatch.setattr(rule_trial, "local_differentials", spoiled)
    assert not check_rule(expr, *variables, functions=functions, points=1)


# --- rules of one's own -----------------------------------------------------------------


class Operation(MatrixExpr):
    """A matrix operation of one's own, which ``value`` writes in others."""

    value: MatrixExpr
    shape = property(lambda self: self.value.shape)

    def _entry(self, i, j, **kwargs):
        return self.value[i, j]


class Symmetric(Operation):
    value = property(lambda self: (self.args[0] + self.args[0].T)/2)


class Gram(Operation):
    value = property(lambda self: self.args[0].T*self.args[0])


class Square(Operation):
    value = property(lambda self: self.args[0]**2)


class Reciprocal(Operation):
    value = property(lambda self: self.args[0].inverse())


class Flipped(Operation):
    value = property(lambda self: self.args[0].T)


class Product3(Operation):
    value = property(lambda self: self.args[0]*self.args[1]*self.args[2])


class Scaled(Operation):
    value = property(lambda self: self.args[0]*self.args[1])


class Absolute(Operation):
    value = property(lambda self: self.args[0].applyfunc(Abs))


class Quadratic(Operation):
    value = property(lambda self: self.args[0].T*self.args[1]*self.args[0])


@dataclass(frozen=True)
class Handmade(maps.LinearMap):
    """A map of which each part is given."""

    domain: tuple
    codomain: tuple
    of: object
    adjoint_of: object
    matrix_is: object

    def apply(self, dY):
        return self.of(dY)

    def adjoint(self, G):
        return self.adjoint_of(G)

    def matrix(self):
        return self.matrix_is


def verdict(expr, rule, *variables):
    local_differentials.register(type(expr), rule)
    return check_rule(expr, *variables)


def sandwich(left, right, **wrong):
    """dY ↦ left·dY·right, with some of it replaced."""
    given = {
        "domain": (left.shape[1], right.shape[0]),
        "codomain": (left.shape[0], right.shape[1]),
        "of": lambda dY: c.multiply(left, dY, right),
        "adjoint_of": lambda G: c.multiply(left.T, G, right.T),
        "matrix_is": KroneckerProduct(right.T, left)}
    return Handmade(**{**given, **wrong})


def one(argument, linear):
    def rule(node, varies):
        yield argument, linear
    return rule


def several(*pairs):
    def rule(node, varies):
        yield from pairs
    return rule


def fixed(pairs_of):
    """A rule that is a function of the arguments, all of which it takes to vary."""
    def rule(node, varies):
        yield from pairs_of(*node.args)
    return rule


E3 = MatrixSymbol("E", p, q)
ABE = Product3(A, B, E3)
half = Rational(1, 2)
tall = MatrixSymbol("T", 4, 3)

RIGHT = {
    "symmetric part": (Symmetric(M), fixed(lambda Y: [
        (Y, maps.Scaling(half, Y.shape)), (Y.T, maps.Scaling(half, Y.shape))])),
    "one map that is a sum": (Symmetric(M), fixed(lambda Y: [(Y, composition.Total((
        maps.Scaling(half, Y.shape),
        composition.Composition(maps.Scaling(half, Y.shape), maps.Transposition(Y.shape)))))])),
    "rewritten": (Gram(A), lambda node, varies: [(node.value, composition.identity(node.shape))]),
    "two occurrences": (Gram(A), fixed(lambda Y: [
        (Y, maps.Sandwich(Y.T, Identity(Y.cols))), (Y.T, maps.Sandwich(Identity(Y.cols), Y))])),
    "arguments that don't vary are ignored": (ABE, fixed(lambda U, V, W: [
        (U, maps.Sandwich(Identity(U.rows), V*W)), (V, maps.Sandwich(U, W)),
        (W, maps.Sandwich(U*V, Identity(W.cols)))])),
    "handmade": (ABE, fixed(lambda U, V, W: [
        (U, sandwich(Identity(m), V*W)), (V, sandwich(U, W)), (W, sandwich(U*V, Identity(q)))])),
    "scalar by vector": (Quadratic(x, M), fixed(lambda x, A: [
        (x, maps.Sandwich(x.T*(A + A.T), Identity(1))), (A, maps.Sandwich(x.T, x))])),
    "scalar factor": (Scaled(t, A), fixed(lambda t, Y: [
        (t, maps.ScalarTimes(Y)), (Y, maps.Scaling(t, Y.shape))])),
}

WRONG_SUMS = {
    "sign": (Reciprocal(M), lambda node, _: [(M, maps.Sandwich(node, node))], "sign is wrong"),
    "factor": (Symmetric(M), several((M, maps.Scaling(1, (n, n))), (M.T, maps.Scaling(1, (n, n)))),
               "right is 1/2 times"),
    "factor for n = 2 only": (Symmetric(M), several(
        (M, maps.Scaling(n/4, (n, n))), (M.T, maps.Scaling(n/4, (n, n)))), "times their sum"),
    "one of two occurrences": (Gram(A), one(A, maps.Sandwich(A.T, Identity(n))), "instead of"),
    "one occurrence twice": (Gram(A), several(*2*[(A, maps.Sandwich(A.T, Identity(n)))]),
                             "instead of"),
    "commuting matrices": (Square(M), one(M, maps.Sandwich(2*M, Identity(n))), "instead of"),
    "symmetric matrices": (Quadratic(x, M), several(
        (x, maps.Sandwich(2*x.T*M, Identity(1))), (M, maps.Sandwich(x.T, x))), "by x: "),
    "symmetric differentials": (Flipped(M), one(M, composition.identity((n, n))), "instead of"),
    "missing transpose": (Reciprocal(M), lambda node, _: [
        (M, maps.Sandwich(-node.value.T, node.value))], "instead of"),
    "positive numbers": (Absolute(A), one(A, composition.identity((m, n))), "instead of"),
    "transposed block": (Product3(M, N, B), several(
        (M, maps.Sandwich(Identity(n), N*B)), (N, maps.Sandwich(M.T, B)),
        (B, maps.Sandwich(M*N, Identity(p)))), "instead of"),
    "an argument forgotten": (Scaled(t, A), one(A, maps.Scaling(t, (m, n))),
                              "gives nothing for t"),
    "only if all vary": (Scaled(t, A), lambda node, varies: [
        (t, maps.ScalarTimes(A)), (A, maps.Scaling(t, (m, n)))] if varies(t) and varies(A) else [],
        "gives nothing for t"),
    "only if the first varies": (Scaled(t, A), lambda node, varies: [
        (t, maps.ScalarTimes(A)), (A, maps.Scaling(t, (m, n)))] if varies(t) else [],
        "gives nothing for A"),
    "what varies is told apart wrongly": (Scaled(t, A), lambda node, varies: [
        (t, maps.ScalarTimes(A)), (A, maps.Scaling(t, (m, n)))] if varies(t) != varies(A) else [
        (t, maps.ScalarTimes(A)), (A, maps.Scaling(2*t, (m, n)))], "by t and A: "),
    "nothing": (Gram(A), lambda node, varies: [], "gives nothing for A"),
    "only a constant": (Gram(A), one(MatrixSymbol("Z", n, n), composition.identity((n, n))),
                        "gives nothing for A"),
    "off by little": (Symmetric(M), several(
        (M, maps.Scaling(half + S(10)**-15, (n, n))), (M.T, maps.Scaling(half, (n, n)))),
        "instead of"),
}

U, V = MatrixSymbol("U", p, m), MatrixSymbol("V", n, q)
UYV = Product3(U, A, V)
OTHER = MatrixSymbol("O", n, q)
WRONG_MAPS = {
    "adjoint without transposes": ({"adjoint_of": lambda G: U.T*G*OTHER.T}, "not the adjoint"),
    "adjoint with another sign": ({"adjoint_of": lambda G: -U.T*G*V.T}, "not the adjoint"),
    "adjoint with a factor": ({"adjoint_of": lambda G: 2*U.T*G*V.T}, "not the adjoint"),
    "adjoint of nothing": ({"adjoint_of": lambda G: ZeroMatrix(m, n)}, "not the adjoint"),
    "adjoint of another shape": ({"adjoint_of": lambda G: V*G.T*U},
                                 r"adjoint\(G\) .* n×m, and should be m×n"),
    "adjoint that is ill-shaped": ({"adjoint_of": lambda G: c.multiply(U, G, V)}, "ill-shaped"),
    "apply of another map": ({"of": lambda dY: U*dY*OTHER}, "not the adjoint"),
    "apply that isn't linear": ({"of": lambda dY: U*HadamardProduct(dY, dY)*V},
                                "not the adjoint"),
    "apply of another shape": ({"of": lambda dY: V.T*dY.T*U.T},
                               r"apply\(dY\) .* q×p, and should be p×q"),
    "apply that is ill-shaped": ({"of": lambda dY: c.multiply(V, dY, U)}, "ill-shaped"),
    "matrix transposed": ({"matrix_is": KroneckerProduct(V, U.T)}, r"matrix\(\) .* should be"),
    "matrix by rows": ({"matrix_is": KroneckerProduct(U, V.T)}, "not the matrix"),
    "matrix with another sign": ({"matrix_is": -KroneckerProduct(V.T, U)}, "not the matrix"),
    "matrix of another map": ({"matrix_is": KroneckerProduct(OTHER.T, U)}, "not the matrix"),
    "domain transposed": ({"domain": (n, m)}, "domain of the map of A is n×m, and A is m×n"),
    "codomain transposed": ({"codomain": (q, p)}, "codomain .* is q×p, and .* is p×q"),
    "a scalar's domain": ({"domain": ()}, "domain of the map of A is scalar"),
}


@pytest.mark.parametrize("expr, rule", RIGHT.values(), ids=RIGHT)
def test_right_rules_are_accepted(expr, rule):
    assert str(verdict(expr, rule)).startswith("right: ")


@pytest.mark.parametrize("expr, rule, fault", WRONG_SUMS.values(), ids=WRONG_SUMS)
def test_maps_that_are_not_the_differential_are_found_out(expr, rule, fault):
    check = verdict(expr, rule)
    assert not check and not check.is_right
    assert fault in check.fault and str(check).startswith("wrong: ")


@pytest.mark.parametrize("wrong, fault", WRONG_MAPS.values(), ids=WRONG_MAPS)
def test_maps_that_contradict_themselves_are_found_out(wrong, fault):
    pairs = one(A, sandwich(U, V, **wrong))
    check = verdict(UYV, pairs, A)
    assert not check
    assert re.search(fault, check.fault)


@pytest.mark.parametrize("adjoint", [lambda G: M*G, lambda G: M.T*G.T], ids=["M", "G"])
def test_adjoints_that_are_right_for_symmetric_matrices_only(adjoint):
    first = sandwich(M, Identity(n), adjoint_of=adjoint)
    pairs = several((M, first), (M, maps.Sandwich(Identity(n), M)))
    assert "not the adjoint" in verdict(Square(M), pairs).fault


@pytest.mark.parametrize("rule, fault", [
    (lambda node, varies: None, "returns None"),
    (lambda node, varies: [A], "no pair"),
    (lambda node, varies: [(A, A.T)], "no pair"),
    (lambda node, varies: [("A", maps.Transposition((m, n)))], "no pair"),
    (lambda node, varies: [(A, maps.Transposition)], "no pair"),
    (lambda node, varies: [(node, composition.identity(node.shape))], "never ends"),
], ids=["None", "no pair", "no map", "text", "a class", "itself"])
def test_what_is_no_pair_of_argument_and_map(rule, fault):
    assert fault in verdict(Flipped(A), rule).fault


def test_a_map_without_a_value():
    small = Gram(tall)
    rule = one(tall, maps.Sandwich((tall*tall.T).inverse()[:3, :], Identity(3)))
    assert "no value at a point where the node has one" in verdict(small, rule).fault


def test_structured_symbols_move_within_their_structure():
    for kind in (SymmetricMatrixSymbol, SkewSymmetricMatrixSymbol):
        K = kind("K", n)
        assert check_rule(K*M) and check_rule(Trace(K*M)) and check_rule(K**2)


def test_the_verdict_names_node_rule_and_sizes():
    def doubled(node, varies):
        yield node.args[0], maps.Sandwich(2*node.args[0].T, Identity(n))

    check = verdict(Gram(A), doubled)
    assert (check.node, check.rule, set(check.sizes)) == (Gram(A), "doubled", {m, n})
    assert str(check).startswith("wrong: doubled, on Gram(A), at ")
    assert len(set(check.sizes.values())) == 2


def test_variables_may_be_chosen():
    only_A = one(A, maps.Sandwich(Identity(m), B*E3))
    assert verdict(ABE, only_A, A)
    assert not verdict(ABE, only_A, A, B)
    assert not verdict(ABE, only_A)


class Unruled(MatrixExpr):
    shape = property(lambda self: self.args[0].shape)


class Valueless(MatrixExpr):
    shape = property(lambda self: self.args[0].shape)


class ScalarOfAMatrix(Expr):
    is_commutative = True


def test_refusals():
    local_differentials.register(Valueless, one(A, composition.identity((m, n))))
    for error, message, given in (
            (ArgumentError, "text", ("A",)),
            (ArgumentError, "no object", ({A: 1},)),
            (ArgumentError, "itself", (A,)),
            (ArgumentError, "no symbol", (CommutationMatrix(m, n),)),
            (ArgumentError, "no symbol", (Identity(n),)),
            (VariableError, "no variable", (A*B, x)),
            (VariableError, "no variable", (A*B, n)),
            (VariableError, "no variable", (A*B, "A")),
            (ShapeError, "product", (MatMul(A, C),)),
            (NotCovered, "no rule differentiates Unruled", (Unruled(A),)),
            (NotCovered, "no value by numbers", (Valueless(A),)),
            (NotCovered, "not covered", (ScalarOfAMatrix(A),)),
            (NotCovered, "too small", (1 + exp(-10**6*(t**2 + 1)),)),
            (NotCovered, "no value", (f(A),))):
        with pytest.raises(error, match=message):
            check_rule(*given)


@pytest.mark.parametrize("wrong", [
    {"points": 0}, {"points": True}, {"points": 10**6}, {"seed": "1"}, {"functions": sin},
    {"functions": {f: "sin"}}], ids=str)
def test_arguments_of_the_check(wrong):
    with pytest.raises(ArgumentError):
        check_rule(A*B, **wrong)


def test_an_error_in_a_rule_is_its_authors():
    def broken(node, varies):
        yield node.args[0], maps.Sandwich(Identity(n), node.args[7])

    with pytest.raises(MatlayoutBug, match="not of this library"):
        verdict(Flipped(A), broken)
