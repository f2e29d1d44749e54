"""Functions for PyTorch: the values NumPy gives, and derivatives by autograd."""

import numpy as np
import pytest
from sympy import Sum, Trace, exp, log
from sympy.matrices.expressions import Determinant
from test_function_source import OBJECTIVES, arguments, numbers
from test_jax import A, P, i, n, t, x

from sympy_matlayout import Norm, ShapeError, gradient, hessian, lambdify

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
