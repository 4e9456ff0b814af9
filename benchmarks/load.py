"""How many requests does a server complete, and how far do tasks fall behind? (It needs `wrk`.)

A request is complete when its tasks have ended. Responses alone would measure how much work is put
off: a server takes the next request of a connection while the tasks of the last one wait.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from time import perf_counter, sleep
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import anyio

from benchmarks.packages import OURS
from benchmarks.rounds import Turns, alternate
from benchmarks.table import RATE, Row, Taken, row

PATHS = (OURS, "Lilya")
CONNECTIONS = (1, 4, 16, 64)


def rows(rounds: int) -> Iterator[Row]:
    for server in ("palfrey", "uvicorn"):
        with serving(server) as url:
            for connections in CONNECTIONS:
                taken = measured(completed, url, connections, max(rounds // 20, 1))
                at_least = 1.4 if (server, connections) == ("uvicorn", 64) else 1.5
                what = f"completed requests, {server.title()}, {connections} at once"
                yield row(what, taken, at_least, unit=RATE)
            taken = measured(seconds_behind, url, 64, max(rounds // 30, 1))
            yield row(f"last task after the last response, {server.title()}", taken)


def measured(measure: Any, url: str, connections: int, rounds: int) -> Taken:
    turns: Turns = {name: partial(measure, url, name, connections) for name in PATHS}
    return anyio.run(alternate, turns, rounds)


@contextmanager
def serving(server: str) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", server, "benchmarks.load_app:app", "--port", str(port)]
    # At the end of a turn wrk resets its connections, of which servers have much to print.
    silent = subprocess.DEVNULL
    command += ["--no-access-log"]
    with subprocess.Popen(command, stdout=silent, stderr=silent) as process:
        try:
            while process.poll() is None and not answers(url):
                sleep(0.05)  # only asking tells
            yield url
        finally:
            process.terminate()


def answers(url: str) -> bool:
    with suppress(URLError):
        return bool(get(f"{url}/counted"))
    return False


async def completed(url: str, path: str, connections: int) -> float:
    """Requests per second, from the first one's start to the end of the last one's last task."""
    load(url, path, connections, seconds=2)
    count = wait_for_the_end(url)
    return float(count["completed"] / count["seconds"])


async def seconds_behind(url: str, path: str, connections: int) -> float:
    load(url, path, connections, seconds=3)
    began = perf_counter()
    wait_for_the_end(url)
    return perf_counter() - began


def load(url: str, path: str, connections: int, seconds: int) -> None:
    get(f"{url}/forget")
    command = ["wrk", "--threads", "1", "--connections", str(connections)]
    command += ["--duration", f"{seconds}s", f"{url}/{path}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def wait_for_the_end(url: str) -> Any:
    """The app's count, once the last task has ended."""
    while (count := get(f"{url}/counted"))["underway"]:
        sleep(0.05)  # only asking tells
    return count


def get(url: str) -> Any:
    with urlopen(url, timeout=60) as response:
        return json.load(response)
