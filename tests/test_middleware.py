"""`BackgroundTasksMiddleware`, which gives each request tasks that anything in it finds."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from lilya.apps import ChildLilya, Lilya
from lilya.background import Task as LilyaTask
from lilya.dependencies import Depends, Provide, Provides, Resolve, inject
from lilya.middleware import DefineMiddleware
from lilya.permissions import DefinePermission
from lilya.requests import Request
from lilya.responses import PlainText, StreamingResponse
from lilya.routing import Include, Path
from lilya.testclient import AsyncTestClient

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from ravyn_bg.middleware import BackgroundTasksMiddleware, current_tasks
from ravyn_bg.testing import capture_tasks
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


def queue(name: str = "queued") -> None:
    """What a service does: it knows of no request."""
    current_tasks().add_task(ran.append, name)


async def called(app: Any, kind: str = "http") -> None:
    await app({"type": kind}, None, None)


async def queue_later() -> None:
    queue()


def app_of(handler: Any, *inner: Any, **options: Any) -> Lilya:
    return Lilya(routes=[Path("/", handler)], middleware=[OURS, *inner], **options)


# From anywhere


class Around:
    """A middleware or a permission that queues before what it stands around, or after that."""

    def __init__(self, app: Any, after: bool = False) -> None:
        self.app, self.after = app, after

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.after:
            await self.app(scope, receive, send)
            ran.append("over")
        if scope["type"] == "http":
            queue()
        if not self.after:
            await self.app(scope, receive, send)


def sync() -> None:
    queue()


async def nothing() -> None: ...


async def of_a_dependency(queued: Any = Resolve(queue)) -> None: ...


async def of_provided(queued: Any = Provides()) -> None: ...


@inject
async def of_depends(queued: Any = Depends(queue)) -> None: ...


async def in_other_tasks() -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(queue_later)


async def in_a_thread() -> None:
    await anyio.to_thread.run_sync(queue)


async def in_a_task_behind() -> PlainText:
    return PlainText("", background=BackgroundTask(queue))


async def in_a_stream() -> StreamingResponse:
    async def chunks() -> AsyncIterator[str]:
        yield "a"
        queue()

    return StreamingResponse(chunks())


async def failing() -> None:
    raises()


def raises() -> None:
    raise LookupError("no such thing")


async def handle(request: Request, error: Exception) -> PlainText:
    queue()
    return PlainText("handled")


PLACES = {
    "async handler": app_of(queue_later),
    "sync handler": app_of(sync),
    "Resolve": app_of(of_a_dependency),
    "Provide": app_of(of_provided, dependencies={"queued": Provide(queue)}),
    "Depends": app_of(of_depends),
    "permission": app_of(nothing, permissions=[permission(Around)]),
    "middleware": app_of(nothing, defined(Around)),
    "middleware, later": app_of(nothing, defined(Around, after=True)),
    "exception handler": app_of(failing, exception_handlers={LookupError: handle}),
    "another task": app_of(in_other_tasks),
    "a thread": app_of(in_a_thread),
    "a task behind": app_of(in_a_task_behind),
    "a stream": app_of(in_a_stream),
}


@pytest.mark.parametrize("app", PLACES.values(), ids=PLACES)
def test_a_task_can_be_queued_from_anywhere(app: Any, make_client: MakeClient) -> None:
    assert make_client(app).get("/").status_code == 200

    assert ran[-1] == "queued"


def test_it_runs_when_everything_inside_is_over(make_client: MakeClient) -> None:
    async def handler() -> PlainText:
        queue()
        current_tasks().add_task(queue, "of a task")
        return PlainText("", background=BackgroundTask(ran.append, "own"))

    app = app_of(handler, defined(Around, after=True))

    make_client(noted(app, ran)).get("/")

    sent = ["http.response.start", "http.response.body"]
    assert ran == [*sent, "own", "over", "queued", "queued", "of a task"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_each_runs_whatever_the_others_do_and_none_fails_the_request(
    method: str, make_client: MakeClient, told: Records
) -> None:
    async def handler() -> None:
        for func in (failing, raises, sys.exit):
            current_tasks().add_task(func)
            queue()
        current_tasks().tasks.append(LilyaTask(raises))  # type: ignore[arg-type]  # it runs, too

    app = Lilya(routes=[Path("/", handler, methods=[method])], middleware=[OURS])

    assert make_client(noted(app, [])).request(method, "/").status_code == 200

    assert ran == ["queued"] * 3
    assert told.messages == [
        "Background task tests.test_middleware.failing failed",
        "Background task tests.test_middleware.raises failed",
        "Background task sys.exit failed",
        "Background task tests.test_middleware.raises failed",
    ]
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


GONE: list[tuple[str, int, str, Any]] = [("GET", 1, *each) for each in CASES]
GONE += [("GET", after, "fixed", lambda given: StreamingResponse(iter("ab"))) for after in (0, 2)]
GONE += [("GET", 0, "fixed added", lambda given: given.add())]
GONE += [("GET", 1, "fixed", lambda given: given.tasks.add_task(raises))]
GONE += [(each, 0, "", lambda given: given.add()) for each in ("HEAD", "OPTIONS")]


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

    app = Lilya(routes=[Path("/", handler, methods=[method])], middleware=[OURS])

    with pytest.raises((ClientGoneError, BaseExceptionGroup)):
        make_client(leaves_after(after, app)).request(method, "/")

    assert " ".join(ran) == f"{expected} queued".strip()


def test_what_has_run_runs_once_though_the_client_has_gone(make_client: MakeClient) -> None:
    class SendsMore(Around):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)
            await send({"type": "http.response.body", "body": b""})

    @with_background
    async def handler(background_tasks: BackgroundTasks) -> None:
        queue()
        background_tasks.add_task(ran.append, "added")

    with pytest.raises(ClientGoneError):
        make_client(leaves_after(2, app_of(handler, defined(SendsMore)))).get("/")

    assert ran == ["added", "queued"]


# An error that nothing handles


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
        anyio.run(called, BackgroundTasksMiddleware(fails))

    gc.collect()
    assert ran == []
    lost = "3 later tasks will not run: list.extend, list.append, list.remove"
    assert told.messages == [f"Background task list.insert never ran; {lost}"]


@pytest.mark.anyio
async def test_a_request_that_is_cancelled_loses_them(told: Records) -> None:
    async def ends(scope: Any, receive: Any, send: Any) -> None:
        queue()
        with pytest.raises(TypeError):
            await send({})  # as if the client had gone
        cut_off.cancel()
        await anyio.sleep_forever()

    with anyio.CancelScope() as cut_off:
        await called(BackgroundTasksMiddleware(ends))

    assert told.messages == ["Background task list.append never ran"]


@pytest.mark.anyio
async def test_a_cancellation_of_the_tasks_goes_on(told: Records) -> None:
    async def ends() -> None:
        cut_off.cancel()
        await anyio.sleep_forever()

    async def returns(scope: Any, receive: Any, send: Any) -> None:
        current_tasks().add_task(ends)
        queue()

    with anyio.CancelScope() as cut_off:
        await called(BackgroundTasksMiddleware(returns))

    assert cut_off.cancelled_caught
    assert told.lost == [["list.append"]]


# Where it stands


def test_the_outer_one_serves_both(make_client: MakeClient) -> None:
    seen: list[BackgroundTasks] = []

    class Seeing(Around):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            seen.append(current_tasks())
            await self.app(scope, receive, send)
            ran.append("over")

    async def handler() -> None:
        seen.append(current_tasks())
        queue()

    inner = ChildLilya(routes=[Path("/", handler)], middleware=[OURS])
    child = Include("/child", app=inner, middleware=[OURS])
    app = Lilya(routes=[child], middleware=[OURS, defined(Seeing)])

    make_client(app).get("/child/")

    assert seen[0] is seen[1]
    assert ran == ["over", "queued"]


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


def test_around_the_whole_and_captured(make_client: MakeClient) -> None:
    app = BackgroundTasksMiddleware(Lilya(routes=[Path("/", sync)]))

    with capture_tasks() as tasks:
        make_client(app).get("/")

    assert (ran, [task.func for task in tasks]) == ([], [ran.append])


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

    make_client(app_of(handler, defined(Around, after=True))).get("/")

    assert ran == ["queued", "over", "queued"]


# Where there are none


@pytest.mark.anyio
async def test_outside_of_a_request_it_says_what_to_write() -> None:
    over, errors = anyio.Event(), []

    async def ask(*args: object) -> None:
        with pytest.raises(RuntimeError) as caught:
            current_tasks()
        errors.append(str(caught.value))

    async def ask_later() -> None:
        await over.wait()
        await ask()

    async def starts(scope: Any, receive: Any, send: Any) -> None:
        group.start_soon(ask_later)

    async with anyio.create_task_group() as group:
        await called(BackgroundTasksMiddleware(starts))
        over.set()
    for kind in ("websocket", "lifespan"):
        await called(BackgroundTasksMiddleware(ask), kind)
    await ask()

    instead = "Lilya(middleware=[DefineMiddleware(BackgroundTasksMiddleware)])"
    wrong = f"current_tasks() works only in requests, with the middleware: {instead}."
    assert errors == [wrong] * 4
