"""
Kronecker products, diagonals, blocks, slices, entries, vec.

All of these are linear in each argument, so the rules say only which map it is.
References: Magnus & Neudecker, Theorem 3.10 (vec of a Kronecker product) and 2.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Integer, S
from sympy.matrices import ImmutableDenseMatrix, MatrixBase
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    BlockMatrix,
    DiagMatrix,
    DiagonalMatrix,
    Identity,
    KroneckerProduct,
    MatrixSlice,
)
from sympy.matrices.expressions.diagonal import DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import VariableError
from ..core.shapes import Shape, is_one, same_size, shape
from ..linear_maps.composition import Adjoint, compose
from ..linear_maps.maps import (
    HadamardBy,
    InnerProduct,
    LinearMap,
    Sandwich,
    ScalarTimes,
)
from ..linear_maps.rearrangements import (
    DiagonalIn,
    DiagonalOut,
    HalfUnvectorization,
    HalfVectorization,
    KroneckerLeft,
    KroneckerRight,
    Slicing,
    Unvectorization,
    Vectorization,
)
from ..nodes.constants import MatrixUnit
from ..nodes.vec import Unvec, Vec
from ..nodes.vech import Unvech, Vech
from ..simplify import constructors as c
from .table import Edges, Varies, cited, local_differentials


@local_differentials.register(KroneckerProduct)
@cited("Kronecker product rule", "M&N 8.2")
def kronecker_product(node: Any, varies: Varies) -> Edges:
    """d(X⊗Y) = dX⊗Y + X⊗dY"""
    one = Identity(S.One)
    for k, factor in enumerate(node.args):
        if varies(factor):
            right = kronecker_right(shape(factor), c.kronecker(one, *node.args[k + 1:]))
            yield factor, compose(
                kronecker_left(c.kronecker(one, *node.args[:k]), right.codomain), right)


def kronecker_left(factor: Any, of_shape: Shape) -> LinearMap:
    """Y ↦ A⊗Y; for a column a it is (a⊗I)Y, for a row Y(a⊗I)"""
    rows, cols = map(Identity, of_shape)
    if is_one(shape(factor)[1]):
        return Sandwich(c.kronecker(factor, rows), cols)
    if is_one(shape(factor)[0]):
        return Sandwich(rows, c.kronecker(factor, cols))
    return KroneckerLeft(factor, of_shape)


def kronecker_right(of_shape: Shape, factor: Any) -> LinearMap:
    """Y ↦ Y⊗B; for a column b it is (I⊗b)Y, for a row Y(I⊗b)"""
    rows, cols = map(Identity, of_shape)
    if is_one(shape(factor)[1]):
        return Sandwich(c.kronecker(rows, factor), cols)
    if is_one(shape(factor)[0]):
        return Sandwich(rows, c.kronecker(cols, factor))
    return KroneckerRight(factor, of_shape)


@local_differentials.register(DiagMatrix)
@cited("diagonal matrix rule", "M&N 8.2")
def diagonal_matrix_of_a_vector(node: Any, varies: Varies) -> Edges:
    """d diag(x) = diag(dx)"""
    yield node.args[0], DiagonalIn(shape(node)[0])


@local_differentials.register(DiagonalOf)
@cited("diagonal rule", "M&N 8.2")
def diagonal(node: Any, varies: Varies) -> Edges:
    """the differential of the diagonal is the diagonal of dX"""
    yield node.args[0], DiagonalOut(shape(node)[0])


@local_differentials.register(DiagonalMatrix)
@cited("diagonal rule", "M&N 8.2")
def diagonal_part(node: Any, varies: Varies) -> Edges:
    """d(X∘I) = dX∘I"""
    matrix = node.args[0]
    rows, cols = shape(matrix)
    if same_size(rows, cols):
        yield matrix, HadamardBy(Identity(rows))
    elif rows.is_Integer and cols.is_Integer:
        yield matrix, HadamardBy(ImmutableDenseMatrix(rows, cols, lambda i, j: int(i == j)))
    else:
        yield matrix, HadamardBy(DiagonalMatrix(c.OneMatrix(rows, cols)))


@local_differentials.register(BlockMatrix)
@local_differentials.register(BlockDiagMatrix)
@cited("block rule", "M&N 8.2")
def blocks(node: Any, varies: Varies) -> Edges:
    """each block in its place, which is the adjoint of slicing it out"""
    blocks, size = node.blocks, shape(node)
    table = [[blocks[i, j] for j in range(blocks.cols)] for i in range(blocks.rows)]
    row = S.Zero
    for line in table:
        below, col = row + shape(line[0])[0], S.Zero
        for block in line:
            right = col + shape(block)[1]
            if varies(block):
                yield block, Adjoint(Slicing((row, below, S.One), (col, right, S.One), size))
            col = right
        row = below


@local_differentials.register(MatrixSlice)
@cited("slice rule")
def matrix_slice(node: Any, varies: Varies) -> Edges:
    """X[rows, columns]"""
    parent, rows, cols = node.args
    _require_fixed((*rows, *cols), node, varies)
    yield parent, Slicing(tuple(rows), tuple(cols), shape(parent))


@local_differentials.register(MatrixElement)
@cited("entry rule", "M&N 8.2")
def matrix_entry(node: Any, varies: Varies) -> Edges:
    """dX[i, j] = tr(E_ijᵀ dX)"""
    parent, i, j = node.args
    _require_fixed((i, j), node, varies)
    m, n = shape(parent)
    yield parent, InnerProduct(MatrixUnit(m, n, i, j))


def _require_fixed(places: Sequence[Any], node: Any, varies: Varies) -> None:
    if any(map(varies, places)):
        raise VariableError(f"the variable is an index of {node}; "
                            "there is no derivative by an index")


@local_differentials.register(MatrixBase)
@cited("entry rule", "M&N 8.2")
def explicit_matrix(node: Any, varies: Varies) -> Edges:
    """an explicit matrix is the sum of its entries, each at its place"""
    rows, cols = map(Integer, node.shape)
    for i in range(rows):
        for j in range(cols):
            if varies(node[i, j]):
                yield node[i, j], ScalarTimes(MatrixUnit(rows, cols, Integer(i), Integer(j)))


@local_differentials.register(Vec)
@cited("vec rule", "M&N 8.2")
def vectorized(node: Any, varies: Varies) -> Edges:
    """d vec X = vec dX"""
    yield node.arg, Vectorization(shape(node.arg))


@local_differentials.register(Unvec)
@cited("vec rule", "M&N 8.2")
def unvectorized(node: Any, varies: Varies) -> Edges:
    """d unvec x = unvec dx"""
    yield node.arg, Unvectorization(shape(node))


@local_differentials.register(Vech)
@cited("vech rule", "M&N 3.8")
def half_vectorized(node: Any, varies: Varies) -> Edges:
    """d vech X = vech dX"""
    yield node.arg, HalfVectorization(shape(node.arg)[0])


@local_differentials.register(Unvech)
@cited("vech rule", "M&N 3.8")
def half_unvectorized(node: Any, varies: Varies) -> Edges:
    """d unvech x = unvech dx"""
    yield node.arg, HalfUnvectorization(node.args[1])
