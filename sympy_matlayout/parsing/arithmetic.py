"""Sums, products, quotients and powers, as each language has them."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import S, Symbol

from ..core.shapes import is_matrix
from ..nodes.norm import Norm
from ..nodes.realness import is_complex
from ..simplify import constructors as c
from .conventions import GREEK_SCALARS
from .meaning import (
    ELEMENTWISE,
    Meaning,
    as_matrix,
    operation,
    require_small_power,
    scaled,
    together,
)
from .sizes import SCALAR, Conflict, Form, Value
from .syntax import Node

__all__ = ["ADJOINT", "by_entries", "norm_of", "product", "require_real"]


# --- sums --------------------------------------------------------------------------------


@operation("neg")
def _negative(meaning: Meaning, node: Node) -> Value:
    form, build = meaning.of(node.args[0])
    return Value(form, lambda: scaled(S.NegativeOne, build()))


@operation("add", "sub")
def _sum(meaning: Meaning, node: Node) -> Value:
    sign, what = (S.One, "sum") if node.head == "add" else (S.NegativeOne, "difference")
    parts = [meaning.of(a) for a in node.args]
    form, (a, b) = together(meaning, node, parts, what)
    if form.is_scalar:
        return Value(form, lambda: a() + sign*b())
    for argument, part in zip(node.args, parts, strict=True):
        if part.form.is_scalar:
            _allow_scalar(meaning, node, argument, what, parts)
    first, second = (as_matrix(meaning, build, form) if part.form.is_scalar else build
                     for part, build in zip(parts, (a, b), strict=True))
    return Value(form, lambda: c.add(first(), c.scale(sign, second())))


def _allow_scalar(meaning: Meaning, node: Node, argument: Node, what: str, parts: Any) -> None:
    """A scalar is added to every entry, in the languages that do so."""
    if meaning.language == "latex" and not any(map(_is_of_entries, node.args)):
        conflict = meaning.misfit(what, node, *(form for form, _ in parts))
        conflict.reason += ("; a multiple of the identity is \\lambda I, and of a vector of ones "
                            "\\lambda \\mathbf{1}")
        raise conflict
    if argument.head == "name" and argument.value in GREEK_SCALARS:
        meaning.cost += 0.5
    elif not _is_number(argument):
        meaning.cost += 2 if meaning.language == "numpy" else 3
    if meaning.is_guessed and argument.head not in ("number", "name", "neg", "div", "call"):
        meaning.doubt(meaning.repeats(what, node, *(form for form, _ in parts)))


def _is_of_entries(node: Node) -> bool:
    r"""1 - \\tanh_\\circ(x)^{\\circ 2} is one function of every entry."""
    if node.head in ("neg", "mul", "div", "add", "sub"):
        return any(map(_is_of_entries, node.args))
    return node.head == "each_pow" or node.head == "call" and "each" in node.value[1]


def _is_number(node: Node) -> bool:
    if node.head in ("number", "neg", "add", "sub", "mul", "div", "pow", "times", "each_div"):
        return all(map(_is_number, node.args))
    return False


# --- products ----------------------------------------------------------------------------


ADJOINT = "adjoint"
BETWEEN_COLUMNS = {
    **dict.fromkeys(("matlab", "matrixcalculus"),
                    "; the inner product is x'*y, the product of entries x.*y"),
    "latex": "; the inner product is x^\\top y, the product of entries x \\odot y"}


@operation("cdot")
def _dot(meaning: Meaning, node: Node) -> Value:
    r"""x \cdot y of two columns is their inner product."""
    left, right = (meaning.of(a) for a in node.args)
    if left.form.is_vector and left.form.cols == 1 and right.form.cols == 1 \
            and meaning.sizes.same(left.form.rows, right.form.rows):
        def inner() -> Any:
            a, b = left.build(), right.build()
            require_real(a, b, node, "x^\\top y or x^H y")
            return c.multiply(c.transpose(a), b)
        return Value(SCALAR, inner)
    return product(meaning, node, left, right)


def require_real(a: Any, b: Any, node: Node, written: str) -> None:
    """Of complex vectors an inner product conjugates one of them, to some the first."""
    if is_complex(a) and is_complex(b):
        raise Conflict(f"which of two complex vectors is conjugated in it isn't agreed on; write "
                       f"{written}", node.place)


@operation("mul")
def _mul(meaning: Meaning, node: Node) -> Value:
    return product(meaning, node, *(meaning.of(a) for a in node.args))


def product(meaning: Meaning, node: Node, left: Value, right: Value) -> Value:
    """The product of matrices; NumPy's arrays of one axis are rows on the left."""
    (m, a), (n, b) = left, right
    if m.is_scalar or n.is_scalar:
        if meaning.language == "numpy":
            raise Conflict(f"@ is for matrices and vectors, and this is {meaning.shown(m)} @ "
                           f"{meaning.shown(n)}; a scalar times a matrix is written *", node.place)
        if n.is_scalar and not m.is_scalar:  # scalars come first
            meaning.cost += 1.5 if node.args[1].head == "name" else meaning.language == "latex"
        elif not n.is_scalar and n.rows == 1 and node.args[0].head == "entry":
            meaning.cost += 1.5  # u_k v_k' is of two vectors
        return Value(n if m.is_scalar else m, lambda: _times(a(), b()))
    if not meaning.sizes.same(m.rows if m.flat else m.cols, n.rows):
        conflict = meaning.misfit("product", node, m, n)
        if m.cols == n.cols == 1 and not m.flat:
            conflict.reason += BETWEEN_COLUMNS.get(meaning.language, "")
        raise conflict
    if not m.flat:
        if m.cols == n.rows == 1 and node.args[0].head == "name" and meaning.language != "numpy":
            meaning.cost += 1.25  # m v' is of a number m, if it can be
        return Value(Form(m.rows, n.cols, n.flat), lambda: c.multiply(a(), b()))
    if n.flat:
        return Value(SCALAR, lambda: c.multiply(c.transpose(a()), b()))
    return Value(Form(n.cols, S.One, True), lambda: c.multiply(c.transpose(b()), a()))


