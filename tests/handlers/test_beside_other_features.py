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

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import Ask, Written


def test_parameters_of_the_request(written: Written, ask: Ask, ran: list[Any]) -> None:
    @with_background
    @written
    def handler(
        user: int,
        background_tasks: BackgroundTasks,
        name: str,
        request: Request,
        context: Context,
        page: Any = Query(cast=int),
        token: Any = Header(value="x-token"),
        session: Any = Cookie(value="session"),
    ) -> None:
        told = [request.method, context.scope["path"], user + 1, name, page + 1, token, session]
        background_tasks.add_task(ran.extend, told)

    headers = {"x-token": "t", "cookie": "session=s"}
    ask(handler, "/7/ada", route="/{user:int}/{name}", params={"page": "1"}, headers=headers)

    assert ran == ["GET", "/7/ada", 8, "ada", 2, "t", "s"]


@pytest.mark.parametrize("where", ["params", "headers", "cookies", "path", "dependencies"])
def test_nothing_else_of_the_same_name_takes_its_place(
    where: str, make_client: MakeClient, ran: list[str]
) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    path = "/{background_tasks}" if where == "path" else "/x"
    theirs = {"background_tasks": Provide(lambda: "theirs")} if where == "dependencies" else {}
    client = make_client(Lilya(routes=[Path(path, handler)], dependencies=theirs))

    sent: Any = {where: {"background_tasks": "theirs"}} if where.endswith("s") else {}
    client.get("/x", **({} if theirs else sent))

    assert ran == ["added"]


def test_dependencies(written: Written, make_client: MakeClient, ran: list[str]) -> None:
    async def tenant() -> str:
        return "tenant"

    @with_background
    @written
    def handler(
        of_app: str,
        background_tasks: BackgroundTasks,
        of_include: Any = Provides(),
        of_route: Any = Provides(),
        resolved: Any = Resolve(tenant),
    ) -> None:
        background_tasks.add_task(ran.append, f"{of_app} {of_include} {of_route} {resolved}")

    route = Path("/", handler, dependencies={"of_route": Provide(lambda: "route")})
    include = Include("/", routes=[route], dependencies={"of_include": Provide(lambda: "include")})
    app = Lilya(routes=[include], dependencies={"of_app": Provide(lambda: "app")})

    make_client(app).get("/")

    assert ran == ["app include route tenant"]


class ForAda:
    def __init__(self, app: Any, *args: Any, **kwargs: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if Request(scope).headers.get("x-user") != "ada":
            raise PermissionDenied()
        await self.app(scope, receive, send)


@pytest.mark.parametrize(
    ("user", "page", "status"), [("ada", "1", 200), ("bob", "1", 403), ("ada", "one", 422)]
)
def test_none_runs_if_the_handler_is_not_called(
    user: str, page: str, status: int, make_client: MakeClient, ran: list[str]
) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler(page: Any = Query(cast=int, required=True)) -> None: ...

    app = Lilya(routes=[Path("/", handler, permissions=[DefinePermission(ForAda)])])

    got = make_client(app).get(f"/?page={page}", headers={"x-user": user})

    assert got.status_code == status
    assert ran == ["fixed"] * (status == 200)


def test_what_stands_around_the_handler(make_client: MakeClient, ran: list[str]) -> None:
    class Around:
        def __init__(self, app: Any, **kwargs: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            ran.append("middleware")
            await self.app(scope, receive, send)
            ran.append("middleware, again")

    async def before(scope: Any, receive: Any, send: Any) -> None:
        ran.append("before")

    def after(scope: Any, receive: Any, send: Any) -> None:
        ran.append("after")

    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler() -> None:
        ran.append("handler")

    hooks: dict[str, Any] = {"before_request": [before], "after_request": [after]}
    route = Path("/", handler, middleware=[DefineMiddleware(Around)], **hooks)

    make_client(Lilya(routes=[route])).get("/")

    assert ran == ["before", "middleware", "handler", "fixed", "middleware, again", "after"]


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
