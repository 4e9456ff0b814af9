"""Which tasks run behind an answer, and in which order: fixed, added, and the response's own."""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from functools import partial
from typing import Any

import anyio
import pytest
from lilya.apps import Lilya
from lilya.background import Task as LilyaTask
from lilya.background import Tasks as LilyaTasks
from lilya.responses import EventStreamResponse, JSONResponse, PlainText, StreamingResponse
from lilya.routing import Path
from lilya.testclient import AsyncTestClient
from starlette.background import BackgroundTask as StarletteTask
from starlette.responses import PlainTextResponse as StarletteText

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import PATIENCE, MakeClient
from tests.handlers.conftest import Ask, Written
from tests.reports import Records

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup


class Given:
    """What the body of a handler has: its container, and what the tasks note that they ran."""

    def __init__(self, tasks: BackgroundTasks, ran: list[str]) -> None:
        self.tasks, self.ran = tasks, ran

    def add(self) -> None:
        self.tasks.add_task(self.ran.append, "added")

    def own_call(self) -> JSONResponse:
        return JSONResponse({}, background=BackgroundTask(self.tasks.__call__))

    def own(self, *more: BackgroundTasks) -> JSONResponse:
        tasks = [BackgroundTask(self.ran.append, "own"), *more]
        return JSONResponse({}, background=BackgroundTasks(tasks))


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


def with_one_that_ran(given: Given) -> Any:
    task = BackgroundTask(given.ran.append, "added")
    task._accounted = True  # for another request
    given.tasks.add_task(task)
    return given.own()


class TakesNoTasks(JSONResponse):
    def __init__(self, own: Any) -> None:
        super().__init__({}, background=own)
        self.is_made = True

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(self, "is_made"):
            raise TypeError(name)
        super().__setattr__(name, value)


def chunks(given: Given) -> Iterator[str]:
    yield "a"
    given.add()


async def content(given: Given) -> str:
    given.add()
    return "hello"


async def application(given: Given, scope: Any, receive: Any, send: Any) -> None:
    try:
        await PlainText("hello")(scope, receive, send)
    finally:
        given.add()


CASES: list[tuple[str, Any]] = [
    ("fixed", lambda given: None),
    ("fixed added", lambda given: given.add()),
    ("own", lambda given: given.own()),
    ("own added", lambda given: given.add() or given.own()),
    ("own added", starlettes),
    ("own added", with_one_that_ran),
    ("added", lambda given: given.add() or JSONResponse({}, background=given.tasks)),
    ("its added added", of_another_handler),
    ("fixed added", lambda given: StreamingResponse(chunks(given))),
    ("fixed added", chunks),  # as data
    ("fixed added", lambda given: PlainText(content(given))),
    ("fixed added", lambda given: partial(application, given)),
    ("own added", lambda given: given.add() or given.own(given.tasks)),
    ("fixed added", lambda given: given.tasks.add_task(given.add)),
]
# What depends on the response's own tasks, which only Lilya runs.
OWN: list[tuple[str, Any]] = [
    ("added", lambda given: JSONResponse({}, background=BackgroundTask(given.add))),
    ("added", lambda given: given.add() or given.own_call()),
    ("own added", lambda given: given.add() or TakesNoTasks(given.own().background)),
]


@pytest.mark.parametrize(("expected", "body"), [*CASES, *OWN])
def test_what_runs(expected: str, body: Any, written: Written, ask: Ask, ran: list[str]) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    @written
    def handler(background_tasks: BackgroundTasks) -> Any:
        return body(Given(background_tasks, ran))

    ask(handler)
    ask(handler)

    assert " ".join(ran) == f"{expected} {expected}"  # nothing gathers between requests


@pytest.mark.parametrize("container", [BackgroundTasks, LilyaTasks])
def test_several_fixed_tasks(container: type[LilyaTasks], ask: Ask, ran: list[str]) -> None:
    tasks = container([BackgroundTask(ran.append, "first"), LilyaTask(ran.append, "second")])

    @with_background(tasks)
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    ask(handler)

    assert ran == ["first", "second", "added"]
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
        first.add_task(second)
        second.add_task(first)

    with pytest.raises(RuntimeError, match="would run for ever"):
        ask(handler)


def fails() -> Any:
    raise LookupError("no such thing")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
@pytest.mark.parametrize("answer", [dict, lambda: PlainText("a"), lambda: PlainText("a").__call__])
def test_none_runs_on_head_or_options_and_that_is_told(
    answer: Any, method: str, ask: Ask, ran: list[str], told: Records
) -> None:
    @with_background(BackgroundTask(ran.insert, 0, "fixed"))
    async def handler(background_tasks: BackgroundTasks) -> Any:
        background_tasks.add_task(ran.extend, ["added"])
        return answer()

    assert ask(handler, method=method).status_code == 200

    gc.collect()
    assert ran == []
    assert {"list.insert", "list.extend"} <= {*told.names}


