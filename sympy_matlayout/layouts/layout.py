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
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..core.errors import FormError, LayoutError

__all__ = ["FORMS", "Arrangement", "Layout", "check_form", "current_layout", "layout"]

FORMS = ("auto", "matrix", "vec", "row-major", "vech", "array", "autodiff")


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

    sympy_matlayout.layouts.layout, sympy_matlayout.matrix_derivative
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
        except (ValueError, TypeError):  # TypeError of what can't be hashed
            names = ", ".join(repr(member.value) for member in cls)
            raise LayoutError(f"unknown layout {given!r}; the layouts are {names}") from None

    def transposes_gradient(self) -> bool:
        """Whether a scalar's derivative is the transpose of the gradient."""
        return self is Layout.NUMERATOR

    def transposes_jacobian(self) -> bool:
        """Whether any other derivative is the transpose of the Jacobian (13)."""
        return self is Layout.DENOMINATOR


@dataclass(frozen=True)
class Arrangement:
    """
    A layout with a form: where each partial derivative stands.

    Explanation
    ===========

    What ``convert_layout`` takes as its source and target, given as

    - a number of document 002, which also says what is differentiated: 5, 6
      (scalar by column), 8, 9, 10, 11 (scalar by matrix), 13, 14;
    - a layout, ``"numerator"``, ``"denominator"``, ``"mixed"``: what
      ``matrix_derivative`` gives in it;
    - a form, ``"vec"``, ``"row-major"``, ``"matrix"``, in the current layout;
      ``"array"`` and ``"autodiff"`` are the same in every layout;
    - a pair of these, ``("numerator", "row-major")``.

    ``"array"`` has the axes of the variable first, as SymPy; ``"autodiff"`` those
    of the function, as JAX and PyTorch.  ``"row-major"`` is ``"vec"`` with rows
    stacked instead of columns, as NumPy's ``reshape`` does.

    Examples
    ========

    >>> from sympy_matlayout import Arrangement
    >>> Arrangement.of(13)
    Arrangement(layout=<Layout.NUMERATOR: 'numerator'>, form='vec', number=13)
    >>> Arrangement.of(("denominator", "row-major")).form
    'row-major'

    See Also
    ========

    sympy_matlayout.convert_layout, sympy_matlayout.Layout
    """

    layout: Layout
    form: str = "auto"
    number: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "layout", Layout.of(self.layout))
        if self.form not in FORMS:
            raise FormError(unknown_form(self.form))
        if self.number is not None and NUMBERED.get(self.number) != (self.layout, self.form):
            raise LayoutError(f"{self.number!r} is not the number of the {self.layout.value} "
                              f"layout, form {self.form!r}; Arrangement.of(number) takes one of "
                              f"{', '.join(map(str, NUMBERED))}")

    @classmethod
    def of(cls, given: Any) -> Arrangement:
        """The arrangement meant by a number, a layout, a form, or a pair of these."""
        if isinstance(given, cls):
            return given
        if isinstance(given, int) and not isinstance(given, bool) and given in NUMBERED:
            return cls(*NUMBERED[given], given)
        if isinstance(given, str) and given in FORMS and given not in ("auto", "vech"):
            return cls(current_layout(), given)
        if isinstance(given, (str, Layout)):
            return cls(Layout.of(given))
        if isinstance(given, tuple) and len(given) == 2 and given[1] in FORMS:
            return cls(Layout.of(given[0]), given[1])
        raise LayoutError(
            f"{given!r} names no arrangement; give one of the numbers "
            f"{', '.join(map(str, NUMBERED))}, a layout, a form, or a pair of these, such as "
            "('numerator', 'row-major')")

    @property
    def is_array(self) -> bool:
        return self.form in ("array", "autodiff")

    def __str__(self) -> str:
        if self.number:
            return f"({self.number})"
        return f"{self.layout.value} layout, form {self.form}"


# what document 002 numbers: scalar by column (5) (6), scalar by matrix (8) to (11), any (13) (14)
NUMBERED = {
    5: (Layout.NUMERATOR, "matrix"), 6: (Layout.DENOMINATOR, "matrix"),
    8: (Layout.NUMERATOR, "vec"), 9: (Layout.NUMERATOR, "matrix"),
    10: (Layout.DENOMINATOR, "vec"), 11: (Layout.DENOMINATOR, "matrix"),
    13: (Layout.NUMERATOR, "vec"), 14: (Layout.DENOMINATOR, "vec"),
}

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


def unknown_form(form: object) -> str:
    return f"unknown form {form!r}; the forms are {', '.join(map(repr, FORMS))}"


def check_form(form: str, available: tuple[str, ...], what: str) -> str:
    """The form to use, ``auto`` resolved to the first that exists."""
    if form not in FORMS:
        raise FormError(unknown_form(form))
    if form == "auto":
        return available[0]
    if form not in available:
        raise FormError(f"{what} has no form {form!r}; "
                        f"it has {', '.join(map(repr, available))}")
    return form
