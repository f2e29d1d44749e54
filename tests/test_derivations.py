"""Derivations: every equation by numbers, and the printed steps of the trace method."""

import pytest
import test_families as families
from definition import check_derivation, m, n, p
from sympy import (
    Determinant,
    Eq,
    Function,
    MatrixExpr,
    MatrixSymbol,
    Rational,
    Symbol,
    Trace,
    atan,
    exp,
    latex,
    log,
    pretty,
    prod,
    sin,
    symbols,
    tanh,
)
from sympy.matrices.expressions import HadamardProduct, Identity, MatAdd, MatMul, Transpose

from sympy_matlayout import (
    Differential,
    Norm,
    VariableError,
    derivation,
    gradient,
    jacobian,
    local_differentials,
    matrix_derivative,
)
from sympy_matlayout.linear_maps.composition import identity
from sympy_matlayout.linear_maps.maps import Transposition

x, y, a, c = (MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1),
              MatrixSymbol("a", m, 1), MatrixSymbol("c", m, 1))
X, S, A, B = (MatrixSymbol("X", m, n), MatrixSymbol("S", n, n),
              MatrixSymbol("A", n, n), MatrixSymbol("B", n, n))
t = Symbol("t")

FAMILIES = {
    families.x: families.BY_COLUMN,
    families.z: families.BY_ROW,
    families.s1: families.BY_ONE_BY_ONE,
    families.X: families.BY_RECTANGULAR,
    families.X.T: families.BY_TRANSPOSED,
    families.S: families.BY_SQUARE,
    families.W: families.BY_WITH_EXPLICIT_CONSTANTS,
    families.t: families.BY_SCALAR,
}


@pytest.mark.parametrize("variable, layout", [
    (v, layout) for v in FAMILIES for layout in ("numerator", "denominator")], ids=str)
def test_every_step_of_every_family(variable, layout):
    for line in filter(None, FAMILIES[variable].splitlines()):
        check_derivation(eval(line, vars(families)), variable, layout)


@pytest.mark.parametrize("layout", ["numerator", "denominator", "mixed"])
def test_it_ends_in_the_derivative_asked_for(layout):
    for f, v in ((a.T*X*y, X), (a.T*X*y, X.T), (X*y, y), (X*A*X.T, X), (t**2*X, t), (y, x)):
        assert derivation(f, v, layout=layout).result == matrix_derivative(f, v, layout=layout)


# --- the steps of the source documents' formulas ----------------------------------------

PRINTED = {
    "(13) x'Ax": (x.T*A*x, x, """
        L = x.T*A*x                          | given
        L = Trace(x.T*A*x)                   | a scalar is its own trace
        dL = Trace(d(x.T*A*x))               | trace rule
        dL = Trace(d(x.T)*A*x) + Trace(x.T*A*dx) | product rule
        dL = Trace(dx.T*A*x) + Trace(x.T*A*dx)   | transpose rule
        dL = Trace(A*x*dx.T) + Trace(x.T*A*dx)   | cyclic property
        dL = Trace(x.T*A*dx) + Trace(x.T*A.T*dx) | trace of a transpose
        dL = Trace((x.T*A + x.T*A.T)*dx)     | linearity
        ∂L/∂x = A*x + A.T*x                  | first identification theorem
        ∂L/∂x = (A + A.T)*x                  | canonical form
        """),
    "(26) a'Xb": (a.T*X*y, X, """
        L = a.T*X*y                          | given
        L = Trace(a.T*X*y)                   | a scalar is its own trace
        dL = Trace(d(a.T*X*y))               | trace rule
        dL = Trace(a.T*dX*y)                 | constant factors
        dL = Trace(y*a.T*dX)                 | cyclic property
        ∂L/∂X = a*y.T                        | first identification theorem
        """),
    "log det X": (log(Determinant(S)), S, """
        L = log(Determinant(S))              | given
        dL = d(Determinant(S))/Determinant(S)| chain rule
        dL = Trace(S**(-1)*dS)               | determinant rule
        ∂L/∂S = S.T**(-1)                    | first identification theorem
        """),
    "tr(AX⁻¹B)": (Trace(A*S.inverse()*B), S, """
        L = Trace(A*S**(-1)*B)               | given
        dL = Trace(d(A*S**(-1)*B))           | trace rule
        dL = Trace(A*d(S**(-1))*B)           | constant factors
        dL = -Trace(A*S**(-1)*dS*S**(-1)*B)  | inverse rule
        dL = -Trace(S**(-1)*B*A*S**(-1)*dS)  | cyclic property
        ∂L/∂S = -S.T**(-1)*A.T*B.T*S.T**(-1) | first identification theorem
        """),
    "tr((A∘X)B)": (Trace(HadamardProduct(A, S)*B), S, """
        L = Trace((A.*S)*B) | given
        dL = Trace(d((A.*S)*B)) | trace rule
        dL = Trace(d(A.*S)*B)   | constant factors
        dL = Trace((A.*dS)*B)   | Hadamard product rule
        dL = Trace(B*(A.*dS))   | cyclic property
        dL = Trace((A.T.*B)*dS) | Hadamard product in a trace
        ∂L/∂S = A.*B.T      | first identification theorem
        """),
    "X⁻¹": (S.inverse(), S, """
        F = S**(-1)                          | given
        dF = -S**(-1)*dS*S**(-1)             | inverse rule
        Vec(dF) = -Vec(S**(-1)*dS*S**(-1))   | vec of both sides
        Vec(dF) = -KroneckerProduct(S.T**(-1), S**(-1))*Vec(dS) | vec of a product
        ∂Vec(F)/∂Vec(S).T = -KroneckerProduct(S.T**(-1), S**(-1)) | first identification theorem
        ∂Vec(F).T/∂Vec(S) = -KroneckerProduct(S**(-1), S.T**(-1)) | the other layout is the transpose
        """),  # noqa: E501
}


