"""
Lines of text in three languages, read to the expression and the sizes that are meant.

What NumPy's lines mean is what NumPy makes of them; MATLAB's and formulas are held against
NumPy by hand.  All sizes are different.
"""

from __future__ import annotations

import re
from typing import ClassVar

import mpmath
import numpy as np
import pytest
import scipy.linalg
import scipy.special
from mpmath import mp
from sympy import Integer, Symbol, srepr
from sympy.matrices.expressions import Identity, MatrixSymbol

from sympy_matlayout import (
    ArgumentError,
    ParseError,
    SymmetricMatrixSymbol,
    canonical,
    gradient,
    lambdify,
    latex,
    parse_matrix_expr,
)
from sympy_matlayout.core.shapes import is_matrix
from sympy_matlayout.numeric import evaluate

pytest.importorskip("lark")
SIZES = {"m": 2, "n": 3, "p": 4, "q": 5, "k": 6, "1": 1}
inv, det, tr, norm = np.linalg.inv, np.linalg.det, np.trace, np.linalg.norm


def sigma(z):
    return 1/(1 + np.exp(-z))


def lse(z):
    return np.log(np.sum(np.exp(z)))


MATLAB = [
    ("x'*A*x", "A:nn x:n", lambda A, x: x @ A @ x),
    ("tr(A*X'*B*X*C)", "A:mn X:pn B:pp C:nm", lambda A, X, B, C: tr(A @ X.T @ B @ X @ C)),
    ("norm2(A*x - y)^2", "A:mn x:n y:m", lambda A, x, y: norm(A @ x - y)**2),
    ("sum(log(exp(-y.*(X*w)) + vector(1)))", "X:mn w:n y:m",
     lambda X, w, y: np.sum(np.log(1 + np.exp(-y*(X @ w))))),
    ("norm2(A*x - b)^2 + lambda*norm1(x)", "A:mn x:n b:m lambda:",
     lambda A, x, b, **s: norm(A @ x - b)**2 + s["lambda"]*np.abs(x).sum()),
    ("c*sin(y)'*x", "c: y:n x:n", lambda c, y, x: c*np.sin(y) @ x),
    ("r = X*w - y; r'*r/2", "X:mn w:n y:m", lambda X, w, y: (X @ w - y) @ (X @ w - y)/2),
    ("r = X*w - y\nf = r'*r + c*w'*w", "X:mn w:n y:m c:",
     lambda X, w, y, c: (X @ w - y) @ (X @ w - y) + c*w @ w),
    ("f(x) = x'*x", "x:n", lambda x: x @ x),
    ("trace(inv(X)*A)", "X:nn A:nn", lambda X, A: tr(inv(X) @ A)),
    ("log(det(X'*X))", "X:mn", None),
    ("logdet(A*X*A')", "A:mn X:nn", lambda A, X: np.log(det(A @ X @ A.T))),
    ("x'*x/2 + 1", "x:n", lambda x: x @ x/2 + 1),
    ("exp(-norm2(x-y)^2/(2*sigma^2))", "x:n y:n sigma:",
     lambda x, y, sigma: np.exp(-norm(x - y)**2/(2*sigma**2))),
    ("A\\b", "A:nn b:n", lambda A, b: inv(A) @ b),
    ("A/B", "A:mn B:nn", lambda A, B: A @ inv(B)),
    ("X(1,:)*w", "X:mn w:n", lambda X, w: X[0] @ w),
    ("X(2:end,2)", "X:pn", lambda X: X[1:, 1]),
    ("x(1)^2 + x(3)", "x:n", lambda x: x[0]**2 + x[2]),
    ("x(end)*x", "x:n", lambda x: x[-1]*x),
    ("X(:)'*Y(:)", "X:mn Y:pq", None),
    ("sum(sum(X.*Y))", "X:mn Y:mn", lambda X, Y: (X*Y).sum()),
    ("sum(X.^2, 1)", "X:mn", lambda X: (X**2).sum(axis=0)[None, :]),
    ("sum(X.^2, 2)", "X:mn", lambda X: (X**2).sum(axis=1)),
    ("mean(x.^2) - mean(x)^2", "x:n", lambda x: np.mean(x**2) - np.mean(x)**2),
    ("X ./ (1 + exp(-Y))", "X:mn Y:mn", lambda X, Y: X*sigma(Y)),
    ("2.^x", "x:n", lambda x: 2.0**x),
    ("-x.^2", "x:n", lambda x: -x**2),
    ("x.^-2", "x:n", lambda x: x**-2.0),
    ("X^-1*y", "X:nn y:n", lambda X, y: inv(X) @ y),
    ("X^3", "X:nn", lambda X: X @ X @ X),
    ("kron(A, B)*x", "A:mn B:pq x:k", None),
    ("diag(x)*A*diag(A)", "A:nn x:n", lambda A, x: np.diag(x) @ A @ np.diag(A)),
    ("A + eye(n)*c", "A:nn c:", lambda A, c: A + c*np.eye(3)),
    ("x'*(A + c*eye)*x", "A:nn c: x:n", lambda A, c, x: x @ (A + c*np.eye(3)) @ x),
    ("ones(1, n)*x/n", "x:n", lambda x: x.mean()),
    ("norm(X*W - Y, 'fro')^2", "X:mn W:np Y:mp", lambda X, W, Y: norm(X @ W - Y)**2),
    ("norm(x, 1) + norm(x, inf)", "x:n", lambda x: norm(x, 1) + norm(x, np.inf)),
    ("sum(max(0, 1 - y.*(X*w)))", "X:mn w:n y:m",
     lambda X, w, y: np.maximum(0, 1 - y*(X @ w)).sum()),
    ("max(x) - min(x)", "x:n", lambda x: x.max() - x.min()),
    ("det(X)^2 % volume", "X:nn", lambda X: det(X)**2),
    ("a*b^2 - 3e-1", "a: b:", lambda a, b: a*b**2 - 0.3),
    ("dot(x, A*y)", "x:m A:mn y:n", lambda x, A, y: x @ A @ y),
    ("expm(A)*x", "A:nn x:n", lambda A, x: scipy.linalg.expm(A) @ x),
    ("pinv(X)*y", "X:pn y:p", lambda X, y: np.linalg.pinv(X) @ y),
    ("relu(W*x)'*tanh(W*x)", "W:mn x:n",
     lambda W, x: np.maximum(W @ x, 0) @ np.tanh(W @ x)),
    ("y'*log(x) + (1 - y)'*log(1 - x)", "x:n y:n", lambda x, y: y @ np.log(x)
     + (1 - y) @ np.log(1 - x)),
    ("1/2*w'*w + C*sum(log(1 + exp(-X*w)))", "X:mn w:n C:",
     lambda X, w, C: w @ w/2 + C*np.log(1 + np.exp(-X @ w)).sum()),
    ("x'*A*x / (x'*x)", "A:nn x:n", lambda A, x: x @ A @ x/(x @ x)),
    ("sum((X*beta - y).^2)/n", "X:mn beta:n y:m n:",
     lambda X, beta, y, n: ((X @ beta - y)**2).sum()/n),
    ("sum((x - mean(x)).^2)/(length(x) - 1)", "x:n", lambda x: np.var(x, ddof=1)),
    ("(X'*X + lambda*eye(size(X,2)))\\(X'*y)", "X:mn y:m lambda:",
     lambda X, y, **s: inv(X.T @ X + s["lambda"]*np.eye(3)) @ X.T @ y),
    ("x - ones(length(x),1)*mean(x)", "x:n", lambda x: x - x.mean()),
    ("var(x) + std(A*x)", "x:n A:mn", lambda x, A: np.var(x, ddof=1) + np.std(A @ x, ddof=1)),
    ("0.5*x'*x - 2.5*c", "x:n c:", lambda x, c: x @ x/2 - 2.5*c),
    ("e'*E*e", "e:n E:nn", lambda e, E: e @ E @ e),
    ("A'*b + inv(B)*c*2", "A:mn b:m B:nn c:n", lambda A, b, B, c: A.T @ b + 2*inv(B) @ c),
    ("x(2:end) - x(1:end-1)", "x:n", lambda x: np.diff(x)),
    ("N*log(det(S)) + 2*pi*r", "N: S:nn r:", None),
    ("vec(X)'*kron(B, A)*vec(X)", "X:mn B:nn A:mm",
     lambda X, B, A: X.T.ravel() @ np.kron(B, A) @ X.T.ravel()),
]

