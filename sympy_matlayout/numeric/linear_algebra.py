"""Products, determinants, inverses and powers of mpmath matrices, by rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import mpmath
from mpmath import mp, mpf

from .account import NoValue, is_real, reaching_no_value
from .types import NumericMatrix, NumericScalar

__all__ = [
    "GUARD",
    "determinant",
    "eigenbasis",
    "inverse",
    "is_hermitian",
    "kronecker",
    "matrix_of",
    "of_hermitian",
    "power",
    "product",
    "rounding",
    "singular_values",
    "total",
]

GUARD = 10  # digits more than asked for, inside
WORST_BASIS = 10**12  # condition of the eigenvectors


def matrix_of(rows: int, cols: int, entry: Callable[[int, int], NumericScalar]) -> NumericMatrix:
    """The mpmath matrix with these entries."""
    M = mpmath.matrix(rows, cols)
    for i in range(rows):
        for j in range(cols):
            M[i, j] = entry(i, j)
    return M


def product(A: NumericMatrix, B: NumericMatrix) -> NumericMatrix:
    """``A*B``, at the cost of what is not zero: most rows of a Jacobian are."""
    found = mpmath.matrix(A.rows, B.cols)
    lines = [[(j, b) for j, b in enumerate(row) if b] for row in B.tolist()]
    for i, row in enumerate(A.tolist()):
        sums: dict[int, NumericScalar] = {}
        for a, line in zip(row, lines, strict=True):
            if a:
                for j, b in line:
                    sums[j] = sums[j] + a*b if j in sums else a*b
        for j, value in sums.items():
            found[i, j] = value
    return found


def total(matrices: list[NumericMatrix]) -> NumericMatrix:
    rows = zip(*(M.tolist() for M in matrices), strict=True)
    return mpmath.matrix([list(map(mp.fsum, zip(*row, strict=True))) for row in rows])


def kronecker(A: NumericMatrix, B: NumericMatrix) -> NumericMatrix:
    """``A⊗B``, at the cost of what is not zero."""
    found = mpmath.matrix(A.rows*B.rows, A.cols*B.cols)
    inner = _nonzero(B)
    for i, j, a in _nonzero(A):
        for k, l, b in inner:
            found[i*B.rows + k, j*B.cols + l] = a*b
    return found


def _nonzero(M: NumericMatrix) -> list[tuple[int, int, NumericScalar]]:
    return [(i, j, a) for i, row in enumerate(M.tolist()) for j, a in enumerate(row) if a]


def determinant(M: NumericMatrix) -> NumericScalar:
    """By elimination with pivots; 0 where the matrix is singular up to rounding."""
    with mp.workdps(mp.dps + GUARD):
        rows, found, least = M.tolist(), mpf(1), _least_pivot(M)
        for k in range(M.rows):
            turned = _with_pivot(rows, k, least)
            if turned is None:
                return mpf(0)
            found *= turned*rows[k][k]
            _eliminate(rows, k, range(k + 1, M.rows))
    return +found


def inverse(M: NumericMatrix) -> NumericMatrix:
    n = M.rows
    with mp.workdps(mp.dps + GUARD):
        rows = [[*row, *(mpf(i == j) for j in range(n))] for i, row in enumerate(M.tolist())]
        least = _least_pivot(M)
        for k in range(n):
            if _with_pivot(rows, k, least) is None:
                raise NoValue("a singular matrix has no inverse")
            pivot = rows[k][k]
            rows[k] = [a/pivot for a in rows[k]]
            _eliminate(rows, k, [i for i in range(n) if i != k])
    return mpmath.matrix([[+a for a in row[n:]] for row in rows])


def _least_pivot(M: NumericMatrix) -> NumericScalar:
    """What is zero up to rounding, by the digits asked for."""
    return mp.mnorm(M, 1)*mpf(10)**(GUARD - mp.dps)


def _with_pivot(rows: list[list], k: int, least: NumericScalar) -> int | None:
    """The largest entry brought to the diagonal: the sign of the exchange, None if it is zero."""
    pivot = max(range(k, len(rows)), key=lambda i: abs(rows[i][k]))
    if abs(rows[pivot][k]) <= least:
        return None
    rows[k], rows[pivot] = rows[pivot], rows[k]
    return 1 if pivot == k else -1


def _eliminate(rows: list[list], k: int, others: Iterable[int]) -> None:
    """Zeros in the k-th column of the other rows; what stands left of it is done with."""
    pivot, line = rows[k][k], rows[k][k:]
    for i in others:
        if rows[i][k]:
            factor = rows[i][k]/pivot
            rows[i][k:] = [a - factor*b for a, b in zip(rows[i][k:], line, strict=True)]


def power(M: NumericMatrix, exponent: NumericScalar) -> NumericMatrix:
    """
    The principal power.

    A root of a singular matrix counts as none: neither it nor its derivative is steady
    at the edge of where it is defined.
    """
    if M.rows == 1:
        return mpmath.matrix([[reaching_no_value(mp.power, M[0, 0], exponent)]])
    if is_real(exponent) and exponent == int(exponent.real):
        return _whole_power(M, int(exponent.real))
    if _is_diagonal(M):
        return mp.diag([reaching_no_value(mp.power, M[i, i], exponent) for i in range(M.rows)])
    with mp.workdps(mp.dps + GUARD):
        return +_root(M, exponent)


def _whole_power(M: NumericMatrix, exponent: int) -> NumericMatrix:
    if exponent < 0:
        M, exponent = inverse(M), -exponent
    found = mpmath.eye(M.rows)
    for bit in bin(exponent)[2:]:
        found = product(found, found)
        if bit == "1":
            found = product(found, M)
    return found


def _root(M: NumericMatrix, exponent: NumericScalar) -> NumericMatrix:
    """By eigenvalues; mpmath's iteration serves where the eigenvectors are no good basis."""
    real = all(map(is_real, M))
    rounding = M.rows*max(map(abs, M))*mpf(10)**(GUARD - mp.dps)
    basis = eigenbasis(M)
    if basis is None:
        return reaching_no_value(mp.powm, M, exponent)
    values, vectors, back = basis
    if min(map(abs, values)) <= rounding:
        raise NoValue(f"no power {mp.nstr(exponent, 3)} of a singular matrix")
    powers = [mp.power(value, exponent) for value in values]
    found = product(matrix_of(M.rows, M.cols, lambda i, j: vectors[i, j]*powers[j]), back)
    if real and is_real(exponent) and all(mp.re(v) > 0 or abs(mp.im(v)) > rounding for v in values):
        found = found.apply(mp.re)
    return found


