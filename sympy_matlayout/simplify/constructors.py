"""Constructors that simplify locally and never walk the tree.

SymPy's ``MatMul(...)``, ``hadamard_product(...)`` and ``.doit()`` check shapes
and simplify deeply at every call.  These look only at the arguments at hand,
whose shapes are already known, so a sweep over a graph stays linear.  They
assume well-shaped arguments; ``reading`` checks what a user wrote.

Arguments that are zero matrices, identities, ones or scalar multiples are
taken up on the spot; nothing else is rearranged.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sympy import (
    Add,
    Determinant,
    Dummy,
    Expr,
    KroneckerDelta,
    Lambda,
    Mul,
    Pow,
    S,
    Sum,
    Trace,
    Tuple,
)
from sympy.core.basic import Basic
from sympy.matrices import ImmutableDenseMatrix, MatrixBase
from sympy.matrices.expressions import (
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
    MatrixSlice,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.bound_symbols import argument_symbol
from ..core.registry import constructs
from ..core.shapes import (
    Shape,
    is_matrix,
    is_one,
    is_scalar_shape,
    same_shape,
    same_size,
    shape,
)
from ..nodes.constants import (
    CommutationMatrix,
    DiagonalEmbedding,
    MatrixUnit,
    SelectionMatrix,
)
from ..nodes.linear_structures import LowerOnes, UpperDuplicationMatrix
from ..nodes.matrix_sum import MatrixSum
from ..nodes.node import ConstantMatrix
from ..nodes.printable import printable
from ..nodes.structured import facts_about
from ..nodes.vec import Unvec, Vec
from ..nodes.vech import (
    DuplicationMatrix,
    EliminationMatrix,
    SymmetrizerMatrix,
    Unvech,
    Vech,
    triangle,
)


@lru_cache(maxsize=1 << 16)
def new(cls: type, *args: Basic) -> Basic:
    """
    The node, without the checks of its constructor; equal nodes are one object.

    Comparing two trees that are equal but not identical walks both of them, so
    a sweep that looks its nodes up in dictionaries must not build them twice.
    """
    return printable(Basic.__new__(cls, *args))


def evaluated(node: Basic, args: Sequence[Basic]) -> Basic:
    """The node over other arguments, evaluated by SymPy unless it fails on these."""
    if tuple(args) == node.args:
        return node
    try:
        return node.func(*args)
    except (AttributeError, NotImplementedError, TypeError):
        # Abs(Determinant(A - B)) is one of them, in one of the two orders of A and B: SymPy's
        # signsimp reaches into the matrices, and makes -1*(B - A) of them
        return node.func(*args, evaluate=False)


def substituted(expr: Expr, values: Mapping[Basic, Basic]) -> Expr:
    """A scalar with expressions that may hold matrices in the place of its symbols."""
    try:
        return expr.xreplace(values)
    except (AttributeError, NotImplementedError, TypeError):
        if expr in values or not expr.args:
            return values.get(expr, expr)
        return evaluated(expr, [substituted(a, values) for a in expr.args])


# --- linear structure: scalar multiples, sums, products ---------------------------------


def split_scalar(matrix: Basic) -> tuple[Expr, Basic]:
    """``c, M`` with ``matrix = c*M`` and no scalar factor in front of ``M``."""
    if isinstance(matrix, MatMul):
        scalars = [a for a in matrix.args if not is_matrix(a)]
        if scalars:
            rest = [a for a in matrix.args if is_matrix(a)]
            return Mul(*scalars), rest[0] if len(rest) == 1 else new(MatMul, *rest)
    return S.One, matrix


def factors_of(product: Basic) -> tuple[Basic, ...]:
    """The factors of a product; anything else is its own only one."""
    return product.args if isinstance(product, MatMul) else (product,)


def scale(c: Expr, matrix: Basic) -> Basic:
    """``c*matrix``"""
    if c is S.One:
        return matrix
    if not isinstance(matrix, MatMul) or c == 0:
        return multiply(c, matrix)
    scalar, core = split_scalar(matrix)  # its factors need no second look
    scalar *= c
    factors = factors_of(core)
    if len(factors) == 1 and (scalar.is_Rational or isinstance(core, MatrixBase)):
        return multiply(scalar, core)
    return core if scalar is S.One else new(MatMul, scalar, *factors)


@constructs(MatAdd)
def add(*terms: Basic, shape: Shape | None = None) -> Basic:
    """The sum of matrices of one shape, like terms collected; the zero matrix for no terms."""
    if len(terms) == 1:
        return terms[0]
    coefficients: dict[Basic, list[Expr]] = {}
    explicit = None
    flat: list[Basic] = []
    for term in terms:
        flat.extend(term.args if isinstance(term, MatAdd) else [term])
    for term in flat:
        shape = shape or _shape(term)
        if isinstance(term, MatrixBase):
            explicit = term if explicit is None else explicit + term
        elif not isinstance(term, ZeroMatrix):
            c, matrix = split_scalar(term)
            coefficients.setdefault(matrix, []).append(c)
    summands = [scale(Add(*cs), matrix) for matrix, cs in coefficients.items()]
    summands = [s for s in summands if not isinstance(s, ZeroMatrix)]
    if explicit is not None and not explicit.is_zero_matrix:
        summands.append(explicit)
    if not summands:
        if shape is None:
            raise TypeError("add() of nothing needs a shape")
        return ZeroMatrix(*shape)
    return summands[0] if len(summands) == 1 else new(MatAdd, *summands)


_shape = shape  # the parameter of ``add`` hides the function


@constructs(MatMul)
def multiply(*factors: Basic) -> Basic:
    """The product of scalars and of matrices that fit; neighbours with one base are merged."""
    scalars, matrices = [], []
    for factor in factors:
        for f in factors_of(factor):
            (matrices if is_matrix(f) else scalars).append(f)
    coefficient = Mul(*scalars)
    rows, cols = shape(matrices[0])[0], shape(matrices[-1])[1]
    if coefficient == 0 or any(isinstance(m, ZeroMatrix) for m in matrices):
        return ZeroMatrix(rows, cols)
    product: list[Basic] = []
    for matrix in matrices:
        while not _is_neutral(matrix):
            if (kept := _symmetrized(product, matrix)) is not None:
                del product[-2:]
                matrix = kept
            merged = _merge(product[-1], matrix) if product else None
            if merged is None:
                product.append(matrix)
                break
            product.pop()
            matrix = merged
    if not product:
        product = [Identity(rows)]
    if len(product) == 1 and isinstance(product[0], MatrixBase):
        return product[0]*coefficient
    if coefficient.is_Rational and len(product) == 1 and isinstance(product[0], MatAdd):
        # as SymPy does, so that signs and numbers meet inside
        return add(*(scale(coefficient, term) for term in product[0].args))
    if coefficient is not S.One:
        return new(MatMul, coefficient, *product)
    return product[0] if len(product) == 1 else new(MatMul, *product)


def matrix_sum(body: Basic, limits: Tuple) -> Basic:
    """The sum over an index, of scalars as well, constant factors in front and behind."""
    index, lower, upper = limits
    if not is_matrix(body):
        return Sum(body, limits) if index in body.free_symbols else (upper - lower + 1)*body
    if isinstance(body, ZeroMatrix):
        return body
    factors = list(factors_of(body))
    before, after = [], []
    while factors and index not in factors[0].free_symbols:
        before.append(factors.pop(0))
    while factors and index not in factors[-1].free_symbols:
        after.insert(0, factors.pop())
    if not factors:
        return scale(upper - lower + 1, body)
    if not any(map(is_matrix, factors)):  # only a scalar holds the index
        return multiply(Sum(Mul(*factors), limits), *before, *after)
    inside = factors[0] if len(factors) == 1 else new(MatMul, *factors)
    return multiply(*before, new(MatrixSum, inside, limits), *after)


def _is_neutral(matrix: Basic) -> bool:
    return isinstance(matrix, Identity) or (
        isinstance(matrix, OneMatrix) and is_scalar_shape(shape(matrix)))


PLAIN = (MatrixSymbol, MatAdd)  # what only an equal neighbour, or an inverse, merges with


def _merge(left: Basic, right: Basic) -> Basic | None:
    """``left*right`` as one node where that is shorter, else None."""
    if isinstance(left, PLAIN) and isinstance(right, PLAIN) and not (
            facts_about(left) or facts_about(right)):
        return power(left, S(2)) if left == right and same_size(*shape(left)) else None
    if isinstance(left, MatrixBase) and isinstance(right, MatrixBase):
        return ImmutableDenseMatrix(left*right)
    for symbol, other in ((left, right), (right, left)):
        if "orthogonal" in facts_about(symbol) and other == _transpose_term(symbol):
            return Identity(shape(symbol)[0])
    if isinstance(left, CommutationMatrix) and left == transpose(right):
        return Identity(shape(left)[0])
    if isinstance(left, KroneckerProduct) and isinstance(right, KroneckerProduct):
        pairs = list(zip(left.args, right.args, strict=False))
        if len(left.args) == len(right.args) and all(
                same_size(shape(a)[1], shape(b)[0]) for a, b in pairs):
            return kronecker(*(multiply(a, b) for a, b in pairs))
    merged = _merge_of_size(left, right)
    if merged is not None:
        return merged
    if isinstance(left, OneMatrix) and isinstance(right, OneMatrix) and is_one(shape(left)[1]):
        return OneMatrix(shape(left)[0], shape(right)[1])
    base, exponent = _base_exponent(left)
    other, power_of_other = _base_exponent(right)
    if base == other and same_size(*shape(base)):
        return power(base, exponent + power_of_other)
    return None


def _merge_of_size(left: Basic, right: Basic) -> Basic | None:
    """
    Products of constant matrices that are shorter (M&N 3.7, 3.8; Magnus 1988).

    KD = ND = D, KN = NN = N, KΨ = NΨ = Ψ, and these transposed; LD = LL' = Ψ'Ψ = SS' = I.
    """
    if _is_symmetrizing(left) and isinstance(
            right, (DuplicationMatrix, SymmetrizerMatrix, DiagonalEmbedding)):
        return right
    if isinstance(left, EliminationMatrix) and isinstance(right, DuplicationMatrix):
        return Identity(shape(left)[0])
    if isinstance(left, (EliminationMatrix, SelectionMatrix)) and right == new(Transpose, left):
        return Identity(shape(left)[0])
    if isinstance(left, MatrixUnit) and isinstance(right, MatrixUnit):
        (m, _, i, j), (_, n, k, l) = left.args, right.args  # noqa: E741 - the textbook's letters
        return scale(KroneckerDelta(j, k), MatrixUnit(m, n, i, l))
    if isinstance(left, Transpose):
        if isinstance(right, (DiagonalEmbedding, UpperDuplicationMatrix)) \
                and left.args[0] == right:
            return Identity(shape(left)[0])
        if isinstance(left.args[0], (DuplicationMatrix, DiagonalEmbedding)) \
                and isinstance(right, (SymmetrizerMatrix, CommutationMatrix, Transpose)):
            turned = _merge_of_size(transpose(right), left.args[0])
            return turned and transpose(turned)
    if isinstance(left, SymmetrizerMatrix) and _is_symmetrizing(right):
        return left
    return None


def _symmetrized(product: list[Basic], matrix: Basic) -> Basic | None:
    """DLN = DD⁺ = N and N = NL'D' (M&N 3.8)."""
    if len(product) > 1 and isinstance(matrix, SymmetrizerMatrix) \
            and isinstance(product[-1], EliminationMatrix) \
            and isinstance(product[-2], DuplicationMatrix):
        return matrix
    if len(product) > 1 and isinstance(matrix, Transpose) \
            and isinstance(matrix.args[0], DuplicationMatrix) \
            and isinstance(product[-2], SymmetrizerMatrix) \
            and product[-1] == new(Transpose, EliminationMatrix(matrix.args[0].args[0])):
        return product[-2]
    return None


def _is_symmetrizing(matrix: Basic) -> bool:
    """N, and K of a square: what leaves the vec of a symmetric matrix alone."""
    return isinstance(matrix, SymmetrizerMatrix) or (
        isinstance(matrix, CommutationMatrix) and same_size(*matrix.args))


def _base_exponent(matrix: Basic) -> tuple[Basic, Expr]:
    if isinstance(matrix, MatPow):  # Inverse is one
        return matrix.args
    return matrix, S.One


@constructs(MatPow, Inverse)
def power(base: Basic, exponent: Expr) -> Basic:
    """``base**exponent`` of a square matrix."""
    if exponent == 0:
        return Identity(shape(base)[0])
    if exponent == 1 or isinstance(base, Identity):
        return base
    if isinstance(base, MatPow) and base.args[1].is_integer and exponent.is_integer:
        return power(base.args[0], base.args[1]*exponent)
    if isinstance(base, (ZeroMatrix, SymmetrizerMatrix)) and exponent.is_positive:
        return base
    if isinstance(base, OneMatrix) and exponent.is_Integer and exponent > 0:
        return scale(shape(base)[0]**(exponent - 1), base)
    if isinstance(base, CommutationMatrix) and same_size(*base.args) and exponent.is_even:
        return Identity(shape(base)[0])
    if exponent.is_integer and _is_kronecker_of_squares(base):
        return kronecker(*(power(factor, exponent) for factor in base.args))
    scalar, core = split_scalar(base)
    if scalar == -1 and exponent.is_integer:  # of a skew matrix, transposed
        return scale(scalar**exponent, power(core, exponent))
    if exponent == -1:
        if isinstance(base, CommutationMatrix) or "orthogonal" in facts_about(base):
            return transpose(base)
        if isinstance(base, Transpose) and "orthogonal" in facts_about(base.args[0]):
            return base.args[0]
        return new(Inverse, base, S.NegativeOne)
    return new(MatPow, base, exponent)


def inverse(matrix: Basic) -> Basic:
    """The inverse of a square matrix, scalar factors in front."""
    c, core = split_scalar(matrix)
    return scale(1/c, power(core, S.NegativeOne))


# --- transpose, trace, determinant, entries ---------------------------------------------


@constructs(Transpose)
def transpose(matrix: Basic) -> Basic:
    """The transpose, pushed through products, powers and one level of sums."""
    if isinstance(matrix, MatAdd):
        return add(*map(_transpose_term, matrix.args))
    if isinstance(matrix, HadamardProduct):
        return hadamard(*map(_transpose_term, matrix.args))
    return _transpose_term(matrix)


@lru_cache(maxsize=1 << 14)
def _transpose_term(matrix: Basic) -> Basic:
    """The transpose, with deep sums left whole: pushed to the leaves, it would walk the tree."""
    if isinstance(matrix, (MatAdd, HadamardProduct)) and all(map(_is_flat, matrix.args)):
        make = add if isinstance(matrix, MatAdd) else hadamard
        return make(*map(_transpose_term, matrix.args))
    if isinstance(matrix, Transpose):
        return matrix.args[0]
    if isinstance(matrix, MatMul):
        scalars = [a for a in matrix.args if not is_matrix(a)]
        matrices = [_transpose_term(a) for a in reversed(matrix.args) if is_matrix(a)]
        return multiply(*scalars, *matrices)
    if isinstance(matrix, MatPow):
        return power(_transpose_term(matrix.args[0]), matrix.args[1])
    if isinstance(matrix, HadamardPower):  # SymPy's own forgets the exponent
        return hadamard_power(*(_transpose_term(a) if is_matrix(a) else a for a in matrix.args))
    if isinstance(matrix, KroneckerProduct):
        return kronecker(*map(_transpose_term, matrix.args))
    if isinstance(matrix, (ZeroMatrix, OneMatrix)):
        return matrix.func(*shape(matrix)[::-1])
    if isinstance(matrix, (Identity, DiagMatrix, SymmetrizerMatrix, Unvech)):
        return matrix
    if isinstance(matrix, (CommutationMatrix, LowerOnes, MatrixUnit)):
        return matrix._eval_transpose()
    if facts := facts_about(matrix):
        if "symmetric" in facts:
            return matrix
        if "skew" in facts:
            return scale(S.NegativeOne, matrix)
    if isinstance(matrix, DiagonalMatrix) and same_size(*shape(matrix)):
        return matrix
    if isinstance(matrix, MatrixSum):
        return new(MatrixSum, transpose(matrix.body), matrix.limits)
    if isinstance(matrix, FunctionMatrix):
        rows, cols, entries = matrix.args
        (i, j), body = entries.args
        return new(FunctionMatrix, cols, rows, Lambda((j, i), body))
    if isinstance(matrix, MatrixBase):
        return matrix.T
    return new(Transpose, matrix)


def _is_flat(term: Basic) -> bool:
    """Whether a term is a product of leaves, their transposes, powers and Kronecker products."""
    factors = factors_of(term)
    return all(not is_matrix(f) or isinstance(f, Transpose) or _is_leaf(f) or (
        isinstance(f, (MatPow, KroneckerProduct)) and all(
            _is_leaf(a) for a in f.args if is_matrix(a))) for f in factors)


def _is_leaf(matrix: Basic) -> bool:
    """A matrix symbol or a slice of one, a constant or diagonal matrix, and the vec of such."""
    if isinstance(matrix, DiagMatrix):
        return True
    if isinstance(matrix, (MatrixSlice, Transpose, Vec)):
        matrix = matrix.args[0]
    return isinstance(matrix, MatrixSymbol) or not any(map(is_matrix, matrix.args))


@constructs(Trace)
def trace(matrix: Basic) -> Expr:
    """The trace of a square matrix as a scalar; of a 1x1 matrix, its entry."""
    if isinstance(matrix, MatAdd):
        return Add(*map(trace, matrix.args))
    c, core = split_scalar(matrix)
    if isinstance(core, Transpose):
        core = core.args[0]
    if isinstance(core, ZeroMatrix) or "skew" in facts_about(core):
        return S.Zero
    if isinstance(core, Identity):
        return c*shape(core)[0]
    if isinstance(core, MatrixBase):
        return c*core.trace()
    if isinstance(core, ConstantMatrix) and (known := core._eval_trace()) is not None:
        return c*known
    if (vecs := _inner_product_of_vecs(core)) is not None:
        return c*inner(*vecs)  # vec(A)'vec(B) = tr(A'B)
    if _is_kronecker_of_squares(core):
        return c*Mul(*map(trace, core.args))
    if is_scalar_shape(shape(core)):
        if isinstance(core, OneMatrix):
            return c
        if isinstance(core, MatPow):
            return c*trace(core.args[0])**core.args[1]
        if isinstance(core, ElementwiseApplyFunction):
            return c*core.args[0](trace(core.args[1]))
        if isinstance(core, HadamardProduct):
            return c*Mul(*map(trace, core.args))
        if isinstance(core, HadamardPower):
            return c*Pow(*(trace(a) if is_matrix(a) else a for a in core.args))
    return c*new(Trace, core)


def _inner_product_of_vecs(matrix: Basic) -> tuple[Basic, Basic] | None:
    """``A, B`` of one shape for ``vec(A)'vec(B)``; vecs of other shapes may be as long."""
    if isinstance(matrix, MatMul) and len(matrix.args) == 2:
        left, right = matrix.args
        if isinstance(left, Transpose) and isinstance(left.args[0], Vec) \
                and isinstance(right, Vec) \
                and same_shape(shape(left.args[0].arg), shape(right.arg)):
            return left.args[0].arg, right.arg
    return None