def test_an_event_stream_runs_them_on_head_too(ask: Ask, ran: list[str], told: Records) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    def handler() -> EventStreamResponse:
        return EventStreamResponse([{"data": "one"}])

    ask(handler, method="HEAD")

    gc.collect()
    assert (ran, told.messages) == (["fixed"], [])


async def failing_content() -> str:
    return str(fails())


async def failing_chunks() -> AsyncIterator[str]:  # a thread would keep the response for a while
    yield str(fails())


async def failing_application(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200})
    fails()


FAILING = [
    fails,
    lambda: (fails() for _ in "a"),
    lambda: PlainText(failing_content()),
    lambda: StreamingResponse(failing_chunks()),
    lambda: failing_application,
    lambda: PlainText("", background=BackgroundTasks([BackgroundTask(fails), LilyaTask(print)])),
]


@pytest.mark.parametrize("answer", FAILING)
def test_none_runs_if_the_answer_fails_and_that_is_told_once(
    answer: Any, ask: Ask, ran: list[str], told: Records
) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler(background_tasks: BackgroundTasks) -> Any:
        background_tasks.add_task(ran.extend, ["added"])
        return answer()

    with pytest.raises((LookupError, BaseExceptionGroup)):
        ask(handler)

    gc.collect()
    assert ran == []
    lost = [name for each in told for name in (*each.background_tasks_lost, each.background_task)]
    assert lost.count("list.extend") == 1


URLS = [f"/{number}" for number in range(8)]

asked: ContextVar[str] = ContextVar("asked")


async def constant() -> str:
    return "constant"


CONSTANTS = [
    lambda: PlainText("constant"),
    lambda: PlainText("constant", background=BackgroundTask(lambda: None)),
    lambda: PlainText(constant()),
]


@pytest.mark.anyio
@pytest.mark.parametrize("answer", CONSTANTS)
async def test_none_crosses_to_another_request_with_the_same_response(
    answer: Any, anyio_backend: Any, ran: list[Any]
) -> None:
    response, all_here, waiting = answer(), anyio.Event(), [*URLS]

    async def task(url: str) -> None:
        ran.append((asked.get(), url))

    @with_background(BackgroundTask(lambda: None))
    async def handler(number: str, background_tasks: BackgroundTasks) -> Any:
        asked.set(url := f"/{number}")
        background_tasks.add_task(task, url)
        waiting.remove(url)
        if not waiting:
            all_here.set()
        await all_here.wait()
        background_tasks.add_task(task, url)
        return response

    app = Lilya(routes=[Path("/{number}", handler)])

    async def ask(url: str) -> None:
        client = AsyncTestClient(app, backend=anyio_backend)
        assert (await client.get(url)).text == "constant"

    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group:
            for url in URLS:
                group.start_soon(ask, url)

    assert sorted(ran) == sorted((url, url) for url in URLS * 2)


def test_a_constant_takes_none_to_a_handler_without_tasks(
    make_client: MakeClient, ran: list[str]
) -> None:
    constant = PlainText("constant")
    with_task = with_background(BackgroundTask(ran.append, "fixed"))(lambda: constant)
    paths = [Path("/with", with_task), Path("/without", lambda: constant)]
    client = make_client(Lilya(routes=paths))

    for path in ("/with", "/without") * 2:
        client.get(path)

    assert ran == ["fixed", "fixed"]


def test_what_adds_to_its_fixed_container_adds_to_that_of_its_request(
    ask: Ask, ran: list[str]
) -> None:
    fixed = BackgroundTasks([lambda: fixed.add_task(ran.append, "more")])

    for _ in range(2):
        ask(with_background(fixed)(lambda: PlainText("")))

    assert (ran, len(fixed.tasks)) == (["more", "more"], 1)


@pytest.mark.anyio
async def test_another_handler_may_be_called_in_a_thread(ran: list[str]) -> None:
    inner = with_background(BackgroundTask(ran.append, "inner"))(lambda: PlainText("hello"))

    @with_background(BackgroundTask(ran.append, "outer"))
    async def outer(background_tasks: BackgroundTasks) -> PlainText:
        background_tasks.add_task(ran.append, "added")
        return await anyio.to_thread.run_sync(inner)

    called: Any = outer
    await (await called()).background()

    assert ran == ["inner", "added"]
