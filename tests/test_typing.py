"""Every checker flags every wrong call in `tests/typing` and passes every right one."""

from __future__ import annotations

import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import ravyn_bg
from benchmarks.type_checkers import counts, holes, pyrefly_presets
from tests.checkers import CHECKERS, FILES, ROOT, Said, cases, install_wheel, output

CASES = list(cases())
PAGE = (ROOT / "docs" / "type-checkers.md").read_text()

TYPE = "arg-type|list-item|reportArgumentType|invalid-argument-type|bad-argument-type"
CALL = f"{TYPE}|call-arg|reportCallIssue|missing-argument|bad-argument-count|invalid-param-spec"
MANY = "too-many-positional-arguments|unexpected-positional-argument"
NAME = "misc|unknown-argument|unexpected-keyword"

# What the checkers call each kind of mistake. Where a function is generic, it is often the type.
CODES = {
    "type": f"{TYPE}|bad-specialization|call-overload",
    "called": f"{TYPE}|reportCallIssue|func-returns-value|call-overload",
    "not callable": f"{TYPE}|reportCallIssue",
    "no function": CALL,
    "missing": f"{CALL}|misc",
    "too many": f"{CALL}|{MANY}|misc",
    "unknown keyword": f"{CALL}|{NAME}",
    "positional by keyword": f"{CALL}|{NAME}|positional-only-parameter-as-kwarg",
    "twice": f"{CALL}|misc|parameter-already-assigned|bad-keyword-argument",
    "no overload": f"{CALL}|{MANY}|{NAME}|call-overload",
    "no handler": f"{CALL}|call-overload|func-returns-value|no-matching-overload",
    "no such name": "attr-defined|missing-attribute|report(AttributeAccessIssue|Unknown.*)",
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(FILES[0].parent, tmp_path_factory.mktemp("typing") / "cases"))


@pytest.fixture(scope="module")
def said(directory: Path, python: Path) -> dict[str, list[Said]]:
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda ask: list(ask(directory, python)), CHECKERS.values())
        return dict(zip(CHECKERS, answers, strict=True))


@pytest.mark.parametrize("checker", CHECKERS)
def test_judges_every_call_but_those_of_its_holes(
    checker: str, said: dict[str, list[Said]]
) -> None:
    flagged = {(each.file, each.line) for each in said[checker]}
    misjudged = {each.call for each in CASES if ((each.file, each.line) in flagged) != each.wrong}
    assert misjudged == {each.call for each in CASES if checker in each.misjudged_by}


@pytest.mark.parametrize("checker", CHECKERS)
def test_flags_a_call_for_what_is_wrong_with_it_and_nothing_else(
    checker: str, said: dict[str, list[Said]]
) -> None:
    why = {(each.file, each.line): each.why if each.wrong else None for each in CASES}
    for each in said[checker]:
        kind = why[each.file, each.line]
        assert kind is None or re.fullmatch(CODES[kind], each.code), (each, kind)


def test_the_page_has_the_figures(directory: Path, python: Path) -> None:
    for table in (counts(), holes(), pyrefly_presets(directory, python)):
        assert "\n".join(table) in PAGE
    described = re.findall(r"^- \*\*(.+?)\*\*", PAGE, re.MULTILINE)
    assert sorted(described) == sorted({case.hole for case in CASES} - {""})


def test_has_enough_calls_and_each_once() -> None:
    calls = [case.call for case in CASES]
    assert sorted(set(calls)) == sorted(calls)
    assert sum(not case.wrong for case in CASES) >= 70
    assert sum(case.wrong for case in CASES) >= 70


PARTIALS = """
from functools import partial
from ravyn_bg import BackgroundTask
def send(to: str, retries: int = 3) -> None: ...
kept = partial(send, "a@b.c")
kept("1"); kept(1, 2); kept(retry=1)
BackgroundTask(kept, "1"); BackgroundTask(kept, 1, 2); BackgroundTask(kept, retry=1)
"""


@pytest.mark.parametrize("missing", ["checker", "nodes", "types", ""])
def test_the_plugin_says_what_mypy_says_of_a_call_of_the_partial(
    missing: str, python: Path, tmp_path: Path
) -> None:
    """And nothing more than mypy if this part of mypy is not as it should be."""
    (tmp_path / "kept.py").write_text(f"{PARTIALS}# {missing}")
    cache = python.with_name("cache")
    (tmp_path / "mypy.ini").write_text(f"[mypy]\nplugins = ravyn_bg.mypy\ncache_dir = {cache}\n")
    code = "import ravyn_bg.mypy as plugin\nfrom mypy import main\n"
    code += f"plugin.{missing} = None\n" if missing else ""
    (tmp_path / "run.py").write_text(f"{code}main.main(args=['kept.py'], clean_exit=True)")
    said = re.findall(r"error: (.+)", output(["run"], tmp_path, python))
    assert len(said) == 3 if missing else said[:3] == said[3:]


def test_pyright_knows_the_type_of_every_public_name(python: Path, tmp_path: Path) -> None:
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    command = ["pyright", "--verifytypes", "ravyn_bg", "--ignoreexternal", "--outputjson"]
    completeness = json.loads(output(command, tmp_path, PATH=path))["typeCompleteness"]
    assert completeness["pyTypedPath"].startswith(str(python.parent.parent))
    assert completeness["completenessScore"] == 1


def test_what_runs_has_the_types_that_it_says(python: Path, tmp_path: Path) -> None:
    said = output(["mypy.stubtest", "ravyn_bg", "--concise"], tmp_path, python)
    names = set(re.findall(r"^ravyn_bg\.(?:[a-z_]+\.)*(\S+)", said, re.MULTILINE))
    public = {each for each in names if each.split(".")[0] in ravyn_bg.__all__}
    # At run time, `func` may be given by name.
    assert public == {"BackgroundTask.__init__", "BackgroundTasks.add_task"}, said
