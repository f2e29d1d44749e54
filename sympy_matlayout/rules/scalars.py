"""
Scalar expressions, through SymPy's own scalar ``diff``.

The arguments with a rule of their own (traces, determinants, entries, sums)
become real symbols; what is left is an ordinary scalar expression, whose
partial derivatives SymPy knows: log, powers, Piecewise, Max, special and
undefined functions need no rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import sympy
from sympy import (
    Abs,
    Add,
    Derivative,
    DiracDelta,
    Dummy,
    Expr,
    Function,
    Heaviside,
    I,
    Mul,
    Piecewise,
    Pow,
    S,
    Subs,
    Symbol,
    conjugate,
    im,
    preorder_traversal,
    re,
    sign,
)
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions import Identity, MatrixSymbol
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.bound_symbols import bound_symbol
from ..core.errors import DerivativeNotImplementedError, NotByEntriesError
from ..core.shapes import Shape, is_matrix, shape
from ..linear_maps.composition import compose, identity, unvectorization, vectorization
from ..linear_maps.law import Law
from ..linear_maps.maps import InnerProduct, Sandwich, ScalarTimes, Scaling
from ..nodes.conjugates import presented
from ..nodes.differential_symbols import Differential
from ..nodes.realness import OF_COMPLEX, is_complex, is_declared_complex
from ..nodes.undefined_functions import (
    DerivativeAtPoint,
    FunctionDerivative,
    FunctionGradient,
    FunctionJacobian,
    FunctionValue,
    MatrixFunction,
)
from ..simplify import constructors as c
from ..simplify.kinks import steps_merged
from ..simplify.phases import with_phases_merged
from ..simplify.scalar_forms import with_exponents_added
from ..simplify.symmetry import is_real_valued
from .table import Edges, Varies, cited, local_differentials

Values = dict[Any, Any]  # by the bound symbols of a derivative left open

CONSTANT_FACTORS = Law("constant factors", "d(cu) = c du", "M&N 8.2")
PRODUCT = Law("product rule", "d(uv) = du·v + u·dv", "M&N 8.2")
QUOTIENT = Law("quotient rule", "d(u/v) = (du·v - u·dv)/v²", "M&N 8.2")


def _law_of_product(node: Any, children: Sequence[Any]) -> Law | None:
    """A product, whose factors are the children themselves or one over them."""
    if not isinstance(node, Mul):
        return None
    varying = [a for a in node.args if any(a.has(child) for child in children)]
    if len(varying) != len(children) or not all(a in children or 1/a in children for a in varying):
        return None
    if not all(a in children for a in varying):
        return QUOTIENT
    return CONSTANT_FACTORS if len(children) == 1 else PRODUCT


@local_differentials.register(Add)
@cited("sum rule", "M&N 5.4")
def sum_of_scalars(node: Any, varies: Varies) -> Edges:
    """d(u + v) = du + dv"""
    for term in node.args:
        yield term, Scaling(S.One)


@local_differentials.register(Expr)
@cited("chain rule", "M&N 5.12", where=lambda node, children: _law_of_product(node, children))
def scalar_expression(node: Any, varies: Varies) -> Edges:
    """du(v, w) = ∂u/∂v dv + ∂u/∂w dw, with SymPy's partial derivatives"""
    if is_matrix(node):  # a matrix class without a rule is an Expr too
        yield from local_differentials.dispatch(object)(node, varies)
        return
    for atom, partial in partials(node, varies):
        yield atom, Scaling(partial)


@local_differentials.register(Derivative)
@cited("chain rule", "M&N 5.12")
def derivative_left_undone(node: Any, varies: Varies) -> Edges:
    """a derivative left undone, of scalars only: its symbols may occur both in it and by it"""
    if any(map(is_matrix, preorder_traversal(node))):
        raise DerivativeNotImplementedError(
            f"a derivative left undone of an expression with matrices is not covered: {node}; "
            "call doit on it first")
    for symbol in sorted(node.free_symbols, key=str):
        if varies(symbol):
            yield symbol, Scaling(node.diff(symbol))


@local_differentials.register(FunctionValue)
@cited("chain rule", "M&N 5.12")
def value_of_a_function(node: Any, varies: Varies) -> Edges:
    """f(Y) as a scalar"""
    if not isinstance(node.args[0], AppliedUndef):
        raise DerivativeNotImplementedError(
            f"second derivatives of a function of matrices that is left undefined are not covered: "
            f"{node}; put a known function in its place")
    yield node.args[0], Scaling(S.One)


