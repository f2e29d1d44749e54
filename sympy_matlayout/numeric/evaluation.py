"""The value of an expression, from given matrices, with mpmath."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from functools import singledispatchmethod
from itertools import product as indices
from math import prod
from typing import Any

import mpmath
from mpmath import mp, mpf
from sympy import (
    Add,
    Adjoint,
    Derivative,
    Determinant,
    Eq,
    Expr,
    Ge,
    Gt,
    Integral,
    KroneckerDelta,
    Le,
    Lt,
    Mul,
    Ne,
    Number,
    NumberSymbol,
    Piecewise,
    Pow,
    Product,
    Rational,
    Subs,
    Sum,
    Symbol,
    Trace,
    oo,
)
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
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

from ..core import limits
from ..core.caches import cached
from ..core.errors import DerivativeNotImplementedError
from ..nodes.array_nodes import ArraySum
from ..nodes.constants import (
    CommutationMatrix,
    DiagonalEmbedding,
    MatrixUnit,
    SelectionMatrix,
    SympysUnit,
)
from ..nodes.linear_structures import LinearBasis, LowerOnes
from ..nodes.matrix_sum import MatrixSum
from ..nodes.norm import FROBENIUS, NUCLEAR, Norm
from ..nodes.undefined_functions import FunctionValue
from ..nodes.vec import Unvec, Vec
from ..nodes.vech import (
    DuplicationMatrix,
    EliminationMatrix,
    SymmetrizerMatrix,
    Unvech,
    Vech,
)
from .account import Account, NoSuchIndex, NotReal, NotWhole, is_real, reaching_no_value
from .linear_algebra import (
    determinant,
    kronecker,
    matrix_of,
    power,
    product,
    singular_values,
    total,
)
from .scalar_functions import OF_COMPLEX, OF_REAL, as_number, function_value, number_of, side

__all__ = ["Evaluation", "NumericArray", "Value", "Values", "entries_of", "evaluate", "vec"]

# Costs in multiplications: of a node at all, of eigenvalues, of an entry that SymPy computes.
NODE, SPECTRUM, EXPLICIT = 5, 50, 10
COMPARED = {Gt: operator.gt, Ge: operator.ge, Lt: operator.lt, Le: operator.le}

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

    Raises
    ======

    ArgumentError : sizes are too large to compute with every number
    DerivativeNotImplementedError : a part has no value, as an undefined function
    """
    return Evaluation(values, Account(limits.WORK)).value(expr)


class NumericArray(dict):
    """Numbers by index tuple, with a shape."""

    def __init__(self, shape: tuple[int, ...], entry: Callable[..., Value]):
        self.shape = shape
        super().__init__((index, entry(*index)) for index in indices(*map(range, shape)))


