"""Beside other decorators: Lilya's own, and those of a project above.

`test_what_lilya_sees` has `@openapi`, `test_refusals` the orders that are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import isawaitable
from typing import Any
from uuid import uuid4

import pytest
from lilya.apps import Lilya
from lilya.caches.memory import InMemoryCache
from lilya.decorators import cache, observable
from lilya.dependencies import Depends, inject
from lilya.responses import PlainText, Response
from lilya.routing import Path
from lilya.testclient import TestClient

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.handlers.conftest import Ask, NotToBeCopied, Written


async def later() -> str:
    return "later"


ANSWERS: dict[str, Callable[[], Any]] = {
    "200": lambda: None,
    "201": lambda: PlainText("hello", status_code=201),
    "202": lambda: NotToBeCopied("hello", status_code=202),
    "203": lambda: PlainText(later(), status_code=203),
    "200, as far as is known": lambda: Lilya(routes=[Path("/", later)]),
}


@pytest.mark.parametrize("status", ANSWERS)
def test_one_of_a_project_above_sees_a_response_and_may_add_tasks(
    status: str, written: Written, ask: Ask, ran: list[str]
) -> None:
    containers: list[BackgroundTasks] = []

    def counted(handler: Any) -> Any:
        @wraps(handler)
        async def decorated(*args: Any, **kwargs: Any) -> Response:
            answer = handler(*args, **kwargs)
            response: Response = await answer if isawaitable(answer) else answer
            response.headers["x-count"] = "1"
            ran.append(str(response.status_code))
            containers[0].add_task(ran.append, "above")
            return response

        return decorated

    @counted
    @with_background
    @written
    def handler(background_tasks: BackgroundTasks) -> Any:
        containers.append(background_tasks)
        return ANSWERS[status]()

    assert ask(handler).headers.get("x-count") == ("1" if status.isdigit() else None)

    assert ran == [status[:3], "above"]


@pytest.mark.parametrize("above", [True, False])
def test_cache_keeps_only_data(above: bool, written: Written, ask: Ask, ran: list[str]) -> None:
    @written
    def handler() -> dict[str, int]:
        ran.append("handler")
        return {"a": 1}

    ours = with_background(BackgroundTask(ran.append, "fixed"))
    theirs = cache(backend=InMemoryCache())
    decorated: Any = theirs(ours(handler)) if above else ours(theirs(handler))

    assert ask(decorated).json() == ask(decorated).json() == {"a": 1}

    assert ran == (["handler", "fixed"] * 2 if above else ["handler", "fixed", "fixed"])


@pytest.mark.parametrize("above", [True, False])
def test_observable(above: bool, ran: list[str]) -> None:
    """On asyncio alone: Lilya's events do not run on Trio. Nor do they take a sync handler."""
    event = f"source {uuid4()}"  # Lilya never forgets who listens

    @observable(listen=[event])
    async def listen(**heard: Any) -> None:
        ran.append(f"heard {heard}")

    async def handler(source: str) -> None: ...

    ours, theirs = with_background(BackgroundTask(ran.append, "fixed")), observable(send=[event])
    observed: Any = theirs(ours(handler)) if above else ours(theirs(handler))

    TestClient(Lilya(routes=[Path("/{source}", observed)])).get("/github")

    assert ran == ["heard {'source': 'github'}", "fixed"]


@pytest.mark.parametrize("above", [True, False])
def test_inject(above: bool, ask: Ask, ran: list[str]) -> None:
    async def handler(background_tasks: BackgroundTasks, of: Any = Depends(lambda: "x")) -> None:
        background_tasks.add_task(ran.append, of)

    ask(inject(with_background(handler)) if above else with_background(inject(handler)))

    assert ran == ["x"]
