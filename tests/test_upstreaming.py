"""The tests of docs/upstreaming.md: SymPy fails them, some pass with install()."""

import re
from pathlib import Path

import pytest

from sympy_matlayout import installed

PAGE = (Path(__file__).parents[1]/"docs"/"upstreaming.md").read_text(encoding="utf-8")


def of_section(heading):
    section = PAGE.split(f"## {heading}\n")[1]
    names = {}
    exec(re.search(r"```python\n(.*?)```", section, re.S)[1], names)
    return {name: test for name, test in names.items() if name.startswith("test_")}


MENDED = of_section("Tests that fail today and pass with `install()`")
LEFT = of_section("Tests that fail today")


@pytest.mark.parametrize("name", [*MENDED, *LEFT])
def test_sympy_fails(name):
    # a SymPy that passes no longer needs the row
    with pytest.raises(BaseException):  # noqa: B017, PT011 - SymPy fails in all kinds of ways
        {**MENDED, **LEFT}[name]()


@pytest.mark.parametrize("name", MENDED)
def test_with_install_it_passes(name):
    with installed():
        MENDED[name]()
