"""Generated code as text: what it computes in each language, and how it reads."""

import ast
import os
import shutil
import subprocess
import sys

import mpmath
import numpy as np
import pytest
import test_families as families
from definition import SIZES, m, n, p, values_for
from sympy import Abs, Function, Piecewise, Sum, Symbol, cosh, exp, log, tanh
from sympy.matrices.expressions import (
    Determinant,
    DiagMatrix,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatrixSymbol,
    OneMatrix,
    Trace,
)
from test_lambdify import FAMILY_LINES, VARIABLES

from sympy_matlayout import (
    ArgumentError,
    DerivativeNotImplementedError,
    LogSumExp,
    Norm,
    Softmax,
    VariableError,
    Vec,
    function_source,
    gradient,
    hessian,
    lambdify,
    matrix_derivative,
)

pytestmark = pytest.mark.newest

X, W = MatrixSymbol("X", m, n), MatrixSymbol("W", n, p)
A, S = MatrixSymbol("A", n, n), MatrixSymbol("S", n, n)
x, w, y = (MatrixSymbol(name, size, 1) for name, size in (("x", n), ("w", n), ("y", m)))
s, t = Symbol("s", positive=True), Symbol("t")
K = X*X.T + s*Identity(m)
loss = Trace(OneMatrix(1, m)*(X*w).applyfunc(lambda z: log(1 + exp(z)))) - Trace(y.T*X*w)

OBJECTIVES = [
    (Norm(X*w - y)**2/2, w), (loss, w), (LogSumExp(A*x), x),
    (log(Determinant(K)) + Trace(y.T*K.inverse()*y), X), (Trace(A*S.inverse()) + log(
        Determinant(S)), S), (Norm((X*W).applyfunc(tanh)), W), (x.T*A*x/(x.T*x), x),
    (Trace(Softmax(X*W, 1)*W.T*A*X.T), W), (Norm(KroneckerProduct(A, x)*w), x),
    (Sum(Piecewise((x[i := Symbol("i", integer=True), 0]**2, x[i, 0] < t), (
        2*t*x[i, 0] - t**2, True)), (i, 0, n - 1)), x),
    (Trace(HadamardProduct(X, X)*A*X.T), X), (exp(-t*Trace(A)), A), (log(Abs(Determinant(
        A - S))) + log(cosh(Trace(A))), A), (Determinant(A*A.T + S), A),
]


def arguments(*exprs):
    symbols = sorted(set().union(*(e.free_symbols for e in exprs)), key=str)
    return [a for a in symbols if a not in (m, n, p)]


def numbers(args):
    """Arrays at which everything has a value: S and A near the identity."""
    random = np.random.default_rng(3)
    sizes = {m: 4, n: 3, p: 2}
    found = []
    for a in args:
        if isinstance(a, MatrixSymbol):
            shape = [int(size.subs(sizes)) for size in a.shape]
            square = np.eye(3)*2 if shape == [3, 3] else 0
            found.append(square + random.normal(size=shape)/2)
        else:
            found.append(0.7)
    return found


def run(text, name, values, convert=lambda v: v):
    namespace = {}
    exec(compile(text, "<source>", "exec"), namespace)
    results = namespace[name](*map(convert, values))
    return [np.asarray(r, dtype=float) for r in (
        results if isinstance(results, (list, tuple)) else [results])]


