"""
Sums over the rows of a matrix, as over samples, as products with the matrix.

``Sum(g(X[i, :]*w), (i, 0, m - 1))`` is the sum of the entries of ``g.(X*w)``, and the sum of
``v[i, 0]*X[i, :].T`` is ``X.T*v``.  A row that depends on an index is lifted: it is the row
number ``i`` of a matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import S, Symbol
from sympy.core.basic import Basic
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatrixSlice, OneMatrix, Transpose
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from ..core.shapes import is_one, shape
from ..nodes.realness import is_complex
from ..simplify import constructors as c
from ..simplify.contraction import NotMatrixNotation

__all__ = ["contracted", "lifted", "row_norms", "summed_rows"]

Column = Callable[[Any], Basic]  # a scalar that depends on the index ↦ the column of its values


def lifted(row: Any, index: Symbol, size: Any) -> Basic:
    """The matrix with this row at every place ``index = 0 .. size - 1``."""
    if index not in row.free_symbols:
        return c.multiply(OneMatrix(size, S.One), row)
    turned = isinstance(row, Transpose)
    matrix = row.args[0] if turned else row
    if isinstance(matrix, MatrixSlice):
        return _lifted_slice(matrix, turned, index, size)
    if turned:
        raise NotMatrixNotation(row)
    if isinstance(row, MatAdd):
        return c.add(*(lifted(a, index, size) for a in row.args))
    if isinstance(row, HadamardProduct):
        return c.hadamard(*(lifted(a, index, size) for a in row.args))
    if isinstance(row, ElementwiseApplyFunction) and index not in row.function.free_symbols:
        return c.elementwise(row.function, lifted(row.expr, index, size))
    scalar, core = c.split_scalar(row)
    first, *rest = c.factors_of(core)
    if core is row and not rest or any(index in a.free_symbols for a in (scalar, *rest)):
        raise NotMatrixNotation(row)
    return c.multiply(scalar, lifted(first, index, size), *rest)


def _lifted_slice(matrix: Any, turned: bool, index: Symbol, size: Any) -> Basic:
    parent, *ranges = matrix.args
    start, stop, step = ranges[turned]
    first = start - index
    if step != 1 or stop - start != 1 or index in first.free_symbols | parent.free_symbols \
            or index in ranges[not turned].free_symbols:
        raise NotMatrixNotation(matrix)
    ranges = [tuple(r) for r in ranges]
    ranges[turned] = (first, first + size, S.One)
    found = c.matrix_slice(parent, *ranges)
    return c.transpose(found) if turned else found


def _row_sums(matrix: Basic) -> Basic:
    return c.multiply(matrix, OneMatrix(shape(matrix)[1], S.One))


def contracted(product: Basic, free: tuple[Symbol, ...], sizes: Any) -> Basic:
    """The column, or the matrix, of a 1x1 product at every index, or at every two."""
    first, *rest = c.factors_of(product)
    if not rest:
        raise NotMatrixNotation(product)
    *middle, last = rest
    if any(i in a.free_symbols for i in free for a in middle):
        raise NotMatrixNotation(product)
    if len(free) == 2:
        i, j = free if free[0] in first.free_symbols else free[::-1]
        if j in first.free_symbols or i in last.free_symbols:
            raise NotMatrixNotation(product)
        found = c.multiply(lifted(first, i, sizes[i]), *middle,
                           c.transpose(lifted(c.transpose(last), j, sizes[j])))
        return found if (i, j) == free else c.transpose(found)
    (i,) = free
    if i not in last.free_symbols:
        return c.multiply(lifted(first, i, sizes[i]), *middle, last)
    right = lifted(c.transpose(last), i, sizes[i])
    if i not in first.free_symbols:
        return c.multiply(right, *map(c.transpose, reversed(middle)), c.transpose(first))
    return _row_sums(c.hadamard(c.multiply(lifted(first, i, sizes[i]), *middle), right))


def row_norms(vector: Basic, index: Symbol, size: Any) -> Basic:
    """The column of the squared norms of a vector at every index."""
    row = vector if is_one(shape(vector)[0]) else c.transpose(vector)
    rows = lifted(row, index, size)
    return _row_sums(c.hadamard(rows, c.conjugate(rows)) if is_complex(rows)
                     else c.hadamard_power(rows, S(2)))


def summed_rows(body: Any, index: Symbol, size: Any, column: Column) -> Basic:
    """The sum of a matrix over an index that is a place of rows or columns in it."""
    if isinstance(body, MatAdd):
        return c.add(*(summed_rows(a, index, size, column) for a in body.args))
    scalar, core = c.split_scalar(body)
    factors = list(c.factors_of(core))
    places = [k for k, f in enumerate(factors) if index in f.free_symbols]
    weights = column(scalar)
    if not places:
        total = c.inner(OneMatrix(size, S.One), weights)
        return c.scale(total, core)
    k, *more = places
    left, right = factors[:k], factors[places[-1] + 1:]
    rows, cols = shape(factors[k])
    if not more and is_one(rows):
        inside = [c.transpose(weights), lifted(factors[k], index, size)]
    elif not more and is_one(cols):
        inside = [c.transpose(lifted(c.transpose(factors[k]), index, size)), weights]
    elif more == [k + 1] and is_one(cols):
        inside = [c.transpose(lifted(c.transpose(factors[k]), index, size)), c.diag(weights),
                  lifted(factors[k + 1], index, size)]
    else:
        raise NotMatrixNotation(body)
    return c.multiply(*left, *inside, *right)
