"""What changes, by section of `docs/migrating.md`: what is written, what it does before, after."""

# No `from __future__ import annotations`: Ravyn 0.4.3 goes by annotations that are no strings.

import gc
from collections.abc import Callable
from typing import Any

import anyio
import fastapi
import httpx2
import litestar
import ravyn
from fastapi.responses import JSONResponse as StarletteResponse
from lilya.apps import Lilya
from lilya.background import Task as LilyaTask
from lilya.background import Tasks as LilyaTasks
from lilya.datastructures import UploadFile
from lilya.dependencies import Depends, Provide, Provides, inject
from lilya.exceptions import HTTPException
from lilya.params import Query
from lilya.testclient import TestClient
from litestar.background_tasks import BackgroundTask as LitestarTask
from litestar.background_tasks import BackgroundTasks as LitestarTasks
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.background import BackgroundTask as StarletteTask
from starlette.background import BackgroundTasks as StarletteTasks
from starlette.routing import Route

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, Request, with_background
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


def shown(app: Any, method: str = "GET", path: str = "/", **sent: Any) -> None:
    """Print the text of an answer, or the status of one that failed."""
    answer = asked(app, method, path, **sent)
    print(answer.text.strip('"') if answer.is_success else answer.status_code)


def status(handler: Any, body: Any = None, **options: Any) -> None:
    print(asked(on_lilya(handler, "POST", **options), "POST", json=body).status_code)


def kind(**options: Any) -> None:
    print(asked(on_lilya(teapot, **options)).headers["content-type"].partition(";")[0])


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


class Item(BaseModel):
    name: str


async def inferred(item: Item) -> str:
    return item.name


async def as_json(request: Request, error: Any) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, getattr(error, "status_code", 422))


async def handled(request: Any, error: Any) -> Any:
    print(f"handled {error!r}")
    return StarletteResponse({}, 500)


async def teapot() -> None:
    raise HTTPException(status_code=418, detail="short and stout")


async def injected_response(response: Response) -> None: ...


async def undecorated(background_tasks: BackgroundTasks) -> None:
    background_tasks.add_task(print, "added")


decorated = with_background(undecorated)  # before Lilya marks the other one as a handler


async def query(q: str | None = None) -> str:
    return f"q={q}"


async def marked_query(q: str | None = Query(default=None)) -> str:  # type: ignore[assignment]  # Lilya types it as a Query
    return f"q={q}"


async def typed(item_id: int) -> str:
    return type(item_id).__name__


async def depends(db: Any = Depends(lambda: "a session")) -> str:
    return str(db)


async def upload(file: UploadFile) -> str:
    return str(file.filename)


async def read_upload(request: Request) -> str:
    file: Any = (await request.form())["file"]
    return str(file.filename)


async def other_name(req: Request) -> str:
    return type(req).__name__


async def usual_name(request: Request) -> str:
    return type(request).__name__


UPSTREAM = httpx2.Headers({"x": "1"})
SENT = {"file": ("cat.txt", b"meow")}


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
            lambda: print(asked(on_fastapi(query), "HEAD").status_code),
            lambda: print(asked(on_lilya(query), "HEAD").status_code),
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
            "`return JSONResponse(data, 201)`; `@openapi(tags=[…])` above the handler: {}",
        ),
        (
            "`q: Optional[str] = None`, a query parameter",
            lambda: shown(on_lilya(query), path="/?q=ada"),
            lambda: shown(on_lilya(marked_query), path="/?q=ada"),
            "`q: Optional[str] = Query(default=None)`: {}",
        ),
        (
            "`/items/{item_id}` with `item_id: int`",
            lambda: shown(on_lilya(typed, path="/{item_id}"), path="/1"),
            lambda: shown(on_lilya(typed, path="/{item_id:int}"), path="/1"),
            "`/items/{{item_id:int}}`: {}",
        ),
        (
            "`POST /items/`, where the route is `/items`",
            lambda: print(asked(on_lilya(own, "POST", "/items"), "POST", "/items/").status_code),
            lambda: print(asked(on_lilya(nothing, "POST", "/items"), "POST", "/items").status_code),
            "`POST /items`. Lilya redirects with a 303, after which a client sends a `GET`: {}",
        ),
        (
            "`db = Depends(get_db)`",
            lambda: shown(on_lilya(depends)),
            lambda: shown(on_lilya(inject(depends))),
            "`@inject` next to the function: {}",
        ),
        (
            "`file: UploadFile`",
            lambda: shown(on_lilya(upload, "POST"), "POST", files=SENT),
            lambda: shown(on_lilya(read_upload, "POST"), "POST", files=SENT),
            '`(await request.form())["file"]`: {}',
        ),
        (
            "`req: Request`",
            lambda: shown(on_lilya(other_name)),
            lambda: shown(on_lilya(usual_name)),
            "`request: Request`, by that name: {}",
        ),
        (
            '`Response("", headers=r.headers)` with those of httpx',
            lambda: shown(on_lilya(lambda: Response("text", headers=UPSTREAM))),
            lambda: shown(on_lilya(lambda: Response("text", headers=dict(UPSTREAM)))),
            "`headers=dict(r.headers)`: {}",
        ),
        (
            "`item: Item`, a Pydantic model",
            lambda: status(inferred, {"name": "a"}),
            lambda: status(inferred, {"name": "a"}, infer_body=True),
            "`Lilya(infer_body=True)`, which holds for all apps of the process: {}",
        ),
        (
            "a body that does not fit the model",
            lambda: status(inferred, {}, infer_body=True),
            lambda: status(
                inferred, {}, infer_body=True, exception_handlers={ValidationError: as_json}
            ),
            "`Lilya(exception_handlers={{ValidationError: …}})`, and a handler for it: {}",
        ),
        (
            '`raise HTTPException(418, detail="…")`',
            lambda: kind(),
            lambda: kind(exception_handlers={HTTPException: as_json}),
            "an exception handler for `HTTPException`: {}",
        ),
        (
            "`response: Response`, to set a header on",
            lambda: status(injected_response),
            lambda: status(lambda: JSONResponse({}, headers={"x": "1"})),
            "return a response that has the header: {}",
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
