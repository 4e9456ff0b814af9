"""Both sides of every block and of every table row of `docs/migrating.md`, as the document says."""

from __future__ import annotations

import inspect
import re
import subprocess
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import litestar.response
import pytest
import ravyn
import starlette.responses
from lilya.conf import settings
from lilya.requests import Request
from lilya.templating.jinja import Jinja2Template
from ravyn.core import datastructures
from starlette.templating import Jinja2Templates

import ravyn_bg.responses
from checks.checkers import strict_mypy
from checks.migrating.changes import CHANGES, FOR_EVERYONE, FRAMEWORKS, on_lilya
from ravyn_bg import BackgroundTask, BackgroundTasks, background
from tests.conftest import MakeClient
from tests.reports import Records

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
_, *PARTS = re.split(r"^## (.*)$", DOCUMENT, flags=re.M)
SECTIONS = dict(zip(PARTS[::2], PARTS[1::2], strict=True))
EVERYONE = "What changes for everyone"


def side_of(block: str, dropped: str) -> str:
    kept = [line for line in block.splitlines() if not line.startswith(dropped)]
    return "".join(f"{line[1:]}\n" for line in kept)


SIDES = {
    f"{section.lower().replace(' ', '_')}{number}_{side}": side_of(block, dropped)
    for section, content in SECTIONS.items()
    for number, block in enumerate(re.findall(r"^```diff\n(.*?)^```$", content, re.M | re.S), 1)
    for side, dropped in (("before", "+"), ("after", "-"))
}


@pytest.fixture(autouse=True)
def nothing_set_for_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frameworks set up the root logger for each app, and Lilya what `infer_body` says."""
    monkeypatch.setattr("logging.config.dictConfig", lambda config: None)
    monkeypatch.setattr(settings, "infer_body", False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sides")
    for name, code in SIDES.items():
        # The decorators of Ravyn 0.4.3 have no types.
        head = "# mypy: disable-error-code=untyped-decorator\n" if "ravyn" in name else ""
        (folder / f"{name}.py").write_text(head + code, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", SIDES)
def test_block_prints_what_its_comment_says(
    name: str,
    folder: Path,
    make_client: MakeClient,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests = re.findall(r"^# (\w+) (\S+): (.*)$", SIDES[name], re.M)
    assert requests
    monkeypatch.syspath_prepend(folder)
    client = make_client(import_module(name).app)
    for method, path, said in requests:
        assert client.request(method, path).is_success
        words, any_order, _ = said.partition(" in any order")
        printed = capsys.readouterr().out.splitlines()
        assert (sorted(printed) if any_order else printed) == words.split(", ")


def test_blocks_are_strictly_typed(folder: Path) -> None:
    said = strict_mypy(folder, *(f"{name}.py" for name in SIDES), cache="docs")
    assert said == f"Success: no issues found in {len(SIDES)} source files\n"


def rows(section: str) -> dict[str, list[str]]:
    """The rows of a section's table: the cells of each by what its first cell says."""
    lines = [each for each in SECTIONS[section].splitlines() if each.startswith("| ")][2:]
    cells = [[cell.strip() for cell in each.strip("|").split(" | ")] for each in lines]
    return {first: others for first, *others in cells}


def quoted(cell: str) -> list[str]:
    """The outcome that a cell quotes; what follows its first colon outside of it is a remark.

    But for what an exception says, which stands there between quotation marks.
    """
    says = [each for each in re.findall('"(.+?)"', cell) if "`" not in each]
    cell = cell.replace("shop.", "checks.migrating.changes.")
    return re.findall(r"`(.+?)`", re.sub(r"^((?:`[^`]*`|[^`:])*):.*", r"\1", cell)) + says


# What an exception says that a cell quotes.
SAID = "missing 1 required positional argument: 'background_tasks'|'dict' object .*"
Outcome = Callable[[Callable[[], object]], list[str]]


@pytest.fixture
def outcome(capsys: pytest.CaptureFixture[str], told: Records) -> Outcome:
    """What is printed and logged, and the exception that is raised."""

    def outcome(side: Callable[[], object]) -> list[str]:
        raised: list[str] = []
        try:
            side()
        except Exception as error:
            raised = [type(error).__name__, *re.findall(SAID, str(error))]
        logged = told.messages
        told.clear()
        return [*capsys.readouterr().out.splitlines(), *logged, *raised]

    return outcome


def test_every_row_is_tested() -> None:
    tested = {section: list(changes) for section, changes in CHANGES.items()}
    tested[EVERYONE] = list(FOR_EVERYONE)
    assert {section: list(rows(section)) for section in tested} == tested


@pytest.mark.parametrize(
    ("section", "change"),
    [(section, change) for section, changes in CHANGES.items() for change in changes],
)
def test_change_is_as_the_table_says(
    section: str, change: str, make_client: MakeClient, outcome: Outcome
) -> None:
    sides = [outcome(partial(side, make_client)) for side in CHANGES[section][change]]
    assert sides == [quoted(cell) for cell in rows(section)[change][:2]]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("change", FOR_EVERYONE)
def test_change_for_everyone_is_as_the_table_says(
    framework: str, change: str, outcome: Outcome
) -> None:
    classes = (FRAMEWORKS[framework], (BackgroundTask, BackgroundTasks))
    sides = [outcome(partial(FOR_EVERYONE[change], *each)) for each in classes]
    assert sides == [quoted(cell) for cell in rows(EVERYONE)[change]]


def test_the_command_for_lilyas_users() -> None:
    (script,) = re.findall(r"sed -i '(.*?)'", SECTIONS["From Lilya"])
    code = "from lilya.background import Task, Tasks"
    names: dict[str, Any] = {}
    exec(subprocess.check_output(["sed", script], input=code, text=True), names)
    assert (names["Task"], names["Tasks"]) == (background.BackgroundTask, BackgroundTasks)


# In the order of the table's columns: where their classes are.
HOMES: list[list[Any]] = [
    [starlette.responses, Jinja2Templates],
    [litestar, litestar.response],
    [ravyn, ravyn.responses, datastructures],
    [ravyn_bg.responses],
]
CLASSES = rows("Response classes")


@pytest.mark.parametrize("kind", CLASSES)
def test_response_classes_take_background(kind: str) -> None:
    for cell, homes in zip(CLASSES[kind], HOMES, strict=True):
        (name,) = quoted(cell)
        if name != "get_template_response":  # which is tried below, as it takes anything
            (found, *_) = [vars(home)[name] for home in homes if name in vars(home)]
            assert "background" in inspect.signature(found).parameters


def test_a_template_runs_its_task(
    make_client: MakeClient, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def answer(request: Request) -> Any:
        task = BackgroundTask(print, "ran")
        template = Jinja2Template(directory=tmp_path)
        return template.get_template_response(request, "page.html", background=task)

    (tmp_path / "page.html").write_text("page")
    assert make_client(on_lilya(answer)).get("/").text == "page"
    assert capsys.readouterr().out == "ran\n"
