"""What the README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text()
SECTION = README.partition("### When a task fails")[2].partition("\n## ")[0]
[SHOP] = re.findall(r"```python\n(# shop\.py\n.*?)```", SECTION, re.DOTALL)
RECORDS = re.findall(r"```text\n(.*?)```", SECTION, re.DOTALL)

RUN = """
import anyio, shop
shop.tasks.continue_on_error = {}
try:
    anyio.run(shop.tasks)
except Exception:
    pass
"""


@pytest.mark.parametrize("goes_on", [False, True])
def test_the_record_of_a_failing_task(goes_on: bool, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}]" + RUN.format(goes_on)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert without_places(run.stderr) == without_places(RECORDS[goes_on])
    assert run.stdout == ("receipt sent\n" if goes_on else "")


def without_places(record: str) -> str:
    """Without folders and lines, and the underlining of newer Pythons."""
    record = re.sub(r'File ".*/([^/]+/)?(\w+\.py)", line \d+', r"File \2", record)
    return re.sub(r"^ *[~^]+\n", "", record, flags=re.MULTILINE)