@pytest.mark.parametrize("name", PRINTED)
def test_printed_steps(name):
    f, v, text = PRINTED[name]
    wanted = [tuple(part.strip() for part in line.split("|")) for line in text.strip().splitlines()]
    assert [(str(s), s.rule) for s in derivation(f, v)] == wanted


def test_it_ends_in_the_form_of_the_gradient_where_its_own_sweep_is_longer():
    """Two steps of gradient descent on ‖Aw - y‖², by A."""
    rate, w, target = Symbol("a"), MatrixSymbol("w", n, 1), MatrixSymbol("y", n, 1)
    for _ in range(2):
        w = MatAdd(w, MatMul(-rate, A.T, MatAdd(MatMul(A, w), -target)))
    loss = Norm(MatAdd(MatMul(A, w), -target))**2
    assert derivation(loss, A).result == gradient(loss, A)


def test_intermediate_variables_stay():
    u = MatrixSymbol("u", m, 1)
    steps = check_derivation(u.T*u, x, "numerator", where={u: a - X*x})
    assert "definition of u" in [s.rule for s in steps]
    assert steps.result == -2*u.T*X
    assert [str(s.left) for s in steps if "∂" in str(s.left)] == ["∂L/∂x", "∂L/∂x.T"]


def test_undefined_functions():
    f, Y = Function("f"), MatrixSymbol("Y", p, n)
    P, C = MatrixSymbol("P", p, m), MatrixSymbol("C", p, n)
    known = {f: lambda Z: Trace(Z.T*Z)**2 + Trace(C.T*Z)}
    for layout in ("numerator", "denominator"):
        check_derivation(f(Y)**2, X, layout, where={Y: P*X + C}, undefined=known)
        check_derivation(f(P*X + C), X, layout, undefined=known)


def test_a_broken_rule_is_caught(monkeypatch):
    """The numbers would notice a wrong map, a wrong adjoint and a wrong matrix."""
    for name, wrong, F in (("apply", lambda self, dY: dY, S*A*S.T),
                           ("adjoint", lambda self, G: G, Trace(A*S*B*S.T)),
                           ("matrix", lambda self: Identity(n**2), S*A*S.T)):
        check_derivation(F, S)
        with monkeypatch.context() as patch:
            patch.setattr(Transposition, name, wrong)
            with pytest.raises(AssertionError, match="wanted"):
                check_derivation(F, S)


# --- deep functions, layer by layer -----------------------------------------------------


def network(layers, f):
    """‖h - y‖² with h ↦ f.(Wh + d)."""
    h, d = x, MatrixSymbol("d", n, 1)
    for _ in range(layers):
        h = (A*h + d).applyfunc(f)
    return Norm(h - y)**2


def residual_network(layers):
    h = x
    for _ in range(layers):
        h = (A*h).applyfunc(tanh) + h
    return Norm(h - y)**2


def descent(steps):
    """‖Mw - c‖² after some steps along its gradient."""
    w = x
    for _ in range(steps):
        w = MatAdd(w, MatMul(-t, X.T, MatAdd(MatMul(X, w), -a)))
    return Norm(MatAdd(MatMul(X, w), -a))**2