def _times(a: Any, b: Any) -> Any:
    """A product by a scalar, on either side."""
    return scaled(a, b) if not is_matrix(a) else c.scale(b, a)


@operation("times")
def _by_entries(meaning: Meaning, node: Node) -> Value:
    return by_entries(meaning, node, *(meaning.of(a) for a in node.args))


def by_entries(meaning: Meaning, node: Node, left: Value, right: Value) -> Value:
    form, (a, b) = together(meaning, node, (left, right), "product by entries")
    if left.form.flat != right.form.flat and node.head == "times":
        meaning.cost += 1.5*(not (left.form.is_scalar or right.form.is_scalar))
    if left.form.is_scalar or right.form.is_scalar:
        return Value(form, lambda: _times(a(), b()))
    return Value(form, lambda: c.hadamard(a(), b()))


@operation("each_div")
def _quotient_by_entries(meaning: Meaning, node: Node) -> Value:
    left, right = parts = [meaning.of(a) for a in node.args]
    form, (a, b) = together(meaning, node, parts, "quotient by entries")
    if right.form.is_scalar:
        return Value(form, lambda: scaled(1/b(), a()))
    if left.form.is_scalar:
        meaning.cost += 0 if _is_number(node.args[0]) else 2  # most of these are by a number
        return Value(form, lambda: c.scale(a(), c.hadamard_power(b(), S.NegativeOne)))
    return Value(form, lambda: c.hadamard(a(), c.hadamard_power(b(), S.NegativeOne)))


