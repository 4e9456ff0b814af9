from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from lilya.apps import Lilya
from lilya.responses import PlainText
from lilya.routing import Path

from tests.conftest import MakeClient

Ask = Callable[..., Any]
Written = Callable[[Any], Any]


class NotToBeCopied(PlainText):
    def __copy__(self) -> Any:
        raise TypeError


@pytest.fixture
def ran() -> list[str]:
    """What has run, in order: the tasks of these tests append to it."""
    return []


@pytest.fixture
def ask(make_client: MakeClient) -> Ask:
    """Send one request to an app whose only route is this handler, and give the response."""

    def ask(handler: Any, method: str = "GET", **sent: Any) -> Any:
        app = Lilya(routes=[Path("/", handler, methods=[method])])
        return make_client(app).request(method, "/", **sent)

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
