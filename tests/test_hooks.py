"""Plain ``.diff`` with ``install()`` in force, and SymPy as it was without."""

import subprocess
import sys
import threading
from collections.abc import Mapping
from itertools import product

import mpmath
import pytest
import sympy
import test_families as families
from definition import DIGITS, TOLERANCE, values_for
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp
from sympy import (
    Abs,
    Derivative,
    Determinant,
    Dummy,
    Function,
    KroneckerDelta,
    MatrixSymbol,
    Pow,
    Symbol,
    Trace,
    cos,
    diff,
    exp,
    log,
    sin,
    symbols,
    tanh,
)
from sympy.matrices import MatrixBase
from sympy.matrices.expressions import HadamardProduct, Identity, KroneckerProduct, ZeroMatrix
from sympy.matrices.expressions.dotproduct import DotProduct
from sympy.tensor.array import array_derivatives
from sympy.tensor.array.array_derivatives import ArrayDerivative
from sympy.tensor.array.expressions import ZeroArray
from sympy.tensor.array.expressions.arrayexpr_derivatives import array_derive
from test_random_expressions import VARIABLES, is_comparable, relaxed, wholes

from sympy_matlayout import (
    MatrixUnit,
    SkewSymmetricMatrixSymbol,
    SymmetricMatrixSymbol,
    canonical,
    convert_layout,
    gradient,
    hessian,
    install,
    installed,
    uninstall,
)
from sympy_matlayout.core.shapes import is_matrix
from sympy_matlayout.numeric import Partials, evaluate
from sympy_matlayout.simplify.normal_form import normal_form
from sympy_matlayout.sympy_patches import hooks

m, n = symbols("m n", integer=True, positive=True)
A, S, X = MatrixSymbol("A", n, n), MatrixSymbol("S", n, n), MatrixSymbol("X", m, n)
V = SymmetricMatrixSymbol("V", n)
x, y, t, f = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1), Symbol("t"), Function("f")

TOUCHED = list(dict.fromkeys(owner for owner, *_ in hooks._replacements()))


def state():
    """All that install() may touch, as objects."""
    return [dict(vars(owner)) for owner in (*TOUCHED, ArrayDerivative, array_derivatives)], dict(
        array_derive.registry)


@pytest.fixture(autouse=True)
def nothing_stays():
    before = state()
    yield
    uninstall()
    assert state() == before


# --- putting in force and back ----------------------------------------------------------


def is_in_force():
    return DotProduct(t*x, y).diff(t) == Trace(x.T*y)


def test_importing_changes_nothing():
    program = ("from sympy import *\n"
               "touched = Derivative, Determinant, Trace\n"
               "before = [dict(vars(owner)) for owner in touched]\n"
               "import sympy_matlayout\n"
               "print(before == [dict(vars(owner)) for owner in touched])")
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                           check=True)
    assert found.stdout.strip() == "True"


def all_of_sympy():
    """Every attribute of every module and class of SymPy, and every dispatch table."""
    found = {}
    for module in [m for name, m in sys.modules.items() if name.startswith("sympy.")]:
        for name, value in vars(module).items():
            found[module.__name__, name] = value
            if isinstance(value, type) and value.__module__.startswith("sympy."):
                found |= {(value.__module__, value.__qualname__, key): attribute
                          for key, attribute in vars(value).items()}
            for table in (getattr(value, "registry", None), getattr(value, "funcs", None)):
                if isinstance(table, Mapping):
                    found |= {(module.__name__, name, key): rule for key, rule in table.items()}
    return found


def test_no_attribute_or_dispatch_table_of_sympy_is_left_changed():
    def changed(after):
        return {key for key in before.keys() | after.keys()
                if before.get(key) is not after.get(key)}

    replaced = {name for _, name, _ in hooks._replacements()}
    before = all_of_sympy()
    assert len(before) > 10_000
    install()
    assert {key[-1] for key in changed(all_of_sympy())} == replaced
    uninstall()
    assert not changed(all_of_sympy())


