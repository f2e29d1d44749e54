"""
SymPy's own tests, those of forms among them, with ``install()`` and without.

``python -m pytest -m long tests/test_sympys_own_tests.py`` runs whole folders of the SymPy
that is installed, twice each, for about an hour; what differs fails.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sympy

pytestmark = pytest.mark.newest

PROGRAM = """
import json, os, pytest, sys, sympy

class Outcomes:
    def __init__(self):
        self.of = {}

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.failed:
            self.of[report.nodeid] = report.failed

if sys.argv[1] == "with install()":
    from sympy_matlayout import install
    install()
root, outcomes = os.path.dirname(sympy.__file__), Outcomes()
pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:warnings", "-c", os.devnull,
             "--rootdir", root, *(os.path.join(root, *p.split("/")) for p in sys.argv[2:])],
            plugins=[outcomes])
print(json.dumps(outcomes.of))
"""


def failures(how, part):
    """For each of SymPy's tests whether it fails."""
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM, how, part], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    return json.loads(found.stdout.splitlines()[-1])


@pytest.mark.parametrize("part", [
    "matrices/expressions/tests", "tensor/array", "core/tests/test_function.py",
    "core/tests/test_diff.py", "codegen/tests/test_matrix_nodes.py",
    "printing/tests/test_latex.py", "printing/pretty"])
def test_they_pass_with_install(part):
    if not (Path(sympy.__file__).parent/part).exists():
        pytest.skip(f"SymPy {sympy.__version__} comes without {part}")
    found = failures("with install()", part)
    assert found and not [test for test, fails in found.items() if fails]


@pytest.mark.long
@pytest.mark.parametrize("folder", [
    "assumptions", "codegen", "core", "matrices", "physics/quantum", "printing", "stats", "tensor"])
def test_whole_folders_are_the_same(folder):
    plain = failures("plain", folder)
    assert plain and failures("with install()", folder) == plain
