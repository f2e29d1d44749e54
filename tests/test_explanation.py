"""Long results with names for their parts: equal to what they stand for, and shorter."""

import pickle
import sys
from pathlib import Path

import mpmath
import pytest
from definition import values_for
from mpmath import mp
from sympy import Lambda, MatrixSymbol, Symbol, Trace, cos, det, exp, log, sin, symbols, tanh
from sympy.matrices.expressions import KroneckerProduct

from sympy_matlayout import (
    ArgumentError,
    ComplexMatrixSymbol,
    Explanation,
    LogSumExp,
    MatrixSum,
    Norm,
    Softmax,
    SymmetricMatrixSymbol,
    canonical,
    explain,
    gradient,
    hessian,
    jacobian,
    latex,
    pretty,
)
from sympy_matlayout.__main__ import main
from sympy_matlayout.numeric import evaluate
from sympy_matlayout.numeric.account import NoValue
from sympy_matlayout.numeric.definition import near

sys.path.insert(0, str(Path(__file__).parents[1]/"docs"))
from gallery import objectives

m, n, p, k = symbols("m n p k", integer=True, positive=True)
A, X, Y, W = (MatrixSymbol(*s) for s in (("A", m, n), ("X", m, n), ("Y", m, p), ("W", n, p)))
x, b = MatrixSymbol("x", n, 1), MatrixSymbol("b", m, 1)
S, Z = SymmetricMatrixSymbol("S", n), ComplexMatrixSymbol("Z", m, n)
z, a = ComplexMatrixSymbol("z", n, 1), ComplexMatrixSymbol("a", m, 1)
mu = MatrixSymbol("mu", n, 1)

READ = [
    (jacobian(Softmax(A*x), x), "(DiagMatrix(p) - p*p.T)*A", {"p": "Softmax(A*x)"}),
    (hessian(LogSumExp(A*x), x), "A.T*(DiagMatrix(p) - p*p.T)*A", {"p": "Softmax(A*x)"}),
    (gradient(Norm((A*x).applyfunc(tanh) - b)**2, x), "2*A.T*((1 - h.**2).*(h - b))",
     {"h": "tanh.(A*x)"}),
    (hessian(Norm(A*x - b), x), "A.T*(A - r*r.T*A/Norm(r)**2)/Norm(r)", {"r": "A*x - b"}),
    (gradient(log(det(X.T*X + S)) + Trace((X.T*X + S).inverse()*mu*mu.T), X),
     "2*X*(I - M*mu*mu.T)*M", {"M": "(S + X.T*X)**(-1)"}),
    (hessian(exp(-Norm(Z*z - a)**2), z), "exp(-Norm(r)**2)*Z.T*r*r.T*Z",
     {"r": "conjugate(a) - conjugate(Z)*conjugate(z)"}),
    (A*x, "A*x", {}),
]


@pytest.mark.parametrize("result, shown, where", READ, ids=[shown for _, shown, _ in READ])
def test_they_read_as_a_person_would_write_them(result, shown, where):
    found = explain(result)
    assert str(found.results[0]) == shown
    assert {str(name): str(value) for name, value in found.where.items()} == where
    assert str(found) == "\n".join([shown, *(f"with {k} = {v}" for k, v in where.items())])


def put_back(found):
    results = found.results
    for name, value in found.definitions:
        results = [r.xreplace({name: value}) for r in results]
    return results


def check(*results, most=4):
    found = explain(*results, most=most)
    names = [name for name, _ in found.definitions]
    held = {s for r in results for s in r.free_symbols}
    assert len(names) <= most and not held & set(names)
    assert len({s.name for s in names} | {s.name for s in held}) == len(names) + len(held)
    for place, value in enumerate(found.where.values()):
        assert not value.free_symbols & set(names[:place + 1])
    assert sum(map(len, map(str, found.results))) <= sum(map(len, map(str, results)))
    assert names or list(found.results) == list(results)
    for before, after in zip(results, put_back(found), strict=True):
        before, after = (e.subs(k, 4) for e in (before, after))
        with mp.workdps(30):
            values = values_for(before, x)
            try:
                wanted = evaluate(before, values)
            except (NoValue, NotImplementedError):  # functions left open, singular matrices
                continue
            assert near(evaluate(after, values), wanted, mpmath.mpf(10)**-20)


@pytest.mark.parametrize("case", objectives(), ids=lambda case: case[1])
def test_put_back_it_is_the_same(case):
    _, _, f, by, wants_hessian, known = case
    check(gradient(f, by, assumptions=known))
    if wants_hessian:
        check(hessian(f, by, assumptions=known))


@pytest.mark.parametrize("results", [
    [gradient(Norm(Y - X*W)/Norm(X), X), gradient(Norm(Y - X*W)/Norm(X), W)],
    [gradient(Trace((Z*z - a).adjoint()*(Z*z - a))**2*Norm(Z), Z)],
    [hessian(exp(-Norm(A*x - b)**2), x)], [hessian(log(det(X.T*X + S)), X)],
    [gradient(Trace((A*x).applyfunc(lambda t: t*sin(t)*cos(t)).T*b)**2, x)]],
    ids=["several", "complex", "Gaussian", "log det", "two functions"])
def test_several_results_and_complex_ones(results):
    check(*results)
    check(*results, most=1)


def test_what_holds_an_index_has_no_name_outside():
    i = Symbol("i", integer=True)
    term = (i*A*x - b)*(i*A*x - b).T
    assert explain(MatrixSum(term, (i, 1, n))).definitions == ()


def test_no_names_and_names_in_use():
    r = MatrixSymbol("r", m, 1)
    result = (A*x - b)*(A*x - b).T*r
    assert explain(result, most=0).definitions == ()
    (name,) = explain(result).where
    assert name.name != "r"
    with pytest.raises(ArgumentError, match="most is a number of names, 0 or more, got -1"):
        explain(result, most=-1)


def test_it_prints_in_every_format_and_pickles():
    found = explain(jacobian(Softmax(A*x), x))
    assert latex(found) == (
        "\\begin{aligned}\n& \\left(\\operatorname{diag}\\left(p\\right) - p p^{T}\\right) A \\\\\n"
        "& \\text{with}\\quad p = \\operatorname{softmax}\\left(A x\\right)\n\\end{aligned}")
    assert found._repr_latex_() == f"$\\displaystyle {latex(found)}$"
    assert pretty(found, use_unicode=False).splitlines()[-1].rstrip() == "with p = softmax(A*x)"
    again = pickle.loads(pickle.dumps(found))
    assert isinstance(again, Explanation) and again == found


def test_on_the_command_line(capsys):
    assert main(["--explain", "norm2(tanh(A*x) - y)^2", "x"]) == 0
    assert capsys.readouterr().out == "2*A.T*((1 - h.**2).*(h - y))\nwith h = tanh.(A*x)\n"


def test_functions_of_one_argument_are_taken_apart():
    """1 - tanh² and tanh share tanh.(A*x), which is no argument of the first."""
    t = Symbol("t")
    slope = (A*x).applyfunc(Lambda(t, 1 - tanh(t)**2))
    found = explain(canonical(KroneckerProduct((A*x).applyfunc(tanh), slope)))
    assert str(found) == "KroneckerProduct(h, 1 - h.**2)\nwith h = tanh.(A*x)"
