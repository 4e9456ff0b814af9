# No `from __future__ import annotations`: Ravyn 0.4.3 goes by annotations that are no strings.

from typing import Any

import ravyn
from lilya.apps import Lilya
from pydantic import ValidationError

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, with_background
from tests.conftest import MakeClient
from tests.migrating.response_classes import RAVYN


def app_of(handler: Any) -> ravyn.Ravyn:
    return ravyn.Ravyn(routes=[ravyn.Gateway(handler=handler)])


def injected_before(client: MakeClient) -> None:
    async def handler(background_tasks: ravyn.BackgroundTasks) -> dict[str, str]:
        return {}

    print(client(app_of(ravyn.get("/")(handler))).get("/").status_code)


def injected_after(client: MakeClient) -> None:
    app = Lilya()

    @app.get("/")
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> dict[str, str]:
        background_tasks.add_task(print, "added")
        return {}

    client(app).get("/")


def fixed_before(client: MakeClient) -> None:
    async def handler() -> ravyn.JSONResponse:
        return ravyn.JSONResponse({})

    route = ravyn.get("/", background=ravyn.BackgroundTask(print, "fixed"))
    assert client(app_of(route(handler))).get("/").status_code == 200


def fixed_after(client: MakeClient) -> None:
    app = Lilya()

    @app.get("/")
    @with_background(BackgroundTask(print, "fixed"))
    async def handler() -> JSONResponse:
        return JSONResponse({})

    client(app).get("/")


def added_before(client: MakeClient) -> None:
    tasks = ravyn.BackgroundTasks()
    tasks.add_task(print)
    print(isinstance(tasks.tasks[0], ravyn.BackgroundTask))


def added_after(client: MakeClient) -> None:
    tasks = BackgroundTasks()
    tasks.add_task(print)
    print(isinstance(tasks.tasks[0], BackgroundTask))


def container_before(client: MakeClient) -> None:
    print(*{taken(name, ravyn.BackgroundTask(print)) for name in CONTAINERS})


def container_after(client: MakeClient) -> None:
    print(*{taken(name, BackgroundTask(print)) for name in CONTAINERS})


CONTAINERS = ("redirect", "file", "stream", "template", "JSON")


def taken(name: str, task: Any) -> str:
    try:
        RAVYN[name](None, task)
    except ValidationError as error:
        return type(error).__name__
    return "taken"


CHANGES = {
    "the handler asks for `background_tasks: BackgroundTasks`": (injected_before, injected_after),
    "the route has a task, and its handler is declared to return a response": (
        fixed_before,
        fixed_after,
    ),
    "`isinstance(tasks.tasks[0], BackgroundTask)`, after `tasks.add_task`": (
        added_before,
        added_after,
    ),
    "a task in Ravyn's `Redirect`, `File`, `Stream`, `Template` or `JSON`": (
        container_before,
        container_after,
    ),
}
