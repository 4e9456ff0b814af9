"""Which tasks run behind an answer, and in which order: fixed, added, and the response's own."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import pytest
from lilya.apps import Lilya
from lilya.background import Task as LilyaTask
from lilya.background import Tasks as LilyaTasks
from lilya.responses import JSONResponse, PlainText, Response, StreamingResponse
from lilya.routing import Path
from starlette.background import BackgroundTask as StarletteTask
from starlette.responses import PlainTextResponse as StarletteText

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.conftest import MakeClient
from tests.handlers.conftest import Ask, EqualToAll, Written

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

Ran = list[str]
CASES: list[Any] = []


def case(*expected: str, fixed: bool = False) -> Callable[[Any], Any]:
    """A body of a handler, which gets its container and the list of what has run."""

    def noted(body: Any) -> Any:
        CASES.append(pytest.param(body, fixed, [*expected], id=body.__name__))
        return body

    return noted


@pytest.mark.parametrize(("body", "is_fixed", "expected"), CASES)
def test_what_runs(
    body: Any,
    is_fixed: bool,
    expected: Ran,
    written: Written,
    ask: Ask,
    ran: Ran,
    fixed: BackgroundTask,
) -> None:
    def handler(background_tasks: BackgroundTasks) -> Any:
        return body(background_tasks, ran)

    given: Any = with_background(fixed) if is_fixed else with_background
    decorated = given(written(handler))

    ask(decorated)
    ask(decorated)

    assert ran == expected * 2  # nothing gathers on what requests share


@case("handler", "first", "second")
def added_tasks_run_in_their_order(tasks: BackgroundTasks, ran: Ran) -> None:
    tasks.add_task(ran.append, "first")
    tasks.add_task(ran.append, "second")
    ran.append("handler")


@case("fixed", "added", fixed=True)
def the_fixed_one_comes_first(tasks: BackgroundTasks, ran: Ran) -> None:
    tasks.add_task(ran.append, "added")


@case("own", fixed=True)
def the_response_s_own_takes_the_place_of_the_fixed_one(tasks: BackgroundTasks, ran: Ran) -> Any:
    return JSONResponse({}, background=BackgroundTask(ran.append, "own"))


@case("own", "added", fixed=True)
def the_response_s_own_comes_first(tasks: BackgroundTasks, ran: Ran) -> Any:
    tasks.add_task(ran.append, "added")
    return JSONResponse({}, background=BackgroundTask(ran.append, "own"))


@case("own", "added")
def an_own_task_that_is_equal_to_anything(tasks: BackgroundTasks, ran: Ran) -> Any:
    class Equal(EqualToAll, BackgroundTask): ...

    tasks.add_task(ran.append, "added")
    return JSONResponse({}, background=Equal(ran.append, "own"))


@case("own", "added", fixed=True)
def a_response_of_another_toolkit(tasks: BackgroundTasks, ran: Ran) -> Any:
    tasks.add_task(ran.append, "added")
    return StarletteText("hello", background=StarletteTask(ran.append, "own"))


@case("added", fixed=True)
def passed_on_to_the_response(tasks: BackgroundTasks, ran: Ran) -> Any:
    tasks.add_task(ran.append, "added")
    return JSONResponse({}, background=tasks)


@case("own", "added")
def passed_on_in_a_container(tasks: BackgroundTasks, ran: Ran) -> Any:
    tasks.add_task(ran.append, "added")
    own = BackgroundTasks([BackgroundTask(ran.append, "own"), tasks])
    return JSONResponse({}, background=own)


@case("its fixed", "its added", "added", fixed=True)
def the_response_of_another_decorated_handler(tasks: BackgroundTasks, ran: Ran) -> Any:
    @with_background(BackgroundTask(ran.append, "its fixed"))
    def other(background_tasks: BackgroundTasks) -> Response:
        background_tasks.add_task(ran.append, "its added")
        return PlainText("hello")

    tasks.add_task(ran.append, "added")
    called: Any = other
    return called()


@case("adds", "added")
def added_by_a_task(tasks: BackgroundTasks, ran: Ran) -> None:
    def adds() -> None:
        ran.append("adds")
        tasks.add_task(ran.append, "added")

    tasks.add_task(adds)


@case("added")
def added_by_the_response_s_own_task(tasks: BackgroundTasks, ran: Ran) -> Any:
    return JSONResponse({}, background=BackgroundTask(tasks.add_task, ran.append, "added"))


@case("fixed", "added", fixed=True)
def added_by_a_stream(tasks: BackgroundTasks, ran: Ran) -> Any:
    async def chunks() -> AsyncIterator[str]:
        yield "a"
        tasks.add_task(ran.append, "added")
        yield "b"

    return StreamingResponse(chunks())


@case("fixed", "added", fixed=True)
def added_by_a_sync_stream(tasks: BackgroundTasks, ran: Ran) -> Any:
    def chunks() -> Iterator[str]:
        yield "a"
        tasks.add_task(ran.append, "added")

    return StreamingResponse(chunks())


@case("fixed", "added", fixed=True)
def added_by_a_generator_that_is_data(tasks: BackgroundTasks, ran: Ran) -> Any:
    yield "a"
    tasks.add_task(ran.append, "added")


@case("fixed", "added", fixed=True)
def added_by_a_content_coroutine(tasks: BackgroundTasks, ran: Ran) -> Any:
    async def content() -> str:
        tasks.add_task(ran.append, "added")
        return "hello"

    return PlainText(content())


@case("added")
def added_by_an_application(tasks: BackgroundTasks, ran: Ran) -> Any:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await PlainText("hello")(scope, receive, send)
        tasks.add_task(ran.append, "added")

    return application


@case("added")
def added_by_a_class_of_responses(tasks: BackgroundTasks, ran: Ran) -> Any:
    class Adding(PlainText):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            tasks.add_task(ran.append, "added")
            await super().__call__(scope, receive, send)

    return Adding("hello")


def test_added_by_middleware_when_the_response_starts(
    make_client: MakeClient, written: Written, ran: Ran
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
    container: type[LilyaTasks], ask: Ask, ran: Ran, fixed: BackgroundTask
) -> None:
    given: list[LilyaTask] = [fixed, LilyaTask(ran.append, "second")]
    tasks = container(given)

    @with_background(tasks)
    async def handler() -> dict[str, str]:
        ran.append("handler")
        return {}

    ask(handler)

    assert ran == ["handler", "fixed", "second"]
    assert len(tasks.tasks) == 2


@pytest.mark.parametrize("outer", ["first", "second"])
def test_one_injected_container_may_hold_the_other(outer: str, ask: Ask, ran: Ran) -> None:
    @with_background
    async def handler(first: BackgroundTasks, second: BackgroundTasks) -> None:
        holding, held = (first, second) if outer == "first" else (second, first)
        held.add_task(ran.append, "held")
        holding.add_task(held)

    ask(handler)

    assert ran == ["held"]


def test_two_containers_that_hold_each_other_are_refused(ask: Ask, ran: Ran) -> None:
    @with_background
    async def handler(first: BackgroundTasks, second: BackgroundTasks) -> None:
        first.add_task(ran.append, "added")
        first.add_task(second)
        second.add_task(first)

    with pytest.raises(RuntimeError, match="would run for ever"):
        ask(handler)


def test_a_fixed_task_that_fails_ends_the_added_ones(ask: Ask, ran: Ran) -> None:
    @with_background(BackgroundTask(fails))
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    with pytest.raises(LookupError, match="no such thing"):
        ask(handler)

    assert ran == []


async def application(scope: Any, receive: Any, send: Any) -> None:
    await PlainText("hello")(scope, receive, send)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
@pytest.mark.parametrize("answer", [dict, partial(PlainText, "hello"), lambda: application])
def test_none_runs_after_head_and_options(
    answer: Any, method: str, ask: Ask, ran: Ran, fixed: BackgroundTask
) -> None:
    @with_background(fixed)
    async def handler(background_tasks: BackgroundTasks) -> Any:
        ran.append("handler")
        background_tasks.add_task(ran.append, "added")
        return answer()

    assert ask(handler, method=method).status_code == 200

    assert ran == ["handler"]


def fails() -> str:
    raise LookupError("no such thing")


async def failing_content() -> str:
    raise LookupError("no such thing")


async def failing_application(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200})
    fails()


class FailingToBeSent(PlainText):
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await failing_application(scope, receive, send)


FAILING = [
    fails,
    lambda: (fails() for _ in "a"),
    lambda: PlainText(failing_content()),
    lambda: StreamingResponse(fails() for _ in "a"),
    lambda: failing_application,
    lambda: FailingToBeSent("hello"),
]


@pytest.mark.parametrize("answer", FAILING, ids=range(len(FAILING)))
def test_none_runs_if_the_answer_fails_by_itself(
    answer: Any,
    written: Written,
    ask: Ask,
    ran: Ran,
    fixed: BackgroundTask,
) -> None:
    @with_background(fixed)
    @written
    def handler(background_tasks: BackgroundTasks) -> Any:
        background_tasks.add_task(ran.append, "added")
        return answer()

    with pytest.raises((LookupError, BaseExceptionGroup)):
        ask(handler)

    assert ran == []
