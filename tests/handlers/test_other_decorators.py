"""Beside the decorators that Lilya has for handlers, in each order that makes sense.

Next to the function is right for a handler that asks for a container. A fixed task may stand above
`@cache`, `@observable`, `@inject` and `@requires`, and must stand above `@cache`. `@openapi` stands
above in any case; `test_refusals` has the orders that are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4

import pytest
from lilya.apps import Lilya
from lilya.authentication import AuthCredentials, requires
from lilya.caches.memory import InMemoryCache
from lilya.contrib.openapi.decorator import openapi
from lilya.controllers import Controller
from lilya.decorators import cache, observable
from lilya.dependencies import Depends, inject
from lilya.params import Query
from lilya.requests import Request
from lilya.responses import JSONResponse, Response
from lilya.routing import Path
from lilya.testclient import TestClient

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import Ask


@pytest.fixture(params=["async", "sync"])
def handler(request: pytest.FixtureRequest, ran: list[str]) -> Any:
    async def async_handler(source: str) -> dict[str, str]:
        ran.append("handler")
        return {"source": source}

    def sync_handler(source: str) -> dict[str, str]:
        ran.append("handler")
        return {"source": source}

    return async_handler if request.param == "async" else sync_handler


@pytest.fixture(params=["async", "sync"])
def adding_handler(request: pytest.FixtureRequest, ran: list[str]) -> Any:
    async def async_handler(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
        background_tasks.add_task(ran.append, "added")
        return {"source": source}

    def sync_handler(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
        background_tasks.add_task(ran.append, "added")
        return {"source": source}

    return async_handler if request.param == "async" else sync_handler


@pytest.fixture
def ask_source(ask: Ask) -> Callable[[Any], Any]:
    def ask_source(handler: Any) -> Any:
        return ask(handler, "/github", route="/{source}").json()

    return ask_source


def test_openapi_above(
    handler: Any, adding_handler: Any, ask_source: Callable[[Any], Any], ran: list[str]
) -> None:
    fixed = with_background(BackgroundTask(ran.append, "fixed"))

    assert ask_source(openapi(summary="Take")(fixed(handler))) == {"source": "github"}
    assert ask_source(openapi(summary="Take")(fixed(adding_handler))) == {"source": "github"}

    assert ran == ["handler", "fixed", "fixed", "added"]


def test_openapi_above_with_a_query(ask: Ask, ran: list[str]) -> None:
    @openapi(query={"page": {"schema": {"type": "integer"}}})
    @with_background
    async def handler(background_tasks: BackgroundTasks, page: Any = Query(cast=int)) -> None:
        background_tasks.add_task(ran.append, f"page {page + 1}")

    ask(handler, params={"page": "1"})

    assert ran == ["page 2"]


class Webhooks(Controller):
    @openapi(summary="Take")
    @with_background
    async def post(self, request: Request, background_tasks: BackgroundTasks) -> str:
        background_tasks.add_task(print, "added", end="")
        return request.method


def test_openapi_above_on_a_method_of_a_controller(
    make_client: MakeClient, capfd: pytest.CaptureFixture[str]
) -> None:
    client = make_client(Lilya(routes=[Path("/", Webhooks)]))

    assert client.post("/").json() == "POST"

    assert capfd.readouterr().out == "added"


def test_a_fixed_task_above_cache_runs_though_the_handler_does_not(
    handler: Any, ask_source: Callable[[Any], Any], ran: list[str]
) -> None:
    cached = cache(backend=InMemoryCache())(handler)
    decorated = with_background(BackgroundTask(ran.append, "fixed"))(cached)

    assert ask_source(decorated) == ask_source(decorated) == {"source": "github"}

    assert ran == ["handler", "fixed", "fixed"]


def test_cache_above_keeps_no_answer_because_that_is_a_response(
    adding_handler: Any, ask_source: Callable[[Any], Any], ran: list[str]
) -> None:
    decorated = cache(backend=InMemoryCache())(with_background(adding_handler))

    assert ask_source(decorated) == ask_source(decorated) == {"source": "github"}

    assert ran == ["added", "added"]


class TestObservable:
    """On asyncio alone: Lilya's events do not run on Trio. Nor do they take a sync handler."""

    @pytest.fixture
    def event(self, ran: list[str]) -> str:
        name = f"source {uuid4()}"  # Lilya never forgets who listens

        @observable(listen=[name])
        async def listen(**heard: Any) -> None:
            ran.append(f"heard {heard}")

        return name

    def test_above(self, event: str, ran: list[str]) -> None:
        @observable(send=[event])
        @with_background(BackgroundTask(ran.append, "fixed"))
        async def handler(source: str, background_tasks: BackgroundTasks) -> None:
            background_tasks.add_task(ran.append, "added")

        TestClient(Lilya(routes=[Path("/{source}", handler)])).get("/github")

        assert ran == ["heard {'source': 'github'}", "fixed", "added"]

    def test_below_a_fixed_task(self, event: str, ran: list[str]) -> None:
        @with_background(BackgroundTask(ran.append, "fixed"))
        @observable(send=[event])
        async def handler(source: str) -> None: ...

        TestClient(Lilya(routes=[Path("/{source}", handler)])).get("/github")

        assert ran == ["heard {'source': 'github'}", "fixed"]


