"""MATLAB code, which Octave runs as well."""

from __future__ import annotations

from typing import Any

from sympy import sympify

from ..operations import Operation, Size, is_number
from ..program import ADDED, ATOM, COMPARED, MULTIPLIED, RAISED, Code, in_front
from .numpy_target import RELATIONS as PYTHONS_RELATIONS
from .numpy_target import NumPyTarget

__all__ = ["MatlabTarget"]

FUNCTIONS = {
    "Abs": "abs", "Max": "max", "Min": "min", "ceiling": "ceil", "loggamma": "gammaln"}
RELATIONS = {**PYTHONS_RELATIONS, "Ne": "~="}


class MatlabTarget(NumPyTarget):
    """Code for matrices, with indices from 1 and columns first."""

    language = "MATLAB"
    times, divide, raised, product = ".*", "./", ".^", "*"
    assigned = "{name} = {value};"
    contracts = False

    def size(self, size: Size) -> str:
        return super().size(size).replace("//", "/").replace("**", "^")

    def number(self, value: Any) -> Code:
        code = super().number(value)
        return Code(code.text.replace("np.", "").replace("nan", "NaN").replace("inf", "Inf"),
                    code.level)

    def of_call(self, value: Operation, *args: Code) -> Code:
        name: Any = value.data
        texts = ", ".join(a.text for a in args)
        if name in ("Sigmoid", "Softplus", "Heaviside"):
            return self.own({"Heaviside": "step_at"}.get(name, name.lower()),
                            *(a.text for a in args))
        return Code(f"{FUNCTIONS.get(name, name)}({texts})")

    def of_power(self, value: Operation, base: Code, exponent: Code) -> Code:
        found = super().of_power(value, base, exponent)
        return found if value.shape else Code(
            found.text.replace(".^", "^") if base.level == ATOM else found.text, found.level)

    def of_mul(self, value: Operation, *args: Code) -> Code:
        if sum(len(a.shape) > 0 for a in value.args) < 2 and not any(
                a.kind == "power" and a.shape for a in value.args):
            kept = self.times, self.divide
            self.times, self.divide = "*", "/"
            found = super().of_mul(value, *args)
            self.times, self.divide = kept
            return found
        return super().of_mul(value, *args)

    def of_compare(self, value: Operation, *args: Code) -> Code:
        if value.data == "Not":
            return Code(f"~{args[0].at(ATOM)}", MULTIPLIED)
        left, right = (a.at(ADDED) for a in args)
        return Code(f"{left} {RELATIONS[str(value.data)]} {right}", COMPARED)

    def of_where(self, value: Operation, *args: Code) -> Code:
        return self.own("where", *(a.text for a in args))

    def of_range(self, value: Operation) -> Code:
        first, number, axis = value.data
        last = self.size(sympify(first) + sympify(number) - 1)
        shape = ", ".join("[]" if k == axis else "1" for k in range(len(value.shape)))
        return Code(f"reshape({self.size(first)}:{last}, {shape})")

    def of_sum(self, value: Operation, x: Code) -> Code:
        if value.data is None:
            return Code(f"sum(sum({x.text}))" if len(value.args[0].shape) == 2 and
                        1 not in value.args[0].shape else f"sum({x.text})")
        return Code(f"sum({x.text}, {int(value.data) + 1})")

    def of_max(self, value: Operation, x: Code) -> Code:
        if value.data is None:
            return Code(f"max(max({x.text}))")
        if isinstance(value.data, tuple):
            text = x.text
            for axis in reversed(value.data):
                text = f"max({text}, [], {axis + 1})"
            return Code(text)
        return Code(f"max({x.text}, [], {int(value.data) + 1})")

    def of_sum_axes(self, value: Operation, x: Code) -> Code:
        text = x.text
        for axis in reversed(value.data):
            text = f"sum({text}, {axis + 1})"
        return Code(text)

    def of_dot(self, value: Operation, a: Code, b: Code) -> Code:
        if value.args[0].shape[1] == 1:
            return Code(f"{a.at(RAISED)}'*{b.at(RAISED)}", MULTIPLIED)
        return Code(f"sum(sum({a.at(RAISED)}.*{b.at(RAISED)}))")

    def of_trace(self, value: Operation, x: Code) -> Code:
        return Code(f"trace({x.text})")

    def of_softmax(self, value: Operation, x: Code) -> Code:
        axis = self._axis_of(value)
        if axis:
            return self.own("softmax", x.text, axis)
        column = self.own("softmax", f"reshape({x.text}, [], 1)", "1")
        return Code(f"reshape({column.text}, {', '.join(map(self.size, value.shape))})")

    def of_log_sum_exp(self, value: Operation, x: Code) -> Code:
        axis = self._axis_of(value)
        return self.own("logsumexp", x.text if axis else f"reshape({x.text}, [], 1)", axis or "1")

    def _axis_of(self, value: Operation) -> str:
        """The axis, counted from 1; none where it is over all entries of a matrix."""
        if value.data is not None:
            return str(int(value.data) + 1)
        rows, cols = value.args[0].shape
        return "1" if cols == 1 else "2" if rows == 1 else ""

    def of_transpose(self, value: Operation, x: Code) -> Code:
        return Code(f"{x.at(ATOM)}'")

    def of_identity(self, value: Operation) -> Code:
        return Code(f"eye({self.size(value.data)})")

    def of_expand(self, value: Operation, x: Code) -> Code:
        inside, inner = ", ".join(map(self.size, value.shape)), value.args[0]
        if is_number(inner, 0) or is_number(inner, 1):
            return Code(f"{'zeros' if inner.data == 0 else 'ones'}({inside})")
        return Code(f"{x.at(RAISED)}.*ones({inside})", MULTIPLIED)

    def of_diagonal(self, value: Operation, x: Code) -> Code:
        return Code(f"diag({x.text})")

    def of_diagonal_of(self, value: Operation, x: Code) -> Code:
        return Code(f"diag({x.text})")

    def of_entry(self, value: Operation, x: Code) -> Code:
        at = ", ".join(self.size(sympify(i) + 1) for i in value.data)
        return Code(f"{x.at(ATOM)}({at})")

    def of_slice(self, value: Operation, x: Code) -> Code:
        spans = []
        for (start, step, number), size in zip(
                value.data, value.args[0].shape, strict=True):
            last = sympify(start) + sympify(step)*(sympify(number) - 1) + 1
            by = "" if step == 1 else f"{self.size(step)}:"
            whole = start == 0 and step == 1 and number == size
            spans.append(":" if whole else
                         f"{self.size(sympify(start) + 1)}:{by}{self.size(last)}")
        return Code(f"{x.at(ATOM)}({', '.join(spans)})")

    def of_reshape(self, value: Operation, x: Code) -> Code:
        sizes = [*map(self.size, value.shape), *["1"]*(2 - len(value.shape))]
        return Code(f"reshape({x.text}, {', '.join(sizes)})")

    def of_vec(self, value: Operation, x: Code) -> Code:
        return Code(f"reshape({x.text}, [], 1)")

    def of_unvec(self, value: Operation, x: Code) -> Code:
        return Code(f"reshape({x.text}, {', '.join(map(self.size, value.shape))})")

    def of_kronecker(self, value: Operation, a: Code, b: Code) -> Code:
        return Code(f"kron({a.text}, {b.text})")

    def of_kronecker_times(self, value: Operation, a: Code, b: Code, x: Code) -> Code:
        return Code(f"kron({a.text}, {b.text})*{x.at(RAISED)}", MULTIPLIED)

    def of_permuted(self, value: Operation, x: Code) -> Code:
        return self.own("commuted", x.text, *map(self.size, value.data))

    def of_commutation(self, value: Operation) -> Code:
        m, n = map(self.size, value.data)
        return self.own("commuted", f"eye({m}*{n})", m, n)

    def of_diagonal_embedding(self, value: Operation) -> Code:
        n = self.size(value.data)
        return self.own("diagonal_embedding", n)

    def of_stack(self, value: Operation, *args: Code) -> Code:
        rows, cols = value.shape
        return self._rows([a.at(ATOM) for a in args], rows, cols)

    def of_beside(self, value: Operation, *args: Code) -> Code:
        return self._rows([a.at(ATOM) for a in args], 1, len(args))

    def of_block(self, value: Operation, *args: Code) -> Code:
        rows, cols = value.data
        return self._rows([a.at(ATOM) for a in args], rows, cols)

    def _rows(self, texts: list[str], rows: int, cols: int) -> Code:
        lines = (", ".join(texts[r*cols:(r + 1)*cols]) for r in range(rows))
        return Code(f"[{'; '.join(lines)}]")

    def of_factorized(self, value: Operation, x: Code) -> Code:
        return Code(f"chol({x.text})") if value.data == "cholesky" else x

    def of_solve(self, value: Operation, F: Code, b: Code) -> Code:
        if value.args[0].data == "cholesky":
            return Code(f"{F.at(ATOM)}\\({F.at(ATOM)}'\\{b.at(ATOM)})", MULTIPLIED)
        turned = "'" if value.data else ""
        return Code(f"{F.at(ATOM)}{turned}\\{b.at(ATOM)}", MULTIPLIED)

    def of_inverse_of(self, value: Operation, F: Code) -> Code:
        if value.args[0].data == "cholesky":
            return Code(
                f"{F.at(ATOM)}\\({F.at(ATOM)}'\\eye({self.size(value.shape[0])}))", MULTIPLIED)
        return Code(f"inv({F.text})")

    def of_determinant_of(self, value: Operation, F: Code) -> Code:
        if value.args[0].data == "cholesky":
            return Code(f"prod(diag({F.text}))^2", RAISED)
        return Code(f"det({F.text})")

    def of_log_determinant_of(self, value: Operation, F: Code) -> Code:
        if value.args[0].data == "cholesky":
            return Code(f"2*sum(log(diag({F.text})))", MULTIPLIED)
        return self.own("logdet", F.text)

    def of_log_abs_determinant_of(self, value: Operation, F: Code) -> Code:
        if value.args[0].data == "cholesky":
            return self.of_log_determinant_of(value, F)
        return self.own("logabsdet", F.text)

    def of_add_diagonal(self, value: Operation, matrix: Code, entries: Code) -> Code:
        if value.args[1].shape:
            return Code(f"{matrix.at(ADDED)} + diag({entries.text})", ADDED)
        n = self.size(value.shape[0])
        return Code(f"{matrix.at(ADDED)} + {in_front(entries)}eye({n})", ADDED)

    def statements(self, value: Operation, name: str, args: list[Code],
                   owned: bool) -> list[str] | None:
        return None

    def size_of(self, size: str, array: str, axis: int) -> str:
        return self.assigned.format(name=size, value=f"size({array}, {axis + 1})")

    def copied(self, code: Code) -> Code:
        return code

    def one_by_one(self, code: Code) -> str:
        return code.text

    def of_opaque(self, value: Operation, *args: Code) -> Code:
        raise self.no_code_for(value)

    def function(self, name: str, arguments: list[str], results: list[str]) -> tuple[str, str]:
        """The first line of a function, and the last."""
        given = results[0] if len(results) == 1 else f"[{', '.join(results)}]"
        return f"function {given} = {name}({', '.join(arguments)})", "end"

    def comment(self, text: str) -> list[str]:
        return [f"% {line}".rstrip() for line in text.splitlines()]


