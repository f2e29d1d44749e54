"""Local differentials, one file per family; importing this fills the table."""

from . import (
    algebra,
    by_entries,
    determinant_inverse,
    elementwise,
    entries,
    exponentials,
    factorizations,
    generalized_inverses,
    norms,
    primary_functions,
    reshaping,
    scalars,
    spectra,
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
    "factorizations",
    "generalized_inverses",
    "local_differentials",
    "norms",
    "primary_functions",
    "reshaping",
    "scalars",
    "spectra",
    "summation",
]
