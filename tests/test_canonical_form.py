"""
The canonical form: its rules by name, and what holds of it for random expressions.

Two hundred examples run with the tests; more with

    python -m pytest -m long tests/test_canonical_form.py
"""

import os
import re  # noqa: F401 - for the script below
import subprocess
import sys
from random import Random

import mpmath
import pytest
from definition import SIZES, check_against_definition, m, n, p, values_for
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from sympy import (
    Abs,
    Add,  # noqa: F401 - and this
    Determinant,
    Integer,
    MatrixSymbol,
    Piecewise,
    Q,
    Symbol,
    Trace,
    cos,
    exp,
    log,
    sign,
    sin,
    srepr,  # noqa: F401 - for the script below
    tanh,
    zoo,
)
from sympy.core.function import Lambda
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)
from test_random_expressions import LEAVES, is_comparable, relaxed, wholes

from sympy_matlayout import (
    CommutationMatrix,
    DiagonalEmbedding,
    FactsError,
    Norm,
    ShapeError,
    SkewSymmetricMatrixSymbol,
    SymmetricMatrixSymbol,
    Vec,
    canonical,
    count_operations,
    gradient,
    hessian,
    jacobian,
)
from sympy_matlayout.core.shapes import is_matrix, shape
from sympy_matlayout.nodes.traversal import operands
from sympy_matlayout.numeric import Partials, evaluate
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.simplify import canonical_form as canonical_form_module
from sympy_matlayout.simplify import constructors as c
from sympy_matlayout.simplify.canonical_form import canonical_form, shortest
from sympy_matlayout.simplify.cost import nodes
from sympy_matlayout.simplify.factoring import taken_out
from sympy_matlayout.simplify.normal_form import normal_form

x, y, b = (MatrixSymbol(name, n, 1) for name in "xyb")
a, u = MatrixSymbol("a", m, 1), MatrixSymbol("u", m, 1)
A, B, C, S = (MatrixSymbol(name, n, n) for name in "ABCS")
X, Y, Z = (MatrixSymbol(name, m, n) for name in "XYZ")
P, R = MatrixSymbol("P", p, m), MatrixSymbol("R", n, p)
s, t = Symbol("s"), Symbol("t", positive=True)
I, tr = Identity(n), Trace
ones = OneMatrix(n, 1)
z = Symbol("z")


def each(f, matrix):
    return matrix.applyfunc(Lambda(z, f))


