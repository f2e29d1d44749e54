"""
The complex conjugate, pushed to the symbols.

Sums, products, inverses and all functions that are real for real arguments commute with it, so
that what is left are conjugates of symbols, leaves of their own beside the symbols.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import (
    Add,
    Adjoint,
    Determinant,
    DiracDelta,
    Function,
    Heaviside,
    I,
    Integral,
    Lambda,
    Max,
    Min,
    Mod,
    Mul,
    NumberSymbol,
    Piecewise,
    Pow,
    Product,
    Sum,
    Symbol,
    Trace,
    ceiling,
    floor,
    frac,
)
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    BlockMatrix,
    DiagMatrix,
    DiagonalMatrix,
    FunctionMatrix,
    HadamardPower,
    HadamardProduct,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSlice,
    MatrixSymbol,
    Transpose,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement

from ...core import limits
from ...core.bound_symbols import argument_symbol
from ...core.caches import cached
from ...core.errors import DerivativeNotImplementedError
from ...core.registry import construct, constructor_of, declared, declares
from ...nodes.conjugates import ConjugateSymbol, conjugation_marks
from ...nodes.differential_symbols import Differential
from ...nodes.factorizations import Cholesky, QFactor, RFactor
from ...nodes.frechet_derivatives import FrechetDerivative, FrechetMatrix
from ...nodes.generalized_inverses import (
    Adjugate,
    PseudoInverse,
    SingularDeterminant,
    SylvesterSolution,
)
from ...nodes.matrix_sum import MatrixSum
from ...nodes.norm import LargestEntry
from ...nodes.primary_functions import PrimaryFunction
from ...nodes.realness import OF_COMPLEX, complex_symbols, is_complex
from ...nodes.singular_values import (
    LeftSingularVector,
    LeftSingularVectors,
    PolarFactor,
    RightSingularVector,
    RightSingularVectors,
    SingularValue,
    SingularValues,
)
from ...nodes.softmax import LogSumExp, LogSumExpAlong, Softmax
from ...nodes.spectra import (
    Eigenvalue,
    Eigenvalues,
    Eigenvector,
    Eigenvectors,
    LeftEigenvector,
    ReciprocalGaps,
)
from ...nodes.structured import facts_about
from ...nodes.vec import Unvec, Vec
from ...nodes.vech import Unvech, Vech
from ...nodes.written_sum import WrittenScalar, WrittenSum
from .nodes import evaluated
from .products import inverse, scale
from .stacking import matrix_slice
from .traces_and_entries import entry
from .transposes import transpose

__all__ = ["adjoint", "conjugate", "plainer"]

OF_REAL_ONLY = (DiracDelta, Heaviside, Max, Min, Mod, ceiling, floor, frac)


@cached(limits.CACHED_TERMS)
def conjugate(expr: Any) -> Any:
    """The complex conjugate; of what isn't declared to be complex, itself."""
    if not is_complex(expr):
        return expr
    if known := declared("conjugate", type(expr)):
        return known(expr)
    raise DerivativeNotImplementedError(
        f"the conjugate of {type(expr).__name__} is not covered, met in {expr}, which holds "
        f"{', '.join(sorted(map(str, complex_symbols(expr)))) or I}")


def adjoint(matrix: Any) -> Any:
    """The conjugate transpose, which of what is real is the transpose."""
    return transpose(conjugate(matrix))


def plainer(matrix: Any) -> Any:
    """A matrix or its conjugate, for what has the same value of both."""
    if not is_complex(matrix) or matrix.has(Adjoint):  # not read yet
        return matrix
    return min(matrix, conjugate(matrix), key=conjugation_marks)


@declares("conjugate", MatrixSymbol)
def conjugate_of_symbol(symbol: Any) -> Basic:
    """S* = S' of a Hermitian one, U* = U⁻¹' of a unitary one, else a leaf of its own."""
    facts = facts_about(symbol)
    if "hermitian" in facts:
        return transpose(symbol)
    if "antihermitian" in facts:
        return scale(-1, transpose(symbol))
    if "unitary" in facts:
        return transpose(inverse(symbol))
    return ConjugateSymbol(symbol)


@declares("conjugate", ConjugateSymbol)
def conjugate_of_conjugate(symbol: ConjugateSymbol) -> Basic:
    return symbol.of


@declares("conjugate", Symbol, NumberSymbol, type(I), Differential)
def conjugate_of_scalar(symbol: Any) -> Basic:
    if isinstance(symbol, MatrixSymbol):
        return conjugate_of_symbol(symbol)
    return sympy.conjugate(symbol)


