"""How results are written, in a line, in LaTeX and drawn; and long ones in several lines."""

import pickle

import pytest
import sympy
from definition import m, n
from sympy import Function, Lambda, MatrixSymbol, Piecewise, Symbol, Trace, exp, log, sqrt, tanh
from sympy import det as determinant
from sympy.matrices.expressions import (
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    OneMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.printing.str import StrPrinter

from sympy_matlayout import (
    Norm,
    Sigmoid,
    canonical,
    check_derivative,
    common_subexpressions,
    derivation,
    gradient,
    hessian,
    jacobian,
    latex,
    pretty,
)
from sympy_matlayout.__main__ import main
from sympy_matlayout.nodes.printable import all_printable
from sympy_matlayout.printing.lines import broken
from sympy_matlayout.simplify import constructors as c

A, X, B = MatrixSymbol("A", m, n), MatrixSymbol("X", m, n), MatrixSymbol("B", m, n)
S = MatrixSymbol("S", n, n)
x, y, w, b = (MatrixSymbol("x", n, 1), MatrixSymbol("y", m, 1), MatrixSymbol("w", n, 1),
              MatrixSymbol("b", n, 1))
z, s, k = Symbol("z"), Symbol("s", positive=True), Symbol("k", integer=True)
h = Function("h")
i, j = (Symbol(name, integer=True) for name in "ij")


# before, SymPy could not pickle a Dummy
NEW_ENOUGH_TO_PICKLE = tuple(map(int, sympy.__version__.split(".")[:2])) >= (1, 14)


def each(body, M):
    return M.applyfunc(Lambda(z, body))


def row(size):
    return OneMatrix(1, size)


WRITTEN = [
    # a function of the entries
    (each(tanh(z), A*x), "tanh.(A*x)", r"\tanh{\left(A x\right)}"),
    (each(tanh(z), X), "tanh.(X)", r"\tanh_{\circ}{\left(X\right)}"),
    (each(1 - tanh(z)**2, A*x), "1 - tanh.(A*x).**2", r"1 - \tanh^{2}{\left(A x\right)}"),
    (each(1 - tanh(z)**2, X), "1 - tanh.(X).**2",
     r"1 - \tanh_{\circ}{\left(X\right)}^{\circ 2}"),
    (each(z/(1 + z**2), x), "x./(x.**2 + 1)", r"\frac{x}{x^{\circ 2} + 1}"),
    (each(z/(1 + z**2), X), "X./(X.**2 + 1)",
     r"X \oslash \left(X^{\circ 2} + 1\right)"),
    (each(z**2*exp(-z**2/s), x), "x.**2 .* exp.(-x.**2/s)",
     r"x^{\circ 2} \circ \exp{\left(- \frac{x^{\circ 2}}{s}\right)}"),
    (each(2*sqrt(z)/s, x), "2*sqrt.(x)/s", r"\frac{2 \sqrt{x}}{s}"),
    (each(sympy.Abs(z), X), "Abs.(X)", r"\left|X\right|"),
    (each(sympy.polygamma(1, z), x), "polygamma.(1, x)",
     r"\operatorname{polygamma}{\left(1, x\right)}"),
    (each(sympy.Max(0, z), x), "Max.(0, x)", r"\max{\left(0, x\right)}"),
    (each(Piecewise((z, z > 0), (s*z, True)), x), "Piecewise((x, x > 0), (s*x, True))",
     r"\begin{cases} x & \text{for}\: x > 0 \\ s x & \text{otherwise} \end{cases}"),
    (gradient(Trace(row(m)*each(h(z), A*x)), x), "A.T*h'.(A*x)",
     r"A^{T} h'{\left(A x\right)}"),
    (hessian(Trace(row(n)*each(h(z), x)), x), "DiagMatrix(h''.(x))",
     r"\operatorname{diag}\left(h''{\left(x\right)}\right)"),
    (Sigmoid(X), "Sigmoid.(X)", r"\sigma_{\circ}{\left(X\right)}"),
    # products by entries
    (HadamardProduct(A, B), "A.*B", r"A \circ B"),
    (HadamardProduct(A, HadamardPower(B, -1)), "A./B", r"A \oslash B"),
    (HadamardProduct(A, HadamardPower(B, -2), HadamardPower(X, -1)), "A./(B.**2 .* X)",
     r"A \oslash \left(B^{\circ 2} \circ X\right)"),
    (HadamardPower(x, -1), "1 ./ x", r"1 \oslash x"),
    (HadamardPower(A, s), "A.**s", r"A^{\circ s}"),
    ((A + B)*x, "(A + B)*x", r"\left(A + B\right) x"),
    (HadamardProduct(A, B)*x, "(A.*B)*x", r"\left(A \circ B\right) x"),
    # quotients, signs, powers
    (gradient(Norm(x), x), "x/Norm(x)", r"\frac{x}{\left\|x\right\|}"),
    (gradient(Norm(X), X), "X/Norm(X)", r"\frac{X}{\left\|X\right\|_{F}}"),
    (gradient(log(x.T*S*x), x), "(S + S.T)*x/Trace(x.T*S*x)",
     r"\frac{1}{x^{T} S x} \left(S + S^{T}\right) x"),
    (canonical(-A*x + y), "y - A*x", "y - A x"),
    (canonical(-A*x/2), "-A*x/2", r"- \frac{A x}{2}"),
    (gradient(log(determinant(S)), S), "S.T**(-1)", "S^{-T}"),
    (S.inverse().T, "S.T**(-1)", "S^{-T}"),
    # ones and sums
    (OneMatrix(n, 1), "OneMatrix(n, 1)", r"\mathbf{1}_{n}"),
    (row(n), "OneMatrix(1, n)", r"\mathbf{1}_{n}^{T}"),
    (OneMatrix(m, n), "OneMatrix(m, n)", r"\mathbf{1}_{m \times n}"),
    (canonical(Trace(row(n)*x)), "sum(x)", r"\sum_{i} x_{i}"),
    (canonical(Trace(row(m)*X*OneMatrix(n, 1))), "sum(X)", r"\sum_{ij} X_{ij}"),
    (canonical(Trace(row(m)*each(exp(z), A*x))), "sum(exp.(A*x))",
     r"\sum_{i} e^{\left(A x\right)_{i}}"),
    (canonical(Trace(row(n)*x))**2, "sum(x)**2", r"\left(\sum_{i} x_{i}\right)^{2}"),
    (Trace(S), "Trace(S)", r"\operatorname{tr}\left(S \right)"),
    (Trace(x.T*S*x)**2, "Trace(x.T*S*x)**2", r"\left(x^{T} S x\right)^{2}"),
    # entries
    (FunctionMatrix(m, n, Lambda((i, j), exp(i*j))), "[exp(i*j)]_ij",
     r"\left[e^{i j}\right]_{ij}"),
    (FunctionMatrix(m, 1, Lambda((k, j), k + s)), "[i + s]_i", r"\left[i + s\right]_{i}"),
]


@pytest.mark.parametrize("expr, text, tex", WRITTEN, ids=[case[1] for case in WRITTEN])
def test_written(expr, text, tex):
    (found,) = all_printable([expr])
    assert (str(found), latex(found)) == (text, tex)
    if NEW_ENOUGH_TO_PICKLE:
        assert str(pickle.loads(pickle.dumps(found))) == text


DRAWN = [
    (gradient(Norm(x), x), " x\n───\n‖x‖"),
    (each(1 - tanh(z)**2, A*x), "             2\n1 - tanh(A⋅x) "),
    (each(tanh(z), X), "tanh.(X)"),
    (gradient(log(determinant(S)), S), " -T\nS  "),
    (canonical(Trace(row(n)*x)), "sum(x)"),
]


@pytest.mark.parametrize("expr, picture", DRAWN, ids=str)
def test_drawn(expr, picture):
    lines = [line.rstrip() for line in pretty(expr, use_unicode=True).splitlines()]
    assert lines == [line.rstrip() for line in picture.splitlines()]
    assert not set(pretty(expr, use_unicode=False)) - set(map(chr, range(128)))


def test_nothing_of_a_result_shows_how_it_is_kept():
    f = Trace(row(m)*each(log(1 + exp(z)), A*x)) + Norm(x)**3
    for D in (gradient(f, x), hessian(f, x), jacobian(each(h(z), A*x), x)):
        for shown in (str(D), latex(D), sympy.latex(D), pretty(D)):
            assert "Lambda" not in shown and r"\mapsto" not in shown and "_z" not in shown


@pytest.mark.parametrize("width", [20, 30, 72])
def test_long_lines_are_broken_at_operators(width):
    text = str(gradient(Norm(A*x - y)**4*Trace(S*S)*Trace(x.T*S*x)**2, x))
    lines = broken(text, width)
    assert " ".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(len(line) <= width for line in lines[:-1]) or width < 24


def test_a_derivation_is_no_wider_than_a_page():
    steps = derivation(Norm(A*x - y)**2*Trace(x.T*S*x)**2*Trace(S*S), x)
    assert max(len(line.split("   [")[0].rstrip()) for line in str(steps).splitlines()) <= 84


def test_a_verdict_in_words():
    right = check_derivative(x.T*S*x, x, (S + S.T)*x)
    assert repr(right) == str(right) == "right: denominator matrix, denominator vec, " \
        "denominator row-major"
    assert right._repr_markdown_().startswith(
        r"$\displaystyle \left(S + S^{T}\right) x$ is **right**: denominator")
    wrong = check_derivative(x.T*S*x, x, 2*S*x)
    assert "**wrong in every layout and form**" in wrong._repr_markdown_()


def test_the_table_of_formulas(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 120
    assert lines[0].startswith("Document 000") and "60 of 60 formulas agree" in lines[-1]
    assert sum(line.endswith("  ok") for line in lines) == 60
    assert main(["--markdown", "--layout", "numerator"]) == 0
    tables = capsys.readouterr().out
    assert r"| (9) x'a | $x^{T} a$ | $x$ | $a^{T}$ | ok |" in tables
    assert main(["--latex"]) == 0
    assert capsys.readouterr().out.count(r"\begin{align*}") == 3


# --- results that are long --------------------------------------------------------------


def residual_network(layers):
    """The gradient of ‖h - w‖² by W with h ↦ tanh(W h) + h, whose text doubles with each layer."""
    W = MatrixSymbol("W", n, n)
    h, TANH = x, Lambda(z, tanh(z))
    for _ in range(layers):  # SymPy's own sums and products would be evaluated to their leaves
        h = c.new(MatAdd, c.new(ElementwiseApplyFunction, TANH, c.new(MatMul, W, h)), h)
    r = c.new(MatAdd, h, -w)
    return gradient(c.new(Trace, c.new(MatMul, c.transpose(r), r)), W)


def test_a_long_result_is_printed_with_names_for_its_parts():
    lengths = []
    for layers in (12, 16, 20):
        D = residual_network(layers)
        definitions, (named,) = common_subexpressions(D)
        first, *rest = str(D).splitlines()
        assert first == str(named) and first.count("x1 ") < 30
        assert rest == [("     " if k else "with ") + f"{name} = {value}"
                        for k, (name, value) in enumerate(definitions)]
        assert sympy.latex(D).count(r"\\") == len(rest)
        assert f"x_{{{len(rest) - 1}}} = " in latex(D)
        assert len(pretty(D, wrap_line=False).splitlines()) >= len(rest)
        lengths.append(len(rest))
    assert lengths[2] - lengths[1] == lengths[1] - lengths[0]


def test_what_a_long_part_of_a_sum_stands_for_is_in_its_parentheses():
    W = residual_network(16)
    text = str(s + sympy.Mul(2, c.new(Trace, W), evaluate=False))
    assert text.startswith(("s + 2*(", "2*("))
    assert text.count(" with x0 = W*x, x1 = tanh.(x0), ") == 1 and "\n" not in text


def test_a_node_that_is_shared_is_written_once():
    """A graph of some 80 nodes, whose tree has thousands."""
    D = residual_network(5)

    class Counting(StrPrinter):
        calls = 0

        def _print(self, expr, **settings):
            self.calls += 1
            return super()._print(expr, **settings)

    printer = Counting()
    assert printer.doprint(D) == str(D)
    assert printer.calls < 20*len(set(sympy.preorder_traversal(D)))


def test_a_long_result_of_which_nothing_is_shared_is_printed_as_it_is():
    letters = [MatrixSymbol(f"A{k}", n, n) for k in range(3000)]
    total = canonical(c.new(MatAdd, *(c.new(MatMul, L, x) for L in letters)))
    long = c.new(MatAdd, *(c.new(MatMul, L, x) for L in letters))
    for shown in (str(all_printable([long])[0]), str(total)):
        assert "\n" not in shown and shown.count("A") == 3000


def test_a_long_derivation_has_names_for_what_its_steps_share():
    W, TANH, h = MatrixSymbol("W", n, n), Lambda(z, tanh(z)), x
    for _ in range(5):
        h = c.new(MatAdd, c.new(ElementwiseApplyFunction, TANH, c.new(MatMul, W, h)), h)
    worked_out = derivation(h, x)
    steps = worked_out._shown
    definitions = {step.left: step.right for step in steps[len(worked_out):]}
    assert 30 < len(definitions) == str(worked_out).count("[a name for a part]")
    assert sympy.latex(worked_out).count("a name for a part") == len(definitions)
    whole = steps[len(worked_out) - 1].right
    for symbol, value in reversed(definitions.items()):
        whole = whole.xreplace({symbol: value})
    assert canonical(whole - worked_out.result).is_ZeroMatrix