# each line: what comes in, and the form
RULES = {
    "transposes at the leaves": (Transpose(MatMul(A, B, X.T)), X*B.T*A.T),
    "transposes at the leaves of sums": (Transpose(A + B*C), C.T*B.T + A.T),
    "inverses": ((A*B).inverse()*A, B.inverse()),
    "powers": (A*A*B*B.inverse()*A.inverse(), A),
    "inverse of a power": (((A**2).inverse()*A).inverse(), A),
    "inverse of a transpose": (Transpose(A.inverse())*A.T, I),
    "scalars in front": (A*(t*B)*(s*x), s*t*A*B*x),
    "scalars in front, 1x1 products": (x*(y.T*A*b)*a.T, tr(b.T*A.T*y)*x*a.T),
    "like terms": (A*x + 2*B*x - A*x/2 - 2*B*x, A*x/2),
    "like terms up to a turn of a scalar": (tr(x.T*A*y)*B - tr(y.T*A.T*x)*B, 0*B),
    "like terms up to the cyclic order": (tr(A*B*C) + tr(C*A*B) - 2*tr(B.T*A.T*C.T), 0*s),
    "common left factor": (X*A + X*B.T, X*(A + B.T)),
    "common right factor": (A*x + A.T*x, (A + A.T)*x),
    "common factors on both sides": (P*X*A*R + P*Y*A*R, P*(X + Y)*A*R),
    "common scalar factor": (s*A + s*B, s*(A + B)),
    "common number": (2*A*x - 2*b, MatMul(2, A*x - b)),
    "no identity for a column alone": (A*x - s*x, A*x - s*x),
    "a product of sums": (x*x.T - x*y.T - y*x.T + y*y.T, (x - y)*(x.T - y.T)),
    "signs": (-X.T*(a - X*x), X.T*(X*x - a)),
    "numbers out of sums": (X.T*(2*X*x - 2*a), 2*X.T*(X*x - a)),
    "one over a number": ((A + B/2)*x, (A + B/2)*x),
    "Hadamard factors in common": (HadamardProduct(X, Y) + HadamardProduct(Y, Z),
                                   HadamardProduct(X + Z, Y)),
    "Hadamard powers": (HadamardProduct(X, Y, X), HadamardProduct(HadamardPower(X, 2), Y)),
    "Hadamard product with ones": (HadamardProduct(X, OneMatrix(m, n)), X),
    "diagonal matrices on both sides": (DiagMatrix(a)*X*DiagMatrix(x), HadamardProduct(a*x.T, X)),
    "diag of a sum": (DiagMatrix(x) + DiagMatrix(y), DiagMatrix(x + y)),
    "diag of a row": (DiagMatrix(x.T) + DiagMatrix(y), DiagMatrix(x + y)),
    "diag times a column": (DiagMatrix(x)*y, HadamardProduct(x, y)),
    "diag times diag": (DiagMatrix(x)*DiagMatrix(y), DiagMatrix(HadamardProduct(x, y))),
    "ones": (tr(ones.T*x*ones.T*ones), n*tr(ones.T*x)),
    "Kronecker products multiply": (KroneckerProduct(A, P)*KroneckerProduct(B, X),
                                    KroneckerProduct(A*B, P*X)),
    "Kronecker factors in common": (KroneckerProduct(A, X) + KroneckerProduct(B, X),
                                    KroneckerProduct(A + B, X)),
    "K on the diagonal": (
        DiagonalEmbedding(n).T*(KroneckerProduct(A, B)*CommutationMatrix(n, n)),
        DiagonalEmbedding(n).T*KroneckerProduct(B, A)),
    "K turns a Kronecker product": (CommutationMatrix(n, m)*KroneckerProduct(X, A),
                                    KroneckerProduct(A, X)*CommutationMatrix(n, n)),
    "vec of a product": (KroneckerProduct(R.T, P)*Vec(X), Vec(P*X*R)),
    "vec of a sum": (Vec(X) + Vec(Y), Vec(X + Y)),
    "1x1 products one way": (y.T*A.T*x, x.T*A*y),
    "elementwise functions of functions": (each(exp(z), each(sin(z), X)), each(exp(sin(z)), X)),
    "logistic function": (each(exp(z)/(1 + exp(z)), X), each(1/(1 + exp(-z)), X)),
    "logistic scalar": (exp(-tr(A))/(1 + exp(-tr(A)))*x, 1/(1 + exp(tr(A)))*x),
    "the sign of a real number": (sign(tr(A))/Abs(tr(A))*x, x/tr(A)),
    "determinants of products": (Determinant(A)*Determinant(B.T)*x, Determinant(A*B)*x),
    "determinants stay in one factor": (Determinant(A*B), Determinant(A*B)),
    "no inverse of rectangular factors": ((X*X.T).inverse(), (X*X.T).inverse()),
    "inverses in traces": (tr(A.inverse()*B.inverse()), tr((B*A).inverse())),
    "inverses of powers": (A.inverse()*(B**2).inverse()*A.inverse(), (A*B**2*A).inverse()),
    "a quadratic form of traces": (tr(B*B) + tr(A*B)/2 - tr(A*A)/2, tr((B - A/2)*(A + B))),
    "a quadratic form of transposes": (2*tr(x.T*x) - 3*tr(x.T*y) - 2*tr(y.T*y),
                                       tr((x.T - 2*y.T)*(2*x + y))),
    "sums of scalars by their terms": (
        (2*tr(C) + 1)*A*x + (tr(C) + 2)*B*x, MatMul(tr(C)*(2*A + B) + A + 2*B, x)),
    "a sum that is a part of another": (
        MatMul(2*tr(S)*B + A*(4*C - S) + 2*A*(4*C - S) + 4*B*C - B*S, x),
        MatMul(2*tr(S)*B + MatMul(3*A + B, 4*C - S), x)),
    "factored as it was written": (
        HadamardProduct(DiagMatrix(x)*2, A - B) + HadamardProduct(R*P*X, A - B)
        - HadamardProduct(DiagMatrix(x - y), A) + HadamardProduct(DiagMatrix(x - y), B),
        HadamardProduct(A - B, DiagMatrix(x + y) + R*P*X)),
    "inside inverses": ((A*B + A.T*B + S).inverse(), ((A + A.T)*B + S).inverse()),
    "inside functions": (each(tanh(z), X*A + X*A.T), each(tanh(z), X*(A + A.T))),
}