NUMPY = [
    ("x.T @ A @ x", "A:nn x:n"),
    ("x @ A @ x", "A:nn x:n"),
    ("np.sum((X @ w - y)**2) / n", "X:mn w:n y:m n:"),
    ("0.5*jnp.linalg.norm(A @ x - b)**2 + lam*jnp.sum(jnp.abs(x))", "A:mn x:n b:m lam:"),
    ("np.trace(A.T @ X @ B)", "A:mn X:mp B:pn"),
    ("np.linalg.slogdet(S)[1]", "S:nn"),
    ("np.log(np.linalg.det(A)**2)", "A:nn"),
    ("np.mean(np.log1p(np.exp(-y*(X @ w))))", "X:mn w:n y:m"),
    ("jax.nn.softmax(W @ x)", "W:mn x:n"),
    ("jax.nn.softmax(X @ W, axis=1)", "X:mn W:np"),
    ("jax.nn.softmax(X @ W, axis=-1)", "X:mn W:np"),
    ("logsumexp(X @ W, axis=1)", "X:mn W:np"),
    ("logsumexp(x)", "x:n"),
    ("np.sum(X, axis=0)", "X:mn"),
    ("np.sum(X, axis=0) @ w", "X:mn w:n"),
    ("X.sum(axis=1, keepdims=True)", "X:mn"),
    ("X - X.mean(axis=0)", "X:mn"),
    ("X - X.mean(axis=1, keepdims=True)", "X:mn"),
    ("X[:, 0] @ w", "X:mn w:m"),
    ("X[1]", "X:mn"),
    ("X[1, 2]", "X:mn"),
    ("x[1:] - x[:-1]", "x:n"),
    ("np.sum((x[1:] - x[:-1])**2)", "x:n"),
    ("x[-1]*x[0]", "x:n"),
    ("X * w", "X:mn w:n"),
    ("X * y[:, None]", "X:mn y:m"),
    ("X / X.sum()", "X:mn"),
    ("np.outer(x, y) @ A", "x:m y:n A:np"),
    ("np.dot(A, x)", "A:mn x:n"),
    ("X.T.dot(X.dot(w) - y)", "X:mn w:n y:m"),
    ("np.kron(A, B)", "A:mn B:pq"),
    ("np.diag(x) @ A @ np.diag(y)", "x:m A:mn y:n"),
    ("np.diag(A) + np.ones(n)", "A:nn"),
    ("A + c*np.eye(n)", "A:nn c:"),
    ("np.linalg.solve(A, b)", "A:nn b:n"),
    ("np.linalg.inv(A) @ B", "A:nn B:np"),
    ("np.linalg.pinv(X) @ y", "X:pn y:p"),
    ("np.linalg.matrix_power(A, 3)", "A:nn"),
    ("np.maximum(W @ x, 0)", "W:mn x:n"),
    ("np.sum(np.maximum(0, 1 - y*(X @ w))) + 0.5*w @ w", "X:mn w:n y:m"),
    ("np.max(x) + np.min(x)", "x:n"),
    ("r = X @ w - y\nreturn r @ r / 2", "X:mn w:n y:m"),
    ("np.tanh(X @ W + b)", "X:mn W:np b:p"),
    ("np.vdot(X, Y)", "X:mn Y:mn"),
    ("np.linalg.norm(X)**2", "X:mn"),
    ("np.linalg.norm(X, 'nuc')", "X:mn"),
    ("np.linalg.norm(x, ord=1)", "x:n"),
    ("np.exp(-np.sum((x - y)**2)/(2*s**2))", "x:n y:n s:"),
    ("-np.sum(y*np.log(x)) - np.sum((1 - y)*np.log(1 - x))", "x:n y:n"),
    ("1/(1 + np.exp(-(X @ w)))", "X:mn w:n"),
    ("expit(X @ w) - y", "X:mn w:n y:m"),
    ("2**x", "x:n"),
    ("x**-2", "x:n"),
    ("-x**2", "x:n"),
    ("np.sqrt(np.square(x) + 1e-3)", "x:n"),
    ("expm(A) @ x", "A:nn x:n"),
    ("np.sum((X @ w - y)**2)/X.shape[0]", "X:mn w:n y:m"),
    ("((X @ w - y)**2).sum()/len(y)", "X:mn w:n y:m"),
    ("np.power(x, 3)*np.pi", "x:n"),
    ("np.eye(len(x)) - np.outer(x, x)", "x:n"),
    ("x - np.ones(len(x))*np.mean(x)", "x:n"),
    ("np.linalg.solve(X.T @ X + lam*np.eye(X.shape[1]), X.T @ y)", "X:mn lam: y:m"),
    ("np.log(x + eps)", "x:n eps:"),
    ("alpha*A @ B + beta*C", "alpha: A:mn B:np beta: C:mp"),
    ("A - A.mean(axis=1, keepdims=1)", "A:mn"),
    ("np.size(A, 1)*A", "A:mn"),
    ("x[-2:] @ x[:2]", "x:n"),
    ("x.T @ y + x.T @ A @ y", "A:nn x:n y:n"),
    ("np.sum((X @ w\n        - y)**2)", "X:mn w:n y:m"),
    ("np.sum(e**2)*np.e", "e:n"),
    ("X.ravel() @ Y.ravel()", "X:mn Y:mn"),
    ("X.flatten()", "X:mn"),
    ("np.var(X @ w) + np.std(w)", "X:mn w:n"),
    ("X @ np.ones((n, p))", "X:mn"),
    ("np.mean(X, axis=(0, 1))", "X:mn"),
]

