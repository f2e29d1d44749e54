"""
What generated PyTorch code calls: as ``numpy_functions``, for tensors.

PyTorch is imported here alone, and only when such code is made.
"""

# PyTorch is no dependency: a type checker may run without it
# pyright: reportMissingImports=false

from __future__ import annotations

import torch

Tensor = torch.Tensor


def sigmoid(x: Tensor) -> Tensor:
    return torch.sigmoid(torch.as_tensor(x))


def softplus(x: Tensor) -> Tensor:
    return torch.logaddexp(torch.as_tensor(x), torch.zeros_like(torch.as_tensor(x)))


def softmax(x: Tensor, axis: int | None = None) -> Tensor:
    if axis is None:
        return torch.softmax(x.reshape(-1), 0).reshape(x.shape)
    return torch.softmax(x, axis)


def logsumexp(x: Tensor, axis: int | None = None) -> Tensor:
    if axis is None:
        return torch.logsumexp(x.reshape(-1), 0)
    return torch.logsumexp(x, axis, keepdim=True)


def maximum(a: Tensor, b: Tensor) -> Tensor:
    return torch.maximum(*_alike(a, b))


def minimum(a: Tensor, b: Tensor) -> Tensor:
    return torch.minimum(*_alike(a, b))


def heaviside(a: Tensor, b: Tensor) -> Tensor:
    return torch.heaviside(*_alike(a, b))


def arctan2(a: Tensor, b: Tensor) -> Tensor:
    return torch.arctan2(*_alike(a, b))


def gamma(x: Tensor) -> Tensor:
    """By the logarithm of its size, and the sign that it has between the poles."""
    even = torch.floor(x) % 2 == 0
    return torch.where((x > 0) | even, 1.0, -1.0)*torch.exp(torch.lgamma(x))


def _alike(a: Tensor, b: Tensor) -> tuple:
    dtype = a.dtype if isinstance(a, Tensor) else b.dtype
    return torch.as_tensor(a, dtype=dtype), torch.as_tensor(b, dtype=dtype)


def cho_factor(A: Tensor) -> Tensor:
    return torch.linalg.cholesky(A)


def cho_solve(F: Tensor, b: Tensor) -> Tensor:
    return torch.cholesky_solve(b, F)


def cho_inverse(F: Tensor) -> Tensor:
    return torch.cholesky_inverse(F)


def cho_det(F: Tensor) -> Tensor:
    return torch.diagonal(F).prod()**2


def cho_logdet(F: Tensor) -> Tensor:
    return 2*torch.diagonal(F).log().sum()


def lu_factor(A: Tensor) -> tuple:
    return A, *torch.linalg.lu_factor(A)


def lu_solve(F: tuple, b: Tensor, trans: int = 0) -> Tensor:
    return torch.linalg.lu_solve(*F[1:], b, adjoint=bool(trans))


def lu_inverse(F: tuple) -> Tensor:
    return torch.linalg.inv(F[0])


def lu_det(F: tuple) -> Tensor:
    return torch.linalg.det(F[0])


def lu_logdet(F: tuple) -> Tensor:
    sign, size = torch.linalg.slogdet(F[0])
    return torch.where(sign > 0, size, torch.nan)


def cho_logabsdet(F: Tensor) -> Tensor:
    return cho_logdet(F)


def lu_logabsdet(F: tuple) -> Tensor:
    return torch.linalg.slogdet(F[0])[1]


def kron(A: Tensor, B: Tensor) -> Tensor:
    (m, n), (p, q) = A.shape, B.shape
    return (A[:, None, :, None]*B[None, :, None, :]).reshape(m*p, n*q)


def kron_identity_left(n: int, B: Tensor) -> Tensor:
    return torch.block_diag(*[B]*n)


def kron_identity_right(n: int, A: Tensor) -> Tensor:
    return kron(A, torch.eye(n, dtype=A.dtype))


def commutation_matrix(m: int, n: int) -> Tensor:
    """K with K vec(X) = vec(X'), for X of shape m by n."""
    return torch.eye(m*n, dtype=torch.float64)[torch.arange(m*n).reshape(n, m).T.reshape(-1)]


def diagonal_embedding(n: int) -> Tensor:
    """Ψ with vec(diag(x)) = Ψ x."""
    return torch.eye(n*n, dtype=torch.float64)[:, ::n + 1]


def scattered(shape: tuple, terms: list, result: tuple) -> Tensor:
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
