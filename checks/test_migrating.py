"""The tables of `docs/migrating.md`: `python -m checks.test_migrating` prints them.

The blocks of that page are run by `test_docs`, as those of all pages.
"""

from __future__ import annotations

import inspect
import logging.config
import subprocess
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import partial
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import litestar.response
import pytest
import ravyn
import starlette.responses
from lilya.conf import settings
from lilya.templating.jinja import Jinja2Template
from ravyn.core import datastructures
from starlette.templating import Jinja2Templates

import ravyn_bg.responses
from ravyn_bg import BackgroundTask, BackgroundTasks, background
from tests.reports import reports_kept

EXAMPLES = import_module("examples.migrating")
DOCUMENT = Path(__file__).parent.parent / "docs" / "migrating.md"


def outcome(side: Callable[[], object]) -> str:
    """What is printed and logged, and the exception that is raised, as a cell shows it."""
    raised: list[str] = []
    with redirect_stdout(StringIO()) as printed, reports_kept() as told:
        try:
            side()
        except Exception as error:
            raised = [type(error).__name__]
    settings.infer_body = False  # which `Lilya(infer_body=True)` sets for the whole process
    said = [*printed.getvalue().splitlines(), *told.messages, *raised]
    cell = ", ".join(f"`{each}`" for each in said) or "nothing"
    return cell.replace("examples.migrating.", "shop.")


def rows() -> Iterator[str]:
    for changes in EXAMPLES.CHANGES.values():
        for what, before, after, around in changes:
            sides = outcome(before), outcome(after)
            yield f"| {what} | {sides[0]} | {around.format(sides[1])} |"


def rows_for_everyone(task: Any, tasks: Any) -> Iterator[str]:
    for what, change, around, around_ours in EXAMPLES.FOR_EVERYONE:
        theirs = outcome(partial(change, task, tasks))
        ours = outcome(partial(change, BackgroundTask, BackgroundTasks))
        yield f"| {what} | {around.format(theirs)} | {around_ours.format(ours)} |"


# The classes that take `background=`: what for, and then in the order of the columns.
CLASSES = """
JSON      JSONResponse       Response         JSON                 JSONResponse
text      PlainTextResponse  Response         PlainText            PlainText
HTML      HTMLResponse       Response         HTMLResponse         HTMLResponse
redirect  RedirectResponse   Redirect         Redirect             RedirectResponse
stream    StreamingResponse  Stream           Stream               StreamingResponse
file      FileResponse       File             File                 FileResponse
events    StreamingResponse  ServerSentEvent  EventStreamResponse  EventStreamResponse
template  TemplateResponse   Template         Template             get_template_response
"""
HOMES: list[list[Any]] = [
    [starlette.responses, Jinja2Templates],
    [litestar, litestar.response],
    [ravyn, ravyn.responses, datastructures],
    [ravyn_bg.responses, Jinja2Template],
]


def rows_of_classes() -> Iterator[str]:
    for kind, *names in map(str.split, CLASSES.split("\n")[1:-1]):
        yield f"| {kind} | {' | '.join(f'`{name}`' for name in names)} |"


@pytest.fixture(autouse=True)
def no_app_sets_up_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.config, "dictConfig", lambda config: None)


def missing(rows: Iterator[str]) -> list[str]:
    lines = DOCUMENT.read_text().splitlines()
    return [row for row in rows if row not in lines]


def test_a_change_is_as_its_table_says() -> None:
    assert missing(rows()) == []


@pytest.mark.parametrize("framework", EXAMPLES.FRAMEWORKS.values(), ids=EXAMPLES.FRAMEWORKS)
def test_a_change_for_everyone_is_as_the_table_says(framework: tuple[Any, Any]) -> None:
    assert missing(rows_for_everyone(*framework)) == []


def test_response_classes_take_background() -> None:
    assert missing(rows_of_classes()) == []
    for _, *names in map(str.split, CLASSES.split("\n")[1:-1]):
        for name, homes in zip(names, HOMES, strict=True):
            (found, *_) = [vars(home)[name] for home in homes if name in vars(home)]
            parameters = inspect.signature(found).parameters
            assert "background" in parameters or name == "get_template_response"  # takes anything


COMMAND = "s/from lilya\\.background import/from ravyn_bg.background import/"


def test_the_command_for_lilyas_users() -> None:
    assert f"sed -i '{COMMAND}'" in DOCUMENT.read_text()
    names: dict[str, Any] = {}
    code = "from lilya.background import Task, Tasks"
    exec(subprocess.check_output(["sed", COMMAND], input=code, text=True), names)
    assert (names["Task"], names["Tasks"]) == (background.BackgroundTask, BackgroundTasks)


if __name__ == "__main__":
    logging.config.dictConfig = lambda config: None
    everyone = rows_for_everyone(*EXAMPLES.FRAMEWORKS["Lilya"])
    print(*rows(), *everyone, *rows_of_classes(), sep="\n")
