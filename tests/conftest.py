import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

# single cases that take more than some three seconds, of families that have others
LONG_CASES = set((HERE/"long_cases.txt").read_text(encoding="utf-8").splitlines())


def pytest_collection_modifyitems(items):
    for item in items:
        if item.nodeid.removeprefix("tests/") in LONG_CASES:
            item.add_marker(pytest.mark.long)