LATEX = [
    (r"\operatorname{tr}(A X^\top B)", "A:mn X:pn B:pm", lambda A, X, B: tr(A @ X.T @ B)),
    (r"\lVert Ax-b \rVert_2^2", "A:mn x:n b:m", lambda A, x, b: norm(A @ x - b)**2),
    (r"\log\det \Sigma", "Sigma:nn", lambda Sigma: np.log(det(Sigma))),
    (r"\sum_{i=1}^n (y_i - x_i^\top w)^2", "y:n x:np w:p",
     lambda y, x, w: np.sum((y - x @ w)**2)),
    (r"\frac12 x^\top A x + b^\top x", "A:nn x:n b:n", lambda A, x, b: x @ A @ x/2 + b @ x),
    (r"\frac{1}{2}\left\|y - X\beta\right\|^2 + \frac{\lambda}{2}\|\beta\|_2^2",
     "y:m X:mn beta:n lambda:",
     lambda y, X, beta, **s: norm(y - X @ beta)**2/2 + s["lambda"]/2*norm(beta)**2),
    (r"(x-\mu)^\top \Sigma^{-1}(x-\mu)", "x:n mu:n Sigma:nn",
     lambda x, mu, Sigma: (x - mu) @ inv(Sigma) @ (x - mu)),
    (r"\mathrm{tr}(X^{-1}A) + \log|X|", "X:nn A:nn",
     lambda X, A: tr(inv(X) @ A) + np.log(det(X))),
    (r"\mathbf{1}^\top \exp(A\mathbf{x})", "A:mn x:n", lambda A, x: np.exp(A @ x).sum()),
    (r"\sum_{i,j} X_{ij}^2", "X:mn", lambda X: (X**2).sum()),
    (r"\sum_{i=1}^m \sum_{j=1}^n X_{ij} \log X_{ij}", "X:mn", lambda X: (X*np.log(X)).sum()),
    (r"X \odot Y", "X:mn Y:mn", lambda X, Y: X*Y),
    (r"X^{\odot 2} \mathbf 1", "X:mn", lambda X: (X**2).sum(axis=1)),
    (r"\|X - WH\|_F^2", "X:mn W:mp H:pn", lambda X, W, H: norm(X - W @ H)**2),
    (r"\| X \|_*", "X:mn", lambda X: norm(X, "nuc")),
    (r"(A \otimes B)\operatorname{vec}(C)", "A:mn B:pq C:qn",
     lambda A, B, C: np.kron(A, B) @ C.T.ravel()),
    (r"\sum_i \log(1+\exp(-y_i \mathbf{w}^\top \mathbf{x}_i))", "y:m w:n x:mn",
     lambda y, w, x: np.log(1 + np.exp(-y*(x @ w))).sum()),
    (r"\frac{x^\top A x}{x^\top x}", "A:nn x:n", lambda A, x: x @ A @ x/(x @ x)),
    (r"f(x) = \sqrt{x^\top x + \epsilon}", "x:n epsilon:",
     lambda x, epsilon: np.sqrt(x @ x + epsilon)),
    (r"X^{-\top} a", "X:nn a:n", lambda X, a: inv(X).T @ a),
    (r"X^{-T} a b^T", "X:nn a:n b:m", lambda X, a, b: np.outer(inv(X).T @ a, b)),
    (r"\langle A, XB \rangle", "A:mn X:mp B:pn", lambda A, X, B: (A*(X @ B)).sum()),
    (r"\|x\|_1 + \|x\|_\infty", "x:n", lambda x: norm(x, 1) + norm(x, np.inf)),
    (r"\log \sum_{i=1}^n e^{x_i}", "x:n", lambda x: lse(x)),
    (r"\log \sum_{k=1}^K \exp(a_k^\top x)", "a:kn x:n", lambda a, x: lse(a @ x)),
    (r"\operatorname{softmax}(Wx)", "W:mn x:n", lambda W, x: np.exp(W @ x)/np.exp(W @ x).sum()),
    (r"\sigma(w^\top x)", "w:n x:n", lambda w, x: sigma(w @ x)),
    (r"y^\top\log\sigma(Xw) + (\mathbf 1-y)^\top\log(\mathbf 1-\sigma(Xw))", "X:mn w:n y:m",
     lambda X, w, y: y @ np.log(sigma(X @ w)) + (1 - y) @ np.log(1 - sigma(X @ w))),
    (r"\frac{1}{n}\sum_{i=1}^{n} (x_i - \bar{x})^2", "x:n xbar:",
     lambda x, xbar: np.mean((x - xbar)**2)),
    (r"\operatorname{diag}(x) A \operatorname{diag}(A)", "A:nn x:n",
     lambda A, x: np.diag(x) @ A @ np.diag(A)),
    (r"(A + \lambda I)^{-1} b", "A:nn lambda: b:n",
     lambda A, b, **s: inv(A + s["lambda"]*np.eye(3)) @ b),
    (r"I_n - \frac1n \mathbf 1 \mathbf 1^\top", "", None),
    (r"\exp\left(-\frac{\|x-y\|^2}{2\sigma^2}\right)", "x:n y:n sigma:",
     lambda x, y, sigma: np.exp(-norm(x - y)**2/(2*sigma**2))),
    (r"-\frac n2 \log|\Sigma| - \frac12 \operatorname{tr}(\Sigma^{-1} S)", "Sigma:nn S:nn n:",
     lambda Sigma, S, n: -n/2*np.log(det(Sigma)) - tr(inv(Sigma) @ S)/2),
    (r"r = y - Xw; \quad f = r^\top r", "X:mn w:n y:m",
     lambda X, w, y: (y - X @ w) @ (y - X @ w)),
    (r"\hat\Sigma^{-1} x_1 + x_2", "Sigmahat:nn x_1:n x_2:n",
     lambda Sigmahat, x_1, x_2: inv(Sigmahat) @ x_1 + x_2),
    (r"\boldsymbol{\theta}^\top \mathbf{K} \boldsymbol{\theta}", "theta:n K:nn",
     lambda theta, K: theta @ K @ theta),
    (r"\det(X)^2 \log x \log y", "X:nn x: y:", None),
    (r"\sin^2 a + \cos^2 a", "a:", lambda a: 1.0),
    (r"\operatorname{tr}\left( (Y - XB)^\top (Y - XB) \Omega \right)", "Y:mn X:mp B:pn Omega:nn",
     lambda Y, X, B, Omega: tr((Y - X @ B).T @ (Y - X @ B) @ Omega)),
    (r"\|Ax\|_2 + 3.5\, c^2", "A:mn x:n c:", lambda A, x, c: norm(A @ x) + 3.5*c**2),
    (r"(Xw)_1 + [X]_{12}", "X:mn w:n", lambda X, w: (X @ w)[0] + X[0, 1]),
    (r"\sum_{i=1}^{n-1} (x_{i+1} - x_i)^2", "x:n", lambda x: (np.diff(x)**2).sum()),
    (r"\mathbf{x}' \mathbf{A}^{2} \mathbf{x}", "x:n A:nn", lambda x, A: x @ A @ A @ x),
    (r"X^{+} y", "X:pn y:p", lambda X, y: np.linalg.pinv(X) @ y),
    (r"1/2 x^\top A x + \lambda/2 \|x\|_2^2 + 1/n \sum_{i=1}^n x_i", "x:n A:nn lambda:",
     lambda x, A, **s: x @ A @ x/2 + s["lambda"]/2*x @ x + x.mean()),
    (r"A^\mathsf{T} A \bm{x}", "A:mn x:n", lambda A, x: A.T @ A @ x),
    (r"f = x^\top A x \\ + b^\top x", "x:n A:nn b:n", lambda x, A, b: x @ A @ x + b @ x),
    (r"$\theta_0 + \theta^\top x$", "theta_0: theta:n x:n",
     lambda theta_0, theta, x: theta_0 + theta @ x),
    (r"\exp{\left(-\frac ab\right)} c + \log{a}^2 + \log_2 c", "a: b: c:",
     lambda a, b, c: np.exp(-a/b)*c + np.log(a)**2 + np.log2(c)),
    (r"\log(2\pi) + \mathbf{e}^\top\mathbf{e}", "e:n", lambda e: np.log(2*np.pi) + e @ e),
    (r"1^\top x + x \cdot y", "x:n y:n", lambda x, y: x.sum() + x @ y),
    (r"\sum_{k=1}^p \sigma_k \mathbf{u}_k \mathbf{v}_k^\top", "sigma:p u:pm v:pn",
     lambda sigma, u, v: u.T @ np.diag(sigma) @ v),
    (r"\sum_i (\mathbf{x}_i-\mu)(\mathbf{x}_i-\mu)^\top", "x:mn mu:n",
     lambda x, mu: (x - mu).T @ (x - mu)),
    (r"\sum_{k=0}^{n-1} x_k^\top Q x_k", "x:np Q:pp", lambda x, Q: tr(x @ Q @ x.T)),
    (r"\max(0, \mathbf{x}) + (x - y)_+", "x:n y:n",
     lambda x, y: np.maximum(0, x) + np.maximum(x - y, 0)),
    (r"|A||B| + {\rm tr}(AB)", "A:nn B:nn", lambda A, B: det(A)*det(B) + tr(A @ B)),
    (r"(sI - A)^{-1} B", "s: A:nn B:np", lambda s, A, B: inv(s*np.eye(3) - A) @ B),
    (r"x_0 + \frac{c}{a} + .5 c", "x_0:n c: a:", None),
    (r"w_0 + \sum_i w_i x_i - \sum_k p_k \log q_k", "w_0: w:n x:n p:m q:m",
     lambda w_0, w, x, p, q: w_0 + w @ x - p @ np.log(q)),
    (r"\frac12 m v^\top v + \|W\|_\mathrm{F}^2", "m: v:n W:pq",
     lambda m, v, W: m*v @ v/2 + norm(W)**2),
    (r"X_\mathrm{test} w", "X_test:mn w:n", lambda X_test, w: X_test @ w),
    (r"\tanh_{\circ}{\left(C\right)}^{T} \mathbb{I} + \exp_\circ(D)", "C:mn D:nm",
     lambda C, D: np.tanh(C).T + np.exp(D)),
    (r"a^\top X^\top X b", "a:n X:mn b:n", lambda a, X, b: a @ X.T @ X @ b),
]


