"""
Expressions over entries as operations on whole arrays.

The body of a function applied elementwise, of a sum over indices or of a matrix given by its
entries is computed for all values of its indices at once: each index is an axis, and what
does not depend on it has size 1 there.  ``Sum(X[i, k]*Y[j, k], (k, 0, n - 1))`` for all i and j
is a product of arrays of shape (m, 1, n) and (1, m, n), summed over the last axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Expr, KroneckerDelta, Piecewise, Product, Sum, sympify
from sympy.core.basic import Basic
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or
from sympy.matrices.expressions import FunctionMatrix
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core import limits
from ..core.registry import declared, declares
from .lowering import Args, Lowering, NoOperation
from .operations import Operation, Size

__all__ = ["EntryLowering"]

class EntryLowering:
    """The operations of an expression in symbols that stand for arrays, and in indices."""

    def __init__(self, outside: Lowering, values: Mapping[Basic, Operation],
                 axes: Mapping[Basic, tuple[Size, Size]] | None = None):
        self.outside = outside
        self.graph = outside.graph
        self.values = dict(values)
        self.axes = dict(axes or {})  # index: first value, number of values
        self.bound = {*self.values, *self.axes}
        self._found: dict[Basic, Operation] = {}

    def of(self, expr: Basic) -> Operation:
        if expr not in self._found:
            self._found[expr] = self._lowered(expr)
        return self._found[expr]

    def _lowered(self, expr: Any) -> Operation:
        g = self.graph
        if expr in self.values:
            return self.values[expr]
        if not expr.free_symbols & self.bound:
            found = self.outside.of(expr)
            if found.shape:
                raise NoOperation(expr)
            return found
        if expr in self.axes:
            return self._index(expr)
        if isinstance(expr, MatrixElement):
            return self._entry(expr)
        if isinstance(expr, Piecewise):
            return self._branches(expr)
        if isinstance(expr, KroneckerDelta):
            return self._where(self._compared("Eq", *map(self.of, expr.args[:2])),
                               g.number(1), g.number(0))
        if isinstance(expr, (Relational, And, Or, Not)):
            return self._condition(expr)
        if isinstance(expr, Sum):
            return self._sum(expr)
        if isinstance(expr, Product) or getattr(expr, "bound_symbols", None):
            raise NoOperation(expr)
        args = [self.of(a) for a in expr.args]
        compute = declared("operation", type(expr))
        if compute is None or not isinstance(expr, Expr) or any(
                not isinstance(a, Expr) or getattr(a, "is_Matrix", False) for a in expr.args):
            raise NoOperation(expr)
        return compute(expr, args, self.outside)

    # --- conditions ------------------------------------------------------------------------

    def _branches(self, expr: Piecewise) -> Operation:
        found = self.graph.make("number", data=sympify("nan"))
        pairs: list[Any] = list(expr.args)
        if pairs[-1].cond == True:  # noqa: E712 - SymPy's own truth
            found = self.of(pairs.pop().expr)
        for value, condition in reversed(pairs):
            found = self._where(self._condition(condition), self.of(value), found)
        return found

    def _where(self, condition: Operation, value: Operation, other: Operation) -> Operation:
        return self.graph.entrywise("where", condition, value, other)

    def _condition(self, expr: Any) -> Operation:
        if isinstance(expr, (BooleanTrue, BooleanFalse)):
            raise NoOperation(expr)
        if isinstance(expr, Relational):
            return self._compared(type(expr).__name__, *map(self.of, expr.args))
        if isinstance(expr, (And, Or)):
            first, *rest = map(self._condition, expr.args)
            for condition in rest:
                first = self.graph.entrywise("compare", first, condition,
                                             data=type(expr).__name__)
            return first
        if isinstance(expr, Not):
            return self.graph.entrywise("compare", self._condition(expr.args[0]), data="Not")
        raise NoOperation(expr)

    def _compared(self, relation: str, left: Operation, right: Operation) -> Operation:
        known = {"Equality": "Eq", "Unequality": "Ne", "StrictLessThan": "Lt", "LessThan": "Le",
                 "StrictGreaterThan": "Gt", "GreaterThan": "Ge"}
        return self.graph.entrywise("compare", left, right, data=known.get(relation, relation))

    # --- indices ---------------------------------------------------------------------------

    def _axis(self, index: Basic) -> int:
        return list(self.axes).index(index)

    def _index(self, index: Basic) -> Operation:
        """The values of an index along its axis."""
        first, number = self.axes[index]
        shape = [1]*len(self.axes)
        shape[self._axis(index)] = number
        if number == 1:
            return self.graph.size(first)
        return self.graph.make("range", data=(first, number, self._axis(index)),
                               shape=tuple(shape))

    def _entry(self, expr: MatrixElement) -> Operation:
        """Entries of a matrix along the axes of the indices in its place."""
        parent, *place = expr.args
        if parent.free_symbols & self.bound:
            raise NoOperation(expr)
        matrix = self.outside.of(parent)
        sizes = matrix.shape or (1, 1)
        spans, at = [], []
        for index, size in zip(place, sizes, strict=True):
            start, number, axis = self._span(index, size)
            spans.append((start, 1, number))
            at.append(axis)
        if at[0] is not None and at[0] == at[1]:
            return self._along_diagonal(matrix, spans, at[0])
        if not matrix.shape:
            return matrix
        shape = [1]*len(self.axes)
        for axis, (_, _, number) in zip(at, spans, strict=True):
            if axis is not None:
                shape[axis] = number
        turned = None not in at and at[0] > at[1]
        if all(s == (0, 1, size) for s, size in zip(spans, sizes, strict=True)):
            part = matrix
        elif all(number == 1 for _, _, number in spans):
            return self.graph.make("entry", matrix, data=(spans[0][0], spans[1][0]))
        else:
            part = self.graph.make("slice", matrix, data=tuple(spans),
                                   shape=tuple(number for _, _, number in spans))
        if turned:
            part = self.graph.transpose(part)
        if len(self.axes) == 2 and tuple(shape) == part.shape:
            return part
        return self.graph.reshape(part, tuple(shape))

    def _span(self, index: Any, size: Size) -> tuple[Size, Size, int | None]:
        """Where along an axis, how many, and along which index."""
        indices = [i for i in self.axes if index.has(i)]
        if index.free_symbols & self.values.keys() or len(indices) > 1:
            raise NoOperation(index)
        if not indices:
            start, number, axis = self.outside.size(index), 1, None
        else:
            (i,) = indices
            shift = index - i
            if shift.has(i):
                raise NoOperation(index)
            first, number = self.axes[i]
            start = self.outside.size(sympify(first) + shift)
            axis = self._axis(i)
        inside = sympify(size - start - number)
        if not (sympify(start).is_nonnegative and inside.is_nonnegative):
            raise NoOperation(index)
        return start, number, axis

    def _along_diagonal(self, matrix: Operation, spans: list, axis: int) -> Operation:
        start, _, number = spans[0]
        if spans[0] != spans[1] or start != 0 or not matrix.shape or number != matrix.shape[0] \
                or matrix.shape[0] != matrix.shape[1]:
            raise NoOperation(matrix)
        shape = [1]*len(self.axes)
        shape[axis] = number
        column = self.graph.diagonal_of(matrix)
        return column if tuple(shape) == column.shape else self.graph.reshape(column, tuple(shape))

    def _sum(self, expr: Sum) -> Operation:
        """A sum within: its indices are further axes, which are summed over."""
        axes = dict(self.axes)
        for limit in reversed(expr.limits):
            axes[limit[0]] = self.span_of(limit)
        if len(axes) < len(self.axes) + len(expr.limits):
            raise NoOperation(expr)
        if any(v.shape for v in self.values.values()) and self.values:
            raise NoOperation(expr)
        _check_entries(expr, axes)
        inside = EntryLowering(self.outside, self.values, axes)
        found = inside.of(expr.function)
        return self.graph.summed_axes(found, [n for _, n in axes.values()], len(self.axes))

    def span_of(self, limit: Any) -> tuple[Size, Size]:
        if len(limit) != 3 or any(end.free_symbols & self.bound for end in limit[1:]):
            raise NoOperation(limit)
        first, last = (self.outside.size(end) for end in limit[1:])
        number = self.outside.size(sympify(last) - sympify(first) + 1)
        if not sympify(number).is_nonnegative:
            raise NoOperation(limit)
        return first, number


def _check_entries(expr: Basic, axes: Mapping[Any, tuple[Size, Size]]) -> None:
    entries = 1
    for _, number in axes.values():
        entries *= number if isinstance(number, int) else 1
    if entries > limits.ENTRIES_AT_ONCE:
        raise NoOperation(expr)


@declares("operation", ElementwiseApplyFunction)
def operation_of_function_of_entries(node: Any, args: Args, at: Lowering) -> Operation:
    function, _ = node.args
    (z,) = function.signature
    return EntryLowering(at, {z: args[-1]}).of(function.expr)


@declares("operation", Sum)
def operation_of_sum_over_indices(node: Any, args: Args, at: Lowering) -> Operation:
    return EntryLowering(at, {})._sum(node)


@declares("operation", FunctionMatrix)
def operation_of_matrix_by_entries(node: Any, args: Args, at: Lowering) -> Operation:
    i, j = node.lamda.signature
    rows, cols = map(at.size, node.shape)
    if i == j:
        raise NoOperation(node)
    axes: dict[Any, tuple[Size, Size]] = {i: (0, rows), j: (0, cols)}
    _check_entries(node, axes)
    return EntryLowering(at, {}, axes).of(node.lamda.expr)
