"""The command line: what is printed, where errors go, and the exit status."""

import io
import subprocess
import sys

import numpy as np
import pytest

from sympy_matlayout.__main__ import main

pytest.importorskip("lark")


def run(capsys, *arguments):
    status = main(list(arguments))
    out, err = capsys.readouterr()
    return status, out, err


RIGHT = [
    (["norm2(A*x - b)^2", "x"], "2*A.T*(A*x - b)"),
    (["x'*A*x + b'*x", "x"], "(A + A.T)*x + b"),
    (["x.T @ A @ x", "x"], "(A + A.T)*x"),
    ([r"\operatorname{tr}(A X^\top B)", "X"], "B*A"),
    ([r"\operatorname{tr}(A X^\top B)", "X", "--layout", "numerator"], "A.T*B.T"),
    (["A*X*B", "X", "--layout", "numerator", "--form", "vec"], "KroneckerProduct(B.T, A)"),
    (["x'*S*x", "x", "--symmetric", "S"], "2*S*x"),
    (["x'*S*x", "x", "--assume", "S=symmetric"], "2*S*x"),
    (["x'*S*x", "x", "--shapes", "S=symmetric"], "2*S*x"),
    (["x'*A*x", "--wrt", "x"], "(A + A.T)*x"),
    (["sum(x.^3)"], "3*x.**2"),
    (["x'*A*x", "x", "--hessian"], "A + A.T"),
    (["x'*A*x", "x", "--latex"], r"\left(A + A^{T}\right) x"),
    (["r = X*w - y; r'*r", "w"], "2*X.T*r\nwith r = X*w - y"),
    (["-x'*A*x", "x"], "-(A + A.T)*x"),
    (["x'*A*y", "x", "y"], "x: A*y\ny: A.T*x"),
    (["norm(A*z - b)^2", "z", "--shapes", "A=m,n,complex", "z=n,complex", "b=m,complex"],
     "2*A.H*(A*z - b)"),
    (["z'*S*z", "z", "--shapes", "S=n,n,complex", "z=n,complex"],
     "z: S.T*conjugate(z)\nconjugate(z): S*z"),
    (["logdet(eye(m) + H*Q*H')", "Q", "--shapes", "H=m,n,complex", "Q=hermitian"],
     "H.H*(H*Q*H.H + I)**(-1)*H"),
    (["z'*S*z", "z", "--hessian", "--shapes", "S=hermitian", "z=n,complex"],
     "Matrix([\n[S,   0],\n[0, S.T]])"),
    (["c*x'*x", "c", "--shapes", "x=3"], "Trace(x.T*x)"),
    (["x'*A*x", "x", "--output", "unicode"], "⎛     T⎞  \n⎝A + A ⎠⋅x"),
]


@pytest.mark.parametrize("arguments, wanted", RIGHT, ids=[" ".join(r[0]) for r in RIGHT])
def test_derivatives(capsys, arguments, wanted):
    status, out, err = run(capsys, *arguments)
    assert (status, out.rstrip("\n")) == (0, wanted)
    assert err.startswith("with ")
    assert run(capsys, *arguments, "--quiet") == (0, out, "")


WRONG = [
    (["tr(A*x)", "x"], "it would fit with x a scalar", "       ^^^"),
    (["A*x + ", "x"], "the text ends where something should follow", "         ^"),
    (["A*x", "z"], "z is no name in the expression; there are A, x", ""),
    (["A*x"], "by what? Name one of A, x", ""),
    (["3"], "nothing to differentiate by", ""),
    (["A*x", "x", "--shapes", "A"], "X=m,n is a matrix", ""),
    (["A*x", "x", "--assume", "A=tall"], "the facts are symmetric", ""),
    (["A*x", "x", "--file", "/nowhere/at/all"], "No such file", ""),
    (["A*x", "x", "--form", "vech"], "vech", ""),
    (["x'*A*x", "x", "--check", "2*A*"], "of the claim: the text ends", "        ^"),
]


@pytest.mark.parametrize("arguments, said, caret", WRONG, ids=[" ".join(r[0]) for r in WRONG])
def test_errors_go_to_the_standard_error(capsys, arguments, said, caret):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert said in err and caret in err


def test_checks(capsys):
    assert run(capsys, "x'*A*x + b'*x", "x", "--check", "(A + A')*x + b")[0] == 0
    status, out, _ = run(capsys, "x'*A*x + b'*x", "x", "--check", "2*A*x + b")
    assert status == 1 and "right if A is symmetric" in out
    status, out, _ = run(capsys, "x'*A*x", "x", "--check", "x'*(A + A')")
    assert status == 0 and out.startswith("right: numerator")
    assert run(capsys, "x'*A*x", "x", "--check", "2*A*x", "--assume", "A=symmetric")[0] == 0
    assert run(capsys, "-x'*x", "x", "--check", "-2*x")[0] == 0