def inner(left: Basic, right: Basic) -> Expr:
    """The Frobenius inner product ``tr(left.T*right)``."""
    c, core = split_scalar(left)
    if isinstance(core, MatrixUnit):
        return c*entry(right, *core.args[2:])
    if isinstance(core, Identity):
        return c*trace(right)
    return trace(multiply(_transpose_term(left), right))  # sums stay whole: r.T*r of one r


@constructs(Determinant)
def determinant(matrix: Basic) -> Expr:
    """The determinant of a square matrix."""
    if isinstance(matrix, Transpose):
        matrix = matrix.args[0]
    if isinstance(matrix, Identity):
        return S.One
    if is_scalar_shape(shape(matrix)):
        return trace(matrix)
    if isinstance(matrix, ConstantMatrix) and (known := matrix._eval_determinant()) is not None:
        return known
    if _is_kronecker_of_squares(matrix):  # |A⊗B| = |A|ⁿ|B|ᵐ for A m×m and B n×n
        size = shape(matrix)[0]
        return Mul(*(determinant(a)**(size/shape(a)[0]) for a in matrix.args))
    return new(Determinant, matrix)


def entry(matrix: Basic, i: Expr, j: Expr) -> Expr:
    """The entry ``[i, j]``, read through sums and scalar factors only; -1 is the last."""
    i, j = (k + size if k.is_Integer and k < 0 else k
            for k, size in zip((i, j), shape(matrix), strict=True))
    if isinstance(matrix, MatAdd):
        return Add(*(entry(a, i, j) for a in matrix.args))
    c, core = split_scalar(matrix)
    if isinstance(core, ZeroMatrix):
        return S.Zero
    if isinstance(core, OneMatrix):
        return c
    if isinstance(core, MatAdd):
        return c*entry(core, i, j)
    if isinstance(core, Identity):
        return c*KroneckerDelta(i, j, (0, core.args[0] - 1))  # as SymPy writes it
    if isinstance(core, Transpose):
        return c*entry(core.args[0], j, i)
    if isinstance(core, MatrixUnit):
        return c*KroneckerDelta(i, core.args[2])*KroneckerDelta(j, core.args[3])
    if isinstance(core, MatrixBase) and i.is_Integer and j.is_Integer:
        return c*core[i, j]
    return c*new(MatrixElement, core, i, j)


