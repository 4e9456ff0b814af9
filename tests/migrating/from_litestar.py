from __future__ import annotations

from lilya.apps import Lilya
from litestar import Litestar, get, head
from litestar.background_tasks import BackgroundTask as LitestarTask
from litestar.background_tasks import BackgroundTasks as LitestarTasks

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient


def fail() -> None:
    raise KeyError


def failure_before(client: MakeClient) -> None:
    @get("/", background=LitestarTask(fail))
    async def handler() -> dict[str, str]:
        return {}

    client(Litestar([handler])).get("/")


def failure_after(client: MakeClient) -> None:
    app = Lilya()

    @app.get("/")
    @with_background(BackgroundTask(fail))
    async def handler() -> dict[str, str]:
        return {}

    client(app).get("/")


def generator_before(client: MakeClient) -> None:
    @get("/", background=LitestarTasks(LitestarTask(print, word) for word in ["once"]))
    async def handler() -> dict[str, str]:
        return {}

    app = Litestar([handler])
    client(app).get("/")
    client(app).get("/")


def generator_after(client: MakeClient) -> None:
    app = Lilya()

    @app.get("/")
    @with_background(BackgroundTasks(BackgroundTask(print, word) for word in ["once"]))
    async def handler() -> dict[str, str]:
        return {}

    client(app).get("/")
    client(app).get("/")


def head_before(client: MakeClient) -> None:
    @head("/", background=LitestarTask(print, "own"))
    async def handler() -> None: ...

    assert client(Litestar([handler])).head("/").status_code == 200


def head_after(client: MakeClient) -> None:
    app = Lilya()

    @app.route("/", methods=["HEAD", "OPTIONS"])
    @with_background(BackgroundTask(print, "own"))
    async def handler() -> None: ...

    assert client(app).head("/").status_code == 200
    assert client(app).options("/").status_code == 200


CHANGES = {
    "a task raises a `KeyError`": (failure_before, failure_after),
    "`BackgroundTasks` of a generator, on two requests": (generator_before, generator_after),
    "a `HEAD` request": (head_before, head_after),
}
