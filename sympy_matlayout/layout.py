"""
Where each partial derivative stands.

A derivative is one set of partial derivatives; a layout says how they are
arranged.  The engine gives the gradient in the variable's shape and the
Jacobian ``∂vec(F)/∂vecᵀ(X)``; everything here is a transpose or a vec of
these.  Equation numbers are those of document 002.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum

from .errors import FormError, LayoutError

__all__ = ["FORMS", "Layout", "check_form", "current_layout", "layout"]

FORMS = ("auto", "matrix", "vec", "vech", "array")


class Layout(Enum):
    """
    A convention for arranging partial derivatives.

    Explanation
    ===========

    ``DENOMINATOR`` (SymPy's own): the derivative of a scalar has the shape of
    the variable, (6) and (11), and that of a vector or matrix is
    ``∂vecᵀ(F)/∂vec(X)``, (14).  ``NUMERATOR``: the transposes of these, (5),
    (9) and (13).  ``MIXED`` (Hessian-style, usual in machine learning): a
    scalar's gradient in denominator layout, a vector's or matrix's Jacobian
    in numerator layout.

    Examples
    ========

    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import Layout, matrix_derivative
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> A, x = MatrixSymbol('A', m, n), MatrixSymbol('x', n, 1)
    >>> matrix_derivative(A*x, x, layout=Layout.NUMERATOR)
    A
    >>> Layout('denominator')
    <Layout.DENOMINATOR: 'denominator'>

    See Also
    ========

    sympy_matlayout.layout, sympy_matlayout.matrix_derivative
    """

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    MIXED = "mixed"

    @classmethod
    def of(cls, given: Layout | str | None) -> Layout:
        """The layout meant by a name, a layout, or None for the current default."""
        if given is None:
            return current_layout()
        try:
            return cls(given.lower() if isinstance(given, str) else given)
        except ValueError:
            names = ", ".join(repr(member.value) for member in cls)
            raise LayoutError(f"unknown layout {given!r}; the layouts are {names}") from None

    def transposes_gradient(self) -> bool:
        """Whether a scalar's derivative is the transpose of the gradient."""
        return self is Layout.NUMERATOR

    def transposes_jacobian(self) -> bool:
        """Whether any other derivative is the transpose of the Jacobian (13)."""
        return self is Layout.DENOMINATOR


_current: ContextVar[Layout] = ContextVar("layout", default=Layout.DENOMINATOR)


def current_layout() -> Layout:
    """The layout used where none is given."""
    return _current.get()


@contextmanager
def layout(name: Layout | str) -> Iterator[Layout]:
    """
    The default layout inside a ``with`` block.

    Examples
    ========

    >>> from sympy import MatrixSymbol
    >>> from sympy_matlayout import layout, matrix_derivative
    >>> a, x = MatrixSymbol('a', 3, 1), MatrixSymbol('x', 3, 1)
    >>> with layout('numerator'):
    ...     matrix_derivative(a.T*x, x)
    a.T
    >>> matrix_derivative(a.T*x, x)
    a
    """
    chosen = Layout.of(name)
    token = _current.set(chosen)
    try:
        yield chosen
    finally:
        _current.reset(token)


def check_form(form: str, available: tuple[str, ...], what: str) -> str:
    """The form to use, ``auto`` resolved to the first that exists."""
    if form not in FORMS:
        raise FormError(f"unknown form {form!r}; the forms are {', '.join(map(repr, FORMS))}")
    if form == "auto":
        return available[0]
    if form not in available:
        raise FormError(f"{what} has no form {form!r}; "
                        f"it has {', '.join(map(repr, available))}")
    return form
