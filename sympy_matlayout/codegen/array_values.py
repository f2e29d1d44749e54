"""Arrays and numbers as functions made by ``lambdify`` take them and give them back."""

from __future__ import annotations

from collections.abc import Sequence
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

    def taken(self, argument: Basic, value: Any) -> Any:
        """What is passed for an argument, as an array of two axes or a number."""
        if not isinstance(argument, MatrixSymbol):
            return self._number(argument, value) if self.is_numpy else value
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

    def given(self, value: Any, arguments: Sequence[Any]) -> Any:
        """A result: scalars as numbers, and no array that shares its entries with an argument."""
        if not self.is_numpy or not isinstance(value, self.module.ndarray):
            return value
        if value.ndim == 0:
            return value[()]
        shared = any(self.module.may_share_memory(value, a) for a in arguments
                     if isinstance(a, self.module.ndarray))
        return value.copy() if shared else value
