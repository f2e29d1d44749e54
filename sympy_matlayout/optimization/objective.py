"""An objective as SciPy's ``minimize`` takes it: value and gradient of one flat vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from sympy import Symbol, conjugate, re, sympify
from sympy.core.basic import Basic
from sympy.core.sorting import default_sort_key
from sympy.matrices.expressions import MatrixSymbol, Trace

from ..codegen.lambdification import lambdify
from ..codegen.sizes import Sizes
from ..core.errors import (
    ArgumentError,
    ShapeError,
    ValueMissingError,
    VariableError,
    reporting_bugs,
)
from ..core.given import as_basic
from ..core.shapes import is_matrix, shape, show
from ..derivatives.derivative import gradient
from ..nodes.conjugates import HermitianMatrixSymbol
from ..nodes.realness import is_complex
from ..nodes.structured import StructuredMatrixSymbol
from ..structures.structure import structure_of

__all__ = ["ScipyObjective", "scipy_objective"]


@reporting_bugs
def scipy_objective(f: Any, variables: Any, data: Mapping[Any, Any] | None = None
                    ) -> ScipyObjective:
    r"""
    A function of one flat vector, with its gradient, for ``scipy.optimize.minimize``.

    Explanation
    ===========

    Value and gradient come out of one pass, compiled as ``lambdify`` does.  ``pack`` puts
    the values of the variables into one vector, each row by row, and ``unpack`` takes
    them out again.  Of a structured variable, as a ``SymmetricMatrixSymbol``, the vector
    holds the free entries in the order of ``vech``, and the gradient has the derivatives
    by these.  Of a complex variable it holds the real parts and then the imaginary ones.
    ``hessp(x, p)`` is the product of the Hessian with a vector, which no
    Hessian is formed for; ``hess(x)`` is the Hessian.

    Examples
    ========

    >>> import numpy
    >>> from scipy.optimize import minimize
    >>> from sympy import MatrixSymbol, symbols
    >>> from sympy_matlayout import Norm, scipy_objective
    >>> m, n = symbols('m n', integer=True, positive=True)
    >>> X, w, y = MatrixSymbol('X', m, n), MatrixSymbol('w', n, 1), MatrixSymbol('y', m, 1)
    >>> objective = scipy_objective(Norm(X*w - y)**2, w, {X: [[1, 0], [1, 1], [1, 2]],
    ...                                                   y: [1, 3, 5]})
    >>> found = minimize(objective, objective.pack([0, 0]), jac=True, hessp=objective.hessp,
    ...                  method="trust-ncg")
    >>> objective.unpack(found.x).round(6)
    array([[1.],
           [2.]])

    Parameters
    ==========

    f : a scalar or 1x1 expression
    variables : a MatrixSymbol or Symbol, or a list of these
    data : the values of all other symbols, and of the sizes that no array tells

    Raises
    ======

    ValueMissingError for a symbol without a value, ShapeError for values whose shapes
    contradict each other.

    See Also
    ========

    sympy_matlayout.lambdify, sympy_matlayout.hessian_vector_product
    """
    f = as_basic(f, "the objective")
    if not isinstance(variables, (list, tuple)):
        variables = [variables]
    variables = [as_basic(v, "a variable") for v in variables]
    for v in variables:
        if not isinstance(v, (Symbol, MatrixSymbol)):
            raise VariableError(f"a variable is a Symbol or a MatrixSymbol, not {v!r}")
    if data is not None and not isinstance(data, Mapping):
        raise ArgumentError(f"data are values by their symbols, as in {{X: array}}, got {data!r}")
    return ScipyObjective(f, variables, dict(data or {}))


class ScipyObjective:
    """Value and gradient of one flat vector; made by ``scipy_objective``."""

    def __init__(self, f: Basic, variables: Sequence[Any], data: dict[Any, Any]):
        if not find_spec("numpy"):
            raise ArgumentError("NumPy isn't installed, which an objective for SciPy needs")
        self._numpy = import_module("numpy")
        self.f, self.variables = f, list(variables)
        self.data, sizes = self._read(data)
        self.parts = [_Part(v, _shape(v, sizes), self._numpy) for v in self.variables]
        ends = [0]
        for part in self.parts:
            ends.append(ends[-1] + part.length)
        self._spans = [slice(a, b) for a, b in pairwise(ends)]
        self.size = ends[-1]
        slopes = gradient(f, *self.variables)
        self.gradients = list(slopes) if isinstance(slopes, (list, tuple)) else [slopes]
        self._arguments = [*self.variables, *self.data]
        self._function = lambdify(self._arguments, [f, *self.gradients])
        self._product: Callable[..., Any] | None = None

    def _read(self, data: dict[Any, Any]) -> tuple[dict[Basic, Any], dict[Basic, int]]:
        """The values by their symbols, those of sizes apart."""
        symbols = {s for s in self.f.free_symbols if s not in self.variables}
        in_shapes = {s for a in [*symbols, *self.variables] if isinstance(a, MatrixSymbol)
                     for size in shape(a) for s in size.free_symbols}
        by_name = {str(s): s for s in symbols | in_shapes}
        given = {by_name.get(key, key) if isinstance(key, str) else as_basic(key, "a symbol"): v
                 for key, v in data.items()}
        unknown = [k for k in given if k not in symbols | in_shapes]
        if unknown:
            raise VariableError(f"{', '.join(map(str, unknown))} in the data, but not in the "
                                "objective")
        arrays: dict[Basic, Any] = {}
        for s in sorted(symbols, key=default_sort_key):
            if s in given and s not in in_shapes:
                arrays[s] = self._array(s, given[s])
            elif s not in in_shapes:
                raise ValueMissingError(f"{s} has no value; give one in the data")
        sizes = {s: int(given[s]) for s in given if s in in_shapes}
        read = Sizes([a for a in arrays if isinstance(a, MatrixSymbol)])
        sizes.update(zip(read.symbols, read.read(
            [v for a, v in arrays.items() if isinstance(a, MatrixSymbol)]), strict=True))
        return arrays, sizes

    def _array(self, symbol: Basic, value: Any) -> Any:
        if not isinstance(symbol, MatrixSymbol):
            return value
        array = self._numpy.asarray(value, dtype=complex if is_complex(symbol) else float)
        if array.ndim == 1:
            return array.reshape((1, -1) if shape(symbol)[0] == 1 else (-1, 1))
        return array

    def __call__(self, x: Any) -> tuple[float, Any]:
        """The value and the gradient at a vector."""
        value, *slopes = self._function(*self._values(x))
        value = self._numpy.real(value)  # a 1x1 matrix of complex numbers is real but for rounding
        return float(value), self._packed([part.slope(G) for part, G in zip(
            self.parts, slopes, strict=True)])

    def hessp(self, x: Any, p: Any) -> Any:
        """The product of the Hessian at ``x`` with ``p``."""
        if self._product is None:
            self._product = self._made_product()
        directions = self._parts_of(p)
        found = self._product(*self._values(x), *directions)
        return self._packed([part.slope(G) for part, G in zip(self.parts, found, strict=True)])

    def hess(self, x: Any) -> Any:
        """The Hessian at ``x``."""
        return self._numpy.column_stack([self.hessp(x, e) for e in self._numpy.eye(self.size)])

    def pack(self, *values: Any) -> Any:
        """The values of the variables as one vector."""
        if len(values) != len(self.parts):
            raise ArgumentError(f"{len(self.parts)} values are packed, of "
                                f"{', '.join(map(str, self.variables))}, got {len(values)}")
        return self._packed([part.packed(v) for part, v in zip(self.parts, values, strict=True)])

    def unpack(self, x: Any) -> Any:
        """The values of the variables that are in a vector, one alone if there is one."""
        found = self._parts_of(x)
        return found[0] if len(found) == 1 else tuple(found)

    def _packed(self, parts: list[Any]) -> Any:
        return parts[0] if len(parts) == 1 else self._numpy.concatenate(parts)

    def _parts_of(self, x: Any) -> list[Any]:
        x = self._numpy.asarray(x, dtype=float).ravel()
        if len(x) != self.size:
            raise ShapeError(f"the variables have {self.size} entries, got a vector of {len(x)}")
        return [part.unpacked(x[span]) for part, span in zip(
            self.parts, self._spans, strict=True)]

    def _values(self, x: Any) -> list[Any]:
        return [*self._parts_of(x), *self.data.values()]

    def _made_product(self) -> Callable[..., Any]:
        """d/dt of the gradient at x + t p is the gradient of its inner product with p."""
        taken = {getattr(a, "name", None) for a in self._arguments}
        directions = [_direction(v, taken) for v in self.variables]
        slope = sum((_inner(G, P) for G, P in zip(self.gradients, directions, strict=True)),
                    start=sympify(0))
        found = gradient(slope, *self.variables)
        products = list(found) if isinstance(found, (list, tuple)) else [found]
        return lambdify([*self._arguments, *directions], products)


def _inner(G: Any, P: Any) -> Any:
    if is_complex(P):  # the part of the differential that is real
        return re(Trace(G.adjoint()*P)) if is_matrix(P) else re(conjugate(G)*P)
    return Trace(G.T*P) if is_matrix(P) else G*P


def _direction(variable: Any, taken: set[str | None]) -> Any:
    name = f"d{variable.name}"
    while name in taken:
        name += "_"
    if not is_matrix(variable):
        return Symbol(name, complex=True) if is_complex(variable) else Symbol(name)
    kind = type(variable) if is_complex(variable) else MatrixSymbol
    return kind(name, *shape(variable))


def _shape(variable: Any, sizes: Mapping[Basic, int]) -> tuple[int, ...]:
    found = []
    for size in shape(variable):
        known = sympify(size).xreplace({s: sympify(v) for s, v in sizes.items()})
        if not known.is_Integer:
            raise ValueMissingError(
                f"{variable} is {show(shape(variable))}, and nothing tells {known}; give the "
                "size in the data")
        found.append(int(known))
    return tuple(found)


class _Part:
    """The place of one variable in the vector."""

    def __init__(self, variable: Any, its_shape: tuple[int, ...], numpy: Any):
        self.variable, self.shape, self._numpy = variable, its_shape, numpy
        self.basis = None
        if isinstance(variable, StructuredMatrixSymbol):
            structure: Any = structure_of(variable, None)
            n = sympify(its_shape[0])
            self.basis = lambdify([], structure.basis(n))() if n > 1 else numpy.eye(1)
        entries = int(numpy.prod(its_shape))
        self.is_complex = is_complex(variable)
        if isinstance(variable, HermitianMatrixSymbol):
            self.basis = _hermitian_basis(its_shape[0], numpy)
        self.length = self.basis.shape[1] if self.basis is not None else \
            2*entries if self.is_complex else entries

    def packed(self, value: Any) -> Any:
        numpy = self._numpy
        value = numpy.asarray(value, dtype=complex if self.is_complex else float)
        if self.basis is not None and value.shape == self.shape:
            entries, basis = (numpy.concatenate([a.real, a.imag]) if self.is_complex else a
                              for a in (value.ravel("F"), self.basis))
            found, *_ = numpy.linalg.lstsq(basis, entries, rcond=None)
            if not numpy.allclose(basis @ found, entries):
                raise ShapeError(f"the value of {self.variable} isn't "
                                 f"{getattr(self.variable, 'structure', 'Hermitian')}")
            return found
        if self.is_complex and self.basis is None and 2*value.size == self.length:
            return numpy.concatenate([value.real.ravel(), value.imag.ravel()])
        if value.size != self.length:
            raise ShapeError(f"{self.variable} has {self.length} entries, got {value.size}")
        return value.ravel()

    def unpacked(self, vector: Any) -> Any:
        if self.basis is not None:
            return (self.basis @ vector).reshape(self.shape, order="F")
        if self.is_complex:
            half = self.length//2
            vector = vector[:half] + 1j*vector[half:]
        return vector.reshape(self.shape) if self.shape else vector[0]

    def slope(self, G: Any) -> Any:
        """The derivatives by what is in the vector."""
        if self.basis is not None:
            return (self.basis.conj().T @ G.ravel("F")).real
        if self.is_complex:
            G = self._numpy.asarray(G, dtype=complex)
            return self._numpy.concatenate([G.real.ravel(), G.imag.ravel()])
        return self._numpy.asarray(G, dtype=float).ravel()


def _hermitian_basis(n: int, numpy: Any) -> Any:
    """vec S by its real free entries: those on the diagonal, real and imaginary parts below."""
    columns = []
    for j in range(n):
        for i in range(j, n):
            for unit in (1, 1j) if i != j else (1,):
                E = numpy.zeros((n, n), dtype=complex)
                E[i, j], E[j, i] = unit, numpy.conj(unit)
                columns.append(E.ravel("F"))
    return numpy.column_stack(columns)