@pytest.mark.parametrize("name", RULES)
def test_rules(name):
    given_, wanted = RULES[name]
    found = canonical(given_)
    assert count_operations(found) <= min(map(count_operations, (given_, wanted)))
    assert found == canonical(wanted)
    assert canonical(found - wanted) in (
        0, c.ZeroMatrix(*(shape(wanted) or (1, 1))))
    with mp.workdps(30):
        values = values_for(MatAdd(given_, wanted) if is_matrix(wanted) else given_ + wanted, x)
        assert near(evaluate(found, values), evaluate(given_, values), mpmath.mpf(10)**-20)
        assert near(evaluate(found, values), evaluate(wanted, values), mpmath.mpf(10)**-20)


COUNTS = [
    (A, 0), (A.T, 0), (A.inverse(), 1), (-A, 1), (2*A, 1), (-2*A, 2), (A - B, 1), (A - 2*B, 2),
    (-A - B, 2), (A*B*x, 2), ((A + A.T)*x, 2), (Transpose(MatMul(A, B)), 2), (tr(A*B), 2),
    (x.T*A*x, 2), (tr(x.T*A*x), 2), (x/s, 1), (x/(s*t), 2), (2*x/s, 2), (HadamardProduct(X, Y), 1),
    (KroneckerProduct(A, B, C), 2), (each(tanh(z), X), 1), (log(Determinant(A)), 2), (A**3, 1),
    (DiagMatrix(x), 1), (Norm(x)**2, 2), (X[0, 1], 0), (CommutationMatrix(m, n), 0),
]


@pytest.mark.parametrize("expr, count", COUNTS, ids=str)
def test_operations_as_a_reader_counts_them(expr, count):
    assert count_operations(expr) == count


# --- properties -------------------------------------------------------------------------


def forgetting(expr):
    """The canonical form without what was computed before."""
    for function in (shortest, normal_form):
        function.cache_clear()
    return canonical_form(expr)


def shuffled(expr, chance):
    """An equal expression: other orders of terms, turned traces, transposed scalars."""
    if not operands(expr):
        return expr
    forms = {e: shuffled(e, chance) for e in operands(expr)}
    args = [forms.get(e, e) for e in expr.args]
    if isinstance(expr, (MatAdd, HadamardProduct)):
        chance.shuffle(args)
        return c.new(type(expr), *args)
    if isinstance(expr, Trace):
        return c.new(Trace, turned(args[0], chance))
    if isinstance(expr, Transpose) and chance.random() < 0.5:
        return c.transpose(args[0])
    return expr.func(*args) if tuple(args) != expr.args else expr


def turned(word, chance):
    if isinstance(word, MatMul) and chance.random() < 0.7:
        matrices = [e for e in word.args if is_matrix(e)]
        k = chance.randrange(len(matrices))
        word = MatMul(*(e for e in word.args if not is_matrix(e)), *matrices[k:], *matrices[:k])
    return Transpose(word) if chance.random() < 0.5 else word


