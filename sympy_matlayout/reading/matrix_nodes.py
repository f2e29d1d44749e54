"""Matrices as read, their shapes checked with symbolic sizes too."""

from __future__ import annotations

from itertools import pairwise

from sympy import Abs, Adjoint, S, conjugate
from sympy.core.basic import Basic
from sympy.matrices import ImmutableDenseMatrix, MatrixBase
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    BlockMatrix,
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    MatrixSlice,
    MatrixSymbol,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagonalOf

from ..core.registry import construct
from ..core.shapes import (
    is_matrix,
    is_scalar_shape,
    is_vector_shape,
    same_size,
    shape,
    show,
)
from ..nodes.conjugates import ConjugateSymbol
from ..nodes.constants import MatrixUnit, SympysUnit
from ..nodes.differential_symbols import Differential
from ..nodes.factorizations import Cholesky, QFactor, RFactor
from ..nodes.frechet_derivatives import FrechetDerivative, FrechetMatrix
from ..nodes.generalized_inverses import Adjugate, PseudoInverse, SylvesterSolution
from ..nodes.matrix_sum import MatrixSum
from ..nodes.norm import LargestEntry, MaxEntry, Norm
from ..nodes.primary_functions import PrimaryFunction
from ..nodes.singular_values import (
    LeftSingularVector,
    LeftSingularVectors,
    PolarFactor,
    RightSingularVector,
    RightSingularVectors,
    SingularValue,
    SingularValues,
)
from ..nodes.softmax import LogSumExp, LogSumExpAlong, Softmax
from ..nodes.spectra import (
    Eigenvalue,
    Eigenvalues,
    Eigenvector,
    Eigenvectors,
    LeftEigenvector,
    ReciprocalGaps,
)
from ..nodes.vec import Unvec, Vec
from ..nodes.vech import Unvech, Vech
from ..simplify import constructors as c
from .index_notation import ascending, sum_of_rows
from .reals import require_finite, require_real_arguments
from .rebuilding import as_scalar_in, over, rebuild, require, require_same, require_square

# --- linear structure -------------------------------------------------------------------


@rebuild.register(MatAdd)
def read_matadd(node, args):
    require_same(node, args, "sum")
    return c.add(*args)


@rebuild.register(MatMul)
def read_matmul(node, args):
    """
    The product, with 1x1 stretches that don't fit their neighbours as scalars.

    People write ``(x.T*A*x)*B`` for a scalar times a matrix, and SymPy lets it
    through where sizes are symbols.  The factors are cut where shapes don't
    fit; pieces that are 1x1 are scalars, the others must fit each other.
    """
    require_finite(node, args)
    scalars: list[Basic] = []
    pieces: list[list[Basic]] = []
    for factor in args:
        for f in factor.args if isinstance(factor, MatMul) else [factor]:
            if not is_matrix(f):
                scalars.append(f)
            elif pieces and same_size(shape(pieces[-1][-1])[1], shape(f)[0]):
                pieces[-1].append(f)
            else:
                pieces.append([f])
    products = [c.multiply(*piece) for piece in pieces]
    if len(products) > 1:
        scalars += [c.trace(p) for p in products if is_scalar_shape(shape(p))]
        products = [p for p in products if not is_scalar_shape(shape(p))]
    for left, right in pairwise(products):
        hint = ("; SymPy turns Abs(x.T*y) into such products, write Abs(Trace(x.T*y))"
                if any(isinstance(a, Adjoint) for a in node.args) else "")
        require(same_size(shape(left)[1], shape(right)[0]), node,
                 f"product of {show(shape(left))} and {show(shape(right))}{hint}")
    return c.multiply(*scalars, *products)


@rebuild.register(MatPow)
def read_matpow(node, args):
    base, exponent = args
    require_square(node, base, "power")
    if is_matrix(exponent):
        exponent = as_scalar_in(node, exponent)
    if is_scalar_shape(shape(base)):
        return c.scale(c.trace(base)**exponent, c.power(base, S.Zero))
    return c.power(base, exponent)


@rebuild.register(Transpose)
def read_transpose(node, args):
    return c.transpose(args[0])


@rebuild.register(Adjoint)
def read_adjoint(node, args):
    return c.adjoint(args[0])


# --- elementwise ------------------------------------------------------------------------


@rebuild.register(HadamardProduct)
def read_hadamard(node, args):
    require_same(node, [a for a in args if is_matrix(a)], "Hadamard product")
    return c.hadamard(*args)


@rebuild.register(HadamardPower)
def read_hadamard_power(node, args):
    if all(map(is_matrix, args)):
        require_same(node, args, "Hadamard power")
    return c.hadamard_power(*args)


@rebuild.register(ElementwiseApplyFunction)
def read_elementwise(node, args):
    function, matrix = args
    if isinstance(function.expr, conjugate) and function.expr.args == function.variables:
        return c.conjugate(matrix)
    return c.elementwise(function, matrix)


# --- Kronecker products, diagonals, slices, blocks --------------------------------------


@rebuild.register(KroneckerProduct)
def read_kronecker(node, args):
    return c.kronecker(*args)


@rebuild.register(DiagMatrix)
def read_diag_matrix(node, args):
    require(is_vector_shape(shape(args[0])), node,
             f"DiagMatrix of a {show(shape(args[0]))} matrix, which is no vector")
    return c.diag(c.vec(args[0]))


