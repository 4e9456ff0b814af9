"""Every checker flags every wrong call in `checks/typing` and passes every right one."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import ravyn_bg
from benchmarks.type_checkers import counts, holes, pyrefly_presets
from checks.checkers import CHECKERS, FILES, ROOT, Said, cases, install_wheel, output

CASES = list(cases())
Answers = dict[str, list[Said]]
PAGE = (ROOT / "docs" / "type-checkers.md").read_text()

# What the checkers call a mistake. Where a function is generic, it is often the type.
TYPE = "(arg|(invalid|bad)-argument)-type|list-item|bad-specialization|func-returns-value"
TYPE += "|call-overload|misc|type-var|report(ArgumentType|CallIssue)"
CALL = f"{TYPE}|call-arg|invalid-param-spec|(missing|unknown)-argument|no-matching-overload"
CALL += "|bad-(argument-count|keyword-argument)|too-many-positional-arguments"
CALL += "|unexpected-(keyword|positional-argument)|parameter-already-assigned"
CALL += "|positional-only-parameter-as-kwarg"
NAME = "attr-defined|missing-attribute|report(AttributeAccessIssue|Unknown.*)"
NO_FUNCTION = f"{TYPE}|operator"  # such as `"None" not callable`
CODES = {"type": TYPE, "called": NO_FUNCTION, "not callable": NO_FUNCTION, "no such name": NAME}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(FILES[0].parent, tmp_path_factory.mktemp("typing") / "cases"))


@pytest.fixture(scope="module")
def said(directory: Path, python: Path) -> Answers:
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda ask: list(ask(directory, python)), CHECKERS.values())
        return dict(zip(CHECKERS, answers, strict=True))


@pytest.mark.parametrize("checker", CHECKERS)
def test_judges_every_call_but_those_of_its_holes(checker: str, said: Answers) -> None:
    flagged = {(each.file, each.line) for each in said[checker]}
    misjudged = {each for each in CASES if ((each.file, each.line) in flagged) != each.wrong}
    assert misjudged == {each for each in CASES if checker in each.misjudged_by}


@pytest.mark.parametrize("checker", CHECKERS)
def test_flags_a_call_only_for_what_is_wrong_with_it(checker: str, said: Answers) -> None:
    codes = {(e.file, e.line): CODES.get(e.why, CALL) if e.wrong else ".*" for e in CASES}
    for each in said[checker]:
        assert re.fullmatch(codes[each.file, each.line], each.code), each


def test_the_page_has_the_figures_of_enough_calls(directory: Path, python: Path) -> None:
    for table in (counts(), holes(), pyrefly_presets(directory, python)):
        assert "\n".join(table) in PAGE
    described = re.findall(r"^- \*\*(.+?)\*\*", PAGE, re.MULTILINE)
    assert sorted(described) == sorted({case.hole for case in CASES} - {""})
    assert min(Counter(case.wrong for case in CASES).values()) >= 70


def test_pyright_knows_the_type_of_every_public_name(python: Path, tmp_path: Path) -> None:
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    command = ["pyright", "--verifytypes", "ravyn_bg", "--ignoreexternal", "--outputjson"]
    completeness = json.loads(output(command, tmp_path, PATH=path))["typeCompleteness"]
    assert completeness["pyTypedPath"].startswith(str(python.parent.parent))
    assert completeness["completenessScore"] == 1


def test_what_runs_has_the_types_that_it_says(python: Path, tmp_path: Path) -> None:
    # The plugin has all of mypy behind it, whose types tell nothing.
    (tmp_path / "mypy.ini").write_text("[mypy]\n[mypy-mypy.*]\nfollow_imports = skip\n")
    command = ["mypy.stubtest", "ravyn_bg", "--concise", "--mypy-config-file=mypy.ini"]
    said = output(command, tmp_path, python)
    names = set(re.findall(r"^ravyn_bg\.(?:[a-z_]+\.)*(\S+)", said, re.MULTILINE))
    public = {each for each in names if each.split(".")[0] in ravyn_bg.__all__}
    # `recursive_repr` hides the name of `self` from type checkers.
    assert public <= {"BackgroundTask.__repr__"}, said