# --- elementwise ------------------------------------------------------------------------


@constructs(HadamardProduct)
def hadamard(*factors: Basic) -> Basic:
    """The elementwise product; factors of ones fall away."""
    scalars, matrices = [], []
    for factor in factors:
        c, core = split_scalar(factor)
        scalars.append(c)
        matrices.extend(core.args if isinstance(core, HadamardProduct) else [core])
    coefficient = Mul(*scalars)
    size = shape(matrices[0])
    if coefficient == 0 or any(isinstance(m, ZeroMatrix) for m in matrices):
        return ZeroMatrix(*size)
    matrices = [m for m in matrices if not isinstance(m, OneMatrix)] or [OneMatrix(*size)]
    return scale(coefficient,
                 matrices[0] if len(matrices) == 1 else new(HadamardProduct, *matrices))


@constructs(HadamardPower)
def hadamard_power(base: Basic, exponent: Basic) -> Basic:
    """``base`` to ``exponent`` entry by entry; either may be a scalar, but not both."""
    size = shape(base) or shape(exponent)
    if isinstance(exponent, ZeroMatrix) or (not is_matrix(exponent) and exponent.is_zero):
        return OneMatrix(*size)
    if isinstance(exponent, OneMatrix) or exponent == 1:
        return base if is_matrix(base) else scale(base, OneMatrix(*size))
    if isinstance(base, OneMatrix) or base == 1:
        return OneMatrix(*size)
    if is_matrix(base) and not is_matrix(exponent) and exponent.is_integer:
        scalar, core = split_scalar(base)
        if scalar == -1:  # of a skew matrix, transposed
            return scale(scalar**exponent, new(HadamardPower, core, exponent))
    return new(HadamardPower, base, exponent)


