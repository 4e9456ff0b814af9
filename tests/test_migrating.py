"""Both sides of every block and of every table row of `docs/migrating.md`, as the document says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

from ravyn_bg import BackgroundTask, BackgroundTasks
from tests.checkers import output
from tests.conftest import MakeClient
from tests.migrating import (
    everyone,
    from_fastapi,
    from_lilya,
    from_litestar,
    from_ravyn,
    from_starlette,
)
from tests.migrating.response_classes import COLUMNS

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
_, *PARTS = re.split(r"^## (.*)$", DOCUMENT, flags=re.M)
SECTIONS = dict(zip(PARTS[::2], PARTS[1::2], strict=True))

BLOCKS = [
    (section.lower().replace(" ", "_") + str(number), block)
    for section, content in SECTIONS.items()
    for number, block in enumerate(re.findall(r"^```diff\n(.*?)^```$", content, re.M | re.S), 1)
]


def side_of(block: str, dropped: str) -> str:
    kept = [line for line in block.splitlines() if not line.startswith(dropped)]
    return "".join(f"{line[1:]}\n" for line in kept)


SIDES = {
    f"{name}_{side}": side_of(block, dropped)
    for name, block in BLOCKS
    for side, dropped in (("before", "+"), ("after", "-"))
}


@pytest.fixture(autouse=True)
def logging_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Litestar and Ravyn set up the root logger for each app, and would for all other tests."""
    monkeypatch.setattr("logging.config.dictConfig", lambda config: None)


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
    options = ["--strict", "--config-file=", f"--cache-dir={ROOT / '.mypy_cache' / 'docs'}"]
    said = output(["mypy", *options, *(f"{name}.py" for name in SIDES)], folder)
    assert said == f"Success: no issues found in {len(SIDES)} source files\n"


def rows(section: str) -> dict[str, list[str]]:
    """The rows of a section's table: the cells of each by what its first cell says."""
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in SECTIONS[section].splitlines()
        if line.startswith("| ")
    ]
    return {first: others for first, *others in cells[2:]}


def quoted(cell: str) -> list[str]:
    """The outcome that a cell quotes; what follows its colon is a remark."""
    return re.findall(r"`(.+?)`", cell.partition(":")[0])


def outcome(side: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What is printed, and the exception that is raised."""
    raised = []
    try:
        side()
    except Exception as error:
        raised.append(type(error).__name__)
    return capsys.readouterr().out.splitlines() + raised


Side = Callable[[MakeClient], None]
CHANGES: Mapping[str, Mapping[str, tuple[Side, Side]]] = {
    "From FastAPI": from_fastapi.CHANGES,
    "From Starlette": from_starlette.CHANGES,
    "From Litestar": from_litestar.CHANGES,
    "From Ravyn": from_ravyn.CHANGES,
    "From Lilya": from_lilya.CHANGES,
}


@pytest.mark.parametrize(
    ("section", "change"),
    [
        (section, change)
        for section in SECTIONS
        if section.startswith("From ")
        for change in rows(section)
    ],
)
def test_change_is_as_the_table_says(
    section: str, change: str, make_client: MakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = CHANGES[section][change]
    assert [
        outcome(partial(before, make_client), capsys),
        outcome(partial(after, make_client), capsys),
    ] == [quoted(cell) for cell in rows(section)[change]]


@pytest.mark.parametrize(
    ("kind", "column"),
    [(kind, column) for kind in rows("Response classes") for column in range(len(COLUMNS))],
)
def test_response_class_runs_its_task(
    kind: str, column: int, make_client: MakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    serve, classes = COLUMNS[column]
    (cell,) = quoted(rows("Response classes")[kind][column])
    assert cell in classes[kind].__code__.co_names
    assert make_client(serve(classes[kind]), follow_redirects=False).get("/").status_code < 400
    assert capsys.readouterr().out.splitlines() == ["ran"]


@pytest.mark.parametrize("framework", everyone.FRAMEWORKS)
@pytest.mark.parametrize("change", rows("What changes for everyone"))
def test_change_for_everyone_is_as_the_table_says(
    framework: str,
    change: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    before, after = everyone.CHANGES[change]
    theirs = (*everyone.FRAMEWORKS[framework], caplog)
    ours = (BackgroundTask, BackgroundTasks, caplog)
    assert [
        outcome(partial(before, *theirs), capsys),
        outcome(partial(after, *ours), capsys),
    ] == [quoted(cell) for cell in rows("What changes for everyone")[change]]
