"""The functions that a text may call, by their names in each language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import sympy
from sympy import Max, Min, S

from ..core import limits
from ..core.shapes import is_matrix
from ..nodes.generalized_inverses import adjugate, cofactor
from ..nodes.norm import MaxEntry
from ..nodes.primary_functions import expm, logm, sqrtm
from ..nodes.realness import is_complex
from ..nodes.sigmoid import Sigmoid, Softplus
from ..nodes.softmax import LogSumExp
from ..simplify import constructors as c
from ..simplify.constructors.exponentials import log_sum_exp_along
from .arithmetic import ADJOINT, by_entries, norm_of, product, require_real
from .entries import taken
from .meaning import Meaning, applied, as_matrix, operation, scaled, together
from .sizes import SCALAR, Conflict, Form, Value
from .syntax import Node, asks_for_size, walk

__all__ = ["FUNCTIONS", "is_function"]

OfValues = Callable[["Call"], Value]


@dataclass(frozen=True)
class Call:
    """A call with what its arguments are."""

    meaning: Meaning
    node: Node
    name: str
    options: Mapping[str, Any]

    @property
    def places(self) -> tuple[Node, ...]:
        return self.node.args

    def argument(self, k: int = 0) -> Value:
        self._require_place(k)
        return self.meaning.of(self.places[k])

    def _require_place(self, k: int) -> None:
        if k >= len(self.places):
            raise Conflict(f"{self.name} needs {('one', 'two', 'three')[k]} argument"
                           f"{'s' if k else ''}, and has {len(self.places)}", self.node.place)

    def as_operation(self, head: str, count: int = 2) -> Value:
        """What an operator of as many operands has for it; they are read there, and once."""
        self.require(count)
        self._require_place(count - 1)
        return self.meaning.of(Node(head, self.node.place, self.places))

    def option(self, name: str, k: int | None = None) -> Node | None:
        """An argument by its name or its place."""
        if name in self.options:
            return self.options[name]
        return self.places[k] if k is not None and k < len(self.places) else None

    def require(self, most: int, *names: str) -> None:
        if len(self.places) > most:
            raise Conflict(f"{self.name} has at most {most} argument{'s'*(most > 1)} here",
                           self.places[most].place)
        for name in self.options:
            if name not in names:
                raise Conflict(f"{name}= of {self.name} is not covered", self.node.place)

    def square(self, k: int = 0) -> Value:
        value = self.argument(k)
        self.meaning.require_square(value.form, self.places[k], self.name)
        return Value(self.meaning.settled(value.form), value.build)

    @property
    def is_numpy(self) -> bool:
        return self.meaning.language == "numpy"


FUNCTIONS: dict[str, OfValues] = {}


def function(*names: str) -> Callable[[OfValues], OfValues]:
    """Registers what is called by one of the names."""
    def register(of: OfValues) -> OfValues:
        FUNCTIONS.update(dict.fromkeys(names, of))
        return of
    return register


def is_function(name: str) -> bool:
    return name in FUNCTIONS or name in ENTRYWISE


@operation("call")
def _call(meaning: Meaning, node: Node) -> Value:
    name, options = node.value
    if meaning.is_matlab and (name in meaning.forms or name in meaning.defined):
        of = meaning.of(Node("name", node.place, value=name))
        return taken(meaning, node, of, node.args, first=1)
    if name in ENTRYWISE:
        call = Call(meaning, node, name, options)
        call.require(1, "each")
        return _entrywise(call, ENTRYWISE[name])
    if name not in FUNCTIONS:
        raise Conflict(f"{name or 'this'} is no function that is known here" + _near(name),
                       node.place)
    return FUNCTIONS[name](Call(meaning, node, name, options))


def _near(name: Any) -> str:
    found = get_close_matches(str(name), [*FUNCTIONS, *ENTRYWISE], 3)
    return f"; there is {', '.join(found)}" if found else ""


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


def _entrywise(call: Call, f: Callable[[Any], Any]) -> Value:
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
