"""What plain ``.diff`` answers: derivatives in SymPy's order of axes, and in its form if right."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, cast

from sympy import (
    Add,
    Adjoint,
    Array,
    Derivative,
    Dummy,
    Expr,
    Integer,
    KroneckerDelta,
    Mul,
    Piecewise,
    Pow,
    S,
    Symbol,
    Trace,
    Tuple,
    conjugate,
    expand,
)
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    HadamardPower,
    Identity,
    MatPow,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    ZeroMatrix,
)
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.array.array_derivatives import ArrayDerivative
from sympy.tensor.array.arrayop import Flatten
from sympy.tensor.array.expressions.array_expressions import ZeroArray
from sympy.tensor.indexed import Indexed
from sympy.utilities.exceptions import SymPyDeprecationWarning, ignore_warnings

from ..core import limits
from ..core.caches import cached
from ..core.errors import DerivativeNotImplementedError, MatlayoutError
from ..core.shapes import (
    Shape,
    is_array,
    is_matrix,
    is_scalar_shape,
    is_vector_shape,
    same_size,
    shape,
)
from ..derivatives.derivative import matrix_derivative
from ..derivatives.differential import differential
from ..layouts.conversion import convert_layout
from ..nodes.constants import MatrixUnit
from ..nodes.differential_symbols import Differential
from ..nodes.node import ConstantMatrix
from ..nodes.norm import Norm
from ..nodes.realness import OF_COMPLEX, is_complex
from ..nodes.structured import facts_about
from ..nodes.traversal import postorder
from ..nodes.undefined_functions import FunctionValue
from ..reading.read import read, read_function
from ..simplify import constructors as c
from ..simplify.canonical_form import canonical_form
from ..simplify.cost import nodes
from ..simplify.matricization import array_shape
from ..simplify.normal_form import normal_form
from .sympys_own import FAILURES, asked, is_undone, parts

__all__ = ["Theirs", "derived", "is_by_size", "is_variable", "remembered_matrices", "steps_of",
           "successive"]


Theirs = Callable[[Any, Any], Any]  # SymPy's own derivative of an expression by x


# --- what is asked ----------------------------------------------------------------------


def is_variable(x: Any) -> bool:
    """A symbol, a MatrixSymbol, an entry of one, or what SymPy takes for a symbol."""
    return isinstance(x, (MatrixSymbol, Symbol)) or _is_like_a_symbol(x) or (
        isinstance(x, MatrixElement) and isinstance(x.parent, MatrixSymbol))


def _is_like_a_symbol(x: Any) -> bool:
    """f(t), its derivatives, a[i]: a scalar that SymPy differentiates by as by a symbol."""
    return isinstance(x, (AppliedUndef, Derivative, Indexed)) and x._diff_wrt and not is_array(x)


def steps_of(expr: Any, variables: Sequence[Any]) -> list[Any]:
    """
    The variables one by one, of a derivative of or by a matrix expression; none of others.

    Explicit matrices and arrays, also as variables, are SymPy's own: their entries are
    differentiated one by one, and come here if they hold matrices.
    """
    if isinstance(expr, (MatrixBase, Derivative)) or is_array(expr) or not isinstance(expr, Basic):
        return []
    if isinstance(expr, MatrixExpr) or any(isinstance(_variable(v), MatrixSymbol)
                                           for v in variables):
        return _one_by_one(variables)
    return []


def _variable(given: Any) -> Any:
    """The variable of a pair with the count."""
    return given[0] if isinstance(given, (tuple, Tuple)) and given else given


def _one_by_one(variables: Sequence[Any]) -> list[Any]:
    """Each variable as often as it counts; an array, or a symbolic count, as it was given."""
    counts: list[tuple[Any, Any, Any]] = []  # and what was given
    for x in variables:
        if isinstance(x, (tuple, Tuple)) and len(x) == 2:
            counts.append((x[0], x[1], x))
        elif isinstance(x, (int, Integer)) and counts:
            counts[-1] = (counts[-1][0], x, (counts[-1][0], x))
        else:
            counts.append((x, 1, x))
    steps = [[x]*int(k) if is_variable(x) and isinstance(k, (int, Integer)) else [given]
             for x, k, given in counts]
    if all(is_variable(x) for step in steps for x in step):
        ordered = Derivative._sort_variable_count([(x, Integer(k)) for x, k, _ in counts])
        return [x for x, k in ordered for _ in range(int(cast(Any, k)))]
    return [x for step in steps for x in step] if len(counts) > 1 else []


def is_by_size(matrices: Collection[Basic], variables: Sequence[Any]) -> bool:
    """Whether a variable is in the number of rows or columns of one of the matrices."""
    return bool(matrices) and any(
        isinstance(v, Symbol) and any(v in size.free_symbols for a in matrices for size in shape(a))
        for v in map(_variable, variables))


def matrices_in(expr: Basic) -> frozenset[Basic]:
    """The matrices in an expression of any depth."""
    return frozenset(a for a in postorder([expr], _inside) if isinstance(a, MatrixSymbol))


# one expression is often differentiated by many variables, with zeros for most
remembered_matrices = cached(limits.CACHED_FORMS)(matrices_in)


# sizes are no part of the expression: they are real whatever SymPy knows of them
WITH_SIZES = (ConstantMatrix, Identity, MatrixSymbol, OneMatrix, ZeroMatrix)


def _inside(node: Basic) -> tuple[Basic, ...]:
    return () if isinstance(node, WITH_SIZES) else node.args


# --- what is answered -------------------------------------------------------------------


def successive(expr: Any, steps: Sequence[Any], theirs: Theirs) -> Basic:
    """A higher derivative; unevaluated if one of lower order is, or is an array that varies."""
    found = expr
    for k, x in enumerate(steps):
        if k and is_variable(x) and not found.has(getattr(x, "parent", x)):
            found = _zero(found, x)
        elif is_array(found):
            return _unevaluated(expr, *steps)
        elif k or not is_variable(x):
            found = cast(Any, found).diff(x)
        else:
            found = derived(found, x, theirs)
        if is_undone(found) and not is_undone(expr):
            return _unevaluated(expr, *steps)
    return found


def _zero(constant: Any, x: Basic) -> Basic:
    """The derivative of what doesn't hold x."""
    of, by = constant.shape if is_array(constant) else shape(constant), shape(x)
    size = by if is_scalar_shape(of) else (*by, *of)
    return S.Zero if not size else ZeroMatrix(*size) if len(size) == 2 else ZeroArray(*size)


