"""What do `with_background` and the middleware add to a request that queues no task?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from lilya.apps import Lilya
from lilya.testclient import AsyncTestClient
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
    calls = {OURS: served(app_of(decorated)), "Lilya": served(app)}
    yield row("request to a handler that adds no task", alternate_calls(calls, rounds), 1.12)
    calls = {OURS: asked(BackgroundTasksMiddleware(app)), "Lilya": asked(app)}
    yield row("request of a client, under the middleware", alternate_calls(calls, rounds), 1.03)


def app_of(handler: Callable[..., Any]) -> Lilya:
    app = Lilya()
    app.add_route("/", handler, methods=["GET"])
    return app


def served(app: ASGIApp) -> Call:
    """What is the application's of a request."""

    async def call() -> None:
        await app({**SCOPE}, channel, channel)

    return call


async def channel(*message: Message) -> Any:
    """The other side, which has nothing to say and does not look at what it is told."""


def asked(app: ASGIApp) -> Call:
    """All of a request, from Lilya's own client and back to it."""
    return partial(AsyncTestClient(app).get, "/")
