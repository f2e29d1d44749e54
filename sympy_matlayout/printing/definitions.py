"""Results with names for parts of them: ``h*x.T``, and below it ``with h = tanh.(W*x)``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy.core.basic import Basic
from sympy.printing.pretty.stringpict import prettyForm

from ..core.registry import declares
from ..nodes.printable import joined
from ..simplify.subexpressions import common_subexpressions

__all__ = ["latex_with_definitions", "picture_with_definitions", "text_with_definitions"]

Print = Callable[[Any], Any]
Definitions = Sequence[tuple[Any, Any]]  # a name, and what it stands for


def text_with_definitions(written: Print, results: Sequence[Any], definitions: Definitions) -> str:
    lines = list(map(written, results))
    for k, (name, value) in enumerate(definitions):
        lines.append(("     " if k else "with ") + f"{written(name)} = {written(value)}")
    return "\n".join(lines)


def latex_with_definitions(written: Print, results: Sequence[Any], definitions: Definitions) -> str:
    rows = [rf"& {written(result)}" for result in results]
    for k, (name, value) in enumerate(definitions):
        word = r"\quad " if k else r"\text{with}\quad "
        rows.append(rf"& {word}{written(name)} = {written(value)}")
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def picture_with_definitions(written: Print, results: Sequence[Any],
                             definitions: Definitions) -> prettyForm:
    pictures = list(map(written, results))
    for k, (name, value) in enumerate(definitions):
        row = joined(prettyForm("     " if k else "with ").right(written(name)))
        pictures.append(joined(row.right(" = ", written(value))))
    rows = [line for picture in pictures for line in picture.picture]
    width = max(map(len, rows))
    return prettyForm("\n".join(line.ljust(width) for line in rows))


IN_LINES = {"str": text_with_definitions, "latex": latex_with_definitions,
            "pretty": picture_with_definitions}


@declares("abbreviated", Basic)
def abbreviated(aspect: str, printer: Any, expr: Basic) -> Any:
    """The graph of an expression: what occurs more than once has a name; None if nothing does."""
    definitions, results = common_subexpressions(expr)
    if not definitions:
        return None
    lines = IN_LINES[aspect](printer._print, results, definitions)
    if printer._print_level == 1:
        return lines
    if aspect == "str":
        first, *rest = (line.strip() for line in lines.split("\n"))
        return f"({first} {', '.join(rest)})"
    return rf"\left({lines}\right)" if aspect == "latex" else joined(lines.parens())
