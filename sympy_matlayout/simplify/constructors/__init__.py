"""
Constructors that simplify locally and never walk the tree.

SymPy's ``MatMul(...)``, ``hadamard_product(...)`` and ``.doit()`` check shapes
and simplify deeply at every call.  These look only at the arguments at hand,
whose shapes are already known, so a sweep over a graph stays linear.  They
assume well-shaped arguments; ``reading`` checks what a user wrote.

Arguments that are zero matrices, identities, ones or scalar multiples are
taken up on the spot; nothing else is rearranged.
"""

from sympy.matrices.expressions import Identity, MatAdd, MatMul, OneMatrix, ZeroMatrix
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from .conjugates import adjoint, conjugate
from .entry_by_entry import elementwise, hadamard, hadamard_power
from .exponentials import softmax
from .generalized_inverses import pseudo_inverse, sylvester_solution
from .kronecker import commutation, kronecker
from .nodes import evaluated, factors_of, new, split_scalar, substituted
from .primary_functions import frechet_derivative, frechet_matrix, primary_function
from .products import (
    add,
    base_and_exponent,
    inverse,
    matrix_sum,
    meets_only_itself,
    multiply,
    power,
    scale,
    with_powers_joined,
)
from .spectra import reciprocal_gaps
from .stacking import diag, diagonal_of, matrix_slice, selection, unvec, unvech, vec, vech
from .traces_and_entries import as_scalar, determinant, entry, inner, trace
from .transposes import transpose

__all__ = [
    "ElementwiseApplyFunction", "Identity", "MatAdd", "MatMul", "OneMatrix", "ZeroMatrix",
    "add", "adjoint", "as_scalar", "base_and_exponent", "commutation", "conjugate",
    "determinant", "diag", "diagonal_of", "elementwise", "entry", "evaluated", "factors_of",
    "frechet_derivative", "frechet_matrix", "hadamard", "hadamard_power", "inner", "inverse",
    "kronecker", "matrix_slice", "matrix_sum", "meets_only_itself", "multiply", "new", "power",
    "primary_function", "pseudo_inverse", "reciprocal_gaps", "scale", "selection", "softmax",
    "split_scalar", "substituted", "sylvester_solution", "trace", "transpose", "unvec",
    "unvech", "vec", "vech", "with_powers_joined",
]