def check(expr, chance):
    symbol = LEAVES[m, n][0]
    if not is_comparable(expr, symbol, 1e6):
        return
    found = forgetting(expr)
    assert shape(found) == shape(expr)
    assert count_operations(found) <= count_operations(expr)
    assert forgetting(found) == found
    with mp.workdps(40):
        values = values_for(expr, symbol)
        assert near(evaluate(found, values), evaluate(expr, values), mpmath.mpf(10)**-25), found
    if not expr.has(Abs):  # SymPy rewrites these while an example is shuffled
        assert forgetting(shuffled(expr, chance)) == found


@settings(relaxed, max_examples=200)
@given(wholes(2), st.integers(0, 999).map(Random))
def test_random_expressions(expr, chance):
    check(expr, chance)


@pytest.mark.long
@settings(relaxed, max_examples=4000, derandomize=False)
@given(wholes(3), st.integers(0, 999).map(Random))
def test_many_random_expressions(expr, chance):
    check(expr, chance)


WORDS = [A, B, A.T, S.inverse(), A*B, B.T*S, X.T*Y, x*y.T, x*x.T*A, (A + B)*S]


@pytest.mark.parametrize("seed", range(40))
def test_multiplied_out_or_not_the_form_is_the_same(seed):
    chance = Random(seed)
    left, right = chance.sample(WORDS, 2), chance.sample(WORDS, 2)
    numbers = [chance.choice([1, -1, 2, -3]) for _ in range(4)]
    factored = (numbers[0]*left[0] + numbers[1]*left[1])*(numbers[2]*right[0] + numbers[3]*right[1])
    multiplied_out = c.add(*(numbers[i]*numbers[2 + j]*(left[i]*right[j])
                             for i in (0, 1) for j in (0, 1)))
    assert normal_form(factored) == normal_form(multiplied_out)
    short, other = canonical(factored), canonical(multiplied_out)
    assert count_operations(short) <= count_operations(factored)
    assert count_operations(other) <= count_operations(multiplied_out)
    assert canonical(short - other) == 0*A


SCRIPT = """
import sys; sys.path.insert(0, 'tests')
from test_canonical_form import *
for name in RULES:
    print(re.sub(r"dummy_index=\\d+", "", srepr(canonical(RULES[name][0]))))
for seed in range(40):
    chance = Random(seed)
    print(canonical(Add(*(tr(w) for w in chance.sample(WORDS, 5)))*chance.choice(WORDS)
                    - chance.choice(WORDS)))
"""


@pytest.mark.newest
def test_the_same_for_every_hash_seed():
    printed = {subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True,
                              check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
               for seed in ("0", "1", "42")}
    assert len(printed) == 1 and "HadamardProduct" in printed.pop()


# --- conditions, facts, large expressions -----------------------------------------------


def test_conditions_are_never_assumed():
    assert canonical(log(Abs(Determinant(A)))) == log(Abs(Determinant(A)))
    assert canonical(log(s**2)*x) == log(s**2)*x
    assert canonical(Abs(tr(A))*x) == Abs(tr(A))*x
    assert canonical(HadamardPower(HadamardPower(x, 2), t)) != HadamardPower(x, 2*t)
    assert canonical((X*X.T).inverse()*X) == (X*X.T).inverse()*X
    assert canonical(A.T*x) == A.T*x
    assert canonical(S*S.T) == S*S.T
    assert gradient(log(Abs(Determinant(A))), A) == A.T.inverse()


def test_facts():
    assert canonical(A*x + A.T*x, Q.symmetric(A)) == 2*A*x
    assert canonical(A*S*S.T*A.inverse(), Q.orthogonal(S)) == I
    assert canonical(tr(A*B) + tr(A.T*B), Q.symmetric(B)) == 2*tr(A*B)
    with pytest.raises(FactsError, match="contradict"):
        canonical(A*x, Q.symmetric(A) & ~Q.symmetric(A))


K = SkewSymmetricMatrixSymbol("K", n)