@local_differentials.register(AppliedUndef)
@cited("chain rule", "M&N 5.12; document 003")
def function_left_open(node: Any, varies: Varies) -> Edges:
    """df(Y, u) = tr((∂f/∂Y)ᵀ dY) + ∂f/∂u du, holomorphic in each argument"""
    if node.is_extended_real:
        _require_conjugates(node)
    for k, arg in enumerate(node.args):
        if not varies(arg):
            continue
        if is_matrix(arg):
            Y = placeholder(node, shape(arg))
            with_Y = node.func(*node.args[:k], Y, *node.args[k + 1:])
            yield arg, InnerProduct(FunctionGradient(with_Y, Y, arg))
        else:
            slope = node.fdiff(k + 1)
            if isinstance(slope, Subs):  # at a point, whose symbol SymPy makes anew each time
                expr, (own,), point = cast(Any, slope.args)
                slope = Subs(expr.xreplace({own: points(1)[0]}), points(1), point)
            yield arg, Scaling(slope if slope.is_commutative else FunctionValue(slope))


def _require_conjugates(node: Any) -> None:
    """Refuse a real function of complex arguments alone, which has a slope by each conjugate."""
    for arg in node.args:
        if is_complex(arg) and not is_real_valued(arg) and c.conjugate(arg) not in node.args:
            raise DerivativeNotImplementedError(
                f"{presented(node)} is real, and so not holomorphic in {presented(arg)}; give it "
                f"the conjugate as another argument, {node.func}({presented(arg)}, "
                f"{presented(c.conjugate(arg))}), to have a derivative by each")


def placeholder(node: Basic, size: Shape) -> MatrixSymbol:
    """A MatrixSymbol to stand for an argument, under a name that the node doesn't hold."""
    taken = {a.name for a in node.atoms(MatrixSymbol)}
    name = next(name for e in range(1, 99) if (name := "_"*e + "Y") not in taken)
    return MatrixSymbol(name, *size)


@local_differentials.register(Differential)
def differential_not_worked_out(node: Any, varies: Varies) -> Edges:
    raise DerivativeNotImplementedError(
        f"{node} is not worked out, and depends on the variable; "
        f"put differential({node.of}, ...) in its place")
    yield


@local_differentials.register(DerivativeAtPoint)
@cited("chain rule", "M&N 5.12; document 003")
def derivative_at_a_point(node: Any, varies: Varies) -> Edges:
    """d(∂F(Y, t)/∂Y) = ∂²F/∂Y∂t dt, by scalars alone"""
    is_open = isinstance(node.expr, (MatrixFunction, FunctionDerivative))
    edges = list(local_differentials(node.expr, varies)) \
        if is_open and not varies(node.point) else []
    if not edges or not all(isinstance(m, ScalarTimes) for _, m in edges):
        raise DerivativeNotImplementedError(
            "second derivatives by the matrices of a function that is left undefined are not "
            f"covered: {node}; put a known function in its place")
    for child, m in edges:
        yield child, ScalarTimes(node.func(m.apply(S.One), node.variable, node.point))


@local_differentials.register(MatrixFunction)
@cited("chain rule", "M&N 5.15; document 003")
def matrix_function_left_open(node: Any, varies: Varies) -> Edges:
    """vec dF(Y, t) = (∂vec F/∂vec'Y) vec dY + vec(∂F/∂t) dt"""
    yield from _of_open(node, {}, {}, varies)


@local_differentials.register(FunctionDerivative)
@cited("chain rule", "M&N 5.15; document 003")
def derivative_of_function_left_open(node: Any, varies: Varies) -> Edges:
    """the same of ∂F/∂t, whose derivatives by scalars are of one order more"""
    if not isinstance(node.expr, MatrixFunction):
        known = node.doit()
        if known == node:
            raise DerivativeNotImplementedError(
                f"{node} is a derivative of more than a function that is left open; give "
                "FunctionDerivative the function alone, or a known one")
        yield known, identity(shape(node))
        return
    values = dict(zip(node.orders, node.points, strict=True))
    for symbol, point in values.items():
        if varies(point):
            yield point, ScalarTimes(_by_scalars(node.expr, {
                **node.orders, symbol: node.orders[symbol] + 1}, values))
    yield from _of_open(node.expr, node.orders, values, varies)


