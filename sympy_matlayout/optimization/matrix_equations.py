"""
Equations in a matrix, solved in closed form with symbolic sizes.

The equation's map X ↦ A(X) is read off the graph, as all derivatives are; an equation is
linear where that map is constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Dummy, Eq, Lambda, Lt, Q, S
from sympy.matrices.expressions import (
    HadamardPower,
    HadamardProduct,
    Identity,
    Inverse,
    MatAdd,
    MatPow,
    MatrixSymbol,
    ZeroMatrix,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from ..core.errors import (
    ArgumentError,
    NoClosedFormError,
    ShapeError,
    VariableError,
    reporting_bugs,
)
from ..core.shapes import is_matrix, same_shape, shape, show
from ..derivatives.problem import Problem
from ..linear_maps.composition import Composition, Summation, Total
from ..linear_maps.graph import zero
from ..linear_maps.maps import LinearMap, Sandwich, Scaling, Transposition
from ..nodes.norm import MaxEntry
from ..nodes.structured import facts_about
from ..nodes.traversal import postorder
from ..reading.read import read, read_function
from ..simplify import constructors as c
from ..simplify.normal_form import normal_form
from ..structures.variable import Variable
from .conditions import Solved, needed
from .definiteness import definiteness
from .scalar_equations import linear_in_scalar, of_scalar
from .verification import require_solution

__all__ = ["linear_part", "solutions", "solve_matrix_equation", "terms_of"]

Term = tuple[Any, Any, bool]  # left·X·right, or left·X'·right


@reporting_bugs
def solve_matrix_equation(equation: Any, X: Any, *, structure: Any = None,
                          assumptions: Any = True, with_conditions: bool = False) -> Any:
    r"""
    The matrix that solves an equation, in closed form.

    Explanation
    ===========

    Solved are equations that are linear in `X` or its transpose: `AXB = C`, sums with a
    common factor on one side, Sylvester's and Lyapunov's, and all others over vec, with the
    matrix of the linear map; such as become linear when multiplied by `X`, `X^{-1} = A +
    X^{-1}BX^{-1}`; equations entry by entry, `\exp.(X) = A`; and of a scalar what SymPy
    solves.  Where `A` and `B` of `AXB = C` are not square, the solution is the one by
    pseudoinverses, which there is if `AA^+CB^+B = C`.

    Examples
    ========

    >>> from sympy import Eq, MatrixSymbol, symbols
    >>> from sympy_matlayout import solve_matrix_equation
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, B = MatrixSymbol('A', m, m), MatrixSymbol('B', n, n)
    >>> C, X = MatrixSymbol('C', m, n), MatrixSymbol('X', m, n)
    >>> solve_matrix_equation(Eq(A*X*B, C), X)
    A**(-1)*C*B**(-1)
    >>> solve_matrix_equation(Eq(A*X + X*B, C), X)
    SylvesterSolution(A, B, C)
    >>> solve_matrix_equation(A*X + 2*X - C, X, with_conditions=True)
    ((2*I + A)**(-1)*C, (Q.invertible(2*I + A),))

    Parameters
    ==========

    equation : an ``Eq`` of two matrices or scalars, or an expression that is to be zero
    X : a MatrixSymbol, the transpose of one, or a Symbol
    structure, assumptions : as for ``gradient``
    with_conditions : a pair of the solution and the conditions that it holds under

    Raises
    ======

    NoClosedFormError : no closed form was found; the message says how far it came

    See Also
    ========

    sympy_matlayout.stationary_points, sympy_matlayout.solve_sylvester

    References
    ==========

    .. [1] J. R. Magnus, H. Neudecker, Matrix Differential Calculus, 3rd ed., 2.6 and 2.8
    """
    if equation in (S.true, S.false):
        raise ArgumentError(f"SymPy says that the equation is {equation}, for instance because its "
                            "sides have different shapes; give their difference")
    if isinstance(equation, Eq):
        left, right = map(read_function, equation.args)
        if not same_shape(shape(left), shape(right)):
            raise ShapeError(f"an equation of {show(shape(left))} and {show(shape(right))}")
        equation = c.add(left, c.scale(S.NegativeOne, right)) if shape(left) else left - right
    problem = Problem.read(equation, (X,), None, structure, assumptions)
    (variable,) = problem.variables
    if variable.symbol not in problem.function.free_symbols:
        raise VariableError(f"the equation doesn't hold {variable.symbol}")
    if not shape(problem.function) and variable.shape:
        raise ShapeError(f"one equation of scalars doesn't determine {variable.symbol}, which is "
                         f"{show(variable.shape)}")
    found = solutions(problem, problem.function, variable)
    if len(found) > 1:
        written = ", ".join(map(str, problem.written(*(s.value for s in found))))
        raise NoClosedFormError(f"the equation has several solutions, {written}; multiply it so "
                                "that one is left, or declare signs")
    require_solution([problem.function], {variable.symbol: found[0].value}, [variable],
                     found[0].conditions)
    value = c.transpose(found[0].value) if variable.transposed else found[0].value
    (value,) = problem.written(value)
    if not with_conditions:
        return value
    return value, tuple(problem.renamed(condition) for condition in dict.fromkeys(
        found[0].conditions))


def solutions(problem: Problem, residual: Any, variable: Variable) -> list[Solved]:
    """What makes a residual zero, as a value of the variable's symbol."""
    symbol = variable.symbol
    (residual,) = problem.shortened(residual)
    other = variable.conjugate
    if other is not None:
        nodes = list(postorder([residual], lambda e: () if e == other.symbol else e.args))
        if other.symbol in nodes and symbol in nodes:
            raise NoClosedFormError(
                f"no closed form was found for {symbol} in {problem.in_given_symbols(residual)} "
                "= 0: it holds the conjugate of it as well")
        if other.symbol in nodes:
            (residual,) = problem.shortened(c.conjugate(residual))
    if not is_matrix(symbol):
        if other is not None:
            found = linear_in_scalar(problem, residual, symbol)
            if not found:
                raise NoClosedFormError(f"no closed form was found for {symbol}, which is complex: "
                                        f"{residual} = 0 is not linear in it")
            return found
        return linear_in_scalar(problem, residual, symbol) or of_scalar(residual, symbol)
    core = c.split_scalar(residual)[1]  # a factor only adds points where it is zero itself
    for attempt in (_linear, _cleared, _entrywise):
        found = attempt(problem, core, variable)
        if found is not None:
            (value,) = problem.shortened(found.value)
            return [Solved(value, tuple(a for a in found.conditions if a is not S.true))]
    shown = problem.in_given_symbols(residual)
    raise NoClosedFormError(f"no closed form was found for {symbol} in {shown} = 0, which is "
                            "neither linear in it nor becomes so")


