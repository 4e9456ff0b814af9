"""What every test shares: both of AnyIO's backends, Lilya's client, the same examples each time."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis.strategies import none
from lilya.testclient import TestClient
from lilya.types import Message, Receive, Scope, Send

from ravyn_bg import BackgroundTask
from tests.reports import Records, reports_kept

Backend = Literal["asyncio", "trio"]
MakeClient = Callable[..., TestClient]

PATIENCE = 30.0  # seconds, for what takes milliseconds unless it is broken

# The same examples in each run, but with `--hypothesis-profile=random`.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("random", derandomize=False, deadline=None, print_blob=True)
settings.load_profile("same")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@pytest.fixture
def make_client(anyio_backend: Backend) -> MakeClient:
    """Lilya's own test client, on both AnyIO backends."""

    def make(app: Any, **options: Any) -> TestClient:
        return TestClient(app, backend=anyio_backend, **options)

    return make


@pytest.fixture
def told() -> Iterator[Records]:
    """What `ravyn_bg` reports. `caplog` misses it, as Lilya sets up all logging anew."""
    gc.collect()  # what other tests have left behind
    with reports_kept() as records:
        yield records


def pytest_collection_finish() -> None:
    """Freeze what is imported, at which tests that wait for garbage would look each time."""
    given(none())(lambda _: None)()  # while Hypothesis can still see who holds its randomness
    if "MUTANT_UNDER_TEST" not in os.environ:  # mutmut runs pytest many times in a process
        gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A test that did not run is no test that passed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and (left_out := {"skipped", "xfailed", "xpassed"}.intersection(reporter.stats)):
        reporter.write_line(f"\nNot every test ran: some {' and '.join(left_out)}.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def noted(answer: Any, events: list[str]) -> Any:
    """An app or a response that notes what it has sent, among the tasks that note what ran."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_noted(message: Message) -> None:
            await send(message)
            events.append("more" if message.get("more_body") else message["type"])

        await answer(scope, receive, send_noted)

    return app


class Trace:
    """What ran, and in which thread."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.threads: list[int] = []

    def note(self, name: str) -> None:
        self.names.append(name)
        self.threads.append(threading.get_ident())

    async def note_async(self, name: str) -> None:
        self.note(name)

    def task(self, name: str) -> BackgroundTask:
        return BackgroundTask(self.note, name)

    def async_task(self, name: str) -> BackgroundTask:
        return BackgroundTask(self.note_async, name)


@pytest.fixture
def trace() -> Trace:
    return Trace()