def _of_open(function: Any, orders: Values, values: Values, varies: Varies) -> Edges:
    """By the arguments that are not bound symbols, of F or of a derivative of it."""
    first = len(function.args) - len(function.arguments)
    for k, arg in enumerate(function.args[first:], start=first):
        if arg in orders or not varies(arg):
            continue
        if is_matrix(arg):
            Y = placeholder(function, shape(arg))
            with_Y = function.func(*function.args[:k], Y, *function.args[k + 1:])
            J = FunctionJacobian(_by_scalars(with_Y, orders, values), Y, arg)
            yield arg, compose(unvectorization(shape(function)), compose(
                Sandwich(J, Identity(S.One)), vectorization(shape(arg))))
        else:
            t = bound_symbol(f"w{k - first or ''}", real=True)
            with_t = function.func(*function.args[:k], t, *function.args[k + 1:])
            yield arg, ScalarTimes(_by_scalars(with_t, {**orders, t: S.One}, {**values, t: arg}))


def _by_scalars(function: Any, orders: Values, values: Values) -> Any:
    """The derivative of a function by some of its arguments, in their order."""
    if not orders:
        return function
    symbols = [a for a in function.arguments if a in orders]
    return FunctionDerivative(function, [(s, orders[s]) for s in symbols],
                              [values[s] for s in symbols])


def partials(expr: Expr, varies: Varies, bound: frozenset[Basic] = frozenset(),
             is_atom: Callable[[Basic], bool] = lambda _: False) -> Iterator[tuple[Basic, Expr]]:
    """
    Each atom of a scalar expression that varies, with the partial derivative by it.

    Atoms are the variables and what has a rule of its own, as long as they
    don't hold symbols bound around them, and what ``is_atom`` says.  What is not
    holomorphic in an atom, as its absolute value, has a derivative by its conjugate as well.
    """
    names: dict[Basic, Dummy] = {}
    head = _with_names(expr, names, varies, bound, is_atom)
    back: dict[Any, Any] = {name: atom for atom, name in names.items()}
    back |= {conjugate(name): c.conjugate(atom) for atom, name in names.items()
             if name.is_extended_real is not True and name.is_imaginary is not True}
    for atom, name in names.items():
        if varies(atom):
            for child, slope in zip((atom, c.conjugate(atom)), slopes(head, name), strict=True):
                if slope != 0:
                    yield child, c.substituted(at_point(slope, *names.values()), back)


def _with_names(expr: Any, names: dict[Basic, Any], varies: Varies, bound: frozenset[Basic],
                is_atom: Callable[..., bool], inside: frozenset[Basic] = frozenset(),
                real: bool = False) -> Basic:
    """
    The expression with its atoms as real symbols; the outermost node is never one.

    Where it matters, constants that nothing is known of are real symbols as well.
    """
    real = real or isinstance(expr, OF_COMPLEX)
    inside = inside | set(getattr(expr, "bound_symbols", ()))
    bound = bound | inside
    args = []
    for arg in expr.args:
        is_open = bool(bound) and bool(arg.free_symbols & bound)
        # what is bound inside this head can't leave it, also where is_atom says so
        if (is_atom(arg) or real and isinstance(arg, MatrixElement)) \
                and not arg.free_symbols & inside \
                or not is_open and (_is_atom(arg, varies) or real and _is_undeclared(arg)):
            args.append(names[arg] if arg in names else names.setdefault(arg, _name(arg)))
        elif not arg.args or not varies(arg) and not (real and arg.has(MatrixElement)):
            args.append(arg)
        elif is_matrix(arg):
            raise NotByEntriesError(
                f"{type(expr).__name__} of a matrix that varies with "
                f"{', '.join(sorted(map(str, bound))) or 'the variable'} is not covered: {expr}")
        else:
            args.append(_with_names(arg, names, varies, bound, is_atom, inside, real))
    return expr.func(*args)


def _is_undeclared(expr: Basic) -> bool:
    return isinstance(expr, Symbol) and expr.is_extended_real is None and bool(expr.is_commutative)


def _name(atom: Any) -> Dummy:
    """A symbol to stand for an atom, real unless that is declared not to be."""
    if atom.is_Symbol and is_declared_complex(atom):
        return Dummy("a", **atom.assumptions0)
    return Dummy("a", complex=True) if is_complex(atom) else Dummy("a", real=True)


def _is_atom(expr: Basic, varies: Varies) -> bool:
    """A variable, what has a rule of its own, or a constant that holds matrices."""
    if not varies(expr):
        return isinstance(expr, Expr) and not is_matrix(expr) and any(
            map(is_matrix, preorder_traversal(expr)))
    return isinstance(expr, conjugate) or expr.is_symbol and not is_matrix(expr) or (
        isinstance(expr, Expr) and not is_matrix(expr)
        and local_differentials.dispatch(type(expr)) is not scalar_expression)


