"""Every formula of the source documents in both layouts, each checked by numbers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import mpmath
from mpmath import mp
from sympy.core.basic import Basic
from sympy.matrices.expressions import Transpose

from .derivatives.derivative import matrix_derivative
from .formulas import FORMULAS, KNOWN, SIZES, Formula
from .nodes.printable import all_printable
from .numeric import Partials, evaluate, example_values
from .numeric.definition import near
from .printing.lines import broken
from .printing.printers import latex

__all__ = ["LAYOUTS", "print_table"]

TOLERANCE = mpmath.mpf(10)**-28
SECTIONS = {
    "000": "Document 000: scalars by vectors and matrices, from the definition",
    "001": "Document 001: gradients by vectors, a chain rule",
    "002": "Document 002: the layouts",
    "003": "Document 003: differentials, the trace method, product and chain rules",
}
LAYOUTS = ("denominator", "numerator")
WIDEST = 120  # a table wider than this is hard to read, however wide the terminal


def known(expr: Basic) -> Basic:
    """The expression with the functions that a document leaves open put in."""
    changed = expr
    for f, g in KNOWN.items():
        changed = changed.replace(f, g)
    return expr if changed == expr else changed.doit()


def verdict(formula: Formula) -> str:
    """What is wrong with our derivative of a formula, or an empty string."""
    X = formula.variable
    symbol = X.arg if isinstance(X, Transpose) else X
    values = example_values([formula.function, X, formula.denominator], SIZES)
    partials = Partials(known(formula.function), symbol, values, transposed=symbol != X)
    form = partials.forms[0]
    for layout in LAYOUTS:
        ours = evaluate(known(matrix_derivative(formula.function, X, layout=layout)), values)
        if not near(ours, partials.arranged(layout, form), TOLERANCE):
            return f"{layout} layout differs from the definition"
    stated = evaluate(known(formula.denominator), values)
    if not near(stated, partials.arranged("denominator", form), TOLERANCE):
        return "the document's result differs from the definition"
    return ""


@dataclass(frozen=True)
class Row:
    """A formula with its derivative, and what is wrong with it if anything is."""

    formula: Formula
    derivative: Basic
    fault: str

    def cells(self, write: Any) -> list[str]:
        parts = self.formula.function, self.formula.variable, self.derivative
        return [self.formula.number, *map(write, parts), self.fault or "ok"]


def rows(layout: str) -> Iterator[tuple[str, list[Row]]]:
    """The sections with their rows, the derivatives in one of the layouts."""
    with mp.workdps(50):
        for document, formulas in groupby(FORMULAS, key=lambda f: f.document):
            yield document, [
                Row(f, matrix_derivative(f.function, f.variable, layout=layout), verdict(f))
                for f in formulas]


def show(expr: Basic) -> str:
    """The expression on one line, as results are written."""
    return str(all_printable([expr])[0])


def table(section: Sequence[Row], width: int) -> Iterator[str]:
    """A section as lines of a terminal, long entries broken at operators."""
    cells = [row.cells(show) for row in section]
    first = max(len(c[0]) for c in cells)
    by = max(len(c[2]) for c in cells)
    room = width - first - by - 2 - 4*2  # for the function and its derivative
    left = min(max(len(c[1]) for c in cells), 2*room//5)
    right = min(max(len(c[3]) for c in cells), room - left)
    for name, function, variable, derivative, check in cells:
        functions, derivatives = broken(function, left), broken(derivative, right)
        for k in range(max(len(functions), len(derivatives))):
            line = [name, functions, variable, derivatives, check] if k == 0 else \
                ["", functions, "", derivatives, ""]
            texts = [e if isinstance(e, str) else e[k] if k < len(e) else "" for e in line]
            padded = [t.ljust(w) for t, w in zip(texts, (first, left, by, right, 2), strict=True)]
            yield "  ".join(padded).rstrip()


def markdown(section: Sequence[Row]) -> Iterator[str]:
    """A section as a table of Markdown with formulas in LaTeX."""
    yield "| formula | function | by | derivative | check |"
    yield "|---|---|---|---|---|"
    for row in section:
        name, *formulas, check = row.cells(latex)
        safe = (f.replace(r"\left|", r"\left\vert ").replace(r"\right|", r"\right\vert ")
                .replace("|", r"\vert ") for f in formulas)
        cells = [name.replace("|", r"\|"), *(f"${f}$" for f in safe), check]
        yield f"| {' | '.join(cells)} |"


def aligned(section: Sequence[Row]) -> Iterator[str]:
    """A section as equations of LaTeX."""
    yield r"\begin{align*}"
    for row in section:
        _, function, variable, derivative, _ = row.cells(latex)
        yield rf"\frac{{\partial}}{{\partial {variable}}}\left({function}\right) &= {derivative} \\"
    yield r"\end{align*}"


def print_table(layout: str, form: str) -> int:
    """All sections, as ``"text"``, ``"latex"`` or ``"markdown"``; how many formulas are wrong."""
    width = min(shutil.get_terminal_size((WIDEST, 0)).columns, WIDEST)
    count, failed = 0, 0
    for document, section in rows(layout):
        title = SECTIONS[document]
        count += len(section)
        failed += sum(bool(row.fault) for row in section)
        if form == "markdown":
            lines = [f"## {title}", "", *markdown(section)]
        elif form == "latex":
            lines = [f"% {title}", *aligned(section)]
        else:
            lines = [title, "-"*len(title), *table(section, width)]
        print("\n".join(lines), end="\n\n")
    comment = "% " if form == "latex" else ""
    print(f"{comment}{count - failed} of {count} formulas agree with the definition "
          "in both layouts, to 28 digits")
    return failed