def sizes_of(letters):
    return tuple(SIZES[s] for s in letters)


def read(text, spec, syntax):
    """The expression and its symbols, whose sizes have to be those of the spec."""
    expr, symbols = parse_matrix_expr(text, syntax=syntax)
    wanted = dict(part.split(":") for part in spec.split())
    assert set(symbols) - set(symbols.sizes) == set(wanted) - set(symbols.sizes)
    known = {}
    for name, letters in wanted.items():
        symbol = symbols[name]
        given = tuple(symbol.shape) if is_matrix(symbol) else ()
        given = given[:1] if len(given) == 2 and given[1] == 1 and len(letters) == 1 else given
        assert len(given) == len(letters), f"{name} is {symbol!r}"
        for size, letter in zip(given, letters, strict=True):
            assert known.setdefault(size, letter) == letter
    assert len(set(known.values())) == len(known), "two sizes that are one"
    return expr, symbols, {size: Integer(SIZES[s]) for size, s in known.items()}


def data(spec):
    """Positive numbers below one for every name, as NumPy's arrays."""
    rng = np.random.default_rng(7)
    found = {}
    for part in spec.split():
        name, letters = part.split(":")
        shape = sizes_of(letters)
        found[name] = rng.uniform(0.2, 0.9, shape) if shape else float(rng.uniform(0.2, 0.9))
        if len(shape) == 2 and shape[0] == shape[1]:
            found[name] += np.eye(shape[0])
    return found


def value_of(expr, symbols, sizes, arrays):
    values = dict(sizes)
    for name, array in arrays.items():
        if name in symbols.sizes:
            values[symbols[name]] = SIZES.get(name, 7)
            continue
        symbol = symbols[name]
        values[symbol.subs(sizes) if is_matrix(symbol) else symbol] = mpmath.matrix(
            np.atleast_2d(array).reshape(array.shape[0], -1).tolist()) if is_matrix(symbol) \
            else mpmath.mpf(array)
    with mp.workdps(30):
        expr = expr.subs(sizes)
        found = evaluate(expr, values)
    if isinstance(found, mpmath.matrix):
        return np.array(found.tolist(), dtype=float)
    return float(found)


def compared(found, wanted):
    wanted = np.asarray(wanted, dtype=float)
    if wanted.ndim == 1:
        wanted = wanted[:, None]
    assert np.shape(found) == wanted.shape
    assert np.asarray(found) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("text, spec, wanted", [row for row in MATLAB if row[2]],
                         ids=[row[0] for row in MATLAB if row[2]])
def test_matlab_octave_and_matrixcalculus(text, spec, wanted):
    expr, symbols, sizes = read(text, spec, "auto")
    arrays = data(spec)
    if "n" in arrays:
        arrays["n"] = 7.0
    compared(value_of(expr, symbols, sizes, arrays), wanted(**arrays))


@pytest.mark.parametrize("text, spec", [row for row in NUMPY if row[1]],
                         ids=[row[0] for row in NUMPY if row[1]])
def test_numpy_and_jax(text, spec):
    expr, symbols, sizes = read(text, spec, "numpy")
    arrays = data(spec)
    if "n" in arrays:
        arrays["n"] = 7.0
    names = {"np": np, "jnp": np, "jax": _jax(), "logsumexp": scipy.special.logsumexp,
             "expit": scipy.special.expit, "expm": scipy.linalg.expm, "n": 3, "p": 4}
    code = "\n".join(text.split("\n")).replace("return ", "result = ")
    code = code if "result = " in code else "result = " + code
    scope = {**names, **arrays}
    exec(code, scope)  # the text of this table, which NumPy gives the meaning of
    for name in ("n", "p"):
        sizes = {**sizes, Symbol(name, integer=True, positive=True): scope[name]} \
            if name in symbols.sizes and name not in arrays else sizes
    compared(value_of(expr, symbols, sizes, arrays), scope["result"])


def _jax():
    class nn:
        softmax = staticmethod(scipy.special.softmax)

    class jax:
        pass
    jax.nn = nn
    return jax


@pytest.mark.parametrize("text, spec, wanted", [row for row in LATEX if row[2]],
                         ids=[row[0] for row in LATEX if row[2]])
def test_formulas_in_latex(text, spec, wanted):
    expr, symbols, sizes = read(text, spec, "auto")
    arrays = data(spec)
    if "n" in arrays:
        arrays["n"] = 7.0
    compared(value_of(expr, symbols, sizes, arrays), wanted(**arrays))


# --- what can't be read ------------------------------------------------------------------

