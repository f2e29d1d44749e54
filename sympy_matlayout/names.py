"""
All names that the ``srepr`` of a result uses, for reading it back.

SymPy's own ``from sympy import *`` lacks some of them, that of the name of a
MatrixSymbol among these.

Examples
========

>>> from sympy import HadamardPower, MatrixSymbol, srepr
>>> from sympy_matlayout import gradient, names
>>> x = MatrixSymbol('x', 3, 1)
>>> D = gradient(x.T*HadamardPower(x, 2), x)
>>> eval(srepr(D), vars(names)) == D
True
"""

# ruff: noqa: F401, F403
# pyright: reportWildcardImportFromLibrary=false

from sympy import *
from sympy.combinatorics import Permutation
from sympy.core.symbol import Str
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.matrices.expressions import *
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.array.expressions import *

from . import *
from .nodes.array_nodes import MatrixReshape
from .nodes.partial import Partial
from .nodes.softmax import LogSumExpAlong
from .nodes.structured import KnownMatrixSymbol
