"""Functions of whole matrices in a text: inverses, products, arrangements, sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import S

from ..core.shapes import is_matrix
from ..nodes.generalized_inverses import adjugate, cofactor
from ..nodes.primary_functions import expm, logm, sqrtm
from ..nodes.realness import is_complex
from ..simplify import constructors as c
from .arithmetic import ADJOINT, by_entries, product, require_real
from .calls import Call, function
from .meaning import as_matrix
from .sizes import SCALAR, Conflict, Form, Value
from .syntax import Node, asks_for_size

__all__: list[str] = []


# --- traces, determinants, inverses ------------------------------------------------------


@function("tr", "trace", "Tr")
def _trace(call: Call) -> Value:
    call.require(1)
    _, build = call.square()
    return Value(SCALAR, lambda: c.trace(built) if is_matrix(built := build()) else built)


@function("det", "logdet", "slogdet")
def _determinant(call: Call) -> Value:
    call.require(1)
    if call.name == "slogdet":
        raise Conflict("slogdet has two values; its logarithm is np.linalg.slogdet(S)[1]",
                       call.node.place)
    _, build = call.square()

    def built() -> Any:
        value = build()
        found = c.determinant(value) if is_matrix(value) else value
        return found if call.name == "det" else sympy.log(found)
    return Value(SCALAR, built)

OF_SQUARE: dict[str, Callable[[Any], Any]] = {
    "inv": c.inverse, "inverse": c.inverse, "adj": adjugate, "adjugate": adjugate,
    "cof": cofactor, "expm": expm, "logm": logm, "sqrtm": sqrtm}


@function(*OF_SQUARE)
def _of_square(call: Call) -> Value:
    call.require(1)
    form, build = call.square()
    if form.is_scalar:
        scalars = {"inv": lambda a: 1/a, "inverse": lambda a: 1/a, "expm": sympy.exp,
                   "logm": sympy.log, "sqrtm": sympy.sqrt}
        return Value(form, lambda: scalars.get(call.name, lambda a: S.One)(build()))
    return Value(form, lambda: OF_SQUARE[call.name](build()))


@function("pinv")
def _pseudo_inverse(call: Call) -> Value:
    call.require(1, "dagger")
    form, build = call.argument()
    is_dagger = call.meaning.language == "latex" and call.options.get("dagger")

    def inverse() -> Any:
        built = build()
        if is_dagger and is_complex(built):
            if form.is_vector:
                return c.adjoint(built)
            raise Conflict("the adjoint or the pseudoinverse of a complex matrix? Write A^H or A^+",
                           call.node.place)
        if form.is_vector and call.meaning.language == "latex":
            raise Conflict("a pseudoinverse of a vector; conjugate transposes are for complex "
                           "ones, and this one is real", call.node.place)
        return c.pseudo_inverse(built) if is_matrix(built) else 1/built
    return Value(Form(form.cols, form.rows), inverse)


@function("conj", "conjugate")
def _conjugate(call: Call) -> Value:
    call.require(1)
    form, build = call.argument()
    return Value(form, lambda: c.conjugate(build()))


@function("ctranspose")
def _adjoint(call: Call) -> Value:
    call.require(1)
    return call.meaning.of(Node("transpose", call.node.place, call.places, ADJOINT))


@function("^*")
def _star(call: Call) -> Value:
    """z^*, the conjugate of a number; of a matrix to some the conjugate, to others the adjoint."""
    form, build = call.argument()

    def built() -> Any:
        found = build()
        if not is_complex(found):
            raise Conflict("conjugates are of what is complex, and this is real", call.node.place)
        if not form.is_scalar:
            raise Conflict("the conjugate or the adjoint? Write \\overline{z} or z^H",
                           call.node.place)
        return c.conjugate(found)
    return Value(form, built)


@function("solve", "mldivide")
def _solve(call: Call) -> Value:
    return call.as_operation("left_div")


@function("matrix_power", "mpower")
def _matrix_power(call: Call) -> Value:
    return call.as_operation("pow")


# --- products ----------------------------------------------------------------------------


@function("dot", "matmul", "mtimes")
def _product(call: Call) -> Value:
    call.require(2)
    left, right = call.argument(0), call.argument(1)
    if not call.is_numpy and call.name == "dot":
        if left.form.is_matrix and call.meaning.is_matlab:
            raise Conflict("dot of matrices is a row in MATLAB, sum(A.*B, 1); the sum over all "
                           "entries is tr(A'*B)", call.node.place)
        return _inner_of(call, left, right)
    if call.name == "dot" and (left.form.is_scalar or right.form.is_scalar):
        return by_entries(call.meaning, call.node, left, right)
    return product(call.meaning, call.node, left, right)


@function("inner", "vdot")
def _inner(call: Call) -> Value:
    """The sum of the products of all entries."""
    call.require(2)
    left, right = call.argument(0), call.argument(1)
    if call.is_numpy and call.name == "inner" and left.form.is_matrix:
        raise Conflict("np.inner of matrices is X @ Y.T; the sum over all entries is np.vdot",
                       call.node.place)
    return _inner_of(call, left, right)


def _inner_of(call: Call, left: Value, right: Value) -> Value:
    if left.form.is_scalar != right.form.is_scalar:
        raise call.meaning.misfit("inner product", call.node, left.form, right.form)
    if left.form.is_scalar:
        return by_entries(call.meaning, call.node, left, right)
    same = call.meaning.sizes.same
    if not (same(left.form.rows, right.form.rows) and same(left.form.cols, right.form.cols)):
        raise call.meaning.misfit("inner product", call.node, left.form, right.form)

    def inner() -> Any:
        a, b = left.build(), right.build()
        if call.name == "vdot" or call.meaning.is_matlab:  # these conjugate the first
            a = c.conjugate(a)
        elif not call.is_numpy:
            require_real(a, b, call.node, "x^\\top y or x^H y")
        return c.inner(a, b)
    return Value(SCALAR, inner)


@function("outer")
def _outer(call: Call) -> Value:
    call.require(2)
    (m, a), (n, b) = call.argument(0), call.argument(1)
    if m.is_scalar or n.is_scalar or m.cols != 1 or n.cols != 1:
        raise Conflict("outer is of two vectors", call.node.place)
    return Value(Form(m.rows, n.rows), lambda: c.multiply(a(), c.transpose(b())))


@function("kron")
def _kron(call: Call) -> Value:
    return call.as_operation("kron")


# --- rearrangements ----------------------------------------------------------------------


@function("transpose")
def _transpose(call: Call) -> Value:
    return call.as_operation("transpose", 1)


@function("diag", "Diag", "diagonal")
def _diag(call: Call) -> Value:
    """The diagonal matrix of a vector, or the diagonal of a matrix."""
    call.require(1)
    form, build = call.argument()
    if form.is_scalar:
        return Value(form, build)
    if form.is_matrix:
        if call.name == "Diag" or not call.meaning.sizes.same(form.rows, form.cols):
            raise Conflict(f"{call.name} of {call.meaning.shown(call.meaning.settled(form))}; "
                           "it is of a vector or of a square matrix", call.node.place)
        return Value(Form(form.rows, S.One, call.is_numpy), lambda: c.diagonal_of(build()))
    size = form.cols if form.rows == 1 and not form.flat else form.rows
    return Value(Form(size, size), lambda: c.diag(
        build() if form.rows != 1 or form.flat else c.transpose(build())))


@function("vec")
def _vec(call: Call) -> Value:
    call.require(1)
    form, build = call.argument()
    length = call.meaning.sizes.product(form.cols, form.rows)
    return Value(Form(length, S.One), lambda: c.vec(build()))


@function("ravel", "flatten")
def _ravel(call: Call) -> Value:
    """Row by row, into an array of one axis."""
    call.require(1)
    form, build = call.argument()
    if form.is_scalar or form.flat:
        return Value(form, build)
    length = call.meaning.sizes.product(form.rows, form.cols) if form.is_matrix else (
        form.rows if form.cols == 1 else form.cols)
    return Value(Form(length, S.One, True), lambda: c.vec(c.transpose(build())))


@function("vech")
def _vech(call: Call) -> Value:
    call.require(1)
    form, build = call.square()
    return Value(Form(form.rows*(form.rows + 1)/2, S.One), lambda: c.vech(build()))


@function("length", "len", "numel", "size")
def _length(call: Call) -> Value:
    size = call.meaning.size_named(call.node)
    if size is None:
        raise Conflict(f"{call.name} of one thing, and size(X, 1) or size(X, 2)", call.node.place)
    return Value(SCALAR, lambda: call.meaning.sizes.named(size))


# --- constants ---------------------------------------------------------------------------


@function("eye", "identity")
def _identity(call: Call) -> Value:
    sizes = _sizes_given(call)
    if len(sizes) == 2 and not call.meaning.sizes.same(*sizes):
        raise Conflict(f"{call.name} has one size, {call.name}(n)", call.node.place)
    return Value(Form(sizes[0], sizes[0]), lambda: c.Identity(call.meaning.sizes.named(sizes[0])))


@function("ones", "zeros")
def _constant(call: Call) -> Value:
    sizes = _sizes_given(call)
    flat = call.is_numpy and len(sizes) == 1
    if len(sizes) == 1:
        sizes = (sizes[0], S.One if call.is_numpy else sizes[0])
    if len(sizes) != 2:
        raise Conflict(f"{call.name} has one size or two", call.node.place)
    kind = c.OneMatrix if call.name == "ones" else c.ZeroMatrix
    named = call.meaning.sizes.named
    return Value(Form(*sizes, flat), lambda: kind(named(sizes[0]), named(sizes[1])))


def _sizes_given(call: Call) -> tuple[Any, ...]:
    call.require(2)
    given = call.places[0].args if call.places and call.places[0].head == "sequence" \
        else call.places
    first = given[0] if len(given) == 1 else None
    if first is not None and asks_for_size(first) and (
            first.head == "method" or first.head == "call" and len(first.args) == 1
            and first.value[0] == "size" and not call.is_numpy):  # ones(size(X))
        form = call.meaning.of(first.args[0]).form
        return (form.rows,) if form.flat else (form.rows, form.cols)
    sizes = tuple(map(call.meaning.count, given))
    if not sizes or any(size.is_positive is False for size in sizes):
        raise Conflict(f"{call.name} has one size or two, which are positive", call.node.place)
    return sizes


@function("ones_like", "zeros_like")
def _like(call: Call) -> Value:
    call.require(1)
    form, _ = call.argument()
    value = S.One if call.name == "ones_like" else S.Zero
    if form.is_scalar:
        return Value(form, lambda: value)
    return Value(form, as_matrix(call.meaning, lambda: value, form))


@function("vector", "matrix")
def _filled(call: Call) -> Value:
    """vector(1) and matrix(1) are as large as what is around asks for."""
    call.require(1)
    of, build = call.argument()
    if not of.is_scalar:
        raise Conflict(f"{call.name} is of a number, {call.name}(1)", call.node.place)
    form = Form(call.meaning.sizes.fresh(),
                S.One if call.name == "vector" else call.meaning.sizes.fresh())
    return Value(form, as_matrix(call.meaning, build, form))