# the text, what of it is marked, and a part of what is said
BROKEN = [
    ("", "", "the text is empty"),
    ("   \n", "", "the text is empty"),
    ("x'*A*", "", "the text ends where something should follow"),
    ("(x + y", "", "1 of the ( is not closed"),
    ("((x + y", "", "2 of the ( are not closed"),
    ("x + y)", ")", "nothing is open that it could close"),
    ("x y", "y", "an operator is missing before it"),
    ("x ** 2 .* y", "*", "* can't stand here"),
    ("x' @ A", "'", "a transpose is written .T here"),
    ("A .* x.T", ".", "a transpose is written ' here"),
    ("[1 2; 3 4]*x", "[", "give matrices of entries names"),
    ("x = ", "", "the text ends"),
    ("= x'*x", "=", "a single name can be given a value"),
    ("x + y = z", "x + y", "what stands before = is a name"),
    ("sin + x", "sin", "what it is of is missing"),
    ("summ(x)", "summ(x)", "there is sum"),
    ("foo(x) + 1", "foo(x)", "no function that is known here"),
    ("norm2(X)", "norm2(X)", "Frobenius's norm is norm(X, 'fro')"),
    ("x^2", "x", "entry by entry it is .^"),
    ("x*y", "x", "the inner product is x'*y"),
    ("tr(A*x)", "A*x", "tr of m×1, which is not square"),
    ("det(x)", "x", "it would fit with x a scalar: shapes={'x': ()}"),
    ("x' + x", "x'", "sum of 1×m and m×1"),
    ("A*x + B", "A*x", "MATLAB repeats the smaller one"),
    ("x'*A*x + A", "x'*A*x", "sum of a scalar and m×m"),
    ("ones(2,3)*x + ones(3,2)*x", "ones(3,2)", "product of 3×2 and 3×1"),
    ("eye(3)*ones(2,2)", "eye(3)", "product of 3×3 and 2×2"),
    ("X(1,2,3)", "X(1,2,3)", "two indices"),
    ("X(0,1)", "0", "counted from one"),
    ("X(1.5,1)", "1.5", "a whole number"),
    ("sum(X, 3)", "3", "the axes are 1, 2"),
    ("max(x, y, z)", "z", "at most 2 arguments"),
    ("exp(x, y)", "y", "at most 1 argument"),
    ("x./(A*y)'", "x", "quotient by entries of m×1 and 1×n"),
    ("trace()", "trace()", "needs one argument"),
    ("sum(X.^2)", "", "with sum of each column"),
    ("import os", "os", "can't stand here"),
    ("__import__('os')", "'", "can't stand here"),
    ("x.__class__", ".", "can't be read here"),
    ("np.foo(x)", "np.foo(x)", "foo is no function"),
    ("x @ A ^ 2", "^", "a power is written **"),
    ("np.sum(x, axis=2)", "2", "the axes are 0, 1, -1, -2"),
    ("np.sum(X, where=y)", "np.sum(X, where=y)", "where= of sum is not covered"),
    ("X.foo()", "X.foo()", "foo is no function"),
    ("X.foo @ y", "X.foo", ".foo is no method"),
    ("jax.nn.softmax(W @ X)", "jax.nn.softmax(W @ X)", "needs an axis"),
    ("np.linalg.norm(X, 1)", "np.linalg.norm(X, 1)", "order 1 of a matrix is not covered"),
    ("x @ x.T", "", "with x a column: x*x.T, n×n"),
    ("reg * w @ w", "", "say shapes={'reg': 'n'} or {'reg': ()}"),
    ("c * x @ 2", "c * x @ 2", "a scalar times a matrix is written *"),
    ("np.linalg.slogdet(S)[0]", "np.linalg.slogdet(S)[0]", "only [1], the logarithm"),
    (r"\frac{x}{y", "", "1 of the { is not closed"),
    (r"\frac{x}", "", "the formula ends where something should follow"),
    (r"\operatorname{foo}(x)", r"\operatorname{foo}", "foo is no function"),
    (r"g(Xw) \cdot 2", "g", "a function that is not known, or a product"),
    (r"\sum x_i \cdot 2", r"\sum", "a sum needs its index"),
    (r"\sum_{i=1} x_i", r"\sum", "one of its two limits only"),
    (r"\sum_i x_{j}", "x_{j}", "j is no index of a sum"),
    (r"x_{i}^\top w", "x_{i}", "i is no index of a sum"),
    (r"\sum_{i=1}^n (x_i - x_{i-1})^2", "i-1", "i begins at 1"),
    (r"\sum_{i \ne j} X_{ij}", r"_{i \ne j}"[1:], "a sum runs over an index"),
    (r"\|X\|^2", r"\|X\|^2", "the spectral or the nuclear one"),
    (r"\|x + 1", "", r"\| is missing"),
    (r"\mathbf{x}^2", r"\mathbf{x}", "x^\\top x or \\|x\\|^2"),
    (r"A^\top + 1", r"A^\top", "a multiple of the identity is \\lambda I"),
    (r"A \exp(A)", r"\exp(A)", "or \\exp_\\circ"),
    (r"\nabla f", r"\nabla", "write the function alone"),
    (r"\int x", r"\int", "there are no integrals"),
    (r"x^\star A", r"x^\star", "conjugate transposes are for complex matrices"),
    (r"\mathbf{Ax}", "{Ax}", "one name or a product"),
    (r"\prod_i x_i", r"\prod", "not covered"),
    (r"\begin{pmatrix} 1 \end{pmatrix}", r"\begin", "give the parts names"),
    (r"\frac{x}{A^\top}", r"{A^\top}", "only scalars stand below a fraction bar"),
    (r"\left( x", "", ") is missing"),
    (r"\{x", "", r"\} is missing"),
    ("x'*y\n+ z'*z", "x'*y", "this has no name, and more follows"),
    ("A^T*A", "T", "a transpose is written '"),
    ("1/A", "1", "it would fit with A a scalar"),
    ("NaN*x", "NaN", "no number to calculate with"),
    ("1/0", "1/0", "no value among the real numbers"),
    ("sqrt(-1)*x", "sqrt(-1)", "no value among the real numbers"),
    ("ones(-1,1)", "ones(-1,1)", "which are positive"),
    ("sum(x) = 3", "sum(x)", "what stands before = is a name"),
    ("length(A)*x", "length(A)", "the larger of two sizes"),
    ("np.linalg.slogdet(A)", "np.linalg.slogdet(A)", "slogdet has two values"),
    ("np.kron(x, A)", "np.kron(x, A)", "an array of one axis"),
    ("np.inner(2, x)", "2", "inner product of a scalar and"),
    ("x[2:1] @ y", "2:1", "an empty slice"),
    (r"\|Xw\|/\sigma x", r"\|Xw\|/\sigma x", "what belongs below the bar"),
    (r"\log a/b", "/", "the function or what it is of"),
    (r"\sin^{-1}(a)", "{-1}", "a reciprocal or the inverse function"),
    (r"\operatorname{tr}(Y-XB)^\top (Y-XB)", "^", "put all that it is of in brackets"),
    (r"\det(I+A)(I-A)", "(", "Put all of that in brackets"),
    (r"\min_w \|Xw-y\|^2", "w", "write the objective alone"),
    (r"\|x\|_A^2", r"\|x\|_A^2", "a norm by the matrix A"),
    (r"\phi(x) + \|x\|", r"\phi", "a function that is not known"),
    (r"\frac{d}{dx} \|x\|", r"\frac{d}{dx}", "a derivative"),
    (r"W^{(1)} \mathbf x", "{(1)}", "an upper index"),
    (r"\mathbb{E}[\|Ax\|^2]", r"\mathbb{E}", "there are no expected values"),
    (r"\|x\| + 2 3", "3", "two numbers side by side"),
    (r"x_{1}_{2}", "x_{1}_{2}", "a subscript belongs to a name"),
    (r"\sum_", "", "the formula ends"),
    (r"\|x\|_0", r"\|x\|_0", "counts entries"),
    (r"x^\top x + tr(AB)", "tr", r"\operatorname{tr}"),
    (r"\|A\|_F^{2}^3", "{2}^3"[:0], "a power of a power"),
    (r"\|x\|^2/2\sigma^2", r"\|x\|^2/2\sigma", "what belongs below the bar"),
    (r"\sum_{t=0}^{T-1} x_t^\top Q x_t + x_T^\top P x_T", "x_T", "or another name"),
    (r"\|x\| + f_1(x)", "f_1", "a function that is not known"),
    (r"\hat f(x) \cdot 2", r"\hat f", "a function that is not known"),
    (r"\phi(Wx+b)^\top c", r"\phi", "a function that is not known"),
    (r"x(k+1)^\top P x \cdot 2", "x", "a function that is not known"),
    (r"\frac{df}{dx}", r"\frac{df}{dx}", "a derivative"),
    (r"\log 2\pi + x", r"\log 2\pi", "the sum of a scalar and"),
    (r"x^\ast A x", r"x^\ast", "conjugate transposes"),
    (r"Ax + b^\top x", r"b^\top", "the transpose of a scalar"),
    (r"a{b+c}^{2}", "{b+c}", "braces don't show"),
    (r"A^{T/2} x", "{T/2}", "in one exponent"),
    (r"\operatorname{tr}(\rho\log\rho)", r"\rho\log\rho", "tr of a scalar"),
    (r"\|x\|/", "", "the formula ends"),
    ("2.5.2*x", ".2", "can't stand here"),
    ("log(zeros(3,1))", "", "has no value"),
    ("rand(3,1)*x", "rand(3,1)", "no function that is known"),
    ("dot(A, B)", "dot(A, B)", "a row in MATLAB"),
    ("la.norm(x)**2", "la.norm(x)", "no function that is known"),
    ("x.sum(np.exp(y))", "np.exp(y)", "along one axis"),
    ("max(x, 0) @ x", "max(x, 0)", "np.maximum"),
    ("x[-0] * 2", "-0", "no such place"),
    ("9^9^9^9", "9^9^9^9", "more than 300 digits"),
    ("1e999999999", "1e999999999", "more than 300 digits"),
    ("gamma(1000000000)", "gamma(1000000000)", "this large"),
]


