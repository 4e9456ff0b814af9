"""Which tasks run behind an answer, and in which order: fixed, added, and the response's own."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest
from lilya.apps import Lilya
from lilya.background import Task as LilyaTask
from lilya.background import Tasks as LilyaTasks
from lilya.responses import JSONResponse, PlainText, StreamingResponse
from lilya.routing import Path
from starlette.background import BackgroundTask as StarletteTask
from starlette.responses import PlainTextResponse as StarletteText

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import Ask, EqualToAll, Written

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup


class Given:
    """What the body of a handler has: its container, and what the tasks note that they ran."""

    def __init__(self, tasks: BackgroundTasks, ran: list[str]) -> None:
        self.tasks, self.ran = tasks, ran

    def add(self, name: str = "added") -> None:
        self.tasks.add_task(self.ran.append, name)

    def own(self, *more: BackgroundTasks) -> JSONResponse:
        tasks = [BackgroundTask(self.ran.append, "own"), *more]
        return JSONResponse({}, background=BackgroundTasks(tasks))


def in_order(given: Given) -> None:
    given.add("first")
    given.add("second")
    given.ran.append("handler")


def equal_to_anything(given: Given) -> JSONResponse:
    class Equal(EqualToAll, BackgroundTask): ...

    given.add()
    return JSONResponse({}, background=Equal(given.ran.append, "own"))


def starlettes(given: Given) -> StarletteText:
    given.add()
    return StarletteText("hello", background=StarletteTask(given.ran.append, "own"))


def of_another_handler(given: Given) -> Any:
    @with_background
    def other(background_tasks: BackgroundTasks) -> PlainText:
        background_tasks.add_task(given.ran.append, "its added")
        return PlainText(content(given))

    called: Any = other
    return called()


def sync_chunks(given: Given) -> Iterator[str]:
    yield "a"
    given.add()


async def chunks(given: Given) -> AsyncIterator[str]:
    yield "a"
    given.add()
    yield "b"


async def content(given: Given) -> str:
    given.add()
    return "hello"


async def application(given: Given, scope: Any, receive: Any, send: Any) -> None:
    try:
        await PlainText("hello")(scope, receive, send)
    finally:
        given.add()


class Adding(PlainText):
    given: Given

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.given.add()
        await super().__call__(scope, receive, send)


def adding(given: Given) -> Adding:
    response = Adding("hello")
    response.given = given
    return response


def cleaning_up(given: Given) -> StreamingResponse:
    response = StreamingResponse(iter("a"))
    response.cleanup_handler = lambda: given.ran.append("cleaned up")
    given.add()
    return response


FIXED: list[tuple[str, Any]] = [
    ("fixed", lambda given: None),
    ("fixed added", lambda given: given.add()),
    ("own", lambda given: given.own()),
    ("own added", lambda given: given.add() or given.own()),
    ("own added", starlettes),
    ("added", lambda given: given.add() or JSONResponse({}, background=given.tasks)),
    ("its added added", of_another_handler),
    ("fixed added", lambda given: StreamingResponse(chunks(given))),
    ("fixed added", lambda given: StreamingResponse(sync_chunks(given))),
    ("fixed added", sync_chunks),  # as data
    ("fixed added", lambda given: PlainText(content(given))),
    ("fixed added", adding),
    ("cleaned up fixed added", cleaning_up),
    ("fixed added", lambda given: partial(application, given)),
]
BARE: list[tuple[str, Any]] = [
    ("", lambda given: None),
    ("handler first second", in_order),
    ("own added", equal_to_anything),
    ("own added", lambda given: given.add() or given.own(given.tasks)),
    ("added", lambda given: given.tasks.add_task(given.add)),
    ("added", lambda given: JSONResponse({}, background=BackgroundTask(given.add))),
    ("added", lambda given: partial(application, given)),
]
CASES = [(True, *each) for each in FIXED] + [(False, *each) for each in BARE]


@pytest.mark.parametrize(("is_fixed", "expected", "body"), CASES, ids=range(len(CASES)))
def test_what_runs(
    is_fixed: bool,
    expected: str,
    body: Any,
    written: Written,
    ask: Ask,
    ran: list[str],
    fixed: BackgroundTask,
) -> None:
    def handler(background_tasks: BackgroundTasks) -> Any:
        return body(Given(background_tasks, ran))

    decorate: Any = with_background(fixed) if is_fixed else with_background
    decorated = decorate(written(handler))

    ask(decorated)
    ask(decorated)

    assert " ".join(ran) == f"{expected} {expected}".strip()  # nothing gathers between requests


def test_added_by_middleware_when_the_response_starts(
    make_client: MakeClient, written: Written, ran: list[str]
) -> None:
    containers: list[BackgroundTasks] = []

    @with_background
    @written
    def handler(background_tasks: BackgroundTasks) -> None:
        containers.append(background_tasks)

    app = Lilya(routes=[Path("/", handler)])

    async def middleware(scope: Any, receive: Any, send: Any) -> None:
        async def adding(message: Any) -> None:
            if message["type"] == "http.response.start":
                containers[0].add_task(ran.append, "added")
            ran.append(message["type"])
            await send(message)

        await app(scope, receive, adding)

    make_client(middleware).get("/")

    assert ran == ["http.response.start", "http.response.body", "added"]


@pytest.mark.parametrize("container", [BackgroundTasks, LilyaTasks])
def test_several_fixed_tasks(
    container: type[LilyaTasks], ask: Ask, ran: list[str], fixed: BackgroundTask
) -> None:
    given: list[LilyaTask] = [fixed, LilyaTask(ran.append, "second")]
    tasks = container(given)

    @with_background(tasks)
    async def handler() -> None:
        ran.append("handler")

    ask(handler)

    assert ran == ["handler", "fixed", "second"]
    assert len(tasks.tasks) == 2


@pytest.mark.parametrize("outer", [0, 1])
def test_one_injected_container_may_hold_the_other(outer: int, ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(first: BackgroundTasks, second: BackgroundTasks) -> None:
        holding, held = [first, second][outer], [second, first][outer]
        held.add_task(ran.append, "held")
        holding.add_task(held)

    ask(handler)

    assert ran == ["held"]


def test_two_containers_that_hold_each_other_are_refused(ask: Ask) -> None:
    @with_background
    async def handler(first: BackgroundTasks, second: BackgroundTasks) -> None:
        first.add_task(print)
        first.add_task(second)
        second.add_task(first)

    with pytest.raises(RuntimeError, match="would run for ever"):
        ask(handler)


def fails() -> Any:
    raise LookupError("no such thing")


def test_a_fixed_task_of_a_route_that_nobody_asks_for_is_not_told(told: list[str]) -> None:
    with_background(BackgroundTask(print))(fails)
    gc.collect()

    assert told == []


def test_a_fixed_task_that_fails_ends_the_added_ones(ask: Ask, ran: list[str]) -> None:
    @with_background(BackgroundTask(fails))
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    with pytest.raises(LookupError, match="no such thing"):
        ask(handler)

    assert ran == []


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
@pytest.mark.parametrize("answer", [dict, lambda: PlainText("a"), lambda: PlainText("a").__call__])
def test_none_runs_after_head_and_options(
    answer: Any, method: str, ask: Ask, ran: list[str], fixed: BackgroundTask
) -> None:
    @with_background(fixed)
    async def handler(background_tasks: BackgroundTasks) -> Any:
        background_tasks.add_task(ran.append, "added")
        return answer()

    assert ask(handler, method=method).status_code == 200

    assert ran == []


async def failing_content() -> str:
    return str(fails())


async def failing_application(*connection: Any) -> None:
    await connection[-1]({"type": "http.response.start", "status": 200})
    fails()


class Failing(PlainText):
    async def __call__(self, *connection: Any) -> None:
        await failing_application(*connection)


FAILING = [
    fails,
    lambda: (fails() for _ in "a"),
    lambda: PlainText(failing_content()),
    lambda: StreamingResponse(fails() for _ in "a"),
    lambda: failing_application,
    lambda: Failing("hello"),
]


@pytest.mark.parametrize("answer", FAILING, ids=range(len(FAILING)))
def test_none_runs_if_the_answer_fails_by_itself(
    answer: Any, written: Written, ask: Ask, ran: list[str], fixed: BackgroundTask
) -> None:
    @with_background(fixed)
    @written
    def handler(background_tasks: BackgroundTasks) -> Any:
        background_tasks.add_task(ran.append, "added")
        return answer()

    with pytest.raises((LookupError, BaseExceptionGroup)):
        ask(handler)

    assert ran == []


class GoneError(Exception):
    """What a server may raise in `send` when the client has gone."""


def hang_up(make_client: MakeClient, handler: Any, method: str, after: int) -> None:
    """Send a request whose client goes away after so many messages of the response."""
    app = Lilya(routes=[Path("/", handler)])

    async def server(scope: Any, receive: Any, send: Any) -> None:
        left = iter(range(after))

        async def sending(message: Any) -> None:
            if next(left, None) is None:
                raise GoneError
            await send(message)

        await app(scope, receive, sending)

    with pytest.raises((GoneError, BaseExceptionGroup)):
        make_client(server).request(method, "/")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("expected", "body"), FIXED, ids=range(len(FIXED)))
def test_the_client_may_go_away(
    method: str,
    expected: str,
    body: Any,
    make_client: MakeClient,
    ran: list[str],
    fixed: BackgroundTask,
) -> None:
    @with_background(fixed)
    async def handler(background_tasks: BackgroundTasks) -> Any:
        return body(Given(background_tasks, ran))

    hang_up(make_client, handler, method, after=1 if method == "GET" else 0)

    expected = expected.removeprefix("own").strip() if method == "GET" else ""
    assert " ".join(ran) == expected  # its own is the response's to run


@pytest.mark.parametrize("after", range(3))
def test_the_client_may_go_away_at_any_time(
    after: int, make_client: MakeClient, ran: list[str], written: Written
) -> None:
    @with_background
    @written
    def handler(background_tasks: BackgroundTasks) -> StreamingResponse:
        background_tasks.add_task(ran.append, "added")
        return StreamingResponse(iter("ab"))

    hang_up(make_client, handler, "GET", after)

    assert ran == ["added"]
