"""Elementwise products, powers and functions."""

from __future__ import annotations

from typing import Any

from sympy import Dummy, I, Lambda, Mul, S, im, re
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from ...core.bound_symbols import argument_symbol
from ...core.registry import declares
from ...core.shapes import is_matrix, is_one, shape
from ...nodes.realness import is_complex
from .nodes import new, split_scalar
from .products import multiply, scale
from .transposes import transpose

__all__ = ["elementwise", "hadamard", "hadamard_power"]


@declares("constructor", HadamardProduct)
def hadamard(*factors: Basic) -> Basic:
    """The elementwise product; factors of ones fall away."""
    scalars, matrices = [], []
    for factor in factors:
        c, core = split_scalar(factor)
        scalars.append(c)
        matrices.extend(core.args if isinstance(core, HadamardProduct) else [core])
    coefficient = Mul(*scalars)
    size = shape(matrices[0])
    if coefficient == 0 or any(isinstance(m, ZeroMatrix) for m in matrices):
        return ZeroMatrix(*size)
    matrices = [m for m in matrices if not isinstance(m, OneMatrix)] or [OneMatrix(*size)]
    return scale(coefficient,
                 matrices[0] if len(matrices) == 1 else new(HadamardProduct, *matrices))


@declares("constructor", HadamardPower)
def hadamard_power(base: Basic, exponent: Basic) -> Basic:
    """``base`` to ``exponent`` entry by entry; either may be a scalar, but not both."""
    size = shape(base) or shape(exponent)
    if isinstance(exponent, ZeroMatrix) or (not is_matrix(exponent) and exponent.is_zero):
        return OneMatrix(*size)
    if isinstance(exponent, OneMatrix) or exponent == 1:
        return base if is_matrix(base) else scale(base, OneMatrix(*size))
    if isinstance(base, OneMatrix) or base == 1:
        return OneMatrix(*size)
    if is_matrix(base) and not is_matrix(exponent) and exponent.is_integer:
        scalar, core = split_scalar(base)
        if scalar == -1:  # of a skew matrix, transposed
            return scale(scalar**exponent, new(HadamardPower, core, exponent))
    return new(HadamardPower, base, exponent)


@declares("constructor", ElementwiseApplyFunction)
def elementwise(function: Any, matrix: Basic) -> Basic:
    """``function`` of every entry; a constant function gives a multiple of ones."""
    (z,), body = function.signature, function.expr  # Lambda(z, z) has no args
    if body == z:
        return matrix
    if body in (re(z), im(z)) and is_complex(matrix):
        scalar, matrix = _outside_of_parts(matrix)
        if I in Mul.make_args(scalar):  # re(iu) = -im u, im(iu) = re u
            scalar = scalar*I if body == re(z) else scalar/I
            body = im(z) if body == re(z) else re(z)
            function = Lambda((z,), body)
        if scalar != 1:
            return scale(scalar, elementwise(function, matrix))
    number, core = split_scalar(matrix)
    constant = isinstance(core, (ZeroMatrix, OneMatrix))
    if number != 1 and number.is_Number and not constant:  # σ(-X) is a function of X
        body, matrix = body.xreplace({z: number*z}), core
        function = Lambda((z,), body)
    # one name for the bound symbol, so that equal functions are equal nodes
    own = argument_symbol(body.atoms(Dummy) - {z}, real=not is_complex(matrix))
    if own != z:
        body = body.xreplace({z: own})
        z, function = own, Lambda((own,), body)
    if z not in body.free_symbols:
        return scale(body, OneMatrix(*shape(matrix)))
    if isinstance(matrix, (ZeroMatrix, OneMatrix)):
        value = function(S.Zero if isinstance(matrix, ZeroMatrix) else S.One)
        return scale(value, OneMatrix(*shape(matrix)))
    if _is_turned(matrix):
        # SymPy writes f(Wx)' as f(x'W'), and the two have to be known as one another's transpose
        return new(Transpose, new(ElementwiseApplyFunction, function, transpose(matrix)))
    return new(ElementwiseApplyFunction, function, matrix)


def _outside_of_parts(matrix: Basic) -> tuple[Any, Basic]:
    """The real and imaginary factors before a matrix, and what is left of it."""
    scalar, core = split_scalar(matrix)
    factors = Mul.make_args(scalar)
    inside = [f for f in factors if is_complex(f) and f is not S.ImaginaryUnit]
    return Mul(*(f for f in factors if f not in inside)), scale(Mul(*inside), core)


def _is_turned(matrix: Basic) -> bool:
    """Whether a matrix is visibly the transpose of a simpler one."""
    if isinstance(matrix, (MatAdd, MatMul, HadamardProduct)):
        return all(_is_turned(a) for a in matrix.args if is_matrix(a))
    return isinstance(matrix, Transpose) and not isinstance(
        matrix.args[0], (MatAdd, MatMul, HadamardProduct))


@declares("product", HadamardProduct)
def product_with_ones(left: Any, right: Any) -> Basic | None:
    """(1q'∘M)1 = Mq and 1'(q1'∘M) = q'M"""
    if isinstance(right, OneMatrix) and is_one(right.shape[1]):
        weights, rest = _weights(left, row=True)
        return None if rest is None else multiply(rest, transpose(weights))
    if isinstance(left, OneMatrix) and is_one(left.shape[0]):
        weights, rest = _weights(right, row=False)
        return None if rest is None else multiply(transpose(weights), rest)
    return None


def _weights(product: Any, row: bool) -> tuple[Any, Basic | None]:
    """A row that all rows of a factor are, or a column that all columns are, and the rest."""
    for k, factor in enumerate(product.args if isinstance(product, HadamardProduct) else ()):
        if isinstance(factor, MatMul) and len(factor.args) == 2:
            ones, weights = factor.args if row else reversed(factor.args)
            if isinstance(ones, OneMatrix) and is_one(shape(weights)[0 if row else 1]):
                return weights, hadamard(*product.args[:k], *product.args[k + 1:])
    return None, None
