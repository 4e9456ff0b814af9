from __future__ import annotations

from lilya.apps import Lilya
from starlette.applications import Starlette
from starlette.background import BackgroundTask as StarletteTask
from starlette.requests import Request
from starlette.responses import JSONResponse as StarletteJSON
from starlette.routing import Route

from ravyn_bg import BackgroundTask, JSONResponse
from tests.conftest import MakeClient


async def send() -> None: ...


def head_and_options_before(client: MakeClient) -> None:
    async def handler(request: Request) -> StarletteJSON:
        return StarletteJSON({}, background=StarletteTask(print, "own"))

    app = Starlette(routes=[Route("/", handler, methods=["HEAD", "OPTIONS"])])
    assert client(app).head("/").status_code == 200
    assert client(app).options("/").status_code == 200


def head_and_options_after(client: MakeClient) -> None:
    app = Lilya()

    @app.route("/", methods=["HEAD", "OPTIONS"])
    async def handler() -> JSONResponse:
        return JSONResponse({}, background=BackgroundTask(print, "own"))

    assert client(app).head("/").status_code == 200
    assert client(app).options("/").status_code == 200


def is_async_before(client: MakeClient) -> None:
    print(StarletteTask(send).is_async)
    print(StarletteTask(print).is_async)


def is_async_after(client: MakeClient) -> None:
    print(BackgroundTask(send).is_async)  # type: ignore[attr-defined]  # that is the point


CHANGES = {
    "a `HEAD` or `OPTIONS` request": (head_and_options_before, head_and_options_after),
    "`task.is_async`": (is_async_before, is_async_after),
}
