"""
Sums of exponentials in generated code, where the exponentials themselves overflow.

As they are written: nobody has to know log-sum-exp or the logistic function by name.  Each
value and gradient is compared with the definition at 800 digits, at arguments of some hundreds.
"""

import mpmath
import numpy as np
import pytest
from mpmath import mp
from sympy import Lambda, MatrixSymbol, Sum, Symbol, Trace, cosh, exp, log, symbols, tanh
from sympy.matrices.expressions import HadamardPower, HadamardProduct, OneMatrix

from sympy_matlayout import Norm, function_source, gradient, lambdify
from sympy_matlayout.numeric import evaluate

m, n = symbols("m n", integer=True, positive=True)
i, j = symbols("i j", integer=True)
x, y, w = (MatrixSymbol(name, n, 1) for name in "xyw")
b, A, X = MatrixSymbol("b", m, 1), MatrixSymbol("A", m, n), MatrixSymbol("X", m, n)
z, a = Symbol("z"), Symbol("a", positive=True)
SIZES = {m: 2, n: 3}


def each(f, matrix):
    return matrix.applyfunc(Lambda(z, f))


def total(matrix):
    return Trace(OneMatrix(*matrix.shape).T*matrix)


e = each(exp(z), x)
FUNCTIONS = {
    "log-sum-exp": log(total(each(exp(z), A*x))),
    "log-mean-exp": log(total(e)/n),
    "with a temperature": a*log(total(each(exp(z/a), x))),
    "1 beside it": log(1 + total(e)),
    "two numbers": log(exp(x[0, 0]) + exp(x[1, 0])),
    "three numbers": log(exp(x[0, 0]) + exp(x[1, 0]) + exp(x[2, 0])),
    "1 and two numbers": log(1 + exp(x[0, 0]) + exp(x[1, 0])),
    "a mixture": log(exp(-Norm(x - y)**2/2) + exp(-Norm(x - w)**2/2)),
    "a mixture with weights": log(a*exp(-Norm(x - y)**2) + 2*exp(-Norm(x - w)**2)),
    "a sum over an index": log(Sum(exp(-(x[i, 0] - a)**2), (i, 0, n - 1))),
    "sums over rows": Sum(log(Sum(exp(A[i, j]*x[j, 0]), (j, 0, n - 1))), (i, 0, m - 1)),
    "rows": total(each(log(z), each(exp(z), X)*OneMatrix(n, 1))),
    "pairs": Sum(log(1 + exp(x[j, 0] - x[i, 0])), (i, 0, n - 1), (j, 0, n - 1)),
    "logistic loss": total(each(log(1 + exp(-z)), HadamardProduct(b, A*x))),
    "log σ": total(each(log(1/(1 + exp(-z))), x)),
    "log (1 - σ)": total(each(log(1 - 1/(1 + exp(-z))), x)),
    "σ": total(each(exp(z)/(1 + exp(z)), x)),
    "σ'": total(each(exp(-z)/(1 + exp(-z))**2, x)),
    "tanh": total(each((exp(z) - exp(-z))/(exp(z) + exp(-z)), x)),
    "log cosh": total(each(log(cosh(z)), x)),
    "log of both": total(each(log(exp(z) + exp(-z)), x)),
    "log (1 + 2e)": total(each(log(1 + 2*exp(z)), x)),
    "negative binomial": total(each(log(a + exp(z)), A*x)),
    "mish": total(each(z*tanh(log(1 + exp(z))), x)),
    "softmax": Trace(y.T*e)/total(e),
    "softmax of two": exp(x[0, 0])/(exp(x[0, 0]) + exp(x[1, 0])),
    "softmax of three": exp(x[0, 0])/(exp(x[0, 0]) + exp(x[1, 0]) + exp(x[2, 0])),
    "softmax of rows": Trace(A.T*HadamardProduct(each(exp(z), X), HadamardPower(
        each(exp(z), X)*OneMatrix(n, n), -1))),
    "smooth maximum": Trace(x.T*e)/total(e),
}


def values(f, shift):
    random = np.random.default_rng(3)
    found = {x: random.normal(size=(3, 1))*400 + shift, y: random.normal(size=(3, 1)),
             w: random.normal(size=(3, 1)), b: random.normal(size=(2, 1)),
             A: random.normal(size=(2, 3)), X: random.normal(size=(2, 3))*400 + shift, a: 1.3}
    return {symbol: found[symbol] for symbol in found if f.has(symbol)}


def at_many_digits(expr, numbers):
    with mp.workdps(800):
        found = evaluate(expr, {**SIZES, **{
            s: mpmath.matrix(v.tolist()) if hasattr(v, "tolist") else mpmath.mpf(v)
            for s, v in numbers.items()}})
        rows = found.tolist() if hasattr(found, "tolist") else [[found]]
        return np.array([[float(mpmath.re(v)) for v in row] for row in rows])


@pytest.mark.parametrize("shift", [800, -800, 0])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_gradients(name, shift):
    f = FUNCTIONS[name]
    numbers = values(f, shift)
    results = [f, gradient(f, X if f.has(X) else x)]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for found, result in zip(lambdify(list(numbers), results)(*numbers.values()), results,
                                 strict=True):
            wanted = at_many_digits(result, numbers)
            size = max(np.abs(wanted).max(), 1e-12)
            assert np.abs(np.reshape(found, wanted.shape) - wanted).max() <= 1e-9*size


@pytest.mark.parametrize("target", ["jax", "numpy"])
@pytest.mark.parametrize("name", [
    "a mixture with weights", "1 beside it", "sums over rows", "tanh"])
def test_other_targets(name, target):
    if target == "jax":
        pytest.importorskip("jax").config.update("jax_enable_x64", True)
    f = FUNCTIONS[name]
    numbers = values(f, 800)
    results = [f, gradient(f, x)]
    space = {}
    exec(function_source(list(numbers), results, target=target), space)
    for found, result in zip(space["f"](*numbers.values()), results, strict=True):
        wanted = at_many_digits(result, numbers)
        assert np.allclose(np.reshape(found, wanted.shape), wanted, rtol=1e-9, atol=1e-12)


def test_what_needs_no_scale_has_none():
    """1/(1 + exp(x)) is the logistic function, and what has no sum below a bar is as written."""
    for f in (total(each(1/(1 + exp(z)), x)), total(each(exp(-z**2), x)), Trace(y.T*e)):
        assert "max" not in function_source([x, y], f)
