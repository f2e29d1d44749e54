"""Traces, inner products, determinants and entries."""

from __future__ import annotations

from typing import Any

from sympy import Add, Determinant, Expr, KroneckerDelta, Mul, Pow, S, Trace
from sympy.core.basic import Basic
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.matexpr import MatrixElement

from ...core.protocol import asked
from ...core.registry import declared, declares
from ...core.shapes import is_matrix, is_scalar_shape, same_shape, same_size, shape
from ...nodes.constants import MatrixUnit
from ...nodes.structured import facts_about
from ...nodes.vec import Vec
from .nodes import new, split_scalar
from .products import multiply
from .transposes import transpose_of_term

__all__ = ["as_scalar", "determinant", "entry", "inner", "trace"]


# --- the trace --------------------------------------------------------------------------


@declares("constructor", Trace)
def trace(matrix: Basic) -> Expr:
    """The trace of a square matrix as a scalar; of a 1x1 matrix, its entry."""
    if isinstance(matrix, MatAdd):
        return Add(*map(trace, matrix.args))
    c, core = split_scalar(matrix)
    if isinstance(core, Transpose):
        core = core.args[0]
    if "skew" in facts_about(core):
        return S.Zero
    known = declared("trace", type(core))
    found = known(core) if known else asked("_eval_trace", core)
    return c*(new(Trace, core) if found is None else found)


def as_scalar(expr: Any) -> Expr:
    """A 1x1 matrix expression as the scalar it stands for."""
    return trace(expr) if is_matrix(expr) else expr


def is_one_by_one(matrix: Basic) -> bool:
    return is_scalar_shape(shape(matrix))


@declares("trace", ZeroMatrix)
def trace_of_zero(matrix: ZeroMatrix) -> Expr:
    return S.Zero


@declares("trace", Identity)
def trace_of_identity(matrix: Identity) -> Expr:
    return shape(matrix)[0]


@declares("trace", MatrixBase)
def trace_of_explicit(matrix: MatrixBase) -> Any:
    return matrix.trace()


@declares("trace", MatMul)
def trace_of_product(product: MatMul) -> Expr | None:
    """vec(A)'vec(B) = tr(A'B) for A and B of one shape; others may have vecs as long"""
    for k, factor in enumerate(product.args):
        known = declared("inner", type(factor))
        if known is not None:
            rest = multiply(*product.args[k + 1:], *product.args[:k])
            if (found := known(factor, rest)) is not None:
                return found
    if len(product.args) == 2:
        left, right = product.args
        if isinstance(left, Transpose) and isinstance(left.args[0], Vec) \
                and isinstance(right, Vec) \
                and same_shape(shape(left.args[0].arg), shape(right.arg)):
            return inner(left.args[0].arg, right.arg)
    return None


@declares("trace", KroneckerProduct)
def trace_of_kronecker(product: KroneckerProduct) -> Expr | None:
    """tr(A⊗B) = tr A tr B for square factors"""
    if all(same_size(*shape(factor)) for factor in product.args):
        return Mul(*map(trace, product.args))
    return None


@declares("trace", OneMatrix)
def entry_of_one(matrix: OneMatrix) -> Expr | None:
    return S.One if is_one_by_one(matrix) else None


@declares("trace", MatPow)
def entry_of_power(power: MatPow) -> Expr | None:
    return trace(power.args[0])**power.args[1] if is_one_by_one(power) else None


@declares("trace", ElementwiseApplyFunction)
def entry_of_function(node: Any) -> Expr | None:
    return node.args[0](trace(node.args[1])) if is_one_by_one(node) else None


@declares("trace", HadamardProduct)
def entry_of_hadamard(product: HadamardProduct) -> Expr | None:
    return Mul(*map(trace, product.args)) if is_one_by_one(product) else None


@declares("trace", HadamardPower)
def entry_of_hadamard_power(power: HadamardPower) -> Expr | None:
    return Pow(*map(as_scalar, power.args)) if is_one_by_one(power) else None


def inner(left: Basic, right: Basic) -> Expr:
    """The Frobenius inner product ``tr(left.T*right)``."""
    c, core = split_scalar(left)
    if isinstance(core, MatrixUnit):
        return c*entry(right, *core.args[2:])
    if isinstance(core, Identity):
        return c*trace(right)
    return trace(multiply(transpose_of_term(left), right))  # sums stay whole: r.T*r of one r


# --- the determinant --------------------------------------------------------------------


@declares("constructor", Determinant)
def determinant(matrix: Basic) -> Expr:
    """The determinant of a square matrix."""
    if isinstance(matrix, Transpose):
        matrix = matrix.args[0]
    if is_one_by_one(matrix):
        return trace(matrix)
    known = declared("determinant", type(matrix))
    found = known(matrix) if known else asked("_eval_determinant", matrix)
    return new(Determinant, matrix) if found is None else found


@declares("determinant", Identity)
def determinant_of_identity(matrix: Identity) -> Expr:
    return S.One


@declares("determinant", KroneckerProduct)
def determinant_of_kronecker(product: KroneckerProduct) -> Expr | None:
    """|A⊗B| = |A|ⁿ|B|ᵐ for A of m×m and B of n×n"""
    if not all(same_size(*shape(factor)) for factor in product.args):
        return None
    size = shape(product)[0]
    return Mul(*(determinant(a)**(size/shape(a)[0]) for a in product.args))


# --- entries ----------------------------------------------------------------------------


def entry(matrix: Basic, i: Any, j: Any) -> Expr:
    """The entry ``[i, j]``, read through sums and scalar factors only; -1 is the last."""
    i, j = (k + size if k.is_Integer and k < 0 else k
            for k, size in zip((i, j), shape(matrix), strict=True))
    c, core = split_scalar(matrix)
    known = declared("entry", type(core))
    found = known(core, i, j) if known else None
    return c*(new(MatrixElement, core, i, j) if found is None else found)


@declares("entry", MatAdd)
def entry_of_sum(total: MatAdd, i: Expr, j: Expr) -> Expr:
    return Add(*(entry(a, i, j) for a in total.args))


@declares("entry", ZeroMatrix)
def entry_of_zero(matrix: ZeroMatrix, i: Expr, j: Expr) -> Expr:
    return S.Zero


@declares("entry", OneMatrix)
def entry_of_ones(matrix: OneMatrix, i: Expr, j: Expr) -> Expr:
    return S.One


@declares("entry", Identity)
def entry_of_identity(matrix: Any, i: Expr, j: Expr) -> Expr:
    return KroneckerDelta(i, j, (0, matrix.args[0] - 1))  # as SymPy writes it


@declares("entry", Transpose)
def entry_of_transpose(matrix: Transpose, i: Expr, j: Expr) -> Expr:
    return entry(matrix.args[0], j, i)


@declares("entry", MatrixUnit)
def entry_of_unit(unit: MatrixUnit, i: Expr, j: Expr) -> Expr:
    return KroneckerDelta(i, unit.args[2])*KroneckerDelta(j, unit.args[3])


@declares("entry", MatrixBase)
def entry_of_explicit(matrix: MatrixBase, i: Expr, j: Expr) -> Expr | None:
    return matrix[i, j] if i.is_Integer and j.is_Integer else None