@constructs(ElementwiseApplyFunction)
def elementwise(function: Lambda, matrix: Basic) -> Basic:
    """``function`` of every entry; a constant function gives a multiple of ones."""
    (z,), body = function.signature, function.expr  # Lambda(z, z) has no args
    if body == z:
        return matrix
    # one name for the bound symbol, so that equal functions are equal nodes
    own = argument_symbol(body.atoms(Dummy) - {z})
    if own != z:
        body = body.xreplace({z: own})
        z, function = own, Lambda((own,), body)
    if z not in body.free_symbols:
        return scale(body, OneMatrix(*shape(matrix)))
    if isinstance(matrix, (ZeroMatrix, OneMatrix)):
        value = function(S.Zero if isinstance(matrix, ZeroMatrix) else S.One)
        return scale(value, OneMatrix(*shape(matrix)))
    if _is_turned(matrix):
        # SymPy writes f(Wx)' as f(x'W'), and the two have to be known as one another's transpose
        return new(Transpose, new(ElementwiseApplyFunction, function, transpose(matrix)))
    return new(ElementwiseApplyFunction, function, matrix)


def _is_turned(matrix: Basic) -> bool:
    """Whether a matrix is visibly the transpose of a simpler one."""
    if isinstance(matrix, (MatAdd, MatMul, HadamardProduct)):
        return all(_is_turned(a) for a in matrix.args if is_matrix(a))
    return isinstance(matrix, Transpose) and not isinstance(
        matrix.args[0], (MatAdd, MatMul, HadamardProduct))


