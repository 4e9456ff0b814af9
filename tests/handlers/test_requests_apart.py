"""What one request adds is gone with it: nothing gathers on what requests share."""

from __future__ import annotations

from lilya.responses import JSONResponse, PlainText, Response

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.handlers.conftest import Ask


def test_each_request_brings_a_new_container_for_each_parameter(ask: Ask) -> None:
    given: list[BackgroundTasks] = []

    @with_background
    async def handler(first: BackgroundTasks, second: BackgroundTasks) -> None:
        given.extend([first, second])
        first.add_task(print)

    ask(handler)
    ask(handler)

    assert len({id(container) for container in given}) == 4
    assert all(type(container) is BackgroundTasks for container in given)
    assert [len(container.tasks) for container in given] == [1, 0, 1, 0]


def test_a_subclass_brings_its_own_container(ask: Ask, ran: list[str]) -> None:
    @with_background
    async def handler(background_tasks: SideBySide) -> dict[str, bool]:
        background_tasks.add_task(ran.append, "added")
        return {"as_group": background_tasks.as_group}

    assert ask(handler).json() == {"as_group": True}

    assert ran == ["added"]


class SideBySide(BackgroundTasks):
    def __init__(self) -> None:
        super().__init__(as_group=True)


def test_a_response_to_many_requests_gathers_no_tasks(ask: Ask, ran: list[str]) -> None:
    own = BackgroundTasks([BackgroundTask(ran.append, "own")])
    response = JSONResponse({}, background=own)

    @with_background
    async def handler(background_tasks: BackgroundTasks) -> Response:
        background_tasks.add_task(ran.append, "added")
        return response

    ask(handler)
    ask(handler)

    assert ran == ["own", "added", "own", "added"]
    assert response.background is own
    assert len(own.tasks) == 1


def test_a_response_to_many_requests_may_wait_for_its_content(ask: Ask, ran: list[str]) -> None:
    async def content() -> str:
        return "hello"

    response = PlainText(content())

    @with_background(BackgroundTask(ran.append, "fixed"))
    async def handler() -> Response:
        return response

    assert [ask(handler).text, ask(handler).text] == ["hello", "hello"]

    assert ran == ["fixed", "fixed"]
