"""
The normal form and common factors of random expressions with ⊗, vec, K, N and Ψ.

Everything is compared by numbers with the expression given; the forms are
idempotent, and taking common factors out and multiplying out again comes back.
"""

import os
import subprocess
import sys
from random import Random

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from sympy import Mul, S, Trace, srepr, symbols
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Transpose,
)

from sympy_matlayout import CommutationMatrix, DiagonalEmbedding, SymmetrizerMatrix, Vec
from sympy_matlayout.numeric import evaluate, example_values
from sympy_matlayout.numeric.definition import near
from sympy_matlayout.reading.read import read
from sympy_matlayout.simplify.factoring import factored
from sympy_matlayout.simplify.normal_form import normal_form

a, b, d = symbols("a b d", integer=True, positive=True)
SIZES = {a: 2, b: 3, d: 2}  # a and d are different symbols, as a user's may be
SIDES = [S.One, a, b, a*b, a*d, a**2, b**2, a*b*d]


class Expressions:
    """Random matrix expressions of a shape, mostly of paired rows and columns."""

    def __init__(self, chance: Random):
        self.chance = chance

    def matrix(self, rows, cols, depth):
        if depth == 0:
            name = self.chance.choice("PQ") + "".join(str(s) for s in (rows, cols) if s.is_Symbol)
            return MatrixSymbol(name if len(name) == 3 else f"{name}_{rows}_{cols}", rows, cols)
        make = self.chance.choice(list(self.choices(rows, cols)))
        return make(depth - 1)

    def choices(self, rows, cols):
        """Ways to make a matrix of this shape from smaller ones."""
        matrix, between = self.matrix, self.chance.choice([S.One, a, b, a*b, a**2, rows, cols])
        r, c = self.pair(rows), self.pair(cols)
        yield lambda k: MatMul(matrix(rows, between, k), matrix(between, cols, k))
        yield lambda k: MatAdd(matrix(rows, cols, k), matrix(rows, cols, k))
        yield lambda k: HadamardProduct(matrix(rows, cols, k), matrix(rows, cols, k))
        yield lambda k: Transpose(matrix(cols, rows, k))
        yield lambda k: MatMul(self.chance.choice([2, -1, Trace(matrix(a, a, k))]),
                               matrix(rows, cols, k))
        if r and c:
            for _ in range(4):
                yield lambda k: KroneckerProduct(matrix(r[0], c[0], k), matrix(r[1], c[1], k))
        if r and cols == 1:
            for _ in range(3):
                yield lambda k: Vec(matrix(*r, k))
            yield lambda k: KroneckerProduct(matrix(r[0], S.One, k), matrix(r[1], S.One, k))
        if c and rows == 1:
            yield lambda k: Transpose(Vec(matrix(*c, k)))
        if rows == cols and r:
            yield lambda k: CommutationMatrix(*r)
            yield lambda k: Identity(rows)
            yield lambda k: DiagMatrix(Vec(matrix(*r, k)))
            if r[0] == r[1]:
                yield lambda k: SymmetrizerMatrix(r[0])
        if r and r[0] == r[1] == cols:
            yield lambda k: DiagonalEmbedding(cols)
        if c and c[0] == c[1] == rows:
            yield lambda k: Transpose(DiagonalEmbedding(rows))

    def pair(self, size):
        """Two sizes with this product, None for a size that has none but itself."""
        factors = [base for f in Mul.make_args(size) for base, k in [f.as_base_exp()]
                   for _ in range(int(k))]
        if len(factors) < 2:
            return None
        self.chance.shuffle(factors)
        k = self.chance.randrange(1, len(factors))
        return Mul(*factors[:k]), Mul(*factors[k:])


def check(chance, depth):
    make = Expressions(chance)
    expr = make.matrix(chance.choice(SIDES), chance.choice(SIDES), depth)
    with mp.workdps(30):
        values = example_values([expr], SIZES)
        wanted = evaluate(expr, values)
        normal = normal_form(expr)
        for form in (normal, factored(normal), factored(read(expr))):
            assert near(evaluate(form, values), wanted, mpmath.mpf(10)**-20), (expr, form)
    assert normal_form(normal) == normal, expr
    assert normal_form(factored(normal)) == normal, expr


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.randoms(use_true_random=False), st.integers(1, 3))
def test_random_expressions(chance, depth):
    check(chance, depth)


