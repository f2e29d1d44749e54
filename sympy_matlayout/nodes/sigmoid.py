"""The logistic sigmoid and its integral, which exponentials written out stand for."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Function, Lambda, S, exp, log
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.printing.pretty.stringpict import prettyForm

from ..core.bound_symbols import argument_symbol
from ..core.given import as_scalar_or_matrix
from ..core.registry import construct
from ..core.shapes import is_matrix
from .node import numpy_call

__all__ = ["Sigmoid", "Softplus"]


class _OfEntries(Function):
    """A function of a number; of a matrix, that of its entries."""

    args: tuple[Any, ...]
    numpy_function: str
    letter: str

    def __new__(cls, x: Any, **options: Any) -> Any:
        x = as_scalar_or_matrix(x, f"the argument of {cls.__name__}")
        if is_matrix(x):
            z = argument_symbol(frozenset())
            return construct(ElementwiseApplyFunction, Lambda((z,), cls(z)), x)
        return super().__new__(cls, x, **options)

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real

    def _eval_is_extended_positive(self) -> bool | None:
        return True if self.args[0].is_real else None  # of -oo it is 0

    def _eval_evalf(self, prec: int) -> Any:
        return self.rewrite(exp)._eval_evalf(prec)

    def _numpycode(self, printer: Any) -> str:
        return numpy_call(printer, self.numpy_function, self.args[0])

    def _mpmathcode(self, printer: Any) -> str:
        return printer._print(self.rewrite(exp))

    def _latex(self, printer: Any, exp: Any = None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"{self.letter}{power}\left({printer._print(self.args[0])}\right)"

    _pythoncode = _mpmathcode


class Sigmoid(_OfEntries):
    r"""
    The logistic function `\sigma(x) = 1/(1 + e^{-x})`, of a matrix entry by entry.

    Explanation
    ===========

    `\sigma'(x) = \sigma(x)\sigma(-x)`, and `\sigma(-x) = 1 - \sigma(x)`.  Results hold it
    where exponentials written out stand for it, as in the gradient of
    `\log(1 + e^x)`; it has a value where these overflow.

    Examples
    ========

    >>> from sympy import exp, symbols
    >>> from sympy_matlayout import Sigmoid
    >>> x = symbols('x', real=True)
    >>> Sigmoid(x).diff(x)
    Sigmoid(-x)*Sigmoid(x)
    >>> Sigmoid(x).rewrite(exp), Sigmoid(0)
    (1/(1 + exp(-x)), 1/2)

    Parameters
    ==========

    x : a scalar or matrix expression

    See Also
    ========

    sympy_matlayout.Softplus

    References
    ==========

    .. [1] C. M. Bishop, Pattern Recognition and Machine Learning, 4.2
    """

    numpy_function = "sigmoid"
    letter = r"\sigma"

    @classmethod
    def eval(cls, x: Any) -> Any:
        values = {S.Zero: S.Half, S.Infinity: S.One, S.NegativeInfinity: S.Zero}
        return values.get(x)

    def fdiff(self, argindex: int = 1) -> Expr:
        return Sigmoid(self.args[0])*Sigmoid(-self.args[0])

    def _eval_rewrite_as_exp(self, x: Any, **kwargs: Any) -> Expr:
        return 1/(1 + exp(-x))

    def _pretty(self, printer: Any) -> prettyForm:
        name = "σ" if printer._use_unicode else "Sigmoid"
        inside = printer._print(self.args[0])
        return prettyForm(*prettyForm(name).right(prettyForm(*inside.parens())))


class Softplus(_OfEntries):
    r"""
    `\log(1 + e^x)`, the integral of the sigmoid, of a matrix entry by entry.

    Explanation
    ===========

    Its derivative is `\sigma(x)`, and `\log\sigma(x) = -\mathrm{softplus}(-x)`.  It has a
    value where `e^x` overflows.

    Examples
    ========

    >>> from sympy import symbols
    >>> from sympy_matlayout import Softplus
    >>> x = symbols('x', real=True)
    >>> Softplus(x).diff(x)
    Sigmoid(x)

    Parameters
    ==========

    x : a scalar or matrix expression

    See Also
    ========

    sympy_matlayout.Sigmoid
    """

    numpy_function = "softplus"
    letter = r"\operatorname{softplus}"

    @classmethod
    def eval(cls, x: Any) -> Any:
        values = {S.Zero: log(2), S.Infinity: S.Infinity, S.NegativeInfinity: S.Zero}
        return values.get(x)

    def fdiff(self, argindex: int = 1) -> Expr:
        return Sigmoid(self.args[0])

    def _eval_rewrite_as_exp(self, x: Any, **kwargs: Any) -> Expr:
        return log(1 + exp(x))
