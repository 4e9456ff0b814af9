"""What changes, by section of `docs/migrating.md`: what is written, what it does before, after."""

# No `from __future__ import annotations`: Ravyn 0.4.3 goes by annotations that are no strings.

import gc
from collections.abc import Callable
from typing import Any

import anyio
import fastapi
import litestar
import ravyn
from fastapi.responses import JSONResponse as StarletteResponse
from lilya.apps import Lilya
from lilya.background import Task as LilyaTask
from lilya.background import Tasks as LilyaTasks
from lilya.dependencies import Provide, Provides
from lilya.testclient import TestClient
from litestar.background_tasks import BackgroundTask as LitestarTask
from litestar.background_tasks import BackgroundTasks as LitestarTasks
from starlette.applications import Starlette
from starlette.background import BackgroundTask as StarletteTask
from starlette.background import BackgroundTasks as StarletteTasks
from starlette.routing import Route

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, with_background
from ravyn_bg.responses import Response

Side = Callable[[], object]
# What is written; what is done before and after; what stands around the outcome after, as `{}`.
Row = tuple[str, Side, Side, str]


def on_lilya(handler: Any, method: str = "GET", path: str = "/", **options: Any) -> Lilya:
    app = Lilya(**options)
    app.route(path, methods=[method])(handler)
    return app


def on_fastapi(handler: Any, method: str = "GET", path: str = "/", **options: Any) -> Any:
    app = fastapi.FastAPI(**options)
    app.api_route(path, methods=[method])(handler)
    return app


def on_starlette(handler: Any) -> Starlette:
    return Starlette(routes=[Route("/", handler)])


def on_litestar(background: Any, route: Any = litestar.get) -> Any:
    return litestar.Litestar([route("/", background=background)(nothing)])


def on_ravyn(handler: Any, **options: Any) -> ravyn.Ravyn:
    return ravyn.Ravyn(routes=[ravyn.Gateway(handler=ravyn.get("/", **options)(handler))])


def fixed(background: Any) -> Lilya:
    return on_lilya(with_background(background)(nothing))


async def nothing() -> None: ...


def fail() -> None:
    raise KeyError


def asked(app: Any, method: str = "GET", path: str = "/", **sent: Any) -> Any:
    """The answer to a request, and what it leaves when it is gone."""
    asking = TestClient(app, raise_server_exceptions=False)
    answer = asking.request(method, path, follow_redirects=False, **sent)
    gc.collect()
    return answer


def twice(app: Any) -> None:
    for _ in range(2):
        asked(app)


# Handlers of other frameworks


async def starlette_own(request: Any = None) -> Any:
    return StarletteResponse({}, background=StarletteTask(print, "own"))


async def fastapi_adds(background_tasks: fastapi.BackgroundTasks) -> Any:
    background_tasks.add_task(print, "added")
    return await starlette_own()


async def fastapi_default(background_tasks: fastapi.BackgroundTasks = None) -> Any:  # type: ignore[assignment]  # as it is often seen
    background_tasks.add_task(print, "added")


async def fastapi_fails(background_tasks: fastapi.BackgroundTasks) -> None:
    background_tasks.add_task(fail)


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


async def handled(request: Any, error: Any) -> Any:
    print(f"handled {error!r}")
    return StarletteResponse({}, 500)


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
HEAD = "a `HEAD` request"
HEAD_AFTER = "{}: Lilya's rule, for `OPTIONS` as well"


def head_after() -> None:
    asked(on_lilya(own, "HEAD"), "HEAD")


def positional(kind: Any) -> Any:
    async def handler(request: Any) -> Any:
        return kind("text", 200, None, None, BackgroundTask(print, "ran"))

    return handler


