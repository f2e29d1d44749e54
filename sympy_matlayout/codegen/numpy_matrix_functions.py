"""
What generated NumPy code calls for functions of matrices, spectra and factorisations.

Of a symmetric matrix functions are taken by ``eigh``, of any other by the algorithms that
SciPy has for exponentials, logarithms and powers, and else by ``eig``; a derivative along
directions by the block matrices of Mathias, or by divided differences (Higham 2008, chapter 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import permutations, product
from typing import Any

import numpy as np

Array = Any
Function = Callable[[Any], Any]

EPS = np.finfo(float).eps
WORST_BASIS = (1e8, 1e4, 1e3)  # condition of eigenvectors, for derivatives of order 0, 1, 2


# --- functions of matrices ---------------------------------------------------------------


def matrix_function(f: Any, X: Array, real: bool = False) -> Array:
    """f(X), by SciPy where it has f by name, else by eigenvalues, which may have to be real."""
    if isinstance(f, str):
        return by_name(f, X)
    values, V, back = eigenbasis(X, 0, real)
    return real_where_given((V*f(values)) @ back, X)


def expm(X: Array) -> Array:
    return import_module("scipy.linalg").expm(X)


def logm(X: Array) -> Array:
    """The principal logarithm; nan where it is not real."""
    return by_name("log", X)


def by_name(known: Any, X: Array) -> Array:
    """What SciPy has by its own algorithm, or a power; nan where it is not real."""
    X = np.asarray(X)
    if X.dtype.kind not in "fc":
        X = X.astype(float)
    scipy = import_module("scipy.linalg")
    if known in ("log", None) or not isinstance(known, str):
        if np.array_equal(X, X.T.conj()):
            values, V, _ = eigenbasis(X, 0)
            with np.errstate(invalid="ignore", divide="ignore"):
                return (V*(np.log(values) if known == "log" else values**known)) @ V.T.conj()
        found = scipy.logm(X) if known == "log" else scipy.fractional_matrix_power(X, known)
        return real_where_given(found, X)
    return getattr(scipy, f"{known}m")(X)


def real_where_given(found: Array, *given: Array) -> Array:
    """Without imaginary parts that are rounding errors, nan where they are none."""
    if not np.iscomplexobj(found) or any(map(np.iscomplexobj, given)):
        return found
    size = np.abs(found).max(initial=0)
    if np.abs(found.imag).max(initial=0) > 1e-6*size:
        return np.full(found.shape, np.nan, found.real.dtype)
    return found.real.astype(np.result_type(*given), copy=False) if all(
        A.dtype.kind == "f" for A in given) else found.real


def eigenbasis(X: Array, order: int, real: bool = False) -> tuple[Array, Array, Array]:
    """Eigenvalues, eigenvectors and their inverse, as good as derivatives of an order ask for."""
    X = np.asarray(X, np.result_type(X, float))
    if np.array_equal(X, X.T.conj()):
        values, V = np.linalg.eigh(X)
        if not real:  # negative numbers have logarithms where matrices are complex
            values = values.astype(X.dtype)
        return values, V, V.T.conj()
    values, V = np.linalg.eig(X)
    if not np.linalg.cond(V) < WORST_BASIS[min(order, 2)]:
        raise np.linalg.LinAlgError("a function of a matrix without a basis of eigenvectors")
    if real and np.abs(np.imag(values)).max(initial=0) > 1e-9*np.abs(values).max(initial=0):
        raise np.linalg.LinAlgError("a function for real numbers, of complex eigenvalues")
    return np.real(values) if real else values, V, np.linalg.inv(V)


def expm_frechet(X: Array, E: Array) -> Array:
    return import_module("scipy.linalg").expm_frechet(X, E, compute_expm=False)


def frechet_derivative(f: Any, X: Array, *directions: Array, real: bool = False) -> Array:
    """
    The derivative of f at X along directions.

    ``f`` is SciPy's name of a function, the exponent of a power, or the function and its
    derivatives.
    """
    if isinstance(f, tuple):
        return by_differences(f, X, directions, real)
    if f == "exp" and len(directions) == 1:
        return expm_frechet(X, *directions)
    if (f == "log" or not isinstance(f, str)) and np.array_equal(X, X.T.conj()):
        return by_differences(slopes(f, len(directions)), X, directions)
    n, block = len(X), X
    for E in directions:
        E = np.kron(np.eye(len(block)//n), E)
        block = np.block([[block, E], [np.zeros_like(block), block]])
    return real_where_given(by_name(f, block)[:n, -n:], X, *directions)


def slopes(f: Any, order: int) -> tuple[Function, ...]:
    """The logarithm, or a power, and its derivatives."""
    exponent: Any = 0 if f == "log" else f
    found: list[Function] = [np.log if f == "log" else lambda z: z**f]
    factor = 1 if f == "log" else f
    for k in range(1, order + 1):
        found.append(lambda z, c=factor, p=exponent - k: c*z**p)
        factor *= exponent - k
    return tuple(found)


def by_differences(functions: Sequence[Function], X: Array, directions: Sequence[Array],
                   real: bool = False) -> Array:
    """V(Σ f[λᵢ, λⱼ, …](V⁻¹E V)ᵢⱼ …)V⁻¹, over the orders of the directions."""
    values, V, back = eigenbasis(X, len(directions), real)
    turned = [back @ E @ V for E in directions]
    with np.errstate(invalid="ignore", divide="ignore"):
        table = differences(functions, values)
    if len(turned) == 1:
        inside = table*turned[0]
    else:
        n, letters = len(X), "abcdefgh"[:len(turned) + 1]
        pairs = [letters[k:k + 2] for k in range(len(turned))]
        path = f"{letters},{','.join(pairs)}->{letters[0]}{letters[-1]}"
        inside = sum((np.einsum(path, table, *order) for order in permutations(turned)),
                     np.zeros((n, n)))
    return real_where_given(V @ inside @ back, X, *directions)


def differences(functions: Sequence[Function], x: Array) -> Array:
    """
    f[xᵢ, xⱼ, …] with as many arguments as there are functions.

    Each is the difference quotient of the two that are furthest apart, or the mean of a
    derivative (Hermite and Genocchi), whichever has the smaller error.
    """
    order = np.argsort(x)
    x = x[order]
    found = functions[0](x)
    errors = np.abs(found)*EPS
    for k in range(1, len(functions)):
        lower, lower_errors = found, errors
        points = np.stack(np.broadcast_arrays(*(
            x.reshape((-1,) + (1,)*(k - i)) for i in range(k + 1))))
        gap = points[0] - points[-1]
        with np.errstate(invalid="ignore", divide="ignore"):
            quotient = (lower[..., None] - lower[None, ...])/gap
            its_error = (lower_errors[..., None] + lower_errors[None, ...])/np.abs(gap)
        mean, rougher = (mean_over_simplex(functions[k], points, nodes) for nodes in (12, 8))
        error = np.abs(mean - rougher) + EPS*np.abs(mean)
        better = (error <= its_error) | (gap == 0)
        ascending = tuple(np.sort(np.indices(gap.shape), axis=0))
        found = np.where(better, mean, quotient)[ascending]
        errors = np.where(better, error, its_error)[ascending]
    return found[np.ix_(*[np.argsort(order)]*len(functions))]


def mean_over_simplex(f: Function, points: Array, nodes: int) -> Array:
    """∫ f(x₀ + s₁(x₁ - x₀) + …) over 1 ≥ s₁ ≥ … ≥ s_k ≥ 0"""
    at, weights = np.polynomial.legendre.leggauss(nodes)
    at, weights = (at + 1)/2, weights/2
    total: Array = 0
    for choice in product(range(nodes), repeat=len(points) - 1):
        s, weight, place = 1.0, 1.0, points[0]
        for j, k in enumerate(choice):
            weight *= weights[k]*s
            s *= at[k]
            place = place + s*(points[j + 1] - points[j])
        total = total + weight*f(place)
    return total


def divided_differences(f: Function, slope: Function, x: Array) -> Array:
    """f[xᵢ, xⱼ] of a column."""
    return differences((f, slope), np.asarray(x, np.result_type(x, float)).ravel())


def frechet_matrix(f: Any, X: Array, *directions: Array, real: bool = False) -> Array:
    """K with vec L(X, …, E) = K vec E."""
    n = len(X)
    columns = [frechet_derivative(f, X, *directions, unit.reshape(n, n).T, real=real)
               for unit in np.eye(n*n, dtype=np.result_type(X, float))]
    return np.column_stack([column.T.ravel() for column in columns])


# --- eigenvalues -------------------------------------------------------------------------


def signed(V: Array, *others: Array) -> tuple[Array, ...]:
    """The columns with their entries of largest size positive, those of others with them."""
    signs = phase(np.take_along_axis(V, np.abs(V).argmax(axis=0)[None, :], axis=0)).conj()
    return tuple(M*signs for M in (V, *others))


def phase(x: Array) -> Array:
    """x/|x|, and 0 of 0."""
    size = np.abs(x)
    return np.where(size == 0, 0, x/np.where(size == 0, 1, size))[()]


def of_pencil(A: Array, B: Array | None) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors of a Hermitian matrix, or of it and a positive definite one."""
    for M in (A,) if B is None else (A, B):
        if np.abs(M - M.T.conj()).max(initial=0) > 1e-8*np.abs(M).max(initial=0):
            kind = "Hermitian" if np.iscomplexobj(M) else "symmetric"
            raise np.linalg.LinAlgError(f"eigenvalues of a matrix that is not {kind}")
    if B is None:
        values, V = np.linalg.eigh(A)
        return values, V
    back = np.linalg.inv(np.linalg.cholesky(B))
    values, V = np.linalg.eigh(back @ A @ back.T.conj())
    return values, back.T.conj() @ V


