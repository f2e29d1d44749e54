"""Every formula of the source documents in both layouts, each checked by numbers."""

from __future__ import annotations

import sys

import mpmath
from mpmath import mp
from sympy import Dummy, Symbol
from sympy.core.basic import Basic
from sympy.matrices.expressions import Transpose

from . import matrix_derivative
from .formulas import FORMULAS, KNOWN, SIZES, Formula
from .numeric import Partials, evaluate, example_values
from .numeric.definition import near

TOLERANCE = mpmath.mpf(10)**-28


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
    for layout in ("denominator", "numerator"):
        ours = evaluate(known(matrix_derivative(formula.function, X, layout=layout)), values)
        if not near(ours, partials.arranged(layout, form), TOLERANCE):
            return f"{layout} layout differs from the definition"
    stated = evaluate(known(formula.denominator), values)
    if not near(stated, partials.arranged("denominator", form), TOLERANCE):
        return "the document's result differs from the definition"
    return ""


def main() -> int:
    columns = ("formula", "function", "by", "denominator layout", "numerator layout", "check")
    rows: list[tuple[str, ...]] = [columns]
    with mp.workdps(50):
        for formula in FORMULAS:
            derivatives = [matrix_derivative(formula.function, formula.variable, layout=layout)
                           for layout in ("denominator", "numerator")]
            rows.append((formula.name, *map(show, (formula.function, formula.variable)),
                         *map(show, derivatives), verdict(formula) or "ok"))
    widths = [max(len(row[k]) for row in rows) for k in range(len(columns))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())
    failed = [row for row in rows[1:] if row[-1] != "ok"]
    print(f"\n{len(rows) - 1 - len(failed)} of {len(rows) - 1} formulas agree with the definition "
          "in both layouts, to 28 digits")
    return 1 if failed else 0


def show(expr: Basic) -> str:
    """The expression on one line, bound symbols under plain names."""
    text = str(expr.xreplace({d: Symbol(d.name) for d in expr.atoms(Dummy)}))
    return " ".join(text.split())


if __name__ == "__main__":
    sys.exit(main())
