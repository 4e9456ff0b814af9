"""What does it cost in fresh processes: to import, and to check with mypy?

In processor time, which other work on the machine does not add to.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from benchmarks.packages import OURS
from benchmarks.rounds import Turns, alternate
from benchmarks.table import Row, row

# The first import compiles, which is no part of what the later ones cost.
KEEPS_BYTECODE = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}

IMPORT = """
from time import process_time
start = process_time()
import lilya.apps, {module}
print(process_time() - start)
"""

FUNCTION = "def send(to: str, retries: int = 3) -> None: ...\n"
CALLS = 'BackgroundTask(send, "a@b.c", retries=1)\n' * 2000

numbers = count()


def rows(rounds: int) -> Iterator[Row]:
    modules = {OURS: "ravyn_bg", "Lilya": "lilya.background"}
    imports: Turns = {name: partial(importing, module) for name, module in modules.items()}
    yield row("import beside lilya.apps", anyio.run(alternate, imports, rounds // 2), 1.05)
    ours = "from ravyn_bg import BackgroundTask\n"
    lilyas = "from lilya.background import Task as BackgroundTask\n"
    for what, plugin, bound in (("", "", 1.05), (" with the plugin", "ravyn_bg.mypy", None)):
        with TemporaryDirectory() as folder:
            settings = f"[mypy]\nstrict = true\nplugins = {plugin}\n"
            Path(folder, "mypy.ini").write_text(settings)
            checks: Turns = {OURS: partial(checking, Path(folder, "ours.py"), ours)}
            checks["Lilya"] = partial(checking, Path(folder, "lilyas.py"), lilyas)
            anyio.run(alternate, checks, 1)  # it fills the cache with what is imported
            taken = anyio.run(alternate, checks, max(rounds // 20, 2))
        yield row(f"mypy{what} on 2,000 calls", taken, bound)


async def importing(module: str) -> float:
    command = [sys.executable, "-c", IMPORT.format(module=module)]
    done = await anyio.run_process(command, env=KEEPS_BYTECODE, stderr=None)
    return float(done.stdout)


async def checking(file: Path, imports: str) -> float:
    changed = f"{imports}{FUNCTION}{CALLS}# {next(numbers)}\n"  # or mypy has nothing to do
    await anyio.Path(file).write_text(changed)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "mypy", file.name]
    await anyio.run_process(command, cwd=file.parent, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
