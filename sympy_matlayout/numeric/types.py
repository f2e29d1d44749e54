"""What values are to a type checker: mpmath makes its classes when it is imported, unseen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy.core.basic import Basic

__all__ = ["NumericMatrix", "NumericScalar", "Sizes", "Value", "Values"]

NumericScalar = Any  # an mpf or mpc
NumericMatrix = Any  # an mpmath matrix
Value = Any  # one of these, or a NumericArray
Values = Mapping[Basic, Value]
Sizes = tuple[int, ...]
