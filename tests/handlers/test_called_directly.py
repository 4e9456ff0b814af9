"""Called with a container, as a test calls it, a handler uses that and returns what it returns."""

from __future__ import annotations

import gc
from inspect import isawaitable
from typing import Any
from unittest.mock import MagicMock

import pytest
from lilya.background import Tasks as LilyaTasks
from lilya.responses import JSONResponse

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from ravyn_bg._naming import leaves
from tests.handlers.conftest import Written
from tests.reports import Records

pytestmark = pytest.mark.anyio


async def result_of(answer: Any) -> Any:
    return await answer if isawaitable(answer) else answer


@pytest.mark.parametrize("make", [BackgroundTasks, LilyaTasks, MagicMock, lambda: None])
@pytest.mark.parametrize("by", ["name", "position"])
async def test_what_is_passed_is_used(by: str, make: Any, written: Written) -> None:
    @with_background(BackgroundTask(print))
    @written
    def handler(source: str, background_tasks: BackgroundTasks, page: int = 1) -> Any:
        return background_tasks, source

    container = make()
    args, kwargs = ([container], {}) if by == "position" else ([], {"background_tasks": container})

    assert await result_of(handler("github", *args, **kwargs)) == (container, "github")


async def test_one_of_two_containers_may_be_passed() -> None:
    async def handler(mails: BackgroundTasks, logs: BackgroundTasks) -> JSONResponse:
        mails.add_task(print, "mail")
        logs.add_task(print, "log")
        return JSONResponse({})

    passed, decorated = BackgroundTasks(), with_background(handler)

    response: Any = await decorated(passed)  # type: ignore[call-arg]  # Lilya passes none

    assert [task.args for task in passed.tasks] == [("mail",)]
    assert [task.args for task in response.background.tasks] == [("log",)]


async def test_behind_any_number_of_arguments(written: Written) -> None:
    def handler(*names: str, background_tasks: BackgroundTasks) -> JSONResponse:
        background_tasks.add_task(print, *names)
        return JSONResponse({})

    decorated: Any = with_background(BackgroundTask(print, "fixed"))(written(handler))
    response = await result_of(decorated("ada", "bob"))

    assert [each.args for each in leaves(response.background)] == [("fixed",), ("ada", "bob")]


@pytest.mark.parametrize(("args", "kwargs"), [((), {"page": 0}), ((0,), {})])
async def test_what_stands_behind_it_may_be_passed_alone(
    args: Any, kwargs: Any, written: Written
) -> None:
    @with_background
    @written
    def handler(background_tasks: BackgroundTasks, page: int) -> JSONResponse:
        background_tasks.add_task(print, page)
        return JSONResponse({})

    response = await result_of(handler(*args, **kwargs))

    assert [task.args for task in response.background.tasks] == [(0,)]


class Redirect:
    """As Ravyn's, of which a response is made by Ravyn alone."""

    def to_response(self) -> None: ...


Redirect.to_response.__module__ = "ravyn.core.datastructures.redirect"


async def test_what_ravyn_alone_can_send_is_refused(written: Written) -> None:
    def handler() -> Any:
        return Redirect()

    decorated: Any = with_background(BackgroundTask(print))(written(handler))
    with pytest.raises(TypeError, match=r"Redirect, .*: return a ravyn_bg.responses.RedirectResp"):
        await result_of(decorated())


class Audited(BackgroundTasks):
    def __init__(self) -> None:
        super().__init__()
        self.add_task(print, "audit")


async def test_what_a_container_of_a_class_of_ones_own_holds_is_built_by_the_handler(
    told: Records,
) -> None:
    @with_background
    async def handler(background_tasks: Audited) -> dict[str, str]:
        return {}

    await handler()  # type: ignore[call-arg]  # as Lilya calls it

    gc.collect()
    assert [each.funcName for each in told] == ["handler"]


async def test_what_the_handler_has_awaited_does_not_run_twice() -> None:
    ran: list[str] = []

    @with_background(BackgroundTask(BackgroundTasks([BackgroundTask(ran.append, "fixed")])))
    async def handler(background_tasks: BackgroundTasks) -> dict[str, str]:
        background_tasks.add_task(ran.append, "awaited")
        await background_tasks()
        background_tasks.add_task(ran.append, "added")
        return {}

    answer: Any = await handler()  # type: ignore[call-arg]  # as Lilya calls it
    await answer.background()

    assert ran == ["awaited", "fixed", "added"]


async def test_a_response_that_holds_the_tasks_of_another_request_is_copied(told: Records) -> None:
    response, task = JSONResponse({}), BackgroundTask(print, "fixed")

    @with_background(task)
    async def handler() -> JSONResponse:
        return response

    one, other = await handler(), await handler()

    assert one is response
    assert (type(other), other.body) == (JSONResponse, response.body)
    assert len({id(task), id(one.background), id(other.background)}) == 3
    assert told == []
