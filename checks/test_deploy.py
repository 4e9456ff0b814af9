"""What becomes of tasks when a server stops: `python -m checks.test_deploy` prints the table."""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired

import anyio
import httpx2
from lilya.apps import Lilya

from ravyn_bg import BackgroundTasks, JSONResponse
from tests.conftest import PATIENCE
from tests.servers import serve

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "deploy.md"
SERVERS = [
    ("uvicorn", ""),
    ("uvicorn", "--timeout-graceful-shutdown 1"),
    ("palfrey", ""),
    ("palfrey", "--timeout-graceful-shutdown 1"),
    ("hypercorn", "--graceful-timeout 1"),
    ("granian", ""),
    ("granian", "--workers-kill-timeout 1"),
]
LONG_ENOUGH = 5.0  # seconds, for a server that does not wait for its tasks

# The application

app = Lilya()
gate = Path(os.environ.get("GATE", "not there"))


def say(what: str) -> None:
    print(f"{what}\n", end="", flush=True)  # in one piece: there are other threads


async def async_task() -> None:
    say("began")
    while not gate.exists():  # noqa: ASYNC110, ASYNC240 - it is not ours
        await anyio.sleep(0.01)
    say("async_task ended")


def sync_task() -> None:
    say("began")
    while not gate.exists():
        time.sleep(0.01)
    say("sync_task ended")


@app.get("/async")
async def queue_async() -> JSONResponse:
    tasks = BackgroundTasks()
    tasks.add_task(async_task)
    tasks.add_task(say, "behind ended")
    return JSONResponse({}, background=tasks)


@app.get("/sync")
async def queue_sync() -> JSONResponse:
    tasks = BackgroundTasks()
    tasks.add_task(sync_task)
    tasks.add_task(say, "behind ended")
    return JSONResponse({}, background=tasks)


# The table


def row(server: str, options: str) -> str:
    printed = printed_after_sigterm(server, options)
    cells = [fate(printed, task) for task in ("async_task", "sync_task")]
    behind = "lost, **no record**"
    if printed.count("behind ended") == 2:
        behind = "run"
    elif printed.count("1 later task will not run: checks.test_deploy.say") == 2:
        behind = "lost, with a record"
    setting = f"`{options}`" if options else "as installed"
    return f"| {server.title()} | {setting} | {' | '.join(cells)} | {behind} |"


def printed_after_sigterm(server: str, options: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        gate = Path(folder, "gate")
        target = "checks.test_deploy:app"
        with serve(target, server=server, cwd=ROOT, options=options, GATE=str(gate)) as running:
            for way in ("async", "sync"):
                httpx2.get(f"{running.url}/{way}", trust_env=False, verify=False)
            running.wait_for("began", times=2)
            running.process.terminate()
            with suppress(TimeoutExpired):
                running.process.wait(LONG_ENOUGH)
            gate.touch()
            running.process.wait(PATIENCE)
            return running.stop()


def fate(printed: str, task: str) -> str:
    is_named = f"checks.test_deploy.{task} was cancelled" in printed
    if f"{task} ended" in printed:
        return "goes on, with a record; the server waits for its thread" if is_named else "ends"
    return "cut off, with a record" if is_named else "cut off, **no record**"


def rows() -> list[str]:
    with ThreadPoolExecutor(3) as pool:  # they wait most of the time
        return list(pool.map(row, *zip(*SERVERS, strict=True)))


def test_what_becomes_of_a_task_is_as_the_table_says() -> None:
    assert "\n".join(rows()) in DOCUMENT.read_text()


if __name__ == "__main__":
    print(*rows(), sep="\n")
