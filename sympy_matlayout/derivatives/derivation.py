"""
The trace method written out, step by step, or layer by layer where the steps would be long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count
from typing import Any

from sympy import Basic, MatrixSymbol, Symbol
from sympy.core.function import AppliedUndef
from sympy.printing.pretty.stringpict import prettyForm
from sympy.printing.str import StrPrinter

from ..core import limits
from ..core.errors import VariableError, reporting_bugs
from ..core.given import as_name
from ..core.shapes import is_matrix, shape
from ..layouts.layout import Layout
from ..linear_maps.law import Law
from ..nodes.printable import all_printable, joined
from ..printing.lines import broken, broken_latex
from ..printing.printers import latex
from ..reading.read import sympified
from ..simplify.cost import nodes
from ..simplify.subexpressions import common_subexpressions, free_names
from .layers import has_layers, in_layers
from .problem import Problem
from .steps import NAMED, Step, parts_of, written_out

__all__ = ["Derivation", "Step", "derivation"]

# characters of a right side before it is broken, as many as a page has room for
PAGE = 72


@dataclass(frozen=True)
class Derivation:
    """
    A derivative with the steps that lead to it.

    Explanation
    ===========

    Iterates over its ``steps``; each has ``left``, ``right``, ``equation``,
    ``rule``, ``source`` and ``law``, whose ``statement`` says what the rule
    is.  ``result`` is the derivative.  Prints as text, with ``pprint`` and
    ``latex``, and as aligned equations in a notebook.
    """

    steps: tuple[Step, ...]

    @property
    def result(self) -> Basic:
        """The derivative, the right side of the last step."""
        return self.steps[-1].right

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, k):
        return self.steps[k]

    @cached_property
    def _shown(self) -> Sequence[Step]:
        """The steps as they are printed, with names for parts where they are long."""
        steps = [replace(step, right=step.shown) for step in self.steps]
        seen: dict[Any, Step] = {}
        for step in steps:  # once, where it is shown in its parts
            seen.setdefault((step.left, step.right), step)
        steps = list(seen.values())
        if sum(nodes(step.right) for step in steps) <= limits.PRINTED_NODES:
            return steps
        have_parts = any(step.law == NAMED for step in steps)
        long = [k for k, step in enumerate(steps)
                if not have_parts or nodes(step.right) > limits.WHOLE_NODES]
        names = free_names(parts_of(*(side for s in steps for side in (s.left, s.right))))
        definitions, short = common_subexpressions(
            [steps[k].right for k in long], map(Symbol, names))
        for k, right in zip(long, short, strict=True):
            steps[k] = replace(steps[k], right=right)
        return [*steps, *(Step(name, value, NAMED) for name, value in definitions)]

    def __str__(self) -> str:
        steps = self._shown
        printer = StrPrinter()  # one for all, which remembers what it has written
        lefts = ["" if a is None else printer.doprint(a) for a in _lefts(steps)]
        rights = [broken(printer.doprint(s.right), PAGE) for s in steps]
        wide, long = max(map(len, lefts)), max(len(line) for r in rights for line in r)
        rows = []
        for left, right, step in zip(lefts, rights, steps, strict=True):
            heads = [f"{left.rjust(wide)} = ", *[" "*(wide + 5)]*(len(right) - 1)]
            lines = [head + line for head, line in zip(heads, right, strict=True)]
            rows += [*lines[:-1], f"{lines[-1].ljust(wide + 3 + long)}   [{_comment(step.law)}]"]
        return "\n".join(rows)

    __repr__ = __str__

    def _latex(self, printer) -> str:
        printer.names_traces = True  # the trace is what the steps are about
        rows = []
        steps = self._shown
        for left, step in zip(_lefts(steps), steps, strict=True):
            a = "" if left is None else printer._print(left)
            comment = step.law.name.replace("&", r"\&").replace("_", r"\_")
            first, *others = broken_latex(printer._print(step.right), PAGE)
            lines = [f"{a} &= {first}", *(rf"&\quad {line}" for line in others)]
            rows += [*lines[:-1], rf"{lines[-1]} && \text{{{comment}}}"]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {latex(self)}$"

    def _pretty(self, printer):
        steps = self._shown
        lefts = [None if a is None else printer._print(a) for a in _lefts(steps)]
        wide = max(0 if a is None else a.width() for a in lefts)
        rows: list[str] = []
        for left, step in zip(lefts, steps, strict=True):
            left = left if left is not None else prettyForm("")
            padded = joined(left.left(" "*(wide - left.width())))
            row = joined(padded.right(" = ", printer._print(step.right)))
            row = joined(row.right(f"   [{step.law.name}]"))
            rows += ["", *row.picture] if rows else row.picture
        width = max(map(len, rows))
        return prettyForm("\n".join(line.ljust(width) for line in rows))


def _lefts(steps: Sequence[Step]) -> list[Basic | None]:
    """The left sides, none where it is that of the step before."""
    before = [None, *(s.left for s in steps)]
    return [None if s.left == b else s.left for s, b in zip(steps, before, strict=False)]


def _comment(law: Law) -> str:
    return "; ".join(filter(None, (law.name, law.source)))


@reporting_bugs
def derivation(expr: Any, X: Any, *, layout: Layout | str | None = None,
               name: str | Symbol | None = None,
               where: Mapping[Basic, Any] | None = None, structure: Any = None,
               assumptions: Any = True) -> Derivation:
    r"""
    The derivative as a person would work it out, with every step named.

    Explanation
    ===========

    For a scalar: the differential by the rules of the textbooks, then the
    properties of the trace until `\mathrm{d}L = \mathrm{tr}(G^T\mathrm{d}X)`
    shows the gradient.  For a matrix or vector: the differential, then the
    rules of vec until `\mathrm{vec}(\mathrm{d}F) = J\,\mathrm{vec}(\mathrm{d}X)`.
    The steps are what the engine does: its graph, unfolded from outside, and
    its reverse sweep.

    A scalar function whose steps would be too long to print goes layer by layer:
    its parts get names, each has its differential, and `\bar{x} = \partial L/\partial x`
    goes from the last part to the first.  ``result`` is in the variables given, as always;
    ``shown`` of a step is what is printed in the place of a long right side.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import derivation
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> a, b, X = MatrixSymbol('a', m, 1), MatrixSymbol('b', n, 1), MatrixSymbol('X', m, n)
    >>> for step in derivation(a.T*X*b, X):
    ...     print(step, '|', step.rule)
    L = a.T*X*b | given
    L = Trace(a.T*X*b) | a scalar is its own trace
    dL = Trace(d(a.T*X*b)) | trace rule
    dL = Trace(a.T*dX*b) | constant factors
    dL = Trace(b*a.T*dX) | cyclic property
    ∂L/∂X = a*b.T | first identification theorem

    Parameters
    ==========

    expr : a scalar or matrix expression
    X : a MatrixSymbol, the transpose of one, or a Symbol
    layout : of the result, as in ``matrix_derivative``
    name : what to call the function; by default `L` for scalars, `F` for others
    where : definitions of intermediate variables, which stay in the result
    structure, assumptions : as for ``matrix_derivative``; a structured X ends in the
        projection

    See Also
    ========

    sympy_matlayout.derivatives.differential, sympy_matlayout.matrix_derivative

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., part 3
    .. [2] A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., chapter 3
    """
    problem = Problem.read(expr, (X,), where, structure, assumptions)
    (variable,) = problem.variables
    of = _named(name, problem.function, problem.definitions, variable.symbol)
    graph = problem.graph()
    asked = of, sympified(expr), problem, graph, Layout.of(layout)
    if has_layers(problem, graph):
        steps = _short_enough(written_out(*asked)) or list(in_layers(*asked))
    else:
        steps = list(written_out(*asked))
    sides = all_printable(problem.all_renamed(chain.from_iterable(
        (step.left, step.right, step.shown) for step in steps)))
    return Derivation(tuple(
        Step(left, right, step.law, None if step.in_parts is None else shown)
        for step, left, right, shown in zip(
            steps, sides[::3], sides[1::3], sides[2::3], strict=True)))


def _short_enough(steps: Iterator[Step]) -> list[Step] | None:
    """The steps, unless they are together too long to print."""
    found, length = [], 0
    for step in steps:
        length += nodes(step.right)
        if length > limits.PRINTED_NODES:
            return None
        found.append(step)
    return found


def _named(name: str | Symbol | None, function: Basic, definitions: Mapping[Basic, Basic],
           variable: Basic) -> Basic:
    """L or F, or the first letter after it that is not in use."""
    holders = (function, variable, *definitions, *definitions.values())
    parts = parts_of(*holders)
    taken = {getattr(a, "name", None) for a in parts} | {
        a.func.__name__ for a in parts if isinstance(a, AppliedUndef)}
    if name is not None:
        name = as_name(name, "the name of the function").name
    if name is not None and name in taken:
        raise VariableError(f"the name {name} is that of a symbol in the expression; "
                            "give the function another")
    letters = "FGHPQRSTUVWY" if is_matrix(function) else "LfghJQ"
    free = (k for k in chain(letters, map("f_{}".format, count())) if k not in taken)
    letter = name or next(free)
    return MatrixSymbol(letter, *shape(function)) if is_matrix(function) else Symbol(letter)
