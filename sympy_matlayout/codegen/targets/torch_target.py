"""PyTorch code, which autograd and ``torch.func`` can differentiate again."""

from __future__ import annotations

from ..operations import Operation, is_number
from ..program import ADDED, ATOM, RAISED, Code
from .jax_target import JaxTarget

__all__ = ["ComplexTorchTarget", "TorchTarget"]


class TorchTarget(JaxTarget):
    """Code for tensors of two axes."""

    language = "PyTorch"
    array = "torch"
    modules = ("torch",)
    special = "torch.special"

    def of_call(self, value: Operation, *args: Code) -> Code:
        if value.data in ("Max", "Min", "Heaviside", "atan2"):
            name = {"Max": "maximum", "Min": "minimum", "Heaviside": "heaviside",
                    "atan2": "arctan2"}[str(value.data)]
            return self.own(name, *(a.text for a in args))
        if value.data in ("erf", "erfc"):
            return self.call(f"special.{value.data}", args[0].text)
        if value.data in ("gamma", "loggamma"):
            logarithm = self.call("lgamma", args[0].text)
            return logarithm if value.data == "loggamma" else self.own("gamma", args[0].text)
        return super().of_call(value, *args)

    def of_where(self, value: Operation, *args: Code) -> Code:
        condition, *values = args
        inside = ", ".join(f"torch.as_tensor({v.text}{self.dtype})" for v in values)
        return Code(f"torch.where({condition.text}, {inside})")

    def of_sum(self, value: Operation, x: Code) -> Code:
        if value.data is None:
            return Code(f"{x.at(ATOM)}.sum()")
        return Code(f"{x.at(ATOM)}.sum(dim={value.data}, keepdim=True)")

    def of_max(self, value: Operation, x: Code) -> Code:
        if value.data is None:
            return Code(f"{x.at(ATOM)}.max()")
        if isinstance(value.data, tuple):
            return Code(f"{x.at(ATOM)}.amax(dim={value.data})")
        return Code(f"{x.at(ATOM)}.amax(dim={value.data}, keepdim=True)")

    def of_sum_axes(self, value: Operation, x: Code) -> Code:
        return Code(f"{x.at(ATOM)}.sum(dim={value.data})")

    def of_dot(self, value: Operation, a: Code, b: Code) -> Code:
        return Code(f"torch.sum({a.at(RAISED)}*{b.at(RAISED)})")

    def of_axes(self, value: Operation, x: Code) -> Code:
        return Code(f"{x.at(ATOM)}.permute{value.data}")

    def of_diagonal(self, value: Operation, x: Code) -> Code:
        return self.call("diagflat", x.text)

    def of_expand(self, value: Operation, x: Code) -> Code:
        shape, inner = self._shape(value), value.args[0]
        if not inner.shape and is_number(inner):
            return self.call("full", shape, f"float({x.text}){self.dtype}")
        return Code(f"{self.call('as_tensor', x.text).text}.expand{shape}")

    def of_stack(self, value: Operation, *args: Code) -> Code:
        entries = ", ".join(f"torch.as_tensor({a.text}{self.dtype})" for a in args)
        return Code(f"torch.stack([{entries}]).reshape{self._shape(value)}")

    def of_block(self, value: Operation, *args: Code) -> Code:
        rows, cols = value.data
        blocks = [self._block(b, a) for b, a in zip(value.args, args, strict=True)]
        lines = [f"torch.cat([{', '.join(blocks[r*cols:(r + 1)*cols])}], dim=1)"
                 for r in range(rows)]
        return Code(f"torch.cat([{', '.join(lines)}], dim=0)")

    def of_scattered(self, value: Operation, *args: Code) -> Code:
        shape, patterns = value.data
        inside = ", ".join(f"({a.text}, {p})" for a, p in zip(args, patterns, strict=True))
        return self.own("scattered", f"{shape}", f"[{inside}]", self._shape(value))

    def one_by_one(self, code: Code) -> str:
        return f"torch.as_tensor({code.text}{self.dtype}).reshape(1, 1)"

    def of_add_diagonal(self, value: Operation, matrix: Code, entries: Code) -> Code:
        if value.args[1].shape:
            return Code(f"{matrix.at(ADDED)} + torch.diagflat({entries.text})", ADDED)
        return super().of_add_diagonal(value, matrix, entries)


class ComplexTorchTarget(TorchTarget):
    """The same for complex numbers."""

    complex_numbers = True

    def of_call(self, value: Operation, *args: Code) -> Code:
        if value.data == "conjugate":  # of which NumPy can make an array, too
            return self.call("conj_physical", args[0].text)
        return super().of_call(value, *args)