@pytest.mark.parametrize("above", [True, False])
def test_inject_above_and_below(above: bool, ask: Ask, ran: list[str]) -> None:
    def tenant() -> str:
        return "tenant"

    async def handler(background_tasks: BackgroundTasks, of: Any = Depends(tenant)) -> None:
        background_tasks.add_task(ran.append, of)

    ask(inject(with_background(handler)) if above else with_background(inject(handler)))

    assert ran == ["tenant"]


class WithScopes:
    def __init__(self, app: Any, scopes: list[str]) -> None:
        self.app = app
        self.scopes = scopes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app({**scope, "auth": AuthCredentials(self.scopes)}, receive, send)


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize(
    ("scopes", "status", "runs"), [(["admin"], 200, ["fixed", "added"]), ([], 403, [])]
)
def test_requires_above_and_below(
    scopes: list[str],
    status: int,
    runs: list[str],
    above: bool,
    make_client: MakeClient,
    ran: list[str],
) -> None:
    async def handler(request: Request, background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    admin, fixed = requires("admin"), with_background(BackgroundTask(ran.append, "fixed"))
    route = Path("/", admin(fixed(handler)) if above else fixed(admin(handler)))

    client = make_client(WithScopes(Lilya(routes=[route]), scopes))

    assert client.get("/").status_code == status
    assert ran == runs


def test_a_decorator_of_ones_own_above_may_change_the_response(ask: Ask, ran: list[str]) -> None:
    def counted(handler: Any) -> Any:
        @wraps(handler)
        async def decorated(*args: Any, **kwargs: Any) -> Response:
            response: Response = await handler(*args, **kwargs)
            response.headers["x-count"] = "1"
            return response

        return decorated

    @counted
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> Response:
        background_tasks.add_task(ran.append, "added")
        return JSONResponse({})

    assert ask(handler).headers["x-count"] == "1"

    assert ran == ["added"]


def test_a_decorator_of_ones_own_below_may_pass_the_container_on(ask: Ask, ran: list[str]) -> None:
    def logged(handler: Any) -> Any:
        @wraps(handler)
        async def decorated(*args: Any, **kwargs: Any) -> Any:
            kwargs["background_tasks"].add_task(ran.append, "logged")
            return await handler(*args, **kwargs)

        return decorated

    @with_background
    @logged
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    ask(handler)

    assert ran == ["logged", "added"]


def test_a_decorator_of_ones_own_below_may_make_a_sync_handler_async(
    ask: Ask, ran: list[str]
) -> None:
    def made_async(handler: Any) -> Any:
        @wraps(handler)
        async def decorated(*args: Any, **kwargs: Any) -> Any:
            return handler(*args, **kwargs)

        return decorated

    @with_background
    @made_async
    def handler(background_tasks: BackgroundTasks) -> dict[str, int]:
        background_tasks.add_task(ran.append, "added")
        return {"a": 1}

    assert ask(handler).json() == {"a": 1}

    assert ran == ["added"]
