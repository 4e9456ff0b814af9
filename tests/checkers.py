"""mypy, pyright, ty and pyrefly: what each says about the files in `tests/typing`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FILES = ROOT / "tests" / "typing"

IGNORE_COMMENT = re.compile(r"  # (?:type|pyright): ignore\[[\w, -]+\]")
CASE = re.compile(r"\s*(?P<call>.+?)  # (?P<verdict>right|wrong): (?P<why>.+)")


class Case(NamedTuple):
    """A call in one of the files, and whether a checker has to flag it."""

    file: str
    line: int
    call: str
    wrong: bool
    why: str


class Said(NamedTuple):
    """One complaint of a checker."""

    file: str
    line: int
    code: str


def cases() -> list[Case]:
    return [
        Case(path.name, number, found["call"], found["verdict"] == "wrong", found["why"])
        for path in files()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (found := CASE.fullmatch(IGNORE_COMMENT.sub("", line)))
    ]


def files() -> list[Path]:
    return sorted(path for path in FILES.glob("*.py") if path.name != "__init__.py")


def copy_without_ignores(paths: Iterable[Path], directory: Path) -> None:
    """Copy files in a form in which a checker reports all that it finds."""
    for path in paths:
        (directory / path.name).write_text(IGNORE_COMMENT.sub("", path.read_text()))


def install_wheel(directory: Path) -> Path:
    """Build the wheel, install it into an environment of its own, and return the Python there.

    All else that this Python has is found there too, but for what `.pth` files add: an editable
    `ravyn_bg`, and so the source tree, is not.
    """
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = directory.glob("*.whl")
    venv.create(directory / "environment", symlinks=True)
    python = directory / "environment" / "bin" / "python"
    ask = [str(python), "-c", "import site; print(site.getsitepackages()[0])"]
    packages = Path(subprocess.check_output(ask, text=True).strip())
    with zipfile.ZipFile(wheel) as archive:  # all that an installation of pure Python is
        archive.extractall(packages)
    (packages / "of_the_caller.pth").write_text(sysconfig.get_path("purelib"))
    return python


def mypy(directory: Path, python: Path) -> Iterator[Said]:
    options = ["--strict", "--config-file=", "--no-error-summary", f"--python-executable={python}"]
    cache = f"--cache-dir={python.parent.parent / 'mypy_cache'}"
    said = output(["mypy", *options, cache, "."], directory)
    return matches(r"(?P<file>.+?):(?P<line>\d+): error: .*\[(?P<code>[\w-]+)\]", said)


def pyright(directory: Path, python: Path) -> Iterator[Said]:
    (directory / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    said = output(["pyright", "--outputjson", f"--pythonpath={python}"], directory)
    for each in json.loads(said)["generalDiagnostics"]:
        line = each["range"]["start"]["line"] + 1
        yield Said(Path(each["file"]).name, line, each.get("rule", each["message"]))


def ty(directory: Path, python: Path) -> Iterator[Said]:
    said = output(["ty", "check", "--output-format=concise", f"--python={python}"], directory)
    return matches(r"(?P<file>.+?):(?P<line>\d+):\d+: \w+\[(?P<code>[\w-]+)\] .*", said)


def pyrefly(directory: Path, python: Path) -> Iterator[Said]:
    # All checks but two: a case is a call whose result is not used, and what is revealed is `Any`.
    (directory / "pyrefly.toml").write_text(
        'preset = "all"\n[errors]\nunused-call-result = false\nexplicit-any = false\n'
    )
    options = ["--output-format=min-text", f"--python-interpreter-path={python}"]
    said = output(["pyrefly", "check", *options], directory)
    return matches(r" *[A-Z]+ (?P<file>.+?):(?P<line>\d+):.* \[(?P<code>[\w-]+)\]", said)


CHECKERS: dict[str, Callable[[Path, Path], Iterator[Said]]] = {
    "mypy": mypy,
    "pyright": pyright,
    "ty": ty,
    "pyrefly": pyrefly,
}


def output(command: list[str], directory: Path, **environment: str) -> str:
    """What a checker prints; an error if it could not check."""
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": "", "MYPYPATH": "", **environment},
        capture_output=True,
        text=True,
    )
    if ran.returncode not in (0, 1):
        raise RuntimeError(f"{command[0]} failed:\n{ran.stdout}{ran.stderr}")
    return ran.stdout


def matches(pattern: str, said: str) -> Iterator[Said]:
    for found in re.finditer(f"^{pattern}$", said, re.MULTILINE):
        yield Said(found["file"], int(found["line"]), found["code"])