CHANGES: dict[str, list[Row]] = {
    "From FastAPI": [
        (
            "the handler adds a task, and returns a response with one of its own",
            lambda: asked(on_fastapi(fastapi_adds)),
            lambda: asked(on_lilya(with_background(adds))),
            "{}",
        ),
        (
            "`background_tasks: BackgroundTasks = None`",
            lambda: asked(on_fastapi(fastapi_default)),
            lambda: with_background(default),
            "{} on import: remove the default",
        ),
        (HEAD, lambda: asked(on_fastapi(fastapi_adds, "HEAD"), "HEAD"), head_after, HEAD_AFTER),
        (
            "a `HEAD` request to a `@app.get` route",
            lambda: print(asked(on_fastapi(nothing), "HEAD").status_code),
            lambda: print(asked(on_lilya(nothing), "HEAD").status_code),
            "{}",
        ),
        (
            "a task fails, and `exception_handlers` has an entry for its exception",
            lambda: TestClient(
                on_fastapi(fastapi_fails, exception_handlers={KeyError: handled})
            ).get("/"),
            lambda: asked(
                on_lilya(
                    with_background(BackgroundTask(fail))(nothing),
                    exception_handlers={KeyError: handled},
                )
            ),
            "{}: it sees the task, and its answer goes nowhere",
        ),
    ],
    "From Starlette": [
        (
            "`BackgroundTasks([send])`, a bare sync function",
            lambda: anyio.run(StarletteTasks([lambda: print("sent")])),  # type: ignore[list-item]  # as it is often seen
            lambda: anyio.run(BackgroundTasks([lambda: print("sent")])),
            "{}",
        ),
        (HEAD, lambda: asked(on_starlette(starlette_own), "HEAD"), head_after, HEAD_AFTER),
        (
            "`task.is_async`",
            lambda: print(StarletteTask(anyio.sleep, 1).is_async),
            lambda: print(KEPT.is_async),  # type: ignore[attr-defined]  # that is the point
            "{}: ask `inspect.iscoroutinefunction(task.func)`",
        ),
        (
            '`Response("text", 200, None, None, task)`, all by position',
            lambda: asked(on_starlette(positional(StarletteResponse))),
            lambda: asked(on_lilya(positional(Response))),
            "{}: `cookies` is the fourth parameter there. Write `background=task`",
        ),
    ],
    "From Litestar": [
        (
            "`issubclass(BackgroundTasks, BackgroundTask)`",
            lambda: print(issubclass(LitestarTasks, LitestarTask)),
            lambda: print(issubclass(BackgroundTasks, BackgroundTask)),
            "{}, as in Starlette and Lilya",
        ),
        (
            "a task raises a `KeyError`",
            lambda: TestClient(on_litestar(LitestarTask(fail))).get("/"),
            lambda: TestClient(fixed(BackgroundTask(fail))).get("/"),
            "{} is what the server sees",
        ),
        (
            "`BackgroundTasks` of a generator, on two requests",
            lambda: twice(
                on_litestar(LitestarTasks(LitestarTask(print, each) for each in ["once"]))
            ),
            lambda: twice(fixed(BackgroundTasks(BackgroundTask(print, each) for each in ["once"]))),
            "{}",
        ),
        (
            HEAD,
            lambda: asked(on_litestar(LitestarTask(print, "own"), litestar.head), "HEAD"),
            head_after,
            HEAD_AFTER,
        ),
        (
            "`BackgroundTask(fn=print, ...)`",
            lambda: anyio.run(LitestarTask(fn=lambda: print("ran"))),
            lambda: BackgroundTask(fn=print),  # type: ignore[call-arg]  # that is the point
            "{}: write `func=`, or leave the name out",
        ),
        (
            "`BackgroundTasks([...], run_in_task_group=True)`",
            lambda: print(LitestarTasks([], run_in_task_group=True).run_in_task_group),
            lambda: BackgroundTasks([], run_in_task_group=True),  # type: ignore[call-arg]  # as above
            "{}: write `as_group=True`",
        ),
    ],
    "From Ravyn": [
        (
            "`issubclass(BackgroundTasks, BackgroundTask)`",
            lambda: print(issubclass(ravyn.BackgroundTasks, ravyn.BackgroundTask)),
            lambda: print(issubclass(BackgroundTasks, BackgroundTask)),
            "{}, as in Starlette and Lilya",
        ),
        (
            "the handler asks for `background_tasks: BackgroundTasks`",
            lambda: print(asked(on_ravyn(ravyn_injected)).status_code),
            lambda: asked(on_lilya(decorated)),
            "{}: on Lilya, under `@with_background`",
        ),
        (
            "the route has a task, and its handler is declared to return a response",
            lambda: asked(
                on_ravyn(ravyn_response, background=ravyn.BackgroundTask(print, "fixed"))
            ),
            lambda: asked(fixed(BackgroundTask(print, "fixed"))),
            "{}: on Lilya, under `@with_background`",
        ),
        # The others of these are in `test_responses`.
        (
            "a task in Ravyn's `Redirect`, `File`, `Stream`, `Template` or `JSON`",
            lambda: redirected(ravyn.BackgroundTask(print)),
            lambda: redirected(KEPT),
            "{}: return a response class, or keep Ravyn's own task there",
        ),
    ],
    "What ported projects met": [
        (
            '`@app.post("/", status_code=201)`, and so `response_model=`, `tags=`',
            lambda: Lilya().post("/", status_code=201),  # type: ignore[call-arg]  # that is the point
            lambda: print(JSONResponse({}, 201).status_code),
            "`JSONResponse(data, 201)`; `@openapi(tags=[…])` above the handler: {}",
        ),
        (
            "a handler whose `@with_background` was forgotten",
            lambda: TestClient(on_lilya(undecorated)).get("/"),
            lambda: asked(on_lilya(decorated)),
            "put it below the route decorator: {}",
        ),
        (
            "the same under `infer_body=True`",
            lambda: TestClient(on_lilya(undecorated, infer_body=True)).get("/"),
            lambda: asked(on_lilya(decorated, infer_body=True)),
            "the same: {}",
        ),
        (
            "`@with_background` on a dependency",
            lambda: asked(on_lilya(has_dependency, dependencies=audit_as_a_dependency)),
            lambda: asked(on_lilya(passes_its_own)),
            "no decorator, but [`current_tasks()`](middleware.md) or the handler's container: {}",
        ),
    ],
}


# What changes for everyone: with the two classes of a framework, and with ours

FRAMEWORKS: dict[str, tuple[Any, Any]] = {
    "FastAPI": (StarletteTask, fastapi.BackgroundTasks),
    "Starlette": (StarletteTask, StarletteTasks),
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


# What is written; what it does with the two classes; what stands around both outcomes.
FOR_EVERYONE: list[tuple[str, Callable[[Any, Any], object], str, str]] = [
    ('`BackgroundTask(send("ada"))`', called, "{} after the response", "{} at that line"),
    ('`BackgroundTask(lambda: send_async("ada"))`', wrapped, "{}: it is not awaited", "{}"),
    (
        "a container that no response carries",
        lambda task, tasks: tasks([task(send, "ada")]),
        "{}",
        "{}",
    ),
    ("the first of two tasks fails", failing, "{}, and no word of the second", "{}"),
    ("the same under `continue_on_error=True`", going_on, "{}: no counterpart", "{}"),
]
