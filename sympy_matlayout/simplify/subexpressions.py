"""Large expressions as a list of short ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sympy import Mul, Symbol, numbered_symbols
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatAdd, MatMul, MatrixSymbol, Transpose

from ..core.errors import ArgumentError, reporting_bugs
from ..core.given import as_basic
from ..core.shapes import is_matrix, shape
from ..nodes.conjugates import with_adjoints
from ..nodes.differential_symbols import Differential
from ..nodes.printable import all_printable
from ..nodes.traversal import operands, postorder
from .construction import built
from .constructors import transpose

__all__ = ["common_subexpressions", "free_names", "named_parts", "parts_of_node"]


def parts_of_node(node: Basic) -> tuple[Any, ...]:
    """The operands, and what a differential is of that is not worked out yet."""
    return node.args if isinstance(node, Differential) else operands(node)


@reporting_bugs
def common_subexpressions(exprs: Any, symbols: Iterable[Symbol] | None = None, *,
                          levels: int | None = None
                          ) -> tuple[list[tuple[Basic, Basic]], list[Basic]]:
    r"""
    The expressions with what occurs more than once given a name.

    Explanation
    ===========

    The printed gradient of a deep network grows with the square of the number of its
    layers, its graph with the number itself.  This writes the graph: each inner node
    that is used more than once is named, matrices by MatrixSymbols of their shape and
    scalars by Symbols, as SymPy's ``cse`` does.  It takes one pass and no recursion,
    and looks for equal nodes only, not for products that begin alike.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols, tanh
    >>> from sympy_matlayout import common_subexpressions, gradient
    >>> m, n, p = symbols('m n p', integer=True, positive=True)
    >>> x, y = MatrixSymbol('x', n, 1), MatrixSymbol('y', p, 1)
    >>> V, W = MatrixSymbol('V', m, n), MatrixSymbol('W', p, m)
    >>> f = y.T*(W*(V*x).applyfunc(tanh)).applyfunc(tanh)
    >>> replacements, reduced = common_subexpressions(gradient(f, V, W))
    >>> for name, definition in replacements:
    ...     print(name, '=', definition)
    x0 = V*x
    x1 = tanh.(x0)
    x2 = (1 - tanh.(W*x1).**2).*y
    >>> reduced
    [((1 - tanh.(x0).**2).*(W.T*x2))*x.T, x2*x1.T]

    Parameters
    ==========

    exprs : an expression, or several
    symbols : the names to take, by default ``x0``, ``x1``, … as far as they are free
    levels : if given, no expression is nested deeper than this: parts used once are named
        as well

    Returns
    =======

    ``replacements, reduced``: pairs of a symbol and its definition, which uses symbols
    defined before it, and the list of expressions in these symbols.

    See Also
    ========

    sympy.simplify.cse_main.cse, sympy_matlayout.gradient
    """
    given = exprs if isinstance(exprs, (list, tuple)) else [exprs]
    roots = [as_basic(e, "the expression") for e in given]
    if levels is not None and not (isinstance(levels, int) and levels > 0):
        raise ArgumentError(f"levels is a number of levels, 1 or more, got {levels!r}")
    if symbols is not None and not (isinstance(symbols, Iterable)
                                    and not isinstance(symbols, str)):
        raise ArgumentError(f"symbols are Symbols to take for names, got {symbols!r}")
    names = free_names(postorder(roots, parts_of_node), symbols)
    named, reduced = named_parts(
        roots, names, lambda node, uses, height: uses > 1 or height == levels)
    shown = all_printable(with_adjoints([*(value for _, value in named.values()), *reduced]))
    found = [symbol for symbol, _ in named.values()]
    return list(zip(found, shown, strict=False)), shown[len(found):]


def named_parts(roots: Sequence[Basic], names: Iterator[str],
                is_part: Callable[[Basic, int, int], bool],
                parts: Callable[[Basic], tuple[Any, ...]] = parts_of_node
                ) -> tuple[dict[Basic, tuple[Basic, Basic]], list[Basic]]:
    """
    Parts, each with a name and its definition by other parts, and the expressions in these.

    A node's uses and its height above the parts inside say whether it is one.
    """
    order = list(postorder(roots, parts))
    uses = Counter(a for node in order for a in parts(node))
    uses.update(root for root in roots)
    named: dict[Basic, tuple[Basic, Basic]] = {}
    written: dict[Basic, Any] = {}
    height: dict[Basic, int] = {}
    for node in order:
        if node in written:  # the transpose of a part
            height[node] = 0
            continue
        inside = parts(node) if isinstance(node, MatAdd) else node.args
        args = [written.get(a, a) for a in inside]
        short = built(node, args) if any(a in written for a in inside) else node
        height[node] = 1 + max((height[a] for a in parts(node)), default=-1)
        if is_part(node, uses[node], height[node]) and not _is_short(short):
            height[node] = 0
            name = next(names)
            symbol = MatrixSymbol(name, *shape(node)) if is_matrix(node) else Symbol(name)
            named[node] = symbol, short
            short = symbol
            if is_matrix(node):
                written.setdefault(transpose(node), transpose(symbol))
        if short is not node:
            written[node] = short
    return named, [written.get(root, root) for root in roots]


def _is_short(expr: Basic) -> bool:
    """A symbol, its transpose, its negative or multiple by a number."""
    inside = expr.args
    if isinstance(expr, (Mul, MatMul)):
        inside = [a for a in expr.args if not a.is_Number]
    elif not isinstance(expr, Transpose):
        return not operands(expr)
    return len(inside) == 1 and not operands(inside[0])


def free_names(nodes: Iterable[Basic], symbols: Iterable[Symbol] | None = None) -> Iterator[str]:
    """The names of these symbols, or of x0, x1, …, that none of the nodes has."""
    taken = {getattr(node, "name", None) for node in nodes
             if not isinstance(node, Differential) or node.is_of_variable}
    for symbol in numbered_symbols() if symbols is None else symbols:
        if symbol.name not in taken:
            yield symbol.name
    raise ArgumentError("there are fewer names in symbols than common subexpressions")
