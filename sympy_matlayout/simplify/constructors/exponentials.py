"""Softmax and log-sum-exp, locally simplified."""

from __future__ import annotations

from typing import Any

from sympy import S
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity, MatAdd, MatMul, OneMatrix, Transpose, ZeroMatrix

from ...core.registry import declares
from ...core.shapes import is_matrix, is_one, shape
from ...nodes.softmax import LogSumExp, LogSumExpAlong, Softmax
from .nodes import new
from .products import scale
from .transposes import transpose

__all__ = ["softmax"]


@declares("constructor", Softmax)
def softmax(matrix: Basic, axis: Any = None) -> Basic:
    """The node, of a transpose that of the matrix transposed; of equal entries equal ones."""
    m, n = shape(matrix)
    if axis is not None and is_one(n if axis == 0 else m):
        axis = None
    count = {None: m*n, 0: m, 1: n}[None if axis is None else int(axis)]
    if is_one(count):
        return OneMatrix(m, n) if not is_one(m*n) else Identity(S.One)
    if isinstance(matrix, (ZeroMatrix, OneMatrix)):
        return scale(1/count, OneMatrix(m, n))
    if _is_better_turned(matrix, axis):
        return transpose(softmax(transpose(matrix), None if axis is None else 1 - axis))
    return new(Softmax, matrix) if axis is None else new(Softmax, matrix, axis)


@declares("transpose", Softmax)
def transpose_of_softmax(P: Softmax) -> Basic:
    """The transpose of softmax(X) stays outside, so that X is written in one way."""
    return new(Transpose, P)


@declares("transpose", LogSumExpAlong)
def transpose_of_log_sum_exp(values: LogSumExpAlong) -> Basic:
    return new(Transpose, values)


@declares("constructor", LogSumExpAlong)
def log_sum_exp_along(matrix: Basic, axis: Any) -> Basic:
    """The node; of one row or column the scalar, as a 1x1 matrix."""
    if is_one(shape(matrix)[1 - axis]):
        return scale(log_sum_exp(matrix), Identity(S.One))
    if _is_better_turned(matrix, axis):
        return transpose(log_sum_exp_along(transpose(matrix), 1 - axis))
    return new(LogSumExpAlong, matrix, axis)


def _is_better_turned(matrix: Basic, axis: Any) -> bool:
    """Whether the transpose holds fewer transposes, or as many and has rows for columns."""
    if isinstance(matrix, Transpose):
        return True
    if not isinstance(matrix, (MatAdd, MatMul)):
        return False
    here, there = _transposes(matrix), _transposes(transpose(matrix))
    return there < here or there == here and axis == 0


def _transposes(matrix: Basic) -> int:
    if isinstance(matrix, Transpose):
        return 1
    inside = matrix.args if isinstance(matrix, (MatAdd, MatMul)) else ()
    return sum(_transposes(a) for a in inside if is_matrix(a))


@declares("constructor", LogSumExp)
def log_sum_exp(matrix: Basic) -> Basic:
    return LogSumExp(matrix.args[0] if isinstance(matrix, Transpose) else matrix)
