"""JAX code, which runs under ``jit``: no array is changed, and no value looked at."""

from __future__ import annotations

from ..operations import Operation
from ..program import ADDED, ATOM, RAISED, Code, in_front
from .numpy_target import NumPyTarget

__all__ = ["ComplexJaxTarget", "JaxTarget"]


class JaxTarget(NumPyTarget):
    """Code for ``jax.numpy``."""

    language = "JAX"
    array = "jnp"
    modules = ("jax.numpy",)
    special = "jax.scipy.special"

    def statements(self, value: Operation, name: str, args: list[Code],
                   owned: bool) -> list[str] | None:
        return None

    def of_add_diagonal(self, value: Operation, matrix: Code, entries: Code) -> Code:
        n = self.size(value.shape[0])
        if value.args[1].shape:
            added = f"{self.array}.diagflat({entries.text})"
        else:
            added = f"{in_front(entries)}{self.array}.eye({n}{self.dtype})"
        return Code(f"{matrix.at(ADDED)} + {added}", ADDED)

    def of_scattered(self, value: Operation, *args: Code) -> Code:
        shape, patterns = value.data
        whole = [a.at(ADDED) for a, p in zip(args, patterns, strict=True) if len(set(p)) == len(p)]
        text = f"({' + '.join(whole)})" if whole else f"{self.array}.zeros({shape}{self.dtype})"
        for a, p in zip(args, patterns, strict=True):
            if len(set(p)) < len(p):
                places, turned = self.places(p, shape)
                text += f".at[{places}].add({a.at(ATOM)}{turned})"
        return Code(f"{text}.reshape{self._shape(value)}")

    def copied(self, code: Code) -> Code:
        return code


class ComplexJaxTarget(JaxTarget):
    """The same for complex numbers, of which no inner product is conjugated by itself."""

    complex_numbers = True

    def of_dot(self, value: Operation, a: Code, b: Code) -> Code:
        return self.call("sum", f"{a.at(RAISED)}*{b.at(RAISED)}")
