"""
What generated JAX code calls for functions of matrices, spectra and factorisations.

As ``numpy_matrix_functions``, for arrays that may be traced.  What takes all eigenvalues of a
matrix that isn't symmetric runs on a CPU alone, as ``jax.numpy.linalg.eig`` does.
"""

# JAX is no dependency: a type checker may run without it
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.linalg
from numpy.polynomial.legendre import leggauss

Function = Callable[[Any], Any]

PADE_13 = (64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
           129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0,
           40840800.0, 960960.0, 16380.0, 182.0, 1.0)
THETA_13 = 5.371920351148152
SQUARINGS = 48
WORST_BASIS = (1e8, 1e4, 1e3)  # condition of eigenvectors, for derivatives of order 0, 1, 2


# --- functions of matrices ---------------------------------------------------------------


def matrix_function(f: Any, X: jax.Array, real: bool = False) -> jax.Array:
    """f(X), by the exponential where that gives it, else by eigenvalues, nan without a basis."""
    if isinstance(f, str):
        return by_name(f)(X)
    values, V, back = eigenbasis(X, 0, real)
    return real_where_given((V*f(values)) @ back, X)


def eigenbasis(X: jax.Array, order: int, real: bool) -> tuple:
    """Eigenvalues, eigenvectors and their inverse, nan where these are no good basis."""
    values, V = jnp.linalg.eig(X)
    back = jnp.linalg.inv(V)
    good = jnp.linalg.norm(V)*jnp.linalg.norm(back) < WORST_BASIS[min(order, 2)]*len(X)
    if real:
        good &= jnp.abs(values.imag).max() <= 1e-9*jnp.abs(values).max()
        values = values.real
    return values*jnp.where(good, 1, jnp.nan), V, back


def expm(X: jax.Array) -> jax.Array:
    """
    By scaling, Padé's approximant of degree 13 and squaring (Higham 2008, 10.3).

    ``jax.scipy.linalg.expm`` has eight digits where the norm is above five.
    """
    one = jnp.eye(len(X), dtype=X.dtype)
    size = jax.lax.stop_gradient(jnp.linalg.norm(X, 1))
    steps = jnp.maximum(0, jnp.ceil(jnp.log2(size/THETA_13)))
    A = X/2**steps
    A2 = A @ A
    A4 = A2 @ A2
    A6 = A4 @ A2
    b = PADE_13
    odd = A @ (A6 @ (b[13]*A6 + b[11]*A4 + b[9]*A2) + b[7]*A6 + b[5]*A4 + b[3]*A2 + b[1]*one)
    even = A6 @ (b[12]*A6 + b[10]*A4 + b[8]*A2) + b[6]*A6 + b[4]*A4 + b[2]*A2 + b[0]*one
    found = jnp.linalg.solve(even - odd, even + odd)

    def square(R: jax.Array, k: jax.Array) -> tuple[jax.Array, None]:
        return jax.lax.cond(k < steps, lambda R: R @ R, lambda R: R, R), None

    return jax.lax.scan(square, found, jnp.arange(SQUARINGS))[0]


def real_where_given(found: jax.Array, X: jax.Array) -> jax.Array:
    """Without imaginary parts that are rounding errors, nan where they are none."""
    if jnp.iscomplexobj(X) or not jnp.iscomplexobj(found):
        return found
    rounding = jnp.abs(found.imag).max() <= 1e-6*jnp.abs(found).max()
    return found.real*jnp.where(rounding, 1, jnp.nan)


def _hyperbolic(sign: int, turned: bool, X: jax.Array) -> jax.Array:
    """cosh and sinh, of iX cos and i sin."""
    if not turned:
        return (expm(X) + sign*expm(-X))/2
    wave = expm(1j*X)
    return wave.real if sign == 1 else wave.imag


def by_name(f: str) -> Function:
    """A function of a matrix that the exponential gives."""
    return {
        "exp": expm,
        "cosh": lambda X: _hyperbolic(1, False, X), "sinh": lambda X: _hyperbolic(-1, False, X),
        "cos": lambda X: _hyperbolic(1, True, X), "sin": lambda X: _hyperbolic(-1, True, X),
        "tan": lambda X: jnp.linalg.solve(_hyperbolic(1, True, X), _hyperbolic(-1, True, X)),
        "tanh": lambda X: jnp.linalg.solve(_hyperbolic(1, False, X), _hyperbolic(-1, False, X)),
    }[f]


