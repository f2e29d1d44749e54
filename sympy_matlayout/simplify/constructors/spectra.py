"""Eigenvalues, singular values, factorisations: what is known of them beside a neighbour."""

from __future__ import annotations

from typing import Any

from sympy import Expr, S, Transpose, sqrt
from sympy.core.basic import Basic
from sympy.matrices.expressions import DiagMatrix, Identity, Inverse, MatAdd, OneMatrix, ZeroMatrix

from ...core.registry import construct, declares
from ...core.shapes import is_one, same_size, shape
from ...nodes.factorizations import Cholesky, QFactor, RFactor
from ...nodes.singular_values import (
    LeftSingularVector,
    LeftSingularVectors,
    PolarFactor,
    RightSingularVector,
    RightSingularVectors,
    SingularValue,
    SingularValues,
)
from ...nodes.spectra import (
    Eigenvalue,
    Eigenvalues,
    Eigenvector,
    Eigenvectors,
    LeftEigenvector,
    ReciprocalGaps,
)
from .conjugates import adjoint, conjugate, plainer
from .entry_by_entry import hadamard_power
from .nodes import new, split_scalar
from .products import add, inverse, multiply, scale
from .stacking import diag
from .traces_and_entries import determinant, trace
from .transposes import transpose

__all__ = ["reciprocal_gaps"]


def _shifted(matrix: Basic) -> tuple[Expr, Basic]:
    """``c, M`` with the matrix cI + M."""
    terms = matrix.args if isinstance(matrix, MatAdd) else ()
    shifts = [t for t in terms if isinstance(split_scalar(t)[1], Identity)]
    if not shifts:
        return S.Zero, matrix
    shift = sum((split_scalar(t)[0] for t in shifts), S.Zero)
    return shift, add(*(t for t in terms if t not in shifts), shape=shape(matrix))


def _plainer_pencil(A: Basic, B: Basic) -> tuple[Basic, Basic]:
    return (A, B) if plainer(A) == A and plainer(B) == B else (conjugate(A), conjugate(B))


# --- eigenvalues and eigenvectors ---------------------------------------------------------


@declares("constructor", Eigenvalues)
def eigenvalues(matrix: Any, *second: Any) -> Basic:
    """λ(cS) = cλ(S) for c > 0, λ(S + cI) = λ(S) + c, λ(S*) = λ(S)"""
    n = shape(matrix)[0]
    if second:
        return new(Eigenvalues, *_plainer_pencil(matrix, *second))
    matrix = plainer(matrix)
    shift, rest = _shifted(matrix)
    if shift != 0:
        return add(eigenvalues(rest), scale(shift, OneMatrix(n, S.One)))
    c, core = split_scalar(matrix)
    if isinstance(core, (Identity, ZeroMatrix)):
        return scale(c if isinstance(core, Identity) else S.Zero, OneMatrix(n, S.One))
    if is_one(n):
        return scale(trace(matrix), Identity(S.One))
    return scale(c, new(Eigenvalues, core)) if c.is_positive else new(Eigenvalues, matrix)


@declares("constructor", Eigenvectors)
def eigenvectors(matrix: Any, *second: Any) -> Basic:
    if second:
        return new(Eigenvectors, matrix, *second)
    shift, rest = _shifted(matrix)
    if shift != 0:
        return eigenvectors(rest)
    c, core = split_scalar(matrix)
    return new(Eigenvectors, core if c.is_positive else matrix)


@declares("constructor", Eigenvalue)
def eigenvalue(matrix: Any, place: Any, *second: Any) -> Any:
    """λₖ(cX) = cλₖ(X), from the other end for c < 0, λₖ(X + cI) = λₖ(X) + c, λ(X') = λ(X)"""
    if second:
        matrix, other = _plainer_pencil(matrix, *second)
        return Eigenvalue(matrix, place, other)
    n = shape(matrix)[0]
    matrix = plainer(matrix)
    shift, rest = _shifted(matrix)
    if shift != 0:
        return eigenvalue(rest, place) + shift
    c, core = split_scalar(matrix)
    if isinstance(core, (Identity, ZeroMatrix)):
        return c if isinstance(core, Identity) else S.Zero
    if is_one(n):
        return trace(matrix)
    if c.is_positive or c.is_negative:
        core = core.args[0] if isinstance(core, Transpose) else core
        return c*Eigenvalue(core, place if c.is_positive else n - 1 - place)
    return Eigenvalue(core if c == 1 else matrix, place)