@operation("div")
def _quotient(meaning: Meaning, node: Node) -> Value:
    """A/B is A B^{-1}."""
    (m, a), (n, b) = (meaning.of(x) for x in node.args)
    if n.is_scalar:
        return Value(m, lambda: scaled(1/b(), a()))
    if not meaning.is_matlab:
        raise Conflict(f"a quotient by {meaning.shown(n)}; only scalars stand below a fraction "
                       "bar, an inverse is X^{-1}", node.args[1].place)
    if n.is_matrix and not m.is_scalar and meaning.sizes.same(n.rows, n.cols) \
            and meaning.sizes.same(m.cols, n.rows):
        return Value(m, lambda: c.multiply(a(), c.inverse(b())))
    conflict = meaning.misfit("quotient", node, m, n)
    conflict.reason += "; entry by entry it is ./"
    raise conflict


@operation("left_div")
def _left_quotient(meaning: Meaning, node: Node) -> Value:
    r"""A\B is A^{-1} B."""
    (m, a), (n, b) = (meaning.of(x) for x in node.args)
    if m.is_scalar:
        return Value(n, lambda: scaled(1/a(), b()))
    meaning.require_square(m, node.args[0], "inverse")
    if not meaning.sizes.same(m.cols, n.rows):
        raise meaning.misfit("quotient", node, m, n)
    return Value(n, lambda: c.multiply(c.inverse(a()), b()))


@operation("kron")
def _kron(meaning: Meaning, node: Node) -> Value:
    (m, a), (n, b) = (meaning.of(x) for x in node.args)
    if m.flat or n.flat:
        raise Conflict("a Kronecker product with an array of one axis; x[:, None] is a column",
                       node.place)
    if m.is_scalar or n.is_scalar:
        return Value(n if m.is_scalar else m, lambda: _times(a(), b()))
    rows, cols = (meaning.sizes.product(*s) for s in ((m.rows, n.rows), (m.cols, n.cols)))
    return Value(Form(rows, cols), lambda: c.kronecker(a(), b()))


@operation("transpose")
def _transpose(meaning: Meaning, node: Node) -> Value:
    """X', which of a complex X is the adjoint where ``node.value`` says so."""
    form, build_inside = meaning.of(node.args[0])

    def build() -> Any:
        found = build_inside()
        return c.conjugate(found) if node.value == ADJOINT else found
    if form.is_scalar or form.flat:
        # nobody transposes what has no rows: a column is meant, with its second axis
        if node.args[0].head in ("name", "entry", "add", "sub"):
            meaning.cost += 1 if form.flat else 5
            if not form.flat:
                meaning.doubt(Conflict(f"the transpose of a scalar, {node.args[0].value or ''}",
                                       node.place))
        return Value(form, build)
    return Value(Form(form.cols, form.rows), lambda: c.transpose(build()))


# --- powers ------------------------------------------------------------------------------


@operation("pow")
def _power(meaning: Meaning, node: Node) -> Value:
    top = node.args[1].args[0] if node.args[1].head == "neg" else node.args[1]
    if meaning.is_matlab and top.value in ("T", "H", "t") and top.value not in meaning.declared:
        raise Conflict("a transpose is written ' here, and an inverse one inv(X)'",
                       node.args[1].place)
    (form, a), (exponent, k) = (meaning.of(x) for x in node.args)
    if not exponent.is_scalar:
        raise Conflict(f"an exponent that is {meaning.shown(exponent)}, and has to be a scalar",
                       node.args[1].place)
    if form.is_scalar:
        def build() -> Any:
            base, power = a(), k()
            require_small_power(base, power, node)
            return base**power
        return Value(form, build)
    if not form.is_matrix or not meaning.sizes.same(form.rows, form.cols):
        raise Conflict(f"a power of {meaning.shown(meaning.settled(form))}, which is not square"
                       + ELEMENTWISE.get("matlab" if meaning.is_matlab else meaning.language, ""),
                       node.args[0].place)
    return Value(form, lambda: c.power(a(), k()))


