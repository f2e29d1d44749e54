"""
The values of functions of matrices and of what is made of eigenvalues.

Of a matrix with a good basis of eigenvectors a function is taken by its eigenvalues, and a
derivative along directions by the divided differences of these (Higham 2008, 3.2); any other is
moved a little, with as many digits more as that costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from hashlib import md5
from typing import Any, cast

import mpmath
from mpmath import mp, mpf
from sympy.core.basic import Basic

from ..core.registry import declared, declares
from ..nodes.conjugates import conjugation_marks
from ..nodes.factorizations import Cholesky, QFactor, RFactor
from ..nodes.generalized_inverses import Adjugate, PseudoInverse, SylvesterSolution
from ..nodes.norm import LargestEntry, MaxEntry
from ..nodes.realness import is_complex
from ..nodes.singular_values import (
    LeftSingularVector,
    LeftSingularVectors,
    PolarFactor,
    RightSingularVector,
    RightSingularVectors,
    SingularValue,
    SingularValues,
)
from ..nodes.spectra import (
    Eigenvalue,
    Eigenvalues,
    Eigenvector,
    Eigenvectors,
    LeftEigenvector,
    ReciprocalGaps,
)
from .account import NotReal, NoValue, is_real, reaching_no_value
from .evaluation import Evaluation, vec
from .linear_algebra import (
    GUARD,
    determinant,
    eigenbasis,
    inverse,
    is_hermitian,
    kronecker,
    matrix_of,
    of_hermitian,
    rounding,
)
from .linear_algebra import product as times
from .types import NumericMatrix, NumericScalar

__all__ = ["CLOSE", "OTHER_PHASES", "SPECTRUM", "almost_real"]

# the symbols of which eigenvectors and singular vectors take other phases, for a second opinion
OTHER_PHASES: ContextVar[frozenset[Basic]] = ContextVar("OTHER_PHASES", default=frozenset())
SPECTRUM = 60  # the cost of eigenvalues in multiplications, times the size cubed
CLOSE = 2      # eigenvalues count as equal where they agree to 1/CLOSE of the digits


# --- eigenvalues --------------------------------------------------------------------------


def almost_real(value: NumericScalar) -> bool:
    return abs(mp.im(value)) <= abs(value)*mpf(10)**(GUARD//2 - mp.dps)


def _pencil(node: Any, at: Evaluation) -> tuple[list[NumericScalar], NumericMatrix]:
    """Eigenvalues ascending, and eigenvectors, of a Hermitian matrix or a pencil."""
    matrices = [at.real(node, a) for a in _matrices(node)]
    A = matrices[0]
    at.account.spend(SPECTRUM*A.rows**3, node)
    for M in matrices:
        _require_hermitian(M)
    with mp.workdps(mp.dps + GUARD):
        if len(matrices) == 1:
            values, V = of_hermitian(A)
        else:
            back = inverse(_cholesky(matrices[1]))
            values, W = of_hermitian(times(times(back, A), back.H))
            V = times(back.H, W)
        order = sorted(range(A.rows), key=lambda k: values[k])
        V = matrix_of(A.rows, A.rows, lambda i, j: V[i, order[j]])
        return [values[k] for k in order], _with_signs(_matrices(node), V)[0]


def _matrices(node: Any) -> list[Any]:
    return [a for a in node.args if hasattr(a, "shape")]


def _require_hermitian(M: NumericMatrix) -> None:
    if not is_hermitian(M):
        raise NoValue("the matrix is not " + (
            "symmetric" if all(map(is_real, M)) else "Hermitian"))


def _with_signs(of: Sequence[Any], V: NumericMatrix, *others: NumericMatrix
                ) -> list[NumericMatrix]:
    """The columns with their entries of largest size positive, those of others with them."""
    signs = [mp.conj(mp.sign(max((V[i, j] for i in range(V.rows)), key=abs)))*_phase(of, j)
             for j in range(V.cols)]
    return [matrix_of(M.rows, M.cols, lambda i, j, M=M: signs[j]*M[i, j]) for M in (V, *others)]


def _phase(of: Sequence[Any], k: int) -> NumericScalar:
    """Another phase for a vector of some matrices, that of the conjugates the conjugate."""
    symbols = OTHER_PHASES.get()
    if not any(is_complex(M) and M.free_symbols & symbols for M in of):
        return mpf(1)
    turned = [cast(Any, declared("conjugate", type(M)))(M) if is_complex(M) else M for M in of]
    is_turned = [*map(conjugation_marks, turned)] < [*map(conjugation_marks, of)]
    name = "; ".join(map(str, turned if is_turned else of))
    angle = int(md5(name.encode()).hexdigest()[:8], 16)*(k + 1)
    return mp.expj(-angle if is_turned else angle)


def _column(numbers: Sequence[NumericScalar]) -> NumericMatrix:
    return matrix_of(len(numbers), 1, lambda i, j: +numbers[i])


@declares("value", Eigenvalues)
def value_of_eigenvalues(node: Any, at: Evaluation) -> NumericMatrix:
    return _column(_pencil(node, at)[0])


@declares("value", Eigenvectors)
def value_of_eigenvectors(node: Any, at: Evaluation) -> NumericMatrix:
    return +_pencil(node, at)[1]


@declares("value", ReciprocalGaps)
def value_of_reciprocal_gaps(node: Any, at: Evaluation) -> NumericMatrix:
    x = list(at.value(node.args[0]))

    def entry(i: int, j: int) -> NumericScalar:
        if i == j:
            return mpf(0)
        if x[i] == x[j]:
            raise NoValue("two values are equal")
        return 1/(x[j] - x[i])
    return at.build(node, entry)


@declares("value", Eigenvalue)
def value_of_eigenvalue(node: Any, at: Evaluation) -> NumericScalar:
    return +_pair(node, at)[0]


@declares("value", Eigenvector)
def value_of_eigenvector(node: Any, at: Evaluation) -> NumericMatrix:
    return +_pair(node, at)[1]


@declares("value", LeftEigenvector)
def value_of_left_eigenvector(node: Any, at: Evaluation) -> NumericMatrix:
    return +_pair(node, at)[2]


def _pair(node: Any, at: Evaluation) -> tuple[NumericScalar, NumericMatrix, NumericMatrix]:
    """An eigenvalue with its vectors, v of length 1 and w'v = 1."""
    X, k = at.real(node, node.matrix), at.size(node.place)
    if not 0 <= k < X.rows:
        raise NoValue(f"no eigenvalue {k} among {X.rows}")
    if node.second is not None or is_hermitian(X):
        values, V = _pencil(node, at)
        return values[k], V[:, k], V[:, k].apply(mp.conj)
    if not all(map(is_real, X)):
        raise NotReal(f"the eigenvalues of {node.matrix}, which is complex and not Hermitian")
    at.account.spend(SPECTRUM*X.rows**3, node)
    with mp.workdps(mp.dps + GUARD):
        found = eigenbasis(X)
        if found is None:
            raise NoValue("a matrix without a basis of eigenvectors")
        values, V, back = found
        order = sorted(range(X.rows), key=lambda i: (mp.re(values[i]), mp.im(values[i])))
        j = order[k]
        if not almost_real(values[j]):
            raise NotReal(f"the eigenvalue {mp.nstr(values[j], 5)}")
        turn = max(V[:, j], key=abs)
        turn = turn/abs(turn)
        length = mp.sqrt(mp.fsum(abs(a)**2 for a in V[:, j]))
        v = (V[:, j]/(turn*length)).apply(mp.re)
        w = (back[j, :].T*(turn*length)).apply(mp.re)
        return mp.re(values[j]), v, w


