"""A task that is gone and never began says so, once; no other does."""

from __future__ import annotations

import asyncio
import gc
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import anyio
import anyio.to_thread
import pytest
from lilya.apps import Lilya
from lilya.background import Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, with_background
from tests.conftest import MakeClient
from tests.failures.tasks import fail, fail_async, full_name, succeed_async

pytestmark = pytest.mark.anyio

Told = list[logging.LogRecord]


def send(to: str = "") -> None: ...


@pytest.fixture
def told() -> Iterator[Told]:
    """The warnings of a test."""
    kept: Told = []

    def keep(record: logging.LogRecord) -> bool:
        kept.extend([record] if record.levelno == logging.WARNING else [])
        return False

    gc.collect()  # what others left
    logging.getLogger("ravyn_bg").addFilter(keep)
    yield kept
    logging.getLogger("ravyn_bg").removeFilter(keep)


def never_attached() -> None:
    tasks = BackgroundTasks()
    tasks.add_task(send, "a@b.c")


def loose() -> None:
    BackgroundTask(send, "a@b.c")


async def cancelled_before_its_turn() -> None:
    """In a loop of its own: one that runs may hold its last cancellation."""
    await anyio.to_thread.run_sync(anyio.run, cancelled)


async def cancelled() -> None:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await BackgroundTasks([BackgroundTask(anyio.sleep_forever), BackgroundTask(send)])()


async def cancelled_while_it_waits_for_a_thread() -> None:
    limiter = anyio.to_thread.current_default_thread_limiter()
    tokens, limiter.total_tokens = limiter.total_tokens, 1
    async with limiter, anyio.create_task_group() as group:
        group.start_soon(BackgroundTask(send))
        while not limiter.statistics().tasks_waiting:
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    limiter.total_tokens = tokens


async def sibling_of_one_that_failed() -> None:
    limiter = anyio.to_thread.current_default_thread_limiter()
    tokens, limiter.total_tokens = limiter.total_tokens, 1
    async with limiter:
        with suppress(Exception):
            group = [BackgroundTask(send), BackgroundTask(fail_async)]
            await BackgroundTasks(group, as_group=True)()
    limiter.total_tokens = tokens


async def added_after_its_container_has_run() -> None:
    tasks = BackgroundTasks()
    await tasks()
    tasks.add_task(send)


CAUSES: list[Callable[[], Any]] = [
    never_attached,
    loose,
    cancelled_before_its_turn,
    cancelled_while_it_waits_for_a_thread,
    sibling_of_one_that_failed,
    added_after_its_container_has_run,
]
if sys.version_info >= (3, 11):

    async def timed_out_by_asyncio() -> None:
        async def run() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(0):
                    await BackgroundTasks([BackgroundTask(asyncio.sleep, 9), task()])()

        def task() -> BackgroundTask:
            return BackgroundTask(send)

        await anyio.to_thread.run_sync(asyncio.run, run())

    CAUSES.append(timed_out_by_asyncio)


async def told_after(cause: Callable[[], Any], told: Told) -> list[str]:
    result = cause()
    if isinstance(result, Awaitable):
        await result
    del result
    gc.collect()
    return [each.getMessage() for each in told]


@pytest.mark.parametrize("cause", CAUSES)
async def test_a_task_that_never_ran_says_so_without_its_arguments(
    cause: Callable[[], Any], told: Told
) -> None:
    messages = await told_after(cause, told)

    name = full_name(send)
    assert messages.count(f"Background task {name} never ran") == 1
    record = told[-1].__dict__
    assert record["background_task"] == name
    assert record["exc_info"] is None
    assert "a@b.c" not in str([each.__dict__ for each in told])


@pytest.mark.parametrize("path", ["/raises", "/head"])
def test_a_handler_that_raises_and_head_lose_their_tasks(
    path: str, make_client: MakeClient, told: Told
) -> None:
    app = Lilya()

    @app.get("/raises")
    @with_background
    async def raises(background_tasks: BackgroundTasks) -> None:
        background_tasks.add_task(send)
        raise LookupError

    @app.get("/head")
    async def head() -> JSONResponse:
        return JSONResponse({}, background=BackgroundTask(send))

    make_client(app, raise_server_exceptions=False).request(
        "HEAD" if path == "/head" else "GET", path
    )
    gc.collect()

    assert [each.getMessage() for each in told] == [f"Background task {full_name(send)} never ran"]


async def ran() -> None:
    task = BackgroundTask(send)
    await BackgroundTasks([task, BackgroundTask(succeed_async)])()
    await Tasks([BackgroundTask(send), BackgroundTask(BackgroundTask(send))])()


async def named_as_lost() -> None:
    inner = BackgroundTasks([BackgroundTask(send), BackgroundTask(BackgroundTask(send))])
    with suppress(Exception):
        await BackgroundTasks([BackgroundTask(fail), inner, BackgroundTask(send)])()


def fixed_on_a_handler() -> None:
    @with_background(BackgroundTasks([BackgroundTask(send), BackgroundTask(send)]))
    async def handler() -> None: ...


def could_not_be_built() -> None:
    wrong: Any = None
    with suppress(TypeError):
        BackgroundTask(wrong)


@pytest.mark.parametrize("what", [ran, named_as_lost, fixed_on_a_handler, could_not_be_built])
async def test_nothing_is_said_of_a_task_that(what: Callable[[], Any], told: Told) -> None:
    assert await told_after(what, told) == []


def test_nothing_is_said_at_the_end_of_the_program() -> None:
    program = (
        "import logging; logging.basicConfig()\n"
        "from ravyn_bg import BackgroundTask, BackgroundTasks\n"
        "task = BackgroundTask(print)\n"
        "cycle = BackgroundTasks([BackgroundTask(print)]); cycle.tasks.append(cycle); del cycle\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stderr == b""
