"""Code for complex numbers: values in NumPy, JAX and PyTorch, and the gradients of these."""

from importlib.util import find_spec

import numpy as np
import pytest
from sympy import (
    Abs,
    Identity,
    MatrixSymbol,
    Max,
    Product,
    Rational,
    Sum,
    Symbol,
    Trace,
    arg,
    conjugate,
    det,
    exp,
    im,
    log,
    re,
    sign,
    sqrt,
    symbols,
)
from sympy.matrices.expressions import DiagMatrix, HadamardProduct, KroneckerProduct

from sympy_matlayout import (
    ComplexMatrixSymbol,
    DerivativeNotImplementedError,
    HermitianMatrixSymbol,
    Norm,
    expm,
    function_source,
    gradient,
    lambdify,
    logm,
    matrix_derivative,
)

m, n, p = symbols("m n p", integer=True, positive=True)
SIZES = {m: 2, n: 3, p: 4}
A, B, C = (ComplexMatrixSymbol(*s) for s in (("A", m, n), ("B", n, n), ("C", n, m)))
Z, z, a, b = (ComplexMatrixSymbol(*s) for s in (
    ("Z", m, n), ("z", n, 1), ("a", n, 1), ("b", m, 1)))
S, y = HermitianMatrixSymbol("S", n), MatrixSymbol("y", m, 1)
w = Symbol("w", complex=True)

OBJECTIVES = {
    "least squares": (Norm(A*z - b)**2, z),
    "its length": (Norm(A*z - b), z),
    "power": (z.H*S*z, z),
    "Rayleigh quotient": (Trace(z.H*S*z)/Trace(z.H*z), z),
    "correlation": (Abs(Trace(a.H*z))**2, z),
    "its size": (Abs(Trace(a.H*z)), z),
    "real part": (re(Trace(C*Z)), Z),
    "imaginary part of a quadratic form": (im(Trace(z.T*B*z)), z),
    "capacity": (log(det(Identity(m) + Z*S*S*Z.H)), Z),
    "signal to noise": (log(1 + Abs(Trace(a.H*z))**2/(1 + Trace(z.H*z))), z),
    "phase retrieval": (Norm((A*z).applyfunc(lambda t: Abs(t)**2) - y)**2, z),
    "amplitudes": (Norm((A*z).applyfunc(Abs) - b.applyfunc(Abs))**2, z),
    "1-norm": (Norm(z, 1), z),
    "log |det|": (log(Abs(det(B))), B),
    "|det|²": (Abs(det(B))**2, B),
    "Gram matrix": (Norm(Z.H*Z - S)**2, Z),
    "inverse": (re(Trace((B + 9*Identity(n)).inverse()*S)), B),
    "network": (Norm(DiagMatrix(a)*(B*z).applyfunc(lambda t: exp(t/9)) - a)**2, z),
    "Hadamard": (Norm(HadamardProduct(Z, A) - A.conjugate())**2, Z),
    "Kronecker": (re(Trace(KroneckerProduct(B, S)*KroneckerProduct(S, B.H))), B),
    "phase": (arg(Trace(a.H*z)), z),
    "root": (sqrt(1 + Abs(Trace(C*Z))**2)*re(Trace(C*Z)), Z),
}


def data(*symbols_, seed=0):
    rng = np.random.default_rng(seed)
    found = []
    for s in symbols_:
        size = tuple(int(k.subs(SIZES)) for k in s.shape)
        value = rng.normal(size=size) + 1j*rng.normal(size=size)
        if isinstance(s, HermitianMatrixSymbol):
            value = value @ value.conj().T
        elif not isinstance(s, ComplexMatrixSymbol):
            value = value.real
        found.append(value)
    return found


def arguments(f):
    return sorted(f.free_symbols - SIZES.keys(), key=str)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradients_are_the_slopes_of_values(name):
    f, variable = OBJECTIVES[name]
    names = arguments(f)
    code = lambdify(names, [f, gradient(f, variable)])
    values = data(*names)
    value, G = code(*values)
    assert np.isrealobj(value) or value.shape == (1, 1)
    k, rng = names.index(variable), np.random.default_rng(5)
    along = rng.normal(size=G.shape) + 1j*rng.normal(size=G.shape)
    h = 1e-5
    ends = [np.sum(code(*values[:k], values[k] + s*h*along, *values[k + 1:])[0]).real
            for s in (1, -1)]
    wanted = np.sum(G.conj()*along).real
    assert (ends[0] - ends[1])/(2*h) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX isn't installed")
@pytest.mark.parametrize("name", OBJECTIVES)
def test_jax_has_the_conjugate_of_the_gradient(name):
    import jax
    f, variable = OBJECTIVES[name]
    names, jax_x64 = arguments(f), jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        values = [jax.numpy.asarray(v) for v in data(*names)]
        k = names.index(variable)
        function = lambdify(names, f, modules="jax")
        slope = jax.jit(jax.grad(lambda *args: function(*args).real.sum(), argnums=k))(*values)
        mine = lambdify(names, gradient(f, variable), modules="jax")
        assert np.allclose(jax.jit(mine)(*values).conj(), slope, rtol=1e-9)
    finally:
        jax.config.update("jax_enable_x64", jax_x64)


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch isn't installed")
@pytest.mark.parametrize("name", OBJECTIVES)
def test_pytorch_has_the_gradient(name):
    import torch
    f, variable = OBJECTIVES[name]
    names = arguments(f)
    values = [torch.tensor(v) for v in data(*names)]
    k = names.index(variable)
    values[k].requires_grad_(True)
    value = lambdify(names, f, modules="torch")(*values)
    (value.real if value.is_complex() else value).sum().backward()
    mine = lambdify(names, gradient(f, variable), modules="torch")(*values)
    assert np.allclose(mine.detach().numpy(), values[k].grad.numpy(), rtol=1e-9)


