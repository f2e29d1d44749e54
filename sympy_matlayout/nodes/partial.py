"""The name of a derivative, as it stands on the left of an equation."""

from sympy import Expr
from sympy.core.sympify import _sympify
from sympy.printing.pretty.stringpict import prettyForm

__all__ = ["Partial"]


class Partial(Expr):
    r"""
    `\partial L/\partial X`, a name that is never evaluated.

    Explanation
    ===========

    The notation says the layout: `\partial L/\partial X` is the gradient (11),
    `\partial L/\partial X^T` its transpose (9), and
    `\partial\mathrm{vec}(F)/\partial\mathrm{vec}^T(X)` the Jacobian (13).

    Examples
    ========

    >>> from sympy import MatrixSymbol, Symbol, latex
    >>> from sympy_matlayout.nodes.partial import Partial
    >>> Partial(Symbol('L'), MatrixSymbol('X', 2, 3).T)
    ∂L/∂X.T
    >>> latex(_)
    '\\frac{\\partial L}{\\partial X^{T}}'

    Parameters
    ==========

    of, by : what is differentiated, and by what
    """

    is_commutative = True

    def __new__(cls, of, by):
        return super().__new__(cls, _sympify(of), _sympify(by))

    def doit(self, **hints):
        return self

    def _sympystr(self, printer):
        of, by = map(printer._print, self.args)
        return f"∂{of}/∂{by}"

    def _latex(self, printer):
        of, by = map(printer._print, self.args)
        return rf"\frac{{\partial {of}}}{{\partial {by}}}"

    def _pretty(self, printer):
        of, by = (prettyForm(*printer._print(a).left("∂" if printer._use_unicode else "d"))
                  for a in self.args)
        return of/by
