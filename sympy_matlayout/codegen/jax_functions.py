"""
What generated JAX code calls: as ``numpy_functions``, but for arrays that may be traced.

Nothing here looks at a value, so that all runs under ``jit``, ``grad`` and ``vmap``.
JAX is imported here alone, and only when such code is made.
"""

# JAX is no dependency: a type checker may run without it
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.core
import jax.nn
import jax.numpy as jnp
import jax.scipy.linalg

from .jax_matrix_functions import (  # noqa: F401 - generated code finds them here
    adjugate,
    by_differences,
    by_name,
    cholesky,
    divided_differences,
    eigenvalue,
    eigenvalues,
    eigenvector,
    eigenvectors,
    expm,
    frechet_derivative_of,
    largest_entry,
    left_eigenvector,
    left_singular_vector,
    left_singular_vectors,
    matrix_function,
    matrix_of,
    max_entry,
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
from .numpy_functions import (  # noqa: F401 - constants and shapes, which are never traced
    circulant_basis,
    commutation_matrix,
    diagonal_embedding,
    duplication_matrix,
    elimination_matrix,
    hankel_basis,
    lower_ones,
    matrix_unit,
    multiplied,
    of_shape,
    selection_matrix,
    skew_duplication_matrix,
    sliced,
    summed,
    symmetrizer_matrix,
    toeplitz_basis,
    unvech,
    upper_duplication_matrix,
    upper_ones,
    vech,
    whole,
)

ROUNDS = 24
HALVINGS = 8
TERMS = 10


def sigmoid(x: jax.Array) -> jax.Array:
    return jax.nn.sigmoid(x)


def softplus(x: jax.Array) -> jax.Array:
    return jax.nn.softplus(x)


def phase(x: jax.Array) -> jax.Array:
    """x/|x|, and 0 of 0."""
    size = jnp.abs(x)
    return jnp.where(size == 0, 0, x/jnp.where(size == 0, 1, size))


def softmax(x: jax.Array, axis: int | None = None) -> jax.Array:
    """eˣ over its sum, of all entries or along an axis, without an overflow."""
    return jax.nn.softmax(x, axis=axis)


def logsumexp(x: jax.Array, axis: int | None = None) -> jax.Array:
    """log Σ eˣ, a number, or along an axis a row or column, without an overflow."""
    return jax.nn.logsumexp(x, axis=axis, keepdims=axis is not None)


def logdet(M: jax.Array) -> jax.Array:
    """The logarithm of a determinant, which for large matrices overflows before its logarithm."""
    sign, size = jnp.linalg.slogdet(M)
    if jnp.iscomplexobj(M):
        return jnp.log(sign) + size
    return jnp.where(sign > 0, size, jnp.nan)


# --- systems of equations ----------------------------------------------------------------


def cho_factor(A: jax.Array) -> tuple:
    return jax.scipy.linalg.cho_factor(A, lower=True)


def cho_solve(F: tuple, b: jax.Array) -> jax.Array:
    return jax.scipy.linalg.cho_solve(F, b)


def cho_inverse(F: tuple) -> jax.Array:
    return cho_solve(F, jnp.eye(len(F[0]), dtype=F[0].dtype))


def cho_logdet(F: tuple) -> jax.Array:
    return 2*jnp.log(jnp.diagonal(F[0])).sum()


def cho_det(F: tuple) -> jax.Array:
    return jnp.diagonal(F[0]).prod()**2


def lu_factor(A: jax.Array) -> tuple:
    return A, *jax.scipy.linalg.lu_factor(A)


def lu_solve(F: tuple, b: jax.Array, trans: int = 0) -> jax.Array:
    return jax.scipy.linalg.lu_solve(F[1:], b, trans)


def lu_inverse(F: tuple) -> jax.Array:
    return lu_solve(F, jnp.eye(len(F[0]), dtype=F[0].dtype))


def lu_det(F: tuple) -> jax.Array:
    return jnp.linalg.det(F[0])


def lu_logdet(F: tuple) -> jax.Array:
    return logdet(F[0])


def cho_logabsdet(F: tuple) -> jax.Array:
    return cho_logdet(F)


def lu_logabsdet(F: tuple) -> jax.Array:
    return jnp.linalg.slogdet(F[0])[1]


def solve(A: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.linalg.solve(A, b)


# --- branches ----------------------------------------------------------------------------


def piecewise(conditions: Sequence, values: Sequence[Callable]) -> jax.Array:
    """The value of the first condition that holds, which alone is computed and differentiated."""
    kind = jnp.result_type(float, *(jax.eval_shape(value).dtype for value in values))
    branches = [lambda value=value: jnp.asarray(value(), kind) for value in values]
    first = jnp.argmax(jnp.asarray([*conditions, True]))
    return jax.lax.switch(first, [*branches, lambda: jnp.asarray(jnp.nan, kind)])


def constant_function(value: float) -> Callable[..., jax.Array]:
    """A function of arrays that is the same number everywhere."""
    return lambda M: jnp.full(M.shape, value, jnp.result_type(M, value))


def kron(A: jax.Array, B: jax.Array) -> jax.Array:
    return jnp.kron(A, B)


def kron_identity_left(n: int, B: jax.Array) -> jax.Array:
    return jnp.kron(jnp.eye(n, dtype=B.dtype), B)


def kron_identity_right(n: int, A: jax.Array) -> jax.Array:
    return jnp.kron(A, jnp.eye(n, dtype=A.dtype))


def function_matrix(entry: Callable[[int, int], float], rows: int, cols: int) -> jax.Array:
    found = jnp.asarray([[entry(i, j) for j in range(cols)] for i in range(rows)])
    return found.astype(jnp.result_type(found, float)).reshape(rows, cols)


# --- powers of matrices ------------------------------------------------------------------


def real_matrix_power(M: jax.Array, exponent: float) -> jax.Array:
    """The principal power where it is real; nan where it isn't, and where M is singular."""
    if not isinstance(exponent, jax.core.Tracer):
        if exponent < 0:
            return real_matrix_power(jnp.linalg.inv(M), -exponent)
        whole, half = divmod(float(exponent), 1)
        if not half:
            return jnp.linalg.matrix_power(M, int(whole))
        if half == 0.5:
            return jnp.linalg.matrix_power(M, int(whole)) @ _square_root(M)
    return jax.scipy.linalg.expm(exponent*_logarithm(M))


def _off_the_cut(M: jax.Array) -> tuple[jax.Array, Any]:
    """A complex Hermitian matrix turned by an angle, so that no eigenvalue is negative."""
    if not jnp.iscomplexobj(M):
        return M, None
    hermitian = jnp.abs(M - M.T.conj()).max() <= 1e-5*jnp.abs(M).max()
    angle = jax.lax.stop_gradient(jnp.where(hermitian, jnp.pi/2, 0))
    return M*jnp.exp(-1j*angle), 1j*angle


def _square_root(M: jax.Array) -> jax.Array:
    turned, angle = _off_the_cut(M)
    root = _root_off_the_cut(turned)
    return root if angle is None else root*jnp.exp(angle/2)


def _root_off_the_cut(M: jax.Array) -> jax.Array:
    """
    By the product form of the Denman-Beavers iteration, derivatives by its steps.

    N. J. Higham, Functions of Matrices, 2008, (6.29).
    """
    one = jnp.eye(len(M), dtype=M.dtype)
    size = jax.lax.stop_gradient(jnp.sqrt(
        jnp.linalg.norm(M)/jnp.linalg.norm(jnp.linalg.inv(M))))

    def step(state, _):
        product, root = state
        inverse = jnp.linalg.inv(product)
        return ((2*one + product + inverse)/4, root @ (one + inverse)/2), None

    (_, root), _ = jax.lax.scan(step, (M/size, M/size), length=ROUNDS)
    root = root*jnp.sqrt(size)
    return _where_close(root @ root, M, root)


def _logarithm(M: jax.Array) -> jax.Array:
    """By inverse scaling and squaring, and log Z = 2 artanh((Z - 1)/(Z + 1)) (Higham, 11.3)."""
    one = jnp.eye(len(M), dtype=M.dtype)
    turned, angle = _off_the_cut(M)
    near, _ = jax.lax.scan(lambda Z, _: (_root_off_the_cut(Z), None), turned, length=HALVINGS)
    W = jnp.linalg.solve(near + one, near - one)
    series = one/(2*TERMS + 1)
    for k in reversed(range(TERMS)):
        series = series @ W @ W + one/(2*k + 1)
    found = 2**(HALVINGS + 1)*W @ series
    if angle is not None:
        found = found + angle*one
    return _where_close(jax.scipy.linalg.expm(found), M, found)


def logm(M: jax.Array) -> jax.Array:
    """The principal logarithm where it is real."""
    return _logarithm(M)


def expm_frechet(X: jax.Array, E: jax.Array) -> jax.Array:
    return frechet_derivative_of(expm, X, E)


def frechet_derivative(f: Any, X: jax.Array, *directions: jax.Array, real: bool = False
                       ) -> jax.Array:
    """
    The derivative of f at X along directions.

    ``f`` is the name of a function, the exponent of a power, or the function and its derivatives.
    """
    if isinstance(f, tuple):
        if len(directions) > 1:
            raise NotImplementedError("higher derivatives of this function of a matrix in JAX")
        return by_differences(f, X, *directions, real=real)
    if not isinstance(f, str):
        return frechet_derivative_of(lambda M: real_matrix_power(M, f), X, *directions)
    return frechet_derivative_of(_logarithm if f == "log" else by_name(f), X, *directions)


def frechet_matrix(f: Any, X: jax.Array, *directions: jax.Array, real: bool = False) -> jax.Array:
    """K with vec L(X, …, E) = K vec E."""
    return matrix_of(lambda E: frechet_derivative(f, X, *directions, E, real=real), len(X))


def _where_close(found: jax.Array, wanted: jax.Array, result: jax.Array) -> jax.Array:
    error = jnp.linalg.norm(found - wanted)/jnp.linalg.norm(wanted)
    close = error < jnp.sqrt(jnp.finfo(wanted.dtype).eps)
    return result*jnp.where(close, 1, jnp.nan)  # so that derivatives are nan as well