@declares("conjugate", Adjoint)
def conjugate_of_adjoint(node: Adjoint) -> Basic:
    return transpose(node.args[0])


@declares("conjugate", sympy.conjugate)
def conjugate_of_scalars_conjugate(node: sympy.conjugate) -> Basic:
    return node.args[0]


@declares("conjugate", DiagMatrix, DiagonalMatrix, DiagonalOf, FunctionMatrix, HadamardPower,
          HadamardProduct, Inverse, KroneckerProduct, MatAdd, MatMul, MatPow, Transpose,
          BlockDiagMatrix)
@declares("conjugate", Add, Determinant, Integral, Mul, Pow, Product, Sum, Trace)
@declares("conjugate", Adjugate, FrechetDerivative, FrechetMatrix, LogSumExp, LogSumExpAlong,
          MatrixSum, PrimaryFunction, PseudoInverse, SingularDeterminant, Softmax,
          SylvesterSolution, Unvec, Unvech, Vec, Vech, WrittenScalar, WrittenSum)
@declares("conjugate", Cholesky, Eigenvalue, Eigenvalues, Eigenvector, LeftEigenvector,
          LeftSingularVector, LeftSingularVectors, PolarFactor, QFactor, ReciprocalGaps, RFactor,
          RightSingularVector, RightSingularVectors, SingularValue, SingularValues)
def conjugate_by_parts(node: Any) -> Basic:
    """f(X)* = f(X*), of what is made of real numbers beside its arguments"""
    args = [conjugate(a) for a in node.args]
    make = constructor_of(type(node))
    return evaluated(node, args) if make is None else make(*args)


@declares("conjugate", Eigenvectors)
def conjugate_of_eigenvectors(node: Any) -> Basic:
    """V* = V⁻¹' of a unitary V, and of a pencil by its parts"""
    return transpose(inverse(node)) if len(node.args) == 1 else conjugate_by_parts(node)


@declares("conjugate", Function)
def conjugate_of_function(node: Any) -> Basic:
    """f(u)* = f(u*), off the cuts of its branches, of a function that is real for real u"""
    if isinstance(node, (AppliedUndef, *OF_REAL_ONLY)):
        raise DerivativeNotImplementedError(
            f"{type(node).__name__} of what is complex has no conjugate that is known: {node}")
    return conjugate_by_parts(node)


@declares("conjugate", Piecewise)
def conjugate_of_cases(node: Any) -> Basic:
    return Piecewise(*((conjugate(value), condition) for value, condition in node.args))


@declares("conjugate", Lambda)
def conjugate_of_lambda(node: Any) -> Basic:
    """The function f* with f*(z) = f(z*)*; its bound symbols are placeholders, as real ones."""
    symbols, body = node.signature, node.expr
    letters = {z: sympy.Dummy(z.name) for z in symbols}
    back = {letter: z for z, letter in letters.items()}
    return Lambda(symbols, conjugate(body.xreplace(letters)).xreplace(back))


@declares("conjugate", ElementwiseApplyFunction)
def conjugate_of_elementwise(node: Any) -> Basic:
    """f.(Z)* = f*.(Z*), and of |z|, say, the function of Z that has the conjugate values"""
    function, matrix = node.args
    if function.expr.has(AppliedUndef) and is_complex(matrix):
        raise DerivativeNotImplementedError(
            f"a function left open of what is complex has no conjugate that is known: {node}")
    if not function.expr.has(*OF_COMPLEX):
        return construct(ElementwiseApplyFunction, conjugate(function), conjugate(matrix))
    own = argument_symbol(function.expr.atoms(sympy.Dummy), real=False)
    body = conjugate(function(own))
    return construct(ElementwiseApplyFunction, Lambda((own,), body), matrix)


@declares("conjugate", MatrixElement)
def conjugate_of_entry(node: Any) -> Basic:
    return entry(conjugate(node.parent), *node.args[1:])


@declares("conjugate", MatrixSlice)
def conjugate_of_slice(node: Any) -> Basic:
    parent, rows, cols = node.args
    return matrix_slice(conjugate(parent), tuple(rows), tuple(cols))


@declares("conjugate", LargestEntry)
def conjugate_of_place(node: LargestEntry) -> Basic:
    return node  # of zeros and a one


@declares("conjugate", BlockMatrix)
def conjugate_of_blocks(node: Any) -> Basic:
    return BlockMatrix(node.blocks.applyfunc(conjugate))


@declares("conjugate", MatrixBase)
def conjugate_of_explicit(matrix: Any) -> Basic:
    return matrix.applyfunc(conjugate)
