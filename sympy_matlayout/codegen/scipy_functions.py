"""
What generated NumPy code calls where SciPy is installed: factorisations by LAPACK, σ.

SciPy's own ``cho_solve`` and ``lu_solve`` take longer to check and to choose than LAPACK takes
for a small matrix.  A factorisation that is Cholesky's falls back to LU where the matrix is
too near a singular one.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack
from scipy.special import expit

Array = np.ndarray


def _lapack(name: str, dtype: np.dtype):
    return getattr(lapack, ("s" if dtype == np.float32 else "d") + name)


def cho_factor(A: Array) -> tuple:
    """L L' = A, or an LU factorisation where rounding leaves A not positive definite."""
    L, failed = _lapack("potrf", A.dtype)(A, lower=1, clean=0)
    return lu_factor(A) if failed else (L,)


def lu_factor(A: Array) -> tuple:
    LU, pivots, singular = _lapack("getrf", A.dtype)(A)
    if singular > 0:
        raise np.linalg.LinAlgError("Singular matrix")
    return LU, pivots


def cho_solve(F: tuple, b: Array) -> Array:
    if len(F) == 2:
        return lu_solve(F, b)
    return _lapack("potrs", F[0].dtype)(F[0], b, lower=1)[0]


def lu_solve(F: tuple, b: Array, trans: int = 0) -> Array:
    return _lapack("getrs", F[0].dtype)(*F, b, trans=trans)[0]


def cho_inverse(F: tuple) -> Array:
    if len(F) == 2:
        return lu_inverse(F)
    lower = _lapack("potri", F[0].dtype)(F[0], lower=1)[0]
    found = np.tril(lower)
    found += np.tril(lower, -1).T
    return found


def lu_inverse(F: tuple) -> Array:
    return _lapack("getri", F[0].dtype)(*F)[0]


def cho_det(F: tuple) -> float:
    return lu_det(F) if len(F) == 2 else F[0].diagonal().prod()**2


def lu_det(F: tuple) -> float:
    LU, pivots = F
    swaps = np.count_nonzero(pivots != np.arange(len(pivots)))
    return LU.diagonal().prod()*(-1)**swaps


def cho_logdet(F: tuple) -> float:
    return lu_logdet(F) if len(F) == 2 else 2*np.log(F[0].diagonal()).sum()


def lu_logdet(F: tuple) -> float:
    """The logarithm of a determinant, nan where that is negative."""
    LU, pivots = F
    entries = LU.diagonal()
    odd = (np.count_nonzero(pivots != np.arange(len(pivots))) + np.count_nonzero(entries < 0)) % 2
    return np.nan if odd else np.log(np.abs(entries)).sum()


def solve(A: Array, b: Array) -> Array:
    *_, x, singular = _lapack("gesv", A.dtype)(A, b)
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