# --- Kronecker, diag, blocks, vec -------------------------------------------------------


@constructs(KroneckerProduct)
def kronecker(*factors: Basic) -> Basic:
    """The Kronecker product; 1x1 factors become scalars, neighbouring identities merge."""
    scalars: list[Expr] = []
    matrices: list[Basic] = []
    for factor in factors:
        c, core = split_scalar(factor)
        scalars.append(c)
        for f in core.args if isinstance(core, KroneckerProduct) else [core]:
            if is_scalar_shape(shape(f)):
                scalars.append(trace(f))
            elif matrices and isinstance(f, Identity) and isinstance(matrices[-1], Identity):
                matrices[-1] = Identity(shape(matrices[-1])[0]*shape(f)[0])
            elif matrices and (outer := _outer_product(matrices[-1], f)) is not None:
                matrices[-1] = outer
            else:
                matrices.append(f)
    coefficient = Mul(*scalars)
    if not matrices:
        return scale(coefficient, Identity(S.One))
    rows, cols = (Mul(*(shape(m)[k] for m in matrices)) for k in (0, 1))
    if coefficient == 0 or any(isinstance(m, ZeroMatrix) for m in matrices):
        return ZeroMatrix(rows, cols)
    return scale(coefficient,
                 matrices[0] if len(matrices) == 1 else new(KroneckerProduct, *matrices))