class Evaluation:
    """
    One assignment of values; each node is computed once.

    Everything is real unless a value that is given is complex: what becomes complex on the
    way, as the logarithm of a negative number, is noted in the account, and a norm, an
    absolute value or a comparison of it has no value.
    """

    def __init__(self, values: Values, account: Account | None = None):
        self.values = dict(values)
        self.known: dict[Basic, Value] = {}
        self.account = account or Account()

    def value(self, expr: Basic) -> Value:
        if expr not in self.known:
            self.account.spend(NODE, expr)
            self.known[expr] = self.values[expr] if expr in self.values else self.compute(expr)
        return self.known[expr]

    def number(self, expr: Basic) -> mpf:
        """The value as a scalar; a 1x1 matrix gives its entry."""
        found = self.value(expr)
        return found[0, 0] if isinstance(found, mpmath.matrix) else found

    def size(self, expr: Basic) -> int:
        found = self.number(_sympify(expr))  # explicit matrices give Python ints
        if not is_real(found) or found != int(found.real):
            raise NotWhole(f"{expr} = {mp.nstr(found, 6)} is no whole number")
        return int(found.real)

    def within(self, more: Values) -> Evaluation:
        return Evaluation({**self.values, **more}, self.account)

    def _build(self, node: Basic, entry: Callable[[int, int], Value]) -> mpmath.matrix:
        return self._matrix(node, *map(self.size, node.shape), entry)

    def _matrix(self, node: Basic, rows: int, cols: int,
                entry: Callable[[int, int], Value]) -> mpmath.matrix:
        self.account.spend(rows*cols, node)
        return matrix_of(rows, cols, entry)

    def _array(self, node: Basic, sizes: tuple[int, ...],
               entry: Callable[..., Value]) -> NumericArray:
        self.account.spend(prod(sizes), node)
        return NumericArray(sizes, entry)

    def _times(self, node: Basic, left: Value, right: Value) -> Value:
        """A product in which a 1x1 matrix that doesn't fit is a scalar."""
        if isinstance(left, mpmath.matrix) and isinstance(right, mpmath.matrix):
            if left.cols == right.rows:
                self.account.spend(left.rows*right.cols, node)
                self.account.spend(sum(1 for a in left if a)*right.cols, node)
                return product(left, right)
            left = left[0, 0] if left.rows == left.cols == 1 else left
            right = right[0, 0] if right.rows == right.cols == 1 else right
        return left*right

    def _noted(self, node: Basic, found: Value, *given: Value) -> Value:
        """What was found, with a note where it is complex and what it is made of is not."""
        if not _all_real(found) and all(map(_all_real, given)):
            self.account.complex_nodes.append(node)
        return found

    def _real(self, node: Basic, expr: Basic) -> Value:
        """The value of a part that has to be real, unless a symbol in it is declared complex."""
        found = self.value(expr)
        if _all_real(found):
            return found.apply(mp.re) if isinstance(found, mpmath.matrix) else found.real
        if isinstance(node, OF_REAL) or not any(
                not _all_real(self.values[s]) for s in expr.free_symbols if s in self.values):
            raise NotReal(f"{expr} is not real in {node}")
        return found

    # --- scalars -------------------------------------------------------------------------

    @singledispatchmethod
    def compute(self, expr: Basic) -> Value:
        if isinstance(expr, MatrixExpr):
            return self._build(expr, lambda i, j: self._entry(expr, i, j))
        if not isinstance(expr, Expr) or isinstance(expr, (AppliedUndef, Derivative)):
            raise DerivativeNotImplementedError(
                f"{expr} ({type(expr).__name__}) has no value by numbers; put a known function or "
                "a symbol in its place")
        if not expr.args:
            return as_number(number_of(expr))
        given = [self._real(expr, a) if isinstance(expr, (*OF_REAL, *OF_COMPLEX))
                 else self.number(a) for a in expr.args]
        given = [g[0, 0] if isinstance(g, mpmath.matrix) else g for g in given]
        if all(map(is_real, given)) and (chosen := side(expr.func, given)) is not None:
            self.account.branches.add((expr, chosen))
        return self._noted(expr, function_value(expr.func, given), *given)

    def _entry(self, expr: MatrixExpr, i: int, j: int) -> Value:
        """An entry as the class itself gives it."""
        entry = expr[i, j]
        if entry.has(expr):
            raise DerivativeNotImplementedError(
                f"{expr} ({type(expr).__name__}) has no value by numbers; put a known matrix or a "
                "MatrixSymbol in its place")
        return self.number(entry)

    @compute.register(Number)
    @compute.register(NumberSymbol)
    def _(self, expr):
        return as_number(number_of(expr))

    @compute.register(Symbol)
    @compute.register(MatrixSymbol)
    def _(self, expr):
        raise KeyError(f"no value given for {expr}")

    @compute.register(Add)
    def _(self, expr):
        return mp.fsum(map(self.number, expr.args))

    @compute.register(Mul)
    def _(self, expr):
        found = mpf(1)
        for a in expr.args:
            found *= self.number(a)
        return found

    @compute.register(Pow)
    def _(self, expr):
        given = list(map(self.number, expr.args))
        return self._noted(expr, as_number(reaching_no_value(mp.power, *given)), *given)

    @compute.register(Piecewise)
    def _(self, expr):
        for k, (value, condition) in enumerate(expr.args):
            if self.value(condition):
                self.account.branches.add((expr, k))
                return self.number(value)
        return mp.nan

    @compute.register(Relational)
    def _(self, expr):
        sides = [self._real(expr, a) for a in expr.args]
        if isinstance(expr, (Eq, Ne)):
            return (sides[0] == sides[1]) is isinstance(expr, Eq)
        return COMPARED[type(expr)](*sides)

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
        return reaching_no_value(
            mp.quad, lambda value: self.within({z: value}).number(body), [*map(self.number, ends)])

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
            raise DerivativeNotImplementedError(f"{expr} has no value by numbers")
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
        M = self.value(expr.args[0])
        self.account.spend(M.rows**3//3, expr)
        return determinant(M)

    @compute.register(Norm)
    def _(self, expr):
        M, order = self._real(expr, expr.matrix), expr.order
        if order == NUCLEAR or order == 2 and not expr.is_of_vector:
            self.account.spend(SPECTRUM*M.rows*M.cols*min(M.rows, M.cols), expr)
            singular = singular_values(M)
            return mp.fsum(singular) if order == NUCLEAR else max(singular)
        sizes = [abs(a) for a in M]
        if order == 1 and all(map(is_real, M)):
            self.account.branches.update((expr, mp.sign(a)) for a in M)
        if order == oo:
            self.account.branches.add((expr, sizes.index(max(sizes))))
            return max(sizes)
        if order == FROBENIUS or order == 2:
            return mp.sqrt(mp.fsum(a*a for a in sizes))
        exponent = self._real(expr, order)
        return reaching_no_value(lambda: mp.fsum(a**exponent for a in sizes)**(1/exponent))

    @compute.register(DotProduct)
    def _(self, expr):
        u, v = (list(self.value(a)) for a in expr.args)
        return mp.fdot(u, v)

    # --- matrices ------------------------------------------------------------------------

    @compute.register(MatAdd)
    def _(self, expr):
        return total(list(map(self.value, expr.args)))

    @compute.register(MatMul)
    def _(self, expr):
        found, *rest = map(self.value, expr.args)
        for M in rest:
            found = self._times(expr, found, M)
        return found

    @compute.register(MatPow)
    def _(self, expr):
        base, exponent = self.value(expr.args[0]), self.number(expr.args[1])
        self.account.spend((1 if mp.isint(exponent) else SPECTRUM)*base.rows**3, expr)
        return self._noted(expr, power(base, exponent), base, exponent)

    @compute.register(Transpose)
    def _(self, expr):
        return self.value(expr.args[0]).T

    @compute.register(Adjoint)
    def _(self, expr):
        return self._real(expr, expr.args[0]).T.apply(mp.conj)

    @compute.register(HadamardProduct)
    def _(self, expr):
        factors = [self.value(a) for a in expr.args]
        return self._build(expr, lambda i, j: mp.fprod(M[i, j] for M in factors))

    @compute.register(HadamardPower)
    def _(self, expr):
        base, exponent = map(self.value, expr.args)
        return self._noted(expr, self._build(expr, lambda i, j: as_number(
            reaching_no_value(mp.power, _at(base, i, j), _at(exponent, i, j)))), base, exponent)

    @compute.register(ElementwiseApplyFunction)
    def _(self, expr):
        function, matrix = expr.args
        (z,), body = function.signature, function.expr
        M = self.value(matrix)
        return self._matrix(expr, M.rows, M.cols,
                            lambda i, j: self.within({z: M[i, j]}).number(body))

    @compute.register(KroneckerProduct)
    def _(self, expr):
        found, *rest = map(self.value, expr.args)
        for M in rest:
            self.account.spend(found.rows*M.rows*found.cols*M.cols, expr)
            found = kronecker(found, M)
        return found

    @compute.register(DiagMatrix)
    def _(self, expr):
        entries = list(self.value(expr.args[0]))
        return self._build(expr, lambda i, j: entries[i] if i == j else mpf(0))

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
        rows, cols = map(self.size, expr.shape)
        self.account.spend(EXPLICIT*rows*cols, expr)
        found = mpmath.matrix(rows, cols)
        for place, entry in _nonzero_entries(expr.func(self.size(expr.args[0]))):
            found[place] = mpf(entry.p)/entry.q
        return found

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
        return found if isinstance(found, NumericArray) else NumericArray((), lambda: found)

    @compute.register(NDimArray)
    def _(self, expr):
        if not expr.shape:
            return self.number(expr[()])
        return self._array(expr, tuple(map(int, expr.shape)),
                           lambda *index: self.number(expr[index]))

    @compute.register(ZeroArray)
    def _(self, expr):
        return self._array(expr, tuple(map(self.size, expr.shape)), lambda *index: mpf(0))

    @compute.register(ArrayAdd)
    def _(self, expr):
        terms = [self.array(a) for a in expr.args]
        return self._array(expr, terms[0].shape, lambda *index: mp.fsum(t[index] for t in terms))

    @compute.register(ArrayTensorProduct)
    def _(self, expr):
        factors = [self.array(a) for a in expr.args]

        def entry(*index):
            found, start = mpf(1), 0
            for f in factors:
                found *= f[index[start:start + len(f.shape)]]
                start += len(f.shape)
            return found
        return self._array(expr, sum((f.shape for f in factors), ()), entry)

    @compute.register(PermuteDims)
    def _(self, expr):
        source, axes = self.array(expr.expr), expr.permutation.array_form

        def entry(*index):
            place = [0]*len(axes)
            for k, axis in enumerate(axes):
                place[axis] = index[k]
            return source[tuple(place)]
        return self._array(expr, tuple(source.shape[a] for a in axes), entry)

    @compute.register(ArrayContraction)
    def _(self, expr):
        return self._joined(expr, expr.contraction_indices, summed=True)

    @compute.register(ArrayDiagonal)
    def _(self, expr):
        return self._joined(expr, expr.diagonal_indices, summed=False)

    def _joined(self, expr: Basic, groups: Iterable[Iterable], summed: bool) -> NumericArray:
        """With one index for the axes of a group, which is summed over or comes last."""
        source, groups = self.array(expr.expr), [tuple(map(int, g)) for g in groups]
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
            return self._array(expr, kept, lambda *index: mp.fsum(
                at(index, joint) for joint in indices(*map(range, sizes))))
        return self._array(expr, kept + sizes,
                           lambda *index: at(index[:len(rest)], index[len(rest):]))

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
        flat = iter([source[i] for i in indices(*map(range, source.shape))])
        return self._array(expr, tuple(map(self.size, expr.shape)), lambda *index: next(flat))


def _place(index: int, size: int) -> int:
    """The index counted from the front; -1 is the last."""
    if not -size <= index < size:
        raise NoSuchIndex(f"no index {index} among {size}")
    return index % size


def _at(M: Value, i: int, j: int) -> Value:
    return M[i, j] if isinstance(M, mpmath.matrix) else M


@cached(32)
def _nonzero_entries(constant: MatrixExpr) -> list[tuple[tuple[int, int], Rational]]:
    """Of a matrix that is given by its size alone."""
    M = constant.as_explicit()
    return [((i, j), M[i, j]) for i in range(M.rows) for j in range(M.cols) if M[i, j] != 0]


def _all_real(found: Value) -> bool:
    return all(map(is_real, found)) if isinstance(found, mpmath.matrix) else is_real(found)


def entries_of(value: Value) -> list[Value]:
    """The numbers in a value of any kind."""
    if isinstance(value, mpmath.matrix):
        return [entry for row in value.tolist() for entry in row]
    return list(value.values()) if isinstance(value, NumericArray) else [value]


def vec(M: Value) -> mpmath.matrix:
    """Column-major vec; a scalar is its own."""
    if not isinstance(M, mpmath.matrix):
        return mpmath.matrix([[M]])
    return mpmath.matrix([[M[i, j]] for j in range(M.cols) for i in range(M.rows)])
