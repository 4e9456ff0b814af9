"""What becomes of tasks when a server stops: `python -m checks.test_deploy` prints the table."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from subprocess import TimeoutExpired

import httpx2

from tests.conftest import PATIENCE
from tests.servers import serve

DOCUMENT = Path(__file__).parents[1] / "docs" / "deploy.md"
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
ASYNC, SYNC = 0, 1  # the requests whose first task is an async function, and a sync one


def row(server: str, options: str) -> str:
    printed = printed_after_sigterm(server, options)
    behind = "lost, **no record**"
    if printed.count("\nafter ") == 2:
        behind = "runs"
    elif printed.count("1 later task will not run: shop.say") == 2:
        behind = "lost, with a record"
    cells = fate(printed, ASYNC, "until_told"), fate(printed, SYNC, "until_told_sync"), behind
    setting = f"`{options}`" if options else "as installed"
    return f"| {server.title()} | {setting} | {' | '.join(cells)} |"


def printed_after_sigterm(server: str, options: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        gate = Path(folder, "gate")
        with serve("shop:app", server=server, options=options, GATE=str(gate)) as running:
            for number in (ASYNC, SYNC):
                httpx2.post(f"{running.url}/slow/{number}", trust_env=False, verify=False)
            running.wait_for(" began\n", times=2)
            running.process.terminate()
            with suppress(TimeoutExpired):
                running.process.wait(LONG_ENOUGH)
            gate.touch()
            running.process.wait(PATIENCE)
            return running.stop()


def fate(printed: str, number: int, function: str) -> str:
    is_named = f"shop.{function} was cancelled" in printed
    if f"task {number} ended" in printed:
        return "goes on, with a record; the server waits for its thread" if is_named else "ends"
    return "cut off, with a record" if is_named else "cut off, **no record**"


def rows() -> list[str]:
    with ThreadPoolExecutor(3) as pool:  # they wait most of the time
        return list(pool.map(row, *zip(*SERVERS, strict=True)))


def test_what_becomes_of_a_task_is_as_the_table_says() -> None:
    assert "\n".join(rows()) in DOCUMENT.read_text()


if __name__ == "__main__":
    print(*rows(), sep="\n")
