"""The type checkers, and what each says about the cases in `checks/typing`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "checks" / "typing").glob("[!_]*.py"))
CASE = re.compile(r"\s*(.+?)  # (right|wrong): ([^|]+)(?: \| ([^|:]+): (.+))?")
# `file:line`, and in brackets the kind of mistake: first in what ty says, last in what others do.
COMPLAINT = re.compile(r"^ *[A-Z]* ?(\w+\.py):(\d+):(?:\d+: \w+\[(\S+)\] .*|.* \[(\S+)\])$", re.M)


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
    venv.create(directory / "environment", symlinks=True)
    (wheel,), (packages,) = directory.glob("*.whl"), directory.glob("*/lib/*/site-packages")
    shutil.unpack_archive(wheel, packages, "zip")  # all that an installation of pure Python is
    (packages / "of_the_caller.pth").write_text(sysconfig.get_path("purelib"))
    return directory / "environment" / "bin" / "python"


def mypy(directory: Path, python: Path, *, plugins: str = "") -> Iterator[Said]:
    cache = ROOT / ".mypy_cache" / f"typing{plugins}"
    config = f"[mypy]\nstrict = true\nplugins = {plugins}\ncache_dir = {cache}\n"
    (directory / f"strict{plugins}.ini").write_text(config)
    # By the Python that has the wheel, and in it the plugin.
    return by_line(f"mypy --config-file=strict{plugins}.ini .", directory, python, python)


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


def pyrefly(directory: Path, python: Path, *, preset: str = "strict") -> Iterator[Said]:
    options = f"--preset={preset} --output-format=min-text --python-interpreter-path={{}}"
    return by_line(f"pyrefly check {options}", directory, python)


def by_line(command: str, directory: Path, python: Path, *by: Path) -> Iterator[Said]:
    options = [each.format(python) for each in command.split()]
    for file, line, *code in COMPLAINT.findall(output(options, directory, *by)):
        yield Said(file, int(line), "".join(code))


CHECKERS: dict[str, Callable[[Path, Path], Iterator[Said]]] = {
    "mypy": mypy,
    "plugin": partial(mypy, plugins="ravyn_bg.mypy"),
    "pyright": partial(pyright, "pyright", "strict"),
    "basedpyright": partial(pyright, "basedpyright", "recommended"),
    "ty": partial(by_line, "ty check --output-format=concise --python={}"),
    "pyrefly": pyrefly,
    "zuban": partial(by_line, "zuban check --python-executable={}"),
}


def strict_mypy(directory: Path, *files: str, cache: str, **environment: str) -> str:
    options = ["--strict", "--config-file=", f"--cache-dir={ROOT / '.mypy_cache' / cache}"]
    return output(["mypy", *options, *files], directory, None, **environment)


def output(
    command: list[str], directory: Path, python: Path | None = None, **environment: str
) -> str:
    """What a checker prints; an error if it could not check."""
    name, *options = command
    start = [python, "-m", name] if python else [Path(sysconfig.get_path("scripts"), name)]
    env = {**os.environ, "PYTHONPATH": "", "MYPYPATH": "", **environment}
    ran = subprocess.run([*start, *options], cwd=directory, env=env, capture_output=True, text=True)
    if ran.returncode not in (0, 1):
        raise RuntimeError(f"{name} failed:\n{ran.stdout}{ran.stderr}")
    return ran.stdout