def test_twice_is_once():
    before = state()
    install()
    inside = state()
    install()
    assert is_in_force() and state() == inside != before
    uninstall()
    assert state() == before and not is_in_force()
    uninstall()
    assert state() == before


def test_contexts_nest():
    with installed():
        with installed():
            assert is_in_force()
        assert is_in_force()
        uninstall()  # of an install() that was never called
        assert is_in_force()
    assert not is_in_force()
    install()
    with installed():
        assert is_in_force()
    assert is_in_force()
    with installed():
        uninstall()
        assert is_in_force()
    assert not is_in_force()


def test_it_is_put_back_after_an_error():
    before = state()
    with pytest.raises(ZeroDivisionError), installed():
        raise ZeroDivisionError
    assert state() == before


def test_threads():
    wrong = []

    def work():
        for _ in range(20):
            with installed():
                if not is_in_force():
                    wrong.append("not in force")

    threads = [threading.Thread(target=work) for _ in range(4)]
    before = state()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and state() == before


def test_sympys_cache_holds_no_old_answers():
    e = Trace(A*S)*Determinant(S)
    outside = str(e.diff(S))
    with installed():
        assert normal_form(e.diff(S)) == normal_form(gradient(e, S))
    assert str(e.diff(S)) == outside


# --- every way to differentiate ---------------------------------------------------------


def test_ways_to_differentiate_agree():
    with installed():
        for e, v in ((x.T*A*x, x), (log(Determinant(S)), S), (X*A, X), (t**2*A*S.inverse(), t),
                     (Determinant(t*A + S), t), (Trace(t*A*S), t), (f(t)*Trace(A*S), S)):
            assert e.diff(v) == diff(e, v) == Derivative(e, v).doit()
        assert (x.T*A*x).diff(x, x) == diff(x.T*A*x, x, 2) == A + A.T
        assert Derivative(x.T*A*x, (x, 2)).doit() == A + A.T
        assert Derivative(x.T*A*y, x, y).doit() == (x.T*A*y).diff(x, y) == A.T


def test_where_sympy_is_right_its_form_is_kept():
    assert (x.T*A*x).diff(x) == A*x + A.T*x
    with installed():
        assert (x.T*A*x).diff(x) == A*x + A.T*x


def test_a_zero_of_the_wrong_size_is_not_kept():
    # SymPy reshapes m zeros into m**3*n entries
    z = MatrixSymbol("z", m, 1)
    with installed():
        found = KroneckerProduct(z.T, ZeroMatrix(m, n)).diff(z)
    with mp.workdps(DIGITS):
        assert set(flat(evaluate(found, values_for(found, z)))) <= {0}


def test_second_derivatives():
    with installed():
        for e in (x.T*A*x*Trace(x.T*y), exp(Trace(x.T*A*x)), log(Trace(x.T*A*x))):
            assert normal_form(e.diff(x, x)) == normal_form(hessian(e, x))


def test_structured_symbols():
    V = SymmetricMatrixSymbol("V", n)
    with installed():
        assert normal_form(log(Determinant(V)).diff(V)) == normal_form(V.inverse())


def test_what_is_not_covered_stays_a_derivative():
    class Unknown(sympy.MatrixExpr):
        shape = property(lambda self: self.args[0].shape)

    with installed():
        for e in (Unknown(S), A*Unknown(S), Trace(Unknown(S)*A)):
            found = e.diff(S)
            assert found.has(Derivative) and not isinstance(found, ZeroMatrix)


def test_expressions_too_deep_for_sympys_own_recursion():
    h = x
    for _ in range(150):
        h = (A*h).applyfunc(tanh)
    deep = Trace(y.T*h)
    with pytest.raises(RecursionError):
        deep.diff(x)
    with installed():
        assert deep.diff(x) == gradient(deep, x)
        assert diff(deep, x) == gradient(deep, x)


