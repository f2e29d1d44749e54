"""
Index notation as matrix notation.

``Sum(A[i, j]*x[j, 0]*x[i, 0], (i, 0, n - 1), (j, 0, n - 1))`` is read as
``Trace(x.T*A*x)``, as document 003 advises: sums over one index are inner
products, over two they are traces.  What is no contraction of a graph of
indices is left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sympy import (
    Add,
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
    expand,
    preorder_traversal,
)
from sympy.core.basic import Basic
from sympy.core.function import Application, Function
from sympy.core.symbol import Symbol
from sympy.matrices.expressions import FunctionMatrix, Identity, MatrixSlice, OneMatrix
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import ShapeError, VariableError
from ..core.shapes import is_matrix, is_scalar_shape, same_size, shape, show
from ..nodes.norm import Norm
from ..nodes.realness import is_complex
from ..simplify import constructors as c
from ..simplify.contraction import Contraction, NotMatrixNotation
from .samples import contracted, row_norms, summed_rows

Sizes = dict[Any, Expr]  # every live index with the size it runs over


def from_index_notation(node: Any) -> Any:
    """A ``Sum`` or ``FunctionMatrix`` over entries in matrix notation, or as it was."""
    if not _has_entries(node):
        return node
    try:
        if isinstance(node, FunctionMatrix):
            rows, cols, entries = cast(Any, node.args)
            i, j = entries.variables
            return as_matrix(entries.expr, (i, j), {i: rows, j: cols})
        return as_matrix(node, (), {})
    except NotMatrixNotation:
        return node


def _has_entries(expr: Basic) -> bool:
    """Whether entries, or rows and columns, of a matrix stand in it."""
    return any(isinstance(a, (MatrixElement, MatrixSlice)) for a in preorder_traversal(expr))


def sum_of_rows(body: Basic, limit: Any) -> Basic | None:
    """A sum of matrices over their rows in matrix notation, or nothing."""
    index, lower, upper = limit
    size = upper - lower + 1
    if not _has_entries(body) or not _is_positive(size):
        return None
    fresh = Dummy(index.name, integer=True)
    try:
        return summed_rows(
            _shifted(body, index, fresh + lower), fresh, size,
            lambda scalar: as_matrix(scalar, (fresh,), {fresh: size}))
    except NotMatrixNotation:
        return None


def _shifted(body: Basic, index: Symbol, place: Any) -> Basic:
    """The body with another place for its index, which nothing inside it binds."""
    inside = {s for a in preorder_traversal(body) for s in getattr(a, "bound_symbols", ())}
    if inside & ({index} | place.free_symbols):
        raise NotMatrixNotation(body)
    return body.xreplace({index: place})


def with_own_indices(body: Basic, limits: Sequence[Any]) -> tuple[Basic, list[Any]]:
    """
    The body and limits of a sum or product, each index under a name of its own.

    Limits stand inside out: an index is bound in the body and in the limits before
    its own, and a symbol of its name in the others is another one.
    """
    limits = list(limits)
    for k, (index, *ends) in enumerate(limits):
        if any(index in end.free_symbols for end in ends):
            raise VariableError(f"{index} is summed over, and stands in its own limits "
                                f"{' .. '.join(map(str, ends))}; give the bound symbol another "
                                "name")
        if any(index in limit.free_symbols for limit in limits[k + 1:]):
            fresh = Dummy(index.name, integer=True)
            body = body.xreplace({index: fresh})
            limits[:k] = [limit.xreplace({index: fresh}) for limit in limits[:k]]
            limits[k] = Tuple(fresh, *ends)
    return body, limits


def ascending(body: Basic, limits: Sequence[Any]) -> tuple[Basic, list[Any], Expr]:
    """
    A sum or product with no limit that is known to descend, and the sign or exponent of it.

    SymPy's convention (Karr's): from a to b < a - 1 it is the negative sum, or one over the
    product, from b + 1 to a - 1.
    """
    sign, found = S.One, []
    for limit in limits:
        if len(limit) == 3 and (limit[2] - limit[1] + 1).is_negative:
            index, lower, upper = limit
            sign, limit = -sign, Tuple(index, upper + 1, lower - 1)
        found.append(limit)
    return body, found, sign


def as_matrix(expr: Any, free: Sequence[Symbol], sizes: Sizes) -> Any:
    """
    The matrix whose entry at ``free`` is the expression.

    With two free indices a matrix, with one a column, with none a scalar.
    """
    live = _live(expr, sizes)
    if not live <= set(free):
        raise NotMatrixNotation(expr)
    if not live:
        return _constant(expr, free, sizes)
    if len(free) == 2 and len(live) == 1:  # the same along one axis
        (index,) = live
        column = as_matrix(expr, (index,), sizes)
        ones = OneMatrix(sizes[free[1 - free.index(index)]], S.One)
        pair = (column, ones) if index == free[0] else (ones, column)
        return c.multiply(pair[0], c.transpose(pair[1]))
    if isinstance(expr, Add):
        terms = [as_matrix(a, free, sizes) for a in expr.args]
        return c.add(*terms) if free else Add(*terms)
    if isinstance(expr, MatrixElement):
        return _entry(expr, free, sizes)
    if isinstance(expr, KroneckerDelta) and len(free) == 2:
        return _delta(expr, free, sizes)
    if (found := _of_rows(expr, free, live, sizes)) is not None:
        return found
    if not _has_entries(expr):
        return _of_indices(expr, free, sizes)
    if isinstance(expr, Pow) and not _is_repeated_sum(expr):
        base, exponent = (as_matrix(a, free, sizes) if _live(a, sizes) else a for a in expr.args)
        return c.hadamard_power(base, exponent)
    if isinstance(expr, Application) and all(isinstance(a, Expr) for a in expr.args) \
            and sum(1 for a in expr.args if _live(a, sizes)) == 1:
        return _of_function(expr, free, sizes)
    if isinstance(expr, (Mul, Sum, Pow)):
        contraction = ProductOfEntries(tuple(free), dict(sizes))
        contraction.multiply(expr)
        return contraction.result()
    raise NotMatrixNotation(expr)


def _delta(expr: Any, free: Sequence[Symbol], sizes: Sizes) -> Basic:
    if set(expr.args) == set(free) and same_size(*(sizes[i] for i in free)):
        return Identity(sizes[free[0]])
    return _of_indices(expr, free, sizes)


def _of_function(expr: Any, free: Sequence[Symbol], sizes: Sizes) -> Basic:
    """A function of one entry, as the function of every entry."""
    z = Dummy("z", complex=True) if any(map(is_complex, expr.args)) else Dummy("z", real=True)
    args = [z if _live(a, sizes) else a for a in expr.args]
    (inside,) = (a for a in expr.args if _live(a, sizes))
    return c.elementwise(Lambda((z,), expr.func(*args)), as_matrix(inside, free, sizes))


def _of_rows(expr: Any, free: Sequence[Symbol], live: set[Symbol], sizes: Sizes) -> Any:
    """The values of a 1x1 product, or of a norm, of rows that depend on an index."""
    if isinstance(expr, Trace) and is_scalar_shape(shape(expr.args[0])):
        return contracted(expr.args[0], tuple(i for i in free if i in live), sizes)
    norm, exponent = expr.as_base_exp()
    if not isinstance(norm, Norm) or len(live) != 1 or not norm.is_of_vector \
            or norm.order != 2 or not exponent.is_Number:
        return None
    (index,) = live
    squares = row_norms(norm.matrix, index, sizes[index])
    return squares if exponent == 2 else c.hadamard_power(squares, exponent/2)


def _is_repeated_sum(expr: Pow) -> bool:
    return expr.exp.is_Integer and 0 < expr.exp <= 4 and isinstance(expr.base, Sum)


def _of_indices(expr: Expr, free: Sequence[Any], sizes: Sizes) -> Basic:
    """An expression in the indices alone, such as ``i + j``."""
    if any(map(is_matrix, preorder_traversal(expr))):
        raise NotMatrixNotation(expr)  # a matrix that changes with an index
    if len(free) == 2:
        return FunctionMatrix(sizes[free[0]], sizes[free[1]], Lambda(tuple(free), expr))
    return FunctionMatrix(sizes[free[0]], S.One, Lambda((free[0], Dummy("j")), expr))


def _is_positive(size: Any) -> bool:
    """Whether a size is positive once the symbol in it is large; with several, for all values."""
    if len(size.free_symbols) > 1:
        return bool(size.is_positive)
    return (size.xreplace(dict.fromkeys(size.free_symbols, S(10**6))) > 0) == True  # noqa: E712


def _live(expr: Basic, sizes: Sizes) -> set[Symbol]:
    return {i for i in sizes if i in expr.free_symbols}


def _constant(expr: Any, free: Sequence[Symbol], sizes: Sizes) -> Any:
    if isinstance(expr, Sum):
        contraction = ProductOfEntries((), {})
        contraction.multiply(expr)
        expr = contraction.result()
    elif isinstance(expr, (Add, Mul, Pow, Function)) and expr.has(Sum):
        expr = expr.func(*(_constant(a, (), {}) for a in expr.args))
    if not free:
        return expr
    rows, cols = (sizes[i] for i in free) if len(free) == 2 else (sizes[free[0]], S.One)
    return c.scale(expr, OneMatrix(rows, cols))


def _entry(expr: Any, free: Sequence[Symbol], sizes: Sizes) -> Basic:
    """``M[i, j]`` at free indices, each perhaps shifted: a slice of M, turned as needed."""
    matrix, *places = expr.args
    if _live(matrix, sizes):
        raise NotMatrixNotation(expr)
    indices, ranges = [], []
    for place, size in zip(places, shape(matrix), strict=True):
        live = _live(place, sizes)
        index = live.pop() if live else None
        start = place - index if index else place
        if live or _live(start, sizes):
            raise NotMatrixNotation(expr)
        indices.append(index)
        stop = start + (sizes[index] if index else 1)
        left = expand(size - stop)
        if start.is_negative or left.is_negative or left.is_infinite:
            raise ShapeError(f"{matrix} is {show(shape(matrix))}, and an index runs over "
                             f"{start}..{stop - 1}; indices count from 0")
        if index and not (left.is_zero or left.is_nonnegative or _is_positive(left)):
            raise NotMatrixNotation(expr)
        ranges.append((start, stop, S.One))
    part = c.matrix_slice(matrix, *ranges)
    row, col = indices
    if row and col:
        if row == col:
            return c.diagonal_of(part)
        return part if (row, col) == tuple(free) else c.transpose(part)
    return part if row else c.transpose(part)


class ProductOfEntries(Contraction):
    """A product of entries under sums, on its way into a graph of indices."""

    def multiply(self, factor: Any) -> None:
        """Take in a factor of the product."""
        if isinstance(factor, Mul):
            for a in factor.args:
                self.multiply(a)
        elif isinstance(factor, Pow) and factor.exp.is_Integer and 0 < factor.exp <= 4 \
                and (isinstance(factor.base, Sum) or _live(factor.base, self.sizes)):
            for _ in range(int(factor.exp)):
                self.multiply(factor.base)
        elif isinstance(factor, Sum):
            self._open_sum(factor)
        else:
            live = sorted(_live(factor, self.sizes), key=list(self.sizes).index)
            if not live:
                self.coefficient *= _constant(factor, (), {})
            elif len(live) == 1:
                self.weights.append((live[0], as_matrix(factor, live, self.sizes)))
            elif len(live) == 2:
                self.edges.append((live[0], live[1], as_matrix(factor, live, self.sizes)))
            else:
                raise NotMatrixNotation(factor)

    def _open_sum(self, node: Any) -> None:
        body, *limits = node.args
        # limits stand inside out, as in SymPy; each index gets a name of its own
        for index, lower, upper in limits:
            if _live(lower, self.sizes) or _live(upper, self.sizes) or any(
                    index in b.free_symbols for _, *ends in limits for b in ends):
                raise NotMatrixNotation(node)
            inside = {s for a in preorder_traversal(body) for s in getattr(a, "bound_symbols", ())}
            if lower != 0 and inside & ({index} | lower.free_symbols):
                raise NotMatrixNotation(node)  # the shift would be captured inside
            fresh = Dummy(index.name, integer=True)
            body = body.xreplace({index: fresh + lower})
            self.sizes[fresh] = upper - lower + 1
            if not _is_positive(self.sizes[fresh]):
                raise NotMatrixNotation(node)  # an empty or descending sum, as far as is known
            self.bound.append(fresh)
        if isinstance(body, Add):
            self._add_sums(body, self.bound[-len(limits):])
        else:
            self.multiply(body)

    def _add_sums(self, body: Add, indices: list[Symbol]) -> None:
        """The sum of a sum: each term contracted by itself, the results added."""
        live = sorted(_live(body, self.sizes) - set(indices), key=list(self.sizes).index)
        if len(live) > 2:
            raise NotMatrixNotation(body)
        parts = []
        for term in body.args:
            part = ProductOfEntries(tuple(live), dict(self.sizes), bound=list(indices))
            part.multiply(term)
            parts.append(part.result())
        for index in indices:
            self.bound.remove(index)
        if not live:
            self.coefficient *= Add(*parts)
        elif len(live) == 1:
            self.weights.append((live[0], c.add(*parts)))
        else:
            self.edges.append((live[0], live[1], c.add(*parts)))
