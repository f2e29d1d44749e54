"""NumPy code of matrix expressions, where SymPy's own printer has none or another meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Function, S
from sympy.core.basic import Basic
from sympy.matrices import ImmutableDenseMatrix
from sympy.matrices.expressions import Determinant, MatMul
from sympy.printing.numpy import JaxPrinter, NumPyPrinter

from ..core.caches import cached
from ..core.shapes import shape
from ..nodes.node import NUMPY_FUNCTIONS, numpy_call, numpy_size
from ..nodes.realness import is_complex

__all__ = ["matrix_printer", "numpy_code"]


class MatrixCode(NumPyPrinter):
    """
    What to print for the nodes SymPy's NumPy printers lack; the nodes of this library know theirs.

    Every matrix is an array of two axes, a row or column with one of length 1.
    """

    functions = NUMPY_FUNCTIONS

    def __init__(self, settings=None):
        super().__init__(settings)
        self.printmethod = "_numpycode"  # of the nodes, for JAX as well
        self._entry_by_entry = False  # inside a function that is applied to arrays
        self.given: dict[Basic, str] = {}  # what is computed before, and its name
        self.target: Any = None  # that the text is part of

    def _print(self, expr, **kwargs):
        found = self.given.get(expr) if isinstance(expr, Basic) else None
        return super()._print(expr, **kwargs) if found is None else found

    def _module_format(self, fqn, register=True):
        if self.target is None:
            return super()._module_format(fqn, register)
        module, _, name = fqn.rpartition(".")
        return self.target.imported(module, name)

    def _call(self, name: str, *args: Basic | str) -> str:
        return numpy_call(self, f"{self._module}.{name}", *args)

    def emptyPrinter(self, expr):
        if isinstance(expr, Basic):
            raise NotImplementedError(f"no code for {type(expr).__name__}")
        return getattr(expr, "__name__", str(expr))

    # --- scalars -------------------------------------------------------------------------

    def _print_Trace(self, expr):
        product = expr.arg
        if isinstance(product, MatMul):
            coefficient, (first, *rest) = product.as_coeff_matrices()
            if rest:  # tr(AB) is a sum over the entries, no product is needed
                total = f"(({self._print(first)}).T*{self._product(rest)}).sum()"
                return self._scaled(coefficient, total)
        return self._call("trace", product)

    def _print_Determinant(self, expr):
        return self._call("linalg.det", expr.arg)

    def _print_log(self, expr):
        if isinstance(expr.args[0], Determinant):
            return numpy_call(self, "logdet", expr.args[0].arg)
        printer: Any = super()  # SymPy adds the method when it is imported
        return printer._print_log(expr)

    def _print_conjugate(self, expr):
        return self._call("conj", expr.args[0])

    def _print_sign(self, expr):
        if is_complex(expr.args[0]):
            return numpy_call(self, "phase", expr.args[0])
        return self._call("sign", expr.args[0])

    def _print_DotProduct(self, expr):
        left, right = (f"({self._print(a)}).ravel()" for a in expr.args)
        return self._call("dot", left, right)

    def _print_KroneckerDelta(self, expr):
        return f"({self._call('equal', *expr.args[:2])}*1)"

    def _print_DiracDelta(self, expr):
        at = S.Infinity if len(expr.args) == 1 else S.NaN
        return self._call("where", f"{self._print(expr.args[0])} == 0", at, S.Zero)

    def _print_NDimArray(self, expr):
        """Of any rank, as SymPy does from 1.13 on."""
        return self._call("array", self._rows(expr.tolist() if expr.rank() else expr[()]))

    def _rows(self, entries):
        if not isinstance(entries, list):
            return self._print(entries)
        return f"[{', '.join(map(self._rows, entries))}]"

    def _print_Max(self, expr):
        return self._nested("maximum", expr.args)

    def _print_Min(self, expr):
        return self._nested("minimum", expr.args)

    def _nested(self, name, args):
        first, *rest = args
        return self._call(name, first, self._nested(name, rest)) if rest else self._print(first)

    def _print_Sum(self, expr):
        return self._over_indices("summed", expr)

    def _print_Product(self, expr):
        return self._over_indices("multiplied", expr)

    def _over_indices(self, name, expr):
        body = self._print(expr.function)
        for index, lower, upper in expr.limits:  # the innermost comes first
            if not (lower.is_finite is not False and upper.is_finite is not False):
                raise NotImplementedError(f"a {type(expr).__name__} of infinitely many terms")
            body = numpy_call(self, name, f"lambda {self._print(index)}: {body}",
                              self._size(lower), self._size(upper))
        return body

    def _size(self, size):
        return numpy_size(self, size)

    def _shape(self, expr):
        return "(%s)" % ", ".join(map(self._size, expr.shape))

    def _print_Piecewise(self, expr):
        """Of numbers only the branch that holds is computed, of arrays all are."""
        if self._entry_by_entry:
            return super()._print_Piecewise(expr)
        found = self._print(S.NaN)
        for value, condition in reversed(expr.args):
            found = f"({self._print(value)} if {self._print(condition)} else {found})"
        return found

    # --- matrices ------------------------------------------------------------------------

    def _print_MatAdd(self, expr):
        return "(%s)" % " + ".join(map(self._print, expr.args))

    def _print_MatMul(self, expr):
        coefficient, matrices = expr.as_coeff_matrices()
        return self._scaled(coefficient, self._product(matrices))

    def _scaled(self, coefficient: Basic, printed: str) -> str:
        return printed if coefficient == 1 else f"(({self._print(coefficient)})*{printed})"

    def _product(self, matrices: Sequence[Basic]) -> str:
        printed = [f"({self._print(M)})" for M in matrices]
        if len(printed) > 2 and self._module != "cupy":  # which has no multi_dot
            return self._call("linalg.multi_dot", f"[{', '.join(printed)}]")
        return f"({' @ '.join(printed)})"

    def _print_MatPow(self, expr):
        base, exponent = expr.args
        if shape(base) == (1, 1):
            return self._print_HadamardPower(expr)
        if exponent == -1:
            return self._print_Inverse(expr)
        if exponent.is_integer:
            return self._call("linalg.matrix_power", base, self._size(exponent))
        return numpy_call(self, "real_matrix_power", base, exponent)

    def _print_Transpose(self, expr):
        return f"({self._print(expr.arg)}).T"

    def _print_HadamardPower(self, expr):
        base, exponent = expr.args
        if exponent.is_Integer:  # NumPy has no negative powers of integers
            exponent = exponent.evalf() if exponent < 0 else exponent
        return f"(({self._print(base)})**({self._print(exponent)}))"

    def _print_ElementwiseApplyFunction(self, expr):
        function, matrix = expr.args
        (z,), body = function.signature, function.expr
        if z not in body.free_symbols:
            return f"{numpy_call(self, 'constant_function', body)}({self._print(matrix)})"
        before, self._entry_by_entry = self._entry_by_entry, True
        entry = f"(lambda {self._print(z)}: {self._print(body)})"
        self._entry_by_entry = before
        if any(map(self._is_for_numbers, body.atoms(Function))):
            entry = self._call("vectorize", entry, "otypes=[float]")
        return f"{entry}({self._print(matrix)})"

    def _is_for_numbers(self, function: Basic) -> bool:
        """Whether only the ``math`` of Python has it, which takes no arrays."""
        found = self.known_functions.get(type(function).__name__, "")
        return self._module == "numpy" and found.startswith("math.")

    def _print_FunctionMatrix(self, expr):
        (i, j), body = expr.lamda.signature, expr.lamda.expr
        entry = f"lambda {self._print(i)}, {self._print(j)}: {self._print(body)}"
        return numpy_call(self, "function_matrix", entry, *map(self._size, expr.shape))

    def _print_Identity(self, expr):
        return self._call("eye", self._size(expr.args[0]))

    def _print_ZeroMatrix(self, expr):
        return self._call("zeros", self._shape(expr))

    def _print_ZeroArray(self, expr):
        return self._print_ZeroMatrix(expr)

    def _print_OneMatrix(self, expr):
        return self._call("ones", self._shape(expr))

    def _print_MatrixUnit(self, expr):  # SymPy's own, from 1.15 on
        return numpy_call(self, "matrix_unit", *map(self._size, expr.args))

    def _print_BlockMatrix(self, expr):
        rows = (", ".join(map(self._print, row)) for row in expr.blocks.tolist())
        return self._call("block", "[%s]" % ", ".join(f"[{row}]" for row in rows))

    def _print_SparseRepMatrix(self, expr):
        return self._print(ImmutableDenseMatrix(expr))  # SciPy's are no arrays of NumPy's

    _print_ImmutableSparseMatrix = _print_SparseRepMatrix

    def _print_DiagonalMatrix(self, expr):
        M = self._print(expr.arg)
        return f"(({M})*{self._call('eye', f'*({M}).shape')})"

    def _print_MatrixElement(self, expr):
        parent, row, col = expr.args
        return f"({self._print(parent)})[{self._size(row)}, {self._size(col)}]"

    def _print_MatrixSlice(self, expr):
        parent, *spans = expr.args  # SymPy rounds the number of rows downwards
        spans = (f"({self._size(start)}, {self._size(step)}, {self._size(number)})"
                 for (start, _, step), number in zip(spans, expr.shape, strict=True))
        return numpy_call(self, "sliced", parent, *spans)

    # --- arrays --------------------------------------------------------------------------

    def _get_einsum_string(self, ranks, groups):
        """With shared axes in the order of the node; SymPy has them in that of the letters."""
        letters, free, _ = super()._get_einsum_string(ranks, groups)
        at = letters.replace(",", "")
        return letters, free, [at[group[0]] for group in groups]

    def _print_Reshape(self, expr):
        return self._call("reshape", expr.expr, self._shape(expr))


class JaxCode(MatrixCode):
    """Code that runs under ``jax.jit``: no branches in Python, no functions of NumPy or SciPy."""

    functions = "sympy_matlayout.codegen.jax_functions"

    def _print_Piecewise(self, expr):
        if self._entry_by_entry:
            return super()._print_Piecewise(expr)
        conditions = ", ".join(self._print(condition) for _, condition in expr.args)
        values = ", ".join(f"lambda: {self._print(value)}" for value, _ in expr.args)
        return numpy_call(self, "piecewise", f"[{conditions}]", f"[{values}]")

    def _print_Heaviside(self, expr):
        return self._call("heaviside", *expr.args)

    def _special(self, expr):
        name = JAX_SPECIAL[type(expr).__name__]
        return numpy_call(self, f"jax.scipy.special.{name}", *expr.args)


# Functions of SymPy, and what JAX calls them.
JAX_SPECIAL = {
    "Ei": "expi", "RisingFactorial": "poch", "digamma": "digamma", "erf": "erf",
    "erfc": "erfc", "erfinv": "erfinv", "factorial": "factorial", "gamma": "gamma",
    "loggamma": "gammaln", "polygamma": "polygamma"}

for function in JAX_SPECIAL:
    setattr(JaxCode, f"_print_{function}", JaxCode._special)


@cached(16)
def matrix_printer(kind: type[NumPyPrinter]) -> Any:
    """One of SymPy's NumPy printers that prints all of SymPy's matrix expressions."""
    return type(kind.__name__, (JaxCode if issubclass(kind, JaxPrinter) else MatrixCode, kind), {})


def numpy_code(expr: Basic, printer: NumPyPrinter) -> str:
    """A ``_numpycode`` for SymPy's nodes, in the middle of what one of SymPy's printers writes."""
    code = printer
    if not isinstance(printer, MatrixCode):
        code = matrix_printer(type(printer))(printer._settings)
        code.module_imports = printer.module_imports
    method = next(f"_print_{kind.__name__}" for kind in type(expr).__mro__
                  if f"_print_{kind.__name__}" in vars(MatrixCode))
    return getattr(code, method)(expr)
