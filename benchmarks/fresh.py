"""What it costs in fresh processes: to import, and to check with mypy.

In processor time, which other work on the machine does not add to.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
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
import {module}
print(process_time() - start)
"""

CALLS = (
    """
from {module} import {name}

def send_email(to: str, *, retries: int = 1) -> None: ...

tasks = {name}()
"""
    + 'tasks.add_task(send_email, "a@b.c", retries=3)\n' * 1000
)


def rows(rounds: int) -> Iterator[Row]:
    modules = {OURS: "ravyn_bg", "Lilya": "lilya.background"}
    imports: Turns = {name: partial(importing, module) for name, module in modules.items()}
    yield row("import in a fresh process", anyio.run(alternate, imports, rounds), 1.05)

    with TemporaryDirectory() as directory:
        files = {
            OURS: write(directory, "ravyn_bg", "BackgroundTasks"),
            "Lilya": write(directory, "lilya.background", "Tasks"),
        }
        checks: Turns = {name: partial(checking, file) for name, file in files.items()}
        taken = anyio.run(alternate, checks, rounds // 10)
        yield row("mypy on 1,000 calls of add_task", taken, 1.05)


def write(directory: str, module: str, name: str) -> Path:
    file = Path(directory, f"calls_on_{name}.py")
    file.write_text(CALLS.format(module=module, name=name))
    return file


async def importing(module: str) -> float:
    command = [sys.executable, "-c", IMPORT.format(module=module)]
    done = await anyio.run_process(command, env=KEEPS_BYTECODE, stderr=None)
    return float(done.stdout)


async def checking(file: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", "/dev/null", str(file)]
    await anyio.run_process(command, cwd=file.parent, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
