"""Beside everything else that Lilya gives a handler, or does around it."""

from __future__ import annotations

from typing import Any

import pytest
from lilya.apps import Lilya
from lilya.context import Context
from lilya.dependencies import Provide, Provides, Resolve
from lilya.exceptions import PermissionDenied
from lilya.middleware import DefineMiddleware
from lilya.params import Cookie, Header, Query
from lilya.permissions import DefinePermission
from lilya.requests import Request
from lilya.responses import JSONResponse, Response
from lilya.routing import Include, Path
from lilya.types import Message

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import Ask


def test_path_parameters(ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(user: int, background_tasks: BackgroundTasks, name: str) -> None:
        background_tasks.add_task(ran.append, f"{user + 1} {name}")

    ask(handler, "/7/ada", route="/{user:int}/{name}")

    assert ran == ["8 ada"]


def test_a_path_parameter_of_the_same_name(ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    ask(handler, "/x", route="/{background_tasks}")

    assert ran == ["added"]


def test_query_header_and_cookie(ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(
        background_tasks: BackgroundTasks,
        page: Any = Query(cast=int),
        token: Any = Header(value="x-token"),
        session: Any = Cookie(value="session"),
    ) -> None:
        background_tasks.add_task(ran.append, f"{page + 1} {token} {session}")

    ask(handler, params={"page": "1"}, headers={"x-token": "t", "cookie": "session=s"})

    assert ran == ["2 t s"]


@pytest.mark.parametrize("where", ["params", "headers", "cookies"])
def test_a_request_cannot_bring_the_tasks(where: str, ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    ask(handler, **{where: {"background_tasks": "from outside"}})

    assert ran == ["added"]


def test_a_query_parameter_that_is_missing(ask: Ask, ran: list[str]) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler(page: Any = Query(cast=int, required=True)) -> None: ...

    assert ask(handler).status_code == 422

    assert ran == []


def test_request_and_context(ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(
        request: Request, context: Context, background_tasks: BackgroundTasks
    ) -> None:
        note = f"{request.method} {await request.json()} {context.scope['path']}"
        background_tasks.add_task(ran.append, note)

    ask(handler, "/x", route="/{any}", method="POST", json=[1])

    assert ran == ["POST [1] /x"]


@pytest.mark.parametrize("runs", ["async", "sync"])
def test_dependencies(runs: str, make_client: MakeClient, ran: list[str]) -> None:
    async def tenant() -> str:
        return "tenant"

    @with_background
    async def async_handler(
        background_tasks: BackgroundTasks,
        of_app: Any = Provides(),
        of_include: Any = Provides(),
        of_route: Any = Provides(),
        resolved: Any = Resolve(tenant),
    ) -> None:
        background_tasks.add_task(ran.append, f"{of_app} {of_include} {of_route} {resolved}")

    @with_background
    def sync_handler(
        of_app: str,
        background_tasks: BackgroundTasks,
        of_include: Any = Provides(),
        of_route: Any = Provides(),
        resolved: Any = Resolve(tenant),
    ) -> None:
        background_tasks.add_task(ran.append, f"{of_app} {of_include} {of_route} {resolved}")

    handler = async_handler if runs == "async" else sync_handler
    route = Path("/", handler, dependencies={"of_route": Provide(lambda: "route")})
    app = Lilya(
        routes=[
            Include("/", routes=[route], dependencies={"of_include": Provide(lambda: "include")})
        ],
        dependencies={"of_app": Provide(lambda: "app")},
    )

    make_client(app).get("/")

    assert ran == ["app include route tenant"]


def test_dependencies_of_a_decorated_route(make_client: MakeClient, ran: list[str]) -> None:
    app = Lilya()

    @app.get("/", dependencies={"database": Provide(lambda: "database")})
    @with_background
    async def handler(background_tasks: BackgroundTasks, database: Any = Provides()) -> None:
        background_tasks.add_task(ran.append, database)

    make_client(app).get("/")

    assert ran == ["database"]


def test_a_dependency_of_the_same_name(make_client: MakeClient, ran: list[str]) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    app = Lilya(
        routes=[Path("/", handler)], dependencies={"background_tasks": Provide(lambda: "theirs")}
    )

    make_client(app).get("/")

    assert ran == ["added"]


class ForAda:
    def __init__(self, app: Any, *args: Any, **kwargs: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if Request(scope).headers.get("x-user") != "ada":
            raise PermissionDenied()
        await self.app(scope, receive, send)


@pytest.mark.parametrize(("user", "status", "runs"), [("ada", 200, ["fixed"]), ("bob", 403, [])])
def test_permissions(
    user: str, status: int, runs: list[str], make_client: MakeClient, ran: list[str]
) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler() -> None: ...

    app = Lilya(routes=[Path("/", handler, permissions=[DefinePermission(ForAda)])])

    assert make_client(app).get("/", headers={"x-user": user}).status_code == status

    assert ran == runs


def test_what_stands_around_the_handler(make_client: MakeClient, ran: list[str]) -> None:
    class Around:
        def __init__(self, app: Any, **kwargs: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def adding_a_header(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"].add("x-around", "yes")
                await send(message)

            ran.append("middleware")
            await self.app(scope, receive, adding_a_header)
            ran.append("middleware, again")

    async def before(scope: Any, receive: Any, send: Any) -> None:
        ran.append("before")

    def after(scope: Any, receive: Any, send: Any) -> None:
        ran.append("after")

    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler(background_tasks: BackgroundTasks) -> dict[str, int]:
        ran.append("handler")
        background_tasks.add_task(ran.append, "added")
        return {"a": 1}

    route = Path(
        "/",
        handler,
        middleware=[DefineMiddleware(Around)],
        before_request=[before],
        after_request=[after],
    )

    response = make_client(Lilya(routes=[route])).get("/")

    assert (response.json(), response.headers["x-around"]) == ({"a": 1}, "yes")
    assert ran == [
        "before",
        "middleware",
        "handler",
        "fixed",
        "added",
        "middleware, again",
        "after",
    ]


def test_exception_handlers(make_client: MakeClient, ran: list[str]) -> None:
    async def handle(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error)}, status_code=409)

    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")
        raise ValueError("taken")

    app = Lilya(routes=[Path("/", handler)], exception_handlers={ValueError: handle})
    response = make_client(app).get("/")

    assert (response.status_code, response.json()) == (409, {"error": "taken"})
    assert ran == []