# --- linear equations --------------------------------------------------------------------


def linear_part(problem: Problem, residual: Any, symbol: Any) -> tuple[LinearMap, Any] | None:
    """A and C of the residual A(X) + C; None where it is not of this form."""
    differential = problem.graph([Variable(symbol)], residual).linear_map(symbol)
    if differential is None:
        return None
    probe = MatrixSymbol(Dummy("D").name + symbol.name, *shape(symbol))
    (image,) = problem.shortened(differential.apply(probe))
    if symbol in image.free_symbols:
        return None
    # a function whose derivative is constant is known from its value at zero
    return differential, problem.shortened(read(residual.xreplace(
        {symbol: ZeroMatrix(*shape(symbol))})))[0]


def _linear(problem: Problem, residual: Any, variable: Variable) -> Solved | None:
    symbol = variable.symbol
    found = linear_part(problem, residual, symbol)
    if found is None:
        return None
    differential, constant = found
    right = c.scale(S.NegativeOne, constant)
    if 1 not in shape(symbol):
        terms = _terms(differential)
        if terms is not None and (variable.structure is None or "symmetric" in facts_about(symbol)):
            solved = _two_sided(problem, terms, right, symbol)
            if solved is not None:
                return solved
    return _over_vec(problem, differential, right, variable)


def _over_vec(problem: Problem, differential: LinearMap, right: Any, variable: Variable
              ) -> Solved | None:
    """The equation of the free entries, J·vec X = vec C."""
    symbol = variable.symbol
    J, column = differential.matrix(), c.vec(right)
    if variable.structure is not None:
        basis = variable.structure.basis(shape(symbol)[0])
        J = c.multiply(c.transpose(basis), J, basis)
        column = c.multiply(c.transpose(basis), column)
    (J,) = problem.shortened(J)
    if shape(J)[0] == shape(J)[1]:
        conditions = tuple(needed(J))
        found = c.multiply(c.inverse(J), column)
    else:
        found = c.multiply(c.pseudo_inverse(J), column)
        conditions = (Eq(c.multiply(J, found), column),)
    if variable.structure is not None:
        found = c.multiply(basis, found)
    if shape(symbol)[1] != 1:
        found = c.unvec(found, *shape(symbol))
    return Solved(found, conditions)


