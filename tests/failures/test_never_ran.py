"""A task that is gone and never began says so, once; no other does."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import anyio
import pytest
from lilya.apps import Lilya
from lilya.background import Tasks

from ravyn_bg import BackgroundTask, BackgroundTasks, JSONResponse, with_background
from tests.conftest import MakeClient
from tests.failures.tasks import fail, full_name, succeed_async
from tests.reports import Records

pytestmark = pytest.mark.anyio

What = Callable[[], Awaitable[None]]


def send(to: str = "") -> None: ...


NEVER_RAN = f"Background task {full_name(send)} never ran"


async def never_attached() -> None:
    tasks = BackgroundTasks()
    tasks.add_task(send, "a@b.c")


async def cancelled_before_its_turn() -> None:
    """In a loop of its own: one that runs may hold its last cancellation."""

    async def run() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await BackgroundTask(send)()

    await anyio.to_thread.run_sync(anyio.run, run)


async def added_after_its_container_has_run() -> None:
    tasks = BackgroundTasks()
    await tasks()
    tasks.add_task(send)


CAUSES: list[What] = [
    never_attached,
    cancelled_before_its_turn,
    added_after_its_container_has_run,
]


@pytest.mark.parametrize("cause", CAUSES)
async def test_what_never_ran_says_so_without_arguments(cause: What, warnings: Records) -> None:
    await cause()
    gc.collect()

    assert warnings.messages == [NEVER_RAN]
    assert warnings.names == [full_name(send)]
    assert warnings[0].exc_info is None
    assert "a@b.c" not in str(vars(warnings[0]))


def test_a_handler_that_raises_and_head_lose_their_tasks(
    make_client: MakeClient, warnings: Records
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

    client = make_client(app, raise_server_exceptions=False)
    client.get("/raises")
    client.head("/head")
    gc.collect()

    assert warnings.messages == [NEVER_RAN] * 2


async def ran() -> None:
    await BackgroundTasks([BackgroundTask(send), BackgroundTask(succeed_async)])()
    await Tasks([BackgroundTask(send), BackgroundTask(BackgroundTask(send))])()


async def named_as_lost() -> None:
    inner = BackgroundTasks([BackgroundTask(send), BackgroundTask(BackgroundTask(send))])
    with suppress(Exception):
        await BackgroundTasks([BackgroundTask(fail), inner, BackgroundTask(send)])()


async def fixed_on_a_handler() -> None:
    @with_background(BackgroundTasks([BackgroundTask(send), BackgroundTask(send)]))
    async def handler() -> None: ...


async def could_not_be_built() -> None:
    wrong: Any = None
    with suppress(TypeError):
        BackgroundTask(wrong)


@pytest.mark.parametrize("what", [ran, named_as_lost, fixed_on_a_handler, could_not_be_built])
async def test_nothing_is_said_of_a_task_that(what: What, warnings: Records) -> None:
    await what()
    gc.collect()

    assert warnings.messages == []


def test_nothing_is_said_at_the_end_of_the_program() -> None:
    program = (
        "import logging; logging.basicConfig()\n"
        "from ravyn_bg import BackgroundTask, BackgroundTasks\n"
        "task = BackgroundTask(print)\n"
        "cycle = BackgroundTasks([BackgroundTask(print)]); cycle.tasks.append(cycle); del cycle\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stderr == b""
