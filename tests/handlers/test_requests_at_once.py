"""No task crosses from one request to another when many are in the handler at the same time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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

pytestmark = pytest.mark.anyio

CONSTANT = PlainText("constant")
CONSTANT_WITH_ITS_OWN = PlainText("constant", background=BackgroundTask(lambda: None))

URLS = [f"/{number}" for number in range(8)]

request_path: ContextVar[str] = ContextVar("request_path")


@pytest.mark.parametrize("constant", [CONSTANT, CONSTANT_WITH_ITS_OWN], ids=["bare", "own"])
async def test_requests_answered_with_one_constant(constant: Response, anyio_backend: str) -> None:
    ran: list[tuple[str, str]] = []
    own, all_are_here = constant.background, meeting(len(URLS))

    async def task(source: str) -> None:
        ran.append((request_path.get(), f"/{source}"))

    @with_background
    async def handler(source: str, background_tasks: BackgroundTasks) -> Response:
        background_tasks.add_task(task, source)
        await all_are_here()
        background_tasks.add_task(task, source)
        return constant

    answers = await answers_at_once(handler, anyio_backend)

    assert answers == ["constant"] * len(URLS)
    assert sorted(ran) == sorted((url, url) for url in URLS * 2)
    assert constant.background is own


async def test_requests_to_a_sync_handler(anyio_backend: str) -> None:
    ran: list[tuple[str, str]] = []
    barrier = Barrier(len(URLS), timeout=10)

    def task(source: str) -> None:
        ran.append((request_path.get(), f"/{source}"))

    @with_background(BackgroundTask(task, "fixed"))
    def handler(source: str, background_tasks: BackgroundTasks) -> dict[str, str]:
        background_tasks.add_task(task, source)
        barrier.wait()
        return {}

    await answers_at_once(handler, anyio_backend)

    added = [(url, url) for url in URLS]
    assert sorted(ran) == sorted(added + [(url, "/fixed") for url in URLS])


def meeting(size: int) -> Callable[[], Awaitable[None]]:
    """Something to await in a handler, which lets no request on before that many have come."""
    all_are_here = anyio.Event()
    here: list[None] = []

    async def meet() -> None:
        here.append(None)
        if len(here) == size:
            all_are_here.set()
        await all_are_here.wait()

    return meet


async def answers_at_once(handler: Any, backend: Any) -> list[str]:
    app = Lilya(routes=[Path("/{source}", handler)])
    answers: list[str] = []

    async def knowing_its_path(scope: Any, receive: Any, send: Any) -> None:
        request_path.set(scope["path"])
        await app(scope, receive, send)

    async def ask(url: str) -> None:
        client = AsyncTestClient(knowing_its_path, backend=backend)
        answers.append((await client.get(url)).text)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for url in URLS:
                group.start_soon(ask, url)
    return answers
