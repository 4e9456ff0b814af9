"""The coffee shop as a command: what it prints and draws, and what it exits with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

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


def words(picture: Path) -> list[str]:
    """The text, without the times, which differ from run to run."""
    texts = ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")
    return sorted(re.sub(r"\d+( to \d+)? ms", "", text.text or "") for text in texts)


def test_a_failure_is_reported_and_the_picture_is_that_of_the_docs(tmp_path: Path) -> None:
    drawn = tmp_path / "timeline.svg"
    result = run(EXAMPLES, "--svg", str(drawn))

    assert (result.returncode, result.stderr) == (0, "")
    assert re.search(
        r"steam milk .*✗+ +event loop, failed at \d+ ms\n(.*\n)*.*update inventory.*\n"
        r"  logged: Background task __main__.steam_milk failed \(queued at .*:96 in cappuccino\)\n",
        result.stdout,
    )
    assert words(drawn) == words(ROOT / "docs" / "timeline.svg")


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
