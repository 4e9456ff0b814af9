"""Beside everything else that Lilya gives a handler, or does around it."""

from __future__ import annotations

import gc
from typing import Any

from lilya.apps import Lilya
from lilya.context import Context
from lilya.dependencies import Provide, Provides, Resolve
from lilya.params import Cookie, Header, Query
from lilya.requests import Request
from lilya.routing import Path

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import Written
from tests.reports import Records


def test_everything_else_that_a_handler_takes(
    written: Written, make_client: MakeClient, ran: list[Any]
) -> None:
    @with_background
    @written
    def handler(
        user: int,
        of_app: str,
        background_tasks: BackgroundTasks,
        request: Request,
        context: Context,
        page: Any = Query(cast=int),
        token: Any = Header(value="x-token"),
        session: Any = Cookie(value="session"),
        of_route: Any = Provides(),
        resolved: Any = Resolve(lambda: "resolved"),
    ) -> None:
        background_tasks.add_task(
            ran.extend, [user + 1, page + 1, request.method, context.scope["path"]]
        )
        background_tasks.add_task(ran.extend, [token, session, of_app, of_route, resolved])

    route = Path("/{user:int}", handler, dependencies={"of_route": Provide(lambda: "route")})
    app = Lilya(routes=[route], dependencies={"of_app": Provide(lambda: "app")})

    make_client(app).get("/7?page=1", headers={"x-token": "t", "cookie": "session=s"})

    assert ran == [8, 2, "GET", "/7", "t", "s", "app", "route", "resolved"]


def test_nothing_of_the_same_name_takes_its_place(make_client: MakeClient, ran: list[str]) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    theirs = {"background_tasks": "theirs"}
    provided = {"background_tasks": Provide(lambda: "theirs")}
    app = Lilya(routes=[Path("/{background_tasks}", handler)], dependencies=provided)

    make_client(app, cookies=theirs).get("/theirs", params=theirs, headers=theirs)

    assert ran == ["added"]


def test_a_dependency_has_no_response_for_its_tasks_and_that_is_told(
    written: Written, make_client: MakeClient, ran: list[str], told: Records
) -> None:
    @with_background(BackgroundTask(ran.extend, ["fixed"]))
    @written
    def audit(background_tasks: BackgroundTasks) -> str:
        background_tasks.add_task(ran.append, "audited")
        return "audited"

    async def handler(provided: Any = Provides(), resolved: Any = Resolve(audit)) -> None: ...

    path = Path("/", handler, dependencies={"provided": Provide(audit)})

    assert make_client(Lilya(routes=[path])).get("/").status_code == 200
    gc.collect()

    assert ran == []
    assert sorted(told.names) == ["list.append", "list.append", "list.extend", "list.extend"]
    assert all(each.endswith(" never ran") for each in told.messages)
