"""What CONTRIBUTING.md names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = re.findall(
    r"\b((?:ravyn_bg|docs|examples|tests|tools)/[\w./]+)(?:::(\w+))?",
    (ROOT / "CONTRIBUTING.md").read_text(),
)


@pytest.mark.parametrize(("path", "test"), dict.fromkeys(NAMED))
def test_a_file_that_is_named_is_there_and_a_test_in_it(path: str, test: str) -> None:
    assert f"def {test}" in (ROOT / path).read_text() if test else (ROOT / path).exists()
