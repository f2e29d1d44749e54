"""The values of matrices: sums, products and powers, what is put together or taken apart."""

from __future__ import annotations

from typing import Any

import mpmath
from mpmath import mp, mpf
from sympy import Adjoint, Transpose
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    BlockMatrix,
    DiagMatrix,
    DiagonalMatrix,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSlice,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagonalOf

from ..core.registry import declares
from ..nodes.conjugates import ConjugateSymbol
from ..nodes.softmax import LogSumExp, LogSumExpAlong, Softmax
from ..nodes.vec import Unvec, Vec
from ..nodes.vech import Unvech, Vech
from .account import NoSuchIndex, reaching_no_value
from .evaluation import Evaluation, vec
from .linear_algebra import kronecker, matrix_of, power, product, total
from .scalar_functions import as_number
from .types import NumericMatrix, NumericScalar, Value

EIGENVALUES = 50  # their cost in multiplications, times the size of the matrix cubed


@declares("value", MatAdd)
def value_of_matrices_added(node: MatAdd, at: Evaluation) -> NumericMatrix:
    return total(list(map(at.value, node.args)))


@declares("value", MatMul)
def value_of_matrix_product(node: MatMul, at: Evaluation) -> Value:
    found, *rest = map(at.value, node.args)
    for M in rest:
        found = _times(node, found, M, at)
    return found


def _times(node: MatMul, left: Value, right: Value, at: Evaluation) -> Value:
    """A product in which a 1x1 matrix that doesn't fit is a scalar."""
    if isinstance(left, mpmath.matrix) and isinstance(right, mpmath.matrix):
        if left.cols == right.rows:
            at.account.spend(left.rows*right.cols, node)
            at.account.spend(sum(1 for a in left if a)*right.cols, node)
            return product(left, right)
        left = left[0, 0] if left.rows == left.cols == 1 else left
        right = right[0, 0] if right.rows == right.cols == 1 else right
    return left*right


@declares("value", MatPow)
def value_of_matrix_power(node: MatPow, at: Evaluation) -> NumericMatrix:
    base, exponent = at.value(node.args[0]), at.number(node.args[1])
    at.account.spend((1 if mp.isint(exponent) else EIGENVALUES)*base.rows**3, node)
    return at.noted(node, power(base, exponent), base, exponent)


@declares("value", Transpose)
def value_of_transpose(node: Transpose, at: Evaluation) -> NumericMatrix:
    return at.value(node.args[0]).T


@declares("value", Adjoint)
def value_of_adjoint(node: Adjoint, at: Evaluation) -> NumericMatrix:
    return at.real(node, node.args[0]).T.apply(mp.conj)


@declares("value", ConjugateSymbol)
def value_of_conjugate(node: ConjugateSymbol, at: Evaluation) -> NumericMatrix:
    return at.value(node.of).apply(mp.conj)


@declares("value", KroneckerProduct)
def value_of_kronecker(node: KroneckerProduct, at: Evaluation) -> NumericMatrix:
    found, *rest = map(at.value, node.args)
    for M in rest:
        at.account.spend(found.rows*M.rows*found.cols*M.cols, node)
        found = kronecker(found, M)
    return found


# --- entry by entry ----------------------------------------------------------------------


@declares("value", HadamardProduct)
def value_of_hadamard_product(node: HadamardProduct, at: Evaluation) -> NumericMatrix:
    factors = [at.value(a) for a in node.args]
    return at.build(node, lambda i, j: mp.fprod(M[i, j] for M in factors))


@declares("value", HadamardPower)
def value_of_hadamard_power(node: HadamardPower, at: Evaluation) -> NumericMatrix:
    base, exponent = map(at.value, node.args)
    return at.noted(node, at.build(node, lambda i, j: as_number(
        reaching_no_value(mp.power, _at(base, i, j), _at(exponent, i, j)))), base, exponent)


def _at(M: Value, i: int, j: int) -> NumericScalar:
    return M[i, j] if isinstance(M, mpmath.matrix) else M


@declares("value", ElementwiseApplyFunction)
def value_of_elementwise(node: Any, at: Evaluation) -> NumericMatrix:
    function, matrix = node.args
    (z,), body = function.signature, function.expr
    M = at.value(matrix)
    return at.build_matrix(node, M.rows, M.cols,
                           lambda i, j: at.within({z: M[i, j]}).number(body))


@declares("value", Softmax)
def value_of_softmax(node: Softmax, at: Evaluation) -> NumericMatrix:
    e = at.real(node, node.matrix).apply(mp.exp)
    sums = sums_along(e, node.axis)
    return matrix_of(e.rows, e.cols, lambda i, j: e[i, j]/_at(sums, i if sums.rows > 1 else 0,
                                                              j if sums.cols > 1 else 0))


