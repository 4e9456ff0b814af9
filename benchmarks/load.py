"""Requests that a server completes under load: a request is complete when its tasks have ended.

Responses alone would measure how much work is put off: a server takes the next request of a
connection while the tasks of the last one wait.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from subprocess import CompletedProcess
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import anyio

from benchmarks.packages import LIMIT, OURS
from benchmarks.rounds import alternate
from benchmarks.table import RATE, Row, Taken, row

SERVERS = [name for name in ("palfrey", "uvicorn") if find_spec(name)]
LEFT_OUT = sorted({"palfrey", "uvicorn"} - {*SERVERS}) + ([] if which("wrk") else ["wrk"])
PATHS = (OURS, LIMIT, "Lilya")
CONNECTIONS = (1, 4, 16, 64)
SECONDS = 2
PATIENCE = 60  # seconds, for a server to start or to end what it has put off


def rows(rounds: int) -> Iterator[Row]:
    for server in SERVERS if which("wrk") else []:
        for connections, taken in anyio.run(under_load, server, rounds).items():
            what = f"completed requests, {server.title()}, {connections} at once"
            at_least = 1.4 if (server, connections) == ("uvicorn", 64) else 1.5
            yield row(what, taken, at_least, against=["Lilya"], unit=RATE)


async def under_load(server: str, rounds: int) -> dict[int, Taken]:
    async with serving(server) as url:
        return {
            connections: await alternate(
                {name: partial(completed, url, name, connections) for name in PATHS}, rounds
            )
            for connections in CONNECTIONS
        }


@asynccontextmanager
async def serving(server: str) -> AsyncIterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", server, "benchmarks.load_app:app", "--port", str(port)]
    command += ["--no-access-log"]
    # At the end of a turn wrk resets its connections, of which servers have much to print.
    silent = subprocess.DEVNULL
    root = Path(__file__).parents[1]
    async with await anyio.open_process(command, cwd=root, stdout=silent, stderr=silent) as process:
        try:
            with anyio.fail_after(PATIENCE):
                while not await answers(url):  # noqa: ASYNC110 - only asking tells
                    await anyio.sleep(0.05)
            yield url
        finally:
            process.terminate()


async def answers(url: str) -> bool:
    try:
        await get(f"{url}/counted")
    except URLError:
        return False
    return True


async def completed(url: str, path: str, connections: int) -> float:
    """Requests per second, from the first one's start to the end of the last one's last task."""
    done = await loaded(url, path, connections, SECONDS)
    count = await ended(url)
    if not count["completed"]:
        raise RuntimeError(f"Not one request was completed: {done.stdout.decode()}")
    return float(count["completed"] / count["seconds"])


async def loaded(url: str, path: str, connections: int, seconds: int) -> CompletedProcess[bytes]:
    await get(f"{url}/forget")
    command = ["wrk", "--threads", "1", "--connections", str(connections)]
    return await anyio.run_process([*command, "--duration", f"{seconds}s", f"{url}/{path}"])


async def ended(url: str) -> Any:
    """The app's count, once the last task has ended."""
    with anyio.fail_after(PATIENCE):
        while (count := await get(f"{url}/counted"))["underway"]:  # noqa: ASYNC110 - only asking tells
            await anyio.sleep(0.05)
    return count


async def get(url: str) -> Any:
    def read() -> Any:
        with urlopen(url, timeout=PATIENCE) as response:
            return json.load(response)

    return await anyio.to_thread.run_sync(read)
