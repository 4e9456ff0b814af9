"""What do `with_background` and the middleware add to a request that queues no task?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lilya.apps import Lilya
from lilya.types import ASGIApp, Message

from benchmarks.packages import OURS
from benchmarks.rounds import Call, alternate_calls
from benchmarks.table import Row, row
from ravyn_bg import BackgroundTasks, with_background
from ravyn_bg.middleware import BackgroundTasksMiddleware

SCOPE: dict[str, Any] = {"type": "http", "method": "GET", "scheme": "http", "http_version": "1.1"}
SCOPE |= {"path": "/", "raw_path": b"/", "root_path": "", "query_string": b"", "headers": []}
SCOPE |= {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "asgi": {"version": "3.0"}}


async def bare() -> dict[str, str]:
    return {"status": "queued"}


@with_background
async def decorated(background_tasks: BackgroundTasks) -> dict[str, str]:
    return {"status": "queued"}


def rows(rounds: int) -> Iterator[Row]:
    app: ASGIApp = app_of(bare)
    cases: list[tuple[str, ASGIApp, float]] = [
        ("request to a handler that adds no task", app_of(decorated), 1.12),
        ("request under the middleware that queues nothing", BackgroundTasksMiddleware(app), 1.03),
    ]
    for what, ours, at_most in cases:
        calls = {OURS: request(ours), "Lilya": request(app)}
        yield row(what, alternate_calls(calls, rounds), at_most)


def app_of(handler: Callable[..., Any]) -> Lilya:
    app = Lilya()
    app.add_route("/", handler, methods=["GET"])
    return app


def request(app: ASGIApp) -> Call:
    async def call() -> None:
        await app({**SCOPE}, receive, send)

    return call


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: Message) -> None:
    if message["type"] == "http.response.start" and message["status"] != 200:
        raise RuntimeError(message)