def frechet_derivative_of(function: Function, X: jax.Array, *directions: jax.Array) -> jax.Array:
    """Of a function that JAX can differentiate, as often as there are directions."""
    for E in directions:
        def along(Y: jax.Array, f: Function = function, E: jax.Array = E) -> jax.Array:
            return jax.jvp(f, (Y,), (E,))[1]
        function = along
    return function(X)


def by_differences(functions: Sequence[Function], X: jax.Array, E: jax.Array,
                   real: bool = False) -> jax.Array:
    """V(f[λᵢ, λⱼ]∘(V⁻¹E V))V⁻¹"""
    values, V, back = eigenbasis(X, 1, real)
    table = differences(functions[0], functions[1], values)
    return real_where_given(V @ (table*(back @ E @ V)) @ back, X)


def differences(f: Function, slope: Function, x: jax.Array) -> jax.Array:
    """The difference quotient or the mean of the slope, whichever has the smaller error."""
    eps = jnp.finfo(x.dtype).eps
    gap = x[:, None] - x[None, :]
    values = f(x)
    apart = jnp.where(gap == 0, 1, gap)
    quotient = (values[:, None] - values[None, :])/apart
    its_error = jnp.where(gap == 0, jnp.inf, eps*(
        jnp.abs(values)[:, None] + jnp.abs(values)[None, :])/jnp.abs(apart))
    mean, rougher = (sum(weight*slope(x[:, None] - (1 + s)/2*gap)/2 for s, weight in zip(
        *leggauss(nodes), strict=True)) for nodes in (12, 8))
    error = jnp.abs(mean - rougher) + eps*jnp.abs(mean)
    return jnp.where((error <= its_error) | (gap == 0), mean, quotient)


def divided_differences(f: Function, slope: Function, x: jax.Array) -> jax.Array:
    return differences(f, slope, x.ravel())


def matrix_of(derivative: Function, n: int) -> jax.Array:
    """K with vec of a linear function of E = K vec E."""
    units = jnp.eye(n*n).reshape(n*n, n, n).transpose(0, 2, 1)
    return jax.vmap(derivative)(units).transpose(0, 2, 1).reshape(n*n, n*n).T


# --- eigenvalues -------------------------------------------------------------------------


def signed(V: jax.Array, *others: jax.Array) -> tuple[jax.Array, ...]:
    """The columns with their entries of largest size positive, those of others with them."""
    signs = jnp.sign(jnp.take_along_axis(V, jnp.abs(V).argmax(axis=0)[None, :], axis=0)).conj()
    return tuple(M*signs for M in (V, *others))


def of_pencil(A: jax.Array, B: jax.Array | None) -> tuple[jax.Array, jax.Array]:
    symmetric = jnp.stack([jnp.abs(M - M.T.conj()).max() <= 1e-5*jnp.abs(M).max()
                           for M in ((A,) if B is None else (A, B))]).all()
    A = A*jnp.where(symmetric, 1, jnp.nan)
    if B is None:
        return tuple(jnp.linalg.eigh(A))
    back = jnp.linalg.inv(jnp.linalg.cholesky(B))
    values, V = jnp.linalg.eigh(back @ A @ back.T.conj())
    return values, back.T.conj() @ V


def eigenvalues(A: jax.Array, B: jax.Array | None = None) -> jax.Array:
    return of_pencil(A, B)[0][:, None]


def eigenvectors(A: jax.Array, B: jax.Array | None = None) -> jax.Array:
    return signed(of_pencil(A, B)[1])[0]


def reciprocal_gaps(x: jax.Array) -> jax.Array:
    gaps = x.reshape(1, -1) - x.reshape(-1, 1)
    return jnp.where(jnp.eye(len(gaps), dtype=bool), 0, 1/jnp.where(
        jnp.eye(len(gaps), dtype=bool), 1, gaps))


