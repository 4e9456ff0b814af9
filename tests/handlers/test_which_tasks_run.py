"""Fixed tasks, tasks that the handler added, and the background of its own response."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import pytest
from lilya.responses import JSONResponse, PlainText, Response, StreamingResponse
from starlette.background import BackgroundTask as StarletteTask
from starlette.responses import PlainTextResponse as StarletteText

from ravyn_bg import BackgroundTask, BackgroundTasks, Task, Tasks, with_background
from tests.handlers.conftest import Ask, EqualToAll


async def later() -> str:
    return "later"


def test_a_fixed_task_runs_after_every_response(ask: Ask, ran: list[str]) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler() -> dict[str, str]:
        ran.append("handler")
        return {}

    ask(handler)
    ask(handler)

    assert ran == ["handler", "fixed", "handler", "fixed"]


@pytest.mark.parametrize("container", [BackgroundTasks, Tasks])
def test_several_fixed_tasks_run_in_their_order(
    container: type[Tasks], ask: Ask, ran: list[str]
) -> None:
    tasks = container([Task(ran.append, "first"), BackgroundTask(ran.append, "second")])

    @with_background(tasks)
    async def handler() -> None: ...

    ask(handler)

    assert ran == ["first", "second"]
    assert len(tasks.tasks) == 2


def test_added_tasks_run_after_the_response_in_their_order(ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "first")
        background_tasks.add_task(ran.append, "second")
        ran.append("handler")

    ask(handler)

    assert ran == ["handler", "first", "second"]


def test_added_tasks_run_after_the_fixed_one(ask: Ask, ran: list[str]) -> None:
    fixed = BackgroundTasks([BackgroundTask(ran.append, "fixed")])

    @with_background(fixed)
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    ask(handler)
    ask(handler)

    assert ran == ["fixed", "added", "fixed", "added"]
    assert len(fixed.tasks) == 1


def test_tasks_run_once_the_body_is_out(ask: Ask, ran: list[str]) -> None:
    class Told(PlainText):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def telling(message: Any) -> None:
                ran.append(message["type"])
                await send(message)

            await super().__call__(scope, receive, telling)

    @with_background(BackgroundTask(ran.append, "task"))
    async def handler() -> Told:
        return Told("hello")

    ask(handler)

    assert ran == ["http.response.start", "http.response.body", "task"]


def test_the_background_of_the_response_takes_the_place_of_the_fixed_task(
    ask: Ask, ran: list[str]
) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler() -> Response:
        return JSONResponse({}, background=BackgroundTask(ran.append, "own"))

    ask(handler)

    assert ran == ["own"]


def test_added_tasks_run_after_the_background_of_the_response(ask: Ask, ran: list[str]) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler(background_tasks: BackgroundTasks) -> Response:
        background_tasks.add_task(ran.append, "added")
        return JSONResponse({}, background=BackgroundTask(ran.append, "own"))

    ask(handler)

    assert ran == ["own", "added"]


def test_added_tasks_run_after_a_background_that_is_equal_to_anything(
    ask: Ask, ran: list[str]
) -> None:
    class Equal(EqualToAll, BackgroundTask): ...

    @with_background
    async def handler(background_tasks: BackgroundTasks) -> Response:
        background_tasks.add_task(ran.append, "added")
        return JSONResponse({}, background=Equal(ran.append, "own"))

    ask(handler)

    assert ran == ["own", "added"]


def test_it_is_the_same_for_a_response_of_another_toolkit(ask: Ask, ran: list[str]) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler(background_tasks: BackgroundTasks) -> StarletteText:
        background_tasks.add_task(ran.append, "added")
        return StarletteText("hello", background=StarletteTask(ran.append, "own"))

    assert ask(handler).text == "hello"

    assert ran == ["own", "added"]


def test_what_was_injected_runs_once_where_the_handler_passes_it_on(
    ask: Ask, ran: list[str]
) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler(background_tasks: BackgroundTasks) -> Response:
        background_tasks.add_task(ran.append, "added")
        return JSONResponse({}, background=background_tasks)

    ask(handler)

    assert ran == ["added"]


def test_what_was_injected_runs_once_where_the_handler_passes_it_on_in_a_container(
    ask: Ask, ran: list[str]
) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> Response:
        background_tasks.add_task(ran.append, "added")
        own = BackgroundTasks([BackgroundTask(ran.append, "own"), background_tasks])
        return JSONResponse({}, background=own)

    ask(handler)

    assert ran == ["own", "added"]


@pytest.mark.parametrize("outer", ["first", "second"])
def test_one_injected_container_may_hold_the_other(outer: str, ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(first: BackgroundTasks, second: BackgroundTasks) -> None:
        holding, held = (first, second) if outer == "first" else (second, first)
        held.add_task(ran.append, "held")
        holding.add_task(held)

    ask(handler)

    assert ran == ["held"]


def test_two_containers_that_hold_each_other_are_refused(ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(first: BackgroundTasks, second: BackgroundTasks) -> None:
        first.add_task(ran.append, "added")
        first.add_task(second)
        second.add_task(first)

    with pytest.raises(RuntimeError, match="would run for ever"):
        ask(handler)


def test_a_task_may_add_tasks(ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> None:
        def adds() -> None:
            ran.append("adds")
            background_tasks.add_task(ran.append, "added")

        background_tasks.add_task(adds)

    ask(handler)

    assert ran == ["adds", "added"]


def test_the_background_of_the_response_may_add_tasks(ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> Response:
        own = BackgroundTask(background_tasks.add_task, ran.append, "added")
        return JSONResponse({}, background=own)

    ask(handler)

    assert ran == ["added"]


def test_a_stream_may_add_tasks_until_it_ends(ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> Response:
        async def chunks() -> AsyncIterator[str]:
            yield "a"
            background_tasks.add_task(ran.append, "added")
            yield "b"

        return StreamingResponse(chunks())

    assert ask(handler).text == "ab"

    assert ran == ["added"]


def test_a_stream_of_a_sync_handler_may_add_tasks_until_it_ends(ask: Ask, ran: list[str]) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    def handler(background_tasks: BackgroundTasks) -> Response:
        def chunks() -> Iterator[str]:
            yield "a"
            background_tasks.add_task(ran.append, "added")

        return StreamingResponse(chunks())

    assert ask(handler).text == "a"

    assert ran == ["fixed", "added"]


def test_an_asgi_application_may_add_tasks_until_it_ends(ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> Any:
        async def application(scope: Any, receive: Any, send: Any) -> None:
            await PlainText("hello")(scope, receive, send)
            background_tasks.add_task(ran.append, "added")

        return application

    assert ask(handler).text == "hello"

    assert ran == ["added"]


@pytest.mark.parametrize("module", ["app.responses", "shop.responses"])
def test_a_response_that_streams_in_its_own_way_may_add_tasks(
    module: str, ask: Ask, ran: list[str]
) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> Response:
        class Streaming(PlainText):
            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                background_tasks.add_task(ran.append, "added")
                await super().__call__(scope, receive, send)

        Streaming.__call__.__module__ = module

        return Streaming("hello")

    ask(handler)

    assert ran == ["added"]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
@pytest.mark.parametrize("answer", ["a dict", "a response", "an application"])
def test_no_task_runs_after_head_and_options(
    answer: str, method: str, ask: Ask, ran: list[str]
) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await PlainText("hello")(scope, receive, send)

    answers = {"a dict": {}, "a response": PlainText("hello"), "an application": application}

    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler(background_tasks: BackgroundTasks) -> Any:
        ran.append("handler")
        background_tasks.add_task(ran.append, "added")
        return answers[answer]

    assert ask(handler, method=method).status_code == 200

    assert ran == ["handler"]


@pytest.mark.parametrize("runs", ["async", "sync"])
def test_no_task_runs_if_the_handler_raises(runs: str, ask: Ask, ran: list[str]) -> None:
    @with_background(BackgroundTask(ran.append, "fixed"))
    async def async_handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")
        raise LookupError("no such thing")

    @with_background(BackgroundTask(ran.append, "fixed"))
    def sync_handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")
        raise LookupError("no such thing")

    with pytest.raises(LookupError, match="no such thing"):
        ask(async_handler if runs == "async" else sync_handler)

    assert ran == []


def test_a_fixed_task_that_fails_ends_the_added_ones(ask: Ask, ran: list[str]) -> None:
    def fails() -> None:
        raise LookupError("no such thing")

    @with_background(BackgroundTask(fails))
    async def handler(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(ran.append, "added")

    with pytest.raises(LookupError, match="no such thing"):
        ask(handler)

    assert ran == []


def test_no_task_runs_if_the_response_raises(ask: Ask, ran: list[str]) -> None:
    class Broken(PlainText):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            raise LookupError("no such thing")

    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler(background_tasks: BackgroundTasks) -> Response:
        background_tasks.add_task(ran.append, "added")
        return Broken("hello")

    with pytest.raises(LookupError, match="no such thing"):
        ask(handler)

    assert ran == []


@pytest.mark.parametrize("adds", [False, True])
@pytest.mark.parametrize("returned", [None, {"a": 1}, PlainText("hello"), PlainText(later())])
def test_what_stands_above_sees_a_response_whether_or_not_a_task_was_added(
    returned: Any, adds: bool, ask: Ask, ran: list[str]
) -> None:
    @with_background
    async def handler(background_tasks: BackgroundTasks) -> Any:
        if adds:
            background_tasks.add_task(ran.append, "added")
        return returned

    async def above() -> Any:
        response: Any = await cast("Any", handler)()
        assert isinstance(response, Response)
        response.headers["x-above"] = "1"
        return response

    assert ask(above).headers["x-above"] == "1"
    assert ran == ["added"] * adds