def same(found, wanted):
    for f, w_ in zip(found, wanted, strict=True):
        assert np.allclose(f, w_, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("target", ["numpy", "jax", "torch"])
@pytest.mark.parametrize("f, variable", OBJECTIVES, ids=str)
def test_values_gradients_and_hessians(f, variable, target):
    convert = lambda v: v  # noqa: E731
    if target == "jax":
        jax = pytest.importorskip("jax")
        jax.config.update("jax_enable_x64", True)
    elif target == "torch":
        torch = pytest.importorskip("torch")
        convert = lambda v: torch.as_tensor(v, dtype=torch.float64)  # noqa: E731
    results = [f, gradient(f, variable), hessian(f, variable)]
    args = arguments(*results)
    values = numbers(args)
    text = function_source(args, results, "objective", target)
    assert "sympy" not in text
    same(run(text, "objective", values, convert), lambdify(args, results)(*values))


def test_derivatives_of_the_families():
    """Every line of the families, as NumPy's text, against their values in mpmath."""
    checked = 0
    for family, line in FAMILY_LINES:
        expr, variable = eval(line, vars(families)), VARIABLES[family]
        result = matrix_derivative(expr, variable)
        with mpmath.mp.workdps(20):
            values = values_for(result, getattr(variable, "arg", variable))
            values |= values_for(expr, getattr(variable, "arg", variable))
        args = [a for a in values if a not in SIZES] + [
            size for size in SIZES if size in result.free_symbols]
        given = [int(SIZES[a]) if a in SIZES else np.array(values[a].tolist(), dtype=float)
                 if isinstance(a, MatrixSymbol) else
                 (int if a.is_integer else float)(values[a]) for a in args]
        try:
            text = function_source(args, result, "d")
        except VariableError:
            continue  # whose sizes solve an equation
        same(run(text, "d", given), [lambdify(args, result)(*given)])
        checked += 1
    assert checked > 0.9*len(FAMILY_LINES)


@pytest.mark.skipif(shutil.which("octave-cli") is None, reason="Octave isn't installed")
def test_what_octave_computes(tmp_path):
    """All objectives in one run, values read from and written to text."""
    lines, wanted = [], []
    for k, (f, variable) in enumerate(OBJECTIVES):
        results = [f, gradient(f, variable), hessian(f, variable)]
        args = arguments(*results)
        values = numbers(args)
        (tmp_path/f"objective{k}.m").write_text(
            function_source(args, results, f"objective{k}", "matlab"))
        given = ", ".join(mat(v) for v in values)
        lines.append(f"[a, b, c] = objective{k}({given});")
        lines += [f"printf('%.15g ', {o}); printf('\\n');" for o in "abc"]
        wanted += lambdify(args, results)(*values)
    (tmp_path/"run_all.m").write_text("\n".join(lines))
    done = subprocess.run(["octave-cli", "--no-gui", "-q", "run_all.m"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=120)
    found = [np.array(line.split(), dtype=float) for line in done.stdout.splitlines()]
    assert len(found) == len(wanted), done.stderr
    for f, w_ in zip(found, wanted, strict=True):
        assert f == pytest.approx(np.ravel(w_, order="F"), rel=1e-8, abs=1e-10)


def mat(value):
    if isinstance(value, float):
        return repr(value)
    return "[" + "; ".join(" ".join(map(repr, map(float, row))) for row in value) + "]"


@pytest.mark.parametrize("f, variable", OBJECTIVES, ids=str)
def test_julia_code_is_written(f, variable):
    """Julia isn't run here: its brackets close, and it uses nothing that isn't named."""
    text = function_source(arguments(f), [f, gradient(f, variable)], "objective", "julia")
    assert text.count("(") == text.count(")") and text.count("[") == text.count("]")
    assert text.rstrip().endswith("end") and "np." not in text and "**" not in text


# --- how it reads ------------------------------------------------------------------------


def body(text, name="f"):
    """The lines of a function without its documentation."""
    function = next(node for node in ast.parse(text).body
                    if isinstance(node, ast.FunctionDef) and node.name == name)
    return [ast.unparse(line) for line in function.body[1:]]


def code_of(f, *variables, target="numpy"):
    gradients = [gradient(f, v) for v in variables]
    return body(function_source(arguments(f), [f, *gradients], target=target))


def test_least_squares_reads_as_written_by_hand():
    assert code_of(Norm(X*w - y)**2/2, w) == [
        "r = X @ w - y", "return (0.5 * np.vdot(r, r), X.T @ r)"]


def test_softmax_regression_shares_its_exponentials():
    Y = MatrixSymbol("Y", m, p)
    f = Trace(OneMatrix(1, m)*LogSumExp(X*W, 1)) - Trace(Y.T*X*W)
    lines = code_of(f, W)
    assert sum(line.count("np.exp") for line in lines) == 1
    assert lines[0] == "t = X @ W" and lines[-1].endswith("X.T @ (t2 / s - Y))")


def test_one_factorisation_for_determinant_solutions_and_inverse():
    text = "\n".join(code_of(log(Determinant(K)) + Trace(y.T*K.inverse()*y), X, s))
    assert text.count("cho_factor") == 1 and "lu_" not in text and "inv(" not in text


def test_a_sum_is_applied_and_not_formed():
    assert code_of(Trace(x.T*(A + S.T)*w), x) == [
        "t = S.T @ w + A @ w", "return (np.vdot(x, t), t)"]


def test_diagonal_matrices_scale_rows():
    p_ = MatrixSymbol("p", m, 1)
    assert body(function_source([X, p_], DiagMatrix(p_)*X)) == ["return p * X"]


def test_products_are_bracketed_from_the_thin_end():
    assert body(function_source([A, S, x], A*S*A.T*x)) == ["return A @ (S @ (A.T @ x))"]


def test_kronecker_products_are_applied():
    B = MatrixSymbol("B", m, m)
    assert body(function_source([A, B, X], KroneckerProduct(A, B)*Vec(X))) == [
        "return (B @ (X @ A.T)).T.reshape(-1, 1)"]


@pytest.mark.parametrize("options", [{"target": "fortran"}, {"name": "a b"}, {"name": "lambda"}])
def test_targets_and_names_are_checked(options):
    with pytest.raises(ArgumentError):
        function_source([X], X, **options)


def test_what_a_language_lacks_is_refused_by_name():
    f = Function("f")
    with pytest.raises(DerivativeNotImplementedError, match="MATLAB code can't express f"):
        function_source([A], f(Trace(A)), target="matlab")
    with pytest.raises(VariableError, match="W in the expression"):
        function_source([X], X*W)


def test_the_text_is_the_same_at_every_run():
    code = ("from test_function_source import *\n"
            "print(function_source(arguments(loss), [loss, gradient(loss, w)]))")
    texts = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "tests:."},
                            check=True).stdout for seed in ("0", "1", "2")}
    assert len(texts) == 1
