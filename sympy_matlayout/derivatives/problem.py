"""What a user asked: a function and its variables, well-formed, with all that is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mpmath import mp, mpf
from sympy import Determinant, S, Symbol
from sympy.core.basic import Basic
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions import MatrixSymbol

from ..core import limits
from ..core.errors import (
    ArgumentError,
    DerivativeNotImplementedError,
    ValueMissingError,
    VariableError,
)
from ..core.shapes import is_matrix, shape
from ..linear_maps.graph import Graph
from ..nodes.conjugates import WITH_PHASES, presented, with_adjoints
from ..nodes.generalized_inverses import SingularDeterminant
from ..nodes.printable import all_printable
from ..nodes.realness import is_complex
from ..nodes.structured import KnownMatrixSymbol, facts_about
from ..nodes.traversal import postorder, replaced
from ..numeric.account import Account
from ..numeric.evaluation import Evaluation
from ..numeric.points import example_points
from ..numeric.spectral_values import OTHER_PHASES
from ..reading.definitions import read_definitions
from ..reading.read import read, read_function, sympified
from ..rules import local_differentials
from ..simplify import constructors as c
from ..simplify.canonical_form import canonical_forms
from ..simplify.rank import refuse_singular
from ..simplify.symmetry import is_real_valued
from ..structures.facts import known_symbols, of_numbers
from ..structures.variable import Variable, refuse_namesakes, refuse_strangers

__all__ = ["Problem", "graph_of", "is_real_at_random", "require_free_of_phases",
           "require_real_by_complex"]


@dataclass(frozen=True)
class Problem:
    """
    A function, its variables and the definitions of intermediate ones.

    A constant that facts are known of, and a variable with a structure, are
    symbols that carry these while deriving; ``written`` puts the user's own
    back.  Facts about a variable say where the derivative is taken, and not
    what it is taken along, so they are used on the result alone.
    """

    function: Basic
    variables: tuple[Variable, ...]
    definitions: Mapping[Basic, Basic]
    names: Mapping[Basic, Basic]  # of the symbols in use, those that were given
    places: Mapping[Basic, Basic]  # what is known of the variables where it is evaluated
    simplify: bool = True  # whether results come in canonical form

    @classmethod
    def read(cls, expr: Any, variables: Iterable[Any], where: Any = None,
             structure: Any = None, assumptions: Any = True, simplify: bool = True) -> Problem:
        said = _said_to_be_complex(assumptions, sympified(expr))
        own: dict[Any, Any] = {k: a for a, k in said.items()}
        if isinstance(structure, Mapping):
            structure = {said.get(a, a): named for a, named in structure.items()}
        chosen = [Variable.of(v.xreplace(said) if isinstance(v, Basic) and said else v, structure)
                  for v in variables]
        known = known_symbols(assumptions, sympified(expr), structured={
            own.get(v.base, v.base): v.structured_symbol for v in chosen})
        late = {own.get(v.base, v.base) for v in chosen} | set(
            where if isinstance(where, Mapping) else ())
        used: dict[Any, Any] = {a: said[a] if a in late else k for a, k in known.items()
                                if a not in late or a in said}
        used |= {own.get(v.base, v.base): v.structured_symbol for v in chosen}
        used = {a: k for a, k in used.items() if a != k}
        refuse_strangers(structure, chosen)
        for a, k in used.items():
            if k in sympified(expr).free_symbols:
                raise VariableError(f"the expression holds {a}, a {type(a).__name__}, and {k}, a "
                                    f"{type(k).__name__}; give them different names")
        if isinstance(where, Mapping):
            used |= _complex_by_definition(where, used)
            where = {used.get(u, u): sympified(d).xreplace(used) for u, d in where.items()} \
                if used else where
        function = read_function(sympified(expr).xreplace(used) if used else expr)
        definitions = read_definitions(where, function)
        definitions |= {c.conjugate(u): c.conjugate(d) for u, d in definitions.items()
                        if is_complex(u)}
        singular = {used.get(a, a) for a in late & set(known) if "singular" in known[a].facts}
        if singular:
            function = _by_adjugates(function, singular)
            definitions = {u: _by_adjugates(d, singular) for u, d in definitions.items()}
        for given in (function, *definitions.values()):
            refuse_singular(given)
        require_free_of_phases(function, [v.symbol for v in chosen], definitions)
        places: dict[Basic, Basic] = {used.get(a, a): KnownMatrixSymbol(
            a.name, *shape(a), facts=of_numbers({*k.facts, *facts_about(used.get(a, a))}))
            for a, k in known.items() if a in late}
        names: dict[Basic, Basic] = {k: a for a, k in used.items()}
        names |= {k: names.get(a, a) for a, k in places.items()}
        return cls(function, tuple(v.over(v.structured_symbol) for v in chosen),
                   definitions, names, places, simplify)

    def graph(self, variables: Iterable[Variable] | None = None,
              function: Basic | None = None) -> Graph:
        """The graph of the function, or of another one, by some of the variables."""
        return graph_of(self.function if function is None else function,
                        self.variables if variables is None else variables, self.definitions)

    def written(self, *results: Basic) -> list[Basic]:
        """The results in canonical form, if that is wanted, and in the symbols that were given."""
        found = self.all_renamed(self.shortened(*map(self._placed, results)))
        _require_values(found)
        return all_printable(found)

    def shortened(self, *results: Basic) -> list[Basic]:
        """The results in canonical form, unless they are to stay as the sweep leaves them."""
        written = [self.function, *self.definitions.values()]
        return canonical_forms(results, written) if self.simplify else list(results)

    def in_given_symbols(self, result: Basic) -> Basic:
        """The result as it is, in the symbols that were given."""
        return all_printable([self.renamed(self._placed(result))])[0]

    def _placed(self, result: Basic) -> Basic:
        """With what is known of the variables where it is evaluated; not arrays of more axes."""
        if self.places and (is_matrix(result) or not hasattr(result, "shape")):
            (result,) = replaced([result], self.places)
            # before |A|·A⁻¹ of a singular A is read as zero
            refuse_singular(result, determinants=False)
            return read(result)
        return result

    def renamed(self, expr: Basic) -> Basic:
        """The symbols that were given in the place of those that carry what is known."""
        return self.all_renamed([expr])[0]

    def all_renamed(self, exprs: Iterable[Basic]) -> list[Basic]:
        """The same of several expressions, what they share looked at once."""
        found = with_adjoints(exprs)
        return replaced(found, self.names) if self.names else found


def _said_to_be_complex(assumptions: Any, expr: Basic) -> dict[Any, Any]:
    """The plain symbols that an assumption makes complex, each with one that is."""
    return {a: KnownMatrixSymbol(a.name, *shape(a), facts={"complex"})
            for a, k in known_symbols(assumptions, expr).items()
            if is_complex(k) and not is_complex(a)}


def _complex_by_definition(where: Mapping[Any, Any], used: Mapping[Any, Any]) -> dict[Any, Any]:
    """The intermediate variables that are complex since their definitions are."""
    found: dict[Any, Any] = {}
    while True:
        names = {**used, **found}
        more = {u: _complex_symbol(u) for u, d in where.items()
                if isinstance(u, (Symbol, MatrixSymbol)) and not is_complex(names.get(u, u))
                and is_complex(sympified(d).xreplace(names))}
        if not more:
            return found
        found |= more


def _complex_symbol(symbol: Any) -> Any:
    if not is_matrix(symbol):
        return Symbol(symbol.name, complex=True)
    return KnownMatrixSymbol(symbol.name, *shape(symbol),
                             facts=of_numbers({*facts_about(symbol), "complex"}))


def _by_adjugates(expr: Basic, singular: set[Any]) -> Basic:
    """The determinants of what is singular as such, differentiated without an inverse."""
    return expr.xreplace({d: SingularDeterminant(d.args[0]) for d in expr.atoms(Determinant)
                          if d.free_symbols & singular})


def _require_values(results: Sequence[Basic]) -> None:
    """Refuse results with a part that has no value anywhere."""
    for node in postorder(results, lambda e: e.args):
        if node is S.NaN or node is S.ComplexInfinity:
            raise ValueMissingError(f"the derivative would hold {node}, which is no value")


def graph_of(function: Basic, variables: Iterable[Variable],
             definitions: Mapping[Basic, Basic]) -> Graph:
    """The graph of a function as read, by some variables."""
    variables = list(variables)
    pairs = [w.symbol for v in variables for w in (v, v.conjugate) if w is not None]
    graph = Graph(function, pairs, local_differentials, definitions)
    for v in variables:
        if v.symbol in definitions:
            raise VariableError(f"{v.symbol} is the variable, and where= defines it")
    refuse_namesakes((*graph.variables, *definitions), graph)
    return graph


def require_real_by_complex(problem: Problem) -> None:
    """Refuse what is not real and has no gradient by a complex variable, but a pair of these."""
    of_complex = [v for v in problem.variables if v.is_complex]
    if not of_complex:
        return
    function = problem.function
    for _ in problem.definitions:
        function = function.xreplace(dict(problem.definitions))
    function = read(function)
    if is_real_valued(function) or is_real_at_random(function):
        return
    hermitian = [v for v in of_complex if "hermitian" in facts_about(
        problem.places.get(v.base, v.base)) and v.conjugate is not None]
    Z, shown = all_printable(map(problem.renamed, (of_complex[0].base, problem.function)))
    raise ArgumentError(
        f"a gradient is of a real function, and {shown} is complex; it has a pair of derivatives, "
        f"matrix_derivative(f, {Z}) and matrix_derivative(f, {Z}.conjugate())"
        + (f". The gradient of re({shown}), say, exists" if len(str(shown)) < 60 else "")
        + (". By Hermitian matrices alone, where it may be real, give structure='hermitian'"
           if hermitian else ""))


def require_free_of_phases(function: Basic, variables: Iterable[Any],
                           definitions: Mapping[Basic, Basic]) -> None:
    """
    Refuse what depends on the phases of complex eigenvectors or singular vectors.

    They are free, and the derivatives of these vectors are so up to them; what is made of
    the vectors has one derivative where it has one value.
    """
    for _ in definitions:
        function = function.xreplace(dict(definitions))
    symbols = {a for v in variables for a in v.free_symbols}
    vectors = [node for node in postorder([function], lambda e: e.args)
               if isinstance(node, WITH_PHASES) and is_complex(node)
               and node.free_symbols & symbols]
    if vectors and not _is_free_of_phases(read(function), frozenset(symbols)):
        raise DerivativeNotImplementedError(
            f"{presented(function)} depends on the phase of {presented(vectors[0])}, which is "
            "free; what doesn't, as Abs(Trace(v.H*b))**2 or v*v.H of an eigenvector v, has a "
            "derivative")


def _is_free_of_phases(function: Basic, symbols: frozenset[Basic]) -> bool:
    """Whether the values stay where all vectors that hold the symbols take other phases."""
    for f in function.atoms(AppliedUndef):  # free if what it is of is
        if not all(_is_free_of_phases(a, symbols) for a in f.args):
            return False
        function = function.xreplace({f: S.One})
    with mp.workdps(40):
        for at in example_points(function, [], 2, 0):
            values = []
            for others in (frozenset(), symbols):
                token = OTHER_PHASES.set(others)
                try:
                    found = Evaluation(at, Account(limits.PHASE_WORK)).value(function)
                finally:
                    OTHER_PHASES.reset(token)
                values.append(list(found) if is_matrix(function) else [found])
            if any(abs(a - b) > mpf(10)**-20*(1 + abs(a)) for a, b in zip(*values, strict=True)):
                return False
    return True


def is_real_at_random(function: Basic) -> bool:
    """Whether a function is real at some random points, where its form doesn't show it."""
    with mp.workdps(40):
        points = example_points(function, [], 3, 0)
        return all(abs(mp.im(value)) <= mpf(10)**-25*(1 + abs(value)) for value in (
            Evaluation(at, Account(limits.WORK)).number(function) for at in points))