@pytest.mark.parametrize("expr, wanted", [
    (tr(K**3), 0), (tr(K.inverse()), 0), (tr(HadamardProduct(A, K)), 0), (tr(A*K*A.T), 0),
    (tr(A*K*B.T*C) + tr(B*K*A.T*C.T), 0), (Determinant(K)*K.inverse(), Determinant(K)*K.inverse()),
    (tr(HadamardPower(A, 2)*K*A.T), tr(HadamardPower(A, 2)*K*A.T)),
], ids=str)
def test_skew_symmetric_symbols(expr, wanted):
    found = canonical(expr)
    assert canonical(found - wanted) == 0*found and forgetting(found) == found


def test_functions_that_sympy_cannot_evaluate_at_the_other_order():
    for M in (A - B.T, (A - B.T/2)*B):
        f = log(Abs(Determinant(M)))
        with mp.workdps(40):
            values = values_for(f, A)
            assert near(evaluate(gradient(f, A), values),
                        Partials(f, A, values).arranged("denominator", "matrix"),
                        mpmath.mpf(10)**-12)


def test_scalars_of_a_product_within_a_product():
    nested = c.new(MatMul, X.T, c.new(MatMul, s, X))
    assert normal_form(nested) == normal_form(s*X.T*X)
    assert normal_form(c.new(MatAdd, nested, A)) == normal_form(A + s*X.T*X)


def test_what_is_left_when_vecs_cancel_is_factored():
    M = MatrixSymbol("M", m, m)
    found = gradient(Norm(Vec(M*X) - Vec(Y))**2, X)
    assert found == canonical(2*M.T*(M*X - Y))


def test_a_1x1_matrix_stays_one():
    for expr in (x.T*A*x + y.T*A.T*x, x.T*A.T*x*2, (x.T*x)*(y.T*y)):
        assert shape(canonical(expr)) == (1, 1)
    assert canonical(y.T*A.T*x - x.T*A*y) == c.ZeroMatrix(1, 1)


def test_ill_shaped_expressions_are_refused():
    with pytest.raises(ShapeError):
        canonical(MatAdd(X, A, check=False))


def test_long_sums_have_one_form():
    terms = [X*MatrixSymbol(f"A{k}", n, n) for k in range(60)]
    forms = set()
    for seed in range(3):
        Random(seed).shuffle(terms)
        forms.add(canonical_form(c.new(MatAdd, *terms)))
    assert len(forms) == 1
    assert count_operations(forms.pop()) == 60


def network(layers):
    """Nested far deeper than Python's recursion would go."""
    layer = x
    for k in range(layers):
        layer = c.new(MatAdd, c.elementwise(Lambda(z, cos(z)), c.multiply(
            MatrixSymbol(f"W{k}", n, n), layer)), layer)
    return layer


def test_deep_expressions():
    first, second = canonical_form(network(400)), canonical_form(network(400))
    assert first == second == canonical_form(first)
    assert count_operations(first) == count_operations(network(400))
    assert nodes(first) > 2**60  # counted without recursion, as plain diff does
    shallow = network(3)
    with mp.workdps(30):
        values = values_for(shallow, x)
        assert near(evaluate(canonical_form(shallow), values), evaluate(shallow, values),
                    mpmath.mpf(10)**-20)


def test_every_result_is_canonical():
    f = tr(A*X.T*X) + tr(X*A.T*X.T) + log(Determinant(X.T*X + A))
    for result in (gradient(f, X), gradient(f, X, A)[1], jacobian(X*A*X.T, X),
                   hessian((X*x - a).T*(X*x - a), x), jacobian(x/Norm(x), x)):
        assert canonical(result) == result


def test_sizes_differ():
    assert len(set(SIZES.values())) == len(SIZES)