def closed_loop(horizon):
    """The cost of u = -Kx over a horizon."""
    P, G, R = MatrixSymbol("P", n, p), MatrixSymbol("G", p, n), MatrixSymbol("R", p, p)
    state, cost = x, 0
    for _ in range(horizon):
        cost += Trace(state.T*B*state) + Trace((G*state).T*R*(G*state))
        state = (A + P*G)*state
    return cost, G


def inverses_in_inverses(levels):
    P, R = MatrixSymbol("P", n, p), MatrixSymbol("R", p, p)
    M = S
    for k in range(levels):
        M = (A + M).inverse() if k % 2 == 0 else (P*R*P.T + M).inverse()
    return Trace(M)


def recursion_of_scalars(levels):
    """A factor that is used twice at each level."""
    v, s = x, t
    for _ in range(levels):
        s = atan(Trace(v.T*A*v)*s)
        v = s*v + (A*v).applyfunc(tanh)
    return Trace(y.T*v)


DEEP = {
    "network by W": (network(5, tanh), A),
    "network by W'": (network(5, atan), A.T),
    "network by h": (network(5, lambda z: 1/(1 + exp(-z))), x),
    "residual network": (residual_network(3), A),
    "descent by M": (descent(3), X),
    "descent by the step": (descent(4), t),
    "closed loop": closed_loop(3),
    "inverses in inverses": (inverses_in_inverses(8), S),
    "a scalar used twice": (recursion_of_scalars(3), A),
}


@pytest.mark.parametrize("layout", ["numerator", "denominator"])
@pytest.mark.parametrize("name", DEEP)
def test_deep_functions_are_derived_by_their_parts(name, layout):
    """Each part, its differential, and the derivative by it, all by numbers."""
    f, v = DEEP[name]
    steps = check_derivation(f, v, layout)
    assert "a name for a part" in [s.rule for s in steps]
    assert steps.result == matrix_derivative(f, v, layout=layout)


def test_a_layer_is_written_as_in_a_textbook_on_networks():
    steps = [str(s) for s in derivation(network(5, tanh), A)]
    for line in ("x5 = tanh.(A*x4 + d)", "dx5 = (1 - x5.**2).*(dA*x4 + A*dx4)",
                 "xbar4 = A.T*((1 - x5.**2).*xbar5)", "xbar5 = 2*(x5 - y)"):
        assert line.replace("x5", "z5").replace("x4", "z4").replace("xbar", "zbar") in steps


def test_the_text_of_a_derivation_grows_as_its_function_does():
    lengths = [len(str(derivation(network(layers, tanh), A))) for layers in (8, 12, 16)]
    assert lengths[2] - lengths[1] < 1.4*(lengths[1] - lengths[0])


def test_what_is_shown_is_what_is_meant():
    """Names stand for parts in the function and in its derivative; each name is defined once."""
    worked_out = derivation(descent(5), X)
    names = {s.left: s.right for s in worked_out if s.rule == "a name for a part"}
    for step in (worked_out[0], worked_out[-1]):
        whole = step.shown
        assert step.shown != step.right and whole.has(*names)
        for _ in names:
            whole = whole.xreplace(names)
        assert not whole.has(*names)
    text = str(worked_out)
    assert all(text.count(f" {name} = ") == 1 for name in names)


@pytest.mark.parametrize("layout", ["numerator", "denominator"])
def test_a_deep_function_of_something_else_is_constant(layout):
    """Its steps would be long, and it has no layers: no part depends on the variable."""
    deep = residual_network(13)
    for v in (X, X.T, t):
        steps = derivation(deep, v, layout=layout)
        assert steps.result == matrix_derivative(deep, v, layout=layout)
        assert [s.rule for s in steps if str(s.left) == "dL"] == ["constant"]


def test_names_of_parts_avoid_the_symbols_in_use():
    taken = MatrixSymbol("x3", n, 1)
    f = network(5, tanh).subs(y, taken)
    names = [str(s.left) for s in derivation(f, A) if s.rule == "a name for a part"]
    assert names == ["z1", "z2", "z3", "z4", "z5"]
    letters = Trace(a*sum((MatrixSymbol(s, 1, m) for s in "uvhsrpz"), MatrixSymbol("xbar", 1, m)))
    steps = derivation(f + letters, A, name="y1")
    assert next(str(s.left) for s in steps if s.rule == "a name for a part") == "x_0_1"
    assert str(steps[0].left) == "y1"