@rebuild.register(DiagonalOf)
def read_diagonal_of(node, args):
    matrix = args[0]
    length, _ = node.func(matrix).shape
    require(length is not None, node,
             f"the diagonal of a {show(shape(matrix))} matrix has an unknown length; "
             "make it square or slice it first")
    whole = (S.Zero, length, S.One)
    return c.diagonal_of(c.matrix_slice(matrix, whole, whole))


@rebuild.register(MatrixSlice)
def read_slice(node, args):
    parent, rows, cols = args
    return c.matrix_slice(parent, tuple(rows), tuple(cols))


@rebuild.register(BlockDiagMatrix)
def read_block_diag(node, args):
    if all(isinstance(a, ZeroMatrix) for a in args):
        return ZeroMatrix(*shape(node))
    return over(node, args)


@rebuild.register(BlockMatrix)
def read_block(node, args):
    rows, cols = node.blockshape
    table = [args[i*cols:(i + 1)*cols] for i in range(rows)]
    for row in table:
        require(all(same_size(shape(b)[0], shape(row[0])[0]) for b in row), node,
                 "blocks of one row with different numbers of rows")
    for column in zip(*table, strict=True):
        require(all(same_size(shape(b)[1], shape(column[0])[1]) for b in column), node,
                 "blocks of one column with different numbers of columns")
    if all(isinstance(a, ZeroMatrix) for a in args):
        return ZeroMatrix(*shape(node))
    if all(a is b for a, b in zip(args, node.blocks, strict=True)):
        return node
    return c.new(BlockMatrix, ImmutableDenseMatrix(table, evaluate=False))


@rebuild.register(MatrixBase)
def read_explicit(node, args):
    entries = [as_scalar_in(node, a) for a in args]
    return ImmutableDenseMatrix(node.rows, node.cols, entries)


@rebuild.register(MatrixSymbol)
@rebuild.register(Differential)
def read_symbol(node, args):
    return node


@rebuild.register(ConjugateSymbol)
def read_conjugate_symbol(node, args):
    return c.conjugate(node.of)  # of a symbol that is Hermitian, say, since it has another name


@rebuild.register(MatrixExpr)
def read_other_matrix(node, args):
    return over(node, args)


@rebuild.register(SympysUnit or MatrixUnit)
def read_matrix_unit(node, args):
    return node if isinstance(node, MatrixUnit) else MatrixUnit(*args)


@rebuild.register(MatrixSum)
def read_matrix_sum(node, args):
    body, (limit,), sign = ascending(args[0], [args[1]])
    found = sum_of_rows(body, limit)
    return c.scale(sign, c.matrix_sum(body, limit) if found is None else found)


@rebuild.register(Norm)
def read_norm(node, args):
    matrix = args[0]
    if isinstance(matrix, ZeroMatrix):
        return S.Zero
    if is_scalar_shape(shape(matrix)):
        return Abs(c.trace(matrix))
    return node if matrix is node.matrix else Norm(matrix, *args[1:])


@rebuild.register(MaxEntry)
@rebuild.register(LargestEntry)
def read_max_entry(node, args):
    require_real_arguments(node)
    return node.func(*args)


@rebuild.register(LogSumExp)
def read_log_sum_exp(node, args):
    require_real_arguments(node)
    (matrix,) = args
    return c.trace(matrix) if is_scalar_shape(shape(matrix)) else construct(LogSumExp, matrix)


@rebuild.register(LogSumExpAlong)
@rebuild.register(Softmax)
def read_softmax(node, args):
    require_real_arguments(node)
    return construct(type(node), *args)


@rebuild.register(PrimaryFunction)
@rebuild.register(FrechetDerivative)
@rebuild.register(FrechetMatrix)
def read_function_of_matrix(node, args):
    function, *matrices = args
    for matrix in matrices:
        require_square(node, matrix, type(node).__name__)
    return construct(type(node), function, *matrices)


@rebuild.register(Adjugate)
@rebuild.register(Cholesky)
@rebuild.register(Eigenvalues)
@rebuild.register(Eigenvectors)
def read_of_square(node, args):
    for matrix in args:
        require_square(node, matrix, type(node).__name__)
    return construct(type(node), *args)


@rebuild.register(Eigenvalue)
@rebuild.register(Eigenvector)
@rebuild.register(LeftEigenvector)
@rebuild.register(LeftSingularVector)
@rebuild.register(LeftSingularVectors)
@rebuild.register(PolarFactor)
@rebuild.register(PseudoInverse)
@rebuild.register(QFactor)
@rebuild.register(RFactor)
@rebuild.register(ReciprocalGaps)
@rebuild.register(RightSingularVector)
@rebuild.register(RightSingularVectors)
@rebuild.register(SingularValue)
@rebuild.register(SingularValues)
@rebuild.register(SylvesterSolution)
def read_of_matrices(node, args):
    return construct(type(node), *args)


@rebuild.register(Vec)
def read_vec(node, args):
    return c.vec(args[0])


@rebuild.register(Vech)
def read_vech(node, args):
    require_square(node, args[0], "vech")
    return c.vech(args[0])


@rebuild.register(Unvech)
def read_unvech(node, args):
    return c.unvech(*args)


@rebuild.register(Unvec)
def read_unvec(node, args):
    return c.unvec(*args)