def eigenvalues(A: Array, B: Array | None = None) -> Array:
    return of_pencil(A, B)[0][:, None]


def eigenvectors(A: Array, B: Array | None = None) -> Array:
    return signed(of_pencil(A, B)[1])[0]


def reciprocal_gaps(x: Array) -> Array:
    """1/(xⱼ - xᵢ), with zeros on the diagonal."""
    gaps = x.reshape(1, -1) - x.reshape(-1, 1)
    np.fill_diagonal(gaps, np.inf)
    return 1/gaps


def single_pair(X: Array, k: int, B: Array | None = None, symmetric: bool = False
                ) -> tuple[Any, Array, Array]:
    """An eigenvalue, its eigenvector of length 1 and the left one with w'v = 1."""
    if symmetric or B is not None or np.iscomplexobj(X) or np.array_equal(X, X.T):
        values, V = of_pencil(X, B)
        v = signed(V[:, [k]])[0]
        return values[k], v, v.conj()
    values: Array
    V: Array
    values, V = np.linalg.eig(X)
    order = np.lexsort((values.imag, values.real))
    j = order[k]
    if abs(values[j].imag) > 1e-10*abs(values[j]):
        raise np.linalg.LinAlgError(f"the eigenvalue {values[j]} is not real")
    v = V[:, [j]].real
    v = signed(v/np.linalg.norm(v))[0]
    w = np.linalg.inv(V)[[j], :].T
    w = (w/(w.T @ v)).real
    return values[j].real, v, w


