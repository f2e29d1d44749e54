"""
Trees of elementwise operations as one function of their arguments.

Hadamard products and powers, functions applied, sums with ones and scalar multiples say of
every entry the same: ``exp.(X)∘exp.(-X)`` is e^x·e^-x of the entries x of X, which is 1.
So such a tree is a scalar expression in a symbol for each of its arguments; it is simplified as
that, and written as matrices again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import reduce
from typing import Any, cast

from sympy import (
    Add,
    Dummy,
    Expr,
    Function,
    Lambda,
    Mul,
    Pow,
    S,
    exp,
    preorder_traversal,
    tanh,
)
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    HadamardPower,
    HadamardProduct,
    MatAdd,
    MatMul,
    OneMatrix,
    Transpose,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from ..core import limits
from ..core.bound_symbols import argument_symbol, bound_symbol
from ..core.caches import cached
from ..core.shapes import Shape, shape
from ..nodes.realness import is_complex
from ..nodes.sigmoid import Sigmoid
from ..nodes.written_sum import WrittenSum
from . import constructors as c
from .cost import nodes, operations
from .monomial import holds_matrices, order
from .numbers import is_negative, place_in_sum, primitive
from .scalar_forms import short_form

__all__ = ["applied", "short_elementwise", "with_rows_summed"]

OF_ENTRIES = (HadamardProduct, HadamardPower, ElementwiseApplyFunction)

Letters = dict[Basic, Any]  # the arguments, each with the symbol for its entries


def applied(function: Any, matrix: Any) -> Basic:
    """f(g(X)) as one function, a constant factor in front, a power as a Hadamard power."""
    (z,), body = function.signature, function.expr
    if isinstance(matrix, ElementwiseApplyFunction):
        body, matrix = body.xreplace({z: cast(Any, matrix.function)(z)}), matrix.expr
    sign, core = c.split_scalar(matrix)
    if sign == -1 and not isinstance(core, WrittenSum):  # σ.(-X) as σ(-z), which is 1 - σ(z)
        body, matrix = body.xreplace({z: -z}), core
    return _of_one(short_form(body), z, matrix)


@cached(limits.CACHED_TERMS)
def _of_one(body: Any, z: Any, matrix: Basic) -> Basic:
    factor, body = body.as_independent(z, as_Add=False)
    if isinstance(body, Pow) and body.base == z and not body.exp.has(z):
        return c.scale(factor, c.hadamard_power(matrix, body.exp))
    inside = factor if factor == -1 and isinstance(body, Add) else S.One  # b - a, not -(a - b)
    return c.scale(factor/inside, c.elementwise(Lambda((z,), inside*body), matrix))


def short_elementwise(matrix: Basic) -> Basic:
    """The matrix as a function of its arguments in the shortest form, if it is one."""
    if not _is_of_entries(matrix):
        return matrix
    scalar, core = c.split_scalar(matrix)
    if not scalar.is_Rational:
        return c.scale(scalar, short_elementwise(core))
    letters: Letters = {}
    ways = [matrix, _shortened(matrix, letters, differences=False)]
    found = min(ways, key=lambda way: (operations(way), nodes(way)))
    if any(isinstance(letter, WrittenSum) for letter in letters):  # apart if that is shorter
        return min(found, _shortened(matrix, {}, differences=True), key=operations)
    return found


def with_rows_summed(diagonal: Any) -> Basic:
    """The diagonal of F G as the sums of rows of F∘G', where these are one shorter function."""
    terms = diagonal.args[0].args if isinstance(diagonal.args[0], MatAdd) else diagonal.args[:1]
    products = [_product_of_entries(term) for term in terms]
    if None in products:
        return diagonal
    total = short_elementwise(c.add(*cast(Any, products)))
    found = c.multiply(total, OneMatrix(shape(total)[1], S.One))
    return min(diagonal, found, key=operations)


def _product_of_entries(product: Basic) -> Basic | None:
    scalar, core = c.split_scalar(product)
    factors = c.factors_of(core)
    if len(factors) != 2 or not all(map(_is_of_entries, factors)):
        return None
    return c.scale(scalar, short_elementwise(c.hadamard(factors[0], c.transpose(factors[1]))))


def _shortened(matrix: Basic, letters: Letters, differences: bool) -> Basic:
    """``differences`` says whether those that were written are taken apart."""
    entry = _entry(matrix, letters, differences)
    if _may_be_shorter(entry, letters):
        entry = short_form(entry)
    values = {symbol: letter for letter, symbol in letters.items()}
    return _matrix(entry, values, shape(matrix))


def _is_of_entries(matrix: Basic) -> bool:
    """Whether a function or power of entries stands there, or in a sum or product of entries."""
    core = c.split_scalar(matrix)[1]
    if isinstance(core, (MatAdd, HadamardProduct)):
        return any(map(_is_of_entries, core.args))
    if isinstance(core, Transpose):
        core = core.args[0]
    return isinstance(core, (HadamardPower, ElementwiseApplyFunction))


def _may_be_shorter(entry: Expr, letters: Letters) -> bool:
    """Whether an argument occurs twice, or a sum in or around an exponential."""
    held = Counter(a for a in preorder_traversal(entry) if a.is_Symbol)
    return any(held[symbol] > 1 for symbol in letters.values()) \
        or entry.has(Add) and entry.has(exp, tanh, Sigmoid)