def _outer_product(left: Basic, right: Basic) -> Basic | None:
    """``b⊗a' = a'⊗b = b*a'`` for columns a and b (M&N 2.2)."""
    if is_one(shape(left)[1]) and is_one(shape(right)[0]):
        return multiply(left, right)
    if is_one(shape(left)[0]) and is_one(shape(right)[1]):
        return multiply(right, left)
    return None


def _is_kronecker_of_squares(matrix: Basic) -> bool:
    return isinstance(matrix, KroneckerProduct) and all(
        same_size(*shape(factor)) for factor in matrix.args)


@constructs(DiagMatrix)
def diag(column: Basic) -> Basic:
    """The diagonal matrix of a column, or of a row, which SymPy takes as well."""
    if is_one(shape(column)[0]) and not is_one(shape(column)[1]):
        column = transpose(column)
    c, core = split_scalar(column)
    n = shape(core)[0]
    if isinstance(core, ZeroMatrix):
        return ZeroMatrix(n, n)
    if isinstance(core, OneMatrix):
        return scale(c, Identity(n))
    if is_one(n):
        return column
    node = new(DiagMatrix, core)
    # SymPy's constructor sets these, after walking the tree for the shape
    node._iscolumn, node._shape, node._vector = True, (n, n), core
    return scale(c, node)


