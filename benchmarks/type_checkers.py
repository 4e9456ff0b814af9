"""What do type checkers find, of the calls in `checks/typing`, with this package and its peers?"""

from __future__ import annotations

import platform
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.packages import KNOWN, OURS
from checks.checkers import CHECKERS, FILES, Case, Said, cases, install_wheel, pyrefly

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


# The calls for what a package has not, or refuses, such as functions in a list.
OURS_ALONE = r"continue_on_error|tasks=\(|\[clean, "
NO_GROUP = OURS_ALONE + r"|as_group|\], True"
NO_ADDING = (
    OURS_ALONE + r"|func=|add_task|tasks\.tasks|BackgroundTasks\((None)?\)|\[BackgroundTasks"
)
LACKS = {OURS: r"(?!)", "Lilya": OURS_ALONE, "Ravyn": OURS_ALONE, "Litestar": NO_ADDING}
LACKS |= {"Starlette": NO_GROUP, "FastAPI": NO_GROUP + r"|BackgroundTask\("}

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
        misjudged = {KNOWN[name][0]: judge(name, Path(temporary, name), python) for name in KNOWN}
        print(*compared(misjudged), "", *differences(misjudged), "", sep="\n")
        print(versions())


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


def judge(name: str, directory: Path, python: Path) -> Misjudged:
    directory.mkdir()
    for path in FILES:
        if IMPORT.search(text := path.read_text()):
            text = IMPORT.sub("; ".join(imports(name)), text)
            if group := KNOWN[name][3]:
                text = text.replace("as_group", group)
            (directory / path.name).write_text(text)
    offered = [
        case
        for case in cases()
        if (directory / case.file).exists() and not re.search(LACKS[name], case.call)
    ]
    said = {checker: CHECKERS[checker](directory, python) for checker in OF_EVERYBODY}
    return judged(said, offered)


def imports(name: str) -> Iterator[str]:
    module, task, tasks, _ = KNOWN[name]
    package = module.partition(".")[0]
    response = " import Response" if name == "Litestar" else ".responses import JSONResponse"
    one = f"{module} import {task}" if task else "starlette.background import BackgroundTask"
    yield f"from {one} as BackgroundTask"
    yield f"from {module} import {tasks} as BackgroundTasks"
    yield f"from {package}{response} as JSONResponse"


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


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def versions() -> str:
    packages = [*OF_EVERYBODY, "lilya", "ravyn", "starlette", "fastapi", "litestar"]
    names = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{date.today()}: {names}, Python {platform.python_version()}."