def eigenbasis(M: NumericMatrix, worst: NumericScalar = WORST_BASIS) -> tuple | None:
    """Eigenvalues, eigenvectors and the inverse of these; None where they are no good basis."""
    rounding = M.rows*max(map(abs, M))*mpf(10)**(GUARD - mp.dps)
    if max(map(abs, M - M.H)) <= rounding:
        values, vectors = of_hermitian(M)
        return list(values), vectors, vectors.H
    values, vectors = _eigenvalues(M)
    back = _inverse_basis(vectors, worst)
    return None if values is None or back is None else (list(values), vectors, back)


def rounding() -> NumericScalar:
    """What counts as nothing beside 1 after some steps."""
    return mpf(10)**(-2*mp.dps//3)


def is_hermitian(M: NumericMatrix) -> bool:
    """Whether a square matrix is its own conjugate transpose, but for rounding."""
    least = max(map(abs, M), default=mpf(0))*rounding()
    return all(abs(M[i, j] - mp.conj(M[j, i])) <= least
               for i in range(M.rows) for j in range(i + 1))


def of_hermitian(M: NumericMatrix) -> tuple[NumericMatrix, NumericMatrix]:
    """Eigenvalues and eigenvectors, by the routine for real matrices where it is one."""
    if all(map(is_real, M)):
        return reaching_no_value(mp.eigsy, ((M + M.T)/2).apply(mp.re))
    return reaching_no_value(mp.eighe, (M + M.H)/2)


def _eigenvalues(M: NumericMatrix) -> tuple:
    """With the eigenvectors; None twice where mpmath doesn't find them."""
    try:
        return mp.eig(M)
    except RecursionError:
        raise
    except RuntimeError:  # "qr: failed to converge", at multiple eigenvalues
        return None, None


def _inverse_basis(vectors: NumericMatrix | None, worst: NumericScalar) -> NumericMatrix | None:
    """The inverse of the eigenvectors, None where they are no good basis."""
    try:
        back = None if vectors is None else inverse(vectors)
    except NoValue:
        return None
    good = back is not None and mp.mnorm(vectors, 1)*mp.mnorm(back, 1) <= worst
    return back if good else None


def _is_diagonal(M: NumericMatrix) -> bool:
    return all(not M[i, j] for i in range(M.rows) for j in range(M.cols) if i != j)


def singular_values(M: NumericMatrix) -> list:
    """Those of a matrix, descending."""
    svd = mp.svd_r if all(map(is_real, M)) else mp.svd_c
    return list(reaching_no_value(lambda: svd(M if M.rows >= M.cols else M.T, compute_uv=False)))