E01, M = MatrixUnit(2, 3, 0, 1), MatrixSymbol("M", 2, 3)
i, j = symbols("i j", integer=True)
K = SkewSymmetricMatrixSymbol("K", n)


@pytest.mark.parametrize("function, entry, wanted", [
    (M, M[0, 1], E01), (t*M, M[0, 1], t*E01), (M[0, 1]*M, M[0, 1], M + M[0, 1]*E01),
    (M.T*M, M[0, 1], E01.T*M + M.T*E01), (x.T*x, x[0, 0], 2*x[0, 0]*Identity(1)),
    (Trace(A*S), S[0, 1], A[1, 0]), (S.inverse(), S[i, j], -S**-1*MatrixUnit(n, n, i, j)*S**-1),
    (log(Determinant(S)), S[i, j], S.T.inverse()[i, j]), (sin(M[0, 1])*t, M[0, 1], t*cos(M[0, 1])),
    (Trace(A*V), V[0, 1], A[0, 1] + A[1, 0]), (Trace(A*V), V[1, 1], A[1, 1]),
    (Trace(A*K), K[1, 0], A[0, 1] - A[1, 0]), (V[0, 1], V[1, 0], 1), (V[0, 1], V[0, 1], 1),
    (V[i, j], V[0, 1], KroneckerDelta(0, i)*KroneckerDelta(1, j)
     + KroneckerDelta(0, j)*KroneckerDelta(1, i)),
    (V, V[0, 1], MatrixUnit(n, n, 0, 1) + MatrixUnit(n, n, 1, 0)),
])
def test_by_an_entry(function, entry, wanted):
    with installed():
        for found in (function.diff(entry), diff(function, entry),
                      Derivative(function, entry).doit()):
            assert canonical(found - wanted) in (0, ZeroMatrix(*getattr(found, "shape", (1, 1))))


@pytest.mark.parametrize("function, v", [
    (Trace(X.T*X), X), (Trace(S**3), S), (log(Determinant(S)), S), (log(Trace(X.T*X)), X),
    (Determinant(S)**2, S), (Trace((X*x)*(X*x).T), X), (exp(Trace(x.T*A*x)), x),
    (log(Determinant(V)), V), (y.T*(A*x).applyfunc(sin), x)])
def test_second_derivatives_in_every_way(function, v):
    with installed():
        for found in (function.diff(v, v), diff(function, v, 2), Derivative(function, v, v).doit(),
                      Derivative(function, (v, 2)).doit()):
            assert not found.has(Derivative)
            if v.shape[1] == 1:
                assert normal_form(found) == normal_form(hessian(Trace(function), v)
                                                         if is_matrix(function)
                                                         else hessian(function, v))
            else:
                H = convert_layout(found, "array", ("numerator", "vec"), function=v.shape,
                                   variable=v.shape)
                assert normal_form(H) == normal_form(hessian(function, v))


def test_higher_derivatives_of_matrices():
    with installed():
        assert (t**2*A + t*S).diff(t, t) == diff(t**2*A + t*S, (t, 2)) == 2*A
        assert Trace((A + t*S)**2).diff(t, S) == Trace((A + t*S)**2).diff(t).diff(S)
        assert (X*A).diff(X, X) == ZeroArray(m, n, m, n, m, n)
        left = (X*A*X.T).diff(X, X)
        assert left == ArrayDerivative(X*A*X.T, X, X) and left.shape == (m, n, m, n, m, m)
        assert S.inverse().diff(S, S).has(Derivative)


def test_the_gradient_of_a_1x1_matrix_has_the_shape_of_the_variable():
    with installed():
        for f1, v in [(y.T*(A*x).applyfunc(sin), x), (y.T*y.applyfunc(sin), y), (y.T*S*x, S),
                      ((X*x).T*(X*x), X)]:
            assert f1.diff(v).shape == v.shape


