"""What `with_background` adds to a request whose handler adds no task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lilya.apps import Lilya
from lilya.types import Message, Scope

from benchmarks.packages import OURS
from benchmarks.rounds import Call, alternate_calls
from benchmarks.table import Row, row
from ravyn_bg import BackgroundTasks, with_background


async def bare() -> dict[str, str]:
    return {"status": "queued"}


@with_background
async def decorated(background_tasks: BackgroundTasks) -> dict[str, str]:
    return {"status": "queued"}


def bare_sync() -> dict[str, str]:
    return {"status": "queued"}


@with_background
def decorated_sync(background_tasks: BackgroundTasks) -> dict[str, str]:
    return {"status": "queued"}


def rows(rounds: int) -> Iterator[Row]:
    for kind, ours, lilya in (("an async", decorated, bare), ("a sync", decorated_sync, bare_sync)):
        taken = alternate_calls({OURS: requests(ours), "Lilya": requests(lilya)}, rounds)
        what = f"request to {kind} handler that adds no task"
        yield row(what, taken, 1.15)


def requests(handler: Callable[..., Any]) -> Call:
    app = Lilya()
    app.add_route("/", handler, methods=["GET"])

    async def call() -> None:
        scope: Scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "raw_path": b"/",
            "root_path": "",
            "query_string": b"",
            "headers": [],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
            "scheme": "http",
            "http_version": "1.1",
            "asgi": {"version": "3.0"},
        }
        await app(scope, receive, send)

    return call


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: Message) -> None:
    if message["type"] == "http.response.start" and message["status"] != 200:
        raise RuntimeError(message)
