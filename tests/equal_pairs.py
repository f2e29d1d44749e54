"""
Random pairs of equal expressions.

The second of a pair is the first, rewritten by laws at random places: terms and Hadamard
factors shuffled, traces turned and transposed, products multiplied out, common factors
taken out, transposes pushed in and out, Kronecker products, vecs and K regrouped.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random

from sympy import Add, Integer, Mul, Rational, S, Trace, symbols
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardProduct,
    Identity,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Transpose,
)

from sympy_matlayout import CommutationMatrix, Vec
from sympy_matlayout.core.shapes import is_matrix, shape

__all__ = ["FAMILIES", "pair"]

m, n, p = symbols("m n p", integer=True, positive=True)
NAMES = {(m, m): "AB", (n, n): "CD", (p, p): "EF", (m, n): "XY", (n, m): "UV", (m, p): "PQ",
         (p, m): "RS", (n, p): "GH", (p, n): "MN", (m, 1): "ab", (n, 1): "xy", (p, 1): "uv"}
LETTERS = {size: [MatrixSymbol(name, *size) for name in names] for size, names in NAMES.items()}
# What the expressions of a family hold besides sums, products and transposes.
FAMILIES = {"products": "", "traces": "t", "Hadamard": "hd", "inverses": "ti", "Kronecker": "k",
            "scalars": "h"}


def new(kind: type, *args: Basic) -> Basic:
    return Basic.__new__(kind, *args)


def product(*factors: Basic) -> Basic:
    flat = [f for factor in factors
            for f in (factor.args if isinstance(factor, MatMul) else (factor,))]
    scalar = Mul(*(f for f in flat if not is_matrix(f)))
    matrices = [f for f in flat if is_matrix(f)]
    if scalar == 1 and len(matrices) == 1:
        return matrices[0]
    return new(MatMul, *([] if scalar == 1 else [scalar]), *matrices)


def total(*terms: Basic) -> Basic:
    flat = [t for term in terms for t in (term.args if isinstance(term, MatAdd) else (term,))]
    return new(MatAdd, *flat) if len(flat) > 1 else flat[0]


def turned(matrix: Basic) -> Basic:
    return matrix.args[0] if isinstance(matrix, Transpose) else new(Transpose, matrix)


def inverted(matrix: Basic) -> Basic:
    return new(Inverse, matrix, S.NegativeOne)


def split(matrix: Basic) -> tuple[Basic, list[Basic]]:
    factors = matrix.args if isinstance(matrix, MatMul) else (matrix,)
    return Mul(*(f for f in factors if not is_matrix(f))), [f for f in factors if is_matrix(f)]


# --- random expressions -----------------------------------------------------------------


class Expressions:
    def __init__(self, chance: Random, kinds: str):
        self.chance, self.kinds = chance, kinds

    def size(self):
        return self.chance.choice([m, n, p])

    def any(self):
        """An expression of the family."""
        depth = self.chance.choice([2, 2, 3])
        if self.kinds == "k":
            rows = self.size(), self.size()
            return self.paired(rows, self.chance.choice([(self.size(), self.size()), 1]), depth)
        if self.kinds == "h":
            return self.trace(depth)
        return self.matrix(self.size(), self.chance.choice([self.size(), 1]),
                           self.chance.choice([2, 3, 4]))

    def trace(self, depth):
        size = self.size()
        return new(Trace, self.matrix(size, size, depth))

    def multiple(self, matrix):
        number = self.chance.choice([1, 1, 1, 1, -1, -1, 2, Rational(1, 2)])
        return matrix if number == 1 else product(Integer(number) if isinstance(number, int)
                                                  else number, matrix)

    def matrix(self, rows, cols, depth):
        chance = self.chance
        if depth == 0 or chance.random() < 0.03:
            if rows == cols == 1:
                size = self.size()
                return new(MatMul, new(Transpose, self.matrix(size, 1, 0)),
                           self.matrix(size, 1, 0))
            if rows == 1 or cols != 1 and rows != cols and chance.random() < 0.35:
                return new(Transpose, self.matrix(cols, rows, 0)) if rows == 1 else new(
                    Transpose, chance.choice(LETTERS[cols, rows]))
            return chance.choice(LETTERS[rows, cols])
        square = rows == cols != 1
        choices = ["product"]*4 + ["sum"]*4 + ["transpose"]
        choices += ["Hadamard"]*2 if "h" in self.kinds and rows != 1 else []
        choices += ["diagonal"] if "d" in self.kinds and square else []
        choices += ["inverse"] if "i" in self.kinds and square else []
        choices += ["scalar"] if "t" in self.kinds else []
        match chance.choice(choices):
            case "product":
                inner = self.size() if chance.random() < 0.85 else Integer(1)
                return product(self.matrix(rows, inner, depth - 1),
                               self.matrix(inner, cols, depth - 1))
            case "sum":
                return total(*(self.multiple(self.matrix(rows, cols, depth - 1))
                               for _ in range(chance.choice([2, 2, 3]))))
            case "transpose":
                return new(Transpose, self.matrix(cols, rows, depth - 1))
            case "Hadamard":
                return new(HadamardProduct, self.matrix(rows, cols, depth - 1),
                           self.matrix(rows, cols, depth - 1))
            case "diagonal":
                return DiagMatrix(self.matrix(rows, 1, depth - 1))
            case "inverse":  # of a product or letter, which isn't singular
                return inverted(product(*(chance.choice(LETTERS[rows, rows])
                                          for _ in range(depth))))
            case "scalar":
                return product(self.trace(depth - 1), self.matrix(rows, cols, depth - 1))

    def paired(self, rows, cols, depth):
        """A matrix whose rows, and columns if not one, are pairs of sizes."""
        chance = self.chance
        choices = ["product"]*2 + ["sum"]*2 + ["leaf"]*3 + ["transpose"]
        choices += ["K"]*2 if cols != 1 and rows != 1 and rows == cols[::-1] else []
        match chance.choice(choices if depth else ["leaf"]):
            case "product":
                inner = self.size(), self.size()
                return product(self.paired(rows, inner, depth - 1),
                               self.paired(inner, cols, depth - 1))
            case "sum":
                return total(*(self.multiple(self.paired(rows, cols, depth - 1))
                               for _ in range(2)))
            case "transpose":
                return new(Transpose, self.paired(cols, rows, depth - 1))
            case "K":
                return CommutationMatrix(cols[1], cols[0])
        inside = max(depth - 1, 0)
        if rows == 1:
            return new(Transpose, self.paired(cols, rows, inside))
        if cols == 1 and chance.random() < 0.75:
            return Vec(self.matrix(rows[1], rows[0], inside))
        cols = (1, 1) if cols == 1 else cols
        return new(KroneckerProduct, *(self.matrix(r, k, inside)
                                       for r, k in zip(rows, cols, strict=True)))


# --- laws: what an expression may be written as -----------------------------------------

Law = Callable[[Basic, Random], Iterator[Basic]]


def laws_of_sums(expr, chance):
    terms = list(expr.args)
    chance.shuffle(terms)
    yield new(MatAdd, *terms)
    for i, one in enumerate(terms):
        for j, other in enumerate(terms[:i]):
            (a, left), (b, right) = split(one), split(other)
            rest = [t for k, t in enumerate(terms) if k not in (i, j)]
            if min(len(left), len(right)) > 1 and left[0] == right[0]:
                inner = total(product(a, *left[1:]), product(b, *right[1:]))
                yield total(*rest, product(left[0], inner))
            if min(len(left), len(right)) > 1 and left[-1] == right[-1]:
                inner = total(product(a, *left[:-1]), product(b, *right[:-1]))
                yield total(*rest, product(inner, left[-1]))


def laws_of_products(expr, chance):
    factors = list(expr.args)
    for k, factor in enumerate(factors):
        if isinstance(factor, MatAdd):
            yield total(*(product(*factors[:k], t, *factors[k + 1:]) for t in factor.args))
    scalar, matrices = split(expr)
    yield new(Transpose, product(scalar, *map(turned, reversed(matrices))))
    for k, (left, right) in enumerate(pairwise(matrices)):
        before, after = matrices[:k], matrices[k + 2:]
        for joined in neighbours(left, right):
            yield product(scalar, *before, joined, *after)
        if before or after or scalar != 1:
            yield new(MatMul, *([] if scalar == 1 else [scalar]), *before,
                      new(MatMul, left, right), *after)


def neighbours(left, right):
    """What two factors are together."""
    if isinstance(left, KroneckerProduct) and isinstance(right, KroneckerProduct) and all(
            shape(a)[1] == shape(b)[0] for a, b in zip(left.args, right.args, strict=True)):
        yield new(KroneckerProduct, *map(product, left.args, right.args))
    if isinstance(left, KroneckerProduct) and isinstance(right, Vec) \
            and shape(left.args[1])[1] == shape(right.arg)[0]:
        yield Vec(product(left.args[1], right.arg, turned(left.args[0])))
    if isinstance(left, CommutationMatrix) and isinstance(right, Vec) \
            and left.args == shape(right.arg):
        yield Vec(turned(right.arg))
    if isinstance(left, CommutationMatrix) and isinstance(right, KroneckerProduct):
        A, B = right.args
        if (shape(B)[0], shape(A)[0]) == left.args and 1 not in (shape(A)[1], shape(B)[1]):
            yield product(new(KroneckerProduct, B, A),
                          CommutationMatrix(shape(B)[1], shape(A)[1]))
    if isinstance(left, Inverse) and isinstance(right, Inverse):
        yield inverted(product(right.args[0], left.args[0]))
    if isinstance(left, DiagMatrix) and shape(right)[1] == 1:
        yield new(HadamardProduct, left.args[0], right)


def laws_of_transposes(expr, chance):
    arg = expr.args[0]
    scalar, matrices = split(arg)
    if len(matrices) > 1:
        yield product(scalar, *map(turned, reversed(matrices)))
    if isinstance(arg, MatAdd):
        yield total(*map(turned, arg.args))
    if isinstance(arg, (HadamardProduct, KroneckerProduct)):
        yield new(type(arg), *map(turned, arg.args))
    if isinstance(arg, Inverse):
        yield inverted(turned(arg.args[0]))


def laws_of_traces(expr, chance):
    arg = expr.args[0]
    yield new(Trace, turned(arg))
    scalar, matrices = split(arg)
    k = chance.randrange(len(matrices))
    yield new(Trace, product(scalar, *matrices[k:], *matrices[:k]))
    if len(matrices) == 2 and 1 not in shape(matrices[0]):
        left, right = turned(matrices[0]), matrices[1]
        yield scalar*new(Trace, new(MatMul, new(Transpose, Vec(left)), Vec(right)))
    if isinstance(arg, MatAdd):
        yield Add(*(new(Trace, t) for t in arg.args))


def laws_of_kronecker(expr, chance):
    A, B = expr.args
    if isinstance(A, MatAdd):
        yield total(*(new(KroneckerProduct, t, B) for t in A.args))
    if isinstance(B, MatAdd):
        yield total(*(new(KroneckerProduct, A, t) for t in B.args))
    (a, left), (b, right) = split(A), split(B)
    if len(left) > 1 and len(right) > 1:
        yield product(a*b, new(KroneckerProduct, left[0], right[0]),
                      new(KroneckerProduct, product(*left[1:]), product(*right[1:])))
    elif len(left) > 1:
        yield product(a*b, new(KroneckerProduct, left[0], Identity(shape(B)[0])),
                      new(KroneckerProduct, product(*left[1:]), product(*right)))
    (r, s), (t, u) = shape(A), shape(B)
    if 1 not in (r, s, t, u):
        yield product(CommutationMatrix(r, t), new(KroneckerProduct, B, A),
                      CommutationMatrix(u, s))


def laws_of_vec(expr, chance):
    X = expr.arg
    scalar, matrices = split(X)
    if isinstance(X, MatAdd):
        yield total(*map(Vec, X.args))
    if len(matrices) == 3:
        yield product(scalar, new(KroneckerProduct, turned(matrices[2]), matrices[0]),
                      Vec(matrices[1]))
    if 1 not in shape(X):
        yield product(CommutationMatrix(*shape(X)[::-1]), Vec(turned(X)))


def laws_of_hadamard(expr, chance):
    factors = list(expr.args)
    yield new(HadamardProduct, *reversed(factors))
    for k, factor in enumerate(factors):
        if isinstance(factor, MatAdd):
            yield total(*(new(HadamardProduct, *factors[:k], t, *factors[k + 1:])
                          for t in factor.args))


def laws_of_inverses(expr, chance):
    scalar, matrices = split(expr.args[0])
    if len(matrices) > 1 and scalar == 1:
        yield product(*map(inverted, reversed(matrices)))


def laws_of_diagonals(expr, chance):
    if isinstance(expr.args[0], MatAdd):
        yield total(*map(DiagMatrix, expr.args[0].args))


LAWS: dict[type, Law] = {
    MatAdd: laws_of_sums, MatMul: laws_of_products, Transpose: laws_of_transposes,
    Trace: laws_of_traces, KroneckerProduct: laws_of_kronecker, Vec: laws_of_vec,
    HadamardProduct: laws_of_hadamard, Inverse: laws_of_inverses, DiagMatrix: laws_of_diagonals}


def equal_forms(expr: Basic, chance: Random) -> Iterator[Basic]:
    """The expression with one of its parts rewritten by one law."""
    if type(expr) in LAWS:
        yield from LAWS[type(expr)](expr, chance)
    for k, arg in enumerate(expr.args):
        if is_matrix(arg) or isinstance(arg, (Trace, Add, Mul)):
            for form in equal_forms(arg, chance):
                yield put(expr, k, form)


def put(expr: Basic, k: int, arg: Basic) -> Basic:
    args = (*expr.args[:k], arg, *expr.args[k + 1:])
    if isinstance(expr, MatMul):
        scalars = [a for a in args if not is_matrix(a)]
        matrices = [a for a in args if is_matrix(a)]
        return new(MatMul, *scalars, *matrices) if isinstance(arg, MatMul) and not any(
            not is_matrix(a) for a in arg.args) else product(*args)
    if isinstance(expr, MatAdd):
        return total(*args)
    return expr.func(*args) if isinstance(expr, (Vec, DiagMatrix, Add, Mul)) else new(
        type(expr), *args)


def pair(family: str, seed: int) -> tuple[Basic, Basic]:
    """An expression, and an equal one that is written otherwise."""
    chance = Random(f"{family} {seed}")
    expr = Expressions(chance, FAMILIES[family]).any()
    other = expr
    for _ in range(chance.choice([3, 6, 12])):
        forms = list(equal_forms(other, chance))
        other = chance.choice(forms) if forms else other
    return expr, other
