"""
Exponentials over their sums as softmax, and logarithms of such sums as log-sum-exp.

``exp.(x)/sum(exp.(x))`` is ``Softmax(x)``, also by rows and columns, and wherever the
exponentials stand in a product with one over their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, cast

from sympy import Add, Lambda, Mul, Pow, S, Trace, exp, log
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Inverse,
    MatMul,
    OneMatrix,
    Transpose,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from ..core.registry import construct
from ..core.shapes import is_matrix, is_one, shape
from ..nodes.realness import is_complex
from ..nodes.softmax import LogSumExp, LogSumExpAlong, Softmax
from ..nodes.traversal import operands, postorder
from . import constructors as c
from .construction import over

__all__ = ["with_softmax"]


def with_softmax(exprs: Sequence[Basic]) -> list[Basic]:
    """The expressions with softmax and log-sum-exp where exponentials stand for them."""
    nodes = list(postorder(exprs, operands))
    if not any(isinstance(node, Softmax) or _is_exponential(node) for node in nodes):
        return list(exprs)
    forms: dict[Basic, Basic] = {}
    for node in nodes:
        found = over(node, {a: forms[a] for a in operands(node)}) if operands(node) else node
        recognise = RECOGNISED.get(type(found))
        forms[node] = found if recognise is None else recognise(found)
    return [forms[expr] for expr in exprs]


def _is_exponential(matrix: Any) -> bool:
    """Whether a function of the entries is the exponential of another."""
    return isinstance(matrix, ElementwiseApplyFunction) \
        and isinstance(cast(Any, matrix.function).expr, exp) and not is_complex(matrix)


def _exponent(matrix: Any) -> Basic | None:
    """``X`` of ``exp.(X)``, where a function of the entries is the exponential of another."""
    if not _is_exponential(matrix):
        return None
    function = matrix.function
    return c.elementwise(Lambda(function.variables, function.expr.args[0]), matrix.expr)


# --- sums ---------------------------------------------------------------------------------


def _total(trace: Any) -> Basic | None:
    """``X`` of the sum of all entries of ``exp.(X)``."""
    if not isinstance(trace, Trace):
        return None
    factors = list(c.factors_of(trace.args[0]))
    inside = [f for f in factors if not isinstance(f, OneMatrix)]
    if len(inside) != 1 or len(factors) not in (2, 3):
        return None
    matrix = inside[0]
    if len(factors) == 3 and (factors[1] != matrix or not all(
            is_one(size) for size in shape(trace.args[0]))):
        return None
    return _exponent(matrix.args[0] if isinstance(matrix, Transpose) else matrix)


def _sums(matrix: Any) -> tuple[Basic, Any] | None:
    """``X`` and the axis of the sums of rows or columns of ``exp.(X)``, once or in every place."""
    if isinstance(matrix, Transpose):
        found = _sums(matrix.args[0])
        return None if found is None else (c.transpose(found[0]), 1 - found[1])
    factors = c.factors_of(matrix)
    if len(factors) == 3 and isinstance(factors[2], OneMatrix) and is_one(factors[1].shape[1]):
        factors = factors[:2]  # E*1*1'
    if len(factors) == 3 and isinstance(factors[0], OneMatrix) and is_one(factors[1].shape[0]):
        factors = factors[1:]
    if len(factors) != 2:
        return None
    left, right = factors
    ones, other, axis = (right, left, 1) if isinstance(right, OneMatrix) else (left, right, 0)
    turned = isinstance(other, Transpose)
    X = _exponent(other.args[0] if turned else other)
    if not isinstance(ones, OneMatrix) or X is None:
        return None
    return (c.transpose(X) if turned else X), S(axis)


def _reciprocal(matrix: Any) -> Any:
    """``M`` of one over ``M`` by entries, also of a column or row of these in every place."""
    if isinstance(matrix, HadamardPower) and matrix.args[1] == -1:
        return matrix.args[0]
    if isinstance(matrix, ElementwiseApplyFunction):
        function: Any = matrix.function
        return matrix.expr if function.expr == 1/function.variables[0] else None
    if isinstance(matrix, Transpose):
        inside = _reciprocal(matrix.args[0])
        return None if inside is None else c.transpose(inside)
    factors = c.factors_of(matrix)
    if len(factors) == 2 and all(map(is_matrix, factors)) and is_one(shape(factors[1])[0]):
        left, right = factors
        if isinstance(right, OneMatrix) and (column := _reciprocal(left)) is not None:
            return c.multiply(column, right)
        if isinstance(left, OneMatrix) and (row := _reciprocal(right)) is not None:
            return c.multiply(left, row)
    return None


def _inverse_diagonal(matrix: Any) -> Any:
    """``v`` of ``diag(v)**-1``."""
    if isinstance(matrix, Inverse) and isinstance(matrix.args[0], DiagMatrix):
        return matrix.args[0].args[0]
    return _reciprocal(matrix.args[0]) if isinstance(matrix, DiagMatrix) else None


# --- what is recognised, by the class of the node -------------------------------------------


def _logarithm(node: Any) -> Any:
    """log(c Σ e^x) is log(c) + logsumexp(x)"""
    for k, factor in enumerate(factors := Mul.make_args(node.args[0])):
        X, rest = _total(factor), Mul(*factors[:k], *factors[k + 1:])
        if X is not None and (rest == 1 or rest.is_positive):
            return Add(log(rest), construct(LogSumExp, X))
    return node


def _elementwise(node: Any) -> Any:
    """The logarithm of sums, and of softmax."""
    z, body = node.function.variables[0], node.function.expr
    if body != log(z):
        return node
    if (sums := _sums(node.expr)) is not None and is_one(shape(node)[sums[1]]):
        return construct(LogSumExpAlong, *sums)
    if isinstance(P := node.expr, Softmax):
        return c.add(P.matrix, c.scale(S.NegativeOne, _spread(P)))
    return node


def _spread(P: Softmax) -> Basic:
    """The log-sum-exp that belongs to each entry of a softmax."""
    m, n = shape(P)
    if P.axis is None:
        return c.scale(construct(LogSumExp, P.matrix), OneMatrix(m, n))
    values = construct(LogSumExpAlong, P.matrix, P.axis)
    return c.multiply(values, OneMatrix(S.One, n)) if P.axis == 1 else c.multiply(
        OneMatrix(m, S.One), values)


def _over_total(product: Any) -> Any:
    """exp.(x) in a product with 1/Σ e^x, once for each power of it."""
    if not isinstance(product, (Mul, MatMul)):
        return product
    scalars: list[Any] = [
        a for arg in product.args if not is_matrix(arg) for a in Mul.make_args(arg)]
    others: list[Any] = [a for a in product.args if is_matrix(a)]
    for k, scalar in enumerate(scalars):
        base, exponent = scalar.as_base_exp()
        X = _total(base)
        if X is None or not exponent.is_Number or not exponent <= -1:
            continue
        for parts in (others, scalars):
            for j, part in enumerate(parts):
                found = _replaced(part, X) if parts is others or isinstance(part, Trace) else None
                if found is not None:
                    parts[j], scalars[k] = found, Pow(base, exponent + 1)
                    return _over_total(_product(scalars, others))
    return product


def _product(scalars: list[Any], matrices: list[Any]) -> Any:
    return c.multiply(*scalars, *matrices) if matrices else Mul(*scalars)


def _replaced(part: Any, X: Basic) -> Basic | None:
    """A factor with softmax(X) in the place of exp.(X) that it holds once as a factor."""
    E = _exponent(part)
    if E is not None:
        return construct(Softmax, X) if E == X else None
    if isinstance(part, (DiagMatrix, HadamardProduct, MatMul, Trace, Transpose)):
        for k, arg in enumerate(part.args):
            if is_matrix(arg) and (found := _replaced(arg, X)) is not None:
                return construct(type(part), *part.args[:k], found, *part.args[k + 1:])
    return None


def _hadamard(product: Any) -> Any:
    """exp.(X)∘(1/(exp.(X)11')) is the softmax of the rows"""
    for k, factor in enumerate(product.args):
        below = _reciprocal(factor)
        if below is not None and (sums := _sums(below)) is not None:
            for j, other in enumerate(product.args):
                if _exponent(other) == sums[0]:
                    return _with_softmax_at(product, j, k, sums)
    return product


def _matrix_product(product: Any) -> Any:
    """diag(exp.(X)1)**-1 exp.(X) is the softmax of the rows"""
    for k, (left, right) in enumerate(pairwise(product.args)):
        below = _inverse_diagonal(left)
        sums = None if below is None else _sums(below)
        if sums is not None and sums[1] == 1 and _exponent(right) == sums[0]:
            return _over_total(_with_softmax_at(product, k + 1, k, sums))
    return _over_total(product)


def _with_softmax_at(product: Any, place: int, divisor: int, sums: tuple[Basic, Any]) -> Any:
    P = construct(Softmax, *sums)
    return construct(type(product), *(
        P if k == place else a for k, a in enumerate(product.args) if k != divisor))


RECOGNISED: dict[type, Callable[[Any], Any]] = {
    log: _logarithm,
    ElementwiseApplyFunction: _elementwise,
    HadamardProduct: _hadamard,
    MatMul: _matrix_product,
    Mul: _over_total,
}
