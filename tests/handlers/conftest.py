from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import pytest
from lilya.apps import Lilya
from lilya.routing import Path

from ravyn_bg import BackgroundTask
from tests.conftest import MakeClient

Ask = Callable[..., Any]
Written = Callable[[Any], Any]


class EqualToAll:
    __hash__ = None  # type: ignore[assignment]  # as Python itself does beside `__eq__`

    def __eq__(self, other: object) -> bool:
        return True


@pytest.fixture
def ran() -> list[str]:
    """What has run, in order: the tasks of these tests append to it."""
    return []


@pytest.fixture
def fixed(ran: list[str]) -> BackgroundTask:
    return BackgroundTask(ran.append, "fixed")


class Telling(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.levelname}: {record.getMessage()}")


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What `ravyn_bg` reports. `caplog` misses it, as Lilya sets up all logging anew."""
    gc.collect()  # what other tests have left behind
    telling = Telling()
    logging.getLogger("ravyn_bg").addHandler(telling)
    yield telling.messages
    logging.getLogger("ravyn_bg").removeHandler(telling)


@pytest.fixture
def ask(make_client: MakeClient) -> Ask:
    """Send one request to an app whose only route is this handler, and give the response."""

    def ask(
        handler: Any, url: str = "/", *, route: str | None = None, method: str = "GET", **sent: Any
    ) -> Any:
        app = Lilya(routes=[Path(route or url, handler, methods=[method])])
        return make_client(app).request(method, url, **sent)

    return ask


@pytest.fixture(params=["async", "sync"])
def written(request: pytest.FixtureRequest) -> Written:
    """Both ways to write a handler: makes an async function of a sync one, or leaves it."""
    return made_async if request.param == "async" else lambda handler: handler


def made_async(handler: Any) -> Any:
    @wraps(handler)
    async def decorated(*args: Any, **kwargs: Any) -> Any:
        return handler(*args, **kwargs)

    return decorated
