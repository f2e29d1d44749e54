"""The pages of the documentation: what a build doesn't notice."""

import re
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent
PAGES = sorted([HOME/"README.md", *HOME.glob("docs/*.md"), *HOME.glob("docs/decisions/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_row_of_a_table_has_the_cells_of_its_head(page):
    r"""A bar within a formula, `|a|`, ends the cell; `\|a\|` doesn't."""
    head = 0
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not head or cells in (0, head), line
        head = cells and (head or cells)
