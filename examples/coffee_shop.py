"""A coffee shop that hands out the receipt first: background tasks under a real server, timed.

python examples/coffee_shop.py [--svg FILE]

Needs lilya, palfrey and mypy. Exits with 1 if a task did not run or ran before its response, if a
client was kept waiting for the tasks, or if mypy missed a wrong call.
"""

from __future__ import annotations

import asyncio
import faulthandler
import re
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

from lilya.apps import Lilya
from stopwatch import noted, serving
from timeline import TimeLine, Visit, as_svg, as_text

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, with_background

app = Lilya()


def count_guest() -> None:
    with noted("count guest"):
        time.sleep(0.12)


def grind_beans(grams: int) -> None:
    with noted("grind beans"):
        time.sleep(grams * 0.005)


async def steam_milk(millilitres: int, *, foam: bool = False) -> None:
    with noted("steam milk"):
        await asyncio.sleep(0.14 if foam else 0.1)
        if millilitres > 300:
            raise ValueError("the jug holds 300 ml")


def clean_machine() -> None:
    with noted("clean machine"):
        time.sleep(0.06)


def update_inventory(drink: str) -> None:
    with noted("update inventory"):
        time.sleep(0.08)


@app.get("/menu")
@with_background(BackgroundTask(count_guest))
async def menu() -> dict[str, str]:
    return {"latte": "3.50", "flat white": "3.20", "cappuccino": "3.40"}


@app.post("/latte")
@with_background
async def latte(background_tasks: BackgroundTasks) -> JSONResponse:
    await write_receipt()
    background_tasks.add_task(grind_beans, 18)
    background_tasks.add_task(steam_milk, 200, foam=True)
    background_tasks.add_task(clean_machine)
    background_tasks.add_task(update_inventory, "latte")
    return JSONResponse({"receipt": "latte"}, status_code=201)


@app.post("/flat-white")
async def flat_white() -> JSONResponse:
    await write_receipt()
    tasks = [
        BackgroundTask(grind_beans, 18),
        BackgroundTask(steam_milk, 150),
        BackgroundTask(clean_machine),
        BackgroundTask(update_inventory, "flat white"),
    ]
    return JSONResponse(
        {"receipt": "flat white"},
        status_code=201,
        background=BackgroundTasks(tasks, as_group=True),
    )


@app.post("/cappuccino")
async def cappuccino() -> JSONResponse:
    await write_receipt()
    tasks = BackgroundTasks(continue_on_error=True)
    tasks.add_task(grind_beans, 18)
    tasks.add_task(steam_milk, 1500, foam=True)
    tasks.add_task(clean_machine)
    tasks.add_task(update_inventory, "cappuccino")
    return JSONResponse({"receipt": "cappuccino"}, status_code=201, background=tasks)


async def write_receipt() -> None:
    await asyncio.sleep(0.04)


COFFEE = ("grind beans", "steam milk", "clean machine", "update inventory")
VISITS = [
    Visit("GET", "/menu", "one task", ("count guest",)),
    Visit("POST", "/latte", "in order", COFFEE),
    Visit("POST", "/flat-white", "as a group", COFFEE),
    Visit("POST", "/cappuccino", "a failure under continue_on_error", COFFEE),
]

CODE = """\
from ravyn_bg import BackgroundTask, BackgroundTasks

def grind_beans(grams: int) -> None: ...
async def steam_milk(millilitres: int, *, foam: bool = False) -> None: ...

tasks = BackgroundTasks()
"""
WRONG_CALLS = [
    'BackgroundTask(grind_beans, "18 grams")',
    "BackgroundTask(steam_milk, 200, form=True)",
    "tasks.add_task(grind_beans)",
]


def main() -> int:
    options = ArgumentParser(description="Background tasks under a real server, timed.")
    options.add_argument("--svg", metavar="FILE", type=Path, help="draw the time lines here, too")
    picture: Path | None = options.parse_args().svg
    faulthandler.dump_traceback_later(20, exit=True)

    with serving(app) as shop:
        print(f"Lilya under Palfrey on http://127.0.0.1:{shop.port}\n")
        shop.visit(VISITS[0])  # what the first request loads is on nobody's time line
        lines = [shop.visit(visit) for visit in VISITS]
    print(as_text(lines))
    if picture:
        picture.write_text(as_svg(lines[1:]), encoding="utf-8")  # a single task needs no picture
    problems = [problem for line in lines for problem in wrong_in(line)]

    print("\nThree wrong calls, and what mypy says before anything runs:\n")
    for call, errors in zip(WRONG_CALLS, mypy_errors(), strict=True):
        print(f"  {call}", *errors, sep="\n    ")
        if not errors:
            problems.append(f"mypy missed {call}")

    if problems:
        print("\nWrong:", *problems, sep="\n  ")
        return 1
    print("\nEvery client had its response before its tasks were done, and mypy missed nothing.")
    return 0


def wrong_in(line: TimeLine) -> Iterator[str]:
    """What should not be: a task that did not run, ran too early, or kept the client waiting."""
    for name in line.visit.tasks:
        starts = [step.start for step in line.steps if step.name == name]
        if not starts:
            yield f"{line.visit}: {name} did not run"
        elif min(starts) < line.sent:
            yield f"{line.visit}: {name} ran before its response"
    if line.steps and line.received > max(step.end for step in line.steps):
        yield f"{line.visit}: the client was kept waiting"


def mypy_errors() -> list[list[str]]:
    """What mypy says about each of the wrong calls."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "wrong.py").write_text(CODE + "\n".join(WRONG_CALLS) + "\n")
        command = [sys.executable, "-m", "mypy", "--strict", "wrong.py"]
        said = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True).stdout
    first = CODE.count("\n") + 1
    return [
        re.findall(rf"^wrong\.py:{number}: (error: .*)$", said, re.M)
        for number in range(first, first + len(WRONG_CALLS))
    ]


if __name__ == "__main__":
    sys.exit(main())
