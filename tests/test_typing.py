"""Every checker flags every wrong call in `tests/typing` and passes every right one."""

from __future__ import annotations

import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.checkers import (
    CHECKERS,
    FILES,
    Said,
    cases,
    copy_without_ignores,
    files,
    install_wheel,
    output,
)

CASES = cases()


class Hole(NamedTuple):
    """What a checker itself gets wrong, whoever's class it is, and where that has been reported."""

    checker: str
    what: str
    issue: str
    calls: set[str]


HOLES = [
    Hole(
        "mypy",
        "does not hold what is left of a `partial` to a `ParamSpec`",
        "python/mypy#17461",
        {
            'BackgroundTask(partial(send, "a@b.c"), "3")',
            'BackgroundTasks(tasks=[BackgroundTask(partial(ping, "http://b.c"))])',
            'tasks.add_task(partial(send, "a@b.c"), 1, 2)',
            'tasks.add_task(partial(send, "a@b.c"), retry=1)',
            'tasks.add_task(partial(ping, "http://b.c"), timeout="1")',
        },
    ),
    Hole(
        "mypy",
        "does not look at `__init__` behind a variable of type `type[C]`",
        "python/mypy#1831",
        {"tasks.add_task(kind, path=1)"},
    ),
    Hole(
        "mypy",
        "flags a `lambda` with a default value",
        "python/mypy#12557",
        {"tasks.add_task(lambda to=to: send(to))"},
    ),
    Hole(
        "pyright",
        "takes the default value of a `lambda` for unknown where a `ParamSpec` is expected",
        "microsoft/pyright#6558",
        {"tasks.add_task(lambda to=to: send(to))"},
    ),
    Hole(
        "pyright",
        "lets the `None` of a function that returns nothing be used",
        "microsoft/pyright#10767",
        {'JSONResponse({"status": "sent"}, background=send("a@b.c"))'},
    ),
    Hole(
        "ty",
        "does not know `TypeVarTuple` yet",
        "astral-sh/ty#156",
        {
            'BackgroundTask(call, pair, "a")',
            'BackgroundTasks(tasks=[BackgroundTask(call, pair, "a", "1")])',
            'tasks.add_task(call, pair, "a", 1, 2)',
        },
    ),
    Hole(
        "ty",
        "lets `**kwargs: Unpack[TypedDict]` take keywords that the `TypedDict` has not",
        "astral-sh/ty#4212",
        {'BackgroundTasks(tasks=[BackgroundTask(deliver, "a", retries=1, at=2)])'},
    ),
    Hole(
        "ty",
        "lets the `None` of a function that returns nothing be used",
        "microsoft/pyright#10767",  # none of its own, but the reasons are the same
        {'JSONResponse({"status": "sent"}, background=send("a@b.c"))'},
    ),
    Hole(
        "pyrefly",
        "does not hold arguments to an overloaded function behind a `ParamSpec`",
        "facebook/pyrefly#2355",
        {
            "BackgroundTask(store)",
            "BackgroundTask(store, 1)",
            'BackgroundTasks(tasks=[BackgroundTask(store, "a", table="users")])',
            "tasks.add_task(store, None)",
            "tasks.add_task(store, 1, table=2)",
            "BackgroundTask(cache.drop, 1)",
            "BackgroundTasks(tasks=[BackgroundTask(cache.drop, 1, 9, 10)])",
            'tasks.add_task(cache.drop, "a", 9)',
            'BackgroundTask(print, "sent", flsh=True)',
        },
    ),
    Hole(
        "pyrefly",
        "does not hold arguments to a `lambda` behind a `ParamSpec`",
        "facebook/pyrefly#1687",
        {
            'BackgroundTask(lambda: send("a@b.c"), "c@d.e")',
            'tasks.add_task(lambda: ping("http://b.c", 1.0), timeout=2.0)',
        },
    ),
    Hole(
        "pyrefly",
        "lets the `None` of a function that returns nothing be used",
        "microsoft/pyright#10767",  # none of its own, but the reasons are the same
        {'JSONResponse({"status": "sent"}, background=send("a@b.c"))'},
    ),
]

TYPE = {"reportArgumentType", "invalid-argument-type", "bad-argument-type"}
MISSING = {"reportCallIssue", "missing-argument", "bad-argument-count"}

