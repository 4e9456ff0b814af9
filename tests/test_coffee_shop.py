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
LATTE = {
    "grind beans": "worker thread",
    "steam milk": "event loop",
    "clean machine": "worker thread",
    "update inventory": "worker thread",
}


@pytest.fixture(scope="module")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy_cache")


def run(examples: Path, mypy_cache: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(examples / "coffee_shop.py"), *options],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "MYPY_CACHE_DIR": str(mypy_cache)},
    )


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("coffee_shop") / "timeline.svg"


@pytest.fixture(scope="module")
def printed(mypy_cache: Path, picture: Path) -> str:
    result = run(ROOT / "examples", mypy_cache, "--svg", str(picture))
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
    assert {name: where for name, where, _, _ in drawn} == LATTE
    moments = [int(moment) for _, _, *span in drawn for moment in span]
    assert moments == sorted(moments)


def test_a_failure_is_shown_and_reported_and_costs_no_other_task(printed: str) -> None:
    lines = block(printed, "POST /cappuccino: a failure under continue_on_error").splitlines()
    assert re.search(r"steam milk .*✗+ +event loop, failed at \d+ ms", "\n".join(lines))
    assert "update inventory" in lines[-2]
    assert lines[-1] == "  logged: Background task __main__.steam_milk failed"


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
def test_the_picture_in_the_docs_is_the_one_that_is_drawn(picture: Path) -> None:
    assert "event loop, failed at " in words(picture)
    assert words(picture) == words(ROOT / "docs" / "timeline.svg")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            "background_tasks.add_task(clean_machine)",
            "pass",
            "POST /latte: clean machine did not run",
        ),
        (
            "background_tasks.add_task(clean_machine)",
            "clean_machine()",
            "POST /latte: clean machine ran before its response",
        ),
        (
            "background_tasks.add_task(grind_beans, 18)",
            "await BackgroundTasks([BackgroundTask(grind_beans, 18)])()",
            "POST /latte: grind beans ran before its response",
        ),
        (
            "BackgroundTask(steam_milk, 200, form=True)",
            "BackgroundTask(steam_milk, 200, foam=True)",
            "mypy missed BackgroundTask(steam_milk, 200, foam=True)",
        ),
    ],
)
def test_a_shop_that_gets_it_wrong_exits_with_1_and_says_so(
    right: str, wrong: str, said: str, tmp_path: Path, mypy_cache: Path
) -> None:
    for name in ("coffee_shop.py", "stopwatch.py", "timeline.py"):
        shutil.copy(ROOT / "examples" / name, tmp_path)
    shop = tmp_path / "coffee_shop.py"
    code = shop.read_text(encoding="utf-8")
    assert code.count(right) == 1
    shop.write_text(code.replace(right, wrong), encoding="utf-8")

    result = run(tmp_path, mypy_cache)

    assert result.returncode == 1, result.stderr
    assert result.stdout.endswith(f"\nWrong:\n  {said}\n")


def test_a_client_that_had_to_wait_for_the_tasks_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(ROOT / "examples")
    timeline = import_module("timeline")
    visit = timeline.Visit("GET", "/menu", "one task", ("count guest",))
    step = timeline.Step("count guest", "worker thread", start=1.2, end=1.3)
    line = timeline.TimeLine(
        visit, start=1.0, status=200, sent=1.1, received=1.4, steps=[step], reports=[]
    )
    assert [*import_module("coffee_shop").wrong_in(line)] == [
        "GET /menu: the client was kept waiting"
    ]
