"""
Derivatives from their definition, as numbers in their places.

Partial derivatives are differences of values at high precision; a layout
puts each of them where document 002 says.  This is what the rules are checked
against, so nothing here may use them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from itertools import cycle, repeat

import mpmath
from mpmath import mp, mpf
from sympy import Dummy, Expr, Symbol, preorder_traversal
from sympy.core.basic import Basic
from sympy.matrices.expressions import MatrixSymbol

from ..expressions.differential import Differential
from ..expressions.shape import is_matrix
from ..expressions.structured import facts_about
from .evaluation import Evaluation, NumericArray, Value, Values, evaluate, matrix_of, vec


class Partials:
    """
    All ∂F[k, l]/∂X[i, j] at a point, by central differences.

    With ``mpmath.mp.dps = 50`` about thirty digits are right.

    Parameters
    ==========

    expr : the function, a scalar or matrix expression
    variable : a MatrixSymbol or Symbol
    values : numbers for all symbols, mpmath matrices for MatrixSymbols
    transposed : whether the derivative is by ``variable.T``
    """

    def __init__(self, expr: Basic, variable: Basic, values: Values, transposed: bool = False):
        at = values[variable]
        F = evaluate(expr, values)
        self.of = (F.rows, F.cols) if isinstance(F, mpmath.matrix) else ()
        self.by = (at.rows, at.cols) if is_matrix(variable) else ()
        rows, cols = self.by or (1, 1)
        columns = {(i, j): _difference(expr, variable, values, i, j)
                   for j in range(cols) for i in range(rows)}
        if transposed:
            self.by = self.by[::-1]
            columns = {(j, i): column for (i, j), column in columns.items()}
        self._columns = columns

    @classmethod
    def of_jacobian(cls, J: mpmath.matrix, of: tuple[int, ...], by: tuple[int, ...]) -> Partials:
        """The partial derivatives that stand in ∂vec(F)/∂vecᵀ(X); shapes of F and X."""
        found = cls.__new__(cls)
        found.of, found.by = of, by
        found._columns = {(i, j): J[:, i + by[0]*j] for i in range(by[0]) for j in range(by[1])}
        return found

    def __call__(self, k: int, l: int, i: int, j: int) -> mpf:  # noqa: E741
        return self._columns[i, j][k + (self.of or (1, 1))[0]*l, 0]

    @property
    def of_scalar(self) -> bool:
        return self.of in ((), (1, 1))

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms that exist for these shapes."""
        vectors = bool(self.by) and 1 in self.of and 1 in self.by
        forms = ("vec", "row-major", "array", "autodiff")
        return ("matrix", *forms) if self.of_scalar or not self.by or vectors else forms

    def arranged(self, layout: str, form: str) -> Value:
        """The derivative in a layout and form, numerically."""
        (p, q), (m, n) = self.of or (1, 1), self.by or (1, 1)
        if form == "array" and self.by and not self.of_scalar:
            return NumericArray((m, n, p, q), lambda i, j, k, l: self(k, l, i, j))
        if form == "autodiff" and self.by and not self.of_scalar:
            return NumericArray((p, q, m, n), self)
        if self.of_scalar and form not in ("vec", "row-major"):
            gradient = matrix_of(m, n, lambda i, j: self(0, 0, i, j))
            return gradient.T if layout == "numerator" and form == "matrix" else gradient
        if not self.by and form not in ("vec", "row-major"):
            same = matrix_of(p, q, lambda k, l: self(k, l, 0, 0))
            return same.T if layout == "denominator" and form == "matrix" else same
        if form == "vec":
            J = matrix_of(p*q, m*n, lambda r, s: self(r % p, r//p, s % m, s//m))
        else:
            J = matrix_of(p*q, m*n, lambda r, s: self(r//q, r % q, s//n, s % n))
        numerator = layout == "numerator" or (layout == "mixed" and not self.of_scalar)
        return J if numerator else J.T


def _difference(expr, variable, values, i, j) -> mpmath.matrix:
    """vec of ∂F/∂X[i, j]"""
    def moved(h: mpf) -> Value:
        if not is_matrix(variable):
            return values[variable] + h
        found = values[variable].copy()
        found[i, j] += h
        return found
    return central_difference(lambda h: evaluate(expr, {**values, variable: moved(h)}))


def central_difference(value: Callable[[mpf], Value]) -> mpmath.matrix:
    """vec of the derivative of ``value(h)`` at 0."""
    step = mpf(10)**(-(mp.dps//3))
    return (vec(value(step)) - vec(value(-step)))/(2*step)


def example_values(exprs: Iterable[Basic], sizes: Mapping[Symbol, int], seed: int = 0,
                   scale: mpf | int = 1, signed: bool = False) -> Values:
    """
    Random values for every symbol of some expressions.

    Entries lie between 1/2 and 2, times ``scale``, away from where logarithms and roots
    break, or with ``signed`` also between their negatives, as far as assumptions let
    them; square matrices are diagonally dominant but not symmetric, so that they have
    good inverses, unless their symbol has a structure.  Whole-number symbols other than
    sizes are 3.
    """
    chance = random.Random(seed)
    signs = cycle((1, -1) if seed % 2 == 0 else (-1, 1)) if signed else repeat(1)
    values = dict(sizes)
    leaves = {a for e in exprs for a in preorder_traversal(e)
              if isinstance(a, (MatrixSymbol, Symbol, Differential)) and not isinstance(a, Dummy)}
    for leaf in sorted(leaves - set(values), key=str):
        if is_matrix(leaf):
            rows, cols = (Evaluation(sizes).size(s) for s in leaf.shape)
            found = scale*matrix_of(rows, cols, _entries(chance, rows, cols))
            if signed:
                found = _with_signs(found, chance)
            values[leaf] = _structured(found, facts_about(leaf))
        elif leaf.is_integer:
            values[leaf] = mpf(3)
        else:
            size = scale*mpf(chance.uniform(0.5, 2))
            values[leaf] = -size if leaf.is_extended_nonpositive else (
                size if leaf.is_extended_nonnegative else size*next(signs))
    return values


def _with_signs(M: mpmath.matrix, chance: random.Random) -> mpmath.matrix:
    """Signs for the entries; those of rows change the sign of the determinant."""
    rows = [chance.choice((1, -1)) for _ in range(M.rows)]
    return matrix_of(M.rows, M.cols, lambda i, j: M[i, j]*rows[i]*(
        1 if i == j and M.rows == M.cols else chance.choice((1, -1))))


def _structured(M: mpmath.matrix, facts: frozenset[str]) -> mpmath.matrix:
    """The matrix with the structure of its symbol."""
    if "positive definite" in facts:
        M = matrix_of(M.rows, M.cols, lambda i, j: abs(M[i, j]) if i == j else M[i, j])
    if "orthogonal" in facts:
        return _orthogonal(M, facts)
    if "diagonal" in facts:
        return matrix_of(M.rows, M.cols, lambda i, j: M[i, j] if i == j else mpf(0))
    if "symmetric" in facts:
        return (M + M.T)/2
    if "skew" in facts:
        return matrix_of(M.rows, M.cols, lambda i, j: (i > j)*M[i, j] - (i < j)*M[j, i])
    for name, kept in (("lower", lambda i, j: i >= j), ("upper", lambda i, j: i <= j)):
        if name in facts:
            return matrix_of(M.rows, M.cols, lambda i, j: M[i, j] if kept(i, j) else mpf(0))  # noqa: B023
    return M


def _orthogonal(M: mpmath.matrix, facts: frozenset[str]) -> mpmath.matrix:
    """A reflection, which is symmetric, the product of two, or signs on the diagonal."""
    def reflection(v):
        return mpmath.eye(M.rows) - 2/(v.T*v)[0, 0]*v*v.T

    if facts & {"diagonal", "lower", "upper"} or M.rows == 1:
        return mp.diag([(-1)**i*mp.sign(M[i, i]) for i in range(M.rows)])
    if "symmetric" in facts:
        return reflection(M[:, 0])
    if "skew" in facts:
        raise NotImplementedError("no example of a matrix both orthogonal and skew-symmetric")
    turn = reflection(M[:, 0])*reflection(M[:, 1])
    return turn if M[0, 0] > 0 else turn*reflection(M[:, M.cols - 1])


def _entries(chance: random.Random, rows: int, cols: int) -> Callable[[int, int], mpf]:
    return lambda i, j: mpf(chance.uniform(0.5, 2)) + (rows if i == j and rows == cols else 0)


def near(found: Value, wanted: Value, tolerance: Expr | mpf) -> bool:
    """Whether two values agree in shape and, up to rounding, in every entry."""
    if isinstance(wanted, NumericArray) or isinstance(found, NumericArray):
        return (isinstance(found, type(wanted)) and found.shape == wanted.shape
                and all(_near(found[i], wanted[i], tolerance) for i in wanted))
    found, wanted = (v if isinstance(v, mpmath.matrix) else mpmath.matrix([[v]])
                     for v in (found, wanted))
    return (found.rows, found.cols) == (wanted.rows, wanted.cols) and all(
        _near(a, b, tolerance) for a, b in zip(found, wanted, strict=True))


def _near(a: mpf, b: mpf, tolerance: mpf) -> bool:
    return abs(a - b) <= tolerance*(1 + abs(b))
