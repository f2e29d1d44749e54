"""Kronecker products, and the commutation matrix that turns their factors round."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Mul, S
from sympy.core.basic import Basic
from sympy.matrices.expressions import Identity, KroneckerProduct, ZeroMatrix

from ...core.registry import declares
from ...core.shapes import is_one, is_scalar_shape, same_size, shape
from ...nodes.constants import CommutationMatrix
from ...nodes.matrix_sum import MatrixSum
from .nodes import new, split_scalar
from .products import matrix_sum, multiply, power, scale
from .traces_and_entries import trace
from .transposes import transpose

__all__ = ["commutation", "kronecker"]


@declares("constructor", KroneckerProduct)
def kronecker(*factors: Basic) -> Basic:
    """The Kronecker product; 1x1 factors become scalars, neighbouring identities merge."""
    scalars: list[Expr] = []
    matrices: list[Basic] = []
    for factor in factors:
        c, core = split_scalar(factor)
        scalars.append(c)
        for f in core.args if isinstance(core, KroneckerProduct) else [core]:
            if is_scalar_shape(shape(f)):
                scalars.append(trace(f))
            elif matrices and isinstance(f, Identity) and isinstance(matrices[-1], Identity):
                matrices[-1] = Identity(shape(matrices[-1])[0]*shape(f)[0])
            elif matrices and (outer := _outer_product(matrices[-1], f)) is not None:
                matrices[-1] = outer
            else:
                matrices.append(f)
    coefficient = Mul(*scalars)
    if not matrices:
        return scale(coefficient, Identity(S.One))
    rows, cols = (Mul(*(shape(m)[k] for m in matrices)) for k in (0, 1))
    if coefficient == 0 or any(isinstance(m, ZeroMatrix) for m in matrices):
        return ZeroMatrix(rows, cols)
    return scale(coefficient,
                 matrices[0] if len(matrices) == 1 else new(KroneckerProduct, *matrices))


def _outer_product(left: Basic, right: Basic) -> Basic | None:
    """``b⊗a' = a'⊗b = b*a'`` for columns a and b (M&N 2.2)."""
    if is_one(shape(left)[1]) and is_one(shape(right)[0]):
        return multiply(left, right)
    if is_one(shape(left)[0]) and is_one(shape(right)[1]):
        return multiply(right, left)
    return None


@declares("product", KroneckerProduct)
def product_of_kronecker(left: Basic, right: Basic) -> Basic | None:
    """(A⊗B)(C⊗D) = AC⊗BD where the factors fit"""
    if isinstance(left, KroneckerProduct) and isinstance(right, KroneckerProduct) \
            and len(left.args) == len(right.args):
        pairs = list(zip(left.args, right.args, strict=True))
        if all(same_size(shape(a)[1], shape(b)[0]) for a, b in pairs):
            return kronecker(*(multiply(a, b) for a, b in pairs))
    return None


@declares("product", MatrixSum)
def product_of_sum(left: Basic, right: Basic) -> Basic | None:
    """A Kronecker product beside a sum of Kronecker products, under the sum."""
    for total, factors in ((left, (left, right)), (right, (left, right))):
        other = right if total is left else left
        if isinstance(total, MatrixSum) and isinstance(other, KroneckerProduct):
            inside = multiply(*(total.body if f is total else f for f in factors))
            if isinstance(split_scalar(inside)[1], KroneckerProduct):
                return matrix_sum(inside, total.limits)
    return None


@declares("power", KroneckerProduct)
def power_of_kronecker(product: KroneckerProduct, exponent: Expr) -> Basic | None:
    """(A⊗B)ᵏ = Aᵏ⊗Bᵏ for square factors"""
    if exponent.is_integer and all(same_size(*shape(factor)) for factor in product.args):
        return kronecker(*(power(factor, exponent) for factor in product.args))
    return None


@declares("constructor", CommutationMatrix)
def commutation(m: Any, n: Any) -> Basic:
    """``K_mn``, which is the identity for rows and columns."""
    return Identity(m*n) if is_one(m) or is_one(n) else CommutationMatrix(m, n)


@declares("product", CommutationMatrix)
def product_of_commutations(left: Basic, right: Basic) -> Basic | None:
    """K_mn K_nm = I"""
    if isinstance(left, CommutationMatrix) and left == transpose(right):
        return Identity(shape(left)[0])
    return None


@declares("power", CommutationMatrix)
def power_of_commutation(K: CommutationMatrix, exponent: Expr) -> Basic | None:
    """K⁻¹ = K', and KK = I for a square"""
    if same_size(*K.args) and exponent.is_even:
        return Identity(shape(K)[0])
    return transpose(K) if exponent == -1 else None