@constructs(DiagonalOf)
def diagonal_of(matrix: Basic) -> Basic:
    """The diagonal of a square matrix as a column."""
    c, core = split_scalar(matrix)
    n = shape(core)[0]
    if isinstance(core, ZeroMatrix) or "skew" in facts_about(core):
        return ZeroMatrix(n, S.One)
    if isinstance(core, (Identity, OneMatrix)):
        return scale(c, OneMatrix(n, S.One))
    if isinstance(core, DiagMatrix):
        return scale(c, core.args[0])
    if (thin := _thin_split(core)) is not None:  # diag(u*v.T) = u∘v
        return scale(c, hadamard(thin[0], transpose(thin[1])))
    if isinstance(core, MatrixBase):
        return c*ImmutableDenseMatrix(core.diagonal().T)
    return scale(c, new(DiagonalOf, core))


def _thin_split(product: Basic) -> tuple[Basic, Basic] | None:
    """``u, v.T`` where a product is as thin as a column times a row at some place."""
    if isinstance(product, MatMul):
        for k, factor in enumerate(product.args[1:], start=1):
            if is_one(shape(factor)[0]):
                return multiply(*product.args[:k]), multiply(*product.args[k:])
    return None


Range = tuple[Expr, Expr, Expr]  # start, stop, step, as MatrixSlice keeps them


def matrix_slice(matrix: Basic, rows: Range, cols: Range) -> Basic:
    """The rows and columns of the ranges; slices of slices become one."""
    size = shape(matrix)
    if all(start == 0 and step == 1 and same_size(stop, n)
           for (start, stop, step), n in zip((rows, cols), size, strict=True)):
        return matrix
    if isinstance(matrix, MatrixSlice):
        # SymPy's own composition fails on symbolic sizes
        outer_rows, outer_cols = matrix.args[1:]
        return matrix_slice(matrix.args[0], _compose(outer_rows, rows), _compose(outer_cols, cols))
    if isinstance(matrix, Identity) and tuple(rows) == tuple(cols) and rows[2] == 1:
        return Identity(rows[1] - rows[0])
    if isinstance(matrix, Identity) and rows[2] == cols[2] == 1 and any(
            (one[1] - other[0]).is_nonpositive for one, other in ((rows, cols), (cols, rows))):
        return ZeroMatrix(rows[1] - rows[0], cols[1] - cols[0])
    node = new(MatrixSlice, matrix, Tuple(*rows), Tuple(*cols))
    if isinstance(matrix, (ZeroMatrix, OneMatrix)):
        return matrix.func(*shape(node))
    return node


