"""What can go wrong, as exceptions that say what to do."""

from sympy.matrices import ShapeError as SympyShapeError

__all__ = [
    "DerivativeNotImplementedError",
    "FormError",
    "LayoutError",
    "MatlayoutError",
    "ShapeError",
    "VariableError",
]


class MatlayoutError(Exception):
    """Every error of this library is one of these."""


class ShapeError(MatlayoutError, SympyShapeError):
    """The expression is ill-shaped, also where SymPy itself lets it through."""


class DerivativeNotImplementedError(MatlayoutError, NotImplementedError):
    """No rule covers a node; the message names it and shows how to register one."""


class VariableError(MatlayoutError, ValueError):
    """What was given as a variable is none."""


class LayoutError(MatlayoutError, ValueError):
    """No layout has the given name."""


class FormError(MatlayoutError, ValueError):
    """The form does not exist for the shapes at hand."""