@pytest.mark.parametrize("text, marked, said", BROKEN, ids=[row[0][:30] for row in BROKEN])
def test_what_is_wrong_is_said_and_marked(text, marked, said):
    with pytest.raises(ParseError) as caught:
        parse_matrix_expr(text)
    message = str(caught.value)
    assert said in message
    if marked:
        lines = message.split("\n")
        at = next(k for k, line in enumerate(lines) if line.strip() and not line.strip(" ^"))
        start, width = lines[at].index("^"), lines[at].count("^")
        assert lines[at - 1][start:start + width] == marked


def test_hostile_texts_are_refused_at_once():
    for text in ("("*5000 + "x" + ")"*5000, "x+"*50000 + "x", "x" + "'"*3000, "-"*4000 + "x",
                 r"\sqrt"*500 + "x", r"\frac"*500 + "{x}{y}", "{"*800 + "x" + "}"*800,
                 r"\log"*500 + " x", "sum("*49 + "x" + ")"*49 + "'"*150,
                 "a1 = a0*a0\n" + "".join(f"a{k + 1} = a{k}*a{k}\n" for k in range(1, 40)) + "a40",
                 "X^(10^(10^10))", "9"*100000, "x**"*300 + "x"):
        with pytest.raises((ParseError, ArgumentError)):
            parse_matrix_expr(text)


@pytest.mark.parametrize("name, inside", [("transpose", "A"), ("trace", "x.T @ A @ x")])
def test_nested_calls_are_read_once(name, inside):
    """Each level of a call reads its argument once; twice would take 2^40 steps."""
    shapes = {"A": ("n", "n"), "x": ("n", 1)}
    nested, _ = parse_matrix_expr(f"np.{name}("*40 + inside + ")"*40, shapes, "numpy")
    assert nested == parse_matrix_expr(inside, shapes, "numpy")[0]


def test_contradictory_sizes_show_both_places():
    with pytest.raises(ParseError) as caught:
        parse_matrix_expr("A*x + A'*y + x", shapes={"A": ("m", "n")})
    assert str(caught.value) == """\
the sum of m×1 and n×1, which don't fit (with x a column, y a column; shapes= says otherwise)
    A*x + A'*y + x
    ^^^
    A*x + A'*y + x
          ^^^^"""


# --- what is said of the names -----------------------------------------------------------


def test_shapes():
    expr, symbols = parse_matrix_expr("c*X*x", shapes={"X": ("m", "n"), "x": "n", "c": ()})
    m, n = (Symbol(s, integer=True, positive=True) for s in "mn")
    c = Symbol("c", real=True)
    assert expr == c*MatrixSymbol("X", m, n)*MatrixSymbol("x", n, 1)
    assert symbols.X is symbols["X"] and symbols.X.shape == (m, n)
    assert symbols.sizes == {"m": m, "n": n}
    _, symbols = parse_matrix_expr("A*B", shapes={"A": (2, 3), "B": ("3", "k")})
    assert symbols.B.shape == (3, Symbol("k", integer=True, positive=True))
    _, symbols = parse_matrix_expr("x'*S*x", shapes={"S": "symmetric"})
    assert symbols.S == SymmetricMatrixSymbol("S", symbols.x.shape[0])
    _, symbols = parse_matrix_expr("x'*S*x", shapes={"S": ("k", "k", "symmetric")})
    assert symbols.S == SymmetricMatrixSymbol("S", Symbol("k", integer=True, positive=True))
    own = MatrixSymbol("X", 4, n)
    _, symbols = parse_matrix_expr("X*w", shapes={"X": own})
    assert symbols.X is own and symbols.w.shape == (n, 1)
    expr, symbols = parse_matrix_expr("x @ x.T", shapes={"x": ("n", 1)})
    assert expr.shape == (n, n)


@pytest.mark.parametrize("shapes", [{"x": 0}, {"x": -2}, {"x": 1.5}, {"x": ("m", "n", "k")}, ["x"],
                                    {"x": "2*n"}, {"S": ("m", "n", "symmetric")}, {1: "n"},
                                    {"x": ("symmetric", "upper")}, {"x": True}, {"x": 2.0},
                                    {"x": "²"}, {"x": ("n", "row")}, {"x": "Symmetric"},
                                    {"x": "spd"}, {"x": ("x", "n")}])
def test_shapes_that_are_none(shapes):
    with pytest.raises(ArgumentError):
        parse_matrix_expr("x", shapes=shapes)


OF_COMPLEX = {"A": ("m", "n", "complex"), "S": ("n", "n", "complex"), "P": ("n", "hermitian"),
              "z": ("n", 1, "complex"), "u": ("n", 1, "complex"), "b": ("m", 1, "complex"),
              "w": ("scalar", "complex"), "x": ("n", 1)}