def _compose(outer: Sequence[Expr], within: Range) -> Range:
    start, _, step = outer
    return start + within[0]*step, start + within[1]*step, step*within[2]


@constructs(Vec)
def vec(matrix: Basic) -> Basic:
    """The columns of a matrix in one column."""
    if isinstance(matrix, MatrixBase):
        return ImmutableDenseMatrix(matrix.T.reshape(matrix.rows*matrix.cols, 1))
    c, core = split_scalar(matrix)
    m, n = shape(core)
    if is_one(n):
        return matrix
    if is_one(m):
        return transpose(matrix)
    if isinstance(core, (ZeroMatrix, OneMatrix)):
        return scale(c, core.func(m*n, S.One))
    if isinstance(core, Unvec):
        return scale(c, core.arg)
    if (thin := _thin_split(core)) is not None:  # vec(a*b.T) = b⊗a
        return scale(c, kronecker(transpose(thin[1]), thin[0]))
    return scale(c, new(Vec, core))


@constructs(Unvec)
def unvec(column: Basic, m: Expr, n: Expr) -> Basic:
    """The ``m`` by ``n`` matrix whose vec is the column."""
    c, core = split_scalar(column)
    if is_one(n):
        return column
    if is_one(m):
        return transpose(column)
    if isinstance(core, Vec) and same_shape(shape(core.arg), (m, n)):
        return scale(c, core.arg)
    if isinstance(core, (ZeroMatrix, OneMatrix)):
        return scale(c, core.func(m, n))
    if isinstance(column, MatrixBase) and m.is_Integer and n.is_Integer:
        return ImmutableDenseMatrix(column.reshape(n, m).T)
    if isinstance(core, KroneckerProduct) and len(core.args) == 2:
        right, left = core.args  # b⊗a = vec(a*b.T)
        if is_one(shape(left)[1]) and is_one(shape(right)[1]) and same_size(shape(left)[0], m):
            return scale(c, multiply(left, transpose(right)))
    return scale(c, new(Unvec, core, m, n))


@constructs(Vech)
def vech(matrix: Basic) -> Basic:
    """The lower triangle of a square matrix, column by column."""
    if isinstance(matrix, MatrixBase):
        return Vech(matrix.as_immutable()).as_explicit()
    c, core = split_scalar(matrix)
    n = shape(core)[0]
    if is_one(n):
        return matrix
    if isinstance(core, (ZeroMatrix, OneMatrix)):
        return scale(c, core.func(triangle(n), S.One))
    if isinstance(core, Unvech):
        return scale(c, core.arg)
    return scale(c, Vech(core))


@constructs(Unvech)
def unvech(column: Basic, n: Expr) -> Basic:
    """The symmetric matrix whose vech is the column."""
    c, core = split_scalar(column)
    if is_one(n):
        return column
    if isinstance(core, (ZeroMatrix, OneMatrix)):
        return scale(c, core.func(n, n))
    node = new(Unvech, core, n)
    if isinstance(core, MatrixBase) and n.is_Integer:
        return c*ImmutableDenseMatrix(node.as_explicit())
    return scale(c, node)


@constructs(CommutationMatrix)
def commutation(m: Expr, n: Expr) -> Basic:
    """``K_mn``, which is the identity for rows and columns."""
    return Identity(m*n) if is_one(m) or is_one(n) else CommutationMatrix(m, n)


@constructs(SelectionMatrix)
def selection(rows: Expr, size: Expr, start: Expr, step: Expr) -> Basic:
    """The matrix that selects rows, the identity where it selects all."""
    if start == 0 and step == 1 and same_size(rows, size):
        return Identity(size)
    return SelectionMatrix(rows, size, start, step)


def as_scalar(expr: Basic) -> Expr:
    """A 1x1 matrix expression as the scalar it stands for."""
    return trace(expr) if is_matrix(expr) else expr
