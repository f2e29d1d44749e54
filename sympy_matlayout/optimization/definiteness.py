"""Signs of symmetric matrices and of scalars, as far as their form shows them."""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from typing import Any

from sympy import Abs, Add, Mul, Pow, S, Trace, exp
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from ..core.shapes import is_matrix, shape
from ..nodes.matrix_sum import MatrixSum
from ..nodes.norm import Norm
from ..nodes.realness import is_complex
from ..nodes.sigmoid import Sigmoid
from ..nodes.softmax import Softmax
from ..nodes.structured import facts_about
from ..nodes.vech import DuplicationMatrix
from ..simplify import constructors as c

__all__ = ["Sign", "definiteness"]

# "positive" for positive definite, "nonnegative" for semidefinite, and so on; None is unknown
Sign = str | None
OPPOSITE = {"positive": "negative", "nonnegative": "nonpositive", "negative": "positive",
            "nonpositive": "nonnegative", "zero": "zero", None: None}


def _strictly(sign: Sign) -> Sign:
    """The sign of what is semidefinite and has an inverse."""
    return {"nonnegative": "positive", "nonpositive": "negative"}.get(str(sign), sign)


def _weakly(sign: Sign) -> Sign:
    return {"positive": "nonnegative", "negative": "nonpositive"}.get(str(sign), sign)


def definiteness(matrix: Any, invertible: Collection[Basic] = ()) -> Sign:
    """
    Whether a symmetric matrix is definite, where its form shows it.

    Sums, products M'AM, Kronecker and Hadamard products, inverses and diagonal matrices are
    looked through; ``invertible`` are matrices that are known to be.
    """
    if not is_matrix(matrix):
        return _of_scalar(matrix, invertible)
    found = _of_matrix(matrix, invertible)
    return _strictly(found) if c.split_scalar(matrix)[1] in invertible else found


def _of_matrix(matrix: Any, invertible: Collection[Basic]) -> Sign:
    if isinstance(matrix, Identity) or "positive definite" in facts_about(matrix):
        return "positive"
    if isinstance(matrix, (ZeroMatrix, OneMatrix)):
        return "zero" if isinstance(matrix, ZeroMatrix) else "nonnegative"
    if isinstance(matrix, MatAdd):
        return _sum([definiteness(a, invertible) for a in matrix.args])
    if isinstance(matrix, MatMul):
        return _of_product(matrix, invertible)
    if isinstance(matrix, (Transpose, MatrixSum)):
        return definiteness(matrix.args[0], invertible)
    if isinstance(matrix, (Inverse, MatPow)):
        return _of_power(matrix, invertible)
    if isinstance(matrix, (KroneckerProduct, HadamardProduct)):
        signs = [definiteness(a, invertible) for a in matrix.args]
        schur = isinstance(matrix, KroneckerProduct) or set(signs) <= {"positive", "nonnegative"}
        return reduce(_times, signs) if schur else None
    if isinstance(matrix, DiagMatrix):
        return _of_entries(matrix.args[0], invertible)
    return None


def _of_power(matrix: Any, invertible: Collection[Basic]) -> Sign:
    base, exponent = matrix.args
    if exponent.is_even:
        return "nonnegative" if _adjoint(base) == base else None
    found = definiteness(base, invertible)
    if exponent.is_odd and exponent.is_negative:  # what has an inverse has no eigenvalue zero
        return _strictly(found)
    return found if exponent.is_odd or found == "positive" else None


def _of_product(matrix: Any, invertible: Collection[Basic]) -> Sign:
    """c MᴴAM has the sign of c A, strictly if M is square and has an inverse, or has full rank."""
    factor, core = c.split_scalar(matrix)
    sign = _of_scalar(factor, invertible)
    factors = list(c.factors_of(core))
    strict = True
    while len(factors) > 1 and factors[0] == _adjoint(factors[-1]):
        outer = factors[-1]
        strict = strict and (_is_invertible(outer, invertible)
                             or isinstance(outer, DuplicationMatrix))
        factors = factors[1:-1]
    if len(factors) > 1 or (factors and factors[0] == core):
        return None if not factors or factors[0] != core else _times(
            sign, definiteness(core, invertible))
    inner = definiteness(factors[0], invertible) if factors else "positive"
    if not strict and core not in invertible:
        inner = _weakly(inner)
    return _times(sign, inner)


