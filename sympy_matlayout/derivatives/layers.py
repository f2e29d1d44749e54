"""
Derivations of deep functions, layer by layer.

Written out, each step of such a derivation is as long as the function, and there are as many of
them as it has operations.  With names for its parts all equations are short: the differential
of each part in those of the parts inside it, and x̄ = ∂L/∂x from the last part to the first,
which is how the reverse sweep goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from re import fullmatch
from typing import Any

from sympy import Basic, Dummy, Lambda, MatrixSymbol, Symbol, Trace
from sympy.matrices.expressions import Inverse, MatAdd, MatPow, Transpose
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from ..core import limits
from ..core.bound_symbols import argument_symbol
from ..core.shapes import is_matrix, is_scalar_shape, shape
from ..layouts.layout import Layout
from ..linear_maps.composition import sum_values
from ..linear_maps.graph import Graph
from ..linear_maps.law import Law
from ..nodes.differential_symbols import Differential
from ..nodes.realness import holds_complex
from ..nodes.traversal import operands, postorder
from ..rules import local_differentials
from ..simplify import constructors as c
from ..simplify.canonical_form import canonical_form
from ..simplify.cost import nodes, operations
from ..simplify.elementwise import applied
from ..simplify.subexpressions import named_parts, parts_of_node
from .problem import Problem
from .steps import (
    FACTORED,
    IDENTIFIED,
    IN_PARTS,
    NAMED,
    Step,
    derivative_read_off,
    differentials,
    gathered,
    looks_like,
    named_derivative,
    parts_of,
    read_off,
    statement,
)

__all__ = ["has_layers", "in_layers", "in_names"]

PAIRED = Law("with the derivative by the part", "dL = tr(x̄'dx) + …", "M&N theorem 5.11")
BY_PART = Law("first identification theorem for a part", "x̄ = ∂L/∂x",
              "M&N theorem 5.11; Griewank & Walther 2008, 3.2")
WRITTEN_OUT = Law("the derivatives by the parts put in")

# Letters to number the parts by: the first that no symbol in use has, with a number or without.
LETTERS = "xzuvhsrp"


def has_layers(problem: Problem, graph: Graph) -> bool:
    """Whether it can be derived by its parts: a real scalar that varies, by a plain variable."""
    (variable,) = problem.variables
    return graph.varies(graph.root) and not (
        is_matrix(graph.root) or problem.definitions or variable.conjugate
        or variable.structure or holds_complex(graph.root))


def in_layers(of: Basic, given: Any, problem: Problem, graph: Graph,
              layout: Layout) -> Iterator[Step]:
    """The parts, their differentials, and the derivatives by them from the last to the first."""
    (variable,) = problem.variables
    letter = _free_letter(of, problem.function)
    named, whole = _named_by_numbers(letter, problem.function)
    for step in statement(of, given, problem):
        yield step if nodes(step.right) <= limits.GIVEN_NODES else replace(step, in_parts=whole)
    yield from (Step(name, value, NAMED) for name, value in named.values())
    yield Step(of, whole, IN_PARTS)
    parts: dict[Any, Any] = {}
    for name, value in named.values():
        if not value.free_symbols.isdisjoint([variable.symbol, *parts]):
            parts[name] = value
    dX = Differential(variable.symbol)
    incoming: dict[Basic, list[Basic]] = defaultdict(list)  # what comes to the derivatives by them
    for part, value in [(of, whole), *reversed(parts.items())]:
        bar = None
        if part is not of:
            terms = incoming.pop(Differential(part), None)
            if terms is None:  # it is there, and nothing depends on it
                continue
            bar = _named_alike(part, f"{letter}bar{part.name.removeprefix(letter)}")
            yield from _summed(bar, terms, value, BY_PART)
        found = yield from _layer(part, value, bar, [dX, *map(Differential, parts)])
        for d, G in found.items():
            incoming[d].append(G)
    first = named_derivative(of, replace(variable, transposed=False), Layout.DENOMINATOR)
    by_parts = list(_summed(first, incoming[dX], whole, IDENTIFIED))
    yield from by_parts
    names = {value: name for node, (name, short) in named.items() for value in (node, short)}
    ends = list(derivative_read_off(of, graph, variable, layout, None, WRITTEN_OUT))
    for step, short in zip(ends, in_names([step.right for step in ends], names), strict=True):
        if nodes(short) > limits.WHOLE_NODES:
            G = by_parts[-1].right
            short = G if step.left == first else c.transpose(G)
        yield replace(step, in_parts=short)


def _named_by_numbers(letter: str, given: Basic
                      ) -> tuple[Mapping[Basic, tuple[Basic, Basic]], Basic]:
    """The parts of a function, each with its name and its definition, and the function in these."""
    function = _with_transposes(given)
    within = _nested_sums(function)
    named, (whole,) = named_parts(
        [function], (f"{letter}{k}" for k in count(1)),
        lambda node, uses, height: node is not function and _is_part(node, uses, height),
        lambda node: within.get(node) or parts_of_node(node))
    return named, whole


def _is_part(node: Basic, uses: int, height: int) -> bool:
    if not is_matrix(node):
        return uses > 1
    if is_scalar_shape(shape(node)):
        return False
    is_layer = height > 1 and isinstance(node, (ElementwiseApplyFunction, Inverse))
    return uses > 1 or height == limits.PART_LEVELS or is_layer


def _with_transposes(function: Basic) -> Basic:
    """Sums and powers of transposes as transposes of those, which may stand elsewhere."""
    forms: dict[Basic, Basic] = {}
    for node in postorder([function], operands):
        turned = c.transpose(node) if isinstance(node, (MatAdd, MatPow)) else node
        if turned is not node and nodes(turned) < nodes(node):
            forms[node] = c.new(Transpose, turned)
        elif any(a in forms for a in node.args):
            forms[node] = _as_it_is(node, [forms.get(a, a) for a in node.args])
    return forms.get(function, function)


def _as_it_is(node: Basic, args: list[Basic]) -> Basic:
    """The node over other arguments, with nothing collected or put in order."""
    as_it_is = is_matrix(node) or isinstance(node, Trace)
    return c.new(type(node), *args) if as_it_is else node.func(*args)


def _nested_sums(function: Basic) -> dict[Basic, tuple[Basic, ...]]:
    """The sums that go on from another one, ``x + dx`` and ``x + dx + dy``: it and what is new."""
    place = {node: k for k, node in enumerate(parts_of(function))}
    ending_in = defaultdict(list)  # by the term that is the last to be known
    sums = [node for node in place if isinstance(node, MatAdd)]
    for total in sums:
        ending_in[max(total.args, key=place.__getitem__)].append(total)
    found = {}
    for total in sums:
        terms = set(total.args)
        begun = [s for a in total.args for s in ending_in[a]
                 if len(s.args) < len(terms) and terms.issuperset(s.args)]
        if begun:
            first = max(begun, key=lambda s: len(s.args))
            found[total] = first, *(a for a in total.args if a not in first.args)
    return found


def _layer(part: Any, value: Any, bar: Any, directions: list[Basic]
           ) -> Generator[Step, None, dict[Basic, Basic]]:
    """The differential of a part, paired with the derivative by it, and what comes of that."""
    left: Any = Differential(part)
    graph = Graph(value, [d.args[0] for d in directions], local_differentials)
    dF: Any = None
    for step in differentials(part, graph):
        (right,) = in_names([step.right], {value: part})
        if dF is None or not looks_like(right, dF):
            yield replace(step, right=right)
        dF = right
    if bar is not None:
        left, dF = _paired(bar, left), _paired(bar, dF)
        yield Step(left, dF, PAIRED)
    maps = yield from gathered(left, dF, directions)
    return {d: read_off(m) for d, m in maps.items()}


def in_names(exprs: Sequence[Basic], names: Mapping[Any, Basic]) -> list[Basic]:
    """Expressions with names for these values in them: of x = tanh.(M) the slope is 1 - x.**2."""
    elementwise = {value.expr: (value.function, name) for value, name in names.items()
                   if isinstance(value, ElementwiseApplyFunction)}
    names = {**{c.transpose(value): c.transpose(name) for value, name in names.items()
                if is_matrix(value)}, **names}
    sums = sorted((v for v in names if isinstance(v, MatAdd)), key=lambda v: -len(v.args))
    forms: dict[Basic, Basic] = dict(names)
    for node in postorder(exprs, lambda e: () if e in names else operands(e)):
        if node in forms:
            continue
        if isinstance(node, MatAdd):
            terms = set(node.args)
            first = next((v for v in sums if terms.issuperset(v.args)), None)
            if first is not None:
                rest = [forms.get(a, a) for a in node.args if a not in first.args]
                forms[node] = c.new(MatAdd, names[first], *rest) if rest else names[first]
                continue
        if isinstance(node, ElementwiseApplyFunction) and node.expr in elementwise:
            forms[node] = _in_value(node, *elementwise[node.expr])
        if forms.get(node, node) == node and any(a in forms for a in node.args):
            found = _as_it_is(node, [forms.get(a, a) for a in node.args])
            forms[node] = names.get(found, found)
    return [forms.get(expr, expr) for expr in exprs]


def _in_value(matrix: Any, function: Any, name: Basic) -> Basic:
    """A function of M as one of x = f(M), where it is."""
    (z,), value = function.signature, function.expr
    (y,), body = matrix.function.signature, matrix.function.expr
    x = argument_symbol(body.atoms(Dummy))
    found = body.xreplace({value.xreplace({z: y}): x})
    return matrix if y in found.free_symbols else applied(Lambda((x,), found), name)


def _summed(left: Basic, terms: list[Basic], written: Basic, law: Law) -> Iterator[Step]:
    value = sum_values(terms)
    yield Step(left, value, law)
    shorter = canonical_form(value, [written])
    if operations(shorter) < operations(value):
        yield Step(left, shorter, FACTORED)


def _paired(bar: Any, dx: Any) -> Basic:
    """tr(x̄'dx)"""
    return c.trace(c.multiply(c.transpose(bar), dx)) if is_matrix(bar) else bar*dx


def _free_letter(*exprs: Basic) -> str:
    names = [node.name for node in parts_of(*exprs)
             if isinstance(node, (Symbol, MatrixSymbol)) and not isinstance(node, Dummy)]
    return next(letter for letter in chain(LETTERS, map("x_{}_".format, count()))
                if not any(fullmatch(rf"{letter}(bar)?\d*", name) for name in names))


def _named_alike(part: Any, name: str) -> Any:
    return MatrixSymbol(name, *shape(part)) if is_matrix(part) else Symbol(name)
