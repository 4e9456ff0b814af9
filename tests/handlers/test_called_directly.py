"""Called with a container, as a test calls it, a handler uses that and returns what it returns."""

from __future__ import annotations

from collections.abc import Callable
from inspect import isawaitable
from typing import Any, cast
from unittest.mock import MagicMock

import pytest
from lilya.background import Tasks as LilyaTasks
from lilya.responses import JSONResponse

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.handlers.conftest import Written

pytestmark = pytest.mark.anyio


class Mine(BackgroundTasks): ...


class Fake:
    def __init__(self) -> None:
        self.calls: list[Any] = []

    def add_task(self, *call: Any) -> None:
        self.calls.append(call)


PASSED: dict[str, Callable[[], Any]] = {
    "a container": BackgroundTasks,
    "one of a subclass": Mine,
    "Lilya's": LilyaTasks,
    "a mock": MagicMock,
    "a mock of the class": lambda: MagicMock(spec=BackgroundTasks),
    "a fake": Fake,
    "nothing": lambda: None,
}


@pytest.mark.parametrize("passed", PASSED)
@pytest.mark.parametrize("by", ["name", "position"])
@pytest.mark.parametrize(
    "decorate", [with_background, with_background(BackgroundTask(print))], ids=["bare", "fixed"]
)
async def test_what_is_passed_is_used(
    decorate: Any, by: str, passed: str, written: Written
) -> None:
    def handler(source: str, background_tasks: BackgroundTasks, page: int = 1) -> Any:
        if background_tasks is not None:
            background_tasks.add_task(print, source)
        return background_tasks, source

    container, decorated = PASSED[passed](), decorate(written(handler))

    by_name = {"background_tasks": container}
    answer = decorated("github", **by_name) if by == "name" else decorated("github", container)

    assert await result_of(answer) == (container, "github")
    assert passed == "nothing" or calls(container) == [(print, "github")]


async def result_of(answer: Any) -> Any:
    return await answer if isawaitable(answer) else answer


def calls(container: Any) -> list[Any]:
    if isinstance(container, Fake):
        return container.calls
    if isinstance(container, MagicMock):
        return [call.args for call in container.add_task.call_args_list]
    return [(print, *task.args) for task in container.tasks]  # Lilya wraps what it is to call


async def test_one_of_two_containers_may_be_passed() -> None:
    async def handler(mails: BackgroundTasks, logs: BackgroundTasks) -> JSONResponse:
        mails.add_task(print, "mail")
        logs.add_task(print, "log")
        return JSONResponse({})

    passed, decorated = BackgroundTasks(), cast("Any", with_background(handler))

    response = await decorated(passed)

    assert [task.args for task in passed.tasks] == [("mail",)]
    assert [task.args for task in response.background.tasks] == [("log",)]


@pytest.mark.parametrize("passes", [True, False])
async def test_behind_any_number_of_arguments(passes: bool, written: Written) -> None:
    def handler(*names: str, background_tasks: BackgroundTasks) -> JSONResponse:
        background_tasks.add_task(print, *names)
        return JSONResponse({})

    passed, decorated = BackgroundTasks(), cast("Any", with_background(written(handler)))
    by_name = {"background_tasks": passed} if passes else {}

    response = await result_of(decorated("ada", "bob", **by_name))

    tasks = passed if passes else response.background
    assert [task.args for task in tasks.tasks] == [("ada", "bob")]


@pytest.mark.parametrize("call", [{"page": 2}, (2,)], ids=["by name", "by position"])
async def test_what_stands_behind_it_may_be_passed_alone(call: Any, written: Written) -> None:
    def handler(background_tasks: BackgroundTasks, page: int) -> JSONResponse:
        background_tasks.add_task(print, page)
        return JSONResponse({})

    decorated: Any = with_background(written(handler))
    response = await result_of(decorated(**call) if isinstance(call, dict) else decorated(*call))

    assert [task.args for task in response.background.tasks] == [(2,)]


async def test_a_single_task_is_the_background_itself() -> None:
    task = BackgroundTask(print)

    @with_background(task)
    async def handler() -> JSONResponse:
        return JSONResponse({})

    response = await handler()

    assert response.background is task
    assert (type(response).__name__, isinstance(response, JSONResponse)) == ("JSONResponse", True)


async def test_a_false_argument_by_position_is_not_taken_for_the_container() -> None:
    async def handler(background_tasks: BackgroundTasks, page: int) -> int:
        return page

    decorated: Any = with_background(handler)

    assert (await decorated(0)).body == b"0"
