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

from ravyn_bg import BackgroundTask, BackgroundTasks, with_background
from tests.failures.tasks import fail, full_name
from tests.reports import Records

pytestmark = pytest.mark.anyio

What = Callable[[], Awaitable[None]]


def send(to: str = "") -> None: ...


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


async def held_by_a_container_that_is_a_task() -> None:
    tasks = BackgroundTasks()
    tasks.add_task(BackgroundTasks([send]))


CAUSES = [never_attached, cancelled_before_its_turn, added_after_its_container_has_run]
CAUSES += [held_by_a_container_that_is_a_task]


@pytest.mark.parametrize("cause", CAUSES)
async def test_what_never_ran_says_so_without_arguments(cause: What, told: Records) -> None:
    await cause()
    gc.collect()

    assert told.messages == [f"Background task {full_name(send)} never ran"]
    assert told.names == [full_name(send)]
    assert told[0].exc_info is None
    assert "a@b.c" not in str(vars(told[0]))


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


@pytest.mark.parametrize("what", [named_as_lost, fixed_on_a_handler, could_not_be_built])
async def test_nothing_is_said_of_a_task_that(what: What, told: Records) -> None:
    await what()
    gc.collect()

    assert told.of("never ran") == []


def test_nothing_is_said_at_the_end_of_the_program() -> None:
    program = (
        "import logging; logging.basicConfig()\n"
        "from ravyn_bg import BackgroundTask, BackgroundTasks\n"
        "task = BackgroundTask(print)\n"
        "cycle = BackgroundTasks([BackgroundTask(print)]); cycle.tasks.append(cycle); del cycle\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stderr == b""
