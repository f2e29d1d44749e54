"""Local differentials, one file per family; importing this fills the table."""

from . import (
    algebra,
    by_entries,
    determinant_inverse,
    elementwise,
    entries,
    exponentials,
    norms,
    reshaping,
    scalars,
    summation,
)
from .table import cited, local_differentials

__all__ = [
    "algebra",
    "by_entries",
    "cited",
    "determinant_inverse",
    "elementwise",
    "entries",
    "exponentials",
    "local_differentials",
    "norms",
    "reshaping",
    "scalars",
    "summation",
]
