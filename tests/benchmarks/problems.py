"""
Benchmark problems: each as a formula, in JAX, and in NumPy as an expert writes it by hand.

Sizes are functions of a scale k; no two sizes of a problem are equal, so that wrong shapes show.
All matrices are float64 arrays of two axes, vectors are columns (n, 1), scalars are floats.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.linalg import cho_factor, cho_solve, lu_factor, lu_solve, solve_triangular
from scipy.linalg.lapack import dpotri
from scipy.special import expit
from sympy import (
    Abs,
    Determinant,
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    Lambda,
    MatrixSymbol,
    Max,
    OneMatrix,
    Piecewise,
    Q,
    Rational,
    Sum,
    Symbol,
    Trace,
    cosh,
    exp,
    log,
    sqrt,
    symbols,
    tanh,
)

from sympy_matlayout import LogSumExp, Norm, Sigmoid, Softmax, Softplus


@dataclass
class Problem:
    name: str
    variables: list  # what is differentiated by
    args: list  # all arguments, in the order of the functions
    f: Any
    jax_f: Callable  # of the args, jax.numpy, a scalar
    numpy_vg: Callable  # of the args: the value and the gradients
    sizes: Callable  # a scale -> the arrays of the args by name, from a seeded generator
    hessian_of: Any = None
    numpy_hess: Callable | None = None
    hess_sizes: Callable | None = None  # like sizes; such that the Hessian stays small
    assumptions: Any = True  # facts a user would pass to gradient
    group: str = "known"


PROBLEMS: list[Problem] = []

m, n, p, q, r = symbols("m n p q r", integer=True, positive=True)
i, j = symbols("i j", integer=True)
z = symbols("z", real=True)
half = Rational(1, 2)


def each(body, matrix):
    """A function of z, of every entry."""
    return matrix.applyfunc(Lambda(z, body))


def total(matrix):
    """The sum of all entries."""
    rows, cols = matrix.shape
    return Trace(OneMatrix(1, rows)*matrix*OneMatrix(cols, 1))


def one(rows):
    return OneMatrix(rows, 1)


def rows_of(matrix):
    """The sums of the rows."""
    return matrix*OneMatrix(matrix.shape[1], 1)


def matrices(text):
    """Matrix symbols from lines like ``X m n, w n`` with sizes by name."""
    known = {"m": m, "n": n, "p": p, "q": q, "r": r, "1": 1}
    for part in text.split(","):
        name, rows, *cols = part.split()
        yield MatrixSymbol(name, known[rows], known[cols[0]] if cols else 1)


class Data:
    """Seeded arrays."""

    def __init__(self, seed, k):
        self.rng = np.random.default_rng([seed, k])

    def normal(self, rows, cols=1, scale=1.0):
        return scale*self.rng.normal(size=(rows, cols))

    def mixing(self, rows, cols):
        """A matrix that keeps the size of entries."""
        return self.rng.normal(size=(rows, cols))/np.sqrt(cols)

    def definite(self, size):
        M = self.rng.normal(size=(size, size))
        return M @ M.T/size + 0.5*np.eye(size)

    def invertible(self, size):
        return np.eye(size) + 0.3*self.rng.normal(size=(size, size))/np.sqrt(size)

    def positive(self, rows, cols=1):
        return self.rng.uniform(0.5, 1.5, size=(rows, cols))

    def signs(self, rows):
        return np.where(self.rng.random((rows, 1)) < 0.5, -1.0, 1.0)

    def one_hot(self, rows, cols):
        return np.eye(cols)[self.rng.integers(cols, size=rows)]

    def counts(self, rows):
        return self.rng.poisson(2.0, size=(rows, 1)).astype(float)


def smaller(k):
    """The scale of a Hessian by a matrix: 3 -> 3, 30 -> 11, 300 -> 40."""
    return max(3, round(1.5*k**0.575))


def problem(group, name, variables, args, f, jax_f, numpy_vg, sizes, **more):
    if more.get("hessian_of") is not None and "hess_sizes" not in more:
        of = more["hessian_of"]
        wide = isinstance(of, MatrixSymbol) and of.shape[1] != 1
        more["hess_sizes"] = (lambda k: sizes(smaller(k))) if wide else sizes
    PROBLEMS.append(Problem(name, variables, args, f, jax_f, numpy_vg, sizes, group=group, **more))


# --- helpers of the hand-written NumPy ------------------------------------------------------


def cholesky(S):
    return cho_factor(S, lower=True, check_finite=False)


def solve(c, B):
    return cho_solve(c, B, check_finite=False)


def logdet(c):
    return 2*np.log(c[0].diagonal()).sum()


def inverse(c):
    """From the Cholesky factor; half the work of solving with an identity matrix."""
    G = dpotri(c[0], lower=1)[0]
    np.copyto(G, G.T, where=~np.tri(len(G), dtype=bool))
    return G


def dot(a, b):
    """The sum of the products of all entries, without a temporary."""
    return np.vdot(a, b)


def softplus(x):
    return np.logaddexp(0, x)


# and of the JAX
def jlogdet(S):
    return jnp.linalg.slogdet(S)[1]


sp, sg = jax.nn.softplus, jax.nn.sigmoid


# ============================================================================================
# known
# ============================================================================================

# --- 1 quadratic form ----------------------------------------------------------------------
A, x = matrices("A n n, x n")


def hand(A, x):
    Ax = A @ x
    return dot(x, Ax), Ax + A.T @ x


problem("known", "quadratic", [x], [A, x], x.T*A*x,
        lambda A, x: (x.T @ A @ x)[0, 0], hand,
        lambda k: (lambda d: {"A": d.normal(k, k), "x": d.normal(k)})(Data(1, k)),
        hessian_of=x, numpy_hess=lambda A, x: A + A.T)

# --- 2 logistic regression -------------------------------------------------------------------
X, w, y = matrices("X m n, w n, y m")


def hand(X, y, w):
    t = y*(X @ w)
    e = np.exp(-np.abs(t))
    value = (np.log1p(e) - np.minimum(t, 0)).sum()
    s = np.where(t >= 0, e, 1)/(1 + e)  # sigmoid(-t)
    return value, -(X.T @ (y*s))


def hand_hess(X, y, w):
    s = expit(y*(X @ w))
    return X.T @ (y*y*s*(1 - s)*X)


problem("known", "logistic", [w], [X, y, w], total(each(log(1 + exp(-z)), HadamardProduct(y, X*w))),
        lambda X, y, w: jnp.sum(sp(-y*(X @ w))), hand,
        lambda k: (lambda d: {"X": d.mixing(2*k + 1, k), "y": d.signs(2*k + 1),
                              "w": d.normal(k)})(Data(2, k)),
        hessian_of=w, numpy_hess=hand_hess)

# --- 3 matrix factorisation ------------------------------------------------------------------
T, U, V, W = matrices("T m n, U m r, V n r, W m n")


def hand(T, U, V):
    E = U @ V.T
    E -= T
    return dot(E, E), 2*(E @ V), 2*(E.T @ U)


def hand_hess(T, U, V):
    return np.kron(2*(V.T @ V), np.eye(len(U)))


def factor_sizes(k):
    d = Data(3, k)
    m, n, r = k + 2, k + 1, k//5 + 2
    return {"T": d.normal(m, n), "U": d.normal(m, r), "V": d.normal(n, r), "W": d.positive(m, n)}


def but(sizes, *names):
    return lambda k: {name: a for name, a in sizes(k).items() if name not in names}


problem("known", "matrix factorisation", [U, V], [T, U, V], Norm(T - U*V.T)**2,
        lambda T, U, V: jnp.sum((T - U @ V.T)**2), hand, but(factor_sizes, "W"),
        hessian_of=U, numpy_hess=hand_hess)


# --- 4 masked matrix factorisation -----------------------------------------------------------


def hand(T, W, U, V):
    E = U @ V.T
    E -= T
    E *= W
    value = dot(E, E)
    E *= W
    return value, 2*(E @ V), 2*(E.T @ U)


def hand_hess(T, W, U, V):
    (m, r), n = U.shape, len(V)
    VV = (V[:, :, None]*V[:, None, :]).reshape(n, r*r)
    blocks = (2*(W*W)) @ VV  # a block for each row of U
    H = np.zeros((r, m, r, m))
    at = np.arange(m)
    H[:, at, :, at] = blocks.reshape(m, r, r)
    return H.reshape(m*r, m*r)


problem("known", "masked factorisation", [U, V], [T, W, U, V],
        Norm(HadamardProduct(W, T - U*V.T))**2,
        lambda T, W, U, V: jnp.sum((W*(T - U @ V.T))**2), hand, factor_sizes,
        hessian_of=U, numpy_hess=hand_hess)

# --- 5 two layers, tanh ----------------------------------------------------------------------
X, Y, A, B = matrices("X n m, Y q m, A p n, B q p")  # samples are columns


def hand(X, Y, A, B):
    h = A @ X
    np.tanh(h, out=h)
    E = B @ h
    E -= Y
    value = dot(E, E)
    E *= 2
    G, gB = B.T @ E, E @ h.T
    h *= h
    np.subtract(1, h, out=h)
    G *= h
    return value, G @ X.T, gB


def hand_hess(X, Y, A, B):
    h = np.tanh(A @ X)
    (p, N), n = h.shape, len(X)
    d = 1 - h*h
    M = (2*(B.T @ B)[:, :, None])*d[:, None, :]*d[None, :, :]
    at = np.arange(p)
    M[at, at] -= 4*(B.T @ (B @ h - Y))*h*d
    XX = X[:, None, :]*X[None, :, :]
    H = XX.reshape(n*n, N) @ M.reshape(p*p, N).T
    return H.reshape(n, n, p, p).transpose(0, 2, 1, 3).reshape(n*p, n*p)


def net_sizes(k):
    d = Data(5, k)
    n, p, q, N = k, k + 1, k//2 + 1, 2*k + 1
    return {"X": d.normal(n, N), "Y": d.normal(q, N), "A": d.mixing(p, n), "B": d.mixing(q, p)}


problem("known", "two-layer tanh net", [A, B], [X, Y, A, B], Norm(B*each(tanh(z), A*X) - Y)**2,
        lambda X, Y, A, B: jnp.sum((B @ jnp.tanh(A @ X) - Y)**2), hand, net_sizes,
        hessian_of=A, numpy_hess=hand_hess)

# --- 6 three layers, relu, biases ------------------------------------------------------------
A, B, C, a, b = matrices("A p n, B q p, C r q, a p, b q")
Y, = matrices("Y r m")
ones = OneMatrix(1, m)


def hand(X, Y, A, B, C, a, b):
    h = A @ X
    h += a
    np.maximum(h, 0, out=h)
    g = B @ h
    g += b
    np.maximum(g, 0, out=g)
    E = C @ g
    E -= Y
    value = dot(E, E)
    E *= 2
    G = C.T @ E
    G *= g > 0
    H = B.T @ G
    H *= h > 0
    return (value, H @ X.T, G @ h.T, E @ g.T, H.sum(1, keepdims=True), G.sum(1, keepdims=True))


def jax_f(X, Y, A, B, C, a, b):
    return jnp.sum((C @ jax.nn.relu(B @ jax.nn.relu(A @ X + a) + b) - Y)**2)


def net3_sizes(k):
    d = Data(6, k)
    n, p, q, r, N = k, k + 1, k + 3, k//2 + 1, 2*k + 1
    return {"X": d.normal(n, N), "Y": d.normal(r, N), "A": d.mixing(p, n), "B": d.mixing(q, p),
            "C": d.mixing(r, q), "a": d.normal(p), "b": d.normal(q)}


problem("known", "three-layer relu net", [A, B, C, a, b], [X, Y, A, B, C, a, b],
        Norm(C*each(Max(0, z), B*each(Max(0, z), A*X + a*ones) + b*ones) - Y)**2,
        jax_f, hand, net3_sizes)

# --- 7 Gaussian log-likelihood by mean and covariance -----------------------------------------
S, x, mu = matrices("S n n, x n, mu n")


def hand(x, mu, S):
    c = cholesky(S)
    d = mu - x
    s = solve(c, d)
    G = inverse(c)
    value = (logdet(c) + dot(d, s))/2
    G -= s*s.T
    G *= 0.5
    return value, s, G


problem("known", "Gaussian", [mu, S], [x, mu, S],
        (log(Determinant(S)) + Trace((x - mu).T*S.inverse()*(x - mu)))/2,
        lambda x, mu, S: (jlogdet(S) + jnp.sum((x - mu)*jnp.linalg.solve(S, x - mu)))/2, hand,
        lambda k: (lambda d: {"x": d.normal(k), "mu": d.normal(k),
                              "S": d.definite(k)})(Data(7, k)),
        hessian_of=mu, numpy_hess=lambda x, mu, S: inverse(cholesky(S)),
        assumptions=Q.positive_definite(S))

# --- 8 ridge regression ------------------------------------------------------------------------
X, w, y = matrices("X m n, w n, y m")
lam = Symbol("lam", positive=True)


def hand(X, y, lam, w):
    e = X @ w - y
    return dot(e, e) + lam*dot(w, w), 2*(X.T @ e + lam*w)


def hand_hess(X, y, lam, w):
    H = 2*(X.T @ X)
    H.flat[::len(H) + 1] += 2*lam
    return H


problem("known", "ridge", [w], [X, y, lam, w], Norm(X*w - y)**2 + lam*Norm(w)**2,
        lambda X, y, lam, w: jnp.sum((X @ w - y)**2) + lam*jnp.sum(w**2), hand,
        lambda k: (lambda d: {"X": d.normal(2*k + 1, k), "y": d.normal(2*k + 1), "lam": 0.7,
                              "w": d.normal(k)})(Data(8, k)),
        hessian_of=w, numpy_hess=hand_hess)

# --- 9 multinomial regression --------------------------------------------------------------------
X, Y, W = matrices("X m n, Y m q, W n q")


def hand(X, Y, W):
    Z = X @ W
    top = Z.max(1, keepdims=True)
    value = -dot(Y, Z)
    Z -= top
    np.exp(Z, out=Z)
    s = Z.sum(1, keepdims=True)
    value += (np.log(s) + top).sum()
    Z /= s
    Z -= Y
    return value, X.T @ Z


def hand_hess(X, Y, W):
    Z = X @ W
    Z -= Z.max(1, keepdims=True)
    P = np.exp(Z, out=Z)
    P /= P.sum(1, keepdims=True)
    n, q = W.shape
    H = np.empty((q, n, q, n))
    for a in range(q):
        for b in range(a + 1):
            c = P[:, a]*((a == b) - P[:, b])
            H[a, :, b] = X.T @ (c[:, None]*X)
            if b < a:
                H[b, :, a] = H[a, :, b]  # symmetric itself
    return H.reshape(n*q, n*q)


def multinomial_sizes(k):
    d = Data(9, k)
    N, n, q = 2*k + 1, k, k//10 + 4
    return {"X": d.mixing(N, n), "Y": d.one_hot(N, q), "W": d.normal(n, q)}


problem("known", "multinomial", [W], [X, Y, W],
        total(LogSumExp(X*W, axis=1)) - Trace(Y.T*X*W),
        lambda X, Y, W: jnp.sum(jax.nn.logsumexp(X @ W, axis=1)) - jnp.sum(Y*(X @ W)), hand,
        multinomial_sizes, hessian_of=W, numpy_hess=hand_hess)

# --- 10 log-sum-exp ----------------------------------------------------------------------------
A, x, b = matrices("A m n, x n, b m")


def hand(A, b, x):
    t = A @ x + b
    top = t.max()
    e = np.exp(t - top)
    s = e.sum()
    return top + np.log(s), A.T @ (e/s)


def hand_hess(A, b, x):
    t = A @ x + b
    s = np.exp(t - t.max())
    s /= s.sum()
    g = A.T @ s
    return A.T @ (s*A) - g*g.T


problem("known", "log-sum-exp", [x], [A, b, x], LogSumExp(A*x + b),
        lambda A, b, x: jax.nn.logsumexp(A @ x + b), hand,
        lambda k: (lambda d: {"A": d.mixing(2*k + 1, k), "b": d.normal(2*k + 1),
                              "x": d.normal(k)})(Data(10, k)),
        hessian_of=x, numpy_hess=hand_hess)

# --- 11 Gaussian process marginal likelihood, linear kernel ----------------------------------------
X, y = matrices("X n m, y n")
s = Symbol("s", positive=True)
K = X*X.T + s*Identity(n)


def hand(X, y, s):
    K = X @ X.T
    K.flat[::len(K) + 1] += s
    c = cholesky(K)
    a = solve(c, y)
    Ki = inverse(c)
    value = (dot(y, a) + logdet(c))/2
    G = Ki @ X
    G -= a @ (a.T @ X)
    return value, G, (np.trace(Ki) - dot(a, a))/2


def jax_f(X, y, s):
    K = X @ X.T + s*jnp.eye(len(X))
    return (jnp.sum(y*jnp.linalg.solve(K, y)) + jlogdet(K))/2


problem("known", "Gaussian process", [X, s], [X, y, s],
        (Trace(y.T*K.inverse()*y) + log(Determinant(K)))/2, jax_f, hand,
        lambda k: (lambda d: {"X": d.mixing(k, k + 1), "y": d.normal(k), "s": 0.5})(Data(11, k)))

# --- 12 factor analysis --------------------------------------------------------------------------
S, L, d = matrices("S n n, L n r, d n")
Sigma = L*L.T + DiagMatrix(d)


def hand(S, L, d):
    C = L/d  # D⁻¹L; Woodbury with an r×r matrix
    M = L.T @ C
    M.flat[::len(M) + 1] += 1
    c = cholesky(M)
    B = solve(c, C.T).T  # Σ⁻¹L
    SB = S @ B
    CSB = C.T @ SB
    value = np.log(d).sum() + logdet(c) + (S.diagonal()/d[:, 0]).sum() - np.trace(CSB)
    SiSB = SB/d - B @ CSB  # Σ⁻¹SB, as Σ⁻¹ = D⁻¹ - BC'
    CSC = C.T @ (S @ C)
    di = 1/d
    gd = di - (B*C).sum(1, keepdims=True) - S.diagonal()[:, None]*di*di
    gd += 2*di*(SB*C).sum(1, keepdims=True)
    gd -= ((B @ CSC)*B).sum(1, keepdims=True)
    return value, 2*(B - SiSB), gd


def jax_f(S, L, d):
    M = L @ L.T + jnp.diag(d[:, 0])
    return jnp.trace(jnp.linalg.solve(M, S)) + jlogdet(M)


def fa_sizes(k):
    d = Data(12, k)
    r = k//10 + 2
    return {"S": d.definite(k), "L": d.mixing(k, r), "d": d.positive(k)}


problem("known", "factor analysis", [L, d], [S, L, d],
        Trace(Sigma.inverse()*S) + log(Determinant(Sigma)), jax_f, hand, fa_sizes,
        assumptions=Q.symmetric(S))

# --- 13 independent components -------------------------------------------------------------------
A, X = matrices("A n n, X n m")


def hand(A, X):
    Y = A @ X
    N = X.shape[1]
    t = np.abs(Y)
    value = t.sum()
    t *= -2
    np.exp(t, out=t)
    value += np.log1p(t, out=t).sum() - Y.size*np.log(2)
    c = lu_factor(A, check_finite=False)
    value -= N*np.log(np.abs(c[0].diagonal())).sum()
    G = np.tanh(Y, out=Y) @ X.T
    G -= N*lu_solve(c, np.eye(len(A)), overwrite_b=True, check_finite=False).T
    return value, G


def hand_hess(A, X):
    (n, N), B = X.shape, np.linalg.inv(A)
    W = 1 - np.tanh(A @ X)**2
    XX = (X[:, None, :]*X[None, :, :]).reshape(n*n, N)
    blocks = (W @ XX.T).reshape(n, n, n)  # one for each row of A
    H = N*(B[:, None, None, :]*B.T[None, :, :, None])  # [a, i, b, j]: N B[a, j] B[b, i]
    at = np.arange(n)
    H[:, at, :, at] += blocks
    return H.reshape(n*n, n*n)


problem("known", "independent components", [A], [A, X],
        total(each(log(cosh(z)), A*X)) - m*log(Abs(Determinant(A))),
        lambda A, X: jnp.sum(jnp.logaddexp(A @ X, -(A @ X)) - jnp.log(2.0))
        - X.shape[1]*jlogdet(A), hand,
        lambda k: (lambda d: {"A": d.invertible(k), "X": d.normal(k, 2*k + 1)})(Data(13, k)),
        hessian_of=A, numpy_hess=hand_hess)

# --- 14 support vector machine, smooth hinge ------------------------------------------------------
X, w, y = matrices("X m n, w n, y m")
b, C = symbols("b C", real=True)


def hand(X, y, C, w, b):
    t = 1 - y*(X @ w + b)
    e = np.exp(-np.abs(t))
    value = dot(w, w)/2 + C*(np.log1p(e) + np.maximum(t, 0)).sum()
    g = y*(np.where(t >= 0, 1, e)/(1 + e))
    g *= -C
    return value, w + X.T @ g, g.sum()


def hand_hess(X, y, C, w, b):
    s = expit(1 - y*(X @ w + b))
    H = X.T @ (C*(y*y*s*(1 - s))*X)
    H.flat[::len(H) + 1] += 1
    return H


problem("known", "smooth-hinge SVM", [w, b], [X, y, C, w, b],
        Norm(w)**2/2 + C*total(Softplus(one(m) - HadamardProduct(y, X*w + b*one(m)))),
        lambda X, y, C, w, b: jnp.sum(w**2)/2 + C*jnp.sum(sp(1 - y*(X @ w + b))), hand,
        lambda k: (lambda d: {"X": d.mixing(2*k + 1, k), "y": d.signs(2*k + 1), "C": 1.5,
                              "w": d.normal(k), "b": 0.3})(Data(14, k)),
        hessian_of=w, numpy_hess=hand_hess)

# --- 15 Poisson regression --------------------------------------------------------------------------


def hand(X, y, w):
    t = X @ w
    e = np.exp(t)
    return e.sum() - dot(y, t), X.T @ (e - y)


problem("known", "Poisson regression", [w], [X, y, w], total(each(exp(z), X*w)) - Trace(y.T*X*w),
        lambda X, y, w: jnp.sum(jnp.exp(X @ w)) - jnp.sum(y*(X @ w)), hand,
        lambda k: (lambda d: {"X": d.mixing(2*k + 1, k), "y": d.counts(2*k + 1),
                              "w": d.normal(k)})(Data(15, k)),
        hessian_of=w, numpy_hess=lambda X, y, w: X.T @ (np.exp(X @ w)*X))

# --- 16 Mahalanobis metric learning -------------------------------------------------------------------
D, L, y = matrices("D m n, L r n, y m")  # D holds the differences of the pairs


def hand(D, y, L):
    P = D @ L.T
    t = y*(np.vecdot(P, P)[:, None] - 1)
    e = np.exp(-np.abs(t))
    value = (np.log1p(e) + np.maximum(t, 0)).sum()
    P *= 2*y*(np.where(t >= 0, 1, e)/(1 + e))
    return value, P.T @ D


def hand_hess(D, y, L):
    P = D @ L.T
    (N, r), n = P.shape, D.shape[1]
    s = expit(y*(np.vecdot(P, P)[:, None] - 1))
    c = 4*y*y*s*(1 - s)
    J = (D[:, :, None]*P[:, None, :]).reshape(N, n*r)  # half the Jacobian of the distances
    H = J.T @ (c*J)
    H4 = H.reshape(n, r, n, r)
    at = np.arange(r)
    H4[:, at, :, at] += D.T @ ((2*y*s)*D)
    return H


def metric_sizes(k):
    d = Data(16, k)
    N, n, r = 2*k + 1, k, k//2 + 1
    return {"D": d.normal(N, n), "y": d.signs(N), "L": d.mixing(r, n)/np.sqrt(r)}


problem("known", "metric learning", [L], [D, y, L],
        total(Softplus(HadamardProduct(y, rows_of(HadamardPower(D*L.T, 2)) - one(m)))),
        lambda D, y, L: jnp.sum(sp(y*(jnp.sum((D @ L.T)**2, axis=1, keepdims=True) - 1))), hand,
        metric_sizes, hessian_of=L, numpy_hess=hand_hess)

# --- 17 regression with Student's t -------------------------------------------------------------------
X, w, y = matrices("X m n, w n, y m")
nu = Symbol("nu", positive=True)


def hand(X, y, nu, w):
    e = X @ w - y
    s = e*e/nu
    return (nu + 1)/2*np.log1p(s).sum(), X.T @ ((nu + 1)/nu*e/(1 + s))


def hand_hess(X, y, nu, w):
    e = X @ w - y
    s = e*e/nu
    return X.T @ (((nu + 1)/nu*(1 - s)/(1 + s)**2)*X)


problem("known", "Student t regression", [w], [X, y, nu, w],
        (nu + 1)/2*total(each(log(1 + z**2/nu), y - X*w)),
        lambda X, y, nu, w: (nu + 1)/2*jnp.sum(jnp.log1p((y - X @ w)**2/nu)), hand,
        lambda k: (lambda d: {"X": d.mixing(2*k + 1, k), "y": d.normal(2*k + 1), "nu": 4.0,
                              "w": d.normal(k)})(Data(17, k)),
        hessian_of=w, numpy_hess=hand_hess)

# ============================================================================================
# held: not looked at while the compiler is tuned
# ============================================================================================

# --- 1 an attention head ---------------------------------------------------------------------
X, T, A, B, C = matrices("X m n, T m r, A n r, B n r, C n r")  # tokens, target, Wq, Wk, Wv


def hand(X, T, A, B, C):
    a = 1/np.sqrt(A.shape[1])
    F, K, V = X @ A, X @ B, X @ C
    F *= a
    P = F @ K.T
    P -= P.max(1, keepdims=True)
    np.exp(P, out=P)
    P /= P.sum(1, keepdims=True)
    E = P @ V
    E -= T
    value = dot(E, E)
    E *= 2
    G = E @ V.T
    G -= np.vecdot(G, P)[:, None]
    G *= P
    GK = G @ K
    GK *= a
    return value, X.T @ GK, X.T @ (G.T @ F), X.T @ (P.T @ E)


def jax_f(X, T, A, B, C):
    S = (X @ A) @ (X @ B).T/jnp.sqrt(A.shape[1])
    return jnp.sum((jax.nn.softmax(S, axis=1) @ (X @ C) - T)**2)


def attention_sizes(k):
    d = Data(101, k)
    N, n, r = k + 1, k//2 + 3, k//4 + 2
    return {"X": d.normal(N, n), "T": d.normal(N, r), "A": d.mixing(n, r), "B": d.mixing(n, r),
            "C": d.mixing(n, r)}


problem("held", "attention head", [A, B, C], [X, T, A, B, C],
        Norm(Softmax(X*A*(X*B).T/sqrt(r), axis=1)*(X*C) - T)**2, jax_f, hand, attention_sizes)

# --- 2 Kalman filter: likelihood of the innovation ------------------------------------------------
H, P, R, x, y = matrices("H m n, P n n, R m m, x n, y m")
S = H*P*H.T + R


def hand(x, y, H, P, R):
    HP = H @ P
    c = cholesky(HP @ H.T + R)
    e = y - H @ x
    a = solve(c, e)
    value = logdet(c) + dot(e, a)
    G = inverse(c)
    G -= a*a.T
    GH = G @ H
    return value, 2*(GH @ P - a*x.T), H.T @ GH, G


def jax_f(x, y, H, P, R):
    S = H @ P @ H.T + R
    e = y - H @ x
    return jlogdet(S) + jnp.sum(e*jnp.linalg.solve(S, e))


def kalman_sizes(k):
    d = Data(102, k)
    m, n = k//2 + 2, k
    return {"x": d.normal(n), "y": d.normal(m), "H": d.mixing(m, n), "P": d.definite(n),
            "R": d.definite(m)}


problem("held", "Kalman innovation", [H, P, R], [x, y, H, P, R],
        log(Determinant(S)) + Trace((y - H*x).T*S.inverse()*(y - H*x)), jax_f, hand,
        kalman_sizes, assumptions=Q.positive_definite(P) & Q.positive_definite(R))

# --- 3 two steps of a linear dynamical system -------------------------------------------------------
A, B, M, x, u, v, t = matrices("A n n, B n m, M n n, x n, u m, v m, t n")
rho = Symbol("rho", positive=True)
first = A*x + B*u
second = A*first + B*v


def hand(x, t, M, rho, A, B, u, v):
    x1 = A @ x + B @ u
    x2 = A @ x1 + B @ v
    e1, e2 = x1 - t, x2 - t
    l1, l2 = M @ e1, M @ e2
    value = dot(e1, l1) + dot(e2, l2) + rho*(dot(u, u) + dot(v, v))
    l2 *= 2
    l1 *= 2
    l1 += A.T @ l2
    l = np.hstack([l1, l2])
    g = B.T @ l
    return (value, l @ np.hstack([x, x1]).T, l @ np.hstack([u, v]).T,
            g[:, :1] + 2*rho*u, g[:, 1:] + 2*rho*v)


def jax_f(x, t, M, rho, A, B, u, v):
    x1 = A @ x + B @ u
    x2 = A @ x1 + B @ v
    return (jnp.sum((x1 - t)*(M @ (x1 - t))) + jnp.sum((x2 - t)*(M @ (x2 - t)))
            + rho*(jnp.sum(u*u) + jnp.sum(v*v)))


def hand_hess(x, t, M, rho, A, B, u, v):
    AB = A @ B
    H = 2*(B.T @ (M @ B) + AB.T @ (M @ AB))
    H.flat[::len(H) + 1] += 2*rho
    return H


def lds_sizes(k):
    d = Data(103, k)
    n, m = k, k//2 + 2
    return {"x": d.normal(n), "t": d.normal(n), "M": d.definite(n), "rho": 0.3,
            "A": d.mixing(n, n), "B": d.mixing(n, m), "u": d.normal(m), "v": d.normal(m)}


problem("held", "linear dynamical system", [A, B, u, v], [x, t, M, rho, A, B, u, v],
        Trace((first - t).T*M*(first - t)) + Trace((second - t).T*M*(second - t))
        + rho*(Norm(u)**2 + Norm(v)**2), jax_f, hand, lds_sizes,
        hessian_of=u, numpy_hess=hand_hess, assumptions=Q.positive_definite(M))

# --- 4 Bradley–Terry, in index notation -------------------------------------------------------------
C, x = matrices("C n n, x n")  # C[i, j]: how often i beat j


def hand(C, x):
    D = x.T - x
    e = np.abs(D)
    np.negative(e, out=e)
    np.exp(e, out=e)
    W = np.where(D >= 0, 1, e)
    np.maximum(D, 0, out=D)
    value = dot(C, D) + dot(C, np.log1p(e, out=D))
    e += 1
    W /= e
    W *= C
    return value, W.sum(0)[:, None] - W.sum(1, keepdims=True)


def hand_hess(C, x):
    s = expit(x.T - x)
    W = C*s
    W *= 1 - s
    d = W.sum(0) + W.sum(1)
    W += W.T
    np.negative(W, out=W)
    W.flat[::len(W) + 1] += d
    return W


problem("held", "Bradley–Terry", [x], [C, x],
        Sum(Sum(C[i, j]*log(1 + exp(x[j, 0] - x[i, 0])), (i, 0, n - 1)), (j, 0, n - 1)),
        lambda C, x: jnp.sum(C*sp(x.T - x)), hand,
        lambda k: (lambda d: {"C": d.positive(k, k), "x": d.normal(k)})(Data(104, k)),
        hessian_of=x, numpy_hess=hand_hess)

# --- 5 matrix normal ----------------------------------------------------------------------------------
X, M, U, V = matrices("X m n, M m n, U m m, V n n")


def hand(X, M, U, V):
    c, d = cholesky(U), cholesky(V)
    E = M - X
    G, H = inverse(c), inverse(d)
    F, D = E @ H, G @ E
    B = G @ F
    m, n = X.shape
    value = (dot(E, B) + n*logdet(c) + m*logdet(d))/2
    gU = B @ (-0.5*D).T
    G *= n/2
    gU += G
    gV = (-0.5*F).T @ B
    H *= m/2
    gV += H
    return value, B, gU, gV


def jax_f(X, M, U, V):
    E = X - M
    return (jnp.trace(jnp.linalg.solve(V, E.T) @ jnp.linalg.solve(U, E))
            + X.shape[1]*jlogdet(U) + X.shape[0]*jlogdet(V))/2


problem("held", "matrix normal", [M, U, V], [X, M, U, V],
        (Trace(V.inverse()*(X - M).T*U.inverse()*(X - M)) + n*log(Determinant(U))
         + m*log(Determinant(V)))/2, jax_f, hand,
        lambda k: (lambda d: {"X": d.normal(k + 2, k), "M": d.normal(k + 2, k),
                              "U": d.definite(k + 2), "V": d.definite(k)})(Data(105, k)),
        hessian_of=M, numpy_hess=lambda X, M, U, V: np.kron(inverse(cholesky(V)),
                                                            inverse(cholesky(U))),
        assumptions=Q.positive_definite(U) & Q.positive_definite(V))

# --- 6 residual of Sylvester's equation -----------------------------------------------------------------
A, B, C, X = matrices("A m m, B n n, C m n, X m n")


def hand(A, B, C, X):
    E = A @ X
    E += X @ B
    E -= C
    G = A.T @ E
    G += E @ B.T
    G *= 2
    return dot(E, E), G


def hand_hess(A, B, C, X):
    m, n = X.shape
    H = np.kron(2*B, A)
    H += H.T
    H4 = H.reshape(n, m, n, m)
    at = np.arange(n)
    H4[at, :, at, :] += 2*(A.T @ A)
    at = np.arange(m)
    H4[:, at, :, at] += 2*(B @ B.T)
    return H


problem("held", "Sylvester residual", [X], [A, B, C, X], Norm(A*X + X*B - C)**2,
        lambda A, B, C, X: jnp.sum((A @ X + X @ B - C)**2), hand,
        lambda k: (lambda d: {"A": d.mixing(k + 1, k + 1), "B": d.mixing(k, k),
                              "C": d.normal(k + 1, k), "X": d.normal(k + 1, k)})(Data(106, k)),
        hessian_of=X, numpy_hess=hand_hess)

# --- 7 canonical correlation ------------------------------------------------------------------------
X, Y, u, v = matrices("X m n, Y m p, u n, v p")


def hand(X, Y, u, v):
    a, b = X @ u, Y @ v
    aa, bb = dot(a, a), dot(b, b)
    s = 1/np.sqrt(aa*bb)
    c = s*dot(a, b)
    return -c, X.T @ ((c/aa)*a - s*b), Y.T @ ((c/bb)*b - s*a)


def hand_hess(X, Y, u, v):
    a, b = X @ u, Y @ v
    aa, ab = dot(a, a), dot(a, b)
    s = 1/np.sqrt(aa*dot(b, b))
    F = X.T @ np.hstack([a, b])
    p, q = F[:, :1], F[:, 1:]
    H = (s*ab/aa)*(X.T @ X)
    H += np.hstack([p, q]) @ np.hstack([(s/aa)*q - (3*s*ab/aa**2)*p, (s/aa)*p]).T
    return H


problem("held", "canonical correlation", [u, v], [X, Y, u, v],
        -Trace(u.T*X.T*Y*v)/(Norm(X*u)*Norm(Y*v)),
        lambda X, Y, u, v: -jnp.sum((X @ u)*(Y @ v))/(jnp.linalg.norm(X @ u)
                                                     * jnp.linalg.norm(Y @ v)), hand,
        lambda k: (lambda d: {"X": d.normal(2*k + 1, k), "Y": d.normal(2*k + 1, k//2 + 2),
                              "u": d.normal(k), "v": d.normal(k//2 + 2)})(Data(107, k)),
        hessian_of=u, numpy_hess=hand_hess)

# --- 8 non-negative factorisation, Kullback–Leibler ----------------------------------------------------
V, W, H = matrices("V m n, W m r, H r n")


def hand(V, W, H):
    P = W @ H
    w, h = W.sum(0), H.sum(1)
    R = V/P
    np.log(P, out=P)
    return w @ h - dot(V, P), h - R @ H.T, w[:, None] - W.T @ R


def hand_hess(V, W, H):
    (r, n), m = H.shape, len(V)
    P = W @ H
    HH = (H[:, None, :]*H[None, :, :]).reshape(r*r, n)
    R = np.zeros((r, m, r, m))
    at = np.arange(m)
    R[:, at, :, at] = ((V/(P*P)) @ HH.T).reshape(m, r, r)
    return R.reshape(m*r, m*r)


problem("held", "NMF Kullback–Leibler", [W, H], [V, W, H],
        total(W*H) - total(HadamardProduct(V, each(log(z), W*H))),
        lambda V, W, H: jnp.sum(W @ H) - jnp.sum(V*jnp.log(W @ H)), hand,
        lambda k: (lambda d: {"V": d.positive(k + 2, k), "W": d.positive(k + 2, k//5 + 2),
                              "H": d.positive(k//5 + 2, k)})(Data(108, k)),
        hessian_of=W, numpy_hess=hand_hess)

# --- 9 Huber regression -----------------------------------------------------------------------------
X, w, y = matrices("X m n, w n, y m")


def hand(X, y, w):
    e = X @ w - y
    g = np.clip(e, -1, 1)
    return dot(g, e) - dot(g, g)/2, X.T @ g


def hand_hess(X, y, w):
    inside = X[(np.abs(X @ w - y) <= 1)[:, 0]]
    return inside.T @ inside


problem("held", "Huber regression", [w], [X, y, w],
        total(each(Piecewise((z**2/2, Abs(z) <= 1), (Abs(z) - half, True)), y - X*w)),
        lambda X, y, w: jnp.sum((lambda e: jnp.where(jnp.abs(e) <= 1, e*e/2, jnp.abs(e) - 0.5))(
            y - X @ w)), hand,
        lambda k: (lambda d: {"X": d.mixing(2*k + 1, k), "y": d.normal(2*k + 1),
                              "w": d.normal(k)})(Data(109, k)),
        hessian_of=w, numpy_hess=hand_hess)

# --- 10 kernel ridge regression, Gaussian kernel ------------------------------------------------------
X, a, y = matrices("X m n, a m, y m")
gamma = Symbol("gamma", positive=True)
square = rows_of(HadamardPower(X, 2))
K = each(exp(-gamma*z), square*one(m).T + one(m)*square.T - 2*X*X.T)


def kernel(X, gamma):
    sq = np.vecdot(X, X)[:, None]*gamma
    K = ((2*gamma)*X) @ X.T
    K -= sq
    K -= sq.T
    return np.exp(K, out=K)


def hand(X, y, lam, gamma, a):
    K = kernel(X, gamma)
    Ka = K @ a
    e = Ka - y
    u = 2*e + lam*a
    value = dot(e, e) + lam*dot(a, Ka)
    Ku = K @ u
    G = np.hstack([u, a]) @ np.hstack([a, u]).T
    G *= K
    s = u*Ka + a*Ku
    return value, (2*gamma)*(G @ X - s*X), Ku + lam*Ka


def jax_f(X, y, lam, gamma, a):
    sq = jnp.sum(X**2, axis=1, keepdims=True)
    K = jnp.exp(-gamma*(sq + sq.T - 2*X @ X.T))
    return jnp.sum((K @ a - y)**2) + lam*jnp.sum(a*(K @ a))


def hand_hess(X, y, lam, gamma, a):
    K = kernel(X, gamma)
    H = K @ K  # symmetric: 2K² + 2λK
    H += lam*K
    H *= 2
    return H


problem("held", "kernel ridge", [X, a], [X, y, lam, gamma, a],
        Norm(K*a - y)**2 + lam*Trace(a.T*K*a), jax_f, hand,
        lambda k: (lambda d: {"X": d.normal(k, k//10 + 2), "y": d.normal(k), "lam": 0.4,
                              "gamma": 0.5/(k//10 + 2), "a": d.normal(k)})(Data(110, k)),
        hessian_of=a, numpy_hess=hand_hess)

# --- 11 CP decomposition, three slices -------------------------------------------------------------
A, B, S, T, U, a, b, c = matrices("A m r, B n r, S m n, T m n, U m n, a r, b r, c r")


def hand(S, T, U, A, B, a, b, c):
    value, gA, gB, found = 0, 0, 0, []
    for slice_, d in ((S, a.T), (T, b.T), (U, c.T)):
        Ad = A*d
        E = Ad @ B.T
        E -= slice_
        EB = E @ B
        value += dot(E, E)
        gA += EB*d
        gB += E.T @ Ad
        found.append(2*np.einsum("ij,ij->j", A, EB)[:, None])
    return value, 2*gA, 2*gB, *found


def jax_f(S, T, U, A, B, a, b, c):
    return sum(jnp.sum((s - (A*d.T) @ B.T)**2) for s, d in ((S, a), (T, b), (U, c)))


def cp_sizes(k):
    d = Data(111, k)
    m, n, r = k + 1, k, k//5 + 2
    return {"S": d.normal(m, n), "T": d.normal(m, n), "U": d.normal(m, n), "A": d.normal(m, r),
            "B": d.normal(n, r), "a": d.normal(r), "b": d.normal(r), "c": d.normal(r)}


problem("held", "CP decomposition", [A, B, a, b, c], [S, T, U, A, B, a, b, c],
        Norm(S - A*DiagMatrix(a)*B.T)**2 + Norm(T - A*DiagMatrix(b)*B.T)**2
        + Norm(U - A*DiagMatrix(c)*B.T)**2, jax_f, hand, cp_sizes,
        hessian_of=A, numpy_hess=lambda S, T, U, A, B, a, b, c: np.kron(
            2*(B.T @ B)*(a*a.T + b*b.T + c*c.T), np.eye(len(A))))

# --- 12 D-optimal design -----------------------------------------------------------------------------
A, x = matrices("A m n, x n")


def hand(A, x):
    c = cholesky((A*x.T) @ A.T)
    Z = solve_triangular(c[0], A, lower=True, check_finite=False)
    return -logdet(c), -np.einsum("ij,ij->j", Z, Z)[:, None]


def hand_hess(A, x):
    c = cholesky((A*x.T) @ A.T)
    Z = solve_triangular(c[0], A, lower=True, check_finite=False)
    H = Z.T @ Z
    H *= H
    return H


def design_sizes(k):
    d = Data(112, k)
    return {"A": d.mixing(k, 2*k + 1), "x": d.positive(2*k + 1)}


problem("held", "D-optimal design", [x], [A, x], -log(Determinant(A*DiagMatrix(x)*A.T)),
        lambda A, x: -jlogdet((A*x.T) @ A.T), hand, design_sizes,
        hessian_of=x, numpy_hess=hand_hess)


# --- 13 A-optimal design -----------------------------------------------------------------------------


def hand(A, x):
    W = solve(cholesky((A*x.T) @ A.T), A)
    g = np.einsum("ij,ij->j", W, W)[:, None]
    return dot(g, x), -g  # tr M⁻¹ = tr M⁻¹MM⁻¹


def hand_hess(A, x):
    W = solve(cholesky((A*x.T) @ A.T), A)
    H = A.T @ W
    H *= W.T @ W
    H *= 2
    return H


problem("held", "A-optimal design", [x], [A, x], Trace((A*DiagMatrix(x)*A.T).inverse()),
        lambda A, x: jnp.trace(jnp.linalg.inv((A*x.T) @ A.T)), hand, design_sizes,
        hessian_of=x, numpy_hess=hand_hess)

# --- 14 a gated layer ----------------------------------------------------------------------------------
X, Y, U, V, W = matrices("X n m, Y q m, U p n, V p n, W q p")


def hand(X, Y, U, V, W):
    t, s = U @ X, V @ X
    np.tanh(t, out=t)
    expit(s, out=s)
    h = t*s
    E = W @ h
    E -= Y
    value = dot(E, E)
    E *= 2
    G = W.T @ E
    gW = E @ h.T
    h *= G
    G *= s
    t *= t
    np.subtract(1, t, out=t)
    G *= t  # by U
    np.subtract(1, s, out=s)
    h *= s  # by V
    return value, G @ X.T, h @ X.T, gW


def gating_sizes(k):
    d = Data(114, k)
    n, p, q, N = k, k + 1, k//2 + 1, 2*k + 1
    return {"X": d.normal(n, N), "Y": d.normal(q, N), "U": d.mixing(p, n), "V": d.mixing(p, n),
            "W": d.mixing(q, p)}


problem("held", "gated layer", [U, V, W], [X, Y, U, V, W],
        Norm(W*HadamardProduct(each(tanh(z), U*X), Sigmoid(V*X)) - Y)**2,
        lambda X, Y, U, V, W: jnp.sum((W @ (jnp.tanh(U @ X)*sg(V @ X)) - Y)**2), hand,
        gating_sizes)

# --- 15 least squares with Kronecker weights -----------------------------------------------------------
A, B = matrices("A p p, B q q")
X = MatrixSymbol("X", p*q, n)
y, w = MatrixSymbol("y", p*q, 1), MatrixSymbol("w", n, 1)


def hand(A, B, X, y, w):
    e = y - X @ w
    E = e.reshape(len(A), len(B))  # vec is column-major: this is the transpose
    F = A @ E @ B.T
    value = dot(E, F)
    F += A.T @ E @ B
    return value, -(X.T @ F.reshape(-1, 1))


def hand_hess(A, B, X, y, w):
    p, q, n = len(A), len(B), X.shape[1]
    AX = (A @ X.reshape(p, q*n)).reshape(p, q, n)
    H = X.T @ (B @ AX).reshape(p*q, n)
    return H + H.T


def jax_f(A, B, X, y, w):
    E = (y - X @ w).reshape(len(A), len(B))
    return jnp.sum(E*(A @ E @ B.T))


def kronecker_sizes(k):
    d = Data(115, k)
    q = round(k**0.5) + 1
    p = q + 1
    return {"A": d.definite(p), "B": d.definite(q), "X": d.mixing(p*q, k), "y": d.normal(p*q),
            "w": d.normal(k)}


problem("held", "Kronecker-weighted least squares", [w], [A, B, X, y, w],
        Trace((y - X*w).T*KroneckerProduct(A, B)*(y - X*w)), jax_f, hand, kronecker_sizes,
        hessian_of=w, numpy_hess=hand_hess)

assert sum(p.group == "known" for p in PROBLEMS) == 17
assert sum(p.group == "held" for p in PROBLEMS) == 15