def _adjoint(matrix: Any) -> Any:
    """The conjugate transpose, which of a real matrix is the transpose."""
    return c.adjoint(matrix)


def _is_invertible(matrix: Any, invertible: Collection[Basic]) -> bool:
    if matrix in invertible or isinstance(matrix, (Inverse, Identity)) or facts_about(matrix) & {
            "invertible", "orthogonal", "unitary", "positive definite"}:
        return True
    if isinstance(matrix, MatPow) and matrix.args[1].is_negative:
        return True
    return isinstance(matrix, Transpose) and _is_invertible(matrix.args[0], invertible)


def _of_entries(column: Any, invertible: Collection[Basic]) -> Sign:
    """The sign that all entries have."""
    if isinstance(column, OneMatrix):
        return "positive"
    if isinstance(column, Softmax):
        return "positive"
    if isinstance(column, ElementwiseApplyFunction):
        function: Any = column.args[0]
        body = function.expr
        return "positive" if isinstance(body, (exp, Sigmoid)) else _of_scalar(body, invertible)
    if isinstance(column, HadamardPower) and column.args[1].is_even:
        return "nonnegative" if column.args[1].is_positive else "positive"
    if isinstance(column, HadamardProduct):
        return reduce(_times, (_of_entries(a, invertible) for a in column.args))
    if isinstance(column, MatAdd):
        return _sum([_of_entries(a, invertible) for a in column.args])
    factor, core = c.split_scalar(column)
    if core == column:
        return None
    return _times(_of_scalar(factor, invertible), _of_entries(core, invertible))


def _of_scalar(value: Any, invertible: Collection[Basic]) -> Sign:
    found = _of_number(value, invertible)
    return _strictly(found) if value in invertible else found


def _of_number(value: Any, invertible: Collection[Basic]) -> Sign:
    for sign, holds in (("zero", value.is_zero), ("positive", value.is_positive),
                        ("negative", value.is_negative), ("nonnegative", value.is_nonnegative),
                        ("nonpositive", value.is_nonpositive)):
        if holds:
            return sign
    if isinstance(value, Add):
        return _sum([_of_scalar(a, invertible) for a in value.args])
    if isinstance(value, Mul):
        return reduce(_times, (_of_scalar(a, invertible) for a in value.args))
    if isinstance(value, Pow):
        return _of_scalar_power(value, invertible)
    if isinstance(value, (Norm, Abs)):
        return "nonnegative"
    if isinstance(value, exp):
        return "positive"
    if isinstance(value, Trace):
        return definiteness(value.args[0], invertible) if shape(value.args[0]) else None
    return None


def _of_scalar_power(value: Any, invertible: Collection[Basic]) -> Sign:
    base: Any = _of_scalar(value.base, invertible)
    exponent: Any = value.exp
    if exponent.is_even:
        if is_complex(value.base):
            return None
        return "positive" if exponent.is_negative or base in (
            "positive", "negative") else "nonnegative"
    if exponent is S.NegativeOne and base in ("nonnegative", "nonpositive"):
        return _strictly(base)
    if exponent.is_positive and base == "nonnegative":
        return base
    return base if exponent.is_odd or base == "positive" else None


def _sum(signs: list[Sign]) -> Sign:
    kept = [s for s in signs if s != "zero"]
    if not kept:
        return "zero"
    for strict, weak in (("positive", "nonnegative"), ("negative", "nonpositive")):
        if all(s in (strict, weak) for s in kept):
            return strict if strict in kept else weak
    return None


def _times(left: Sign, right: Sign) -> Sign:
    if "zero" in (left, right):
        return "zero"
    if left is None or right is None:
        return None
    negative = (left in ("negative", "nonpositive")) != (right in ("negative", "nonpositive"))
    strict = left in ("positive", "negative") and right in ("positive", "negative")
    found = "positive" if strict else "nonnegative"
    return OPPOSITE[found] if negative else found


