"""Functions for PyTorch: the values NumPy gives, and derivatives by autograd."""

import numpy as np
import pytest
from sympy import MatrixSymbol, Sum, Trace, exp, log, symbols, tanh
from sympy.matrices.expressions import Determinant
from test_function_source import OBJECTIVES, arguments, numbers
from test_jax import A, P, i, n, t, x

from sympy_matlayout import (
    Norm,
    ShapeError,
    gradient,
    hessian,
    jacobian,
    lambdify,
    matrix_derivative,
)

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("f, variable", OBJECTIVES, ids=str)
def test_gradients_are_those_of_autograd(f, variable):
    args = arguments(f)
    values = [torch.as_tensor(v, dtype=torch.float64) for v in numbers(args)]
    values[args.index(variable)].requires_grad_()
    value = lambdify(args, f, modules="torch")(*values)
    value.sum().backward()
    by_torch = values[args.index(variable)].grad
    found = lambdify(args, gradient(f, variable), modules="torch")(*values)
    assert torch.allclose(found, by_torch, rtol=1e-8, atol=1e-10)


def test_hessians_single_precision_and_numbers():
    f = log(Determinant(P))*exp(-t) + Norm(A*x) + Sum(i*x[i, 0]**2, (i, 0, n - 1))
    args, random = [P, A, x, t], np.random.default_rng(0)
    given = [np.eye(3) + random.normal(size=(3, 3))/9, random.normal(size=(3, 3)),
             random.normal(size=(3, 1)), 0.3]
    H = hessian(f, x)
    double = lambdify(args, H, modules="torch")(*given)
    assert np.allclose(double.numpy(), lambdify(args, H)(*given))
    single = lambdify(args, H, modules="torch")(
        *(torch.as_tensor(g, dtype=torch.float32) for g in given))
    assert single.dtype == torch.float32 and torch.allclose(single.double(), double, rtol=1e-4)


def test_what_is_no_tensor_is_refused():
    with pytest.raises(ShapeError):
        lambdify(A, Trace(A), modules="torch")("A")


def test_jacobians_have_the_axes_of_autograd():
    """docs/which-answer.md: p×m of vectors, the axes of F before those of X of matrices."""
    rows, m, q = symbols("p m q", integer=True, positive=True)
    left, X, right = (MatrixSymbol(*s) for s in (("L", rows, m), ("X", m, n), ("R", n, q)))
    rng = np.random.default_rng(3)
    L, values, R = (torch.as_tensor(rng.normal(size=s)) for s in ((2, 3), (3, 4), (4, 5)))
    F = left*X.applyfunc(tanh)*right
    found = lambdify([left, X, right], matrix_derivative(F, X, form="autodiff"))(
        L.numpy(), values.numpy(), R.numpy())
    wanted = torch.autograd.functional.jacobian(lambda X: L @ torch.tanh(X) @ R, values)
    assert found.shape == wanted.shape == (2, 5, 3, 4)
    assert np.allclose(found, wanted.numpy())
    y = MatrixSymbol("y", m, 1)
    found = lambdify([left, y], jacobian(left*y.applyfunc(tanh), y))(
        L.numpy(), values[:, :1].numpy())
    wanted = torch.autograd.functional.jacobian(lambda y: L @ torch.tanh(y), values[:, 0])
    assert found.shape == wanted.shape == (2, 3) and np.allclose(found, wanted.numpy())