def slopes(expr: Any, symbol: Symbol) -> tuple[Any, Any]:
    """
    The derivatives by a symbol and by its conjugate; the second is zero by a real symbol.

    A function φ of a complex u, as |u|, has dφ = ∂φ/∂u du + ∂φ/∂u* du*.
    """
    by, by_conjugate = S.Zero, S.Zero
    for function in expr.atoms(AppliedUndef) if not symbol.is_extended_real else ():
        if function.is_extended_real and function.has(symbol):
            _require_conjugates(function)
    letters: dict[Any, Any] = {part: Dummy("u", **_kind(part)) for part in _not_holomorphic(expr)
                               if part.has(symbol)}
    outside = expr.xreplace(letters) if letters else expr
    parts = {letter: part for part, letter in letters.items()}
    for letter, part in parts.items():
        outer = derivative(outside, letter).xreplace(parts)
        left, right = _by_pair(part)
        inner, other = slopes(part.args[0], symbol)
        for first, second in ((left, inner), (right, c.conjugate(other))):
            by += _product(outer, first)*second
        for first, second in ((left, other), (right, c.conjugate(inner))):
            by_conjugate += _product(outer, first)*second
    by += derivative(outside, symbol).xreplace(parts)
    if symbol.is_extended_real:
        return by + by_conjugate, S.Zero
    return (by - by_conjugate, S.Zero) if symbol.is_imaginary else (by, by_conjugate)


def _product(outer: Any, slope: Any) -> Any:
    """By the chain rule, with |u|sign(u) = u in each case."""
    if isinstance(outer, Piecewise):
        cases: Any = outer.args
        return Piecewise(*((_product(value, slope), case) for value, case in cases))
    return with_phases_merged(outer*slope)


def _not_holomorphic(expr: Any) -> Iterator[Any]:
    """The outermost absolute values, conjugates and the like, of what may be complex."""
    if isinstance(expr, OF_COMPLEX) and is_complex(expr.args[0]):
        yield expr
        return
    for arg in expr.args:
        yield from _not_holomorphic(arg)


def _kind(part: Any) -> dict[str, bool]:
    return {"complex": True} if isinstance(part, (conjugate, sign)) else {"real": True}


def _by_pair(part: Any) -> tuple[Any, Any]:
    """∂φ/∂u and ∂φ/∂u* of a function φ(u) that is not holomorphic (Hjørungnes 2011, 3.4)."""
    u = part.args[0]
    return {
        Abs: (c.conjugate(sign(u))/2, sign(u)/2),
        sympy.arg: (1/(2*I*u), -1/(2*I*c.conjugate(u))),
        conjugate: (S.Zero, S.One),
        im: (1/(2*I), -1/(2*I)),
        re: (S.Half, S.Half),
        sign: (1/(2*Abs(u)), -u**2/(2*Abs(u)**3)),  # SymPy takes sign(u)**2 for 1
    }[type(part)]


def derivative(expr: Any, symbol: Symbol) -> Any:
    """SymPy's derivative; refused where SymPy leaves one undone of a function it knows."""
    # what diff asks first costs ten times the derivative
    quick = isinstance(expr, (Add, Mul, Pow, Function)) and not isinstance(expr, AppliedUndef)
    found = expr._eval_derivative(symbol) if quick else None
    if found is None:  # as sign has it of what isn't known to be real
        found = expr.diff(symbol)
    for undone in found.atoms(Derivative):
        if not isinstance(undone.expr, AppliedUndef):
            raise DerivativeNotImplementedError(
                f"SymPy has no derivative of {type(undone.expr).__name__}, met in {undone.expr}")
    if any(p.base.has(symbol) and not p.exp.is_number for p in expr.atoms(Pow)):
        found = found.replace(lambda e: isinstance(e, Mul), with_exponents_added)
    if found.has(DiracDelta, Heaviside):
        found = found.replace(lambda e: isinstance(e, Mul), steps_merged)
    return found


def at_point(expr: Any, *symbols: Symbol) -> Any:
    """f'(z) as a Subs, so that a number or an entry can take the place of z."""
    held = {d: [s for s in symbols if s in d.variables] for d in expr.atoms(Derivative)}
    return expr.xreplace({d: Subs(d.xreplace(dict(zip(by, points(len(by)), strict=True))),
                                  points(len(by)), tuple(by)) for d, by in held.items() if by})


def points(count: int) -> tuple[Dummy, ...]:
    """The bound symbols of derivatives at a point, always the same ones."""
    return tuple(bound_symbol(f"w{k or ''}", real=True) for k in range(count))