# --- singular values ----------------------------------------------------------------------


def _decomposed(node: Any, at: Evaluation) -> tuple[NumericMatrix, list, NumericMatrix]:
    """U, σ descending, V, thin."""
    X = at.real(node, node.matrix)
    at.account.spend(SPECTRUM*X.rows*X.cols*min(X.rows, X.cols), node)
    with mp.workdps(mp.dps + GUARD):
        turned = X.rows < X.cols
        svd = mp.svd_r if all(map(is_real, X)) else mp.svd_c
        U, values, W = reaching_no_value(svd, X.H if turned else X)
        V = W.H
        U, V = (V, U) if turned else (U, V)
        order = sorted(range(len(values)), key=lambda k: -values[k])
        U, V = (matrix_of(M.rows, len(order), lambda i, j, M=M: M[i, order[j]]) for M in (U, V))
        U, V = _with_signs([node.matrix], U, V)
        return U, [values[k] for k in order], V


@declares("value", SingularValues)
def value_of_singular_values(node: Any, at: Evaluation) -> NumericMatrix:
    return _column(_decomposed(node, at)[1])


@declares("value", LeftSingularVectors)
def value_of_left_singular_vectors(node: Any, at: Evaluation) -> NumericMatrix:
    return +_decomposed(node, at)[0]


@declares("value", RightSingularVectors)
def value_of_right_singular_vectors(node: Any, at: Evaluation) -> NumericMatrix:
    return +_decomposed(node, at)[2]


@declares("value", SingularValue)
def value_of_singular_value(node: Any, at: Evaluation) -> NumericScalar:
    return +_decomposed(node, at)[1][_place(node, at)]


@declares("value", LeftSingularVector)
def value_of_left_singular_vector(node: Any, at: Evaluation) -> NumericMatrix:
    return +_decomposed(node, at)[0][:, _place(node, at)]


@declares("value", RightSingularVector)
def value_of_right_singular_vector(node: Any, at: Evaluation) -> NumericMatrix:
    return +_decomposed(node, at)[2][:, _place(node, at)]


def _place(node: Any, at: Evaluation) -> int:
    k = at.size(node.place)
    if not 0 <= k < min(at.value(node.matrix).rows, at.value(node.matrix).cols):
        raise NoValue(f"no singular value {k}")
    return k


