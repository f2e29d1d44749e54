"""How the documentation is built: ``python -m sphinx -W -b html docs docs/_build``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "sympy_matlayout"
author = copyright = "the authors of sympy_matlayout"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx_design"]
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]
default_role = "math"
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["page.css"]
smartquotes = False  # x'Ax has a prime, and r"..." is code
(HERE/"_static").mkdir(exist_ok=True)  # what stands in it is drawn while building
html_title = "sympy-matlayout"
exclude_patterns = ["_build"]
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
mathjax3_config = {"chtml": {"displayAlign": "left"}}

HEADING = re.compile(r"^=+$")
ITEM = re.compile(r"^([\w*\"'(][^:]*?) : (.*)$")
LISTS = ("Parameters", "Raises", "Attributes")


def _in_sphinx(app, what, name, obj, options, lines):
    """SymPy's headings as rubrics, its parameters as lists, its references as numbered lines."""
    found, section = [], ""
    for k, line in enumerate(lines):
        after = lines[k + 1] if k + 1 < len(lines) else ""
        if HEADING.match(line) and found and found[-1].startswith(".. rubric"):
            continue
        if line and HEADING.match(after) and len(after) >= len(line):
            section = line
            found.append(f".. rubric:: {line}")
        elif section in LISTS and (item := ITEM.match(line)):
            before = [""] if found and found[-1].strip() and not found[-1].startswith(" ") else []
            found += [*before, f"* ``{item[1]}``: {item[2]}"]
        elif section in LISTS and line.startswith("    "):
            found.append("  " + line.strip())
        elif section == "References" and line.strip():
            # without the backslash "J. R. Magnus" would begin a list
            found.append(re.sub(r"^\.\. \[\d+\] ", r"* \\", line) if line.startswith("..")
                         else "  " + line.strip())
        else:
            found.append(line)
    lines[:] = found


def _write_pages(app):
    import gallery
    import pictures

    pictures.write()
    (HERE/"gallery.md").write_text(gallery.page(), encoding="utf-8")


def setup(app):
    app.connect("autodoc-process-docstring", _in_sphinx)
    app.connect("builder-inited", _write_pages)
