"""What has to be real or finite, and the conjugate of what is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch

from sympy import (
    Add,
    Mul,
    S,
    Symbol,
    Trace,
    conjugate,
)
from sympy.core.basic import Basic
from sympy.matrices.expressions import (
    MatAdd,
    MatMul,
    Transpose,
)

from ..core.errors import (
    DerivativeNotImplementedError,
    ValueMissingError,
)
from ..nodes.realness import complex_symbols
from .rebuilding import rebuild


def require_finite(node: Basic, args: Sequence[Basic]) -> None:
    """oo is a limit of sums and integrals, and no number to calculate with."""
    for a in args:
        if a is S.Infinity or a is S.NegativeInfinity:
            raise ValueMissingError(f"{a} is no number to calculate with: {node}")


@singledispatch
def conjugated(expr: Basic, node: Basic) -> Basic:
    """The complex conjugate; of all that isn't declared to be complex, itself."""
    if not complex_symbols(expr):
        require_real(expr)
        return expr
    raise DerivativeNotImplementedError(
        f"the conjugate of {type(expr).__name__} with {_names(complex_symbols(expr))}, which "
        f"{_are(complex_symbols(expr))} declared complex, is not covered: {node}")


@conjugated.register(Symbol)
def conjugated_symbol(expr, node):
    return conjugate(expr) if complex_symbols(expr) else expr


@conjugated.register(Add)
@conjugated.register(Mul)
@conjugated.register(MatAdd)
@conjugated.register(MatMul)
@conjugated.register(Transpose)
@conjugated.register(Trace)
def conjugated_parts(expr, node):
    return rebuild(expr, [conjugated(a, node) for a in expr.args])


def _names(symbols: set) -> str:
    return ", ".join(sorted(map(str, symbols)))


def _are(symbols: set) -> str:
    return "is" if len(symbols) == 1 else "are"


def require_real(node: Basic) -> None:
    if node.has(S.ImaginaryUnit):
        raise DerivativeNotImplementedError(
            f"everything is real here, and {node} depends on what is not")


def require_no_complex_symbols(node: Basic) -> None:
    if held := complex_symbols(node):
        raise DerivativeNotImplementedError(
            f"{type(node).__name__} is covered for real arguments only, and {_names(held)} "
            f"{_are(held)} declared complex: {node}")
