from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from lilya.apps import Lilya
from lilya.routing import Path

from tests.conftest import MakeClient

Ask = Callable[..., Any]


class EqualToAll:
    __hash__ = None  # type: ignore[assignment]  # as Python itself does beside `__eq__`

    def __eq__(self, other: object) -> bool:
        return True


@pytest.fixture
def ran() -> list[str]:
    """What has run, in order: the tasks of these tests append to it."""
    return []


@pytest.fixture
def ask(make_client: MakeClient) -> Ask:
    """Send one request to an app whose only route is this handler, and give the response."""

    def ask(
        handler: Any, url: str = "/", *, route: str | None = None, method: str = "GET", **sent: Any
    ) -> Any:
        app = Lilya(routes=[Path(route or url, handler, methods=[method])])
        return make_client(app).request(method, url, **sent)

    return ask