def eigenvalue(X: Array, k: int, B: Array | None = None, symmetric: bool = False) -> Any:
    return single_pair(X, k, B, symmetric)[0]


def eigenvector(X: Array, k: int, B: Array | None = None, symmetric: bool = False) -> Array:
    return single_pair(X, k, B, symmetric)[1]


def left_eigenvector(X: Array, k: int, symmetric: bool = False) -> Array:
    return single_pair(X, k, None, symmetric)[2]


# --- singular values ---------------------------------------------------------------------


def decomposed(X: Array) -> tuple[Array, Array, Array]:
    """U, σ, V, thin."""
    U, values, Vt = np.linalg.svd(X, full_matrices=False)
    U, V = signed(U, Vt.T.conj())
    return U, values, V


def singular_values(X: Array) -> Array:
    return np.linalg.svd(X, compute_uv=False)[:, None]


def left_singular_vectors(X: Array) -> Array:
    return decomposed(X)[0]


def right_singular_vectors(X: Array) -> Array:
    return decomposed(X)[2]


def singular_value(X: Array, k: int) -> Any:
    return np.linalg.svd(X, compute_uv=False)[k]


def left_singular_vector(X: Array, k: int) -> Array:
    return decomposed(X)[0][:, [k]]


def right_singular_vector(X: Array, k: int) -> Array:
    return decomposed(X)[2][:, [k]]


def polar_factor(X: Array) -> Array:
    U, _, Vt = np.linalg.svd(X, full_matrices=False)
    return U @ Vt


# --- inverses ----------------------------------------------------------------------------


def pseudo_inverse(X: Array) -> Array:
    """With a gap between singular values that are rounding errors and others that are none."""
    return np.linalg.pinv(X, rcond=max(X.shape)*10*np.finfo(np.result_type(X, 0.0)).eps)


def adjugate(X: Array) -> Array:
    """By singular values, for singular matrices too."""
    U, values, Vt = np.linalg.svd(X)
    others = np.where(np.eye(len(values), dtype=bool), 1, values).prod(axis=1)
    return np.linalg.det(U)*np.linalg.det(Vt)*(Vt.T.conj()*others) @ U.T.conj()


def sylvester_solution(A: Array, B: Array, C: Array) -> Array:
    """X of AX + XB = C."""
    return import_module("scipy.linalg").solve_sylvester(A, B, C)


# --- factorisations ----------------------------------------------------------------------


def cholesky(A: Array) -> Array:
    return np.linalg.cholesky(A)


def r_factor(X: Array) -> Array:
    R: Array = np.linalg.qr(X, mode="r")
    return phase(R.diagonal()).conj()[:, None]*R


def q_factor(X: Array) -> Array:
    Q, R = np.linalg.qr(X)
    return Q*phase(R.diagonal())


# --- the largest entry -------------------------------------------------------------------


def max_entry(X: Array) -> Any:
    return X.max()


def largest_entry(X: Array) -> Array:
    """1 at the place of the largest entry, 0 elsewhere."""
    found = np.zeros(X.shape)
    found.flat[X.argmax()] = 1
    return found