# --- a tree as a scalar expression ------------------------------------------------------


def _entry(matrix: Any, letters: Letters, differences: bool) -> Any:
    """The entry of a matrix, in symbols for those of its arguments."""
    if isinstance(matrix, MatMul):
        scalar, core = c.split_scalar(matrix)
        if scalar != 1 and not holds_matrices(scalar):
            return cast(Any, scalar)*_entry(core, letters, differences)
    if isinstance(matrix, OneMatrix):
        return S.One
    if isinstance(matrix, HadamardProduct):
        return Mul(*(_entry(a, letters, differences) for a in matrix.args))
    if isinstance(matrix, MatAdd):
        terms: list[Any] = [_entry(a, letters, differences) for a in matrix.args]
        return Add(*terms)
    if isinstance(matrix, HadamardPower) and not holds_matrices(matrix.args[1]):
        return _entry(matrix.args[0], letters, differences)**matrix.args[1]
    if isinstance(matrix, ElementwiseApplyFunction) and _can_be_applied(matrix):
        return cast(Any, matrix.function)(_entry(matrix.expr, letters, differences))
    if isinstance(matrix, Transpose) and isinstance(matrix.args[0], ElementwiseApplyFunction) \
            and _can_be_applied(matrix.args[0]):
        function, of = cast(Any, matrix.args[0].args)
        if (sign := _sign_of_transpose(of)) is not None:  # of a skew matrix, as of x1' - 1x'
            return function(sign*_entry(of, letters, differences))
    if isinstance(matrix, WrittenSum) and (differences or _is_of_entries(matrix.args[0])
                                           and not any(map(is_negative, matrix.args[0].args))):
        return _entry(matrix.args[0], letters, differences)
    return _letter(matrix, letters)


def _sign_of_transpose(matrix: Basic) -> Expr | None:
    """1 of a symmetric matrix, -1 of a skew one, where that can be seen."""
    (number, core), (turned, other) = (
        primitive(m) if isinstance(m, MatAdd) else c.split_scalar(m)
        for m in (matrix, c.transpose(matrix)))
    return turned/number if core == other else None


def _can_be_applied(matrix: Any) -> bool:
    """Whether a function of an expression can be written as matrices again."""
    if not isinstance(matrix.expr, (*OF_ENTRIES, MatAdd, MatMul, WrittenSum)):
        return True
    (z,), body = matrix.function.signature, matrix.function.expr
    return all(_is_of_one(part, z) for part in preorder_traversal(body) if part.has(z))


def _is_of_one(part: Any, z: Any) -> bool:
    """Whether a part of a function's body is a sum, a product, or of one argument with z in it."""
    if isinstance(part, Pow):
        return not part.exp.has(z)
    if isinstance(part, Function):
        return all(isinstance(a, Expr) for a in part.args) and sum(a.has(z) for a in part.args) == 1
    return part == z or isinstance(part, (Add, Mul))


def _letter(value: Any, letters: Letters) -> Any:
    """A symbol for a matrix."""
    if value not in letters:
        kind = {"complex": True} if is_complex(value) else {"real": True}
        letters[value] = bound_symbol(f"x{len(letters)}", **kind)
    return letters[value]


# --- and back ---------------------------------------------------------------------------


def _matrix(entry: Any, values: dict[Any, Any], size: Shape) -> Basic:
    """The matrix of an entry, functions of one letter as functions applied to it."""
    held, (rows, cols) = [s for s in values if entry.has(s)], cast(Any, size)
    if not held:
        return c.scale(entry, OneMatrix(rows, cols))
    if entry in values:
        return values[entry]
    if isinstance(entry, Mul):
        return _product(entry, held, values, size)
    if len(held) == 1 and entry.has(Function):
        return _of_one(entry, held[0], values[held[0]])
    if isinstance(entry, Add):
        return c.add(*sorted((_matrix(t, values, size) for t in entry.args), key=place_in_sum))
    if isinstance(entry, Pow):
        scalar, core = c.split_scalar(_matrix(entry.base, values, size))
        return c.scale(scalar**entry.exp, c.hadamard_power(core, entry.exp))
    z = argument_symbol(entry.atoms(Dummy), real=all(s.is_extended_real for s in held))
    (inside,) = (a for a in entry.args if a.has(*held))
    function = Lambda((z,), entry.func(*(z if a == inside else a for a in entry.args)))
    return c.elementwise(function, _matrix(inside, values, size))


def _product(entry: Mul, held: list[Any], values: dict[Any, Any], size: Shape) -> Basic:
    """Functions of one letter as one, all else as a Hadamard product."""
    scalar, matrices = S.One, []
    functions: dict[Any, Any] = defaultdict(lambda: S.One)
    for factor in entry.args:
        of = [s for s in held if factor.has(s)]
        if not of:
            scalar *= factor
        elif len(of) == 1 and factor.has(Function):
            functions[of[0]] *= factor
        else:
            matrices.append(_matrix(factor, values, size))
    matrices += [_of_one(body, s, values[s]) for s, body in functions.items()]
    return c.scale(scalar, reduce(c.hadamard, sorted(matrices, key=order)))
