"""The coffee shop as a command: what it prints and draws, and what it exits with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def run(examples: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(examples / "coffee_shop.py"), *options],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "MYPY_CACHE_DIR": str(folder / "cache")},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("coffee_shop")


@pytest.fixture(scope="module")
def printed(folder: Path) -> str:
    result = run(EXAMPLES, folder, "--svg", str(folder / "timeline.svg"))
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def block(printed: str, heading: str) -> str:
    """What is printed from this heading to the next empty line."""
    (found,) = re.findall(rf"^{re.escape(heading)}\n(.*?)\n\n", printed, re.M | re.S)
    return str(found)


def test_each_request_shows_its_status_and_time(printed: str) -> None:
    assert re.findall(r"(\w+ /\S+): .*\n  response +█+ +(\d+) after \d+ ms", printed) == [
        ("GET /menu", "200"),
        ("POST /latte", "201"),
        ("POST /flat-white", "201"),
        ("POST /cappuccino", "201"),
    ]


def test_each_task_shows_when_and_where_it_ran(printed: str) -> None:
    drawn = re.findall(
        r"  (\w+ \w+) [ │]+[▒▓]+ +(.*), (\d+) to (\d+) ms", block(printed, "POST /latte: in order")
    )
    assert [(name, where) for name, where, _, _ in drawn] == [
        ("grind beans", "worker thread"),
        ("steam milk", "event loop"),
        ("clean machine", "worker thread"),
        ("update inventory", "worker thread"),
    ]
    moments = [int(moment) for _, _, *span in drawn for moment in span]
    assert moments == sorted(moments)


def test_a_failure_is_shown_and_reported_and_costs_no_other_task(printed: str) -> None:
    drawn = block(printed, "POST /cappuccino: a failure under continue_on_error")
    assert re.search(
        r"steam milk .*✗+ +event loop, failed at \d+ ms\n(.*\n)*.*update inventory.*\n"
        r"  logged: Background task __main__.steam_milk failed$",
        drawn,
    )


def test_mypy_sees_each_wrong_call(printed: str) -> None:
    assert re.findall(r"^  (\S.*)\n    error: .*\[([\w-]+)\]$", printed, re.M) == [
        ('BackgroundTask(grind_beans, "18 grams")', "arg-type"),
        ("BackgroundTask(steam_milk, 200, form=True)", "call-arg"),
        ("tasks.add_task(grind_beans)", "call-arg"),
    ]


def words(picture: Path) -> list[str]:
    """The text of a picture, without the times, which differ from run to run."""
    texts = ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")
    return sorted(re.sub(r"\d+( to \d+)? ms", "", text.text or "") for text in texts)


@pytest.mark.usefixtures("printed")
def test_the_picture_in_the_docs_is_the_one_that_is_drawn(folder: Path) -> None:
    drawn = words(folder / "timeline.svg")
    assert "event loop, failed at " in drawn
    assert drawn == words(ROOT / "docs" / "timeline.svg")


WRONG = {
    "background_tasks.add_task(clean_machine)": "clean_machine()",
    "background_tasks.add_task(grind_beans, 18)": (
        "await BackgroundTasks([BackgroundTask(grind_beans, 18)])()"
    ),
    "    tasks.add_task(clean_machine)": "    pass",
    "BackgroundTask(steam_milk, 200, form=True)": "BackgroundTask(steam_milk, 200, foam=True)",
}


def test_a_shop_that_gets_it_wrong_exits_with_1_and_says_so(folder: Path) -> None:
    for name in ("coffee_shop.py", "stopwatch.py", "timeline.py"):
        shutil.copy(EXAMPLES / name, folder)
    code = (EXAMPLES / "coffee_shop.py").read_text(encoding="utf-8")
    for right, wrong in WRONG.items():
        assert code.count(right) == 1
        code = code.replace(right, wrong)
    (folder / "coffee_shop.py").write_text(code, encoding="utf-8")

    result = run(folder, folder)

    assert result.returncode == 1, result.stderr
    assert result.stdout.partition("\nWrong:\n")[2].splitlines() == [
        "  POST /latte: grind beans ran before its response",
        "  POST /latte: clean machine ran before its response",
        "  POST /cappuccino: clean machine did not run",
        "  mypy missed BackgroundTask(steam_milk, 200, foam=True)",
    ]


def test_a_client_that_had_to_wait_for_the_tasks_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    timeline = import_module("timeline")
    visit = timeline.Visit("GET", "/menu", "one task", ("count guest",))
    step = timeline.Step("count guest", "worker thread", start=1.2, end=1.3)
    line = timeline.TimeLine(
        visit, start=1.0, status=200, sent=1.1, received=1.4, steps=[step], reports=[]
    )
    assert [*import_module("coffee_shop").wrong_in(line)] == [
        "GET /menu: the client was kept waiting"
    ]