SOURCES = {
    "sigmoid": """function y = sigmoid(x)
    y = 1./(1 + exp(-x));
end""",
    "softplus": """function y = softplus(x)
    y = max(x, 0) + log1p(exp(-abs(x)));
end""",
    "step_at": """function y = step_at(x, there)
    y = (x > 0) + there*(x == 0);
end""",
    "where": """function z = where(c, a, b)
    z = b + zeros(size(c));
    a = a + zeros(size(c));
    z(c) = a(c);
end""",
    "softmax": """function p = softmax(x, axis)
    e = exp(x - max(x, [], axis));
    p = e./sum(e, axis);
end""",
    "logsumexp": """function s = logsumexp(x, axis)
    top = max(x, [], axis);
    s = top + log(sum(exp(x - top), axis));
end""",
    "logabsdet": """function s = logabsdet(A)
    [L, U, P] = lu(A);
    s = sum(log(abs(diag(U))));
end""",
    "logdet": """function s = logdet(A)
    [L, U, P] = lu(A);
    d = diag(U);
    if det(P)*prod(sign(d)) < 0
        s = NaN;
    else
        s = sum(log(abs(d)));
    end
end""",
    "commuted": """function M = commuted(M, m, n)
    c = size(M, 2);
    M = reshape(permute(reshape(M, m, n, c), [2 1 3]), m*n, c);
end""",
    "diagonal_embedding": """function P = diagonal_embedding(n)
    P = eye(n^2);
    P = P(:, 1:n + 1:end);
end""",
}
