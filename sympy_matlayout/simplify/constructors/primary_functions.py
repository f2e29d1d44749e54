"""Functions of matrices and their derivatives along directions, locally simplified."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from sympy import Add, Expr, Lambda, Mul, Pow, S, exp, log
from sympy.core.basic import Basic
from sympy.core.sorting import default_sort_key
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    DiagMatrix,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    ZeroMatrix,
)

from ...core.bound_symbols import bound_symbol
from ...core.registry import construct, declares
from ...core.shapes import is_one, same_size, shape
from ...nodes.frechet_derivatives import DividedDifferences, FrechetDerivative, FrechetMatrix
from ...nodes.functions_of_argument import of_argument, slope_of
from ...nodes.primary_functions import PrimaryFunction
from .entry_by_entry import elementwise, hadamard
from .kronecker import kronecker
from .nodes import factors_of, new, split_scalar
from .products import add, base_and_exponent, multiply, power, scale
from .stacking import diag
from .traces_and_entries import trace
from .transposes import transpose

__all__ = ["frechet_derivative", "frechet_matrix", "of_similar", "primary_function"]


@declares("constructor", PrimaryFunction)
def primary_function(f: Any, X: Basic) -> Basic:
    """``f(X)``, with sums, products, powers and functions of functions as those of matrices."""
    (z,), body = f.signature, f.expr
    n = shape(X)[0]
    if z not in body.free_symbols:
        return scale(body, Identity(n))
    if body == z:
        return X
    if isinstance(body, Add):
        return add(*(primary_function(Lambda((z,), term), X) for term in body.args))
    if isinstance(body, Mul):
        constant, factors = body.as_independent(z, as_Add=False)
        return multiply(constant, *(primary_function(Lambda((z,), a), X)
                                    for a in Mul.make_args(factors)))
    if isinstance(body, Pow) and z not in body.exp.free_symbols and not (
            body.base == z and _is_root_of_power(X, body.exp)):
        return power(primary_function(Lambda((z,), body.base), X), body.exp)
    head: Any = body.func
    if body.is_Function and len(body.args) == 1 and body.args[0] != z:
        inside = primary_function(Lambda((z,), body.args[0]), X)
        return primary_function(of_argument(head(z), z), inside)
    found = _of_simple(f, X)
    if found is None and (known := SHORTER.get(type(body))) is not None:
        found = known(X)
    return new(PrimaryFunction, f, X) if found is None else found


def _is_root_of_power(X: Any, exponent: Any) -> bool:
    """Whether a power of X is kept as a function, since (X²)^(1/2) is no power of X."""
    inside = base_and_exponent(X)[1]
    return inside != 1 and not exponent.is_integer and not (
        inside.is_Rational and abs(inside) <= 1)


def _of_simple(f: Any, X: Any) -> Basic | None:
    """f of a matrix of which it is taken part by part, or number by number."""
    n = shape(X)[0]
    if is_one(n):
        return scale(f(trace(X)), Identity(S.One))
    c, core = split_scalar(X)
    if isinstance(core, (Identity, ZeroMatrix)):
        value = f(c if isinstance(core, Identity) else S.Zero)
        return scale(value, Identity(n)) if value.is_finite is not False else None
    if isinstance(core, DiagMatrix):
        return diag(elementwise(f, scale(c, core.args[0])))
    if isinstance(core, BlockDiagMatrix) and all(same_size(*shape(B)) for B in core.args):
        return BlockDiagMatrix(*(construct(PrimaryFunction, f, scale(c, B)) for B in core.args))
    if isinstance(core, KroneckerProduct) and (k := _only_factor(core)) is not None:
        inside = primary_function(f, scale(c, core.args[k]))
        return kronecker(*core.args[:k], inside, *core.args[k + 1:])
    if (similar := of_similar(core)) is not None:
        left, inside, right = similar
        return multiply(left, primary_function(f, scale(c, inside)), right)
    return None


def _only_factor(product: KroneckerProduct) -> int | None:
    """The place of the only factor that is no identity."""
    places = [k for k, a in enumerate(product.args) if not isinstance(a, Identity)]
    return places[0] if len(places) == 1 and same_size(*shape(product.args[places[0]])) else None


def of_similar(matrix: Basic) -> tuple[Basic, Basic, Basic] | None:
    """``P, M, P⁻¹`` of a product of these."""
    factors = factors_of(matrix)
    if len(factors) < 3 or not same_size(*shape(factors[0])):
        return None
    first, *middle, last = factors
    if isinstance(multiply(last, first), Identity):
        return first, multiply(*middle), last
    return None


def _shorter_exponential(X: Basic) -> Basic | None:
    """e^(log X) = X, e^(X + cI) = e^c e^X, and e^(A⊗I + I⊗B) = e^A⊗e^B"""
    if isinstance(X, PrimaryFunction) and isinstance(X.function.expr, log):
        return X.matrix
    if not isinstance(X, MatAdd):
        return None
    numbers = [t for t in X.args if isinstance(split_scalar(t)[1], Identity)]
    if numbers:
        rest = add(*(t for t in X.args if t not in numbers), shape=shape(X))
        shift = Add(*(split_scalar(t)[0] for t in numbers))
        return scale(exp(shift), _expm(rest))
    cores = [(c, core) for c, core in map(split_scalar, X.args)]
    if len(cores) == 2 and all(isinstance(core, KroneckerProduct) and len(core.args) == 2
                               for _, core in cores):
        for (c, one), (d, other) in (cores, cores[::-1]):
            A, right = one.args
            left, B = other.args
            if isinstance(left, Identity) and isinstance(right, Identity) \
                    and shape(left) == shape(A) and shape(right) == shape(B):
                return kronecker(_expm(scale(c, A)), _expm(scale(d, B)))
    return None


def _shorter_logarithm(X: Basic) -> Basic | None:
    """log Xᵖ = p log X for -1 ≤ p ≤ 1 (Higham, theorem 11.2)"""
    base, exponent = base_and_exponent(X)
    if exponent != 1 and exponent.is_Rational and abs(exponent) <= 1:
        z = bound_symbol("z")
        return scale(exponent, primary_function(Lambda((z,), log(z)), base))
    return None


SHORTER = {exp: _shorter_exponential, log: _shorter_logarithm}


def _expm(X: Basic) -> Basic:
    z = bound_symbol("z")
    return primary_function(Lambda((z,), exp(z)), X)


@declares("transpose", PrimaryFunction)
def transpose_of_function(node: PrimaryFunction) -> Basic:
    """f(X)' = f(X')"""
    return construct(PrimaryFunction, node.function, transpose(node.matrix))


@declares("power", PrimaryFunction)
def power_of_function(node: PrimaryFunction, exponent: Expr) -> Basic | None:
    """(e^X)^k = e^(kX) for whole k"""
    if isinstance(node.function.expr, exp) and exponent.is_integer:
        return primary_function(node.function, scale(exponent, node.matrix))
    return None


@declares("product", PrimaryFunction)
def product_of_functions(left: Any, right: Any) -> Basic | None:
    """e^(aX) e^(bX) = e^((a + b)X); of what commutes powers of X come first"""
    if not isinstance(left, PrimaryFunction):
        return None
    a, X = split_scalar(left.matrix)
    if not isinstance(right, PrimaryFunction):
        return new(MatMul, right, left) if base_and_exponent(right)[0] == X else None
    b, Y = split_scalar(right.matrix)
    if X != Y:
        return None
    if isinstance(left.function.expr, exp) and isinstance(right.function.expr, exp):
        return primary_function(left.function, scale(a + b, X))
    in_order = default_sort_key(left) <= default_sort_key(right)
    return None if in_order else new(MatMul, right, left)


@declares("determinant", PrimaryFunction)
def determinant_of_function(node: PrimaryFunction) -> Expr | None:
    """|e^X| = e^(tr X)"""
    return exp(trace(node.matrix)) if isinstance(node.function.expr, exp) else None


# --- derivatives along directions ---------------------------------------------------------


@declares("constructor", FrechetDerivative)
def frechet_derivative(f: Any, X: Basic, *directions: Any) -> Basic:
    """Linear in each direction, and closed where the directions commute with the point."""
    if not directions:
        return primary_function(f, X)
    if any(isinstance(E, ZeroMatrix) for E in directions):
        return ZeroMatrix(*shape(X))
    (z,), body = f.signature, f.expr
    if z not in body.free_symbols:
        return ZeroMatrix(*shape(X))
    if isinstance(body, Add):
        return add(*(frechet_derivative(Lambda((z,), t), X, *directions) for t in body.args))
    scalars, cores = zip(*map(split_scalar, directions), strict=True)
    constant, body = body.as_independent(z, as_Add=False)
    number, f = Mul(constant, *scalars), Lambda((z,), body)
    for k, E in enumerate(cores):
        if isinstance(E, Identity):
            return scale(number, frechet_derivative(slope_of(f), X, *cores[:k], *cores[k + 1:]))
    if body == z:
        return scale(number, cores[0]) if len(cores) == 1 else ZeroMatrix(*shape(X))
    found = _closed(f, X, cores)
    if found is None:
        found = new(FrechetDerivative, f, X, *sorted(cores, key=default_sort_key))
    return scale(number, found)


def _closed(f: Any, X: Any, directions: Sequence[Basic]) -> Basic | None:
    if len(directions) > 1:
        if all(_commute(*pair) for pair in combinations((X, *directions), 2)):
            return multiply(primary_function(slope_of(f, len(directions)), X), *directions)
        return None
    (E,) = directions
    if _commute(X, E):
        return multiply(E, primary_function(slope_of(f), X))
    c, core = split_scalar(X)
    if isinstance(core, DiagMatrix):
        return hadamard(new(DividedDifferences, f, scale(c, core.args[0])), E)
    if (similar := of_similar(core)) is not None:
        left, inside, right = similar
        turned = multiply(right, E, left)
        return multiply(left, frechet_derivative(f, scale(c, inside), turned), right)
    return None


def _commute(A: Basic, B: Basic) -> bool:
    """Whether two products are equal in both orders, as they are written."""
    return multiply(A, B) == multiply(B, A)


@declares("linear", FrechetDerivative)
def only_direction(node: FrechetDerivative) -> int | None:
    return 2 if len(node.directions) == 1 else None


@declares("transpose", FrechetDerivative, FrechetMatrix)
def transpose_of_derivative(node: Any) -> Basic:
    """L(X, E)' = L(X', E'), and K(X)' = K(X')"""
    return construct(type(node), node.function, *map(transpose, node.args[1:]))


@declares("trace", FrechetDerivative)
def trace_of_derivative(node: FrechetDerivative) -> Expr:
    """tr L_f(X, E) = tr(f'(X)E)"""
    *others, last = node.directions
    return trace(multiply(frechet_derivative(slope_of(node.function), node.matrix, *others), last))


@declares("inner", FrechetDerivative)
def inner_of_derivative(node: FrechetDerivative, M: Basic) -> Expr | None:
    """tr(L_f(X, E)M) = tr(L_f(X, M)E), which is tr(f'(X)ME) where M commutes with X"""
    if len(node.directions) > 1 or not _commute(node.matrix, M):
        return None
    return trace(multiply(frechet_derivative(node.function, node.matrix, M), *node.directions))


@declares("constructor", FrechetMatrix)
def frechet_matrix(f: Any, X: Basic, *directions: Any) -> Basic:
    n = shape(X)[0]
    (z,), body = f.signature, f.expr
    if z not in body.free_symbols or any(isinstance(E, ZeroMatrix) for E in directions):
        return ZeroMatrix(n**2, n**2)
    if isinstance(body, Add):
        return add(*(frechet_matrix(Lambda((z,), t), X, *directions) for t in body.args))
    scalars, cores = zip(*map(split_scalar, directions), strict=True) if directions else ((), ())
    constant, body = body.as_independent(z, as_Add=False)
    number, f = Mul(constant, *scalars), Lambda((z,), body)
    for k, E in enumerate(cores):
        if isinstance(E, Identity):
            return scale(number, frechet_matrix(slope_of(f), X, *cores[:k], *cores[k + 1:]))
    if body == z:
        return ZeroMatrix(n**2, n**2) if directions else scale(number, Identity(n**2))
    c, core = split_scalar(X)
    if not directions and isinstance(core, (Identity, ZeroMatrix)):
        slope = slope_of(f)(c if isinstance(core, Identity) else S.Zero)
        return scale(number*slope, Identity(n**2))
    return scale(number, new(FrechetMatrix, f, X, *sorted(cores, key=default_sort_key)))


# --- of matrices that powers are taken of entry by entry or part by part ------------------


@declares("power", DiagMatrix)
def power_of_diagonal(base: DiagMatrix, exponent: Expr) -> Basic | None:
    """diag(d)ᵖ by entries, for roots; whole powers stay as they were written"""
    if exponent.is_integer:
        return None
    z = bound_symbol("z")
    return diag(elementwise(Lambda((z,), z**exponent), base.args[0]))
