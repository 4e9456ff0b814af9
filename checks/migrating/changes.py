"""What changes, by section and row of `docs/migrating.md`: what is done before, and after."""

# No `from __future__ import annotations`: Ravyn 0.4.3 goes by annotations that are no strings.

import gc
from collections.abc import Callable
from typing import Any

import anyio
import fastapi
import litestar
import ravyn
import starlette.background
from fastapi.responses import JSONResponse as StarletteResponse
from lilya.apps import Lilya
from lilya.background import Task as LilyaTask
from lilya.background import Tasks as LilyaTasks
from lilya.dependencies import Provide, Provides
from lilya.exceptions import HTTPException
from lilya.responses import Response
from litestar.background_tasks import BackgroundTask as LitestarTask
from litestar.background_tasks import BackgroundTasks as LitestarTasks
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.background import BackgroundTask as StarletteTask
from starlette.routing import Route

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, Request, with_background
from tests.conftest import MakeClient

Change = Callable[[MakeClient], object]


def on_lilya(handler: Any, method: str = "GET", **options: Any) -> Lilya:
    app = Lilya(**options)
    app.route("/", methods=[method])(handler)
    return app


def on_fastapi(handler: Any, method: str = "GET") -> fastapi.FastAPI:
    app = fastapi.FastAPI()
    app.api_route("/", methods=[method])(handler)
    return app


def on_litestar(background: Any, route: Any = litestar.get) -> litestar.Litestar:
    return litestar.Litestar([route("/", background=background)(nothing)])


def on_ravyn(handler: Any, **options: Any) -> ravyn.Ravyn:
    return ravyn.Ravyn(routes=[ravyn.Gateway(handler=ravyn.get("/", **options)(handler))])


def fixed(background: Any) -> Lilya:
    return on_lilya(with_background(background)(nothing))


async def nothing() -> None: ...


def fail() -> None:
    raise KeyError


def asked(client: MakeClient, app: Any, method: str = "GET", **sent: Any) -> Any:
    """The answer to a request, and what it leaves when it is gone."""
    answer = client(app, raise_server_exceptions=False).request(method, "/", **sent)
    gc.collect()
    return answer


def twice(client: MakeClient, app: Any) -> None:
    for _ in range(2):
        asked(client, app)


def status(client: MakeClient, handler: Any, body: Any = None, **options: Any) -> None:
    print(asked(client, on_lilya(handler, "POST", **options), "POST", json=body).status_code)


def kind(client: MakeClient, **options: Any) -> None:
    print(asked(client, on_lilya(teapot, **options)).headers["content-type"].partition(";")[0])


# Handlers of other frameworks


async def starlette_own(request: Any = None) -> Any:
    return StarletteResponse({}, background=StarletteTask(print, "own"))


async def fastapi_adds(background_tasks: fastapi.BackgroundTasks) -> Any:
    background_tasks.add_task(print, "added")
    return await starlette_own()


async def fastapi_default(background_tasks: fastapi.BackgroundTasks = None) -> Any:  # type: ignore[assignment]  # as it is often seen
    background_tasks.add_task(print, "added")


async def ravyn_injected(background_tasks: ravyn.BackgroundTasks) -> None: ...


async def ravyn_response() -> ravyn.JSONResponse:
    return ravyn.JSONResponse({})


def redirected(task: Any) -> None:
    ravyn.Redirect(path="/", background=task)
    print("taken")


# Handlers of Lilya's


async def adds(background_tasks: BackgroundTasks) -> JSONResponse:
    background_tasks.add_task(print, "added")
    return await own()


async def own() -> JSONResponse:
    return JSONResponse({}, background=BackgroundTask(print, "own"))


async def default(background_tasks: BackgroundTasks = None) -> None: ...  # type: ignore[assignment]  # as above


class Item(BaseModel):
    name: str


async def inferred(item: Item) -> str:
    return item.name


async def as_json(request: Request, error: Any) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, getattr(error, "status_code", 422))


async def teapot() -> None:
    raise HTTPException(status_code=418, detail="short and stout")


async def injected_response(response: Response) -> None: ...


async def undecorated(background_tasks: BackgroundTasks) -> None:
    background_tasks.add_task(print, "added")


decorated = with_background(undecorated)  # before Lilya marks the other one as a handler


def audit(background_tasks: BackgroundTasks) -> None:
    background_tasks.add_task(print, "audited")


audit_as_a_dependency = {"db": Provide(with_background(audit))}


async def has_dependency(db: Any = Provides()) -> None: ...


@with_background
async def passes_its_own(background_tasks: BackgroundTasks) -> None:
    audit(background_tasks)


KEPT = BackgroundTask(print)


def head_after(client: MakeClient) -> None:
    asked(client, on_lilya(own, "HEAD"), "HEAD")


