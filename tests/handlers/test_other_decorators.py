"""Beside other decorators: Lilya's own, and those of a project, above and below.

`@openapi` and what caches or observes a handler that asks for a container stand above;
`test_refusals` has the orders that are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4

import pytest
import wrapt
from lilya.apps import Lilya
from lilya.authentication import AuthCredentials, requires
from lilya.caches.memory import InMemoryCache
from lilya.contrib.openapi.decorator import openapi
from lilya.decorators import cache, observable
from lilya.dependencies import Depends, inject
from lilya.params import Query
from lilya.requests import Request
from lilya.responses import PlainText, Response
from lilya.routing import Path
from lilya.testclient import TestClient

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import Ask, Written, made_async


class NotToBeCopied(PlainText):
    def __copy__(self) -> Any:
        raise TypeError


async def later() -> str:
    return "later"


ANSWERS: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "a response": lambda: PlainText("hello"),
    "one that cannot be copied": lambda: NotToBeCopied("hello", status_code=203),
    "one with its content in time": lambda: PlainText(later(), status_code=203),
}


@pytest.mark.parametrize("adds", [False, True])
@pytest.mark.parametrize("answer", ANSWERS)
def test_one_of_a_project_above_sees_a_response_and_may_add_tasks(
    answer: str, adds: bool, written: Written, ask: Ask, ran: list[str]
) -> None:
    containers: list[BackgroundTasks] = []

    def counted(handler: Any) -> Any:
        @wraps(handler)
        async def awaiting(*args: Any, **kwargs: Any) -> Response:
            return noted(await handler(*args, **kwargs))

        @wraps(handler)
        def calling(*args: Any, **kwargs: Any) -> Response:
            return noted(handler(*args, **kwargs))

        return awaiting if written is made_async else calling

    def noted(response: Response) -> Response:
        response.headers["x-count"] = str(response.status_code)
        containers[0].add_task(ran.append, "above")
        return response

    @counted
    @with_background
    @written
    def handler(background_tasks: BackgroundTasks) -> Any:
        containers.append(background_tasks)
        if adds:
            background_tasks.add_task(ran.append, "added")
        return ANSWERS[answer]()

    status = ask(handler).headers["x-count"]

    assert status == ("203" if answer.startswith("one") else "200")

    assert ran == ["added"] * adds + ["above"]


@wrapt.decorator
def passing_on(handler: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    return handler(*args, **kwargs)


def logging(handler: Any) -> Any:
    @wraps(handler)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        kwargs["background_tasks"].add_task(print, "logged")
        return handler(*args, **kwargs)

    return decorated


@pytest.mark.parametrize("below", [passing_on, logging, made_async])
def test_one_of_a_project_below_passes_the_container_on(
    below: Any, written: Written, ask: Ask, ran: list[str]
) -> None:
    def handler(background_tasks: BackgroundTasks) -> dict[str, int]:
        background_tasks.add_task(ran.append, "added")
        return {"a": len(background_tasks.tasks)}

    decorated = below(written(handler) if below is passing_on else handler)

    assert ask(with_background(decorated)).json() == {"a": 2 if below is logging else 1}

    assert ran == ["added"]


@pytest.mark.parametrize("decorator", ["openapi", "openapi with a query"])
def test_openapi_above(decorator: str, written: Written, ask: Ask, ran: list[str]) -> None:
    query = {"page": {"schema": {"type": "integer"}}} if "query" in decorator else {}

    @openapi(summary="Take", query=query)
    @with_background(BackgroundTask(ran.append, "fixed"))
    @written
    def handler(background_tasks: BackgroundTasks, page: Any = Query(cast=int)) -> None:
        background_tasks.add_task(ran.append, f"page {page + 1}")

    ask(handler, params={"page": "1"})

    assert ran == ["fixed", "page 2"]


@pytest.mark.parametrize("above", [True, False])
def test_cache_keeps_data_but_no_response(
    above: bool, written: Written, ask: Ask, ran: list[str]
) -> None:
    def handler() -> dict[str, int]:
        ran.append("handler")
        return {"a": 1}

    cached, fixed = (
        cache(backend=InMemoryCache()),
        with_background(BackgroundTask(ran.append, "fixed")),
    )
    decorated = cached(fixed(written(handler))) if above else fixed(cached(written(handler)))

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

    observing, fixed = (
        observable(send=[event]),
        with_background(BackgroundTask(ran.append, "fixed")),
    )
    observed = observing(fixed(handler)) if above else fixed(observing(handler))

    TestClient(Lilya(routes=[Path("/{source}", observed)])).get("/github")

    assert ran == ["heard {'source': 'github'}", "fixed"]


@pytest.mark.parametrize("above", [True, False])
def test_inject(above: bool, ask: Ask, ran: list[str]) -> None:
    async def handler(
        background_tasks: BackgroundTasks, of: Any = Depends(lambda: "tenant")
    ) -> None:
        background_tasks.add_task(ran.append, of)

    ask(inject(with_background(handler)) if above else with_background(inject(handler)))

    assert ran == ["tenant"]


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize(("scopes", "runs"), [(["admin"], ["fixed", "added"]), ([], [])])
def test_requires(
    scopes: list[str], runs: list[str], above: bool, make_client: MakeClient, ran: list[str]
) -> None:
    async def handler(request: Request, background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    admin, fixed = requires("admin"), with_background(BackgroundTask(ran.append, "fixed"))
    app = Lilya(routes=[Path("/", admin(fixed(handler)) if above else fixed(admin(handler)))])

    async def with_scopes(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "auth": AuthCredentials(scopes)}, receive, send)

    assert make_client(with_scopes).get("/").status_code == (200 if runs else 403)
    assert ran == runs
