"""
Matrix derivatives for SymPy, in the layout you ask for: right, or refused with a reason.

Importing this changes nothing in SymPy.

A star import takes no name that SymPy has: ``hessian``, ``lambdify``, ``latex``, ``pprint``,
``pretty``, ``stationary_points`` and ``ShapeError`` are imported by name.
"""

from .checking.check import DerivativeCheck, check_derivative
from .codegen.lambdification import lambdify
from .codegen.source import function_source
from .core.caches import clear_caches
from .core.errors import (
    ArgumentError,
    ConventionError,
    DepthError,
    DerivativeNotImplementedError,
    FactsError,
    FormError,
    LayoutError,
    MatlayoutBug,
    MatlayoutError,
    NoClosedFormError,
    NotLinearError,
    ParseError,
    RepeatedValuesWarning,
    ShapeError,
    SingularError,
    StructureError,
    ValueMissingError,
    VariableError,
)
from .derivatives.derivation import Derivation, Step, derivation
from .derivatives.derivative import gradient, jacobian, matrix_derivative
from .derivatives.differential import (
    differential,
    gradient_from_differential,
    hessian_from_differential,
    jacobian_from_differential,
    second_differential,
)
from .derivatives.second_derivatives import (
    augmented_hessian,
    directional_derivative,
    hessian,
    hessian_vector_product,
)
from .derivatives.vectorization import collect_vec, expand_vec
from .layouts.conversion import convert_layout
from .layouts.layout import Arrangement, Layout, layout
from .nodes.conjugates import ComplexMatrixSymbol, HermitianMatrixSymbol
from .nodes.constants import CommutationMatrix, DiagonalEmbedding, MatrixUnit, SelectionMatrix
from .nodes.differential_symbols import Differential, MatrixDifferential, ScalarDifferential
from .nodes.exchange import ExchangeMatrix
from .nodes.factorizations import (
    Cholesky,
    QFactor,
    RFactor,
    cholesky,
    qr,
)
from .nodes.frechet_derivatives import DividedDifferences, FrechetDerivative, FrechetMatrix
from .nodes.generalized_inverses import (
    Adjugate,
    PseudoInverse,
    SylvesterSolution,
    adjugate,
    cofactor,
    pinv,
    solve_sylvester,
)
from .nodes.linear_structures import (
    CirculantBasis,
    HankelBasis,
    LowerOnes,
    SkewDuplicationMatrix,
    ToeplitzBasis,
    UpperDuplicationMatrix,
    UpperOnes,
)
from .nodes.matrix_sum import MatrixSum
from .nodes.norm import LargestEntry, MaxEntry, Norm, max_entry
from .nodes.primary_functions import PrimaryFunction, expm, logm, matrix_function, sqrtm
from .nodes.sigmoid import Sigmoid, Softplus
from .nodes.singular_values import (
    LeftSingularVector,
    LeftSingularVectors,
    PolarFactor,
    RightSingularVector,
    RightSingularVectors,
    SingularValue,
    SingularValues,
    ky_fan_norm,
    polar_factor,
    schatten_norm,
    singular_value,
    singular_values,
)
from .nodes.softmax import LogSumExp, Softmax
from .nodes.spectra import (
    Eigenvalue,
    Eigenvalues,
    Eigenvector,
    Eigenvectors,
    LeftEigenvector,
    ReciprocalGaps,
    eigenvalue,
    eigenvalues,
    eigenvector,
    eigenvectors,
    left_eigenvector,
)
from .nodes.structured import (
    DiagonalMatrixSymbol,
    LowerTriangularMatrixSymbol,
    SkewSymmetricMatrixSymbol,
    SymmetricMatrixSymbol,
    UpperTriangularMatrixSymbol,
)
from .nodes.undefined_functions import (
    FunctionDerivative,
    FunctionGradient,
    FunctionJacobian,
    FunctionValue,
    MatrixFunction,
)
from .nodes.vec import Unvec, Vec, unvec, vec
from .nodes.vech import (
    DuplicationMatrix,
    EliminationMatrix,
    SymmetrizerMatrix,
    Unvech,
    Vech,
    unvech,
    vech,
)
from .optimization.matrix_equations import solve_matrix_equation
from .optimization.objective import scipy_objective
from .optimization.stationary_points import StationaryPoint, stationary_points
from .parsing.parse import Symbols, parse_matrix_expr
from .printing.printers import latex, pprint, pretty
from .rewriting.canonicalization import canonical
from .rewriting.explanation import Explanation, explain
from .rewriting.traces import (
    cycle_traces,
    equal_traces,
    hadamard_traces,
    split_traces,
    trace_normal_form,
    transpose_traces,
)
from .rules import local_differentials
from .rules.rule_check import RuleCheck, check_rule
from .simplify.cost import count_operations
from .simplify.subexpressions import common_subexpressions
from .structures.conventions import convert_convention, tangent_projection
from .structures.structure import Structure, register_structure
from .sympy_patches.hooks import install, installed, uninstall

