"""Diagonals, slices, vec and vech."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sympy import Expr, KroneckerDelta, S, Tuple
from sympy.core.basic import Basic
from sympy.matrices import ImmutableDenseMatrix, MatrixBase
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    Identity,
    KroneckerProduct,
    MatMul,
    MatrixSlice,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.diagonal import DiagonalOf

from ...core.given import immutable
from ...core.registry import declared, declares
from ...core.shapes import is_one, same_shape, same_size, shape
from ...nodes.constants import MatrixUnit, SelectionMatrix
from ...nodes.structured import facts_about
from ...nodes.vec import Unvec, Vec
from ...nodes.vech import SymmetrizerMatrix, Unvech, Vech, triangle
from .entry_by_entry import hadamard
from .kronecker import kronecker
from .nodes import new, split_scalar
from .products import multiply, scale
from .transposes import transpose

__all__ = ["diag", "diagonal_of", "matrix_slice", "selection", "unvec", "unvech", "vec", "vech"]


@declares("constructor", DiagMatrix)
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


@declares("constructor", DiagonalOf)
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
    if isinstance(matrix, Transpose):
        return transpose(matrix_slice(matrix.args[0], cols, rows))
    number, core = split_scalar(matrix)
    if number != 1:
        return scale(number, matrix_slice(core, rows, cols))
    known = declared("slice", type(matrix))
    if known is not None and (found := known(matrix, rows, cols)) is not None:
        return found
    if isinstance(matrix, BlockMatrix) and (block := _block_at(matrix, rows, cols)) is not None:
        return block
    if isinstance(matrix, Identity) and tuple(rows) == tuple(cols) and rows[2] == 1:
        return Identity(rows[1] - rows[0])
    if isinstance(matrix, Identity) and rows[2] == cols[2] == 1 and any(
            (one[1] - other[0]).is_nonpositive for one, other in ((rows, cols), (cols, rows))):
        return ZeroMatrix(rows[1] - rows[0], cols[1] - cols[0])
    node = new(MatrixSlice, matrix, Tuple(*rows), Tuple(*cols))
    if isinstance(matrix, (ZeroMatrix, OneMatrix)):
        return matrix.func(*shape(node))
    return node


def _block_at(matrix: Any, rows: Range, cols: Range) -> Basic | None:
    """The block that stands in just these rows and columns, if one does."""
    heights, widths = (map(S, sizes) for sizes in (matrix.rowblocksizes, matrix.colblocksizes))
    row, col = _position(heights, rows), _position(widths, cols)
    return None if row is None or col is None else matrix.blocks[row, col]


def _position(sizes: Iterable[Expr], places: Range) -> int | None:
    start, stop, step = places
    at = S.Zero
    for k, size in enumerate(sizes):
        if step == 1 and same_size(at, start) and same_size(at + size, stop):
            return k
        at += size
    return None


def _compose(outer: Any, within: Range) -> Range:
    start, _, step = outer
    return start + within[0]*step, start + within[1]*step, step*within[2]


@declares("constructor", Vec)
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


@declares("constructor", Unvec)
def unvec(column: Basic, m: Any, n: Any) -> Basic:
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


@declares("constructor", Vech)
def vech(matrix: Basic) -> Basic:
    """The lower triangle of a square matrix, column by column."""
    if isinstance(matrix, MatrixBase):
        return Vech(immutable(matrix)).as_explicit()
    c, core = split_scalar(matrix)
    n = shape(core)[0]
    if is_one(n):
        return matrix
    if isinstance(core, (ZeroMatrix, OneMatrix)):
        return scale(c, core.func(triangle(n), S.One))
    if isinstance(core, Unvech):
        return scale(c, core.arg)
    return scale(c, Vech(core))


@declares("constructor", Unvech)
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


@declares("constructor", SelectionMatrix)
def selection(rows: Expr, size: Expr, start: Expr, step: Expr) -> Basic:
    """The matrix that selects rows, the identity where it selects all."""
    if start == 0 and step == 1 and same_size(rows, size):
        return Identity(size)
    return SelectionMatrix(rows, size, start, step)


@declares("power", SymmetrizerMatrix)
def power_of_symmetrizer(N: SymmetrizerMatrix, exponent: Expr) -> Basic | None:
    """NN = N"""
    return N if exponent.is_positive else None


@declares("product", MatrixUnit)
def product_of_units(left: Basic, right: Basic) -> Basic | None:
    """E_ij E_kl = δ_jk E_il"""
    if isinstance(left, MatrixUnit) and isinstance(right, MatrixUnit):
        (m, _, i, j), (_, n, k, l) = left.args, right.args
        return scale(KroneckerDelta(j, k), MatrixUnit(m, n, i, l))
    return None
