"""
The trace method written out, step by step.

The differential rules are the graph of the function, unfolded from the
outermost operation inwards; the trace properties are the reverse sweep over
the graph of dL, and the vec rules are the same sweep for a matrix dF.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count
from typing import Any

from sympy import (
    Add,
    Basic,
    Dummy,
    Eq,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Mul,
    S,
    Sum,
    Symbol,
    Trace,
    Transpose,
    sstr,
)
from sympy.core.function import AppliedUndef
from sympy.printing.pretty.stringpict import prettyForm
from sympy.printing.str import StrPrinter

from ..core import limits
from ..core.errors import VariableError, reporting_bugs
from ..core.given import as_name
from ..core.shapes import is_matrix, is_scalar_shape, shape
from ..layouts.layout import Layout
from ..linear_maps.composition import (
    Composition,
    Total,
    compose,
    identity,
    is_identity,
    sum_values,
    total,
)
from ..linear_maps.graph import Graph
from ..linear_maps.law import Law
from ..linear_maps.maps import LinearMap, cancelled
from ..nodes.differential_symbols import Differential
from ..nodes.partial import Partial
from ..nodes.printable import all_printable, joined
from ..nodes.traversal import postorder, replaced
from ..nodes.undefined_functions import FunctionValue
from ..printing.lines import broken, broken_latex
from ..printing.printers import latex
from ..reading.read import read, sympified
from ..rules import local_differentials
from ..rules.table import law_of
from ..simplify import constructors as c
from ..simplify.canonical_form import canonical_form
from ..simplify.cost import nodes
from ..simplify.subexpressions import common_subexpressions
from ..structures.variable import Variable
from .derivative import arranged
from .problem import Problem

__all__ = ["Derivation", "Step", "derivation"]

GIVEN = Law("given")
SCALAR = Law("a scalar is its own trace", "x'Ax = tr(x'Ax)", "M&N 1.10")
READ = Law("in matrix notation", "", "document 003")
DIFFERENTIAL = Law("differential of both sides")
COLLECTED = Law("linearity", "tr A + tr B = tr(A + B)", "M&N 1.10")
SUMMED = Law("linearity", "(A + B) vec dX = A vec dX + B vec dX")
VEC = Law("vec of both sides", "", "M&N 2.4")
IDENTIFIED = Law("first identification theorem", "dL = tr(G' dX) if and only if ∂L/∂X = G",
                 "M&N theorem 5.11; document 003")
IDENTIFIED_SCALAR = Law("derivative by a scalar", "dF = D dt if and only if ∂F/∂t = D", "M&N 5.4")
PROJECTED = Law("first identification theorem, projected on the structure of dX",
                "tr(G'dX) = tr(P(G)'dX)", "M&N theorem 5.11; Srinivasan & Panda 2019")
FACTORED = Law("canonical form", "like terms and common factors collected")
IDENTIFIED_VEC = Law("first identification theorem", "vec dF = J vec dX if and only if "
                     "∂vec(F)/∂vec'(X) = J", "M&N theorem 5.11")
TRANSPOSE = Law("transpose of both sides")
REWRITTEN = Law("rewritten")
NAMED = Law("a name for a part")
TRANSPOSED = Law("the other layout is the transpose", "", "document 002")
BY_TRANSPOSE = Law("by the transpose of the variable", "", "document 000 (34)")

# characters of a right side before it is broken, as many as a page has room for
PAGE = 72


@dataclass(frozen=True)
class Step:
    """One equation of a derivation, and the law that gives it."""

    left: Basic
    right: Basic
    law: Law

    @property
    def equation(self) -> Any:
        """The step as SymPy's equation, unevaluated."""
        return Eq(self.left, self.right, evaluate=False)

    @property
    def rule(self) -> str:
        """The law's name."""
        return self.law.name

    @property
    def source(self) -> str:
        """Where a textbook has the law."""
        return self.law.source

    def __str__(self) -> str:
        return f"{sstr(self.left)} = {sstr(self.right)}"

    def _latex(self, printer) -> str:
        printer.names_traces = True  # the trace is what the steps are about
        return f"{printer._print(self.left)} = {printer._print(self.right)}"

    def _pretty(self, printer):
        return prettyForm(*printer._print(self.left).right(" = ", printer._print(self.right)))


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
        """The steps, where they are long with names for their parts, each of which follows."""
        rights = [step.right for step in self.steps]
        if sum(map(nodes, rights)) <= limits.PRINTED_NODES:
            return self.steps
        definitions, short = common_subexpressions(rights)
        return [*(replace(step, right=right)
                  for step, right in zip(self.steps, short, strict=True)),
                *(Step(name, value, NAMED) for name, value in definitions)]

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
    """
    problem = Problem.read(expr, (X,), where, structure, assumptions)
    (variable,), graph = problem.variables, problem.graph()
    of = _named(name, problem.function, problem.definitions, variable.symbol)
    steps = [*_statement(of, sympified(expr), problem),
             *_differential(of, graph)]
    steps += _identified(of, steps[-1].right, graph, variable, Layout.of(layout))
    named = [replace(step, left=left, right=right) for step, left, right in zip(
        steps, problem.all_renamed(step.left for step in steps),
        problem.all_renamed(step.right for step in steps), strict=True)]
    all_printable(side for step in named for side in (step.left, step.right))
    return Derivation(tuple(named))


def _named(name: str | Symbol | None, function: Basic, definitions: Mapping[Basic, Basic],
           variable: Basic) -> Basic:
    """L or F, or the first letter after it that is not in use."""
    holders = (function, variable, *definitions, *definitions.values())
    parts = _parts(*holders)
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


def _parts(*exprs: Basic) -> list[Basic]:
    """All that expressions hold, each once."""
    return list(postorder(exprs, lambda e: e.args))


def _statement(of: Basic, given: Any, problem: Problem) -> Iterator[Step]:
    function, definitions = problem.function, problem.definitions
    yield Step(of, given, GIVEN)
    if not _looks_like(problem.renamed(function), given):
        before, after = _parts(given), _parts(function)
        scalars = any(is_matrix(a) and is_scalar_shape(shape(a)) for a in before)
        sums = [any(isinstance(a, Sum) for a in parts) for parts in (before, after)]
        yield Step(of, function, SCALAR if scalars and any(isinstance(a, Trace) for a in after) else
                   READ if sums == [True, False] else REWRITTEN)
    for symbol, definition in definitions.items():
        yield Step(symbol, definition, Law(f"definition of {symbol}"))


# --- from the outermost operation inwards -----------------------------------------------


def _differential(of: Basic, graph: Graph) -> Iterator[Step]:
    """dF by one rule after the other, d(part) standing for what is not worked out yet."""
    left = Differential(of)
    if graph.root not in graph.edges:
        yield Step(left, graph.tangent({}), Law("constant", "d of a constant is 0", "M&N 8.2"))
        return
    right = Differential(graph.root)
    if graph.root in graph.variables:
        yield Step(left, right, DIFFERENTIAL)
    for law, wave in _in_waves(graph, lambda node: _law_at(node, graph)):
        values = {Differential(node): sum_values([
            m.apply(Differential(child)) for child, m in graph.edges[node]]) for node in wave}
        before, right = right, read(cancelled(*replaced([right], values)))
        if not _looks_like(right, before):
            yield Step(left, right, law)


def _looks_like(a: Basic, b: Basic) -> bool:
    """Equal to a reader, whatever bound symbols and f(X) as a scalar are inside."""
    if a == b:
        return True
    numbers: dict[Any, int] = {}
    return _number(a, numbers) == _number(b, numbers)


def _number(expr: Basic, numbers: dict[Any, int]) -> int:
    """A number for what an expression looks like; each node is looked at once, and not printed."""
    found: dict[Basic, int] = {}
    names: dict[Basic, int] = {}
    for node in postorder([expr], lambda e: e.args):
        inside = [found[a] for a in node.args]
        if isinstance(node, FunctionValue):
            found[node] = inside[0]
            continue
        if isinstance(node, Dummy):
            key: Any = ("bound", names.setdefault(node, len(names)))
        elif not isinstance(node, Differential) and isinstance(node, (Symbol, MatrixSymbol)) \
                or not inside:
            key = getattr(node, "name", node)
        else:
            kind = {MatAdd: Add, MatMul: Mul}.get(type(node), node.func)
            key = kind, tuple(sorted(inside) if kind is Add else inside)
        found[node] = numbers.setdefault(key, len(numbers))
    return found[expr]


def _law_at(node: Basic, graph: Graph) -> Law:
    if node in graph.definitions:
        return Law(f"definition of {node}")
    return law_of(node, [child for child, _ in graph.edges[node]])


def _in_waves(graph: Graph, law_at: Callable[[Basic], Law]) -> Iterator[tuple[Law, list[Basic]]]:
    """The nodes from the root down, those together that one law takes at one time."""
    children = {node: list(dict.fromkeys(child for child, _ in graph.edges[node]))
                for node in graph.order}
    users = Counter(child for used in children.values() for child in used)
    laws = {node: law_at(node) for node in graph.order if node not in graph.variables}
    waiting = Counter(laws.values())
    ready = [node for node in laws if not users[node]]
    waiting.subtract(laws[node] for node in ready)
    while ready:
        # a law that will be needed again further in can wait, so that it is used once
        law = next((laws[node] for node in ready if not waiting[laws[node]]), laws[ready[0]])
        wave = [node for node in ready if laws[node] == law]
        ready = [node for node in ready if laws[node] != law]
        for node in wave:
            for child in children[node]:
                users[child] -= 1
                if not users[child] and child in laws:
                    ready.append(child)
                    waiting[laws[child]] -= 1
        yield law, wave


# --- towards dL = tr(G' dX), or vec(dF) = J vec(dX) -------------------------------------


def _identified(of: Basic, dF: Basic, graph: Graph, variable: Variable,
                layout: Layout) -> Iterator[Step]:
    """From the differential to the derivative in a layout."""
    pair = [v for v in (variable.conjugate, variable) if v is not None]
    directions = {v: Differential(v.symbol) for v in pair}
    in_traces = not is_matrix(of) or not variable.shape
    left = Differential(of) if in_traces else c.vec(Differential(of))
    if left != Differential(of):
        yield Step(left, c.vec(dF), TRANSPOSE if isinstance(left, Transpose) else VEC)
    swept = Graph(dF, directions.values(), local_differentials)
    before = dF if in_traces else c.vec(dF)
    maps: Mapping[Any, list[LinearMap]] = {}
    show = _in_traces if in_traces else _in_vecs
    for law, maps in _swept(swept, "trace_law" if in_traces else "vec_law"):
        right = sum_values([show(m, node) for node, ms in maps.items() for m in ms])
        if not _looks_like(right, before):
            yield Step(left, right, law)
        before = right
    wholes = {d: total(maps[d]) if maps else identity(shape(d)) for d in directions.values()
              if d in maps or d == swept.root}
    if wholes:
        collected = sum_values([show(whole, d) for d, whole in wholes.items()])
        if not _looks_like(collected, before):
            yield Step(left, collected, COLLECTED if in_traces else SUMMED)
    for v, d in directions.items():
        if d in wholes or v is variable:
            whole = wholes.get(d)
            yield from _read_derivative(of, graph, v, layout,
                                        None if whole is None else _read_off(whole))


def _read_derivative(of: Basic, graph: Graph, variable: Variable, layout: Layout,
                     found: Any) -> Iterator[Step]:
    """The derivative by one variable, from its map of a direction, in a layout."""
    by_symbol = replace(variable, transposed=False)
    plain = Layout.NUMERATOR if is_matrix(of) else Layout.DENOMINATOR
    first = _partial(of, by_symbol, plain)
    of_vec = is_matrix(of) and bool(variable.shape)
    identified = (IDENTIFIED_SCALAR if not variable.shape else
                  IDENTIFIED_VEC if of_vec else IDENTIFIED)
    is_structured = variable.structure is not None
    swept = found
    if found is None or not is_structured:
        swept = arranged(graph, by_symbol, plain, "auto")
    found = swept if found is None else found
    if is_structured:  # G is determined up to what dX can't see
        own = by_symbol.along_structure(found) if not of_vec else \
            c.multiply(found, by_symbol.onto("vec"))
        identified, found = identified if own == found else PROJECTED, own
    written = [graph.root, *graph.definitions.values()]
    # what ``gradient`` sweeps, which is shorter, for the last step to be what it returns
    shorter = canonical_form(found if is_structured else swept, written)
    yield Step(first, shorter if _looks_like(shorter, found) else found, identified)
    if not _looks_like(shorter, found):
        yield Step(first, shorter, FACTORED)
    label = _partial(of, variable, layout)
    if variable.transposed and is_matrix(of):
        turned = arranged(graph, variable, layout, "auto")
        yield Step(label, canonical_form(turned, written), BY_TRANSPOSE)
    elif label != first:
        yield Step(label, canonical_form(c.transpose(found), written),
                   BY_TRANSPOSE if variable.transposed else TRANSPOSED)


def _swept(graph: Graph, law: str) -> Iterator[tuple[Law, dict[Basic, list[LinearMap]]]]:
    """The reverse sweep: after each wave, the maps that lead from the nodes to the root."""
    maps = {graph.root: [identity(shape(graph.root))]}
    for used, wave in _in_waves(
            graph, lambda node: getattr(_outermost(graph.edges[node][0][1]), law)):
        for node in wave:
            to_root = maps.pop(node)
            if len(to_root) > limits.SHOWN_TERMS:
                to_root = [total(to_root)]
            for m in to_root:
                for child, local in graph.edges[node]:
                    maps.setdefault(child, []).append(compose(m, local))
        yield used, maps


def _outermost(m: LinearMap) -> LinearMap:
    """The map whose law a step goes by; taking a sum apart is linearity."""
    if isinstance(m, Composition):
        return _outermost(m.outer)
    return Total((m,)) if is_identity(m) else m


def _in_traces(m: LinearMap, node: Basic) -> Basic:
    return m.apply(node)


def _in_vecs(m: LinearMap, node: Any) -> Basic:
    if not is_matrix(node):
        return c.scale(node, m.matrix())
    return c.multiply(m.matrix(), c.vec(node))


def _read_off(whole: LinearMap) -> Basic:
    """The gradient or derivative by a scalar, else the Jacobian."""
    if not whole.codomain:
        return whole.adjoint(S.One)
    if not whole.domain:
        return whole.apply(S.One)
    return whole.matrix()


def _partial(of: Basic, variable: Variable, layout: Layout) -> Partial:
    """The derivative's name, which says its layout."""
    by = c.transpose(variable.symbol) if variable.transposed else variable.symbol
    if not is_matrix(of):
        turned = layout.transposes_gradient() and is_matrix(by)
        return Partial(of, c.transpose(by) if turned else by)
    if not is_matrix(by):
        return Partial(c.transpose(of) if layout.transposes_jacobian() else of, by)
    if layout.transposes_jacobian():
        return Partial(c.transpose(c.vec(of)), c.vec(by))
    return Partial(c.vec(of), c.transpose(c.vec(by)))