CHANGES: dict[str, dict[str, tuple[Change, Change]]] = {
    "From FastAPI": {
        "the handler adds a task, and returns a response with one of its own": (
            lambda client: asked(client, on_fastapi(fastapi_adds)),
            lambda client: asked(client, on_lilya(with_background(adds))),
        ),
        "`background_tasks: BackgroundTasks = None`": (
            lambda client: asked(client, on_fastapi(fastapi_default)),
            lambda client: with_background(default),
        ),
        "a `HEAD` request": (
            lambda client: asked(client, on_fastapi(fastapi_adds, "HEAD"), "HEAD"),
            head_after,
        ),
    },
    "From Starlette": {
        "a `HEAD` request": (
            lambda client: asked(client, Starlette(routes=[Route("/", starlette_own)]), "HEAD"),
            head_after,
        ),
        "`task.is_async`": (
            lambda client: print(StarletteTask(anyio.sleep, 1).is_async),
            lambda client: print(KEPT.is_async),  # type: ignore[attr-defined]  # that is the point
        ),
    },
    "From Litestar": {
        "a task raises a `KeyError`": (
            lambda client: client(on_litestar(LitestarTask(fail))).get("/"),
            lambda client: client(fixed(BackgroundTask(fail))).get("/"),
        ),
        "`BackgroundTasks` of a generator, on two requests": (
            lambda client: twice(
                client, on_litestar(LitestarTasks(LitestarTask(print, each) for each in ["once"]))
            ),
            lambda client: twice(
                client, fixed(BackgroundTasks(BackgroundTask(print, each) for each in ["once"]))
            ),
        ),
        "a `HEAD` request": (
            lambda client: asked(
                client, on_litestar(LitestarTask(print, "own"), litestar.head), "HEAD"
            ),
            head_after,
        ),
    },
    "From Ravyn": {
        "the handler asks for `background_tasks: BackgroundTasks`": (
            lambda client: print(asked(client, on_ravyn(ravyn_injected)).status_code),
            lambda client: asked(client, on_lilya(decorated)),
        ),
        "the route has a task, and its handler is declared to return a response": (
            lambda client: asked(
                client, on_ravyn(ravyn_response, background=ravyn.BackgroundTask(print, "fixed"))
            ),
            lambda client: asked(client, fixed(BackgroundTask(print, "fixed"))),
        ),
        # The others of these are in `tests/test_responses.py`.
        "a task in Ravyn's `Redirect`, `File`, `Stream`, `Template` or `JSON`": (
            lambda client: redirected(ravyn.BackgroundTask(print)),
            lambda client: redirected(KEPT),
        ),
    },
    "What ported projects lacked": {
        "`item: Item`, a Pydantic model": (
            lambda client: status(client, inferred, {"name": "a"}),
            lambda client: status(client, inferred, {"name": "a"}, infer_body=True),
        ),
        "a body that does not fit the model": (
            lambda client: status(client, inferred, {}, infer_body=True),
            lambda client: status(
                client, inferred, {}, infer_body=True, exception_handlers={ValidationError: as_json}
            ),
        ),
        '`raise HTTPException(418, detail="…")`': (
            lambda client: kind(client),
            lambda client: kind(client, exception_handlers={HTTPException: as_json}),
        ),
        "`response: Response`, to set a header on": (
            lambda client: status(client, injected_response),
            lambda client: status(client, lambda: JSONResponse({}, headers={"x": "1"})),
        ),
        "a handler whose `@with_background` was forgotten": (
            lambda client: client(on_lilya(undecorated)).get("/"),
            lambda client: asked(client, on_lilya(decorated)),
        ),
        "the same under `infer_body=True`": (
            lambda client: client(on_lilya(undecorated, infer_body=True)).get("/"),
            lambda client: asked(client, on_lilya(decorated, infer_body=True)),
        ),
        "a dependency that adds tasks": (
            lambda client: asked(
                client, on_lilya(has_dependency, dependencies=audit_as_a_dependency)
            ),
            lambda client: asked(client, on_lilya(passes_its_own)),
        ),
    },
}


# What changes for everyone: with the two classes of a framework, and with ours

FRAMEWORKS: dict[str, tuple[Any, Any]] = {
    "FastAPI": (StarletteTask, fastapi.BackgroundTasks),
    "Starlette": (StarletteTask, starlette.background.BackgroundTasks),
    "Litestar": (LitestarTask, LitestarTasks),
    "Ravyn": (ravyn.BackgroundTask, ravyn.BackgroundTasks),
    "Lilya": (LilyaTask, LilyaTasks),
}


def send(to: str) -> None: ...


async def send_async(to: str) -> None:
    print("sent")


def called(task: Any, tasks: Any) -> None:
    made = task(send("ada"))  # type: ignore[func-returns-value]  # that is the point
    print("accepted")
    anyio.run(made)


def wrapped(task: Any, tasks: Any) -> None:
    coroutine = send_async("ada")
    anyio.run(task(lambda: coroutine))
    coroutine.close()  # without a word where it was awaited; where it was not, nobody warns


def failing(task: Any, tasks: Any) -> None:
    anyio.run(tasks([task(fail), task(send, "ada")]))


def going_on(task: Any, tasks: Any) -> None:
    anyio.run(tasks([task(fail), task(send_async, "ada")], continue_on_error=True))


FOR_EVERYONE: dict[str, Callable[[Any, Any], object]] = {
    '`BackgroundTask(send("ada"))`': called,
    '`BackgroundTask(lambda: send_async("ada"))`': wrapped,
    "a container that no response carries": lambda task, tasks: tasks([task(send, "ada")]),
    "the first of two tasks fails": failing,
    "the same under `continue_on_error=True`": going_on,
}
