"""What type checkers find: the calls of `checks/typing`, with this package and with its peers.

    python -m benchmarks.type_checkers

It prints the tables of `docs/type-checkers.md`, and needs all of the checkers and of the peers.
"""

from __future__ import annotations

import platform
import re
import resource
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from checks.checkers import CHECKERS, FILES, Case, Said, cases, install_wheel, output, pyrefly

SETTINGS = {
    "mypy": "`strict = true`",
    "plugin": '`strict = true`, `plugins = ["ravyn_bg.mypy"]`',
    "pyright": '`typeCheckingMode = "strict"`',
    "basedpyright": "as installed (`recommended`)",
    "ty": "as installed",
    "pyrefly": '`preset = "strict"`',
    "zuban": "as installed (`zuban check`)",
}
NAMES = {name: "mypy with the plugin" if name == "plugin" else name for name in CHECKERS}
OF_EVERYBODY = [name for name in CHECKERS if name != "plugin"]  # which knows this package alone


class Peer(NamedTuple):
    """Where a package has what the calls use, and which calls are for something it has not."""

    name: str
    imports: str
    lacks: str = r"(?!)"
    renamed: tuple[str, str] = ("as_group", "as_group")


# An iterable that is no sequence, and functions in a list, which the others' annotations refuse.
OURS_ALONE = r"continue_on_error|tasks=\(|\[clean, "

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
        OURS_ALONE + r"|func=|add_task|tasks\.tasks|BackgroundTasks\((None)?\)|\[BackgroundTasks\(",
        renamed=("as_group", "run_in_task_group"),
    ),
]

# The calls of a file that imports more than this from `ravyn_bg` are about what only it has.
IMPORT = re.compile(
    r"^from ravyn_bg import BackgroundTask, BackgroundTasks(, JSONResponse)?$", re.MULTILINE
)

# For each call that a package has a part for, the checkers that get it wrong.
Misjudged = dict[Case, frozenset[str]]


def main() -> None:
    with TemporaryDirectory() as temporary:
        python = install_wheel(Path(temporary))
        everything = Path(shutil.copytree(FILES[0].parent, Path(temporary, "everything")))
        for table in (counts(), holes(), pyrefly_presets(everything, python)):
            print(*table, "", sep="\n")
        misjudged = {peer.name: judge(peer, Path(temporary, peer.name), python) for peer in PEERS}
        print(*compared(misjudged), "", *differences(misjudged), "", sep="\n")
        print(*seconds(Path(temporary, "seconds"), python), "", versions(), sep="\n")


def counts() -> Iterator[str]:
    """How many calls each checker judges as it should, by the marks that the tests hold."""
    yield row("", "with", "right calls accepted", "wrong calls flagged")
    yield row("---", "---", "---:", "---:")
    misjudged = {case: case.misjudged_by for case in cases()}
    for name, setting in SETTINGS.items():
        yield row(NAMES[name], setting, *scores(name, misjudged))


def holes() -> Iterator[str]:
    """How many calls each checker misjudges, by what it does not know."""
    found = Counter((case.hole, name) for case in cases() for name in case.misjudged_by)
    yield row("hole", *NAMES.values())
    yield row("---", *["---:"] * len(CHECKERS))
    for hole in dict.fromkeys(case.hole for case in cases() if case.hole):
        yield row(hole, *(str(found[hole, name] or "") for name in CHECKERS))


def pyrefly_presets(directory: Path, python: Path) -> Iterator[str]:
    yield row("pyrefly's preset", "right calls accepted", "wrong calls flagged")
    yield row("---", "---:", "---:")
    for preset in ("basic", "default", "strict"):
        said = {preset: pyrefly(directory, python, preset=preset)}
        yield row(f"`{preset}`", *scores(preset, judged(said, cases())))


def judge(peer: Peer, directory: Path, python: Path) -> Misjudged:
    directory.mkdir()
    for path in FILES:
        if IMPORT.search(text := path.read_text()):
            text = IMPORT.sub(peer.imports, text).replace(*peer.renamed)
            (directory / path.name).write_text(text)
    offered = [
        case
        for case in cases()
        if (directory / case.file).exists() and not re.search(peer.lacks, case.call)
    ]
    return judged({name: CHECKERS[name](directory, python) for name in OF_EVERYBODY}, offered)


def judged(said: dict[str, Iterator[Said]], asked: Iterable[Case]) -> Misjudged:
    flagged = {name: {(each.file, each.line) for each in every} for name, every in said.items()}
    return {
        case: frozenset(
            name
            for name, lines in flagged.items()
            if ((case.file, case.line) in lines) != case.wrong
        )
        for case in asked
    }


def scores(checker: str, misjudged: Misjudged) -> Iterator[str]:
    for wrong in (False, True):
        found = [checker not in by for case, by in misjudged.items() if case.wrong == wrong]
        yield f"{sum(found)} of {len(found)}"


def compared(misjudged: dict[str, Misjudged]) -> Iterator[str]:
    yield row("right calls accepted, wrong calls flagged", *OF_EVERYBODY, "not offered")
    yield row("---", *["---:"] * (len(OF_EVERYBODY) + 1))
    for peer, calls in misjudged.items():
        lacks = len(misjudged["ravyn_bg"]) - len(calls)
        yield row(
            f"`{peer}`", *(", ".join(scores(name, calls)) for name in OF_EVERYBODY), f"{lacks}"
        )


def differences(misjudged: dict[str, Misjudged]) -> Iterator[str]:
    yield row("checkers that get it wrong", "it is", *(f"`{peer}`" for peer in misjudged))
    yield row("---", *["---"] * (len(misjudged) + 1))
    for case, ours in misjudged["ravyn_bg"].items():
        by_peer = [calls.get(case) for calls in misjudged.values()]
        if any(by not in (None, ours) for by in by_peer):
            yield row(f"`{case.call}`", "wrong" if case.wrong else "right", *map(listed, by_peer))


def listed(checkers: frozenset[str] | None) -> str:
    if checkers is None:
        return "not offered"
    if len(checkers) == len(OF_EVERYBODY):
        return "all"
    return ", ".join(name for name in CHECKERS if name in checkers) or "none"


def seconds(directory: Path, python: Path) -> Iterator[str]:
    """What mypy takes for 2,000 plain calls: the best of five, in seconds of the processor."""
    yield row("2,000 calls, checked by mypy", "seconds")
    yield row("---", "---:")
    directory.mkdir()
    calls = "def send(to: str, retries: int = 3) -> None: ...\n"
    calls += 'BackgroundTask(send, "a@b.c", retries=1)\n' * 2000
    for name, imports, plugins in (
        ("`lilya.background`", "from lilya.background import Task as BackgroundTask", ""),
        ("`ravyn_bg`", "from ravyn_bg import BackgroundTask", ""),
        ("`ravyn_bg` with the plugin", "from ravyn_bg import BackgroundTask", "ravyn_bg.mypy"),
    ):
        (directory / "mypy.ini").write_text(f"[mypy]\nstrict = true\nplugins = {plugins}\n")
        taken = []
        for number in range(6):  # the first one fills the cache with what is imported
            (directory / "calls.py").write_text(f"{imports}\n{calls}{'#' * number}\n")
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            output(["mypy", "calls.py"], directory, python)
            taken.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
        yield row(name, f"{min(taken[1:]):.2f}")


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def versions() -> str:
    packages = [*OF_EVERYBODY, "lilya", "ravyn", "starlette", "fastapi", "litestar"]
    names = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{date.today()}: {names}, Python {platform.python_version()}."


if __name__ == "__main__":
    main()