# --- as an object -----------------------------------------------------------------------


def test_it_is_data():
    steps = derivation(a.T*X*y, X, layout="numerator")
    assert len(steps) == len(list(steps)) == 7
    assert steps[-1].right == steps.result == y*a.T
    assert steps[2].left == Differential(Symbol("L"))
    assert steps[4].law.statement == "tr(G'LYR) = tr(RG'LY)" and "M&N" in steps[4].source
    assert all(s.rule for s in steps)
    assert steps[-1].equation == Eq(steps[-1].left, y*a.T, evaluate=False)


def test_text_is_aligned():
    rows = str(derivation(a.T*X*y, X)).splitlines()
    assert len({row.index("=") for row in rows}) == 1
    assert rows[4].strip() == "= Trace(y*a.T*dX)     [cyclic property; M&N 1.10; document 003]"


def test_pretty_and_latex():
    steps = derivation(Trace(A*S.inverse()*B), S, layout="numerator")
    tex = latex(steps)
    assert tex.startswith(r"\begin{aligned}") and tex.endswith(r"\end{aligned}")
    assert tex.count(r"\\") == len(steps) - 1
    assert r"\mathrm{d}L &= \operatorname{tr}" in tex
    assert r"\frac{\partial L}{\partial S^{T}}" in tex
    assert steps._repr_latex_() == f"$\\displaystyle {tex}$"
    assert "[inverse rule]" in pretty(steps)
    pretty(steps, use_unicode=False).encode("ascii")


def test_latex_is_broken_between_terms():
    r"""At a sign that stands in no \left( … \right) or {…}; the law beside the last line."""
    given = Trace(A*X.T*X*B*X.T*X) + Trace(X.T*X)**2*Trace(S*S.T*A)/(1 + Trace(X*A*X.T*X*X.T))
    steps = derivation(given, X)
    *rows, last = latex(steps).removeprefix("\\begin{aligned}\n").split("\n")
    assert last == "\\end{aligned}"
    assert sum("&&" in row for row in rows) == len(steps)
    assert any(row.startswith(r"&\quad +") for row in rows)
    for row in rows:
        assert row.count(r"\left") == row.count(r"\right")
        assert row.count("{") == row.count("}")
    together = " ".join(rows).replace(r" \\ &\quad ", " ")
    assert f"&= {latex(steps[-1].right)} &&" in together


def test_names_avoid_the_symbols_in_use():
    L, f = MatrixSymbol("L", n, n), Symbol("f")
    assert derivation(f*Trace(L*S), S)[0].left == Symbol("g")
    assert derivation(Trace(S), S, name="loss")[0].left == Symbol("loss")
    with pytest.raises(VariableError, match="name"):
        derivation(Trace(L), L, name="L")
    assert derivation(Function("L")(X), X)[0].left == Symbol("f")
    assert derivation(t**2, x, where={t: x.T*x*Symbol("L")})[0].left == Symbol("f")
    assert derivation(prod(symbols("L f g h J Q f_0"))*t, t)[0].left == Symbol("f_1")


def test_a_rule_of_ones_own_names_itself():
    class Doubled(MatrixExpr):
        shape = property(lambda self: self.args[0].shape)

    @local_differentials.register(Doubled)
    def _(node, varies):
        yield node.args[0], identity(node.shape)
        yield node.args[0], identity(node.shape)

    steps = derivation(Trace(A.T*Doubled(S)), S)
    assert "rule for Doubled" in [s.rule for s in steps]
    assert steps.result == 2*A


def test_constants_and_the_variable_itself():
    assert str(derivation(Trace(A), S).result) == "0"
    assert [str(s) for s in derivation(S, S)][:2] == ["F = S", "dF = dS"]
    assert derivation(t, t).result == 1
    for f, v in ((Rational(1, 3), S), (sin(1)**2, x), (Trace(A), S), (A*B, S), (S, S), (t, t),
                 (x, x), (t*A, t)):
        check_derivation(f, v)
        check_derivation(f, v, "numerator")


def test_norms_and_elementwise():
    for f, v in ((Norm(a - X*x)**2, x), (Norm(X*A), X), ((X*x).applyfunc(sin), x)):
        check_derivation(f, v)
    assert isinstance(x.T, Transpose) and gradient(Norm(x)**2, x) == 2*x
    assert jacobian(Norm(x)*x, x).shape == (n, n)