def test_the_axes_of_a_column_are_not_those_of_a_row():
    with installed():
        for column in ((X*x).applyfunc(tanh), 2*(X*x + X*y).applyfunc(tanh), X*x):
            assert column.diff(X).shape == (m, n, m, 1)
            assert column.T.diff(X).shape == (m, n, 1, m)


def test_zeros_and_poles():
    with installed():
        assert Derivative(A, t).doit() == Derivative(A, t, t).doit() == ZeroMatrix(n, n)
        found = Derivative(HadamardProduct(t*A, S, t*A), t).doit()
        assert normal_form(found) == normal_form(2*t*HadamardProduct(A, A, S))
        assert not found.atoms(Pow) & {1/t}
        assert Derivative(sin(t), x).doit() == ZeroMatrix(n, 1)


def test_scalar_derivatives_are_sympys_own():
    z = Symbol("z")
    cases = [sin(z)*exp(z**2), f(z), f(z**2), Abs(z), Derivative(f(z), z), z**z]
    outside = [e.diff(z) for e in cases]
    with installed():
        assert [e.diff(z) for e in cases] == outside
        assert Derivative(sin(z), z).doit() == sympy.cos(z)
        assert Derivative(sin(z), (z, 3)).doit() == -sympy.cos(z)


# --- right on every family, in SymPy's order of axes ------------------------------------

FAMILIES = [
    (families.BY_COLUMN, families.x), (families.BY_ROW, families.z),
    (families.BY_RECTANGULAR, families.X), (families.BY_SQUARE, families.S),
    (families.BY_SCALAR, families.t),
]
CASES = [pytest.param(line, variable, id=line[:70]) for table, variable in FAMILIES
         for line in table.splitlines() if line]


@pytest.mark.parametrize("line, variable", CASES)
def test_families(line, variable):
    check_plain_diff(sympy.sympify(eval(line, vars(families))), variable)


def check_plain_diff(expr, variable):
    expr = expr.as_immutable() if hasattr(expr, "as_immutable") else expr
    if not is_comparable(expr, variable, 1e6):
        return
    with installed():
        found = expr.diff(variable)
    if found.has(Derivative):
        return  # left undone is right
    with mp.workdps(DIGITS):
        values = values_for(expr, variable)
        partials = Partials(expr, variable, values)
        (p, q), (r, s) = partials.of or (1, 1), partials.by or (1, 1)
        wanted = [partials(k, l, i, j) for i, j, k, l in product(*map(range, (r, s, p, q)))]
        if isinstance(found, MatrixBase) and is_matrix(variable):
            # of an explicit matrix, from SymPy 1.15 on, the gradient of each entry
            blocks = [flat(evaluate(e, values)) for e in found]
            entries = [block[k] for k in range(r*s) for block in blocks]
        else:
            entries = flat(evaluate(found, values))
        assert len(entries) == len(wanted), (found, len(entries))
        assert all(abs(a - b) <= TOLERANCE*(1 + abs(b))
                   for a, b in zip(entries, wanted, strict=True)), found


def flat(value):
    """The entries, the last axis first."""
    if isinstance(value, mpmath.matrix):
        return [value[i, j] for i in range(value.rows) for j in range(value.cols)]
    return [value[key] for key in sorted(value)] if isinstance(value, dict) else [value]


@settings(relaxed, max_examples=150)
@given(wholes(2), st.sampled_from([*VARIABLES[:9], families.t]))
def test_random_expressions(expr, variable):
    check_plain_diff(expr, variable)


@pytest.mark.long
@settings(relaxed, max_examples=3000, derandomize=False)
@given(wholes(2), st.sampled_from([*VARIABLES[:9], families.t]))
def test_many_random_expressions(expr, variable):
    check_plain_diff(expr, variable)


def test_the_name_of_a_dummy_is_no_part_of_a_result():
    with installed():
        e = HadamardProduct(X, X).applyfunc(lambda z: z**2)
        assert not {a for a in Trace(e*X.T).diff(X).free_symbols if isinstance(a, Dummy)}