def derived(expr: Basic, x: Basic, theirs: Theirs) -> Basic:
    """The derivative in SymPy's arrangement; unevaluated where nobody has an answer."""
    if _is_like_a_symbol(x):
        symbol = Dummy("xi")
        return derived(expr.xreplace({x: symbol}), symbol, theirs).subs(symbol, x)
    _hash_from_the_leaves(expr)
    matrices = matrices_in(expr)
    if is_by_size(matrices, [x]) or is_matrix(x) and is_matrix(expr) and x not in matrices:
        return _unevaluated(expr, x)
    try:
        wholes = [] if is_matrix(x) else parts(expr, x)
        names = _complex_names([expr, x, *(slope for _, _, slope in wholes)])
        named = [[_with(e, names) for e in given] for given in ((expr, x), *wholes)]
        ours = _ours(named[0][0], named[0][1], named[1:])
        found = _in_their_form(expr, x, ours, theirs, names)
    except MatlayoutError:
        found = asked(expr, x, theirs)
    return _unevaluated(expr, x) if found is None else found


def _unevaluated(expr: Basic, *variables: Basic) -> Basic:
    kind = Derivative if all(isinstance(a, Expr) and not is_matrix(a)
                             for a in (expr, *variables)) else ArrayDerivative
    return kind(expr, *variables)


def _holds(expr: Basic, x: Basic) -> bool:
    return any(a == x for a in postorder([expr], _inside))


