"""No task crosses from one request to another, whatever the requests share."""

from __future__ import annotations

from contextvars import ContextVar
from threading import Barrier
from typing import Any

import anyio
import pytest
from lilya.apps import Lilya
from lilya.responses import PlainText, Response
from lilya.routing import Path
from lilya.testclient import AsyncTestClient

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.handlers.conftest import Ask

REQUESTS = 8

request_path: ContextVar[str] = ContextVar("request_path")


async def content() -> str:
    return "constant"


CONSTANTS = {
    "bare": lambda: PlainText("constant"),
    "with its own": lambda: PlainText("constant", background=BackgroundTask(lambda: None)),
    "in time": lambda: PlainText(content()),
}


@pytest.mark.anyio
@pytest.mark.parametrize("constant", CONSTANTS)
async def test_requests_answered_with_one_response(constant: str, anyio_backend: Any) -> None:
    ran: list[tuple[str, str]] = []
    response = CONSTANTS[constant]()
    own, barrier = response.background, Barrier(REQUESTS, timeout=10)

    async def task(source: str) -> None:
        ran.append((request_path.get(), f"/{source}"))

    @with_background(BackgroundTask(lambda: None))
    def handler(source: str, background_tasks: BackgroundTasks) -> Response:
        background_tasks.add_task(task, source)
        barrier.wait()  # until every request is here
        background_tasks.add_task(task, source)
        return response

    app = Lilya(routes=[Path("/{source}", handler)])
    answers: list[str] = []

    async def knowing_its_path(scope: Any, receive: Any, send: Any) -> None:
        request_path.set(scope["path"])
        await app(scope, receive, send)

    async def ask(url: str) -> None:
        client = AsyncTestClient(knowing_its_path, backend=anyio_backend)
        answers.append((await client.get(url)).text)

    urls = [f"/{number}" for number in range(REQUESTS)]
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for url in urls:
                group.start_soon(ask, url)

    assert answers == ["constant"] * REQUESTS
    assert sorted(ran) == sorted((url, url) for url in urls * 2)
    assert response.background is own


def test_each_request_brings_a_new_container_for_each_parameter(ask: Ask) -> None:
    brought: list[BackgroundTasks] = []

    @with_background
    async def handler(first: BackgroundTasks, second: SideBySide) -> None:
        brought.extend([first, second])

    ask(handler)
    ask(handler)

    assert len({id(container) for container in brought}) == 4
    assert [type(container) for container in brought] == [BackgroundTasks, SideBySide] * 2
    assert [container.as_group for container in brought] == [False, True] * 2


class SideBySide(BackgroundTasks):
    def __init__(self) -> None:
        super().__init__(as_group=True)