@declares("value", PolarFactor)
def value_of_polar_factor(node: Any, at: Evaluation) -> NumericMatrix:
    U, values, V = _decomposed(node, at)
    if min(values) <= max(values)*rounding():
        raise NoValue("a matrix that is not of full rank has no polar factor")
    return times(U, V.H)


# --- inverses -----------------------------------------------------------------------------


@declares("value", PseudoInverse)
def value_of_pseudo_inverse(node: Any, at: Evaluation) -> NumericMatrix:
    """By singular values; those that are zero up to rounding count as such."""
    X = at.real(node, node.args[0])
    at.account.spend(SPECTRUM*X.rows*X.cols*min(X.rows, X.cols), node)
    with mp.workdps(mp.dps + GUARD):
        turned = X.rows < X.cols
        svd = mp.svd_r if all(map(is_real, X)) else mp.svd_c
        U, values, W = reaching_no_value(svd, X.T if turned else X)
        zero = max(values)*mpf(10)**(-mp.dps//2)
        scaled = matrix_of(W.cols, W.rows, lambda i, j: (
            mp.conj(W[j, i])/values[j] if values[j] > zero else mpf(0)))
        found = times(scaled, U.H)
        return +(found.T if turned else found)


@declares("value", Adjugate)
def value_of_adjugate(node: Any, at: Evaluation) -> NumericMatrix:
    X = at.value(node.args[0])
    at.account.spend(X.rows**5, node)
    return matrix_of(X.rows, X.cols, lambda i, j: (-1)**(i + j)*determinant(
        _without(X, j, i)) if X.rows > 1 else mpf(1))


def _without(X: NumericMatrix, i: int, j: int) -> NumericMatrix:
    return mpmath.matrix([[a for s, a in enumerate(row) if s != j]
                          for r, row in enumerate(X.tolist()) if r != i])


@declares("value", SylvesterSolution)
def value_of_sylvester_solution(node: Any, at: Evaluation) -> NumericMatrix:
    A, B, C = map(at.value, node.args)
    at.account.spend((A.rows*B.rows)**3, node)
    whole = kronecker(mpmath.eye(B.rows), A) + kronecker(B.T, mpmath.eye(A.rows))
    x = times(inverse(whole), vec(C))
    return matrix_of(C.rows, C.cols, lambda i, j: x[i + C.rows*j])


# --- factorisations -----------------------------------------------------------------------


@declares("value", Cholesky)
def value_of_cholesky(node: Any, at: Evaluation) -> NumericMatrix:
    A = at.real(node, node.matrix)
    at.account.spend(A.rows**3, node)
    _require_hermitian(A)
    return _cholesky(A)


def _cholesky(A: NumericMatrix) -> NumericMatrix:
    return reaching_no_value(mp.cholesky, (A + A.H)/2)


def _factored(node: Any, at: Evaluation) -> tuple[NumericMatrix, NumericMatrix]:
    """Q and R, thin, by Gram and Schmidt with more digits."""
    X = at.real(node, node.matrix)
    m, n = X.rows, X.cols
    if m < n:
        raise NoValue("more columns than rows")
    at.account.spend(2*m*n*n, node)
    with mp.workdps(2*mp.dps):
        Q, R = mpmath.matrix(m, n), mpmath.matrix(n, n)
        for j in range(n):
            column = X[:, j]
            for i in range(j):
                R[i, j] = mp.fdot(list(Q[:, i].apply(mp.conj)), list(X[:, j]))
                column -= R[i, j]*Q[:, i]
            R[j, j] = mp.norm(column)
            if R[j, j] <= mp.norm(X[:, j])*mpf(10)**(-mp.dps//2):
                raise NoValue("the columns are linearly dependent")
            for i in range(m):
                Q[i, j] = column[i]/R[j, j]
    return +Q, +R


@declares("value", QFactor)
def value_of_q_factor(node: Any, at: Evaluation) -> NumericMatrix:
    return _factored(node, at)[0]


@declares("value", RFactor)
def value_of_r_factor(node: Any, at: Evaluation) -> NumericMatrix:
    return _factored(node, at)[1]


# --- the largest entry --------------------------------------------------------------------


def _largest(node: Any, at: Evaluation) -> tuple[int, int]:
    M = at.real(node, node.args[0])
    place = max(((i, j) for i in range(M.rows) for j in range(M.cols)), key=lambda ij: M[ij])
    at.account.branches.add((node, place))
    return place


@declares("value", MaxEntry)
def value_of_max_entry(node: Any, at: Evaluation) -> NumericScalar:
    return at.value(node.args[0])[_largest(node, at)]


@declares("value", LargestEntry)
def value_of_largest_entry(node: Any, at: Evaluation) -> NumericMatrix:
    M, place = at.value(node.args[0]), _largest(node, at)
    return matrix_of(M.rows, M.cols, lambda i, j: mpf((i, j) == place))