COMPLEX = [  # as each language has it, and NumPy
    ("matlab", "norm(A*z - b)^2", "np.linalg.norm(A @ z - b)**2"),
    ("matlab", "z'*S*z", "z.conj().T @ S @ z"), ("matlab", "z.'*S*z", "z.T @ S @ z"),
    ("matlab", "tr(S'*S*S)", "np.trace(S.conj().T @ S @ S)"), ("matlab", "conj(z)", "z.conj()"),
    ("matlab", "real(z'*u) + imag(w)", "np.real(z.conj().T @ u) + np.imag(w)"),
    ("matlab", "dot(z, u)", "np.vdot(z, u)"),
    ("matlab", "angle(w)*abs(w)^2", "np.angle(w)*abs(w)**2"),
    ("matlab", "ctranspose(A)", "A.conj().T"), ("matlab", "abs(z).^2", "np.abs(z)**2"),
    ("matlab", "logdet(eye(m) + A*P*A')", "np.linalg.slogdet(np.eye(M) + A @ P @ A.conj().T)[1]"),
    ("matlab", "r = A*z - b; r'*r", "np.linalg.norm(A @ z - b)**2"),
    ("matlab", "x'*z", "x.T @ z"), ("matlab", "sign(z)", "z/np.abs(z)"),
    ("numpy", "z.conj().T @ S @ z", "z.conj().T @ S @ z"), ("numpy", "z.H @ u", "z.conj().T @ u"),
    ("numpy", "np.vdot(z, u)", "np.vdot(z, u)"), ("numpy", "np.conj(w) * z", "np.conj(w)*z"),
    ("numpy", "z.real + z.imag", "z.real + z.imag"), ("numpy", "np.var(z)", "np.var(z)"),
    ("numpy", "np.sum(np.abs(A @ z)**2)", "np.sum(np.abs(A @ z)**2)"),
    ("latex", r"z^H S z", "z.conj().T @ S @ z"), ("latex", r"z^{\mathsf H} u", "z.conj().T @ u"),
    ("latex", r"z^\dagger u", "z.conj().T @ u"), ("latex", r"w^* w", "abs(w)**2"),
    ("latex", r"\overline{z}^\top S z", "z.conj().T @ S @ z"),
    ("latex", r"\bar w z", "np.conj(w)*z"),
    ("latex", r"\operatorname{Re}(z^H u)", "np.real(z.conj().T @ u)"),
    ("latex", r"\Im(w)", "np.imag(w)"),
    ("latex", r"\lvert u^H z \rvert^2", "abs(np.vdot(u, z))**2"),
    ("latex", r"\log\det(I + A P A^{\mathrm{H}})",
     "np.linalg.slogdet(np.eye(M) + A @ P @ A.conj().T)[1]"),
]


@pytest.mark.parametrize("syntax, text, wanted", COMPLEX, ids=[row[1] for row in COMPLEX])
def test_complex_matrices(syntax, text, wanted):
    generator = np.random.default_rng(0)
    f, symbols = parse_matrix_expr(text, OF_COMPLEX, syntax=syntax)
    sizes = {"m": 3, "n": 4}
    values = {}
    for name, spec in OF_COMPLEX.items():
        shape = [sizes.get(s, s) for s in spec if s in sizes or s == 1]
        shape = shape*2 if "hermitian" in spec else shape
        values[name] = generator.normal(size=shape) + 1j*generator.normal(size=shape)*(name != "x")
    values["P"] = values["P"] @ values["P"].conj().T
    names = [name for name in OF_COMPLEX if name in symbols]
    found = lambdify([symbols[name] for name in names], f)(*(values[name] for name in names))
    wanted = eval(wanted, {"np": np, "M": 3, **values})
    assert np.allclose(np.squeeze(found), np.squeeze(wanted), rtol=1e-12)


def test_complex_matrices_in_derivatives():
    f, symbols = parse_matrix_expr("r = A*z - b; r'*r", OF_COMPLEX)
    assert str(gradient(f, symbols.z)) == "2*A.H*(A*z - b)"
    assert str(gradient(symbols.written, symbols.z, where=symbols.where)) == "2*A.H*r"
    f, symbols = parse_matrix_expr("real(trace(H*Q*H'))", {"H": "complex", "Q": "hermitian"})
    assert str(gradient(f, symbols.Q)) == "H.H*H" and symbols.Q.is_square
    assert parse_matrix_expr("H*Q*H'")[0] == parse_matrix_expr(r"H Q H^H", syntax="latex")[0]


def test_what_may_mean_two_things_of_complex_matrices():
    for text, said in ((r"\langle z, u \rangle", "isn't agreed on"), (r"z \cdot u", "z^H"[2:]),
                       (r"z^*", "the conjugate or the adjoint"),
                       (r"S^\dagger", "the adjoint or the pseudoinverse")):
        with pytest.raises(ParseError, match=re.escape(said)):
            parse_matrix_expr(text, OF_COMPLEX, syntax="latex")
    with pytest.raises(ArgumentError, match="has no structure here"):
        parse_matrix_expr("S*x", {"S": ("n", "n", "symmetric", "complex")})


def test_definitions_are_kept_and_put_in():
    f, symbols = parse_matrix_expr("r = X*w - y; f = r'*r")
    r = next(iter(symbols.where))
    assert r.name == "r"
    assert canonical(symbols.where[r]) == canonical(symbols.X*symbols.w - symbols.y)
    assert symbols.written.subs(r, symbols.where[r]).doit() == f.doit()
    # without where= a name that is defined would be a constant, and the gradient a silent zero
    X, w, y = symbols.X, symbols.w, symbols.y
    assert canonical(gradient(f, w) - 2*X.T*(X*w - y)).is_ZeroMatrix
    assert canonical(gradient(symbols.written, w, where=symbols.where) - 2*X.T*r).is_ZeroMatrix


def test_symbols_that_are_not_there():
    _, symbols = parse_matrix_expr("A*x")
    with pytest.raises(AttributeError, match="has no symbol y; it has A, x"):
        symbols.y  # noqa: B018
    with pytest.raises(ArgumentError, match="'auto' to look at the text"):
        parse_matrix_expr("x", syntax="julia")
    with pytest.raises(ArgumentError, match="a text is read"):
        parse_matrix_expr(3)


def test_reading_is_deterministic():
    texts = [row[0] for row in MATLAB + LATEX if row[2]]
    once = [srepr(parse_matrix_expr(text)[0]) for text in texts if "sum(" not in text]
    assert once == [srepr(parse_matrix_expr(text)[0]) for text in texts if "sum(" not in text]


def test_languages_are_recognised():
    from sympy_matlayout.parsing.languages import language_of
    wrong = [(row[0], found) for rows, wanted in ((MATLAB, "matlab"), (LATEX, "latex"))
             for row in rows if (found := language_of(row[0], "auto")) != wanted]
    assert not wrong
    unclear = [row[0] for row in NUMPY if row[1] and language_of(row[0], "auto") != "numpy"]
    assert set(unclear) <= {"X * w", "logsumexp(x)"}


# --- random expressions, written in three ways -------------------------------------------


