"""
The equations of a derivation, each with the law that gives it.

The differential rules are the graph of the function, unfolded from the
outermost operation inwards; the trace properties are the reverse sweep over
the graph of dL, and the vec rules are the same sweep for a matrix dF.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from sympy import (
    Add,
    Basic,
    Dummy,
    Eq,
    Lambda,
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
from sympy.printing.pretty.stringpict import prettyForm

from ..core import limits
from ..core.bound_symbols import argument_symbol
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
from ..nodes.traversal import postorder, replaced
from ..nodes.undefined_functions import FunctionValue
from ..reading.read import read
from ..rules import local_differentials
from ..rules.table import law_of
from ..simplify import constructors as c
from ..simplify.canonical_form import canonical_form
from ..structures.variable import Variable
from .derivative import arranged
from .problem import Problem

__all__ = ["FACTORED", "GIVEN", "IDENTIFIED", "IN_PARTS", "NAMED", "Step", "derivative_read_off",
           "differentials", "gathered", "looks_like", "named_derivative", "parts_of", "read_off",
           "statement", "written_out"]

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
IN_PARTS = Law("in these parts")
TRANSPOSED = Law("the other layout is the transpose", "", "document 002")
BY_TRANSPOSE = Law("by the transpose of the variable", "", "document 000 (34)")


@dataclass(frozen=True)
class Step:
    """One equation of a derivation, and the law that gives it."""

    left: Basic
    right: Basic
    law: Law
    in_parts: Basic | None = None

    @property
    def shown(self) -> Basic:
        """The right side, with names for its parts where it has many."""
        return self.right if self.in_parts is None else self.in_parts

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


def written_out(of: Basic, given: Any, problem: Problem, graph: Graph,
                layout: Layout) -> Iterator[Step]:
    """The function, its differential and its derivative, each step with the whole in it."""
    yield from statement(of, given, problem)
    dF = graph.root
    for step in differentials(of, graph):
        dF = step.right
        yield step
    yield from _identified(of, dF, graph, problem.variables[0], layout)


def parts_of(*exprs: Basic) -> list[Basic]:
    """All that expressions hold, each once."""
    return list(postorder(exprs, lambda e: e.args))


def statement(of: Basic, given: Any, problem: Problem) -> Iterator[Step]:
    """The function as given, as it is read where that looks different, and what it is made of."""
    function, definitions = problem.function, problem.definitions
    yield Step(of, given, GIVEN)
    if not looks_like(problem.renamed(function), given):
        before, after = parts_of(given), parts_of(function)
        scalars = any(is_matrix(a) and is_scalar_shape(shape(a)) for a in before)
        sums = [any(isinstance(a, Sum) for a in parts) for parts in (before, after)]
        yield Step(of, function, SCALAR if scalars and any(isinstance(a, Trace) for a in after) else
                   READ if sums == [True, False] else REWRITTEN)
    for symbol, definition in definitions.items():
        yield Step(symbol, definition, Law(f"definition of {symbol}"))


# --- from the outermost operation inwards -----------------------------------------------


def differentials(of: Basic, graph: Graph) -> Iterator[Step]:
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
        if not looks_like(right, before):
            yield Step(left, right, law)


def looks_like(a: Basic, b: Basic) -> bool:
    """Equal to a reader, whatever bound symbols and f(X) as a scalar are inside."""
    if a == b:
        return True
    numbers: dict[Any, int] = {}
    return _number(a, numbers) == _number(b, numbers)


def _number(expr: Basic, numbers: dict[Any, int]) -> int:
    """A number for what an expression looks like; each node is looked at once, and not printed."""
    found: dict[Basic, int] = {}
    names: dict[Basic, int] = {}
    for node in postorder([expr], _looked_at):
        inside = [found[a] for a in _looked_at(node)]
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


def _looked_at(node: Any) -> tuple[Basic, ...]:
    """The arguments; of a function of one argument its body, whatever that is called."""
    if not isinstance(node, Lambda) or len(cast(Any, node.signature)) != 1:
        return node.args
    (z,), body = cast(Any, node.signature), node.expr
    return (body.xreplace({z: argument_symbol(body.atoms(Dummy) - {z})}),)


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
    wholes = yield from gathered(left, dF, directions.values(), in_traces)
    for v, d in directions.items():
        if d in wholes or v is variable:
            whole = wholes.get(d)
            yield from derivative_read_off(of, graph, v, layout,
                                           None if whole is None else read_off(whole))


def gathered(left: Basic, dF: Basic, directions: Iterable[Basic], in_traces: bool = True
             ) -> Generator[Step, None, dict[Basic, LinearMap]]:
    """A differential as one term for each direction, and the maps of these."""
    graph = Graph(dF, directions, local_differentials)
    before = dF if in_traces else c.vec(dF)
    maps: Mapping[Any, list[LinearMap]] = {}
    show = _in_traces if in_traces else _in_vecs
    for law, maps in _swept(graph, "trace_law" if in_traces else "vec_law"):
        right = sum_values([show(m, node) for node, ms in maps.items() for m in ms])
        if not looks_like(right, before):
            yield Step(left, right, law)
        before = right
    wholes = {d: total(maps[d]) if maps else identity(shape(d)) for d in graph.variables
              if d in maps or d == graph.root}
    if wholes:
        collected = sum_values([show(whole, d) for d, whole in wholes.items()])
        if not looks_like(collected, before):
            yield Step(left, collected, COLLECTED if in_traces else SUMMED)
    return wholes


def derivative_read_off(of: Basic, graph: Graph, variable: Variable, layout: Layout,
                        found: Any, law: Law | None = None) -> Iterator[Step]:
    """The derivative by one variable, from its map of a direction, in a layout."""
    by_symbol = replace(variable, transposed=False)
    plain = Layout.NUMERATOR if is_matrix(of) else Layout.DENOMINATOR
    first = named_derivative(of, by_symbol, plain)
    of_vec = is_matrix(of) and bool(variable.shape)
    identified = law or (IDENTIFIED_SCALAR if not variable.shape else
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
    if law is None and not looks_like(shorter, found):
        yield Step(first, found, identified)
        identified = FACTORED
    yield Step(first, shorter, identified)
    label = named_derivative(of, variable, layout)
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


def read_off(whole: LinearMap) -> Basic:
    """The gradient or derivative by a scalar, else the Jacobian."""
    if not whole.codomain:
        return whole.adjoint(S.One)
    if not whole.domain:
        return whole.apply(S.One)
    return whole.matrix()


def named_derivative(of: Basic, variable: Variable, layout: Layout) -> Partial:
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