def test_values_with_complex_numbers():
    v, M, N, Y = data(z, A, B, Z)
    found = lambdify([z, A, B, Z], [
        Norm(z), Norm(Z), Norm(z, 1), Abs(Trace(z.H*B*z)), z.H*B*z, conjugate(Trace(B)),
        sign(Trace(B)), Z.H, Z.conjugate(), (A*z).applyfunc(Abs), B.H.inverse()*z, expm(B.H),
        logm(B.H*B)])(v, M, N, Y)
    wanted = [np.linalg.norm(v), np.linalg.norm(Y), abs(v).sum(), abs((v.conj().T @ N @ v).item()),
              v.conj().T @ N @ v, np.trace(N).conj(), np.trace(N)/abs(np.trace(N)), Y.conj().T,
              Y.conj(), abs(M @ v), np.linalg.solve(N.conj().T, v)]
    for mine, his in zip(found, wanted, strict=False):
        assert np.allclose(mine, his)
    from scipy.linalg import expm as matrix_exponential
    assert np.allclose(found[-2], matrix_exponential(N.conj().T))
    assert np.allclose(matrix_exponential(found[-1]), N.conj().T @ N)


def test_real_numbers_for_complex_symbols():
    f = lambdify([z, A], [Norm(A*z)**2, gradient(Norm(A*z)**2, z)])
    value, slope = f(np.ones(3), np.ones((2, 3)))
    assert value == 18 and np.allclose(slope, 12)


def test_a_number_before_a_sum_of_products_keeps_it_together():
    # (1 - x*y).sum() for 1 - (x*y).sum()
    code = lambdify([z, a], (1 - Trace(z.T*a))*z)
    v, c = data(z, a)
    assert np.allclose(code(v, c), (1 - (v*c).sum())*v)


def test_source_to_keep():
    f = Norm(A*z - b)**2
    text = function_source([A, z, b], [f, gradient(f, z)], name="f")
    assert "return np.real(np.sum(np.conj(r)*r)), 2*(np.conj(A).T @ r)" in text
    space = {}
    exec(text, space)
    M, v, c = data(A, z, b)
    value, slope = space["f"](M, v, c)
    r = M @ v - c
    assert value == pytest.approx(np.linalg.norm(r)**2) and np.allclose(slope, 2*M.conj().T @ r)
    for target in ("julia", "matlab"):
        with pytest.raises(DerivativeNotImplementedError, match="code for complex numbers"):
            function_source([A, z, b], f, target=target)


def test_by_scalars():
    f = lambdify([w, Z], [matrix_derivative(Abs(w)**2*Z, w, layout="numerator"),
                          matrix_derivative(exp(w)*Z, w, layout="numerator")])
    (Y,) = data(Z)
    assert np.allclose(f(1 + 2j, Y)[0], (1 - 2j)*Y) and np.allclose(f(1j, Y)[1], np.exp(1j)*Y)


@pytest.mark.parametrize("modules", ["numpy", "jax"])
def test_conjugates_of_entries_in_sums(modules):
    pytest.importorskip(modules)
    i, j = symbols("i j", integer=True)
    z, A, b = (ComplexMatrixSymbol(*s) for s in (("z", n, 1), ("A", m, n), ("b", m, 1)))
    generator = np.random.default_rng(0)
    values = {s: generator.normal(size=size) + 1j*generator.normal(size=size)
              for s, size in ((z, (4, 1)), (A, (3, 4)), (b, (3, 1)))}
    inner = Sum(conjugate(z[i, 0])*z[i + j, 0], (i, 0, n - 1 - j))
    shrunk = (A*z).applyfunc(lambda t: Max(0, Abs(t) - Rational(1, 4))*sign(t)) - b
    for f in (Sum(Abs(inner)**2, (j, 1, n - 1)), log(Product(1 + Abs(z[i, 0])**2, (i, 0, n - 1))),
              Norm(shrunk)**2):
        value, G = (lambdify([z, A, b], e, modules) for e in (f, gradient(f, z)))
        slope = np.asarray(G(*values.values()))
        for step in (1e-5, 1e-5j):
            for k in range(4):
                d = np.zeros((4, 1), complex)
                d[k] = step
                ends = [complex(lambdify([z, A, b], f)(values[z] + s*d, values[A], values[b])).real
                        for s in (1, -1)]
                found = (slope.conj().T @ (d/abs(step)))[0, 0].real
                assert abs(found - (ends[0] - ends[1])/(2*abs(step))) < 2e-4*np.abs(slope).max()
        assert np.allclose(value(*values.values()), lambdify([z, A, b], f)(*values.values()),
                           rtol=1e-5)