def _hash_from_the_leaves(expr: Basic) -> None:
    """SymPy remembers the hash of a node; of a whole tree at once it ends Python's stack."""
    stack, seen = [(expr, False)], set()
    while stack:
        node, entered = stack.pop()
        if entered:
            hash(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((a, False) for a in node.args)


def _complex_names(exprs: Sequence[Basic]) -> dict[Basic, Basic]:
    """
    For each symbol that SymPy doesn't know to be real, one that is declared complex.

    This library takes undeclared symbols for real ones; plain ``.diff`` must not.  What is
    bound, an index or the argument of a function applied to real entries, is none of them.
    """
    symbols = set()
    for node in postorder(exprs, lambda e: () if _binds(e) else _inside(e)):
        symbols |= node.free_symbols if _binds(node) or isinstance(node, Symbol) else set()
    undeclared = [a for a in symbols if isinstance(a, Symbol) and a.is_commutative
                  and a.is_extended_real is None and a.is_complex is None]
    names = {}
    for a in undeclared:
        name = Symbol(a.name, **{**a.assumptions0, "complex": True})
        names[a] = Dummy(a.name, complex=True) if name in symbols or isinstance(a, Dummy) else name
    return names


def _binds(node: Basic) -> bool:
    return bool(getattr(node, "bound_symbols", None))


def _with(expr: Basic, values: Mapping[Basic, Basic]) -> Basic:
    """With some nodes replaced, of any depth, and sizes left alone."""
    done: dict[Basic, Basic] = dict(values)
    if values:
        for node in postorder([expr], lambda e: () if e in values else _inside(e)):
            if node not in done:
                args = [done.get(a, a) for a in node.args]
                changed = any(a is not b for a, b in zip(args, node.args, strict=True))
                done[node] = c.evaluated(node, args) if changed else node
    return done.get(expr, expr)


# --- by the rules of this library -------------------------------------------------------


def _require_holomorphic(expr: Basic, x: Any) -> None:
    """Refuse what depends on the conjugate of a symbol, of which SymPy has no derivative."""
    if isinstance(x, Symbol) and is_complex(x) and not x.is_imaginary \
            and expr.has(*OF_COMPLEX, Adjoint, Norm):
        found = matrix_derivative(expr, conjugate(x), simplify=False)
        if found != 0 and not isinstance(found, ZeroMatrix):
            raise DerivativeNotImplementedError(f"{expr} depends on the conjugate of {x}")


def _ours(expr: Basic, x: Any, wholes: Sequence[Sequence[Basic]]) -> Basic:
    """The derivative by this library's rules, over what is differentiated as a whole."""
    if wholes:
        opened = _with(expr, {part: symbol for part, symbol, _ in wholes})
        _require_holomorphic(opened, x)
        directions = {symbol: slope for _, symbol, slope in wholes}
        found = _along(opened, x, directions)
        return canonical_form(_with(found, {symbol: part for part, symbol, _ in wholes}))
    _require_holomorphic(expr, x)
    if isinstance(x, MatrixSymbol):
        return matrix_derivative(expr, x, form=_form(read_function(expr), x), layout="denominator")
    if isinstance(x, Symbol):
        return _of_shape(expr, matrix_derivative(expr, x, layout="numerator"))
    if not is_matrix(expr) or is_scalar_shape(shape(expr)):
        X, i, j = x.args
        slope = matrix_derivative(expr, X, layout="denominator", form="matrix")
        return _of_shape(expr, Add(*(a*c.entry(slope, k, l) for a, k, l in _places_of(X, i, j))))
    return canonical_form(_along(expr, x, {}))


def _of_shape(expr: Basic, found: Any) -> Basic:
    """A scalar as a 1x1 matrix where the function is one, and f'(X, t) as SymPy writes it."""
    if isinstance(found, FunctionValue):
        found = found.args[0]
    if not is_matrix(expr) or is_matrix(found):
        return found
    coefficient, factor = found.as_coeff_Mul()
    inside = factor.arg if isinstance(factor, Trace) else None
    if inside is not None and is_scalar_shape(shape(inside)):
        return c.scale(coefficient, inside)
    return c.scale(found, Identity(1))


def _form(expr: Basic, x: Basic) -> str:
    of, by = shape(expr), shape(x)
    small = not of or not by or is_scalar_shape(of) or is_vector_shape(of) and is_vector_shape(by)
    return "matrix" if small else "array"


def _along(expr: Basic, x: Any, directions: Mapping[Basic, Basic]) -> Basic:
    """The derivative by a symbol or an entry, which moves the matrix, and what else it moves."""
    if isinstance(x, MatrixElement):
        X, i, j = x.args
        (m, n) = shape(X)
        moves = {X: c.add(*(c.scale(a, MatrixUnit(m, n, k, l))
                            for a, k, l in _places_of(X, i, j)))}
    else:
        moves = {x: S.One}
    moves = {v: along for v, along in {**moves, **directions}.items() if _holds(expr, v)}
    change = differential(expr, *moves) if moves else _zero(expr, x)
    change = _with(change, {Differential(v): along for v, along in moves.items()})
    found = change.replace(lambda e: isinstance(e, MatrixElement) and e.has(MatrixUnit),
                           lambda e: c.entry(*e.args))
    return _of_shape(expr, found)


def _places_of(X: Any, i: Any, j: Any) -> list[tuple[Expr, Expr, Expr]]:
    """Where the entry at [i, j] stands, and with which factor; a structure may repeat it."""
    facts, on_diagonal = facts_about(X), KroneckerDelta(i, j)
    if "diagonal" in facts:
        return [(on_diagonal, i, j)]
    if "symmetric" in facts:
        return [(S.One, i, j), (1 - on_diagonal, j, i)]
    if "skew" in facts:
        return [(S.One, i, j), (S.NegativeOne, j, i)]
    for name, kept in (("lower", i >= j), ("upper", i <= j)):
        if name in facts:
            return [(Piecewise((S.One, kept), (S.Zero, True)), i, j)]
    return [(S.One, i, j)]


# --- in SymPy's form --------------------------------------------------------------------


def _in_their_form(expr: Basic, x: Basic, ours: Basic, theirs: Theirs,
                   names: Mapping[Basic, Basic]) -> Basic:
    """SymPy's own answer where it is provably the same."""
    mine = _with(ours, {name: symbol for symbol, name in names.items()})
    if nodes(expr) > limits.COMPARED_NODES or isinstance(x, MatrixElement) and expr.has(MatPow):
        return mine  # SymPy writes out the entries of inverses
    try:
        with ignore_warnings(SymPyDeprecationWarning):
            found = theirs(expr, x)
    except FAILURES:
        return mine
    if isinstance(found, Derivative) and isinstance(expr, MatPow) and isinstance(
            expr.base, MatrixBase):
        return found  # SymPy's own tests ask for powers of explicit matrices to stay as they are
    if found is None or isinstance(found, Derivative) or found == mine:
        return mine
    return found if _is_same(shape(expr), x, _with(found, names), ours) else mine


def _is_same(of: Shape, x: Basic, found: Basic, ours: Basic) -> bool:
    """Whether both can be proved to be the same; a refusal to read one of them is no proof."""
    if is_array(found) != is_array(ours):
        return False  # the gradient of a 1x1 matrix has two axes
    sizes = [array_shape(D) for D in (found, ours)]
    if len(sizes[0]) != len(sizes[1]) or not all(map(same_size, *sizes)):
        return False  # the axes of a row where the function is a column
    if any(isinstance(a, MatrixBase) for a in postorder([ours, found], _inside)):
        return _has_same_entries(found, ours)
    try:
        if is_array(found):
            found, ours = (convert_layout(D, "array", ("numerator", "vec"), function=of,
                                          variable=shape(x)) for D in (found, ours))
            return normal_form(found) == normal_form(ours)
        return (normal_form(read(found)) == normal_form(ours)
                and (_has_poles(ours) or not _has_poles(found))
                and (ours.has(ZeroMatrix) or not found.has(ZeroMatrix)))
    except MatlayoutError:
        return False


def _has_same_entries(found: Any, ours: Any) -> bool:
    """Whether the entries, multiplied out, are the same, where the sizes are numbers."""
    size = array_shape(ours)
    if not all(n.is_Integer for n in size) or Mul(*size) > limits.COMPARED_ENTRIES:
        return False
    try:
        theirs = Array(found.as_explicit()) if size else found
    except FAILURES:  # an array that SymPy has no entries of
        return False
    difference = Flatten(theirs - Array(ours.as_explicit())) if size else [theirs - ours]
    return all(expand(e) == 0 for e in difference)


def _has_poles(expr: Basic) -> bool:
    """Whether there may be points where it has no value."""
    return any(isinstance(node, (Pow, MatPow, HadamardPower)) and node.args[1].is_negative
               for node in expr.atoms(Pow, MatPow, HadamardPower))
