"""
The differential as an expression, and the identification theorems.

``differential`` pushes the symbols dX forward through the graph; identifying a
derivative in an expression that is linear in dX is differentiating it by dX.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from sympy import Piecewise, S, Symbol, conjugate, preorder_traversal
from sympy.core.basic import Basic
from sympy.core.relational import Relational
from sympy.matrices.expressions import MatrixSymbol, ZeroMatrix
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from ..core.errors import ArgumentError, NotLinearError, ShapeError, VariableError, reporting_bugs
from ..core.shapes import shape, show
from ..layouts.layout import Layout
from ..linear_maps.graph import Graph, zero
from ..nodes.conjugates import ConjugateSymbol, presented
from ..nodes.differential_symbols import Differential
from ..nodes.traversal import postorder
from ..reading.definitions import read_definitions
from ..reading.read import read, read_function
from ..rules import local_differentials
from ..simplify import constructors as c
from ..simplify.factoring import factored
from ..simplify.normal_form import normal_form
from ..simplify.rank import refuse_singular
from ..simplify.symmetry import is_real_valued
from ..structures.variable import Variable
from .derivative import arranged
from .problem import Problem, graph_of, is_real_at_random, require_free_of_phases

__all__ = [
    "differential",
    "gradient_from_differential",
    "hessian_from_differential",
    "jacobian_from_differential",
    "second_differential",
]


@reporting_bugs
def differential(F: Any, *variables: Any, where: Mapping[Basic, Any] | None = None,
                 structure: Any = None, assumptions: Any = True) -> Basic:
    r"""
    The differential `\mathrm{d}F`, linear in the differentials of the variables.

    Explanation
    ===========

    Has the shape of `F`; 1x1 expressions are scalars.  Differentials of the
    variables are constants, so that ``differential(differential(F, X), X)`` is
    the second differential.  Intermediate variables of ``where`` have to be
    given each time, since they stay in the result by name; or use
    ``second_differential``.

    Without variables everything that can vary does: all matrix symbols and
    all scalar symbols that are neither integers nor sizes; in an expression
    that holds differentials already, the variables that these belong to.

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, det, log, sin, symbols
    >>> from sympy_matlayout import differential
    >>> n = symbols('n', integer=True, positive=True)
    >>> A, X = MatrixSymbol('A', n, n), MatrixSymbol('X', n, n)
    >>> differential(X.inverse(), X)
    -X**(-1)*dX*X**(-1)
    >>> differential(log(det(X)), X)
    Trace(X**(-1)*dX)
    >>> differential(A*X, A, X)
    dA*X + A*dX

    Parameters
    ==========

    F : a scalar or matrix expression
    *variables : MatrixSymbols or Symbols
    where : definitions of intermediate variables, which stay in the result
    structure, assumptions : as for ``matrix_derivative``; the differential of a
        structured matrix has its structure

    See Also
    ========

    sympy_matlayout.Differential, sympy_matlayout.gradient_from_differential,
    sympy_matlayout.derivatives.derivation

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., chapter 8
    """
    problem = Problem.read(F, variables, where, structure, assumptions)
    graph = problem.graph(_varying(problem.function, problem.variables, problem.definitions))
    return problem.in_given_symbols(graph.tangent({v: Differential(v) for v in graph.variables}))


@reporting_bugs
def second_differential(F: Any, *variables: Any,
                        where: Mapping[Basic, Any] | None = None) -> Basic:
    r"""
    The second differential `\mathrm{d}^2 F = \mathrm{d}(\mathrm{d}F)`.

    Explanation
    ===========

    Quadratic in the differentials of the variables, which are constants under
    the second differential.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import second_differential
    >>> n = symbols('n', integer=True, positive=True)
    >>> A, x = MatrixSymbol('A', n, n), MatrixSymbol('x', n, 1)
    >>> second_differential(x.T*A*x, x)
    2*Trace(dx.T*A*dx)

    Parameters
    ==========

    F : a scalar or matrix expression
    *variables : MatrixSymbols or Symbols, as for ``differential``
    where : definitions of intermediate variables, which stay in the result

    See Also
    ========

    sympy_matlayout.derivatives.differential, sympy_matlayout.hessian_from_differential

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., chapter 6
    """
    function = read_function(F)
    refuse_singular(function)
    definitions = read_definitions(where, function)
    varying = _varying(function, list(map(Variable.of, variables)), definitions)
    require_free_of_phases(function, [v.symbol for v in varying], definitions)
    for _ in range(2):
        graph = graph_of(function, varying, definitions)
        function = graph.tangent({v: Differential(v) for v in graph.variables})
    return presented(function)


@reporting_bugs
def gradient_from_differential(dL: Any, X: Any) -> Basic:
    r"""
    The gradient `G` with `\mathrm{d}L = \mathrm{tr}(G^T\,\mathrm{d}X)`.

    Explanation
    ===========

    The first identification theorem, for any scalar that is linear in `dX`
    and in the other differentials it holds, also one written by hand.  By a complex matrix
    it is the `G` with `\mathrm{d}L = \mathrm{Re}\,\mathrm{tr}(G^H\,\mathrm{d}Z)`.  `G` has
    the shape of `X`, denominator layout (6) and (11); texts that write
    `\mathrm{d}L = \mathrm{tr}(A\,\mathrm{d}X)` mean `A = G^T` (9).

    Examples
    ========

    >>> from sympy import MatrixSymbol, Trace, symbols
    >>> from sympy_matlayout import Differential, gradient_from_differential
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, X = MatrixSymbol('A', m, n), MatrixSymbol('X', m, n)
    >>> dX = Differential(X)
    >>> gradient_from_differential(Trace(A.T*dX) + Trace(dX.T*X), X)
    A + X

    Parameters
    ==========

    dL : a scalar or 1x1 expression, linear in ``Differential(X)``
    X : a MatrixSymbol, the transpose of one, or a Symbol

    Raises
    ======

    NotLinearError : dL is not linear in the differentials it holds
    VariableError : dX does not occur, though other differentials do
    ShapeError : dL is a matrix

    See Also
    ========

    sympy_matlayout.derivatives.differential, sympy_matlayout.jacobian_from_differential

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 9.2
    """
    variable, function = Variable.of(X), read_function(dL)
    if shape(function):
        raise ShapeError(f"the gradient is for scalars, and this differential is "
                         f"{show(shape(function))}; use jacobian_from_differential")
    if not variable.is_complex:
        return presented(_identified(function, variable, Layout.DENOMINATOR, "matrix"))
    if not (is_real_valued(function) or is_real_at_random(function)):
        raise ArgumentError(
            f"a gradient is of a real function, and the differential {presented(function)} is "
            f"complex; use jacobian_from_differential by {variable.symbol} and by its conjugate")
    across = variable.conjugate or replace(variable, transposed=not variable.transposed)
    factor = S.One if variable.conjugate is None else S(2)
    found = _identified(function, across, Layout.DENOMINATOR, "matrix")
    return presented(c.scale(factor, found) if shape(found) else factor*found)


@reporting_bugs
def jacobian_from_differential(dF: Any, X: Any) -> Basic:
    r"""
    The Jacobian `J` with `\mathrm{vec}(\mathrm{d}F) = J\,\mathrm{vec}(\mathrm{d}X)`.

    Explanation
    ===========

    The first identification theorem for a matrix function; `J` is (13), and
    the row (8) for a scalar.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import Differential, jacobian_from_differential
    >>> m, n, p, q = symbols('m n p q', integer=True, positive=True)
    >>> A, X, B = MatrixSymbol('A', p, m), MatrixSymbol('X', m, n), MatrixSymbol('B', n, q)
    >>> jacobian_from_differential(A*Differential(X)*B, X)
    KroneckerProduct(B.T, A)

    Parameters
    ==========

    dF : a scalar or matrix expression, linear in ``Differential(X)``
    X : a MatrixSymbol, the transpose of one, or a Symbol

    Raises
    ======

    NotLinearError : dF is not linear in the differentials it holds
    VariableError : dX does not occur, though other differentials do

    See Also
    ========

    sympy_matlayout.gradient_from_differential, sympy_matlayout.jacobian

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 9.2
    """
    return presented(_identified(read_function(dF), Variable.of(X), Layout.NUMERATOR, "vec"))


@reporting_bugs
def hessian_from_differential(d2L: Any, X: Any, Y: Any = None) -> Basic:
    r"""
    The symmetric `H` with
    `\mathrm{d}^2 L = \mathrm{vec}(\mathrm{d}X)^T H\,\mathrm{vec}(\mathrm{d}X)`.

    Explanation
    ===========

    The second identification theorem: if the second differential is
    `\mathrm{vec}(\mathrm{d}X)^T B\,\mathrm{vec}(\mathrm{d}X)`, the Hessian is
    `\frac12(B + B^T)`, of shape `mn \times mn`, vec column-major.  In a second
    differential by several variables, `X` and `Y` name a block,
    `\partial\,\mathrm{vec}(\nabla_X L)/\partial\,\mathrm{vec}^T(Y)`.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import hessian_from_differential, second_differential
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, x, y = MatrixSymbol('A', n, m), MatrixSymbol('x', n, 1), MatrixSymbol('y', m, 1)
    >>> d2L = second_differential(x.T*x + x.T*A*y, x, y)
    >>> hessian_from_differential(d2L, x), hessian_from_differential(d2L, x, y)
    (2*I, A)

    Parameters
    ==========

    d2L : a scalar or 1x1 expression, quadratic in the differentials it holds
    X : a MatrixSymbol, the transpose of one, or a Symbol
    Y : the second variable of a mixed block, `X` by default

    Raises
    ======

    NotLinearError : d2L is not quadratic in the differentials
    VariableError : dX or dY does not occur, though other differentials do
    ShapeError : d2L is a matrix

    See Also
    ========

    sympy_matlayout.second_differential, sympy_matlayout.jacobian_from_differential

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 10.3
    """
    by, other = Variable.of(X), Variable.of(X if Y is None else Y)
    function = read_function(d2L)
    if shape(function):
        raise ShapeError(f"the Hessian is for scalars, and this is {show(shape(function))}")
    for variable in (by, other):
        _direction(function, variable)
    held = sorted(_differentials(function), key=str)
    slopes = dict(zip(held, Graph(function/2, held, local_differentials).gradients(),
                      strict=True))
    _require_vanishing(function, "quadratic")
    if _jumps(function):
        raise NotLinearError(f"{function} is not quadratic in the differentials")
    for d, slope in slopes.items():
        if not _is_zero(slope) and not _differentials(slope):
            raise NotLinearError(f"{function} is linear, not quadratic, in {d}; "
                                 "take the second differential")
        _require_vanishing(slope, "quadratic", function)
        for e in sorted(_differentials(slope), key=str):
            _slope(slope, Variable(e), Layout.NUMERATOR, "vec", "quadratic", function)
    slope = by.turn(slopes.get(Differential(by.symbol), zero(shape(by.symbol))))
    if Differential(other.symbol) not in _differentials(slope):
        return zero((prod(by.shape), prod(other.shape)))  # no cross terms
    H = _slope(slope, _direction(slope, other), Layout.NUMERATOR, "vec", "quadratic", function)
    return presented(H if by.structure is None else factored(
        c.multiply(c.transpose(by.onto("vec")), H)))


def _varying(function: Basic, given: Sequence[Variable],
             definitions: Mapping[Basic, Basic]) -> Sequence[Variable]:
    """The variables given, or all that can vary."""
    if given:
        for v in given:
            if v.transposed:
                raise VariableError(f"a differential is by {v.symbol} itself; d({v.symbol}.T) "
                                    "is its transpose")
        return given
    holders = (function, *definitions.values())
    parts = [a for holder in holders for a in preorder_traversal(holder)]
    free = {s for holder in holders for s in holder.free_symbols}
    symbols = {s.of for s in free if isinstance(s, Differential)}
    if not symbols:
        sizes = {s for a in parts for size in shape(a) for s in size.free_symbols}
        symbols = {s for s in free if isinstance(s, MatrixSymbol)
                   or isinstance(s, Symbol) and not s.is_integer and s not in sizes}
    symbols -= definitions.keys()
    if not symbols:
        raise VariableError(f"nothing in {function} can vary; name the variables")
    return [Variable.of(s) for s in sorted(symbols, key=str)]


def _direction(function: Basic, variable: Variable) -> Variable:
    """dX as a variable, which the function has to hold unless it is zero."""
    direction = replace(variable, symbol=Differential(variable.symbol))
    held = _differentials(function)
    for d in held:
        if isinstance(d, Differential) and not d.is_of_variable:
            raise VariableError(
                f"{d} is not worked out; put differential({d.of}, ...) in its place")
    own = (direction.symbol, c.conjugate(direction.symbol))
    if not held.intersection(own) and not _is_zero(function):
        others = ", ".join(sorted(map(str, held))) or "no differential"
        hint = (f"; what is called {direction.symbol} in it is a symbol of another kind or shape, "
                f"write Differential({variable.symbol})"
                if any(str(s) == str(direction.symbol) for s in function.free_symbols) else
                f"; if nothing depends on {variable.symbol}, its derivative is zero")
        raise VariableError(f"{direction.symbol} does not occur in {function}, "
                            f"which holds {others}{hint}")
    return direction


def _identified(function: Basic, variable: Variable, layout: Layout, form: str) -> Basic:
    """The derivative by dX of what is linear in dX and in the other differentials."""
    direction = _direction(function, variable)
    for d in sorted(_differentials(function), key=str):
        if d != direction.symbol:
            _slope(function, Variable(d), Layout.NUMERATOR, "vec")
    found = _slope(function, direction, layout, form)
    _require_vanishing(function)
    return found


def _slope(function: Basic, direction: Variable, layout: Layout, form: str,
           degree: str = "linear", given: Basic | None = None) -> Basic:
    """The derivative by a differential, which has to be free of differentials."""
    graph = Graph(function, [direction.symbol], local_differentials)
    found = arranged(graph, direction, layout, form)
    if _differentials(found):
        found = normal_form(found)  # they may cancel
    held = _differentials(found) or _jumps(function)
    if held:
        raise NotLinearError(
            f"{function if given is None else given} is not {degree} in "
            f"{', '.join(sorted(map(str, held | {direction.symbol})))}")
    return found


def _jumps(function: Basic) -> set[Differential]:
    """The differentials in conditions, where a derivative doesn't see what they do."""
    found = set()
    for part in preorder_traversal(function):
        if isinstance(part, Relational):
            found |= _differentials(part)
        elif isinstance(part, ElementwiseApplyFunction) and part.function.has(Piecewise):
            found |= _differentials(part.expr)
    return found


def _require_vanishing(function: Basic, degree: str = "linear",
                       given: Basic | None = None) -> None:
    """Refuse a part that is constant in the differentials."""
    rest = normal_form(read(function.xreplace(
        {s: zero(shape(s)) for s in _differentials(function)})))
    if not _is_zero(rest):
        raise NotLinearError(
            f"{function if given is None else given} is not {degree} in the differentials: "
            f"without them {rest} is left")


def _differentials(expr: Basic) -> set[Any]:
    """The differentials an expression holds, dZ* beside dZ."""
    return {s for s in postorder([expr], lambda e: () if _is_differential(e) else e.args)
            if _is_differential(s)}


def _is_differential(expr: Any) -> bool:
    return isinstance(expr, Differential) or (
        isinstance(expr, (ConjugateSymbol, conjugate)) and isinstance(expr.args[0], Differential))


def _is_zero(expr: Basic) -> bool:
    return isinstance(expr, ZeroMatrix) or expr == 0
