"""The value of an expression, from given matrices, with mpmath."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, singledispatchmethod
from itertools import product
from typing import Any

import mpmath
from mpmath import mp, mpf
from mpmath.libmp import NoConvergence
from sympy import (
    Add,
    Adjoint,
    Determinant,
    Dummy,
    Expr,
    Float,
    Integral,
    KroneckerDelta,
    Mul,
    Number,
    NumberSymbol,
    Piecewise,
    Pow,
    Product,
    Subs,
    Sum,
    Symbol,
    Trace,
    lambdify,
    oo,
)
from sympy.core.basic import Basic
from sympy.core.relational import Relational
from sympy.core.sympify import _sympify
from sympy.logic.boolalg import BooleanAtom, BooleanFunction
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    DiagonalMatrix,
    DotProduct,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    MatrixSlice,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.array import NDimArray
from sympy.tensor.array.expressions.array_expressions import (
    ArrayAdd,
    ArrayContraction,
    ArrayDiagonal,
    ArrayTensorProduct,
    PermuteDims,
    Reshape,
    ZeroArray,
)

from ..expressions.arrays import ArraySum
from ..expressions.constants import (
    CommutationMatrix,
    DiagonalEmbedding,
    MatrixUnit,
    SelectionMatrix,
    SympysUnit,
)
from ..expressions.linear_structures import LinearBasis, LowerOnes
from ..expressions.matrix_sum import MatrixSum
from ..expressions.norm import FROBENIUS, NUCLEAR, Norm
from ..expressions.undefined_functions import FunctionValue
from ..expressions.vec import Unvec, Vec
from ..expressions.vech import (
    DuplicationMatrix,
    EliminationMatrix,
    SymmetrizerMatrix,
    Unvech,
    Vech,
)

Value = Any  # an mpf or an mpmath matrix
Values = Mapping[Basic, Value]


def evaluate(expr: Basic, values: Values) -> Value:
    """
    The value of an expression: an mpf, or an mpmath matrix.

    Examples
    ========

    >>> from mpmath import matrix
    >>> from sympy import MatrixSymbol, Trace
    >>> from sympy_matlayout.numeric import evaluate
    >>> X = MatrixSymbol('X', 2, 2)
    >>> evaluate(Trace(X*X.T), {X: matrix([[1, 2], [3, 4]])})
    mpf('30.0')

    Parameters
    ==========

    expr : a scalar, matrix or array expression; arrays give a ``NumericArray``
    values : numbers for the symbols, mpmath matrices for the MatrixSymbols
    """
    return Evaluation(values).value(expr)


class NumericArray(dict):
    """Numbers by index tuple, with a shape."""

    def __init__(self, shape: tuple[int, ...], entry: Callable[..., Value]):
        self.shape = shape
        super().__init__((index, entry(*index)) for index in product(*map(range, shape)))


class Evaluation:
    """One assignment of values; each node is computed once."""

    def __init__(self, values: Values):
        self.values = dict(values)
        self.known: dict[Basic, Value] = {}

    def value(self, expr: Basic) -> Value:
        if expr not in self.known:
            self.known[expr] = self.values[expr] if expr in self.values else self.compute(expr)
        return self.known[expr]

    def number(self, expr: Basic) -> mpf:
        """The value as a scalar; a 1x1 matrix gives its entry."""
        found = self.value(expr)
        return found[0, 0] if isinstance(found, mpmath.matrix) else found

    def size(self, expr: Basic) -> int:
        found = self.number(_sympify(expr))  # explicit matrices give Python ints
        if found != int(found):
            raise ValueError(f"{expr} = {found} is no whole number")
        return int(found)

    def within(self, more: Values) -> Evaluation:
        return Evaluation({**self.values, **more})

    def _build(self, node: Basic, entry: Callable[[int, int], Value]) -> mpmath.matrix:
        rows, cols = map(self.size, node.shape)
        return matrix_of(rows, cols, entry)

    # --- scalars -------------------------------------------------------------------------

    @singledispatchmethod
    def compute(self, expr: Basic) -> Value:
        if isinstance(expr, MatrixExpr) or not isinstance(expr, Expr):
            raise NotImplementedError(f"no value for {type(expr).__name__}: {expr}")
        return _function(expr.func, len(expr.args))(*map(self.number, expr.args))

    @compute.register(Number)
    @compute.register(NumberSymbol)
    def _(self, expr):
        return mpf(expr._to_mpmath(mp.prec)) if expr.is_finite else mpf(str(expr))

    @compute.register(Symbol)
    @compute.register(MatrixSymbol)
    def _(self, expr):
        raise KeyError(f"no value given for {expr}")

    @compute.register(Add)
    def _(self, expr):
        matrices = [self.value(a) for a in expr.args]
        return sum(m[0, 0] if isinstance(m, mpmath.matrix) else m for m in matrices)

    @compute.register(Mul)
    def _(self, expr):
        found = mpf(1)
        for a in expr.args:
            found *= self.number(a)
        return found

    @compute.register(Pow)
    def _(self, expr):
        return mp.power(*map(self.number, expr.args))

    @compute.register(Piecewise)
    def _(self, expr):
        for value, condition in expr.args:
            if self.value(condition):
                return self.number(value)
        return mp.nan

    @compute.register(Relational)
    def _(self, expr):
        return bool(expr.func(*(Float(self.number(a), mp.dps) for a in expr.args)))

    @compute.register(BooleanAtom)
    def _(self, expr):
        return bool(expr)

    @compute.register(BooleanFunction)
    def _(self, expr):
        return bool(expr.func(*map(self.value, expr.args)))

    @compute.register(Sum)
    def _(self, expr):
        terms, descending = self._terms(expr)
        return -mp.fsum(terms) if descending else mp.fsum(terms)

    @compute.register(Product)
    def _(self, expr):
        factors, descending = self._terms(expr)
        return 1/mp.fprod(factors) if descending else mp.fprod(factors)

    @compute.register(Integral)
    def _(self, expr):
        body, (z, *ends) = expr.args
        return mp.quad(lambda value: self.within({z: value}).number(body),
                       [*map(self.number, ends)])

    def _terms(self, expr: Basic) -> tuple[list[Value], bool]:
        """The values over the last index, and whether its limits descend."""
        body, *limits = expr.args
        if not limits:
            return [self.number(body)], False
        index, lower, upper = limits[-1]
        inner = expr.func(body, *limits[:-1]) if len(limits) > 1 else body
        span, descending = self._span(lower, upper)
        return [self.within({index: mpf(k)}).number(inner) for k in span], descending

    def _span(self, lower: Expr, upper: Expr) -> tuple[range, bool]:
        """What an index runs over; descending limits by Karr's convention."""
        first, last = self.size(lower), self.size(upper)
        return (range(first, last + 1), False) if last >= first else (
            range(last + 1, first), True)

    @compute.register(KroneckerDelta)
    def _(self, expr):
        i, j = map(self.number, expr.args[:2])
        return mpf(i == j)

    @compute.register(Subs)
    def _(self, expr):
        done = expr.doit()
        if isinstance(done, Subs):
            raise NotImplementedError(f"no value for {expr}")
        return self.number(done)

    @compute.register(FunctionValue)
    def _(self, expr):
        return self.number(expr.args[0])

    @compute.register(MatrixElement)
    def _(self, expr):
        matrix, i, j = expr.args
        M = self.value(matrix)
        return M[_place(self.size(i), M.rows), _place(self.size(j), M.cols)]

    @compute.register(Trace)
    def _(self, expr):
        M = self.value(expr.args[0])
        return mp.fsum(M[i, i] for i in range(M.rows))

    @compute.register(Determinant)
    def _(self, expr):
        return mp.det(self.value(expr.args[0]))

    @compute.register(Norm)
    def _(self, expr):
        M, order = self.value(expr.matrix), expr.order
        if order == NUCLEAR or order == 2 and not expr.is_of_vector:
            singular = mp.svd_r(M if M.rows >= M.cols else M.T, compute_uv=False)
            return mp.fsum(singular) if order == NUCLEAR else max(singular)
        sizes = [abs(a) for a in M]
        if order == oo:
            return max(sizes)
        exponent = mpf(2) if order == FROBENIUS else self.number(order)
        return mp.fsum(a**exponent for a in sizes)**(1/exponent)

    @compute.register(DotProduct)
    def _(self, expr):
        u, v = (list(self.value(a)) for a in expr.args)
        return mp.fdot(u, v)

    # --- matrices ------------------------------------------------------------------------

    @compute.register(MatAdd)
    def _(self, expr):
        found, *rest = map(self.value, expr.args)
        for M in rest:
            found = found + M
        return found

    @compute.register(MatMul)
    def _(self, expr):
        found, *rest = map(self.value, expr.args)
        for M in rest:
            found = _times(found, M)
        return found

    @compute.register(MatPow)
    def _(self, expr):
        base, exponent = self.value(expr.args[0]), self.number(expr.args[1])
        if base.rows == 1:
            return mpmath.matrix([[mp.power(base[0, 0], exponent)]])
        if exponent == int(exponent):
            return base**int(exponent)
        try:
            return mp.powm(base, exponent)
        except (TypeError, NoConvergence) as error:  # what mpmath raises on singular matrices
            raise ZeroDivisionError(f"no power {exponent} of a singular matrix") from error

    @compute.register(Transpose)
    @compute.register(Adjoint)
    def _(self, expr):
        return self.value(expr.args[0]).T

    @compute.register(HadamardProduct)
    def _(self, expr):
        factors = [self.value(a) for a in expr.args]
        return self._build(expr, lambda i, j: mp.fprod(M[i, j] for M in factors))

    @compute.register(HadamardPower)
    def _(self, expr):
        base, exponent = map(self.value, expr.args)
        return self._build(expr, lambda i, j: mp.power(_at(base, i, j), _at(exponent, i, j)))

    @compute.register(ElementwiseApplyFunction)
    def _(self, expr):
        function, matrix = expr.args
        (z,), body = function.signature, function.expr
        M = self.value(matrix)
        return matrix_of(M.rows, M.cols, lambda i, j: self.within({z: M[i, j]}).number(body))

    @compute.register(KroneckerProduct)
    def _(self, expr):
        found, *rest = map(self.value, expr.args)
        for M in rest:
            left = found
            found = matrix_of(left.rows*M.rows, left.cols*M.cols,
                            lambda i, j, left=left, M=M: left[i//M.rows, j//M.cols]
                            * M[i % M.rows, j % M.cols])
        return found

    @compute.register(DiagMatrix)
    def _(self, expr):
        return mp.diag(list(self.value(expr.args[0])))

    @compute.register(DiagonalMatrix)
    def _(self, expr):
        M = self.value(expr.args[0])
        return matrix_of(M.rows, M.cols, lambda i, j: M[i, j] if i == j else mpf(0))

    @compute.register(DiagonalOf)
    def _(self, expr):
        M = self.value(expr.args[0])
        return matrix_of(min(M.rows, M.cols), 1, lambda i, j: M[i, i])

    @compute.register(BlockMatrix)
    def _(self, expr):
        blocks = expr.blocks
        rows = []
        for i in range(blocks.rows):
            line = [self.value(blocks[i, j]) for j in range(blocks.cols)]
            rows += [[x for M in line for x in M[k, :]] for k in range(line[0].rows)]
        return mpmath.matrix(rows)

    @compute.register(MatrixSlice)
    def _(self, expr):
        parent, rows, cols = expr.args
        M = self.value(parent)
        (r, _, dr), (s, _, ds) = (tuple(map(self.size, part)) for part in (rows, cols))
        return self._build(expr, lambda i, j: M[r + i*dr, s + j*ds])

    @compute.register(Identity)
    def _(self, expr):
        return self._build(expr, lambda i, j: mpf(i == j))

    @compute.register(ZeroMatrix)
    def _(self, expr):
        return self._build(expr, lambda i, j: mpf(0))

    @compute.register(OneMatrix)
    def _(self, expr):
        return self._build(expr, lambda i, j: mpf(1))

    @compute.register(FunctionMatrix)
    def _(self, expr):
        (i, j), body = expr.args[2].args
        return self._build(
            expr, lambda r, s: self.within({i: mpf(r), j: mpf(s)}).number(body))

    @compute.register(MatrixBase)
    def _(self, expr):
        return matrix_of(expr.rows, expr.cols, lambda i, j: self.number(expr[i, j]))

    @compute.register(SympysUnit or MatrixUnit)
    def _(self, expr):
        row, col = map(self.size, expr.args[2:])
        return self._build(expr, lambda i, j: mpf((i, j) == (row, col)))

    @compute.register(SelectionMatrix)
    def _(self, expr):
        start, step = map(self.size, expr.args[2:])
        return self._build(expr, lambda i, j: mpf(j == start + step*i))

    @compute.register(CommutationMatrix)
    def _(self, expr):
        m, n = map(self.size, expr.args)
        return self._build(expr, lambda r, s: mpf(s == r//n + m*(r % n)))

    @compute.register(DiagonalEmbedding)
    def _(self, expr):
        n = self.size(expr.args[0])
        return self._build(expr, lambda r, s: mpf(r == s*(n + 1)))

    @compute.register(DuplicationMatrix)
    @compute.register(EliminationMatrix)
    @compute.register(SymmetrizerMatrix)
    @compute.register(LinearBasis)
    @compute.register(LowerOnes)
    def _(self, expr):
        M = expr.func(self.size(expr.args[0])).as_explicit()
        return matrix_of(M.rows, M.cols, lambda i, j: mpf(M[i, j].p)/M[i, j].q)

    @compute.register(Vech)
    def _(self, expr):
        M = self.value(expr.arg)
        return mpmath.matrix([[M[i, j]] for j in range(M.cols) for i in range(j, M.rows)])

    @compute.register(Unvech)
    def _(self, expr):
        v, n = self.value(expr.arg), self.size(expr.args[1])
        return self._build(expr, lambda i, j: v[
            [(k, l) for l in range(n) for k in range(l, n)].index((max(i, j), min(i, j))), 0])

    @compute.register(Vec)
    def _(self, expr):
        return vec(self.value(expr.args[0]))

    @compute.register(Unvec)
    def _(self, expr):
        v = self.value(expr.args[0])
        m = self.size(expr.args[1])
        return self._build(expr, lambda i, j: v[i + m*j, 0])

    @compute.register(MatrixSum)
    def _(self, expr):
        body, (index, lower, upper) = expr.args
        found = self._build(expr, lambda i, j: mpf(0))
        span, descending = self._span(lower, upper)
        for k in span:
            found = found + self.within({index: mpf(k)}).value(body)
        return -found if descending else found

    # --- arrays --------------------------------------------------------------------------

    def array(self, expr: Basic) -> NumericArray:
        found = self.value(expr)
        if isinstance(found, mpmath.matrix):
            return NumericArray((found.rows, found.cols), lambda i, j: found[i, j])
        return found

    @compute.register(NDimArray)
    def _(self, expr):
        if not expr.shape:
            return self.number(expr[()])
        return NumericArray(tuple(map(int, expr.shape)), lambda *index: self.number(expr[index]))

    @compute.register(ZeroArray)
    def _(self, expr):
        return NumericArray(tuple(map(self.size, expr.shape)), lambda *index: mpf(0))

    @compute.register(ArrayAdd)
    def _(self, expr):
        terms = [self.array(a) for a in expr.args]
        return NumericArray(terms[0].shape, lambda *index: mp.fsum(t[index] for t in terms))

    @compute.register(ArrayTensorProduct)
    def _(self, expr):
        factors = [self.array(a) if not isinstance(self.value(a), mpf)
                   else NumericArray((), lambda a=a: self.value(a)) for a in expr.args]

        def entry(*index):
            found, start = mpf(1), 0
            for f in factors:
                found *= f[index[start:start + len(f.shape)]]
                start += len(f.shape)
            return found
        return NumericArray(sum((f.shape for f in factors), ()), entry)

    @compute.register(PermuteDims)
    def _(self, expr):
        source, axes = self.array(expr.expr), expr.permutation.array_form

        def entry(*index):
            place = [0]*len(axes)
            for k, axis in enumerate(axes):
                place[axis] = index[k]
            return source[tuple(place)]
        return NumericArray(tuple(source.shape[a] for a in axes), entry)

    @compute.register(ArrayContraction)
    def _(self, expr):
        return self._joined(expr.expr, expr.contraction_indices, summed=True)

    @compute.register(ArrayDiagonal)
    def _(self, expr):
        return self._joined(expr.expr, expr.diagonal_indices, summed=False)

    def _joined(self, expr: Basic, groups: Iterable[Iterable], summed: bool) -> NumericArray:
        """With one index for the axes of a group, which is summed over or comes last."""
        source, groups = self.array(expr), [tuple(map(int, g)) for g in groups]
        gone = {axis for group in groups for axis in group}
        rest = [axis for axis in range(len(source.shape)) if axis not in gone]
        sizes = tuple(source.shape[group[0]] for group in groups)

        def at(index, joint):
            place = dict(zip(rest, index, strict=True))
            for group, k in zip(groups, joint, strict=True):
                place.update(dict.fromkeys(group, k))
            return source[tuple(place[axis] for axis in range(len(source.shape)))]

        kept = tuple(source.shape[axis] for axis in rest)
        if summed:
            return NumericArray(kept, lambda *index: mp.fsum(
                at(index, joint) for joint in product(*map(range, sizes))))
        return NumericArray(kept + sizes, lambda *index: at(index[:len(rest)], index[len(rest):]))

    if ArraySum is not None:
        @compute.register(ArraySum)
        def _(self, expr):
            body, *limits = expr.args
            index, lower, upper = limits[-1]
            inner = expr.func(body, *limits[:-1]) if len(limits) > 1 else body
            span, descending = self._span(lower, upper)
            terms = [self.within({index: mpf(k)}).array(inner) for k in span]
            sign = -1 if descending else 1
            return NumericArray(tuple(map(self.size, expr.shape)),
                                lambda *place: sign*mp.fsum(t[place] for t in terms))

    @compute.register(Reshape)
    def _(self, expr):
        source = self.array(expr.expr)
        flat = iter([source[i] for i in product(*map(range, source.shape))])
        return NumericArray(tuple(map(self.size, expr.shape)), lambda *index: next(flat))


def matrix_of(rows: int, cols: int, entry: Callable[[int, int], Value]) -> mpmath.matrix:
    """The mpmath matrix with these entries."""
    M = mpmath.matrix(rows, cols)
    for i in range(rows):
        for j in range(cols):
            M[i, j] = entry(i, j)
    return M


def _place(index: int, size: int) -> int:
    """The index counted from the front; -1 is the last."""
    if not -size <= index < size:
        raise IndexError(f"no index {index} among {size}")
    return index % size


def _at(M: Value, i: int, j: int) -> Value:
    return M[i, j] if isinstance(M, mpmath.matrix) else M


def _times(left: Value, right: Value) -> Value:
    """A product in which a 1x1 matrix that doesn't fit is a scalar."""
    if isinstance(left, mpmath.matrix) and isinstance(right, mpmath.matrix) \
            and left.cols != right.rows:
        left = left[0, 0] if left.rows == left.cols == 1 else left
        right = right[0, 0] if right.rows == right.cols == 1 else right
    return left*right


@lru_cache(maxsize=512)
def _function(func: type, arity: int) -> Callable[..., Value]:
    """A SymPy function of numbers, by mpmath where that has it."""
    z = [Dummy(f"z{k}") for k in range(arity)]
    try:
        fast = lambdify(z, func(*z), "mpmath")
        fast(*[mpf("0.3")]*arity)
        return fast
    except Exception:  # noqa: BLE001 - any failure means mpmath lacks it
        return lambda *a: mpf(str(func(*(Float(x, mp.dps) for x in a)).evalf(mp.dps)))


def vec(M: Value) -> mpmath.matrix:
    """Column-major vec; a scalar is its own."""
    if not isinstance(M, mpmath.matrix):
        return mpmath.matrix([[M]])
    return mpmath.matrix([[M[i, j]] for j in range(M.cols) for i in range(M.rows)])