@declares("value", LogSumExpAlong)
def value_of_log_sum_exp_along(node: LogSumExpAlong, at: Evaluation) -> NumericMatrix:
    return sums_along(at.real(node, node.matrix).apply(mp.exp), node.axis).apply(mp.log)


@declares("value", LogSumExp)
def value_of_log_sum_exp(node: LogSumExp, at: Evaluation) -> NumericScalar:
    return mp.log(mp.fsum(at.real(node, node.matrix).apply(mp.exp)))


def sums_along(M: NumericMatrix, axis: Any) -> NumericMatrix:
    """The sums of the rows or columns of a matrix, or that of all its entries."""
    if axis is None:
        return matrix_of(1, 1, lambda i, j: mp.fsum(M))
    if axis == 1:
        return matrix_of(M.rows, 1, lambda i, j: mp.fsum(M[i, k] for k in range(M.cols)))
    return matrix_of(1, M.cols, lambda i, j: mp.fsum(M[k, j] for k in range(M.rows)))


@declares("value", FunctionMatrix)
def value_of_function_matrix(node: Any, at: Evaluation) -> NumericMatrix:
    (i, j), body = node.args[2].args
    return at.build(node, lambda r, s: at.within({i: mpf(r), j: mpf(s)}).number(body))


@declares("value", MatrixBase)
def value_of_explicit(node: MatrixBase, at: Evaluation) -> NumericMatrix:
    return matrix_of(node.rows, node.cols, lambda i, j: at.number(node[i, j]))


# --- put together and taken apart --------------------------------------------------------


@declares("value", DiagMatrix)
def value_of_diag(node: DiagMatrix, at: Evaluation) -> NumericMatrix:
    entries = list(at.value(node.args[0]))
    return at.build(node, lambda i, j: entries[i] if i == j else mpf(0))


@declares("value", DiagonalMatrix)
def value_of_diagonal_part(node: DiagonalMatrix, at: Evaluation) -> NumericMatrix:
    M = at.value(node.args[0])
    return matrix_of(M.rows, M.cols, lambda i, j: M[i, j] if i == j else mpf(0))


@declares("value", DiagonalOf)
def value_of_diagonal(node: DiagonalOf, at: Evaluation) -> NumericMatrix:
    M = at.value(node.args[0])
    return matrix_of(min(M.rows, M.cols), 1, lambda i, j: M[i, i])


@declares("value", BlockMatrix)
def value_of_blocks(node: Any, at: Evaluation) -> NumericMatrix:
    blocks, rows = node.blocks, []
    for i in range(blocks.rows):
        line = [at.value(blocks[i, j]) for j in range(blocks.cols)]
        rows += [[x for M in line for x in M[k, :]] for k in range(line[0].rows)]
    return mpmath.matrix(rows)


@declares("value", MatrixSlice)
def value_of_slice(node: Any, at: Evaluation) -> NumericMatrix:
    parent, rows, cols = node.args
    M = at.value(parent)
    (r, _, dr), (s, _, ds) = (tuple(map(at.size, part)) for part in (rows, cols))

    def entry(i: int, j: int) -> NumericScalar:
        k, l = r + i*dr, s + j*ds
        if not (k < M.rows and l < M.cols):
            raise NoSuchIndex(f"no entry [{k}, {l}] in a matrix of {M.rows}×{M.cols}")
        return M[k, l]
    return at.build(node, entry)


@declares("value", Vec)
def value_of_vec(node: Vec, at: Evaluation) -> NumericMatrix:
    return vec(at.value(node.args[0]))


@declares("value", Unvec)
def value_of_unvec(node: Unvec, at: Evaluation) -> NumericMatrix:
    v = at.value(node.args[0])
    m = at.size(node.args[1])
    return at.build(node, lambda i, j: v[i + m*j, 0])


@declares("value", Vech)
def value_of_vech(node: Vech, at: Evaluation) -> NumericMatrix:
    M = at.value(node.arg)
    return mpmath.matrix([[M[i, j]] for j in range(M.cols) for i in range(j, M.rows)])


@declares("value", Unvech)
def value_of_unvech(node: Unvech, at: Evaluation) -> NumericMatrix:
    v, n = at.value(node.arg), at.size(node.args[1])
    return at.build(node, lambda i, j: v[
        [(k, l) for l in range(n) for k in range(l, n)].index((max(i, j), min(i, j))), 0])
