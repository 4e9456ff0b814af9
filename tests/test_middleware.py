"""`BackgroundTasksMiddleware`, which gives each request tasks that anything in it finds."""

from __future__ import annotations

import gc
import re
import sys
from contextvars import Context, copy_context
from typing import Any

import anyio
import pytest
from lilya.apps import ChildLilya, Lilya
from lilya.background import Task as LilyaTask
from lilya.dependencies import Provide, Provides
from lilya.middleware import DefineMiddleware
from lilya.permissions import DefinePermission
from lilya.responses import PlainText, StreamingResponse
from lilya.routing import Include, Path
from lilya.testclient import AsyncTestClient

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from ravyn_bg.middleware import BackgroundTasksMiddleware, current_tasks
from tests.conftest import MakeClient, noted
from tests.handlers.test_which_tasks_run import CASES, Given
from tests.reports import Records

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

# Pyright finds no call of these right.
defined: Any = DefineMiddleware
permission: Any = DefinePermission
OURS = defined(BackgroundTasksMiddleware)

ran: list[str] = []


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


def queue(name: str = "queued") -> str:
    """What a service does: it knows of no request."""
    current_tasks().add_task(ran.append, name)
    return name


def fail() -> None:
    raise LookupError("no such thing")


class Around:
    """A middleware or a permission, which queues something before and behind the rest."""

    def __init__(self, app: Any, name: str) -> None:
        self.app, self.name = app, name

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        queue(self.name)
        await self.app(scope, receive, send)
        ran.append(f"{self.name} over")
        queue(f"behind {self.name}")


def app_of(handler: Any, *inner: Any, method: str = "GET", **options: Any) -> Lilya:
    route = Path("/", handler, methods=[method])
    return Lilya(routes=[route], middleware=[OURS, *inner], **options)


async def serve(app: Any, kind: str = "http") -> None:
    """One request to an application that neither reads nor sends anything."""
    nobody: Any = None
    await BackgroundTasksMiddleware(app)({"type": kind}, nobody, nobody)


