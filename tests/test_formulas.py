"""Every formula of the source documents, by name, in both layouts."""

import pytest
from definition import check_against_definition
from mpmath import mp

from sympy_matlayout import matrix_derivative
from sympy_matlayout.formula_table import verdict
from sympy_matlayout.formulas import FORMULAS, KNOWN

by_name = pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.name)


@by_name
def test_agrees_with_the_definition_in_every_layout_and_form(formula):
    check_against_definition(formula.function, formula.variable, undefined=KNOWN)


@by_name
def test_agrees_with_the_textbook(formula):
    with mp.workdps(50):
        assert verdict(formula) == ""


@by_name
def test_numerator_is_the_transpose_of_denominator(formula):
    # (5)ᵀ = (6), (9)ᵀ = (11), (13)ᵀ = (14)
    f, X = formula.function, formula.variable
    numerator = matrix_derivative(f, X, layout="numerator")
    denominator = matrix_derivative(f, X, layout="denominator")
    assert numerator.shape == denominator.shape[::-1]


def test_a_broken_rule_is_noticed(monkeypatch):
    """The yardstick can fail: a transposed gradient of the trace of a product is caught."""
    from sympy_matlayout.linear_maps.maps import Sandwich

    monkeypatch.setattr(Sandwich, "adjoint", lambda self, G: self.left.T*G*self.right)
    broken = next(f for f in FORMULAS if f.number == "(13) x'Ax")
    with mp.workdps(50), pytest.raises((AssertionError, ValueError)):
        assert verdict(broken) == ""