def _terms(differential: LinearMap) -> list[Term] | None:
    """The map as a sum of two-sided products; None where it is none."""
    if isinstance(differential, Total):
        parts = [_terms(t) for t in differential.terms]
        return None if any(p is None for p in parts) else [t for p in parts for t in p or ()]
    if isinstance(differential, Sandwich):
        return [(differential.left, differential.right, False)]
    if isinstance(differential, Scaling):
        m, n = differential.domain
        return [(c.scale(differential.factor, Identity(m)), Identity(n), False)]
    if isinstance(differential, Transposition):
        m, n = differential.domain
        return [(Identity(n), Identity(m), True)]
    if isinstance(differential, Composition) and isinstance(differential.inner, Transposition):
        outer = _terms(differential.outer)
        return None if outer is None else [(left, right, not t) for left, right, t in outer]
    if isinstance(differential, Summation):
        return _summed(differential)
    return None


def _summed(differential: Summation) -> list[Term] | None:
    inner = _terms(differential.term)
    if inner is None or len(inner) != 1:
        return None
    (left, right, turned), limits = inner[0], differential.limits
    index = limits[0]
    if index not in right.free_symbols:
        return [(c.matrix_sum(left, limits), right, turned)]
    if index not in left.free_symbols:
        return [(left, c.matrix_sum(right, limits), turned)]
    return None


def _two_sided(problem: Problem, terms: Sequence[Term], right: Any, symbol: Any) -> Solved | None:
    """Σ L X R = C with one term or two, after those with a common factor are merged."""
    symmetric = "symmetric" in facts_about(symbol)
    turned = {t for _, _, t in terms} if not symmetric else {False}
    if len(turned) > 1:
        return None
    pairs = _merged(problem, [(left, r) for left, r, _ in terms])
    if len(pairs) == 1:
        solved = _one_term(*pairs[0], right)
    elif len(pairs) == 2:
        solved = _sylvester(pairs, right)
    else:
        return None
    if solved is not None and turned == {True}:
        return Solved(c.transpose(solved.value), solved.conditions)
    return solved