@pytest.mark.long
@settings(max_examples=5000, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_many_random_expressions(chance, depth):
    check(chance, depth)


# --- rules by name ----------------------------------------------------------------------

m, n, p, q, r, s = symbols("m n p q r s", integer=True, positive=True)
X, Y, A, B = (MatrixSymbol("X", m, n), MatrixSymbol("Y", m, n),
              MatrixSymbol("A", p, m), MatrixSymbol("B", n, q))
C, D = MatrixSymbol("C", q, r), MatrixSymbol("D", m, s)
M, N = MatrixSymbol("M", n, n), MatrixSymbol("N", n, n)
x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", m, 1)


def K(rows, cols):
    return CommutationMatrix(rows, cols)


EQUAL = {
    "vec AXB = (B'⊗A) vec X": (Vec(A*X*B), MatMul(KroneckerProduct(B.T, A), Vec(X))),
    "vec AX = (I⊗A) vec X": (Vec(A*X), MatMul(KroneckerProduct(Identity(n), A), Vec(X))),
    "vec ab' = b⊗a": (Vec(y*x.T), KroneckerProduct(x, y)),
    "vec X' = K vec X": (Vec(X.T), MatMul(K(m, n), Vec(X))),
    "K' = K": (Transpose(K(m, n)), K(n, m)),
    "KK = I": (MatMul(K(m, n), K(n, m)), Identity(m*n)),
    "K₁ = I": (K(1, n), Identity(n)),
    "K(A⊗B)K = B⊗A": (MatMul(K(q, p), KroneckerProduct(A, C), K(m, r)), KroneckerProduct(C, A)),
    "K(A⊗x) = x⊗A": (MatMul(K(n, p), KroneckerProduct(A, x)), KroneckerProduct(x, A)),
    "a'⊗b = ba'": (KroneckerProduct(x.T, y), y*x.T),
    "(A⊗B)(C⊗D) = AX⊗BC": (MatMul(KroneckerProduct(A, B), KroneckerProduct(X, C)),
                            KroneckerProduct(A*X, B*C)),
    "(A⊗B)' = A'⊗B'": (Transpose(KroneckerProduct(A, B)), KroneckerProduct(A.T, B.T)),
    "(A⊗B)⊗C = A⊗(B⊗C)": (KroneckerProduct(KroneckerProduct(A, B), C),
                           KroneckerProduct(A, KroneckerProduct(B, C))),
    "I⊗I = I": (KroneckerProduct(Identity(m), Identity(n)), Identity(m*n)),
    "1⊗A = A": (KroneckerProduct(Identity(1), A), A),
    "tr (X⊗Y)(X'⊗Y')": (Trace(MatMul(KroneckerProduct(X, B), KroneckerProduct(X.T, B.T))),
                         Trace(X*X.T)*Trace(B*B.T)),
    "tr K(M⊗N) = tr MN": (Trace(MatMul(K(n, n), KroneckerProduct(M, N))), Trace(M*N)),
    "vec(X)'vec(Y) = tr X'Y": (Trace(MatMul(Transpose(Vec(X)), Vec(Y))), Trace(X.T*Y)),
    "vec(X)'(M'⊗I)vec(Y) = tr X'YM": (
        Trace(MatMul(Transpose(Vec(X)), KroneckerProduct(M.T, Identity(m)), Vec(Y))),
        Trace(X.T*Y*M)),
    "N vec M = vec(M + M')/2": (MatMul(SymmetrizerMatrix(n), Vec(M)), (Vec(M) + Vec(M.T))/2),
    "Ψ'vec M = diagonal": (MatMul(Transpose(DiagonalEmbedding(n)), Vec(DiagMatrix(x))), x),
    "diag(vec X) vec Y = vec X∘Y": (MatMul(DiagMatrix(Vec(X)), Vec(Y)),
                                    Vec(HadamardProduct(X, Y))),
    "Ψ'(M⊗N)Ψ = M∘N": (MatMul(Transpose(DiagonalEmbedding(n)), KroneckerProduct(M, N),
                                DiagonalEmbedding(n)), HadamardProduct(M, N)),
    "vec X⊗B": (Vec(KroneckerProduct(X, B)),
                MatMul(KroneckerProduct(Identity(n), K(q, m), Identity(n)),
                       KroneckerProduct(Vec(X), Vec(B)))),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_expressions_have_one_form(name):
    left, right = EQUAL[name]
    assert normal_form(left) == normal_form(right)
    with mp.workdps(30):
        sizes = {m: 2, n: 3, p: 4, q: 5, r: 2, s: 3}
        values = example_values([left, right], sizes)
        assert near(evaluate(left, values), evaluate(right, values), mpmath.mpf(10)**-20)


@pytest.mark.newest
def test_forms_do_not_depend_on_the_hash_seed():
    program = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from test_pairs import *\n"
        "for seed in range(40):\n"
        "    chance = Random(seed)\n"
        "    e = Expressions(chance).matrix(chance.choice(SIDES), chance.choice(SIDES), 3)\n"
        "    print(srepr(normal_form(e)), srepr(factored(normal_form(e))))\n")
    found = {subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                            check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
             for seed in ("0", "1", "77")}
    assert len(found) == 1 and srepr(a) in found.pop()
