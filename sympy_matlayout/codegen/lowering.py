"""
From expressions to operations: what each class of SymPy's and of this library computes.

A class declares its operation, ``@declares("operation", HadamardProduct)``: a function of
the node, the operations of its operands, and the ``Lowering``, which knows the graph and
the sizes.  What declares none, or refuses with ``NoOperation``, is printed by NumPy's
printers as a whole, with its operands computed before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import (
    Add,
    Adjoint,
    DiracDelta,
    Function,
    Heaviside,
    I,
    Integer,
    Lambda,
    Max,
    Min,
    Mul,
    Number,
    NumberSymbol,
    Pow,
    S,
    Symbol,
    conjugate,
    expand,
    sign,
    sympify,
)
from sympy.core.basic import Basic
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import (
    BlockDiagMatrix,
    BlockMatrix,
    Determinant,
    DiagMatrix,
    DiagonalMatrix,
    DotProduct,
    HadamardPower,
    HadamardProduct,
    Identity,
    Inverse,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSlice,
    MatrixSymbol,
    OneMatrix,
    Trace,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.diagonal import DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement

from ..core.errors import ShapeError, VariableError
from ..core.registry import declared, declares
from ..core.shapes import is_array, is_matrix, shape
from ..nodes.constants import CommutationMatrix, DiagonalEmbedding
from ..nodes.differential_symbols import Differential
from ..nodes.norm import FROBENIUS, Norm
from ..nodes.softmax import LogSumExp, LogSumExpAlong, Softmax
from ..nodes.traversal import operands, postorder
from ..nodes.vec import Unvec, Vec
from .operation_graph import Graph
from .operations import Operation, Shape, Size
from .program import unbound_message

__all__ = ["OF_COMPLEX", "Lowering", "NoOperation"]

# functions of entries that every target has, by SymPy's names
FUNCTIONS = {
    "Abs", "Heaviside", "Max", "Min", "Sigmoid", "Softplus", "acos", "acosh", "asin", "asinh",
    "atan", "atan2", "atanh", "ceiling", "cos", "cosh", "erf", "erfc", "exp", "floor", "gamma",
    "log", "loggamma", "sign", "sin", "sinh", "tan", "tanh"}
# and those of complex numbers besides
OF_COMPLEX = {"Abs", "arg", "im", "phase", "re"}


class NoOperation(Exception):
    """That a node has no operation here, and is printed as a whole."""


class Lowering:
    """The operations of expressions, with the sizes as far as they are known."""

    def __init__(self, sizes: Mapping[Basic, int], leaves: Sequence[Basic] = (),
                 functions: frozenset[str] = frozenset(FUNCTIONS), complex_numbers: bool = False):
        self.graph = Graph(complex_numbers)
        self.sizes = dict(sizes)
        self.leaves = set(leaves)
        self.functions = functions
        self._found: dict[Basic, Operation] = {}

    def size(self, size: Any) -> Size:
        """A size as an int, or what stands for it while the sizes aren't known."""
        size = sympify(size)
        if size.free_symbols & self.sizes.keys():
            size = size.xreplace({s: Integer(v) for s, v in self.sizes.items()})
            if size.is_number and not size.is_Integer:
                size = size.doit()
        if size.is_Integer:
            return int(size)
        if size.is_number:
            if not size.is_finite:
                raise NoOperation(size)
            found = round(float(size))
            if abs(found - float(size)) > 1e-9*max(1, abs(found)):
                raise ShapeError(f"{size} is no size and no index")
            return found
        return expand(size)  # n*(n + 1) and n**2 + n are one size

    def shape(self, expr: Basic) -> Shape:
        if is_array(expr):
            found: Any = getattr(expr, "shape")  # noqa: B009 - arrays of no common class
            return tuple(map(self.size, found))
        found = tuple(map(self.size, shape(expr)))
        return () if found == (1, 1) else found

    def of(self, expr: Basic) -> Operation:
        """The operation that computes an expression."""
        for node in postorder([expr], self._operands):
            if node not in self._found:
                self._found[node] = self._lowered(node)
        return self._found[expr]

    def _operands(self, node: Basic) -> Sequence[Basic]:
        if node in self._found or node in self.leaves:
            return ()
        if isinstance(node, MatrixElement):
            return node.args[:1]
        return tuple(a for a in operands(node) if not isinstance(a, Lambda))

    def _lowered(self, node: Basic) -> Operation:
        if node in self.leaves:
            found = self.graph.argument(node, tuple(map(self.size, shape(node))))
            return self.graph.scalar(found) if found.shape == (1, 1) else found
        args = [self._found[a] for a in self._operands(node)]
        compute = declared("operation", type(node))
        if compute is not None:
            try:
                return self._checked(node, compute(node, args, self))
            except NoOperation:
                pass
        return self.opaque(node)

    def _checked(self, node: Basic, found: Operation) -> Operation:
        if found.shape == (1, 1):
            found = self.graph.scalar(found)
        if is_matrix(node) and found.shape != self.shape(node):
            found = self.graph.expand(found, self.shape(node))
        return found

    def opaque(self, node: Basic) -> Operation:
        """What is printed as a whole, with its operands as they are computed here."""
        inside = [a for a in self._operands(node) if not isinstance(a, (Number, NumberSymbol))]
        args = tuple(self._found[a] for a in inside)
        found = self.graph.make("opaque", *args, data=(node, tuple(inside)),
                                shape=self.shape(node) if is_matrix(node) or is_array(node)
                                else ())
        if is_matrix(node) and not found.shape:  # printed, it has two axes
            whole = self.graph.make("opaque", *args, data=(node, tuple(inside)), shape=(1, 1))
            return self.graph.scalar(whole)
        return found

    def function(self, name: str, *values: Operation) -> Operation:
        if name not in self.functions:
            raise NoOperation(name)
        if name in ("Max", "Min") and len(values) > 2:
            return self.graph.call(name, values[0], self.function(name, *values[1:]))
        return self.graph.call(name, *values)