@declares("constructor", Eigenvector)
def eigenvector(matrix: Any, place: Any, *second: Any) -> Basic:
    return _vector(Eigenvector, matrix, place, *second)


@declares("constructor", LeftEigenvector)
def left_eigenvector(matrix: Any, place: Any) -> Basic:
    """The eigenvector itself of a symmetric matrix, its conjugate of a Hermitian one."""
    if adjoint(matrix) == matrix:
        return conjugate(_vector(Eigenvector, matrix, place))
    return _vector(LeftEigenvector, matrix, place)


def _vector(kind: type, matrix: Any, place: Any, *second: Any) -> Basic:
    if second:
        return new(kind, matrix, place, *second)
    if is_one(shape(matrix)[0]):
        return Identity(S.One)
    rest = _shifted(matrix)[1]
    c, core = split_scalar(rest)
    if c.is_negative:
        place = shape(matrix)[0] - 1 - place
    return new(kind, core if c.is_positive or c.is_negative else rest, place)


@declares("entry", Eigenvalues)
def entry_of_eigenvalues(node: Any, i: Expr, _: Expr) -> Expr:
    matrix, *second = node.args
    return construct(Eigenvalue, matrix, i, *second)


@declares("slice", Eigenvectors)
def column_of_eigenvectors(node: Any, rows: Any, cols: Any) -> Basic | None:
    """A column is an eigenvector."""
    matrix, *second = node.args
    return _column(node, rows, cols, lambda k: construct(Eigenvector, matrix, k, *second))


@declares("slice", LeftSingularVectors, RightSingularVectors)
def column_of_singular_vectors(node: Any, rows: Any, cols: Any) -> Basic | None:
    kind = LeftSingularVector if isinstance(node, LeftSingularVectors) else RightSingularVector
    return _column(node, rows, cols, lambda k: construct(kind, node.matrix, k))


def _column(node: Any, rows: Any, cols: Any, vector: Any) -> Basic | None:
    whole = rows[0] == 0 and rows[2] == 1 and same_size(rows[1], shape(node)[0])
    return vector(cols[0]) if whole and same_size(cols[1] - cols[0], S.One) else None


@declares("entry", SingularValues)
def entry_of_singular_values(node: Any, i: Expr, _: Expr) -> Expr:
    return construct(SingularValue, node.matrix, i)


@declares("constructor", ReciprocalGaps)
def reciprocal_gaps(numbers: Any) -> Basic:
    """Of differences, which a common shift leaves as they are."""
    c, core = split_scalar(numbers)
    terms = [t for t in (core.args if isinstance(core, MatAdd) else (core,))
             if not isinstance(split_scalar(t)[1], OneMatrix)]
    return scale(1/c, new(ReciprocalGaps, add(*terms, shape=shape(core))))


@declares("transpose", ReciprocalGaps)
def transpose_of_gaps(node: ReciprocalGaps) -> Basic:
    return scale(S.NegativeOne, node)


@declares("trace", ReciprocalGaps)
def trace_of_gaps(_: ReciprocalGaps) -> Expr:
    return S.Zero


@declares("product", Eigenvector, LeftSingularVector, RightSingularVector)
def product_of_vectors(left: Any, right: Any) -> Basic | None:
    """vᴴv = 1, w'v = 1, (Sv = λv)"""
    if isinstance(left, Transpose):
        if left.args[0] == conjugate(right) and len(right.args) == 2:
            return Identity(S.One)
        if isinstance(left.args[0], LeftEigenvector) and left.args[0].args == right.args:
            return Identity(S.One)
    return _times_vector(left, right)


def _times_vector(left: Any, right: Any) -> Basic | None:
    if isinstance(right, Eigenvector) and len(right.args) == 2 and left == right.matrix:
        return scale(construct(Eigenvalue, *right.args), right)
    return None


