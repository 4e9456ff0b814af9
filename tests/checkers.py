"""The type checkers, and what each says about the cases in `tests/typing`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "tests" / "typing").glob("[!_]*.py"))
CASE = re.compile(
    r"\s*(?P<call>.+?)  # (?P<verdict>right|wrong): (?P<why>[^|]+)"
    r"(?: \| (?P<hole>[^|:]+): (?P<by>.+))?"
)


class Case(NamedTuple):
    """A call, whether a checker has to flag it, and the checkers that are known to misjudge it."""

    file: str
    line: int
    call: str
    wrong: bool
    why: str
    hole: str
    misjudged_by: frozenset[str]


class Said(NamedTuple):
    """One complaint of a checker."""

    file: str
    line: int
    code: str


def cases() -> Iterator[Case]:
    for path in FILES:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if found := CASE.fullmatch(line):
                call, verdict, why, hole, by = found.groups(default="")
                # What is true of pyright is of basedpyright, too, which is made from it.
                names = by.replace("pyright", "pyright, basedpyright").split(", ")
                known = CHECKERS if by == "all" else CHECKERS.keys() & names
                yield Case(path.name, number, call, verdict == "wrong", why, hole, frozenset(known))


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


def mypy(directory: Path, python: Path, *, plugins: str = "") -> Iterator[Said]:
    config = python.with_name(f"mypy{plugins}.ini")
    cache = ROOT / ".mypy_cache" / f"typing{plugins}"
    config.write_text(f"[mypy]\nstrict = true\nplugins = {plugins}\ncache_dir = {cache}\n")
    # By the Python that has the wheel, and in it the plugin.
    said = output(["mypy", f"--config-file={config}", "."], directory, python)
    return matches(r"(?P<file>.+?):(?P<line>\d+): error: .*\[(?P<code>[\w-]+)\]", said)


def pyright(name: str, mode: str, directory: Path, python: Path) -> Iterator[Said]:
    # Without what basedpyright says of the form of the cases: results and parameters left unused.
    off = ["Any", "ExplicitAny", "UnannotatedClassAttribute", "UnusedCallResult", "UnusedParameter"]
    config = directory / f"{name}.json"
    settings = {"typeCheckingMode": mode, **{f"report{each}": False for each in off}}
    config.write_text(json.dumps(settings))
    command = [name, "--outputjson", f"--pythonpath={python}", f"--project={config}"]
    for each in json.loads(output(command, directory))["generalDiagnostics"]:
        line = each["range"]["start"]["line"] + 1
        yield Said(Path(each["file"]).name, line, each.get("rule", each["message"]))


def ty(directory: Path, python: Path) -> Iterator[Said]:
    said = output(["ty", "check", "--output-format=concise", f"--python={python}"], directory)
    return matches(r"(?P<file>.+?):(?P<line>\d+):\d+: \w+\[(?P<code>[\w-]+)\] .*", said)


def pyrefly(directory: Path, python: Path, *, preset: str = "strict") -> Iterator[Said]:
    options = ["--output-format=min-text", f"--python-interpreter-path={python}"]
    said = output(["pyrefly", "check", f"--preset={preset}", *options], directory)
    return matches(r" *[A-Z]+ (?P<file>.+?):(?P<line>\d+):.* \[(?P<code>[\w-]+)\]", said)


def zuban(directory: Path, python: Path) -> Iterator[Said]:
    said = output(["zuban", "check", f"--python-executable={python}"], directory)
    return matches(r"(?P<file>.+?):(?P<line>\d+): error: .*\[(?P<code>[\w-]+)\]", said)


CHECKERS: dict[str, Callable[[Path, Path], Iterator[Said]]] = {
    "mypy": mypy,
    "plugin": partial(mypy, plugins="ravyn_bg.mypy"),
    "pyright": partial(pyright, "pyright", "strict"),
    "basedpyright": partial(pyright, "basedpyright", "recommended"),
    "ty": ty,
    "pyrefly": pyrefly,
    "zuban": zuban,
}


def output(
    command: list[str], directory: Path, python: Path | None = None, **environment: str
) -> str:
    """What a checker prints; an error if it could not check."""
    start = [str(python or sys.executable), "-m"]
    if command[0] == "zuban":  # no module
        start, command[0] = [], str(Path(sysconfig.get_path("scripts"), "zuban"))
    ran = subprocess.run(
        [*start, *command],
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