def test_derivations(capsys):
    status, out, _ = run(capsys, "r = X*w - y; r'*r", "w", "--derivation")
    assert status == 0 and "[product rule; M&N 8.2" in out
    assert out.split("\n")[-2].startswith("∂L/∂w = 2*X.T*r  ")
    status, out, _ = run(capsys, "x'*A*x", "x", "--derivation", "--output", "latex")
    assert out.startswith(r"\begin{align")


@pytest.mark.parametrize("target", ["numpy", "jax", "torch", "julia", "matlab"])
def test_code(capsys, target):
    if target in ("jax", "torch"):
        pytest.importorskip(target)
    status, out, _ = run(capsys, "norm2(X*w - y)^2/2", "w", "--output", target)
    assert status == 0 and "value_and_gradient" in out
    if target == "numpy":
        scope = {}
        exec(out, scope)
        X, w, y = np.arange(6.0).reshape(2, 3), np.ones((3, 1)), np.array([[1.0], [2.0]])
        value, slope = scope["value_and_gradient"](X, w, y)
        assert value == pytest.approx(((X @ w - y)**2).sum()/2)
        assert slope == pytest.approx(X.T @ (X @ w - y))


def test_code_of_definitions_and_hessians(capsys):
    _, out, _ = run(capsys, "r = X*w - y; r'*r", "w", "--output", "numpy", "--hessian")
    scope = {}
    exec(out, scope)
    X, w, y = np.arange(6.0).reshape(2, 3), np.ones((3, 1)), np.array([[1.0], [2.0]])
    assert scope["value_and_hessian"](X, w, y)[1] == pytest.approx(2*X.T @ X)
    _, out, _ = run(capsys, "r = X*w - y; r'*r", "w", "--output", "numpy")
    exec(out, scope)
    assert scope["value_and_gradient"](X, w, y)[1] == pytest.approx(2*X.T @ (X @ w - y))


def test_output_for_sympy_is_read_back(capsys):
    from sympy_matlayout import names
    _, out, _ = run(capsys, "x'*A*x", "x", "--output", "sympy")
    assert str(eval(out, vars(names))) == "(A + A.T)*x"


def test_a_file_has_an_expression_a_line(capsys, tmp_path, monkeypatch):
    file = tmp_path/"lines.txt"
    file.write_text("x'*A*x\n# a remark\n\nx'*A*\nnorm2(x)^2\n")
    status, out, err = run(capsys, "--file", str(file), "--wrt", "x")
    assert status == 1
    assert out.split("\n") == ["(A + A.T)*x", "", "2*x", ""]
    assert err.startswith("line 4: the text ends") and "x'*A*\n" in err
    monkeypatch.setattr(sys, "stdin", io.StringIO("x'*A*x\nc*x'*x\n"))
    assert run(capsys, "--file", "-", "--wrt", "x") == (0, "(A + A.T)*x\n2*c*x\n", "")


def test_progress_is_shown_on_a_terminal(capsys, tmp_path, monkeypatch):
    file = tmp_path/"lines.txt"
    file.write_text("x'*x\n"*30)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    status, out, err = run(capsys, "--file", str(file), "--wrt", "x")
    assert status == 0 and out == "2*x\n"*30
    assert err.endswith("] 30/30\n") and err.count("\r") == 30


def test_help_and_version(capsys):
    for arguments, wanted in ((["--help"], "examples:"), (["--version"], "matlayout 0.")):
        with pytest.raises(SystemExit) as exited:
            main(arguments)
        assert exited.value.code == 0 and wanted in capsys.readouterr().out
    with pytest.raises(SystemExit) as exited:
        main(["x", "x", "--layout", "sideways"])
    assert exited.value.code == 2 and "invalid choice" in capsys.readouterr().err


def test_without_lark_it_says_what_to_install(capsys, monkeypatch):
    from sympy_matlayout import clear_caches
    clear_caches()
    monkeypatch.setitem(sys.modules, "lark", None)
    status, _, err = run(capsys, "x'*x", "x")
    assert status == 2 and "pip install 'sympy-matlayout[text]'" in err
    monkeypatch.setitem(sys.modules, "shtab", None)
    status, _, err = run(capsys, "--print-completion", "bash")
    assert status == 2 and "pip install shtab" in err


def test_as_a_module():
    done = subprocess.run([sys.executable, "-m", "sympy_matlayout", "x'*A*x", "x"],
                          capture_output=True, text=True, check=True)
    assert done.stdout == "(A + A.T)*x\n"
