"""Arrays and numbers as functions made by ``lambdify`` take them and give them back."""

from __future__ import annotations

from typing import Any

from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSymbol

from ..core.errors import ShapeError
from ..core.shapes import is_one, shape, show

__all__ = ["ArrayValues"]


class ArrayValues:
    """Arrays of NumPy, or of a module like it: what is taken as arguments and given back."""

    def __init__(self, module: Any):
        self.module = module
        self.is_numpy = module.__name__ == "numpy"
        self.is_torch = module.__name__ == "torch"

    def taken(self, argument: Basic, value: Any) -> Any:
        """What is passed for an argument, as an array of two axes or a number."""
        if not isinstance(argument, MatrixSymbol):
            if self.is_torch and not argument.is_integer:
                return self._tensor(argument, value)
            return self._number(argument, value) if self.is_numpy else value
        if self.is_torch:
            return self._of_two_axes(argument, self._tensor(argument, value))
        if hasattr(value, "toarray"):  # a sparse matrix
            value = value.toarray()
        try:
            array = self.module.asarray(value)
            if array.dtype.kind not in "fc" or array.dtype.itemsize in (2, 16, 32):
                array = array.astype(complex if array.dtype.kind == "c" else float)
        except (TypeError, ValueError) as error:
            raise ShapeError(f"{argument} needs an array of numbers: {error}") from error
        if getattr(getattr(value, "mask", None), "any", bool)():
            raise ShapeError(f"{argument} needs an array without masked entries")
        return self._of_two_axes(argument, array)

    def _tensor(self, argument: Basic, value: Any) -> Any:
        """A tensor of floating-point numbers."""
        try:
            found = self.module.as_tensor(value)
        except (TypeError, ValueError, RuntimeError) as error:
            raise ShapeError(f"{argument} needs a tensor of numbers: {error}") from error
        return found if found.is_floating_point() or found.is_complex() else \
            found.to(self.module.float64)

    def _of_two_axes(self, argument: Basic, array: Any) -> Any:
        rows, cols = shape(argument)
        if array.ndim == 1 and is_one(cols) or array.ndim == 0 and is_one(rows) and is_one(cols):
            return array.reshape(-1, 1)
        if array.ndim == 1 and is_one(rows):
            return array.reshape(1, -1)
        if array.ndim != 2:
            raise ShapeError(f"{argument} is {show((rows, cols))}; it can't be an array of shape "
                             f"{tuple(array.shape)}")
        return array

    def _number(self, argument: Basic, value: Any) -> Any:
        """A number for a scalar; whole numbers stay such, or they could be no size or index."""
        if self.module.size(value) != 1 or isinstance(value, (str, bytes)):
            raise ShapeError(f"{argument} is a scalar, and can't be {value!r}")
        value = self.module.asarray(value).item()
        if not isinstance(value, (int, float, complex)):
            value = float(value)
        if argument.is_integer and not isinstance(value, int):
            if value != value or value.imag or value.real != round(value.real):
                raise ShapeError(f"{argument} is a whole number, and can't be {value!r}")
            return round(value.real)
        return self.module.float64(value) if isinstance(value, float) else value