Args = list[Operation]


# --- scalars -----------------------------------------------------------------------------


@declares("operation", Number, NumberSymbol)
def operation_of_number(node: Any, args: Args, at: Lowering) -> Operation:
    if not node.is_finite:
        raise NoOperation(node)
    return at.graph.number(node)


@declares("operation", Symbol)
def operation_of_symbol(node: Any, args: Args, at: Lowering) -> Operation:
    if node in at.sizes:
        return at.graph.size(at.sizes[node])
    return at.graph.make("size", data=node)


@declares("operation", Add, MatAdd)
def operation_of_sum(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.add(*args)


@declares("operation", Mul)
def operation_of_scalar_product(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.mul(*args)


@declares("operation", Pow)
def operation_of_power(node: Any, args: Args, at: Lowering) -> Operation:
    base, exponent = args
    return at.graph.power(base, exponent)


@declares("operation", type(I))
def operation_of_imaginary_unit(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.make("imaginary_unit")


@declares("operation", Function, Max, Min)
def operation_of_function(node: Any, args: Args, at: Lowering) -> Operation:
    return at.function(type(node).__name__, *args)


@declares("operation", conjugate)
def operation_of_conjugate(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.conjugate(args[0])


@declares("operation", sign)
def operation_of_sign(node: Any, args: Args, at: Lowering) -> Operation:
    return at.function("phase" if at.graph.complex_numbers else "sign", *args)


@declares("operation", Heaviside)
def operation_of_step(node: Any, args: Args, at: Lowering) -> Operation:
    return at.function("Heaviside", *args)


@declares("operation", DiracDelta)
def operation_of_dirac_delta(node: Any, args: Args, at: Lowering) -> Operation:
    g = at.graph
    there = g.number(S.Infinity if len(args) == 1 else S.NaN)
    zero = g.entrywise("compare", args[0], g.number(0), data="Eq")
    return g.entrywise("where", zero, there, g.number(0))


@declares("operation", Trace)
def operation_of_trace(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.trace(args[0])


@declares("operation", Determinant)
def operation_of_determinant(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.determinant(args[0])


@declares("operation", DotProduct)
def operation_of_dot_product(node: Any, args: Args, at: Lowering) -> Operation:
    columns = [a if not a.shape or a.shape[1] == 1 else at.graph.transpose(a) for a in args]
    return at.graph.product(at.graph.transpose(columns[0]), columns[1])


@declares("operation", MatrixElement)
def operation_of_entry(node: Any, args: Args, at: Lowering) -> Operation:
    rows, cols = map(at.size, node.args[1:])
    (found,) = args
    if not found.shape:
        return found
    for index, size in zip((rows, cols), found.shape, strict=True):
        if isinstance(index, int) and isinstance(size, int) and not 0 <= index < size:
            raise ShapeError(f"{node}: there is no row or column {index} among {size}")
        if not (isinstance(index, int) and index >= 0):
            raise NoOperation(node)
    if found.kind == "transpose":
        return at.graph.make("entry", found.args[0], data=(cols, rows))
    return at.graph.make("entry", found, data=(rows, cols))


@declares("operation", Norm)
def operation_of_norm(node: Any, args: Args, at: Lowering) -> Operation:
    value, g = args[0], at.graph
    if node.order == FROBENIUS or node.is_of_vector and node.order == 2:
        if not value.shape:
            return at.function("Abs", value)
        turned = g.transpose(g.conjugate(value))
        return g.power(g.real(g.trace_of_product([turned, value])), g.number(S.Half))
    if node.is_of_vector and node.order == 1:
        return g.total(g.call("Abs", value))
    raise NoOperation(node)


@declares("operation", LogSumExp)
def operation_of_log_sum_exp(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.log_sum_exp(args[0], None)


@declares("operation", Softmax, LogSumExpAlong)
def operation_of_softmax(node: Any, args: Args, at: Lowering) -> Operation:
    axis = None if node.axis is None else int(node.axis)
    if not args[0].shape:
        return at.graph.number(1) if isinstance(node, Softmax) else args[0]
    if axis is None or args[0].shape[1 - axis] == 1:
        axis = None
    of = at.graph.softmax if isinstance(node, Softmax) else at.graph.log_sum_exp
    return of(args[0], axis)


# --- matrices ----------------------------------------------------------------------------


@declares("operation", MatrixSymbol, Differential)
def operation_of_unknown_symbol(node: Any, args: Args, at: Lowering) -> Operation:
    raise VariableError(unbound_message([str(node)]))


@declares("operation", MatMul)
def operation_of_product(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.product(*args)


@declares("operation", MatPow)
def operation_of_matrix_power(node: Any, args: Args, at: Lowering) -> Operation:
    base, exponent = args[0], at.size(node.exp) if node.exp.is_integer else node.exp
    if not base.shape:
        return at.graph.power(base, args[1])
    if not isinstance(exponent, int):
        raise NoOperation(node)
    return at.graph.matrix_power(base, exponent)


@declares("operation", Inverse)
def operation_of_inverse(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.inverse(args[0])


@declares("operation", Transpose)
def operation_of_transpose(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.transpose(args[0])


@declares("operation", Adjoint)
def operation_of_adjoint(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.transpose(at.graph.conjugate(args[0]))


@declares("operation", HadamardProduct)
def operation_of_hadamard_product(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.mul(*args)


@declares("operation", HadamardPower)
def operation_of_hadamard_power(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.power(*args)


@declares("operation", Identity)
def operation_of_identity(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.identity(at.size(node.args[0]))


@declares("operation", ZeroMatrix, OneMatrix)
def operation_of_constant(node: Any, args: Args, at: Lowering) -> Operation:
    value = at.graph.number(int(isinstance(node, OneMatrix)))
    return at.graph.expand(value, at.shape(node))


@declares("operation", DiagMatrix)
def operation_of_diagonal_matrix(node: Any, args: Args, at: Lowering) -> Operation:
    (value,) = args
    if value.shape and value.shape[1] != 1:
        if value.shape[0] != 1:
            raise NoOperation(node)
        value = at.graph.transpose(value)
    return at.graph.diagonal(value)


@declares("operation", DiagonalMatrix)
def operation_of_diagonal_part(node: Any, args: Args, at: Lowering) -> Operation:
    (value,) = args
    if value.shape and value.shape[0] != value.shape[1]:
        raise NoOperation(node)
    return at.graph.diagonal(at.graph.diagonal_of(value))


@declares("operation", DiagonalOf)
def operation_of_diagonal(node: Any, args: Args, at: Lowering) -> Operation:
    (value,) = args
    if value.shape and value.shape[0] != value.shape[1]:
        raise NoOperation(node)
    return at.graph.diagonal_of(value)


@declares("operation", KroneckerProduct)
def operation_of_kronecker_product(node: Any, args: Args, at: Lowering) -> Operation:
    found = args[0]
    for factor in args[1:]:
        found = at.graph.kronecker(found, factor)
    return found


@declares("operation", Vec)
def operation_of_vec(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.vec(args[0])


@declares("operation", Unvec)
def operation_of_unvec(node: Any, args: Args, at: Lowering) -> Operation:
    return at.graph.unvec(args[0], *map(at.size, node.args[1:]))


@declares("operation", CommutationMatrix)
def operation_of_commutation(node: Any, args: Args, at: Lowering) -> Operation:
    m, n = map(at.size, node.args)
    if m == 1 or n == 1:
        return at.graph.identity(at.shape(node)[0] if at.shape(node) else 1)
    return at.graph.make("commutation", data=(m, n), shape=at.shape(node))


@declares("operation", DiagonalEmbedding)
def operation_of_diagonal_embedding(node: Any, args: Args, at: Lowering) -> Operation:
    n = at.size(node.args[0])
    return at.graph.make("diagonal_embedding", data=n, shape=at.shape(node))


@declares("operation", MatrixSlice)
def operation_of_slice(node: Any, args: Args, at: Lowering) -> Operation:
    value, spans = args[0], []
    numbers = tuple(map(at.size, shape(node)))
    sizes = value.shape or (1, 1)
    for (start, _, step), number, size in zip(node.args[1:], numbers, sizes, strict=True):
        start, step = at.size(start), at.size(step)
        if not all(isinstance(v, int) for v in (start, step, number, size)):
            raise NoOperation(node)
        if number > 0 and not (0 <= start and start + step*(number - 1) < size):
            raise ShapeError(f"{node}: no {number} rows or columns from {start} on in a matrix "
                             f"of {size}")
        spans.append((start, step, number))
    if not value.shape:
        return value
    if numbers == (1, 1):
        return at.graph.make("entry", value, data=(spans[0][0], spans[1][0]))
    return at.graph.make("slice", value, data=tuple(spans), shape=numbers)


@declares("operation", BlockMatrix)
def operation_of_blocks(node: Any, args: Args, at: Lowering) -> Operation:
    rows, cols = node.blockshape
    if rows*cols == 1:
        return args[0]
    return at.graph.make("block", *args, data=(rows, cols), shape=at.shape(node))


@declares("operation", BlockDiagMatrix)
def operation_of_diagonal_blocks(node: Any, args: Args, at: Lowering) -> Operation:
    sizes = [a.shape or (1, 1) for a in args]
    grid = [a if i == j else at.graph.zeros((sizes[i][0], sizes[j][1]))
            for i, a in enumerate(args) for j in range(len(args))]
    return grid[0] if len(grid) == 1 else at.graph.make(
        "block", *grid, data=(len(args), len(args)), shape=at.shape(node))


@declares("operation", MatrixBase)
def operation_of_explicit_matrix(node: Any, args: Args, at: Lowering) -> Operation:
    entries = [at.of(entry) for entry in node.flat()]
    if 0 in node.shape:
        return at.graph.zeros(tuple(node.shape))
    if len(entries) == 1:
        return entries[0]
    return at.graph.make("stack", *entries, data=tuple(node.shape), shape=at.shape(node))
