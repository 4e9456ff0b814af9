"""The coffee shop as a command: what it prints and draws, and what it exits with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def run(examples: Path, *options: str) -> subprocess.CompletedProcess[str]:
    cache = str(ROOT / ".mypy_cache" / "coffee_shop")
    return subprocess.run(
        [sys.executable, str(examples / "coffee_shop.py"), *options],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "MYPY_CACHE_DIR": cache},
    )


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    result = run(EXAMPLES, "--svg", str(tmp_path_factory.getbasetemp() / "timeline.svg"))
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def block(printed: str, heading: str) -> str:
    """What is printed from this heading to the next empty line."""
    return printed.partition(f"\n{heading}\n")[2].partition("\n\n")[0]


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
    assert re.search(
        r"steam milk .*✗+ +event loop, failed at \d+ ms\n(.*\n)*.*update inventory.*\n"
        r"  logged: Background task __main__.steam_milk failed \(queued at .*:96 in cappuccino\)$",
        block(printed, "POST /cappuccino: a failure under continue_on_error"),
    )


def test_mypy_sees_each_wrong_call(printed: str) -> None:
    assert re.findall(r"^  (\S.*)\n    error: .*\[([\w-]+)\]$", printed, re.M) == [
        ('BackgroundTask(grind_beans, "18 grams")', "arg-type"),
        ("BackgroundTask(steam_milk, 200, form=True)", "call-arg"),
        ("tasks.add_task(grind_beans)", "call-arg"),
    ]


@pytest.mark.usefixtures("printed")
def test_the_picture_in_the_docs_is_the_one_that_is_drawn(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    def words(picture: Path) -> list[str]:
        """The text, without the times, which differ from run to run."""
        texts = ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")
        return sorted(re.sub(r"\d+( to \d+)? ms", "", text.text or "") for text in texts)

    drawn = words(tmp_path_factory.getbasetemp() / "timeline.svg")
    assert "event loop, failed at " in drawn
    assert drawn == words(ROOT / "docs" / "timeline.svg")


WRONG = {
    "@with_background(BackgroundTask(count_guest))\nasync def menu() -> dict[str, str]:\n": (
        "async def menu() -> dict[str, str]:\n    count_guest()\n"
    ),
    "    tasks.add_task(clean_machine)": "    pass",
    "BackgroundTask(steam_milk, 200, form=True)": "BackgroundTask(steam_milk, 200, foam=True)",
}


def test_a_shop_that_gets_it_wrong_exits_with_1_and_says_so(tmp_path: Path) -> None:
    for name in ("coffee_shop.py", "stopwatch.py", "timeline.py"):
        shutil.copy(EXAMPLES / name, tmp_path)
    code = (EXAMPLES / "coffee_shop.py").read_text(encoding="utf-8")
    for right, wrong in WRONG.items():
        assert code.count(right) == 1
        code = code.replace(right, wrong)
    (tmp_path / "coffee_shop.py").write_text(code, encoding="utf-8")

    result = run(tmp_path)

    assert result.returncode == 1, result.stderr
    assert result.stdout.partition("\nWrong:\n")[2].splitlines() == [
        "  GET /menu: count guest ran before its response",
        "  GET /menu: the client was kept waiting",
        "  POST /cappuccino: clean machine did not run",
        "  mypy missed BackgroundTask(steam_milk, 200, foam=True)",
    ]
