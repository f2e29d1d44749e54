"""
What generated PyTorch code calls: as ``numpy_functions``, for tensors.

PyTorch is imported here alone, and only when such code is made.
"""

# PyTorch is no dependency: a type checker may run without it
# pyright: reportMissingImports=false

from __future__ import annotations

import torch


def sigmoid(x: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(torch.as_tensor(x))


def softplus(x: torch.Tensor) -> torch.Tensor:
    return torch.logaddexp(torch.as_tensor(x), torch.zeros_like(torch.as_tensor(x)))


def softmax(x: torch.Tensor, axis: int | None = None) -> torch.Tensor:
    if axis is None:
        return torch.softmax(x.reshape(-1), 0).reshape(x.shape)
    return torch.softmax(x, axis)


def logsumexp(x: torch.Tensor, axis: int | None = None) -> torch.Tensor:
    if axis is None:
        return torch.logsumexp(x.reshape(-1), 0)
    return torch.logsumexp(x, axis, keepdim=True)


def phase(x: torch.Tensor) -> torch.Tensor:
    """x/|x|, and 0 of 0."""
    return torch.sgn(x)


def maximum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.maximum(*_alike(a, b))


def minimum(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.minimum(*_alike(a, b))


def heaviside(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.heaviside(*_alike(a, b))


def arctan2(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.arctan2(*_alike(a, b))


def gamma(x: torch.Tensor) -> torch.Tensor:
    """By the logarithm of its size, and the sign that it has between the poles."""
    even = torch.floor(x) % 2 == 0
    return torch.where((x > 0) | even, 1.0, -1.0)*torch.exp(torch.lgamma(x))


def _alike(a: torch.Tensor, b: torch.Tensor) -> tuple:
    dtype = a.dtype if isinstance(a, torch.Tensor) else b.dtype
    return torch.as_tensor(a, dtype=dtype), torch.as_tensor(b, dtype=dtype)


def cho_factor(A: torch.Tensor) -> torch.Tensor:
    return torch.linalg.cholesky(A)


def cho_solve(F: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.cholesky_solve(b, F)


def cho_inverse(F: torch.Tensor) -> torch.Tensor:
    return torch.cholesky_inverse(F)


def cho_det(F: torch.Tensor) -> torch.Tensor:
    return torch.diagonal(F).prod()**2


def cho_logdet(F: torch.Tensor) -> torch.Tensor:
    return 2*torch.diagonal(F).log().sum()


def lu_factor(A: torch.Tensor) -> tuple:
    return A, *torch.linalg.lu_factor(A)


def lu_solve(F: tuple, b: torch.Tensor, trans: int = 0) -> torch.Tensor:
    if trans and b.is_complex():  # the transpose, which is not the adjoint
        return torch.linalg.lu_solve(*F[1:], b.conj(), adjoint=True).conj_physical()
    return torch.linalg.lu_solve(*F[1:], b, adjoint=bool(trans))


def lu_inverse(F: tuple) -> torch.Tensor:
    return torch.linalg.inv(F[0])


def lu_det(F: tuple) -> torch.Tensor:
    return torch.linalg.det(F[0])


def lu_logdet(F: tuple) -> torch.Tensor:
    sign, size = torch.linalg.slogdet(F[0])
    if sign.is_complex():
        return torch.log(sign) + size
    return torch.where(sign > 0, size, torch.nan)


def cho_logabsdet(F: torch.Tensor) -> torch.Tensor:
    return cho_logdet(F)


def lu_logabsdet(F: tuple) -> torch.Tensor:
    return torch.linalg.slogdet(F[0])[1]


def kron(A: torch.Tensor, B: torch.Tensor) -> torch.Tensor:
    (m, n), (p, q) = A.shape, B.shape
    return (A[:, None, :, None]*B[None, :, None, :]).reshape(m*p, n*q)


def kron_identity_left(n: int, B: torch.Tensor) -> torch.Tensor:
    return torch.block_diag(*[B]*n)


def kron_identity_right(n: int, A: torch.Tensor) -> torch.Tensor:
    return kron(A, torch.eye(n, dtype=A.dtype))


def commutation_matrix(m: int, n: int) -> torch.Tensor:
    """K with K vec(X) = vec(X'), for X of shape m by n."""
    return torch.eye(m*n, dtype=torch.float64)[torch.arange(m*n).reshape(n, m).T.reshape(-1)]


def diagonal_embedding(n: int) -> torch.Tensor:
    """Ψ with vec(diag(x)) = Ψ x."""
    return torch.eye(n*n, dtype=torch.float64)[:, ::n + 1]


def scattered(shape: tuple, terms: list, result: tuple) -> torch.Tensor:
    """The sum of terms, each where its indices are, those that are equal on a diagonal."""
    found = torch.zeros(shape, dtype=terms[0][0].dtype)
    for term, pattern in terms:
        letters = "".join(chr(97 + k) for k in dict.fromkeys(pattern))
        inputs, rest, extra = [term], [], 0
        names = []
        for axis, k in enumerate(pattern):
            if pattern.index(k) < axis:
                extra += 1
                name = chr(110 + extra)
                inputs.append(torch.eye(shape[axis], dtype=term.dtype))
                rest.append(chr(97 + k) + name)
                names.append(name)
            else:
                names.append(chr(97 + k))
        inside = ",".join(["".join(sorted(letters)), *rest])
        found = found + torch.einsum(f"{inside}->{''.join(names)}", *inputs)
    return found.reshape(result)
