"""Pictures of the layouts: where each partial derivative stands, as the library puts it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sympy import ImmutableDenseMatrix, MatrixSymbol, Trace

from sympy_matlayout import matrix_derivative

STATIC = Path(__file__).parent/"_static"
CELL, GAP = 62, 34

x, X = MatrixSymbol("x", 3, 1), MatrixSymbol("X", 2, 3)
a, A = MatrixSymbol("a", 3, 1), MatrixSymbol("A", 2, 3)
F = MatrixSymbol("F", 2, 3)

# equation of the source document, title, derivative, and how an entry of it is called
PICTURES = [
    ("(5)", "f by x, numerator", Trace(a.T*x), x, "numerator", "matrix"),
    ("(6)", "f by x, denominator", Trace(a.T*x), x, "denominator", "matrix"),
    ("(9)", "f by X, numerator", Trace(A.T*X), X, "numerator", "matrix"),
    ("(11)", "f by X, denominator", Trace(A.T*X), X, "denominator", "matrix"),
    ("(8)", "f by X, numerator, vec", Trace(A.T*X), X, "numerator", "vec"),
    ("(10)", "f by X, denominator, vec", Trace(A.T*X), X, "denominator", "vec"),
    ("(13)", "y by x, numerator", F*x, x, "numerator", "matrix"),
    ("(14)", "y by x, denominator", F*x, x, "denominator", "matrix"),
]


def partials(function: Any, variable: Any, layout: str, form: str) -> ImmutableDenseMatrix:
    """The derivative of a linear function, whose entries are its coefficients."""
    return matrix_derivative(function, variable, layout=layout, form=form).as_explicit()


def _label(entry: Any) -> tuple[str, str]:
    """A coefficient as the partial derivative that it is."""
    matrix, i, j = entry.args
    row, col = int(i) + 1, int(j) + 1
    above = {"a": "∂f", "A": "∂f", "F": f"∂y{_low(row)}"}[str(matrix)]
    below = {"a": f"∂x{_low(row)}", "A": f"∂x{_low(row)}{_low(col)}", "F": f"∂x{_low(col)}"}
    return above, below[str(matrix)]


def _low(number: int) -> str:
    return "₀₁₂₃₄₅₆₇₈₉"[number]


def picture(number: str, title: str, *asked: Any) -> tuple[str, int, int]:
    """One layout as SVG, with its width and height."""
    D = partials(*asked)
    parts = [f'<text x="0" y="16" class="title">{number} {title}, {D.rows}×{D.cols}</text>']
    for r in range(D.rows):
        for s in range(D.cols):
            above, below = _label(D[r, s])
            left, top = s*CELL, 26 + r*CELL
            middle = left + CELL/2
            parts += [
                f'<rect x="{left}" y="{top}" width="{CELL - 4}" height="{CELL - 4}" rx="4"/>',
                f'<text x="{middle - 2}" y="{top + 25}" class="entry">{above}</text>',
                f'<line x1="{left + 12}" x2="{left + CELL - 16}" y1="{top + 31}" y2="{top + 31}"/>',
                f'<text x="{middle - 2}" y="{top + 47}" class="entry">{below}</text>']
    return "".join(parts), max(D.cols*CELL, 9*len(title)), 26 + D.rows*CELL


STYLE = """<style>
rect { fill: #eef3fb; stroke: #6b8fc9 } line { stroke: #223 }
text { font-family: sans-serif; fill: #223 } .title { font-size: 14px; font-weight: 600 }
.entry { font-size: 14px; text-anchor: middle }
</style>"""


def drawn() -> str:
    """All layouts, two in a row: numerator on the left, denominator on the right."""
    body, top = "", 0
    for k in range(0, len(PICTURES), 2):
        left, right = (picture(*p) for p in PICTURES[k:k + 2])
        body += f'<g transform="translate(0 {top})">{left[0]}</g>'
        body += f'<g transform="translate(430 {top})">{right[0]}</g>'
        top += max(left[2], right[2]) + GAP
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-6 -6 830 {top}" '
            f'width="830" role="img">{STYLE}{body}</svg>')


def write() -> None:
    STATIC.mkdir(exist_ok=True)
    (STATIC/"layouts.svg").write_text(drawn(), encoding="utf-8")


if __name__ == "__main__":
    write()
