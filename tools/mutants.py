"""Change the package in each way that mutmut knows, and hold what no test notices to a list.

`nox -s mutants` runs it; `nox -s mutants -- 'ravyn_bg._naming*'` for one module. It fails if a
change that no test notices is not in `survivors.toml`, if one that is there is noticed, or if, of
all changes, less than 95 % are.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import tomllib

LIST = Path(__file__).with_name("survivors.toml")
NOTICED = {"killed", "timeout", "segfault"}
AT_LEAST = 0.95


class Change(NamedTuple):
    """One line, or some that follow one another, of a function."""

    function: str
    was: str
    becomes: str

    def __str__(self) -> str:
        """As in the list."""
        was, becomes = (f"'''\n{each}\n'''" for each in self[1:])
        where = f"[[survives]]\nin = '{self.function}'"
        return f"{where}\nwas = {was}\nbecomes = {becomes}\nbecause = ''\n"


def main(globs: list[str]) -> int:
    mutmut("run", *globs, printed=True)
    ended = dict(re.findall(r"^ *(\S+): (.+)$", mutmut("results", "--all", "true"), re.M))
    ended = {
        name: how for name, how in ended.items() if any(fnmatch(name, g) for g in globs or ["*"])
    }
    left = [name for name, how in ended.items() if how not in NOTICED]
    survived = Counter(map(change, left))
    functions = {function(name) for name in ended}
    listed = Counter(each for each in of_the_list() if each.function in functions or not globs)

    new, gone = survived - listed, listed - survived
    share = 1 - len(left) / len(ended)
    for each in sorted(new.elements()):
        print(f"\nNo test notices this, and {LIST.name} does not list it:\n\n{each}")
    for each in sorted(gone.elements()):
        print(f"\n{LIST.name} lists this, but a test notices it, or it is there no more:\n\n{each}")
    print(f"{len(ended)} changes, {share:.1%} of them noticed; {Counter(ended.values())}")
    return bool(new or gone or (share < AT_LEAST and not globs))


def change(mutant: str) -> Change:
    lines = mutmut("show", mutant).partition("@@\n")[2].splitlines()
    was, becomes = ([line[1:] for line in lines if line.startswith(sign)] for sign in "-+")
    return Change(function(mutant), *map(without_indent, (was, becomes)))


def function(mutant: str) -> str:
    """`ravyn_bg.background.BackgroundTask.__init__` of `….xǁBackgroundTaskǁ__init____mutmut_3`."""
    module, _, name = mutant.rpartition("__mutmut_")[0].rpartition(".")
    return f"{module}.{name.removeprefix('x_').removeprefix('xǁ').replace('ǁ', '.')}"


def without_indent(lines: list[str]) -> str:
    return "\n".join(line.strip() for line in lines)


def of_the_list() -> Iterator[Change]:
    for each in tomllib.loads(LIST.read_text())["survives"]:
        if not each["because"]:
            raise SystemExit(f"{LIST.name} must say why no test has to notice {each}")
        yield Change(each["in"], each["was"].strip(), each["becomes"].strip())


def mutmut(*arguments: str, printed: bool = False) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    pipe = None if printed else subprocess.PIPE
    return subprocess.run(command, check=True, text=True, stdout=pipe).stdout or ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
