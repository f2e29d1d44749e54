"""NumPy code, with SciPy's factorisations and special functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sympy import Float, Integer, N, Rational, S, Symbol, sympify
from sympy.core.basic import Basic
from sympy.printing.pycode import PythonCodePrinter

from ...core.errors import VariableError
from ..operations import VIEWS, Operation, Size, is_number
from ..program import (
    ADDED,
    ATOM,
    COMPARED,
    MULTIPLIED,
    NEGATED,
    RAISED,
    Code,
    Target,
    in_front,
    unbound_message,
)

__all__ = ["ComplexTarget", "NumPyTarget"]

FUNCTIONS = {
    "Abs": "abs", "Heaviside": "heaviside", "Max": "maximum", "Min": "minimum",
    "acos": "arccos", "acosh": "arccosh",
    "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan", "atan2": "arctan2",
    "atanh": "arctanh", "ceiling": "ceil", "cos": "cos", "cosh": "cosh", "exp": "exp",
    "floor": "floor", "log": "log", "log1p": "log1p", "sign": "sign", "sin": "sin",
    "sinh": "sinh", "sqrt": "sqrt", "tan": "tan", "tanh": "tanh",
    "arg": "angle", "conjugate": "conj", "im": "imag", "re": "real"}
SPECIAL = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "loggamma": "gammaln"}
OWN = {"Sigmoid": "sigmoid", "Softplus": "softplus", "phase": "phase"}
RELATIONS = {"Eq": "==", "Ne": "!=", "Lt": "<", "Le": "<=", "Gt": ">", "Ge": ">=", "And": "&",
             "Or": "|"}


class NumPyTarget(Target):
    """
    Code for arrays of two axes.

    Functions of ``functions`` are called by name; a text holds their source.
    """

    array = "np"
    modules = ("numpy",)
    special = "scipy.special"
    ufuncs = FUNCTIONS

    def __init__(self, names: Mapping[Basic, str], printed: Callable[..., str] | None = None,
                 dtype: str | None = None):
        super().__init__(names)
        self.printed = printed  # what is printed as a whole
        self.dtype = f", dtype={dtype}" if dtype else ""
        self._sizes: Any = PythonCodePrinter({"fully_qualified_modules": False})

    def own(self, name: str, *args: str) -> Code:
        self.functions.add(name)
        return Code(f"{name}({', '.join(args)})")

    def imported(self, module: str, name: str) -> str:
        """What the code calls a function of another module."""
        if module == self.modules[0] or module.startswith(f"{self.modules[0]}."):
            return f"{self.array}{module.removeprefix(self.modules[0])}.{name}"
        if module.startswith("sympy_matlayout."):
            self.functions.add(name)
        elif module:
            self.imports.add((module, name))
        return name

    def call(self, name: str, *args: str) -> Code:
        return Code(f"{self.array}.{name}({', '.join(args)})")

    def size(self, size: Size) -> str:
        if isinstance(size, int):
            return str(size)
        size = sympify(size)
        unknown = size.free_symbols - self.names.keys()
        if unknown:
            raise VariableError(unbound_message(map(str, unknown)))
        if size.is_Symbol:
            return self.names[size]
        over, under = size.as_numer_denom()
        named = over.xreplace({s: Symbol(self.names[s], integer=True) for s in over.free_symbols})
        text = self._sizes.doprint(named)
        self.imports.update(("math", f) for f in ("floor", "ceil") if f"{f}(" in text)
        return text if under == 1 else f"({text})//{under}"

    def number(self, value: Any) -> Code:
        value = sympify(value)
        if isinstance(value, Integer):
            return Code(str(value), ATOM if value >= 0 else NEGATED)
        if value is S.NaN:
            return Code(f"{self.array}.nan")
        if value in (S.Infinity, S.NegativeInfinity):
            text = f"{self.array}.inf"
            return Code(text) if value > 0 else Code(f"-{text}", NEGATED)
        if value is S.Pi:
            return Code(f"{self.array}.pi")
        if isinstance(value, Rational):
            if value.q & (value.q - 1) == 0:
                return Code(repr(float(value)), ATOM if value > 0 else NEGATED)
            return Code(f"{value.p}/{value.q}", MULTIPLIED if value > 0 else NEGATED)
        found = float(value) if isinstance(value, Float) else float(N(value, 20))
        return Code(repr(found), ATOM if found >= 0 else NEGATED)

    # --- entry by entry ----------------------------------------------------------------------

    def of_imaginary_unit(self, value: Operation) -> Code:
        return Code("1j")

    def of_call(self, value: Operation, *args: Code) -> Code:
        name: Any = value.data
        texts = [a.text for a in args]
        if name in OWN:
            return self.own(OWN[name], *texts)
        if name in SPECIAL:
            self.imports.add((self.special, SPECIAL[name]))
            return Code(f"{SPECIAL[name]}({', '.join(texts)})")
        return self.call(FUNCTIONS[name], *texts)

    def of_compare(self, value: Operation, *args: Code) -> Code:
        if value.data == "Not":
            return Code(f"~{args[0].at(ATOM)}", NEGATED)
        sign = RELATIONS[value.data]
        left, right = (a.at(ADDED) for a in args)
        return Code(f"{left} {sign} {right}", COMPARED)

    def of_where(self, value: Operation, *args: Code) -> Code:
        found = self.call("where", *(a.text for a in args))
        single = self.dtype.removeprefix(", dtype=")
        return Code(f"{found.text}.astype({single})") if single else found

    def of_range(self, value: Operation) -> Code:
        first, number, axis = value.data
        end = self.size(sympify(first) + sympify(number)) if not isinstance(
            number, int) else str(int(first) + number)
        start = [] if first == 0 else [self.size(first)]
        found = self.call("arange", *start, end + self._float())
        shape = ", ".join("-1" if k == axis else "1" for k in range(len(value.shape)))
        return Code(f"{found.text}.reshape({shape})")

    # --- sums --------------------------------------------------------------------------------

    def of_sum(self, value: Operation, x: Code) -> Code:
        if value.data is None:
            return Code(f"{x.at(ATOM)}.sum()")
        return Code(f"{x.at(ATOM)}.sum(axis={value.data}, keepdims=True)")

    def of_max(self, value: Operation, x: Code) -> Code:
        if value.data is None:
            return Code(f"{x.at(ATOM)}.max()")
        if isinstance(value.data, tuple):  # axes that go
            return Code(f"{x.at(ATOM)}.max(axis={value.data})")
        return Code(f"{x.at(ATOM)}.max(axis={value.data}, keepdims=True)")

    def of_sum_axes(self, value: Operation, x: Code) -> Code:
        axes: Any = value.data
        inside = str(axes[0]) if len(axes) == 1 else str(tuple(axes))
        return Code(f"{x.at(ATOM)}.sum(axis={inside})")

    def of_dot(self, value: Operation, a: Code, b: Code) -> Code:
        return self.call("vdot", a.text, b.text)

    def of_trace(self, value: Operation, x: Code) -> Code:
        return self.call("trace", x.text)

    def of_softmax(self, value: Operation, x: Code) -> Code:
        return self.own("softmax", x.text, *self._axis(value))

    def of_log_sum_exp(self, value: Operation, x: Code) -> Code:
        return self.own("logsumexp", x.text, *self._axis(value))

    def _axis(self, value: Operation) -> list[str]:
        return [] if value.data is None else [f"axis={value.data}"]

    def of_beside(self, value: Operation, *args: Code) -> Code:
        return self.call("hstack", f"[{', '.join(a.text for a in args)}]")

    # --- matrices ----------------------------------------------------------------------------

    def of_transpose(self, value: Operation, x: Code) -> Code:
        return Code(f"{x.at(ATOM)}.T")

    def of_identity(self, value: Operation) -> Code:
        return self.call("eye", self.size(value.data) + self.dtype)

    def of_expand(self, value: Operation, x: Code) -> Code:
        shape = self._shape(value)
        inner = value.args[0]
        if is_number(inner, 0) or is_number(inner, 1):
            return self.call("zeros" if inner.data == 0 else "ones", shape + self.dtype)
        if not inner.shape:
            kind = self._float() if inner.kind in ("number", "size") else self.dtype
            return self.call("full", shape, x.text + kind)
        return self.call("broadcast_to", x.text, shape)

    def _shape(self, value: Operation) -> str:
        inside = ", ".join(map(self.size, value.shape))
        return f"({inside},)" if len(value.shape) == 1 else f"({inside})"

    def of_diagonal(self, value: Operation, x: Code) -> Code:
        return self.call("diagflat", x.text)

    def of_diagonal_of(self, value: Operation, x: Code) -> Code:
        return Code(f"{x.at(ATOM)}.diagonal()[:, None]")

    def of_entry(self, value: Operation, x: Code) -> Code:
        return Code(f"{x.at(ATOM)}[{', '.join(map(self.size, value.data))}]")

    def of_slice(self, value: Operation, x: Code) -> Code:
        spans: Any = value.data
        pairs = zip(spans, value.args[0].shape, strict=True)
        return Code(f"{x.at(ATOM)}[{', '.join(self._span(*p) for p in pairs)}]")

    def _span(self, span: tuple[Size, Size, Size], size: Size) -> str:
        start, step, number = span
        first = "" if start == 0 else self.size(start)
        end = sympify(start) + sympify(step)*(sympify(number) - 1) + 1
        last = "" if end == size else self.size(int(end) if end.is_Integer else end)
        return f"{first}:{last}" + ("" if step == 1 else f":{self.size(step)}")

    def of_reshape(self, value: Operation, x: Code) -> Code:
        return Code(f"{x.at(ATOM)}.reshape{self._shape(value)}")

    def of_axes(self, value: Operation, x: Code) -> Code:
        return Code(f"{x.at(ATOM)}.transpose{value.data}")

    def of_vec(self, value: Operation, x: Code) -> Code:
        turned = x.text[:-2] if x.text.endswith(".T") and x.level == ATOM else f"{x.at(ATOM)}.T"
        return Code(f"{turned}.reshape(-1, 1)")

    def of_unvec(self, value: Operation, x: Code) -> Code:
        m, n = map(self.size, value.shape)
        return Code(f"{x.at(ATOM)}.reshape({n}, {m}).T")

    def of_kronecker(self, value: Operation, a: Code, b: Code) -> Code:
        for k, factor in enumerate(value.args):
            if factor.kind == "identity":
                name = ("kron_identity_left", "kron_identity_right")[k]
                return self.own(name, self.size(factor.data), (b, a)[k].text)
        return self.own("kron", a.text, b.text)

    def of_kronecker_times(self, value: Operation, a: Code, b: Code, x: Code) -> Code:
        left, right, thin = value.args
        (ma, na), nb, c = left.shape, right.shape[1], thin.shape[1]
        flat = Code(f"{a.at(RAISED)} @ {x.at(ATOM)}.reshape({self.size(na)}, -1)", MULTIPLIED)
        inner = f"{flat.at(ATOM)}.reshape({self.size(ma)}, {self.size(nb)}, {self.size(c)})"
        return Code(f"({b.at(RAISED)} @ {inner}).reshape(-1, {self.size(c)})")

    def of_commutation(self, value: Operation) -> Code:
        return self.own("commutation_matrix", *map(self.size, value.data))

    def of_diagonal_embedding(self, value: Operation) -> Code:
        return self.own("diagonal_embedding", self.size(value.data))

    def of_permuted(self, value: Operation, x: Code) -> Code:
        m, n = map(self.size, value.data)
        shape = self._shape(value)
        return Code(f"{x.at(ATOM)}.reshape({n}, {m}, -1).swapaxes(0, 1).reshape{shape}")

    def of_stack(self, value: Operation, *args: Code) -> Code:
        rows, cols = value.shape
        lists = (", ".join(a.text for a in args[r*cols:(r + 1)*cols]) for r in range(rows))
        return self.call("array", f"[{', '.join(f'[{row}]' for row in lists)}]{self._float()}")

    def _float(self) -> str:
        return self.dtype or ", dtype=float"

    def of_block(self, value: Operation, *args: Code) -> Code:
        rows, cols = value.data
        lists = (", ".join(self._block(b, a) for b, a in zip(
            value.args[r*cols:(r + 1)*cols], args[r*cols:(r + 1)*cols], strict=True))
            for r in range(rows))
        return self.call("block", f"[{', '.join(f'[{row}]' for row in lists)}]")

    def _block(self, block: Operation, code: Code) -> str:
        return code.text if block.shape else self.one_by_one(code)

    # --- systems of equations ----------------------------------------------------------------

    def of_factorized(self, value: Operation, x: Code) -> Code:
        return self.own("cho_factor" if value.data == "cholesky" else "lu_factor", x.text)

    def of_solve(self, value: Operation, F: Code, b: Code) -> Code:
        if value.args[0].data == "cholesky":
            return self.own("cho_solve", F.text, b.text)
        return self.own("lu_solve", F.text, b.text, *(["trans=1"] if value.data else []))

    def of_inverse_of(self, value: Operation, F: Code) -> Code:
        return self.own(f"{_short(value.args[0])}_inverse", F.text)

    def of_determinant_of(self, value: Operation, F: Code) -> Code:
        return self.own(f"{_short(value.args[0])}_det", F.text)

    def of_log_determinant_of(self, value: Operation, F: Code) -> Code:
        return self.own(f"{_short(value.args[0])}_logdet", F.text)

    def of_log_abs_determinant_of(self, value: Operation, F: Code) -> Code:
        return self.own(f"{_short(value.args[0])}_logabsdet", F.text)

    def statements(self, value: Operation, name: str, args: list[Code],
                   owned: bool) -> list[str] | None:
        if value.kind == "scattered":
            return self._scattered(value, name, args, owned)
        if value.kind != "add_diagonal":
            return None
        matrix, entries = args
        n = self.size(value.shape[0])
        step = f"{int(n) + 1}" if n.isdigit() else f"{n} + 1"
        added = entries.text if not value.args[1].shape else f"{entries.at(ATOM)}.ravel()"
        copy = [] if owned else [f"{name} = {self._own_copy(value.args[0], matrix)}"]
        where = matrix.text if owned else name
        return [*copy, f"{where}.flat[::{step}] += {added}"]

    def _scattered(self, value: Operation, name: str, args: list[Code],
                   owned: bool) -> list[str]:
        """Terms added where their equal indices are."""
        shape, patterns = value.data
        whole = [k for k, p in enumerate(patterns) if len(set(p)) == len(p)]
        rest = [k for k in range(len(args)) if k not in whole]
        if whole:
            first, *more = whole
            kept = args[first].text if owned and first == 0 else self._own_copy(
                value.args[first], args[first])
            lines = [f"{name} = {kept}", *(f"{name} += {args[k].text}" for k in more)]
        else:
            lines = [f"{name} = {self.array}.zeros({shape}{self.dtype})"]
        for k in rest:
            places, turned = self.places(patterns[k], shape)
            lines.append(f"{name}[{places}] += {args[k].at(ATOM)}{turned}")
        return [*lines, f"{name} = {name}.reshape{self._shape(value)}"]

    def places(self, pattern: Sequence[int], shape: Sequence[int]) -> tuple[str, str]:
        """The index at which a term stands, and how its axes are turned to stand there."""
        repeated = [a for a in dict.fromkeys(pattern) if pattern.count(a) > 1]
        texts = []
        for axis, a in enumerate(pattern):
            if a not in repeated:
                texts.append(":")
                continue
            k = repeated.index(a)
            inside = ", ".join("-1" if j == k else "1" for j in range(len(repeated)))
            grid = f".reshape({inside})" if len(repeated) > 1 else ""
            texts.append(f"{self.array}.arange({shape[axis]}){grid}")
        # axes at which arrays stand apart come first, those of neighbours stay where they are
        at = [axis for axis, a in enumerate(pattern) if a in repeated]
        single = [a for a in pattern if a not in repeated]
        if at == list(range(at[0], at[-1] + 1)):
            before = [a for axis, a in enumerate(pattern) if axis < at[0]]
            order = [*before, *repeated, *[a for a in single if a not in before]]
        else:
            order = [*repeated, *single]
        turned = "" if order == sorted(order) else f".transpose{tuple(order)}"
        return ", ".join(texts), turned

    def _own_copy(self, value: Operation, code: Code) -> str:
        """The value as an array that may be changed."""
        is_fresh = code.level != ATOM or "(" in code.text
        if is_fresh and value.kind not in (*VIEWS, "argument", "diagonal_of", "expand", "opaque"):
            return code.text
        return f"{code.at(ATOM)}.copy()"

    # --- results -----------------------------------------------------------------------------

    def copied(self, code: Code) -> Code:
        return Code(f"{code.at(ATOM)}.copy()")

    def one_by_one(self, code: Code) -> str:
        return f"{self.array}.array([[{code.text}]])"

    def of_opaque(self, value: Operation, *args: Code) -> Code:
        if self.printed is None:
            raise self.no_code_for(value)
        return Code(self.printed(self, value, args), ATOM)


class ComplexTarget(NumPyTarget):
    """Code for complex numbers, of which nothing is conjugated but what is written so."""

    complex_numbers = True

    def __init__(self, names: Mapping[Basic, str], printed: Callable[..., str] | None = None,
                 dtype: str | None = None):
        super().__init__(names, printed, dtype or "complex")

    def of_dot(self, value: Operation, a: Code, b: Code) -> Code:
        return self.call("sum", f"{a.at(RAISED)}*{b.at(RAISED)}")

    def of_add_diagonal(self, value: Operation, matrix: Code, entries: Code) -> Code:
        added = self.call("diagflat", entries.text).text if value.args[1].shape else \
            f"{in_front(entries)}{self.array}.eye({self.size(value.shape[0])})"
        return Code(f"{matrix.at(ADDED)} + {added}", ADDED)

    def statements(self, value: Operation, name: str, args: list[Code],
                   owned: bool) -> list[str] | None:
        return None if value.kind == "add_diagonal" else super().statements(
            value, name, args, owned)


def _short(factorized: Operation) -> str:
    return "cho" if factorized.data == "cholesky" else "lu"