@declares("product", Eigenvectors)
def product_of_eigenvectors(left: Any, right: Any) -> Basic | None:
    """SV = V diag(λ)"""
    if isinstance(right, Eigenvectors) and len(right.args) == 1 and left == right.args[0]:
        return multiply(right, diag(construct(Eigenvalues, left)))
    return None


# --- singular values ----------------------------------------------------------------------


@declares("constructor", SingularValues)
def singular_values(matrix: Any) -> Basic:
    """σ(cX) = |c|σ(X), σ(X') = σ(X) = σ(X*)"""
    c, core = split_scalar(matrix)
    core = plainer(core.args[0] if isinstance(core, Transpose) else core)
    found = new(SingularValues, core)
    if isinstance(core, ZeroMatrix):
        return ZeroMatrix(*shape(found))
    if isinstance(core, Identity):
        found = OneMatrix(*shape(found))
    return scale(abs(c), found)


@declares("constructor", SingularValue)
def singular_value(matrix: Any, place: Any) -> Any:
    c, core = split_scalar(matrix)
    core = plainer(core.args[0] if isinstance(core, Transpose) else core)
    if isinstance(core, (Identity, ZeroMatrix)):
        return abs(c) if isinstance(core, Identity) else S.Zero
    return abs(c)*SingularValue(core, place)


@declares("constructor", PolarFactor)
def polar_factor(matrix: Any) -> Basic:
    """Of a transpose the transpose, of a multiple its sign; of orthonormal columns themselves."""
    c, core = split_scalar(matrix)
    if c != 1 and (c.is_positive or c.is_negative):
        return scale(S.One if c.is_positive else S.NegativeOne, polar_factor(core))
    if isinstance(matrix, Transpose):
        return transpose(polar_factor(matrix.args[0]))
    if isinstance(matrix, (Identity, PolarFactor, QFactor, LeftSingularVectors,
                           RightSingularVectors)):
        return matrix
    return new(PolarFactor, matrix)


@declares("transpose", PolarFactor)
def transpose_of_polar_factor(node: PolarFactor) -> Basic:
    return node if transpose(node.matrix) == node.matrix else new(Transpose, node)


@declares("product", QFactor, LeftSingularVectors, RightSingularVectors)
def product_of_orthonormal(left: Any, right: Any) -> Basic | None:
    """QᴴQ = I, QR = X"""
    if isinstance(left, Transpose) and left.args[0] == conjugate(right):
        return Identity(shape(right)[1])
    if isinstance(left, QFactor) and isinstance(right, RFactor) and left.matrix == right.matrix:
        return left.matrix
    return None


# --- Cholesky's factor --------------------------------------------------------------------


@declares("product", Cholesky)
def product_of_cholesky(left: Any, right: Any) -> Basic | None:
    """LLᴴ = S"""
    if isinstance(left, Cholesky) and right == adjoint(left):
        return left.matrix
    return None


@declares("product", Inverse)
def product_of_inverses(left: Any, right: Any) -> Basic | None:
    """Lᴴ⁻¹L⁻¹ = S⁻¹"""
    if isinstance(left, Inverse) and isinstance(right, Inverse):
        factor = right.args[0]
        if isinstance(factor, Cholesky) and left.args[0] == adjoint(factor):
            return inverse(factor.matrix)
    return None


@declares("determinant", Cholesky)
def determinant_of_cholesky(node: Cholesky) -> Expr:
    """|L|² = |S|"""
    return sqrt(determinant(node.matrix))


@declares("constructor", Cholesky)
def cholesky(matrix: Any) -> Basic:
    """Of cS √c that of S, for c > 0"""
    c, core = split_scalar(matrix)
    if isinstance(core, Identity) and c.is_positive:
        return scale(sqrt(c), core)
    if isinstance(core, DiagMatrix) and c == 1:
        return diag(hadamard_power(core.args[0], S.Half))
    return scale(sqrt(c), new(Cholesky, core)) if c.is_positive else new(Cholesky, matrix)