__version__ = "0.1.0"

__all__ = [
    "Adjugate",
    "ArgumentError",
    "Arrangement",
    "Cholesky",
    "CirculantBasis",
    "CommutationMatrix",
    "ComplexMatrixSymbol",
    "ConventionError",
    "DepthError",
    "Derivation",
    "DerivativeCheck",
    "DerivativeNotImplementedError",
    "DiagonalEmbedding",
    "DiagonalMatrixSymbol",
    "Differential",
    "DividedDifferences",
    "DuplicationMatrix",
    "Eigenvalue",
    "Eigenvalues",
    "Eigenvector",
    "Eigenvectors",
    "EliminationMatrix",
    "ExchangeMatrix",
    "Explanation",
    "FactsError",
    "FormError",
    "FrechetDerivative",
    "FrechetMatrix",
    "FunctionDerivative",
    "FunctionGradient",
    "FunctionJacobian",
    "FunctionValue",
    "HankelBasis",
    "HermitianMatrixSymbol",
    "LargestEntry",
    "Layout",
    "LayoutError",
    "LeftEigenvector",
    "LeftSingularVector",
    "LeftSingularVectors",
    "LogSumExp",
    "LowerOnes",
    "LowerTriangularMatrixSymbol",
    "MatlayoutBug",
    "MatlayoutError",
    "MatrixDifferential",
    "MatrixFunction",
    "MatrixSum",
    "MatrixUnit",
    "MaxEntry",
    "NoClosedFormError",
    "Norm",
    "NotLinearError",
    "ParseError",
    "PolarFactor",
    "PrimaryFunction",
    "PseudoInverse",
    "QFactor",
    "RFactor",
    "ReciprocalGaps",
    "RepeatedValuesWarning",
    "RightSingularVector",
    "RightSingularVectors",
    "RuleCheck",
    "ScalarDifferential",
    "SelectionMatrix",
    "Sigmoid",
    "SingularError",
    "SingularValue",
    "SingularValues",
    "SkewDuplicationMatrix",
    "SkewSymmetricMatrixSymbol",
    "Softmax",
    "Softplus",
    "StationaryPoint",
    "Step",
    "Structure",
    "StructureError",
    "SylvesterSolution",
    "Symbols",
    "SymmetricMatrixSymbol",
    "SymmetrizerMatrix",
    "ToeplitzBasis",
    "Unvec",
    "Unvech",
    "UpperDuplicationMatrix",
    "UpperOnes",
    "UpperTriangularMatrixSymbol",
    "ValueMissingError",
    "VariableError",
    "Vec",
    "Vech",
    "adjugate",
    "augmented_hessian",
    "canonical",
    "check_derivative",
    "check_rule",
    "cholesky",
    "clear_caches",
    "cofactor",
    "collect_vec",
    "common_subexpressions",
    "convert_convention",
    "convert_layout",
    "count_operations",
    "cycle_traces",
    "derivation",
    "differential",
    "directional_derivative",
    "eigenvalue",
    "eigenvalues",
    "eigenvector",
    "eigenvectors",
    "equal_traces",
    "expand_vec",
    "explain",
    "expm",
    "function_source",
    "gradient",
    "gradient_from_differential",
    "hadamard_traces",
    "hessian_from_differential",
    "hessian_vector_product",
    "install",
    "installed",
    "jacobian",
    "jacobian_from_differential",
    "ky_fan_norm",
    "layout",
    "left_eigenvector",
    "local_differentials",
    "logm",
    "matrix_derivative",
    "matrix_function",
    "max_entry",
    "parse_matrix_expr",
    "pinv",
    "polar_factor",
    "qr",
    "register_structure",
    "schatten_norm",
    "scipy_objective",
    "second_differential",
    "singular_value",
    "singular_values",
    "solve_matrix_equation",
    "solve_sylvester",
    "split_traces",
    "sqrtm",
    "tangent_projection",
    "trace_normal_form",
    "transpose_traces",
    "uninstall",
    "unvec",
    "unvech",
    "vec",
    "vech",
]
