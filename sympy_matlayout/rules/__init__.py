"""Local differentials, one file per family; importing this fills the table."""

from . import algebra, determinant_inverse, elementwise, norms, reshaping, scalars, summation
from .table import cited, local_differentials

__all__ = [
    "algebra",
    "cited",
    "determinant_inverse",
    "elementwise",
    "local_differentials",
    "norms",
    "reshaping",
    "scalars",
    "summation",
]