def test_what_is_far_shorter_as_written_is_not_multiplied_out(monkeypatch):
    """Its 32 terms would be factored for half a second, to be as they came at best."""
    symbols_ = [MatrixSymbol(name, n, n) for name in "ABCDEFGHPQ"]
    pairs = zip(symbols_[::2], symbols_[1::2], strict=True)
    product = MatMul(*(one + other for one, other in pairs))
    longest = []
    monkeypatch.setattr(canonical_form_module, "taken_out",
                        lambda m: longest.append(len(m.args)) or taken_out(m))
    assert shortest.__wrapped__(product) == product
    assert max(longest, default=0) < 32


def test_a_piecewise_is_taken_out_and_not_divided_by():
    # where it is zero, one over it has no value
    u = tr((X*x - a).T*(X*x - a))
    f = Piecewise((u - 1, u > 1), (0, True))
    (factor,) = gradient(f, x).atoms(Piecewise)
    assert not factor.has(zoo) and set(factor.atoms(Integer)) >= {Integer(0), Integer(1)}
    for scale in (1, 1000):  # on either side of the jump
        check_against_definition(f.xreplace({a: X*x - (X*x - a)/scale}), x)


w, k = MatrixSymbol("w", p, 1), Symbol("k", integer=True, positive=True)
L, S = SkewSymmetricMatrixSymbol("L", n), SymmetricMatrixSymbol("S", n)
SKEW = {
    "x'(KA∘A)x": (x.T*HadamardProduct(K*A, A)*x, None),
    "x'Kx": (x.T*K*x, 0),
    "w'K⁻¹w": (w.T*SkewSymmetricMatrixSymbol("K", p).inverse()*w, 0),  # of even size
    "tr K³": (tr(K**3), 0),
    "tr(KAA')": (tr(K*A*A.T), 0),
    "tr(K'K) + tr(KK)": (tr(K.T*K) + tr(K*K), 0),
    "1'(K∘(A + A'))1": (tr(HadamardProduct(K, A + A.T)*OneMatrix(n, n)), 0),
    "tr Kᵏ": (tr(K**k), tr(K**k)),  # zero for odd k only
    "x'Kᵏx": (x.T*K**k*x, x.T*K**k*x),
    "x'K^∘k x": (x.T*HadamardPower(K, k)*x, x.T*HadamardPower(K, k)*x),
    "tr((A + K)L)": (tr((A + K)*SkewSymmetricMatrixSymbol("L", n)), None),
    "tr(K(LL^∘2∘S))": (tr(K*HadamardProduct(L*HadamardPower(L, 2), S)), None),
    "x'Ky + y'Kx": (x.T*K*y + y.T*K*x, 0),
}


@pytest.mark.parametrize("name", SKEW)
def test_skew_matrices_turn_with_a_sign(name):
    expr, wanted = SKEW[name]
    found = canonical(expr)
    assert canonical(found) == found
    with mp.workdps(30):
        values = {**values_for(expr, x), k: 4}
        assert near(evaluate(found, values), evaluate(expr, values), mpmath.mpf(10)**-20)
    if wanted is not None:
        assert found in (wanted, ZeroMatrix(1, 1))


@pytest.mark.parametrize("one, other", [
    ((X.T/2 - R*P)*(3*Y/4 + Z/2), (X.T - 2*R*P)*(3*Y/8 + Z/4)),
    (HadamardProduct(X/2 - Y, 3*X/2 + Z)*C, HadamardProduct(X - 2*Y, 3*X/4 + Z/2)*C),
    (HadamardProduct(X/2 - Y, 3*X/2 + Z), HadamardProduct(X - 2*Y, 3*X/4 + Z/2)),
    ((2*(Trace(C) + 1)*X + 4*Y)*A, 2*((Trace(C) + 1)*X + 2*Y)*A),
    (Trace(A - B/2)*(2*X*C + 4*Y), Trace(2*A - B)*(X*C + 2*Y)),
    (Trace(-A - B*C)*(2*X - Y), Trace(A + B*C)*(Y - 2*X))], ids=str)
def test_numbers_in_several_sums_have_one_place(one, other):
    assert canonical(one) == canonical(other)
    assert count_operations(canonical(one)) <= min(map(count_operations, (one, other)))
