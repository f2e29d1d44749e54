"""
What generated NumPy code calls where SciPy is installed: factorisations by LAPACK, σ.

SciPy's own ``cho_solve`` and ``lu_solve`` take longer to check and to choose than LAPACK takes
for a small matrix.  A factorisation is ``(L,)`` or ``(LU, pivots)``: Cholesky's falls back to
LU where the matrix is too near a singular one.
"""

# the stubs know LAPACK's functions by name only
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack
from scipy.special import expit

Array = np.ndarray


SINGLE = np.dtype("float32")


def cho_factor(A: Array) -> tuple:
    """L L' = A, or an LU factorisation where rounding leaves A not positive definite."""
    L, failed = (lapack.spotrf if A.dtype == SINGLE else lapack.dpotrf)(A, lower=1)
    return factored(A) if failed else (L,)


def lu_factor(A: Array) -> tuple:
    """The LU factorisation; of a large matrix that happens to be symmetric, Cholesky's."""
    n = len(A)
    if n > 60 and A[0, -1] == A[-1, 0] and A[1, 0] == A[0, 1] and np.array_equal(A, A.T):
        return cho_factor(A)
    return factored(A)


def factored(A: Array) -> tuple:
    return (lapack.sgetrf if A.dtype == SINGLE else lapack.dgetrf)(A)[:2]


def refuse_singular(F: tuple) -> None:
    if not F[0].diagonal().all():
        raise np.linalg.LinAlgError("Singular matrix")


def lu_solve(F: tuple, b: Array, trans: int = 0) -> Array:
    if len(F) == 1:
        return (lapack.spotrs if F[0].dtype == SINGLE else lapack.dpotrs)(F[0], b, lower=1)[0]
    refuse_singular(F)
    return (lapack.sgetrs if F[0].dtype == SINGLE else lapack.dgetrs)(*F, b, trans=trans)[0]


def lu_inverse(F: tuple) -> Array:
    if len(F) == 2:
        refuse_singular(F)
        return (lapack.sgetri if F[0].dtype == SINGLE else lapack.dgetri)(*F)[0]
    lower = (lapack.spotri if F[0].dtype == SINGLE else lapack.dpotri)(F[0], lower=1)[0]
    found = lower + lower.T  # above the diagonal there are zeros
    found.flat[::len(found) + 1] *= 0.5
    return found


def lu_det(F: tuple) -> float:
    entries = F[0].diagonal()
    if len(F) == 1:
        return entries.prod()**2
    swaps = int(np.count_nonzero(F[1] != np.arange(len(entries))))  # no int64, which is no float32
    return entries.prod()*(-1)**swaps


def lu_logdet(F: tuple) -> float:
    """The logarithm of a determinant, nan where that is negative."""
    entries = F[0].diagonal()
    if len(F) == 1:
        return 2*np.log(entries).sum()
    swaps = np.count_nonzero(F[1] != np.arange(len(entries)))
    odd = (swaps + np.count_nonzero(entries < 0)) % 2
    size = np.log(np.abs(entries)).sum()
    return size*np.nan if odd else size


def lu_logabsdet(F: tuple) -> float:
    return (3 - len(F))*np.log(np.abs(F[0].diagonal())).sum()


def cho_logabsdet(F: tuple) -> float:
    return lu_logabsdet(F)


def cho_solve(F: tuple, b: Array) -> Array:
    return lu_solve(F, b)


def cho_inverse(F: tuple) -> Array:
    return lu_inverse(F)


def cho_det(F: tuple) -> float:
    return lu_det(F)


def cho_logdet(F: tuple) -> float:
    return lu_logdet(F)


def solve(A: Array, b: Array) -> Array:
    *_, x, singular = (lapack.sgesv if A.dtype == SINGLE else lapack.dgesv)(A, b)
    if singular > 0:
        raise np.linalg.LinAlgError("Singular matrix")
    return x


def sigmoid(x: Array) -> Array:
    """1/(1 + e⁻ˣ), without an overflow."""
    x = np.asarray(x)
    if x.size < 500:
        return expit(x)
    e = np.exp(np.minimum(-x, 709.0 if x.dtype.itemsize > 4 else 88.0))
    e += 1
    return np.divide(1, e, out=e)
