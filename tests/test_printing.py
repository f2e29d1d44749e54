"""LaTeX and pretty printing keep parentheses and signs."""

import pytest
import sympy
from definition import m, n
from sympy import Determinant, MatrixSymbol, Product, Symbol, Trace, log, tanh
from sympy.matrices.expressions import (
    HadamardPower,
    HadamardProduct,
    Identity,
    KroneckerProduct,
    MatAdd,
    MatMul,
    OneMatrix,
)

from sympy_matlayout import (
    Differential,
    MatrixSum,
    Norm,
    derivation,
    installed,
    latex,
    pprint,
    pretty,
)

A, B, C = (MatrixSymbol(name, n, n) for name in "ABC")
x = MatrixSymbol("x", n, 1)
t, k = Symbol("t"), Symbol("k", integer=True)
AB = HadamardProduct(A, B)

LATEX = [
    (-AB*C, r"- \left(A \circ B\right) C"),
    (MatMul(-t, AB, C), r"- t \left(A \circ B\right) C"),
    (MatMul(-1, KroneckerProduct(A, B), KroneckerProduct(x, x)),
     r"- \left(A \otimes B\right) \left(x \otimes x\right)"),
    (MatMul(-1, A + B, C), r"- \left(A + B\right) C"),
    (-Trace(A)*B, r"- \operatorname{tr}\left(A \right) B"),
    ((t - 1)*AB*C, r"\left(t - 1\right) \left(A \circ B\right) C"),
    (OneMatrix(m, n)*A, r"\mathbf{1}_{m \times n} A"),
    (t*Product(k**k + 1, (k, 1, n))*A,
     r"t \left(\prod_{k=1}^{n} \left(k^{k} + 1\right)\right) A"),
    (MatMul(A, -t, B), r"A \left(- t\right) B"),
    (Differential(A)*Differential(A), r"\left(\mathrm{d}A\right)^{2}"),
    (MatrixSum(A**k, (k, 0, n))*C, r"\left(\sum_{k=0}^{n} A^{k}\right) C"),
    (MatrixSum(A + B, (k, 0, n)), r"\sum_{k=0}^{n} \left(A + B\right)"),
    (MatMul(-1, AB), r"- A \circ B"),
    (MatAdd(A, MatMul(-2, B, C)), "A - 2 B C"),
    (MatAdd(MatMul(k, C), MatMul(-t, A)), "k C - t A"),
]

PRETTY = [
    (MatAdd(A, MatMul(-t - 1, C)), "A - (t + 1)⋅C"),
    (MatAdd(A, MatMul(t - 1, C)), "(t - 1)⋅C + A"),
    (MatAdd(A, MatMul(-t/2, C)), "    t⋅C\nA - ───\n     2 "),
    (MatAdd(A, MatMul(-1, B + C)), "A - (B + C)"),
    (MatAdd(A, MatMul(-1/t, B)), "    B\nA - ─\n    t"),
    (MatAdd(A, -t*C, B), "A + B - t⋅C"),
    (HadamardProduct(KroneckerProduct(x, x), x), "(x ⨂ x)∘x"),
    (KroneckerProduct(AB, C), "(A∘B) ⨂ C"),
    (HadamardProduct(A + B, C), "(A + B)∘C"),
    (HadamardPower(A + B, 2), "       ∘2\n(A + B)  "),
    (HadamardPower(AB, t + 1), "     ∘(t + 1)\n(A∘B)        "),
    (Norm(x, t + 1), "‖x‖_(t + 1)"),
    (Differential(A)**2, "    2\n(dA) "),
    (HadamardPower(A, -1), "1\n─\nA"),
    (HadamardPower(t + 1, A), "       ∘A\n(t + 1)  "),
    (MatrixSum(A**k, (k, 0, n)), " n   k\n ∑  A \nk=0   "),
    (MatrixSum(A*B, (k, 0, n)) + C, "⎛ n     ⎞    \n⎜ ∑  A⋅B⎟ + C\n⎝k=0    ⎠    "),
]


@pytest.mark.parametrize("expr, wanted", LATEX, ids=str)
def test_latex(expr, wanted):
    assert latex(expr) == wanted


@pytest.mark.parametrize("expr, wanted", PRETTY, ids=str)
def test_pretty(expr, wanted):
    assert pretty(expr, use_unicode=True) == wanted


def test_ascii():
    # the bar of a fraction is no minus
    assert pretty(MatAdd(A, MatMul(1/t, B)), use_unicode=False) == "    B\nA + -\n    t"
    assert pretty(MatAdd(A, MatMul(-1/t, B)), use_unicode=False) == "    B\nA - -\n    t"
    assert pretty(HadamardProduct(KroneckerProduct(x, x), x), use_unicode=False) == "(x x x).*x"
    assert pretty(HadamardPower(AB, 2), use_unicode=False) == "      .2\n(A.*B)  "


def test_pprint_prints_what_pretty_gives(capsys):
    pprint(MatAdd(A, MatMul(-t, C)), use_unicode=True)
    assert capsys.readouterr().out == "A - t⋅C\n"


def test_with_install_sympys_printers_do_the_same():
    negative, power = -AB*C, HadamardPower(A + B, 2)
    wrong = sympy.latex(negative), sympy.pretty(power, use_unicode=True)
    with installed():
        assert sympy.latex(negative) == latex(negative)
        assert sympy.pretty(power, use_unicode=True) == pretty(power, use_unicode=True)
    assert (sympy.latex(negative), sympy.pretty(power, use_unicode=True)) == wrong


def test_what_sympy_cannot_evaluate_again():
    slope = 1 - tanh(log(Determinant(2*Identity(n) + A*A.T)))**2
    expr = HadamardProduct(MatMul(slope, A), B)
    with pytest.raises(TypeError):
        sympy.latex(expr)
    assert latex(expr).endswith(r"\right) A\right) \circ B")
    assert pretty(expr)


def test_with_install_they_evaluate_nothing():
    slope = 1 - tanh(log(Determinant(2*Identity(n) + A*A.T)))**2
    expr = MatAdd(B, MatMul(-2, slope, A, HadamardProduct(MatMul(slope, A), B)), MatMul(-1, A, B))
    for show in (str, sympy.latex):
        with pytest.raises(TypeError):
            show(expr)
        with installed():
            assert show(expr)


def test_derivations_in_a_notebook():
    steps = derivation(Trace(AB*C), A)
    assert steps._repr_latex_() == f"$\\displaystyle {latex(steps)}$"
