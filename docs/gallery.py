"""Writes the page of the gallery from ``objectives.txt``: each objective with its derivatives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sympy
from sympy import Abs, Function, Identity, Lambda, MatrixSymbol, Q, Sum, Symbol, Trace, symbols
from sympy.matrices.expressions import HadamardPower, HadamardProduct, OneMatrix

import sympy_matlayout as library
from sympy_matlayout.nodes.printable import all_printable

HERE = Path(__file__).parent
INTRODUCTION = """\
Objectives of papers and textbooks, their derivatives, and how these are derived.  What is said to
be symmetric is used; vectors are columns, and gradients have the shape of the variable."""

m, n, p, k = symbols("m n p k", integer=True, positive=True)
z = Symbol("z", real=True)
SHAPES = {
    "A B C D S Sigma Lambda": (n, n), "x w c mu a r": (n, 1), "y b s": (m, 1), "l": (k, 1),
    "d": (n, 1), "X R L M": (m, n), "Y U": (m, k), "W": (n, k), "V": (k, n), "Q": (m, p),
    "K F": (n, p), "T": (p, n), "P": (p, p), "Z": (m, p), "E": (p, n), "E_": (p, n),
    "Omega J": (m, m),
}


def each(body: Any, matrix: Any) -> Any:
    """A function of z, of every entry."""
    return matrix.applyfunc(Lambda(z, body))


def total(matrix: Any) -> Any:
    """The sum of all entries."""
    rows, cols = matrix.shape
    return Trace(OneMatrix(1, rows)*matrix*OneMatrix(cols, 1))


NAMES: dict[str, Any] = {
    **vars(sympy), **vars(library), "HadamardProduct": HadamardProduct, "Abs": Abs,
    "HadamardPower": HadamardPower, "Sum": Sum, "OneMatrix": OneMatrix,
    **{name: MatrixSymbol(name.strip("_"), *shape)
       for names, shape in SHAPES.items() for name in names.split()},
    **{name: Symbol(name, positive=True)
       for name in ["lamda", "nu", "rho", "sigma", "tau", "epsilon", "delta", "kappa", "theta"]},
    "m": m, "n": n, "p": p, "k": k, "z": z, "each": each, "total": total, "h": Function("h"),
    "i": Symbol("i", integer=True), "j": Symbol("j", integer=True), "I": Identity(n),
    "one": lambda size: OneMatrix(size, 1),
    "kernel": lambda theta: library.MatrixFunction("K", n, n)(theta),
}


def objectives() -> list[tuple[str, str, Any, Any, bool, Any]]:
    """The lines of ``objectives.txt``, with expressions in the place of text."""
    found = []
    for line in (HERE/"objectives.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            section, name, function, variable, *more = (c.strip() for c in line.split("|"))
            flag, facts = [*more, "", ""][:2]
            f, by = (eval(text, NAMES) for text in (function, variable))
            known = eval(facts, {**NAMES, "Q": Q}) if facts else True
            found.append((section, name, f, by, "H" in flag, known))
    return found


def page() -> str:
    """The gallery in Markdown."""
    lines = ["# Gallery", "", INTRODUCTION, ""]
    before = None
    for section, name, f, by, wants_hessian, known in objectives():
        if section != before:
            lines += [f"## {section}", ""]
        before = section
        lines += [f"### {name[0].upper() + name[1:]}", "", *_shown(f, by, wants_hessian, known), ""]
    return "\n".join(lines)


def _shown(f: Any, by: Any, wants_hessian: bool, known: Any) -> list[str]:
    written, variable = library.latex(all_printable([f])[0]), library.latex(by)
    G = library.gradient(f, by, assumptions=known)
    rows = [rf"f\left({variable}\right) &= {written}",
            rf"\nabla_{{{variable}}} f &= {library.latex(G)}"]
    if wants_hessian:
        H = library.hessian(f, by, assumptions=known)
        rows.append(rf"\nabla^2_{{{variable}}} f &= {library.latex(H)}")
    steps = library.derivation(f, by, assumptions=known, name="f")
    return ["$$", r"\begin{aligned}", " \\\\\n".join(rows), r"\end{aligned}", "$$", "",
            ":::{dropdown} derivation", "$$", library.latex(steps), "$$", ":::"]


if __name__ == "__main__":
    print(page())
