"""
What generated NumPy code calls: constant matrices, stable functions, sums, Kronecker products.

NumPy is imported here alone, and only when such code is made; the library runs without it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from ..core.errors import ShapeError
from .numpy_matrix_functions import (  # noqa: F401 - generated code finds them here
    adjugate,
    by_name,
    cholesky,
    divided_differences,
    eigenvalue,
    eigenvalues,
    eigenvector,
    eigenvectors,
    expm,
    expm_frechet,
    frechet_derivative,
    frechet_matrix,
    largest_entry,
    left_eigenvector,
    left_singular_vector,
    left_singular_vectors,
    logm,
    matrix_function,
    max_entry,
    phase,
    polar_factor,
    pseudo_inverse,
    q_factor,
    r_factor,
    reciprocal_gaps,
    right_singular_vector,
    right_singular_vectors,
    singular_value,
    singular_values,
    sylvester_solution,
)

Array = np.ndarray


# --- constant matrices -------------------------------------------------------------------


def commutation_matrix(m: int, n: int) -> Array:
    """K with K vec(X) = vec(X'), for X of shape m by n."""
    return np.eye(m*n)[np.arange(m*n).reshape(n, m).T.ravel()]


def diagonal_embedding(n: int) -> Array:
    """Ψ with vec(diag(x)) = Ψ x."""
    i = np.arange(n)
    return _with_entries((n*n, n), (i*(n + 1), i, 1))


def selection_matrix(rows: int, cols: int, start: int, step: int) -> Array:
    """The rows start, start + step, ... of an identity matrix."""
    i = np.arange(rows)
    return _with_entries((rows, cols), (i, start + step*i, 1))


def matrix_unit(m: int, n: int, i: int, j: int) -> Array:
    """E with 1 at [i, j]."""
    return _with_entries((m, n), (i, j, 1))


def lower_ones(n: int) -> Array:
    return np.tri(n)


def upper_ones(n: int) -> Array:
    return np.tri(n).T


def duplication_matrix(n: int) -> Array:
    """D with D vech(X) = vec(X) for symmetric X."""
    j, i = np.triu_indices(n)  # the lower triangle column by column
    k = np.arange(len(i))
    return _with_entries((n*n, len(k)), (i + n*j, k, 1), (j + n*i, k, 1))


def elimination_matrix(n: int) -> Array:
    """L with L vec(X) = vech(X)."""
    j, i = np.triu_indices(n)
    k = np.arange(len(i))
    return _with_entries((len(k), n*n), (k, i + n*j, 1))


def symmetrizer_matrix(n: int) -> Array:
    """N with N vec(X) = vec((X + X')/2)."""
    return (np.eye(n*n) + commutation_matrix(n, n))/2


def skew_duplication_matrix(n: int) -> Array:
    """The basis of skew-symmetric matrices, by the entries below the diagonal."""
    j, i = np.triu_indices(n, 1)
    k = np.arange(len(i))
    return _with_entries((n*n, len(k)), (i + n*j, k, 1), (j + n*i, k, -1))


def upper_duplication_matrix(n: int) -> Array:
    """The basis of upper triangular matrices, column by column."""
    j, i = np.tril_indices(n)  # the upper triangle column by column
    k = np.arange(len(i))
    return _with_entries((n*n, len(k)), (i + n*j, k, 1))


def toeplitz_basis(n: int) -> Array:
    return _constant_along(n, 2*n - 1, lambda i, j: i - j + n - 1)


def hankel_basis(n: int) -> Array:
    return _constant_along(n, 2*n - 1, lambda i, j: i + j)


def circulant_basis(n: int) -> Array:
    return _constant_along(n, n, lambda i, j: (i - j) % n)


def _constant_along(n: int, free: int, line: Callable[[Array, Array], Array]) -> Array:
    j, i = np.divmod(np.arange(n*n), n)  # in the order of vec
    return _with_entries((n*n, free), (i + n*j, line(i, j), 1))


def _with_entries(shape: tuple[int, int], *entries: tuple) -> Array:
    found = np.zeros(shape)
    for row, col, value in entries:
        found[row, col] = value
    return found


# --- sizes and shapes --------------------------------------------------------------------


def whole(size: float) -> int:
    """A size that was computed with fractions."""
    found = round(size)
    if abs(found - size) > 1e-9*max(1, abs(size)):
        raise ShapeError(f"{size} is no size and no index")
    return int(found)


def of_shape(value: Array, rows: int, cols: int) -> Array:
    """What a function gave, which has to be a matrix of the shape it was declared with."""
    if np.shape(value) != (rows, cols):
        raise ShapeError(f"a function gave an array of shape {np.shape(value)} for a matrix that "
                         f"is {rows}×{cols}")
    return value


def sliced(M: Array, rows: tuple[int, int, int], cols: tuple[int, int, int]) -> Array:
    """Rows and columns by start, step and number."""
    for (start, step, number), size in zip((rows, cols), M.shape, strict=True):
        if number > 0 and not (0 <= start and start + step*(number - 1) < size):
            raise ShapeError(f"no {number} rows or columns from {start} on in a matrix of {size}")
    (i, di, m), (j, dj, n) = rows, cols
    return M[i:i + di*m:di, j:j + dj*n:dj]


def function_matrix(entry: Callable[[int, int], float], rows: int, cols: int) -> Array:
    return np.array([[entry(i, j) for j in range(cols)] for i in range(rows)]).reshape(rows, cols)


# --- functions of matrices ---------------------------------------------------------------


def vech(M: Array) -> Array:
    """The lower triangle column by column, as a column."""
    return M.T[np.triu_indices(len(M))].reshape(-1, 1)


def unvech(v: Array, n: int) -> Array:
    """The symmetric matrix with this vech."""
    j, i = np.triu_indices(n)
    place = np.zeros((n, n), dtype=int)
    place[i, j] = place[j, i] = np.arange(len(i))
    return v.ravel()[place]


def constant_function(value: float) -> Callable[..., Array]:
    """A function of arrays that is the same number everywhere."""
    return lambda M: np.full(M.shape, value, np.result_type(M, value))


def summed(term: Callable, lower: int, upper: int, zero: Array | float = 0) -> Array | float:
    """The sum of ``term(i)`` from lower to upper, by Karr's convention if descending."""
    if upper < lower:
        return -sum(map(term, range(upper + 1, lower)), zero)
    return sum(map(term, range(lower, upper + 1)), zero)


def multiplied(term: Callable, lower: int, upper: int) -> float:
    """The product of ``term(i)`` from lower to upper, by Karr's convention if descending."""
    if upper < lower:
        return 1/prod(map(term, range(upper + 1, lower)))
    return prod(map(term, range(lower, upper + 1)))


def sigmoid(x: Array) -> Array:
    """1/(1 + e⁻ˣ), without an overflow."""
    x = np.asarray(x)
    if x.dtype.kind == "c":
        return 1/(1 + np.exp(-x))
    e = np.exp(np.minimum(-x, 709.0 if x.dtype.itemsize > 4 else 88.0))
    return 1/(1 + e)


def softplus(x: Array) -> Array:
    """log(1 + eˣ), without an overflow."""
    x = np.asarray(x)
    if x.dtype.kind == "c":
        return np.log(1 + np.exp(x))
    if x.dtype.kind != "f":
        x = x.astype(float)
    e = np.asarray(np.abs(x))
    np.negative(e, out=e)
    np.exp(e, out=e)
    np.log1p(e, out=e)
    e += np.maximum(x, 0)
    return e[()]


def softmax(x: Array, axis: int | None = None) -> Array:
    """eˣ over its sum, of all entries or along an axis, without an overflow."""
    e = x - x.max(axis=axis, keepdims=True)
    np.exp(e, out=e)
    e /= e.sum(axis=axis, keepdims=True)
    return e


def logsumexp(x: Array, axis: int | None = None) -> Array | float:
    """log Σ eˣ, a number, or along an axis a row or column, without an overflow."""
    top = x.max(axis=axis, keepdims=True)
    e = x - top
    np.exp(e, out=e)
    found = top + np.log(e.sum(axis=axis, keepdims=True))
    return found[0, 0] if axis is None else found


def logdet(M: Array) -> Array | float:
    """The logarithm of a determinant, which for large matrices overflows before its logarithm."""
    sign, size = np.linalg.slogdet(M)
    if np.iscomplexobj(M):
        return np.log(sign) + size
    return np.where(sign > 0, size, size*np.nan)[()]


# --- systems of equations, where there is no SciPy ---------------------------------------


def cho_factor(A: Array) -> Array:
    return A


def lu_factor(A: Array) -> Array:
    return A


def cho_solve(F: Array, b: Array) -> Array:
    return np.linalg.solve(F, b)


def lu_solve(F: Array, b: Array, trans: int = 0) -> Array:
    return np.linalg.solve(F.T if trans else F, b)


def cho_inverse(F: Array) -> Array:
    return np.linalg.inv(F)


def lu_inverse(F: Array) -> Array:
    return np.linalg.inv(F)


def cho_det(F: Array) -> Array | float:
    return np.linalg.det(F)


def lu_det(F: Array) -> Array | float:
    return np.linalg.det(F)


def cho_logdet(F: Array) -> Array | float:
    return logdet(F)


def lu_logdet(F: Array) -> Array | float:
    return logdet(F)


def cho_logabsdet(F: Array) -> Array | float:
    return np.linalg.slogdet(F)[1]


def lu_logabsdet(F: Array) -> Array | float:
    return np.linalg.slogdet(F)[1]


def solve(A: Array, b: Array) -> Array:
    return np.linalg.solve(A, b)


# --- Kronecker products ------------------------------------------------------------------


def kron(A: Array, B: Array) -> Array:
    """A ⊗ B of matrices, the product of their entries written at once."""
    (m, n), (p, q) = A.shape, B.shape
    return (A[:, None, :, None]*B[None, :, None, :]).reshape(m*p, n*q)


def kron_identity_left(n: int, B: Array) -> Array:
    """I ⊗ B, which has B in its diagonal blocks."""
    p, q = B.shape
    found = np.zeros((n, p, n, q), B.dtype)
    i = np.arange(n)
    found[i, :, i, :] = B
    return found.reshape(n*p, n*q)


def kron_identity_right(n: int, A: Array) -> Array:
    """A ⊗ I, whose blocks are multiples of the identity."""
    p, q = A.shape
    found = np.zeros((p, n, q, n), A.dtype)
    i = np.arange(n)
    found[:, i, :, i] = A
    return found.reshape(p*n, q*n)


def real_matrix_power(M: Array, exponent: float) -> Array:
    """The principal power, also for exponents that are no integers."""
    if exponent == round(exponent):
        return np.linalg.matrix_power(M, round(exponent))
    return by_name(exponent, M)