def _merged(problem: Problem, pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """AXC + BXC is (A + B)XC."""
    pairs = [_unscaled(*problem.shortened(left, right)) for left, right in pairs]
    for side in (1, 0):
        grouped: dict[Any, list[Any]] = {}
        for pair in pairs:
            if not side:  # scalars on the right, so that XB + cX is X(B + cI)
                factor, left = c.split_scalar(pair[0])
                pair = (left, c.scale(factor, pair[1]))
            grouped.setdefault(pair[side], []).append(pair[1 - side])
        merged = []
        for common, others in grouped.items():
            (total,) = problem.shortened(c.add(*others))
            merged.append((total, common) if side else (common, total))
        pairs = merged
    return pairs


def _unscaled(left: Any, right: Any) -> tuple[Any, Any]:
    """All scalars on the left."""
    factor, right = c.split_scalar(right)
    return c.scale(factor, left), right


def _one_term(left: Any, right: Any, value: Any) -> Solved:
    """A⁻¹CB⁻¹, or A⁺CB⁺."""
    conditions: list[Any] = []
    given = consistent = value
    for matrix, is_left in ((left, True), (right, False)):
        if shape(matrix)[0] == shape(matrix)[1]:
            conditions += needed(matrix)
            inverse = c.inverse(matrix)
        else:
            inverse = c.pseudo_inverse(matrix)
            product = c.multiply(matrix, inverse) if is_left else c.multiply(inverse, matrix)
            consistent = c.multiply(product, consistent) if is_left else c.multiply(
                consistent, product)
        value = c.multiply(inverse, value) if is_left else c.multiply(value, inverse)
    if normal_form(c.add(consistent, c.scale(S.NegativeOne, given))) != zero(shape(given)):
        conditions.append(Eq(consistent, given))
    return Solved(value, tuple(conditions))


def _sylvester(pairs: Sequence[tuple[Any, Any]], value: Any) -> Solved | None:
    """AX + XB = C, of L₁XR₁ + L₂XR₂ = C multiplied by inverses of L₂ and R₁."""
    orders = sorted((pairs, pairs[::-1]), key=lambda o: (
        not _is_multiple_of_identity(o[1][0])) + (not _is_multiple_of_identity(o[0][1])))
    (L1, R1), (L2, R2) = orders[0]
    if shape(L2)[0] != shape(L2)[1] or shape(R1)[0] != shape(R1)[1]:
        return None
    A = c.multiply(c.inverse(L2), L1)
    B = c.multiply(R2, c.inverse(R1))
    C = c.multiply(c.inverse(L2), value, c.inverse(R1))
    if definiteness(A) == definiteness(B) == "positive":
        conditions = []
    else:
        size = [Identity(shape(M)[0]) for M in (A, B)]
        conditions = [Q.invertible(c.add(c.kronecker(size[1], A),
                                         c.kronecker(c.transpose(B), size[0])))]
    return Solved(c.sylvester_solution(A, B, C), (*needed(L2), *needed(R1), *conditions))


def _is_multiple_of_identity(matrix: Any) -> bool:
    return isinstance(c.split_scalar(matrix)[1], Identity)


# --- equations that become linear --------------------------------------------------------


def _cleared(problem: Problem, residual: Any, variable: Variable) -> Solved | None:
    """Multiplied by X, by X' or by what stands inverted, on one side or both."""
    symbol = variable.symbol
    for inverted in _inverted(residual, symbol):
        for left, right in ((inverted, None), (None, inverted), (inverted, inverted)):
            if not _fits(left, residual, right):
                continue
            product = c.multiply(*(p for p in (left, residual, right) if p is not None))
            try:
                found = _linear(problem, normal_form(product), variable)
            except NoClosedFormError:
                continue
            if found is not None and not found.value.has(S.NaN):
                conditions = [] if definiteness(found.value) in ("positive", "negative") else list(
                    needed(inverted.xreplace({symbol: found.value})))
                return Solved(found.value, (*found.conditions, *conditions))
    return None


def _inverted(residual: Any, symbol: Any) -> list[Any]:
    """The matrices with the symbol whose inverse is in the residual."""
    found = [node.args[0] for node in sympy.preorder_traversal(residual)
             if (isinstance(node, Inverse) or isinstance(node, MatPow) and node.args[1] == -1)
             and symbol in node.free_symbols]
    return list(dict.fromkeys(found))


def _fits(left: Any, residual: Any, right: Any) -> bool:
    return (left is None or shape(left)[1] == shape(residual)[0]) and (
        right is None or shape(right)[0] == shape(residual)[1])


# --- entry by entry ----------------------------------------------------------------------


def terms_of(total: Any) -> tuple[Any, ...]:
    """The terms of a sum of matrices; of what is none, itself."""
    return total.args if isinstance(total, MatAdd) else (total,)


def _entrywise(_: Problem, residual: Any, variable: Variable) -> Solved | None:
    """a∘f.(X) + C = 0 is X = f⁻¹.(-C/a)."""
    if variable.structure is not None:
        return None
    symbol = variable.symbol
    terms = terms_of(residual)
    own = [t for t in terms if symbol in t.free_symbols]
    if len(own) != 1:
        return None
    factor, core = c.split_scalar(own[0])
    weights = [a for a in core.args if symbol not in a.free_symbols] \
        if isinstance(core, HadamardProduct) else []
    inner = [a for a in core.args if a not in weights] if weights else [core]
    if len(inner) != 1 or symbol in factor.free_symbols:
        return None
    f = _applied_to(inner[0], symbol)
    if f is None:
        return None
    others = [t for t in terms if t is not own[0]]
    right = c.scale(-1/factor, c.add(*others, shape=shape(symbol)))
    if weights:
        right = c.hadamard(right, c.hadamard_power(c.hadamard(*weights), S.NegativeOne))
    z, w = Dummy("z", real=True), Dummy("w", real=True)
    roots = [r for r in sympy.solve(f(z) - w, z) if r.is_real is not False]
    if len(roots) != 1:
        return None
    positive = Dummy("w", positive=True)
    conditions: tuple[Any, ...] = ()
    if sympy.simplify(f(roots[0]) - w) != 0 or roots[0].is_real is not True:
        if sympy.simplify(f(roots[0].xreplace({w: positive})) - positive) != 0:
            return None
        conditions = (Lt(MaxEntry(c.scale(S.NegativeOne, right)), 0),)  # all entries positive
    return Solved(c.elementwise(Lambda((w,), roots[0]), right), conditions)


def _applied_to(node: Any, symbol: Any) -> Any:
    """The function of every entry of the symbol."""
    if isinstance(node, ElementwiseApplyFunction) and node.expr == symbol:
        return node.function
    if isinstance(node, HadamardPower) and node.args[0] == symbol:
        return lambda z: z**node.args[1]
    return None
