"""The functions that a text may call, by their names in each language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Max, Min, S

from ..core import limits
from ..core.shapes import is_matrix
from ..nodes.norm import MaxEntry
from ..nodes.sigmoid import Sigmoid, Softplus
from ..nodes.softmax import LogSumExp
from ..simplify import constructors as c
from ..simplify.constructors.exponentials import log_sum_exp_along
from .arithmetic import by_entries, norm_of
from .calls import Call, function
from .meaning import applied, as_matrix, scaled, together
from .sizes import SCALAR, Conflict, Form, Value
from .syntax import Node, walk

__all__: list[str] = []


# --- functions of every entry ------------------------------------------------------------


def _relu(z: Any) -> Any:
    return Max(z, 0)


ENTRYWISE: dict[str, Callable[[Any], Any]] = {
    "exp": sympy.exp, "log": sympy.log, "ln": sympy.log, "sin": sympy.sin, "cos": sympy.cos,
    "tan": sympy.tan, "sinh": sympy.sinh, "cosh": sympy.cosh, "tanh": sympy.tanh,
    "sqrt": sympy.sqrt, "abs": sympy.Abs, "absolute": sympy.Abs, "fabs": sympy.Abs,
    "sign": sympy.sign, "sgn": sympy.sign, "erf": sympy.erf, "erfc": sympy.erfc,
    "gamma": sympy.gamma, "gammaln": sympy.loggamma, "lgamma": sympy.loggamma,
    "loggamma": sympy.loggamma, "digamma": sympy.digamma, "psi": sympy.digamma,
    "sigmoid": Sigmoid, "expit": Sigmoid, "logistic": Sigmoid, "softplus": Softplus,
    "relu": _relu, "ReLU": _relu,
    **dict.fromkeys(("asin", "arcsin"), sympy.asin),
    **dict.fromkeys(("acos", "arccos"), sympy.acos),
    **dict.fromkeys(("atan", "arctan"), sympy.atan),
    **dict.fromkeys(("asinh", "arcsinh"), sympy.asinh),
    **dict.fromkeys(("acosh", "arccosh"), sympy.acosh),
    **dict.fromkeys(("atanh", "arctanh"), sympy.atanh),
    "log1p": lambda z: sympy.log(1 + z), "expm1": lambda z: sympy.exp(z) - 1,
    "log2": lambda z: sympy.log(z)/sympy.log(2), "log10": lambda z: sympy.log(z)/sympy.log(10),
    "square": lambda z: z**2, "reciprocal": lambda z: 1/z, "negative": lambda z: -z,
    "log_sigmoid": lambda z: -Softplus(-z), "logsigmoid": lambda z: -Softplus(-z),
    "silu": lambda z: z*Sigmoid(z), "swish": lambda z: z*Sigmoid(z),
    "logit": lambda z: sympy.log(z/(1 - z)),
    **dict.fromkeys(("real", "Re"), sympy.re), **dict.fromkeys(("imag", "Im"), sympy.im),
    **dict.fromkeys(("angle", "arg"), sympy.arg),
}

# functions of whole numbers are worked out by SymPy, digit by digit
FACTORIAL = {"gamma", "gammaln", "lgamma", "loggamma", "digamma", "psi"}

# of a square matrix these might mean the function of the matrix in a formula
OF_MATRICES = {"exp": "expm", "log": "logm", "ln": "logm", "sqrt": "sqrtm"}


@function(*ENTRYWISE)
def _entrywise(call: Call) -> Value:
    call.require(1, "each")
    f = ENTRYWISE[call.name]
    form, build = call.argument()
    name, meaning = call.name, call.meaning
    if meaning.language == "latex" and form.is_matrix and "each" not in call.options:
        meaning.later.append(lambda: _require_no_matrix_function(call, form))

    def built() -> Any:
        value = build()
        if name in FACTORIAL and not is_matrix(value) and value.is_number \
                and abs(value) > limits.NUMBER_DIGITS:
            raise Conflict(f"{name} of a number this large", call.node.place)
        return applied(f, value)
    return Value(form, built)


def _require_no_matrix_function(call: Call, form: Form) -> None:
    form = call.meaning.settled(form)
    of = call.places[0]
    forms = call.meaning.forms
    named = [forms[a.value] for a in walk(of) if a.head == "name" and a.value in forms]
    may_be_square = form.rows == form.cols or sum(not f.is_scalar for f in named) == 1
    if may_be_square and (call.name in OF_MATRICES or call.name in ("sin", "cos")):
        other = OF_MATRICES.get(call.name, "")
        call.meaning.doubt(Conflict(
            f"\\{call.name} of a matrix that is square, or may be: the function of the matrix"
            + " or of every entry? Write "
            + (f"\\operatorname{{{other}}} or " if other else "") + f"\\{call.name}_\\circ",
            call.node.place))


@function("maximum", "minimum", "fmax", "fmin")
def _larger(call: Call) -> Value:
    call.require(2)
    return _of_two(call, call.argument(0), call.argument(1))


def _of_two(call: Call, left: Value, right: Value) -> Value:
    """The larger or smaller of two, entry by entry: max(x, y) = x + max(y - x, 0)."""
    larger = call.name in ("maximum", "fmax", "max")
    choose = Max if larger else Min
    form, (a, b) = together(call.meaning, call.node, (left, right), call.name)
    if form.is_scalar:
        return Value(form, lambda: choose(a(), b()))
    if left.form.is_scalar:
        left, right, a, b = right, left, b, a
    if right.form.is_scalar:
        return Value(form, lambda: applied(lambda z: choose(z, b()), a()))

    def built() -> Any:
        x = a()
        return c.add(x, applied(lambda z: choose(z, 0), c.add(b(), c.scale(S.NegativeOne, x))))
    return Value(form, built)


@function("power", "pow")
def _power(call: Call) -> Value:
    return call.as_operation("each_pow")


@function("multiply", "times")
def _multiply(call: Call) -> Value:
    call.require(2)
    return by_entries(call.meaning, call.node, call.argument(0), call.argument(1))


@function("add", "subtract", "plus", "minus", "divide", "true_divide", "rdivide")
def _written_out(call: Call) -> Value:
    head = {"add": "add", "plus": "add", "subtract": "sub", "minus": "sub"}.get(
        call.name, "each_div")
    return call.as_operation(head)


# --- sums and other reductions -----------------------------------------------------------


def _axis(call: Call, place: int = 1) -> str | None:
    """"rows" where a row is left, "columns" where a column is, None for all entries."""
    given = call.option("axis", place)
    if given is None:
        return None
    if given.head in ("text", "name") and given.value in ("None", "all"):
        return "all"
    if given.head == "sequence" and len(given.args) == 2:
        if {_axis_of(call, a) for a in given.args} == {"rows", "columns"}:
            return "all"
        raise Conflict(f"{call.name} along two axes that are one", given.place)
    return _axis_of(call, given.args[0] if given.head == "sequence" else given)


def _axis_of(call: Call, given: Node) -> str:
    inner = given.args[0] if given.head == "neg" else given
    value = ("-" if given.head == "neg" else "") + str(inner.value)
    axes = {"0": "rows", "1": "columns", "-1": "columns", "-2": "rows"} if call.is_numpy else {
        "1": "rows", "2": "columns"}
    if inner.head != "number" or value not in axes:
        raise Conflict(f"{call.name} along one axis: the axes are {', '.join(axes)}", given.place)
    return axes[value]


def _reduced(call: Call, total: Callable[[Any, Any, Any], Any],
             along: Callable[[Any, str, Any, Any], Any], default: str | None = None) -> Value:
    """A reduction of all entries, or of rows or columns; of a vector by itself of all."""
    call.require(2, "axis", "keepdims")
    form, build = call.argument()
    meaning = call.meaning
    axis = _axis(call)
    if form.is_scalar:
        meaning.cost += 5  # nobody sums a scalar
        return Value(form, lambda: total(build(), S.One, S.One))
    if form.flat and axis == "columns" and _axis_text(call) == "1":
        raise Conflict("an array of one axis has no axis 1", call.node.place)
    if axis is None and form.is_matrix:
        axis = default
    axis = None if axis == "all" else axis

    def sizes() -> tuple[Any, Any]:
        return meaning.sizes.named(form.rows), meaning.sizes.named(form.cols)

    if axis is None or form.flat:
        return Value(SCALAR, lambda: total(build(), *sizes()))
    keeps = call.option("keepdims")
    flat = call.is_numpy and not (keeps is not None and keeps.value in ("True", "1"))
    left = (S.One, form.cols) if axis == "rows" else (form.rows, S.One)
    if left == (1, 1):
        return Value(SCALAR, lambda: total(build(), *sizes()))

    def reduced() -> Any:
        found = along(build(), axis, *sizes())
        return c.transpose(found) if flat and axis == "rows" else found
    return Value(Form(max(left, key=lambda s: s != 1), S.One, True) if flat else Form(*left),
                 reduced)


def _axis_text(call: Call) -> str:
    given = call.option("axis", 1)
    return "" if given is None else str(given.value)


def _total(value: Any, rows: Any, cols: Any) -> Any:
    if not is_matrix(value):
        return value
    return c.as_scalar(c.multiply(c.OneMatrix(S.One, rows), value, c.OneMatrix(cols, S.One)))


def _sums(value: Any, axis: str, rows: Any, cols: Any) -> Any:
    if axis == "rows":
        return c.multiply(c.OneMatrix(S.One, rows), value)
    return c.multiply(value, c.OneMatrix(cols, S.One))


@function("sum", "nansum")
def _sum(call: Call) -> Value:
    return _reduced(call, _total, _sums, "rows" if call.meaning.sum_of == "rows" else None)


@function("mean", "average")
def _mean(call: Call) -> Value:
    def along(value: Any, axis: str, rows: Any, cols: Any) -> Any:
        return c.scale(1/(rows if axis == "rows" else cols), _sums(value, axis, rows, cols))
    return _reduced(call, lambda value, rows, cols: _total(value, rows, cols)/(rows*cols), along,
                    "rows" if call.meaning.language == "matlab" else None)


@function("var", "std")
def _variance(call: Call) -> Value:
    """Of all entries; NumPy divides by n, MATLAB by n - 1."""
    call.require(1)
    form, build = call.argument()
    if form.is_scalar or form.is_matrix:
        raise Conflict(f"{call.name} of {call.meaning.shown(form)}; it is of a vector here",
                       call.node.place)

    def built() -> Any:
        value = build()
        rows, cols = (call.meaning.sizes.named(s) for s in (form.rows, form.cols))
        centred = c.add(value, c.scale(-_total(value, rows, cols)/(rows*cols),
                                       c.OneMatrix(rows, cols)))
        found = c.inner(c.conjugate(centred), centred)/(rows*cols - (0 if call.is_numpy else 1))
        return sympy.sqrt(found) if call.name == "std" else found
    return Value(SCALAR, built)


@function("python's max", "python's min")
def _of_python(call: Call) -> Value:
    """max(a, b) of Python is of numbers."""
    own = Call(call.meaning, call.node, call.name.split()[1], call.options)
    if len(call.places) == 2:
        left, right = call.argument(0), call.argument(1)
        if not (left.form.is_scalar and right.form.is_scalar):
            raise Conflict(f"{own.name} of two arrays; entry by entry it is np.{own.name}imum",
                           call.node.place)
        return _of_two(own, left, right)
    return _extreme(own)


@function("max", "amax", "min", "amin")
def _extreme(call: Call) -> Value:
    if len(call.places) == 2 and "axis" not in call.options and not call.is_numpy:
        return _of_two(call, call.argument(0), call.argument(1))
    sign = 1 if "max" in call.name else -1

    def total(value: Any, *_: Any) -> Any:
        return sign*MaxEntry(scaled(S(sign), value)) if is_matrix(value) else value

    def along(*_: Any) -> Any:
        raise Conflict(f"{call.name} along one axis is not covered", call.node.place)
    return _reduced(call, total, along, "rows" if call.meaning.language == "matlab" else None)


@function("logsumexp", "lse")
def _log_sum_exp(call: Call) -> Value:
    return _reduced(call, lambda value, *_: LogSumExp(value) if is_matrix(value) else value,
                    lambda value, axis, *_: log_sum_exp_along(value, S(int(axis == "columns"))))


@function("softmax", "log_softmax")
def _softmax(call: Call) -> Value:
    call.require(2, "axis")
    form, build = call.argument()
    axis = _axis(call)
    if form.is_scalar:
        call.meaning.cost += 5
        return Value(form, lambda: S(int(call.name == "softmax")))
    if form.is_matrix and axis in (None, "all"):
        raise Conflict(f"{call.name} of a matrix needs an axis: axis=0 for columns, axis=1 for "
                       "rows that add up to one", call.node.place)
    if call.name == "log_softmax":
        if form.is_matrix:
            raise Conflict("log_softmax of a matrix: write X - logsumexp(X, axis=1, "
                           "keepdims=True)", call.node.place)
        ones = as_matrix(call.meaning, lambda: S.One, form)
        return Value(form, lambda: c.add(build(), c.scale(-LogSumExp(build()), ones())))
    if form.is_matrix:
        return Value(form, lambda: c.softmax(build(), S(int(axis == "columns"))))
    return Value(form, lambda: c.softmax(build()))


@function("norm", "norm1", "norm2", "normF", "norm_inf")
def _norm(call: Call) -> Value:
    call.require(2, "ord")
    value = call.argument()
    order = {"norm1": "1", "norm2": "2", "normF": "fro", "norm_inf": "oo"}.get(call.name, "")
    given = call.option("ord", 1)
    if given is not None:
        order = _order(given)
    elif call.name == "norm2" and value.form.is_matrix:
        call.meaning.doubt(Conflict(
            "norm2 of a matrix: Frobenius's norm is norm(X, 'fro'), the largest singular value "
            "norm(X, 2)", call.node.place))
    elif call.name == "norm" and value.form.is_matrix:
        order = {"numpy": "fro", "matlab": "2"}.get(call.meaning.language, "")
    return norm_of(call.meaning, call.node, value, order)


def _order(given: Node) -> str:
    word = str(given.value)
    if given.head == "function" or word.lower() == "inf":
        return "oo" if word.lower() == "inf" else word
    if given.head in ("text", "number") and word in ("fro", "nuc", "1", "2", "3", "4"):
        return word
    if given.head == "name":
        return word
    raise Conflict("an order of a norm: a number, inf, 'fro' or 'nuc'", given.place)