def single_pair(X: jax.Array, k: int, B: jax.Array | None = None, symmetric: bool = False
                ) -> tuple:
    """An eigenvalue, nan where it is not real, its eigenvector and the left one with w'v = 1."""
    if symmetric or B is not None or jnp.iscomplexobj(X):
        values, V = of_pencil(X, B)
        v = signed(V[:, [k]])[0]
        return values[k], v, v.conj()
    values, V = jnp.linalg.eig(X)
    j = jnp.lexsort((values.imag, values.real))[k]
    real = jnp.abs(values[j].imag) <= 1e-6*jnp.abs(values[j])
    v = V[:, j].real[:, None]
    v = signed(v/jnp.linalg.norm(v))[0]
    w = jnp.linalg.inv(V)[j, :][:, None]
    w = (w/(w.T @ v)).real
    return tuple(jnp.where(real, found, jnp.nan) for found in (values[j].real, v, w))


def eigenvalue(X: jax.Array, k: int, B: jax.Array | None = None,
               symmetric: bool = False) -> jax.Array:
    return single_pair(X, k, B, symmetric)[0]


def eigenvector(X: jax.Array, k: int, B: jax.Array | None = None,
                symmetric: bool = False) -> jax.Array:
    return single_pair(X, k, B, symmetric)[1]


def left_eigenvector(X: jax.Array, k: int, symmetric: bool = False) -> jax.Array:
    return single_pair(X, k, None, symmetric)[2]


# --- singular values ---------------------------------------------------------------------


def decomposed(X: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    U, values, Vt = jnp.linalg.svd(X, full_matrices=False)
    U, V = signed(U, Vt.T.conj())
    return U, values, V


def singular_values(X: jax.Array) -> jax.Array:
    return jnp.linalg.svd(X, compute_uv=False)[:, None]


def left_singular_vectors(X: jax.Array) -> jax.Array:
    return decomposed(X)[0]


def right_singular_vectors(X: jax.Array) -> jax.Array:
    return decomposed(X)[2]


def singular_value(X: jax.Array, k: int) -> jax.Array:
    return jnp.linalg.svd(X, compute_uv=False)[k]


def left_singular_vector(X: jax.Array, k: int) -> jax.Array:
    return decomposed(X)[0][:, [k]]


def right_singular_vector(X: jax.Array, k: int) -> jax.Array:
    return decomposed(X)[2][:, [k]]


def polar_factor(X: jax.Array) -> jax.Array:
    U, _, Vt = jnp.linalg.svd(X, full_matrices=False)
    return U @ Vt


# --- inverses and factorisations ---------------------------------------------------------


def pseudo_inverse(X: jax.Array) -> jax.Array:
    return jnp.linalg.pinv(X)


def adjugate(X: jax.Array) -> jax.Array:
    """By singular values, for singular matrices too."""
    U, values, Vt = jnp.linalg.svd(X)
    others = jnp.where(jnp.eye(len(values), dtype=bool), 1, values).prod(axis=1)
    return jnp.linalg.det(U)*jnp.linalg.det(Vt)*(Vt.T.conj()*others) @ U.T.conj()


def sylvester_solution(A: jax.Array, B: jax.Array, C: jax.Array) -> jax.Array:
    """X of AX + XB = C."""
    m, n = C.shape
    whole = jnp.kron(jnp.eye(n, dtype=A.dtype), A) + jnp.kron(B.T, jnp.eye(m, dtype=B.dtype))
    return jnp.linalg.solve(whole, C.T.ravel()).reshape(n, m).T


def cholesky(A: jax.Array) -> jax.Array:
    return jnp.linalg.cholesky(A)


def r_factor(X: jax.Array) -> jax.Array:
    R = jnp.linalg.qr(X, mode="r")
    return jnp.sign(jnp.diagonal(R)).conj()[:, None]*R


def q_factor(X: jax.Array) -> jax.Array:
    Q, R = jnp.linalg.qr(X)
    return Q*jnp.sign(jnp.diagonal(R))


def max_entry(X: jax.Array) -> jax.Array:
    return X.max()


def largest_entry(X: jax.Array) -> jax.Array:
    return jnp.zeros(X.size).at[X.argmax()].set(1).reshape(X.shape)