@operation("each_pow")
def _power_by_entries(meaning: Meaning, node: Node) -> Value:
    parts = [meaning.of(x) for x in node.args]
    form, (a, k) = together(meaning, node, parts, "power by entries")

    def build() -> Any:
        base, exponent = a(), k()
        require_small_power(base, exponent, node)
        if is_matrix(exponent) and is_matrix(base):
            raise Conflict("a power whose base and exponent are both no scalars is not covered; "
                           "write exp(y*log(x)), entry by entry", node.place)
        if is_matrix(exponent):
            return c.elementwise(_exponential(base), exponent)
        return c.hadamard_power(base, exponent) if is_matrix(base) else base**exponent
    return Value(form, build)


def _exponential(base: Any) -> Any:
    z = sympy.Dummy("z", real=True)
    return sympy.Lambda((z,), base**z)


# --- norms and bars ----------------------------------------------------------------------

ORDERS = {"F": "fro", "*": "nuc", r"\ast": "nuc", r"\infty": "oo", "inf": "oo", "Inf": "oo",
          r"\text": "fro"}


@operation("norm")
def _norm(meaning: Meaning, node: Node) -> Value:
    return norm_of(meaning, node, meaning.of(node.args[0]),
                   ORDERS.get(node.value, str(node.value)))


def norm_of(meaning: Meaning, node: Node, of: Value, order: str) -> Value:
    """The norm of an order; "" is the length of a vector, and none of a matrix."""
    form, build = of
    if form.is_scalar:
        meaning.cost += 2
        return Value(form, lambda: sympy.Abs(build()))
    if form.is_matrix and order not in ("fro", "nuc", "2"):
        meaning.doubt(Conflict(
            ("the norm of a matrix without an order, which may be Frobenius's, the spectral or the "
             "nuclear one" if not order else f"a norm of order {order} of a matrix is not covered")
            + _orders_of_matrices(meaning), node.place))
    if form.is_matrix:
        return Value(SCALAR, lambda: Norm(build(), S(2) if order == "2" else order))
    if order in ("nuc",) or not (order in ("", "fro", "oo") or order.isalnum()):
        raise Conflict(f"no norm of a vector has the order {order}", node.place)
    if order == "0":
        raise Conflict("the norm of order 0 counts entries, and has no derivative", node.place)
    if order in meaning.forms and not meaning.forms[order].is_scalar or order.isalpha() \
            and order not in ("fro", "oo", "p", "q", "r", "s"):
        raise Conflict(f"a norm by the matrix {order}: write the product that is meant, "
                       f"x^\\top {order} x", node.place)

    def norm() -> Any:
        number = {"": S(2), "fro": S(2), "oo": sympy.oo}.get(order)
        if number is None:
            number = S(int(order)) if order.isdigit() else meaning.symbols.setdefault(
                order, Symbol(order, positive=True))
        return Norm(build()) if number == 2 else Norm(build(), number)
    return Value(SCALAR, norm)


def _orders_of_matrices(meaning: Meaning) -> str:
    written = {"latex": r"\|X\|_F, \|X\|_2, \|X\|_*",
               "numpy": "np.linalg.norm(X, 'fro'), norm(X, 2), norm(X, 'nuc')"}
    return "; write " + written.get(
        meaning.language, "norm(X, 'fro'), norm(X, 2), norm(X, 'nuc')")


@operation("bars")
def _bars(meaning: Meaning, node: Node) -> Value:
    form, build = meaning.of(node.args[0])
    if form.is_scalar:
        return Value(form, lambda: sympy.Abs(build()))
    if not form.is_matrix or not meaning.sizes.same(form.rows, form.cols):
        raise Conflict(f"|x| of {meaning.shown(meaning.settled(form))}: of a scalar it is the "
                       "absolute value, of a square matrix the determinant; a length is \\|x\\|",
                       node.place)
    return Value(SCALAR, lambda: c.determinant(build()))
