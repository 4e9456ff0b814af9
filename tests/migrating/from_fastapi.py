from __future__ import annotations

from fastapi import BackgroundTasks as FastAPITasks
from fastapi import FastAPI
from fastapi.responses import JSONResponse as FastAPIJSON
from lilya.apps import Lilya
from starlette.background import BackgroundTask as StarletteTask

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, with_background
from tests.conftest import MakeClient


def own_and_added_before(client: MakeClient) -> None:
    app = FastAPI()

    @app.get("/")
    async def handler(background_tasks: FastAPITasks) -> FastAPIJSON:
        background_tasks.add_task(print, "added")
        return FastAPIJSON({}, background=StarletteTask(print, "own"))

    client(app).get("/")


def own_and_added_after(client: MakeClient) -> None:
    app = Lilya()

    @app.get("/")
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> JSONResponse:
        background_tasks.add_task(print, "added")
        return JSONResponse({}, background=BackgroundTask(print, "own"))

    client(app).get("/")


def default_before(client: MakeClient) -> None:
    app = FastAPI()

    @app.get("/")
    async def handler(
        background_tasks: FastAPITasks = None,  # type: ignore[assignment]  # as it is often seen
    ) -> dict[str, str]:
        background_tasks.add_task(print, "added")
        return {}

    client(app).get("/")


def default_after(client: MakeClient) -> None:
    @with_background
    async def handler(
        background_tasks: BackgroundTasks = None,  # type: ignore[assignment]  # as it is often seen
    ) -> dict[str, str]:
        return {}


def head_before(client: MakeClient) -> None:
    app = FastAPI()

    @app.head("/")
    async def handler(background_tasks: FastAPITasks) -> dict[str, str]:
        background_tasks.add_task(print, "added")
        return {}

    assert client(app).head("/").status_code == 200


def head_after(client: MakeClient) -> None:
    app = Lilya()

    @app.route("/", methods=["HEAD", "OPTIONS"])
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> dict[str, str]:
        background_tasks.add_task(print, "added")
        return {}

    assert client(app).head("/").status_code == 200
    assert client(app).options("/").status_code == 200


CHANGES = {
    "the handler adds a task, and returns a response with one of its own": (
        own_and_added_before,
        own_and_added_after,
    ),
    "`background_tasks: BackgroundTasks = None`": (default_before, default_after),
    "a `HEAD` request": (head_before, head_after),
}
