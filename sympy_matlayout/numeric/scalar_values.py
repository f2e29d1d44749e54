"""The values of scalars: numbers, sums and powers, conditions, and what is read off matrices."""

from __future__ import annotations

import operator
from typing import Any, cast

from mpmath import mp, mpf
from sympy import (
    Add,
    Determinant,
    Eq,
    Ge,
    Gt,
    KroneckerDelta,
    Le,
    Lt,
    Mul,
    Ne,
    Number,
    NumberSymbol,
    Piecewise,
    Pow,
    Subs,
    Symbol,
    Trace,
    oo,
)
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom, BooleanFunction
from sympy.matrices.expressions import DotProduct, MatrixSymbol
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import DerivativeNotImplementedError
from ..core.registry import declares
from ..nodes.norm import FROBENIUS, NUCLEAR, Norm
from ..nodes.undefined_functions import FunctionValue
from .account import NoSuchIndex, is_real, reaching_no_value
from .evaluation import Evaluation
from .linear_algebra import determinant, singular_values
from .scalar_functions import as_number, number_of, on_the_axis
from .types import NumericScalar

SINGULAR_VALUES = 50  # their cost in multiplications, times the size of the matrix cubed
COMPARED = {Gt: operator.gt, Ge: operator.ge, Lt: operator.lt, Le: operator.le}


@declares("value", Number, NumberSymbol)
def value_of_number(node: Number | NumberSymbol, at: Evaluation) -> NumericScalar:
    return as_number(number_of(node))


@declares("value", Symbol, MatrixSymbol)
def value_of_symbol(node: Symbol | MatrixSymbol, at: Evaluation) -> NumericScalar:
    raise KeyError(f"no value given for {node}")


@declares("value", Add)
def value_of_sum(node: Add, at: Evaluation) -> NumericScalar:
    return mp.fsum(map(at.number, node.args))


@declares("value", Mul)
def value_of_product(node: Mul, at: Evaluation) -> NumericScalar:
    found = mpf(1)
    for factor in node.args:
        found *= at.number(factor)
    return found


@declares("value", Pow)
def value_of_power(node: Pow, at: Evaluation) -> NumericScalar:
    base, exponent = map(at.number, node.args)
    if not mp.isint(exponent):
        base = on_the_axis(base)
    return at.noted(node, as_number(reaching_no_value(mp.power, base, exponent)), base, exponent)


# --- conditions --------------------------------------------------------------------------


@declares("value", Piecewise)
def value_of_piecewise(node: Any, at: Evaluation) -> NumericScalar:
    for k, (value, condition) in enumerate(node.args):
        if at.value(condition):
            at.account.branches.add((node, k))
            return at.number(value)
    return mp.nan


@declares("value", Relational)
def value_of_relation(node: Relational, at: Evaluation) -> bool:
    sides = [at.real(node, a) for a in node.args]
    if isinstance(node, (Eq, Ne)):
        return (sides[0] == sides[1]) is isinstance(node, Eq)
    return COMPARED[type(node)](*sides)


@declares("value", BooleanAtom)
def value_of_truth(node: BooleanAtom, at: Evaluation) -> bool:
    return bool(node)


@declares("value", BooleanFunction)
def value_of_connective(node: BooleanFunction, at: Evaluation) -> bool:
    return bool(node.func(*map(at.value, node.args)))


@declares("value", KroneckerDelta)
def value_of_delta(node: KroneckerDelta, at: Evaluation) -> NumericScalar:
    i, j = map(at.number, node.args[:2])
    return mpf(i == j)


# --- functions ---------------------------------------------------------------------------


@declares("value", Subs)
def value_of_substitution(node: Subs, at: Evaluation) -> NumericScalar:
    done = node.doit()
    if isinstance(done, Subs):
        raise DerivativeNotImplementedError(f"{node} has no value by numbers")
    return at.number(done)


@declares("value", FunctionValue)
def value_of_function_value(node: FunctionValue, at: Evaluation) -> NumericScalar:
    return at.number(node.args[0])


# --- of matrices -------------------------------------------------------------------------


@declares("value", MatrixElement)
def value_of_entry(node: MatrixElement, at: Evaluation) -> NumericScalar:
    matrix, i, j = node.args
    M = at.value(matrix)
    return M[_place(at.size(i), M.rows), _place(at.size(j), M.cols)]


def _place(index: int, size: int) -> int:
    """The index counted from the front; -1 is the last."""
    if not -size <= index < size:
        raise NoSuchIndex(f"no index {index} among {size}")
    return index % size


@declares("value", Trace)
def value_of_trace(node: Trace, at: Evaluation) -> NumericScalar:
    M = at.value(node.args[0])
    return mp.fsum(M[i, i] for i in range(M.rows))


@declares("value", Determinant)
def value_of_determinant(node: Determinant, at: Evaluation) -> NumericScalar:
    M = at.value(node.args[0])
    at.account.spend(M.rows**3//3, node)
    return determinant(M)


@declares("value", Norm)
def value_of_norm(node: Norm, at: Evaluation) -> NumericScalar:
    M, order = at.real(node, node.matrix), node.order
    if order == NUCLEAR or order == 2 and not node.is_of_vector:
        at.account.spend(SINGULAR_VALUES*M.rows*M.cols*min(M.rows, M.cols), node)
        singular = singular_values(M)
        return mp.fsum(singular) if order == NUCLEAR else max(singular)
    sizes = [abs(a) for a in M]
    if order == 1 and all(map(is_real, M)):
        at.account.branches.update((node, mp.sign(a)) for a in M)
    if order == oo:
        at.account.branches.add((node, sizes.index(max(sizes))))
        return max(sizes)
    if order == FROBENIUS or order == 2:
        return mp.sqrt(mp.fsum(a*a for a in sizes))
    exponent = at.real(node, cast(Any, order))
    return reaching_no_value(lambda: mp.fsum(a**exponent for a in sizes)**(1/exponent))


@declares("value", DotProduct)
def value_of_dot_product(node: DotProduct, at: Evaluation) -> NumericScalar:
    u, v = (list(at.value(a)) for a in node.args)
    return mp.fdot(u, v)
