"""Julia code, with LinearAlgebra of its standard library."""

from __future__ import annotations

from typing import Any

from sympy import sympify

from ..operations import Operation, is_number
from ..program import ADDED, ATOM, COMPARED, MULTIPLIED, RAISED, Code
from .matlab_target import MatlabTarget
from .numpy_target import RELATIONS

__all__ = ["JuliaTarget"]

FUNCTIONS = {"Abs": "abs", "Max": "max", "Min": "min", "ceiling": "ceil", "atan2": "atan",
             "loggamma": "loggamma"}


class JuliaTarget(MatlabTarget):
    """Code for matrices; every operation on entries is written with its dot."""

    language = "Julia"
    assigned = "{name} = {value}"

    def _dotted(self, value: Operation, name: str) -> str:
        return f"{name}." if value.shape else name

    def of_add(self, value: Operation, *args: Code) -> Code:
        kept = self.add, self.subtract
        if value.shape:
            self.add, self.subtract = " .+ ", " .- "
        found = super().of_add(value, *args)
        self.add, self.subtract = kept
        return found

    def of_call(self, value: Operation, *args: Code) -> Code:
        name: Any = value.data
        texts = ", ".join(a.text for a in args)
        if name in ("Sigmoid", "Softplus", "Heaviside"):
            name = {"Heaviside": "step_at"}.get(name, name.lower())
            self.functions.add(name)
        elif name in ("erf", "erfc", "gamma", "loggamma"):
            self.imports.add(("SpecialFunctions", name))
        return Code(f"{self._dotted(value, FUNCTIONS.get(name, name))}({texts})")

    def of_compare(self, value: Operation, *args: Code) -> Code:
        dot = "." if value.shape else ""
        if value.data == "Not":
            return Code(f"{dot}!{args[0].at(ATOM)}", MULTIPLIED)
        left, right = (a.at(ADDED) for a in args)
        return Code(f"{left} {dot}{RELATIONS[str(value.data)]} {right}", COMPARED)

    def of_where(self, value: Operation, *args: Code) -> Code:
        return Code(f"{self._dotted(value, 'ifelse')}({', '.join(a.text for a in args)})")

    def of_range(self, value: Operation) -> Code:
        first, number, axis = value.data
        last = self.size(sympify(first) + sympify(number) - 1)
        shape = ", ".join(":" if k == axis else "1" for k in range(len(value.shape)))
        return Code(f"reshape({self.size(first)}:{last}, {shape})")

    def of_sum(self, value: Operation, x: Code) -> Code:
        if value.data is None:
            return Code(f"sum({x.text})")
        return Code(f"sum({x.text}, dims={int(value.data) + 1})")

    def of_max(self, value: Operation, x: Code) -> Code:
        if value.data is None:
            return Code(f"maximum({x.text})")
        if isinstance(value.data, tuple):
            axes = ", ".join(str(a + 1) for a in value.data)
            inside = axes if "," not in axes else f"({axes})"
            return Code(f"dropdims(maximum({x.text}, dims={inside}), dims={inside})")
        return Code(f"maximum({x.text}, dims={int(value.data) + 1})")

    def of_sum_axes(self, value: Operation, x: Code) -> Code:
        axes = ", ".join(str(a + 1) for a in value.data)
        inside = axes if "," not in axes else f"({axes})"
        return Code(f"dropdims(sum({x.text}, dims={inside}), dims={inside})")

    def of_dot(self, value: Operation, a: Code, b: Code) -> Code:
        return Code(f"dot({a.text}, {b.text})")

    def of_trace(self, value: Operation, x: Code) -> Code:
        return Code(f"tr({x.text})")

    def of_identity(self, value: Operation) -> Code:
        n = self.size(value.data)
        return Code(f"Matrix(1.0I, {n}, {n})")

    def of_expand(self, value: Operation, x: Code) -> Code:
        inside, inner = ", ".join(map(self.size, value.shape)), value.args[0]
        if not inner.shape:
            if is_number(inner, 0) or is_number(inner, 1):
                return Code(f"{'zeros' if inner.data == 0 else 'ones'}({inside})")
            return Code(f"fill({x.text}, {inside})")
        return Code(f"{x.at(RAISED)}.*ones({inside})", MULTIPLIED)

    def of_diagonal(self, value: Operation, x: Code) -> Code:
        return Code(f"Diagonal(vec({x.text}))")

    def of_diagonal_of(self, value: Operation, x: Code) -> Code:
        return Code(f"reshape(diag({x.text}), :, 1)")

    def of_entry(self, value: Operation, x: Code) -> Code:
        at = ", ".join(self.size(sympify(i) + 1) for i in value.data)
        return Code(f"{x.at(ATOM)}[{at}]")

    def of_slice(self, value: Operation, x: Code) -> Code:
        found = super().of_slice(value, x)
        start = found.text.rindex("(", 0, len(found.text))
        return Code(f"{found.text[:start]}[{found.text[start + 1:-1]}]")

    def of_vec(self, value: Operation, x: Code) -> Code:
        return Code(f"reshape({x.text}, :, 1)")

    def _rows(self, texts: list[str], rows: int, cols: int) -> Code:
        lines = (" ".join(texts[r*cols:(r + 1)*cols]) for r in range(rows))
        return Code(f"[{'; '.join(lines)}]")

    def of_commutation(self, value: Operation) -> Code:
        m, n = map(self.size, value.data)
        return self.own("commuted", f"Matrix(1.0I, {m}*{n}, {m}*{n})", m, n)

    def of_factorized(self, value: Operation, x: Code) -> Code:
        if value.data == "cholesky":
            return Code(f"cholesky(Symmetric({x.text}))")
        return Code(f"lu({x.text})")

    def of_solve(self, value: Operation, F: Code, b: Code) -> Code:
        turned = "'" if value.data else ""
        return Code(f"{F.at(ATOM)}{turned} \\ {b.at(ATOM)}", MULTIPLIED)

    def of_inverse_of(self, value: Operation, F: Code) -> Code:
        return Code(f"inv({F.text})")

    def of_determinant_of(self, value: Operation, F: Code) -> Code:
        return Code(f"det({F.text})")

    def of_log_determinant_of(self, value: Operation, F: Code) -> Code:
        return Code(f"logdet({F.text})")

    def of_log_abs_determinant_of(self, value: Operation, F: Code) -> Code:
        return Code(f"logabsdet({F.text})[1]")

    def of_add_diagonal(self, value: Operation, matrix: Code, entries: Code) -> Code:
        if value.args[1].shape:
            return Code(f"{matrix.at(ADDED)} + Diagonal(vec({entries.text}))", ADDED)
        return Code(f"{matrix.at(ADDED)} + {entries.at(RAISED)}*I", ADDED)

    def one_by_one(self, code: Code) -> str:
        return f"fill({code.text}, 1, 1)"

    def function(self, name: str, arguments: list[str], results: list[str]) -> tuple[str, str]:
        return f"function {name}({', '.join(arguments)})", "end"

    def comment(self, text: str) -> list[str]:
        return [f"# {line}".rstrip() for line in text.splitlines()]


SOURCES = {
    "sigmoid": "sigmoid(x) = 1/(1 + exp(-x))",
    "softplus": "softplus(x) = max(x, 0) + log1p(exp(-abs(x)))",
    "step_at": "step_at(x, there) = x > 0 ? 1.0 : x == 0 ? there : 0.0",
    "softmax": """function softmax(x, axis)
    e = exp.(x .- maximum(x, dims=axis))
    e ./ sum(e, dims=axis)
end""",
    "logsumexp": """function logsumexp(x, axis)
    top = maximum(x, dims=axis)
    s = top .+ log.(sum(exp.(x .- top), dims=axis))
    length(s) == 1 ? s[1] : s
end""",
    "commuted": """function commuted(M, m, n)
    c = size(M, 2)
    reshape(permutedims(reshape(M, m, n, c), (2, 1, 3)), m*n, c)
end""",
    "diagonal_embedding": "diagonal_embedding(n) = Matrix(1.0I, n^2, n^2)[:, 1:n + 1:end]",
}
