"""
Matrix derivatives for SymPy, in the layout you ask for: right, or refused with a reason.

Importing this changes nothing in SymPy.
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
    NotLinearError,
    ShapeError,
    SingularError,
    StructureError,
    ValueMissingError,
    VariableError,
)
from .derivatives.derivation import Derivation, Step, derivation
from .derivatives.derivative import (
    gradient,
    hessian,
    hessian_vector_product,
    jacobian,
    matrix_derivative,
)
from .derivatives.differential import (
    differential,
    gradient_from_differential,
    hessian_from_differential,
    jacobian_from_differential,
    second_differential,
)
from .derivatives.vectorization import collect_vec, expand_vec
from .layouts.conversion import convert_layout
from .layouts.layout import Arrangement, Layout, layout
from .nodes.constants import (
    CommutationMatrix,
    DiagonalEmbedding,
    MatrixUnit,
    SelectionMatrix,
)
from .nodes.differential_symbols import Differential, MatrixDifferential, ScalarDifferential
from .nodes.exchange import ExchangeMatrix
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
from .nodes.norm import Norm
from .nodes.sigmoid import Sigmoid, Softplus
from .nodes.softmax import LogSumExp, Softmax
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
from .optimization.objective import scipy_objective
from .printing.printers import latex, pprint, pretty
from .rewriting.canonicalization import canonical
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
    "ArgumentError",
    "Arrangement",
    "CirculantBasis",
    "CommutationMatrix",
    "ConventionError",
    "DepthError",
    "Derivation",
    "DerivativeCheck",
    "DerivativeNotImplementedError",
    "DiagonalEmbedding",
    "DiagonalMatrixSymbol",
    "Differential",
    "DuplicationMatrix",
    "EliminationMatrix",
    "ExchangeMatrix",
    "FactsError",
    "FormError",
    "FunctionDerivative",
    "FunctionGradient",
    "FunctionJacobian",
    "FunctionValue",
    "HankelBasis",
    "Layout",
    "LayoutError",
    "LogSumExp",
    "LowerOnes",
    "LowerTriangularMatrixSymbol",
    "MatlayoutBug",
    "MatlayoutError",
    "MatrixDifferential",
    "MatrixFunction",
    "MatrixSum",
    "MatrixUnit",
    "Norm",
    "NotLinearError",
    "RuleCheck",
    "ScalarDifferential",
    "SelectionMatrix",
    "ShapeError",
    "Sigmoid",
    "SingularError",
    "SkewDuplicationMatrix",
    "SkewSymmetricMatrixSymbol",
    "Softmax",
    "Softplus",
    "Step",
    "Structure",
    "StructureError",
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
    "canonical",
    "check_derivative",
    "check_rule",
    "clear_caches",
    "collect_vec",
    "common_subexpressions",
    "convert_convention",
    "convert_layout",
    "count_operations",
    "cycle_traces",
    "derivation",
    "differential",
    "equal_traces",
    "expand_vec",
    "function_source",
    "gradient",
    "gradient_from_differential",
    "hadamard_traces",
    "hessian",
    "hessian_from_differential",
    "hessian_vector_product",
    "install",
    "installed",
    "jacobian",
    "jacobian_from_differential",
    "lambdify",
    "latex",
    "layout",
    "local_differentials",
    "matrix_derivative",
    "pprint",
    "pretty",
    "register_structure",
    "scipy_objective",
    "second_differential",
    "split_traces",
    "tangent_projection",
    "trace_normal_form",
    "transpose_traces",
    "uninstall",
    "unvec",
    "unvech",
    "vec",
    "vech",
]
