"""The tests of docs/testing.md: those that come from FastAPI, on both sides, and its fixtures."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "testing.md").read_text()
TABS = r'^=== "{}"\n\n    ```python title="(.*?)".*?\n(.*?)^    ```$'
PYTHON = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def run(folder: Path, files: dict[str, str]) -> dict[str, str]:
    """What a pytest of its own finds wrong with each test of these files: nothing is `""`."""
    for name, source in files.items():
        (folder / name).write_text(source)
    options = ["-p", "no:cacheprovider", f"--rootdir={folder}", "--junitxml=report.xml"]
    environment = {name: each for name, each in os.environ.items() if "PYTEST" not in name}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # to load them takes longer than the tests
    subprocess.run([sys.executable, "-m", "pytest", *options], cwd=folder, env=environment)
    found: dict[str, str] = {}
    for test in ElementTree.parse(folder / "report.xml").iter("testcase"):
        wrong = [each.get("message", "") for each in test if each.tag in ("failure", "error")]
        found[f"{test.get('classname')}.{test.get('name')}"] = "".join(wrong)
    return found


@pytest.mark.parametrize("side", ["FastAPI", "ravyn_bg"])
def test_a_test_that_comes_from_fastapi_passes_before_and_after(side: str, tmp_path: Path) -> None:
    tabs = re.findall(TABS.format(side), PAGE, re.MULTILINE | re.DOTALL)
    files = {name: dedent(source) for name, source in tabs}
    modules = {name.removesuffix(".py") for name in files if name.startswith("test_")}
    wrong = run(tmp_path, files)

    assert {each.partition(".")[0] for each in wrong} == modules
    assert set(wrong.values()) == {""}


USES = """
import logging

from lilya.apps import Lilya
from lilya.testclient import TestClient
from ravyn_bg import BackgroundTask

import shop

def test_tasks(tasks):
    TestClient(shop.app).post("/register/a@b.c")
    TestClient(shop.app).post("/ping")
    assert [task.args for task in tasks] == [("a@b.c",), ("registered",), ("pinged",)]
    assert shop.sent == []

def test_that_loses_a_task_in_a_cycle():
    Lilya()
    task = BackgroundTask(print)
    task.kwargs["task"] = task

def test_that_caplog_hears_nothing(caplog):
    Lilya()
    logging.getLogger("shop").warning("not heard")
    assert caplog.records == []
"""


def test_the_fixtures_capture_and_notice_what_is_lost(tmp_path: Path) -> None:
    fixtures = "".join(each for each in PYTHON if "@pytest.fixture" in each)
    files = {"shop.py": PYTHON[0], "conftest.py": fixtures, "test_it.py": USES}
    wrong = run(tmp_path, files)

    lost = wrong.pop("test_it.test_that_loses_a_task_in_a_cycle")
    assert "WARNING:ravyn_bg:Background task builtins.print never ran" in lost
    assert set(wrong.values()) == {""}