# What pyright, ty and pyrefly call each kind of mistake.
CODES = {
    "type": TYPE | {"bad-specialization"},
    "type by keyword": TYPE,
    "None": TYPE,
    "arguments of a function": TYPE,
    "no task": TYPE,
    "no tasks": TYPE,
    "no flag": TYPE,
    "no background": TYPE,
    "called": TYPE | {"reportCallIssue"},
    "not callable": TYPE | {"reportCallIssue"},
    "missing": MISSING,
    "no function": MISSING,
    "too many": MISSING | {"too-many-positional-arguments", "unexpected-positional-argument"},
    "unknown keyword": {"reportCallIssue", "unknown-argument", "unexpected-keyword"},
    "positional by keyword": {
        "reportCallIssue",
        "positional-only-parameter-as-kwarg",
        "unexpected-keyword",
    },
    "twice": {"reportCallIssue", "parameter-already-assigned", "bad-keyword-argument"},
    "no overload": TYPE | MISSING | {"too-many-positional-arguments", "unknown-argument"},
    "no handler": {"reportCallIssue", "reportArgumentType", "no-matching-overload"},
    "no such name": {
        "reportAttributeAccessIssue",
        "reportUnknownArgumentType",
        "reportUnknownMemberType",
        "missing-attribute",
    },
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def said(python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Said]]:
    directory = tmp_path_factory.mktemp("files")
    copy_without_ignores(files(), directory)
    return ask_all(directory, python)


@pytest.fixture(scope="module")
def said_without_paramspec(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Said]]:
    python = install_wheel(tmp_path_factory.mktemp("patched"))
    (background,) = python.parent.parent.rglob("ravyn_bg/background.py")
    before, add_task, after = background.read_text().partition("def add_task(")
    after = re.sub(r"Callable\[P, \w+\]", "Callable[..., object]", after, count=1)
    after = re.sub(r"(\*\*?\w+): P\.\w+", r"\1: Any", after, count=2)
    background.write_text(before + add_task + after)
    directory = tmp_path_factory.mktemp("functions")
    copy_without_ignores([FILES / "functions.py"], directory)
    return ask_all(directory, python)


def ask_all(directory: Path, python: Path) -> dict[str, list[Said]]:
    with ThreadPoolExecutor() as pool:
        answers = {
            name: pool.submit(list, ask(directory, python)) for name, ask in CHECKERS.items()
        }
    return {name: answer.result() for name, answer in answers.items()}


def flagged(said: list[Said]) -> set[str]:
    lines = {(each.file, each.line) for each in said}
    return {case.call for case in CASES if (case.file, case.line) in lines}


@pytest.mark.parametrize("checker", CHECKERS)
def test_flags_the_wrong_calls_and_passes_the_right_ones(
    checker: str, said: dict[str, list[Said]]
) -> None:
    misjudged = flagged(said[checker]) ^ {case.call for case in CASES if case.wrong}
    assert misjudged == {call for hole in HOLES if hole.checker == checker for call in hole.calls}


@pytest.mark.parametrize("checker", CHECKERS)
def test_says_nothing_of_the_lines_that_are_no_case(
    checker: str, said: dict[str, list[Said]]
) -> None:
    lines = {(case.file, case.line) for case in CASES}
    assert [each for each in said[checker] if (each.file, each.line) not in lines] == []


@pytest.mark.parametrize("checker", ["pyright", "ty", "pyrefly"])
def test_flags_a_call_for_what_is_wrong_with_it(checker: str, said: dict[str, list[Said]]) -> None:
    kinds = {(case.file, case.line): case.why for case in CASES if case.wrong}
    for each in said[checker]:
        kind = kinds.get((each.file, each.line))
        assert kind is None or each.code in CODES[kind], (each, kind)


def test_mypy_finds_what_its_comments_say_and_no_more(python: Path, tmp_path: Path) -> None:
    for path in files():
        shutil.copy(path, tmp_path)
    assert list(CHECKERS["mypy"](tmp_path, python)) == []


def test_pyright_knows_the_type_of_every_public_name(python: Path, tmp_path: Path) -> None:
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    command = ["pyright", "--verifytypes", "ravyn_bg", "--ignoreexternal", "--outputjson"]
    completeness = json.loads(output(command, tmp_path, PATH=path))["typeCompleteness"]
    assert completeness["pyTypedPath"].startswith(str(python.parent.parent))
    assert completeness["completenessScore"] == 1


@pytest.mark.parametrize("checker", CHECKERS)
def test_misses_wrong_calls_of_an_add_task_without_paramspec(
    checker: str, said_without_paramspec: dict[str, list[Said]]
) -> None:
    missed = {case.call for case in CASES if case.wrong and case.file == "functions.py"} - flagged(
        said_without_paramspec[checker]
    )
    assert "tasks.add_task(ping)" in missed
    assert 'tasks.add_task(send, "a@b.c", retries=5)' not in missed


def test_has_enough_calls_and_each_once() -> None:
    calls = [case.call for case in CASES]
    assert sorted(set(calls)) == sorted(calls)
    assert sum(not case.wrong for case in CASES) >= 70
    assert sum(case.wrong for case in CASES) >= 70
