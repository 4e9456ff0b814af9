"""A server under watch: when it sends a response, and when and where the tasks behind it run."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from threading import Event, Thread
from time import perf_counter
from typing import cast

from lilya.types import ASGIApp, Message, Receive, Scope, Send
from palfrey import PalfreyConfig, PalfreyServer
from palfrey.types import AppType
from timeline import Step, TimeLine, Visit

steps: list[Step] = []
reports: list[str] = []


@contextmanager
def noted(name: str) -> Iterator[None]:
    """Note when a task starts and ends, and where it runs."""
    try:
        asyncio.get_running_loop()
        where = "event loop"
    except RuntimeError:
        where = "worker thread"
    step = Step(name, where, start=perf_counter())
    steps.append(step)
    try:
        yield
    except Exception:
        step.failed = True
        raise
    finally:
        step.end = perf_counter()


class Watched:
    """An app, and when it had sent its last message and was done with a request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.port = 0
        self.sent = 0.0
        self.done = Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            await send(message)
            self.sent = perf_counter()

        try:
            await self.app(scope, receive, sending)
        finally:
            self.done.set()

    def visit(self, wanted: Visit) -> TimeLine:
        """Send a real request, and wait until the tasks behind its response have ended."""
        steps.clear()
        reports.clear()
        self.done.clear()
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            start = perf_counter()
            connection.request(wanted.method, wanted.path)
            response = connection.getresponse()
            response.read()
            received = perf_counter()
        self.done.wait(timeout=5)
        return TimeLine(
            wanted, start, response.status, self.sent, received, steps.copy(), reports.copy()
        )


@contextmanager
def serving(app: ASGIApp) -> Iterator[Watched]:
    """Run the app under Palfrey, in a thread of its own, on a free loopback port."""
    watched = Watched(app)
    listener = socket.create_server(("127.0.0.1", 0))
    watched.port = listener.getsockname()[1]
    # Palfrey types a message as a `dict`, Lilya as any mapping: at run time it is the same.
    config = PalfreyConfig(app=cast("AppType", watched), log_level="critical")
    server = PalfreyServer(config)
    log, report = logging.getLogger("ravyn_bg"), Reports()
    log.addHandler(report)
    log.propagate = False
    thread = Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield watched
    finally:
        server.request_shutdown()
        thread.join(timeout=5)
        log.removeHandler(report)


class Reports(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        reports.append(record.getMessage())
