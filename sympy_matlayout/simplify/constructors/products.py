"""Scalar multiples, sums, products and powers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Add, Expr, Mul, S, Sum, Transpose
from sympy.core.basic import Basic
from sympy.matrices import ImmutableDenseMatrix, MatrixBase
from sympy.matrices.expressions import (
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    OneMatrix,
    ZeroMatrix,
)

from ...core import limits
from ...core.bound_symbols import bound_symbol
from ...core.caches import cached, equal
from ...core.registry import construct, declared, declares
from ...core.shapes import Shape, is_matrix, is_scalar_shape, same_size
from ...core.shapes import shape as shape_of
from ...nodes.functions_of_argument import of_argument
from ...nodes.matrix_sum import MatrixSum
from ...nodes.primary_functions import PrimaryFunction
from ...nodes.structured import facts_about
from ...nodes.written_sum import WrittenSum
from .identities import merged_by_identity
from .nodes import factors_of, new, split_scalar
from .projections import merged_with_projection
from .transposes import transpose, transpose_of_term

__all__ = ["add", "base_and_exponent", "inverse", "matrix_sum", "meets_only_itself", "multiply",
           "power", "scale", "with_powers_joined"]


def scale(c: Any, matrix: Basic) -> Basic:
    """``c*matrix``"""
    if c is S.One:
        return matrix
    if not isinstance(matrix, MatMul) or c == 0:
        return multiply(c, matrix)
    scalar, core = split_scalar(matrix)  # its factors need no second look
    scalar *= c
    factors = factors_of(core)
    if len(factors) == 1 and (scalar.is_Rational or isinstance(core, MatrixBase)):
        return multiply(scalar, core)
    return core if scalar is S.One else new(MatMul, scalar, *factors)


@declares("constructor", MatAdd)
def add(*terms: Basic, shape: Shape | None = None) -> Basic:
    """The sum of matrices of one shape, like terms collected; the zero matrix for no terms."""
    if len(terms) == 1:
        return terms[0]
    coefficients: dict[Basic, list[Expr]] = {}
    explicit = None
    flat: list[Basic] = []
    for term in terms:
        flat.extend(term.args if isinstance(term, MatAdd) else [term])
    for term in flat:
        shape = shape or shape_of(term)
        if isinstance(term, MatrixBase):
            explicit = term if explicit is None else explicit + term
        elif not isinstance(term, ZeroMatrix):
            c, matrix = split_scalar(term)
            coefficients.setdefault(matrix, []).append(c)
    _join_linear(coefficients)
    summands = [scale(Add(*cs), matrix) for matrix, cs in coefficients.items()]
    summands = [s for s in summands if not isinstance(s, ZeroMatrix)]
    if explicit is not None and not explicit.is_zero_matrix:
        summands.append(explicit)
    if not summands:
        if shape is None:
            raise TypeError("add() of nothing needs a shape")
        return ZeroMatrix(*shape)
    return summands[0] if len(summands) == 1 else new(MatAdd, *summands)


def _join_linear(coefficients: dict[Basic, list[Expr]]) -> None:
    """L(E) + L(F) = L(E + F), of nodes that are linear in an argument and alike in all else."""
    groups: dict[Any, list[Basic]] = {}
    for node in coefficients:
        known = declared("linear", type(node))
        if known is not None and (place := known(node)) is not None:
            alike = type(node), place, node.args[:place], node.args[place + 1:]
            groups.setdefault(alike, []).append(node)
    for (kind, place, before, after), nodes in groups.items():
        if len(nodes) > 1:
            inside = add(*(scale(Add(*coefficients.pop(node)), node.args[place])
                           for node in nodes))
            scalar, joined = split_scalar(construct(kind, *before, inside, *after))
            coefficients.setdefault(joined, []).append(scalar)


@declares("constructor", MatMul)
def multiply(*factors: Any) -> Basic:
    """The product of scalars and of matrices that fit; neighbours with one base are merged."""
    flat = [f for factor in factors for f in factors_of(factor)]
    matrices = [f for f in flat if is_matrix(f)]
    coefficient: Any = S.One
    if len(matrices) < len(flat):
        coefficient = Mul(*(f for f in flat if not is_matrix(f)))
    rows, cols = shape_of(matrices[0])[0], shape_of(matrices[-1])[1]
    if all(map(meets_only_itself, matrices)):
        product = with_powers_joined(matrices)
    elif any(isinstance(m, ZeroMatrix) for m in matrices):
        return ZeroMatrix(rows, cols)
    else:
        more, product = _with_neighbours_merged(matrices)
        if more == 0 or any(isinstance(m, ZeroMatrix) for m in product):
            return ZeroMatrix(rows, cols)
        coefficient *= more
    return ZeroMatrix(rows, cols) if coefficient == 0 else _product_of(
        coefficient, product or [Identity(rows)])


def _with_neighbours_merged(matrices: list[Any]) -> tuple[Expr, list[Any]]:
    """The factors that are left, and the scalars that came out of them."""
    coefficient: Any = S.One
    product: list[Basic] = []
    pending = matrices[::-1]
    while pending:
        matrix = pending.pop()
        if _is_neutral(matrix):
            continue
        if found := (merged_by_identity(product, matrix) or merged_with_projection(product, matrix)
                     or _merged_with_power(product, matrix)):
            count, merged = found
            del product[len(product) - count:]
        elif product and (merged := _merged(product[-1], matrix)) is not None:
            product.pop()
        else:
            product.append(matrix)
            continue
        for f in reversed(factors_of(merged)):
            if is_matrix(f):
                pending.append(f)
            else:
                coefficient *= f
    return coefficient, product


def _product_of(coefficient: Expr, product: Sequence[Any]) -> Basic:
    """A number or scalar and factors with nothing left to merge, as one node."""
    if len(product) == 1 and isinstance(product[0], MatrixBase):
        return product[0]*coefficient
    if coefficient is not S.One and coefficient.is_Rational and len(product) == 1 \
            and isinstance(product[0], MatAdd):
        # as SymPy does, so that signs and numbers meet inside
        return add(*(scale(coefficient, term) for term in product[0].args))
    if coefficient is not S.One:
        return new(MatMul, coefficient, *product)
    return product[0] if len(product) == 1 else new(MatMul, *product)


def _is_neutral(matrix: Basic) -> bool:
    return isinstance(matrix, Identity) or (
        isinstance(matrix, OneMatrix) and is_scalar_shape(shape_of(matrix)))


@cached(limits.CACHED_NODES)
def meets_only_itself(matrix: Basic) -> bool:
    """Whether it merges with powers of itself and with nothing else."""
    base = base_and_exponent(matrix)[0]
    if isinstance(base, Transpose):
        base = base.args[0]
    return isinstance(base, (*PLAIN, WrittenSum)) and not facts_about(base)


def with_powers_joined(matrices: Sequence[Basic]) -> list[Basic]:
    """``A*A`` as a power, and ``A*A**-1`` as nothing."""
    product: list[tuple[Basic, Any, Basic | None]] = []
    for matrix in matrices:
        base, exponent = base_and_exponent(matrix)
        if product and equal(product[-1][0], base) and same_size(*shape_of(base)):
            exponent += product.pop()[1]
            if exponent != 0:
                product.append((base, exponent, None))
        else:
            product.append((base, exponent, matrix))
    return [matrix or power(base, exponent) for base, exponent, matrix in product]


# --- neighbours that are one node together ----------------------------------------------

PLAIN = (MatrixSymbol, MatAdd)  # what only an equal neighbour, or an inverse, merges with


def _merged(left: Basic, right: Basic) -> Basic | None:
    """``left*right`` as one node where that is shorter, else None."""
    if isinstance(left, PLAIN) and isinstance(right, PLAIN) and not (
            facts_about(left) or facts_about(right)):
        return power(left, S(2)) if left == right and same_size(*shape_of(left)) else None
    for symbol, other in ((left, right), (right, left)):
        if "orthogonal" in facts_about(symbol) and other == transpose_of_term(symbol):
            return Identity(shape_of(symbol)[0])
    for kind in dict.fromkeys((type(left), type(right))):
        known = declared("product", kind)
        if known is not None and (found := known(left, right)) is not None:
            return found
    base, exponent = base_and_exponent(left)
    other, power_of_other = base_and_exponent(right)
    if base == other and same_size(*shape_of(base)):
        return power(base, exponent + power_of_other)
    return None


def _merged_with_power(product: Sequence[Basic], matrix: Basic) -> tuple[int, Basic] | None:
    """``(A'A)⁻¹A'A = I``: a power of a product meets that product, on either side."""
    if isinstance(matrix, MatPow):
        letters = _letters_of_base(matrix)
        if letters and tuple(product[-len(letters):]) == letters:
            base, exponent = base_and_exponent(matrix)
            return len(letters), power(base, exponent + 1)
    for count, factor in enumerate(reversed(product), start=1):
        letters = _letters_of_base(factor)
        if letters:
            together = (*product[len(product) - count + 1:], matrix)
            base, exponent = base_and_exponent(factor)
            return (count, power(base, exponent + 1)) if together == letters else None
    return None


def _letters_of_base(matrix: Any) -> tuple[Any, ...]:
    """The factors of the product that a power is of, none for any other matrix."""
    if not isinstance(matrix, MatPow) or not isinstance(matrix.args[0], MatMul):
        return ()
    return matrix.args[0].args if all(map(is_matrix, matrix.args[0].args)) else ()


@declares("product", MatrixBase)
def product_of_explicit(left: Basic, right: Basic) -> Basic | None:
    if isinstance(left, MatrixBase) and isinstance(right, MatrixBase):
        return ImmutableDenseMatrix(left*right)
    return None


@declares("product", OneMatrix)
def product_of_ones(left: Basic, right: Basic) -> Basic | None:
    """Ones times ones, n of them side by side."""
    if isinstance(left, OneMatrix) and isinstance(right, OneMatrix):
        return scale(shape_of(left)[1], OneMatrix(shape_of(left)[0], shape_of(right)[1]))
    return None


# --- powers -----------------------------------------------------------------------------


def base_and_exponent(matrix: Any) -> Any:
    """``(A, k)`` of ``A**k``, and ``(A, 1)`` of ``A``."""
    if isinstance(matrix, MatPow):  # Inverse is one
        return matrix.args
    return matrix, S.One


@declares("constructor", MatPow, Inverse)
def power(base: Basic, exponent: Any) -> Basic:
    """``base**exponent`` of a square matrix."""
    if exponent == 0:
        return Identity(shape_of(base)[0])
    if exponent == 1:
        return base
    known = declared("power", type(base))
    if known is not None and (found := known(base, exponent)) is not None:
        return found
    scalar, core = split_scalar(base)
    if scalar == -1 and exponent.is_integer:  # of a skew matrix, transposed
        return scale(scalar**exponent, power(core, exponent))
    if scalar != 1 and scalar.is_positive and exponent.is_integer is False:
        return scale(scalar**exponent, power(core, exponent))
    if exponent == -1:
        if "orthogonal" in facts_about(base):
            return transpose(base)
        return new(Inverse, base, S.NegativeOne)
    return new(MatPow, base, exponent)


@declares("power", Identity)
def power_of_identity(base: Identity, exponent: Expr) -> Basic:
    return base


@declares("power", ZeroMatrix)
def power_of_zero(base: ZeroMatrix, exponent: Expr) -> Basic | None:
    return base if exponent.is_positive else None


@declares("power", OneMatrix)
def power_of_ones(base: OneMatrix, exponent: Expr) -> Basic | None:
    if exponent.is_Integer and exponent > 0:
        return scale(shape_of(base)[0]**(exponent - 1), base)
    return None


@declares("power", MatPow)
def power_of_power(base: MatPow, exponent: Expr) -> Basic | None:
    """(Aᵖ)ᵏ = Aᵖᵏ for whole k, and of roots (A^p)^q where -1 ≤ p ≤ 1 (Higham, 11.2)"""
    inside: Any = base.args[1]
    if exponent.is_integer or inside.is_Rational and abs(inside) <= 1 and exponent.is_real:
        return power(base.args[0], inside*exponent)
    # a root of a power, which SymPy's own products would take for the power of a base
    z = bound_symbol("z")
    return construct(PrimaryFunction, of_argument(z**exponent, z), base)


@declares("power", Transpose)
def power_of_transpose(base: Transpose, exponent: Expr) -> Basic | None:
    """Q'⁻¹ = Q of an orthogonal Q"""
    matrix = base.args[0]
    return matrix if exponent == -1 and "orthogonal" in facts_about(matrix) else None


def inverse(matrix: Basic) -> Basic:
    """The inverse of a square matrix, scalar factors in front."""
    c, core = split_scalar(matrix)
    return scale(1/c, power(core, S.NegativeOne))


# --- sums over an index -----------------------------------------------------------------


def matrix_sum(body: Basic, limits: Any) -> Any:
    """The sum over an index, of scalars as well, constant factors in front and behind."""
    index, lower, upper = limits
    if not is_matrix(body):
        return Sum(body, limits) if index in body.free_symbols else (upper - lower + 1)*body
    if isinstance(body, ZeroMatrix):
        return body
    factors = list(factors_of(body))
    before, after = [], []
    while factors and index not in factors[0].free_symbols:
        before.append(factors.pop(0))
    while factors and index not in factors[-1].free_symbols:
        after.insert(0, factors.pop())
    if not factors:
        return scale(upper - lower + 1, body)
    if not any(map(is_matrix, factors)):  # only a scalar holds the index
        return multiply(Sum(Mul(*factors), limits), *before, *after)
    inside = factors[0] if len(factors) == 1 else new(MatMul, *factors)
    return multiply(*before, new(MatrixSum, inside, limits), *after)
