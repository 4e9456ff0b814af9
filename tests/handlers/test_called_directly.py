"""Called with a container, as a test calls it, a handler uses that and returns what it returns."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any
from unittest.mock import MagicMock

import pytest
from lilya.background import Tasks as LilyaTasks
from lilya.responses import JSONResponse

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from ravyn_bg._naming import leaves
from tests.handlers.conftest import Written

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