class Writer:
    """Random expressions of given sizes, as each language has them, and as NumPy code."""

    NAMES: ClassVar = {("m", "n"): "AB", ("n", "m"): "C", ("n", "n"): "DF", ("m", "m"): "G",
                       ("m", "1"): "uv", ("n", "1"): "xyw", ("1", "1"): "ab"}

    def __init__(self, seed):
        self.chance = np.random.default_rng(seed)

    def leaf(self, shape):
        name = self.chance.choice(list(self.NAMES[shape]))
        return (name,)*4

    def tree(self, shape, depth):
        """(MATLAB, NumPy, LaTeX, code on columns) of one expression."""
        if depth == 0:
            return self.leaf(shape)
        options = [self.sum, self.scaled, self.entrywise, self.leaf_or_deeper]
        if shape == ("1", "1"):
            options += [self.inner, self.trace, self.norm, self.quotient]
        else:
            options += [self.product, self.product]
            if shape[::-1] in self.NAMES and "1" not in shape:
                options.append(self.transpose)
            if shape[0] == shape[1]:
                options.append(self.inverse)
        return options[self.chance.integers(len(options))](shape, depth - 1)

    def leaf_or_deeper(self, shape, depth):
        return self.tree(shape, depth)

    def sum(self, shape, depth):
        a, b = self.tree(shape, depth), self.tree(shape, depth)
        sign = self.chance.choice(["+", "-"])
        return tuple(f"({x} {sign} {y})" for x, y in zip(a, b, strict=True))

    def scaled(self, shape, depth):
        a, b = self.tree(("1", "1"), 0), self.tree(shape, depth)
        return (f"({a[0]}*{b[0]})", f"({a[1]}*({b[1]}))", f"({a[2]} {b[2]})",
                f"({a[3]}*({b[3]}))")

    def entrywise(self, shape, depth):
        f = self.chance.choice(["tanh", "cos"]) if shape != ("1", "1") else "tanh"
        a = self.tree(shape, depth)
        return (f"tanh({a[0]})", f"np.tanh({a[1]})", rf"\tanh({a[2]})", f"np.tanh({a[3]})") \
            if f == "tanh" else (f"({a[0]}.*{a[0]})", f"(({a[1]})*({a[1]}))",
                                 rf"({a[2]} \odot {a[2]})", f"(({a[3]})*({a[3]}))")

    def product(self, shape, depth):
        inner = self.chance.choice(["m", "n"])
        a, b = self.tree((shape[0], inner), depth), self.tree((inner, shape[1]), depth)
        return (f"({a[0]}*{b[0]})", f"({a[1]} @ {b[1]})", f"({a[2]} {b[2]})",
                f"({a[3]} @ {b[3]})")

    def transpose(self, shape, depth):
        a = self.tree(shape[::-1], depth)
        return f"({a[0]})'", f"({a[1]}).T", rf"\left({a[2]}\right)^\top", f"({a[3]}).T"

    def inverse(self, shape, depth):
        a = self.leaf(shape)
        return f"inv({a[0]})", f"np.linalg.inv({a[1]})", f"{a[2]}^{{-1}}", f"inv({a[3]})"

    def inner(self, shape, depth):
        size = self.chance.choice(["m", "n"])
        a, b = self.tree((size, "1"), depth), self.tree((size, "1"), depth)
        return (f"(({a[0]})'*{b[0]})", f"np.dot({a[1]}, {b[1]})",
                rf"\left({a[2]}\right)^\top {b[2]}", f"np.sum(({a[3]})*({b[3]}))")

    def trace(self, shape, depth):
        a = self.tree(("n", "n"), depth)
        return (f"tr({a[0]})", f"np.trace({a[1]})", rf"\operatorname{{tr}}({a[2]})",
                f"np.trace({a[3]})")

    def norm(self, shape, depth):
        a = self.tree(("m", "1"), depth)
        return (f"norm2({a[0]})^2", f"np.linalg.norm({a[1]})**2",
                rf"\lVert {a[2]} \rVert_2^2", f"np.sum(({a[3]})**2)")

    def quotient(self, shape, depth):
        a, b = self.tree(shape, depth), self.tree(shape, 0)
        return (f"(({a[0]})/({b[0]}^2 + 1))", f"(({a[1]})/({b[1]}**2 + 1))",
                rf"\frac{{{a[2]}}}{{{b[2]}^2 + 1}}", f"(({a[3]})/(({b[3]})**2 + 1))")


@pytest.mark.parametrize("syntax", ["matlab", "numpy", "latex"])
def test_random_expressions(syntax):
    shapes = {name: (sizes if "1" not in sizes else sizes[:1]) if sizes != ("1", "1") else ()
              for sizes, names in Writer.NAMES.items() for name in names}
    spec = " ".join(f"{name}:{''.join(given)}" for name, given in shapes.items())
    arrays = {name: np.asarray(value)[:, None] if np.ndim(value) == 1 else value
              for name, value in data(spec).items()}
    sizes = {Symbol(s, integer=True, positive=True): SIZES[s] for s in "mn"}
    for seed in range(120):
        writer = Writer(seed)
        shape = list(Writer.NAMES)[seed % len(Writer.NAMES)]
        texts = writer.tree(shape, 3)
        text = texts[{"matlab": 0, "numpy": 1, "latex": 2}[syntax]]
        expr, symbols = parse_matrix_expr(text, shapes, syntax)
        wanted = eval(texts[3], {"np": np, "inv": inv, **arrays})
        found = value_of(expr, symbols, sizes, {k: arrays[k] for k in symbols if k in arrays})
        wanted = float(np.sum(wanted)) if np.size(wanted) == 1 else wanted
        assert np.shape(found) == np.shape(wanted), text
        assert np.asarray(found) == pytest.approx(np.asarray(wanted), rel=1e-9, abs=1e-9), text


def test_printed_results_are_read_back():
    """What latex prints of random expressions and their gradients."""
    shapes = {name: (sizes if "1" not in sizes else sizes[:1]) if sizes != ("1", "1") else ()
              for sizes, names in Writer.NAMES.items() for name in names}
    spec = " ".join(f"{name}:{''.join(given)}" for name, given in shapes.items())
    arrays = {name: np.asarray(value)[:, None] if np.ndim(value) == 1 else value
              for name, value in data(spec).items()}
    sizes = {Symbol(s, integer=True, positive=True): SIZES[s] for s in "mn"}
    read_back = 0
    for seed in range(60):
        shape = list(Writer.NAMES)[seed % len(Writer.NAMES)]
        expr, symbols = parse_matrix_expr(Writer(seed).tree(shape, 3)[0], shapes, "matlab")
        exprs = [expr] if is_matrix(expr) else [expr, *gradient(expr, list(symbols.values()))]
        for printed in exprs:
            used = {name: s for name, s in symbols.items() if s in printed.free_symbols}
            if not used or printed.has(Identity):  # the size of I alone is not printed
                continue
            again, found = parse_matrix_expr(latex(printed), used, "latex")
            left, right = (value_of(e, symbols, sizes, {k: arrays[k] for k in used})
                           for e in (printed, again))
            assert set(found) == set(used)
            assert np.shape(left) == np.shape(right), latex(printed)
            assert np.asarray(left) == pytest.approx(np.asarray(right), rel=1e-9, abs=1e-9)
            read_back += 1
    assert read_back > 60