def test_anything_in_a_request_can_queue_what_runs_when_everything_is_over(
    make_client: MakeClient,
) -> None:
    async def handler(queued: Any = Provides()) -> StreamingResponse:
        queue("handler")
        current_tasks().add_task(queue, "task")
        stream = (queue("stream") for _ in "a")
        return StreamingResponse(stream, background=BackgroundTask(queue, "task behind"))

    app = app_of(
        handler,
        defined(Around, name="middleware"),
        permissions=[permission(Around, name="permission")],
        dependencies={"queued": Provide(lambda: queue("dependency"))},
    )

    make_client(noted(app, ran)).get("/")

    sent = ["http.response.start", "http.response.body"]
    assert ran[:4] == [*sent, "permission over", "middleware over"]
    inside = ["middleware", "permission", "dependency", "handler", "stream", "task behind"]
    assert ran[4:] == [*inside, "behind permission", "behind middleware", "task"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_each_runs_whatever_the_others_do_and_none_fails_the_request(
    method: str, make_client: MakeClient, told: Records
) -> None:
    async def handler() -> None:
        for func in (fail, sys.exit):
            current_tasks().add_task(func)
            queue()
        current_tasks().tasks.append(LilyaTask(fail))  # type: ignore[arg-type]  # it runs, too

    client = make_client(app_of(handler, method=method))

    assert client.request(method, "/").status_code == 200

    assert ran == ["queued"] * 2
    names = [f"{__name__}.fail", "sys.exit", f"{__name__}.fail"]
    assert told.messages == [f"Background task {name} failed" for name in names]
    assert told[-1].pathname == "(unknown file)"  # and not one of this package


# When the client has gone


class ClientGoneError(Exception): ...


def leaves_after(messages: int, app: Any) -> Any:
    """A server whose client goes away after so many messages."""

    async def server(scope: Any, receive: Any, send: Any) -> None:
        left = iter(range(messages))

        async def sending(message: Any) -> None:
            if next(left, None) is None:
                raise ClientGoneError  # no server raises it, but each one what it likes
            await send(message)

        await app(scope, receive, sending)

    return server


GONE: list[tuple[str, int, str, Any]] = [
    *(("GET", 1, expected, body) for expected, body in CASES),
    ("GET", 0, "fixed added", lambda given: given.add()),
    ("GET", 1, "fixed", lambda given: given.tasks.add_task(fail)),
    ("GET", 2, "fixed", lambda given: StreamingResponse(iter("ab"))),
    ("HEAD", 0, "", lambda given: given.add()),
    ("OPTIONS", 0, "", lambda given: given.add()),
]


@pytest.mark.parametrize("kind", [BackgroundTask, LilyaTask])
@pytest.mark.parametrize(("method", "after", "expected", "body"), GONE)
def test_what_was_queued_runs_though_the_client_has_gone(
    method: str, after: int, expected: str, body: Any, kind: Any, make_client: MakeClient
) -> None:
    fixed: LilyaTask = kind(ran.append, "fixed")

    @with_background(fixed)
    async def handler(background_tasks: BackgroundTasks) -> Any:
        queue()
        return body(Given(background_tasks, ran))

    client = make_client(leaves_after(after, app_of(handler, method=method)))

    with pytest.raises((ClientGoneError, BaseExceptionGroup)):
        client.request(method, "/")

    assert " ".join(ran) == f"{expected} queued".strip()


# When they do not run


@pytest.mark.parametrize("error", [LookupError("no such thing"), SystemExit(), KeyboardInterrupt()])
def test_an_error_that_is_left_costs_all_which_one_record_names(
    error: BaseException, told: Records
) -> None:
    @with_background(BackgroundTask(ran.insert, 0, "fixed"))
    async def handler(background_tasks: BackgroundTasks) -> None:
        queue()
        current_tasks().add_task(BackgroundTasks([BackgroundTask(ran.remove, "nested")]))
        background_tasks.add_task(ran.extend, ["added"])

    async def fails(scope: Any, receive: Any, send: Any) -> None:
        call: Any = handler
        await call()
        raise error

    with pytest.raises(type(error)):
        anyio.run(serve, fails)

    gc.collect()
    assert ran == []
    lost = "3 later tasks will not run: list.extend, list.append, list.remove"
    assert told.messages == [f"Background task list.insert never ran; {lost}"]


@pytest.mark.anyio
@pytest.mark.parametrize("in_a_task", [False, True])
async def test_a_cancellation_costs_those_that_have_not_begun(
    in_a_task: bool, told: Records
) -> None:
    async def end() -> None:
        cut_off.cancel()
        await anyio.sleep_forever()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if in_a_task:
            current_tasks().add_task(end)
        queue()
        with pytest.raises(TypeError):
            await send({})  # as if the client had gone, which is no reason to go on
        if not in_a_task:
            await end()

    with anyio.CancelScope() as cut_off:
        await serve(app)

    assert cut_off.cancelled_caught
    assert ran == []
    costs = ".end was cancelled; 1 later task will not run: list.append"
    assert told.messages[0].endswith(costs if in_a_task else "list.append never ran")


# Where it stands


def test_the_outer_one_serves_both(make_client: MakeClient) -> None:
    child = ChildLilya(routes=[Path("/", queue)], middleware=[OURS])
    around = [OURS, defined(Around, name="app")]

    make_client(Lilya(routes=[Include("/child", app=child)], middleware=around)).get("/child/")

    assert ran == ["app over", "app", "queued", "behind app"]


def test_an_app_that_asks_another_one_keeps_its_own(
    make_client: MakeClient, anyio_backend: Any
) -> None:
    async def asked() -> None:
        queue("of the other")

    async def handler() -> None:
        queue("before")
        await AsyncTestClient(app_of(asked), backend=anyio_backend).get("/")
        queue("behind")

    make_client(app_of(handler)).get("/")

    assert ran == ["of the other", "before", "behind"]


@pytest.mark.parametrize("as_background", [False, True])
def test_tasks_that_the_handler_runs_itself_run_once(
    as_background: bool, make_client: MakeClient
) -> None:
    async def handler() -> PlainText:
        queue()
        if as_background:
            return PlainText("", background=current_tasks())
        await current_tasks()()
        return PlainText("")

    make_client(app_of(handler, defined(Around, name="app"))).get("/")

    assert ran == ["app", "queued", "app over", "behind app"]


@pytest.mark.anyio
async def test_outside_of_a_request_it_says_what_to_write() -> None:
    contexts: list[Context] = []

    async def request(*args: object) -> None:
        contexts.append(copy_context())

    async def no_request(*args: object) -> None:
        current_tasks()

    instead = "Lilya(middleware=[DefineMiddleware(BackgroundTasksMiddleware)])"
    wrong = f"current_tasks() works only in requests, with the middleware: {instead}."
    for kind in ("websocket", "lifespan"):
        with pytest.raises(RuntimeError, match=f"^{re.escape(wrong)}$"):
            await serve(no_request, kind)
    await serve(request)
    with pytest.raises(RuntimeError, match="only in requests"):
        contexts[0].run(current_tasks)  # when that request is over
