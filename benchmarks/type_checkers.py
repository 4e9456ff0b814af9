"""What type checkers find: the calls of `tests/typing`, with this package and with its peers.

    python -m benchmarks.type_checkers

It prints Markdown, and needs the four checkers and all of the peers.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Collection, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.checkers import CHECKERS, Case, cases, copy_without_ignores, files, install_wheel


class Peer(NamedTuple):
    """Where a package has what the calls use, and which calls are for something it has not."""

    name: str
    imports: str
    lacks: str = r"(?!)"
    renamed: tuple[str, str] = ("as_group", "as_group")


# An iterable that is no sequence; and `func` by keyword, which is right there.
OURS_ALONE = r"continue_on_error|tasks=\(|\(func="

PEERS = [
    Peer("ravyn_bg", "from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse"),
    Peer(
        "lilya.background",
        "from lilya.background import Task as BackgroundTask, Tasks as BackgroundTasks; "
        "from lilya.responses import JSONResponse",
        OURS_ALONE,
    ),
    Peer(
        "ravyn",
        "from ravyn import BackgroundTask, BackgroundTasks; "
        "from ravyn.responses import JSONResponse",
        OURS_ALONE,
    ),
    Peer(
        "starlette.background",
        "from starlette.background import BackgroundTask, BackgroundTasks; "
        "from starlette.responses import JSONResponse",
        OURS_ALONE + r"|as_group|\], True",
    ),
    Peer(
        "fastapi",
        "from fastapi import BackgroundTasks; from fastapi.responses import JSONResponse; "
        "from starlette.background import BackgroundTask",
        OURS_ALONE + r"|as_group|\], True|BackgroundTask\(",
    ),
    Peer(
        "litestar.background_tasks",
        "from litestar.background_tasks import BackgroundTask, BackgroundTasks; "
        "from litestar import Response as JSONResponse",
        OURS_ALONE + r"|add_task|tasks\.tasks|BackgroundTasks\((None)?\)|\[BackgroundTasks\(",
        renamed=("as_group", "run_in_task_group"),
    ),
]

# The calls of a file that imports more than this from `ravyn_bg` are about what only it has.
IMPORT = re.compile(
    r"^from ravyn_bg import BackgroundTask, BackgroundTasks(, JSONResponse)?$", re.MULTILINE
)

# For each call that a peer has a part for, the checkers that get it wrong.
Misjudged = dict[Case, set[str]]


def main() -> None:
    made_with = versions()
    shared = [path for path in files() if IMPORT.search(path.read_text())]
    calls = [case for case in cases() if case.file in {path.name for path in shared}]
    misjudged: dict[str, Misjudged] = {}
    with TemporaryDirectory() as directory:
        python = install_wheel(Path(directory))
        for peer in PEERS:
            place = Path(directory, peer.name)
            place.mkdir()
            copy_without_ignores(shared, place)
            for path in place.iterdir():
                path.write_text(IMPORT.sub(peer.imports, path.read_text()).replace(*peer.renamed))
            misjudged[peer.name] = judge(peer, calls, place, python)
    print(*summary(calls, misjudged), "", *differences(calls, misjudged), "", made_with, sep="\n")


def judge(peer: Peer, calls: list[Case], directory: Path, python: Path) -> Misjudged:
    misjudged: Misjudged = {call: set() for call in calls if not re.search(peer.lacks, call.call)}
    for name, ask in CHECKERS.items():
        flagged = {(each.file, each.line) for each in ask(directory, python)}
        for call, by in misjudged.items():
            if call.wrong != ((call.file, call.line) in flagged):
                by.add(name)
    return misjudged


def summary(calls: list[Case], misjudged: dict[str, Misjudged]) -> Iterator[str]:
    yield table_row("right calls accepted, wrong calls flagged", [*CHECKERS, "not offered"])
    yield table_row("---", ["---:"] * (len(CHECKERS) + 1))
    for peer, judged in misjudged.items():
        right = [by for call, by in judged.items() if not call.wrong]
        wrong = [by for call, by in judged.items() if call.wrong]
        scores = [f"{score(name, right)}, {score(name, wrong)}" for name in CHECKERS]
        yield table_row(f"`{peer}`", [*scores, str(len(calls) - len(judged))])


def score(checker: str, calls: list[set[str]]) -> str:
    return f"{sum(checker not in by for by in calls)} of {len(calls)}"


def differences(calls: list[Case], misjudged: dict[str, Misjudged]) -> Iterator[str]:
    yield table_row("checkers that get it wrong", ["it is", *(f"`{peer}`" for peer in misjudged)])
    yield table_row("---", ["---"] * (len(misjudged) + 1))
    for call in calls:
        by_peer = [judged.get(call) for judged in misjudged.values()]
        if any(by not in (None, by_peer[0]) for by in by_peer):
            verdict = "wrong" if call.wrong else "right"
            yield table_row(f"`{call.call}`", [verdict, *map(listed, by_peer)])


def listed(checkers: set[str] | None) -> str:
    if checkers is None:
        return "not offered"
    if len(checkers) == len(CHECKERS):
        return "all"
    return ", ".join(name for name in CHECKERS if name in checkers) or "none"


def table_row(head: str, cells: Collection[str]) -> str:
    return f"| {head} | {' | '.join(cells)} |"


def versions() -> str:
    packages = [*CHECKERS, "lilya", "ravyn", "starlette", "fastapi", "litestar"]
    names = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{date.today()}: {names}, Python {platform.python_version()}."


if __name__ == "__main__":
    main()
